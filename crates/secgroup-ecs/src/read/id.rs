//! Fields that hold ids.

use secgroup_model::{InvalidId, VpcId};

use super::findings::Findings;
use super::node::Node;
use super::object::Object;

/// Reads an id that must be there.
pub(super) fn required<T>(
    object: &Object<'_, '_>,
    name: &'static str,
    new: fn(&str) -> Result<T, InvalidId>,
    findings: &mut Findings,
) -> Option<T> {
    match object.field(name) {
        Some(node) => checked(node, name, new, findings),
        None => {
            findings.problem(object.node, format_args!("{name} is missing"));
            None
        }
    }
}

/// Reads an id that may be absent; a malformed one is a problem all the same.
pub(super) fn optional<T>(
    object: &Object<'_, '_>,
    name: &str,
    new: fn(&str) -> Result<T, InvalidId>,
    findings: &mut Findings,
) -> Option<T> {
    checked(object.field(name)?, name, new, findings)
}

/// Reads the VPC of something, which is in the classic network when absent.
/// One that cannot be read makes no network that others could be compared with.
pub(super) fn vpc(object: &Object<'_, '_>, findings: &mut Findings) -> Option<VpcId> {
    let node = object.field("VpcId")?;
    let vpc = checked(node, "VpcId", VpcId::new, findings);
    if vpc.is_none() {
        findings.lose_definition();
    }
    vpc
}

/// Reads an id and checks its form (4.13).
pub(super) fn checked<T>(
    node: Node<'_, '_>,
    name: &str,
    new: fn(&str) -> Result<T, InvalidId>,
    findings: &mut Findings,
) -> Option<T> {
    let text = node.text(findings)?;
    let code = (name == "SecurityGroupId").then_some("InvalidSecurityGroupId.Malformed");
    new(&text)
        .map_err(|error| findings.coded(node, code, format_args!("{name}: {error}")))
        .ok()
}
