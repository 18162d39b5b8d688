//! Rules as they act together: one policy for each distinct set of groups.
//!
//! Interfaces in the same groups share their rules. A group without interfaces
//! is a policy of its own, because it will act as one.

use std::collections::BTreeMap;
use std::sync::Arc;

use secgroup_model::{Direction, Family, GroupIndex, InterfaceIndex, RuleIndex, Snapshot};

use crate::Intervals;
use crate::diagram::{Condition, Diagrams, Dimension, Node, TooComplex};
use crate::flow_box::FlowBox;
use crate::hop::{FAMILIES, Hops};
use crate::lower::{Nics, Part};
use crate::sides::precedence;
use crate::space;

/// A set of groups, and the interfaces that are in exactly those.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Policy {
    /// The groups, ascending.
    pub(crate) groups: Vec<GroupIndex>,
    /// The interfaces; none for a group that nothing is in.
    pub(crate) interfaces: Vec<InterfaceIndex>,
}

/// Which of IPv4 and IPv6 there is.
pub(crate) type Families = [bool; 2];

/// Returns the policies of a snapshot.
pub(crate) fn policies(snapshot: &Snapshot) -> Vec<Policy> {
    let mut sets: BTreeMap<Vec<GroupIndex>, Vec<InterfaceIndex>> = BTreeMap::new();
    for (index, interface) in snapshot.interfaces() {
        if !interface.groups().is_empty() {
            sets.entry(interface.groups().to_vec())
                .or_default()
                .push(index);
        }
    }
    let mut attached = vec![false; snapshot.groups().len()];
    for group in sets.keys().flatten() {
        attached[group.get()] = true;
    }
    let alone = snapshot.groups().map(|(index, _)| index);
    for group in alone.filter(|index| !attached[index.get()]) {
        sets.insert(vec![group], Vec::new());
    }
    let policy = |(groups, interfaces)| Policy { groups, interfaces };
    sets.into_iter().map(policy).collect()
}

impl Policy {
    /// Returns the families that its interfaces have addresses of: flows of the
    /// other reach none of its rules. What nothing is in may get both.
    pub(crate) fn families(&self, snapshot: &Snapshot) -> Families {
        if self.interfaces.is_empty() {
            return [true; 2];
        }
        let interfaces = self.interfaces.iter();
        let addresses = interfaces.flat_map(|one| snapshot.interface(*one).addresses());
        let mut families = [false; 2];
        for address in addresses {
            families[address.prefix.family() as usize] = true;
        }
        families
    }

    /// Returns the rules of one direction.
    pub(crate) fn rules(&self, snapshot: &Snapshot, direction: Direction) -> Vec<RuleIndex> {
        let all = self.groups.iter();
        let all = all.flat_map(|group| snapshot.rules_of(*group));
        let own = all.filter(|(_, placed)| placed.rule().direction == direction);
        own.map(|(index, _)| index).collect()
    }
}

/// A rule whole: in each family a product of sets.
#[derive(Clone, Debug)]
pub(crate) struct Whole {
    /// The rule.
    pub(crate) rule: RuleIndex,
    /// What it matches; none in a family where it matches nothing.
    pub(crate) flows: [Option<FlowBox>; 2],
    /// Whether something it refers to is missing.
    pub(crate) unknown: bool,
    /// How wide it is: one that covers another is never narrower.
    width: [[u128; 5]; 2],
}

impl Whole {
    /// Tells whether the rule matches no flow at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.flows.iter().all(Option::is_none)
    }

    /// Returns what it matches in some families.
    pub(crate) fn within(&self, families: Families) -> impl Iterator<Item = &FlowBox> {
        let own = self.flows.iter().zip(families);
        own.filter_map(|(flows, is_there)| flows.as_ref().filter(|_| is_there))
    }

    /// Tells whether every flow of some families that `other` matches is matched.
    pub(crate) fn covers(&self, other: &Self, families: Families) -> bool {
        let covers = |theirs: &FlowBox| {
            let own = self.flows[theirs.family as usize].as_ref();
            own.is_some_and(|own| own.covers(theirs))
        };
        other.within(families).all(covers)
    }

    /// Tells whether some flow of some families is matched by both.
    pub(crate) fn meets(&self, other: &Self, families: Families) -> bool {
        let meets = |theirs: &FlowBox| {
            let own = self.flows[theirs.family as usize].as_ref();
            own.is_some_and(|own| own.meets(theirs))
        };
        other.within(families).any(meets)
    }

    /// Lowers a rule.
    pub(crate) fn new(hops: &mut Hops<'_>, rule: RuleIndex) -> Self {
        Self::on(hops, rule, Nics::Suggested)
    }

    /// As [`Whole::new`], for flows on some NICs.
    pub(crate) fn on(hops: &mut Hops<'_>, rule: RuleIndex, nics: Nics) -> Self {
        let mut unknown = false;
        let flows = FAMILIES.map(|family| {
            let parts = hops.rules_on(&[rule], family, nics);
            unknown |= parts.iter().any(|part| part.unknown);
            product(&parts, family)
        });
        let width = [0, 1].map(|family: usize| flows[family].as_ref().map_or([0; 5], width));
        Self {
            rule,
            flows,
            unknown,
            width,
        }
    }
}

fn width(flows: &FlowBox) -> [u128; 5] {
    let ports = |set: &Option<Intervals>| set.as_ref().map_or(u128::MAX, Intervals::size);
    [
        flows.sources.size(),
        flows.destinations.size(),
        flows.protocols.size(),
        ports(&flows.destination_ports),
        ports(&flows.source_ports),
    ]
}

/// Brings rules into an order in which the earlier one decides, and of those
/// with equal priority and action the wider one comes first.
pub(crate) fn order(snapshot: &Snapshot, rules: &mut [Arc<Whole>]) {
    rules.sort_by_cached_key(|one| {
        let (priority, accept, index) = precedence(snapshot, one.rule);
        (priority, accept, std::cmp::Reverse(one.width), index)
    });
}

/// Joins the parts of one rule, which are a product taken apart.
fn product(parts: &[Part], family: Family) -> Option<FlowBox> {
    let first = parts.first()?;
    let greatest = space::greatest_address(family);
    let joined = |dimension| {
        let sets = parts.iter().map(|part| part.condition.of(dimension));
        let sets: Option<Vec<&Arc<Intervals>>> = sets.collect();
        let sets = sets?.into_iter();
        let all: Intervals = sets.flat_map(|set| set.as_slice().to_vec()).collect();
        Some(all)
    };
    let address = |dimension| joined(dimension).unwrap_or_else(|| Intervals::between(0, greatest));
    let protocols = first.condition.protocol.as_deref().cloned();
    let flows = FlowBox {
        family,
        sources: address(Dimension::Source),
        destinations: address(Dimension::Destination),
        protocols: protocols.unwrap_or_else(|| Intervals::between(0, 255)),
        destination_ports: joined(Dimension::DestinationPort),
        source_ports: joined(Dimension::SourcePort),
    };
    let empty = flows.sources.is_empty() || flows.destinations.is_empty();
    (!empty).then_some(flows)
}

/// Compiles which of some whole rules is first: its place in the list plus
/// one, 0 where none matches. Unknown rules are left out.
pub(crate) fn first_of(diagrams: &mut Diagrams, rules: &[Arc<Whole>]) -> Result<Node, TooComplex> {
    let mut nodes = [Node::leaf(0); 2];
    for family in FAMILIES {
        let mut places = Vec::new();
        let mut conditions: Vec<Condition> = Vec::new();
        for (place, rule) in (1..).zip(rules) {
            if let Some(flows) = rule.flows[family as usize]
                .as_ref()
                .filter(|_| !rule.unknown)
            {
                for condition in crate::flow_set::conditions(flows) {
                    conditions.push(condition);
                    places.push(place);
                }
            }
        }
        let list: Vec<&Condition> = conditions.iter().collect();
        let mut settle = |holds: &[u32]| holds.first().map_or(0, |at| places[*at as usize]);
        nodes[family as usize] = diagrams.first_match(family, &list, &|_| true, &mut settle)?;
    }
    diagrams.families(nodes[0], nodes[1])
}
