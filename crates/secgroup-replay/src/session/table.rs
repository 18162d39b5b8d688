//! A bounded table of things that end when nothing happens to them.
//!
//! What is in it has a deadline, the end of its idle time. A full table makes
//! room by giving up what is nearest to its end; what is past it goes first.
//! Deadlines move with every packet, so the queue of them is put right only
//! when it is looked at: an entry of the queue may be too early, never too
//! late.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::hash::{BuildHasher, Hash};

use foldhash::fast::RandomState;
use secgroup_matcher::fetch_soon;

use crate::tagged::Places;

/// What a table holds.
pub(crate) trait Mortal {
    /// Returns the end of its idle time, in nanoseconds.
    fn deadline(&self) -> i64;

    /// Returns the number of the record that began it, which no other has.
    fn born(&self) -> u64;
}

/// How many bytes at the beginning of a slot are in two lines of a cache that a
/// processor fetches together.
pub(super) const TOUCHED: usize = 128;

/// How many entries of the queue there may be for each of the table.
const QUEUE_PER_ENTRY: usize = 4;

/// What is in the table, by key.
#[derive(Debug)]
pub(crate) struct Table<K, V> {
    // INVARIANT: those of the slots in use, by the hash of their keys.
    places: Places,
    hasher: RandomState,
    slots: Vec<Slot<K, V>>,
    /// Slots to use again.
    free: Vec<u32>,
    // INVARIANT: every slot in use has an entry with its `queued` deadline, and
    // that is not later than the real one.
    queue: BinaryHeap<Reverse<(i64, u64, u32)>>,
    most: usize,
}

/// PERF: what a record of something known touches comes first, in two lines of
/// a cache that are fetched together: the key, and the beginning of the value.
#[derive(Debug)]
#[repr(C, align(128))]
struct Slot<K, V> {
    key: K,
    value: Option<V>,
    queued: (i64, u64),
}

impl<K: Copy + Eq + Hash, V: Mortal> Table<K, V> {
    /// Returns a table that holds at most `most`, and at least one.
    pub(crate) fn new(most: usize) -> Self {
        Self {
            places: Places::default(),
            hasher: RandomState::default(),
            slots: Vec::new(),
            free: Vec::new(),
            queue: BinaryHeap::new(),
            most: most.clamp(1, u32::MAX as usize - 1),
        }
    }

    /// Returns how much it holds at most.
    #[cfg(test)]
    pub(crate) const fn most(&self) -> usize {
        self.most
    }

    /// Returns where something is.
    #[inline]
    pub(crate) fn find(&self, key: &K) -> Option<u32> {
        let is = |place| self.slots[place as usize].key == *key;
        self.places.find(self.hasher.hash_one(key), is)
    }

    /// Returns where something may be, and begins to fetch that. If nothing is
    /// returned, it is not there.
    ///
    /// PERF: no key is read, so nobody waits for one; [`Table::find_again`] finds
    /// out whether it is that of another.
    #[inline]
    pub(crate) fn look_up(&self, key: &K) -> Option<u32> {
        let found = self.places.look_up(self.hasher.hash_one(key))?;
        let slot = &self.slots[found as usize];
        fetch_soon(&slot.key);
        fetch_soon(&slot.value);
        Some(found)
    }

    /// Returns where something is, which was perhaps at a place when that was
    /// asked last.
    #[inline]
    pub(crate) fn find_again(&self, key: &K, place: Option<u32>) -> Option<u32> {
        let is = |place: &u32| {
            let slot = self.slots.get(*place as usize);
            slot.is_some_and(|slot| slot.key == *key && slot.value.is_some())
        };
        place.filter(is).or_else(|| self.find(key))
    }

    /// Returns what is at a place.
    #[inline]
    pub(crate) fn at(&mut self, place: u32) -> &mut V {
        let value = &mut self.slots[place as usize].value;
        value.as_mut().expect("a place that was found is in use")
    }

    /// Returns what is at a place, to look at only.
    pub(crate) fn look(&self, place: u32) -> &V {
        let value = &self.slots[place as usize].value;
        value.as_ref().expect("a place that was found is in use")
    }

    /// Returns the key of a place.
    pub(crate) fn key(&self, place: u32) -> K {
        self.slots[place as usize].key
    }

    /// Puts something in, at a key that is not there; `update` as for
    /// [`Table::pop`].
    ///
    /// Returns the place, and what had to go for it.
    pub(crate) fn insert(
        &mut self,
        key: K,
        value: V,
        update: impl FnMut(u32, &K, &mut V),
    ) -> (u32, Option<(K, V)>) {
        let gone = if self.places.len() >= self.most {
            self.pop(i64::MAX, update)
        } else {
            None
        };
        let queued = (value.deadline(), value.born());
        let slot = Slot {
            key,
            queued,
            value: Some(value),
        };
        let place = match self.free.pop() {
            Some(place) => {
                self.slots[place as usize] = slot;
                place
            }
            None => {
                self.slots.push(slot);
                u32::try_from(self.slots.len() - 1).expect("`most` is less")
            }
        };
        let (hasher, slots) = (&self.hasher, &self.slots);
        let hash_at = |place| hasher.hash_one(slots[place as usize].key);
        self.places.insert(hasher.hash_one(key), place, hash_at);
        self.queue(place);
        (place, gone)
    }

    /// Says that the deadline at a place may be earlier than it was, or that
    /// something else began there.
    pub(crate) fn changed(&mut self, place: u32) {
        let slot = &mut self.slots[place as usize];
        let value = slot
            .value
            .as_ref()
            .expect("a place that was found is in use");
        let now = (value.deadline(), value.born());
        if now != slot.queued {
            slot.queued = now;
            self.queue(place);
        }
    }

    /// Takes out what is nearest to its end, if that is before `time`. Before
    /// anything is asked for its end, `update` can say to it, by place and key,
    /// what else happened.
    pub(crate) fn pop(
        &mut self,
        time: i64,
        mut update: impl FnMut(u32, &K, &mut V),
    ) -> Option<(K, V)> {
        while let Some(Reverse((deadline, born, place))) = self.queue.peek().copied() {
            if deadline >= time {
                return None;
            }
            self.queue.pop();
            let slot = &mut self.slots[place as usize];
            let Some(value) = slot
                .value
                .as_mut()
                .filter(|_| slot.queued == (deadline, born))
            else {
                continue;
            };
            update(place, &slot.key, value);
            let now = (value.deadline(), value.born());
            if now > slot.queued {
                slot.queued = now;
                self.queue.push(Reverse((now.0, now.1, place)));
                continue;
            }
            let key = slot.key;
            let gone = slot.value.take().map(|value| (key, value));
            self.places.remove(self.hasher.hash_one(key), place);
            self.free.push(place);
            return gone;
        }
        None
    }

    /// Takes out everything, in the order in which it began.
    pub(crate) fn drain(&mut self) -> Vec<(K, V)> {
        self.places.clear();
        self.queue.clear();
        self.free.clear();
        let slots = std::mem::take(&mut self.slots);
        let all = slots
            .into_iter()
            .filter_map(|slot| Some((slot.key, slot.value?)));
        let mut all: Vec<(K, V)> = all.collect();
        all.sort_unstable_by_key(|(_, value)| value.born());
        all
    }

    fn queue(&mut self, place: u32) {
        let (deadline, born) = self.slots[place as usize].queued;
        self.queue.push(Reverse((deadline, born, place)));
        if self.queue.len() > QUEUE_PER_ENTRY * self.places.len() + 64 {
            let slots = &self.slots;
            self.queue.retain(|Reverse((deadline, born, place))| {
                let slot = &slots[*place as usize];
                slot.value.is_some() && slot.queued == (*deadline, *born)
            });
        }
    }
}
