//! IPv4 where a trie would not stay in the caches: a slot for each 16 bits, and
//! in each the few places where numbers begin, compared at once.
//!
//! A slot with the boundaries 0, 0x0105 and 0x0106 has three bounds of 16 bits
//! and the three numbers behind them, all in one cache line; an address there
//! takes the number of the last bound that is not behind its own low 16 bits. A
//! slot with more bounds than a line has room for has a group of separators first,
//! and each of those leads to a group.

use std::collections::HashMap;

use super::super::compact::{CacheLine, Filling, SHORTS};
use super::super::simd::Vectors;
use super::super::table::Table;

/// How many bits of an entry say where in its line a group begins, and again how
/// many bounds it has.
const PLACE_BITS: u32 = 5;

/// What they say.
const PLACE: u32 = (1 << PLACE_BITS) - 1;

/// The line of a group, where in it the group begins, and how many bounds it has.
type Entry = u32;

/// The slots and their groups.
#[derive(Debug)]
pub(super) struct SlotMap {
    slots: Table<Entry>,
    /// Groups: bounds, which are the low 16 bits of addresses where numbers begin,
    /// the first of them the least of the group; then the low halves of what they
    /// begin, and where numbers are wide the high halves.
    lines: Vec<CacheLine>,
    /// The groups that separators lead to.
    deeper: Vec<Entry>,
    width: NumberWidth,
}

/// How wide numbers are. The highest bit marks those that are places of groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum NumberWidth {
    Narrow,
    Wide,
}

impl NumberWidth {
    /// Returns the mark of places.
    const fn deeper(self) -> u32 {
        match self {
            Self::Narrow => 1 << 15,
            Self::Wide => 1 << 31,
        }
    }

    /// Returns how many numbers of 16 bits a bound takes with what it begins.
    const fn shorts(self) -> u32 {
        match self {
            Self::Narrow => 2,
            Self::Wide => 3,
        }
    }

    /// Returns how many bounds a group has at most.
    const fn most(self) -> usize {
        (SHORTS / self.shorts()) as usize
    }
}

/// Groups while they are laid out.
struct Layout {
    width: NumberWidth,
    filling: Filling,
    deeper: Vec<Entry>,
    /// The groups of slots with one number, by that.
    uniform: HashMap<u32, Entry>,
}

impl SlotMap {
    /// Lays out intervals; nothing where there are too many.
    pub(super) fn of(starts: &[u32], numbers: &[u32]) -> Option<Self> {
        Self::with(NumberWidth::Narrow, starts, numbers)
            .or_else(|| Self::with(NumberWidth::Wide, starts, numbers))
    }

    fn with(width: NumberWidth, starts: &[u32], numbers: &[u32]) -> Option<Self> {
        if numbers.iter().any(|number| *number >= width.deeper()) {
            return None;
        }
        let mut layout = Layout {
            width,
            filling: Filling::default(),
            deeper: Vec::new(),
            uniform: HashMap::new(),
        };
        let mut slots = Vec::with_capacity(1 << 16);
        let (mut at, mut inside) = (0, Vec::new());
        for slot in 0..1_u32 << 16 {
            inside.clear();
            // What begins at the slot's first address or before.
            while starts.get(at + 1).is_some_and(|next| *next <= slot << 16) {
                at += 1;
            }
            inside.push((0, numbers[at]));
            while let Some(next) = starts.get(at + 1).filter(|next| **next >> 16 == slot) {
                at += 1;
                inside.push((low(*next), numbers[at]));
            }
            slots.push(layout.slot(&inside)?);
        }
        Some(Self {
            slots: Table::of(slots),
            lines: layout.filling.finish(),
            deeper: layout.deeper,
            width,
        })
    }

    /// Finds the number of each address.
    #[inline(always)]
    pub(super) fn find<const N: usize>(
        &self,
        addresses: &[u32; N],
        found: &mut [u32; N],
        vectors: impl Vectors,
    ) {
        for (entry, address) in found.iter_mut().zip(addresses) {
            *entry = address >> 16;
        }
        vectors.wide(&self.slots, found);
        match self.width {
            NumberWidth::Narrow => self.find_inside::<N, false>(addresses, found, vectors),
            NumberWidth::Wide => self.find_inside::<N, true>(addresses, found, vectors),
        }
    }

    /// Finds the number of each address, whose entry is there.
    #[inline(always)]
    fn find_inside<const N: usize, const WIDE: bool>(
        &self,
        addresses: &[u32; N],
        found: &mut [u32; N],
        vectors: impl Vectors,
    ) {
        let deeper = if WIDE {
            NumberWidth::Wide
        } else {
            NumberWidth::Narrow
        }
        .deeper();
        // PERF: those that go deeper queue, so that no branch is missed for each.
        let (mut queue, mut queued) = ([0_usize; N], 0);
        // PERF: by number, for pairs of what lists have go through memory here.
        for lane in 0..N {
            found[lane] = self.step::<WIDE>(found[lane], addresses[lane], vectors);
            queue[queued % N] = lane;
            queued += usize::from(found[lane] & deeper != 0);
        }
        while queued > 0 {
            let mut kept = 0;
            for at in 0..queued {
                let lane = queue[at % N] % N;
                let entry = self.deeper[(found[lane] & !deeper) as usize];
                found[lane] = self.step::<WIDE>(entry, addresses[lane], vectors);
                queue[kept % N] = lane;
                kept += usize::from(found[lane] & deeper != 0);
            }
            queued = kept;
        }
    }

    /// Returns what the last bound of a group begins that is not behind an
    /// address.
    #[inline(always)]
    fn step<const WIDE: bool>(&self, entry: Entry, address: u32, vectors: impl Vectors) -> u32 {
        let line = &self.lines[(entry >> (2 * PLACE_BITS)) as usize];
        let (from, length) = (entry >> PLACE_BITS & PLACE, entry & PLACE);
        let begun = vectors.begun_in_line(low(address), line, from, length);
        let at = (from + length + begun).wrapping_sub(1);
        let number = u32::from(line.short(at));
        if WIDE {
            number | u32::from(line.short(at.wrapping_add(length))) << 16
        } else {
            number
        }
    }

    /// Returns how many bytes it takes.
    pub(super) fn bytes(&self) -> usize {
        self.slots.bytes() + size_of_val(&*self.lines) + size_of_val(&*self.deeper)
    }
}

impl Layout {
    fn slot(&mut self, inside: &[(u16, u32)]) -> Option<Entry> {
        let [(_, number)] = inside else {
            return self.groups(inside);
        };
        if let Some(entry) = self.uniform.get(number) {
            return Some(*entry);
        }
        let entry = self.group(inside)?;
        self.uniform.insert(*number, entry);
        Some(entry)
    }

    /// Lays out bounds, with separators where there are many.
    fn groups(&mut self, inside: &[(u16, u32)]) -> Option<Entry> {
        let groups = inside.len().div_ceil(self.width.most());
        if groups == 1 {
            return self.group(inside);
        }
        let mut above = Vec::with_capacity(groups);
        for group in inside.chunks(inside.len().div_ceil(groups)) {
            let entry = self.group(group)?;
            let place = u32::try_from(self.deeper.len()).ok()?;
            if place >= self.width.deeper() {
                return None;
            }
            self.deeper.push(entry);
            above.push((group[0].0, place | self.width.deeper()));
        }
        self.groups(&above)
    }

    fn group(&mut self, group: &[(u16, u32)]) -> Option<Entry> {
        let length = u32::try_from(group.len()).ok()?;
        let (number, line, begin) = self.filling.place(2 * self.width.shorts() * length);
        let from = begin / 2;
        for (at, (bound, number)) in (from..).zip(group) {
            let [a, b, c, d] = number.to_le_bytes();
            line.put_short(at, *bound);
            line.put_short(at + length, u16::from_le_bytes([a, b]));
            if self.width == NumberWidth::Wide {
                line.put_short(at + 2 * length, u16::from_le_bytes([c, d]));
            }
        }
        let line = u32::try_from(number).ok()?;
        let entry = line.checked_mul(1 << (2 * PLACE_BITS))?;
        Some(entry | from << PLACE_BITS | length)
    }
}

/// Returns the low 16 bits.
#[inline(always)]
const fn low(address: u32) -> u16 {
    let [.., a, b] = address.to_be_bytes();
    u16::from_be_bytes([a, b])
}

#[cfg(test)]
mod tests {
    use super::super::super::simd::{Task, in_every_way};
    use super::*;

    /// Intervals, and what to look up in them.
    struct Intervals {
        starts: Vec<u32>,
        numbers: Vec<u32>,
        map: SlotMap,
        addresses: Vec<u32>,
    }

    impl Intervals {
        /// Returns intervals with numbers up to a greatest one: in some slots there is
        /// one, in others there are a few, and in one 3,000.
        fn up_to(greatest: u32) -> Self {
            let mut starts = vec![0];
            let few = (0..400_u32).flat_map(|slot| {
                let first = 0x0a00_0000 + (slot << 17);
                (0..slot % 40).map(move |at| first + at * 1_500)
            });
            starts.extend(few);
            starts.extend((0..3_000).map(|at| 0xcb00_0000 + at * 21));
            starts.push(u32::MAX);
            let scattered = (0..).map(|at: u32| at.wrapping_mul(0x9e37_79b9) % greatest);
            let mut numbers: Vec<u32> = scattered.take(starts.len() - 1).collect();
            numbers.push(greatest);
            let near = starts
                .iter()
                .flat_map(|start| [start.wrapping_sub(1), *start, start.wrapping_add(1)]);
            let mut addresses: Vec<u32> = near.collect();
            addresses.resize(addresses.len().next_multiple_of(64), 0xcb00_0815);
            Self {
                map: SlotMap::of(&starts, &numbers).unwrap(),
                starts,
                numbers,
                addresses,
            }
        }
    }

    impl Task for Intervals {
        fn run(&self, way: &str, vectors: impl Vectors) {
            for addresses in self.addresses.as_chunks::<64>().0 {
                let mut found = [0; 64];
                self.map.find(addresses, &mut found, vectors);
                for (found, address) in found.iter().zip(addresses) {
                    let at = self.starts.partition_point(|start| start <= address);
                    assert_eq!(*found, self.numbers[at - 1], "{way}: {address:#x}");
                }
            }
        }
    }

    #[test]
    fn narrow_and_wide_numbers_are_found_in_slots_of_any_depth() {
        for (greatest, width) in [
            ((1 << 15) - 1, NumberWidth::Narrow),
            (1 << 15, NumberWidth::Wide),
            ((1 << 31) - 1, NumberWidth::Wide),
        ] {
            let intervals = Intervals::up_to(greatest);
            assert_eq!(intervals.map.width, width);
            assert!(intervals.map.deeper.len() > 200, "a slot has two levels");
            in_every_way(&intervals);
        }
        assert!(SlotMap::of(&[0], &[1 << 31]).is_none(), "that is a mark");
    }
}
