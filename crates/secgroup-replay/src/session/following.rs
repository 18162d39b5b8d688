//! What becomes of one record.

use secgroup_matcher::{Answer, Side, Sides};
use secgroup_model::{
    Action, ConnectionTimers, Conntrack, DecidedBy, Flow, OnChange, Outcome, Protocol,
};

use super::half::{Half, Seen, after};
use super::key::{Class, End, Key, Keyed, LoneKey};
use super::lone::{Lone, Repeats, lone_update};
use super::midstream::Opener;
use super::recent::{Came, Recents, Usually, Whose};
use super::running::{Event, Finished, Running};
use super::state::{Passed, Session, session_update};
use super::table::Table;
use super::{SESSIONS_PER_FLOW, SessionCounts};
use crate::decider::Decider;
use crate::tally::{Begins, Tally};
use crate::timeline::{Part, Timeline};
use crate::{Record, Skip};

/// How much longer than its idle time a session is remembered, in seconds. A
/// record that comes late by less is judged as if it had come in time.
const GRACE: i64 = 60;

/// Nanoseconds of a second.
const SECOND: i64 = 1_000_000_000;

/// What all shards share.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Job<'a> {
    /// The snapshots.
    pub(crate) timeline: &'a Timeline<'a>,
    /// The flags.
    pub(crate) conntrack: Conntrack,
    /// Whether rows are wanted.
    pub(crate) rows: bool,
}

/// A job with what some shards share.
#[derive(Debug)]
pub(super) struct Work<'a> {
    pub(super) job: Job<'a>,
    /// Flows whose packets most likely go on as they do.
    pub(super) recents: &'a mut Recents,
}

impl Job<'_> {
    /// Returns the idle limit of a protocol where no interface has its own.
    pub(super) fn usual(&self, protocol: Protocol) -> u16 {
        let timers = ConnectionTimers::default();
        self.conntrack.limits(protocol, timers).open
    }
}

/// Where a record stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    /// Its number in the replay.
    pub(crate) sequence: u64,
    /// Its chunk in the round, and its place there.
    pub(crate) at: (u32, u32),
    /// When what is read began, as far as sessions are concerned.
    pub(crate) start: i64,
    /// The snapshot it is judged by.
    pub(crate) part: u16,
    /// Where it was when the records around it were looked up.
    pub(crate) hint: Hint,
}

/// Where a record may be known.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Hint {
    /// Its session.
    session: Option<u32>,
    /// The flow without session that it continues.
    pub(super) lone: Option<u32>,
}

/// What became of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Became {
    /// The verdict.
    pub(crate) outcome: Outcome,
    /// What decided about its flow; for a record in a session, about the one
    /// that opened it.
    pub(crate) decider: Decider,
    /// Whether it began a flow.
    pub(crate) begins: bool,
}

/// Sessions and flows without one, under one configuration.
#[derive(Debug)]
pub(crate) struct Following {
    pub(super) sessions: Table<Key, Session>,
    pub(super) lone: Table<LoneKey, Lone>,
    /// When something was last put in.
    previous: i64,
    pub(super) events: Vec<Event>,
    pub(super) finished: Vec<Finished>,
    pub(super) counts: SessionCounts,
    passed: Passed,
    /// What was dropped as a record before, and is not in a tally yet.
    pub(super) repeats: Vec<Repeats>,
}

impl Following {
    pub(super) fn new(most: usize) -> Self {
        Self {
            sessions: Table::new(most),
            lone: Table::new(most / SESSIONS_PER_FLOW),
            previous: i64::MIN,
            events: Vec::new(),
            finished: Vec::new(),
            counts: SessionCounts::default(),
            passed: Passed::default(),
            repeats: Vec::new(),
        }
    }

    /// Returns where the records of a key may be known now, and begins to fetch
    /// that; `lone_key` is what they are known by without a session.
    #[inline]
    pub(super) fn look_up(&self, key: &Key, lone_key: impl FnOnce() -> LoneKey) -> Hint {
        let session = self.sessions.look_up(key);
        let lone = match session {
            Some(_) => None,
            None => self.lone.look_up(&lone_key()),
        };
        Hint { session, lone }
    }

    /// Returns how the flow of a usual packet goes on, of which became what it
    /// did.
    pub(super) fn usually(
        &self,
        job: &Job<'_>,
        Keyed { key, from, .. }: &Keyed,
    ) -> Option<Usually> {
        match self.sessions.find(key) {
            Some(at) => self.sessions.look(at).usually(at),
            None => self.usually_dropped(job, key, *from),
        }
    }

    /// Says to what packets belong which of them came.
    pub(super) fn settle(&mut self, whose: Whose, came: &Came) {
        match whose {
            Whose::Session(at) => self.sessions.at(at).pass_many(came, &mut self.passed),
            Whose::Lone(at) => self.lone.at(at).repeat(came),
        }
    }

    /// Adds what was counted apart to a tally.
    pub(super) fn count_in(&mut self, tally: &mut Tally) {
        self.passed.count_in(tally);
        for repeats in self.repeats.drain(..) {
            repeats.count_in(tally);
        }
    }

    /// Follows a record: "the first stage that answers decides" (3.1).
    #[inline]
    pub(super) fn record(
        &mut self,
        work: &mut Work<'_>,
        record: &Record,
        keyed: &Keyed,
        place: Place,
        tally: &mut Tally,
    ) -> Result<Became, Skip> {
        let job = work.job;
        if let Some(gone) = work.recents.take(&keyed.key) {
            self.settle(gone.whose, &gone.came);
        }
        if keyed.class != Class::Tracked {
            return self.untracked(work, record, keyed, place, tally);
        }
        let seen = Seen::of(record);
        let Some(at) = self.sessions.find_again(&keyed.key, place.hint.session) else {
            // PERF: what is dropped is dropped again without being judged.
            if let Some(became) = self.repeated(&job, record, keyed, place, tally) {
                return Ok(became);
            }
            return self.judge(work, record, keyed, place, None, tally);
        };
        let session = self.sessions.at(at);
        if session.pass_steadily(record, seen, place.part) {
            let ends = session.managed;
            let decider = if job.timeline.against().is_some() || record.recorded.is_some() {
                session.decider
            } else {
                Decider::NONE
            };
            if record.recorded.is_some() {
                tally.add_session(record, ends, false);
            } else {
                let (records, count) = self.passed.at(ends);
                *records += 1;
                count.add(record, false);
            }
            return Ok(Became {
                outcome: Outcome::Accept,
                decider,
                begins: false,
            });
        }
        session.unsettle();
        if session.is_before(place.part) {
            self.renew(&job, at, seen, place.part);
        }
        let session = self.sessions.at(at);
        let live = session.live(seen);
        let managed = managed_under(&job, &keyed.key, session, place.part);
        let open = |end: End| live[end] || !managed[end];
        let running = session
            .running
            .as_mut()
            .filter(|_| open(0) && open(1) && (managed[0] || managed[1]));
        let Some(running) = running else {
            return self.judge(work, record, keyed, place, Some((at, live)), tally);
        };
        // "Packets of both directions of that session are allowed without rules."
        running.add(record, seen);
        let first = running.carry();
        let mut closed = false;
        for half in session.halves.iter_mut().flatten() {
            let before = half.is_closed();
            half.pass(keyed.from, record.tcp_flags, seen);
            closed |= half.is_closed() && !before;
        }
        let decider = session.decider;
        if closed {
            self.sessions.changed(at);
        } else {
            session.settle();
        }
        tally.add_session(record, managed, first);
        Ok(Became {
            outcome: Outcome::Accept,
            decider,
            begins: false,
        })
    }

    /// Judges a record that no session lets pass at every end.
    fn judge(
        &mut self,
        work: &mut Work<'_>,
        record: &Record,
        keyed: &Keyed,
        place: Place,
        known: Option<(u32, [bool; 2])>,
        tally: &mut Tally,
    ) -> Result<Became, Skip> {
        let job = work.job;
        let part = job.timeline.part(place.part);
        let live = known.map_or([false; 2], |(_, live)| live);
        let opener = if live == [false; 2] {
            self.opener(&job, record, keyed, known.is_some(), place.start)
        } else {
            Opener::Sender
        };
        let (flow, from) = match opener {
            Opener::Sender => (record.flow, keyed.from),
            Opener::Receiver => (record.flow.reversed(), 1 - keyed.from),
            Opener::Unknown => return Err(Skip::Midstream),
        };
        let mut sides = match part.decide_one(&flow, record.vpc) {
            Answer::Judged(sides) => sides,
            Answer::Ambiguous(_) => return Err(Skip::AmbiguousAddress),
        };
        by_session(&mut sides.egress, live[from]);
        by_session(&mut sides.ingress, live[1 - from]);
        let sender = keyed.from;
        let record = &Record { flow, ..*record };
        let keyed = &Keyed { from, ..*keyed };
        let outcome = sides.outcome();
        let at = known.map(|(at, _)| at);
        let at = self.pass(work, record, (keyed, sender), place, (at, live), &sides);
        let Some(at) = at.filter(|_| outcome == Outcome::Accept) else {
            let from = (outcome != Outcome::Outside).then_some(from);
            let key = keyed.key.without_session(&flow, from, None);
            return Ok(self.gather(work, record, (key, keyed.from), place, &sides, tally));
        };
        self.counts.opened += 1;
        self.counts.inferred += u64::from(opener == Opener::Receiver);
        Ok(self.begin(&job, record, (at, from), place, &sides, tally))
    }

    /// Begins a flow that a session now lets pass.
    fn begin(
        &mut self,
        job: &Job<'_>,
        record: &Record,
        (at, from): (u32, End),
        place: Place,
        sides: &Sides,
        tally: &mut Tally,
    ) -> Became {
        let seen = Seen::of(record);
        let mut running = Running::begin(place.sequence, from, Outcome::Accept);
        running.add(record, seen);
        let session = [sides.egress, sides.ingress]
            .into_iter()
            .flatten()
            .any(|side| side.by == DecidedBy::Session);
        if session {
            running.carry();
        }
        let decider = Decider::of(sides, place.part);
        let known = self.sessions.at(at);
        known.born = place.sequence;
        let before = known.running.replace(running);
        let decider_before = std::mem::replace(&mut known.decider, decider);
        let key = self.sessions.key(at);
        self.finished
            .extend(before.map(|before| before.finish(key, decider_before)));
        self.sessions.changed(at);
        let begins = Begins::FLOW;
        tally.add(record, place.part, sides, begins);
        self.tell(job, record, place, sides);
        Became {
            outcome: Outcome::Accept,
            decider,
            begins: true,
        }
    }

    /// Lets the record pass where it does: "hop" of one end after the other.
    /// A packet that the sender's interface drops never reaches the receiver's.
    fn pass(
        &mut self,
        work: &mut Work<'_>,
        record: &Record,
        (keyed, sender): (&Keyed, End),
        place: Place,
        (at, live): (Option<u32>, [bool; 2]),
        sides: &Sides,
    ) -> Option<u32> {
        let job = work.job;
        let (part, seen) = (job.timeline.part(place.part), Seen::of(record));
        let ends = [(keyed.from, sides.egress), (1 - keyed.from, sides.ingress)];
        let passes = |side: &Side| side.action == Action::Accept;
        let reached = if sides.egress.as_ref().is_none_or(passes) {
            2
        } else {
            0
        };
        let passed = ends.into_iter().take(reached);
        let passed = passed.filter_map(|(end, side)| Some((end, side.filter(passes)?)));
        let mut at = at;
        for (end, side) in passed {
            let own = *at.get_or_insert_with(|| self.open(work, keyed.key, place, seen));
            let session = self.sessions.at(own);
            let kept = session.halves[end].filter(|_| live[end]);
            let mut half = kept.unwrap_or_else(|| {
                let timers = part.timers(side.interface);
                let limits = job.conntrack.limits(record.flow.protocol, timers);
                let here = (part.interface(side.interface), place.part);
                Half::open(here, limits, &record.flow, keyed.from, seen)
            });
            half.pass(sender, record.tcp_flags, seen);
            session.halves[end] = Some(half);
        }
        let own = at?;
        let session = self.sessions.at(own);
        for (end, side) in ends {
            session.managed[end] = side.is_some();
        }
        let parts = session.halves.iter().flatten().map(|half| half.part);
        session.part = parts.min().unwrap_or(place.part);
        self.sessions.changed(own);
        Some(own)
    }

    /// Makes room for a session.
    fn open(&mut self, work: &mut Work<'_>, key: Key, place: Place, seen: Seen) -> u32 {
        self.forget(work, seen, place.start);
        let session = Session::new(place.part, place.sequence);
        let update = session_update(work.recents, &mut self.passed);
        let (at, gone) = self.sessions.insert(key, session, update);
        if let Some((key, mut gone)) = gone {
            gone.unsettle();
            self.counts.evicted += u64::from(gone.live(seen) != [false; 2]);
            self.finished.extend(gone.finish(key));
        }
        at
    }

    /// Forgets what ended long ago. One wrong time among right ones does no
    /// harm, and neither does a record that comes late: see [`GRACE`].
    pub(super) fn forget(&mut self, work: &mut Work<'_>, seen: Seen, start: i64) {
        let job = work.job;
        let clock = self.previous.min(seen.last);
        self.previous = seen.last;
        let ended = clock.saturating_sub(GRACE * SECOND);
        // Meanwhile a packet may belong to a session that is older than the
        // input, so what is over must be known (3.8.4).
        if ended <= after(start, job.usual(Protocol::TCP)) {
            return;
        }
        for _ in 0..2 {
            let update = session_update(work.recents, &mut self.passed);
            if let Some((key, gone)) = self.sessions.pop(ended, update) {
                self.finished.extend(gone.finish(key));
            }
            let update = lone_update(work.recents);
            if let Some((key, gone)) = self.lone.pop(ended, update) {
                self.end_lone(&key, gone);
            }
        }
    }

    /// Judges the opening packets of a session again, under every snapshot that
    /// came into force since (3.8.5).
    pub(super) fn renew(&mut self, job: &Job<'_>, at: u32, seen: Seen, now: u16) {
        let key = self.sessions.key(at);
        self.sessions.at(at).unsettle();
        for end in 0..2 {
            let Some(half) = self.sessions.at(at).halves[end] else {
                continue;
            };
            let (flow, from) = half.opener(&key.flow());
            let stays = (half.part + 1..=now).all(|number| {
                let part = job.timeline.part(number);
                let side = side_of(part, &flow, &key, end == from);
                let stays = side.filter(|side| match job.conntrack.on_change {
                    OnChange::Flush => false,
                    OnChange::Keep => true,
                    OnChange::Revalidate => side.action == Action::Accept,
                });
                stays.is_some_and(|side| part.interface(side.interface) == half.interface)
            });
            let session = self.sessions.at(at);
            if stays {
                let mut half = half;
                half.part = half.part.max(now);
                session.halves[end] = Some(half);
            } else {
                session.halves[end] = None;
                // A packet that never leaves its interface has both there.
                let other = session.halves[1 - end];
                let twin = other.is_some_and(|other| other.interface == half.interface);
                self.counts.ended_by_change += u64::from(half.is_live(seen) && !twin);
            }
        }
        let session = self.sessions.at(at);
        session.part = now;
        let part = job.timeline.part(now);
        if let Answer::Judged(sides) = part.decide_one(&key.flow(), key.vpc()) {
            session.managed = [sides.egress.is_some(), sides.ingress.is_some()];
        }
        self.sessions.changed(at);
    }

    /// Tells of the beginning of a flow.
    pub(super) fn tell(&mut self, job: &Job<'_>, record: &Record, place: Place, sides: &Sides) {
        if job.rows {
            self.events.push(Event {
                sequence: place.sequence,
                chunk: place.at.0,
                record: *record,
                sides: *sides,
                part: place.part,
            });
        }
    }

    /// Ends all flows.
    pub(super) fn finish(&mut self) {
        let sessions = self.sessions.drain().into_iter();
        self.finished
            .extend(sessions.filter_map(|(key, session)| session.finish(key)));
        for (key, lone) in self.lone.drain() {
            self.end_lone(&key, lone);
        }
    }
}

/// Lets an open session answer for a side.
pub(super) fn by_session(side: &mut Option<Side>, live: bool) {
    if let Some(side) = side.as_mut().filter(|_| live) {
        side.action = Action::Accept;
        side.by = DecidedBy::Session;
    }
}

/// Tells which ends of a session have an interface, for a record that is judged
/// under a snapshot: a late record, or a later fragment of a packet that came
/// before a change, goes by the interfaces that there were then.
#[inline]
fn managed_under(job: &Job<'_>, key: &Key, session: &Session, part: u16) -> [bool; 2] {
    if part >= session.part {
        return session.managed;
    }
    match job.timeline.part(part).decide_one(&key.flow(), key.vpc()) {
        Answer::Judged(sides) => [sides.egress.is_some(), sides.ingress.is_some()],
        Answer::Ambiguous(_) => session.managed,
    }
}

/// Judges one end of a flow.
fn side_of(part: &Part<'_>, flow: &Flow, key: &Key, sends: bool) -> Option<Side> {
    match part.decide_one(flow, key.vpc()) {
        Answer::Judged(sides) if sends => sides.egress,
        Answer::Judged(sides) => sides.ingress,
        Answer::Ambiguous(_) => None,
    }
}
