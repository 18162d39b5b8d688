//! What was judged, counted by what decided.
//!
//! Tallies are sums, least and greatest times: merged in any order they give
//! the same result, so the number of threads cannot show.

use secgroup_matcher::{Side, Sides};
use secgroup_model::{
    Action, DecidedBy, Direction, GroupIndex, InterfaceIndex, Outcome, RuleIndex, Snapshot,
};

use crate::comparison::computed;
use crate::flow_log::Recorded;
use crate::{Histogram, Record, Timestamp};

/// Traffic. Sums stay at the greatest number when they would pass it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Flows, or packets where each is judged alone.
    pub flows: u64,
    /// Packets.
    pub packets: u64,
    /// Bytes on the wire.
    pub bytes: u64,
    /// The earliest time.
    pub first_seen: Option<Timestamp>,
    /// The latest time.
    pub last_seen: Option<Timestamp>,
}

impl Count {
    /// Counts a record.
    #[inline]
    pub(crate) fn add(&mut self, record: &Record) {
        self.flows = self.flows.saturating_add(1);
        self.packets = self.packets.saturating_add(record.packets);
        self.bytes = self.bytes.saturating_add(record.bytes);
        if let Some(seen) = record.timestamp {
            self.first_seen = Some(self.first_seen.map_or(seen, |first| first.min(seen)));
            self.last_seen = Some(self.last_seen.map_or(seen, |last| last.max(seen)));
        }
    }

    /// Adds another count.
    pub fn merge(&mut self, other: &Self) {
        self.flows = self.flows.saturating_add(other.flows);
        self.packets = self.packets.saturating_add(other.packets);
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.first_seen = match (self.first_seen, other.first_seen) {
            (Some(own), Some(more)) => Some(own.min(more)),
            (own, more) => own.or(more),
        };
        self.last_seen = self.last_seen.max(other.last_seen);
    }
}

/// Traffic that no rule matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DefaultCount {
    /// The interface whose default decided.
    pub interface: InterfaceIndex,
    /// The direction.
    pub direction: Direction,
    /// What the default is.
    pub action: Action,
    /// How much.
    pub count: Count,
}

/// Everything judged so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tally {
    accepted: Count,
    dropped: Count,
    outside: Count,
    contested: Count,
    mismatched: Count,
    over_time: Histogram,
    /// How many records carry a recorded action.
    recorded: u64,
    rules: Vec<Count>,
    groups: Vec<Count>,
    /// Per interface, egress then ingress. A default has one action only, and
    /// the first record tells which.
    defaults: Vec<[(Option<Action>, Count); 2]>,
    /// Answers of the platform, and of orphan fragments' flag.
    platform: Count,
}

impl Tally {
    /// Returns an empty tally for a snapshot.
    #[must_use]
    pub fn new(snapshot: &Snapshot) -> Self {
        Self {
            accepted: Count::default(),
            dropped: Count::default(),
            outside: Count::default(),
            contested: Count::default(),
            mismatched: Count::default(),
            over_time: Histogram::default(),
            recorded: 0,
            rules: vec![Count::default(); snapshot.rules().len()],
            groups: vec![Count::default(); snapshot.groups().len()],
            defaults: vec![[(None, Count::default()); 2]; snapshot.interfaces().len()],
            platform: Count::default(),
        }
    }

    /// Counts a judged record, and says what became of it.
    pub(crate) fn add(&mut self, record: &Record, sides: &Sides) -> Outcome {
        let outcome = sides.outcome();
        match outcome {
            Outcome::Accept => self.accepted.add(record),
            Outcome::Drop => self.dropped.add(record),
            Outcome::Outside | Outcome::Depends => self.outside.add(record),
        }
        if let Some(time) = record.timestamp {
            self.over_time.add(time, outcome);
        }
        if sides.contested {
            self.contested.add(record);
        }
        self.recorded += u64::from(record.recorded.is_some());
        let mismatch = match (record.recorded, computed(record, sides)) {
            (Some(Recorded::Accept), Some(Action::Drop))
            | (Some(Recorded::Reject), Some(Action::Accept)) => true,
            (_, Some(Action::Accept | Action::Drop) | None) => false,
        };
        if mismatch {
            self.mismatched.add(record);
        }
        if let Some(side) = sides.egress {
            self.add_side(record, &side, 0);
        }
        if let Some(side) = sides.ingress {
            // What both sides name counts once.
            let again = sides
                .egress
                .is_some_and(|egress| match (egress.by, side.by) {
                    (DecidedBy::IntraGroup(one), DecidedBy::IntraGroup(other)) => one == other,
                    (DecidedBy::Platform(_), DecidedBy::Platform(_)) => true,
                    _ => false,
                });
            if !again {
                self.add_side(record, &side, 1);
            }
        }
        outcome
    }

    fn add_side(&mut self, record: &Record, side: &Side, place: usize) {
        match side.by {
            DecidedBy::Rule(rule) => self.rules[rule.get()].add(record),
            DecidedBy::IntraGroup(group) => self.groups[group.get()].add(record),
            DecidedBy::Platform(_) | DecidedBy::OrphanFragment => self.platform.add(record),
            DecidedBy::Default(_) => {
                let (action, count) = &mut self.defaults[side.interface.get()][place];
                *action = Some(side.action);
                count.add(record);
            }
        }
    }

    /// Adds what another worker counted under the same snapshot.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.accepted.merge(&other.accepted);
        self.dropped.merge(&other.dropped);
        self.outside.merge(&other.outside);
        self.contested.merge(&other.contested);
        self.mismatched.merge(&other.mismatched);
        self.over_time.merge(&other.over_time);
        self.recorded += other.recorded;
        self.platform.merge(&other.platform);
        let add = |own: &mut [Count], more: &[Count]| {
            own.iter_mut()
                .zip(more)
                .for_each(|(own, more)| own.merge(more));
        };
        add(&mut self.rules, &other.rules);
        add(&mut self.groups, &other.groups);
        let defaults = self
            .defaults
            .iter_mut()
            .flatten()
            .zip(other.defaults.iter().flatten());
        for ((action, count), (more_action, more)) in defaults {
            *action = action.or(*more_action);
            count.merge(more);
        }
    }

    /// Returns the traffic that passed, that was dropped, and that has no end
    /// in the snapshot.
    #[must_use]
    pub const fn verdicts(&self) -> [&Count; 3] {
        [&self.accepted, &self.dropped, &self.outside]
    }

    /// Returns the traffic about which the other reading of
    /// `eval.intra_group_egress` has another verdict (3.7.6).
    #[must_use]
    pub const fn contested(&self) -> &Count {
        &self.contested
    }

    /// Returns the traffic about which the input records another verdict.
    #[must_use]
    pub const fn mismatched(&self) -> &Count {
        &self.mismatched
    }

    /// Returns the verdicts over time, as far as records tell theirs.
    #[must_use]
    pub const fn over_time(&self) -> &Histogram {
        &self.over_time
    }

    /// Returns the number of judged records that carry a recorded action.
    #[must_use]
    pub const fn recorded(&self) -> u64 {
        self.recorded
    }

    /// Returns the number of judged records.
    #[must_use]
    pub fn evaluated(&self) -> u64 {
        self.verdicts().into_iter().map(|count| count.flows).sum()
    }

    /// Returns the traffic that a rule decided.
    #[must_use]
    pub fn rule(&self, rule: RuleIndex) -> &Count {
        &self.rules[rule.get()]
    }

    /// Returns the traffic that passed because both ends share a group.
    #[must_use]
    pub fn intra_group(&self, group: GroupIndex) -> &Count {
        &self.groups[group.get()]
    }

    /// Returns the answers that the platform gave before any rule was asked.
    #[must_use]
    pub const fn platform(&self) -> &Count {
        &self.platform
    }

    /// Returns the traffic that defaults decided, in the order of interfaces.
    pub fn defaults<'a>(
        &'a self,
        snapshot: &'a Snapshot,
    ) -> impl Iterator<Item = DefaultCount> + 'a {
        let directions = [Direction::Egress, Direction::Ingress];
        snapshot
            .interfaces()
            .zip(&self.defaults)
            .flat_map(move |((interface, _), counts)| {
                let counted = directions.into_iter().zip(counts);
                counted.filter_map(move |(direction, (action, count))| {
                    Some(DefaultCount {
                        interface,
                        direction,
                        action: (*action)?,
                        count: *count,
                    })
                })
            })
    }
}
