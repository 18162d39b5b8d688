//! CreateInstance: makes one instance with its primary interface, and does not
//! start it (1.4).

use crate::cloud::Cloud;
use crate::cloud::error::ApiError;
use crate::cloud::launch::{Launch, Order, create, plan};
use crate::cloud::networks::end_dry_run;
use crate::cloud::operation::{Call, Effect, Operation};
use crate::cloud::tokens::TokenUse;

pub(crate) struct CreateInstance;

impl Operation for CreateInstance {
    const NAME: &'static str = "CreateInstance";
    const TOKEN: TokenUse = TokenUse::AllParameters;
    type Plan = Launch;

    fn required(call: &Call<'_>) -> Result<(), ApiError> {
        call.required_region()?;
        if call.fields.text("ImageFamily").is_none() {
            call.fields.required("ImageId")?;
        }
        call.fields.required("InstanceType")?;
        call.fields.required("SecurityGroupId").map(|_| ())
    }

    fn check(cloud: &Cloud, call: &Call<'_>) -> Result<Launch, ApiError> {
        let launch = plan(cloud, call, &Order::of_one(call)?)?;
        end_dry_run(call)?;
        Ok(launch)
    }

    fn apply(cloud: &mut Cloud, call: &Call<'_>, plan: Launch) -> Effect {
        let ids = create(cloud, call, plan);
        Effect::id("InstanceId", ids.into_iter().next().unwrap_or_default())
    }
}
