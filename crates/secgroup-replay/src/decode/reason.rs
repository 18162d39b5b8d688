//! Why a packet is not judged.
//!
//! Every packet that is not decoded has exactly one reason, so that decoded
//! and skipped packets always add up to all packets.

use std::fmt;

use super::ipv6::EXTENSION_LIMIT;
use super::link::{LABEL_LIMIT, VLAN_LIMIT};
use crate::capture::LinkType;

/// The reason for skipping a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SkipReason {
    /// Nothing is known about packets of this link type.
    UnsupportedLinkType,
    /// The packet is shorter than its link header, tags and labels.
    LinkHeader,
    /// More VLAN tags than the limit.
    VlanDepth,
    /// More MPLS labels than the limit.
    LabelDepth,
    /// An ARP message.
    Arp,
    /// Something else than IP.
    NonIp,
    /// An MPLS label stack with something else than IP behind it.
    MplsNotIp,
    /// A PPP or PPPoE frame with something else than IP in it.
    PppNotIp,
    /// The link header announces one IP version and the packet has another.
    IpVersion,
    /// The packet is shorter than an IP header.
    IpHeader,
    /// An IPv4 header length below that of the header.
    Ipv4HeaderLength,
    /// IPv4 options that the packet does not have.
    Ipv4Options,
    /// An IPv4 total length below the header's own.
    Ipv4TotalLength,
    /// More IPv6 extension headers than the limit.
    ExtensionDepth,
    /// An IPv6 extension header that the packet does not have.
    Extension,
    /// The capture ends before the end of the headers.
    HeadersNotCaptured,
    /// The capture ends before the ports.
    PortsNotCaptured,
    /// The packet itself ends before the ports.
    PortsBeyondLength,
}

impl SkipReason {
    /// How many reasons there are.
    pub const COUNT: usize = 18;

    /// Returns all reasons in the order of results.
    #[must_use]
    pub fn all() -> [Self; Self::COUNT] {
        [
            Self::UnsupportedLinkType,
            Self::LinkHeader,
            Self::VlanDepth,
            Self::LabelDepth,
            Self::Arp,
            Self::NonIp,
            Self::MplsNotIp,
            Self::PppNotIp,
            Self::IpVersion,
            Self::IpHeader,
            Self::Ipv4HeaderLength,
            Self::Ipv4Options,
            Self::Ipv4TotalLength,
            Self::ExtensionDepth,
            Self::Extension,
            Self::HeadersNotCaptured,
            Self::PortsNotCaptured,
            Self::PortsBeyondLength,
        ]
    }

    /// Returns its place in [`SkipReason::all`], for tables of counts.
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// Returns the name that results use for it; it never changes.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::UnsupportedLinkType => "unsupported-link-type",
            Self::LinkHeader => "link-header-too-short",
            Self::VlanDepth => "vlan-depth",
            Self::LabelDepth => "mpls-depth",
            Self::Arp => "arp",
            Self::NonIp => "non-ip",
            Self::MplsNotIp => "mpls-not-ip",
            Self::PppNotIp => "ppp-not-ip",
            Self::IpVersion => "ip-version",
            Self::IpHeader => "ip-header-too-short",
            Self::Ipv4HeaderLength => "ipv4-header-length",
            Self::Ipv4Options => "ipv4-options",
            Self::Ipv4TotalLength => "ipv4-total-length",
            Self::ExtensionDepth => "ipv6-extension-depth",
            Self::Extension => "ipv6-extension",
            Self::HeadersNotCaptured => "headers-not-captured",
            Self::PortsNotCaptured => "ports-not-captured",
            Self::PortsBeyondLength => "ports-beyond-length",
        }
    }
}

/// Writes a sentence that fits behind a count: `3 packets: …`.
impl fmt::Display for SkipReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnsupportedLinkType => f.write_str("link type not supported"),
            Self::LinkHeader => f.write_str("too short for the link header"),
            Self::VlanDepth => write!(f, "VLAN tag depth above limit of {VLAN_LIMIT}"),
            Self::LabelDepth => write!(f, "MPLS label depth above limit of {LABEL_LIMIT}"),
            Self::Arp => f.write_str("ARP, which security groups do not judge"),
            Self::NonIp => f.write_str("not IP"),
            Self::MplsNotIp => f.write_str("MPLS without IP inside"),
            Self::PppNotIp => f.write_str("PPP without IP inside"),
            Self::IpVersion => f.write_str("EtherType and IP version disagree"),
            Self::IpHeader => f.write_str("too short for an IP header"),
            Self::Ipv4HeaderLength => f.write_str("malformed: IPv4 header length below 20"),
            Self::Ipv4Options => f.write_str("malformed: IPv4 options beyond packet"),
            Self::Ipv4TotalLength => {
                f.write_str("malformed: IPv4 total length below its header length")
            }
            Self::ExtensionDepth => {
                write!(f, "IPv6 extension chain above limit of {EXTENSION_LIMIT}")
            }
            Self::Extension => f.write_str("malformed: IPv6 extension header beyond packet"),
            Self::HeadersNotCaptured => f.write_str("headers cut by the capture length (snaplen)"),
            Self::PortsNotCaptured => {
                f.write_str("ports unknown: the captured bytes end before them")
            }
            Self::PortsBeyondLength => f.write_str(
                "ports unknown: the IP length ends before them, what follows is padding",
            ),
        }
    }
}

/// A packet that is not judged, and the number that made it so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Undecodable {
    /// The reason, to count by.
    pub reason: SkipReason,
    /// The number found: link type, EtherType, PPP protocol, version, length;
    /// 0 where the reason says it all.
    pub found: u32,
}

impl Undecodable {
    pub(super) fn new(reason: SkipReason, found: impl Into<u32>) -> Self {
        Self {
            reason,
            found: found.into(),
        }
    }
}

impl From<SkipReason> for Undecodable {
    fn from(reason: SkipReason) -> Self {
        Self { reason, found: 0 }
    }
}

/// Writes the reason with the number found.
impl fmt::Display for Undecodable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { reason, found } = *self;
        match reason {
            SkipReason::UnsupportedLinkType => write!(
                f,
                "link type {} not supported",
                LinkType::from_pcap_field(found)
            ),
            SkipReason::LinkHeader => write!(
                f,
                "too short for link type {}",
                LinkType::from_pcap_field(found)
            ),
            SkipReason::NonIp => write!(f, "{reason} (EtherType {found:#06x})"),
            SkipReason::PppNotIp => write!(f, "{reason} (protocol {found:#06x})"),
            SkipReason::IpVersion => write!(f, "{reason} (version {found})"),
            SkipReason::Ipv4HeaderLength => {
                write!(f, "malformed: IPv4 header length {found} below 20")
            }
            SkipReason::Ipv4TotalLength => write!(f, "{reason} ({found})"),
            SkipReason::VlanDepth
            | SkipReason::LabelDepth
            | SkipReason::Arp
            | SkipReason::MplsNotIp
            | SkipReason::IpHeader
            | SkipReason::Ipv4Options
            | SkipReason::ExtensionDepth
            | SkipReason::Extension
            | SkipReason::HeadersNotCaptured
            | SkipReason::PortsNotCaptured
            | SkipReason::PortsBeyondLength => write!(f, "{reason}"),
        }
    }
}

impl std::error::Error for Undecodable {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_stands_at_its_own_index_with_a_name_of_its_own() {
        let all = SkipReason::all();
        for (index, reason) in all.into_iter().enumerate() {
            assert_eq!(reason.index(), index);
            assert_eq!(
                all.iter()
                    .filter(|other| other.name() == reason.name())
                    .count(),
                1
            );
        }
    }
}
