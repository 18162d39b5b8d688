//! DescribeRegions: the public regions. Others are regions too (see `regions`).
//!
//! Ignored, since it cannot matter here: `InstanceChargeType` and
//! `ResourceType`, of which a region may have nothing left to sell.

use serde_json::{Value, json};

use crate::cloud::Cloud;
use crate::cloud::error::ApiError;
use crate::cloud::operation::{Body, Call, Question};
use crate::cloud::regions::{Language, REGIONS};

pub(crate) struct DescribeRegions;

impl Question for DescribeRegions {
    const NAME: &'static str = "DescribeRegions";

    fn answer(_: &Cloud, call: &Call<'_>) -> Result<Body, ApiError> {
        let language = Language::read(call.fields.text("AcceptLanguage"))?;
        let rows = REGIONS.iter().map(|region| {
            json!({
                "LocalName": language.name(region.id),
                "RegionEndpoint": format!("ecs.{}.aliyuncs.com", region.id),
                "RegionId": region.id,
                "Status": "available",
            })
        });
        let rows: Vec<Value> = rows.collect();
        Ok(Body::from_iter([(
            "Regions".to_owned(),
            json!({"Region": rows}),
        )]))
    }
}
