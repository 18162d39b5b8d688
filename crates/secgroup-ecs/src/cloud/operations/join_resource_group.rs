//! JoinResourceGroup: moves an object into another resource group.
//!
//! Resource groups are not simulated; an object only remembers the id.

use crate::cloud::Cloud;
use crate::cloud::error::ApiError;
use crate::cloud::operation::{Call, Effect, Operation};
use crate::cloud::resource::{Kind, resource_group};
use crate::cloud::tagging::kind;

pub(crate) struct JoinResourceGroup;

/// An object and where it goes.
pub(crate) struct Plan {
    kind: Kind,
    id: String,
    group: String,
}

impl Operation for JoinResourceGroup {
    const NAME: &'static str = "JoinResourceGroup";
    type Plan = Plan;

    /// The page answers what is missing with 403, not 400.
    fn required(call: &Call<'_>) -> Result<(), ApiError> {
        for parameter in ["ResourceId", "ResourceGroupId", "RegionId"] {
            call.fields.required(parameter).map_err(|error| ApiError {
                status: 403,
                ..error
            })?;
        }
        Ok(())
    }

    fn check(cloud: &Cloud, call: &Call<'_>) -> Result<Plan, ApiError> {
        let kind = kind(call)?;
        let message = "The ResourceGroup provided does not exist in our records.";
        let group = resource_group(call, message)?;
        let id = call.fields.required("ResourceId")?;
        if cloud.resource(call, kind, id).is_none() {
            let message = "The ResourceId provided does not exist in our records.";
            return Err(ApiError::new(404, "InvalidResourceId.NotFound", message));
        }
        cloud.check_managed(kind, id)?;
        let id = id.to_owned();
        Ok(Plan { kind, id, group })
    }

    fn apply(cloud: &mut Cloud, _: &Call<'_>, plan: Plan) -> Effect {
        if let Some(object) = cloud.resource_mut(plan.kind, &plan.id) {
            *object.resource_group_mut() = plan.group;
        }
        Effect::nothing()
    }
}
