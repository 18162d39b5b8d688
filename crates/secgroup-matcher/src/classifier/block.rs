//! Eight filters side by side, compared at once.

use super::ruleset::Service;
use super::simd::Vectors;
use super::{Header, NO_MATCH};
use crate::address::Address;

/// How many filters a block has.
pub(super) const LANES: usize = 8;

/// What is compared of one filter.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line<A> {
    /// First and last address.
    pub(super) address: (A, A),
    pub(super) service: Service,
    pub(super) number: u32,
}

/// Filters in order; those that are missing at the end match nothing or say
/// [`NO_MATCH`].
// PERF: a block is a whole number of cache lines, so that comparing one touches
// as few as it can; every field of one width is an array, so that each
// comparison is one instruction of 8 lanes where vectors are that wide.
#[derive(Clone, Debug)]
#[repr(align(64))]
pub(super) struct Block<A> {
    first: [A; LANES],
    width: [A; LANES],
    source_first: [u16; LANES],
    source_width: [u16; LANES],
    destination_first: [u16; LANES],
    destination_width: [u16; LANES],
    protocol: [u16; LANES],
    protocol_mask: [u16; LANES],
    number: [u32; LANES],
}

impl<A: Address> Block<A> {
    /// Returns a block without filters.
    pub(super) const fn empty() -> Self {
        Self {
            first: [A::MIN; LANES],
            width: [A::MIN; LANES],
            source_first: [0; LANES],
            source_width: [0; LANES],
            destination_first: [0; LANES],
            destination_width: [0; LANES],
            protocol: [0; LANES],
            protocol_mask: [0; LANES],
            number: [NO_MATCH; LANES],
        }
    }

    /// Appends blocks of filters that are in order.
    pub(super) fn append(lines: &[Line<A>], blocks: &mut Vec<Self>) {
        for lines in lines.chunks(LANES) {
            let mut block = Self::empty();
            for (lane, line) in lines.iter().enumerate() {
                block.set(lane, line);
            }
            blocks.push(block);
        }
    }

    fn set(&mut self, lane: usize, line: &Line<A>) {
        let Service {
            source_ports,
            destination_ports,
            protocol,
        } = line.service;
        self.first[lane] = line.address.0;
        self.width[lane] = line.address.1.minus(line.address.0);
        self.source_first[lane] = source_ports.0;
        self.source_width[lane] = source_ports.1 - source_ports.0;
        self.destination_first[lane] = destination_ports.0;
        self.destination_width[lane] = destination_ports.1 - destination_ports.0;
        self.protocol[lane] = u16::from(protocol.0);
        self.protocol_mask[lane] = u16::from(protocol.1);
        self.number[lane] = line.number;
    }

    /// Returns the number of the first filter.
    #[inline(always)]
    pub(super) const fn least(&self) -> u32 {
        self.number[0]
    }

    /// Returns the number of the first filter that matches and whose own
    /// addresses do, too.
    #[inline(always)]
    pub(super) fn compare_both(
        &self,
        own: &Addresses<A>,
        header: &Header<A>,
        vectors: impl Vectors,
    ) -> u32 {
        let own = A::within(header.source, &own.first, &own.width, vectors);
        self.pick(own & self.lanes(header.destination, header, vectors))
    }

    /// Returns the lanes that match, as bits.
    #[inline(always)]
    fn lanes(&self, address: A, header: &Header<A>, vectors: impl Vectors) -> u32 {
        A::within(address, &self.first, &self.width, vectors)
            & vectors.within_short(header.source_port, &self.source_first, &self.source_width)
            & vectors.within_short(
                header.destination_port,
                &self.destination_first,
                &self.destination_width,
            )
            & vectors.equal_masked(
                u16::from(header.protocol),
                &self.protocol,
                &self.protocol_mask,
            )
    }

    #[inline(always)]
    const fn pick(&self, lanes: u32) -> u32 {
        if lanes == 0 {
            return NO_MATCH;
        }
        self.number[lanes.trailing_zeros() as usize % LANES]
    }
}

/// The other addresses of eight filters.
#[derive(Clone, Debug)]
#[repr(align(64))]
pub(super) struct Addresses<A> {
    first: [A; LANES],
    width: [A; LANES],
}

impl<A: Address> Addresses<A> {
    /// Takes the ranges of up to eight filters.
    pub(super) fn of(ranges: &[(A, A)]) -> Self {
        let mut own = Self {
            first: [A::MIN; LANES],
            width: [A::MIN; LANES],
        };
        for (lane, (first, last)) in ranges.iter().enumerate() {
            own.first[lane] = *first;
            own.width[lane] = last.minus(*first);
        }
        own
    }
}
