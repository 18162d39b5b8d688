//! Address families, and which addresses lie on the Internet.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

/// An address family; the two never meet in a rule (3.5.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Family {
    /// IP version 4.
    V4,
    /// IP version 6. An IPv4-mapped literal is IPv6 (3.5.4).
    V6,
}

impl Family {
    /// Returns the family of `address`.
    #[must_use]
    pub const fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(_) => Self::V4,
            IpAddr::V6(_) => Self::V6,
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V4 => "IPv4",
            Self::V6 => "IPv6",
        })
    }
}

/// Tells whether `address` is one that the Internet routes.
///
/// Private (RFC 1918), shared (100.64.0.0/10), loopback, link-local,
/// multicast, broadcast and unspecified addresses are not. Documentation
/// prefixes count as the Internet: they stand for it in every example. For
/// IPv6 exactly 2000::/3 is global unicast.
#[must_use]
pub fn is_internet(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            let [first, second, ..] = address.octets();
            let shared = first == 100 && (64..=127).contains(&second);
            !(address.is_private()
                || shared
                || address.is_loopback()
                || address.is_link_local()
                || address.is_multicast()
                || address == Ipv4Addr::BROADCAST
                || first == 0)
        }
        IpAddr::V6(address) => address.segments()[0] & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_shared_and_special_addresses_are_not_the_internet() {
        for inside in [
            "10.0.0.0",
            "10.255.255.255",
            "172.16.0.0",
            "172.31.255.255",
            "192.168.0.1",
            "100.64.0.0",
            "100.127.255.255",
            "127.0.0.1",
            "169.254.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "0.0.0.0",
            "::1",
            "fe80::1",
            "fc00::1",
            "ff02::1",
            "::ffff:8.8.8.8",
        ] {
            assert!(!is_internet(inside.parse().unwrap()), "{inside}");
        }
        for outside in [
            "9.255.255.255",
            "11.0.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.169.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "198.51.100.7",
            "203.0.113.9",
            "8.8.8.8",
            "2001:db8:f::9",
            "2408:4321::1",
            "3fff:ffff::",
        ] {
            assert!(is_internet(outside.parse().unwrap()), "{outside}");
        }
    }
}
