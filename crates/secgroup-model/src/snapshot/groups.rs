//! The table of groups and their rules.
//!
//! What a group is by itself ([`GroupPart`]) is apart from what it is among
//! others ([`Standing`], [`GroupNames`]), so that it can be shared by
//! snapshots in which the others differ.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use super::{GroupIndex, NetworkIndex, PlacedRule, RuleIds};
use crate::{
    DestinationPorts, Direction, GroupKind, GroupSpec, Peer, PortListId, PrefixListId, Rule,
    RuleId, SecurityGroup, SecurityGroupId, VpcId, Warning,
};

/// All groups and rules.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Groups {
    /// The groups in input order.
    pub(crate) placed: Vec<PlacedGroup>,
    /// What others need to know about them.
    pub(crate) names: Arc<GroupNames>,
    /// The ids of all rules.
    pub(crate) rule_ids: Arc<RuleIds>,
}

/// What references to groups and memberships depend on.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct GroupNames {
    /// The positions of groups.
    pub(crate) ids: HashMap<SecurityGroupId, GroupIndex>,
    /// What each group is.
    pub(crate) sites: Vec<Site>,
    /// The networks of groups, each once, in input order.
    pub(crate) networks: Vec<Option<VpcId>>,
}

/// What a group is to others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Site {
    pub(crate) kind: GroupKind,
    pub(crate) network: NetworkIndex,
}

/// A group in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PlacedGroup {
    /// What it is by itself.
    pub(crate) part: Arc<GroupPart>,
    /// How its rules stand among the others.
    pub(crate) standing: Arc<Standing>,
    /// The positions of its rules among all.
    pub(crate) rules: Range<u32>,
}

/// A group with its rules, as they were written.
///
/// Nothing in it depends on what else a snapshot has.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct GroupPart {
    pub(crate) group: SecurityGroup,
    pub(crate) rules: Vec<NamedRule>,
    /// What its rules refer to.
    pub(crate) references: References,
}

/// A rule with the name it has in messages.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NamedRule {
    pub(crate) rule: Rule,
    /// What stands for its id; empty where it has one.
    substitute: Box<str>,
}

/// Names of groups and lists, each once, ascending.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct References {
    pub(crate) groups: Vec<SecurityGroupId>,
    pub(crate) prefix_lists: Vec<PrefixListId>,
    pub(crate) port_lists: Vec<PortListId>,
}

/// What was found out about the rules of a group. It depends on the group and
/// on what its [`References`] are, and on nothing else.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Standing {
    /// Whether a reference leads nowhere.
    pub(crate) missing: bool,
    /// What is odd.
    pub(crate) warnings: Vec<Warning>,
}

impl PlacedGroup {
    /// Returns a rule of the group, which is at `own`.
    pub(super) fn rule(&self, own: GroupIndex, within: u32) -> PlacedRule<'_> {
        let named = &self.part.rules[within as usize];
        PlacedRule {
            rule: &named.rule,
            group: own,
            name: named.name(),
        }
    }
}

impl NamedRule {
    /// Returns the rule's id, or what stands for it.
    pub(crate) fn name(&self) -> &str {
        let id = self.rule.id.as_ref();
        id.map_or(&self.substitute, |id| id.as_str())
    }
}

impl GroupPart {
    /// Tells whether the group is to others what `previous` was.
    pub(crate) fn is_to_others(&self, previous: &Self) -> bool {
        let [new, old] = [self, previous].map(|part| &part.group);
        (&new.id, new.kind, &new.vpc) == (&old.id, old.kind, &old.vpc)
    }

    /// Tells whether the group is in the network of another one and has its rules
    /// of a direction, at the same positions.
    pub(crate) fn has_rules_of(&self, other: &Self, direction: Direction) -> bool {
        self.group.vpc == other.group.vpc && self.rules_of(direction).eq(other.rules_of(direction))
    }

    /// Returns the rules of a direction with their positions.
    fn rules_of(&self, direction: Direction) -> impl Iterator<Item = (usize, &Rule)> {
        let rules = self.rules.iter().map(|named| &named.rule).enumerate();
        rules.filter(move |(_, rule)| rule.direction == direction)
    }

    /// Returns the ids of those rules that have one.
    pub(crate) fn ids(&self) -> impl Iterator<Item = &RuleId> {
        self.rules.iter().filter_map(|named| named.rule.id.as_ref())
    }

    /// Names the rules of a group, and notes what they refer to.
    pub(crate) fn new(spec: GroupSpec) -> Self {
        let references = References::of(&spec.rules);
        let named = |(number, rule): (usize, Rule)| {
            let substitute = match &rule.id {
                Some(_) => Box::default(),
                None => format!("{}#{}", spec.id, number + 1).into(),
            };
            NamedRule { rule, substitute }
        };
        Self {
            rules: spec.rules.into_iter().enumerate().map(named).collect(),
            references,
            group: SecurityGroup {
                id: spec.id,
                name: spec.name,
                kind: spec.kind,
                inner_access: spec.inner_access,
                vpc: spec.vpc,
                managed: spec.managed,
                owner: spec.owner,
                origin: spec.origin,
            },
        }
    }
}

impl References {
    /// Tells whether a name is among both.
    pub(crate) fn meet(&self, others: &Self) -> bool {
        meet(&self.groups, &others.groups)
            || meet(&self.prefix_lists, &others.prefix_lists)
            || meet(&self.port_lists, &others.port_lists)
    }

    /// Returns what rules refer to.
    fn of(rules: &[Rule]) -> Self {
        let (mut groups, mut prefix_lists, mut port_lists) = (Vec::new(), Vec::new(), Vec::new());
        for rule in rules {
            match &rule.peer {
                Peer::Prefix(_) => {}
                Peer::Group(id) => groups.push(id),
                Peer::PrefixList(id) => prefix_lists.push(id),
            }
            if let Some((DestinationPorts::List(id), _)) = rule.service.ports() {
                port_lists.push(id);
            }
        }
        Self {
            groups: each_once(groups),
            prefix_lists: each_once(prefix_lists),
            port_lists: each_once(port_lists),
        }
    }
}

/// Tells whether two ascending lists have an id in common.
fn meet<T: Ord>(one: &[T], other: &[T]) -> bool {
    let (few, many) = if one.len() < other.len() {
        (one, other)
    } else {
        (other, one)
    };
    few.iter().any(|id| many.binary_search(id).is_ok())
}

/// Returns ids ascending, each once.
pub(crate) fn each_once<T: Clone + Ord>(mut ids: Vec<&T>) -> Vec<T> {
    ids.sort_unstable();
    ids.dedup();
    ids.into_iter().cloned().collect()
}
