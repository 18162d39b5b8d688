//! Placing the rules of all groups.

use std::collections::{BTreeSet, HashMap};

use super::Assembly;
use crate::snapshot::StoredTarget;
use crate::{
    DestinationPorts, Family, GroupIndex, GroupKind, GroupSpec, Peer, PlacedRule, Prefix, Problem,
    ProblemKind, Rule, RuleId, SecurityGroup, SecurityGroupId, Service, WarningKind,
};

/// What groups are, as far as references between them need to know.
struct Kinds(Vec<(GroupKind, Option<crate::VpcId>)>);

impl Assembly {
    /// Resolves the peer and ports of every rule, and names it.
    pub(super) fn place_rules(&mut self, groups: Vec<GroupSpec>) {
        let kinds = Kinds(
            groups
                .iter()
                .map(|group| (group.kind, group.vpc.clone()))
                .collect(),
        );
        let mut seen = BTreeSet::new();
        for (at, spec) in groups.into_iter().enumerate() {
            let index = GroupIndex(u32::try_from(at).expect("`too_large` counted the groups"));
            let count = |rules: usize| u32::try_from(rules).expect("`too_large` counted the rules");
            let first = count(self.snapshot.rules.len());
            for (number, rule) in spec.rules.into_iter().enumerate() {
                let name = rule.id.as_ref().map_or_else(
                    || format!("{}#{}", spec.id, number + 1),
                    ToString::to_string,
                );
                self.check_rule(&rule, &name, &mut seen);
                let target = self.resolve_peer(&rule, &name, index, &spec.id, &kinds);
                let port_list = self.resolve_ports(&rule, &name);
                let placed = PlacedRule {
                    rule,
                    group: index,
                    name,
                    target,
                    port_list,
                };
                self.snapshot.rules.push(placed);
            }
            let rules = first..count(self.snapshot.rules.len());
            self.warn_of_repeats(rules.clone());
            self.snapshot.groups.push(SecurityGroup {
                id: spec.id,
                name: spec.name,
                kind: spec.kind,
                inner_access: spec.inner_access,
                vpc: spec.vpc,
                managed: spec.managed,
                owner: spec.owner,
                origin: spec.origin,
                rules,
            });
        }
    }

    /// Checks what concerns one rule alone.
    fn check_rule(&mut self, rule: &Rule, name: &str, seen: &mut BTreeSet<RuleId>) {
        if let Some(id) = &rule.id
            && !seen.insert(id.clone())
        {
            self.problem(rule.origin, ProblemKind::DuplicateRule(id.clone()));
        }
        if rule.priority.is_legacy() {
            let (rule_name, priority) = (name.to_owned(), rule.priority.get());
            self.warning(
                rule.origin,
                WarningKind::LegacyPriority {
                    rule: rule_name,
                    priority,
                },
            );
        }
        let kinds = family_problems(rule, name);
        self.problems.extend(kinds.map(|kind| Problem {
            origin: rule.origin,
            kind,
        }));
    }

    /// Resolves a peer; a name that leads nowhere is a problem (3.6.5).
    fn resolve_peer(
        &mut self,
        rule: &Rule,
        name: &str,
        own: GroupIndex,
        own_id: &SecurityGroupId,
        kinds: &Kinds,
    ) -> StoredTarget {
        let rule_name = || name.to_owned();
        match &rule.peer {
            Peer::Prefix(prefix) => StoredTarget::Prefix(*prefix),
            Peer::Group(id) => match self.snapshot.group_ids.get(id).copied() {
                Some(group) => {
                    self.warn_of_reference(rule, name, own, group, own_id, kinds);
                    StoredTarget::Group(group)
                }
                None => {
                    if self.missing(rule.origin, name, id.as_str()) {
                        let kind = ProblemKind::MissingGroup {
                            rule: rule_name(),
                            group: id.clone(),
                        };
                        self.problem(rule.origin, kind);
                    }
                    StoredTarget::Missing
                }
            },
            Peer::PrefixList(id) => match self.prefix_list_ids.get(id) {
                Some(list) => StoredTarget::PrefixList(*list),
                None => {
                    if self.missing(rule.origin, name, id.as_str()) {
                        let kind = ProblemKind::MissingPrefixList {
                            rule: rule_name(),
                            list: id.clone(),
                        };
                        self.problem(rule.origin, kind);
                    }
                    StoredTarget::Missing
                }
            },
        }
    }

    /// Resolves a port list.
    fn resolve_ports(&mut self, rule: &Rule, name: &str) -> Option<usize> {
        let Some((DestinationPorts::List(id), _)) = rule.service.ports() else {
            return None;
        };
        let list = self.port_list_ids.get(id).copied();
        if list.is_none() && self.missing(rule.origin, name, id.as_str()) {
            let (rule_name, list) = (name.to_owned(), id.clone());
            self.problem(
                rule.origin,
                ProblemKind::MissingPortList {
                    rule: rule_name,
                    list,
                },
            );
        }
        list
    }

    /// Warns of group references that ECS would refuse but that evaluate all
    /// the same (2.8.1 to 2.8.3).
    fn warn_of_reference(
        &mut self,
        rule: &Rule,
        name: &str,
        own: GroupIndex,
        group: GroupIndex,
        own_id: &SecurityGroupId,
        Kinds(kinds): &Kinds,
    ) {
        let Peer::Group(id) = &rule.peer else { return };
        let (rule_name, target) = (name.to_owned(), id.clone());
        let (own_kind, own_vpc) = &kinds[own.get()];
        let (kind, vpc) = &kinds[group.get()];
        if own == group {
            let warning = WarningKind::SelfReference {
                rule: rule_name,
                group: own_id.clone(),
            };
            self.warning(rule.origin, warning);
        } else if own_vpc != vpc {
            let warning = WarningKind::OtherNetworkReference {
                rule: rule_name,
                group: target,
            };
            self.warning(rule.origin, warning);
        } else if [own_kind, kind].contains(&&GroupKind::Advanced) {
            let warning = WarningKind::AdvancedReference {
                rule: rule_name,
                group: target,
            };
            self.warning(rule.origin, warning);
        }
    }

    /// Warns of rules that repeat an earlier one of their group (2.12).
    fn warn_of_repeats(&mut self, rules: std::ops::Range<u32>) {
        let own = &self.snapshot.rules[rules.start as usize..rules.end as usize];
        let mut first = HashMap::new();
        let mut warnings = Vec::new();
        for placed in own {
            let earlier: &&PlacedRule = first.entry(placed.rule.identity()).or_insert(placed);
            if earlier.name != placed.name {
                let (rule, earlier) = (placed.name.clone(), earlier.name.clone());
                let kind = WarningKind::RepeatedRule { rule, earlier };
                warnings.push((placed.rule.origin, kind));
            }
        }
        drop(first);
        for (origin, kind) in warnings {
            self.warning(origin, kind);
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
