//! Flows without a session: what is dropped, what has no end in the snapshot,
//! and what sessions do not exist for.

use secgroup_matcher::{Answer, Sides};
use secgroup_model::{Action, DecidedBy, Outcome, RelatedIcmp};

use super::following::{Became, Following, Job, Place, by_session};
use super::half::{Seen, after};
use super::key::{End, Key, Keyed};
use super::running::Running;
use super::table::Mortal;
use crate::decider::Decider;
use crate::tally::{Begins, Tally};
use crate::{Record, Skip};

/// What decided: for what is dropped, where it is.
type Signature = [Option<DecidedBy>; 2];

/// Records that were judged alike, one after the other.
#[derive(Debug)]
pub(super) struct Lone {
    part: u16,
    signature: Signature,
    limit: u16,
    last: i64,
    decider: Decider,
    outcome: Outcome,
    pub(super) running: Running,
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
        job: &Job<'_>,
        record: &Record,
        keyed: &Keyed,
        place: Place,
        tally: &mut Tally,
    ) -> Result<Became, Skip> {
        let part = job.timeline.part(place.part);
        let mut sides = match part.decide_one(&record.flow, record.vpc) {
            Answer::Judged(sides) => sides,
            Answer::Ambiguous(_) => return Err(Skip::AmbiguousAddress),
        };
        let related = keyed.quotes && job.conntrack.related_icmp == RelatedIcmp::On;
        if related && let Some(became) = self.related(job, record, keyed, place, &mut sides, tally)
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
        Ok(self.gather(job, record, (key, from), place, &sides, tally))
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
        let live = session.live(seen);
        let ends = [
            record.flow.endpoints.source(),
            record.flow.endpoints.destination(),
        ];
        let ends = ends.map(|address| keyed.key.end_of(address));
        for (side, end) in [&mut sides.egress, &mut sides.ingress]
            .into_iter()
            .zip(ends)
        {
            let platform = side.is_some_and(|side| matches!(side.by, DecidedBy::Platform(_)));
            let half = end
                .filter(|end| live[*end])
                .and_then(|end| session.halves[end]);
            let here = side
                .zip(half)
                .is_some_and(|(side, half)| part.interface(side.interface) == half.interface);
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
        job: &Job<'_>,
        record: &Record,
        (key, from): (Key, End),
        place: Place,
        sides: &Sides,
        tally: &mut Tally,
    ) -> Became {
        let (seen, signature) = (Seen::of(record), signature(sides));
        let found = self.lone.find(&key);
        let alike = found.filter(|at| {
            let lone = self.lone.at(*at);
            let same = lone.part == place.part && lone.signature == signature;
            same && seen.is_within(lone.last, lone.limit)
        });
        if let Some(at) = alike {
            let lone = self.lone.at(at);
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
            part: place.part,
            signature,
            limit: job.usual(record.flow.protocol),
            last: seen.last,
            decider: Decider::of(sides, place.part),
            outcome,
            running,
        };
        let decider = lone.decider;
        self.forget(job, seen, place.start);
        // Forgetting may have taken it away.
        match self.lone.find(&key) {
            Some(at) => {
                let before = std::mem::replace(self.lone.at(at), lone);
                self.finished.push(before.running.finish(key));
                self.lone.changed(at);
            }
            None => {
                let (_, gone) = self.lone.insert(key, lone);
                let gone = gone.map(|(key, gone)| gone.running.finish(key));
                self.finished.extend(gone);
            }
        }
        tally.add(record, place.part, sides, Begins::FLOW);
        self.tell(job, record, place, sides);
        Became {
            outcome,
            decider,
            begins: true,
        }
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
