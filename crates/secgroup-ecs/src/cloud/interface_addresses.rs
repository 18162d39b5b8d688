//! Giving addresses to an interface that exists, and taking them away (1.5).

use std::sync::Arc;

use secgroup_model::Prefix;

use super::Cloud;
use super::addresses::{
    Fault, MAX_IPV6, MAX_PREFIXES, MAX_SECONDARY, Pool, Shares, Speaker, Taken,
};
use super::error::ApiError;
use super::instances::wrong_ecs_status;
use super::membership::{Newcomer, Voice, check_capacity, wrong_interface_status};
use super::objects::{Interface, InterfaceStatus};
use super::operation::Call;

/// Addresses that are given to an interface.
#[derive(Debug)]
pub(crate) struct Assigned {
    pub(crate) interface: String,
    pub(crate) taken: Taken,
}

/// Finds the addresses that a call asks for.
///
/// # Errors
///
/// For an interface in no state for it, for more addresses than an interface can
/// have, for addresses that are not free, and for groups that become too large
/// (4.7).
pub(crate) fn assign(
    cloud: &Cloud,
    call: &Call<'_>,
    shares: &Shares<'_>,
) -> Result<Assigned, ApiError> {
    let interface = named(cloud, call)?;
    check_count(interface, shares)?;
    let Some(vswitch) = cloud.vswitches.get(&interface.v_switch_id) else {
        let id = &interface.v_switch_id;
        let message = format!("The vSwitch {id} of the network interface does not exist.");
        return Err(ApiError::new(404, "InvalidVSwitchId.NotFound", message));
    };
    let newcomer = Newcomer::existing(interface);
    let newcomer = Newcomer {
        addresses: newcomer.addresses + shares.len(),
        ..newcomer
    };
    for group in &interface.security_group_ids {
        let Some(group) = cloud.groups.get(group) else {
            continue;
        };
        let capacity = check_capacity(cloud, group, &[newcomer]);
        capacity.map_err(|refusal| refusal.error(Voice::Interface))?;
    }
    let taken = Pool::of(cloud, vswitch).take(shares);
    let taken = taken.map_err(|fault| fault.error(Speaker::Assign))?;
    Ok(Assigned {
        interface: interface.network_interface_id.clone(),
        taken,
    })
}

/// Finds the interface that a call names, which must be in a state to gain or
/// lose addresses.
pub(crate) fn named<'c>(cloud: &'c Cloud, call: &Call<'_>) -> Result<&'c Arc<Interface>, ApiError> {
    let interface = cloud.named_interface(call)?;
    if !matches!(
        interface.status,
        InterfaceStatus::Available | InterfaceStatus::InUse
    ) {
        return Err(wrong_interface_status(interface));
    }
    match cloud.instances.get(&interface.instance_id) {
        Some(instance) if !instance.is_settled() => Err(wrong_ecs_status(instance)),
        Some(_) | None => Ok(interface),
    }
}

/// "Secondary private IPv4s (up to 49), IPv6 addresses (up to 10)" (1.5).
fn check_count(interface: &Interface, shares: &Shares<'_>) -> Result<(), ApiError> {
    let id = &interface.network_interface_id;
    let counts = [
        (
            interface.secondary_ips.len() + shares.ipv4.len(),
            MAX_SECONDARY,
            "InvalidOperation.Ipv4CountExceeded",
            "secondary private IPv4 addresses",
        ),
        (
            interface.ipv4_prefixes.len() + shares.ipv4_prefixes.len(),
            MAX_PREFIXES,
            "InvalidOperation.Ipv4CountExceeded",
            "IPv4 prefixes",
        ),
        (
            interface.ipv6_addresses.len() + shares.ipv6.len(),
            MAX_IPV6,
            "InvalidOperation.Ipv6CountExceeded",
            "IPv6 addresses",
        ),
        (
            interface.ipv6_prefixes.len() + shares.ipv6_prefixes.len(),
            MAX_PREFIXES,
            "InvalidOperation.Ipv6CountExceeded",
            "IPv6 prefixes",
        ),
    ];
    let exceeded = counts.into_iter().find(|(count, most, ..)| most < count);
    let Some((_, most, code, what)) = exceeded else {
        return Ok(());
    };
    let message = format!("The network interface {id} can have at most {most} {what}.");
    Err(ApiError::new(403, code, message))
}

/// Checks that an interface has all that a call takes away from it.
///
/// # Errors
///
/// `403 InvalidIp.Address` for what is none, `403 InvalidIp.IpRepeated` for what
/// is named twice, and `403 InvalidIp.IpUnassigned` for what the interface has
/// not.
pub(crate) fn owned<T: PartialEq>(
    texts: &[&str],
    own: &[T],
    read: impl Fn(&str) -> Option<T>,
) -> Result<Vec<T>, ApiError> {
    let mut found = Vec::with_capacity(texts.len());
    for text in texts {
        let error = |fault: Fault| Err(fault.error(Speaker::Assign));
        let Some(address) = read(text) else {
            return error(Fault::Malformed((*text).to_owned()));
        };
        if found.contains(&address) {
            return error(Fault::Repeated((*text).to_owned()));
        }
        if !own.contains(&address) {
            let message =
                format!("The specified IP address {text} is not assigned, or is the primary one.");
            return Err(ApiError::new(403, "InvalidIp.IpUnassigned", message));
        }
        found.push(address);
    }
    Ok(found)
}

/// Reads a prefix that may be delegated to an interface, in the one form in
/// which prefixes are kept.
pub(crate) fn canonical(text: &str) -> Option<String> {
    let parsed = Prefix::parse(text).ok()?;
    let block = parsed.prefix.network();
    (!parsed.had_host_bits).then(|| block.to_string())
}
