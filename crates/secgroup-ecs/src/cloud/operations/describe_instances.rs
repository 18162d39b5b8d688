//! DescribeInstances (6.1.4).
//!
//! Ignored knowingly: `AdditionalAttributes.N`, `DeviceAvailable`,
//! `HttpEndpoint`, `HttpTokens`, `HttpPutResponseHopLimit`, `InternetChargeType`,
//! `IoOptimized` and `NeedSaleCycle`, which are about what no instance here has.

use serde_json::{Value, json};

use crate::cloud::Cloud;
use crate::cloud::error::ApiError;
use crate::cloud::instance_filter::Filter;
use crate::cloud::instance_rows::row;
use crate::cloud::networks::end_dry_run;
use crate::cloud::operation::{Body, Call, Question};
use crate::cloud::paging::{Order, Outside, Paging, Size};

pub(crate) struct DescribeInstances;

const PAGING: Paging = Paging {
    results: Some(Size {
        least: 10,
        usual: 10,
        most: 100,
        outside: Outside::Moved,
    }),
    pages: Some(Size {
        least: 1,
        usual: 10,
        most: 100,
        outside: Outside::Refused,
    }),
    order: Order::OldestFirst,
};

impl Question for DescribeInstances {
    const NAME: &'static str = "DescribeInstances";

    fn answer(cloud: &Cloud, call: &Call<'_>) -> Result<Body, ApiError> {
        call.required_region()?;
        let page = PAGING.read(call, Self::NAME)?;
        let filter = Filter::read(call)?;
        end_dry_run(call)?;
        let attached = cloud.attached();
        let of = |id: &str| attached.get(id).map_or(&[][..], Vec::as_slice);
        let rows = cloud.instances.values();
        let rows = rows.filter(|one| filter.matches(call, one, of(&one.instance_id)));
        let cut = page.cut(&PAGING, rows.collect(), |one| {
            (one.creation_time, one.instance_id.as_str())
        });
        let rows = cut.rows.iter().map(|one| row(one, of(&one.instance_id)));
        let rows: Vec<Value> = rows.collect();
        let mut body = Body::new();
        body.insert("Instances".to_owned(), json!({ "Instance": rows }));
        cut.footer.write(&mut body);
        Ok(body)
    }
}
