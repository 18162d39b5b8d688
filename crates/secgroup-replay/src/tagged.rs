//! Places of things in a list, to be found by the hashes of their names.
//!
//! With each place stand some bits of the hash, its *tag*. So where something
//! may be is known without looking at it, and it can be fetched meanwhile; when
//! it is there, its name tells whether it is that.

use hashbrown::HashTable;

/// Places by hash.
#[derive(Clone, Debug, Default)]
pub(crate) struct Places(HashTable<Tagged>);

/// A place.
#[derive(Clone, Copy, Debug)]
struct Tagged {
    place: u32,
    tag: u32,
}

/// Returns some bits of a hash: neither those that choose a bucket nor those
/// that `hashbrown` compares itself.
#[inline]
fn tag_of(hash: u64) -> u32 {
    u32::try_from(hash >> 24 & u64::from(u32::MAX)).unwrap_or(0)
}

impl Places {
    /// Returns none, with room for so many.
    pub(crate) fn with_room(count: usize) -> Self {
        Self(HashTable::with_capacity(count))
    }

    /// Returns how many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns the place of what has a hash and `is` the thing.
    #[inline]
    pub(crate) fn find(&self, hash: u64, is: impl Fn(u32) -> bool) -> Option<u32> {
        let tag = tag_of(hash);
        let found = self.0.find(hash, |own| own.tag == tag && is(own.place))?;
        Some(found.place)
    }

    /// Returns a place of what may have a hash, by its tag. If nothing is
    /// returned, nothing has it.
    #[inline]
    pub(crate) fn look_up(&self, hash: u64) -> Option<u32> {
        self.find(hash, |_| true)
    }

    /// Adds the place of what has a hash; `hash_at` tells those of all places.
    pub(crate) fn insert(&mut self, hash: u64, place: u32, hash_at: impl Fn(u32) -> u64) {
        let tag = tag_of(hash);
        let own = Tagged { place, tag };
        self.0.insert_unique(hash, own, |own| hash_at(own.place));
    }

    /// Takes out a place of what has a hash.
    ///
    /// # Panics
    ///
    /// Panics when it is not there.
    pub(crate) fn remove(&mut self, hash: u64, place: u32) {
        let found = self.0.find_entry(hash, |own| own.place == place);
        found.expect("what is taken out is there").remove();
    }

    /// Takes out all.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }
}

/// A Bloom filter that looks once: of nearly every hash that nothing has, it says so.
#[derive(Clone, Debug, Default)]
pub(crate) struct BloomFilter {
    // INVARIANT: a power of two, or none.
    words: Vec<u64>,
}

impl BloomFilter {
    /// How many bits there are for each thing.
    const BITS: usize = 16;

    /// Returns one for so many hashes, without any.
    pub(crate) fn with_room(count: usize) -> Self {
        let words = (count * Self::BITS).div_ceil(64).next_power_of_two();
        Self {
            words: vec![0; words],
        }
    }

    /// Adds a hash.
    pub(crate) fn add(&mut self, hash: u64) {
        let (word, bit) = self.place(hash);
        if let Some(word) = self.words.get_mut(word) {
            *word |= bit;
        }
    }

    /// Tells whether a hash may have been added; it may, where there is no room for
    /// any.
    #[inline]
    pub(crate) fn may_have(&self, hash: u64) -> bool {
        let (word, bit) = self.place(hash);
        self.words.get(word).is_none_or(|word| word & bit != 0)
    }

    #[inline]
    fn place(&self, hash: u64) -> (usize, u64) {
        // Bits of the hash that `hashbrown` does not begin with.
        let word = (hash >> 32) as usize & self.words.len().wrapping_sub(1);
        (word, 1 << (hash >> 26 & 63))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bloom_filter_tells_of_most_hashes_that_they_were_not_added_and_of_none_that_was() {
        let hash = |number: u64| (number ^ number >> 7).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        assert!(BloomFilter::default().may_have(hash(1)), "nothing is known");
        let mut filter = BloomFilter::with_room(10_000);
        assert!(!filter.may_have(hash(1)));
        (0..10_000).for_each(|number| filter.add(hash(number)));
        assert!((0..10_000).all(|number| filter.may_have(hash(number))));
        let passed = (10_000..110_000).filter(|number| filter.may_have(hash(*number)));
        let passed = passed.count();
        assert!(passed < 10_000, "{passed} of 100,000");
    }
}
