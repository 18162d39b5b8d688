//! DeleteInstance (see `deletion`).

use crate::cloud::Cloud;
use crate::cloud::deletion::deletable;
use crate::cloud::error::ApiError;
use crate::cloud::networks::end_dry_run;
use crate::cloud::operation::{Call, Effect, Operation};

pub(crate) struct DeleteInstance;

impl Operation for DeleteInstance {
    const NAME: &'static str = "DeleteInstance";
    type Plan = String;

    fn required(call: &Call<'_>) -> Result<(), ApiError> {
        call.fields.required("InstanceId").map(|_| ())
    }

    fn check(cloud: &Cloud, call: &Call<'_>) -> Result<String, ApiError> {
        let id = call.fields.required("InstanceId")?;
        let instance = deletable(cloud, call, id)?;
        end_dry_run(call)?;
        Ok(instance.instance_id.clone())
    }

    fn apply(cloud: &mut Cloud, _: &Call<'_>, id: String) -> Effect {
        cloud.delete_instance(&id);
        Effect::nothing()
    }
}
