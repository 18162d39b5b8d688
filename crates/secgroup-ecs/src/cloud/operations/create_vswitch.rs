//! CreateVSwitch of the VPC API.

use crate::cloud::Cloud;
use crate::cloud::error::ApiError;
use crate::cloud::networks::vswitch_labels;
use crate::cloud::objects::{Time, VSwitch};
use crate::cloud::operation::{Call, Effect, Operation};
use crate::cloud::regions::is_zone;
use crate::cloud::request::Product;
use crate::cloud::tag_parameters::new_tags;
use crate::cloud::tokens::TokenUse;
use crate::cloud::vswitch_blocks::{ipv4_block, ipv6_block};

/// How many vSwitches a VPC has at most.
const MAX_VSWITCHES: usize = 150;

pub(crate) struct CreateVSwitch;

impl Operation for CreateVSwitch {
    const NAME: &'static str = "CreateVSwitch";
    const PRODUCT: Product = Product::Vpc;
    const TOKEN: TokenUse = TokenUse::Parameters(&[
        "RegionId",
        "VpcId",
        "ZoneId",
        "CidrBlock",
        "CidrMask",
        "VpcIpv6CidrBlock",
        "Ipv6CidrBlock",
        "Ipv6CidrMask",
        "VSwitchName",
        "Description",
        "Tag.N.Key",
        "Tag.N.Value",
    ]);
    /// The vSwitch, but for its id.
    type Plan = VSwitch;

    fn required(call: &Call<'_>) -> Result<(), ApiError> {
        call.fields.required("VpcId")?;
        call.fields.required("ZoneId")?;
        Ok(())
    }

    fn check(cloud: &Cloud, call: &Call<'_>) -> Result<VSwitch, ApiError> {
        let (name, description) = vswitch_labels(call)?;
        let vpc = cloud.find_vpc(call, call.fields.required("VpcId")?)?;
        let zone = call.fields.required("ZoneId")?;
        if !is_zone(zone, &vpc.region_id) {
            let message = "Specified zone does not exist.";
            return Err(ApiError::new(404, "InvalidZoneId.NotFound", message));
        }
        let vswitch = VSwitch {
            v_switch_id: String::new(),
            vpc_id: vpc.vpc_id.clone(),
            region_id: vpc.region_id.clone(),
            owner_id: call.account().to_owned(),
            zone_id: zone.to_owned(),
            v_switch_name: name.unwrap_or("").to_owned(),
            description: description.unwrap_or("").to_owned(),
            cidr_block: ipv4_block(cloud, call, vpc)?,
            ipv6_cidr_block: ipv6_block(cloud, call, vpc, "")?.unwrap_or_default(),
            resource_group_id: vpc.resource_group_id.clone(),
            creation_time: Time(call.request.now),
            tags: new_tags(&call.fields)?,
        };
        let limited = cloud.flags.limits.quotas().is_some();
        if limited && MAX_VSWITCHES <= cloud.vswitches_of(&vpc.vpc_id).count() {
            let message = "Virtual switch quota exceeded.";
            return Err(ApiError::new(400, "QuotaExceeded.VSwitch", message));
        }
        Cloud::check_room(cloud.vswitches.len(), 1)?;
        Ok(vswitch)
    }

    fn apply(cloud: &mut Cloud, _: &Call<'_>, mut vswitch: VSwitch) -> Effect {
        let id = cloud.names.next("vsw", |id| cloud.vswitches.contains(id));
        vswitch.v_switch_id.clone_from(&id);
        cloud.vswitches.insert(&id, vswitch);
        Effect::id("VSwitchId", id)
    }
}
