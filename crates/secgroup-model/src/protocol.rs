//! IP protocol numbers.

use std::fmt;
use std::str::FromStr;

use crate::Shown;

/// An IP protocol number, such as 6 for TCP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Protocol(pub u8);

/// Text that names no IP protocol.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "protocol `{}` is unknown; expected tcp, udp, icmp, icmpv6, gre, esp, ah, sctp or a number 0 to 255",
    Shown(.0)
)]
pub struct UnknownProtocol(pub String);

/// The names that are read and written, the preferred one of a number first.
const NAMES: [(&str, Protocol); 11] = [
    ("tcp", Protocol::TCP),
    ("udp", Protocol::UDP),
    ("icmp", Protocol::ICMP),
    ("icmpv6", Protocol::ICMPV6),
    ("ipv6-icmp", Protocol::ICMPV6),
    ("icmp6", Protocol::ICMPV6),
    ("gre", Protocol::GRE),
    ("esp", Protocol(50)),
    ("ah", Protocol(51)),
    ("sctp", Protocol(132)),
    ("igmp", Protocol(2)),
];

impl Protocol {
    /// The Internet Control Message Protocol of IPv4.
    pub const ICMP: Self = Self(1);
    /// The Transmission Control Protocol.
    pub const TCP: Self = Self(6);
    /// The User Datagram Protocol.
    pub const UDP: Self = Self(17);
    /// Generic routing encapsulation.
    pub const GRE: Self = Self(47);
    /// The Internet Control Message Protocol of IPv6.
    pub const ICMPV6: Self = Self(58);

    /// Returns the name, where the protocol has one here.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        NAMES
            .iter()
            .find(|(_, protocol)| *protocol == self)
            .map(|(name, _)| *name)
    }

    /// Tells whether a security group sees ports in this protocol: TCP and UDP.
    #[must_use]
    pub const fn has_ports(self) -> bool {
        matches!(self, Self::TCP | Self::UDP)
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "protocol {}", self.0),
        }
    }
}

impl FromStr for Protocol {
    type Err = UnknownProtocol;

    /// Reads a name in any case, or a number 0 to 255.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some((_, protocol)) = NAMES
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(text))
        {
            return Ok(*protocol);
        }
        let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        match text.parse() {
            Ok(number) if plain => Ok(Self(number)),
            _ => Err(UnknownProtocol(text.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_any_case_and_numbers_are_read() {
        assert_eq!("TCP".parse(), Ok(Protocol::TCP));
        assert_eq!("icmpV6".parse(), Ok(Protocol::ICMPV6));
        assert_eq!("IPv6-ICMP".parse(), Ok(Protocol::ICMPV6));
        assert_eq!("0".parse(), Ok(Protocol(0)));
        assert_eq!("255".parse(), Ok(Protocol(255)));
        for bad in ["256", "-1", "+6", "sctpx", "all", "", " 6", "6.0"] {
            assert_eq!(
                Protocol::from_str(bad),
                Err(UnknownProtocol(bad.to_owned()))
            );
        }
    }

    #[test]
    fn the_preferred_name_is_written() {
        assert_eq!(Protocol::ICMPV6.to_string(), "icmpv6");
        assert_eq!(Protocol(89).to_string(), "protocol 89");
    }
}
