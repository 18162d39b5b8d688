//! Removing rules from a group, in either direction (5.3).

use std::collections::BTreeSet;

use secgroup_model::Direction;

use super::Cloud;
use super::error::ApiError;
use super::flags::{RevokeMissing, RevokePriority};
use super::objects::{Group, StoredRule};
use super::operation::{Call, Effect};
use super::permission::Page;
use super::permissions::{
    Given, MAX_PERMISSIONS, cannot_coexist, check_duplicates, group, has_flat, rule,
};

/// The rules to remove.
pub(crate) struct Plan {
    group: String,
    /// Positions in the group.
    positions: BTreeSet<usize>,
}

/// Checks everything from the form of the group's id on (5.0.9, 5.3).
pub(crate) fn check(
    cloud: &Cloud,
    call: &Call<'_>,
    direction: Direction,
) -> Result<Plan, ApiError> {
    let group = group(cloud, call)?;
    let ids = call.fields.list("SecurityGroupRuleId");
    let beyond = call
        .fields
        .number_beyond("SecurityGroupRuleId", MAX_PERMISSIONS);
    let positions = if ids.is_empty() && beyond.is_none() {
        by_fields(cloud, call, group, direction)?
    } else {
        if has_flat(call) || !call.fields.numbered("Permissions").is_empty() {
            return Err(cannot_coexist());
        }
        if let Some(name) = beyond {
            return Err(ApiError::invalid(&name));
        }
        by_ids(cloud, &ids, group, direction)?
    };
    Ok(Plan {
        group: group.security_group_id.clone(),
        positions,
    })
}

/// Removes the rules.
pub(crate) fn apply(cloud: &mut Cloud, plan: &Plan) -> Effect {
    if !plan.positions.is_empty() {
        let group = cloud
            .groups
            .get_mut(&plan.group)
            .expect("`check` found the group");
        let mut at = 0;
        group.permissions.retain(|_| {
            at += 1;
            !plan.positions.contains(&(at - 1))
        });
    }
    Effect::nothing()
}

/// Finds rules by id. "An id of the other direction or of another group counts
/// as missing"; "an id twice: InvalidParam.SecurityGroupRuleIdRepeated" (5.3.4).
fn by_ids(
    cloud: &Cloud,
    ids: &[&str],
    group: &Group,
    direction: Direction,
) -> Result<BTreeSet<usize>, ApiError> {
    if ids.iter().collect::<BTreeSet<_>>().len() < ids.len() {
        let message = "The specified parameter SecurityGroupRuleId is repeated.";
        return Err(ApiError::new(
            400,
            "InvalidParam.SecurityGroupRuleIdRepeated",
            message,
        ));
    }
    let mut found = BTreeSet::new();
    for id in ids {
        let at = group.permissions.iter().position(|stored| {
            stored.row.security_group_rule_id == *id && stored.rule.direction == direction
        });
        match (at, cloud.flags.revoke_missing) {
            (Some(at), _) => {
                found.insert(at);
            }
            (None, RevokeMissing::Success) => {}
            (None, RevokeMissing::Error) => {
                let message = "The specified parameter SecurityGroupRuleId is not valid.";
                return Err(ApiError::new(
                    400,
                    "InvalidParam.SecurityGroupRuleId",
                    message,
                ));
            }
        }
    }
    Ok(found)
}

/// Finds rules by what they say (5.3.2); the description does not count.
fn by_fields(
    cloud: &Cloud,
    call: &Call<'_>,
    group: &Group,
    direction: Direction,
) -> Result<BTreeSet<usize>, ApiError> {
    let given = Given::of(call)?;
    let (rows, error) = given.read(cloud, group, direction, Page::Revoke);
    if let Some(error) = error {
        return Err(error);
    }
    let (positions, rows): (Vec<usize>, Vec<_>) = rows.into_iter().unzip();
    let wanted = rows.into_iter().map(rule).collect::<Result<Vec<_>, _>>()?;
    check_duplicates(cloud, &wanted)?;
    let mut found = BTreeSet::new();
    for (wanted, at) in wanted.iter().zip(positions) {
        // "Priority is not in the list of what a rule is found by" (5.3.2).
        let open = cloud.flags.revoke_priority == RevokePriority::AnyIfAbsent
            && given.each()[at].text("Priority").is_none();
        let mut any = false;
        for (at, existing) in group.permissions.iter().enumerate() {
            if matches(cloud, existing, wanted, open) {
                found.insert(at);
                any = true;
            }
        }
        if !any && cloud.flags.revoke_missing == RevokeMissing::Error {
            let message = "The specified rule does not exist.";
            return Err(ApiError::new(
                400,
                "InvalidSecurityGroupRule.RuleNotExist",
                message,
            ));
        }
    }
    Ok(found)
}

/// Tells whether a rule is the one meant, of whatever priority if that is open.
fn matches(cloud: &Cloud, existing: &StoredRule, wanted: &StoredRule, open: bool) -> bool {
    if !open {
        return cloud.identical(existing, wanted);
    }
    let mut wanted = wanted.clone();
    wanted.rule.priority = existing.rule.priority;
    cloud.identical(existing, &wanted)
}
