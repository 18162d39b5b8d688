//! Where the addresses of workloads lie.
//!
//! Peers come from 64 *sites*, each a /16 of IPv4 or a /32 of IPv6, so that
//! prefixes of different rules nest and repeat as in grown rule sets. The
//! management network, the members of peer groups and the first rule's network
//! lie apart, so that some traffic provably meets none of them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;
use secgroup_model::{Family, Prefix};

use crate::rng::Rng;

/// Both families, IPv4 first.
pub(crate) const FAMILIES: [Family; 2] = [Family::V4, Family::V6];

/// How many sites there are.
const SITES: usize = 64;

/// Draws a family: IPv6 `v6_percent` times in a hundred.
pub(crate) fn family(rng: &mut Rng, v6_percent: usize) -> Family {
    if rng.chance(v6_percent) {
        Family::V6
    } else {
        Family::V4
    }
}

/// Returns an address at one of the sites.
pub(crate) fn site_address(rng: &mut Rng, family: Family) -> IpAddr {
    let site = octet(rng.below(SITES));
    match family {
        Family::V4 => {
            let [a, b, ..] = rng.next().to_be_bytes();
            Ipv4Addr::new(20 + 3 * site, site.wrapping_mul(7), a, b).into()
        }
        Family::V6 => {
            let [a, b, c, d, e, f, ..] = rng.next().to_be_bytes();
            // Few subnets and few hosts, as in real plans.
            let (a, c) = (a % 16, c % 16);
            Ipv6Addr::from([0x26, site, 0, site, a, b, c, d, 0, 0, 0, 0, 0, 0, e % 16, f]).into()
        }
    }
}

/// Returns a prefix of any length around an address at one of the sites.
pub(crate) fn site_prefix(rng: &mut Rng, family: Family) -> Prefix {
    let length = match rng.below(100) {
        0..2 => rng.below(8),
        2..20 => 8 + rng.below(8),
        20..60 => 16 + rng.below(9),
        60..85 => 25 + rng.below(7),
        _ => 32,
    };
    let length = match family {
        Family::V4 => length,
        // All lengths: 4 * length, or up to three less.
        Family::V6 => (4 * length).saturating_sub(rng.below(4)),
    };
    truncated(site_address(rng, family), octet(length))
}

/// Returns the network of the people who run it all; no site lies in it.
pub(crate) fn management(family: Family) -> Prefix {
    match family {
        Family::V4 => truncated(Ipv4Addr::new(172, 16, 0, 0).into(), 12),
        Family::V6 => truncated(Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 0).into(), 16),
    }
}

/// Returns a subnet or host of the management network.
pub(crate) fn management_prefix(rng: &mut Rng, family: Family) -> Prefix {
    let length = match family {
        Family::V4 => 12 + rng.below(21),
        Family::V6 => 16 + rng.below(113),
    };
    truncated(inside(management(family), rng), octet(length))
}

/// Returns the network that the first rule of a world drops.
pub(crate) fn first_rule_network(family: Family) -> Prefix {
    match family {
        Family::V4 => truncated(Ipv4Addr::new(198, 18, 0, 0).into(), 15),
        Family::V6 => truncated(Ipv6Addr::new(0x2001, 2, 0, 0, 0, 0, 0, 0).into(), 48),
    }
}

/// Returns the address of a receiving interface: 10.0.0.1 and 2001:db8::1, and
/// up from there.
pub(crate) fn receiver(number: u16, family: Family) -> IpAddr {
    let own = number.checked_add(1).expect("a plan has fewer than 65,536");
    match family {
        Family::V4 => {
            let [high, low] = own.to_be_bytes();
            Ipv4Addr::new(10, 0, high, low).into()
        }
        Family::V6 => Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, own).into(),
    }
}

/// Returns the address of a member of a peer group: `10.1.GROUP.NUMBER+1` or
/// `2001:db8:1:GROUP::NUMBER+1`.
pub(crate) fn member(group: usize, number: usize, family: Family) -> IpAddr {
    let (group, own) = (octet(group), octet(number + 1));
    match family {
        Family::V4 => Ipv4Addr::new(10, 1, group, own).into(),
        Family::V6 => Ipv6Addr::new(0x2001, 0xdb8, 1, group.into(), 0, 0, 0, own.into()).into(),
    }
}

/// Returns the network of `count` receiving interfaces.
pub(crate) fn receivers(count: u16, family: Family) -> Prefix {
    let length = match family {
        Family::V4 if count < 255 => 24,
        Family::V4 => 16,
        Family::V6 => 64,
    };
    truncated(receiver(0, family), length)
}

/// Returns some address of a prefix.
pub(crate) fn inside(prefix: Prefix, rng: &mut Rng) -> IpAddr {
    match prefix.bounds() {
        (IpAddr::V4(first), IpAddr::V4(last)) => {
            let free = u64::from(last.to_bits() ^ first.to_bits());
            let host = u32::try_from(rng.next() & free).expect("`free` has 32 bits");
            Ipv4Addr::from_bits(first.to_bits() | host).into()
        }
        (first, last) => {
            let bits = |address| match address {
                IpAddr::V4(address) => u128::from(address.to_bits()),
                IpAddr::V6(address) => address.to_bits(),
            };
            let drawn = u128::from(rng.next()) << 64 | u128::from(rng.next());
            let host = drawn & (bits(first) ^ bits(last));
            Ipv6Addr::from_bits(bits(first) | host).into()
        }
    }
}

fn truncated(address: IpAddr, length: u8) -> Prefix {
    Prefix::new(IpNet::new(address, length).expect("lengths of this file fit their family"))
}

fn octet(number: usize) -> u8 {
    u8::try_from(number).expect("numbers of sites, hosts and lengths are below 256")
}
