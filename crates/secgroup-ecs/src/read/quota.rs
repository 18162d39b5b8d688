//! Quotas that imported parts exceed (section 4). ECS would not have let them
//! grow so large, so they are worth a word; traffic is judged all the same.

use std::collections::HashMap;

use secgroup_model::{
    DestinationPorts, GroupKind, GroupSpec, InterfaceSpec, Peer, Rule, SecurityGroupId, TwoLists,
};

use super::ReadOptions;
use super::findings::Findings;
use super::list::List;
use super::parts::Parts;
use crate::limits::Quotas;

/// Warns of every quota that groups and interfaces exceed.
pub(super) fn check(
    options: &ReadOptions,
    groups: &[GroupSpec],
    interfaces: &[InterfaceSpec],
    parts: &Parts,
    findings: &mut Findings,
) {
    let Some(quotas) = options.limits.quotas() else {
        return;
    };
    let mut sizes = HashMap::new();
    for group in groups {
        let rules = group.rules.iter();
        let size = rules.map(|rule| size(rule, options.two_lists, parts)).sum();
        check_group(&quotas, group, size, parts, findings);
        sizes.insert(&group.id, size);
    }
    for interface in interfaces {
        check_interface(&quotas, interface, &sizes, parts, findings);
    }
}

/// Checks a group whose rules have that size (4.9).
fn check_group(
    quotas: &Quotas,
    group: &GroupSpec,
    size: usize,
    parts: &Parts,
    findings: &mut Findings,
) {
    let place = || parts.sites.place(group.origin);
    let (id, profile) = (&group.id, quotas.profile);
    if let Some(quota) = quotas.rules_per_group
        && size > quota
    {
        let rules = sized(size, group.rules.len());
        let message = format_args!(
            "security group `{id}` has {rules}; the quota is {quota} (limits {profile})"
        );
        findings.coded_warning(place(), "AuthorizationLimitExceed", message);
    }
    let peers = group.rules.iter();
    let peers = peers
        .filter(|rule| matches!(rule.peer, Peer::Group(_)))
        .count();
    let quota = quotas.group_peers_per_group;
    if group.kind == GroupKind::Basic && peers > quota {
        let message = format_args!(
            "security group `{id}` has {peers} rules with a group as peer; the quota is {quota} \
             (limits {profile})"
        );
        findings.coded_warning(place(), "AuthorizedGroupRule.LimitExceed", message);
    }
}

fn check_interface(
    quotas: &Quotas,
    interface: &InterfaceSpec,
    sizes: &HashMap<&SecurityGroupId, usize>,
    parts: &Parts,
    findings: &mut Findings,
) {
    let place = || parts.sites.place(interface.origin);
    let (id, profile) = (&interface.id, quotas.profile);
    let mut groups = interface.groups.iter().collect::<Vec<_>>();
    groups.sort_unstable();
    groups.dedup();
    let (count, quota) = (groups.len(), quotas.groups_per_interface);
    if count > quota {
        let message = format_args!(
            "network interface `{id}` is in {count} security groups; the quota is {quota} (limits \
             {profile})"
        );
        findings.coded_warning(place(), "InstanceSecurityGroupLimitExceeded", message);
    }
    let size = groups
        .iter()
        .filter_map(|group| sizes.get(group))
        .sum::<usize>();
    let quota = quotas.rules_per_interface;
    if size > quota {
        let message = format_args!(
            "network interface `{id}` has {size} rules over all its security groups, counted by \
             size; the quota is {quota} (limits {profile})"
        );
        findings.coded_warning(place(), "AclLimitExceed", message);
    }
}

/// Writes a number of rules, and their size where it differs.
fn sized(size: usize, count: usize) -> String {
    if size == count {
        format!("{count} rules")
    } else {
        format!("{count} rules of size {size}")
    }
}

/// "CIDR 1, group 1, prefix list = its MaxEntries; port list = its MaxEntries;
/// both lists in one rule: product", unless a flag says otherwise (4.9).
fn size(rule: &Rule, two_lists: TwoLists, parts: &Parts) -> usize {
    let peer = match &rule.peer {
        Peer::Prefix(_) | Peer::Group(_) => None,
        Peer::PrefixList(id) => parts.prefix_lists.get(id.as_str()).map(List::size),
    };
    let ports = match rule.service.ports() {
        Some((DestinationPorts::List(id), _)) => parts.port_lists.get(id.as_str()).map(List::size),
        Some((DestinationPorts::Any | DestinationPorts::Range(_), _)) | None => None,
    };
    two_lists.size(peer, ports)
}
