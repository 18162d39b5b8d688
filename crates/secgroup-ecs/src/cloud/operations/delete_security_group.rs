//! DeleteSecurityGroup (5.1.2).

use crate::cloud::Cloud;
use crate::cloud::error::ApiError;
use crate::cloud::operation::{Call, Effect, Operation};

pub(crate) struct DeleteSecurityGroup;

impl Operation for DeleteSecurityGroup {
    const NAME: &'static str = "DeleteSecurityGroup";
    type Plan = String;

    fn required(call: &Call<'_>) -> Result<(), ApiError> {
        if call.region().is_none() {
            let message = "The parameter RegionId should not be null.";
            return Err(ApiError::new(400, "MissingParameter.RegionId", message));
        }
        call.fields.required("SecurityGroupId")?;
        Ok(())
    }

    /// "Order: exists, managed, protection, members, references" (5.1.2).
    fn check(cloud: &Cloud, call: &Call<'_>) -> Result<String, ApiError> {
        let id = call.fields.required("SecurityGroupId")?;
        let Some(group) = cloud.group(call, id) else {
            let message = "The specified security group is not found.";
            return Err(ApiError::new(404, "InvalidSecurityGroup.NotFound", message));
        };
        if group.service_managed {
            return Err(ApiError::managed(id));
        }
        if group.deletion_protection {
            let message = "The operation is not allowed due to SecurityGroup is protected by ACK \
                           deletion protection.";
            return Err(ApiError::new(
                400,
                "InvalidOperation.DeletionProtection",
                message,
            ));
        }
        let members = cloud.interfaces.values();
        if members
            .into_iter()
            .any(|one| one.security_group_ids.iter().any(|own| own == id))
        {
            let message = "There is still instance(s) in the specified security group.";
            return Err(ApiError::new(403, "DependencyViolation", message));
        }
        let others = cloud
            .groups
            .values()
            .filter(|one| one.security_group_id != id);
        if others.into_iter().any(|one| one.refers_to_group(id)) {
            let message = "The specified security group has been authorized in another one.";
            return Err(ApiError::new(403, "DependencyViolation", message));
        }
        Ok(id.to_owned())
    }

    fn apply(cloud: &mut Cloud, _: &Call<'_>, id: String) -> Effect {
        cloud.groups.remove(&id);
        Effect::nothing()
    }
}
