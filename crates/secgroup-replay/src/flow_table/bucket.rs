//! Buckets of the index: where flows are, by a byte of each one's hash.

/// How many flows a bucket has room for.
pub(super) const SLOTS: usize = 8;

/// Where flows are.
#[derive(Clone, Copy, Debug, Default)]
#[repr(align(32))]
pub(super) struct Bucket {
    tags: [u8; SLOTS],
    numbers: [[u8; 3]; SLOTS],
}

const _: () = assert!(size_of::<Bucket>() == 32, "half a line of a cache");

impl Bucket {
    /// The tag where nothing is, nor was since the index has its size.
    const FREE: u8 = 0;

    /// The tag of what was taken out of a bucket that was full: what had no room
    /// may be beside it.
    const LEFT: u8 = u8::MAX;

    /// Returns the tag of a flow.
    #[inline]
    pub(super) fn tag(spread: u64) -> u8 {
        let [.., tag] = spread.to_le_bytes();
        tag.clamp(Self::FREE + 1, Self::LEFT - 1)
    }

    /// Marks the slots that have a tag, each with the highest bit of a byte.
    #[inline]
    pub(super) fn marked(&self, tag: u8) -> u64 {
        const ONES: u64 = 0x0101_0101_0101_0101;
        const LOW: u64 = 0x7f * ONES;
        // PERF: all eight together.
        let other = u64::from_le_bytes(self.tags) ^ (u64::from(tag) * ONES);
        !(((other & LOW) + LOW) | other | LOW)
    }

    /// Returns the slots that have a tag.
    fn slots_of(&self, tag: u8) -> impl Iterator<Item = usize> {
        let mut marked = self.marked(tag);
        std::iter::from_fn(move || {
            let slot = (marked != 0).then_some((marked.trailing_zeros() / u8::BITS) as usize);
            marked &= marked.wrapping_sub(1);
            slot
        })
    }

    /// Returns the numbers of the flows that have a tag.
    pub(super) fn numbers_of(&self, tag: u8) -> impl Iterator<Item = usize> {
        self.slots_of(tag).map(|slot| self.number(slot))
    }

    /// Tells whether everything that belongs here is here.
    #[inline]
    pub(super) fn is_all(&self) -> bool {
        // It is filled from the first slot on, and what leaves it full is marked.
        self.tags.contains(&Self::FREE)
    }

    #[inline]
    pub(super) fn number(&self, slot: usize) -> usize {
        let [a, b, c] = self.numbers[slot];
        u32::from_le_bytes([a, b, c, 0]) as usize
    }

    /// Tells whether another flow could be put in.
    pub(super) fn has_room(&self) -> bool {
        self.room().is_some()
    }

    fn room(&self) -> Option<usize> {
        let room = |tag: &u8| matches!(*tag, Self::FREE | Self::LEFT);
        self.tags.iter().position(room)
    }

    /// Puts in a flow; tells whether there was room.
    pub(super) fn put(&mut self, tag: u8, number: usize) -> bool {
        let Some(slot) = self.room() else {
            return false;
        };
        let [a, b, c, ..] = number.to_le_bytes();
        (self.tags[slot], self.numbers[slot]) = (tag, [a, b, c]);
        true
    }

    /// Takes out a flow, if it is here.
    pub(super) fn take(&mut self, tag: u8, number: usize) -> bool {
        let slot = self.slots_of(tag).find(|slot| self.number(*slot) == number);
        let Some(slot) = slot else {
            return false;
        };
        self.tags[slot] = if self.is_all() {
            Self::FREE
        } else {
            Self::LEFT
        };
        true
    }
}
