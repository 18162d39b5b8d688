//! Accepted flows, remembered in bounded memory, by which replies are told.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};

use foldhash::fast::RandomState;
use secgroup_model::{Endpoints, Flow, IcmpMessage, Protocol, Scope, Transport};

use super::reversed;
use crate::{Record, Timestamp};

/// How many accepted flows are remembered at least. Twice as many may be;
/// beyond that the older half is forgotten.
pub const OPENED_LIMIT: usize = 131_072;

/// Nanoseconds in a second.
const SECOND: i64 = 1_000_000_000;

/// What makes two records the same flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Key {
    endpoints: Endpoints,
    protocol: Protocol,
    transport: Transport,
    scope: Scope,
}

impl Hash for Key {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        // PERF: as for a conversation, two numbers and the network instead of
        // all that is derived.
        match self.endpoints {
            Endpoints::V4 {
                source,
                destination,
            } => {
                let source = u64::from(source.to_bits()) << 32;
                state.write_u64(source | u64::from(destination.to_bits()));
            }
            Endpoints::V6 {
                source,
                destination,
            } => {
                state.write_u128(source.to_bits());
                state.write_u128(destination.to_bits());
            }
        }
        let (kind, one, other) = match self.transport {
            Transport::Opaque => (0, 0, 0),
            Transport::LaterFragment => (1, 0, 0),
            Transport::Ports {
                source,
                destination,
            } => (2, source, destination),
            Transport::Icmp(IcmpMessage { kind, code }) => (3, kind.into(), code.into()),
        };
        let kind = kind << 8 | u64::from(self.protocol.0);
        state.write_u64(kind << 32 | u64::from(one) << 16 | u64::from(other));
        self.scope.hash(state);
    }
}

impl From<&Flow> for Key {
    fn from(flow: &Flow) -> Self {
        Self {
            endpoints: flow.endpoints,
            protocol: flow.protocol,
            transport: flow.transport,
            scope: flow.scope,
        }
    }
}

/// When a session was seen.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    first: Option<Timestamp>,
    last: Option<Timestamp>,
}

impl Seen {
    fn add(&mut self, record: &Record) {
        let last = record.last.max(record.timestamp);
        self.first = match (self.first, record.timestamp) {
            (Some(own), Some(more)) => Some(own.min(more)),
            (own, more) => own.or(more),
        };
        self.last = self.last.max(last);
    }
}

/// What an accepted flow says about its reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// The session was alive.
    Alive,
    /// It was silent for too long before.
    Expired,
}

/// Accepted flows.
#[derive(Clone, Debug, Default)]
pub(super) struct Opened {
    // Never iterated, so its order cannot show.
    recent: HashMap<Key, Seen, RandomState>,
    older: HashMap<Key, Seen, RandomState>,
    forgotten: u64,
}

impl Opened {
    /// Remembers a flow that was accepted.
    pub(super) fn add(&mut self, record: &Record) {
        self.recall(Key::from(&record.flow)).add(record);
    }

    /// Returns what is known about a flow, which then is a recent one.
    fn recall(&mut self, key: Key) -> &mut Seen {
        let is_full = self.recent.len() >= OPENED_LIMIT;
        if is_full && !self.recent.contains_key(&key) {
            let seen = self.older.remove(&key).unwrap_or_default();
            self.forgotten += self.older.len() as u64;
            self.older = std::mem::take(&mut self.recent);
            return self.recent.entry(key).or_insert(seen);
        }
        let older = &mut self.older;
        // PERF: nothing is looked for in vain where there is nothing.
        let mut recalled = || (!older.is_empty()).then(|| older.remove(&key)).flatten();
        self.recent
            .entry(key)
            .or_insert_with(|| recalled().unwrap_or_default())
    }

    /// Looks for the flow whose reply a record would be, whose session may be
    /// silent for `limit` seconds.
    ///
    /// Windows hide order (6.5.3), so a reply may come before the flow it
    /// belongs to, by as much as a session lives.
    pub(super) fn find(&mut self, reply: &Record, limit: u16) -> Option<Found> {
        let key = Key::from(&reversed(&reply.flow)?);
        if !self.recent.contains_key(&key) && !self.older.contains_key(&key) {
            return None;
        }
        let limit = i64::from(limit) * SECOND;
        let seen = self.recall(key);
        let after = |later: Option<Timestamp>, earlier: Option<Timestamp>| match (later, earlier) {
            (Some(Timestamp(later)), Some(Timestamp(earlier))) => later.saturating_sub(earlier),
            _ => 0,
        };
        if after(seen.first, reply.last.max(reply.timestamp)) > limit {
            // That flow began long after; it is another session.
            return None;
        }
        // "A packet exactly at the limit is still inside" (3.8.2).
        if after(reply.timestamp, seen.last) > limit {
            return Some(Found::Expired);
        }
        seen.add(reply);
        Some(Found::Alive)
    }

    pub(super) const fn forgotten(&self) -> u64 {
        self.forgotten
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;
    use crate::chunk::ChunkText;
    use crate::comparison::{Cause, Comparison, Differing, Mark, WAITING_LIMIT, What};
    use crate::flow_log::Recorded;
    use secgroup_matcher::Sides;

    /// The record of a flow that so many others are like.
    fn record(number: usize) -> Record {
        let [_, b, c, d] = u32::try_from(number).unwrap().to_be_bytes();
        let endpoints = Endpoints::V4 {
            source: Ipv4Addr::new(10, b, c, d),
            destination: Ipv4Addr::new(192, 0, 2, 1),
        };
        let transport = Transport::Ports {
            source: 1,
            destination: 2,
        };
        Record {
            number: number as u64,
            timestamp: Some(Timestamp(0)),
            recorded: Some(Recorded::Accept),
            ..Record::of(Flow::new(endpoints, Protocol::TCP, transport))
        }
    }

    fn reply(number: usize) -> Record {
        let request = record(number);
        Record {
            flow: reversed(&request.flow).unwrap(),
            ..request
        }
    }

    #[test]
    fn more_accepted_flows_than_are_remembered_are_forgotten_and_counted() {
        let mut opened = Opened::default();
        for number in 0..2 * OPENED_LIMIT {
            opened.add(&record(number));
        }
        assert_eq!(opened.forgotten(), 0);
        // Found, it is a recent one, and the oldest make room.
        assert_eq!(opened.find(&reply(0), 910), Some(Found::Alive));
        assert_eq!(opened.forgotten(), OPENED_LIMIT as u64 - 1);
        assert_eq!(opened.find(&reply(0), 910), Some(Found::Alive));
        assert_eq!(opened.find(&reply(1), 910), None);
        assert_eq!(opened.find(&reply(OPENED_LIMIT), 910), Some(Found::Alive));
        assert!(opened.recent.len() + opened.older.len() <= 2 * OPENED_LIMIT);
    }

    #[test]
    fn flows_that_wait_are_settled_when_there_are_too_many() {
        let snapshot = secgroup_model::SnapshotBuilder::default()
            .build(&Default::default())
            .unwrap();
        let snapshot = &snapshot.snapshot;
        let judge = crate::Judge::Reference {
            snapshot,
            semantics: secgroup_model::Semantics::default(),
        };
        let timeline = crate::timeline::Timeline::new((snapshot, &judge), &[], None);
        let replies: Vec<Record> = (0..=WAITING_LIMIT).map(reply).collect();
        let otherwise = Cause::Unexplained;
        let sides = Sides::default();
        for (count, settled) in [(WAITING_LIMIT, 0), (WAITING_LIMIT + 1, WAITING_LIMIT)] {
            let what = What::Reply { otherwise };
            let differing = Differing {
                marks: (0..count).map(|at| Mark { at, what }).collect(),
                ..Differing::default()
            };
            let mut comparison = Comparison::new(secgroup_model::Conntrack::default());
            let text = |_: &Record| ChunkText::kept(None, None);
            let judged = |at: usize| (&replies[at], &sides);
            let mut given = 0;
            let mut give = |_: &crate::Mismatch<'_>| {
                given += 1;
                Ok(())
            };
            comparison
                .add(&differing, &timeline, judged, text, &mut give)
                .unwrap();
            assert_eq!(comparison.of(otherwise).flows, settled as u64);
            comparison.settle(&timeline, &mut |_| Ok(())).unwrap();
            assert_eq!(comparison.of(otherwise).flows, count as u64);
            assert_eq!(given, settled);
        }
    }
}
