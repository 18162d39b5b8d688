//! What is greatest in a ranking.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::hash::{BuildHasher, Hash};
use std::net::IpAddr;

use secgroup_model::Protocol;

use super::{Conversation, Ranking};
use crate::tagged::Places;
use crate::tally::Count;

impl Ranking {
    /// Returns the `most` conversations with the most packets, the greatest
    /// first, equal ones by address.
    #[must_use]
    pub fn top(&self, most: usize) -> Vec<(Conversation, Count)> {
        let own = |place: u32| &self.counts[place as usize];
        let packets = |place| own(place).1.count.packets;
        let places = greatest(most, self.counts.len(), packets, |place| own(place).0);
        let counts = places.into_iter().map(own);
        counts.map(|(name, own)| (*name, own.count)).collect()
    }

    /// Returns the `most` senders with the most packets.
    #[must_use]
    pub fn talkers(&self, most: usize) -> Vec<(IpAddr, Count)> {
        let name = |own: &Conversation| Numbered::of(own.source);
        self.by(most, name, |own| own.source)
    }

    /// Returns the `most` services with the most packets: protocol and
    /// destination port, where there is one.
    #[must_use]
    pub fn ports(&self, most: usize) -> Vec<((Protocol, Option<u16>), Count)> {
        let name = |own: &Conversation| (own.protocol, own.port);
        self.by(most, name, name)
    }

    /// Returns the `most` pairs of sender and receiver with the most packets.
    #[must_use]
    pub fn pairs(&self, most: usize) -> Vec<((IpAddr, IpAddr), Count)> {
        let name = |own: &Conversation| [own.source, own.destination].map(Numbered::of);
        self.by(most, name, |own| (own.source, own.destination))
    }

    /// Returns the `most` with the most packets of what conversations have in
    /// common, equal ones in the order of `name`.
    fn by<K: Hash + Ord, R>(
        &self,
        most: usize,
        name: impl Fn(&Conversation) -> K,
        told: impl Fn(&Conversation) -> R,
    ) -> Vec<(R, Count)> {
        // PERF: few are wanted of tens of thousands, so only those are summed whole,
        // and names stay where they are.
        let mut groups: Vec<Group> = Vec::new();
        let mut group_of = Vec::with_capacity(self.counts.len());
        let mut places = Places::with_room(self.counts.len());
        for (place, (conversation, own)) in self.counts.iter().enumerate() {
            let first = |group: &Group| name(&self.counts[group.first].0);
            let (name, packets) = (name(conversation), own.count.packets);
            let hash = self.hasher.hash_one(&name);
            let found = places.find(hash, |group| first(&groups[group as usize]) == name);
            let group = found.unwrap_or_else(|| {
                let group = u32::try_from(groups.len()).expect("few conversations are told apart");
                let hash_at = |group| self.hasher.hash_one(first(&groups[group as usize]));
                places.insert(hash, group, hash_at);
                groups.push(Group {
                    first: place,
                    packets: 0,
                });
                group
            });
            let sum = &mut groups[group as usize].packets;
            *sum = sum.saturating_add(packets);
            group_of.push(group);
        }
        let first = |group: u32| &self.counts[groups[group as usize].first].0;
        let packets = |group: u32| groups[group as usize].packets;
        let chosen = greatest(most, groups.len(), packets, |group| name(first(group)));
        let mut counts: Vec<Option<Count>> = vec![None; groups.len()];
        for group in &chosen {
            counts[*group as usize] = Some(Count::default());
        }
        for ((_, own), group) in self.counts.iter().zip(group_of) {
            if let Some(count) = &mut counts[group as usize] {
                count.merge(&own.count);
            }
        }
        let told = |group: u32| {
            (
                told(first(group)),
                counts[group as usize].unwrap_or_default(),
            )
        };
        chosen.into_iter().map(told).collect()
    }
}

/// Conversations that have something in common.
struct Group {
    /// Where the first of them stands.
    first: usize,
    packets: u64,
}

/// An address as a number; the order is that of addresses.
///
/// PERF: what is derived for addresses hashes them byte by byte.
#[derive(PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Numbered(bool, u128);

impl Numbered {
    fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => Self(false, address.to_bits().into()),
            IpAddr::V6(address) => Self(true, address.to_bits()),
        }
    }
}

/// Returns the `most` of so many numbers with the most packets, the greatest first,
/// equal ones by name.
fn greatest<K: Ord>(
    most: usize,
    count: usize,
    packets: impl Fn(u32) -> u64,
    name: impl Fn(u32) -> K,
) -> Vec<u32> {
    // PERF: few are wanted of tens of thousands, and most of those have fewer packets
    // than the least of the best so far: their names are not asked for.
    let mut best = BinaryHeap::with_capacity(most.min(count) + 1);
    for number in (0..).take(count) {
        let packets = Reverse(packets(number));
        if best.len() < most {
            best.push((packets, name(number), number));
            continue;
        }
        let Some((least, last, _)) = best.peek() else {
            break;
        };
        if packets > *least {
            continue;
        }
        let name = name(number);
        if (packets, &name) < (*least, last) {
            best.pop();
            best.push((packets, name, number));
        }
    }
    let best = best.into_sorted_vec().into_iter();
    best.map(|(_, _, number)| number).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{conversation, packets};
    use super::*;
    use crate::decider::Decider;

    #[test]
    fn talkers_ports_and_pairs_are_sums_of_conversations() {
        let mut ranking = Ranking::default();
        for (host, port, count) in [(1, 22, 5), (1, 80, 2), (2, 22, 6)] {
            ranking.add_counted(conversation(host, port), &packets(count), Decider::NONE);
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

    #[test]
    fn the_greatest_are_those_of_all_in_order_equal_ones_by_name() {
        let mut state = 0x5EC6_2033_u64;
        for count in [0, 1, 7, 300] {
            let all: Vec<(u64, u64)> = (0..count)
                .map(|_| {
                    state ^= state << 13;
                    state ^= state >> 7;
                    state ^= state << 17;
                    (state % 5, state >> 40)
                })
                .collect();
            let own = |at: u32| all[usize::try_from(at).unwrap()];
            let mut wanted: Vec<u32> = (0..).take(all.len()).collect();
            wanted.sort_by_key(|at| (Reverse(own(*at).0), own(*at).1));
            for most in [0, 1, 5, 299, 300, 1_000] {
                let found = greatest(most, all.len(), |at| own(at).0, |at| own(at).1);
                let wanted: Vec<u32> = wanted.iter().copied().take(most).collect();
                assert_eq!(found, wanted, "{most} of {count}");
            }
        }
    }
}
