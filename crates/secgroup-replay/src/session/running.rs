//! A flow whose records are still coming, and what is told about it.

use secgroup_matcher::Sides;
use secgroup_model::Outcome;

use super::half::{NEVER, Seen};
use super::key::{End, Key};
use crate::decider::Decider;
use crate::{Conversation, Record};

/// The records of a flow so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Running {
    /// The number of the record that began it.
    pub(crate) sequence: u64,
    packets: u64,
    bytes: u64,
    first: i64,
    last: i64,
    /// Whether a session let some of it pass.
    carried: bool,
    /// Which end began it.
    from: u8,
    outcome: Outcome,
}

/// A flow that is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Finished {
    /// What it is known by.
    pub(crate) key: Key,
    /// Which end began it.
    pub(crate) from: End,
    /// What became of it.
    pub(crate) outcome: Outcome,
    /// What decided about it.
    pub(crate) decider: Decider,
    /// The number of the record that began it.
    pub(crate) sequence: u64,
    /// All its packets.
    pub(crate) packets: u64,
    /// All its bytes.
    pub(crate) bytes: u64,
    /// Its earliest time, in nanoseconds.
    pub(crate) first: i64,
    /// Its latest time, in nanoseconds.
    pub(crate) last: i64,
}

/// The beginning of a flow, for a row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Event {
    /// The number of its record.
    pub(crate) sequence: u64,
    /// The chunk of the record in its round.
    pub(crate) chunk: u32,
    /// What was judged: the record, turned round where the other end opened the
    /// session.
    pub(crate) record: Record,
    /// The answers.
    pub(crate) sides: Sides,
    /// The snapshot that they are of.
    pub(crate) part: u16,
}

impl Finished {
    /// Returns who talked to which service.
    pub(crate) fn conversation(&self) -> Conversation {
        let flow = self.key.flow();
        let flow = if self.from == 0 {
            flow
        } else {
            flow.reversed()
        };
        Conversation::from(&flow)
    }
}

impl Running {
    /// Begins a flow with its first record, sent by `from`.
    pub(crate) fn begin(sequence: u64, from: End, outcome: Outcome) -> Self {
        Self {
            sequence,
            packets: 0,
            bytes: 0,
            first: NEVER,
            last: NEVER,
            carried: false,
            from: u8::from(from == 1),
            outcome,
        }
    }

    /// Adds a record.
    #[inline]
    pub(crate) fn add(&mut self, record: &Record, seen: Seen) {
        self.packets = self.packets.saturating_add(record.packets);
        self.bytes = self.bytes.saturating_add(record.bytes);
        if self.first == NEVER || seen.first < self.first && seen.first != NEVER {
            self.first = seen.first;
        }
        self.last = self.last.max(seen.last);
    }

    /// Adds records that came one after the other, behind those so far.
    pub(crate) fn add_many(&mut self, packets: u64, bytes: u64, last: i64) {
        self.packets = self.packets.saturating_add(packets);
        self.bytes = self.bytes.saturating_add(bytes);
        self.last = self.last.max(last);
    }

    /// Returns the latest time, in nanoseconds.
    #[inline]
    pub(crate) const fn last(&self) -> i64 {
        self.last
    }

    /// Says that a session lets a record pass; returns whether it is the first.
    #[inline]
    pub(crate) const fn carry(&mut self) -> bool {
        !std::mem::replace(&mut self.carried, true)
    }

    /// Ends the flow, about which something decided.
    pub(crate) fn finish(self, key: Key, decider: Decider) -> Finished {
        Finished {
            key,
            from: self.from.into(),
            outcome: self.outcome,
            decider,
            sequence: self.sequence,
            packets: self.packets,
            bytes: self.bytes,
            first: self.first,
            last: self.last,
        }
    }
}
