//! DetachNetworkInterface (5.6.5). `TrunkNetworkInstanceId` is not available
//! and ignored.

use crate::cloud::Cloud;
use crate::cloud::error::ApiError;
use crate::cloud::instances::{no_attached_instance, wrong_ecs_status};
use crate::cloud::membership::wrong_interface_status;
use crate::cloud::objects::{InterfaceStatus, InterfaceType};
use crate::cloud::operation::{Call, Effect, Operation};

pub(crate) struct DetachNetworkInterface;

impl Operation for DetachNetworkInterface {
    const NAME: &'static str = "DetachNetworkInterface";
    type Plan = String;

    fn required(call: &Call<'_>) -> Result<(), ApiError> {
        call.required_region()?;
        call.fields.required("NetworkInterfaceId")?;
        call.fields.required("InstanceId").map(|_| ())
    }

    fn check(cloud: &Cloud, call: &Call<'_>) -> Result<String, ApiError> {
        let interface = cloud.named_interface(call)?;
        let own = &interface.network_interface_id;
        let id = call.fields.required("InstanceId")?;
        let instance = cloud.instance(call, id);
        let instance = instance.ok_or_else(|| no_attached_instance(id))?;
        if interface.kind == InterfaceType::Primary {
            let message = format!("The primary network interface {own} cannot be detached.");
            let code = "InvalidOperation.DetachPrimaryEniNotAllowed";
            return Err(ApiError::new(400, code, message));
        }
        if interface.status != InterfaceStatus::InUse {
            return Err(wrong_interface_status(interface));
        }
        if interface.instance_id != id {
            let message =
                format!("The network interface {own} is not attached to the instance {id}.");
            return Err(ApiError::new(
                400,
                "InvalidOperation.InvalidEniState",
                message,
            ));
        }
        if !instance.is_settled() {
            return Err(wrong_ecs_status(instance));
        }
        Ok(own.clone())
    }

    fn apply(cloud: &mut Cloud, call: &Call<'_>, id: String) -> Effect {
        cloud.detach(&id, call.request.now);
        Effect::nothing()
    }
}
