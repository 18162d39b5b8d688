//! DescribeInstanceAttribute: the row of DescribeInstances, of one instance and
//! without its interfaces (6.1.4).

use crate::cloud::Cloud;
use crate::cloud::error::ApiError;
use crate::cloud::instance_rows::attributes;
use crate::cloud::operation::{Body, Call, Question};

pub(crate) struct DescribeInstanceAttribute;

impl Question for DescribeInstanceAttribute {
    const NAME: &'static str = "DescribeInstanceAttribute";

    fn answer(cloud: &Cloud, call: &Call<'_>) -> Result<Body, ApiError> {
        let instance = cloud.named_instance(call)?;
        let interfaces = cloud.interfaces_of(&instance.instance_id);
        Ok(attributes(instance, &interfaces))
    }
}
