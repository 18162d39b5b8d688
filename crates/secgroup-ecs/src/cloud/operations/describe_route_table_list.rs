//! DescribeRouteTableList of the VPC API: of each VPC the system route table.

use serde_json::{Value, json};

use crate::cloud::Cloud;
use crate::cloud::error::ApiError;
use crate::cloud::network_rows::route_table_list_row;
use crate::cloud::networks::PAGES;
use crate::cloud::objects::{Tags, Vpc};
use crate::cloud::operation::{Body, Call, Question};
use crate::cloud::request::Product;
use crate::cloud::tag_parameters::TagFilter;

pub(crate) struct DescribeRouteTableList;

impl Question for DescribeRouteTableList {
    const NAME: &'static str = "DescribeRouteTableList";
    const PRODUCT: Product = Product::Vpc;

    fn answer(cloud: &Cloud, call: &Call<'_>) -> Result<Body, ApiError> {
        call.required_region()?;
        let tags = TagFilter::read(&call.fields)?;
        let page = PAGES.read(call, Self::NAME)?;
        let wanted = Wanted::read(call);
        let vpcs = cloud.own_vpcs(call).filter(|vpc| wanted.matches(vpc));
        // System route tables have no tags here.
        let vpcs = vpcs.filter(|_| tags.matches(&Tags::default()));
        let cut = page.cut(&PAGES, vpcs.collect(), |vpc| {
            (vpc.creation_time, vpc.vpc_id.as_str())
        });
        let rows = cut.rows.iter().map(|vpc| route_table_list_row(cloud, vpc));
        let rows: Vec<Value> = rows.collect();
        let mut body = Body::new();
        body.insert(
            "RouterTableList".to_owned(),
            json!({"RouterTableListType": rows}),
        );
        cut.footer.write(&mut body);
        Ok(body)
    }
}

/// The filters that both calls about route tables have.
pub(super) struct Wanted<'a> {
    vpc: Option<&'a str>,
    table: Option<&'a str>,
    router: Option<&'a str>,
    resource_group: Option<&'a str>,
    /// Whether tables are asked for that there are none of: named ones, custom
    /// ones, those of border routers.
    others: bool,
}

impl<'a> Wanted<'a> {
    pub(super) fn read(call: &Call<'a>) -> Self {
        let fields = &call.fields;
        let is_not = |field: &str, own: &str| fields.text(field).is_some_and(|text| text != own);
        // "RouterType" is that of VPCs where a VPC or its router is named.
        let of_vpcs = fields.text("VpcId").or_else(|| fields.text("VRouterId"));
        Self {
            vpc: fields.text("VpcId"),
            table: fields.text("RouteTableId"),
            router: fields.text("VRouterId").or_else(|| fields.text("RouterId")),
            resource_group: fields.text("ResourceGroupId"),
            others: fields.text("RouteTableName").is_some()
                || is_not("RouteTableType", "System")
                || of_vpcs.is_none() && is_not("RouterType", "VRouter"),
        }
    }

    /// Tells whether the system route table of a VPC is asked for.
    pub(super) fn matches(&self, vpc: &Vpc) -> bool {
        let group = self.resource_group;
        !self.others
            && self.vpc.is_none_or(|id| id == vpc.vpc_id)
            && self.table.is_none_or(|id| id == vpc.route_table_id())
            && self.router.is_none_or(|id| id == vpc.router_id())
            && group.is_none_or(|id| id == vpc.resource_group_id)
    }
}
