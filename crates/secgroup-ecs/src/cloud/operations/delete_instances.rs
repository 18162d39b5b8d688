//! DeleteInstances (see `deletion`): all that are named, or none (5.0.7).

use crate::cloud::Cloud;
use crate::cloud::deletion::deletable;
use crate::cloud::error::ApiError;
use crate::cloud::instances::ids;
use crate::cloud::networks::end_dry_run;
use crate::cloud::operation::{Call, Effect, Operation};
use crate::cloud::tokens::TokenUse;

pub(crate) struct DeleteInstances;

impl Operation for DeleteInstances {
    const NAME: &'static str = "DeleteInstances";
    const TOKEN: TokenUse = TokenUse::Parameters(&["RegionId", "InstanceId.N", "Force", "DryRun"]);
    type Plan = Vec<String>;

    fn required(call: &Call<'_>) -> Result<(), ApiError> {
        call.required_region()?;
        if call.fields.list("InstanceId").is_empty() {
            return Err(ApiError::missing("InstanceId.N"));
        }
        Ok(())
    }

    fn check(cloud: &Cloud, call: &Call<'_>) -> Result<Vec<String>, ApiError> {
        let ids = ids(call, "InstanceId")?;
        for id in &ids {
            deletable(cloud, call, id)?;
        }
        end_dry_run(call)?;
        Ok(ids.into_iter().map(str::to_owned).collect())
    }

    fn apply(cloud: &mut Cloud, _: &Call<'_>, ids: Vec<String>) -> Effect {
        for id in &ids {
            cloud.delete_instance(id);
        }
        Effect::nothing()
    }
}
