//! Flows of one family that were met lately, with the traffic of each: a table
//! that forgets.
//!
//! The flows stand one after the other in the order in which they came, and an
//! index of small buckets says where: a byte of each flow's hash, and its number.
//! So what a packet touches is dense: of 50,000 flows of IPv4 2 MB, which a core
//! keeps near it. A flow can be in one bucket and the one beside it only; what
//! comes anew and finds no room, there or among the flows, takes the place of
//! another one. What is found is right, because flows are compared whole. So
//! nothing but speed depends on the size, nor on which flows share a bucket.
//!
//! With each flow stands a mark, which whoever keeps the table chooses, and
//! something aside that is seldom asked for.

mod bucket;

use secgroup_matcher::{fetch_soon, list_in_large_pages};

use crate::decode::plain::{Brief, Ends};
use crate::session::NEVER;
use bucket::{Bucket, SLOTS};

/// How many bits a mark has.
pub(crate) const MARK_BITS: u32 = 24;

/// Where the mark lies in an entry's service.
const MARK_SHIFT: u32 = u64::BITS - MARK_BITS;

/// What below it is the service.
const SERVICE: u64 = (1 << MARK_SHIFT) - 1;

/// How many buckets an index begins with: they stay in the fastest cache.
const FIRST_BUCKETS: usize = 1 << 7;

/// How many flows come to a bucket at most, on average: of twice as many a few
/// would find no room.
const LOAD: usize = SLOTS / 2;

/// From so many pairs of flows on there is room for all there may be.
const MANY: usize = 1 << 11;

/// No table has more flows: a bucket numbers them with 24 bits.
const MOST_FLOWS: usize = (1 << 24) - 1;

/// A packet that is added to a sum has fewer bytes than this.
pub(crate) const BYTES_LIMIT: u32 = 1 << 17;

/// Packets and their bytes, of which a sum holds a few millions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sum(u64);

impl Sum {
    /// A packet; the bytes are below.
    const PACKET: u64 = 1 << 40;

    /// So many packets are enough, so that their bytes always fit below.
    const FULL: u64 = Self::PACKET << 23;

    /// Adds a packet of fewer bytes than [`BYTES_LIMIT`].
    #[inline]
    pub(crate) fn add(&mut self, bytes: u32) {
        debug_assert!(!self.is_full() && bytes < BYTES_LIMIT, "emptied before");
        self.0 = self.0.wrapping_add(Self::PACKET | u64::from(bytes));
    }

    /// Tells whether it must be emptied before more is added.
    #[inline]
    pub(crate) const fn is_full(self) -> bool {
        self.0 >= Self::FULL
    }

    pub(crate) const fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(crate) const fn packets(self) -> u64 {
        self.0 / Self::PACKET
    }

    pub(crate) const fn bytes(self) -> u64 {
        self.0 % Self::PACKET
    }
}

/// A flow with its traffic.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry<E> {
    ends: E,
    /// The mark above the service; 0 where there is no flow.
    service: u64,
    /// The latest time, or [`NEVER`].
    pub(crate) last: i64,
    /// What came since it was put in or emptied.
    pub(crate) sum: Sum,
}

impl<E: Default> Default for Entry<E> {
    fn default() -> Self {
        Self {
            ends: E::default(),
            service: 0,
            last: NEVER,
            sum: Sum::default(),
        }
    }
}

impl<E: Ends> Entry<E> {
    /// Returns its mark, which is 0 where there is no flow.
    #[inline]
    pub(crate) fn mark(&self) -> u32 {
        u32::try_from(self.service >> MARK_SHIFT).unwrap_or(0)
    }

    /// Returns what decides about its packets.
    pub(crate) fn brief(&self) -> Brief<E> {
        Brief {
            ends: self.ends,
            service: self.service & SERVICE,
        }
    }

    /// Tells whether it is a flow; where there is none, it is none.
    #[inline]
    fn is(&self, brief: &Brief<E>) -> bool {
        let service = (self.service ^ brief.service) & SERVICE;
        let same = self.ends.difference(brief.ends) | service == 0;
        same & (self.service > SERVICE)
    }
}

/// Two flows.
///
/// PERF: of IPv4 it is one line of a cache, and no flow is in two.
#[derive(Clone, Copy, Debug, Default)]
#[repr(align(64))]
struct Two<E>([Entry<E>; 2]);

/// The table. `A` stands aside of each flow.
#[derive(Debug)]
pub(crate) struct FlowTable<E, A> {
    // INVARIANT: a power of two, or none.
    buckets: Vec<Bucket>,
    flows: Vec<Two<E>>,
    // INVARIANT: one for each number; never more than `most`.
    aside: Vec<A>,
    /// The numbers of flows that were taken out.
    free: Vec<usize>,
    most: usize,
    /// The flow that has to go next.
    next: usize,
}

impl<E: Ends, A: Copy + Default> FlowTable<E, A> {
    /// Returns a table of at most `most` flows, or of very few.
    pub(crate) fn new(most: usize) -> Self {
        Self {
            buckets: Vec::new(),
            flows: Vec::new(),
            aside: Vec::new(),
            free: Vec::new(),
            most: most.clamp(FIRST_BUCKETS * LOAD, MOST_FLOWS),
            next: 0,
        }
    }

    /// Tells whether nothing can be found.
    pub(crate) fn is_empty(&self) -> bool {
        self.buckets.is_empty()
    }

    /// Returns how many flows there are.
    pub(crate) const fn len(&self) -> usize {
        self.aside.len() - self.free.len()
    }

    /// Returns the hash of a flow.
    #[inline]
    pub(crate) fn spread(brief: &Brief<E>) -> u64 {
        const ODD: [u64; 2] = [0x9e37_79b9_7f4a_7c15, 0xd6e8_feb8_6659_fd93];
        let one = brief.ends.fold().wrapping_mul(ODD[0]);
        (one.rotate_left(32) ^ brief.service).wrapping_mul(ODD[1])
    }

    /// Begins to fetch the bucket of a hash.
    #[inline]
    pub(crate) fn fetch(&self, spread: u64) {
        if let Some(bucket) = self.buckets.get(self.home(spread)) {
            fetch_soon(bucket);
        }
    }

    /// Returns the number that a flow of a hash has, if it is here, and most
    /// likely nothing else is meant by it; begins to fetch that flow.
    #[inline]
    pub(crate) fn guess(&self, spread: u64) -> usize {
        let Some(bucket) = self.buckets.get(self.home(spread)) else {
            return 0;
        };
        // PERF: no branches; where the tag is in no slot it is any number.
        let slot = (bucket.marked(Bucket::tag(spread)).trailing_zeros() / u8::BITS) as usize;
        let number = bucket.number(slot % SLOTS);
        if let Some(two) = self.flows.get(number / 2) {
            fetch_soon(&two.0[number % 2]);
        }
        number
    }

    /// Returns a flow at the number that was guessed, if it is there.
    #[inline]
    pub(crate) fn guessed(&mut self, guess: usize, brief: &Brief<E>) -> Option<&mut Entry<E>> {
        let two = self.flows.get_mut(guess / 2)?;
        let entry = &mut two.0[guess % 2];
        entry.is(brief).then_some(entry)
    }

    /// Returns the number of a flow with its hash, and what was guessed.
    #[inline]
    pub(crate) fn find_guessed(
        &self,
        (spread, guess): (u64, usize),
        brief: &Brief<E>,
    ) -> Option<usize> {
        match self.flows.get(guess / 2) {
            Some(two) if two.0[guess % 2].is(brief) => Some(guess),
            _ => self.find(spread, brief),
        }
    }

    /// Returns the number of a flow with its hash.
    pub(crate) fn find(&self, spread: u64, brief: &Brief<E>) -> Option<usize> {
        let home = self.home(spread);
        let bucket = self.buckets.get(home)?;
        let here = self.find_in(bucket, spread, brief);
        if here.is_some() || bucket.is_all() {
            return here;
        }
        self.find_in(&self.buckets[beside(home)], spread, brief)
    }

    fn find_in(&self, bucket: &Bucket, spread: u64, brief: &Brief<E>) -> Option<usize> {
        let mut numbers = bucket.numbers_of(Bucket::tag(spread));
        numbers.find(|number| self.flows[number / 2].0[number % 2].is(brief))
    }

    /// Returns a flow that was found.
    #[inline]
    pub(crate) fn at(&mut self, number: usize) -> &mut Entry<E> {
        &mut self.flows[number / 2].0[number % 2]
    }

    /// Returns a flow that was found, and what stands aside of it.
    pub(crate) fn both_at(&mut self, number: usize) -> (&mut Entry<E>, &mut A) {
        let entry = &mut self.flows[number / 2].0[number % 2];
        (entry, &mut self.aside[number])
    }

    /// Puts in a flow that is not there, with a mark above 0 and no traffic;
    /// returns its number, and what had to go for it.
    pub(crate) fn insert(
        &mut self,
        brief: &Brief<E>,
        mark: u32,
        aside: A,
    ) -> (usize, Option<(Entry<E>, A)>) {
        debug_assert!(mark > 0 && mark >> MARK_BITS == 0, "as entries keep it");
        let (number, gone) = self.room(brief);
        *self.at(number) = Entry {
            ends: brief.ends,
            service: brief.service | u64::from(mark) << MARK_SHIFT,
            ..Entry::default()
        };
        self.aside[number] = aside;
        (number, gone)
    }

    /// Takes out a flow that was found, with its traffic.
    pub(crate) fn take(&mut self, number: usize) -> (Entry<E>, A) {
        let taken = self.leave(number);
        self.free.push(number);
        taken
    }

    /// Takes out everything.
    pub(crate) fn drain(&mut self) -> impl Iterator<Item = (Entry<E>, A)> + use<E, A> {
        let most = self.most;
        let all = std::mem::replace(self, Self::new(most));
        let entries = all.flows.into_iter().flat_map(|two| two.0);
        let both = entries.zip(all.aside);
        both.filter(|(entry, _)| entry.mark() > 0)
    }

    /// Makes room for a flow that is not there, and enters it into the index;
    /// returns its number, and what had to go.
    fn room(&mut self, brief: &Brief<E>) -> (usize, Option<(Entry<E>, A)>) {
        if self.len() >= self.buckets.len() * LOAD && self.len() < self.most {
            self.grow();
        }
        let spread = Self::spread(brief);
        let home = self.home(spread);
        let mut buckets = [home, beside(home)].into_iter();
        let (number, gone) = if !buckets.any(|bucket| self.buckets[bucket].has_room()) {
            let first = self.buckets[home].number(0);
            (first, Some(self.leave(first)))
        } else if let Some(number) = self.free.pop() {
            (number, None)
        } else if self.aside.len() < self.most {
            (self.one_more(), None)
        } else {
            let next = self.next;
            self.next = (next + 1) % self.most;
            (next, Some(self.leave(next)))
        };
        self.enter(spread, number);
        (number, gone)
    }

    /// Returns the number of a flow that never was.
    fn one_more(&mut self) -> usize {
        let number = self.aside.len();
        if number == 2 * self.flows.len() {
            if self.flows.len() == self.flows.capacity() {
                let least = (2 * self.flows.len()).max(FIRST_BUCKETS);
                let most = if self.flows.len() >= MANY {
                    // Room that is not used is free.
                    least.max(self.most.div_ceil(2))
                } else {
                    least
                };
                let mut room = list_in_large_pages(least, most);
                room.append(&mut self.flows);
                self.flows = room;
            }
            self.flows.push(Two::default());
        }
        self.aside.push(A::default());
        number
    }

    /// Takes a flow out of the index and of its place.
    fn leave(&mut self, number: usize) -> (Entry<E>, A) {
        let entry = std::mem::take(self.at(number));
        let spread = Self::spread(&entry.brief());
        let (home, tag) = (self.home(spread), Bucket::tag(spread));
        let mut buckets = [home, beside(home)].into_iter();
        let was_there = buckets.any(|bucket| self.buckets[bucket].take(tag, number));
        debug_assert!(was_there, "every flow is in the index");
        (entry, self.aside[number])
    }

    /// Enters a flow into the index, into its bucket or into the one beside it
    /// where only that has room.
    fn enter(&mut self, spread: u64, number: usize) {
        let (home, tag) = (self.home(spread), Bucket::tag(spread));
        let mut buckets = [home, beside(home)].into_iter();
        let has_room = buckets.any(|bucket| self.buckets[bucket].put(tag, number));
        debug_assert!(has_room, "made before");
    }

    /// Makes the index greater. What was in two buckets is in four then, so that
    /// everything has room.
    #[cold]
    fn grow(&mut self) {
        let buckets = (2 * self.buckets.len()).max(FIRST_BUCKETS);
        let mut room = list_in_large_pages(buckets, buckets);
        room.resize(buckets, Bucket::default());
        self.buckets = room;
        for number in 0..self.aside.len() {
            let entry = &self.flows[number / 2].0[number % 2];
            if entry.mark() > 0 {
                self.enter(Self::spread(&entry.brief()), number);
            }
        }
    }

    /// Returns the bucket that a hash belongs to.
    #[inline]
    fn home(&self, spread: u64) -> usize {
        (spread >> 32) as usize & self.buckets.len().wrapping_sub(1)
    }
}

/// Returns the bucket that takes what has no room in one.
#[inline]
const fn beside(bucket: usize) -> usize {
    bucket ^ 1
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    fn brief(number: u64) -> Brief<u64> {
        // Ends that differ in few bits, as those of a network do.
        Brief {
            ends: 0x0a00_0001_0000_0000 | number >> 3,
            service: 6 << 32 | (number & 7) << 16 | 443,
        }
    }

    fn random(state: &mut u64, below: u64) -> u64 {
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        *state % below
    }

    #[test]
    fn a_table_has_exactly_what_was_put_in_and_did_not_go_again() {
        let mut state = 0x5EC6_2031_u64;
        for (most, flows) in [(1, 4_000), (2_000, 3_000), (50_000, 20_000)] {
            let mut table = FlowTable::<u64, u32>::new(most);
            let mut wanted: HashMap<u64, (u32, u32)> = HashMap::new();
            let mut went = 0;
            for step in 0..60_000_u32 {
                let number = random(&mut state, flows);
                let own = brief(number);
                let spread = FlowTable::<u64, u32>::spread(&own);
                let guess = table.guess(spread);
                let found = table.find(spread, &own);
                assert_eq!(found, table.find_guessed((spread, guess), &own));
                assert_eq!(found.is_some(), wanted.contains_key(&number));
                match found {
                    None => {
                        let mark = 1 + step % 1_000;
                        let (at, gone) = table.insert(&own, mark, step);
                        assert_eq!(table.find(spread, &own), Some(at));
                        assert!(wanted.insert(number, (mark, step)).is_none());
                        if let Some((entry, aside)) = gone {
                            let flow = entry.brief();
                            let gone = (flow.ends & 0xffff_ffff) << 3 | (flow.service >> 16 & 7);
                            assert_eq!(wanted.remove(&gone), Some((entry.mark(), aside)));
                            went += 1;
                        }
                    }
                    Some(at) if random(&mut state, 4) == 0 => {
                        let (entry, aside) = table.take(at);
                        assert_eq!(entry.brief(), own);
                        assert_eq!(wanted.remove(&number), Some((entry.mark(), aside)));
                    }
                    Some(at) => {
                        let (entry, aside) = table.both_at(at);
                        assert_eq!((entry.brief(), entry.mark()), (own, wanted[&number].0));
                        assert_eq!(*aside, wanted[&number].1);
                    }
                }
            }
            let most = most.max(FIRST_BUCKETS * LOAD);
            assert!(wanted.len() <= most && table.aside.len() <= most);
            if most < usize::try_from(flows).unwrap() {
                assert!(went > 1_000, "{went}, {most} of {flows}");
            } else {
                assert!(went < 100, "{went}: few buckets are full");
            }
            let mut left: Vec<_> = table
                .drain()
                .map(|(entry, aside)| (entry.mark(), aside))
                .collect();
            let mut wanted: Vec<_> = wanted.into_values().collect();
            left.sort_unstable();
            wanted.sort_unstable();
            assert_eq!(left, wanted);
            assert!(table.is_empty() && table.find(0, &brief(0)).is_none());
        }
    }

    #[test]
    fn a_flow_that_had_no_room_in_its_bucket_is_found_when_that_has_room_again() {
        let mut table = FlowTable::<u64, u32>::new(FIRST_BUCKETS * LOAD);
        let home = |table: &FlowTable<u64, u32>, number| {
            let spread = FlowTable::<u64, u32>::spread(&brief(number));
            table.home(spread)
        };
        table.insert(&brief(0), 1, 0);
        let first = home(&table, 0);
        let mut same: Vec<u64> = (1..100_000)
            .filter(|number| home(&table, *number) == first)
            .take(SLOTS + 1)
            .collect();
        for number in &same {
            table.insert(&brief(*number), 1, 0);
        }
        let find = |table: &FlowTable<u64, u32>, number| {
            table.find(
                FlowTable::<u64, u32>::spread(&brief(number)),
                &brief(number),
            )
        };
        for number in std::mem::take(&mut same).into_iter().chain([0]) {
            let at = find(&table, number).expect("both buckets are not full");
            table.take(at);
            assert_eq!(find(&table, number), None);
        }
        assert_eq!(table.drain().count(), 0);
    }

    #[test]
    fn flows_that_share_two_buckets_go_one_for_each_that_comes() {
        let mut table = FlowTable::<u64, u32>::new(FIRST_BUCKETS * LOAD);
        table.insert(&brief(0), 1, 0);
        let pair = |number| {
            let spread = FlowTable::<u64, u32>::spread(&brief(number));
            // Whatever size the index has.
            (spread >> 33) & 0xff
        };
        let same = (1..4_000_000).filter(|number| pair(*number) == pair(0));
        let mut went = 0;
        for number in same.take(40) {
            let (at, gone) = table.insert(&brief(number), 1, 0);
            assert_eq!(table.at(at).brief(), brief(number));
            went += usize::from(gone.is_some());
        }
        assert_eq!(went, 41 - 2 * SLOTS);
        assert_eq!(table.drain().count(), 2 * SLOTS);
    }
}
