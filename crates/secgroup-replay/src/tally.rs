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
    /// Flows: sessions and refused attempts, or records where each is judged
    /// alone.
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
    /// Counts a record, which begins a flow or belongs to one counted before.
    #[inline]
    pub(crate) fn add(&mut self, record: &Record, begins: bool) {
        self.flows = self.flows.saturating_add(u64::from(begins));
        self.packets = self.packets.saturating_add(record.packets);
        self.bytes = self.bytes.saturating_add(record.bytes);
        if let Some(seen) = record.timestamp {
            self.first_seen = Some(self.first_seen.map_or(seen, |first| first.min(seen)));
            self.last_seen = self.last_seen.max(record.last.max(Some(seen)));
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

/// What a record begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Begins {
    /// A flow of its verdict.
    pub(crate) verdict: bool,
    /// The part of a flow that a session let pass.
    pub(crate) session: bool,
}

impl Begins {
    /// It is a flow by itself.
    pub(crate) const FLOW: Self = Self {
        verdict: true,
        session: true,
    };
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
    /// How many records were judged.
    evaluated: u64,
    /// How many of them carry a recorded action.
    recorded: u64,
    /// Answers of open sessions.
    session: Count,
    /// Answers of the platform, and of orphan fragments' flag.
    platform: Count,
    /// What was judged at senders, and at receivers.
    judged: [Count; 2],
    /// What one decider let pass at both ends, which it counts once.
    shared: Count,
    /// By snapshot: one, unless several follow each other.
    parts: Vec<Part>,
}

/// What the rules of one snapshot decided.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Part {
    rules: Vec<Count>,
    groups: Vec<Count>,
    /// Per interface, egress then ingress. A default has one action only, and
    /// the first record tells which.
    defaults: Vec<[(Option<Action>, Count); 2]>,
}

impl Part {
    fn new(snapshot: &Snapshot) -> Self {
        Self {
            rules: vec![Count::default(); snapshot.rules().len()],
            groups: vec![Count::default(); snapshot.groups().len()],
            defaults: vec![[(None, Count::default()); 2]; snapshot.interfaces().len()],
        }
    }

    fn merge(&mut self, other: &Self) {
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
}

impl Tally {
    /// Returns an empty tally for the snapshots of a replay.
    #[must_use]
    pub fn new<'a>(snapshots: impl IntoIterator<Item = &'a Snapshot>) -> Self {
        Self {
            accepted: Count::default(),
            dropped: Count::default(),
            outside: Count::default(),
            contested: Count::default(),
            mismatched: Count::default(),
            over_time: Histogram::default(),
            evaluated: 0,
            recorded: 0,
            session: Count::default(),
            platform: Count::default(),
            judged: [Count::default(); 2],
            shared: Count::default(),
            parts: snapshots.into_iter().map(Part::new).collect(),
        }
    }

    /// Counts a judged record, and says what became of it.
    pub(crate) fn add(
        &mut self,
        record: &Record,
        part: u16,
        sides: &Sides,
        flow: Begins,
    ) -> Outcome {
        let begins = flow.verdict;
        let outcome = sides.outcome();
        self.add_outcome(record, outcome, computed(record, sides), begins);
        self.add_sides(part, sides, flow, |count, begins| count.add(record, begins));
        outcome
    }

    /// Counts packets of one verdict under the first snapshot, each of which
    /// was judged alone; without their times, see [`Tally::add_over_time`].
    pub(crate) fn add_counted(&mut self, count: &Count, sides: &Sides) {
        self.evaluated += count.packets;
        self.of_outcome(sides.outcome()).merge(count);
        self.add_sides(0, sides, Begins::FLOW, |own, _| own.merge(count));
    }

    /// Counts the times of what was counted without.
    pub(crate) fn add_over_time(&mut self, times: &Histogram) {
        self.over_time.merge(times);
    }

    /// Counts at both ends what `add` adds, which is told whether a flow begins.
    #[inline]
    fn add_sides(
        &mut self,
        part: u16,
        sides: &Sides,
        flow: Begins,
        add: impl Fn(&mut Count, bool) + Copy,
    ) {
        let begins = flow.verdict;
        if sides.contested {
            add(&mut self.contested, begins);
        }
        if let Some(side) = sides.egress {
            add(&mut self.judged[0], begins);
            self.add_side(part, &side, 0, flow, add);
        }
        if let Some(side) = sides.ingress {
            add(&mut self.judged[1], begins);
            // What both sides name counts once.
            let again = sides
                .egress
                .is_some_and(|egress| match (egress.by, side.by) {
                    (DecidedBy::IntraGroup(one), DecidedBy::IntraGroup(other)) => one == other,
                    (DecidedBy::Platform(_), DecidedBy::Platform(_))
                    | (DecidedBy::Session, DecidedBy::Session) => true,
                    _ => false,
                });
            if again {
                add(&mut self.shared, begins);
            } else {
                self.add_side(part, &side, 1, flow, add);
            }
        }
    }

    /// Counts a record that belongs to an open session at every judged end.
    #[inline]
    pub(crate) fn add_session(&mut self, record: &Record, ends: [bool; 2], first: bool) {
        self.add_outcome(record, Outcome::Accept, Some(Action::Accept), false);
        for (judged, count) in ends.into_iter().zip(&mut self.judged) {
            if judged {
                count.add(record, false);
            }
        }
        self.session.add(record, first);
        if ends == [true; 2] {
            self.shared.add(record, false);
        }
    }

    /// Counts records that belong to open sessions at the judged ends, none of
    /// which is the first of its session and none of which was recorded.
    pub(crate) fn add_passed(&mut self, records: u64, count: &Count, ends: [bool; 2]) {
        self.evaluated += records;
        self.accepted.merge(count);
        for (judged, own) in ends.into_iter().zip(&mut self.judged) {
            if judged {
                own.merge(count);
            }
        }
        self.session.merge(count);
        if ends == [true; 2] {
            self.shared.merge(count);
        }
    }

    /// Counts records that were dropped as one before them of the same flow.
    pub(crate) fn add_repeated(&mut self, part: u16, sides: &Sides, records: u64, count: &Count) {
        self.evaluated += records;
        self.of_outcome(sides.outcome()).merge(count);
        let flow = Begins {
            verdict: false,
            session: false,
        };
        self.add_sides(part, sides, flow, |own, _| own.merge(count));
    }

    #[inline]
    fn add_outcome(
        &mut self,
        record: &Record,
        outcome: Outcome,
        computed: Option<Action>,
        begins: bool,
    ) {
        self.evaluated += 1;
        if let Some(time) = record.timestamp.filter(|_| begins) {
            self.over_time.add(time, outcome);
        }
        self.of_outcome(outcome).add(record, begins);
        let Some(recorded) = record.recorded else {
            return;
        };
        self.recorded += 1;
        let mismatch = match (recorded, computed) {
            (Recorded::Accept, Some(Action::Drop)) | (Recorded::Reject, Some(Action::Accept)) => {
                true
            }
            (_, Some(Action::Accept | Action::Drop) | None) => false,
        };
        if mismatch {
            self.mismatched.add(record, begins);
        }
    }

    /// Returns the count of what came of it.
    #[inline]
    const fn of_outcome(&mut self, outcome: Outcome) -> &mut Count {
        match outcome {
            Outcome::Accept => &mut self.accepted,
            Outcome::Drop => &mut self.dropped,
            Outcome::Outside | Outcome::Depends => &mut self.outside,
        }
    }

    #[inline]
    fn add_side(
        &mut self,
        part: u16,
        side: &Side,
        place: usize,
        flow: Begins,
        add: impl Fn(&mut Count, bool),
    ) {
        let part = &mut self.parts[usize::from(part)];
        let count = match side.by {
            DecidedBy::Session => return add(&mut self.session, flow.session),
            DecidedBy::Rule(rule) => &mut part.rules[rule.get()],
            DecidedBy::IntraGroup(group) => &mut part.groups[group.get()],
            DecidedBy::Platform(_) | DecidedBy::OrphanFragment => &mut self.platform,
            DecidedBy::Default(_) => {
                let (action, count) = &mut part.defaults[side.interface.get()][place];
                *action = Some(side.action);
                count
            }
        };
        add(count, flow.verdict);
    }

    /// Adds what another worker counted under the same snapshots.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.accepted.merge(&other.accepted);
        self.dropped.merge(&other.dropped);
        self.outside.merge(&other.outside);
        self.contested.merge(&other.contested);
        self.mismatched.merge(&other.mismatched);
        self.over_time.merge(&other.over_time);
        self.evaluated += other.evaluated;
        self.recorded += other.recorded;
        self.session.merge(&other.session);
        self.platform.merge(&other.platform);
        self.shared.merge(&other.shared);
        for (own, more) in self.judged.iter_mut().zip(&other.judged) {
            own.merge(more);
        }
        for (own, more) in self.parts.iter_mut().zip(&other.parts) {
            own.merge(more);
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

    /// Returns the flows by the time of their first record, as far as records
    /// tell theirs.
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
    pub const fn evaluated(&self) -> u64 {
        self.evaluated
    }

    /// Returns the number of flows.
    #[must_use]
    pub fn flows(&self) -> u64 {
        self.verdicts().into_iter().map(|count| count.flows).sum()
    }

    /// Returns the number of snapshots.
    #[must_use]
    pub const fn parts(&self) -> usize {
        self.parts.len()
    }

    /// Returns the traffic that a rule of the first snapshot decided.
    #[must_use]
    pub fn rule(&self, rule: RuleIndex) -> &Count {
        self.rule_of(0, rule)
    }

    /// Returns the traffic that a rule of a snapshot decided.
    #[must_use]
    pub fn rule_of(&self, part: usize, rule: RuleIndex) -> &Count {
        &self.parts[part].rules[rule.get()]
    }

    /// Returns the traffic that passed because both ends share a group of the
    /// first snapshot.
    #[must_use]
    pub fn intra_group(&self, group: GroupIndex) -> &Count {
        self.intra_group_of(0, group)
    }

    /// Returns the traffic that passed because both ends share a group of a
    /// snapshot.
    #[must_use]
    pub fn intra_group_of(&self, part: usize, group: GroupIndex) -> &Count {
        &self.parts[part].groups[group.get()]
    }

    /// Returns the traffic that passed because its session was open, at one end
    /// or both.
    #[must_use]
    pub const fn session(&self) -> &Count {
        &self.session
    }

    /// Returns the traffic of every decider there is: sessions, the platform,
    /// and of each snapshot its rules, groups and defaults.
    pub fn deciders(&self) -> impl Iterator<Item = &Count> {
        let parts = self.parts.iter().flat_map(|part| {
            let defaults = part.defaults.iter().flatten().map(|(_, count)| count);
            part.rules.iter().chain(&part.groups).chain(defaults)
        });
        [&self.session, &self.platform].into_iter().chain(parts)
    }

    /// Returns what was judged at senders, and at receivers. What rules,
    /// defaults, groups, sessions and the platform decided adds up to both
    /// together without [`Tally::shared`].
    #[must_use]
    pub const fn judged(&self) -> &[Count; 2] {
        &self.judged
    }

    /// Returns what one group, the platform or a session let pass at both ends,
    /// which counts once there.
    #[must_use]
    pub const fn shared(&self) -> &Count {
        &self.shared
    }

    /// Returns the answers that the platform gave before any rule was asked.
    #[must_use]
    pub const fn platform(&self) -> &Count {
        &self.platform
    }

    /// Returns the traffic that defaults of the first snapshot decided, in the
    /// order of interfaces.
    pub fn defaults<'a>(
        &'a self,
        snapshot: &'a Snapshot,
    ) -> impl Iterator<Item = DefaultCount> + 'a {
        self.defaults_of(0, snapshot)
    }

    /// Returns the traffic that defaults of a snapshot decided, in the order of
    /// interfaces.
    pub fn defaults_of<'a>(
        &'a self,
        part: usize,
        snapshot: &'a Snapshot,
    ) -> impl Iterator<Item = DefaultCount> + 'a {
        let directions = [Direction::Egress, Direction::Ingress];
        snapshot
            .interfaces()
            .zip(&self.parts[part].defaults)
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
