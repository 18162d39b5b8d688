//! Groups that nothing is in, and lists that no rule refers to.

use std::collections::BTreeSet;

use secgroup_model::{DestinationPorts, Peer};

use super::{About, Finding, Lint, Severity, Subject};

/// Groups.
pub(super) const GROUP: Lint = Lint {
    code: "unattached-group",
    summary: "a group that no interface is in",
};

/// Prefix lists.
pub(super) const PREFIX_LIST: Lint = Lint {
    code: "unused-prefix-list",
    summary: "a prefix list that no rule refers to",
};

/// Port lists.
pub(super) const PORT_LIST: Lint = Lint {
    code: "unused-port-list",
    summary: "a port list that no rule refers to",
};

pub(super) fn find(subject: &Subject<'_>, found: &mut Vec<Finding>) {
    let snapshot = subject.snapshot;
    let mut tell = |lint, about, message| {
        found.push(Finding {
            lint,
            severity: Severity::Note,
            about,
            message,
            related: Vec::new(),
            witness: None,
        });
    };
    let addresses = subject.hops().addresses;
    for (index, group) in snapshot.groups() {
        if addresses.members(index).is_empty() {
            let message = format!("{} has no members", group.id());
            tell(GROUP, About::Group(index), message);
        }
    }
    let (mut lists, mut ports) = (BTreeSet::new(), BTreeSet::new());
    for (_, placed) in snapshot.rules() {
        if let Peer::PrefixList(id) = &placed.rule().peer {
            lists.insert(id);
        }
        if let Some((DestinationPorts::List(id), _)) = placed.rule().service.ports() {
            ports.insert(id);
        }
    }
    for list in snapshot
        .prefix_lists()
        .iter()
        .filter(|list| !lists.contains(&list.id))
    {
        let message = format!("no rule refers to prefix list {}", list.id);
        tell(PREFIX_LIST, About::List(list.id.to_string()), message);
    }
    for list in snapshot
        .port_lists()
        .iter()
        .filter(|list| !ports.contains(&list.id))
    {
        let message = format!("no rule refers to port list {}", list.id);
        tell(PORT_LIST, About::List(list.id.to_string()), message);
    }
}
