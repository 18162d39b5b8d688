//! Boxes: products of sets of addresses, protocols and ports.
//!
//! Answers are lists of disjoint boxes. A box is written as a person would
//! write a rule, `tcp from 10.0.0.0/8 to 10.0.1.1 port 22, 80-90`.

use std::collections::BTreeMap;
use std::fmt;

use secgroup_model::{Family, Flow, Protocol, Transport};

use crate::Intervals;
use crate::diagram::{Diagrams, Dimension, Node, Product, TooComplex};
use crate::space::{self, Payload};

/// Up to how many boxes are compared with each other to be joined.
const MOST_JOINED: usize = 400;

/// Up to how many intervals a list in words has; the rest is counted.
const MOST_SHOWN: usize = 8;

/// The flows with every field in the set of that field. No set is empty.
///
/// Public fields: any sets make a box.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FlowBox {
    /// The family of all its addresses.
    pub family: Family,
    /// Who sends.
    pub sources: Intervals,
    /// Who receives.
    pub destinations: Intervals,
    /// The protocol numbers.
    pub protocols: Intervals,
    /// The destination ports of TCP and UDP, or the codes of ICMP; none for
    /// all, and where a protocol has none.
    pub destination_ports: Option<Intervals>,
    /// The source ports of TCP and UDP, or the types of ICMP; as above.
    pub source_ports: Option<Intervals>,
}

impl FlowBox {
    /// Returns all flows of a family.
    #[must_use]
    pub fn all(family: Family) -> Self {
        let addresses = Intervals::between(0, space::greatest_address(family));
        Self {
            family,
            sources: addresses.clone(),
            destinations: addresses,
            protocols: Intervals::between(0, 255),
            destination_ports: None,
            source_ports: None,
        }
    }

    /// Tells whether a known flow, in whatever network, is in the box.
    #[must_use]
    pub fn contains(&self, flow: &Flow) -> bool {
        let ends = flow.endpoints;
        let payload = space::payload(ends.family(), flow.protocol);
        let numbers = match (flow.transport, payload) {
            (
                Transport::Ports {
                    source,
                    destination,
                },
                Payload::Ports,
            ) => [u128::from(source), u128::from(destination)],
            (Transport::Icmp(message), Payload::Icmp) => {
                [u128::from(message.kind), u128::from(message.code)]
            }
            (_, Payload::None) => [0; 2],
            // What is not said behind the header is not among the flows here.
            _ => return false,
        };
        let holds = |set: &Option<Intervals>, number| {
            payload == Payload::None || set.as_ref().is_none_or(|set| set.contains(number))
        };
        ends.family() == self.family
            && self.sources.contains(space::number(ends.source()))
            && self
                .destinations
                .contains(space::number(ends.destination()))
            && self.protocols.contains(u128::from(flow.protocol.0))
            && holds(&self.source_ports, numbers[0])
            && holds(&self.destination_ports, numbers[1])
    }

    /// Tells whether every flow of another box is in this one.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        let carrying: Vec<u128> = space::protocols_with_payload(self.family)
            .map(|one| u128::from(one.0))
            .filter(|number| other.protocols.contains(*number))
            .collect();
        let holds = |own: &Option<Intervals>, of_other: &Option<Intervals>| {
            let Some(own) = own.as_ref().filter(|_| !carrying.is_empty()) else {
                return true;
            };
            let greatest = if carrying.iter().any(|number| *number == 6 || *number == 17) {
                65535
            } else {
                255
            };
            match of_other {
                Some(set) => own.covers(set),
                None => own.covers(&Intervals::between(0, greatest)),
            }
        };
        self.family == other.family
            && self.sources.covers(&other.sources)
            && self.destinations.covers(&other.destinations)
            && self.protocols.covers(&other.protocols)
            && holds(&self.destination_ports, &other.destination_ports)
            && holds(&self.source_ports, &other.source_ports)
    }

    /// Tells whether some flow is in both boxes, as far as one look can tell:
    /// fields that not every protocol has are compared for all of them.
    pub(crate) fn meets(&self, other: &Self) -> bool {
        let ports = |own: &Option<Intervals>, other: &Option<Intervals>| match (own, other) {
            (Some(own), Some(other)) => own.meets(other),
            _ => true,
        };
        self.family == other.family
            && self.sources.meets(&other.sources)
            && self.destinations.meets(&other.destinations)
            && self.protocols.meets(&other.protocols)
            && ports(&self.destination_ports, &other.destination_ports)
            && ports(&self.source_ports, &other.source_ports)
    }

    /// Returns the flows in both boxes, none where there is none. One of them
    /// must be about ports of TCP and UDP only, or about no ports.
    pub(crate) fn intersection(&self, other: &Self) -> Option<Self> {
        let ports = |own: &Option<Intervals>, other: &Option<Intervals>| match (own, other) {
            (Some(own), Some(other)) => Some(own.intersection(other)),
            (one, None) | (None, one) => one.clone(),
        };
        let both = Self {
            family: self.family,
            sources: self.sources.intersection(&other.sources),
            destinations: self.destinations.intersection(&other.destinations),
            protocols: self.protocols.intersection(&other.protocols),
            destination_ports: ports(&self.destination_ports, &other.destination_ports),
            source_ports: ports(&self.source_ports, &other.source_ports),
        };
        let empty = |set: &Option<Intervals>| set.as_ref().is_some_and(Intervals::is_empty);
        let none = self.family != other.family
            || both.sources.is_empty()
            || both.destinations.is_empty()
            || both.protocols.is_empty()
            || empty(&both.destination_ports)
            || empty(&both.source_ports);
        (!none).then_some(both)
    }

    /// Tells whether its second and third fields are those of ICMP.
    #[must_use]
    pub fn is_icmp(&self) -> bool {
        let only = self
            .protocols
            .first()
            .filter(|_| self.protocols.size() == 1);
        let number = only.and_then(|one| u8::try_from(one).ok());
        number.is_some_and(|one| space::payload(self.family, Protocol(one)) == Payload::Icmp)
    }

    /// Returns the box of a product; families must be known by now.
    fn of(product: &Product, family: Family) -> Self {
        let own = |dimension| product.of(dimension).cloned();
        let all = Self::all(family);
        Self {
            family,
            sources: own(Dimension::Source).unwrap_or(all.sources),
            destinations: own(Dimension::Destination).unwrap_or(all.destinations),
            protocols: own(Dimension::Protocol).unwrap_or(all.protocols),
            destination_ports: own(Dimension::DestinationPort),
            source_ports: own(Dimension::SourcePort),
        }
    }
}

/// Returns disjoint boxes that together are where a function has a value:
/// IPv4 first, then in the order of their addresses.
pub(crate) fn boxes(
    diagrams: &Diagrams,
    node: Node,
    value: u32,
) -> Result<Vec<FlowBox>, TooComplex> {
    let mut all = boxes_by_value(diagrams, node, &|one| one == value)?;
    Ok(all.remove(&value).unwrap_or_default())
}

/// Returns the [`boxes`] of each wanted value that a function has.
pub(crate) fn boxes_by_value(
    diagrams: &Diagrams,
    node: Node,
    wanted: &dyn Fn(u32) -> bool,
) -> Result<BTreeMap<u32, Vec<FlowBox>>, TooComplex> {
    let mut all: BTreeMap<u32, Vec<FlowBox>> = BTreeMap::new();
    for family in [Family::V4, Family::V6] {
        let products = diagrams.products(diagrams.branch(node, family), wanted)?;
        for (value, products) in products {
            let joined = join(products);
            let boxes = joined.iter().map(|one| FlowBox::of(one, family));
            all.entry(value).or_default().extend(boxes);
        }
    }
    Ok(all)
}

/// Joins products that differ in one dimension, until there are none.
fn join(mut products: Vec<Product>) -> Vec<Product> {
    if products.len() > MOST_JOINED {
        return products;
    }
    let mut at = 0;
    while at < products.len() {
        let partner = ((at + 1)..products.len())
            .find_map(|other| Some((other, products[at].joined(&products[other])?)));
        match partner {
            Some((other, joined)) => {
                products[at] = joined;
                products.remove(other);
                // What could not be joined before may fit now.
                at = 0;
            }
            None => at += 1,
        }
    }
    products
}

/// Writes a set of addresses as blocks and ranges.
#[must_use]
pub fn address_texts(family: Family, set: &Intervals) -> Vec<String> {
    let greatest = space::greatest_address(family);
    let text = |(first, last): &(u128, u128)| {
        let bits = match family {
            Family::V4 => 32,
            Family::V6 => 128,
        };
        let one = space::address(family, *first);
        if first == last {
            return one.to_string();
        }
        // A block has a power of two of addresses, and starts at a multiple.
        let free = (first ^ last).checked_ilog2().map_or(0, |bit| bit + 1);
        let host = if free == 128 {
            u128::MAX
        } else {
            (1_u128 << free) - 1
        };
        if first & host == 0 && last & host == host && *last <= greatest {
            format!("{one}/{}", bits - free)
        } else {
            format!("{one}-{}", space::address(family, *last))
        }
    };
    set.as_slice().iter().map(text).collect()
}

/// Writes a set of ports, types or codes.
#[must_use]
pub fn number_texts(set: &Intervals) -> Vec<String> {
    let text = |(first, last): &(u128, u128)| {
        if first == last {
            first.to_string()
        } else {
            format!("{first}-{last}")
        }
    };
    set.as_slice().iter().map(text).collect()
}

/// Writes a set of protocols by their names: `tcp`, `all`, `all but tcp`.
#[must_use]
pub fn protocol_texts(set: &Intervals) -> Vec<String> {
    let names = |set: &Intervals| -> Vec<String> {
        let mut names = Vec::new();
        for (first, last) in set.as_slice() {
            if last - first > 8 {
                names.push(format!("{first}-{last}"));
                continue;
            }
            for number in *first..=*last {
                let protocol = Protocol(u8::try_from(number).unwrap_or(u8::MAX));
                names.push(
                    protocol
                        .name()
                        .map_or_else(|| number.to_string(), str::to_owned),
                );
            }
        }
        names
    };
    let rest = set.complement(255);
    if rest.is_empty() {
        vec!["all".to_owned()]
    } else if rest.size() < set.size() {
        vec![format!("all but {}", names(&rest).join(", "))]
    } else {
        names(set)
    }
}

/// Joins the first of some words, and counts the rest.
#[must_use]
pub fn shortened(words: &[String]) -> String {
    let shown = words.iter().take(MOST_SHOWN);
    let text = shown.cloned().collect::<Vec<_>>().join(", ");
    match words.len().saturating_sub(MOST_SHOWN) {
        0 => text,
        more => format!("{text} and {more} more"),
    }
}

impl fmt::Display for FlowBox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let addresses = |set: &Intervals| shortened(&address_texts(self.family, set));
        write!(
            f,
            "{} from {} to {}",
            shortened(&protocol_texts(&self.protocols)),
            addresses(&self.sources),
            addresses(&self.destinations)
        )?;
        let icmp = self.is_icmp();
        let names = if icmp {
            [
                ("type", &self.source_ports),
                ("code", &self.destination_ports),
            ]
        } else {
            [
                ("port", &self.destination_ports),
                ("source port", &self.source_ports),
            ]
        };
        for (name, set) in names {
            if let Some(set) = set {
                write!(f, " {name} {}", shortened(&number_texts(set)))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_written_as_blocks_where_they_are_blocks() {
        let v4 = |first, last| address_texts(Family::V4, &Intervals::between(first, last));
        assert_eq!(v4(0, u128::from(u32::MAX)), ["0.0.0.0/0"]);
        assert_eq!(v4(0x0a00_0000, 0x0aff_ffff), ["10.0.0.0/8"]);
        assert_eq!(v4(0x0a00_0001, 0x0a00_0001), ["10.0.0.1"]);
        assert_eq!(v4(0x0a00_0001, 0x0a00_0002), ["10.0.0.1-10.0.0.2"]);
        assert_eq!(v4(0x0a00_0000, 0x0a00_0002), ["10.0.0.0-10.0.0.2"]);
        let v6 = |first, last| address_texts(Family::V6, &Intervals::between(first, last));
        assert_eq!(v6(0, u128::MAX), ["::/0"]);
        assert_eq!(v6(1 << 127, u128::MAX), ["8000::/1"]);
        assert_eq!(
            v6(0, u128::MAX - 1),
            ["::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe"]
        );
    }

    #[test]
    fn protocols_are_written_by_name() {
        let set = |numbers: &[u128]| -> Intervals { numbers.iter().map(|n| (*n, *n)).collect() };
        assert_eq!(protocol_texts(&set(&[6, 17, 99])), ["tcp", "udp", "99"]);
        assert_eq!(protocol_texts(&Intervals::between(0, 255)), ["all"]);
        assert_eq!(protocol_texts(&set(&[6]).complement(255)), ["all but tcp"]);
    }

    #[test]
    fn long_lists_are_counted() {
        let words: Vec<String> = (0..10).map(|number| number.to_string()).collect();
        assert_eq!(shortened(&words), "0, 1, 2, 3, 4, 5, 6, 7 and 2 more");
        assert_eq!(shortened(&words[..8]), "0, 1, 2, 3, 4, 5, 6, 7");
    }
}
