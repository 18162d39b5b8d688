//! What changes between two snapshots: every region whose verdict differs.
//!
//! Interfaces are matched by id and compared one by one, in both directions.
//! A flow that only one of the snapshots judges (because the interface or its
//! address is new or gone) is a change, too.

use std::collections::BTreeMap;

use secgroup_model::{Direction, InterfaceIndex, NetworkInterfaceId, Semantics, Snapshot};

use crate::decider::{Decider, Deciders};
use crate::diagram::{Diagrams, Node, TooComplex};
use crate::flow_box::{self, FlowBox};
use crate::hop::{Hops, Window};
use crate::search::Pairs;
use crate::workers::Workers;

/// Flows with another verdict than before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The interface that they cross.
    pub interface: NetworkInterfaceId,
    /// In which direction.
    pub direction: Direction,
    /// The flows.
    pub flows: FlowBox,
    /// What decided before; none where the flows did not cross the interface.
    pub old: Option<Decider>,
    /// What decides now; none where they no longer cross it.
    pub new: Option<Decider>,
}

/// A snapshot with its flags.
#[derive(Clone, Copy, Debug)]
pub struct Judged<'a> {
    /// The snapshot.
    pub snapshot: &'a Snapshot,
    /// The flags.
    pub semantics: &'a Semantics,
}

/// A comparison that goes from interface to interface.
#[derive(Debug)]
pub struct Diff<'a> {
    old: Hops<'a>,
    new: Hops<'a>,
}

impl<'a> Diff<'a> {
    /// Prepares to compare two snapshots.
    #[must_use]
    pub fn new(old: Judged<'a>, new: Judged<'a>) -> Self {
        Self {
            old: Hops::new(old.snapshot, old.semantics),
            new: Hops::new(new.snapshot, new.semantics),
        }
    }

    /// Returns the interfaces of both snapshots, by id.
    #[must_use]
    pub fn interfaces(
        &self,
    ) -> BTreeMap<NetworkInterfaceId, (Option<InterfaceIndex>, Option<InterfaceIndex>)> {
        let mut all: BTreeMap<_, (Option<_>, Option<_>)> = BTreeMap::new();
        for (index, one) in self.old.snapshot.interfaces() {
            all.entry(one.id().clone()).or_default().0 = Some(index);
        }
        for (index, one) in self.new.snapshot.interfaces() {
            all.entry(one.id().clone()).or_default().1 = Some(index);
        }
        all
    }

    /// Returns what changes at one interface in one direction: disjoint
    /// regions, in the order of their addresses.
    ///
    /// # Errors
    ///
    /// Returns [`TooComplex`] when that cannot be written down.
    pub fn at(
        &mut self,
        interface: &NetworkInterfaceId,
        direction: Direction,
    ) -> Result<Vec<Change>, TooComplex> {
        let places = (
            self.old.snapshot.find_interface(interface),
            self.new.snapshot.find_interface(interface),
        );
        // PERF: most of a configuration stays as it is, and comparing what is
        // asked is much less work than what comes of it.
        if let (Some(old), Some(new)) = places
            && self.old.acts_as(&mut self.new, [old, new], direction)
        {
            return Ok(Vec::new());
        }
        let mut diagrams = Diagrams::new();
        let (mut before, mut after) = (Deciders::new(), Deciders::new());
        let (window, nowhere) = (Window::all(), Node::leaf(crate::decider::NOWHERE));
        let mut old = nowhere;
        if let Some(index) = places.0 {
            old = self
                .old
                .decide(&mut diagrams, &mut before, index, direction, &window)?;
        }
        let mut new = nowhere;
        if let Some(index) = places.1 {
            new = self
                .new
                .decide(&mut diagrams, &mut after, index, direction, &window)?;
        }
        let verdict =
            |decider: Option<Decider>| decider.map(|one| (one.action, one.unless.is_some()));
        let mut pairs = Pairs::default();
        let both = diagrams.combine(old, new, &mut |a, b| {
            if verdict(before.get(a)) == verdict(after.get(b)) {
                return 0;
            }
            pairs.number(a, b)
        })?;
        let mut changes = BTreeMap::new();
        let differs = &|value| pairs.get(value).is_some();
        for (value, boxes) in flow_box::boxes_by_value(&diagrams, both, differs)? {
            let Some((old, new)) = pairs.get(value) else {
                continue;
            };
            let sides = (before.get(old), after.get(new));
            changes.extend(boxes.into_iter().map(|flows| ((flows, value), sides)));
        }
        let change = |((flows, _), (old, new))| Change {
            interface: interface.clone(),
            direction,
            flows,
            old,
            new,
        };
        Ok(changes.into_iter().map(change).collect())
    }
}

/// Returns everything that changes between two snapshots, interface by
/// interface in the order of their ids.
///
/// # Errors
///
/// Returns [`TooComplex`] when that cannot be written down.
pub fn diff(
    old: Judged<'_>,
    new: Judged<'_>,
    workers: &Workers<'_>,
) -> Result<Vec<Change>, TooComplex> {
    let start = || Diff::new(old, new);
    let mut all: Vec<_> = start().interfaces().into_iter().collect();
    // Rules are lowered once where interfaces of the same groups follow each other.
    let groups = |judged: Judged<'_>, index: Option<InterfaceIndex>| {
        index.map(|index| judged.snapshot.interface(index).groups().to_vec())
    };
    all.sort_by_cached_key(|(_, (before, after))| (groups(old, *before), groups(new, *after)));
    workers.begin(all.len());
    let mut changes = workers.each(&all, start, |diff, (id, _)| {
        let mut changes = diff.at(id, Direction::Ingress)?;
        changes.extend(diff.at(id, Direction::Egress)?);
        Ok(changes)
    })?;
    changes.retain(|own| !own.is_empty());
    changes.sort_by(|one, other| one[0].interface.cmp(&other[0].interface));
    Ok(changes.concat())
}
