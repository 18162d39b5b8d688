//! DescribeRouteTables of the VPC API: route tables with their entries.

use serde_json::{Value, json};

use crate::cloud::Cloud;
use crate::cloud::error::ApiError;
use crate::cloud::network_rows::route_table_row;
use crate::cloud::networks::PAGES;
use crate::cloud::operation::{Body, Call, Question};
use crate::cloud::request::Product;

use super::describe_route_table_list::Wanted;

pub(crate) struct DescribeRouteTables;

impl Question for DescribeRouteTables {
    const NAME: &'static str = "DescribeRouteTables";
    const PRODUCT: Product = Product::Vpc;

    /// Needs no region; `Type` is that of the tables' entries.
    fn answer(cloud: &Cloud, call: &Call<'_>) -> Result<Body, ApiError> {
        let page = PAGES.read(call, Self::NAME)?;
        let wanted = Wanted::read(call);
        let vpcs = cloud.own_vpcs(call).filter(|vpc| wanted.matches(vpc));
        let cut = page.cut(&PAGES, vpcs.collect(), |vpc| {
            (vpc.creation_time, vpc.vpc_id.as_str())
        });
        let entries = call.fields.text("Type").is_none_or(|kind| kind == "System");
        let rows = cut
            .rows
            .iter()
            .map(|vpc| route_table_row(cloud, vpc, entries));
        let rows: Vec<Value> = rows.collect();
        let mut body = Body::new();
        body.insert("RouteTables".to_owned(), json!({"RouteTable": rows}));
        cut.footer.write(&mut body);
        Ok(body)
    }
}
