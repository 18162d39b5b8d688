//! DescribeAccountAttributes: how much an account may have in a region.
//!
//! Attributes of what is not simulated are left out: numbers of cores and
//! dedicated hosts, instance types, Cloud Assistant. `ZoneId` is ignored, since
//! none of the others differs by zone.

use serde_json::{Value, json};

use crate::cloud::error::ApiError;
use crate::cloud::operation::{Body, Call, Question};
use crate::cloud::{Cloud, MAX_OBJECTS};

/// How many attributes a call can ask for.
const MAX_ASKED: usize = 8;

pub(crate) struct DescribeAccountAttributes;

impl Question for DescribeAccountAttributes {
    const NAME: &'static str = "DescribeAccountAttributes";

    fn answer(cloud: &Cloud, call: &Call<'_>) -> Result<Body, ApiError> {
        call.required_region()?;
        let asked = call.fields.list("AttributeName");
        if MAX_ASKED < asked.len() {
            return Err(ApiError::invalid("AttributeName"));
        }
        let most = || vec![MAX_OBJECTS.to_string()];
        let attributes = [
            ("instance-network-type", network_types(cloud)),
            ("max-elastic-network-interfaces", most()),
            ("max-security-groups", most()),
            ("real-name-authentication", vec!["yes".to_owned()]),
        ];
        let wanted = |name: &str| asked.is_empty() || asked.contains(&name);
        let items = attributes.iter().filter(|(name, _)| wanted(name));
        let items = items.map(|(name, values)| item(name, values));
        let items: Vec<Value> = items.collect();
        Ok(Body::from_iter([(
            "AccountAttributeItems".to_owned(),
            json!({"AccountAttributeItem": items}),
        )]))
    }
}

/// The classic network is there under `api.classic=on` (5.1.1).
fn network_types(cloud: &Cloud) -> Vec<String> {
    let classic = cloud.flags.classic.then_some("classic");
    let types = ["vpc"].into_iter().chain(classic);
    types.map(str::to_owned).collect()
}

fn item(name: &str, values: &[String]) -> Value {
    let values = values.iter().map(|value| {
        json!({
            "DiskCategory": "",
            "ExpiredTime": "",
            "InstanceChargeType": "",
            "InstanceType": "",
            "Value": value,
            "ZoneId": "",
        })
    });
    let values: Vec<Value> = values.collect();
    json!({"AttributeName": name, "AttributeValues": {"ValueItem": values}})
}
