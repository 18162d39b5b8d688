//! The conversations with the most traffic, in bounded memory.
//!
//! So many conversations are told apart, the first ones; traffic of later ones
//! is counted together. What is listed is exact as long as nothing was. Beyond
//! that, no count can be too low by more than that sum, and nothing that is
//! not listed can have more than it.

mod greatest;

use std::hash::{BuildHasher, Hash, Hasher};
use std::net::IpAddr;

use foldhash::fast::RandomState;
use secgroup_matcher::{Answer, fetch_soon};
use secgroup_model::{Flow, Outcome, Protocol, Transport};

use crate::decider::{Decider, Deciders};
use crate::decode::plain::{Brief, Ends};
use crate::session::{Finished, NEVER};
use crate::tagged::{BloomFilter, Places};
use crate::tally::Count;
use crate::{Record, Timestamp};

/// How many distinct conversations are told apart. Those that come later are
/// counted together, so a ranking is exact up to here and says so beyond.
pub const RANKING_LIMIT: usize = 65_536;

/// From so many conversations on there is room for all there may be.
const MANY: usize = 1 << 12;

/// How many records are looked up together.
const TOGETHER: usize = 32;

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
    #[inline(always)]
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

/// Where a conversation stands in a ranking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// It is told apart.
    Known,
    /// It is not known yet.
    New,
    /// It comes too late to be told apart.
    Beyond,
}

impl Conversation {
    /// Returns that of a flow in brief.
    #[inline]
    pub(crate) fn of_brief<E: Ends>(brief: &Brief<E>) -> Self {
        let endpoints = brief.ends.endpoints();
        let protocol = Protocol(brief.protocol());
        let [_, port] = brief.ports();
        Self {
            source: endpoints.source(),
            destination: endpoints.destination(),
            protocol,
            port: protocol.has_ports().then_some(port),
        }
    }
}

/// Traffic by conversation.
#[derive(Clone, Debug)]
pub struct Ranking {
    // In the order of their first record, which no thread count changes.
    counts: Vec<(Conversation, Ranked)>,
    // INVARIANT: those of all of them, by the hash of the conversation.
    places: Places,
    /// The hashes of all of them, once there are as many as may be: then most that
    /// come have others.
    filter: BloomFilter,
    hasher: RandomState,
    beyond: Ranked,
    limit: usize,
}

/// Traffic of a conversation, and what decided about it.
#[derive(Clone, Copy, Debug, Default)]
struct Ranked {
    count: Count,
    /// Nothing while there is no traffic.
    by: Option<Deciders>,
}

impl Ranked {
    fn decided_by(&mut self, deciders: &Deciders) {
        match &mut self.by {
            Some(own) => own.merge(deciders),
            none => *none = Some(*deciders),
        }
    }

    fn merge(&mut self, other: &Self) {
        self.count.merge(&other.count);
        if let Some(deciders) = &other.by {
            self.decided_by(deciders);
        }
    }
}

impl Default for Ranking {
    fn default() -> Self {
        Self::new(RANKING_LIMIT)
    }
}

impl Ranking {
    /// Returns a ranking that tells `limit` conversations apart.
    pub(crate) fn new(limit: usize) -> Self {
        Self::hashed(limit, RandomState::default())
    }

    fn hashed(limit: usize, hasher: RandomState) -> Self {
        Self {
            counts: Vec::new(),
            places: Places::default(),
            filter: BloomFilter::default(),
            hasher,
            beyond: Ranked::default(),
            limit,
        }
    }

    /// Adds traffic of a conversation, and what decided about it.
    fn add_counted(&mut self, conversation: Conversation, count: &Count, decider: Decider) {
        let own = self.of(conversation);
        own.count.merge(count);
        own.decided_by(&Deciders::of(decider));
    }

    fn of(&mut self, conversation: Conversation) -> &mut Ranked {
        let hash = self.hasher.hash_one(conversation);
        if self.is_beyond(hash) {
            return &mut self.beyond;
        }
        self.at(self.find(hash, &conversation), hash, conversation)
    }

    /// Returns what is known of a conversation that is at a place, or at none yet.
    fn at(&mut self, place: Option<u32>, hash: u64, conversation: Conversation) -> &mut Ranked {
        if let Some(place) = place {
            return &mut self.counts[place as usize].1;
        }
        if self.counts.len() >= self.limit {
            return &mut self.beyond;
        }
        self.append(hash, conversation)
    }

    fn append(&mut self, hash: u64, conversation: Conversation) -> &mut Ranked {
        let place = u32::try_from(self.counts.len()).expect("few conversations are told apart");
        let (hasher, counts) = (&self.hasher, &mut self.counts);
        let count = counts.len();
        if count == counts.capacity() && count >= MANY {
            // PERF: memory that is not written to costs nothing; growing does. Without
            // the memory it grows as lists do.
            let more = self.limit.min(RANKING_LIMIT).saturating_sub(count);
            let _ = counts.try_reserve_exact(more);
        }
        counts.push((conversation, Ranked::default()));
        let hash_at = |place| hasher.hash_one(counts[place as usize].0);
        self.places.insert(hash, place, hash_at);
        if counts.len() == self.limit {
            self.filter = BloomFilter::with_room(self.limit);
            (0..=place).for_each(|place| self.filter.add(hash_at(place)));
        } else if counts.len() > self.limit {
            self.filter.add(hash);
        }
        &mut self.counts[place as usize].1
    }

    /// Tells of nearly every hash of a conversation that is not told apart, once as
    /// many are as may be, that its conversation is not.
    // PERF: of a scan nearly all are beyond, and one look tells.
    #[inline]
    fn is_beyond(&self, hash: u64) -> bool {
        self.counts.len() >= self.limit && !self.filter.may_have(hash)
    }

    fn find(&self, hash: u64, conversation: &Conversation) -> Option<u32> {
        let is = |place| self.counts[place as usize].0 == *conversation;
        self.places.find(hash, is)
    }

    /// Returns what is known of a conversation that is perhaps at a place.
    fn find_again(
        &mut self,
        hint: Option<u32>,
        hash: u64,
        conversation: Conversation,
    ) -> &mut Ranked {
        let is = |place: &u32| self.counts[*place as usize].0 == conversation;
        let place = hint.filter(is);
        if place.is_none() && self.is_beyond(hash) {
            return &mut self.beyond;
        }
        let place = place.or_else(|| self.find(hash, &conversation));
        self.at(place, hash, conversation)
    }

    /// Returns where a conversation of a hash may be, and begins to fetch that.
    fn look_up(&self, hash: u64) -> Option<u32> {
        if self.is_beyond(hash) {
            return None;
        }
        let place = self.places.look_up(hash)?;
        fetch_soon(&self.counts[place as usize]);
        Some(place)
    }

    /// Tells where the conversation of a hash stands.
    #[inline]
    fn place(&self, hash: u64, conversation: impl FnOnce() -> Conversation) -> Place {
        if self.is_beyond(hash) {
            return Place::Beyond;
        }
        self.place_seldom(hash, &conversation())
    }

    #[inline(never)]
    fn place_seldom(&self, hash: u64, conversation: &Conversation) -> Place {
        match self.find(hash, conversation) {
            Some(_) => Place::Known,
            None if self.counts.len() < self.limit => Place::New,
            None => Place::Beyond,
        }
    }

    /// Adds what another part of the records gave.
    pub(crate) fn merge(&mut self, other: &Self) {
        for (conversation, ranked) in &other.counts {
            let hash = self.hasher.hash_one(conversation);
            match self.find(hash, conversation) {
                Some(place) => self.counts[place as usize].1.merge(ranked),
                None => self.append(hash, *conversation).merge(ranked),
            }
        }
        self.beyond.merge(&other.beyond);
    }

    /// Returns how many conversations are told apart.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.counts.len()
    }

    /// Tells whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// Returns what decided about a conversation that is listed.
    #[must_use]
    pub fn deciders(&self, conversation: &Conversation) -> Option<&Deciders> {
        let place = self.find(self.hasher.hash_one(conversation), conversation)?;
        self.counts[place as usize].1.by.as_ref()
    }

    /// Returns the traffic of conversations beyond [`RANKING_LIMIT`].
    #[must_use]
    pub const fn beyond(&self) -> &Count {
        &self.beyond.count
    }
}

/// Tells whether what became so is ranked, where perhaps accepted traffic is, too.
pub(crate) const fn is_ranked(outcome: Outcome, rank_accepted: bool) -> bool {
    match outcome {
        Outcome::Accept => rank_accepted,
        Outcome::Drop => true,
        Outcome::Outside | Outcome::Depends => false,
    }
}

/// A record that is to be ranked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Waiting {
    /// Of its conversation.
    hash: u64,
    /// Where it stands among others.
    at: u32,
    outcome: Outcome,
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
        let hasher = RandomState::default();
        let ranking = || Ranking::hashed(limit, hasher.clone());
        Self {
            accepted: ranking(),
            dropped: ranking(),
        }
    }

    /// Prepares to rank a record.
    #[inline]
    pub(crate) fn waiting(&self, at: u32, record: &Record, outcome: Outcome) -> Waiting {
        Waiting {
            hash: self.hash(&Conversation::from(&record.flow)),
            at,
            outcome,
        }
    }

    /// Makes room for conversations behind everything counted so far; their
    /// traffic is added later.
    pub(crate) fn expect<T>(&mut self, all: &[T], name: impl Fn(&T) -> (Outcome, Conversation)) {
        let hasher = self.dropped.hasher.clone();
        let name = |one: &T| {
            let (outcome, conversation) = name(one);
            (outcome, conversation, hasher.hash_one(conversation))
        };
        self.for_each(all, name, |_, _| {});
    }

    /// Adds traffic of conversations that were expected, or came too late to be
    /// told apart, and what decided about it.
    pub(crate) fn add_counted(&mut self, all: &[(Conversation, Count, Decider)]) {
        let hasher = self.dropped.hasher.clone();
        let name = |(conversation, _, decider): &(Conversation, Count, Decider)| {
            (
                decider.outcome(),
                *conversation,
                hasher.hash_one(conversation),
            )
        };
        self.for_each(all, name, |own, (_, count, decider)| {
            own.count.merge(count);
            own.decided_by(&Deciders::of(*decider));
        });
    }

    /// Returns the hash of a conversation.
    #[inline]
    pub(crate) fn hash(&self, conversation: &Conversation) -> u64 {
        self.dropped.hasher.hash_one(conversation)
    }

    /// Tells where the conversation of a flow stands, which has this hash.
    #[inline]
    pub(crate) fn place(
        &self,
        outcome: Outcome,
        hash: u64,
        conversation: impl FnOnce() -> Conversation,
    ) -> Place {
        match outcome {
            Outcome::Accept => self.accepted.place(hash, conversation),
            Outcome::Drop => self.dropped.place(hash, conversation),
            Outcome::Outside | Outcome::Depends => Place::Beyond,
        }
    }

    /// Adds traffic whose conversations came too late to be told apart, by what
    /// decided about it.
    pub(crate) fn add_beyond(&mut self, all: &[(Decider, Count)]) {
        for (decider, count) in all {
            if let Some(ranking) = self.of(decider.outcome()) {
                ranking.beyond.count.merge(count);
                ranking.beyond.decided_by(&Deciders::of(*decider));
            }
        }
    }

    /// Counts records that wait, behind everything counted so far; they stand
    /// among `records`, and these were all judged.
    pub(crate) fn add_all(&mut self, waiting: &[Waiting], records: &[Record], answers: &[Answer]) {
        let name = |one: &Waiting| {
            let record = &records[one.at as usize];
            (one.outcome, Conversation::from(&record.flow), one.hash)
        };
        self.for_each(waiting, name, |own, one| {
            let record = &records[one.at as usize];
            own.count.add(record, true);
            if let Answer::Judged(sides) = &answers[one.at as usize] {
                own.decided_by(&Deciders::of(Decider::of(sides, record.part)));
            }
        });
    }

    /// Does something with what is known of the conversation of every thing, one
    /// after the other; `name` tells what became of it, its conversation, and the
    /// hash of that.
    fn for_each<T>(
        &mut self,
        all: &[T],
        name: impl Fn(&T) -> (Outcome, Conversation, u64),
        mut act: impl FnMut(&mut Ranked, &T),
    ) {
        // PERF: looked up together, so that the waits for memory overlap.
        for some in all.chunks(TOGETHER) {
            let mut hints = [None; TOGETHER];
            for (hint, one) in hints.iter_mut().zip(some) {
                let (outcome, _, hash) = name(one);
                *hint = self.of(outcome).and_then(|ranking| ranking.look_up(hash));
            }
            for (hint, one) in hints.into_iter().zip(some) {
                let (outcome, conversation, hash) = name(one);
                if let Some(ranking) = self.of(outcome) {
                    act(ranking.find_again(hint, hash, conversation), one);
                }
            }
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
        ranking.add_counted(finished.conversation(), &count, finished.decider);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn conversation(host: u8, port: u16) -> Conversation {
        Conversation {
            source: IpAddr::from([203, 0, 113, host]),
            destination: IpAddr::from([10, 0, 0, 1]),
            protocol: Protocol::TCP,
            port: Some(port),
        }
    }

    pub(super) fn packets(packets: u64) -> Count {
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
            ranking.add_counted(conversation(host, port), &packets(count), Decider::NONE);
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
    fn deciders_of_a_conversation_are_told_in_whatever_order_they_came() {
        let [one, other] = [1, 2].map(|part| Decider { part, side: None });
        for order in [[one, other, one], [other, one, one], [other, other, one]] {
            let (mut whole, mut part) = (Ranking::default(), Ranking::default());
            for (at, decider) in order.into_iter().enumerate() {
                let ranking = if at == 1 { &mut part } else { &mut whole };
                ranking.add_counted(conversation(1, 22), &packets(1), decider);
                whole.add_counted(conversation(2, 22), &packets(1), one);
            }
            whole.merge(&part);
            let deciders = whole.deciders(&conversation(1, 22)).unwrap();
            assert_eq!(
                (deciders.one, deciders.are_several),
                (one, true),
                "{order:?}"
            );
            let deciders = whole.deciders(&conversation(2, 22)).unwrap();
            assert_eq!((deciders.one, deciders.are_several), (one, false));
            assert_eq!(whole.deciders(&conversation(3, 22)), None);
        }
    }
}
