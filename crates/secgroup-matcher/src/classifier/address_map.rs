//! From an address to its class.

use super::simd::Vectors;

/// What a map may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Size {
    /// One map is used for all that is judged, and shall be fast.
    Fast,
    /// As fast, and laid out as if there were too many addresses for the
    /// fastest; for IPv6, that is the same.
    Slots,
    /// There are many maps, so that the next one asked is in no cache, and each
    /// shall be small.
    Small,
}

/// Maps addresses to numbers.
pub trait AddressMap<A>: std::fmt::Debug + Send + Sync + Sized {
    /// Lays out intervals: where each begins, and its number. The first begins
    /// at the least address.
    fn of(starts: &[A], numbers: &[u32], size: Size) -> Self;

    /// Finds the number of each address.
    fn find<const N: usize>(&self, addresses: &[A; N], found: &mut [u32; N], vectors: impl Vectors);

    /// Returns how many bytes it takes.
    fn bytes(&self) -> usize;
}

pub(super) mod slots;
mod tree;
pub(super) mod v4;
pub(super) mod v6;

#[cfg(test)]
mod tests {
    use super::super::BATCH;
    use super::super::simd::{Task, in_every_way};
    use super::*;
    use crate::address::Address;

    /// Asks a map for every address around the boundaries.
    fn check<A: Address>(starts: &[A], numbers: &[u32], asked: &[A]) {
        for size in Size::ALL {
            check_map(&A::Map::of(starts, numbers, size), starts, numbers, asked);
        }
    }

    fn check_map<A: Address>(map: &A::Map, starts: &[A], numbers: &[u32], asked: &[A]) {
        in_every_way(&Lookup::<A> {
            map,
            starts,
            numbers,
            asked,
        });
    }

    /// A map, and what it must find.
    struct Lookup<'l, A: Address> {
        map: &'l A::Map,
        starts: &'l [A],
        numbers: &'l [u32],
        asked: &'l [A],
    }

    impl<A: Address> Task for Lookup<'_, A> {
        fn run(&self, way: &str, vectors: impl Vectors) {
            for addresses in self.asked.chunks(BATCH) {
                let mut batch = [A::MIN; BATCH];
                batch[..addresses.len()].copy_from_slice(addresses);
                let mut found = [0; BATCH];
                self.map.find(&batch, &mut found, vectors);
                for (address, found) in addresses.iter().zip(found) {
                    let interval = self.starts.partition_point(|start| start <= address) - 1;
                    let wanted = self.numbers[interval];
                    assert_eq!(found, wanted, "{way}: {address:?} of {:?}", self.starts);
                }
            }
        }
    }

    /// Returns the last 32 bits.
    fn word(number: u128) -> u32 {
        u32::try_from(number & u128::from(u32::MAX)).unwrap()
    }

    /// Numbers that look random.
    fn numbers(count: usize) -> impl Iterator<Item = u128> {
        let mut state = 7_u128;
        std::iter::repeat_with(move || {
            state = state
                .wrapping_mul(0x2360_ed05_1fc6_5da4_4385_df64_9fcc_f645)
                .wrapping_add(1);
            state ^ state >> 77
        })
        .take(count)
    }

    #[test]
    fn every_ipv4_address_has_the_number_of_its_interval() {
        for count in [0, 1, 3, 40, 3000, 40_000] {
            let mut starts: Vec<u32> = numbers(count)
                .map(|n| word(n >> 96) & (word(n) | 0xffff_0f00))
                .collect();
            starts.extend([0, 0x0a00_0000, 0x0a00_0001, 0x0aff_ffff, u32::MAX]);
            starts.sort_unstable();
            starts.dedup();
            let own: Vec<u32> = (0..1000)
                .map(|n| n * 7 % 1000)
                .cycle()
                .take(starts.len())
                .collect();
            let around = |start: &u32| {
                [
                    start.wrapping_sub(1),
                    *start,
                    start.wrapping_add(1),
                    start ^ 0x80,
                ]
            };
            let asked: Vec<u32> = starts.iter().flat_map(around).collect();
            check(&starts, &own, &asked);
        }
    }

    #[test]
    fn every_ipv6_address_has_the_number_of_its_interval() {
        for count in [0, 1, 7, 8, 9, 63, 64, 65, 600, 5000] {
            let mut starts: Vec<u128> = numbers(count)
                .map(|n| if n & 3 == 0 { n } else { n >> 64 << 64 })
                .collect();
            starts.extend([0, 1, 1 << 64, (1 << 64) + 1, u128::MAX, u128::MAX << 64]);
            // So many in one place that groups lead to groups.
            for (place, many) in [(5 << 64, 9), (6 << 64, 600), (8 << 64 | 7, 70)] {
                starts.extend((0..many.min(count as u128)).map(|at| place + 3 * at));
            }
            starts.sort_unstable();
            starts.dedup();
            let own: Vec<u32> = (0..1000)
                .map(|n| n * 7 % 1000)
                .cycle()
                .take(starts.len())
                .collect();
            let around = |start: &u128| {
                [
                    start.wrapping_sub(1),
                    *start,
                    start.wrapping_add(1),
                    start ^ 1 << 63,
                ]
            };
            let asked: Vec<u128> = starts.iter().flat_map(around).collect();
            check(&starts, &own, &asked);
        }
    }
}
