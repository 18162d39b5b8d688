//! UnTagResources of the VPC API, spelt so: removes tags from VPCs or vSwitches.

use crate::cloud::Cloud;
use crate::cloud::error::ApiError;
use crate::cloud::operation::{Call, Effect, Operation};
use crate::cloud::request::Product;
use crate::cloud::tagging::{Removing, required};

pub(crate) struct VpcUntagResources;

impl Operation for VpcUntagResources {
    const NAME: &'static str = "UnTagResources";
    const PRODUCT: Product = Product::Vpc;
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
