//! Which combination of protocol, destination and source port a header has, as
//! far as the filters of a policy tell them apart.

use std::collections::BTreeMap;

use super::Header;
use super::ruleset::{RuleSet, Service};
use super::simd::Vectors;
use crate::address::Address;

/// At most so many protocols are told apart from all others.
pub(super) const SPECIAL: usize = 8;

/// Destinations and source ports have at most so many bounds.
pub const BOUNDS: usize = 3;

/// At most so many variants are told apart.
pub(super) const MOST_VARIANTS: usize = 128;

/// From a header to its variant.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(super) struct Variants<A> {
    /// Behind which destinations others begin; what is left is the last one.
    destinations: [A; BOUNDS],
    /// The special protocols; what is left is filled up with the first.
    protocols: [u8; SPECIAL],
    /// Behind which source ports others begin; what is left is the last one.
    source_ports: [u16; BOUNDS],
    /// Where the special protocols stand in a row, and last all others.
    places: [Place; SPECIAL + 1],
}

/// Where a protocol stands in a row, and what destinations and source ports add.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    first: u8,
    /// What a step to the next destinations adds, twice, and that to the next
    /// source ports: at most one.
    steps: u8,
}

impl Place {
    const fn new(first: u8, by_destination: u8, by_port: bool) -> Self {
        let steps = 2 * by_destination + by_port as u8;
        Self { first, steps }
    }

    #[inline(always)]
    const fn by_destination(self) -> u8 {
        self.steps / 2
    }

    #[inline(always)]
    const fn by_port(self) -> u8 {
        self.steps % 2
    }
}

impl<A: Address> Variants<A> {
    /// Finds the variants of filters, and which of them each filter matches, as
    /// bits; nothing where they are too many.
    pub(super) fn of(all: &RuleSet<A>) -> Option<(Self, Vec<u128>)> {
        let (special, usual) = protocols(&all.services)?;
        let mut destinations: Vec<A> = Vec::new();
        for (first, last) in all.destination.sets.iter().flat_map(|set| set.iter()) {
            destinations.extend(first.previous());
            destinations.extend((*last != A::MAX).then_some(*last));
        }
        let mut source_ports: Vec<u16> = Vec::new();
        for service in &all.services {
            let (first, last) = service.source_ports;
            source_ports.extend(first.checked_sub(1));
            source_ports.extend((last != u16::MAX).then_some(last));
        }
        let destinations = distinct(destinations)?;
        let source_ports = distinct(source_ports)?;
        let mut protocols = [special.first().copied().unwrap_or(0); SPECIAL];
        protocols[..special.len()].copy_from_slice(&special);
        let mut variants = Self {
            destinations: filled(&destinations, A::MAX),
            protocols,
            source_ports: filled(&source_ports, u16::MAX),
            places: [Place::default(); SPECIAL + 1],
        };
        variants.number();
        if variants.count() > MOST_VARIANTS {
            return None;
        }
        let services = all.services.iter();
        let services = services.map(|service| variants.of_service(service, usual));
        let services: Vec<u128> = services.collect();
        let sets = all.destination.sets.iter();
        let sets: Vec<u128> = sets.map(|set| variants.of_destinations(set)).collect();
        let matching = all
            .rules
            .iter()
            .map(|rule| services[rule.service as usize] & sets[rule.destination as usize]);
        let matching = matching.collect();
        Some((variants, matching))
    }

    /// Gives every variant a place of its own.
    fn number(&mut self) {
        let number = |count: usize| u8::try_from(count).expect("at most four times nine");
        let (destinations, ports) = (number(self.destinations()), number(self.ports()));
        for (at, place) in (0..).zip(&mut self.places) {
            *place = Place::new(at * destinations * ports, ports, true);
        }
    }

    /// Returns how many variants there are before they are folded.
    pub(super) fn count(&self) -> usize {
        self.destinations() * self.ports() * (SPECIAL + 1)
    }

    /// Returns how many intervals of destinations there are.
    fn destinations(&self) -> usize {
        1 + self
            .destinations
            .iter()
            .filter(|last| **last != A::MAX)
            .count()
    }

    /// Returns how many intervals of source ports there are.
    fn ports(&self) -> usize {
        1 + self
            .source_ports
            .iter()
            .filter(|last| **last != u16::MAX)
            .count()
    }

    /// Returns the variants that a service matches, whatever the destination.
    fn of_service(&self, service: &Service, usual: u8) -> u128 {
        let (wanted, mask) = service.protocol;
        let (first, last) = service.source_ports;
        self.such(|protocol, _, port| {
            let own = self.protocols.get(protocol).copied().unwrap_or(usual);
            // The last of an interval stands for it.
            let port = *self.source_ports.get(port).unwrap_or(&u16::MAX);
            own & mask == wanted && first <= port && port <= last
        })
    }

    /// Returns the variants of some destinations.
    fn of_destinations(&self, set: &[(A, A)]) -> u128 {
        self.such(|_, destination, _| {
            let own = *self.destinations.get(destination).unwrap_or(&A::MAX);
            set.iter()
                .any(|(first, last)| *first <= own && own <= *last)
        })
    }

    /// Returns the variants that something is true of, as bits: given the
    /// protocol, the interval of destinations and that of source ports.
    fn such(&self, is: impl Fn(usize, usize, usize) -> bool) -> u128 {
        let mut bits = 0;
        for (protocol, place) in self.places.iter().enumerate() {
            for destination in 0..self.destinations() {
                for port in 0..self.ports() {
                    let at = usize::from(place.first)
                        + destination * usize::from(place.by_destination())
                        + port * usize::from(place.by_port());
                    bits |= u128::from(is(protocol, destination, port)) << at;
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
        let (destinations, ports) = (self.destinations(), self.ports());
        let mut folded = *self;
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
            let below = usize::from(by_destination) * if by_port { ports } else { 1 };
            let new = Place::new(number(kept.len()), number(below), by_port);
            let same = known.iter().find(|(other, place)| {
                place.steps == new.steps
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

    /// Returns where a header's variant stands in a row.
    #[inline(always)]
    pub(super) fn find(&self, header: &Header<A>, vectors: impl Vectors) -> u32 {
        let protocol = vectors.position(header.protocol, &self.protocols);
        let place = self.places[protocol as usize % self.places.len()];
        let ports = vectors.rank_of_short(header.source_port, &self.source_ports);
        let destinations = header.destination.rank_in(&self.destinations, vectors);
        // At most 255 + 127 * 3 + 3.
        u32::from(place.first)
            .wrapping_add(u32::from(place.by_destination()).wrapping_mul(destinations))
            .wrapping_add(u32::from(place.by_port()).wrapping_mul(ports))
    }
}

/// Returns the protocols that filters tell apart from the others, and one of
/// the others.
fn protocols(services: &[Service]) -> Option<(Vec<u8>, u8)> {
    let mut masks: Vec<(u8, u8)> = services.iter().map(|service| service.protocol).collect();
    masks.sort_unstable();
    masks.dedup();
    if masks.len() > MOST_VARIANTS {
        return None;
    }
    let matching = |number: u8| -> u128 {
        let masks = masks.iter().enumerate();
        masks.fold(0, |bits, (at, (wanted, mask))| {
            bits | u128::from(number & mask == *wanted) << at
        })
    };
    // The protocols of each kind; the usual kind is that of most.
    let mut kinds: BTreeMap<u128, Vec<u8>> = BTreeMap::new();
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
