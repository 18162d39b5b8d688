//! CreateVpc of the VPC API.
//!
//! Ignored, since it cannot matter here: `Ipv4CidrMask` and `Ipv6CidrMask`, which
//! say how much to take from an IPAM pool; there are no pools.

use secgroup_model::Prefix;
use serde_json::json;

use crate::cloud::Cloud;
use crate::cloud::error::ApiError;
use crate::cloud::network_blocks::{USUAL_BLOCK, ipv4, vpc_block, vpc_ipv6_block};
use crate::cloud::networks::{end_dry_run, vpc_labels};
use crate::cloud::objects::{Time, Vpc};
use crate::cloud::operation::{Body, Call, Effect, Operation};
use crate::cloud::regions::is_region;
use crate::cloud::request::Product;
use crate::cloud::tag_parameters::new_tags;
use crate::cloud::tokens::TokenUse;

/// How many user blocks a VPC has at most.
const MAX_USER_CIDRS: usize = 3;

/// What no user block may overlap with: the platform's services.
const SERVICES: &str = "100.64.0.0/10";

pub(crate) struct CreateVpc;

impl Operation for CreateVpc {
    const NAME: &'static str = "CreateVpc";
    const PRODUCT: Product = Product::Vpc;
    const TOKEN: TokenUse = TokenUse::Parameters(&[
        "RegionId",
        "CidrBlock",
        "VpcName",
        "Description",
        "ResourceGroupId",
        "Ipv4IpamPoolId",
        "Ipv6IpamPoolId",
        "EnableIpv6",
        "Ipv6CidrBlock",
        "Ipv6Isp",
        "UserCidr",
        "EnableDnsHostname",
        "DryRun",
        "Tag.N.Key",
        "Tag.N.Value",
    ]);
    /// The VPC, but for its id.
    type Plan = Vpc;

    fn required(call: &Call<'_>) -> Result<(), ApiError> {
        call.required_region().map(|_| ())
    }

    fn check(cloud: &Cloud, call: &Call<'_>) -> Result<Vpc, ApiError> {
        let region = call.required_region()?;
        if !is_region(region) {
            let message = "Specified value of \"regionId\" is not supported.";
            return Err(ApiError::new(404, "InvalidRegionId.NotFound", message));
        }
        let (name, description) = vpc_labels(call)?;
        let cidr_block = call.fields.text("CidrBlock").unwrap_or(USUAL_BLOCK);
        refuse_pools(call)?;
        vpc_block(cidr_block)?;
        let isp = ipv6_isp(call)?;
        let ipv6 = ipv6(cloud, call)?;
        let vpc = Vpc {
            vpc_id: String::new(),
            region_id: region.to_owned(),
            owner_id: call.account().to_owned(),
            vpc_name: name.unwrap_or("").to_owned(),
            description: description.unwrap_or("").to_owned(),
            cidr_block: cidr_block.to_owned(),
            ipv6_isp: ipv6.as_ref().map_or("", |_| isp).to_owned(),
            ipv6_cidr_block: ipv6.unwrap_or_default(),
            user_cidrs: user_cidrs(call)?,
            enable_dns_hostname: call.fields.boolean("EnableDnsHostname")? == Some(true),
            resource_group_id: call.fields.text("ResourceGroupId").unwrap_or("").to_owned(),
            creation_time: Time(call.request.now),
            tags: new_tags(&call.fields)?,
        };
        Cloud::check_room(cloud.vpcs.len(), 1)?;
        end_dry_run(call)?;
        Ok(vpc)
    }

    fn apply(cloud: &mut Cloud, _: &Call<'_>, mut vpc: Vpc) -> Effect {
        let id = cloud.names.next("vpc", |id| cloud.vpcs.contains(id));
        vpc.vpc_id.clone_from(&id);
        let body = Body::from_iter([
            ("VpcId".to_owned(), json!(id)),
            ("VRouterId".to_owned(), json!(vpc.router_id())),
            ("RouteTableId".to_owned(), json!(vpc.route_table_id())),
            ("ResourceGroupId".to_owned(), json!(vpc.resource_group_id)),
        ]);
        cloud.vpcs.insert(&id, vpc);
        Effect::Done(body)
    }
}

/// Refuses blocks from IPAM pools, since there are none.
fn refuse_pools(call: &Call<'_>) -> Result<(), ApiError> {
    let pools = ["Ipv4IpamPoolId", "Ipv6IpamPoolId"];
    if !pools.iter().any(|pool| call.fields.text(pool).is_some()) {
        return Ok(());
    }
    let message = "The dependent IPAM pool is not found.";
    Err(ApiError::new(404, "ResourceNotFound.IpamPool", message))
}

/// Returns the IPv6 block that the call wants, if it wants one.
fn ipv6(cloud: &Cloud, call: &Call<'_>) -> Result<Option<String>, ApiError> {
    let wanted = call.fields.text("Ipv6CidrBlock");
    if call.fields.boolean("EnableIpv6")? == Some(true) {
        return vpc_ipv6_block(cloud, wanted).map(Some);
    }
    if wanted.is_none() {
        return Ok(None);
    }
    let message = "The parameter Ipv6CidrBlock needs EnableIpv6=true.";
    Err(ApiError::new(400, "MissingParam.EnableIpv6", message))
}

/// Reads `Ipv6Isp`.
///
/// # Errors
///
/// `400 IllegalParam.Ipv6Isp`.
pub(super) fn ipv6_isp<'a>(call: &Call<'a>) -> Result<&'a str, ApiError> {
    let isp = call.fields.text("Ipv6Isp").unwrap_or("BGP");
    if ["BGP", "ChinaMobile", "ChinaTelecom", "ChinaUnicom"].contains(&isp) {
        return Ok(isp);
    }
    let message = "The specified Ipv6Isp is illegal.";
    Err(ApiError::new(400, "IllegalParam.Ipv6Isp", message))
}

/// Reads `UserCidr`: up to three blocks, separated by commas.
fn user_cidrs(call: &Call<'_>) -> Result<Vec<String>, ApiError> {
    let Some(text) = call.fields.text("UserCidr") else {
        return Ok(Vec::new());
    };
    let blocks: Vec<&str> = text
        .split(',')
        .map(str::trim)
        .take(MAX_USER_CIDRS + 1)
        .collect();
    let refused = |code, message| Err(ApiError::new(400, code, message));
    if MAX_USER_CIDRS < blocks.len() {
        let message = "Specified UserCidr number is greater than 3.";
        return refused("InvalidUserCidr.Quota", message);
    }
    let services = ipv4(SERVICES);
    let overlaps = |block: Prefix| services.is_some_and(|services| services.overlaps(block));
    for block in &blocks {
        let Some(block) = ipv4(block) else {
            let message = "UserCidr is not a valid or strict address.";
            return refused("IllegalParam.UserCidr", message);
        };
        if overlaps(block) {
            let message = "Specified UserCidr overlapping in of 100.64.0.0/10.";
            return refused("InvalidUserCidr.Malformed", message);
        }
    }
    Ok(blocks.into_iter().map(str::to_owned).collect())
}
