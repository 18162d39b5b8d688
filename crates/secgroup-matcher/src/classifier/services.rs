//! The classes of protocol and ports: which services of filters match.

use std::collections::HashMap;

use super::address_map::Size;
use super::intervals::Classes;
use super::near::Near;
use super::ruleset::Service;
use super::source_ports::SourcePorts;

/// More classes than this are not tabulated.
const MOST_CLASSES: usize = 1 << 16;

/// Maps headers to the classes of their services.
#[derive(Debug)]
pub(super) struct Services {
    /// The class of protocol and destination port, where some filter asks for
    /// them.
    pub(super) near: Option<Near>,
    /// The class of the source port, where some filter asks for it.
    pub(super) source: Option<SourcePorts>,
}

/// The services that match in each class, as bits.
pub(super) type Matching = Vec<Vec<u64>>;

impl Services {
    /// Tabulates services; nothing where there are too many classes. Returns
    /// what matches in the classes of protocol and destination port, and of the
    /// source port.
    pub(super) fn of(services: &[Service], size: Size) -> Option<(Self, [Matching; 2])> {
        let (destination, destination_bits) = dimension(services, |one| one.destination_ports);
        let (source, source_bits) = dimension(services, |one| one.source_ports);
        let (protocol, protocols) = protocols(services);
        let mut near_sets = Sets::default();
        let mut near = Vec::with_capacity(destination_bits.len() * protocols.len());
        for bits in &protocols {
            for ports in &destination_bits {
                near.push(near_sets.number(&and(ports, bits))?);
            }
        }
        let ports = destination_bits.len();
        let number = |protocol, class: u32| near[protocol * ports + class as usize];
        let map = || Near::of(&protocol, protocols.len(), &destination, number, size);
        let services = Self {
            near: (near_sets.list.len() > 1).then(map),
            source: (source_bits.len() > 1).then(|| SourcePorts::of(&source, size)),
        };
        Some((services, [near_sets.list, source_bits]))
    }

    /// Returns how many bytes lookups can touch.
    pub(super) fn bytes(&self) -> usize {
        let near = self.near.as_ref().map_or(0, Near::bytes);
        near + self.source.as_ref().map_or(0, SourcePorts::bytes)
    }
}

/// Cuts the ports of one side by the distinct ranges of services; returns the
/// services that match in each class, too.
fn dimension(
    services: &[Service],
    of: impl Fn(&Service) -> (u16, u16),
) -> (Classes<u16>, Vec<Vec<u64>>) {
    let mut ranges: Vec<(u16, u16)> = services.iter().map(&of).collect();
    ranges.sort_unstable();
    ranges.dedup();
    let sets = (0..).zip(ranges.iter().map(std::slice::from_ref));
    let classes = Classes::of(sets).expect("few ranges hold a port");
    let words = services.len().div_ceil(64);
    let matching = classes.members.iter().map(|members| {
        let held: Vec<(u16, u16)> = members.iter().map(|set| ranges[*set as usize]).collect();
        bits(services, words, |service| held.contains(&of(service)))
    });
    let matching = matching.collect();
    (classes, matching)
}

/// Returns the class of each protocol, and the services that match in each.
fn protocols(services: &[Service]) -> (Vec<u32>, Vec<Vec<u64>>) {
    let words = services.len().div_ceil(64);
    let mut sets = Sets::default();
    let classes = (0..=255).map(|number: u8| {
        let bits = bits(services, words, |service| {
            number & service.protocol.1 == service.protocol.0
        });
        u32::from(sets.number(&bits).expect("there are 256 protocols"))
    });
    let classes = classes.collect();
    (classes, sets.list)
}

/// Returns the services that something is true of, as bits.
fn bits(services: &[Service], words: usize, is: impl Fn(&Service) -> bool) -> Vec<u64> {
    let mut bits = vec![0; words];
    for (at, _) in services
        .iter()
        .enumerate()
        .filter(|(_, service)| is(service))
    {
        bits[at / 64] |= 1 << (at % 64);
    }
    bits
}

fn and(one: &[u64], other: &[u64]) -> Vec<u64> {
    one.iter()
        .zip(other)
        .map(|(one, other)| one & other)
        .collect()
}

/// Distinct sets of bits, by number.
#[derive(Default)]
struct Sets {
    list: Vec<Vec<u64>>,
    known: HashMap<Vec<u64>, u16>,
}

impl Sets {
    /// Returns the number of a set; nothing where there are too many.
    fn number(&mut self, bits: &[u64]) -> Option<u16> {
        if let Some(number) = self.known.get(bits) {
            return Some(*number);
        }
        if self.list.len() == MOST_CLASSES {
            return None;
        }
        let number = u16::try_from(self.list.len()).ok()?;
        self.list.push(bits.to_vec());
        self.known.insert(bits.to_vec(), number);
        Some(number)
    }
}
