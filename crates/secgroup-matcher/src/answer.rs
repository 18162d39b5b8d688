//! What the matcher answers.

use secgroup_model::{Action, Ambiguous, DecidedBy, InterfaceIndex, Outcome};

/// The answer about one flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The sides that the snapshot has were judged.
    Judged(Sides),
    /// Nothing says which network an address belongs to.
    Ambiguous(Ambiguous),
}

/// The answers of both ends; none where an end is outside the snapshot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sides {
    /// The sender's interface.
    pub egress: Option<Side>,
    /// The receiver's interface.
    pub ingress: Option<Side>,
    /// Whether the other reading of `eval.intra_group_egress` gives another
    /// verdict (3.7.6).
    pub contested: bool,
}

/// The answer of one interface in one direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Side {
    /// The interface.
    pub interface: InterfaceIndex,
    /// What it does with the flow.
    pub action: Action,
    /// What decided.
    pub by: DecidedBy,
}

impl Sides {
    /// Combines both sides: the flow passes when every judged side lets it (3.10.1).
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        match (self.egress, self.ingress) {
            (None, None) => Outcome::Outside,
            (egress, ingress) => {
                let drops = |side: Option<Side>| side.is_some_and(|one| one.action == Action::Drop);
                if drops(egress) || drops(ingress) {
                    Outcome::Drop
                } else {
                    Outcome::Accept
                }
            }
        }
    }
}
