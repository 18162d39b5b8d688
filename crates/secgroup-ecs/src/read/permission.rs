//! Permissions: the rules of a group as ECS spells them (section 2).

mod field;
mod peer;
mod service;

use secgroup_model::{Action, Direction, NicType, Priority, Rule, RuleId, Service, Shown};

use super::findings::Findings;
use super::id;
use super::node::Node;
use super::object::Object;
use super::parts::Parts;
pub use field::DECIDING;

/// The greatest length of a description in characters (2.11).
const MAX_DESCRIPTION: usize = 512;

/// Reads all rules of a group that can be read.
pub(super) fn read_all(
    list: Node<'_, '_>,
    parts: &mut Parts,
    findings: &mut Findings,
) -> Vec<Rule> {
    let mut rules = Vec::new();
    list.for_each("Permission", findings, |node, findings| {
        if let Some(permission) = node.object(findings) {
            rules.extend(read(&permission, parts, findings));
        }
    });
    rules
}

/// Reads one rule, reporting every fault of it.
///
/// A rule of which direction and addresses are known is returned whatever else
/// is wrong with it, so that what it refers to is checked in the same run; its
/// faulty fields have a value that no check objects to. It decides nothing,
/// because documents with a fault make no snapshot.
fn read(permission: &Object<'_, '_>, parts: &mut Parts, findings: &mut Findings) -> Option<Rule> {
    let id = id::optional(permission, "SecurityGroupRuleId", RuleId::new, findings);
    let direction = direction(permission, findings);
    let action = action(permission, findings);
    let priority = priority(permission, findings);
    let service = service::read(permission, findings);
    let sides = match direction {
        Some(direction) => peer::read(permission, direction, findings),
        None => {
            peer::check_either_way(permission, findings);
            None
        }
    };
    let nic = nic_type(permission, findings);
    let created = created(permission, findings);
    let description = description(permission, findings);
    field::check_names(permission, findings);
    let origin = parts.sites.add(&permission.node);
    let faulty = action.is_none() || priority.is_none() || service.is_none() || nic.is_none();
    parts.faulty_rules |= faulty || sides.is_none();
    let peer::Sides { peer, local, owner } = sides?;
    if let Some(owner) = owner {
        parts.labels.peer_owners.insert(origin, owner);
    }
    Some(Rule {
        id,
        direction: direction?,
        action: action.unwrap_or(Action::Accept),
        priority: priority.unwrap_or(Priority::DEFAULT),
        service: service.unwrap_or(Service::All),
        peer,
        local,
        nic: nic.unwrap_or(NicType::Internet),
        created,
        description,
        origin,
    })
}

fn direction(permission: &Object<'_, '_>, findings: &mut Findings) -> Option<Direction> {
    let Some(node) = permission.field("Direction") else {
        findings.problem(
            permission.node,
            "Direction is missing; expected ingress or egress",
        );
        return None;
    };
    let text = node.text(findings)?;
    match text.to_ascii_lowercase().as_str() {
        "ingress" => Some(Direction::Ingress),
        "egress" => Some(Direction::Egress),
        _ => {
            let text = Shown(&text);
            findings.problem(
                node,
                format_args!("Direction `{text}` is neither ingress nor egress"),
            );
            None
        }
    }
}

/// `Policy`, accept by default (2.10).
fn action(permission: &Object<'_, '_>, findings: &mut Findings) -> Option<Action> {
    let Some(node) = permission.field("Policy") else {
        return Some(Action::Accept);
    };
    let text = node.text(findings)?;
    match text.to_ascii_lowercase().as_str() {
        "accept" => Some(Action::Accept),
        "drop" => Some(Action::Drop),
        _ => {
            let message = format_args!("Policy `{}` is neither accept nor drop", Shown(&text));
            findings.coded(node, "InvalidPolicy.Malformed", message);
            None
        }
    }
}

/// `Priority`, 1 by default; a number or text (2.3).
fn priority(permission: &Object<'_, '_>, findings: &mut Findings) -> Option<Priority> {
    const NOT_INTEGER: &str = "InvalidPriority.Malformed";
    const OUT_OF_RANGE: &str = "InvalidPriority.ValueNotSupported";
    let Some(node) = permission.field("Priority") else {
        return Some(Priority::DEFAULT);
    };
    let text = node.text(findings)?;
    let digits = text.strip_prefix('-').unwrap_or(&text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        let message = format_args!("Priority `{}` is not an integer (1..100)", Shown(&text));
        findings.coded(node, NOT_INTEGER, message);
        return None;
    }
    let Ok(number) = text.parse() else {
        let message = format_args!("Priority `{}` is out of range 1..100", Shown(&text));
        findings.coded(node, OUT_OF_RANGE, message);
        return None;
    };
    Priority::imported(number)
        .map_err(|error| findings.coded(node, OUT_OF_RANGE, error))
        .ok()
}

/// `NicType`; internet by default in classic groups, and of no meaning in a
/// VPC, where it is set to intranet when the group is complete (2.9).
fn nic_type(permission: &Object<'_, '_>, findings: &mut Findings) -> Option<NicType> {
    let Some(node) = permission.field("NicType") else {
        return Some(NicType::Internet);
    };
    let text = node.text(findings)?;
    match text.to_ascii_lowercase().as_str() {
        "internet" => Some(NicType::Internet),
        "intranet" => Some(NicType::Intranet),
        _ => {
            let message = format_args!(
                "NicType `{}` is neither internet nor intranet",
                Shown(&text)
            );
            findings.coded(node, "InvalidNicType.ValueNotSupported", message);
            None
        }
    }
}

/// `CreateTime` in seconds since the Unix epoch, with or without its seconds
/// (5.0.6). It decides nothing, so one that cannot be read is only odd.
fn created(permission: &Object<'_, '_>, findings: &mut Findings) -> Option<i64> {
    let node = permission.field("CreateTime")?;
    let text = node.text(findings)?;
    match text.parse::<jiff::Timestamp>() {
        Ok(time) => Some(time.as_second()),
        Err(_) => {
            let message = format_args!(
                "CreateTime `{}` is not a time such as 2026-01-31T23:59:59Z; it is ignored",
                Shown(&text)
            );
            findings.warning(node, message);
            None
        }
    }
}

fn description(permission: &Object<'_, '_>, findings: &mut Findings) -> Option<String> {
    let node = permission.field("Description")?;
    let text = node.text(findings)?;
    let length = text.chars().count();
    if length > MAX_DESCRIPTION {
        let message =
            format_args!("Description has {length} characters; ECS allows {MAX_DESCRIPTION}");
        findings.coded_warning(node, "InvalidSecurityGroupDiscription.Malformed", message);
    }
    Some(text.into_owned())
}
