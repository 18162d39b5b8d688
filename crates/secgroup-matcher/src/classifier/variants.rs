//! Which combination of protocol, destination and source port a header has, as
//! far as the filters of a policy tell them apart.

use std::collections::BTreeMap;

use super::ruleset::{RuleSet, Service};
use crate::address::Address;

/// At most so many protocols are told apart from all others.
const SPECIAL: usize = 8;

/// Destinations and source ports have at most so many bounds.
const BOUNDS: usize = 3;

/// At most so many variants are told apart.
pub(super) const MOST_VARIANTS: usize = 128;

/// From a header to its variant.
#[derive(Clone, Debug)]
#[repr(align(64))]
pub(super) struct Variants<A> {
    /// The special protocols; what is left is filled up with the first.
    protocols: [u8; SPECIAL],
    /// Where the special protocols stand in a row, and last all others.
    places: [Place; SPECIAL + 1],
    /// Where source ports begin to differ; what is left is behind all ports.
    source_ports: [u32; BOUNDS],
    /// How many of these there are.
    last_port: u8,
    /// How many of the next there are.
    last_destination: u8,
    /// Where destinations begin to differ.
    destinations: [A; BOUNDS],
}

/// Where a protocol stands in a row, and what destinations and source ports add.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    first: u8,
    by_destination: u8,
    by_port: u8,
}

impl<A: Address> Variants<A> {
    /// Finds the variants of filters, and which of them each filter matches, as
    /// bits; nothing where they are too many.
    pub(super) fn of(all: &RuleSet<A>) -> Option<(Self, Vec<u128>)> {
        let (special, usual) = protocols(&all.services)?;
        let mut destinations: Vec<A> = Vec::new();
        for (first, last) in all.destination.sets.iter().flat_map(|set| set.iter()) {
            destinations.extend((*first != A::MIN).then_some(*first));
            destinations.extend(last.next());
        }
        let mut source_ports: Vec<u32> = Vec::new();
        for service in &all.services {
            let (first, last) = service.source_ports;
            source_ports.extend((first != 0).then_some(u32::from(first)));
            source_ports.extend(last.checked_add(1).map(u32::from));
        }
        let destinations = distinct(destinations)?;
        // Lookups take the last address for the one before.
        if destinations.last() == Some(&A::MAX) {
            return None;
        }
        let source_ports = distinct(source_ports)?;
        let mut protocols = [special.first().copied().unwrap_or(0); SPECIAL];
        protocols[..special.len()].copy_from_slice(&special);
        let last = |count: usize| u8::try_from(count).expect("at most three");
        let mut variants = Self {
            protocols,
            places: [Place::default(); SPECIAL + 1],
            last_port: last(source_ports.len()),
            last_destination: last(destinations.len()),
            source_ports: filled(&source_ports, u32::MAX),
            destinations: filled(&destinations, A::MAX),
        };
        variants.number();
        if variants.count() > MOST_VARIANTS {
            return None;
        }
        let matching = all.rules.iter().map(|rule| {
            let service = &all.services[rule.service as usize];
            let set = &all.destination.sets[rule.destination as usize];
            variants.bits(service, set, usual)
        });
        let matching = matching.collect();
        Some((variants, matching))
    }

    /// Gives every variant a place of its own.
    fn number(&mut self) {
        let by_port = 1;
        let by_destination = self.last_port + 1;
        let of_protocol = by_destination * (self.last_destination + 1);
        for (at, place) in (0_u8..).zip(&mut self.places) {
            *place = Place {
                first: at * of_protocol,
                by_destination,
                by_port,
            };
        }
    }

    /// Returns how many variants there are before they are folded.
    pub(super) fn count(&self) -> usize {
        let of_protocol =
            (usize::from(self.last_port) + 1) * (usize::from(self.last_destination) + 1);
        of_protocol * (SPECIAL + 1)
    }

    /// Returns the variants that a service at some destinations matches.
    fn bits(&self, service: &Service, set: &[(A, A)], usual: u8) -> u128 {
        let mut bits = 0;
        for protocol in 0..=SPECIAL {
            let own = self.protocols.get(protocol).copied().unwrap_or(usual);
            if own & service.protocol.1 != service.protocol.0 {
                continue;
            }
            for destination in 0..=usize::from(self.last_destination) {
                let start = destination
                    .checked_sub(1)
                    .map_or(A::MIN, |at| self.destinations[at]);
                if !set
                    .iter()
                    .any(|(first, last)| *first <= start && start <= *last)
                {
                    continue;
                }
                for port in 0..=usize::from(self.last_port) {
                    let start = port.checked_sub(1).map_or(0, |at| self.source_ports[at]);
                    let (first, last) = service.source_ports;
                    if u32::from(first) <= start && start <= u32::from(last) {
                        let place = self.places[protocol];
                        let at = usize::from(place.first)
                            + destination * usize::from(place.by_destination)
                            + port * usize::from(place.by_port);
                        bits |= 1 << at;
                    }
                }
            }
        }
        bits
    }

    /// Takes what every class has in each variant and leaves out what is the
    /// same for all classes: a protocol whose answers do not depend on the
    /// destination, or on the source port, and equal protocols. Returns the rows,
    /// too.
    pub(super) fn folded(&self, classes: &[Vec<u32>]) -> (Self, Vec<Vec<u32>>) {
        let column = |at: usize| classes.iter().map(move |row| row[at]);
        let equal = |one: usize, other: usize| one == other || column(one).eq(column(other));
        let ports = usize::from(self.last_port) + 1;
        let destinations = usize::from(self.last_destination) + 1;
        let mut folded = self.clone();
        let mut kept: Vec<usize> = Vec::new();
        let mut known: Vec<(Vec<usize>, Place)> = Vec::new();
        for (protocol, place) in folded.places.iter_mut().enumerate() {
            let first = protocol * destinations * ports;
            let cells = first..first + destinations * ports;
            let port = |at: usize| (at - first) % ports;
            let by_port = cells.clone().any(|at| !equal(at, at - port(at)));
            let by_destination = cells.clone().any(|at| !equal(at, first + port(at)));
            let needed =
                |at: &usize| (by_port || port(*at) == 0) && (by_destination || *at < first + ports);
            let own: Vec<usize> = cells.filter(needed).collect();
            let number = |of: usize| u8::try_from(of).expect("at most 128 variants");
            let (beside, below) = (usize::from(by_port), usize::from(by_destination));
            let new = Place {
                first: number(kept.len()),
                by_port: number(beside),
                by_destination: number(below * if by_port { ports } else { 1 }),
            };
            let same = known.iter().find(|(other, place)| {
                (place.by_port, place.by_destination) == (new.by_port, new.by_destination)
                    && other
                        .iter()
                        .zip(&own)
                        .all(|(one, other)| equal(*one, *other))
            });
            *place = same.map_or(new, |(_, place)| *place);
            if same.is_none() {
                kept.extend(&own);
                known.push((own, new));
            }
        }
        let rows = classes.iter();
        let rows = rows.map(|row| kept.iter().map(|at| row[*at]).collect());
        (folded, rows.collect())
    }

    /// Returns where a header's variant stands in a row. The destination is not
    /// the greatest address.
    #[inline(always)]
    pub(super) fn find(&self, protocol: u8, destination: A, source_port: u16) -> u32 {
        // PERF: the first byte that is equal, without a branch: in the
        // differences it is the lowest one that is 0.
        const ONES: u64 = 0x0101_0101_0101_0101;
        let own = ONES.wrapping_mul(u64::from(protocol));
        let differences = u64::from_le_bytes(self.protocols) ^ own;
        let zeros = differences.wrapping_sub(ONES) & !differences & (ONES << 7);
        let place = self.places[(zeros.trailing_zeros() / 8) as usize];
        let mut ports = 0_u32;
        for bound in self.source_ports {
            ports += u32::from(bound <= u32::from(source_port));
        }
        let mut destinations = 0_u32;
        for bound in self.destinations {
            destinations += u32::from(bound <= destination);
        }
        // At most 255 + 255 * 3 + 255 * 3.
        u32::from(place.first)
            .wrapping_add(u32::from(place.by_destination).wrapping_mul(destinations))
            .wrapping_add(u32::from(place.by_port).wrapping_mul(ports))
    }
}

/// Returns the protocols that filters tell apart from the others, and one of
/// the others.
fn protocols(services: &[Service]) -> Option<(Vec<u8>, u8)> {
    let mut masks: Vec<(u8, u8)> = services.iter().map(|service| service.protocol).collect();
    masks.sort_unstable();
    masks.dedup();
    let matching = |number: u8| -> Vec<bool> {
        masks
            .iter()
            .map(|(wanted, mask)| number & mask == *wanted)
            .collect()
    };
    // The protocols of each kind; the usual kind is that of most.
    let mut kinds: BTreeMap<Vec<bool>, Vec<u8>> = BTreeMap::new();
    for number in 0..=u8::MAX {
        kinds.entry(matching(number)).or_default().push(number);
    }
    let usual = kinds.values().max_by_key(|kind| kind.len())?.clone();
    let others = (0..=u8::MAX).filter(|number| !usual.contains(number));
    let special: Vec<u8> = others.collect();
    let usual = *usual.last()?;
    (special.len() <= SPECIAL).then_some((special, usual))
}

/// Returns bounds in order, each once; nothing where they are too many.
fn distinct<T: Ord>(mut bounds: Vec<T>) -> Option<Vec<T>> {
    bounds.sort_unstable();
    bounds.dedup();
    (bounds.len() <= BOUNDS).then_some(bounds)
}

fn filled<T: Copy>(bounds: &[T], filling: T) -> [T; BOUNDS] {
    std::array::from_fn(|at| bounds.get(at).copied().unwrap_or(filling))
}
