//! Flows of one family that were met lately, with the traffic of each: a table
//! that forgets.
//!
//! It has sets of two: a flow can be in one set and the one beside it only, and
//! what comes anew and finds both full takes the place of the older of two.
//! What is found is right, because flows are compared whole. So nothing but
//! speed depends on the size, nor on which flows share a set.
//!
//! With each flow stands a mark, which whoever keeps the table chooses, and
//! something aside that is seldom asked for.

use secgroup_matcher::{fetch_soon, in_large_pages};

use crate::decode::plain::{Brief, Ends};
use crate::session::NEVER;

/// How many bits a mark has.
pub(crate) const MARK_BITS: u32 = 24;

/// Where the mark lies in an entry's service.
const MARK_SHIFT: u32 = u64::BITS - MARK_BITS;

/// What below it is the service.
const SERVICE: u64 = (1 << MARK_SHIFT) - 1;

/// How many sets a table begins with: they stay in the fastest cache.
const FIRST_SETS: usize = 1 << 8;

/// How many times greater a table gets.
const GROWTH: usize = 2;

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

/// Two flows that came to the same place, the newer one first.
///
/// PERF: of IPv4 it is one line of a cache, all that a packet touches.
#[derive(Clone, Copy, Debug, Default)]
#[repr(align(64))]
struct Set<E>([Entry<E>; 2]);

/// Where a flow is: the set, and which of its two.
pub(crate) type At = (usize, usize);

/// The table. `A` stands aside of each flow.
#[derive(Debug)]
pub(crate) struct Pairs<E, A> {
    // INVARIANT: a power of two, or none.
    sets: Vec<Set<E>>,
    // INVARIANT: as many as sets.
    aside: Vec<[A; 2]>,
    most_sets: usize,
    /// How many flows were put in since it has its size.
    taken: usize,
}

impl<E: Ends, A: Copy + Default> Pairs<E, A> {
    /// Returns a table of about `most` flows.
    pub(crate) fn new(most: usize) -> Self {
        Self {
            sets: Vec::new(),
            aside: Vec::new(),
            most_sets: (most / 2).max(FIRST_SETS).next_power_of_two(),
            taken: 0,
        }
    }

    /// Tells whether nothing can be found, and no place be asked for.
    #[inline]
    pub(crate) fn has_no_places(&self) -> bool {
        self.sets.is_empty()
    }

    /// Returns the set of a flow.
    #[inline]
    pub(crate) fn place(&self, brief: &Brief<E>) -> usize {
        const ODD: [u64; 2] = [0x9e37_79b9_7f4a_7c15, 0xd6e8_feb8_6659_fd93];
        let one = brief.ends.fold().wrapping_mul(ODD[0]);
        let other = (one.rotate_left(32) ^ brief.service).wrapping_mul(ODD[1]);
        let spread = (other >> 32) as usize;
        spread & self.sets.len().wrapping_sub(1)
    }

    /// Begins to fetch a set.
    #[inline]
    pub(crate) fn fetch(&self, place: usize) {
        fetch_soon(&self.sets[place]);
    }

    /// Returns where a flow is whose set is known.
    #[inline]
    pub(crate) fn find_in(&self, place: usize, brief: &Brief<E>) -> Option<At> {
        // PERF: which of the two it is nobody can foresee, so it is no branch.
        let [newer, older] = &self.sets[place].0;
        let way = usize::from(older.is(brief));
        if newer.is(brief) | (way == 1) {
            return Some((place, way));
        }
        let place = beside(place);
        let way = self.sets[place].0.iter().position(|entry| entry.is(brief));
        way.map(|way| (place, way))
    }

    /// Returns where a flow is.
    #[inline]
    pub(crate) fn find(&self, brief: &Brief<E>) -> Option<At> {
        if self.has_no_places() {
            return None;
        }
        self.find_in(self.place(brief), brief)
    }

    /// Returns a flow that was found.
    #[inline]
    pub(crate) fn at(&mut self, (place, way): At) -> &mut Entry<E> {
        &mut self.sets[place].0[way]
    }

    /// Returns a flow that was found, and what stands aside of it.
    pub(crate) fn both_at(&mut self, (place, way): At) -> (&mut Entry<E>, &mut A) {
        (&mut self.sets[place].0[way], &mut self.aside[place][way])
    }

    /// Puts in a flow that is not there, with a mark above 0 and no traffic;
    /// returns where, and what had to go for it.
    pub(crate) fn insert(
        &mut self,
        brief: &Brief<E>,
        mark: u32,
        aside: A,
    ) -> (At, Option<(Entry<E>, A)>) {
        debug_assert!(mark > 0 && mark >> MARK_BITS == 0, "as entries keep it");
        if 2 * self.taken >= self.sets.len() && self.sets.len() < self.most_sets {
            self.grow();
        }
        let entry = Entry {
            ends: brief.ends,
            service: brief.service | u64::from(mark) << MARK_SHIFT,
            ..Entry::default()
        };
        let (place, gone) = self.insert_at(self.place(brief), entry, aside);
        ((place, 0), gone)
    }

    /// Takes out a flow that was found, with its traffic.
    pub(crate) fn take(&mut self, (place, way): At) -> (Entry<E>, A) {
        let (set, aside) = (&mut self.sets[place].0, &mut self.aside[place]);
        let taken = (set[way], aside[way]);
        if way == 0 {
            (set[0], aside[0]) = (set[1], aside[1]);
        }
        (set[1], aside[1]) = (Entry::default(), A::default());
        self.taken = self.taken.saturating_sub(1);
        taken
    }

    /// Takes out everything.
    pub(crate) fn drain(&mut self) -> impl Iterator<Item = (Entry<E>, A)> + '_ {
        self.taken = 0;
        let all = self.sets.iter_mut().zip(&self.aside);
        let each = all.flat_map(|(set, aside)| std::mem::take(set).0.into_iter().zip(*aside));
        each.filter(|(entry, _)| entry.mark() > 0)
    }

    /// Puts a flow into its set, or into the one beside it where only that has
    /// room.
    fn insert_at(
        &mut self,
        own: usize,
        entry: Entry<E>,
        aside: A,
    ) -> (usize, Option<(Entry<E>, A)>) {
        let has_room = |place: &usize| self.sets[*place].0[1].mark() == 0;
        let place = [own, beside(own)].into_iter().find(has_room).unwrap_or(own);
        let (set, asides) = (&mut self.sets[place].0, &mut self.aside[place]);
        let gone = (set[1].mark() > 0).then_some((set[1], asides[1]));
        *set = [entry, set[0]];
        *asides = [aside, asides[0]];
        self.taken += 1;
        (place, gone)
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
        let asides = std::mem::replace(&mut self.aside, vec![[A::default(); 2]; sets]);
        self.taken = 0;
        for (set, asides) in before.iter().zip(&asides) {
            for (entry, aside) in set.0.iter().zip(asides).rev() {
                if entry.mark() == 0 {
                    continue;
                }
                let place = self.place(&entry.brief());
                let (_, gone) = self.insert_at(place, *entry, *aside);
                debug_assert!(gone.is_none(), "two sets of two become several");
            }
        }
    }
}

/// Returns the set that takes what has no room in one.
#[inline]
const fn beside(place: usize) -> usize {
    place ^ 1
}
