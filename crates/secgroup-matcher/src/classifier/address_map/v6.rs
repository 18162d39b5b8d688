//! IPv6: a tree of boundaries over the first 64 bits, and small trees over the
//! other 64 for the places where those matter.
//!
//! Level k of the tree has every 8^k-th boundary. A search reads eight of them
//! in each level, one cache line, and goes on at the last that is not behind
//! the address; all headers take the same steps. Where boundaries differ in their
//! last 64 bits only, the number found is the mark of a *group*: eight more
//! boundaries with what each leads to, a number or another group. Headers that
//! are done meanwhile read the first group and keep what they have, so that no
//! branch is missed.

use super::super::simd::Vectors;
use super::{AddressMap, Size};

/// How many boundaries are compared at once.
const FAN: usize = 8;

/// The mark of an entry that leads to a group; others are numbers.
const DEEPER: u32 = 1 << 31;

/// Eight boundaries.
pub(in super::super) type Bounds = [i64; FAN];

/// The tree and the groups.
#[derive(Debug)]
pub struct BoundaryMap {
    /// The highest level first; each is padded to whole groups.
    levels: Vec<Vec<Bounds>>,
    /// What each boundary of the lowest level leads to: behind it within its
    /// 64 bits, and behind all of them.
    entries: Vec<(u32, u32)>,
    /// What boundaries over the last 64 bits lead to.
    groups: Vec<Group>,
}

/// Boundaries over the last 64 bits.
#[derive(Clone, Debug)]
#[repr(align(32))]
struct Group {
    // INVARIANT: ascending; the first is not behind any address that comes here.
    begins: Bounds,
    /// What is behind each: a number or, with the mark, another group.
    entries: [u32; FAN],
}

/// Returns the first and the last 64 bits, in the order of signed numbers: that
/// is what vectors compare.
const fn halves(address: u128) -> (i64, i64) {
    let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = address.to_be_bytes();
    let first = u64::from_be_bytes([a, b, c, d, e, f, g, h]);
    let last = u64::from_be_bytes([i, j, k, l, m, n, o, p]);
    (signed(first), signed(last))
}

/// Returns a number so that the order of signed numbers is that of unsigned ones.
const fn signed(number: u64) -> i64 {
    (number ^ 1 << 63).cast_signed()
}

impl AddressMap<u128> for BoundaryMap {
    fn of(starts: &[u128], numbers: &[u32], _: Size) -> Self {
        let (mut keys, mut entries) = (Vec::new(), Vec::new());
        let (mut groups, mut before) = (Vec::new(), 0);
        let mut rest = starts.iter().zip(numbers).peekable();
        while let Some((start, _)) = rest.peek() {
            let (high, _) = halves(**start);
            let mut own: Vec<(i64, u32)> = Vec::new();
            while let Some((start, number)) = rest.next_if(|(next, _)| halves(**next).0 == high) {
                own.push((halves(*start).1, *number));
            }
            if own[0].0 != signed(0) {
                own.insert(0, (signed(0), before));
            }
            before = own.last().map_or(0, |(_, number)| *number);
            keys.push(high);
            entries.push((entry(&own, &mut groups), before));
        }
        let mut levels = vec![in_bounds(&keys)];
        while levels[0].len() > 1 {
            let above: Vec<i64> = levels[0].iter().map(|group| group[0]).collect();
            levels.insert(0, in_bounds(&above));
        }
        Self {
            levels,
            entries,
            groups,
        }
    }

    #[inline(always)]
    fn find<const N: usize>(
        &self,
        addresses: &[u128; N],
        found: &mut [u32; N],
        vectors: impl Vectors,
    ) {
        let (mut high, mut low) = ([0_i64; N], [0_i64; N]);
        for ((high, low), address) in high.iter_mut().zip(&mut low).zip(addresses) {
            (*high, *low) = halves(*address);
        }
        found.fill(0);
        for level in &self.levels {
            for (at, high) in found.iter_mut().zip(high) {
                // The greatest address is not before padding either.
                let group = &level[(*at as usize).min(level.len() - 1)];
                // PERF: no check; the first boundary of a level is behind nothing.
                let begun = vectors.begun_wide(high, group);
                *at = at.wrapping_mul(8).wrapping_add(begun).wrapping_sub(1);
            }
        }
        let lowest = self.levels.last().map_or(&[][..], Vec::as_slice);
        let last = self.entries.len() - 1;
        let mut any = 0;
        for (at, high) in found.iter_mut().zip(high) {
            // Padding is behind every boundary, so it is met only at the end.
            let position = (*at as usize).min(last);
            let (inside, behind) = self.entries[position];
            let same = lowest[position / FAN][position % FAN] == high;
            *at = if same { inside } else { behind };
            any |= *at;
        }
        // PERF: the first group is in the cache, so those who need none read it.
        while any & DEEPER != 0 {
            any = 0;
            for (at, low) in found.iter_mut().zip(low) {
                let deeper = *at & DEEPER != 0;
                let place = if deeper { *at & !DEEPER } else { 0 };
                let group = &self.groups[place as usize];
                let begun = vectors.begun_wide(low, &group.begins) as usize;
                let next = group.entries[begun.wrapping_sub(1) % FAN];
                *at = if deeper { next } else { *at };
                any |= *at;
            }
        }
    }

    fn bytes(&self) -> usize {
        let levels: usize = self.levels.iter().map(Vec::len).sum();
        size_of::<Bounds>() * levels
            + size_of::<(u32, u32)>() * self.entries.len()
            + size_of::<Group>() * self.groups.len()
    }
}

/// Lays out what begins where within 64 bits; returns the entry that leads there.
fn entry(own: &[(i64, u32)], groups: &mut Vec<Group>) -> u32 {
    let [.., (_, last)] = own else {
        return 0;
    };
    if own.len() == 1 {
        return *last;
    }
    // Padding is not behind the greatest address, and says the same as the last.
    let mut group = Group {
        begins: [i64::MAX; FAN],
        entries: [*last; FAN],
    };
    let place = groups.len();
    groups.push(group.clone());
    for (at, part) in own.chunks(own.len().div_ceil(FAN)).enumerate() {
        group.begins[at] = part[0].0;
        group.entries[at..].fill(entry(part, groups));
    }
    groups[place] = group;
    DEEPER | u32::try_from(place).expect("there are fewer than 2^31 groups")
}

/// Cuts boundaries into groups; the last one is padded.
fn in_bounds(keys: &[i64]) -> Vec<Bounds> {
    let groups = keys.chunks(FAN).map(|keys| {
        let mut group = [i64::MAX; FAN];
        group[..keys.len()].copy_from_slice(keys);
        group
    });
    groups.collect()
}
