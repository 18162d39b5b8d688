//! RunInstances: makes instances with their interfaces, and starts them (1.4).

use serde_json::json;

use crate::cloud::Cloud;
use crate::cloud::error::ApiError;
use crate::cloud::launch::{Launch, Order, create, plan, required_group};
use crate::cloud::networks::end_dry_run;
use crate::cloud::operation::{Body, Call, Effect, Operation};
use crate::cloud::tokens::TokenUse;

pub(crate) struct RunInstances;

impl Operation for RunInstances {
    const NAME: &'static str = "RunInstances";
    const TOKEN: TokenUse = TokenUse::AllParameters;
    type Plan = Launch;

    fn required(call: &Call<'_>) -> Result<(), ApiError> {
        call.required_region()?;
        required_group(call)
    }

    fn check(cloud: &Cloud, call: &Call<'_>) -> Result<Launch, ApiError> {
        let launch = plan(cloud, call, &Order::of_many(call)?)?;
        end_dry_run(call)?;
        Ok(launch)
    }

    fn apply(cloud: &mut Cloud, call: &Call<'_>, plan: Launch) -> Effect {
        let ids = create(cloud, call, plan);
        let mut body = Body::new();
        let sets = json!({ "InstanceIdSet": ids });
        body.insert("InstanceIdSets".to_owned(), sets);
        Effect::Done(body)
    }
}
