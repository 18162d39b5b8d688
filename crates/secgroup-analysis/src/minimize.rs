//! Fewer rules that mean the same.
//!
//! Rules of one group are left out as long as no set of groups that it acts in
//! decides otherwise about any flow, and rules that differ in one field only
//! are joined where one rule can say both. Intra-group access and the platform
//! are not counted on: what comes out means the same without them, too.

use secgroup_model::{
    Action, DestinationPorts, Direction, GroupIndex, GroupKind, NicType, Peer, PortRange, Prefix,
    Rule, RuleIndex, Semantics, Service, Snapshot,
};

use crate::diagram::{Condition, Diagrams, Node, TooComplex};
use crate::hop::{FAMILIES, Hops};
use crate::lower::{Nics, Part};
use crate::policy::{Policy, policies};

/// A group with fewer rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Minimized {
    /// The rules that are enough, each with those that it stands for.
    pub rules: Vec<(Rule, Vec<RuleIndex>)>,
    /// The rules that say nothing.
    pub removed: Vec<RuleIndex>,
}

/// Why a group cannot be minimized.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotMinimized {
    /// A rule refers to something missing, so nobody knows what it means.
    #[error("it hangs on a rule whose group or list is not in the snapshot")]
    Incomplete(RuleIndex),
    /// It is too large.
    #[error(transparent)]
    TooComplex(#[from] TooComplex),
}

/// Finds fewer rules for a group.
///
/// # Errors
///
/// Returns [`NotMinimized`] when a rule beside the group's is not known, or
/// when there is too much to compare.
pub fn minimize(
    snapshot: &Snapshot,
    semantics: &Semantics,
    group: GroupIndex,
) -> Result<Minimized, NotMinimized> {
    let mut hops = Hops::new(snapshot, semantics);
    let own: Vec<Policy> = policies(snapshot)
        .into_iter()
        .filter(|policy| policy.groups.contains(&group))
        .collect();
    let mut removed = Vec::new();
    for direction in [Direction::Ingress, Direction::Egress] {
        let mut sets = Vec::new();
        // In the classic network each NIC has its rules (2.9.2), and a flow that
        // names its NIC may have any peer.
        let nics: &[Option<NicType>] = match snapshot.group(group).vpc() {
            Some(_) => &[None],
            None => &[Some(NicType::Internet), Some(NicType::Intranet)],
        };
        for policy in &own {
            for nic in nics {
                sets.push(RuleParts::new(&mut hops, policy, direction, *nic)?);
            }
        }
        let rules = snapshot.rules_of(group);
        let rules = rules.filter(|(_, placed)| placed.rule().direction == direction);
        let mut rules: Vec<RuleIndex> = rules.map(|(index, _)| index).collect();
        // The weakest first: what decides earlier is the better rule to keep.
        rules.sort_by_key(|rule| std::cmp::Reverse(crate::sides::precedence(snapshot, *rule)));
        for rule in rules {
            let mut same = true;
            for set in &mut sets {
                same = same && set.means_the_same_without(rule)?;
            }
            if same {
                removed.push(rule);
                sets.iter_mut().for_each(|set| set.remove(rule));
            }
        }
    }
    removed.sort_unstable();
    let kept = snapshot.rules_of(group);
    let kept = kept.filter(|(index, _)| !removed.contains(index));
    let rules = kept.map(|(index, placed)| (placed.rule().clone(), vec![index]));
    Ok(Minimized {
        rules: join(rules.collect()),
        removed,
    })
}

/// The rules of a policy in one direction, and what they mean.
struct RuleParts {
    parts: [Vec<Part>; 2],
    default: Action,
    diagrams: Diagrams,
    meaning: [Node; 2],
}

impl RuleParts {
    fn new(
        hops: &mut Hops<'_>,
        policy: &Policy,
        direction: Direction,
        nic: Option<NicType>,
    ) -> Result<Self, NotMinimized> {
        let mut rules = policy.rules(hops.snapshot, direction);
        let own = |rule: &RuleIndex| hops.snapshot.rule(*rule).rule().nic;
        rules.retain(|rule| nic.is_none_or(|nic| own(rule) == nic));
        let parts = FAMILIES.map(|family| hops.rules_on(&rules, family, Nics::Own));
        let unknown = parts.iter().flatten().find(|part| part.unknown);
        if let Some(part) = unknown {
            return Err(NotMinimized::Incomplete(part.rule));
        }
        let kinds = policy
            .groups
            .iter()
            .map(|group| hops.snapshot.group(*group).kind());
        let basic = kinds.into_iter().all(|kind| kind == GroupKind::Basic);
        let mut own = Self {
            parts,
            default: if basic && direction == Direction::Egress {
                Action::Accept
            } else {
                Action::Drop
            },
            diagrams: Diagrams::new(),
            meaning: [Node::leaf(0); 2],
        };
        own.meaning = own.compile(None)?;
        Ok(own)
    }

    /// Compiles what happens to every flow: 1 where it passes.
    fn compile(&mut self, without: Option<RuleIndex>) -> Result<[Node; 2], TooComplex> {
        let mut nodes = [Node::leaf(0); 2];
        let passes = |action| u32::from(action == Action::Accept);
        for family in FAMILIES {
            let all = self.parts[family as usize].iter();
            let parts: Vec<&Part> = all.filter(|part| Some(part.rule) != without).collect();
            let conditions: Vec<&Condition> = parts.iter().map(|part| &part.condition).collect();
            let mut settle = |holds: &[u32]| {
                let first = holds.first();
                passes(first.map_or(self.default, |at| parts[*at as usize].action))
            };
            nodes[family as usize] =
                self.diagrams
                    .first_match(family, &conditions, &|_| true, &mut settle)?;
        }
        Ok(nodes)
    }

    fn means_the_same_without(&mut self, rule: RuleIndex) -> Result<bool, TooComplex> {
        Ok(self.compile(Some(rule))? == self.meaning)
    }

    fn remove(&mut self, rule: RuleIndex) {
        for parts in &mut self.parts {
            parts.retain(|part| part.rule != rule);
        }
    }
}

type Kept = (Rule, Vec<RuleIndex>);

/// Joins rules until none can be joined with another.
fn join(mut rules: Vec<Kept>) -> Vec<Kept> {
    let mut at = 0;
    while at < rules.len() {
        let others = (at + 1)..rules.len();
        let partner = others
            .clone()
            .find_map(|other| Some((other, joined(&rules[at].0, &rules[other].0)?)));
        match partner {
            Some((other, rule)) => {
                let (_, stands_for) = rules.remove(other);
                rules[at].0 = rule;
                rules[at].1.extend(stands_for);
                at = 0;
            }
            None => at += 1,
        }
    }
    rules
}

/// Returns the one rule that says what two say, if there is one.
fn joined(one: &Rule, other: &Rule) -> Option<Rule> {
    let alike = |one: &Rule| (one.direction, one.action, one.priority, one.nic, one.local);
    if alike(one) != alike(other) {
        return None;
    }
    if one.peer == other.peer {
        let service = services(&one.service, &other.service)?;
        return Some(Rule {
            service,
            ..one.clone()
        });
    }
    if one.service != other.service {
        return None;
    }
    let (Peer::Prefix(first), Peer::Prefix(second)) = (&one.peer, &other.peer) else {
        return None;
    };
    let peer = Peer::Prefix(blocks(*first, *second)?);
    Some(Rule {
        peer,
        ..one.clone()
    })
}

/// Joins services with ranges of ports that touch or overlap.
fn services(one: &Service, other: &Service) -> Option<Service> {
    let (protocol, same) = (one.protocol()?, other.protocol()?);
    let ((DestinationPorts::Range(a), from), (DestinationPorts::Range(b), other)) =
        (one.ports()?, other.ports()?)
    else {
        return None;
    };
    let apart = |one: &PortRange, other: &PortRange| {
        one.last()
            .checked_add(1)
            .is_some_and(|next| next < other.first())
    };
    if protocol != same || from != other || apart(a, b) || apart(b, a) {
        return None;
    }
    let range = PortRange::new(a.first().min(b.first()), a.last().max(b.last())).ok()?;
    Some(Service::of(protocol, DestinationPorts::Range(range), from))
}

/// Joins the two halves of a block.
fn blocks(one: Prefix, other: Prefix) -> Option<Prefix> {
    let parent = one.network().supernet()?;
    let halves = one != other
        && one.length() == other.length()
        && Some(parent) == other.network().supernet();
    halves.then(|| Prefix::new(parent))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_halves_of_one_block_are_joined() {
        let prefix = |text: &str| Prefix::parse(text).unwrap().prefix;
        let join = |one: &str, other: &str| {
            blocks(prefix(one), prefix(other)).map(|joined| joined.to_string())
        };
        assert_eq!(
            join("10.0.0.0/9", "10.128.0.0/9").as_deref(),
            Some("10.0.0.0/8")
        );
        assert_eq!(
            join("0.0.0.0/1", "128.0.0.0/1").as_deref(),
            Some("0.0.0.0/0")
        );
        assert_eq!(join("10.0.0.1", "10.0.0.2"), None);
        assert_eq!(join("10.0.0.0/9", "10.0.0.0/9"), None);
        assert_eq!(join("0.0.0.0/0", "::/0"), None);
    }

    #[test]
    fn ranges_are_joined_when_they_touch_or_overlap() {
        let tcp = |first, last| {
            let range = PortRange::new(first, last).unwrap();
            Service::Tcp(
                DestinationPorts::Range(range),
                secgroup_model::SourcePorts::Any,
            )
        };
        assert_eq!(services(&tcp(1, 10), &tcp(11, 20)), Some(tcp(1, 20)));
        assert_eq!(services(&tcp(5, 20), &tcp(1, 6)), Some(tcp(1, 20)));
        assert_eq!(services(&tcp(1, 10), &tcp(12, 20)), None);
        assert_eq!(
            services(&tcp(65535, 65535), &tcp(1, 65534)),
            Some(tcp(1, 65535))
        );
        assert_eq!(services(&tcp(1, 10), &Service::All), None);
    }
}
