//! The question that a command line asks.

use secgroup_model::{NicType, Query, Snapshot};
use secgroup_report::{Field, Question};

use crate::args::{CheckArguments, Nic};
use crate::failure::Failure;

/// Reads the flow.
pub(super) fn query(snapshot: &Snapshot, arguments: &CheckArguments) -> Result<Query, Failure> {
    let required = |value: &Option<String>| value.clone().unwrap_or_default();
    let question = Question {
        from: required(&arguments.from),
        to: required(&arguments.to),
        protocol: required(&arguments.protocol),
        port: arguments.port,
        source_port: arguments.source_port,
        vpc: arguments.vpc.clone(),
        icmp_type: arguments.icmp_type,
        icmp_code: arguments.icmp_code,
        nic: arguments.nic.map(|nic| match nic {
            Nic::Internet => NicType::Internet,
            Nic::Intranet => NicType::Intranet,
        }),
        via_load_balancer: arguments.via.is_some(),
    };
    question
        .query(snapshot, option)
        .map_err(|error| Failure::usage(error.to_string()))
}

/// Returns the option that sets a field.
pub(super) const fn option(field: Field) -> &'static str {
    match field {
        Field::From => "--from",
        Field::To => "--to",
        Field::Protocol => "--protocol",
        Field::Port => "--port",
        Field::SourcePort => "--source-port",
        Field::Vpc => "--vpc",
        Field::IcmpType => "--icmp-type",
    }
}
