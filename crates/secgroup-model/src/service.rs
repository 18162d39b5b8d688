//! What a rule says about protocol and ports.

use std::fmt;

use crate::{PortListId, PortRange, Protocol};

/// A protocol together with exactly the ports that protocol has.
///
/// ICMP and GRE have no ports, so no rule about them can name one (2.6.2).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Service {
    /// Every protocol of the peer's family (3.5.5).
    All,
    /// TCP, protocol 6.
    Tcp(DestinationPorts, SourcePorts),
    /// UDP, protocol 17.
    Udp(DestinationPorts, SourcePorts),
    /// ICMP, protocol 1 on IPv4; without type or code (3.5.3).
    Icmp,
    /// ICMPv6, protocol 58 on IPv6; without type or code (3.5.3).
    Icmpv6,
    /// GRE, protocol 47.
    Gre,
    /// Another protocol by its IANA number (2.4.3).
    Other(OtherProtocol),
}

/// The destination ports of a TCP or UDP rule.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum DestinationPorts {
    /// `-1/-1` in imported rules: every port, also 0 (2.6.5).
    Any,
    /// One range.
    Range(PortRange),
    /// The ranges of a port list (1.7).
    List(PortListId),
}

/// The source ports of a TCP or UDP rule (2.6.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SourcePorts {
    /// Every port, also 0.
    Any,
    /// One range.
    Range(PortRange),
}

/// A protocol number that has no name among the services.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OtherProtocol(
    // INVARIANT: not 1, 6, 17, 47 or 58, which are the same as their names (2.4.3).
    u8,
);

impl OtherProtocol {
    /// Returns the protocol number.
    #[must_use]
    pub const fn get(self) -> Protocol {
        Protocol(self.0)
    }
}

impl Service {
    /// Returns the service of a rule for `protocol`; ports only where it has them.
    #[must_use]
    pub fn of(protocol: Protocol, to: DestinationPorts, from: SourcePorts) -> Self {
        match protocol {
            Protocol::TCP => Self::Tcp(to, from),
            Protocol::UDP => Self::Udp(to, from),
            protocol => Self::portless(protocol),
        }
    }

    /// Returns the service of a rule for a protocol in which rules see no ports.
    const fn portless(protocol: Protocol) -> Self {
        match protocol {
            Protocol::ICMP => Self::Icmp,
            Protocol::ICMPV6 => Self::Icmpv6,
            Protocol::GRE => Self::Gre,
            Protocol(number) => Self::Other(OtherProtocol(number)),
        }
    }

    /// Returns the one protocol of the service, none for [`Service::All`].
    #[must_use]
    pub const fn protocol(&self) -> Option<Protocol> {
        match self {
            Self::All => None,
            Self::Tcp(..) => Some(Protocol::TCP),
            Self::Udp(..) => Some(Protocol::UDP),
            Self::Icmp => Some(Protocol::ICMP),
            Self::Icmpv6 => Some(Protocol::ICMPV6),
            Self::Gre => Some(Protocol::GRE),
            Self::Other(other) => Some(other.get()),
        }
    }

    /// Returns the ports of a TCP or UDP service.
    #[must_use]
    pub const fn ports(&self) -> Option<(&DestinationPorts, SourcePorts)> {
        match self {
            Self::Tcp(to, from) | Self::Udp(to, from) => Some((to, *from)),
            Self::All | Self::Icmp | Self::Icmpv6 | Self::Gre | Self::Other(_) => None,
        }
    }
}

impl fmt::Display for DestinationPorts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("-1/-1"),
            Self::Range(range) => range.fmt(f),
            Self::List(list) => list.fmt(f),
        }
    }
}

impl fmt::Display for Service {
    /// Writes `tcp 443/443`, `udp 53/53 source ports 1024/65535`, `all`, `gre`, `protocol 50`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.protocol() {
            None => f.write_str("all")?,
            Some(protocol) => protocol.fmt(f)?,
        }
        let Some((to, from)) = self.ports() else {
            return Ok(());
        };
        write!(f, " {to}")?;
        match from {
            SourcePorts::Any => Ok(()),
            SourcePorts::Range(range) => write!(f, " source ports {range}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_with_a_name_are_the_name_2_4_3() {
        let of = |number| Service::of(Protocol(number), DestinationPorts::Any, SourcePorts::Any);
        assert_eq!(of(6), Service::Tcp(DestinationPorts::Any, SourcePorts::Any));
        assert_eq!(
            of(17),
            Service::Udp(DestinationPorts::Any, SourcePorts::Any)
        );
        assert_eq!(of(1), Service::Icmp);
        assert_eq!(of(58), Service::Icmpv6);
        assert_eq!(of(47), Service::Gre);
        assert_eq!(of(50).protocol(), Some(Protocol(50)));
        // 0 is HOPOPT, not ALL.
        assert_eq!(of(0).protocol(), Some(Protocol(0)));
    }
}
