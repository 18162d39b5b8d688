//! Changing a rule, in either direction (5.4).
//!
//! Two forms: the old one finds a rule by what it says and changes its
//! description; the current one finds it by id and changes any field. Which
//! applies: "with SecurityGroupRuleId the new one, else the old one; profile
//! seed offers only the old one" (5.4.5).

mod by_id;

use std::sync::Arc;

use secgroup_model::{Direction, NicType};

use super::Cloud;
use super::error::ApiError;
use super::flags::Profile;
use super::objects::{Group, Permission, StoredRule};
use super::operation::{Call, Effect};
use super::permission::{self, Context, Page};
use super::permissions::{self, group, rule};

/// The rule as it shall be.
pub(crate) struct Plan {
    group: String,
    position: usize,
    rule: StoredRule,
}

/// Checks `RegionId` and `SecurityGroupId`, and where no id names the rule what
/// every rule has: "IpProtocol*, PortRange*" (5.4.1). A port list stands for the
/// range (2.1).
pub(crate) fn required(call: &Call<'_>) -> Result<(), ApiError> {
    permissions::required(call)?;
    if call.fields.text("SecurityGroupRuleId").is_some() {
        return Ok(());
    }
    described_by(call)
}

/// Checks that a call says which rule it means.
fn described_by(call: &Call<'_>) -> Result<(), ApiError> {
    call.fields.required("IpProtocol")?;
    if call.fields.text("PortRangeListId").is_none() {
        call.fields.required("PortRange")?;
    }
    Ok(())
}

/// Checks everything from the form of the group's id on.
pub(crate) fn check(
    cloud: &Cloud,
    call: &Call<'_>,
    direction: Direction,
) -> Result<Plan, ApiError> {
    let group = group(cloud, call)?;
    let id = call.fields.text("SecurityGroupRuleId");
    let (position, rule) = match (id, cloud.flags.profile) {
        (Some(id), Profile::Current) => by_id::changed(cloud, call, group, direction, id)?,
        (Some(_), Profile::Seed) if call.fields.text("IpProtocol").is_none() => {
            return Err(not_offered());
        }
        _ => {
            described_by(call)?;
            described(cloud, call, group, direction)?
        }
    };
    Ok(Plan {
        group: group.security_group_id.clone(),
        position,
        rule,
    })
}

/// Puts the rule in its place.
pub(crate) fn apply(cloud: &mut Cloud, plan: Plan) -> Effect {
    let group = cloud
        .groups
        .get_mut(&plan.group)
        .expect("`check` found the group");
    group.permissions[plan.position] = Arc::new(plan.rule);
    Effect::nothing()
}

/// The old form: the rule that the fields describe, with the new description
/// (5.4.1). Without `Description` it keeps its own; an empty one takes it away.
fn described(
    cloud: &Cloud,
    call: &Call<'_>,
    group: &Group,
    direction: Direction,
) -> Result<(usize, StoredRule), ApiError> {
    let context = Context {
        cloud,
        group,
        direction,
        page: Page::Describe,
    };
    let read = permission::read(&context, &call.fields)?;
    // Several blocks (2.5.3) describe several rules, and none of them is meant.
    let Ok([row]) = <[Permission; 1]>::try_from(read) else {
        return Err(ApiError::invalid("SourceCidrIp"));
    };
    let description = row.description.clone();
    let wanted = rule(row)?;
    let mut existing = group.permissions.iter();
    let Some(position) = existing.position(|stored| cloud.identical(stored, &wanted)) else {
        return Err(not_found(cloud, group, &wanted));
    };
    let mut rule = StoredRule::clone(&group.permissions[position]);
    if call.fields.raw("Description").is_some() {
        rule.describe(description);
    }
    Ok((position, rule))
}

/// "No such rule: SecurityGroupRule.NotFound" (5.4.1); one that differs in
/// nothing but the NIC has a code of its own.
fn not_found(cloud: &Cloud, group: &Group, wanted: &StoredRule) -> ApiError {
    let mut other_nic = wanted.clone();
    other_nic.rule.nic = match wanted.rule.nic {
        NicType::Internet => NicType::Intranet,
        NicType::Intranet => NicType::Internet,
    };
    if group
        .permissions
        .iter()
        .any(|stored| cloud.identical(stored, &other_nic))
    {
        let message = "Specified nic type conflicts with the authorization record.";
        return ApiError::new(400, "InvalidNicType.Mismatch", message);
    }
    let message = match wanted.rule.direction {
        Direction::Ingress => "The target security group rule not exist.",
        Direction::Egress => "The target security group rule do not exist.",
    };
    ApiError::new(404, "SecurityGroupRule.NotFound", message)
}

/// The new form under a profile that does not know it.
fn not_offered() -> ApiError {
    let message = "SecurityGroupRuleId is not supported by the documents that profile=seed \
                   follows; describe the rule by its fields, or use profile=current.";
    ApiError::new(400, "InvalidParam.SecurityGroupRuleId", message)
}
