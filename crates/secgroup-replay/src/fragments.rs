//! Later fragments take the verdict of the first (3.5.11).
//!
//! A later fragment has no ports. When its first fragment was seen before, it
//! is judged with the ports of that one; otherwise it is an orphan, and judged
//! as `eval.orphan_fragments` says. The table is small and bounded, and used in
//! input order only, so that results do not depend on the number of threads.

use std::collections::{HashMap, VecDeque};

use secgroup_model::{Endpoints, Protocol, Transport};

use crate::decode::Decoded;
use crate::{Record, Timestamp};

/// How many first fragments are remembered; the oldest goes first.
pub const FRAGMENT_LIMIT: usize = 65_536;

/// For how long a first fragment is remembered, in seconds of the records'
/// time: as long as an IP stack waits for the rest of a packet.
pub const FRAGMENT_LIFETIME_SECONDS: i64 = 30;

/// "The same (src, dst, protocol, id)" (3.5.11).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct FragmentKey {
    pub(crate) endpoints: Endpoints,
    pub(crate) protocol: Protocol,
    pub(crate) id: u32,
}

/// A fragment among the records of a chunk.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FragmentMark {
    /// The place of the record in its chunk's list.
    pub(crate) record: usize,
    /// What its packet is known by.
    pub(crate) key: FragmentKey,
    /// Whether it is the first of its packet.
    pub(crate) first: bool,
}

/// What a first fragment tells about the rest of its packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FirstFragment {
    /// The one behind all extension headers.
    pub(crate) protocol: Protocol,
    pub(crate) transport: Transport,
    pub(crate) icmp_id: Option<u16>,
    /// The configuration in force when it came, whose verdict they take, too.
    pub(crate) part: u16,
    /// What it quotes, where it is an ICMP error.
    pub(crate) quoted: Option<Decoded>,
}

/// What first fragments told.
#[derive(Debug, Default)]
pub(crate) struct FragmentTable {
    known: HashMap<FragmentKey, (u64, FirstFragment, Option<Timestamp>)>,
    /// The keys in the order of their coming, with the number they came with.
    order: VecDeque<(u64, FragmentKey)>,
    next: u64,
}

impl FragmentTable {
    /// Remembers a first fragment.
    pub(crate) fn remember(
        &mut self,
        key: FragmentKey,
        told: FirstFragment,
        seen: Option<Timestamp>,
    ) {
        self.next += 1;
        self.known.insert(key, (self.next, told, seen));
        self.order.push_back((self.next, key));
        while self.order.len() > FRAGMENT_LIMIT {
            let Some((number, oldest)) = self.order.pop_front() else {
                break;
            };
            // A newer first fragment with the same key stays.
            if self
                .known
                .get(&oldest)
                .is_some_and(|(known, ..)| *known == number)
            {
                self.known.remove(&oldest);
            }
        }
    }

    /// Gives later fragments what the first of their packet told (3.5.11); `quotes` has
    /// for the places of errors what they quote.
    pub(crate) fn join(
        &mut self,
        marks: &[FragmentMark],
        records: &mut [Record],
        quotes: &mut Vec<(usize, Decoded)>,
    ) {
        for mark in marks {
            let record = &mut records[mark.record];
            if mark.first {
                let quoted = quotes.iter().find(|(place, _)| *place == mark.record);
                let told = FirstFragment {
                    protocol: record.flow.protocol,
                    transport: record.flow.transport,
                    icmp_id: record.icmp_id,
                    part: record.part,
                    quoted: quoted.map(|(_, quoted)| *quoted),
                };
                self.remember(mark.key, told, record.timestamp);
            } else if let Some(told) = self.find(&mark.key, record.timestamp) {
                record.flow.protocol = told.protocol;
                record.flow.transport = told.transport;
                record.icmp_id = told.icmp_id;
                record.part = told.part;
                // Related as the first is, if that is (3.8.7).
                quotes.extend(told.quoted.map(|quoted| (mark.record, quoted)));
            }
        }
    }

    /// Returns what the first fragment of a packet told, if it came in time.
    pub(crate) fn find(&self, key: &FragmentKey, seen: Option<Timestamp>) -> Option<FirstFragment> {
        const LIFETIME: i64 = FRAGMENT_LIFETIME_SECONDS * 1_000_000_000;
        let (_, told, first_seen) = self.known.get(key)?;
        let late = match (first_seen, seen) {
            (Some(first), Some(seen)) => seen.0.saturating_sub(first.0) > LIFETIME,
            _ => false,
        };
        (!late).then_some(*told)
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const PORTS: FirstFragment = FirstFragment {
        protocol: Protocol::UDP,
        transport: Transport::Ports {
            source: 40000,
            destination: 53,
        },
        icmp_id: None,
        part: 0,
        quoted: None,
    };

    fn key(id: u32) -> FragmentKey {
        let endpoints = Endpoints::V4 {
            source: Ipv4Addr::new(198, 51, 100, 7),
            destination: Ipv4Addr::new(10, 0, 0, 1),
        };
        FragmentKey {
            endpoints,
            protocol: Protocol::UDP,
            id,
        }
    }

    #[test]
    fn a_later_fragment_finds_the_first_of_its_own_packet_3_5_11() {
        let mut table = FragmentTable::default();
        table.remember(key(1), PORTS, None);
        assert_eq!(table.find(&key(1), None), Some(PORTS));
        assert_eq!(table.find(&key(2), None), None);
    }

    #[test]
    fn a_first_fragment_is_remembered_for_thirty_seconds() {
        let mut table = FragmentTable::default();
        table.remember(key(1), PORTS, Some(Timestamp(5)));
        let at = |nanoseconds: i64| table.find(&key(1), Some(Timestamp(5 + nanoseconds)));
        assert_eq!(at(30_000_000_000), Some(PORTS));
        assert_eq!(at(30_000_000_001), None);
    }

    #[test]
    fn the_oldest_first_fragment_is_forgotten_beyond_the_limit() {
        let mut table = FragmentTable::default();
        let limit = u32::try_from(FRAGMENT_LIMIT).unwrap();
        for id in 0..limit {
            table.remember(key(id), PORTS, None);
        }
        assert_eq!(table.find(&key(0), None), Some(PORTS));
        table.remember(key(limit), PORTS, None);
        assert_eq!(table.find(&key(0), None), None);
        assert_eq!(table.find(&key(1), None), Some(PORTS));
    }
}
