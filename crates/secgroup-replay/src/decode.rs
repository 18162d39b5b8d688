//! Decoding: what a security group sees of a packet.
//!
//! That is the outermost IP header and the ports or the ICMP message right
//! behind it, read without copying and in one pass. Tunnels (GRE, IP in IP,
//! ESP, AH) are protocols and are never opened; what lies *before* the IP
//! header (VLAN tags, LLC/SNAP, MPLS labels, PPPoE) is stepped over. Nothing is
//! guessed: a TCP or UDP packet whose ports were not captured is
//! [`Undecodable`], not port 0.
//!
//! Not here: reading files ([`crate::capture`]), putting fragments together,
//! judging. Clauses are those of `docs/semantics.md`.
//!
//! # Where other decoders answer differently
//!
//! Against the 5-tuples of an independent decoder over 126 public captures
//! with 101,022 frames, the differences are of these kinds only; the tests pin
//! how many frames each has:
//!
//! - *authentication header* (3.5.10): AH 51 is a protocol of its own here; the
//!   other decoder walks through it to what it authenticates.
//! - *mobility header* (3.5.10): 135 is a protocol of its own here; the other
//!   walks through it to 59, no next header.
//! - *extension headers*: a chain longer than [`EXTENSION_LIMIT`] is given up.
//! - *MPLS* and *PPPoE*: opened here, non-IP there. A third decoder, `tshark`,
//!   sees the same packets in them.
//! - *link types*: PPP in HDLC framing and Cisco HDLC are read here, not there.
//! - *empty records*: all-zero records at the end of a file are no packets
//!   here ([`crate::capture`]), packets of no bytes there.

mod ipv4;
mod ipv6;
mod link;
pub(crate) mod plain;
mod reason;
mod transport;

use std::net::IpAddr;

pub use ipv6::EXTENSION_LIMIT;
pub use link::{LABEL_LIMIT, VLAN_LIMIT};
pub use reason::{SkipReason, Undecodable};

use crate::capture::LinkType;
use link::Version;

/// What a security group sees of one packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decoded {
    /// The address it comes from.
    pub source: IpAddr,
    /// The address it goes to.
    pub destination: IpAddr,
    /// The IANA protocol number, behind the IPv6 extension headers of 3.5.10.
    pub protocol: u8,
    /// Source and destination port; only TCP and UDP have ports, and only
    /// where the packet is no later fragment.
    pub ports: Option<(u16, u16)>,
    /// Type and code of an ICMP message (protocol 1 in IPv4, 58 in IPv6), if
    /// they were captured.
    pub icmp: Option<(u8, u8)>,
    /// The identifier of an ICMP echo request or reply, if it was captured.
    pub icmp_id: Option<u16>,
    /// Whether it is a fragment (3.5.11).
    pub fragment: Fragment,
    /// The flag byte of a TCP header, if it was captured.
    pub tcp_flags: Option<u8>,
    /// Something strange that does not change the answer.
    pub oddity: Option<PacketOddity>,
}

/// Which part of an IP packet a captured packet is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fragment {
    /// All of it, or an IPv6 atomic fragment.
    Whole,
    /// The first fragment, which has the ports.
    First {
        /// The identification that all fragments of a packet share.
        id: u32,
        /// The protocol that they all name: over IPv6 that of what follows the
        /// fragment header, which may be an extension header.
        protocol: u8,
    },
    /// A later fragment, which has no ports.
    Later {
        /// The identification that all fragments of a packet share.
        id: u32,
        /// The protocol that they all name, as the first does.
        protocol: u8,
    },
}

/// Something strange about a packet that was decoded nevertheless.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PacketOddity {
    /// The IP header claims more bytes than the packet had on the wire.
    LengthBeyondFrame,
    /// An IPv4 TCP fragment at offset 1 can overwrite the flags (RFC 1858).
    TinyFragment,
}

impl PacketOddity {
    /// Returns all oddities in a fixed order.
    #[must_use]
    pub fn all() -> [Self; 2] {
        [Self::LengthBeyondFrame, Self::TinyFragment]
    }

    /// Returns the name that results use for it; it never changes.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::LengthBeyondFrame => "length-beyond-frame",
            Self::TinyFragment => "tiny-fragment",
        }
    }
}

/// Writes a sentence that fits behind a count: `3 packets: …`.
impl std::fmt::Display for PacketOddity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::LengthBeyondFrame => "IP length beyond frame: evaluated with the bytes there are",
            Self::TinyFragment => {
                "tiny TCP fragment at offset 1, which can overlap the header (RFC 1858)"
            }
        })
    }
}

/// Decodes the captured `bytes` of a packet that had `original_len` bytes on
/// the wire.
///
/// # Errors
///
/// Returns [`Undecodable`] when there is no IP header that a security group
/// would judge, or not enough of the packet to judge it by.
#[inline]
pub fn decode(
    link_type: LinkType,
    bytes: &[u8],
    original_len: u32,
) -> Result<Decoded, Undecodable> {
    let frame = Frame::new(bytes, original_len);
    // PERF: nearly every packet is plain IPv4 on Ethernet. Leaving early for it
    // keeps the general way, and the copies it makes, out of the hot loop: 12 ns
    // a packet less when it was measured.
    match link::plain_ipv4(link_type, frame) {
        Some(packet) => ipv4::decode(packet),
        None => decode_any(link_type, frame),
    }
}

/// Decodes the packet that an ICMP error quotes (3.8.7); none where the packet
/// is no error or what it quotes was not captured.
#[must_use]
pub fn decode_quoted(link_type: LinkType, bytes: &[u8], original_len: u32) -> Option<Decoded> {
    let frame = Frame::new(bytes, original_len);
    let (version, packet) = link::network_layer(link_type, frame).ok()?;
    let message = match version {
        Version::Four => ipv4::payload(packet)?,
        Version::Six => ipv6::payload(packet)?,
    };
    let (head, quoted) = message.split_first_chunk::<QUOTE_AT>()?;
    let is_error = match version {
        Version::Four => ICMP_ERRORS.contains(&head[0]),
        Version::Six => ICMPV6_ERRORS.contains(&head[0]),
    };
    // How much of the packet is quoted is up to the one who complains.
    let quoted = Frame::new(quoted, u32::MAX);
    let decoded = match version {
        Version::Four => ipv4::decode(quoted),
        Version::Six => ipv6::decode(quoted),
    };
    decoded.ok().filter(|_| is_error)
}

/// Where the quoted packet begins in an ICMP error.
const QUOTE_AT: usize = 8;

/// Destination unreachable, source quench, redirect, time exceeded, parameter
/// problem.
pub(crate) const ICMP_ERRORS: [u8; 5] = [3, 4, 5, 11, 12];

/// Destination unreachable, packet too big, time exceeded, parameter problem.
pub(crate) const ICMPV6_ERRORS: [u8; 4] = [1, 2, 3, 4];

#[inline(never)]
fn decode_any(link_type: LinkType, frame: Frame<'_>) -> Result<Decoded, Undecodable> {
    let (version, packet) = link::network_layer(link_type, frame)?;
    match version {
        Version::Four => ipv4::decode(packet),
        Version::Six => ipv6::decode(packet),
    }
}

/// Captured bytes, and how many more followed on the wire.
#[derive(Clone, Copy)]
struct Frame<'a> {
    bytes: &'a [u8],
    uncaptured: usize,
}

impl<'a> Frame<'a> {
    #[inline]
    fn new(bytes: &'a [u8], original_len: u32) -> Self {
        Self {
            bytes,
            uncaptured: (original_len as usize).saturating_sub(bytes.len()),
        }
    }

    /// Returns the first `N` bytes and what follows them.
    #[inline]
    fn split<const N: usize>(self) -> Option<(&'a [u8; N], Self)> {
        let (head, bytes) = self.bytes.split_first_chunk()?;
        Some((head, Self { bytes, ..self }))
    }

    /// Returns how many bytes were on the wire.
    #[inline]
    fn wire_len(self) -> usize {
        self.bytes.len().saturating_add(self.uncaptured)
    }

    /// Says why bytes are missing: the capture cut them off, or they never
    /// were, which is `otherwise`.
    #[cold]
    fn missing(self, otherwise: Undecodable) -> Undecodable {
        if self.uncaptured > 0 {
            SkipReason::HeadersNotCaptured.into()
        } else {
            otherwise
        }
    }
}
