//! The different verdicts there were, numbered, with their traffic.
//!
//! Thousands of flows share a verdict: the same deciders at both ends. So what
//! was judged is counted by verdict only, and taken apart into the many counts
//! of a [`Tally`] at the end.

use std::collections::HashMap;

use foldhash::fast::RandomState;
use secgroup_matcher::{Answer, Side, Sides};
use secgroup_model::{Action, DecidedBy, InterfaceIndex, Outcome};

use crate::Timestamp;
use crate::capture::BATCH_PACKETS;
use crate::decider::Decider;
use crate::flow_log::BLOCK_BYTES;
use crate::session::NEVER;
use crate::tally::{Count, Tally};

/// How many bits a number has.
pub(super) const NUMBER_BITS: u32 = 24;

/// How many verdicts are numbered before numbers begin anew.
const MOST_VERDICTS: usize = 131_072;

/// What the two lowest bits of a number say became of the packets, in the order
/// of a histogram; above them is the place among the sums, counted from 1.
const ACCEPTED: u32 = 0;
const DROPPED: u32 = 1;
const OUTSIDE: u32 = 2;
const OUTCOME_BITS: u32 = 2;
const OUTCOME_MASK: u32 = (1 << OUTCOME_BITS) - 1;

/// The number of what is not judged, because an address is in several networks.
pub(super) const AMBIGUOUS: u32 = (1 << NUMBER_BITS) - 1;

/// More than a batch can bring: it has so many packets, or bytes of lines.
const MOST_OF_BATCH: usize = BATCH_PACKETS + BLOCK_BYTES;

const _: () = assert!((MOST_VERDICTS + MOST_OF_BATCH + 2) << OUTCOME_BITS < AMBIGUOUS as usize);

/// Verdicts by number.
#[derive(Debug, Default)]
pub(super) struct Verdicts {
    known: HashMap<Name, u32, RandomState>,
    names: Vec<Sides>,
    // INVARIANT: as many as names.
    sums: Vec<Count>,
    /// How many flows there were of which nothing else is known.
    // INVARIANT: as many as names.
    flows: Vec<u64>,
    /// What came too late for a ranking.
    // INVARIANT: as many as names.
    beyond: Vec<Count>,
}

/// A verdict, to find it by.
type Name = ([Option<(InterfaceIndex, Action, DecidedBy)>; 2], bool);

/// Tells whether a number is that of no verdict.
#[inline]
pub(super) const fn is_ambiguous(number: u32) -> bool {
    number == AMBIGUOUS
}

/// Returns where the packets of a number are counted in a histogram.
#[inline]
pub(super) const fn outcome(number: u32) -> usize {
    (number & OUTCOME_MASK) as usize
}

/// Tells what became of the packets of a number that is not ambiguous.
pub(super) const fn outcome_of(number: u32) -> Outcome {
    match number & OUTCOME_MASK {
        ACCEPTED => Outcome::Accept,
        DROPPED => Outcome::Drop,
        _ => Outcome::Outside,
    }
}

/// Returns the count of packets, each of which is a flow.
pub(super) fn count_of(packets: u64, bytes: u64, first: i64, last: i64) -> Count {
    let seen = |time: i64| (time != NEVER).then_some(Timestamp(time));
    Count {
        flows: packets,
        packets,
        bytes,
        first_seen: seen(first),
        last_seen: seen(last),
    }
}

impl Verdicts {
    /// Tells whether numbers must begin anew before another batch.
    pub(super) fn are_many(&self) -> bool {
        self.names.len() > MOST_VERDICTS
    }

    /// Returns the number of a verdict.
    pub(super) fn number(&mut self, answer: &Answer) -> u32 {
        let Answer::Judged(sides) = answer else {
            return AMBIGUOUS;
        };
        let side = |side: Side| (side.interface, side.action, side.by);
        let name = (
            [sides.egress.map(side), sides.ingress.map(side)],
            sides.contested,
        );
        *self.known.entry(name).or_insert_with(|| {
            self.names.push(*sides);
            self.sums.push(Count::default());
            self.flows.push(0);
            self.beyond.push(Count::default());
            let place = u32::try_from(self.names.len()).expect("numbers begin anew long before");
            let outcome = match sides.outcome() {
                Outcome::Accept => ACCEPTED,
                Outcome::Drop => DROPPED,
                Outcome::Outside | Outcome::Depends => OUTSIDE,
            };
            place << OUTCOME_BITS | outcome
        })
    }

    /// Returns what decided, of a number that is not ambiguous.
    pub(super) fn decider(&self, number: u32) -> Decider {
        Decider::of(&self.names[(number >> OUTCOME_BITS) as usize - 1], 0)
    }

    /// Counts traffic of a verdict.
    pub(super) fn add(&mut self, number: u32, count: &Count) {
        self.sums[(number >> OUTCOME_BITS) as usize - 1].merge(count);
    }

    /// Counts a flow of a verdict, of which nothing else is known.
    #[inline]
    pub(super) fn add_flow(&mut self, number: u32) {
        self.flows[(number >> OUTCOME_BITS) as usize - 1] += 1;
    }

    /// Notes that traffic, counted elsewhere, came too late for a ranking.
    #[inline]
    pub(super) fn add_beyond(&mut self, number: u32, count: &Count) {
        self.beyond[(number >> OUTCOME_BITS) as usize - 1].merge(count);
    }

    /// Returns what came too late for a ranking, by decider.
    pub(super) fn beyond(&self) -> impl Iterator<Item = (Decider, Count)> {
        let all = self.names.iter().zip(&self.beyond);
        let some = all.filter(|(_, count)| count.flows > 0);
        some.map(|(sides, count)| (Decider::of(sides, 0), *count))
    }

    /// Adds what was counted to a tally, and begins anew.
    pub(super) fn count_in(&mut self, tally: &mut Tally) {
        let counts = self.sums.drain(..).zip(self.flows.drain(..));
        for (sides, (mut count, flows)) in self.names.drain(..).zip(counts) {
            count.merge(&count_of(flows, 0, NEVER, NEVER));
            tally.add_counted(&count, &sides);
        }
        self.beyond.clear();
        self.known.clear();
    }
}
