//! IPv6: a tree of boundaries over the first 64 bits, and short lists of
//! boundaries over the others for the few places where those matter.
//!
//! Level k of the tree has every 8^k-th boundary. A search reads eight of them
//! in each level, one cache line, and goes on at the last that is not behind
//! the address; all headers take the same steps.

use super::super::simd::Vectors;
use super::{AddressMap, Size};

/// How many boundaries are compared at once.
const FAN: usize = 8;

/// The mark of an entry that leads to a list; others are numbers.
const DEEPER: u32 = 1 << 31;

/// The tree and the lists.
#[derive(Debug)]
pub struct BoundaryMap {
    /// The highest level first; each is padded to whole groups.
    levels: Vec<Vec<[u64; FAN]>>,
    /// What each boundary of the lowest level leads to: behind it within its
    /// 64 bits, and behind all of them.
    entries: Vec<(u32, u32)>,
    /// The lists: where numbers begin within 64 bits.
    lists: Vec<Vec<(u64, u32)>>,
}

/// Returns the first and the last 64 bits.
const fn halves(address: u128) -> (u64, u64) {
    let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = address.to_be_bytes();
    let first = u64::from_be_bytes([a, b, c, d, e, f, g, h]);
    (first, u64::from_be_bytes([i, j, k, l, m, n, o, p]))
}

impl AddressMap<u128> for BoundaryMap {
    fn of(starts: &[u128], numbers: &[u32], _: Size) -> Self {
        let (mut keys, mut entries) = (Vec::new(), Vec::new());
        let (mut lists, mut before) = (Vec::new(), 0);
        let mut rest = starts.iter().zip(numbers).peekable();
        while let Some((start, _)) = rest.peek() {
            let (high, _) = halves(**start);
            let mut own: Vec<(u64, u32)> = Vec::new();
            while let Some((start, number)) = rest.next_if(|(next, _)| halves(**next).0 == high) {
                own.push((halves(*start).1, *number));
            }
            if own[0].0 != 0 {
                own.insert(0, (0, before));
            }
            before = own.last().map_or(0, |(_, number)| *number);
            keys.push(high);
            let inside = if own.len() == 1 {
                before
            } else {
                lists.push(own);
                DEEPER | u32::try_from(lists.len() - 1).expect("there are fewer than 2^31 lists")
            };
            entries.push((inside, before));
        }
        let mut levels = vec![groups(&keys)];
        while levels[0].len() > 1 {
            let above: Vec<u64> = levels[0].iter().map(|group| group[0]).collect();
            levels.insert(0, groups(&above));
        }
        Self {
            levels,
            entries,
            lists,
        }
    }

    #[inline(always)]
    fn find<const N: usize>(&self, addresses: &[u128; N], found: &mut [u32; N], _: impl Vectors) {
        let (mut high, mut low) = ([0_u64; N], [0_u64; N]);
        for ((high, low), address) in high.iter_mut().zip(&mut low).zip(addresses) {
            (*high, *low) = halves(*address);
        }
        found.fill(0);
        for level in &self.levels {
            for (at, high) in found.iter_mut().zip(high) {
                // The greatest address is not before padding either.
                let group = &level[(*at as usize).min(level.len() - 1)];
                let mut begun = 0;
                for boundary in group {
                    begun += u32::from(*boundary <= high);
                }
                *at = *at * 8 + begun - 1;
            }
        }
        let lowest = self.levels.last().map_or(&[][..], Vec::as_slice);
        let last = self.entries.len() - 1;
        for ((at, high), low) in found.iter_mut().zip(high).zip(low) {
            // Padding is behind every boundary, so it is met only at the end.
            let position = (*at as usize).min(last);
            let (inside, behind) = self.entries[position];
            let same = lowest[position / FAN][position % FAN] == high;
            let entry = if same { inside } else { behind };
            *at = if entry & DEEPER == 0 {
                entry
            } else {
                self.in_list(entry, low)
            };
        }
    }

    fn bytes(&self) -> usize {
        let groups: usize = self.levels.iter().map(Vec::len).sum();
        let lists: usize = self.lists.iter().map(|list| 16 * list.len() + 24).sum();
        64 * groups + 8 * self.entries.len() + lists
    }
}

impl BoundaryMap {
    #[inline(never)]
    fn in_list(&self, entry: u32, low: u64) -> u32 {
        let list = &self.lists[(entry & !DEEPER) as usize];
        let begun = list.partition_point(|(start, _)| *start <= low);
        list[begun - 1].1
    }
}

/// Cuts boundaries into groups; the last one is padded.
fn groups(keys: &[u64]) -> Vec<[u64; FAN]> {
    let groups = keys.chunks(FAN).map(|keys| {
        let mut group = [u64::MAX; FAN];
        group[..keys.len()].copy_from_slice(keys);
        group
    });
    groups.collect()
}
