//! Adding rules to a group, in either direction (5.2).

use std::collections::HashMap;
use std::sync::Arc;

use secgroup_model::Direction;
use serde_json::json;

use super::Cloud;
use super::error::ApiError;
use super::flags::Batch;
use super::objects::{Group, StoredRule, Time};
use super::operation::{Body, Call, Effect};
use super::permission::Page;
use super::permissions::{Given, check_duplicates, group, rule};
use super::quota::{group_references, group_size, rule_size};

/// The rules to add, new ones only.
pub(crate) struct Plan {
    group: String,
    rules: Vec<StoredRule>,
    /// The first error, under `api.batch=prefix`.
    error: Option<ApiError>,
}

/// Checks everything from the form of the group's id on (5.0.9, steps 3 to 10).
pub(crate) fn check(
    cloud: &Cloud,
    call: &Call<'_>,
    direction: Direction,
) -> Result<Plan, ApiError> {
    let group = group(cloud, call).map_err(|error| elsewhere(cloud, call).unwrap_or(error))?;
    let given = Given::of(call)?;
    let (rows, error) = given.read(cloud, group, direction, Page::Authorize);
    let error = match (cloud.flags.batch, error) {
        (Batch::Atomic, Some(error)) => return Err(error),
        (_, error) => error,
    };
    let rows = rows.into_iter().map(|(_, row)| rule(row));
    let mut new = rows.collect::<Result<Vec<_>, _>>()?;
    check_duplicates(cloud, &new)?;
    // "An identical existing rule: nothing added; it consumes no quota" (5.2.2).
    new.retain(|rule| {
        !group
            .permissions
            .iter()
            .any(|existing| cloud.identical(existing, rule))
    });
    check_quotas(cloud, group, &new)?;
    Ok(Plan {
        group: group.security_group_id.clone(),
        rules: new,
        error,
    })
}

/// Says where a group of the caller is that is not in the region of the call.
/// Only this page has "%s" for a group that is not there; the others have a
/// message of their own (9.31).
fn elsewhere(cloud: &Cloud, call: &Call<'_>) -> Option<ApiError> {
    let (id, region) = (call.fields.text("SecurityGroupId")?, call.region()?);
    let group = cloud.groups.get(id)?;
    if group.owner_id != call.account() || group.region_id == region {
        return None;
    }
    let message = format!(
        "The specified SecurityGroupId {id} does not exist in region {region}; it is in {}.",
        group.region_id
    );
    let code = "InvalidSecurityGroupId.NotFound";
    Some(ApiError::new(404, code, message))
}

/// Adds the rules, with ids and the time of the call.
pub(crate) fn apply(cloud: &mut Cloud, call: &Call<'_>, plan: Plan) -> Effect {
    let mut names = cloud.names;
    let created = Time(call.request.now);
    let mut ids = Vec::with_capacity(plan.rules.len());
    let return_ids = cloud.flags.return_rule_ids;
    let group = cloud
        .groups
        .get_mut(&plan.group)
        .expect("`check` found the group");
    for mut stored in plan.rules {
        let taken = |id: &str| {
            let own = group.permissions.iter();
            own.into_iter()
                .any(|rule| rule.row.security_group_rule_id == id)
        };
        let id = names.next("sgr", taken);
        stored.enter(&id, created);
        ids.push(id);
        group.permissions.push(Arc::new(stored));
    }
    cloud.names = names;
    if let Some(error) = plan.error {
        return Effect::Partly(error);
    }
    let mut body = Body::new();
    if return_ids {
        body.insert(
            "SecurityGroupRuleIds".to_owned(),
            json!({"SecurityGroupRuleId": ids}),
        );
    }
    Effect::Done(body)
}

/// "Group references, rule size, prefix-list resources" (5.0.9, step 10).
pub(crate) fn check_quotas(
    cloud: &Cloud,
    group: &Group,
    new: &[StoredRule],
) -> Result<(), ApiError> {
    let Some(quotas) = cloud.flags.limits.quotas() else {
        return Ok(());
    };
    let references = new.iter().filter(|rule| rule.row.has_group_peer()).count();
    if references > 0 && group_references(group) + references > quotas.group_peers_per_group {
        let message = "You have reached the limit on the number of group authorization rules that \
                       you can add to a security group.When authorization object of rule is \
                       security group, the limit is 20.";
        return Err(ApiError::new(
            400,
            "AuthorizedGroupRule.LimitExceed",
            message,
        ));
    }
    let size: usize = new.iter().map(|rule| rule_size(cloud, &rule.row)).sum();
    check_size(cloud, group, size).map_err(|()| {
        let message = "The limit of authorization records in the security group reaches.";
        ApiError::new(403, "AuthorizationLimitExceed", message)
    })?;
    for rule in new {
        check_associations(cloud, group, rule, quotas.groups_per_prefix_list)?;
    }
    Ok(())
}

/// Tells whether a group and each interface in it can take rules of `size`
/// more (4.1, 4.4).
pub(crate) fn check_size(cloud: &Cloud, group: &Group, size: usize) -> Result<(), ()> {
    let Some(quotas) = cloud.flags.limits.quotas() else {
        return Ok(());
    };
    if size == 0 {
        return Ok(());
    }
    let own = group_size(cloud, group);
    if quotas
        .rules_per_group
        .is_some_and(|quota| own + size > quota)
    {
        return Err(());
    }
    let mut sizes = HashMap::from([(group.security_group_id.as_str(), own)]);
    for interface in cloud.interfaces.values() {
        let groups = &interface.security_group_ids;
        if !groups.contains(&group.security_group_id) {
            continue;
        }
        let all = groups.iter().map(|id| {
            *sizes.entry(id).or_insert_with(|| {
                cloud
                    .groups
                    .get(id)
                    .map_or(0, |group| group_size(cloud, group))
            })
        });
        if all.sum::<usize>() + size > quotas.rules_per_interface {
            return Err(());
        }
    }
    Ok(())
}

/// "One resource = one security group with at least one rule on the list" (4.10).
pub(crate) fn check_associations(
    cloud: &Cloud,
    group: &Group,
    rule: &StoredRule,
    quota: usize,
) -> Result<(), ApiError> {
    let Some(list) = rule.row.prefix_list() else {
        return Ok(());
    };
    let uses = |other: &Group| {
        let rules = other.permissions.iter();
        rules
            .into_iter()
            .any(|stored| stored.row.prefix_list() == Some(list))
    };
    if uses(group) {
        return Ok(());
    }
    let using = cloud.groups.values().filter(|other| uses(other)).count();
    if using < quota {
        return Ok(());
    }
    let message = "The number of resources associated with the prefix list exceeds the limit.";
    Err(ApiError::new(
        403,
        "LimitExceed.PrefixListAssociationResource",
        message,
    ))
}
