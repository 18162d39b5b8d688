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
