//! The different verdicts there were, numbered, with their traffic.
//!
//! Thousands of flows share a verdict: the same deciders at both ends. So what
//! was judged is counted by verdict only, and taken apart into the many counts
//! of a [`Tally`] at the end. What is dropped is ranked by conversation, and so
//! it is numbered by verdict and conversation.

use std::collections::HashMap;

use foldhash::fast::RandomState;
use secgroup_matcher::{Answer, Side, Sides};
use secgroup_model::{Action, DecidedBy, Flow, InterfaceIndex, Outcome};

use super::memory::{GREATEST, UNKNOWN};
use crate::capture::BATCH_PACKETS;
use crate::histogram::Steady;
use crate::session::NEVER;
use crate::tally::{Count, Tally};
use crate::{Conversation, Timestamp};

/// The number of what is not judged, because an address is in several networks.
pub(super) const AMBIGUOUS: u32 = GREATEST;

/// How many verdicts are numbered before numbers begin anew.
const MOST_VERDICTS: usize = 131_072;

const _: () = assert!((MOST_VERDICTS + BATCH_PACKETS + 1) << OUTCOME_BITS < AMBIGUOUS as usize);
const _: () = assert!(ACCEPTED != UNKNOWN && UNKNOWN == 0);

/// What the two lowest bits of a number say became of the packets, in the order
/// of a histogram; above them is the place among the sums.
const ACCEPTED: u32 = 1;
const DROPPED: u32 = 2;
const OUTSIDE: u32 = 3;
const OUTCOME_BITS: u32 = 2;
const OUTCOME_MASK: u32 = (1 << OUTCOME_BITS) - 1;

/// Verdicts by number.
#[derive(Debug, Default)]
pub(super) struct Verdicts {
    known: HashMap<Name, u32, RandomState>,
    names: Vec<(Sides, Option<Conversation>)>,
    // INVARIANT: as many as names.
    sums: Vec<Sum>,
    over_time: Steady,
}

/// A verdict, to find it by.
type Name = (
    [Option<(InterfaceIndex, Action, DecidedBy)>; 2],
    bool,
    Option<Conversation>,
);

/// The traffic of one verdict.
#[derive(Clone, Copy, Debug)]
struct Sum {
    packets: u64,
    bytes: u64,
    /// The earliest time, or the greatest number.
    first: i64,
    /// The latest time, or [`NEVER`].
    last: i64,
}

impl Sum {
    const NONE: Self = Self {
        packets: 0,
        bytes: 0,
        first: i64::MAX,
        last: NEVER,
    };

    fn count(&self) -> Count {
        let seen = |time: i64| (self.last != NEVER).then_some(Timestamp(time));
        Count {
            flows: self.packets,
            packets: self.packets,
            bytes: self.bytes,
            first_seen: seen(self.first),
            last_seen: seen(self.last),
        }
    }
}

/// Tells whether the packets of a number are dropped.
pub(super) const fn is_dropped(number: u32) -> bool {
    number & OUTCOME_MASK == DROPPED
}

impl Verdicts {
    /// Tells whether numbers must begin anew before another batch.
    pub(super) fn are_many(&self) -> bool {
        self.names.len() > MOST_VERDICTS
    }

    /// Returns the number of the verdict about a flow, and the conversation where
    /// it is dropped and has no number yet.
    pub(super) fn number(&mut self, answer: &Answer, flow: &Flow) -> (u32, Option<Conversation>) {
        let Answer::Judged(sides) = answer else {
            return (AMBIGUOUS, None);
        };
        let outcome = match sides.outcome() {
            Outcome::Accept => ACCEPTED,
            Outcome::Drop => DROPPED,
            Outcome::Outside | Outcome::Depends => OUTSIDE,
        };
        let conversation = (outcome == DROPPED).then(|| Conversation::from(flow));
        let side = |side: Side| (side.interface, side.action, side.by);
        let ends = [sides.egress.map(side), sides.ingress.map(side)];
        let name = (ends, sides.contested, conversation);
        if let Some(number) = self.known.get(&name) {
            return (*number, None);
        }
        let place = u32::try_from(self.names.len()).expect("numbers begin anew long before");
        let number = place << OUTCOME_BITS | outcome;
        self.known.insert(name, number);
        self.names.push((*sides, conversation));
        self.sums.push(Sum::NONE);
        (number, conversation)
    }

    /// Counts a packet under a verdict.
    #[inline]
    pub(super) fn count(&mut self, number: u32, bytes: u32, time: i64) {
        let sum = &mut self.sums[(number >> OUTCOME_BITS) as usize];
        sum.packets += 1;
        sum.bytes += u64::from(bytes);
        sum.last = sum.last.max(time);
        if time != NEVER {
            sum.first = sum.first.min(time);
            // PERF: what became of it is no branch, which nobody could foresee.
            let outcome = (number & OUTCOME_MASK) - ACCEPTED;
            self.over_time.add_at(Timestamp(time), outcome as usize);
        }
    }

    /// Adds what was counted to a tally and what is dropped to a list, and
    /// begins anew.
    pub(super) fn count_in(&mut self, tally: &mut Tally, dropped: &mut Vec<(Conversation, Count)>) {
        for ((sides, conversation), sum) in self.names.drain(..).zip(self.sums.drain(..)) {
            let count = sum.count();
            tally.add_counted(&count, &sides);
            dropped.extend(conversation.map(|conversation| (conversation, count)));
        }
        self.known.clear();
        let over_time = std::mem::take(&mut self.over_time);
        tally.add_over_time(&over_time.finish());
    }
}
