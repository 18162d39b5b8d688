//! The IPv4 header.

use std::net::{IpAddr, Ipv4Addr};

use super::transport::{self, ICMP, Payload, TCP};
use super::{Decoded, Fragment, Frame, PacketOddity, SkipReason, Undecodable};

/// Bytes of a header without options.
pub(super) const HEADER: usize = 20;

pub(super) const MORE_FRAGMENTS: u16 = 0x2000;
pub(super) const FRAGMENT_OFFSET: u16 = 0x1FFF;

/// The fields of a header that matter.
struct Header {
    len: usize,
    total_len: u16,
    id: u32,
    fragment: u16,
    protocol: u8,
    source: Ipv4Addr,
    destination: Ipv4Addr,
}

/// Decodes a packet that is announced as IPv4.
#[inline]
pub(super) fn decode(packet: Frame<'_>) -> Result<Decoded, Undecodable> {
    let Some(bytes) = packet.bytes.first_chunk() else {
        return Err(too_short(packet));
    };
    let header = Header::new(bytes)?;
    let stated = header.stated(packet);
    let payload = header.payload(packet)?;
    let (protocol, fragment) = (header.protocol, header.fragment());
    let transport = transport::decode(protocol, protocol == ICMP, fragment, payload)?;
    Ok(Decoded {
        source: IpAddr::V4(header.source),
        destination: IpAddr::V4(header.destination),
        protocol,
        ports: transport.ports,
        icmp: transport.icmp,
        icmp_id: transport.icmp_id,
        fragment,
        tcp_flags: transport.tcp_flags,
        oddity: header.oddity(stated > packet.wire_len()),
    })
}

/// Returns what is behind the header of a packet that was decoded.
pub(super) fn payload(packet: Frame<'_>) -> Option<&[u8]> {
    let header = Header::new(packet.bytes.first_chunk()?).ok()?;
    Some(header.payload(packet).ok()?.bytes)
}

impl Header {
    /// Reads the fixed part of a header.
    #[inline]
    fn new(bytes: &[u8; HEADER]) -> Result<Self, Undecodable> {
        let first = bytes[0];
        if first >> 4 != 4 {
            return Err(Undecodable::new(SkipReason::IpVersion, first >> 4));
        }
        let len = (first & 0x0F) * 4;
        if usize::from(len) < HEADER {
            return Err(Undecodable::new(SkipReason::Ipv4HeaderLength, len));
        }
        Ok(Self {
            len: len.into(),
            total_len: u16::from_be_bytes([bytes[2], bytes[3]]),
            id: u16::from_be_bytes([bytes[4], bytes[5]]).into(),
            fragment: u16::from_be_bytes([bytes[6], bytes[7]]),
            protocol: bytes[9],
            source: Ipv4Addr::new(bytes[12], bytes[13], bytes[14], bytes[15]),
            destination: Ipv4Addr::new(bytes[16], bytes[17], bytes[18], bytes[19]),
        })
    }

    /// Returns how long the packet says it is.
    #[inline]
    fn stated(&self, packet: Frame<'_>) -> usize {
        // Segmentation offload writes 0: then the packet is as long as it is.
        match self.total_len {
            0 => packet.wire_len(),
            len => usize::from(len),
        }
    }

    /// Returns what is behind the header.
    #[inline]
    fn payload<'a>(&self, packet: Frame<'a>) -> Result<Payload<'a>, Undecodable> {
        if packet.bytes.len() < self.len {
            return Err(packet.missing(SkipReason::Ipv4Options.into()));
        }
        let stated = self.stated(packet);
        // Whatever lies beyond the total length is padding.
        let bytes = packet.bytes.get(..stated).unwrap_or(packet.bytes);
        let ends = bytes.len() == stated;
        let Some(bytes) = bytes.get(self.len..) else {
            return Err(Undecodable::new(
                SkipReason::Ipv4TotalLength,
                self.total_len,
            ));
        };
        Ok(Payload { bytes, ends })
    }

    #[inline]
    fn fragment(&self) -> Fragment {
        let (id, protocol) = (self.id, self.protocol);
        match (
            self.fragment & FRAGMENT_OFFSET,
            self.fragment & MORE_FRAGMENTS,
        ) {
            (0, 0) => Fragment::Whole,
            (0, _) => Fragment::First { id, protocol },
            (_, _) => Fragment::Later { id, protocol },
        }
    }

    /// Names the oddity of a packet; a dangerous one before a harmless one.
    #[inline]
    fn oddity(&self, beyond_frame: bool) -> Option<PacketOddity> {
        if self.fragment & FRAGMENT_OFFSET == 1 && self.protocol == TCP {
            Some(PacketOddity::TinyFragment)
        } else if beyond_frame {
            Some(PacketOddity::LengthBeyondFrame)
        } else {
            None
        }
    }
}

#[cold]
fn too_short(packet: Frame<'_>) -> Undecodable {
    match packet.bytes.first() {
        Some(first) if first >> 4 != 4 => Undecodable::new(SkipReason::IpVersion, first >> 4),
        Some(_) | None => packet.missing(SkipReason::IpHeader.into()),
    }
}
