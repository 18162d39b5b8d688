//! DescribeVSwitches of the VPC API.

use serde_json::{Value, json};

use crate::cloud::error::ApiError;
use crate::cloud::network_rows::vswitch_row;
use crate::cloud::networks::{PAGES, end_dry_run, ids};
use crate::cloud::objects::VSwitch;
use crate::cloud::operation::{Body, Call, Question};
use crate::cloud::request::Product;
use crate::cloud::tag_parameters::TagFilter;
use crate::cloud::{Cloud, in_region};

pub(crate) struct DescribeVSwitches;

impl Question for DescribeVSwitches {
    const NAME: &'static str = "DescribeVSwitches";
    const PRODUCT: Product = Product::Vpc;

    /// Needs a region or a VPC.
    fn answer(cloud: &Cloud, call: &Call<'_>) -> Result<Body, ApiError> {
        if call.fields.text("VpcId").is_none() {
            call.required_region()?;
        }
        let wanted = Wanted::read(call)?;
        let page = PAGES.read(call, Self::NAME)?;
        end_dry_run(call)?;
        let own = cloud.vswitches.values().filter(|vswitch| {
            vswitch.owner_id == call.account() && in_region(call, &vswitch.region_id)
        });
        let found: Vec<_> = own
            .filter(|vswitch| wanted.matches(cloud, vswitch))
            .collect();
        let cut = page.cut(&PAGES, found, |one| (one.creation_time, &one.v_switch_id));
        let rows = cut.rows.iter().map(|one| vswitch_row(cloud, one).into());
        let rows: Vec<Value> = rows.collect();
        let mut body = Body::new();
        body.insert("VSwitches".to_owned(), json!({"VSwitch": rows}));
        cut.footer.write(&mut body);
        Ok(body)
    }
}

/// The filters of a call.
struct Wanted<'a> {
    ids: Option<Vec<&'a str>>,
    vpc: Option<&'a str>,
    zone: Option<&'a str>,
    name: Option<&'a str>,
    owner: Option<&'a str>,
    resource_group: Option<&'a str>,
    route_table: Option<&'a str>,
    ipv6: Option<bool>,
    /// Whether to ask for default vSwitches; there are none.
    default: Option<bool>,
    tags: TagFilter<'a>,
}

impl<'a> Wanted<'a> {
    fn read(call: &Call<'a>) -> Result<Self, ApiError> {
        let fields = &call.fields;
        Ok(Self {
            ids: ids(call, "VSwitchId")?,
            vpc: fields.text("VpcId"),
            zone: fields.text("ZoneId"),
            name: fields.text("VSwitchName"),
            owner: fields.text("VSwitchOwnerId"),
            resource_group: fields.text("ResourceGroupId"),
            route_table: fields.text("RouteTableId"),
            ipv6: fields.boolean("EnableIpv6")?,
            default: fields.boolean("IsDefault")?,
            tags: TagFilter::read(fields)?,
        })
    }

    fn matches(&self, cloud: &Cloud, vswitch: &VSwitch) -> bool {
        let ids = self.ids.as_ref();
        ids.is_none_or(|ids| ids.contains(&vswitch.v_switch_id.as_str()))
            && self.vpc.is_none_or(|vpc| vpc == vswitch.vpc_id)
            && self.zone.is_none_or(|zone| zone == vswitch.zone_id)
            && self.name.is_none_or(|name| name == vswitch.v_switch_name)
            && self.owner.is_none_or(|owner| owner == vswitch.owner_id)
            && self
                .resource_group
                .is_none_or(|group| group == vswitch.resource_group_id)
            && self
                .route_table
                .is_none_or(|table| has_table(cloud, vswitch, table))
            && self
                .ipv6
                .is_none_or(|ipv6| ipv6 != vswitch.ipv6_cidr_block.is_empty())
            && self.default != Some(true)
            && self.tags.matches(&vswitch.tags)
    }
}

fn has_table(cloud: &Cloud, vswitch: &VSwitch, table: &str) -> bool {
    let vpc = cloud.vpcs.get(&vswitch.vpc_id);
    vpc.is_some_and(|vpc| vpc.route_table_id() == table)
}
