//! The names of a permission's fields.

use secgroup_model::Shown;

use super::super::field_name::similar;
use super::super::findings::Findings;
use super::super::object::Object;

/// The fields of a permission that decide about traffic, as ECS's answers name
/// them (section 2).
pub const DECIDING: [&str; 16] = [
    "Direction",
    "Policy",
    "Priority",
    "IpProtocol",
    "PortRange",
    "PortRangeListId",
    "SourcePortRange",
    "SourceCidrIp",
    "Ipv6SourceCidrIp",
    "SourceGroupId",
    "SourcePrefixListId",
    "DestCidrIp",
    "Ipv6DestCidrIp",
    "DestGroupId",
    "DestPrefixListId",
    "NicType",
];

/// The fields that decide nothing.
const OTHERS: [&str; 12] = [
    "SecurityGroupRuleId",
    "SourceGroupOwnerAccount",
    "SourceGroupOwnerId",
    "DestGroupOwnerAccount",
    "DestGroupOwnerId",
    "CreateTime",
    "Description",
    "SourceGroupName",
    "DestGroupName",
    "SourcePrefixListName",
    "DestPrefixListName",
    "PortRangeListName",
];

/// Reports fields that no permission has. A slip of the keyboard must not
/// widen a rule: where the field that was probably meant is absent, the rule
/// cannot be trusted.
pub(super) fn check_names(permission: &Object<'_, '_>, findings: &mut Findings) {
    for (name, key) in permission.keys() {
        if DECIDING.contains(&name) || OTHERS.contains(&name) {
            continue;
        }
        let shown = Shown(name);
        match similar(name, DECIDING.into_iter().chain(OTHERS)) {
            Some(meant) if DECIDING.contains(&meant) && is_lost(permission, name, meant) => {
                let message = format_args!(
                    "{meant} is missing and field {shown} is not known: did you mean {meant}"
                );
                findings.problem(key, message);
            }
            Some(meant) => findings.warning(
                key,
                format_args!("field {shown} ignored: did you mean {meant}"),
            ),
            None => findings.warning(key, format_args!("field {shown} ignored: not known")),
        }
    }
}

/// Tells whether `name` says something that `meant` does not say.
fn is_lost(permission: &Object<'_, '_>, name: &str, meant: &str) -> bool {
    permission.field(name).is_some() && !permission.has(meant)
}
