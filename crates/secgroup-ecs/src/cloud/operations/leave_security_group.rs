//! LeaveSecurityGroup (5.6.2).

use crate::cloud::Cloud;
use crate::cloud::error::ApiError;
use crate::cloud::membership::{Asked, Target};
use crate::cloud::operation::{Call, Effect, Operation};

pub(crate) struct LeaveSecurityGroup;

/// Who leaves what.
pub(crate) struct Leaving {
    interface: String,
    group: String,
}

impl Operation for LeaveSecurityGroup {
    const NAME: &'static str = "LeaveSecurityGroup";
    type Plan = Leaving;

    fn required(call: &Call<'_>) -> Result<(), ApiError> {
        call.fields.required("SecurityGroupId").map(|_| ())
    }

    /// The checks that leaving shares with joining, in the order of 5.6.1; then
    /// whether it is a member, and of another group as well (5.6.2).
    fn check(cloud: &Cloud, call: &Call<'_>) -> Result<Leaving, ApiError> {
        let asked = Asked::read(call)?;
        let group = call.fields.required("SecurityGroupId")?;
        let group = cloud.group(call, group).ok_or_else(ApiError::no_group)?;
        let target = asked.find_own(cloud, call)?;
        target.check_state()?;
        target.check_managed(group)?;
        let (interface, group) = (target.interface(), &group.security_group_id);
        let id = &interface.network_interface_id;
        if !interface.is_in(group) {
            let message = match target {
                Target::Instance(instance, _) => {
                    let id = &instance.instance_id;
                    format!("The instance {id} is not in the security group {group}.")
                }
                Target::Interface(..) => {
                    format!("The network interface {id} is not in the security group {group}.")
                }
            };
            let code = "InvalidSecurityGroupAssociation.NotFound";
            return Err(ApiError::new(400, code, message));
        }
        if interface.security_group_ids.len() == 1 {
            return Err(last_group(target));
        }
        Ok(Leaving {
            interface: id.clone(),
            group: group.clone(),
        })
    }

    fn apply(cloud: &mut Cloud, _: &Call<'_>, plan: Leaving) -> Effect {
        if let Some(interface) = cloud.interfaces.get_mut(&plan.interface) {
            interface
                .security_group_ids
                .retain(|own| *own != plan.group);
        }
        Effect::nothing()
    }
}

/// "An ENI belongs to one or more groups, never to none" (1.5.1).
fn last_group(target: Target<'_>) -> ApiError {
    match target {
        Target::Instance(..) => {
            let message = "The specified security group is the last security group for the \
                           instance.";
            ApiError::new(403, "InstanceLastSecurityGroup", message)
        }
        Target::Interface(interface, _) => {
            let id = &interface.network_interface_id;
            let message = format!("The network interface {id} must stay in at least one group.");
            ApiError::new(403, "InvalidOperation.AtLeastInOneGroup", message)
        }
    }
}
