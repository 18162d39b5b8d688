//! What decided about a flow, as one thing.

use secgroup_matcher::{Side, Sides};
use secgroup_model::{Action, Direction, Outcome};

/// The side that was examined last: the one that drops, else the receiver's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Decider {
    /// The snapshot that indices are of, by its number in the replay.
    pub part: u16,
    /// The side with its direction; none where neither end is in the snapshot.
    pub side: Option<(Direction, Side)>,
}

/// What decided about some flows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deciders {
    /// One of those that did: the least, so that it is always the same.
    pub one: Decider,
    /// Whether others did, too.
    pub are_several: bool,
}

impl Deciders {
    /// Returns the decider of a flow.
    pub(crate) const fn of(one: Decider) -> Self {
        Self {
            one,
            are_several: false,
        }
    }

    /// Adds those of other flows.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.are_several |= other.are_several | (self.one != other.one);
        self.one = self.one.min(other.one);
    }
}

impl Decider {
    /// Nothing decided yet.
    pub(crate) const NONE: Self = Self {
        part: 0,
        side: None,
    };

    /// Returns what decided about an answer.
    pub(crate) fn of(sides: &Sides, part: u16) -> Self {
        let egress = sides.egress.map(|side| (Direction::Egress, side));
        let ingress = sides.ingress.map(|side| (Direction::Ingress, side));
        let side = match egress {
            Some((_, side)) if side.action == Action::Drop => egress,
            _ => ingress.or(egress),
        };
        Self { part, side }
    }

    /// Returns what came of it.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        match self.side {
            None => Outcome::Outside,
            Some((_, side)) => match side.action {
                Action::Accept => Outcome::Accept,
                Action::Drop => Outcome::Drop,
            },
        }
    }
}
