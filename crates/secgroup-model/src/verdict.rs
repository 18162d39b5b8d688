//! Verdicts, and what decided them.

use std::fmt;

use crate::{Action, GroupIndex, GroupKind, InterfaceIndex, PlatformException, RuleIndex};

/// What happens to a flow at one interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Decision {
    /// It passes.
    Accept,
    /// It is discarded.
    Drop,
    /// It hangs on something the question leaves open (3.5.9).
    Depends,
}

/// What decided about a flow at one interface: one variant per tier, in the
/// order in which they are asked (3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DecidedBy {
    /// Traffic the groups cannot influence (3.9).
    Platform(PlatformException),
    /// A session that is open (3.8). The reference and the engines, which see
    /// one packet only, never answer this.
    Session,
    /// A later fragment without its first, under `eval.orphan_fragments` (3.5.11).
    OrphanFragment,
    /// A group that both ends share and whose members reach each other (3.7).
    IntraGroup(GroupIndex),
    /// A custom rule (3.2, 3.3).
    Rule(RuleIndex),
    /// No rule matched: the default of the group type (3.4).
    Default(GroupKind),
}

/// The answer of one interface in one direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Verdict {
    /// The interface that was asked.
    pub interface: InterfaceIndex,
    /// What it does with the flow.
    pub decision: Decision,
    /// What decided. For [`Decision::Depends`], the strongest that decides for
    /// some value of the open fields.
    pub by: DecidedBy,
    /// For [`Decision::Depends`], the strongest that decides the other way for
    /// other values; none when there are too many values to try them all.
    pub otherwise: Option<DecidedBy>,
}

/// Something an auditor must know about an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Note {
    /// The other reading of `eval.intra_group_egress` gives another verdict (3.7.6).
    ContestedIntraGroupEgress,
    /// The other reading of `eval.all_means` gives another verdict (3.5.5).
    ContestedAllMeans,
    /// The platform blocks outbound TCP 25 to the Internet by default (3.9.6).
    PlatformTcp25,
    /// The ends are in different networks, each judged in its own (9.18).
    TwoNetworks,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ContestedIntraGroupEgress => "contested:intra-group-egress",
            Self::ContestedAllMeans => "contested:all-means",
            Self::PlatformTcp25 => "platform:tcp25",
            Self::TwoNetworks => "scope:two-networks",
        })
    }
}

/// The end-to-end answer (3.10.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Every judged side lets the flow pass.
    Accept,
    /// A side discards it.
    Drop,
    /// Neither end is in the snapshot.
    Outside,
    /// It hangs on something the question leaves open.
    Depends,
}

/// The answers of both ends, with notes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evaluation {
    /// The sender's interface, when the snapshot has it.
    pub egress: Option<Verdict>,
    /// The receiver's interface, when the snapshot has it.
    pub ingress: Option<Verdict>,
    /// What both sides come to together, where each alone depends on what the
    /// question leaves open but never do both let the flow pass.
    pub settled: Option<Outcome>,
    /// What an auditor must know, ascending.
    pub notes: Vec<Note>,
}

impl Evaluation {
    /// Combines both sides: the flow passes when every judged side lets it.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        let decided = |decision| {
            self.egress
                .iter()
                .chain(&self.ingress)
                .any(|side| side.decision == decision)
        };
        if let Some(settled) = self.settled {
            settled
        } else if self.egress.is_none() && self.ingress.is_none() {
            Outcome::Outside
        } else if decided(Decision::Drop) {
            Outcome::Drop
        } else if decided(Decision::Depends) {
            Outcome::Depends
        } else {
            Outcome::Accept
        }
    }
}

impl From<Action> for Decision {
    fn from(action: Action) -> Self {
        match action {
            Action::Accept => Self::Accept,
            Action::Drop => Self::Drop,
        }
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Accept => "accept",
            Self::Drop => "drop",
            Self::Depends => "depends",
        })
    }
}

impl Outcome {
    /// Returns `accept`, `drop`, `outside` or `depends`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Drop => "drop",
            Self::Outside => "outside",
            Self::Depends => "depends",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
