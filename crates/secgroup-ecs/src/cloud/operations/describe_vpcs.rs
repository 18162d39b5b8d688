//! DescribeVpcs of the VPC API.
//!
//! Ignored, since it cannot matter here: `IsDefault`, which leaves out or asks
//! for default VPCs as well; there are none.

use serde_json::{Value, json};

use crate::cloud::Cloud;
use crate::cloud::error::ApiError;
use crate::cloud::network_rows::vpc_row;
use crate::cloud::networks::{PAGES, end_dry_run, ids};
use crate::cloud::objects::Vpc;
use crate::cloud::operation::{Body, Call, Question};
use crate::cloud::request::Product;
use crate::cloud::tag_parameters::TagFilter;

pub(crate) struct DescribeVpcs;

impl Question for DescribeVpcs {
    const NAME: &'static str = "DescribeVpcs";
    const PRODUCT: Product = Product::Vpc;

    fn answer(cloud: &Cloud, call: &Call<'_>) -> Result<Body, ApiError> {
        call.required_region()?;
        let wanted = Wanted::read(call)?;
        let page = PAGES.read(call, Self::NAME)?;
        end_dry_run(call)?;
        let vpcs: Vec<_> = cloud
            .own_vpcs(call)
            .filter(|vpc| wanted.matches(vpc))
            .collect();
        let cut = page.cut(&PAGES, vpcs, |vpc| (vpc.creation_time, &vpc.vpc_id));
        let rows = cut.rows.iter().map(|vpc| vpc_row(cloud, vpc));
        let rows: Vec<Value> = rows.collect();
        let mut body = Body::new();
        body.insert("Vpcs".to_owned(), json!({"Vpc": rows}));
        cut.footer.write(&mut body);
        Ok(body)
    }
}

/// The filters of a call.
struct Wanted<'a> {
    ids: Option<Vec<&'a str>>,
    name: Option<&'a str>,
    owner: Option<&'a str>,
    resource_group: Option<&'a str>,
    ipv6: Option<bool>,
    /// An option set of DHCP; no VPC has one.
    option_set: Option<&'a str>,
    tags: TagFilter<'a>,
}

impl<'a> Wanted<'a> {
    fn read(call: &Call<'a>) -> Result<Self, ApiError> {
        let fields = &call.fields;
        fields.boolean("IsDefault")?;
        Ok(Self {
            ids: ids(call, "VpcId")?,
            name: fields.text("VpcName"),
            owner: fields.text("VpcOwnerId"),
            resource_group: fields.text("ResourceGroupId"),
            ipv6: fields.boolean("EnableIpv6")?,
            option_set: fields.text("DhcpOptionsSetId"),
            tags: TagFilter::read(fields)?,
        })
    }

    fn matches(&self, vpc: &Vpc) -> bool {
        let ids = self.ids.as_ref();
        ids.is_none_or(|ids| ids.contains(&vpc.vpc_id.as_str()))
            && self.name.is_none_or(|name| name == vpc.vpc_name)
            && self.owner.is_none_or(|owner| owner == vpc.owner_id)
            && self
                .resource_group
                .is_none_or(|group| group == vpc.resource_group_id)
            && self
                .ipv6
                .is_none_or(|ipv6| ipv6 != vpc.ipv6_cidr_block.is_empty())
            && self.option_set.is_none()
            && self.tags.matches(&vpc.tags)
    }
}
