//! Addresses as numbers, so that one table serves both families.

use std::fmt::Debug;
use std::hash::Hash;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;
use secgroup_model::{Endpoints, Family, Prefix};

use crate::classifier::{
    AddressMap, Asked, BOUNDS, CacheLine, Columns, Head, Header, V4Map, V6Map, Value, Vectors,
    compare_heads,
};

/// An odd number with as many ones as zeros, and no pattern.
const SPREADING: u64 = 0x9e37_79b9_7f4a_7c15;

/// An address of one family as an unsigned number: `u32` or `u128`.
pub trait Address: Copy + Ord + Debug + Default + Hash + Send + Sync + Value + 'static {
    /// How addresses are mapped to classes.
    type Map: AddressMap<Self>;

    /// The family.
    const FAMILY: Family;
    /// The least address.
    const MIN: Self;
    /// The greatest address.
    const MAX: Self;

    /// How many boundaries an inner line of a compact tree has.
    const INNER: u32;
    /// How many a line of its last level has.
    const LEAF: u32;
    /// Where the places of rows begin in that line, in numbers of 16 bits.
    const ROWS: u32;

    /// Writes an address as a boundary of a line.
    fn put(self, line: &mut CacheLine, at: usize);

    /// Returns how many of the first `length` boundaries are less.
    fn rank(self, line: &CacheLine, length: u32, vectors: impl Vectors) -> u32;

    /// Returns how many of some bounds are less.
    fn rank_in(self, bounds: &[Self; BOUNDS], vectors: impl Vectors) -> u32;

    /// Returns the number of an address, none for the other family.
    fn of(address: IpAddr) -> Option<Self>;

    /// Returns source and destination as numbers, none of the other family.
    fn ends(endpoints: Endpoints) -> Option<(Self, Self)>;

    /// Returns the address.
    fn ip(self) -> IpAddr;

    /// Returns the distance from another address, modulo the number of addresses.
    fn minus(self, other: Self) -> Self;

    /// Returns a number whose upper bits are most often others for another address.
    fn spread(self) -> u64;

    /// Returns where an address is at most `width` behind `first`, as bits.
    fn within(self, first: &[Self; 8], width: &[Self; 8], vectors: impl Vectors) -> u32;

    /// As `within`, for four ranges.
    fn within4(self, first: &[Self; 4], width: &[Self; 4], vectors: impl Vectors) -> u32;

    /// Compares each header of a batch with the head of its list; returns where
    /// the list can still hold a lesser number, as bits.
    fn compare_heads<const N: usize>(
        heads: &[Head<Self>],
        asked: Asked<'_, Self, N>,
        answers: &mut [u32; N],
        vectors: impl Vectors,
    ) -> u64;

    /// Takes headers apart.
    fn columns<const N: usize>(
        headers: &[Header<Self>; N],
        vectors: impl Vectors,
    ) -> Columns<Self, N>;

    /// Returns the next address, none behind the last.
    fn next(self) -> Option<Self>;

    /// Returns the address before, none before the first.
    fn previous(self) -> Option<Self>;

    /// Returns the first and last address of a prefix, none for the other family.
    fn bounds(prefix: Prefix) -> Option<(Self, Self)> {
        let (first, last) = prefix.bounds();
        Some((Self::of(first)?, Self::of(last)?))
    }

    /// Returns the prefix that holds this address alone.
    fn host(self) -> IpNet {
        IpNet::from(self.ip())
    }
}

impl Address for u32 {
    type Map = V4Map;

    const FAMILY: Family = Family::V4;
    const MIN: Self = Self::MIN;
    const MAX: Self = Self::MAX;
    const INNER: Self = 16;
    const LEAF: Self = 10;
    const ROWS: Self = 20;

    fn put(self, line: &mut CacheLine, at: usize) {
        line.put_word(at, self);
    }

    #[inline(always)]
    fn rank(self, line: &CacheLine, length: u32, vectors: impl Vectors) -> u32 {
        vectors.rank(self, line, length)
    }

    #[inline(always)]
    fn rank_in(self, bounds: &[Self; BOUNDS], vectors: impl Vectors) -> u32 {
        vectors.rank_in(self, bounds)
    }

    fn of(address: IpAddr) -> Option<Self> {
        match address {
            IpAddr::V4(address) => Some(address.to_bits()),
            IpAddr::V6(_) => None,
        }
    }

    #[inline(always)]
    fn ends(endpoints: Endpoints) -> Option<(Self, Self)> {
        match endpoints {
            Endpoints::V4 {
                source,
                destination,
            } => Some((source.to_bits(), destination.to_bits())),
            Endpoints::V6 { .. } => None,
        }
    }

    fn ip(self) -> IpAddr {
        Ipv4Addr::from_bits(self).into()
    }

    #[inline(always)]
    fn minus(self, other: Self) -> Self {
        self.wrapping_sub(other)
    }

    #[inline(always)]
    fn spread(self) -> u64 {
        u64::from(self).wrapping_mul(SPREADING)
    }

    #[inline(always)]
    fn within(self, first: &[Self; 8], width: &[Self; 8], vectors: impl Vectors) -> u32 {
        vectors.within(self, first, width)
    }

    #[inline(always)]
    fn within4(self, first: &[Self; 4], width: &[Self; 4], vectors: impl Vectors) -> u32 {
        vectors.within4(self, first, width)
    }

    #[inline(always)]
    fn compare_heads<const N: usize>(
        heads: &[Head<Self>],
        asked: Asked<'_, Self, N>,
        answers: &mut [u32; N],
        vectors: impl Vectors,
    ) -> u64 {
        vectors.heads(heads, asked, answers)
    }

    #[inline(always)]
    fn columns<const N: usize>(
        headers: &[Header<Self>; N],
        vectors: impl Vectors,
    ) -> Columns<Self, N> {
        vectors.columns(headers)
    }

    fn next(self) -> Option<Self> {
        self.checked_add(1)
    }

    fn previous(self) -> Option<Self> {
        self.checked_sub(1)
    }
}

impl Address for u128 {
    type Map = V6Map;

    const FAMILY: Family = Family::V6;
    const MIN: Self = Self::MIN;
    const MAX: Self = Self::MAX;
    const INNER: u32 = 4;
    const LEAF: u32 = 3;
    const ROWS: u32 = 24;

    fn put(self, line: &mut CacheLine, at: usize) {
        line.0.as_chunks_mut().0[at] = self.to_le_bytes();
    }

    #[inline(always)]
    fn rank(self, line: &CacheLine, length: u32, _: impl Vectors) -> u32 {
        let boundaries = line.0.as_chunks().0.iter().take(length as usize);
        let less = boundaries.map(|bytes| u32::from(Self::from_le_bytes(*bytes) < self));
        less.sum()
    }

    #[inline(always)]
    fn rank_in(self, bounds: &[Self; BOUNDS], _: impl Vectors) -> u32 {
        bounds.iter().map(|bound| u32::from(*bound < self)).sum()
    }

    fn of(address: IpAddr) -> Option<Self> {
        match address {
            IpAddr::V6(address) => Some(address.to_bits()),
            IpAddr::V4(_) => None,
        }
    }

    #[inline(always)]
    fn ends(endpoints: Endpoints) -> Option<(Self, Self)> {
        match endpoints {
            Endpoints::V6 {
                source,
                destination,
            } => Some((source.to_bits(), destination.to_bits())),
            Endpoints::V4 { .. } => None,
        }
    }

    fn ip(self) -> IpAddr {
        Ipv6Addr::from_bits(self).into()
    }

    #[inline(always)]
    fn minus(self, other: Self) -> Self {
        self.wrapping_sub(other)
    }

    #[inline(always)]
    fn spread(self) -> u64 {
        let [low, high] =
            [0, 64].map(|shift| u64::try_from(self >> shift & Self::from(u64::MAX)).unwrap_or(0));
        (high.wrapping_mul(SPREADING).rotate_left(32) ^ low).wrapping_mul(SPREADING)
    }

    #[inline(always)]
    fn within(self, first: &[Self; 8], width: &[Self; 8], _: impl Vectors) -> u32 {
        let inside = |lane: usize| self.wrapping_sub(first[lane]) <= width[lane];
        (0..8).fold(0, |bits, lane| bits | u32::from(inside(lane)) << lane)
    }

    #[inline(always)]
    fn within4(self, first: &[Self; 4], width: &[Self; 4], _: impl Vectors) -> u32 {
        let inside = |lane: usize| self.wrapping_sub(first[lane]) <= width[lane];
        (0..4).fold(0, |bits, lane| bits | u32::from(inside(lane)) << lane)
    }

    #[inline(always)]
    fn compare_heads<const N: usize>(
        heads: &[Head<Self>],
        asked: Asked<'_, Self, N>,
        answers: &mut [u32; N],
        _: impl Vectors,
    ) -> u64 {
        compare_heads(heads, asked, answers)
    }

    #[inline(always)]
    fn columns<const N: usize>(headers: &[Header<Self>; N], _: impl Vectors) -> Columns<Self, N> {
        Columns::of(headers)
    }

    fn next(self) -> Option<Self> {
        self.checked_add(1)
    }

    fn previous(self) -> Option<Self> {
        self.checked_sub(1)
    }
}
