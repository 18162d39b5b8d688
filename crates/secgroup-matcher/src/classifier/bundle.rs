//! Four filters side by side, compared at once: what lists have behind their
//! first filter.

use super::NO_MATCH;
use super::block::Line;
use super::simd::Vectors;
use crate::address::Address;

/// How many filters a bundle has.
pub(super) const WIDTH: usize = 4;

/// The fields of 16 bits of four filters: source ports, destination ports,
/// protocols, and four that are always zero.
pub(super) type Shorts = [[u16; WIDTH]; 4];

/// Filters in order; those that are missing at the end say [`NO_MATCH`].
#[derive(Clone, Debug)]
#[repr(C, align(64))]
pub(super) struct Bundle<A> {
    first: [A; WIDTH],
    width: [A; WIDTH],
    short_first: Shorts,
    short_width: Shorts,
    number: [u32; WIDTH],
    /// The position of the bundle that the list goes on with.
    next: u32,
    /// The first number there; [`NO_MATCH`] at the end of a list.
    next_least: u32,
}

impl<A: Address> Bundle<A> {
    /// Returns a bundle without filters.
    pub(super) const fn empty() -> Self {
        Self {
            first: [A::MIN; WIDTH],
            width: [A::MIN; WIDTH],
            short_first: [[0; WIDTH]; 4],
            short_width: [[0; WIDTH]; 4],
            number: [NO_MATCH; WIDTH],
            next: 0,
            next_least: NO_MATCH,
        }
    }

    /// Returns a bundle of up to so many filters.
    pub(super) fn of(lines: &[Line<A>]) -> Self {
        let mut bundle = Self::empty();
        for (lane, line) in lines.iter().enumerate() {
            let service = line.service;
            bundle.first[lane] = line.address.0;
            bundle.width[lane] = line.address.1.minus(line.address.0);
            let (protocol, mask) = service.protocol;
            let ranges = [
                service.source_ports,
                service.destination_ports,
                // Lines are of protocols that follow each other; see `lists`.
                (u16::from(protocol), u16::from(protocol | !mask)),
            ];
            for (field, (first, last)) in ranges.into_iter().enumerate() {
                bundle.short_first[field][lane] = first;
                bundle.short_width[field][lane] = last - first;
            }
            bundle.number[lane] = line.number;
        }
        bundle
    }

    /// Lets the list go on with another bundle.
    pub(super) const fn go_on(&mut self, next: u32, least: u32) {
        self.next = next;
        self.next_least = least;
    }

    /// Returns where the list goes on.
    #[inline(always)]
    pub(super) const fn next(&self) -> u32 {
        self.next
    }

    /// Returns the least number behind this bundle, [`NO_MATCH`] at the end.
    #[inline(always)]
    pub(super) const fn next_least(&self) -> u32 {
        self.next_least
    }

    /// Returns the number of the first filter.
    pub(super) const fn least(&self) -> u32 {
        self.number[0]
    }

    /// Returns the number of the first filter that matches an address and the
    /// other fields: source port, destination port and protocol, 16 bits each
    /// from the lowest; more than 8 bits of the protocol are not looked at.
    ///
    /// PERF: without a branch, because whether one matches cannot be foreseen.
    #[inline(always)]
    pub(super) fn compare(&self, address: A, fields: u64, vectors: impl Vectors) -> u32 {
        let lanes = A::within4(address, &self.first, &self.width, vectors)
            & vectors.fields_within(fields, &self.short_first, &self.short_width);
        let number = self.number[lanes.trailing_zeros() as usize % WIDTH];
        number | u32::from(lanes == 0).wrapping_neg()
    }
}
