//! Groups and interfaces close to what ECS allows (section 4).

use secgroup_model::{DestinationPorts, GroupKind, Peer, PlacedRule, Snapshot, Target, TwoLists};

use super::{About, Finding, Lint, Severity};

/// The lint.
pub(super) const LINT: Lint = Lint {
    code: "quota-headroom",
    summary: "a group or interface that has used nine tenths of a quota, or more than all",
};

/// The quotas that are looked at; none where nothing is limited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quotas {
    /// The size of the rules of a group (4.1).
    pub rules_per_group: Option<usize>,
    /// The groups of an interface (4.3).
    pub groups_per_interface: Option<usize>,
    /// The size of all rules of an interface (4.4).
    pub rules_per_interface: Option<usize>,
    /// The rules of a group whose peer is a group (4.5).
    pub group_peers_per_group: Option<usize>,
    /// What a rule with two lists counts (4.9).
    pub two_lists: TwoLists,
}

pub(super) fn find(snapshot: &Snapshot, quotas: &Quotas, found: &mut Vec<Finding>) {
    let mut tell = |about: About, name: &str, what: &str, used: usize, quota: Option<usize>| {
        let Some(quota) = quota.filter(|quota| used * 10 >= quota * 9) else {
            return;
        };
        let severity = if used > quota {
            Severity::Error
        } else {
            Severity::Warning
        };
        found.push(Finding {
            lint: LINT,
            severity,
            about,
            message: format!("{name} uses {used} of {quota} {what}"),
            related: Vec::new(),
            witness: None,
        });
    };
    let mut sizes = Vec::new();
    for (index, group) in snapshot.groups() {
        let size: usize = snapshot
            .rules_of(index)
            .map(|(_, rule)| size(snapshot, rule, quotas.two_lists))
            .sum();
        sizes.push(size);
        let (about, name) = (About::Group(index), group.id().as_str());
        tell(
            about.clone(),
            name,
            "rules, counted by size",
            size,
            quotas.rules_per_group,
        );
        let peers = snapshot.rules_of(index);
        let peers = peers.filter(|(_, rule)| matches!(rule.rule().peer, Peer::Group(_)));
        if group.kind() == GroupKind::Basic {
            let quota = quotas.group_peers_per_group;
            tell(
                about,
                name,
                "rules with a group as peer",
                peers.count(),
                quota,
            );
        }
    }
    for (index, interface) in snapshot.interfaces() {
        let groups = interface.groups();
        let size: usize = groups.iter().map(|group| sizes[group.get()]).sum();
        let (about, name) = (About::Interface(index), interface.id().as_str());
        let quota = quotas.rules_per_interface;
        tell(
            about.clone(),
            name,
            "rules over all its groups, counted by size",
            size,
            quota,
        );
        // One group of one is no sign of anything.
        if groups.len() > 1 {
            tell(
                about,
                name,
                "groups",
                groups.len(),
                quotas.groups_per_interface,
            );
        }
    }
}

/// "CIDR 1, group 1, prefix list = its MaxEntries; port list = its MaxEntries;
/// both lists in one rule: product", unless a flag says otherwise (4.9).
fn size(snapshot: &Snapshot, rule: PlacedRule<'_>, two_lists: TwoLists) -> usize {
    let count = |most: Option<u32>, entries: usize| {
        most.and_then(|most| usize::try_from(most).ok())
            .unwrap_or(entries)
    };
    let peer = match snapshot.target(rule) {
        Target::PrefixList(list) => Some(count(list.max_entries, list.entries.len())),
        Target::Prefix(_) | Target::Group(_) | Target::Missing => None,
    };
    let ports = match rule.rule().service.ports() {
        Some((DestinationPorts::List(id), _)) => {
            let list = snapshot
                .find_port_list(id)
                .map(|at| &snapshot.port_lists()[at]);
            list.map(|list| count(list.max_entries, list.entries.len()))
        }
        Some((DestinationPorts::Any | DestinationPorts::Range(_), _)) | None => None,
    };
    two_lists.size(peer, ports)
}
