//! The IPv4 header.

use std::net::{IpAddr, Ipv4Addr};

use super::transport::{self, Payload, TCP};
use super::{Decoded, Fragment, Frame, PacketOddity, SkipReason, Undecodable};

/// Bytes of a header without options.
const HEADER: usize = 20;

const MORE_FRAGMENTS: u16 = 0x2000;
const FRAGMENT_OFFSET: u16 = 0x1FFF;

/// The protocol number of ICMP.
const ICMP: u8 = 1;

/// Decodes a packet that is announced as IPv4.
#[inline]
pub(super) fn decode(packet: Frame<'_>) -> Result<Decoded, Undecodable> {
    let Some(header) = packet.bytes.first_chunk::<HEADER>() else {
        return Err(too_short(packet));
    };
    let &[
        first,
        _,
        t0,
        t1,
        i0,
        i1,
        f0,
        f1,
        _,
        protocol,
        _,
        _,
        s0,
        s1,
        s2,
        s3,
        d0,
        d1,
        d2,
        d3,
    ] = header;
    if first >> 4 != 4 {
        return Err(Undecodable::new(SkipReason::IpVersion, first >> 4));
    }
    let header_len = usize::from(first & 0x0F) * 4;
    let total_len = u16::from_be_bytes([t0, t1]);
    if header_len < HEADER {
        return Err(Undecodable::new(
            SkipReason::Ipv4HeaderLength,
            (first & 0x0F) * 4,
        ));
    }
    if packet.bytes.len() < header_len {
        return Err(packet.missing(SkipReason::Ipv4Options.into()));
    }
    // Segmentation offload writes 0: then the packet is as long as it is.
    let stated = if total_len == 0 {
        packet.wire_len()
    } else {
        usize::from(total_len)
    };
    // Whatever lies beyond the total length is padding.
    let bytes = packet.bytes.get(..stated).unwrap_or(packet.bytes);
    let Some(after) = bytes.get(header_len..) else {
        return Err(Undecodable::new(SkipReason::Ipv4TotalLength, total_len));
    };
    let payload = Payload {
        bytes: after,
        ends: bytes.len() == stated,
    };

    let flags = u16::from_be_bytes([f0, f1]);
    let id = u32::from(u16::from_be_bytes([i0, i1]));
    let offset = flags & FRAGMENT_OFFSET;
    let fragment = match (offset, flags & MORE_FRAGMENTS) {
        (0, 0) => Fragment::Whole,
        (0, _) => Fragment::First { id },
        (_, _) => Fragment::Later { id },
    };
    let long = stated > packet.wire_len();
    let transport = transport::decode(protocol, protocol == ICMP, fragment, payload)?;
    Ok(Decoded {
        source: IpAddr::V4(Ipv4Addr::new(s0, s1, s2, s3)),
        destination: IpAddr::V4(Ipv4Addr::new(d0, d1, d2, d3)),
        protocol,
        ports: transport.ports,
        icmp: transport.icmp,
        fragment,
        tcp_flags: transport.tcp_flags,
        // A dangerous oddity before a harmless one.
        oddity: if offset == 1 && protocol == TCP {
            Some(PacketOddity::TinyFragment)
        } else if long {
            Some(PacketOddity::LengthBeyondFrame)
        } else {
            None
        },
    })
}

#[cold]
fn too_short(packet: Frame<'_>) -> Undecodable {
    match packet.bytes.first() {
        Some(first) if first >> 4 != 4 => Undecodable::new(SkipReason::IpVersion, first >> 4),
        Some(_) | None => packet.missing(SkipReason::IpHeader.into()),
    }
}
