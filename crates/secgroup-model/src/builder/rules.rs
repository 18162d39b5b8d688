//! Checking single rules among others.

use std::collections::{HashMap, HashSet};

use super::Assembly;
use super::groups::Others;
use crate::snapshot::{GroupNames, GroupPart, NamedRule};
use crate::{
    DestinationPorts, Family, GroupIndex, GroupKind, MissingReference, Origin, Peer, Prefix,
    Problem, ProblemKind, Rule, RuleId, Service, WarningKind,
};

impl Assembly {
    /// Checks what does not concern references.
    pub(super) fn check_rule(
        &mut self,
        named: &NamedRule,
        others: &Others<'_>,
        seen: &mut HashSet<RuleId>,
    ) {
        let rule = &named.rule;
        if let Some(id) = &rule.id
            && others.repeated.contains(id)
            && !seen.insert(id.clone())
        {
            self.problem(rule.origin, ProblemKind::DuplicateRule(id.clone()));
        }
        if rule.priority.is_legacy() {
            let kind = WarningKind::LegacyPriority {
                rule: named.name().to_owned(),
                priority: rule.priority.get(),
            };
            self.warning(rule.origin, kind);
        }
        let kinds = family_problems(rule, named.name());
        self.problems.extend(kinds.map(|kind| Problem {
            origin: rule.origin,
            kind,
        }));
    }

    /// Checks the peer, and tells whether it leads nowhere.
    pub(super) fn check_peer(
        &mut self,
        named: &NamedRule,
        own: GroupIndex,
        part: &GroupPart,
        others: &Others<'_>,
    ) -> bool {
        let (origin, name) = (named.rule.origin, named.name());
        let missing = match &named.rule.peer {
            Peer::Prefix(_) => return false,
            Peer::Group(id) => match others.names.ids.get(id) {
                Some(group) => {
                    self.warn_of_reference(named, own, *group, part, others.names);
                    return false;
                }
                None => ProblemKind::MissingGroup {
                    rule: name.to_owned(),
                    group: id.clone(),
                },
            },
            Peer::PrefixList(id) if others.prefix_lists.ids.contains_key(id) => return false,
            Peer::PrefixList(id) => ProblemKind::MissingPrefixList {
                rule: name.to_owned(),
                list: id.clone(),
            },
        };
        self.missing(origin, name, &named.rule.peer, missing);
        true
    }

    /// Checks the port list, and tells whether it leads nowhere.
    pub(super) fn check_ports(&mut self, named: &NamedRule, others: &Others<'_>) -> bool {
        let Some((DestinationPorts::List(id), _)) = named.rule.service.ports() else {
            return false;
        };
        if others.port_lists.ids.contains_key(id) {
            return false;
        }
        let missing = ProblemKind::MissingPortList {
            rule: named.name().to_owned(),
            list: id.clone(),
        };
        self.missing(named.rule.origin, named.name(), id, missing);
        true
    }

    /// A name that leads nowhere is a problem, or read as matching nothing (3.6.5).
    fn missing(
        &mut self,
        origin: Origin,
        rule: &str,
        target: &impl ToString,
        problem: ProblemKind,
    ) {
        match self.semantics.missing_reference {
            MissingReference::Error => self.problem(origin, problem),
            MissingReference::NoMatch => {
                let (rule, target) = (rule.to_owned(), target.to_string());
                self.warning(origin, WarningKind::MissingReference { rule, target });
            }
        }
    }

    /// Warns of group references that ECS would refuse but that evaluate all
    /// the same (2.8.1 to 2.8.3).
    fn warn_of_reference(
        &mut self,
        named: &NamedRule,
        own: GroupIndex,
        other: GroupIndex,
        part: &GroupPart,
        names: &GroupNames,
    ) {
        let Peer::Group(id) = &named.rule.peer else {
            return;
        };
        let [one, two] = [own, other].map(|index| names.sites[index.get()]);
        let rule = || named.name().to_owned();
        let odd = if own == other {
            WarningKind::SelfReference {
                rule: rule(),
                group: part.group.id.clone(),
            }
        } else if one.network != two.network {
            WarningKind::OtherNetworkReference {
                rule: rule(),
                group: id.clone(),
            }
        } else if [one.kind, two.kind].contains(&GroupKind::Advanced) {
            WarningKind::AdvancedReference {
                rule: rule(),
                group: id.clone(),
            }
        } else {
            return;
        };
        self.warning(named.rule.origin, odd);
    }

    /// Warns of rules of one group that repeat an earlier one (2.12).
    pub(super) fn warn_of_repeats(&mut self, rules: &[NamedRule]) {
        let mut first = HashMap::with_capacity(rules.len());
        for named in rules {
            let earlier: &&NamedRule = first.entry(named.rule.identity()).or_insert(named);
            if earlier.name() != named.name() {
                let kind = WarningKind::RepeatedRule {
                    rule: named.name().to_owned(),
                    earlier: earlier.name().to_owned(),
                };
                self.warning(named.rule.origin, kind);
            }
        }
    }
}

/// Finds addresses that do not fit the protocol or each other (2.5.5, 2.5.7).
fn family_problems(rule: &Rule, name: &str) -> impl Iterator<Item = ProblemKind> {
    let peer = match rule.peer {
        Peer::Prefix(prefix) => Some(prefix),
        Peer::Group(_) | Peer::PrefixList(_) => None,
    };
    let wrong = match rule.service {
        Service::Icmp => Some((
            "icmp",
            Family::V6,
            "InvalidParam.Ipv4ProtocolConflictWithIpv6Address",
        )),
        Service::Icmpv6 => Some((
            "icmpv6",
            Family::V4,
            "InvalidParam.Ipv6ProtocolConflictWithIpv4Address",
        )),
        Service::All | Service::Tcp(..) | Service::Udp(..) | Service::Gre | Service::Other(_) => {
            None
        }
    };
    let protocol = wrong.and_then(|(protocol, family, code)| {
        let peer: Prefix = [peer, rule.local]
            .into_iter()
            .flatten()
            .find(|p| p.family() == family)?;
        Some(ProblemKind::ProtocolFamily {
            rule: name.to_owned(),
            protocol,
            peer,
            family,
            code,
        })
    });
    let local = match (peer, rule.local) {
        (Some(peer), Some(local)) if peer.family() != local.family() => {
            Some(ProblemKind::LocalFamily {
                rule: name.to_owned(),
                peer,
                local,
            })
        }
        _ => None,
    };
    protocol.into_iter().chain(local)
}
