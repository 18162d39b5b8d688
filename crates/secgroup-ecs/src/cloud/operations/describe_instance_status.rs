//! DescribeInstanceStatus. `ClusterId` is deprecated and ignored.

use serde_json::{Value, json};

use crate::cloud::error::ApiError;
use crate::cloud::instances::ids;
use crate::cloud::objects::Instance;
use crate::cloud::operation::{Body, Call, Question};
use crate::cloud::paging::{Order, Outside, Paging, Size};
use crate::cloud::{Cloud, in_region};

pub(crate) struct DescribeInstanceStatus;

const PAGING: Paging = Paging {
    results: None,
    pages: Some(Size {
        least: 1,
        usual: 10,
        most: 50,
        outside: Outside::Refused,
    }),
    order: Order::OldestFirst,
};

impl Question for DescribeInstanceStatus {
    const NAME: &'static str = "DescribeInstanceStatus";

    fn answer(cloud: &Cloud, call: &Call<'_>) -> Result<Body, ApiError> {
        call.required_region()?;
        let page = PAGING.read(call, Self::NAME)?;
        let ids = ids(call, "InstanceId")?;
        let zone = call.fields.text("ZoneId");
        let asked = |one: &Instance| {
            one.owner_id == call.account()
                && in_region(call, &one.region_id)
                && (ids.is_empty() || ids.contains(&one.instance_id.as_str()))
                && zone.is_none_or(|zone| zone == one.zone_id)
        };
        let rows = cloud.instances.values().filter(|one| asked(one));
        let cut = page.cut(&PAGING, rows.collect(), |one| {
            (one.creation_time, one.instance_id.as_str())
        });
        let rows = cut
            .rows
            .iter()
            .map(|one| json!({ "InstanceId": one.instance_id, "Status": one.status }));
        let rows: Vec<Value> = rows.collect();
        let mut body = Body::new();
        let statuses = json!({ "InstanceStatus": rows });
        body.insert("InstanceStatuses".to_owned(), statuses);
        cut.footer.write(&mut body);
        Ok(body)
    }
}
