//! The IPv6 header and the extension headers of 3.5.10.

use std::net::{IpAddr, Ipv6Addr};

use super::transport::{self, Payload};
use super::{Decoded, Fragment, Frame, PacketOddity, SkipReason, Undecodable};

/// The most extension headers that are walked.
pub const EXTENSION_LIMIT: usize = 64;

const ADDRESS: usize = 16;

/// The extension headers that 3.5.10 names; AH 51, ESP 50 and all others are
/// protocols of their own.
pub(super) const HOP_BY_HOP: u8 = 0;
pub(super) const ROUTING: u8 = 43;
pub(super) const FRAGMENT: u8 = 44;
pub(super) const DESTINATION_OPTIONS: u8 = 60;

/// The protocol number of ICMPv6.
pub(super) const ICMPV6: u8 = 58;

/// Decodes a packet that is announced as IPv6.
#[inline]
pub(super) fn decode(packet: Frame<'_>) -> Result<Decoded, Undecodable> {
    let Some((&[first, _, _, _, l0, l1, next, _], addresses)) = packet.split::<8>() else {
        return Err(too_short(packet));
    };
    if first >> 4 != 6 {
        return Err(Undecodable::new(SkipReason::IpVersion, first >> 4));
    }
    let Some((source, rest)) = addresses.split::<ADDRESS>() else {
        return Err(too_short(packet));
    };
    let Some((destination, rest)) = rest.split::<ADDRESS>() else {
        return Err(too_short(packet));
    };
    let stated = stated([l0, l1], rest);
    let chain = Chain::walk(next, payload_of(rest, stated), rest)?;
    let transport = transport::decode(
        chain.protocol,
        chain.protocol == ICMPV6,
        chain.fragment,
        chain.payload,
    )?;
    let long = stated > rest.wire_len();
    Ok(Decoded {
        source: IpAddr::V6(Ipv6Addr::from(*source)),
        destination: IpAddr::V6(Ipv6Addr::from(*destination)),
        protocol: chain.protocol,
        ports: transport.ports,
        icmp: transport.icmp,
        icmp_id: transport.icmp_id,
        fragment: chain.fragment,
        tcp_flags: transport.tcp_flags,
        oddity: long.then_some(PacketOddity::LengthBeyondFrame),
    })
}

/// Returns what is behind all headers of a packet that was decoded.
pub(super) fn payload(packet: Frame<'_>) -> Option<&[u8]> {
    let (&[_, _, _, _, l0, l1, next, _], addresses) = packet.split::<8>()?;
    let (_, rest) = addresses.split::<{ 2 * ADDRESS }>()?;
    let chain = Chain::walk(next, payload_of(rest, stated([l0, l1], rest)), rest).ok()?;
    Some(chain.payload.bytes)
}

/// Returns how long the packet says its payload is.
///
/// 0 is written for jumbograms, whose true length is in an option, by
/// segmentation offload, and for packets without payload: in each case nothing
/// says better where the packet ends than the frame.
#[inline]
fn stated(length: [u8; 2], rest: Frame<'_>) -> usize {
    match u16::from_be_bytes(length) {
        0 => rest.wire_len(),
        len => usize::from(len),
    }
}

/// Returns what follows the fixed header, without padding.
#[inline]
fn payload_of(rest: Frame<'_>, stated: usize) -> Payload<'_> {
    let bytes = rest.bytes.get(..stated).unwrap_or(rest.bytes);
    Payload {
        bytes,
        ends: bytes.len() == stated,
    }
}

/// Where the extension headers lead.
struct Chain<'a> {
    protocol: u8,
    fragment: Fragment,
    payload: Payload<'a>,
}

impl<'a> Chain<'a> {
    #[inline]
    fn walk(first: u8, payload: Payload<'a>, packet: Frame<'_>) -> Result<Self, Undecodable> {
        let mut chain = Self {
            protocol: first,
            fragment: Fragment::Whole,
            payload,
        };
        let mut headers = 0;
        while matches!(
            chain.protocol,
            HOP_BY_HOP | ROUTING | FRAGMENT | DESTINATION_OPTIONS
        ) {
            headers += 1;
            if headers > EXTENSION_LIMIT {
                return Err(SkipReason::ExtensionDepth.into());
            }
            let Some(later) = chain.step() else {
                return Err(if chain.payload.ends {
                    SkipReason::Extension.into()
                } else {
                    packet.missing(SkipReason::Extension.into())
                });
            };
            // A later fragment continues with the middle of something.
            if later {
                break;
            }
        }
        Ok(chain)
    }

    /// Steps over one header and tells whether it makes this a later
    /// fragment; `None` when the packet ends inside it.
    fn step(&mut self) -> Option<bool> {
        let &[next, len, o0, o1, i0, i1, i2, i3] = self.payload.bytes.first_chunk()?;
        let is_fragment = self.protocol == FRAGMENT;
        let len = if is_fragment {
            8
        } else {
            (usize::from(len) + 1) * 8
        };
        self.payload.bytes = self.payload.bytes.get(len..)?;
        self.protocol = next;
        if !is_fragment {
            return Some(false);
        }
        let field = u16::from_be_bytes([o0, o1]);
        let id = u32::from_be_bytes([i0, i1, i2, i3]);
        let offset = field >> 3;
        match (offset, field & 1) {
            // Atomic: the whole packet in one fragment.
            (0, 0) => {}
            (0, _) => self.fragment = Fragment::First { id, protocol: next },
            (_, _) => self.fragment = Fragment::Later { id, protocol: next },
        }
        Some(offset != 0)
    }
}

#[cold]
fn too_short(packet: Frame<'_>) -> Undecodable {
    match packet.bytes.first() {
        Some(first) if first >> 4 != 6 => Undecodable::new(SkipReason::IpVersion, first >> 4),
        Some(_) | None => packet.missing(SkipReason::IpHeader.into()),
    }
}
