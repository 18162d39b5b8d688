//! IPv4 in little space: a tree of boundaries, one cache line a step.
//!
//! Level k of the tree has every 16^k-th boundary. A search reads sixteen of
//! them in each level and goes on at the last that is not behind the address.

use super::super::simd::Vectors;
use super::super::table::Table;

/// How many boundaries are compared at once.
const FAN: usize = 16;

/// Sixteen boundaries: one cache line.
#[derive(Clone, Debug)]
#[repr(align(64))]
struct Group([u32; FAN]);

/// The tree, and the number behind each boundary.
#[derive(Debug)]
pub(super) struct TreeMap {
    /// The highest level first; the last group of each is padded.
    levels: Vec<Vec<Group>>,
    numbers: Table<u32>,
}

impl TreeMap {
    pub(super) fn of(starts: &[u32], numbers: &[u32]) -> Self {
        let mut levels = vec![groups(starts)];
        while levels[0].len() > 1 {
            let above: Vec<u32> = levels[0].iter().map(|group| group.0[0]).collect();
            levels.insert(0, groups(&above));
        }
        Self {
            levels,
            numbers: Table::of(numbers.to_vec()),
        }
    }

    #[inline(always)]
    pub(super) fn find<const N: usize>(
        &self,
        addresses: &[u32; N],
        found: &mut [u32; N],
        vectors: impl Vectors,
    ) {
        found.fill(0);
        for level in &self.levels {
            for (at, address) in found.iter_mut().zip(addresses) {
                // The greatest address is not before padding either.
                let group = &level[(*at as usize).min(level.len() - 1)].0;
                let begun: u32 = group.iter().map(|start| u32::from(start <= address)).sum();
                *at = at.wrapping_mul(16).wrapping_add(begun).wrapping_sub(1);
            }
        }
        // Padding is not behind the greatest address, but behind the last
        // number, where the last one is read.
        vectors.wide(&self.numbers, found);
    }

    pub(super) fn bytes(&self) -> usize {
        let groups: usize = self.levels.iter().map(Vec::len).sum();
        size_of::<Group>() * groups + self.numbers.bytes()
    }
}

/// Cuts boundaries into groups; the last one is padded.
fn groups(starts: &[u32]) -> Vec<Group> {
    let groups = starts.chunks(FAN).map(|starts| {
        let mut group = [u32::MAX; FAN];
        group[..starts.len()].copy_from_slice(starts);
        Group(group)
    });
    groups.collect()
}
