//! All flows between two ends, with what decides about them at both.
//!
//! Between two interfaces of one network both are asked; with one end outside
//! only the other is (3.10.1). Flows between two outsiders are nobody's and
//! not found. Interfaces are ends in their own network only.

use std::collections::HashMap;

use secgroup_model::{
    Action, DecidedBy, Direction, Family, InterfaceIndex, NetworkIndex, Outcome, Semantics,
    Snapshot,
};

use crate::Intervals;
use crate::decider::{Decider, Deciders, NOWHERE};
use crate::diagram::{Condition, Diagrams, MOST_PRODUCTS, Node, TooComplex};
use crate::flow_box::{self, FlowBox};
use crate::hop::{FAMILIES, Hops, Window};

/// One end of the flows that are searched for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// Any address.
    Any,
    /// The addresses of the Internet (9.5) that no interface has.
    Internet,
    /// These addresses, of IPv4 and of IPv6.
    Addresses(Intervals, Intervals),
    /// The addresses that some interfaces own.
    Interfaces(Vec<InterfaceIndex>),
    /// The addresses of any of some ends that are of none of some others.
    Set {
        /// Those that are in it.
        of: Vec<Self>,
        /// Those that are not.
        without: Vec<Self>,
    },
}

/// A question about all flows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search {
    /// Who sends.
    pub from: End,
    /// Who receives.
    pub to: End,
    /// What is sent: protocols and ports of a family; the addresses of these
    /// boxes are met with both ends.
    pub services: Window,
    /// The only side that is asked; absent, both are.
    pub direction: Option<Direction>,
    /// The only network that is looked at; absent, all are.
    pub network: Option<NetworkIndex>,
}

/// Flows of one network about which the same things decide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passage {
    /// The network that both ends are in.
    pub network: NetworkIndex,
    /// The flows.
    pub flows: FlowBox,
    /// What the sender's interface does, if the snapshot has it.
    pub egress: Option<Decider>,
    /// What the receiver's interface does, if the snapshot has it.
    pub ingress: Option<Decider>,
}

impl Passage {
    /// Returns what happens: the flow passes when every side lets it (3.10.1).
    /// [`Outcome::Depends`] where a missing list may make it otherwise (3.6.5).
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        outcome(self.egress, self.ingress)
    }

    /// Tells whether the platform decides at a side, whatever its rules say (3.9).
    #[must_use]
    pub fn is_platform(&self) -> bool {
        let sides = || self.egress.iter().chain(&self.ingress);
        sides().any(|side| matches!(side.by, DecidedBy::Platform(_)))
    }
}

/// Returns what two sides come to.
pub(crate) fn outcome(egress: Option<Decider>, ingress: Option<Decider>) -> Outcome {
    let sides = || egress.into_iter().chain(ingress);
    let certain = |action| move |side: Decider| side.action == action && side.unless.is_none();
    if egress.is_none() && ingress.is_none() {
        Outcome::Outside
    } else if sides().any(certain(Action::Drop)) {
        Outcome::Drop
    } else if sides().all(certain(Action::Accept)) {
        Outcome::Accept
    } else {
        Outcome::Depends
    }
}

/// Finds all flows of a question.
///
/// # Errors
///
/// Returns [`TooComplex`] when they cannot be written down.
pub fn search(
    snapshot: &Snapshot,
    semantics: &Semantics,
    question: &Search,
) -> Result<Vec<Passage>, TooComplex> {
    let mut hops = Hops::new(snapshot, semantics);
    let mut found = Vec::new();
    for (network, _) in snapshot.networks() {
        if question.network.is_some_and(|wanted| wanted != network) {
            continue;
        }
        let mut searching = Searching {
            question,
            network,
            hops: &mut hops,
            diagrams: Diagrams::new(),
            deciders: Deciders::new(),
        };
        searching.run(&mut found)?;
    }
    Ok(found)
}

struct Searching<'a, 'b> {
    question: &'b Search,
    network: NetworkIndex,
    hops: &'b mut Hops<'a>,
    diagrams: Diagrams,
    deciders: Deciders,
}

impl Searching<'_, '_> {
    fn run(&mut self, found: &mut Vec<Passage>) -> Result<(), TooComplex> {
        let (from, to) = (&self.question.from, &self.question.to);
        let ends = [self.addresses(from), self.addresses(to)];
        let asked = |direction| self.question.direction.is_none_or(|only| only == direction);
        let (egress, ingress) = (asked(Direction::Egress), asked(Direction::Ingress));
        let senders = if egress {
            self.sides(&ends, Direction::Egress)?
        } else {
            Vec::new()
        };
        let sends = self.merge(senders)?;
        let receivers = if ingress {
            self.sides(&ends, Direction::Ingress)?
        } else {
            Vec::new()
        };
        // Flows to one receiver after the other, then those that leave.
        let mut pairs = Pairs::default();
        let mut parts = Vec::new();
        let mut inside: [Vec<(u128, u128)>; 2] = Default::default();
        for (interface, receives) in receivers {
            let own = self.own(interface);
            for (all, own) in inside.iter_mut().zip(&own) {
                all.extend(own.as_slice());
            }
            let sends = self.within_destination(sends, &own)?;
            let both = self
                .diagrams
                .combine(sends, receives, &mut |a, b| pairs.number(a, b))?;
            parts.push((interface, both));
        }
        let inside = inside.map(|all| all.into_iter().collect());
        let rest = self.without_destination(sends, &inside)?;
        let leaves = self.diagrams.map(rest, &mut |a| pairs.number(a, NOWHERE))?;
        let nodes = parts.into_iter().map(|(_, node)| node).chain([leaves]);
        self.collect(nodes, &pairs, found)
    }

    /// Reads what was found, one function after the other: what differs in its
    /// receivers only becomes one. (All functions together would be cut at
    /// every address that any of them is cut at.)
    fn collect(
        &self,
        nodes: impl Iterator<Item = Node>,
        pairs: &Pairs,
        found: &mut Vec<Passage>,
    ) -> Result<(), TooComplex> {
        let mut places: HashMap<(u32, FlowBox), usize> = HashMap::new();
        let mut joined: Vec<(u32, FlowBox)> = Vec::new();
        for node in nodes {
            let some = &|value| value > 0;
            for (value, boxes) in flow_box::boxes_by_value(&self.diagrams, node, some)? {
                for flows in boxes {
                    let mut alike = flows.clone();
                    alike.destinations = Intervals::default();
                    let at = *places.entry((value, alike)).or_insert(joined.len());
                    match joined.get_mut(at) {
                        Some((_, known)) => {
                            known.destinations = known.destinations.union(&flows.destinations);
                        }
                        None => joined.push((value, flows)),
                    }
                }
            }
            if joined.len() > MOST_PRODUCTS {
                return Err(TooComplex);
            }
        }
        joined.sort_by(|one, other| (one.0, &one.1).cmp(&(other.0, &other.1)));
        for (value, flows) in joined {
            let Some((egress, ingress)) = pairs.get(value) else {
                continue;
            };
            found.push(Passage {
                network: self.network,
                flows,
                egress: self.deciders.get(egress),
                ingress: self.deciders.get(ingress),
            });
        }
        Ok(())
    }

    /// Returns the addresses of an end in this network, of both families.
    fn addresses(&mut self, end: &End) -> [Intervals; 2] {
        FAMILIES.map(|family| match end {
            End::Any => FlowBox::all(family).sources,
            End::Internet => {
                let owned = self.hops.addresses.owned(self.network, family);
                crate::internet(family).difference(&owned)
            }
            End::Addresses(v4, v6) => match family {
                Family::V4 => v4.clone(),
                Family::V6 => v6.clone(),
            },
            End::Interfaces(all) => {
                let here = |one: &&InterfaceIndex| {
                    self.hops.snapshot.interface(**one).network() == self.network
                };
                let own = all.iter().filter(here);
                let own =
                    own.flat_map(|one| self.hops.addresses.own(*one, family).as_slice().to_vec());
                own.collect()
            }
            End::Set { of, without } => {
                let without = self.union(without, family);
                self.union(of, family).difference(&without)
            }
        })
    }

    /// Returns the addresses of any of some ends.
    fn union(&mut self, ends: &[End], family: Family) -> Intervals {
        let all = ends.iter().flat_map(|end| {
            let own = &self.addresses(end)[family as usize];
            own.as_slice().to_vec()
        });
        all.collect()
    }

    fn own(&self, interface: InterfaceIndex) -> [Intervals; 2] {
        FAMILIES.map(|family| self.hops.addresses.own(interface, family))
    }

    /// Compiles every interface at one end of the question.
    fn sides(
        &mut self,
        ends: &[[Intervals; 2]; 2],
        direction: Direction,
    ) -> Result<Vec<(InterfaceIndex, Node)>, TooComplex> {
        let mut sides = Vec::new();
        for (interface, one) in self.hops.snapshot.interfaces() {
            if one.network() != self.network {
                continue;
            }
            let boxes: Vec<FlowBox> = FAMILIES
                .into_iter()
                .filter_map(|family| self.window(family, interface, ends, direction))
                .collect();
            if boxes.is_empty() {
                continue;
            }
            let (diagrams, deciders) = (&mut self.diagrams, &mut self.deciders);
            let window = Window::of(&boxes);
            let node = self
                .hops
                .decide(diagrams, deciders, interface, direction, &window)?;
            sides.push((interface, node));
        }
        Ok(sides)
    }

    /// Returns the flows of the question that cross an interface, if any.
    fn window(
        &self,
        family: Family,
        interface: InterfaceIndex,
        ends: &[[Intervals; 2]; 2],
        direction: Direction,
    ) -> Option<FlowBox> {
        let mut flows = self.question.services.family(family)?.clone();
        flows.sources = flows.sources.intersection(&ends[0][family as usize]);
        flows.destinations = flows.destinations.intersection(&ends[1][family as usize]);
        let own = self.hops.addresses.own(interface, family);
        let near = match direction {
            Direction::Egress => &mut flows.sources,
            Direction::Ingress => &mut flows.destinations,
        };
        *near = near.intersection(&own);
        let empty = flows.sources.is_empty() || flows.destinations.is_empty();
        (!empty).then_some(flows)
    }

    /// Joins functions that are [`NOWHERE`] where the others are not.
    fn merge(&mut self, mut parts: Vec<(InterfaceIndex, Node)>) -> Result<Node, TooComplex> {
        while parts.len() > 1 {
            let mut joined = Vec::with_capacity(parts.len().div_ceil(2));
            for pair in parts.chunks(2) {
                let node = match pair {
                    [(_, one), (_, other)] => {
                        self.diagrams.combine(*one, *other, &mut |a, b| a.max(b))?
                    }
                    _ => pair[0].1,
                };
                joined.push((pair[0].0, node));
            }
            parts = joined;
        }
        Ok(parts.first().map_or(Node::leaf(NOWHERE), |(_, node)| *node))
    }

    fn within_destination(&mut self, node: Node, own: &[Intervals; 2]) -> Result<Node, TooComplex> {
        let conditions = own.each_ref().map(to);
        self.diagrams.select(node, &conditions, NOWHERE)
    }

    fn without_destination(
        &mut self,
        node: Node,
        own: &[Intervals; 2],
    ) -> Result<Node, TooComplex> {
        let mut others = own.clone();
        for (family, set) in FAMILIES.into_iter().zip(&mut others) {
            *set = FlowBox::all(family).destinations.difference(set);
        }
        let conditions = others.each_ref().map(to);
        self.diagrams.select(node, &conditions, NOWHERE)
    }
}

/// Returns the condition of a destination.
fn to(set: &Intervals) -> Condition {
    Condition {
        destination: Some(std::sync::Arc::new(set.clone())),
        ..Condition::default()
    }
}

/// Pairs of values by number; 0 for the pair of [`NOWHERE`]s.
#[derive(Debug, Default)]
pub(crate) struct Pairs {
    all: Vec<(u32, u32)>,
    numbers: HashMap<(u32, u32), u32>,
}

impl Pairs {
    pub(crate) fn number(&mut self, one: u32, other: u32) -> u32 {
        if (one, other) == (NOWHERE, NOWHERE) {
            return 0;
        }
        let all = &mut self.all;
        *self.numbers.entry((one, other)).or_insert_with(|| {
            all.push((one, other));
            u32::try_from(all.len()).unwrap_or(u32::MAX >> 1)
        })
    }

    pub(crate) fn get(&self, number: u32) -> Option<(u32, u32)> {
        self.all.get(number.checked_sub(1)? as usize).copied()
    }
}
