//! JoinSecurityGroup (5.6.1).

use std::sync::Arc;

use crate::cloud::Cloud;
use crate::cloud::error::ApiError;
use crate::cloud::membership::{
    Asked, Newcomer, Target, Voice, check_capacity, check_count, check_rules, check_types, mismatch,
};
use crate::cloud::objects::Group;
use crate::cloud::operation::{Call, Effect, Operation};

pub(crate) struct JoinSecurityGroup;

/// Who joins what.
pub(crate) struct Joining {
    interface: String,
    group: String,
}

impl Operation for JoinSecurityGroup {
    const NAME: &'static str = "JoinSecurityGroup";
    type Plan = Joining;

    /// "RegionId needed for an ENI" only, which comes behind the ids (5.6.1).
    fn required(call: &Call<'_>) -> Result<(), ApiError> {
        call.fields.required("SecurityGroupId").map(|_| ())
    }

    /// The numbers are those of the table in 5.6.1.
    fn check(cloud: &Cloud, call: &Call<'_>) -> Result<Joining, ApiError> {
        // 1 to 4.
        let asked = Asked::read(call)?;
        // 5.
        let group = call.fields.required("SecurityGroupId")?;
        let group = cloud.group(call, group).ok_or_else(ApiError::no_group)?;
        let target = asked.find(cloud, call)?;
        // 6, 7, 8.
        target.check_created()?;
        target.check_state()?;
        target.check_managed(group)?;
        // 9, 10.
        check_network(target, group)?;
        check_owner(target, group)?;
        // 11 to 15.
        check_quotas(cloud, target, group)?;
        Ok(Joining {
            interface: target.interface().network_interface_id.clone(),
            group: group.security_group_id.clone(),
        })
    }

    fn apply(cloud: &mut Cloud, _: &Call<'_>, plan: Joining) -> Effect {
        if let Some(interface) = cloud.interfaces.get_mut(&plan.interface) {
            interface.security_group_ids.push(plan.group);
        }
        Effect::nothing()
    }
}

/// "A group and its members must be of one network type and, for VPC, one VPC"
/// (1.2), and of one region (1.1).
fn check_network(target: Target<'_>, group: &Group) -> Result<(), ApiError> {
    let interface = target.interface();
    if interface.vpc_id == group.vpc_id && interface.region_id == group.region_id {
        return Ok(());
    }
    Err(match target {
        Target::Instance(..) => mismatch(),
        Target::Interface(..) => {
            let (own, id) = (&interface.network_interface_id, &group.security_group_id);
            let message = format!(
                "The network interface {own} and the security group {id} are not in the same VPC."
            );
            ApiError::new(403, "InvalidOperation.VpcMismatch", message)
        }
    })
}

fn check_owner(target: Target<'_>, group: &Group) -> Result<(), ApiError> {
    if target.owner() == group.owner_id {
        return Ok(());
    }
    let group = &group.security_group_id;
    Err(match target {
        Target::Instance(instance, _) => {
            let id = &instance.instance_id;
            let message = format!(
                "The instance {id} does not belong to the owner of the security group {group}."
            );
            ApiError::new(400, "NotBelongUser", message)
        }
        Target::Interface(interface, _) => {
            let id = &interface.network_interface_id;
            let message = format!(
                "The network interface {id} and the security group {group} do not belong to the \
                 same user."
            );
            let code = "InvalidOperation.EniAndGroupNotBelongSameUser";
            ApiError::new(400, code, message)
        }
    })
}

fn check_quotas(cloud: &Cloud, target: Target<'_>, group: &Arc<Group>) -> Result<(), ApiError> {
    let voice = match target {
        Target::Instance(..) => Voice::JoinInstance,
        Target::Interface(..) => Voice::JoinInterface,
    };
    let interface = target.interface();
    let groups = interface.security_group_ids.iter();
    let mut groups: Vec<_> = groups.filter_map(|id| cloud.groups.get(id)).collect();
    let member = interface.is_in(&group.security_group_id);
    if !member {
        groups.push(group);
    }
    let instance_type = target.instance().map(|one| one.instance_type.as_str());
    check_types(&groups, instance_type).map_err(|refusal| refusal.error(voice))?;
    // 12: joining twice is not idempotent.
    if member {
        let message = "The specified instance already exists in the specified security group.";
        return Err(ApiError::new(
            403,
            "InvalidInstanceId.AlreadyExists",
            message,
        ));
    }
    let quotas = check_count(cloud, &groups)
        .and_then(|()| check_capacity(cloud, group, &[Newcomer::existing(interface)]))
        .and_then(|()| check_rules(cloud, &groups));
    quotas.map_err(|refusal| refusal.error(voice))
}
