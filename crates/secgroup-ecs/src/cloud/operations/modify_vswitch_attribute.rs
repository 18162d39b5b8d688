//! ModifyVSwitchAttribute of the VPC API.

use crate::cloud::Cloud;
use crate::cloud::error::ApiError;
use crate::cloud::networks::vswitch_labels;
use crate::cloud::objects::VSwitch;
use crate::cloud::operation::{Call, Effect, Operation};
use crate::cloud::request::Product;
use crate::cloud::vswitch_blocks::ipv6_block;

pub(crate) struct ModifyVSwitchAttribute;

impl Operation for ModifyVSwitchAttribute {
    const NAME: &'static str = "ModifyVSwitchAttribute";
    const PRODUCT: Product = Product::Vpc;
    /// The vSwitch as it shall be.
    type Plan = VSwitch;

    fn required(call: &Call<'_>) -> Result<(), ApiError> {
        call.fields.required("VSwitchId").map(|_| ())
    }

    fn check(cloud: &Cloud, call: &Call<'_>) -> Result<VSwitch, ApiError> {
        let vswitch = cloud.find_vswitch(call, call.fields.required("VSwitchId")?)?;
        let mut vswitch = vswitch.as_ref().clone();
        let (name, description) = vswitch_labels(call)?;
        if let Some(name) = name {
            name.clone_into(&mut vswitch.v_switch_name);
        }
        if let Some(description) = description {
            description.clone_into(&mut vswitch.description);
        }
        let block = new_ipv6_block(cloud, call, &vswitch)?;
        let changes = block != vswitch.ipv6_cidr_block;
        if changes && cloud.has_ipv6_members(&vswitch.v_switch_id) {
            let message = "Specified object has dependent resources.";
            return Err(ApiError::new(400, "DependencyViolation", message));
        }
        vswitch.ipv6_cidr_block = block;
        Ok(vswitch)
    }

    fn apply(cloud: &mut Cloud, _: &Call<'_>, vswitch: VSwitch) -> Effect {
        let id = vswitch.v_switch_id.clone();
        cloud.vswitches.insert(&id, vswitch);
        Effect::nothing()
    }
}

/// Returns the IPv6 block that the vSwitch has after the call, empty for none.
fn new_ipv6_block(cloud: &Cloud, call: &Call<'_>, vswitch: &VSwitch) -> Result<String, ApiError> {
    let enable = call.fields.boolean("EnableIPv6")?;
    let own = vswitch.ipv6_cidr_block.clone();
    // A mask says how large a new block is, and there is one only.
    let asked = call.fields.text("Ipv6CidrBlock").is_some()
        || own.is_empty() && call.fields.text("Ipv6CidrMask").is_some();
    match enable {
        Some(false) => Ok(String::new()),
        None | Some(true) if asked => {
            let vpc = cloud.find_vpc(call, &vswitch.vpc_id)?;
            let block = ipv6_block(cloud, call, vpc, &vswitch.v_switch_id)?;
            Ok(block.unwrap_or(own))
        }
        Some(true) if own.is_empty() => {
            let message = "The parameter Ipv6CidrBlock is mandatory.";
            Err(ApiError::new(400, "MissingParam.Ipv6CidrBlock", message))
        }
        None | Some(true) => Ok(own),
    }
}
