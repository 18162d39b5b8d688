//! ListTagResources of the VPC API: the tags of VPCs or vSwitches.

use crate::cloud::Cloud;
use crate::cloud::error::ApiError;
use crate::cloud::operation::{Body, Call, Question};
use crate::cloud::paging::{Order, Outside, Paging, Size};
use crate::cloud::request::Product;
use crate::cloud::tagging::list;

pub(crate) struct VpcListTagResources;

/// `MaxResults` counts objects here, so that the tags of one stay together.
const PAGING: Paging = Paging {
    results: Some(Size {
        least: 1,
        usual: 50,
        most: 50,
        outside: Outside::Refused,
    }),
    pages: None,
    order: Order::OldestFirst,
};

impl Question for VpcListTagResources {
    const NAME: &'static str = "ListTagResources";
    const PRODUCT: Product = Product::Vpc;

    fn answer(cloud: &Cloud, call: &Call<'_>) -> Result<Body, ApiError> {
        list(cloud, call, &PAGING, Self::NAME)
    }
}
