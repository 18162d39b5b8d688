//! One interface in one direction, as a list of disjoint regions.

use std::collections::BTreeMap;

use secgroup_model::{Action, Direction, InterfaceIndex, RuleIndex, Semantics, Snapshot};

use crate::decider::{Decider, Deciders};
use crate::diagram::{Diagrams, Node, TooComplex};
use crate::flow_box::{self, FlowBox};
use crate::hop::{Hops, Window};

/// Flows about which one thing decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region {
    /// The flows.
    pub flows: FlowBox,
    /// What decides.
    pub decider: Decider,
}

/// What an interface does in one direction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Side {
    /// The rules that it asks, in order of precedence (3.3); those of equal
    /// priority and action in input order.
    pub rules: Vec<RuleIndex>,
    /// Every flow in exactly one region.
    pub regions: Vec<Region>,
    /// The flows that pass.
    pub accepted: Vec<FlowBox>,
    /// The flows that are dropped.
    pub dropped: Vec<FlowBox>,
}

/// What an interface amounts to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effective {
    /// What comes in.
    pub ingress: Side,
    /// What goes out.
    pub egress: Side,
}

/// Returns what the rules of all groups of an interface amount to, for the
/// flows in a window.
///
/// # Errors
///
/// Returns [`TooComplex`] when that cannot be written down.
pub fn effective(
    snapshot: &Snapshot,
    semantics: &Semantics,
    interface: InterfaceIndex,
    window: &Window,
) -> Result<Effective, TooComplex> {
    let mut hops = Hops::new(snapshot, semantics);
    let mut side = |direction| {
        let (mut diagrams, mut deciders) = (Diagrams::new(), Deciders::new());
        let node = hops.decide(&mut diagrams, &mut deciders, interface, direction, window)?;
        let action = |wanted: Action| {
            let deciders = &deciders;
            move |value| {
                let decider = deciders.get(value);
                u32::from(decider.is_some_and(|one: Decider| one.action == wanted))
            }
        };
        let accepted = diagrams.map(node, &mut action(Action::Accept))?;
        let dropped = diagrams.map(node, &mut action(Action::Drop))?;
        Ok(Side {
            rules: rules(snapshot, interface, direction),
            regions: regions(&diagrams, &deciders, node)?,
            accepted: flow_box::boxes(&diagrams, accepted, 1)?,
            dropped: flow_box::boxes(&diagrams, dropped, 1)?,
        })
    };
    Ok(Effective {
        ingress: side(Direction::Ingress)?,
        egress: side(Direction::Egress)?,
    })
}

/// Returns the rules of an interface in order of precedence.
pub(crate) fn rules(
    snapshot: &Snapshot,
    interface: InterfaceIndex,
    direction: Direction,
) -> Vec<RuleIndex> {
    let groups = snapshot.interface(interface).groups().iter();
    let all = groups.flat_map(|group| snapshot.rules_of(*group));
    let mut own: Vec<RuleIndex> = all
        .filter(|(_, placed)| placed.rule().direction == direction)
        .map(|(index, _)| index)
        .collect();
    own.sort_by_key(|index| precedence(snapshot, *index));
    own
}

/// Orders rules: priority, drop before accept, input order (3.3).
pub(crate) fn precedence(snapshot: &Snapshot, index: RuleIndex) -> (u8, bool, RuleIndex) {
    let rule = snapshot.rule(index).rule();
    (rule.priority.get(), rule.action == Action::Accept, index)
}

/// Returns the regions of a function, those of one decider together.
fn regions(
    diagrams: &Diagrams,
    deciders: &Deciders,
    node: Node,
) -> Result<Vec<Region>, TooComplex> {
    let mut by_place: BTreeMap<(FlowBox, u32), Decider> = BTreeMap::new();
    let decided = &|value| deciders.get(value).is_some();
    for (value, boxes) in flow_box::boxes_by_value(diagrams, node, decided)? {
        let Some(decider) = deciders.get(value) else {
            continue;
        };
        by_place.extend(boxes.into_iter().map(|flows| ((flows, value), decider)));
    }
    let regions = by_place.into_iter();
    Ok(regions
        .map(|((flows, _), decider)| Region { flows, decider })
        .collect())
}
