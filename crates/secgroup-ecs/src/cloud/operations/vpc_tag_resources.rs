//! TagResources of the VPC API: adds tags to VPCs or vSwitches, or changes
//! their values.

use crate::cloud::Cloud;
use crate::cloud::error::ApiError;
use crate::cloud::operation::{Call, Effect, Operation};
use crate::cloud::request::Product;
use crate::cloud::tagging::{Adding, required};

pub(crate) struct VpcTagResources;

impl Operation for VpcTagResources {
    const NAME: &'static str = "TagResources";
    const PRODUCT: Product = Product::Vpc;
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
