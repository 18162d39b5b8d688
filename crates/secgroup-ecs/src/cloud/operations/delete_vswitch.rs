//! DeleteVSwitch of the VPC API.

use crate::cloud::Cloud;
use crate::cloud::error::ApiError;
use crate::cloud::networks::end_dry_run;
use crate::cloud::operation::{Call, Effect, Operation};
use crate::cloud::request::Product;

pub(crate) struct DeleteVSwitch;

impl Operation for DeleteVSwitch {
    const NAME: &'static str = "DeleteVSwitch";
    const PRODUCT: Product = Product::Vpc;
    /// The id.
    type Plan = String;

    fn required(call: &Call<'_>) -> Result<(), ApiError> {
        call.fields.required("VSwitchId").map(|_| ())
    }

    /// Network interfaces go first, those of instances with their instances.
    fn check(cloud: &Cloud, call: &Call<'_>) -> Result<String, ApiError> {
        let id = call.fields.required("VSwitchId")?;
        cloud.find_vswitch(call, id)?;
        if cloud.interfaces.values().any(|one| one.v_switch_id == id) {
            let message = "Specified object has dependent resources.";
            return Err(ApiError::new(400, "DependencyViolation", message));
        }
        end_dry_run(call)?;
        Ok(id.to_owned())
    }

    fn apply(cloud: &mut Cloud, _: &Call<'_>, id: String) -> Effect {
        cloud.vswitches.remove(&id);
        Effect::nothing()
    }
}
