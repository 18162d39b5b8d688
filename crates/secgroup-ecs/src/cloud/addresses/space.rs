//! The free numbers between two bounds.

use std::collections::{BTreeMap, BTreeSet};

use secgroup_model::Prefix;

use super::{Asked, Fault, number};

/// The addresses of a block, as numbers.
#[derive(Clone, Debug)]
pub(super) struct Space {
    /// The block with what is reserved in it, if it is one at all.
    whole: Option<(u128, u128)>,
    /// The first and last address that can be given.
    first: u128,
    last: u128,
    /// No address before this one is free.
    lowest: u128,
    single: BTreeSet<u128>,
    /// Blocks by their first address.
    blocks: BTreeMap<u128, u128>,
}

impl Space {
    /// Returns a block in which nothing is taken yet, the first address and the
    /// `reserved` last ones being the platform's.
    pub(super) fn of(block: Option<Prefix>, reserved: u128) -> Self {
        let whole = block.map(Prefix::bounds);
        let whole = whole.map(|(first, last)| (number(first), number(last)));
        let (first, last) = whole.unwrap_or((0, 0));
        Self {
            whole,
            first: first.saturating_add(1),
            lowest: first.saturating_add(1),
            // So that there is always a number behind the last one.
            last: last.saturating_sub(reserved).min(u128::MAX - 1),
            single: BTreeSet::new(),
            blocks: BTreeMap::new(),
        }
    }

    /// Notes that an address is taken.
    pub(super) fn note(&mut self, address: u128) {
        if (self.first..=self.last).contains(&address) {
            self.single.insert(address);
        }
    }

    /// Notes that a block is taken; blocks that overlap become one.
    pub(super) fn note_block(&mut self, mut first: u128, mut last: u128) {
        if self.last < first || last < self.first {
            return;
        }
        while let Some((&start, &end)) = self.blocks.range(..=last).next_back()
            && first <= end
        {
            self.blocks.remove(&start);
            first = first.min(start);
            last = last.max(end);
        }
        self.blocks.insert(first, last);
    }

    /// Takes the `count` lowest free addresses.
    pub(super) fn draw(&mut self, count: usize) -> Result<Vec<u128>, Fault> {
        let mut drawn = Vec::with_capacity(count);
        let mut next = self.lowest;
        while drawn.len() < count {
            if self.last < next {
                return Err(Fault::NotEnough);
            }
            next = match self.block_at(next, next) {
                Some(last) => last.saturating_add(1),
                None => {
                    if self.single.insert(next) {
                        drawn.push(next);
                    }
                    next.saturating_add(1)
                }
            };
        }
        self.lowest = next;
        Ok(drawn)
    }

    /// Takes these addresses.
    pub(super) fn take(&mut self, asked: &[Asked<'_>]) -> Result<Vec<u128>, Fault> {
        for (address, text) in asked {
            self.check_bounds(*address, *address, text)?;
            let free = self.block_at(*address, *address).is_none();
            if !free || !self.single.insert(*address) {
                return Err(Fault::Taken((*text).to_owned()));
            }
        }
        Ok(asked.iter().map(|(address, _)| *address).collect())
    }

    /// Takes the `count` lowest free blocks of `size`, a power of two.
    pub(super) fn draw_blocks(&mut self, count: usize, size: u128) -> Result<Vec<u128>, Fault> {
        let mut drawn = Vec::with_capacity(count);
        let aligned = |address: u128| address.checked_next_multiple_of(size);
        let mut next = aligned(self.first);
        while drawn.len() < count {
            let start = next.ok_or(Fault::NotEnough)?;
            let last = start.checked_add(size - 1);
            let last = last
                .filter(|last| *last <= self.last)
                .ok_or(Fault::NotEnough)?;
            let in_the_way = self
                .block_at(start, last)
                .or_else(|| self.single.range(start..=last).next_back().copied());
            next = match in_the_way {
                Some(address) => aligned(address.saturating_add(1)),
                None => {
                    self.blocks.insert(start, last);
                    drawn.push(start);
                    start.checked_add(size)
                }
            };
        }
        Ok(drawn)
    }

    /// Takes these blocks of `size`.
    pub(super) fn take_blocks(
        &mut self,
        asked: &[Asked<'_>],
        size: u128,
    ) -> Result<Vec<u128>, Fault> {
        for (start, text) in asked {
            let last = start.saturating_add(size - 1);
            self.check_bounds(*start, last, text)?;
            let members = self.single.range(*start..=last).next();
            if self.block_at(*start, last).is_some() || members.is_some() {
                return Err(Fault::Taken((*text).to_owned()));
            }
            self.blocks.insert(*start, last);
        }
        Ok(asked.iter().map(|(start, _)| *start).collect())
    }

    /// Checks that addresses are of the block and not reserved.
    fn check_bounds(&self, first: u128, last: u128, text: &str) -> Result<(), Fault> {
        let text = || text.to_owned();
        let inside = self
            .whole
            .is_some_and(|whole| whole.0 <= first && last <= whole.1);
        if !inside {
            return Err(Fault::Outside(text()));
        }
        if first < self.first || self.last < last {
            return Err(Fault::Reserved(text()));
        }
        Ok(())
    }

    /// Returns the end of a block that has an address of this range.
    fn block_at(&self, first: u128, last: u128) -> Option<u128> {
        // Blocks do not overlap: the last one to begin is the last to end.
        let mut before = self.blocks.range(..=last);
        let end = before.next_back().map(|(_, end)| *end);
        end.filter(|end| first <= *end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn space(block: &str) -> Space {
        Space::of(Some(Prefix::parse(block).unwrap().prefix), 3)
    }

    #[test]
    fn the_first_and_the_last_three_addresses_are_nobodys() {
        let mut eight = space("0.0.0.16/29");
        assert_eq!(eight.draw(4).unwrap(), [17, 18, 19, 20]);
        assert_eq!(eight.draw(1), Err(Fault::NotEnough));
        for (address, text) in [(16, "first"), (21, "a"), (22, "b"), (23, "c")] {
            let reserved = Err(Fault::Reserved(text.to_owned()));
            assert_eq!(eight.take(&[(address, text)]), reserved);
        }
        for (address, text) in [(15, "before"), (24, "behind")] {
            let outside = Err(Fault::Outside(text.to_owned()));
            assert_eq!(eight.take(&[(address, text)]), outside);
        }
        assert_eq!(space("0.0.0.16/30").draw(1), Err(Fault::NotEnough));
        assert_eq!(Space::of(None, 3).draw(1), Err(Fault::NotEnough));
    }

    #[test]
    fn the_lowest_free_address_is_drawn_and_none_twice() {
        let mut space = space("0.0.1.0/24");
        space.take(&[(0x102, "")]).unwrap();
        assert_eq!(space.draw(2).unwrap(), [0x101, 0x103]);
        let taken = Err(Fault::Taken("x".to_owned()));
        assert_eq!(space.take(&[(0x103, "x")]), taken);
    }

    #[test]
    fn blocks_and_addresses_keep_out_of_each_others_way() {
        let mut space = space("0.0.1.0/24");
        space.take(&[(0x113, "")]).unwrap();
        // The first sixteen have the reserved one, the second the one taken.
        assert_eq!(space.draw_blocks(2, 16).unwrap(), [0x120, 0x130]);
        let taken = Err(Fault::Taken("x".to_owned()));
        assert_eq!(space.take(&[(0x12f, "x")]), taken);
        assert_eq!(space.take_blocks(&[(0x110, "x")], 16), taken);
        assert_eq!(space.take_blocks(&[(0x130, "x")], 16), taken);
        let reserved = Err(Fault::Reserved("x".to_owned()));
        assert_eq!(space.take_blocks(&[(0x1f0, "x")], 16), reserved);
        assert_eq!(space.draw(30).unwrap().last(), Some(&0x11f));
        assert_eq!(space.draw(1).unwrap(), [0x140]);
        assert_eq!(space.draw_blocks(11, 16), Err(Fault::NotEnough));
    }

    #[test]
    fn blocks_that_overlap_are_taken_as_one() {
        let mut space = space("0.0.1.0/24");
        for (first, last) in [
            (0x120, 0x13f),
            (0x120, 0x123),
            (0x101, 0x110),
            (0x10f, 0x120),
        ] {
            space.note_block(first, last);
        }
        assert_eq!(space.draw(1).unwrap(), [0x140]);
    }

    #[test]
    fn the_end_of_all_addresses_is_no_accident() {
        let whole = Prefix::parse("::/0").unwrap().prefix;
        let mut space = Space::of(Some(whole), 0);
        space.note_block(0, u128::MAX - 2);
        assert_eq!(space.draw(1).unwrap(), [u128::MAX - 1]);
        assert_eq!(space.draw(1), Err(Fault::NotEnough));
        assert_eq!(space.draw_blocks(1, 1 << 48), Err(Fault::NotEnough));
    }
}
