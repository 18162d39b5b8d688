//! The flows judged lately: the number of the verdict of each, and its traffic.
//!
//! A table of sets of two: a flow can be in one set and the one beside it only,
//! and what comes anew and finds both full takes the place of the older of two. What is found is right, because
//! flows are compared whole; what was forgotten is judged again, and its traffic
//! handed out. So nothing but speed depends on the size, nor on which flows
//! share a set.

use secgroup_matcher::{fetch_soon, in_large_pages};

use super::verdicts::{NUMBER_BITS, is_ambiguous, outcome};
use crate::decode::plain::{Brief, Ends};
use crate::histogram::Steady;
use crate::session::NEVER;

/// How many sets a table begins with: they stay in the fastest cache.
const FIRST_SETS: usize = 1 << 8;

/// How many times greater a table gets.
const GROWTH: usize = 8;

/// Where the number lies in an entry's service.
const NUMBER_SHIFT: u32 = u64::BITS - NUMBER_BITS;

/// What below it is the service.
const SERVICE: u64 = (1 << NUMBER_SHIFT) - 1;

/// How many sets are fetched before any of them is looked at.
const TOGETHER: usize = 32;

/// A packet has fewer bytes than this.
pub(super) const BYTES_LIMIT: u32 = 1 << 17;

/// A packet in a sum; the bytes are below.
const PACKET: u64 = 1 << 40;

/// A sum of so many packets is handed out, so that their bytes always fit below.
const FULL: u64 = PACKET << 23;

/// A usual packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Usual<E> {
    pub(super) brief: Brief<E>,
    /// When it came, in nanoseconds, or [`NEVER`].
    pub(super) time: i64,
    // INVARIANT: below BYTES_LIMIT.
    pub(super) bytes: u32,
    /// Where it stands in its batch.
    pub(super) position: u32,
}

/// The traffic of a flow that is forgotten, or came to be much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Counted<E> {
    pub(super) brief: Brief<E>,
    pub(super) number: u32,
    pub(super) packets: u64,
    pub(super) bytes: u64,
    /// The earliest time, or [`NEVER`].
    pub(super) first: i64,
    /// The latest time, or [`NEVER`].
    pub(super) last: i64,
}

/// The flows of one family.
#[derive(Debug)]
pub(super) struct Memory<E> {
    // INVARIANT: a power of two, or none.
    sets: Vec<Set<E>>,
    // INVARIANT: as many as sets. The earliest times of their flows; apart,
    // because time seldom runs backwards.
    firsts: Vec<[i64; 2]>,
    most_sets: usize,
    /// How many flows were put in since it has its size.
    taken: usize,
}

/// Two flows that came to the same place, the newer one first.
///
/// PERF: of IPv4 it is one line of a cache, all that a packet touches.
#[derive(Clone, Copy, Debug, Default)]
#[repr(align(64))]
struct Set<E>([Entry<E>; 2]);

/// A flow with its traffic.
#[derive(Clone, Copy, Debug)]
struct Entry<E> {
    ends: E,
    /// The number of its verdict above its service; 0 where there is no flow.
    service: u64,
    last: i64,
    /// Packets above bytes.
    sum: u64,
}

impl<E: Default> Default for Entry<E> {
    fn default() -> Self {
        Self {
            ends: E::default(),
            service: 0,
            last: NEVER,
            sum: 0,
        }
    }
}

impl<E: Ends> Memory<E> {
    /// Returns a memory of about `most` flows.
    pub(super) fn new(most: usize) -> Self {
        Self {
            sets: Vec::new(),
            firsts: Vec::new(),
            most_sets: (most / 2).max(FIRST_SETS).next_power_of_two(),
            taken: 0,
        }
    }

    /// Counts packets of flows that are remembered, and lists the places of
    /// the others; returns how many are ambiguous. Hands out what comes to be
    /// much.
    pub(super) fn count(
        &mut self,
        packets: &[Usual<E>],
        over_time: &mut Steady,
        unknown: &mut Vec<u32>,
        much: &mut Vec<Counted<E>>,
    ) -> u64 {
        unknown.clear();
        if self.sets.is_empty() {
            unknown.extend((0_u32..).take(packets.len()));
            return 0;
        }
        let mut ambiguous = 0;
        let mut places = [0; TOGETHER];
        let mut numbers = 0_u32..;
        for packets in packets.chunks(TOGETHER) {
            // PERF: the waits for the memory of many sets overlap.
            for (place, packet) in places.iter_mut().zip(packets) {
                *place = self.place(&packet.brief);
                fetch_soon(&self.sets[*place]);
            }
            for ((place, packet), number) in places.into_iter().zip(packets).zip(&mut numbers) {
                // PERF: which of the two it is nobody can foresee, so it is no
                // branch.
                let [newer, older] = &self.sets[place].0;
                let mut at = (place, usize::from(older.is(&packet.brief)));
                if !newer.is(&packet.brief) & (at.1 == 0) {
                    match self.find(beside(place), &packet.brief) {
                        Some(way) => at = (beside(place), way),
                        None => {
                            unknown.push(number);
                            continue;
                        }
                    }
                }
                ambiguous += u64::from(self.add(at, packet, over_time, much));
            }
        }
        ambiguous
    }

    /// Counts a packet of a flow whose verdict has a number, and remembers the
    /// flow. Tells whether it is ambiguous, and whether it was not remembered.
    pub(super) fn put(
        &mut self,
        packet: &Usual<E>,
        number: u32,
        over_time: &mut Steady,
        gone: &mut Vec<Counted<E>>,
    ) -> (bool, bool) {
        if 2 * self.taken >= self.sets.len() && self.sets.len() < self.most_sets {
            self.grow();
        }
        let own = self.place(&packet.brief);
        let mut places = [own, beside(own)].into_iter();
        let known = places.find_map(|place| Some((place, self.find(place, &packet.brief)?)));
        let at = known.unwrap_or_else(|| {
            let Brief { ends, service } = packet.brief;
            let service = service | u64::from(number) << NUMBER_SHIFT;
            let entry = Entry {
                ends,
                service,
                ..Entry::default()
            };
            let (place, before) = self.insert(own, entry, NEVER);
            gone.extend(before);
            (place, 0)
        });
        let ambiguous = self.add(at, packet, over_time, gone);
        (ambiguous, known.is_none())
    }

    /// Forgets everything, and hands out its traffic.
    pub(super) fn forget(&mut self, gone: &mut Vec<Counted<E>>) {
        for (set, firsts) in self.sets.iter_mut().zip(&self.firsts) {
            let set = std::mem::take(set).0;
            gone.extend(set.iter().zip(firsts).filter_map(counted));
        }
        self.taken = 0;
    }

    /// Counts a packet of a flow that is remembered; tells whether it is
    /// ambiguous.
    #[inline]
    fn add(
        &mut self,
        (place, way): (usize, usize),
        packet: &Usual<E>,
        over_time: &mut Steady,
        much: &mut Vec<Counted<E>>,
    ) -> bool {
        let entry = &mut self.sets[place].0[way];
        let (before, number) = (entry.last, entry.number());
        entry.sum = entry.sum.wrapping_add(PACKET | u64::from(packet.bytes));
        entry.last = before.max(packet.time);
        let full = entry.sum >= FULL;
        if (packet.time < before) | (before == NEVER) | full {
            self.add_slowly(place, way, packet.time, much);
        }
        let ambiguous = is_ambiguous(number);
        if packet.time != NEVER && !ambiguous {
            over_time.add_at(packet.time, outcome(number));
        }
        ambiguous
    }

    /// Completes [`Memory::add`] for a first packet, an earlier one than the
    /// last, or a sum that is full.
    #[cold]
    fn add_slowly(&mut self, place: usize, way: usize, time: i64, much: &mut Vec<Counted<E>>) {
        let first = &mut self.firsts[place][way];
        if time != NEVER && (*first == NEVER || time < *first) {
            *first = time;
        }
        let entry = &mut self.sets[place].0[way];
        if entry.sum >= FULL {
            much.extend(counted((entry, first)));
            (entry.sum, entry.last, *first) = (0, NEVER, NEVER);
        }
    }

    /// Puts a flow into its set, or into the one beside it where only that has
    /// room; returns which, and what had to go.
    fn insert(&mut self, own: usize, entry: Entry<E>, first: i64) -> (usize, Option<Counted<E>>) {
        let has_room = |place: &usize| self.sets[*place].0[1].number() == 0;
        let place = [own, beside(own)].into_iter().find(has_room).unwrap_or(own);
        let (set, firsts) = (&mut self.sets[place].0, &mut self.firsts[place]);
        let gone = counted((&set[1], &firsts[1]));
        *set = [entry, set[0]];
        *firsts = [first, firsts[0]];
        self.taken += 1;
        (place, gone)
    }

    /// Returns where in a set a flow stands.
    fn find(&self, place: usize, brief: &Brief<E>) -> Option<usize> {
        self.sets[place].0.iter().position(|entry| entry.is(brief))
    }

    /// Makes room for more, and keeps what is there: a set becomes several, so
    /// that nothing has to go.
    #[cold]
    fn grow(&mut self) {
        let sets = (self.sets.len() * GROWTH).clamp(FIRST_SETS, self.most_sets);
        let mut room = Vec::with_capacity(sets);
        in_large_pages(room.spare_capacity_mut());
        room.resize(sets, Set::default());
        let before = std::mem::replace(&mut self.sets, room);
        let firsts = std::mem::replace(&mut self.firsts, vec![[NEVER; 2]; sets]);
        self.taken = 0;
        for (set, firsts) in before.iter().zip(&firsts) {
            for (entry, first) in set.0.iter().zip(firsts).rev() {
                if entry.number() == 0 {
                    continue;
                }
                let service = entry.service & SERVICE;
                let ends = entry.ends;
                let place = self.place(&Brief { ends, service });
                let (_, gone) = self.insert(place, *entry, *first);
                debug_assert_eq!(gone, None, "two sets of two become several");
            }
        }
    }

    /// Returns the set of a flow.
    #[inline]
    fn place(&self, brief: &Brief<E>) -> usize {
        const ODD: [u64; 2] = [0x9e37_79b9_7f4a_7c15, 0xd6e8_feb8_6659_fd93];
        let one = brief.ends.fold().wrapping_mul(ODD[0]);
        let other = (one.rotate_left(32) ^ brief.service).wrapping_mul(ODD[1]);
        let spread = (other >> 32) as usize;
        spread & self.sets.len().wrapping_sub(1)
    }
}

/// Returns the set that takes what has no room in one.
#[inline]
const fn beside(place: usize) -> usize {
    place ^ 1
}

impl<E: Ends> Entry<E> {
    #[inline]
    fn number(&self) -> u32 {
        u32::try_from(self.service >> NUMBER_SHIFT).unwrap_or(0)
    }

    /// Tells whether it is a flow; where there is none, it is none.
    #[inline]
    fn is(&self, brief: &Brief<E>) -> bool {
        let service = (self.service ^ brief.service) & SERVICE;
        let same = self.ends.difference(brief.ends) | service == 0;
        same & (self.service > SERVICE)
    }
}

/// Returns the traffic of a flow with its earliest time, where there is any.
fn counted<E: Ends>((entry, first): (&Entry<E>, &i64)) -> Option<Counted<E>> {
    (entry.sum > 0).then(|| Counted {
        brief: Brief {
            ends: entry.ends,
            service: entry.service & SERVICE,
        },
        number: entry.number(),
        packets: entry.sum / PACKET,
        bytes: entry.sum % PACKET,
        first: *first,
        last: entry.last,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    /// Sums of packets, bytes, and the first and last time.
    type Sums = (u64, u64, i64, i64);

    fn usual(ends: u64, service: u64, time: i64, bytes: u32) -> Usual<u64> {
        Usual {
            brief: Brief { ends, service },
            time,
            bytes,
            position: 0,
        }
    }

    /// Counts packets one batch after the other; the number of a flow follows
    /// from itself.
    fn counted_by(
        memory: &mut Memory<u64>,
        batches: &[Vec<Usual<u64>>],
    ) -> (Vec<Counted<u64>>, usize) {
        let (mut over_time, mut gone, mut unknown) = (Steady::default(), Vec::new(), Vec::new());
        let mut missed = 0;
        for batch in batches {
            memory.count(batch, &mut over_time, &mut unknown, &mut gone);
            missed += unknown.len();
            for at in std::mem::take(&mut unknown) {
                let packet = &batch[at as usize];
                memory.put(packet, number_of(packet), &mut over_time, &mut gone);
            }
        }
        memory.forget(&mut gone);
        (gone, missed)
    }

    fn number_of(packet: &Usual<u64>) -> u32 {
        u32::try_from(packet.brief.ends % 1000).unwrap() * 4 + 4
    }

    #[test]
    fn all_traffic_of_every_flow_comes_out_once_however_small_the_memory() {
        let mut state = 0x5EC6_2030_u64;
        let mut random = |below: u64| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state % below
        };
        for (most, flows) in [(1, 20_000), (100_000, 3_000), (100_000, 60_000)] {
            let batches: Vec<Vec<Usual<u64>>> = (0..60)
                .map(|_| {
                    let packets = (0..2_000).map(|_| {
                        let (ends, service) = (random(flows / 2), random(2) << 32 | 443);
                        let time = [NEVER, i64::try_from(random(1_000)).unwrap()];
                        let bytes = u32::try_from(random(BYTES_LIMIT.into())).unwrap();
                        usual(ends, service, time[usize::from(random(9) > 0)], bytes)
                    });
                    packets.collect()
                })
                .collect();
            let mut wanted: HashMap<(u64, u64), Sums> = HashMap::new();
            for packet in batches.iter().flatten() {
                let key = (packet.brief.ends, packet.brief.service);
                let sums = wanted.entry(key).or_insert((0, 0, i64::MAX, NEVER));
                let known = packet.time != NEVER;
                let first = if known {
                    packet.time.min(sums.2)
                } else {
                    sums.2
                };
                let bytes = sums.1 + u64::from(packet.bytes);
                *sums = (sums.0 + 1, bytes, first, sums.3.max(packet.time));
            }
            let (gone, missed) = counted_by(&mut Memory::new(most), &batches);
            let mut sums: HashMap<(u64, u64), Sums> = HashMap::new();
            for one in &gone {
                let ends = one.brief.ends;
                assert_eq!(one.number, u32::try_from(ends % 1000).unwrap() * 4 + 4);
                let sum = sums
                    .entry((ends, one.brief.service))
                    .or_insert((0, 0, i64::MAX, NEVER));
                let first = if one.first == NEVER {
                    sum.2
                } else {
                    one.first.min(sum.2)
                };
                *sum = (
                    sum.0 + one.packets,
                    sum.1 + one.bytes,
                    first,
                    sum.3.max(one.last),
                );
            }
            assert_eq!(sums, wanted, "{most} remembered");
            if most > usize::try_from(flows).unwrap() {
                assert!(
                    missed < 2 * usize::try_from(flows).unwrap(),
                    "{missed} missed"
                );
            }
        }
    }

    #[test]
    fn a_sum_is_handed_out_before_it_is_too_large() {
        let mut memory = Memory::<u64>::new(1);
        let (mut over_time, mut gone) = (Steady::default(), Vec::new());
        let packet = usual(7, SERVICE, 5, BYTES_LIMIT - 1);
        memory.put(&packet, 4, &mut over_time, &mut gone);
        let batch = vec![packet; 1 << 20];
        for _ in 0..9 {
            memory.count(&batch, &mut over_time, &mut Vec::new(), &mut gone);
        }
        assert_eq!(gone.len(), 1, "it was full once");
        memory.forget(&mut gone);
        let packets = 1 + 9 * (1 << 20);
        let sum = |of: fn(&Counted<u64>) -> u64| gone.iter().map(of).sum::<u64>();
        assert_eq!(sum(|one| one.packets), packets);
        assert_eq!(sum(|one| one.bytes), packets * u64::from(BYTES_LIMIT - 1));
        let times = gone.iter().map(|one| (one.first, one.last));
        assert_eq!(times.collect::<Vec<_>>(), [(5, 5); 2]);
        assert!(
            gone.iter()
                .all(|one| one.brief == packet.brief && one.number == 4)
        );
    }

    #[test]
    fn the_greatest_number_is_remembered_and_does_not_touch_the_service() {
        let mut memory = Memory::<u64>::new(1);
        let (mut over_time, mut gone, mut unknown) = (Steady::default(), Vec::new(), Vec::new());
        let packet = usual(7, SERVICE, NEVER, 1);
        let greatest = (1 << NUMBER_BITS) - 1;
        memory.put(&packet, greatest, &mut over_time, &mut gone);
        let other = usual(7, SERVICE ^ 1, NEVER, 1);
        memory.count(&[packet, other], &mut over_time, &mut unknown, &mut gone);
        assert_eq!(unknown, [1]);
        memory.forget(&mut gone);
        assert_eq!((gone[0].number, gone[0].packets), (greatest, 2));
    }
}
