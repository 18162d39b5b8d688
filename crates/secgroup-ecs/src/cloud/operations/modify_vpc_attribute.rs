//! ModifyVpcAttribute of the VPC API.

use crate::cloud::Cloud;
use crate::cloud::error::ApiError;
use crate::cloud::network_blocks::{holds, vpc_block, vpc_ipv6_block};
use crate::cloud::networks::vpc_labels;
use crate::cloud::objects::Vpc;
use crate::cloud::operation::{Call, Effect, Operation};
use crate::cloud::request::Product;

use super::create_vpc::ipv6_isp;

pub(crate) struct ModifyVpcAttribute;

impl Operation for ModifyVpcAttribute {
    const NAME: &'static str = "ModifyVpcAttribute";
    const PRODUCT: Product = Product::Vpc;
    /// The VPC as it shall be.
    type Plan = Vpc;

    fn required(call: &Call<'_>) -> Result<(), ApiError> {
        call.fields.required("VpcId").map(|_| ())
    }

    fn check(cloud: &Cloud, call: &Call<'_>) -> Result<Vpc, ApiError> {
        let vpc = cloud.find_vpc(call, call.fields.required("VpcId")?)?;
        let mut vpc = vpc.as_ref().clone();
        let (name, description) = vpc_labels(call)?;
        if let Some(name) = name {
            name.clone_into(&mut vpc.vpc_name);
        }
        if let Some(description) = description {
            description.clone_into(&mut vpc.description);
        }
        if let Some(enable) = call.fields.boolean("EnableDnsHostname")? {
            vpc.enable_dns_hostname = enable;
        }
        change_block(cloud, call, &mut vpc)?;
        change_ipv6(cloud, call, &mut vpc)?;
        Ok(vpc)
    }

    fn apply(cloud: &mut Cloud, _: &Call<'_>, vpc: Vpc) -> Effect {
        let id = vpc.vpc_id.clone();
        cloud.vpcs.insert(&id, vpc);
        Effect::nothing()
    }
}

/// Changes the IPv4 block; the new one must hold those of all vSwitches.
fn change_block(cloud: &Cloud, call: &Call<'_>, vpc: &mut Vpc) -> Result<(), ApiError> {
    let Some(text) = call.fields.text("CidrBlock") else {
        return Ok(());
    };
    let block = vpc_block(text)?;
    let mut vswitches = cloud
        .vswitches_of(&vpc.vpc_id)
        .filter_map(|one| one.block());
    if !vswitches.all(|vswitch| holds(block, vswitch)) {
        let message = "Specified CIDR block is not valid in VPC.";
        return Err(ApiError::new(400, "InvalidParameter", message));
    }
    text.clone_into(&mut vpc.cidr_block);
    Ok(())
}

/// Gives the VPC an IPv6 block, or takes it away where no vSwitch has a part
/// of it. `EnableIPv6` is spelt unlike that of CreateVpc.
fn change_ipv6(cloud: &Cloud, call: &Call<'_>, vpc: &mut Vpc) -> Result<(), ApiError> {
    let (enable, wanted) = (
        call.fields.boolean("EnableIPv6")?,
        call.fields.text("Ipv6CidrBlock"),
    );
    let isp = ipv6_isp(call)?;
    let has_block = !vpc.ipv6_cidr_block.is_empty();
    let same = wanted.is_none_or(|wanted| wanted == vpc.ipv6_cidr_block);
    let stays = match enable {
        None => wanted.is_none() || has_block && same,
        Some(true) => has_block && same,
        Some(false) => !has_block,
    };
    if stays {
        return Ok(());
    }
    let mut vswitches = cloud.vswitches_of(&vpc.vpc_id);
    if vswitches.any(|vswitch| !vswitch.ipv6_cidr_block.is_empty()) {
        let message = "Specified object has dependent resources";
        return Err(ApiError::new(400, "DependencyViolation.VSwitch", message));
    }
    if enable == Some(false) {
        vpc.ipv6_cidr_block.clear();
        vpc.ipv6_isp.clear();
    } else {
        vpc.ipv6_cidr_block = vpc_ipv6_block(cloud, wanted)?;
        isp.clone_into(&mut vpc.ipv6_isp);
    }
    Ok(())
}
