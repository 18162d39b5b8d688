//! IPv4 where a trie would not stay in the caches: a slot for each 16 bits, and
//! in each the few places where numbers begin, compared at once.
//!
//! A slot with the boundaries 0, 0x0105 and 0x0106 has three bounds of 16 bits
//! and the three numbers behind them; an address there takes the number behind
//! the last bound that is not behind its own low 16 bits. A slot with more
//! bounds than are compared at once has a group of separators first, and each of
//! those leads to a group.

use super::super::simd::Vectors;
use super::super::table::Table;

/// How many bounds are compared at once.
pub(in super::super) const GROUP: usize = 32;

/// How many bits of an entry are the length of its group.
const LENGTH_BITS: u32 = 6;

/// The mark of numbers that are entries of groups.
const DEEPER: u32 = 1 << 31;

/// Where a group begins, and in the low bits how many bounds it has.
type Entry = u32;

/// The slots and their groups.
#[derive(Debug)]
pub(super) struct SlotMap {
    slots: Table<Entry>,
    /// The low 16 bits of addresses where numbers begin; the first of each
    /// group is the least of its addresses.
    // INVARIANT: there are `GROUP` more behind the last group.
    bounds: Vec<u16>,
    /// What each bound begins: a number, or the entry of a group.
    numbers: Vec<u32>,
}

/// Groups while they are laid out.
struct Layout {
    bounds: Vec<u16>,
    numbers: Vec<u32>,
    /// The groups of slots with one number, by that.
    uniform: std::collections::HashMap<u32, Entry>,
}

impl SlotMap {
    /// Lays out intervals; nothing where there are too many.
    pub(super) fn of(starts: &[u32], numbers: &[u32]) -> Option<Self> {
        let mut layout = Layout {
            bounds: Vec::new(),
            numbers: Vec::new(),
            uniform: std::collections::HashMap::new(),
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
        let Layout {
            mut bounds,
            numbers,
            ..
        } = layout;
        bounds.extend([0; GROUP]);
        Some(Self {
            slots: Table::of(slots),
            bounds,
            numbers,
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
        // PERF: those that go deeper queue, so that no branch is missed for each.
        let (mut queue, mut queued) = ([0_usize; N], 0);
        for (lane, (entry, address)) in found.iter_mut().zip(addresses).enumerate() {
            *entry = self.step(*entry, *address, vectors);
            queue[queued % N] = lane;
            queued += usize::from(*entry & DEEPER != 0);
        }
        while queued > 0 {
            let mut kept = 0;
            for at in 0..queued {
                let lane = queue[at % N] % N;
                found[lane] = self.step(found[lane] & !DEEPER, addresses[lane], vectors);
                queue[kept % N] = lane;
                kept += usize::from(found[lane] & DEEPER != 0);
            }
            queued = kept;
        }
    }

    /// Returns what the last bound of a group begins that is not behind an
    /// address.
    #[inline(always)]
    fn step(&self, entry: Entry, address: u32, vectors: impl Vectors) -> u32 {
        let first = (entry >> LENGTH_BITS) as usize;
        let length = entry & ((1 << LENGTH_BITS) - 1);
        let bounds = self.bounds[first..].first_chunk::<GROUP>();
        let bounds = bounds.expect("there is a group behind the last one");
        let begun = vectors.begun(low(address), bounds, 0, length) as usize;
        self.numbers[first + begun - 1]
    }

    /// Returns how many bytes it takes.
    pub(super) fn bytes(&self) -> usize {
        self.slots.bytes() + 2 * self.bounds.len() + 4 * self.numbers.len()
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
        if inside.len() <= GROUP {
            return self.group(inside);
        }
        let mut above = Vec::with_capacity(inside.len().div_ceil(GROUP));
        for group in inside.chunks(GROUP) {
            above.push((group[0].0, self.group(group)? | DEEPER));
        }
        self.groups(&above)
    }

    fn group(&mut self, group: &[(u16, u32)]) -> Option<Entry> {
        let first = u32::try_from(self.bounds.len()).ok()?;
        let length = u32::try_from(group.len()).ok()?;
        self.bounds.extend(group.iter().map(|(bound, _)| *bound));
        self.numbers.extend(group.iter().map(|(_, number)| *number));
        let entry = first.checked_mul(1 << LENGTH_BITS)? | length;
        (entry & DEEPER == 0).then_some(entry)
    }
}

/// Returns the low 16 bits.
#[inline(always)]
const fn low(address: u32) -> u16 {
    let [.., a, b] = address.to_be_bytes();
    u16::from_be_bytes([a, b])
}
