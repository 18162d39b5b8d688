//! ModifySecurityGroupAttribute: name and description only (5.1.3).

use crate::cloud::Cloud;
use crate::cloud::error::ApiError;
use crate::cloud::naming::{check_description, check_name};
use crate::cloud::operation::{Call, Effect, Operation};
use crate::cloud::permissions::{group, required};

pub(crate) struct ModifySecurityGroupAttribute;

/// The group and what it gets; what is not given stays.
pub(crate) struct Plan {
    id: String,
    name: Option<String>,
    description: Option<String>,
}

impl Operation for ModifySecurityGroupAttribute {
    const NAME: &'static str = "ModifySecurityGroupAttribute";
    type Plan = Plan;

    fn required(call: &Call<'_>) -> Result<(), ApiError> {
        required(call)
    }

    fn check(cloud: &Cloud, call: &Call<'_>) -> Result<Plan, ApiError> {
        let group = group(cloud, call)?;
        let name = call.fields.text("SecurityGroupName");
        if name.is_some_and(|name| !check_name(name)) {
            let message = "Specified security group name is not valid.";
            let code = "InvalidSecurityGroupName.Malformed";
            return Err(ApiError::new(400, code, message));
        }
        let description = call.fields.text("Description");
        if description.is_some_and(|text| !check_description(text)) {
            let message = "Specified security group description is not valid.";
            // Misspelt on the page, too.
            let code = "InvalidSecurityGroupDiscription.Malformed";
            return Err(ApiError::new(400, code, message));
        }
        Ok(Plan {
            id: group.security_group_id.clone(),
            name: name.map(str::to_owned),
            description: description.map(str::to_owned),
        })
    }

    fn apply(cloud: &mut Cloud, _: &Call<'_>, plan: Plan) -> Effect {
        let group = cloud.groups.get_mut(&plan.id);
        let group = group.expect("`check` found the group");
        if let Some(name) = plan.name {
            group.security_group_name = name;
        }
        if let Some(description) = plan.description {
            group.description = description;
        }
        Effect::nothing()
    }
}
