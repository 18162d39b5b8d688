//! DescribeVSwitchAttributes of the VPC API.

use crate::cloud::Cloud;
use crate::cloud::error::ApiError;
use crate::cloud::network_rows::vswitch_row;
use crate::cloud::networks::end_dry_run;
use crate::cloud::operation::{Body, Call, Question};
use crate::cloud::request::Product;

pub(crate) struct DescribeVSwitchAttributes;

impl Question for DescribeVSwitchAttributes {
    const NAME: &'static str = "DescribeVSwitchAttributes";
    const PRODUCT: Product = Product::Vpc;

    fn answer(cloud: &Cloud, call: &Call<'_>) -> Result<Body, ApiError> {
        let vswitch = cloud.find_vswitch(call, call.fields.required("VSwitchId")?)?;
        end_dry_run(call)?;
        Ok(vswitch_row(cloud, vswitch))
    }
}
