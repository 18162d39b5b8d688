//! A fold over answers: equal for engines that did the same work.

use secgroup_matcher::{Answer, Side};
use secgroup_model::{Action, DecidedBy, GroupKind, Outcome, Snapshot};
use secgroup_replay::{Count, Report};

/// The prime of 64-bit FNV-1a, and where that fold begins.
const PRIME: u64 = 0x0000_0100_0000_01b3;
const BASIS: u64 = 0xcbf2_9ce4_8422_2325;

/// Folds verdict, tier and deciding rule of every answer, in order.
#[must_use]
pub fn of_answers(answers: &[Answer]) -> u64 {
    let mut sum = Checksum(BASIS);
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
    sum.0
}

/// Folds what a replay counted: verdicts, then rules, then defaults.
#[must_use]
pub fn of_report(snapshot: &Snapshot, report: &Report) -> u64 {
    let mut sum = Checksum(BASIS);
    sum.add(report.skipped());
    for count in report.tally.verdicts() {
        sum.add_count(count);
    }
    for (rule, _) in snapshot.rules() {
        sum.add_count(report.tally.rule(rule));
    }
    for default in report.tally.defaults(snapshot) {
        sum.add(default.interface.get() as u64);
        sum.add_action(default.action);
        sum.add_count(&default.count);
    }
    sum.0
}

struct Checksum(u64);

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

    fn add_action(&mut self, action: Action) {
        self.add(match action {
            Action::Accept => 1,
            Action::Drop => 2,
        });
    }

    fn add_count(&mut self, count: &Count) {
        self.add(count.flows);
        self.add(count.packets);
        self.add(count.bytes);
    }

    fn add(&mut self, value: u64) {
        for byte in value.to_le_bytes() {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(PRIME);
        }
    }
}
