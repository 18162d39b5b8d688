//! Snapshots with one thing changed; the rest is shared.

use secgroup_model::{
    GroupIndex, GroupSpec, InterfaceIndex, InterfaceSpec, Problem, Rule, RuleIndex, Semantics,
    Snapshot, SnapshotBuilder,
};

/// Returns a snapshot in which one group has other rules.
///
/// # Errors
///
/// Returns every [`Problem`] that the rules make.
pub fn with_rules(
    snapshot: &Snapshot,
    semantics: &Semantics,
    group: GroupIndex,
    rules: &[Rule],
) -> Result<Snapshot, Vec<Problem>> {
    let mut builder = SnapshotBuilder::after(snapshot);
    for (index, _) in snapshot.groups() {
        if index != group {
            builder.unchanged_group(index);
            continue;
        }
        builder.group(GroupSpec {
            rules: rules.to_vec(),
            ..snapshot.group_spec(group)
        });
    }
    for (index, _) in snapshot.interfaces() {
        builder.unchanged_interface(index);
    }
    finish(builder, snapshot, semantics)
}

/// Returns a snapshot in which one interface is in other groups.
///
/// # Errors
///
/// Returns every [`Problem`] that this makes.
pub fn with_membership(
    snapshot: &Snapshot,
    semantics: &Semantics,
    interface: InterfaceIndex,
    groups: &[GroupIndex],
) -> Result<Snapshot, Vec<Problem>> {
    let mut builder = SnapshotBuilder::after(snapshot);
    for (index, _) in snapshot.groups() {
        builder.unchanged_group(index);
    }
    for (index, _) in snapshot.interfaces() {
        if index != interface {
            builder.unchanged_interface(index);
            continue;
        }
        let names = groups
            .iter()
            .map(|group| snapshot.group(*group).id().clone());
        builder.interface(InterfaceSpec {
            groups: names.collect(),
            ..snapshot.interface_spec(interface)
        });
    }
    finish(builder, snapshot, semantics)
}

/// Returns the rules of a group with one of them changed, or left out.
pub(crate) fn rules_with(
    snapshot: &Snapshot,
    changed: RuleIndex,
    instead: Option<&Rule>,
) -> (GroupIndex, Vec<Rule>) {
    let group = snapshot.rule(changed).group();
    let rules = snapshot.rules_of(group).filter_map(|(index, placed)| {
        if index == changed {
            instead.cloned()
        } else {
            Some(placed.rule().clone())
        }
    });
    (group, rules.collect())
}

fn finish(
    mut builder: SnapshotBuilder,
    snapshot: &Snapshot,
    semantics: &Semantics,
) -> Result<Snapshot, Vec<Problem>> {
    for position in 0..snapshot.prefix_lists().len() {
        builder.unchanged_prefix_list(position);
    }
    for position in 0..snapshot.port_lists().len() {
        builder.unchanged_port_list(position);
    }
    builder.build(semantics).map(|built| built.snapshot)
}
