//! DescribeVpcAttribute of the VPC API.
//!
//! Ignored, since it cannot matter here: `IsDefault`; the id says which VPC.

use crate::cloud::Cloud;
use crate::cloud::error::ApiError;
use crate::cloud::network_rows::vpc_attributes;
use crate::cloud::networks::end_dry_run;
use crate::cloud::operation::{Body, Call, Question};
use crate::cloud::request::Product;

pub(crate) struct DescribeVpcAttribute;

impl Question for DescribeVpcAttribute {
    const NAME: &'static str = "DescribeVpcAttribute";
    const PRODUCT: Product = Product::Vpc;

    fn answer(cloud: &Cloud, call: &Call<'_>) -> Result<Body, ApiError> {
        call.required_region()?;
        let vpc = cloud.find_vpc(call, call.fields.required("VpcId")?)?;
        end_dry_run(call)?;
        Ok(vpc_attributes(cloud, vpc))
    }
}
