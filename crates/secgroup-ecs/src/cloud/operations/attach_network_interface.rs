//! AttachNetworkInterface (5.6.5).
//!
//! Ignored knowingly: `NetworkCardIndex`, because instance types are not
//! modelled, and `TrunkNetworkInstanceId` and
//! `WaitForNetworkConfigurationReady`, which are not available.

use crate::cloud::Cloud;
use crate::cloud::error::ApiError;
use crate::cloud::instances::{MAX_INTERFACES, locked, no_attached_instance, wrong_ecs_status};
use crate::cloud::membership::wrong_interface_status;
use crate::cloud::objects::{Instance, Interface, InterfaceStatus};
use crate::cloud::operation::{Call, Effect, Operation};

pub(crate) struct AttachNetworkInterface;

/// What is attached to what.
pub(crate) struct Attaching {
    interface: String,
    instance: String,
}

impl Operation for AttachNetworkInterface {
    const NAME: &'static str = "AttachNetworkInterface";
    type Plan = Attaching;

    fn required(call: &Call<'_>) -> Result<(), ApiError> {
        call.required_region()?;
        call.fields.required("NetworkInterfaceId")?;
        call.fields.required("InstanceId").map(|_| ())
    }

    fn check(cloud: &Cloud, call: &Call<'_>) -> Result<Attaching, ApiError> {
        let interface = cloud.named_interface(call)?;
        let id = call.fields.required("InstanceId")?;
        let instance = cloud.instance(call, id);
        let instance = instance.ok_or_else(|| no_attached_instance(id))?;
        check_state(interface, instance)?;
        check_place(interface, instance)?;
        if MAX_INTERFACES <= cloud.interfaces_of(id).len() {
            let message = format!("The instance {id} has {MAX_INTERFACES} network interfaces.");
            return Err(ApiError::new(403, "EniPerInstanceLimitExceeded", message));
        }
        Ok(Attaching {
            interface: interface.network_interface_id.clone(),
            instance: id.to_owned(),
        })
    }

    fn apply(cloud: &mut Cloud, call: &Call<'_>, plan: Attaching) -> Effect {
        cloud.attach(&plan.interface, &plan.instance, call.request.now);
        Effect::nothing()
    }
}

fn check_state(interface: &Interface, instance: &Instance) -> Result<(), ApiError> {
    if interface.status != InterfaceStatus::Available {
        return Err(wrong_interface_status(interface));
    }
    if !instance.is_settled() {
        return Err(wrong_ecs_status(instance));
    }
    if instance.locked_for_security {
        return Err(locked());
    }
    Ok(())
}

/// "Same VPC and zone" (5.6.5).
fn check_place(interface: &Interface, instance: &Instance) -> Result<(), ApiError> {
    let (own, id) = (&interface.network_interface_id, &instance.instance_id);
    if interface.vpc_id != instance.vpc_id {
        let message =
            format!("The network interface {own} and the instance {id} are not in the same VPC.");
        return Err(ApiError::new(403, "InvalidOperation.VpcMismatch", message));
    }
    if interface.zone_id != instance.zone_id {
        let message =
            format!("The network interface {own} and the instance {id} are not in the same zone.");
        let code = "InvalidOperation.AvailabilityZoneMismatch";
        return Err(ApiError::new(403, code, message));
    }
    Ok(())
}
