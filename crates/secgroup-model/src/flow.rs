//! Flows: what is asked about.
//!
//! A [`Flow`] is completely known, as a packet is; engines judge those. A
//! [`Query`] may leave ports or the ICMP type open, as a person's question
//! does; only the reference answers it (3.5.9).

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::{Family, NetworkIndex, NicType, Protocol};

/// The source ports of a question that names none (3.5.9).
pub const EPHEMERAL_PORTS: PortSpan = PortSpan::between(49152, 65535);

/// The two ends of a flow, always of one family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Endpoints {
    /// IPv4.
    V4 {
        /// The sender.
        source: Ipv4Addr,
        /// The receiver.
        destination: Ipv4Addr,
    },
    /// IPv6.
    V6 {
        /// The sender.
        source: Ipv6Addr,
        /// The receiver.
        destination: Ipv6Addr,
    },
}

/// A source and a destination of different families.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("address families differ: {source_address} and {destination}")]
pub struct MixedFamilies {
    /// The sender.
    pub source_address: IpAddr,
    /// The receiver.
    pub destination: IpAddr,
}

impl Endpoints {
    /// Pairs two addresses.
    ///
    /// # Errors
    ///
    /// Returns [`MixedFamilies`] when one is IPv4 and the other IPv6. An
    /// IPv4-mapped IPv6 address is IPv6 (3.5.4).
    pub const fn new(source: IpAddr, destination: IpAddr) -> Result<Self, MixedFamilies> {
        match (source, destination) {
            (IpAddr::V4(source), IpAddr::V4(destination)) => Ok(Self::V4 {
                source,
                destination,
            }),
            (IpAddr::V6(source), IpAddr::V6(destination)) => Ok(Self::V6 {
                source,
                destination,
            }),
            (source_address, destination) => Err(MixedFamilies {
                source_address,
                destination,
            }),
        }
    }

    /// Returns the sender.
    #[must_use]
    pub const fn source(self) -> IpAddr {
        match self {
            Self::V4 { source, .. } => IpAddr::V4(source),
            Self::V6 { source, .. } => IpAddr::V6(source),
        }
    }

    /// Returns the receiver.
    #[must_use]
    pub const fn destination(self) -> IpAddr {
        match self {
            Self::V4 { destination, .. } => IpAddr::V4(destination),
            Self::V6 { destination, .. } => IpAddr::V6(destination),
        }
    }

    /// Returns the same two with sender and receiver exchanged.
    #[must_use]
    pub const fn reversed(self) -> Self {
        match self {
            Self::V4 {
                source,
                destination,
            } => Self::V4 {
                source: destination,
                destination: source,
            },
            Self::V6 {
                source,
                destination,
            } => Self::V6 {
                source: destination,
                destination: source,
            },
        }
    }

    /// Returns the family of both.
    #[must_use]
    pub const fn family(self) -> Family {
        match self {
            Self::V4 { .. } => Family::V4,
            Self::V6 { .. } => Family::V6,
        }
    }
}

/// Type and code of an ICMP or ICMPv6 message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct IcmpMessage {
    /// The type.
    pub kind: u8,
    /// The code.
    pub code: u8,
}

/// What a security group can see behind the IP header of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Transport {
    /// The ports of TCP or UDP.
    Ports {
        /// The sender's port.
        source: u16,
        /// The receiver's port.
        destination: u16,
    },
    /// Type and code of an ICMP message.
    Icmp(IcmpMessage),
    /// Nothing: another protocol, or a record that carries no ICMP type. The
    /// latter is judged as a message other than those of 3.9.2 and 3.9.5.
    Opaque,
    /// A fragment behind the first, whose first was not seen (3.5.11).
    LaterFragment,
}

/// Ports of which one is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PortSpan {
    // INVARIANT: first <= last.
    first: u16,
    last: u16,
}

impl PortSpan {
    /// Every port that a range can hold; 0 is none of them (3.5.2).
    pub const ANY: Self = Self {
        first: 1,
        last: u16::MAX,
    };

    /// Returns the span of the ports from the lesser to the greater one, both
    /// included.
    #[must_use]
    pub const fn between(one: u16, other: u16) -> Self {
        if one <= other {
            Self {
                first: one,
                last: other,
            }
        } else {
            Self {
                first: other,
                last: one,
            }
        }
    }

    /// Returns the span of one known port.
    #[must_use]
    pub const fn one(port: u16) -> Self {
        Self {
            first: port,
            last: port,
        }
    }

    /// Returns the least possible port.
    #[must_use]
    pub const fn first(self) -> u16 {
        self.first
    }

    /// Returns the greatest possible port.
    #[must_use]
    pub const fn last(self) -> u16 {
        self.last
    }

    /// Tells whether `port` may be the one.
    #[must_use]
    pub const fn contains(self, port: u16) -> bool {
        self.first <= port && port <= self.last
    }

    /// Returns the port, when only one is possible.
    #[must_use]
    pub const fn known(self) -> Option<u16> {
        if self.first == self.last {
            Some(self.first)
        } else {
            None
        }
    }
}

/// [`Transport`] as far as a question states it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PartialTransport {
    /// TCP or UDP with ports known to lie in these spans.
    Ports {
        /// The sender's port.
        source: PortSpan,
        /// The receiver's port.
        destination: PortSpan,
    },
    /// An ICMP message, the type of which may be open.
    Icmp(Option<IcmpMessage>),
    /// As [`Transport::Opaque`].
    Opaque,
    /// As [`Transport::LaterFragment`].
    LaterFragment,
}

impl From<Transport> for PartialTransport {
    fn from(transport: Transport) -> Self {
        match transport {
            Transport::Ports {
                source,
                destination,
            } => Self::Ports {
                source: PortSpan::one(source),
                destination: PortSpan::one(destination),
            },
            Transport::Icmp(message) => Self::Icmp(Some(message)),
            Transport::Opaque => Self::Opaque,
            Transport::LaterFragment => Self::LaterFragment,
        }
    }
}

/// Which network the addresses of a flow belong to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Not said: the addresses decide, where they are unambiguous.
    #[default]
    Unspecified,
    /// This VPC, or the classic network.
    Network(NetworkIndex),
    /// These two, one for each end, where they differ.
    Ends {
        /// That of the source address.
        source: NetworkIndex,
        /// That of the destination address.
        destination: NetworkIndex,
    },
    /// A VPC that the snapshot does not contain.
    Elsewhere,
}

/// A flow, or the first packet of one, as the interfaces at its ends see it.
///
/// Addresses are private ones on the near side (3.5.7): what NAT or a load
/// balancer made of them is not known here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Flow<T = Transport> {
    /// Who talks to whom.
    pub endpoints: Endpoints,
    /// The upper-layer protocol, behind IPv6 extension headers (3.5.10).
    pub protocol: Protocol,
    /// What lies behind the IP header.
    pub transport: T,
    /// Which network the addresses belong to.
    pub scope: Scope,
    /// The NIC it uses in the classic network (2.9.2). When open, a peer on
    /// the Internet means the public one.
    pub nic: Option<NicType>,
    /// Whether a load balancer forwarded it to its destination (3.9.3).
    pub via_load_balancer: bool,
}

/// A flow of which some fields may be open.
pub type Query = Flow<PartialTransport>;

/// An address that several networks of the snapshot have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("address {address} exists in several VPCs of the snapshot; say which one is meant")]
pub struct Ambiguous {
    /// The address.
    pub address: IpAddr,
}

impl Flow {
    /// Returns the flow in the other direction: ends and ports exchanged,
    /// everything else as it is.
    #[must_use]
    pub const fn reversed(&self) -> Self {
        let transport = match self.transport {
            Transport::Ports {
                source,
                destination,
            } => Transport::Ports {
                source: destination,
                destination: source,
            },
            other @ (Transport::Icmp(_) | Transport::Opaque | Transport::LaterFragment) => other,
        };
        Self {
            endpoints: self.endpoints.reversed(),
            transport,
            ..*self
        }
    }
}

impl<T> Flow<T> {
    /// Returns a flow about which nothing else is known.
    pub const fn new(endpoints: Endpoints, protocol: Protocol, transport: T) -> Self {
        Self {
            endpoints,
            protocol,
            transport,
            scope: Scope::Unspecified,
            nic: None,
            via_load_balancer: false,
        }
    }
}

impl From<Flow> for Query {
    fn from(flow: Flow) -> Self {
        Self {
            endpoints: flow.endpoints,
            protocol: flow.protocol,
            transport: flow.transport.into(),
            scope: flow.scope,
            nic: flow.nic,
            via_load_balancer: flow.via_load_balancer,
        }
    }
}

impl fmt::Display for PortSpan {
    /// Writes `443`, `20-30`, or `*` for what a question leaves open.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            EPHEMERAL_PORTS | Self::ANY => f.write_str("*"),
            Self { first, last } if first == last => first.fmt(f),
            Self { first, last } => write!(f, "{first}-{last}"),
        }
    }
}

impl fmt::Display for Query {
    /// Writes `tcp 203.0.113.9:* -> 10.0.0.1:443`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (source, destination) = (self.endpoints.source(), self.endpoints.destination());
        let Self { protocol, .. } = self;
        match (self.transport, self.endpoints.family()) {
            (
                PartialTransport::Ports {
                    source: from,
                    destination: to,
                },
                Family::V4,
            ) => {
                write!(f, "{protocol} {source}:{from} -> {destination}:{to}")
            }
            (
                PartialTransport::Ports {
                    source: from,
                    destination: to,
                },
                Family::V6,
            ) => {
                write!(f, "{protocol} [{source}]:{from} -> [{destination}]:{to}")
            }
            (PartialTransport::Icmp(Some(IcmpMessage { kind, code })), _) => {
                write!(
                    f,
                    "{protocol} {source} -> {destination} type {kind} code {code}"
                )
            }
            (PartialTransport::Icmp(None) | PartialTransport::Opaque, _) => {
                write!(f, "{protocol} {source} -> {destination}")
            }
            (PartialTransport::LaterFragment, _) => {
                write!(f, "{protocol} {source} -> {destination} (later fragment)")
            }
        }
    }
}
