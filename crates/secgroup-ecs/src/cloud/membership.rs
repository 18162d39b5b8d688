//! Who may be in which groups, and how many: what joining a group (5.6.1) and
//! replacing all groups of an interface (5.6.3, 5.6.4) have in common.
//!
//! The checks are one function each, because the order in which an operation
//! makes them decides its answer. How JoinSecurityGroup and LeaveSecurityGroup
//! name an interface is in [`target`], how each operation words a refusal in
//! [`refusal`].

mod refusal;
mod target;

use std::collections::HashSet;
use std::sync::Arc;

pub(crate) use refusal::{Refusal, Voice};
pub(crate) use target::{Asked, Target, wrong_interface_status};

use super::Cloud;
use super::error::ApiError;
use super::instance_family::supports_advanced_groups;
use super::objects::{Group, Interface};
use super::operation::Call;
use super::quota::group_size;
use crate::limits::Members;

/// How many addresses a basic classic group has, where members are counted by
/// address (4.7, the row behind 4.8).
pub(crate) const CLASSIC_ADDRESSES: usize = 1000;

/// How many groups a call names, whatever the quotas.
const MAX_NAMED: usize = 100;

/// An interface that is to be a member of a group.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Newcomer<'a> {
    /// Its id; none if it is to be made.
    pub(crate) interface: Option<&'a str>,
    pub(crate) host: Host<'a>,
    /// How many addresses it has (4.7).
    pub(crate) addresses: usize,
}

/// What an interface is attached to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Host<'a> {
    None,
    Instance(&'a str),
    /// The so-manieth instance to be made.
    New(usize),
}

impl<'a> Newcomer<'a> {
    /// Returns an interface that exists.
    pub(crate) fn existing(interface: &'a Interface) -> Self {
        let host = match interface.instance_id.as_str() {
            "" => Host::None,
            instance => Host::Instance(instance),
        };
        Self {
            interface: Some(&interface.network_interface_id),
            host,
            addresses: interface.address_count(),
        }
    }
}

/// "The same type" (1.5.1), and a type that the instance can have.
pub(crate) fn check_types(
    groups: &[&Arc<Group>],
    instance_type: Option<&str>,
) -> Result<(), Refusal> {
    let advanced = groups.iter().filter(|group| group.is_advanced()).count();
    if advanced != 0 && advanced != groups.len() {
        return Err(Refusal::MixedTypes);
    }
    if advanced != 0 && instance_type.is_some_and(|kind| !supports_advanced_groups(kind)) {
        return Err(Refusal::InstanceType);
    }
    Ok(())
}

/// Groups per interface (4.3).
pub(crate) fn check_count(cloud: &Cloud, groups: &[&Arc<Group>]) -> Result<(), Refusal> {
    let quotas = cloud.flags.limits.quotas();
    match quotas {
        Some(quotas) if quotas.groups_per_interface < groups.len() => Err(Refusal::TooManyGroups),
        Some(_) | None => Ok(()),
    }
}

/// Rules over all groups of one interface, by size (4.4).
pub(crate) fn check_rules(cloud: &Cloud, groups: &[&Arc<Group>]) -> Result<(), Refusal> {
    let Some(quotas) = cloud.flags.limits.quotas() else {
        return Ok(());
    };
    let sizes = groups.iter().map(|group| group_size(cloud, group));
    let size = sizes.fold(0_usize, usize::saturating_add);
    if quotas.rules_per_interface < size {
        return Err(Refusal::TooManyRules);
    }
    Ok(())
}

/// Members of a group: of a basic one (4.7), of an advanced one (4.8).
pub(crate) fn check_capacity(
    cloud: &Cloud,
    group: &Group,
    newcomers: &[Newcomer<'_>],
) -> Result<(), Refusal> {
    let Some(quotas) = cloud.flags.limits.quotas() else {
        return Ok(());
    };
    let again: HashSet<&str> = newcomers.iter().filter_map(|one| one.interface).collect();
    let members = cloud.interfaces.values();
    let members = members.filter(|one| {
        one.is_in(&group.security_group_id) && !again.contains(one.network_interface_id.as_str())
    });
    let members = members.map(|one| Newcomer::existing(one));
    let all = members.chain(newcomers.iter().copied());
    if group.is_advanced() {
        let full = quotas.interfaces_per_advanced_group < all.count();
        return if full {
            Err(Refusal::AdvancedFull)
        } else {
            Ok(())
        };
    }
    let full = match quotas.members {
        Members::Instances(most) => most < count_instances(all),
        Members::Addresses(most) => {
            let most = if group.is_classic() {
                CLASSIC_ADDRESSES
            } else {
                most
            };
            let addresses = all.map(|one| one.addresses);
            most < addresses.fold(0_usize, usize::saturating_add)
        }
    };
    if full {
        Err(Refusal::BasicFull)
    } else {
        Ok(())
    }
}

/// Counts instances, "an interface that is attached to none counting as one".
fn count_instances<'a>(members: impl Iterator<Item = Newcomer<'a>>) -> usize {
    let mut hosts = HashSet::new();
    let mut alone = 0;
    for member in members {
        if member.host == Host::None {
            alone += 1;
        } else {
            hosts.insert(member.host);
        }
    }
    hosts.len() + alone
}

/// An instance and a group are of different networks (5.6.1, check 9).
pub(crate) fn mismatch() -> ApiError {
    let message = "Specified instance and security group are not in the same VPC.";
    ApiError::new(400, "InvalidInstanceId.Mismatch", message)
}

/// Checks that groups are of the network of an interface (5.6.4).
///
/// # Errors
///
/// `403 InvalidSecurityGroupId.NotVpc` for a classic group beside an interface
/// of a VPC, otherwise `403 InvalidOperation.VpcMismatch`.
pub(crate) fn check_interface_network(groups: &[&Arc<Group>], vpc: &str) -> Result<(), ApiError> {
    let Some(group) = groups.iter().find(|group| group.vpc_id != vpc) else {
        return Ok(());
    };
    let id = &group.security_group_id;
    if group.is_classic() {
        let message = format!("The security group {id} is not of the VPC type.");
        return Err(ApiError::new(403, "InvalidSecurityGroupId.NotVpc", message));
    }
    let message =
        format!("The network interface and the security group {id} are not in the same VPC.");
    Err(ApiError::new(403, "InvalidOperation.VpcMismatch", message))
}

/// Makes all checks of a whole set of groups: types, groups per interface,
/// capacity, rules per interface.
pub(crate) fn check_set(
    cloud: &Cloud,
    groups: &[&Arc<Group>],
    instance_type: Option<&str>,
    newcomer: Newcomer<'_>,
) -> Result<(), Refusal> {
    check_types(groups, instance_type)?;
    check_count(cloud, groups)?;
    for group in groups {
        check_capacity(cloud, group, &[newcomer])?;
    }
    check_rules(cloud, groups)
}

/// Returns the groups that a call names; `leaving` is the interface whose groups
/// they replace, if there is one.
///
/// # Errors
///
/// `404 InvalidParameter.SecurityGroupIdRepeated`, `404
/// InvalidSecurityGroupId.NotFound`, and `403
/// InvalidOperation.ResourceManagedByCloudProduct` for a group that is joined
/// or left and that a cloud product owns (1.3.3).
pub(crate) fn named_groups<'c>(
    cloud: &'c Cloud,
    call: &Call<'_>,
    ids: &[&str],
    leaving: Option<&Interface>,
) -> Result<Vec<&'c Arc<Group>>, ApiError> {
    if MAX_NAMED < ids.len() {
        return Err(ApiError::invalid("SecurityGroupId"));
    }
    let distinct: HashSet<&str> = ids.iter().copied().collect();
    if distinct.len() != ids.len() {
        let message = "The specified security group ids has repeated.";
        let code = "InvalidParameter.SecurityGroupIdRepeated";
        return Err(ApiError::new(404, code, message));
    }
    let groups = ids.iter().map(|id| cloud.group(call, id));
    let groups = groups.collect::<Option<Vec<_>>>();
    let groups = groups.ok_or_else(ApiError::no_group)?;
    let stays = |group: &Group| leaving.is_some_and(|one| one.is_in(&group.security_group_id));
    if let Some(joined) = groups.iter().find(|one| one.service_managed && !stays(one)) {
        return Err(ApiError::managed(&joined.security_group_id));
    }
    let before = leaving.map_or(&[][..], |one| one.security_group_ids.as_slice());
    let left = before.iter().filter(|id| !distinct.contains(id.as_str()));
    let mut left = left.filter_map(|id| cloud.groups.get(id));
    if let Some(left) = left.find(|one| one.service_managed) {
        return Err(ApiError::managed(&left.security_group_id));
    }
    Ok(groups)
}
