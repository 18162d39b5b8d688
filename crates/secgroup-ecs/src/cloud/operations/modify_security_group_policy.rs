//! ModifySecurityGroupPolicy: whether members reach each other (5.5).

use crate::cloud::Cloud;
use crate::cloud::error::ApiError;
use crate::cloud::objects::InnerAccessPolicy;
use crate::cloud::operation::{Call, Effect, Operation};
use crate::cloud::permissions::check_group_id;
use crate::cloud::tokens::TokenUse;

pub(crate) struct ModifySecurityGroupPolicy;

impl Operation for ModifySecurityGroupPolicy {
    const NAME: &'static str = "ModifySecurityGroupPolicy";
    const TOKEN: TokenUse =
        TokenUse::Parameters(&["RegionId", "SecurityGroupId", "InnerAccessPolicy"]);
    type Plan = (String, InnerAccessPolicy);

    fn required(call: &Call<'_>) -> Result<(), ApiError> {
        // The code is misspelt on the page, too.
        if call.region().is_none() {
            let message = "The RegionId should not be null.";
            return Err(ApiError::new(400, "MissingParamter.RegionId", message));
        }
        call.fields.required("SecurityGroupId")?;
        call.fields.required("InnerAccessPolicy")?;
        Ok(())
    }

    /// The order is that of 5.5.
    fn check(cloud: &Cloud, call: &Call<'_>) -> Result<Self::Plan, ApiError> {
        let id = call.fields.required("SecurityGroupId")?;
        check_group_id(
            id,
            "The SecurityGroupId is invalid. Only letters, numbers and underscores are supported. \
             Maximum length is 100 characters.",
        )?;
        let group = cloud.existing_group(call, id)?;
        if group.service_managed {
            return Err(ApiError::managed(id));
        }
        if group.is_advanced() {
            let message = "The InnerAccessPolicy attribute of enterprise level security group \
                           can't be modified.";
            return Err(ApiError::new(
                404,
                "InvalidParameter.InnerAccessPolicy",
                message,
            ));
        }
        let policy = call.fields.required("InnerAccessPolicy")?;
        let policy = match policy.to_ascii_lowercase().as_str() {
            "accept" => InnerAccessPolicy::Accept,
            "drop" => InnerAccessPolicy::Drop,
            _ => {
                let message = "The Policy is invalid. Only 'Accept' and 'Drop' are supported. \
                               Ignore case.";
                return Err(ApiError::new(400, "InvalidPolicy.Malformed", message));
            }
        };
        Ok((id.to_owned(), policy))
    }

    fn apply(cloud: &mut Cloud, _: &Call<'_>, (id, policy): Self::Plan) -> Effect {
        let group = cloud.groups.get_mut(&id).expect("`check` found the group");
        group.inner_access_policy = policy;
        Effect::nothing()
    }
}
