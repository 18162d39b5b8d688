//! Ethernet frames as a traffic mirror in the VPC shows them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use etherparse::{
    ArpHardwareId, ArpOperation, ArpPacket, EtherType, IpFragOffset, IpHeaders, IpNumber,
    Ipv4Extensions, Ipv4Header, Ipv6Extensions, Ipv6FlowLabel, Ipv6Header, PacketBuilder,
    PacketBuilderStep, TcpHeader, UdpHeader, VlanId,
};

use super::hosts::is_inside;

/// Why no frame of the demo is refused by the encoder.
const FITS: &str = "demo packets are far below 65,535 bytes and of one family";

/// The address of the virtual router of an Alibaba Cloud VPC.
const ROUTER: [u8; 6] = [0xee, 0xff, 0xff, 0xff, 0xff, 0xff];

/// Bytes of a UDP datagram in each of its fragments; a multiple of 8.
const FRAGMENT: usize = 1480;

/// Wraps a TCP segment.
pub(super) fn tcp(
    source: IpAddr,
    destination: IpAddr,
    header: TcpHeader,
    payload: &[u8],
) -> Vec<u8> {
    let mut frame = Vec::new();
    ip(source, destination, None)
        .tcp_header(header)
        .write_to_vec(&mut frame, payload)
        .expect(FITS);
    frame
}

/// Wraps a UDP datagram, behind a VLAN tag where one is given.
pub(super) fn udp(
    source: SocketAddr,
    destination: SocketAddr,
    vlan: Option<u16>,
    payload: &[u8],
) -> Vec<u8> {
    let mut frame = Vec::new();
    ip(source.ip(), destination.ip(), vlan)
        .udp(source.port(), destination.port())
        .write_to_vec(&mut frame, payload)
        .expect(FITS);
    frame
}

/// Wraps a UDP datagram in as many fragments as it needs.
pub(super) fn udp_fragments(
    source: SocketAddr,
    destination: SocketAddr,
    identification: u16,
    payload: &[u8],
) -> Vec<Vec<u8>> {
    let (IpAddr::V4(from), IpAddr::V4(to)) = (source.ip(), destination.ip()) else {
        unreachable!("the demo fragments IPv4 only")
    };
    let header = UdpHeader::with_ipv4_checksum(
        source.port(),
        destination.port(),
        &Ipv4Header::new(0, 64, IpNumber::UDP, from.octets(), to.octets()).expect(FITS),
        payload,
    )
    .expect(FITS);
    let datagram = [&header.to_bytes()[..], payload].concat();
    let count = datagram.chunks(FRAGMENT).len();
    datagram
        .chunks(FRAGMENT)
        .enumerate()
        .map(|(index, part)| {
            let mut header = ipv4(from, to);
            header.identification = identification;
            header.dont_fragment = false;
            header.more_fragments = index + 1 < count;
            let units = u16::try_from(index * FRAGMENT / 8).expect(FITS);
            header.fragment_offset = IpFragOffset::try_new(units).expect(FITS);
            let mut frame = Vec::new();
            let [sender, receiver] = link(source.ip(), destination.ip());
            PacketBuilder::ethernet2(sender, receiver)
                .ip(IpHeaders::Ipv4(header, Ipv4Extensions::default()))
                .write_to_vec(&mut frame, IpNumber::UDP, part)
                .expect(FITS);
            frame
        })
        .collect()
}

/// Wraps an ICMP message, or an ICMPv6 message between IPv6 addresses: type,
/// code, the four bytes behind the checksum, and the rest.
pub(super) fn icmp(
    source: IpAddr,
    destination: IpAddr,
    [kind, code]: [u8; 2],
    head: [u8; 4],
    rest: &[u8],
) -> Vec<u8> {
    let mut frame = Vec::new();
    let packet = ip(source, destination, None);
    if source.is_ipv4() {
        packet
            .icmpv4_raw(kind, code, head)
            .write_to_vec(&mut frame, rest)
            .expect(FITS);
    } else {
        packet
            .icmpv6_raw(kind, code, head)
            .write_to_vec(&mut frame, rest)
            .expect(FITS);
    }
    frame
}

/// Wraps anything else that IP carries.
pub(super) fn other(
    source: IpAddr,
    destination: IpAddr,
    protocol: IpNumber,
    payload: &[u8],
) -> Vec<u8> {
    let mut frame = Vec::new();
    ip(source, destination, None)
        .write_to_vec(&mut frame, protocol, payload)
        .expect(FITS);
    frame
}

/// Asks for the link address of `target`.
pub(super) fn arp(sender: Ipv4Addr, target: Ipv4Addr) -> Vec<u8> {
    let request = ArpPacket::new(
        ArpHardwareId::ETHERNET,
        EtherType::IPV4,
        ArpOperation::REQUEST,
        &interface(sender.into()),
        &sender.octets(),
        &[0; 6],
        &target.octets(),
    )
    .expect("the addresses have the lengths of Ethernet and IPv4");
    let mut frame = Vec::new();
    PacketBuilder::ethernet2(interface(sender.into()), [0xff; 6])
        .arp(request)
        .write_to_vec(&mut frame)
        .expect(FITS);
    frame
}

fn ip(source: IpAddr, destination: IpAddr, vlan: Option<u16>) -> PacketBuilderStep<IpHeaders> {
    let headers = match (source, destination) {
        (IpAddr::V4(source), IpAddr::V4(destination)) => {
            IpHeaders::Ipv4(ipv4(source, destination), Ipv4Extensions::default())
        }
        (IpAddr::V6(source), IpAddr::V6(destination)) => {
            IpHeaders::Ipv6(ipv6(source, destination), Ipv6Extensions::default())
        }
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => {
            unreachable!("no scene mixes families")
        }
    };
    let [sender, receiver] = link(source, destination);
    let ethernet = PacketBuilder::ethernet2(sender, receiver);
    match vlan {
        None => ethernet.ip(headers),
        Some(id) => ethernet
            .single_vlan(VlanId::try_new(id).expect("VLAN ids of the demo are below 4,096"))
            .ip(headers),
    }
}

fn ipv4(source: Ipv4Addr, destination: Ipv4Addr) -> Ipv4Header {
    let mut header = Ipv4Header::new(
        0,
        hops(source.into()),
        IpNumber::UDP,
        source.octets(),
        destination.octets(),
    )
    .expect(FITS);
    header.dont_fragment = true;
    header
}

fn ipv6(source: Ipv6Addr, destination: Ipv6Addr) -> Ipv6Header {
    let neighbour = source.is_unicast_link_local() || destination.is_multicast();
    Ipv6Header {
        traffic_class: 0,
        flow_label: Ipv6FlowLabel::ZERO,
        payload_length: 0,
        next_header: IpNumber::UDP,
        // Neighbour discovery must not have come through a router.
        hop_limit: if neighbour { 255 } else { hops(source.into()) },
        source: source.octets(),
        destination: destination.octets(),
    }
}

/// Returns the hops left when the mirror sees a packet.
const fn hops(source: IpAddr) -> u8 {
    if is_inside(source) { 64 } else { 52 }
}

/// Returns the link addresses of both ends.
fn link(source: IpAddr, destination: IpAddr) -> [[u8; 6]; 2] {
    [source, destination].map(|host| match host {
        IpAddr::V6(group) if group.is_multicast() => {
            let [.., a, b, c, d] = group.octets();
            [0x33, 0x33, a, b, c, d]
        }
        host if is_inside(host) => interface(host),
        _ => ROUTER,
    })
}

/// Returns the link address that the fleet gives to an interface.
const fn interface(host: IpAddr) -> [u8; 6] {
    let (subnet, host) = match host {
        IpAddr::V4(host) => {
            let [.., subnet, host] = host.octets();
            (subnet, host)
        }
        // 2001:db8:10:1::11 is 10.10.1.11.
        IpAddr::V6(host) => {
            let octets = host.octets();
            (octets[7], octets[15] / 16 * 10 + octets[15] % 16)
        }
    };
    [0x00, 0x16, 0x3e, 0x0a, subnet, host]
}
