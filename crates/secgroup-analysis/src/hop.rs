//! What one interface does with every flow that crosses it in one direction.
//!
//! The tiers of 3.1 become one ordered list of clauses, the first that holds
//! decides: the platform (3.9), intra-group access (3.7), the rules (3.2, 3.3),
//! the default (3.4). The list is compiled into a diagram whose values are
//! [`Decider`]s. Clauses of missing lists may or may not hold (3.6.5): they
//! decide nothing, and are named where they could.

mod platform;

use std::sync::Arc;

use secgroup_model::{
    Action, DecidedBy, Direction, Family, GroupIndex, GroupKind, InterfaceIndex, IntraGroupEgress,
    RuleIndex, Semantics, Snapshot,
};

use crate::Intervals;
use crate::addresses::Addresses;
use crate::decider::{Decider, Deciders, NOWHERE};
use crate::diagram::{Condition, Diagrams, Node, TooComplex};
use crate::flow_box::FlowBox;
use crate::lower::{self, Nics, Part};
use crate::space::{self, Payload};

/// Both families, in the order of diagrams.
pub(crate) const FAMILIES: [Family; 2] = [Family::V4, Family::V6];

/// The flows that are looked at: a box of each family, or none of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window(
    // INVARIANT: the first is of IPv4, the second of IPv6.
    [Option<FlowBox>; 2],
);

impl Window {
    /// Returns all flows.
    #[must_use]
    pub fn all() -> Self {
        Self(FAMILIES.map(|family| Some(FlowBox::all(family))))
    }

    /// Returns the flows in the first box of each family among `boxes`.
    #[must_use]
    pub fn of(boxes: &[FlowBox]) -> Self {
        Self(FAMILIES.map(|family| boxes.iter().find(|one| one.family == family).cloned()))
    }

    /// Returns the flows of one family.
    #[must_use]
    pub const fn family(&self, family: Family) -> Option<&FlowBox> {
        self.0[family as usize].as_ref()
    }
}

/// A snapshot with what was found out about it.
#[derive(Debug)]
pub(crate) struct Hops<'a> {
    pub(crate) snapshot: &'a Snapshot,
    pub(crate) semantics: &'a Semantics,
    pub(crate) addresses: Addresses<'a>,
    /// The parts that were lowered last, of each direction.
    lowered: [Option<Lowered>; 2],
}

/// The rules of some groups in one direction, as the parts of each family.
#[derive(Debug)]
struct Lowered {
    groups: Vec<GroupIndex>,
    parts: [Arc<[Part]>; 2],
}

/// A condition with what it decides.
#[derive(Debug)]
struct Clause {
    condition: Condition,
    /// None for flows that do not cross the interface.
    decides: Option<(Action, DecidedBy)>,
    /// Where only a missing list tells whether it holds, its rule.
    unknown: Option<RuleIndex>,
}

impl Clause {
    const fn new(condition: Condition, action: Action, by: DecidedBy) -> Self {
        Self {
            condition,
            decides: Some((action, by)),
            unknown: None,
        }
    }

    const fn nowhere(condition: Condition) -> Self {
        Self {
            condition,
            decides: None,
            unknown: None,
        }
    }

    fn rule(part: Part) -> Self {
        Self {
            unknown: part.unknown.then_some(part.rule),
            ..Self::new(part.condition, part.action, DecidedBy::Rule(part.rule))
        }
    }

    /// Tells whether another clause, maybe of another snapshot, holds for the
    /// same flows with the same effect, whatever it is called there.
    fn acts_as(&self, other: &Self) -> bool {
        let action = |one: &Self| one.decides.map(|(action, _)| action);
        action(self) == action(other)
            && self.unknown.is_some() == other.unknown.is_some()
            && self.condition == other.condition
    }
}

impl<'a> Hops<'a> {
    /// Prepares for a snapshot.
    pub(crate) fn new(snapshot: &'a Snapshot, semantics: &'a Semantics) -> Self {
        Self {
            snapshot,
            semantics,
            addresses: Addresses::new(snapshot, semantics),
            lowered: [None, None],
        }
    }

    /// Returns what an interface does with the flows in a window.
    pub(crate) fn decide(
        &mut self,
        diagrams: &mut Diagrams,
        deciders: &mut Deciders,
        interface: InterfaceIndex,
        direction: Direction,
        window: &Window,
    ) -> Result<Node, TooComplex> {
        let mut nodes = [Node::leaf(NOWHERE); 2];
        for family in FAMILIES {
            if let Some(clauses) = self.clauses(interface, direction, family, window) {
                nodes[family as usize] = compile(diagrams, deciders, family, &clauses)?;
            }
        }
        diagrams.families(nodes[0], nodes[1])
    }

    /// Tells whether an interface asks the same clauses as one of another
    /// snapshot, so that both decide alike about every flow. Others may decide
    /// alike, too; only their diagrams tell.
    pub(crate) fn acts_as(
        &mut self,
        other: &mut Hops<'_>,
        [interface, its]: [InterfaceIndex; 2],
        direction: Direction,
    ) -> bool {
        let window = Window::all();
        FAMILIES.into_iter().all(|family| {
            let own = self.clauses(interface, direction, family, &window);
            let others = other.clauses(its, direction, family, &window);
            match (own, others) {
                (None, None) => true,
                (Some(own), Some(others)) => {
                    let mut both = own.iter().zip(&others);
                    own.len() == others.len() && both.all(|(own, other)| own.acts_as(other))
                }
                (None, Some(_)) | (Some(_), None) => false,
            }
        })
    }

    /// Returns what an interface asks about the flows of one family in a
    /// window, in order; none where no flow is there to be asked about.
    fn clauses(
        &mut self,
        interface: InterfaceIndex,
        direction: Direction,
        family: Family,
        window: &Window,
    ) -> Option<Vec<Clause>> {
        let own = self.addresses.own(interface, family);
        let seen = window.family(family).filter(|_| !own.is_empty())?;
        let mut clauses = outside(seen);
        clauses.push(elsewhere(&own, direction, family));
        self.platform(interface, direction, family, &mut clauses);
        self.intra_group(interface, direction, family, &mut clauses);
        let parts = self.parts(interface, direction, family);
        let parts = parts.iter().filter(|part| meets(&part.condition, seen));
        clauses.extend(parts.cloned().map(Clause::rule));
        clauses.push(self.default(interface, direction));
        Some(clauses)
    }

    /// Returns what rules alone decide about the flows in a window, between
    /// any two addresses; [`NOWHERE`] where none matches.
    pub(crate) fn decide_by_rules(
        &mut self,
        diagrams: &mut Diagrams,
        deciders: &mut Deciders,
        rules: &[RuleIndex],
        window: &Window,
    ) -> Result<Node, TooComplex> {
        let mut nodes = [Node::leaf(NOWHERE); 2];
        for family in FAMILIES {
            let Some(seen) = window.family(family) else {
                continue;
            };
            let mut clauses = outside(seen);
            clauses.extend(self.rules(rules, family).into_iter().map(Clause::rule));
            nodes[family as usize] = compile(diagrams, deciders, family, &clauses)?;
        }
        diagrams.families(nodes[0], nodes[1])
    }

    /// Returns the parts of the rules of an interface.
    fn parts(
        &mut self,
        interface: InterfaceIndex,
        direction: Direction,
        family: Family,
    ) -> Arc<[Part]> {
        let groups = self.snapshot.interface(interface).groups();
        if let Some(known) = &self.lowered[direction as usize]
            && known.groups == groups
        {
            return Arc::clone(&known.parts[family as usize]);
        }
        let rules = groups
            .iter()
            .flat_map(|group| self.snapshot.rules_of(*group));
        let rules = rules.filter(|(_, placed)| placed.rule().direction == direction);
        let rules: Vec<RuleIndex> = rules.map(|(index, _)| index).collect();
        let parts = FAMILIES.map(|family| Arc::from(self.rules(&rules, family)));
        let own = Arc::clone(&parts[family as usize]);
        self.lowered[direction as usize] = Some(Lowered {
            groups: groups.to_vec(),
            parts,
        });
        own
    }

    /// Returns the parts of rules in order of precedence.
    pub(crate) fn rules(&mut self, rules: &[RuleIndex], family: Family) -> Vec<Part> {
        self.rules_on(rules, family, Nics::Suggested)
    }

    /// As [`Hops::rules`], for flows on some NICs.
    pub(crate) fn rules_on(
        &mut self,
        rules: &[RuleIndex],
        family: Family,
        nics: Nics,
    ) -> Vec<Part> {
        let Self {
            snapshot,
            semantics,
            addresses,
            ..
        } = self;
        lower::parts(
            snapshot,
            semantics,
            addresses,
            rules.iter().copied(),
            family,
            nics,
        )
    }

    /// "If peer and local ENI share a basic group whose policy is Accept, the
    /// packet is allowed whatever the custom rules say" (3.7.1).
    fn intra_group(
        &mut self,
        interface: InterfaceIndex,
        direction: Direction,
        family: Family,
        clauses: &mut Vec<Clause>,
    ) {
        // Whether that holds for egress too is contested (3.7.6).
        if direction == Direction::Egress
            && self.semantics.intra_group_egress == IntraGroupEgress::CustomRules
        {
            return;
        }
        let local = self.addresses.member(interface, family);
        // "Any one shared Accept group suffices" (3.7.4); the first is named.
        for group in self.snapshot.interface(interface).groups() {
            if !self.snapshot.group(*group).interconnects() {
                continue;
            }
            let members = self.addresses.whole_group(*group, family);
            let condition = ends(Some(local.clone()), Some(members), direction);
            let by = DecidedBy::IntraGroup(*group);
            clauses.push(Clause::new(condition, Action::Accept, by));
        }
    }

    /// "Basic: ingress deny, egress allow" (3.4.1). "Advanced: ingress deny,
    /// egress deny" (3.4.2).
    fn default(&self, interface: InterfaceIndex, direction: Direction) -> Clause {
        let kind = self.snapshot.kind_of(self.snapshot.interface(interface));
        let action = match (kind, direction) {
            (GroupKind::Basic, Direction::Egress) => Action::Accept,
            (GroupKind::Basic, Direction::Ingress) | (GroupKind::Advanced, _) => Action::Drop,
        };
        Clause::new(Condition::default(), action, DecidedBy::Default(kind))
    }
}

/// Tells whether a condition may hold for a flow of a box.
fn meets(condition: &Condition, seen: &FlowBox) -> bool {
    let both = |one: &Option<Arc<Intervals>>, other: &Intervals| {
        one.as_ref().is_none_or(|set| set.meets(other))
    };
    let ports = |one: &Option<Arc<Intervals>>, other: &Option<Intervals>| {
        other.as_ref().is_none_or(|other| both(one, other))
    };
    both(&condition.source, &seen.sources)
        && both(&condition.destination, &seen.destinations)
        && both(&condition.protocol, &seen.protocols)
        && ports(&condition.destination_port, &seen.destination_ports)
        && ports(&condition.source_port, &seen.source_ports)
}

/// Returns the condition about both ends of a flow.
fn ends(local: Option<Intervals>, remote: Option<Intervals>, direction: Direction) -> Condition {
    let (local, remote) = (local.map(Arc::new), remote.map(Arc::new));
    let (source, destination) = match direction {
        Direction::Ingress => (remote, local),
        Direction::Egress => (local, remote),
    };
    Condition {
        source,
        destination,
        ..Condition::default()
    }
}

/// Flows whose near end is not an address of the interface.
fn elsewhere(own: &Intervals, direction: Direction, family: Family) -> Clause {
    let others = own.complement(space::greatest_address(family));
    Clause::nowhere(ends(Some(others), None, direction))
}

/// Flows outside a box.
fn outside(seen: &FlowBox) -> Vec<Clause> {
    let family = seen.family;
    let addresses = space::greatest_address(family);
    let rest = |set: &Intervals, greatest| {
        Some(set.complement(greatest))
            .filter(|rest| !rest.is_empty())
            .map(Arc::new)
    };
    let mut conditions = Vec::new();
    if let source @ Some(_) = rest(&seen.sources, addresses) {
        conditions.push(Condition {
            source,
            ..Condition::default()
        });
    }
    if let destination @ Some(_) = rest(&seen.destinations, addresses) {
        conditions.push(Condition {
            destination,
            ..Condition::default()
        });
    }
    if let protocol @ Some(_) = rest(&seen.protocols, 255) {
        conditions.push(Condition {
            protocol,
            ..Condition::default()
        });
    }
    for protocol in space::protocols_with_payload(family) {
        let number = u128::from(protocol.0);
        if !seen.protocols.contains(number) {
            continue;
        }
        let greatest = match space::payload(family, protocol) {
            Payload::Icmp => 255,
            Payload::Ports | Payload::None => 65535,
        };
        let payload = |set: &Option<Intervals>| set.as_ref().and_then(|set| rest(set, greatest));
        let protocol = Some(Arc::new(Intervals::one(number)));
        if let destination_port @ Some(_) = payload(&seen.destination_ports) {
            let protocol = protocol.clone();
            conditions.push(Condition {
                protocol,
                destination_port,
                ..Condition::default()
            });
        }
        if let source_port @ Some(_) = payload(&seen.source_ports) {
            conditions.push(Condition {
                protocol,
                source_port,
                ..Condition::default()
            });
        }
    }
    conditions.into_iter().map(Clause::nowhere).collect()
}

/// Compiles clauses in order.
fn compile(
    diagrams: &mut Diagrams,
    deciders: &mut Deciders,
    family: Family,
    clauses: &[Clause],
) -> Result<Node, TooComplex> {
    let conditions: Vec<&Condition> = clauses.iter().map(|one| &one.condition).collect();
    let settles = |at: u32| clauses[at as usize].unknown.is_none();
    let mut settle = |list: &[u32]| {
        let all = || list.iter().map(|at| &clauses[*at as usize]);
        let Some((action, by)) = all()
            .find(|one| one.unknown.is_none())
            .and_then(|one| one.decides)
        else {
            return NOWHERE;
        };
        let before = all().take_while(|one| one.unknown.is_some());
        let mut otherwise =
            before.filter(|one| one.decides.is_some_and(|(other, _)| other != action));
        let unless = otherwise.next().and_then(|one| one.unknown);
        deciders.number(Decider { action, by, unless })
    };
    diagrams.first_match(family, &conditions, &settles, &mut settle)
}
