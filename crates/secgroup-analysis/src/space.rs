//! The universe of flows: which numbers there are in each dimension.
//!
//! A flow here is the first packet of a session, whole (no later fragment),
//! not forwarded by a load balancer, and in the classic network on the NIC
//! that its peer suggests. TCP and UDP have ports, ICMP and ICMPv6 (each over
//! its own family) a type and a code, other protocols nothing. Addresses of
//! IPv4 are numbers of 32 bits.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use secgroup_model::{Family, Prefix, Protocol};

use crate::Intervals;
use crate::diagram::Dimension;

/// What lies behind the IP header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Payload {
    /// Nothing that a group could see.
    None,
    /// Two ports.
    Ports,
    /// The type and code of a message.
    Icmp,
}

/// Returns what flows of a protocol carry.
pub(crate) fn payload(family: Family, protocol: Protocol) -> Payload {
    match (family, protocol) {
        (_, Protocol::TCP | Protocol::UDP) => Payload::Ports,
        (Family::V4, Protocol::ICMP) | (Family::V6, Protocol::ICMPV6) => Payload::Icmp,
        _ => Payload::None,
    }
}

/// Returns the protocols that carry something, ascending.
pub(crate) fn protocols_with_payload(family: Family) -> impl Iterator<Item = Protocol> {
    [1, 6, 17, 58]
        .map(Protocol)
        .into_iter()
        .filter(move |one| payload(family, *one) != Payload::None)
}

/// Returns the greatest number of a dimension.
pub(crate) fn greatest(dimension: Dimension, family: Family, payload: Payload) -> u128 {
    match dimension {
        Dimension::Family => 1,
        Dimension::Source | Dimension::Destination => greatest_address(family),
        Dimension::Protocol => 255,
        Dimension::DestinationPort | Dimension::SourcePort => match payload {
            Payload::None => 0,
            Payload::Icmp => 255,
            Payload::Ports => 65535,
        },
    }
}

/// Returns the last address of a family.
pub(crate) fn greatest_address(family: Family) -> u128 {
    match family {
        Family::V4 => u128::from(u32::MAX),
        Family::V6 => u128::MAX,
    }
}

/// Returns an address as a number.
#[must_use]
pub fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(address.to_bits()),
        IpAddr::V6(address) => address.to_bits(),
    }
}

/// Returns the address that a number stands for.
#[must_use]
pub fn address(family: Family, number: u128) -> IpAddr {
    match family {
        // Numbers of IPv4 have 32 bits; others do not come about.
        Family::V4 => Ipv4Addr::from_bits(u32::try_from(number).unwrap_or(u32::MAX)).into(),
        Family::V6 => Ipv6Addr::from_bits(number).into(),
    }
}

/// Returns the first and last number of a block.
pub(crate) fn bounds(prefix: Prefix) -> (u128, u128) {
    let (first, last) = prefix.bounds();
    (number(first), number(last))
}

/// Returns the addresses of the Internet (9.5).
#[must_use]
pub fn internet(family: Family) -> Intervals {
    let blocks = |texts: &[&str]| -> Intervals {
        let parsed = texts.iter().map(|text| {
            let parsed = Prefix::parse(text).expect("the table holds blocks");
            bounds(parsed.prefix)
        });
        parsed.collect()
    };
    match family {
        Family::V4 => blocks(&[
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.168.0.0/16",
            "224.0.0.0/4",
            "255.255.255.255",
        ])
        .complement(greatest_address(family)),
        Family::V6 => blocks(&["2000::/3"]),
    }
}

#[cfg(test)]
mod tests {
    use secgroup_model::is_internet;

    use super::*;

    #[test]
    fn the_internet_is_what_the_model_says_at_every_bound() {
        for family in [Family::V4, Family::V6] {
            let set = internet(family);
            let greatest = greatest_address(family);
            let mut asked = 0;
            for (first, last) in set.as_slice() {
                for number in [
                    first.saturating_sub(1),
                    *first,
                    *last,
                    last.saturating_add(1).min(greatest),
                ] {
                    let is = is_internet(address(family, number));
                    assert_eq!(set.contains(number), is, "{}", address(family, number));
                    asked += 1;
                }
            }
            assert!(asked >= 4, "{family}");
        }
    }
}
