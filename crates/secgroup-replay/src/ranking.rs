//! The conversations with the most traffic, in bounded memory.
//!
//! So many conversations are told apart, the first ones; traffic of later ones
//! is counted together. What is listed is exact as long as nothing was. Beyond
//! that, no count can be too low by more than that sum, and nothing that is
//! not listed can have more than it.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::net::IpAddr;

use foldhash::fast::RandomState;
use indexmap::IndexMap;
use secgroup_model::{Flow, Outcome, Protocol, Transport};

use crate::session::{Finished, NEVER};
use crate::tally::Count;
use crate::{Record, Timestamp};

/// How many distinct conversations are told apart. Those that come later are
/// counted together, so a ranking is exact up to here and says so beyond.
pub const RANKING_LIMIT: usize = 65_536;

/// Who talks to which service: a 5-tuple without the source port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Conversation {
    /// The sender.
    pub source: IpAddr,
    /// The receiver.
    pub destination: IpAddr,
    /// The protocol.
    pub protocol: Protocol,
    /// The destination port, where the protocol has one.
    pub port: Option<u16>,
}

impl Hash for Conversation {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        // PERF: two or three numbers; what is derived writes nine, one of them
        // for the length of every array.
        let port = self.port.map_or(0, |port| u64::from(port) | 1 << 16);
        let service = port << 8 | u64::from(self.protocol.0);
        match (self.source, self.destination) {
            (IpAddr::V4(source), IpAddr::V4(destination)) => {
                let ends = u64::from(source.to_bits()) << 32 | u64::from(destination.to_bits());
                state.write_u64(ends);
                state.write_u64(service);
            }
            (source, destination) => {
                for address in [source, destination] {
                    state.write_u128(match address {
                        IpAddr::V4(address) => u128::from(address.to_bits()),
                        IpAddr::V6(address) => address.to_bits(),
                    });
                }
                state.write_u64(service);
            }
        }
    }
}

impl From<&Flow> for Conversation {
    fn from(flow: &Flow) -> Self {
        Self {
            source: flow.endpoints.source(),
            destination: flow.endpoints.destination(),
            protocol: flow.protocol,
            port: match flow.transport {
                Transport::Ports { destination, .. } => Some(destination),
                Transport::Icmp(_) | Transport::Opaque | Transport::LaterFragment => None,
            },
        }
    }
}

/// Traffic by conversation.
#[derive(Clone, Debug)]
pub struct Ranking {
    // In the order of their first record, which no thread count changes.
    // PERF: one hash a dropped record, on the thread that merges; foldhash
    // takes a tenth of the default hasher's time there, and its seed cannot
    // show in an ordered map.
    counts: IndexMap<Conversation, Count, RandomState>,
    beyond: Count,
    limit: usize,
}

impl Default for Ranking {
    fn default() -> Self {
        Self::new(RANKING_LIMIT)
    }
}

impl Ranking {
    /// Returns a ranking that tells `limit` conversations apart.
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            counts: IndexMap::default(),
            beyond: Count::default(),
            limit,
        }
    }

    /// Counts a record, behind everything counted so far.
    pub(crate) fn add(&mut self, record: &Record) {
        self.count(Conversation::from(&record.flow))
            .add(record, true);
    }

    /// Makes room for a conversation behind everything counted so far; its
    /// traffic is added later.
    pub(crate) fn expect(&mut self, conversation: Conversation) {
        self.count(conversation);
    }

    /// Adds traffic of a conversation that was expected, or came too late to be
    /// told apart.
    pub(crate) fn add_counted(&mut self, conversation: Conversation, count: &Count) {
        self.count(conversation).merge(count);
    }

    fn count(&mut self, conversation: Conversation) -> &mut Count {
        // PERF: one look for what is there already, which is nearly all.
        let full = self.counts.len() >= self.limit;
        match self.counts.get_index_of(&conversation) {
            Some(place) => &mut self.counts[place],
            None if full => &mut self.beyond,
            None => self.counts.entry(conversation).or_default(),
        }
    }

    /// Adds what another part of the records gave.
    pub(crate) fn merge(&mut self, other: &Self) {
        for (conversation, count) in &other.counts {
            self.counts.entry(*conversation).or_default().merge(count);
        }
        self.beyond.merge(&other.beyond);
    }

    /// Returns the `most` conversations with the most packets, the greatest
    /// first, equal ones by address.
    #[must_use]
    pub fn top(&self, most: usize) -> Vec<(Conversation, Count)> {
        let all = self.counts.iter();
        greatest(most, all.map(|(name, count)| (*name, *count)).collect())
    }

    /// Returns the `most` senders with the most packets.
    #[must_use]
    pub fn talkers(&self, most: usize) -> Vec<(IpAddr, Count)> {
        self.by(most, |conversation| conversation.source)
    }

    /// Returns the `most` services with the most packets: protocol and
    /// destination port, where there is one.
    #[must_use]
    pub fn ports(&self, most: usize) -> Vec<((Protocol, Option<u16>), Count)> {
        self.by(most, |conversation| {
            (conversation.protocol, conversation.port)
        })
    }

    /// Returns the `most` pairs of sender and receiver with the most packets.
    #[must_use]
    pub fn pairs(&self, most: usize) -> Vec<((IpAddr, IpAddr), Count)> {
        self.by(most, |conversation| {
            (conversation.source, conversation.destination)
        })
    }

    /// Returns the traffic of conversations beyond [`RANKING_LIMIT`].
    #[must_use]
    pub const fn beyond(&self) -> &Count {
        &self.beyond
    }

    fn by<K: Copy + Eq + Hash + Ord>(
        &self,
        most: usize,
        name: impl Fn(Conversation) -> K,
    ) -> Vec<(K, Count)> {
        let mut sums: HashMap<K, Count, RandomState> = HashMap::default();
        for (conversation, count) in &self.counts {
            sums.entry(name(*conversation)).or_default().merge(count);
        }
        greatest(most, sums.into_iter().collect())
    }
}

/// Returns the `most` with the most packets, the greatest first, equal ones by
/// name.
fn greatest<K: Copy + Ord>(most: usize, mut all: Vec<(K, Count)>) -> Vec<(K, Count)> {
    let key = |(name, count): &(K, Count)| (Reverse(count.packets), *name);
    // PERF: few are wanted of tens of thousands.
    if most < all.len() {
        all.select_nth_unstable_by_key(most, key);
        all.truncate(most);
    }
    all.sort_unstable_by_key(key);
    all
}

/// The rankings of flows that are over.
#[derive(Clone, Debug)]
pub(crate) struct Rankings {
    pub(crate) accepted: Ranking,
    pub(crate) dropped: Ranking,
}

impl Rankings {
    /// Returns rankings that tell `limit` conversations apart.
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            accepted: Ranking::new(limit),
            dropped: Ranking::new(limit),
        }
    }

    /// Returns the ranking of what came of flows, where there is one.
    pub(crate) const fn of(&mut self, outcome: Outcome) -> Option<&mut Ranking> {
        match outcome {
            Outcome::Accept => Some(&mut self.accepted),
            Outcome::Drop => Some(&mut self.dropped),
            Outcome::Outside | Outcome::Depends => None,
        }
    }

    /// Counts a flow.
    pub(crate) fn add(&mut self, finished: &Finished) {
        let Some(ranking) = self.of(finished.outcome) else {
            return;
        };
        let time = |time| (time != NEVER).then_some(Timestamp(time));
        let count = Count {
            flows: 1,
            packets: finished.packets,
            bytes: finished.bytes,
            first_seen: time(finished.first),
            last_seen: time(finished.last),
        };
        ranking.count(finished.conversation()).merge(&count);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conversation(host: u8, port: u16) -> Conversation {
        Conversation {
            source: IpAddr::from([203, 0, 113, host]),
            destination: IpAddr::from([10, 0, 0, 1]),
            protocol: Protocol::TCP,
            port: Some(port),
        }
    }

    fn packets(packets: u64) -> Count {
        Count {
            flows: 1,
            packets,
            ..Count::default()
        }
    }

    #[test]
    fn what_comes_beyond_the_limit_is_counted_together() {
        let mut ranking = Ranking::new(2);
        for (host, port, count) in [(1, 22, 5), (2, 22, 3), (3, 22, 9), (1, 22, 1)] {
            ranking
                .count(conversation(host, port))
                .merge(&packets(count));
        }
        let top: Vec<u64> = ranking
            .top(9)
            .iter()
            .map(|(_, count)| count.packets)
            .collect();
        assert_eq!(top, [6, 3]);
        assert_eq!(*ranking.beyond(), packets(9));
    }

    #[test]
    fn talkers_ports_and_pairs_are_sums_of_conversations() {
        let mut ranking = Ranking::default();
        for (host, port, count) in [(1, 22, 5), (1, 80, 2), (2, 22, 6)] {
            ranking
                .count(conversation(host, port))
                .merge(&packets(count));
        }
        let numbers =
            |counts: Vec<Count>| -> Vec<u64> { counts.iter().map(|count| count.packets).collect() };
        let talkers = ranking.talkers(9).into_iter();
        assert_eq!(numbers(talkers.map(|(_, count)| count).collect()), [7, 6]);
        let ports = ranking.ports(9).into_iter();
        assert_eq!(numbers(ports.map(|(_, count)| count).collect()), [11, 2]);
        let pairs = ranking.pairs(1).into_iter();
        assert_eq!(numbers(pairs.map(|(_, count)| count).collect()), [7]);
    }
}
