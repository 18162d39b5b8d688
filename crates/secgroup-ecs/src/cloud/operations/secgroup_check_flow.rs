//! SecgroupCheckFlow, an extension of this program: would this flow be allowed
//! now, and why.
//!
//! `From` and `To` (an address, an interface id or an instance id), `Protocol`,
//! `Port`, `SourcePort`, `VpcId`, `IcmpType`, `IcmpCode`, `NicType` and
//! `Via=slb` ask as `secgroup check` does; `Explain=true` adds every rule. The
//! answer has the fields of its JSON.

use secgroup_model::{NicType, evaluate};
use secgroup_report::{Answer, Field, Question};
use serde_json::Value;

use crate::cloud::Cloud;
use crate::cloud::error::ApiError;
use crate::cloud::operation::{Body, Call, Entry};
use crate::cloud::request::Product;

/// The entry: it brings the snapshot up to date, which changes no state.
pub(crate) const ENTRY: Entry = Entry {
    name: "SecgroupCheckFlow",
    product: Product::Ecs,
    run: answer,
};

fn answer(cloud: &mut Cloud, call: &Call<'_>) -> Result<Body, ApiError> {
    let question = question(call)?;
    let explained = call.fields.boolean("Explain")?.unwrap_or(false);
    let snapshot = cloud.snapshot();
    let asked = question.query(&snapshot, parameter);
    let query = asked.map_err(|error| invalid(&error))?;
    let evaluation = evaluate(&snapshot, &cloud.semantics, &query)
        .map_err(|ambiguous| invalid(&format_args!("{ambiguous}: set VpcId")))?;
    let answer = Answer::new(&snapshot, &cloud.semantics, &query, &evaluation, explained);
    match serde_json::to_value(answer) {
        Ok(Value::Object(body)) => Ok(body),
        _ => {
            let message = "The request processing has failed due to some unknown error.";
            Err(ApiError::new(500, "InternalError", message))
        }
    }
}

fn question(call: &Call<'_>) -> Result<Question, ApiError> {
    let fields = &call.fields;
    let nic = match fields
        .text("NicType")
        .map(str::to_ascii_lowercase)
        .as_deref()
    {
        None => None,
        Some("internet") => Some(NicType::Internet),
        Some("intranet") => Some(NicType::Intranet),
        Some(_) => return Err(ApiError::invalid("NicType")),
    };
    let via_load_balancer = match fields.text("Via") {
        None => false,
        Some("slb") => true,
        Some(_) => return Err(ApiError::invalid("Via")),
    };
    Ok(Question {
        from: fields.required("From")?.to_owned(),
        to: fields.required("To")?.to_owned(),
        protocol: fields.required("Protocol")?.to_owned(),
        port: number(call, "Port")?,
        source_port: number(call, "SourcePort")?,
        vpc: fields.text("VpcId").map(str::to_owned),
        icmp_type: number(call, "IcmpType")?,
        icmp_code: number(call, "IcmpCode")?.unwrap_or(0),
        nic,
        via_load_balancer,
    })
}

/// Reads a number that fits.
fn number<T: TryFrom<i64>>(call: &Call<'_>, field: &str) -> Result<Option<T>, ApiError> {
    let number = call.fields.integer(field)?.map(T::try_from);
    number.transpose().map_err(|_| ApiError::invalid(field))
}

/// Returns the parameter that sets a field.
const fn parameter(field: Field) -> &'static str {
    match field {
        Field::From => "From",
        Field::To => "To",
        Field::Protocol => "Protocol",
        Field::Port => "Port",
        Field::SourcePort => "SourcePort",
        Field::Vpc => "VpcId",
        Field::IcmpType => "IcmpType",
    }
}

fn invalid(what: &dyn std::fmt::Display) -> ApiError {
    ApiError::new(400, "InvalidParameter", what.to_string())
}
