//! A fold over answers: equal for engines that did the same work.

use secgroup_matcher::{Answer, Side};
use secgroup_model::{Action, DecidedBy, GroupKind, Outcome};

/// The prime of 64-bit FNV-1a, and where that fold begins.
const PRIME: u64 = 0x0000_0100_0000_01b3;
const BASIS: u64 = 0xcbf2_9ce4_8422_2325;

/// Folds verdict, tier and deciding rule of every answer, in order.
#[must_use]
pub fn of_answers(answers: &[Answer]) -> u64 {
    let mut sum = Checksum::default();
    for answer in answers {
        match answer {
            Answer::Judged(sides) => {
                sum.add(match sides.outcome() {
                    Outcome::Accept => 1,
                    Outcome::Drop => 2,
                    Outcome::Outside => 3,
                    Outcome::Depends => 4,
                });
                sum.add_side(sides.egress);
                sum.add_side(sides.ingress);
            }
            Answer::Ambiguous(_) => sum.add(5),
        }
    }
    sum.finish()
}

/// A fold of numbers, in the order in which they are added.
#[derive(Debug)]
pub struct Checksum(u64);

impl Default for Checksum {
    fn default() -> Self {
        Self(BASIS)
    }
}

impl Checksum {
    fn add_side(&mut self, side: Option<Side>) {
        let Some(side) = side else {
            return self.add(0);
        };
        self.add(1 + side.interface.get() as u64);
        self.add_action(side.action);
        let (tier, detail) = match side.by {
            DecidedBy::Platform(exception) => (1, exception as u64),
            DecidedBy::OrphanFragment => (2, 0),
            DecidedBy::IntraGroup(group) => (3, group.get() as u64),
            DecidedBy::Rule(rule) => (4, rule.get() as u64),
            DecidedBy::Default(GroupKind::Basic) => (5, 0),
            DecidedBy::Default(GroupKind::Advanced) => (5, 1),
            DecidedBy::Session => (6, 0),
        };
        self.add(tier);
        self.add(detail);
    }

    /// Adds what stands for an action.
    pub fn add_action(&mut self, action: Action) {
        self.add(match action {
            Action::Accept => 1,
            Action::Drop => 2,
        });
    }

    /// Adds a number.
    pub fn add(&mut self, value: u64) {
        for byte in value.to_le_bytes() {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(PRIME);
        }
    }

    /// Returns what came of it.
    #[must_use]
    pub const fn finish(self) -> u64 {
        self.0
    }
}
