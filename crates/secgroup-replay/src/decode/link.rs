//! Link headers: from the first captured byte to the IP header.
//!
//! Every layer consumes bytes, and tags and labels have limits, so the way is
//! short whatever the bytes are. Nothing here looks into IP.

use super::{Frame, SkipReason, Undecodable};
use crate::capture::LinkType;

/// The most VLAN tags in front of a packet.
pub const VLAN_LIMIT: usize = 4;

/// The most MPLS labels in front of a packet.
pub const LABEL_LIMIT: usize = 16;

pub(super) const ETHERTYPE_IPV4: u16 = 0x0800;
const ETHERTYPE_ARP: u16 = 0x0806;
const ETHERTYPE_RARP: u16 = 0x8035;
pub(super) const ETHERTYPE_VLAN: u16 = 0x8100;
pub(super) const ETHERTYPE_IPV6: u16 = 0x86DD;
const ETHERTYPE_MPLS: u16 = 0x8847;
const ETHERTYPE_MPLS_MULTICAST: u16 = 0x8848;
const ETHERTYPE_PPPOE_SESSION: u16 = 0x8864;
pub(super) const ETHERTYPE_PROVIDER_VLAN: u16 = 0x88A8;
pub(super) const ETHERTYPE_OLD_PROVIDER_VLAN: u16 = 0x9100;

/// Below this, the EtherType field of Ethernet is a length and LLC follows.
const LEAST_ETHERTYPE: u16 = 0x0600;

/// The protocol number by which Linux cooked captures announce LLC.
const SLL_LLC: u16 = 4;

/// LLC: SNAP with an EtherType, and the service access point of IP itself.
const LLC_SNAP: [u8; 3] = [0xAA, 0xAA, 0x03];
const LLC_IP: [u8; 3] = [0x06, 0x06, 0x03];
const SNAP_ETHERTYPE: [u8; 3] = [0, 0, 0];

const PPP_HDLC: [u8; 2] = [0xFF, 0x03];
const PPP_IPV4: u16 = 0x0021;
const PPP_IPV6: u16 = 0x0057;

/// Address families of BSD loopback: IPv6 differs from system to system.
const FAMILY_IPV4: u32 = 2;
const FAMILIES_IPV6: [u32; 4] = [10, 24, 28, 30];

/// The IP version that a link header announces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    Four,
    Six,
}

type Network<'a> = Result<(Version, Frame<'a>), Undecodable>;

/// Steps over an Ethernet header right in front of IPv4; `None` for anything else.
#[inline]
pub(super) fn plain_ipv4(link_type: LinkType, frame: Frame<'_>) -> Option<Frame<'_>> {
    let (&[.., high, low], rest) = frame.split::<14>()?;
    let plain =
        link_type == LinkType::ETHERNET && u16::from_be_bytes([high, low]) == ETHERTYPE_IPV4;
    plain.then_some(rest)
}

/// Steps over everything in front of the IP header.
pub(super) fn network_layer(link_type: LinkType, frame: Frame<'_>) -> Network<'_> {
    let short = || frame.missing(Undecodable::new(SkipReason::LinkHeader, link_type.0));
    match link_type {
        LinkType::ETHERNET => {
            let (&[.., high, low], rest) = frame.split::<14>().ok_or_else(short)?;
            ethertype(u16::from_be_bytes([high, low]), rest, link_type)
        }
        LinkType::RAW | LinkType::RAW_12 | LinkType::RAW_14 => {
            by_version(frame, SkipReason::IpVersion)
        }
        LinkType::IPV4 => Ok((Version::Four, frame)),
        LinkType::IPV6 => Ok((Version::Six, frame)),
        LinkType::NULL | LinkType::LOOP => {
            let (family, rest) = frame.split::<4>().ok_or_else(short)?;
            loopback(*family, rest)
        }
        LinkType::LINUX_SLL => {
            let (&[.., high, low], rest) = frame.split::<16>().ok_or_else(short)?;
            cooked(u16::from_be_bytes([high, low]), rest, link_type)
        }
        LinkType::LINUX_SLL2 => {
            let (&[high, low, ..], rest) = frame.split::<20>().ok_or_else(short)?;
            cooked(u16::from_be_bytes([high, low]), rest, link_type)
        }
        LinkType::C_HDLC => {
            let (&[_, _, high, low], rest) = frame.split::<4>().ok_or_else(short)?;
            match u16::from_be_bytes([high, low]) {
                kind @ LEAST_ETHERTYPE.. => ethertype(kind, rest, link_type),
                kind => Err(Undecodable::new(SkipReason::NonIp, kind)),
            }
        }
        LinkType::PPP | LinkType::PPP_HDLC => {
            let framed = frame.split().filter(|(framing, _)| **framing == PPP_HDLC);
            ppp(framed.map_or(frame, |(_, rest)| rest), link_type)
        }
        LinkType::PPP_ETHER => pppoe(frame, link_type),
        unsupported => Err(Undecodable::new(
            SkipReason::UnsupportedLinkType,
            unsupported.0,
        )),
    }
}

/// Steps over VLAN tags, LLC, labels and PPPoE until an EtherType is IP.
fn ethertype(mut kind: u16, mut rest: Frame<'_>, link_type: LinkType) -> Network<'_> {
    let mut tags = 0;
    loop {
        match kind {
            ETHERTYPE_IPV4 => return Ok((Version::Four, rest)),
            ETHERTYPE_IPV6 => return Ok((Version::Six, rest)),
            ETHERTYPE_VLAN | ETHERTYPE_PROVIDER_VLAN | ETHERTYPE_OLD_PROVIDER_VLAN => {
                tags += 1;
                if tags > VLAN_LIMIT {
                    return Err(SkipReason::VlanDepth.into());
                }
                let Some((&[_, _, high, low], after)) = rest.split() else {
                    return Err(rest.missing(Undecodable::new(SkipReason::LinkHeader, link_type.0)));
                };
                (kind, rest) = (u16::from_be_bytes([high, low]), after);
            }
            ETHERTYPE_MPLS | ETHERTYPE_MPLS_MULTICAST => return mpls(rest, link_type),
            ETHERTYPE_PPPOE_SESSION => return pppoe(rest, link_type),
            ETHERTYPE_ARP | ETHERTYPE_RARP => return Err(SkipReason::Arp.into()),
            LEAST_ETHERTYPE.. => return Err(Undecodable::new(SkipReason::NonIp, kind)),
            _ => match llc(rest, link_type)? {
                Llc::Ip(packet) => return Ok((Version::Four, packet)),
                Llc::EtherType(snap, after) => (kind, rest) = (snap, after),
            },
        }
    }
}

/// What LLC announces.
enum Llc<'a> {
    Ip(Frame<'a>),
    /// SNAP with an EtherType of at least [`LEAST_ETHERTYPE`].
    EtherType(u16, Frame<'a>),
}

fn llc(frame: Frame<'_>, link_type: LinkType) -> Result<Llc<'_>, Undecodable> {
    let short = || frame.missing(Undecodable::new(SkipReason::LinkHeader, link_type.0));
    let (header, rest) = frame.split::<3>().ok_or_else(short)?;
    if *header == LLC_IP {
        return Ok(Llc::Ip(rest));
    }
    if *header != LLC_SNAP {
        return Err(SkipReason::NonIp.into());
    }
    let (&[a, b, c, high, low], rest) = rest.split().ok_or_else(short)?;
    let kind = u16::from_be_bytes([high, low]);
    if [a, b, c] == SNAP_ETHERTYPE && kind >= LEAST_ETHERTYPE {
        Ok(Llc::EtherType(kind, rest))
    } else {
        Err(Undecodable::new(SkipReason::NonIp, kind))
    }
}

/// Linux cooked captures announce an EtherType or one of a few small numbers.
fn cooked(protocol: u16, rest: Frame<'_>, link_type: LinkType) -> Network<'_> {
    match protocol {
        SLL_LLC | LEAST_ETHERTYPE.. => ethertype(protocol, rest, link_type),
        other => Err(Undecodable::new(SkipReason::NonIp, other)),
    }
}

fn loopback(family: [u8; 4], rest: Frame<'_>) -> Network<'_> {
    // The order is that of the machine that captured, not that of the file.
    let (little, big) = (u32::from_le_bytes(family), u32::from_be_bytes(family));
    let either = |wanted| little == wanted || big == wanted;
    if either(FAMILY_IPV4) {
        Ok((Version::Four, rest))
    } else if FAMILIES_IPV6.into_iter().any(either) {
        Ok((Version::Six, rest))
    } else {
        Err(Undecodable::new(SkipReason::NonIp, little.min(big)))
    }
}

/// Steps over a label stack; only the packet itself says what it is.
fn mpls(mut rest: Frame<'_>, link_type: LinkType) -> Network<'_> {
    for _ in 0..LABEL_LIMIT {
        let Some((&[_, _, bottom, _], after)) = rest.split() else {
            return Err(rest.missing(Undecodable::new(SkipReason::LinkHeader, link_type.0)));
        };
        rest = after;
        if bottom & 1 == 1 {
            return by_version(rest, SkipReason::MplsNotIp);
        }
    }
    Err(SkipReason::LabelDepth.into())
}

fn pppoe(frame: Frame<'_>, link_type: LinkType) -> Network<'_> {
    let Some((&[_, code, ..], rest)) = frame.split::<6>() else {
        return Err(frame.missing(Undecodable::new(SkipReason::LinkHeader, link_type.0)));
    };
    // Any other code belongs to discovery, which carries no packets.
    if code == 0 {
        ppp(rest, link_type)
    } else {
        Err(SkipReason::PppNotIp.into())
    }
}

fn ppp(frame: Frame<'_>, link_type: LinkType) -> Network<'_> {
    let short = || frame.missing(Undecodable::new(SkipReason::LinkHeader, link_type.0));
    let (&[first], after) = frame.split().ok_or_else(short)?;
    // A protocol number may be compressed to one byte, which is then odd.
    let (protocol, rest) = if first & 1 == 1 {
        (u16::from(first), after)
    } else {
        let (&[second], after) = after.split().ok_or_else(short)?;
        (u16::from_be_bytes([first, second]), after)
    };
    match protocol {
        PPP_IPV4 => Ok((Version::Four, rest)),
        PPP_IPV6 => Ok((Version::Six, rest)),
        other => Err(Undecodable::new(SkipReason::PppNotIp, other)),
    }
}

/// Takes the version from the packet itself.
fn by_version(packet: Frame<'_>, otherwise: SkipReason) -> Network<'_> {
    let first = packet
        .bytes
        .first()
        .ok_or_else(|| packet.missing(SkipReason::IpHeader.into()))?;
    match first >> 4 {
        4 => Ok((Version::Four, packet)),
        6 => Ok((Version::Six, packet)),
        other => Err(Undecodable::new(otherwise, other)),
    }
}
