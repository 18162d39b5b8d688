//! The blocks that a call wants for a vSwitch, checked against those of its VPC
//! and of the vSwitches beside it.

use secgroup_model::Prefix;

use super::Cloud;
use super::error::ApiError;
use super::network_blocks::{first_free, holds, ipv4, ipv6_overlaps, vswitch_ipv6};
use super::objects::Vpc;
use super::operation::Call;

/// How many fixed bits the IPv6 block of a vSwitch has.
const IPV6_LENGTH: i64 = 64;

/// Reads `CidrBlock`, or takes the first free block of the length that
/// `CidrMask` says.
///
/// # Errors
///
/// `400 MissingParameter` for a call with neither, `400
/// InvalidCidrBlock.Malformed`, `400 InvalidCirdrBlock.MaskLength` (spelt so)
/// for less than 16 or more than 29 fixed bits, `400 IllegalParam.CidrMask` for
/// a mask that is none or not that of the block, `400 InvalidParameter` for a
/// block outside the VPC's, `400 InvalidCidrBlock.Overlapped`, and `400
/// OperationDenied.AvailableCidrInsufficient` where nothing is free.
pub(crate) fn ipv4_block(cloud: &Cloud, call: &Call<'_>, vpc: &Vpc) -> Result<String, ApiError> {
    let mask = call.fields.integer("CidrMask")?;
    let mask = mask.map(length).transpose()?;
    let siblings = cloud.vswitches_of(&vpc.vpc_id);
    let siblings: Vec<Prefix> = siblings.filter_map(|one| one.block()).collect();
    let text = match (call.fields.text("CidrBlock"), mask) {
        (Some(text), _) => text,
        (None, Some(mask)) => {
            let free = vpc.block().and_then(|vpc| first_free(vpc, mask, siblings));
            return free
                .map(|block| block.network().to_string())
                .ok_or_else(|| {
                    let code = "OperationDenied.AvailableCidrInsufficient";
                    let message = "The operation is not allowed because available CIDR is \
                               insufficient.";
                    ApiError::new(400, code, message)
                });
        }
        (None, None) => return Err(ApiError::missing("CidrBlock")),
    };
    let refused = |code, message| Err(ApiError::new(400, code, message));
    let Some(block) = ipv4(text) else {
        let message = "Specified CIDR block is not valid.";
        return refused("InvalidCidrBlock.Malformed", message);
    };
    if !(16..=29).contains(&block.length()) {
        let message = "Specified CIDR block is not valid .";
        return refused("InvalidCirdrBlock.MaskLength", message);
    }
    if mask.is_some_and(|mask| mask != block.length()) {
        return Err(bad_mask());
    }
    // Of a VPC that was taken on trust the block is not known.
    if vpc.block().is_some_and(|vpc| !holds(vpc, block)) {
        let message = "Specified CIDR block is not valid in VPC.";
        return refused("InvalidParameter", message);
    }
    if siblings.iter().any(|sibling| sibling.overlaps(block)) {
        let message = "Specified CIDR block overlapped with other subnets.";
        return refused("InvalidCidrBlock.Overlapped", message);
    }
    Ok(text.to_owned())
}

/// Reads the IPv6 block that a call wants for a vSwitch: `Ipv6CidrBlock` is the
/// last eight bits of it, `Ipv6CidrMask` alone takes the first free one.
///
/// Returns nothing where the call wants none. `except` is the vSwitch itself,
/// which does not overlap with itself.
///
/// # Errors
///
/// `400 OperationUnsupported.Ipv6Feature` where the VPC has no IPv6 block,
/// `400 InvalidParameter` for a `VpcIpv6CidrBlock` that is not the VPC's, `400
/// InvalidIpv6CidrBlock.Malformed` for a number above 255, `400
/// IllegalParam.CidrMask` for a mask other than 64, `400
/// OperationFailed.Ipv6CidrBlockOverLapped`, and `400
/// ResourceNotEnough.Ipv6Cidr` where nothing is free.
pub(crate) fn ipv6_block(
    cloud: &Cloud,
    call: &Call<'_>,
    vpc: &Vpc,
    except: &str,
) -> Result<Option<String>, ApiError> {
    let (subnet, mask) = (
        call.fields.integer("Ipv6CidrBlock")?,
        call.fields.integer("Ipv6CidrMask")?,
    );
    if subnet.is_none() && mask.is_none() {
        return Ok(None);
    }
    let Some(outer) = vpc.ipv6_block() else {
        let message = format!("IPv6 is not enabled in the VPC {}.", vpc.vpc_id);
        return Err(ApiError::new(
            400,
            "OperationUnsupported.Ipv6Feature",
            message,
        ));
    };
    let named = call.fields.text("VpcIpv6CidrBlock");
    if named.is_some_and(|named| Prefix::parse(named).ok().map(|one| one.prefix) != Some(outer)) {
        return Err(ApiError::invalid("VpcIpv6CidrBlock"));
    }
    if mask.is_some_and(|mask| mask != IPV6_LENGTH) {
        return Err(bad_mask());
    }
    let siblings = cloud.vswitches_of(&vpc.vpc_id);
    let siblings = siblings.filter(|one| one.v_switch_id != except);
    let taken: Vec<Prefix> = siblings.filter_map(|one| one.ipv6_block()).collect();
    let free = |text: &String| {
        let block = Prefix::parse(text).ok().map(|one| one.prefix);
        block.is_some_and(|block| !taken.contains(&block))
    };
    let Some(subnet) = subnet else {
        let mut blocks = (0..=u8::MAX).filter_map(|subnet| vswitch_ipv6(outer, subnet));
        return blocks.find(free).map(Some).ok_or_else(|| {
            let message = "The specified resource of Ipv6Cidr is not enough.";
            ApiError::new(400, "ResourceNotEnough.Ipv6Cidr", message)
        });
    };
    let subnet = u8::try_from(subnet).ok();
    let Some(block) = subnet.and_then(|subnet| vswitch_ipv6(outer, subnet)) else {
        let message = "Specified Ipv6CidrBlock is not valid.";
        let code = "InvalidIpv6CidrBlock.Malformed";
        return Err(ApiError::new(400, code, message));
    };
    Some(block).filter(free).map(Some).ok_or_else(ipv6_overlaps)
}

/// Reads how many fixed bits a block shall have.
fn length(mask: i64) -> Result<u8, ApiError> {
    let length = u8::try_from(mask).ok();
    length
        .filter(|length| (16..=29).contains(length))
        .ok_or_else(bad_mask)
}

fn bad_mask() -> ApiError {
    let message = "The input CIDR mask is illegal.";
    ApiError::new(400, "IllegalParam.CidrMask", message)
}
