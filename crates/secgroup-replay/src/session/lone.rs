//! Flows without a session: what is dropped, what has no end in the snapshot,
//! and what sessions do not exist for.

use std::mem::offset_of;

use secgroup_matcher::{Answer, Sides};
use secgroup_model::{Action, DecidedBy, Midstream, Outcome, Protocol, RelatedIcmp};

use super::following::{Became, Following, Job, Place, Work, by_session};
use super::half::{ACK, SYN};
use super::half::{NEVER, Seen, after};
use super::key::{End, Key, Keyed, LoneKey};
use super::recent::{Came, Recents, Usually, Whose};
use super::running::Running;
use super::state::counted;
use super::table::{Mortal, TOUCHED};
use super::usual::{answering, repeating};
use crate::decider::Decider;
use crate::tally::{Begins, Count, Tally};
use crate::{Record, Skip};

/// What decided: for what is dropped, where it is.
type Signature = [Option<DecidedBy>; 2];

/// Records that were judged alike, one after the other.
// PERF: what every record touches comes first; see `Table`.
#[derive(Debug)]
#[repr(C)]
pub(super) struct Lone {
    /// Records dropped as the first one that are in no sum yet, and their
    /// packets and bytes. They came one after the other, the latest at `last`.
    repeated: (u64, u64, u64),
    last: i64,
    limit: u16,
    part: u16,
    /// Whether its answers hold for every record of the flow, while there is no
    /// session: it lets nothing pass, and its first record was nothing special.
    is_plain: bool,
    outcome: Outcome,
    decider: Decider,
    running: Running,
    signature: Signature,
    /// The answers to the first record.
    sides: Sides,
}

const _: () = assert!(
    size_of::<LoneKey>() + offset_of!(Lone, outcome) <= TOUCHED,
    "what every record touches is in two lines"
);

/// Records that were dropped as one before them.
#[derive(Debug)]
pub(super) struct Repeats {
    part: u16,
    sides: Sides,
    records: u64,
    count: Count,
}

impl Mortal for Lone {
    fn deadline(&self) -> i64 {
        after(self.last, self.limit)
    }

    fn born(&self) -> u64 {
        self.running.sequence
    }
}

impl Following {
    /// Judges a record that opens no session.
    pub(super) fn untracked(
        &mut self,
        work: &mut Work<'_>,
        record: &Record,
        keyed: &Keyed,
        place: Place,
        tally: &mut Tally,
    ) -> Result<Became, Skip> {
        let job = work.job;
        let part = job.timeline.part(place.part);
        let mut sides = match part.decide_one(&record.flow, record.vpc) {
            Answer::Judged(sides) => sides,
            Answer::Ambiguous(_) => return Err(Skip::AmbiguousAddress),
        };
        let related = keyed.quotes && job.conntrack.related_icmp == RelatedIcmp::On;
        if related && let Some(became) = self.related(&job, record, keyed, place, &mut sides, tally)
        {
            return Ok(became);
        }
        let (key, from) = if keyed.quotes {
            Key::new(&record.flow, None, record.vpc)
        } else {
            (keyed.key, keyed.from)
        };
        let one_way = (sides.outcome() != Outcome::Outside).then_some(from);
        let quoted = keyed.quotes.then_some(&keyed.key);
        let key = key.without_session(&record.flow, one_way, quoted);
        Ok(self.gather(work, record, (key, from), place, &sides, tally))
    }

    /// Lets an ICMP error pass where the session that it quotes is open: "ICMP
    /// errors about a live session (embedded header matches its key) are
    /// allowed as related" (3.8.7). It does not restart the timer, for it is no
    /// packet of the session.
    ///
    /// Returns what became of it where the session answers at every end.
    fn related(
        &mut self,
        job: &Job<'_>,
        record: &Record,
        keyed: &Keyed,
        place: Place,
        sides: &mut Sides,
        tally: &mut Tally,
    ) -> Option<Became> {
        let at = self.sessions.find(&keyed.key)?;
        let (part, seen) = (job.timeline.part(place.part), Seen::of(record));
        if self.sessions.at(at).is_before(place.part) {
            self.renew(job, at, seen, place.part);
        }
        let session = self.sessions.at(at);
        session.unsettle();
        let live = session.live(seen);
        for side in [&mut sides.egress, &mut sides.ingress] {
            let platform = side.is_some_and(|side| matches!(side.by, DecidedBy::Platform(_)));
            // "Each ENI keeps its own session" (3.8.2): it may complain from
            // another of its addresses.
            let here = side.is_some_and(|side| {
                let own = part.interface(side.interface);
                let mut ends = [0, 1].into_iter().filter(|end| live[*end]);
                ends.any(|end| session.half(end).is_some_and(|half| half.interface == own))
            });
            by_session(side, here && !platform);
        }
        let mut judged = [sides.egress, sides.ingress].into_iter().flatten();
        let session_only =
            sides.outcome() == Outcome::Accept && judged.all(|side| side.by == DecidedBy::Session);
        let running = session.running.as_mut().filter(|_| session_only)?;
        running.add(record, seen);
        let begins = Begins {
            verdict: false,
            session: running.carry(),
        };
        let decider = session.decider;
        tally.add(record, place.part, sides, begins);
        Some(Became {
            outcome: Outcome::Accept,
            decider,
            begins: false,
        })
    }

    /// Counts a record with those before it that were judged alike.
    pub(super) fn gather(
        &mut self,
        work: &mut Work<'_>,
        record: &Record,
        (key, from): (LoneKey, End),
        place: Place,
        sides: &Sides,
        tally: &mut Tally,
    ) -> Became {
        let job = work.job;
        let (seen, signature) = (Seen::of(record), signature(sides));
        let found = self.lone.find(&key);
        let alike = found.filter(|at| {
            let lone = self.lone.at(*at);
            let same = lone.part == place.part && lone.signature == signature;
            same && seen.is_within(lone.last, lone.limit)
        });
        if let Some(at) = alike {
            let lone = self.lone.at(at);
            self.repeats.extend(lone.settle());
            lone.running.add(record, seen);
            lone.last = lone.last.max(seen.last);
            let begins = Begins {
                verdict: false,
                session: session_in(sides) && lone.running.carry(),
            };
            let (outcome, decider) = (lone.outcome, lone.decider);
            tally.add(record, place.part, sides, begins);
            return Became {
                outcome,
                decider,
                begins: false,
            };
        }
        let outcome = sides.outcome();
        let mut running = Running::begin(place.sequence, from, outcome);
        running.add(record, seen);
        if session_in(sides) {
            running.carry();
        }
        let lone = Lone {
            repeated: (0, 0, 0),
            last: seen.last,
            limit: job.usual(record.flow.protocol),
            part: place.part,
            is_plain: is_plain(record)
                && outcome == Outcome::Drop
                && !passes_somewhere(sides)
                && !session_in(sides),
            outcome,
            decider: Decider::of(sides, place.part),
            running,
            signature,
            sides: *sides,
        };
        let decider = lone.decider;
        self.forget(work, seen, place.start);
        // Forgetting may have taken it away.
        match self.lone.find(&key) {
            Some(at) => {
                let before = std::mem::replace(self.lone.at(at), lone);
                self.end_lone(&key, before);
                self.lone.changed(at);
            }
            None => {
                let update = lone_update(work.recents);
                let (_, gone) = self.lone.insert(key, lone, update);
                if let Some((key, gone)) = gone {
                    self.end_lone(&key, gone);
                }
            }
        }
        tally.add(record, place.part, sides, Begins::FLOW);
        self.tell(&job, record, place, sides);
        Became {
            outcome,
            decider,
            begins: true,
        }
    }

    /// Drops a record that has no session as the one before it, without judging
    /// it; nothing where it must be judged.
    pub(super) fn repeated(
        &mut self,
        job: &Job<'_>,
        record: &Record,
        keyed: &Keyed,
        place: Place,
        tally: &mut Tally,
    ) -> Option<Became> {
        let flags = record.tcp_flags.unwrap_or(0);
        let answers = flags & (SYN | ACK) == SYN | ACK && record.flow.protocol == Protocol::TCP;
        if !is_plain(record) || answers && infers(job) {
            return None;
        }
        let key = keyed.lone_key(record);
        let at = self.lone.find_again(&key, place.hint.lone)?;
        let (lone, seen) = (self.lone.at(at), Seen::of(record));
        if !lone.is_plain || lone.part != place.part || !seen.is_within(lone.last, lone.limit) {
            return None;
        }
        let in_order = lone.last != NEVER && seen.first >= lone.last;
        if in_order && record.recorded.is_none() {
            lone.repeated.0 += 1;
            lone.repeated.1 = lone.repeated.1.saturating_add(record.packets);
            lone.repeated.2 = lone.repeated.2.saturating_add(record.bytes);
            lone.last = seen.last;
        } else {
            self.repeats.extend(lone.settle());
            lone.running.add(record, seen);
            lone.last = lone.last.max(seen.last);
            let begins = Begins {
                verdict: false,
                session: false,
            };
            tally.add(record, place.part, &lone.sides, begins);
        }
        let decider = if job.timeline.against().is_some() || record.recorded.is_some() {
            lone.decider
        } else {
            Decider::NONE
        };
        Some(Became {
            outcome: Outcome::Drop,
            decider,
            begins: false,
        })
    }

    /// Returns how the packets of a flow go on that are dropped, where the last
    /// one of them was.
    ///
    /// Those of the other end are parts of the same attempt (3.8.4) while it made
    /// none itself, where its packets tell who opened a session at all.
    pub(super) fn usually_dropped(&self, job: &Job<'_>, key: &Key, from: End) -> Option<Usually> {
        let [own, other] = [from, 1 - from].map(|end| self.lone.find(&key.sent_by(end)));
        let (from, at) = own
            .map(|at| (from, at))
            .or_else(|| other.map(|at| (1 - from, at)))?;
        let lone = self.lone.look(at);
        let (turned, mode) = (from == 1, job.conntrack.midstream);
        let both = own.is_some() && other.is_some();
        let goes_along = match mode {
            _ if both || key.protocol() != Protocol::TCP => 0,
            Midstream::Evaluate => 0,
            Midstream::InferInitiator => answering(!turned, true),
            Midstream::Skip => answering(!turned, false),
        };
        lone.is_plain.then(|| Usually {
            whose: Whose::Lone(at),
            last: lone.last,
            limit: lone.limit,
            traits: repeating(turned, infers(job)) | goes_along,
        })
    }

    /// Takes over what is known of a flow that is over.
    pub(super) fn end_lone(&mut self, key: &LoneKey, mut lone: Lone) {
        self.repeats.extend(lone.settle());
        self.finished
            .push(lone.running.finish(key.key, lone.decider));
    }

    /// Tells whether the opening packet of a session, sent by `from`, was
    /// dropped lately.
    pub(super) fn was_refused(
        &self,
        record: &Record,
        keyed: &Keyed,
        from: End,
        seen: Seen,
    ) -> bool {
        let key = keyed.key.without_session(&record.flow, Some(from), None);
        let found = self.lone.find(&key).map(|at| self.lone.look(at));
        found.is_some_and(|lone| {
            lone.outcome == Outcome::Drop && seen.is_within(lone.last, lone.limit)
        })
    }
}

impl Lone {
    /// Adds the repeated records to the others, and returns them.
    fn settle(&mut self) -> Option<Repeats> {
        let (records, packets, bytes) = std::mem::take(&mut self.repeated);
        if records == 0 {
            return None;
        }
        self.running.add_many(packets, bytes, self.last);
        Some(Repeats {
            part: self.part,
            sides: self.sides,
            records,
            // None is earlier than the first record, which was counted with the
            // same answers.
            count: counted(packets, bytes, self.last),
        })
    }

    /// Adds packets dropped as the first record, which came one after the other
    /// and behind all so far.
    pub(super) fn repeat(&mut self, came: &Came) {
        if came.packets == 0 {
            return;
        }
        let (records, packets, bytes) = &mut self.repeated;
        *records += came.packets;
        *packets = packets.saturating_add(came.packets);
        *bytes = bytes.saturating_add(came.bytes);
        self.last = came.last;
    }
}

impl Repeats {
    pub(super) fn count_in(&self, tally: &mut Tally) {
        tally.add_repeated(self.part, &self.sides, self.records, &self.count);
    }
}

/// Tells whether a packet that answers an attempt tells who opened its session.
fn infers(job: &Job<'_>) -> bool {
    job.conntrack.midstream != Midstream::Evaluate
}

/// Says to flows without session what came, before they are asked for their end.
pub(super) fn lone_update(recents: &mut Recents) -> impl FnMut(u32, &LoneKey, &mut Lone) + '_ {
    |at, key, lone| {
        if let Some(came) = recents.take_of(&key.key, Whose::Lone(at)) {
            lone.repeat(&came);
        }
    }
}

/// Tells whether nothing but its key makes a difference to a record.
fn is_plain(record: &Record) -> bool {
    let flow = &record.flow;
    flow.nic.is_none() && !flow.via_load_balancer && record.last.is_none()
}

fn passes_somewhere(sides: &Sides) -> bool {
    let mut sides = [sides.egress, sides.ingress].into_iter().flatten();
    // At the receiver nothing opens when the sender drops.
    let first = sides.next();
    first.is_some_and(|side| side.action == Action::Accept)
}

fn session_in(sides: &Sides) -> bool {
    let mut sides = [sides.egress, sides.ingress].into_iter().flatten();
    sides.any(|side| side.by == DecidedBy::Session)
}

/// What makes records of a flow alike: what drops them, else what lets them pass.
/// Whether an end that does not drop knows a session makes no difference.
fn signature(sides: &Sides) -> Signature {
    let dropped = sides.outcome() == Outcome::Drop;
    [sides.egress, sides.ingress].map(|side| {
        let decides = side.filter(|side| !dropped || side.action == Action::Drop);
        decides.map(|side| side.by)
    })
}
