//! CreateNetworkInterface (5.6.5).
//!
//! Ignored knowingly: `BusinessType` and `Visible` (deprecated),
//! `EnhancedNetwork.*`, `RxQueueSize` and `TxQueueSize` (not available), and
//! `EnablePrimaryIPv6`, because no IPv6 address is a primary one here.

use std::sync::Arc;

use crate::cloud::Cloud;
use crate::cloud::addresses::{Fault, Pool, Shares, Speaker};
use crate::cloud::error::ApiError;
use crate::cloud::interface_parameters::Attributes;
use crate::cloud::membership::{
    Host, Newcomer, Voice, check_interface_network, check_set, named_groups,
};
use crate::cloud::objects::{Group, Interface, InterfaceRow, Time, VSwitch};
use crate::cloud::operation::{Body, Call, Effect, Operation};
use crate::cloud::tag_parameters::new_tags;
use crate::cloud::tokens::TokenUse;

pub(crate) struct CreateNetworkInterface;

impl Operation for CreateNetworkInterface {
    const NAME: &'static str = "CreateNetworkInterface";
    const TOKEN: TokenUse = TokenUse::Parameters(&[
        "RegionId",
        "VSwitchId",
        "SecurityGroupId",
        "SecurityGroupIds.N",
        "InstanceType",
        "NetworkInterfaceName",
        "Description",
        "ResourceGroupId",
        "PrimaryIpAddress",
        "PrivateIpAddress.N",
        "SecondaryPrivateIpAddressCount",
        "Ipv6Address.N",
        "Ipv6AddressCount",
        "Ipv4Prefix.N",
        "Ipv4PrefixCount",
        "Ipv6Prefix.N",
        "Ipv6PrefixCount",
        "DeleteOnRelease",
        "SourceDestCheck",
        "NetworkInterfaceTrafficMode",
        "QueueNumber",
        "QueuePairNumber",
        "NetworkInterfaceTrafficConfig.NetworkInterfaceTrafficMode",
        "NetworkInterfaceTrafficConfig.QueueNumber",
        "NetworkInterfaceTrafficConfig.QueuePairNumber",
        "ConnectionTrackingConfiguration.TcpEstablishedTimeout",
        "ConnectionTrackingConfiguration.TcpClosedAndTimeWaitTimeout",
        "ConnectionTrackingConfiguration.UdpTimeout",
        "Tag.N.Key",
        "Tag.N.Value",
    ]);
    /// The interface, without its ids.
    type Plan = Box<Interface>;

    fn required(call: &Call<'_>) -> Result<(), ApiError> {
        call.required_region()?;
        call.fields.required("VSwitchId")?;
        if call.fields.list("SecurityGroupIds").is_empty() {
            call.fields.required("SecurityGroupId")?;
        }
        Ok(())
    }

    fn check(cloud: &Cloud, call: &Call<'_>) -> Result<Box<Interface>, ApiError> {
        check_type(call)?;
        let attributes = Attributes::read(&call.fields)?;
        let shares = Shares::of_both(&call.fields)?;
        let ids = group_ids(call)?;
        let vswitch = call.fields.required("VSwitchId")?;
        let Some(vswitch) = cloud.vswitch(call, vswitch) else {
            let message = format!("The specified vSwitch {vswitch} does not exist.");
            return Err(ApiError::new(404, "InvalidVSwitchId.NotFound", message));
        };
        let groups = named_groups(cloud, call, &ids, None)?;
        check_groups(cloud, vswitch, &groups, &shares)?;
        let mut interface = addressed(cloud, call, vswitch, &shares)?;
        interface.security_group_ids = ids.into_iter().map(str::to_owned).collect();
        interface.tags = new_tags(&call.fields)?;
        let resource_group = call.fields.text("ResourceGroupId").unwrap_or("");
        resource_group.clone_into(&mut interface.resource_group_id);
        attributes.set(&mut interface);
        Cloud::check_room(cloud.interfaces.len(), 1)?;
        Ok(Box::new(interface))
    }

    fn apply(cloud: &mut Cloud, _: &Call<'_>, plan: Box<Interface>) -> Effect {
        let id = cloud.add_interface(*plan);
        let made = cloud.interfaces.get(&id);
        Effect::Done(made.map_or_else(Body::new, |one| answer(one)))
    }
}

/// Secondary interfaces only: trunk ones are not modelled.
fn check_type(call: &Call<'_>) -> Result<(), ApiError> {
    match call.fields.text("InstanceType") {
        None | Some("Secondary") => Ok(()),
        Some("Trunk") => {
            let message = "The parameters is unsupported.";
            Err(ApiError::new(400, "UnsupportedParameter", message))
        }
        Some(_) => Err(ApiError::invalid("InstanceType")),
    }
}

/// "SecurityGroupId or SecurityGroupIds.N (exactly one form)" (5.6.5).
fn group_ids<'a>(call: &Call<'a>) -> Result<Vec<&'a str>, ApiError> {
    let listed = call.fields.list("SecurityGroupIds");
    match call.fields.text("SecurityGroupId") {
        Some(_) if !listed.is_empty() => {
            let message = "The parameters SecurityGroupId and SecurityGroupIds.N cannot be set at the same \
                 time.";
            Err(ApiError::new(400, "InvalidParameter.Conflict", message))
        }
        Some(one) => Ok(vec![one]),
        None => Ok(listed),
    }
}

fn check_groups(
    cloud: &Cloud,
    vswitch: &VSwitch,
    groups: &[&Arc<Group>],
    shares: &Shares<'_>,
) -> Result<(), ApiError> {
    check_interface_network(groups, &vswitch.vpc_id)?;
    let newcomer = Newcomer {
        interface: None,
        host: Host::None,
        addresses: 1 + shares.len(),
    };
    let set = check_set(cloud, groups, None, newcomer);
    set.map_err(|refusal| refusal.error(Voice::Interface))
}

/// Returns an interface with the addresses that the call asks for.
fn addressed(
    cloud: &Cloud,
    call: &Call<'_>,
    vswitch: &VSwitch,
    shares: &Shares<'_>,
) -> Result<Interface, ApiError> {
    let error = |fault: Fault| fault.error(Speaker::CreateInterface);
    let mut pool = Pool::of(cloud, vswitch);
    let primary = call.fields.text("PrimaryIpAddress");
    let taken = pool.take_with_primary(primary, shares).map_err(error)?;
    let mut interface = Interface::in_vswitch(vswitch, call.account(), Time(call.request.now));
    taken.give_to(&mut interface);
    Ok(interface)
}

/// The fields of the row that this operation does not answer with.
const NOT_ANSWERED: [&str; 8] = [
    "AssociatedPublicIp",
    "Attachment",
    "CreationTime",
    "DeleteOnRelease",
    "InstanceId",
    "NetworkInterfaceTrafficMode",
    "QueueNumber",
    "QueuePairNumber",
];

fn answer(interface: &Interface) -> Body {
    let mut body = InterfaceRow::of(interface).fields();
    body.retain(|name, _| !NOT_ANSWERED.contains(&name.as_str()));
    body
}
