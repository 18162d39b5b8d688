//! The usual packet, read at fixed places.
//!
//! Nearly every packet is IPv4 without options or IPv6 without extension
//! headers, whole, right behind Ethernet (perhaps with one VLAN tag), a cooked
//! header or nothing, with more than its first four bytes captured. Of such a
//! packet a few loads tell what a security group sees. Everything else is none
//! of this module's: it is left to [`super::decode`], which gives the same
//! answer for what is read here, as the tests compare.

use secgroup_model::{Endpoints, Flow, IcmpMessage, Protocol, Transport};

use super::ipv6::{DESTINATION_OPTIONS, FRAGMENT, HOP_BY_HOP, ICMPV6, ROUTING};
use super::link::{
    ETHERTYPE_IPV4, ETHERTYPE_IPV6, ETHERTYPE_OLD_PROVIDER_VLAN, ETHERTYPE_PROVIDER_VLAN,
    ETHERTYPE_VLAN, Version,
};
use super::transport::{ICMP, TCP, TCP_FLAGS_AT, UDP};
use super::{Frame, ipv4};
use crate::capture::LinkType;

/// The addresses of a packet of one family.
pub(crate) trait Ends: Copy + Eq + std::fmt::Debug + Default {
    /// The ICMP of the family.
    const ICMP: u8;

    /// For each protocol, which bits of what is behind the addresses decide.
    const ASKED: &'static [u32; 256];

    /// Whether it is IPv6.
    const IS_V6: bool;

    /// Returns them as the model has them.
    fn endpoints(self) -> Endpoints;

    /// Returns a number that is most often another for other addresses.
    fn fold(self) -> u64;

    /// Returns 0 for the same addresses only.
    fn difference(self, other: Self) -> u64;

    /// Returns them as numbers.
    fn addresses(self) -> [u128; 2];

    /// Returns those of two numbers, which are of the family.
    fn of_addresses(addresses: [u128; 2]) -> Self;

    /// Returns them exchanged, where they are `turned`.
    fn turned(self, turned: bool) -> Self;

    /// Tells whether the source with its port is greater than the destination
    /// with its port.
    fn is_descending(self, ports: [u16; 2]) -> bool;
}

/// Source and destination of IPv4, the source in the upper half.
pub(crate) type Four = u64;

/// Source and destination of IPv6.
pub(crate) type Six = [u128; 2];

impl Ends for Four {
    const ICMP: u8 = ICMP;
    const ASKED: &'static [u32; 256] = &asked(ICMP);
    const IS_V6: bool = false;

    fn endpoints(self) -> Endpoints {
        let [a, b, c, d, e, f, g, h] = self.to_be_bytes();
        Endpoints::V4 {
            source: [a, b, c, d].into(),
            destination: [e, f, g, h].into(),
        }
    }

    #[inline]
    fn fold(self) -> u64 {
        self
    }

    #[inline]
    fn difference(self, other: Self) -> u64 {
        self ^ other
    }

    #[inline]
    fn addresses(self) -> [u128; 2] {
        [self >> 32, self & Self::from(u32::MAX)].map(u128::from)
    }

    #[inline]
    fn of_addresses([source, destination]: [u128; 2]) -> Self {
        let [source, _] = halves(source);
        let [destination, _] = halves(destination);
        source << 32 | destination
    }

    #[inline]
    fn turned(self, turned: bool) -> Self {
        self.rotate_left(32 * u32::from(turned))
    }

    #[inline]
    fn is_descending(self, [source, destination]: [u16; 2]) -> bool {
        let low = self & Self::from(u32::MAX);
        (self >> 32 << 16 | Self::from(source)) > (low << 16 | Self::from(destination))
    }
}

impl Ends for Six {
    const ICMP: u8 = ICMPV6;
    const ASKED: &'static [u32; 256] = &asked(ICMPV6);
    const IS_V6: bool = true;

    fn endpoints(self) -> Endpoints {
        let [source, destination] = self.map(std::net::Ipv6Addr::from_bits);
        Endpoints::V6 {
            source,
            destination,
        }
    }

    #[inline]
    fn fold(self) -> u64 {
        let [source, destination] = self;
        let [low, high] = halves(source ^ destination.rotate_left(25));
        low ^ high.rotate_left(32)
    }

    #[inline]
    fn difference(self, other: Self) -> u64 {
        let [low, high] = halves((self[0] ^ other[0]) | (self[1] ^ other[1]));
        low | high
    }

    #[inline]
    fn addresses(self) -> [u128; 2] {
        self
    }

    #[inline]
    fn of_addresses(addresses: [u128; 2]) -> Self {
        addresses
    }

    #[inline]
    fn turned(self, turned: bool) -> Self {
        let first = usize::from(turned);
        [self[first], self[1 - first]]
    }

    #[inline]
    fn is_descending(self, ports: [u16; 2]) -> bool {
        (self[0], ports[0]) > (self[1], ports[1])
    }
}

/// Returns the lower and the upper half of a number.
#[inline]
pub(crate) fn halves(wide: u128) -> [u64; 2] {
    #[expect(clippy::cast_possible_truncation, reason = "both halves are used")]
    let halves = [wide as u64, (wide >> 64) as u64];
    halves
}

/// All that decides about a packet: two of the same flow are equal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Brief<E> {
    pub(crate) ends: E,
    // INVARIANT: below 2^40. The protocol, and 32 bits: both ports, or type and
    // code and two zeros, or zeros.
    pub(crate) service: u64,
}

/// A usual packet, and its TCP flags where it has some.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Plain {
    Four(Brief<Four>, Option<u8>),
    Six(Brief<Six>, Option<u8>),
}

impl Plain {
    /// Returns all that there is to know about a packet, its flow and TCP flags;
    /// nothing for ICMP, of which there is more.
    #[inline]
    pub(crate) fn whole(&self) -> Option<(Flow, Option<u8>)> {
        let (flow, flags) = match self {
            Self::Four(brief, flags) => (brief.flow(), flags),
            Self::Six(brief, flags) => (brief.flow(), flags),
        };
        let is_icmp = matches!(flow.transport, Transport::Icmp(_));
        (!is_icmp).then_some((flow, *flags))
    }
}

impl<E: Ends> Brief<E> {
    /// Returns the flow of the packet.
    pub(crate) fn flow(&self) -> Flow {
        let [_, _, _, protocol, a, b, c, d] = self.service.to_be_bytes();
        let transport = match protocol {
            TCP | UDP => Transport::Ports {
                source: u16::from_be_bytes([a, b]),
                destination: u16::from_be_bytes([c, d]),
            },
            icmp if icmp == E::ICMP => Transport::Icmp(IcmpMessage { kind: a, code: b }),
            _ => Transport::Opaque,
        };
        Flow::new(self.ends.endpoints(), Protocol(protocol), transport)
    }

    /// Returns the protocol.
    #[inline]
    pub(crate) const fn protocol(&self) -> u8 {
        let [_, _, _, protocol, ..] = self.service.to_be_bytes();
        protocol
    }

    /// Returns both ports, which are 0 where there are none.
    #[inline]
    pub(crate) const fn ports(&self) -> [u16; 2] {
        let [.., a, b, c, d] = self.service.to_be_bytes();
        [u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d])]
    }

    /// Returns it with source and destination exchanged, where it is `turned` and
    /// has ports.
    #[inline]
    pub(crate) fn turned(&self, turned: bool) -> Self {
        // PERF: no branches, for who speaks next nobody can foresee.
        const PORTS: u64 = 0xffff_ffff;
        let ports = self.service & PORTS;
        let exchanged = (ports << 32 | ports) >> (16 * u32::from(turned));
        Self {
            ends: self.ends.turned(turned),
            service: self.service & !PORTS | exchanged & PORTS,
        }
    }

    /// `behind` are the first four bytes behind the addresses.
    #[inline]
    fn new(ends: E, protocol: u8, behind: u32) -> Self {
        // PERF: no branches, for what comes next nobody can foresee.
        let asked = E::ASKED[usize::from(protocol)];
        let service = u64::from(protocol) << 32 | u64::from(behind & asked);
        Self { ends, service }
    }
}

/// Returns for each protocol which of the four bytes behind the addresses decide
/// about a packet, where `own` is the ICMP of the family.
const fn asked(own: u8) -> [u32; 256] {
    let mut asked = [0; 256];
    asked[TCP as usize] = u32::MAX;
    asked[UDP as usize] = u32::MAX;
    asked[own as usize] = 0xffff_0000;
    asked
}

/// Reads a usual packet; none for any other.
#[inline]
pub(crate) fn plain(link_type: LinkType, bytes: &[u8], original_len: u32) -> Option<Plain> {
    behind_ethernet(link_type, bytes, original_len)
        .or_else(|| elsewhere(link_type, bytes, original_len))
}

/// Reads a usual packet right behind Ethernet, as nearly every packet is: what it
/// leaves may be one [`elsewhere`].
///
/// PERF: a call for every packet costs as much as reading one. What is read here
/// and what is read elsewhere should not meet before it is used, for then it is
/// written to memory first.
#[inline(always)]
pub(crate) fn behind_ethernet(
    link_type: LinkType,
    bytes: &[u8],
    original_len: u32,
) -> Option<Plain> {
    if link_type == LinkType::ETHERNET {
        ethernet(bytes, original_len)
    } else {
        None
    }
}

/// Reads a usual packet anywhere.
// PERF: out of the way of nearly all packets.
#[inline(never)]
pub(crate) fn elsewhere(link_type: LinkType, bytes: &[u8], original_len: u32) -> Option<Plain> {
    let (version, packet) = network(link_type, Frame::new(bytes, original_len))?;
    Some(match version {
        Version::Four => {
            let (brief, flags) = four(packet.bytes, packet.wire_len())?;
            Plain::Four(brief, flags)
        }
        Version::Six => {
            let (brief, flags) = six(packet)?;
            Plain::Six(brief, flags)
        }
    })
}

/// Reads a usual packet right behind Ethernet without a tag.
///
/// PERF: what makes it usual is one condition, and every place is fixed.
#[inline(always)]
fn ethernet(bytes: &[u8], original_len: u32) -> Option<Plain> {
    /// Ethernet, the least header of IPv4, and what is behind it.
    const LEAST: usize = HEAD + ipv4::HEADER + 4;
    const LEAST_OF_SIX: usize = HEAD + SIX_HEADER + 4;
    const HEAD: usize = 14;
    const SIX_HEADER: usize = 40;
    let frame: &[u8; LEAST] = bytes.first_chunk()?;
    // As `Frame` has it.
    let wire_len = (original_len as usize).max(bytes.len()) - HEAD;
    let begin = word(frame, HEAD);
    if frame[12..14] == ETHERTYPE_IPV4.to_be_bytes() {
        let total_len = (begin >> 32 & 0xffff) as usize;
        let is_usual =
            is_plain_four(begin) & (total_len >= ipv4::HEADER + 4) & (total_len <= wire_len);
        if !is_usual {
            return None;
        }
        let protocol = frame[HEAD + 9];
        let &[.., a, b, c, d] = frame;
        let brief = Brief::new(
            word(frame, HEAD + 12),
            protocol,
            u32::from_be_bytes([a, b, c, d]),
        );
        let flags = flags(protocol, bytes, HEAD + ipv4::HEADER, HEAD + total_len);
        return Some(Plain::Four(brief, flags));
    }
    if frame[12..14] != ETHERTYPE_IPV6.to_be_bytes() {
        return None;
    }
    let frame: &[u8; LEAST_OF_SIX] = bytes.first_chunk()?;
    let [.., l0, l1, protocol, _] = begin.to_be_bytes();
    let stated = usize::from(u16::from_be_bytes([l0, l1]));
    let is_usual = (begin >> 60 == 6)
        & !IS_EXTENDED[usize::from(protocol)]
        & (stated >= 4)
        & (SIX_HEADER + stated <= wire_len);
    if !is_usual {
        return None;
    }
    let wide = |at: usize| u128::from(word(frame, at)) << 64 | u128::from(word(frame, at + 8));
    let ends = [wide(HEAD + 8), wide(HEAD + 24)];
    let &[.., a, b, c, d] = frame;
    let brief = Brief::new(ends, protocol, u32::from_be_bytes([a, b, c, d]));
    let before = HEAD + SIX_HEADER;
    Some(Plain::Six(
        brief,
        flags(protocol, bytes, before, before + stated),
    ))
}

/// The protocols that are extension headers of IPv6.
const IS_EXTENDED: [bool; 256] = {
    let mut extended = [false; 256];
    extended[HOP_BY_HOP as usize] = true;
    extended[ROUTING as usize] = true;
    extended[FRAGMENT as usize] = true;
    extended[DESTINATION_OPTIONS as usize] = true;
    extended
};

/// Tells of the first eight bytes of a packet whether it is of IPv4, without
/// options and no fragment.
#[inline]
const fn is_plain_four(begin: u64) -> bool {
    /// Version 4, five words of header.
    const BEGIN: u64 = 0x45 << 56;
    const PARTS: u64 = (ipv4::MORE_FRAGMENTS | ipv4::FRAGMENT_OFFSET) as u64;
    begin & (0xff << 56 | PARTS) == BEGIN
}

#[inline]
fn network(link_type: LinkType, frame: Frame<'_>) -> Option<(Version, Frame<'_>)> {
    let (ethertype, rest) = match link_type {
        LinkType::ETHERNET => {
            let (&[.., high, low], rest) = frame.split::<14>()?;
            match u16::from_be_bytes([high, low]) {
                ETHERTYPE_VLAN | ETHERTYPE_PROVIDER_VLAN | ETHERTYPE_OLD_PROVIDER_VLAN => {
                    let (&[_, _, high, low], rest) = rest.split::<4>()?;
                    (u16::from_be_bytes([high, low]), rest)
                }
                ethertype => (ethertype, rest),
            }
        }
        LinkType::LINUX_SLL => {
            let (&[.., high, low], rest) = frame.split::<16>()?;
            (u16::from_be_bytes([high, low]), rest)
        }
        LinkType::LINUX_SLL2 => {
            let (&[high, low, ..], rest) = frame.split::<20>()?;
            (u16::from_be_bytes([high, low]), rest)
        }
        LinkType::RAW | LinkType::RAW_12 | LinkType::RAW_14 => match frame.bytes.first()? >> 4 {
            4 => return Some((Version::Four, frame)),
            6 => return Some((Version::Six, frame)),
            _ => return None,
        },
        _ => return None,
    };
    match ethertype {
        ETHERTYPE_IPV4 => Some((Version::Four, rest)),
        ETHERTYPE_IPV6 => Some((Version::Six, rest)),
        _ => None,
    }
}

/// Returns the big-endian number that a header has at a place.
#[inline]
fn word<const N: usize>(header: &[u8; N], at: usize) -> u64 {
    let own = header.get(at..).and_then(<[u8]>::first_chunk);
    own.map_or(0, |own| u64::from_be_bytes(*own))
}

/// Returns the TCP flags of a packet of which so many bytes belong to headers
/// before and so many to the whole.
#[inline]
fn flags(protocol: u8, bytes: &[u8], before: usize, whole: usize) -> Option<u8> {
    let at = before + TCP_FLAGS_AT;
    let flags = bytes.get(at).copied();
    flags.filter(|_| protocol == TCP && at < whole)
}

#[inline]
fn four(bytes: &[u8], wire_len: usize) -> Option<(Brief<Four>, Option<u8>)> {
    const LEAST: usize = ipv4::HEADER + 4;
    // PERF: three loads; byte by byte it took twice as long.
    let header: &[u8; LEAST] = bytes.first_chunk()?;
    let (begin, ends) = (word(header, 0), word(header, 12));
    let &[_, _, high, low, ..] = header;
    let total_len = usize::from(u16::from_be_bytes([high, low]));
    if !is_plain_four(begin) || total_len < LEAST || wire_len < total_len {
        return None;
    }
    let &[.., a, b, c, d] = header;
    let brief = Brief::new(ends, header[9], u32::from_be_bytes([a, b, c, d]));
    Some((brief, flags(header[9], bytes, ipv4::HEADER, total_len)))
}

#[inline]
fn six(packet: Frame<'_>) -> Option<(Brief<Six>, Option<u8>)> {
    let (&[first, _, _, _, l0, l1, next, _], rest) = packet.split::<8>()?;
    let (source, rest) = rest.split::<16>()?;
    let (destination, rest) = rest.split::<16>()?;
    let behind = rest.bytes.first_chunk::<4>()?;
    let stated = usize::from(u16::from_be_bytes([l0, l1]));
    if first >> 4 != 6
        || IS_EXTENDED[usize::from(next)]
        || stated < behind.len()
        || rest.wire_len() < stated
    {
        return None;
    }
    let ends = [source, destination].map(|address| u128::from_be_bytes(*address));
    let brief = Brief::new(ends, next, u32::from_be_bytes(*behind));
    Some((brief, flags(next, rest.bytes, 0, stated)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chunk::flow_of;
    use crate::decode::{Fragment, decode};

    const TCP_PACKET: [u8; 40] = [
        0x45, 0, 0, 40, 0, 1, 0x40, 0, 64, 6, 0, 0, 198, 51, 100, 7, 10, 0, 0, 1, 0x9C, 0x40, 0x01,
        0xBB, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 2, 4, 0, 0, 0, 0, 0,
    ];

    const ECHO_V6: [u8; 48] = [
        0x60, 0, 0, 0, 0, 8, 58, 64, 0x20, 1, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0x20,
        1, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 128, 0, 0, 0, 0, 7, 0, 1,
    ];

    /// Headers that link types begin with, and what is behind each.
    fn heads() -> Vec<(LinkType, Vec<u8>)> {
        let ethernet = |types: &[u8]| [&[2; 12], types].concat();
        let mut heads = Vec::new();
        for kind in [[8, 0], [0x86, 0xDD]] {
            let [a, b] = kind;
            heads.push((LinkType::ETHERNET, ethernet(&kind)));
            for tag in [[0x81, 0], [0x88, 0xA8], [0x91, 0]] {
                heads.push((LinkType::ETHERNET, ethernet(&[tag[0], tag[1], 0, 5, a, b])));
            }
            heads.push((
                LinkType::ETHERNET,
                ethernet(&[0x81, 0, 0, 5, 0x81, 0, 0, 6, a, b]),
            ));
            heads.push((LinkType::LINUX_SLL, [&[0; 14], kind.as_slice()].concat()));
            heads.push((LinkType::LINUX_SLL2, [kind.as_slice(), &[0; 18]].concat()));
        }
        for raw in [
            LinkType::RAW,
            LinkType::RAW_12,
            LinkType::RAW_14,
            LinkType::IPV4,
        ] {
            heads.push((raw, Vec::new()));
        }
        heads
    }

    #[test]
    fn packets_of_captures_are_read_as_the_decoder_reads_them() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/captures");
        let mut counts = [0_u32; 2];
        let index = std::fs::read_to_string(format!("{folder}/index.tsv")).unwrap();
        let names = index.lines().skip(1);
        for name in names.filter_map(|line| line.split('\t').next()) {
            let file = std::fs::File::open(format!("{folder}/{name}")).unwrap();
            // What is packed, or no capture, is read elsewhere.
            let Ok(mut reader) = crate::capture::CaptureReader::new(file) else {
                continue;
            };
            let mut batch = crate::capture::PacketBatch::default();
            while reader.read_batch(&mut batch) {
                for packet in batch.packets() {
                    let bytes = batch.bytes(packet);
                    let (link_type, length) = (packet.link_type, packet.original_len);
                    let Some(plain) = plain(link_type, bytes, length) else {
                        counts[1] += 1;
                        continue;
                    };
                    counts[0] += 1;
                    let (flow, flags) = match plain {
                        Plain::Four(brief, flags) => (brief.flow(), flags),
                        Plain::Six(brief, flags) => (brief.flow(), flags),
                    };
                    let decoded = decode(link_type, bytes, length).unwrap();
                    assert_eq!(flow_of(&decoded), Ok(flow), "{bytes:?}");
                    assert_eq!(decoded.tcp_flags, flags, "{bytes:?}");
                    assert_eq!(decoded.fragment, Fragment::Whole, "{bytes:?}");
                    assert_eq!(decoded.oddity, None, "{bytes:?}");
                }
            }
        }
        assert!(counts.iter().all(|count| *count > 20), "{counts:?}");
    }

    #[test]
    fn what_is_read_at_fixed_places_is_what_the_decoder_reads() {
        let mut state = 0x5EC6_2029_u64;
        let mut random = |below: usize| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            usize::try_from(state % u64::try_from(below).unwrap()).unwrap()
        };
        let (mut usual, mut flagged, mut others) = ([0_u32; 2], 0, 0);
        for _ in 0..20_000 {
            for (link_type, head) in heads() {
                let packet: &[u8] = [TCP_PACKET.as_slice(), &ECHO_V6][random(2)];
                let mut bytes = [head.as_slice(), packet].concat();
                for _ in 0..random(4) {
                    // Where lengths, fragments, protocols and types are.
                    let at = head.len().saturating_sub(4) + random(24);
                    bytes[at] = [0, 1, 6, 17, 24, 44, 58, 0x20, 0x40, 0x45, 0x46, 0xFF][random(12)];
                }
                bytes.truncate(bytes.len() - random(2) * random(30));
                let original = u32::try_from(bytes.len() + random(2) * random(60)).unwrap();
                let Some(plain) = plain(link_type, &bytes, original) else {
                    others += 1;
                    continue;
                };
                let (flow, flags, family) = match plain {
                    Plain::Four(brief, flags) => (brief.flow(), flags, 0),
                    Plain::Six(brief, flags) => (brief.flow(), flags, 1),
                };
                usual[family] += 1;
                flagged += u32::from(flags.is_some());
                let decoded = decode(link_type, &bytes, original).unwrap();
                assert_eq!(flow_of(&decoded), Ok(flow), "{link_type:?} {bytes:?}");
                assert_eq!(decoded.tcp_flags, flags, "{link_type:?} {bytes:?}");
                assert_eq!(decoded.fragment, Fragment::Whole, "{bytes:?}");
                assert_eq!(decoded.oddity, None, "{bytes:?}");
            }
        }
        assert!(
            usual.iter().all(|count| *count > 10_000) && others > 10_000 && flagged > 5_000,
            "{usual:?} {flagged} {others}"
        );
    }
}
