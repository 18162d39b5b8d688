//! A session: what its interfaces know, and what passes.

use std::mem::offset_of;

use super::half::{FIN, Half, NEVER, RST, Seen, after};
use super::key::{End, Key};
use super::recent::{Came, Recents, Usually, Whose};
use super::running::{Finished, Running};
use super::table::{Mortal, TOUCHED};
use super::usual::PASSING;
use crate::decider::Decider;
use crate::tally::{Count, Tally};
use crate::{Record, Timestamp};

/// A session, as its interfaces know it.
// PERF: what every record touches comes first; see `Table`.
#[derive(Debug)]
#[repr(C)]
pub(super) struct Session {
    /// What passes now.
    pub(super) running: Option<Running>,
    /// The earliest snapshot under which a half of it was judged.
    pub(super) part: u16,
    /// While it is steady, the idle limit of every half, in seconds.
    limit: u16,
    /// Whether records pass at every judged end, and nothing but
    /// [`Running::last`] tells when one did.
    is_steady: bool,
    /// Which ends have an interface.
    pub(super) managed: [bool; 2],
    /// What decided about it.
    pub(super) decider: Decider,
    // INVARIANT: while it is steady, each half last let pass what came at
    // `running.last()`, though it does not know.
    pub(super) halves: [Option<Half>; 2],
    /// The record that last opened something here.
    pub(super) born: u64,
}

const _: () = assert!(
    size_of::<Key>() + offset_of!(Session, decider) <= TOUCHED,
    "what every record touches is in two lines"
);

impl Mortal for Session {
    fn deadline(&self) -> i64 {
        let halves = self.halves.iter().flatten();
        let last = self.running.filter(|_| self.is_steady);
        let last = last.map_or(NEVER, |running| running.last());
        let ends = halves.map(|half| half.deadline().max(after(last, half.limit())));
        ends.max().unwrap_or(i64::MIN)
    }

    fn born(&self) -> u64 {
        self.born
    }
}

/// How many records passed steady sessions, and their traffic, by judged ends.
#[derive(Debug, Default)]
pub(super) struct Passed([(u64, Count); 4]);

impl Passed {
    /// Returns what is counted where these ends are judged.
    #[inline]
    pub(super) fn at(&mut self, ends: [bool; 2]) -> &mut (u64, Count) {
        &mut self.0[usize::from(ends[0]) | usize::from(ends[1]) << 1]
    }

    /// Adds all to a tally, and begins anew.
    pub(super) fn count_in(&mut self, tally: &mut Tally) {
        for (at, (records, count)) in self.0.iter_mut().enumerate() {
            if *records > 0 {
                tally.add_passed(*records, count, [at & 1 != 0, at & 2 != 0]);
                (*records, *count) = (0, Count::default());
            }
        }
    }
}

impl Session {
    /// Returns one through which nothing passed yet, begun by a record under a
    /// snapshot.
    pub(super) const fn new(part: u16, born: u64) -> Self {
        Self {
            running: None,
            part,
            limit: 0,
            is_steady: false,
            managed: [false; 2],
            decider: Decider::NONE,
            halves: [None; 2],
            born,
        }
    }

    /// Ends what passes.
    pub(super) fn finish(self, key: Key) -> Option<Finished> {
        let running = self.running?;
        Some(running.finish(key, self.decider))
    }

    /// Returns how its packets go on, where it is steady; it is at a place.
    pub(super) fn usually(&self, at: u32) -> Option<Usually> {
        let running = self.running.as_ref().filter(|_| self.is_steady)?;
        Some(Usually {
            whose: Whose::Session(at),
            last: running.last(),
            limit: self.limit,
            traits: PASSING,
        })
    }

    /// Tells whether a change came into force since it was looked at.
    #[inline]
    pub(super) const fn is_before(&self, part: u16) -> bool {
        self.part < part
    }

    /// Lets a record pass that makes no difference but to times and counts, and
    /// tells whether it did.
    #[inline]
    pub(super) fn pass_steadily(&mut self, record: &Record, seen: Seen, part: u16) -> bool {
        let Some(running) = self.running.as_mut().filter(|_| self.is_steady) else {
            return false;
        };
        let usual = record.tcp_flags.unwrap_or(0) & (FIN | RST) == 0 && seen.first != NEVER;
        let passes = usual && self.part == part && seen.is_within(running.last(), self.limit);
        if passes {
            running.add(record, seen);
        }
        passes
    }

    /// Makes it steady, where it is: all halves that there are were passed by the
    /// same record, and none has ended.
    pub(super) fn settle(&mut self) {
        let Some(running) = &self.running else { return };
        let same = |half: &Half| half.last() == running.last() && !half.is_closed();
        let is_whole = self.halves.each_ref().map(Option::is_some) == self.managed;
        self.is_steady = is_whole && self.halves.iter().flatten().all(same);
        let limits = self.halves.iter().flatten().map(Half::limit);
        self.limit = limits.min().unwrap_or(0);
    }

    /// Lets packets pass that make no difference but to times and counts.
    pub(super) fn pass_many(&mut self, came: &Came, passed: &mut Passed) {
        if came.packets == 0 {
            return;
        }
        debug_assert!(self.is_steady, "nothing else happened since");
        if let Some(running) = &mut self.running {
            running.add_many(came.packets, came.bytes, came.last);
        }
        let (records, count) = passed.at(self.managed);
        *records += came.packets;
        // None is earlier than the record that made the session steady, which
        // was counted at the same ends.
        count.merge(&counted(came.packets, came.bytes, came.last));
    }

    /// Tells its halves what passed, before anything else is asked of them.
    pub(super) fn unsettle(&mut self) {
        if !std::mem::take(&mut self.is_steady) {
            return;
        }
        let Some(running) = &self.running else { return };
        for half in self.halves.iter_mut().flatten() {
            half.passed_until(running.last());
        }
    }

    /// Returns the half at an end.
    pub(super) const fn half(&self, end: End) -> Option<Half> {
        debug_assert!(!self.is_steady, "unsettled before");
        self.halves[end]
    }

    /// Tells at which ends a record is inside the session.
    #[inline]
    pub(super) fn live(&self, seen: Seen) -> [bool; 2] {
        self.halves
            .map(|half| half.is_some_and(|half| half.is_live(seen)))
    }
}

/// Says to sessions what came, before they are asked for their end.
pub(super) fn session_update<'a>(
    recents: &'a mut Recents,
    passed: &'a mut Passed,
) -> impl FnMut(u32, &Key, &mut Session) + 'a {
    |at, key, session| {
        if let Some(came) = recents.take_of(key, Whose::Session(at)) {
            session.pass_many(&came, passed);
        }
    }
}

/// Returns the count of packets that begin no flow, the last of which came at
/// `last` and none before the packets of the same flow counted so far.
pub(super) fn counted(packets: u64, bytes: u64, last: i64) -> Count {
    let seen = Some(Timestamp(last));
    Count {
        flows: 0,
        packets,
        bytes,
        first_seen: seen,
        last_seen: seen,
    }
}
