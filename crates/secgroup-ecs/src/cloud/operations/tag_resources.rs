//! TagResources of the ECS API: adds tags to objects, or changes their values.

use crate::cloud::Cloud;
use crate::cloud::error::ApiError;
use crate::cloud::operation::{Call, Effect, Operation};
use crate::cloud::tagging::{Adding, required};

pub(crate) struct TagResources;

impl Operation for TagResources {
    const NAME: &'static str = "TagResources";
    type Plan = Adding;

    fn required(call: &Call<'_>) -> Result<(), ApiError> {
        required(call)
    }

    fn check(cloud: &Cloud, call: &Call<'_>) -> Result<Adding, ApiError> {
        Adding::check(cloud, call)
    }

    fn apply(cloud: &mut Cloud, _: &Call<'_>, adding: Adding) -> Effect {
        adding.apply(cloud);
        Effect::nothing()
    }
}
