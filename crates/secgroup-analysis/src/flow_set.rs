//! Exact sets of flows, with the operations of sets.
//!
//! A set belongs to the collection that made it. Sets are equal exactly when
//! they have the same flows.

use std::sync::Arc;

use crate::diagram::{Condition, Diagrams, Node, TooComplex};
use crate::flow_box::{self, FlowBox};

/// A set of flows of a [`FlowSets`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FlowSet(
    // INVARIANT: a function whose values are 0 and 1.
    Node,
);

/// A collection of sets of flows, which share what they have in common.
#[derive(Debug)]
pub struct FlowSets(Diagrams);

impl Default for FlowSets {
    fn default() -> Self {
        Self::new()
    }
}

impl FlowSets {
    /// Returns a collection without sets.
    #[must_use]
    pub fn new() -> Self {
        Self(Diagrams::new())
    }

    /// Returns the set without flows.
    #[must_use]
    pub const fn empty(&self) -> FlowSet {
        FlowSet(Node::leaf(0))
    }

    /// Returns the set of all flows.
    #[must_use]
    pub const fn all(&self) -> FlowSet {
        FlowSet(Node::leaf(1))
    }

    /// Returns the set of the flows in a box.
    ///
    /// # Errors
    ///
    /// Returns [`TooComplex`] when the collection has become too large; this
    /// holds for all operations here.
    pub fn of(&mut self, flows: &FlowBox) -> Result<FlowSet, TooComplex> {
        node_of(&mut self.0, flows).map(FlowSet)
    }

    /// Returns the flows in either set.
    ///
    /// # Errors
    ///
    /// Returns [`TooComplex`] as [`FlowSets::of`] does.
    pub fn union(&mut self, one: FlowSet, other: FlowSet) -> Result<FlowSet, TooComplex> {
        self.0
            .combine(one.0, other.0, &mut |a, b| a | b)
            .map(FlowSet)
    }

    /// Returns the flows in both sets.
    ///
    /// # Errors
    ///
    /// Returns [`TooComplex`] as [`FlowSets::of`] does.
    pub fn intersection(&mut self, one: FlowSet, other: FlowSet) -> Result<FlowSet, TooComplex> {
        self.0
            .combine(one.0, other.0, &mut |a, b| a & b)
            .map(FlowSet)
    }

    /// Returns the flows in the first set that are not in the second.
    ///
    /// # Errors
    ///
    /// Returns [`TooComplex`] as [`FlowSets::of`] does.
    pub fn difference(&mut self, one: FlowSet, other: FlowSet) -> Result<FlowSet, TooComplex> {
        let minus = &mut |a, b| u32::from(a == 1 && b == 0);
        self.0.combine(one.0, other.0, minus).map(FlowSet)
    }

    /// Tells whether a set has no flow.
    #[must_use]
    pub fn is_empty(&self, set: FlowSet) -> bool {
        set == self.empty()
    }

    /// Returns disjoint boxes that together are the set; none where it is empty.
    ///
    /// # Errors
    ///
    /// Returns [`TooComplex`] when there are too many.
    pub fn boxes(&self, set: FlowSet) -> Result<Vec<FlowBox>, TooComplex> {
        flow_box::boxes(&self.0, set.0, 1)
    }
}

/// Returns the function that is 1 in a box and 0 elsewhere.
pub(crate) fn node_of(diagrams: &mut Diagrams, flows: &FlowBox) -> Result<Node, TooComplex> {
    let family = flows.family;
    // Protocols with and without ports are different conditions (see `space`).
    let conditions = conditions(flows);
    let list: Vec<&Condition> = conditions.iter().collect();
    let node = diagrams.first_match(family, &list, &|_| true, &mut |holds| {
        u32::from(!holds.is_empty())
    })?;
    let mut nodes = [Node::leaf(0); 2];
    nodes[family as usize] = node;
    diagrams.families(nodes[0], nodes[1])
}

/// Returns conditions that hold, one or the other, exactly in a box.
pub(crate) fn conditions(flows: &FlowBox) -> Vec<Condition> {
    let set = |set: &crate::Intervals| Some(Arc::new(set.clone()));
    let whole = Condition {
        source: set(&flows.sources),
        destination: set(&flows.destinations),
        protocol: set(&flows.protocols),
        destination_port: None,
        source_port: None,
    };
    if flows.destination_ports.is_none() && flows.source_ports.is_none() {
        return vec![whole];
    }
    let carrying = crate::space::protocols_with_payload(flows.family);
    let carrying: crate::Intervals = carrying.map(|one| (one.0.into(), one.0.into())).collect();
    let some = |ports: &Option<crate::Intervals>| ports.as_ref().and_then(set);
    let with = flows.protocols.intersection(&carrying);
    let without = flows.protocols.difference(&carrying);
    let mut conditions = Vec::new();
    if !with.is_empty() {
        conditions.push(Condition {
            protocol: set(&with),
            destination_port: some(&flows.destination_ports),
            source_port: some(&flows.source_ports),
            ..whole.clone()
        });
    }
    if !without.is_empty() {
        conditions.push(Condition {
            protocol: set(&without),
            ..whole
        });
    }
    conditions
}

#[cfg(test)]
mod tests {
    use secgroup_model::{Endpoints, Family, Flow, IcmpMessage, Protocol, Transport};

    use super::*;
    use crate::Intervals;

    /// Boxes over eight addresses, two protocols and a few ports.
    fn boxes() -> Vec<FlowBox> {
        let sets = [(0, 3), (2, 5), (7, 7), (0, 7)];
        let ports = [None, Some((1, 4)), Some((4, 6))];
        let mut all = Vec::new();
        for (at, (first, last)) in sets.into_iter().enumerate() {
            for (other, port) in ports.into_iter().enumerate() {
                let family = if (at + other) % 3 == 0 {
                    Family::V6
                } else {
                    Family::V4
                };
                let protocols = if port.is_some() {
                    (6, 6)
                } else {
                    (1, 6 + 11 * (at as u128 % 2))
                };
                all.push(FlowBox {
                    sources: Intervals::between(first, last),
                    destinations: Intervals::between(last / 2, 7),
                    protocols: Intervals::between(protocols.0, protocols.1),
                    destination_ports: port.map(|(first, last)| Intervals::between(first, last)),
                    source_ports: (at == 1 && port.is_some()).then(|| Intervals::one(2)),
                    ..FlowBox::all(family)
                });
            }
        }
        all
    }

    fn flows() -> Vec<Flow> {
        let mut all = Vec::new();
        for family in [Family::V4, Family::V6] {
            for (source, destination) in (0..64).map(|both| (both / 8, both % 8)) {
                let address = |number| crate::address(family, number);
                let ends = Endpoints::new(address(source), address(destination)).unwrap();
                for port in 0..8 {
                    let transport = Transport::Ports {
                        source: 2,
                        destination: port,
                    };
                    all.push(Flow::new(ends, Protocol::TCP, transport));
                }
                let ports = Transport::Ports {
                    source: 1,
                    destination: 5,
                };
                all.push(Flow::new(ends, Protocol::UDP, ports));
                all.push(Flow::new(ends, Protocol(2), Transport::Opaque));
                let icmp = Transport::Icmp(IcmpMessage { kind: 8, code: 0 });
                let icmp = if family == Family::V4 {
                    icmp
                } else {
                    Transport::Opaque
                };
                all.push(Flow::new(ends, Protocol::ICMP, icmp));
            }
        }
        all
    }

    #[test]
    fn operations_agree_with_asking_every_flow() {
        let (boxes, flows) = (boxes(), flows());
        let mut sets = FlowSets::new();
        let has = |sets: &FlowSets, set: FlowSet, flow: &Flow| {
            let boxes = sets.boxes(set).unwrap();
            let count = boxes.iter().filter(|one| one.contains(flow)).count();
            assert!(count <= 1, "boxes overlap at {flow:?}");
            count == 1
        };
        let mut members = 0;
        for one in &boxes {
            for other in &boxes {
                let (a, b) = (sets.of(one).unwrap(), sets.of(other).unwrap());
                let either = sets.union(a, b).unwrap();
                let both = sets.intersection(a, b).unwrap();
                let only = sets.difference(a, b).unwrap();
                for flow in flows.iter().step_by(7) {
                    let (x, y) = (one.contains(flow), other.contains(flow));
                    assert_eq!(
                        has(&sets, either, flow),
                        x || y,
                        "{one} | {other}: {flow:?}"
                    );
                    assert_eq!(has(&sets, both, flow), x && y, "{one} & {other}: {flow:?}");
                    assert_eq!(has(&sets, only, flow), x && !y, "{one} - {other}: {flow:?}");
                    members += usize::from(x && y);
                }
                // Equal sets are one set, however they were made.
                let again = sets.union(only, both).unwrap();
                assert_eq!(again, a);
                assert_eq!(sets.is_empty(only), other.covers(one), "{one} - {other}");
            }
        }
        assert!(members > 500, "{members}");
        let (all, none) = (sets.all(), sets.empty());
        assert_eq!(sets.difference(all, all).unwrap(), none);
        assert_eq!(sets.boxes(none).unwrap(), []);
    }

    #[test]
    fn an_answer_has_a_limit_and_says_so() {
        use crate::diagram::Dimension;

        // One distinction more than there may be is refused.
        let mut diagrams = Diagrams::new();
        let step = crate::MOST_EDGES / 4;
        let mut made = 0;
        let error = loop {
            let pieces = (made..made + step).map(|at| (u128::try_from(at).unwrap(), at % 2 == 0));
            let pieces: Vec<_> = pieces.collect();
            let found = diagrams.pieces(Dimension::Source, &pieces);
            match found {
                Ok(_) => made += step,
                Err(error) => break error,
            }
        };
        assert_eq!(error, TooComplex);
        assert_eq!(made, step * 4);
    }
}
