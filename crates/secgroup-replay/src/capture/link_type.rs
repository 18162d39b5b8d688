//! Link types: what the first header of a captured packet is.
//!
//! The numbers are those of the public registry of link-layer header types;
//! how each is decoded is in [`crate::decode`].

use std::fmt;

use pcap_file::DataLink;

/// The number of a link-layer header type, as capture files write it.
///
/// Any number may stand in a file; [`LinkType::is_supported`] tells whether
/// packets behind it can be decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LinkType(pub u16);

impl LinkType {
    /// BSD loopback: a four-byte address family in either byte order.
    pub const NULL: Self = Self(0);
    /// Ethernet.
    pub const ETHERNET: Self = Self(1);
    /// PPP, with or without HDLC framing.
    pub const PPP: Self = Self(9);
    /// Raw IP as most systems number it inside the kernel.
    pub const RAW_12: Self = Self(12);
    /// Raw IP as OpenBSD numbers it.
    pub const RAW_14: Self = Self(14);
    /// PPP in HDLC-like framing.
    pub const PPP_HDLC: Self = Self(50);
    /// PPP over Ethernet, beginning with the PPPoE header.
    pub const PPP_ETHER: Self = Self(51);
    /// Raw IP, version 4 or 6.
    pub const RAW: Self = Self(101);
    /// Cisco HDLC.
    pub const C_HDLC: Self = Self(104);
    /// OpenBSD loopback: like [`LinkType::NULL`].
    pub const LOOP: Self = Self(108);
    /// Linux cooked capture, version 1.
    pub const LINUX_SLL: Self = Self(113);
    /// Raw IPv4.
    pub const IPV4: Self = Self(228);
    /// Raw IPv6.
    pub const IPV6: Self = Self(229);
    /// Linux cooked capture, version 2.
    pub const LINUX_SLL2: Self = Self(276);

    /// Every link type whose packets can be decoded, ascending.
    pub const SUPPORTED: [Self; 14] = [
        Self::NULL,
        Self::ETHERNET,
        Self::PPP,
        Self::RAW_12,
        Self::RAW_14,
        Self::PPP_HDLC,
        Self::PPP_ETHER,
        Self::RAW,
        Self::C_HDLC,
        Self::LOOP,
        Self::LINUX_SLL,
        Self::IPV4,
        Self::IPV6,
        Self::LINUX_SLL2,
    ];

    /// Reads the link type field of a pcap header.
    ///
    /// Its upper half says how long the frame check sequence is. That does not
    /// matter here, because IP's own length says where a packet ends.
    #[must_use]
    pub fn from_pcap_field(field: u32) -> Self {
        let [low, high, ..] = field.to_le_bytes();
        Self(u16::from_le_bytes([low, high]))
    }

    /// Tells whether packets of this link type can be decoded.
    #[must_use]
    pub fn is_supported(self) -> bool {
        Self::SUPPORTED.contains(&self)
    }
}

/// Writes the number and the registry's name: `1 (ETHERNET)`.
impl fmt::Display for LinkType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match DataLink::from(u32::from(self.0)) {
            DataLink::Unknown(number) => write!(f, "{number}"),
            named => write!(f, "{} ({named:?})", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frame_check_sequence_bits_are_masked() {
        assert_eq!(LinkType::from_pcap_field(0x2400_0001), LinkType::ETHERNET);
        assert_eq!(LinkType::from_pcap_field(0xFFFF_0114), LinkType::LINUX_SLL2);
    }

    #[test]
    fn a_link_type_is_shown_by_number_and_name() {
        assert_eq!(LinkType(147).to_string(), "147 (USER0)");
        assert_eq!(LinkType::LINUX_SLL.to_string(), "113 (LINUX_SLL)");
        assert_eq!(LinkType(65_535).to_string(), "65535");
    }

    #[test]
    fn supported_link_types_ascend() {
        assert!(LinkType::SUPPORTED.is_sorted());
    }
}
