//! UntagResources of the ECS API: removes tags from objects.

use crate::cloud::Cloud;
use crate::cloud::error::ApiError;
use crate::cloud::operation::{Call, Effect, Operation};
use crate::cloud::tagging::{Removing, required};

pub(crate) struct UntagResources;

impl Operation for UntagResources {
    const NAME: &'static str = "UntagResources";
    type Plan = Removing;

    fn required(call: &Call<'_>) -> Result<(), ApiError> {
        required(call)
    }

    fn check(cloud: &Cloud, call: &Call<'_>) -> Result<Removing, ApiError> {
        Removing::check(cloud, call)
    }

    fn apply(cloud: &mut Cloud, _: &Call<'_>, removing: Removing) -> Effect {
        removing.apply(cloud);
        Effect::nothing()
    }
}
