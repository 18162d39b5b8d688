//! ModifyNetworkInterfaceAttribute (5.6.4).
//!
//! Ignored knowingly: `EnhancedNetwork.*`, `RxQueueSize` and `TxQueueSize` (not
//! available), and `EnablePrimaryIPv6`, because no IPv6 address is a primary
//! one here.

use crate::cloud::Cloud;
use crate::cloud::error::ApiError;
use crate::cloud::instances::wrong_ecs_status;
use crate::cloud::interface_parameters::Attributes;
use crate::cloud::membership::{
    Newcomer, Voice, check_interface_network, check_set, named_groups, wrong_interface_status,
};
use crate::cloud::objects::{InstanceStatus, Interface, InterfaceStatus, InterfaceType};
use crate::cloud::operation::{Call, Effect, Operation};

pub(crate) struct ModifyNetworkInterfaceAttribute;

/// What an interface will be like.
pub(crate) struct Modified {
    interface: String,
    attributes: Attributes,
    /// The groups it will be in; none where they stay.
    groups: Vec<String>,
}

impl Operation for ModifyNetworkInterfaceAttribute {
    const NAME: &'static str = "ModifyNetworkInterfaceAttribute";
    type Plan = Modified;

    fn required(call: &Call<'_>) -> Result<(), ApiError> {
        call.required_region()?;
        call.fields.required("NetworkInterfaceId").map(|_| ())
    }

    fn check(cloud: &Cloud, call: &Call<'_>) -> Result<Modified, ApiError> {
        let attributes = Attributes::read(&call.fields)?;
        let groups = call.fields.list("SecurityGroupId");
        let interface = cloud.named_interface(call)?;
        check_kind(interface, &attributes, &groups)?;
        check_state(cloud, interface, &attributes)?;
        if !groups.is_empty() {
            check_groups(cloud, call, interface, &groups)?;
        }
        Ok(Modified {
            interface: interface.network_interface_id.clone(),
            attributes,
            groups: groups.into_iter().map(str::to_owned).collect(),
        })
    }

    fn apply(cloud: &mut Cloud, _: &Call<'_>, plan: Modified) -> Effect {
        if let Some(interface) = cloud.interfaces.get_mut(&plan.interface) {
            plan.attributes.set(interface);
            if !plan.groups.is_empty() {
                interface.security_group_ids = plan.groups;
            }
        }
        Effect::nothing()
    }
}

/// A primary interface has the groups of its instance, is released with it, and
/// has the queues of its type. Its timers and its check of addresses, newer than
/// the error's text, can be set: there is no other way to set them.
fn check_kind(
    interface: &Interface,
    attributes: &Attributes,
    groups: &[&str],
) -> Result<(), ApiError> {
    let more = !groups.is_empty()
        || attributes.delete_on_release.is_some()
        || attributes.traffic_mode.is_some()
        || attributes.queue_number.is_some()
        || attributes.queue_pair_number.is_some();
    if interface.kind == InterfaceType::Secondary || !more {
        return Ok(());
    }
    let message = "Primary NetworkInterface is only allowed to modify name and description.";
    let code = "InvalidOperation.PrimaryEniOnlySupportModifyNameAndDesc";
    Err(ApiError::new(404, code, message))
}

fn check_state(
    cloud: &Cloud,
    interface: &Interface,
    attributes: &Attributes,
) -> Result<(), ApiError> {
    match interface.status {
        InterfaceStatus::Available => Ok(()),
        InterfaceStatus::InUse => {
            let queues = attributes.queue_number.or(attributes.queue_pair_number);
            let instance = cloud.instances.get(&interface.instance_id);
            match instance.filter(|one| one.status != InstanceStatus::Stopped) {
                Some(running) if queues.is_some() => Err(wrong_ecs_status(running)),
                Some(_) | None => Ok(()),
            }
        }
        InterfaceStatus::Creating
        | InterfaceStatus::Attaching
        | InterfaceStatus::Detaching
        | InterfaceStatus::Deleting => Err(wrong_interface_status(interface)),
    }
}

/// The groups replace those that the interface is in.
fn check_groups(
    cloud: &Cloud,
    call: &Call<'_>,
    interface: &Interface,
    ids: &[&str],
) -> Result<(), ApiError> {
    let groups = named_groups(cloud, call, ids, Some(interface))?;
    check_interface_network(&groups, &interface.vpc_id)?;
    let instance = cloud.instances.get(&interface.instance_id);
    let instance_type = instance.map(|one| one.instance_type.as_str());
    let newcomer = Newcomer::existing(interface);
    let set = check_set(cloud, &groups, instance_type, newcomer);
    set.map_err(|refusal| refusal.error(Voice::Interface))
}
