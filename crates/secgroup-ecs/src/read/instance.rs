//! Instances, for the interfaces they carry (6.1.4).

use secgroup_model::{InstanceId, InterfaceRole, InterfaceSpec, SecurityGroupId, VpcId};

use super::findings::Findings;
use super::id;
use super::interface::{self, Form, Piece};
use super::object::Object;
use super::parts::Parts;

/// Reads one row of DescribeInstances. Its `SecurityGroupIds` are those "of the
/// **primary** ENI"; the other interfaces "carry **no** group ids" here.
pub(super) fn read(instance: &Object<'_, '_>, parts: &mut Parts, findings: &mut Findings) {
    let id = id::required(instance, "InstanceId", InstanceId::new, findings);
    let origin = parts.sites.add(&instance.node);
    let mut groups = Vec::new();
    if let Some(list) = instance.field("SecurityGroupIds") {
        list.for_each("SecurityGroupId", findings, |node, findings| {
            groups.extend(id::checked(
                node,
                "SecurityGroupId",
                SecurityGroupId::new,
                findings,
            ));
        });
    }
    let vpc = vpc(instance, findings);
    let mut specs = Vec::new();
    if let Some(list) = instance.field("NetworkInterfaces") {
        list.for_each("NetworkInterface", findings, |node, findings| {
            let object = node.object(findings);
            match object.and_then(|object| interface::read_spec(&object, parts, findings)) {
                Some(spec) => specs.push(spec),
                None => findings.lose_definition(),
            }
        });
    }
    let Some(id) = id else {
        findings.lose_definition();
        return;
    };
    if specs.is_empty() {
        parts.bare_instances.push((id, origin));
        return;
    }
    let only = specs.len() == 1;
    let mut repeats = true;
    for mut spec in specs {
        if only {
            spec.role = spec.role.or(Some(InterfaceRole::Primary));
        }
        spec.instance = Some(id.clone());
        spec.vpc = spec.vpc.or_else(|| vpc.clone());
        let piece = with_groups(spec, &groups, parts.answers);
        repeats &= parts.interfaces.add(piece, &parts.sites, findings);
    }
    parts.repeats += u64::from(repeats);
}

/// Gives the groups of the instance to its primary interface.
fn with_groups(mut spec: InterfaceSpec, groups: &[SecurityGroupId], answer: usize) -> Piece {
    let primary = spec.role == Some(InterfaceRole::Primary);
    if primary {
        spec.groups = groups.to_vec();
    }
    Piece {
        form: Form::OfInstance,
        knows_groups: primary || !spec.groups.is_empty(),
        spec,
        answer,
    }
}

fn vpc(instance: &Object<'_, '_>, findings: &mut Findings) -> Option<VpcId> {
    let attributes = instance.field("VpcAttributes")?.object(findings)?;
    id::vpc(&attributes, findings)
}
