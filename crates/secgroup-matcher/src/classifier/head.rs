//! The first filter of a list, which decides about most lists: half a cache line
//! for IPv4, compared for many headers at once.

use super::block::Line;
use super::columns::Columns;
use super::{BATCH, NO_MATCH};
use crate::address::Address;

/// The first filter of a list, and where the list goes on.
#[derive(Clone, Debug)]
#[repr(C, align(32))]
pub struct Head<A> {
    /// The least address, and how much further they reach.
    pub(super) first: A,
    pub(super) width: A,
    /// The least source and destination port, and how much further they reach.
    pub(super) ports_first: [u16; 2],
    pub(super) ports_width: [u16; 2],
    /// The bits of the protocol that count, and which they are.
    pub(super) protocol: u8,
    pub(super) protocol_mask: u8,
    /// Fills up to whole numbers of 32 bits.
    pub(super) fill: [u8; 2],
    pub(super) number: u32,
    /// The position of the bundle that the list goes on with.
    pub(super) next: u32,
    /// The first number there; [`NO_MATCH`] at the end of a list.
    pub(super) next_least: u32,
}

impl<A: Address> Head<A> {
    /// Returns the head of no list: it matches nothing.
    pub(super) const fn empty() -> Self {
        Self {
            first: A::MIN,
            width: A::MIN,
            ports_first: [0; 2],
            ports_width: [0; 2],
            protocol: 1,
            protocol_mask: 0,
            fill: [0; 2],
            number: NO_MATCH,
            next: 0,
            next_least: NO_MATCH,
        }
    }

    /// Returns the head of a list that begins with a filter.
    pub(super) fn of(line: &Line<A>) -> Self {
        let (source, destination) = (line.service.source_ports, line.service.destination_ports);
        let (protocol, protocol_mask) = line.service.protocol;
        Self {
            first: line.address.0,
            width: line.address.1.minus(line.address.0),
            ports_first: [source.0, destination.0],
            ports_width: [source.1 - source.0, destination.1 - destination.0],
            protocol,
            protocol_mask,
            number: line.number,
            ..Self::empty()
        }
    }

    #[inline(always)]
    fn matches(&self, address: A, ports: u32, protocol: u32) -> bool {
        let [a, b, c, d] = ports.to_le_bytes();
        let ports = [u16::from_le_bytes([a, b]), u16::from_le_bytes([c, d])];
        let port = |at: usize| ports[at].wrapping_sub(self.ports_first[at]) <= self.ports_width[at];
        address.minus(self.first) <= self.width
            && port(0)
            && port(1)
            && protocol & u32::from(self.protocol_mask) == u32::from(self.protocol)
    }
}

/// What heads are compared with: the lists of a batch of headers.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a, A, const N: usize> {
    /// The position of each header's head.
    pub(super) places: &'a [u32; N],
    /// The addresses that are compared.
    pub(super) others: &'a [A; N],
    pub(super) columns: &'a Columns<A, N>,
}

/// Compares each header with its head, one after the other, and returns where
/// the list can still hold a lesser number, as bits.
#[inline(always)]
pub(crate) fn compare_heads<A: Address, const N: usize>(
    heads: &[Head<A>],
    asked: Asked<'_, A, N>,
    answers: &mut [u32; N],
) -> u64 {
    const { assert!(N <= BATCH, "there is a bit for each header") };
    let mut more = 0;
    for lane in 0..N {
        let head = &heads[asked.places[lane] as usize];
        let (ports, protocol) = (asked.columns.ports[lane], asked.columns.protocols[lane]);
        let matches = head.matches(asked.others[lane], ports, protocol);
        let found = if matches { head.number } else { NO_MATCH };
        answers[lane] = answers[lane].min(found);
        more |= u64::from(head.next_least < answers[lane]) << lane;
    }
    more
}
