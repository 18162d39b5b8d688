//! StopInstance. `ConfirmStop`, `ForceStop`, `Hibernate` and `StoppedMode` are
//! ignored: they decide about disks, memory and price, none of which is here.

use crate::cloud::Cloud;
use crate::cloud::error::ApiError;
use crate::cloud::instances::{locked, wrong_status};
use crate::cloud::networks::end_dry_run;
use crate::cloud::objects::InstanceStatus;
use crate::cloud::operation::{Call, Effect, Operation};

pub(crate) struct StopInstance;

impl Operation for StopInstance {
    const NAME: &'static str = "StopInstance";
    type Plan = String;

    fn required(call: &Call<'_>) -> Result<(), ApiError> {
        call.fields.required("InstanceId").map(|_| ())
    }

    fn check(cloud: &Cloud, call: &Call<'_>) -> Result<String, ApiError> {
        let instance = cloud.named_instance(call)?;
        if instance.status != InstanceStatus::Running {
            return Err(wrong_status());
        }
        if instance.locked_for_security {
            return Err(locked());
        }
        end_dry_run(call)?;
        Ok(instance.instance_id.clone())
    }

    fn apply(cloud: &mut Cloud, call: &Call<'_>, id: String) -> Effect {
        cloud.change_status(&id, InstanceStatus::Stopping, call.request.now);
        Effect::nothing()
    }
}
