//! Packets written by `etherparse`: what goes in must come out.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use etherparse::{PacketBuilder, VlanId};
use secgroup_replay::capture::LinkType;
use secgroup_replay::decode::{Decoded, Fragment, decode};

use crate::written::Numbers;

/// What a packet is to be.
#[derive(Clone, Copy, Debug)]
struct Wanted {
    source: IpAddr,
    destination: IpAddr,
    protocol: u8,
    ports: (u16, u16),
    icmp: (u8, u8),
    tags: usize,
    link: LinkType,
}

fn arbitrary(numbers: &mut Numbers) -> Wanted {
    let four = numbers.below(2) == 0;
    let mut address = || {
        let (high, low) = (u128::from(numbers.next()), u128::from(numbers.next()));
        if four {
            IpAddr::V4(Ipv4Addr::from(u32::try_from(low & 0xFFFF_FFFF).unwrap()))
        } else {
            IpAddr::V6(Ipv6Addr::from(high << 64 | low))
        }
    };
    let (source, destination) = (address(), address());
    Wanted {
        source,
        destination,
        protocol: [6, 17, if four { 1 } else { 58 }][numbers.below(3)],
        ports: (numbers.port(), numbers.port()),
        icmp: (200 + numbers.byte() % 50, numbers.byte()),
        tags: numbers.below(3),
        link: [
            LinkType::ETHERNET,
            LinkType::RAW,
            if four { LinkType::IPV4 } else { LinkType::IPV6 },
            LinkType::LINUX_SLL,
        ][numbers.below(4)],
    }
}

fn write(wanted: &Wanted) -> Vec<u8> {
    let mut packet = match wanted.link {
        LinkType::ETHERNET => {
            let ethernet = PacketBuilder::ethernet2([1; 6], [2; 6]);
            let id = |id| VlanId::try_new(id).unwrap();
            match (wanted.tags, wanted.source, wanted.destination) {
                (0, IpAddr::V4(from), IpAddr::V4(to)) => {
                    finish(ethernet.ipv4(from.octets(), to.octets(), 64), wanted)
                }
                (0, IpAddr::V6(from), IpAddr::V6(to)) => {
                    finish(ethernet.ipv6(from.octets(), to.octets(), 64), wanted)
                }
                (1, IpAddr::V4(from), IpAddr::V4(to)) => finish(
                    ethernet
                        .single_vlan(id(7))
                        .ipv4(from.octets(), to.octets(), 64),
                    wanted,
                ),
                (1, IpAddr::V6(from), IpAddr::V6(to)) => finish(
                    ethernet
                        .single_vlan(id(7))
                        .ipv6(from.octets(), to.octets(), 64),
                    wanted,
                ),
                (_, IpAddr::V4(from), IpAddr::V4(to)) => finish(
                    ethernet
                        .double_vlan(id(7), id(8))
                        .ipv4(from.octets(), to.octets(), 64),
                    wanted,
                ),
                (_, IpAddr::V6(from), IpAddr::V6(to)) => finish(
                    ethernet
                        .double_vlan(id(7), id(8))
                        .ipv6(from.octets(), to.octets(), 64),
                    wanted,
                ),
                (_, IpAddr::V4(_), IpAddr::V6(_)) | (_, IpAddr::V6(_), IpAddr::V4(_)) => {
                    unreachable!("one family")
                }
            }
        }
        _ => match (wanted.source, wanted.destination) {
            (IpAddr::V4(from), IpAddr::V4(to)) => {
                finish(PacketBuilder::ipv4(from.octets(), to.octets(), 64), wanted)
            }
            (IpAddr::V6(from), IpAddr::V6(to)) => {
                finish(PacketBuilder::ipv6(from.octets(), to.octets(), 64), wanted)
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => {
                unreachable!("one family")
            }
        },
    };
    if wanted.link == LinkType::LINUX_SLL {
        let mut cooked = vec![0; 14];
        cooked.extend(if wanted.source.is_ipv4() {
            [0x08, 0x00]
        } else {
            [0x86, 0xDD]
        });
        cooked.append(&mut packet);
        packet = cooked;
    }
    packet
}

fn finish(
    builder: etherparse::PacketBuilderStep<etherparse::IpHeaders>,
    wanted: &Wanted,
) -> Vec<u8> {
    let mut packet = Vec::new();
    let (kind, code) = wanted.icmp;
    let payload = [9; 11];
    match wanted.protocol {
        6 => builder
            .tcp(wanted.ports.0, wanted.ports.1, 1, 1024)
            .syn()
            .fin()
            .write(&mut packet, &payload),
        17 => builder
            .udp(wanted.ports.0, wanted.ports.1)
            .write(&mut packet, &payload),
        1 => builder
            .icmpv4_raw(kind, code, [0; 4])
            .write(&mut packet, &payload),
        _ => builder
            .icmpv6_raw(kind, code, [0; 4])
            .write(&mut packet, &payload),
    }
    .unwrap();
    packet
}

/// Tells whether a packet is an echo request or reply of its family.
fn is_echo(wanted: &Wanted) -> bool {
    let echoes: [u8; 2] = if wanted.protocol == 1 {
        [8, 0]
    } else {
        [128, 129]
    };
    echoes.contains(&wanted.icmp.0)
}

#[test]
fn a_written_packet_is_decoded_to_what_was_written() {
    let mut numbers = Numbers(0x5EC6_2001);
    let mut of_protocol = [0; 256];
    for _ in 0..5000 {
        let wanted = arbitrary(&mut numbers);
        let packet = write(&wanted);
        let has_ports = matches!(wanted.protocol, 6 | 17);
        let expected = Decoded {
            source: wanted.source,
            destination: wanted.destination,
            protocol: wanted.protocol,
            ports: has_ports.then_some(wanted.ports),
            icmp: (!has_ports).then_some(wanted.icmp),
            icmp_id: (!has_ports && is_echo(&wanted)).then_some(0),
            fragment: Fragment::Whole,
            tcp_flags: (wanted.protocol == 6).then_some(0x03),
            oddity: None,
        };
        let len = u32::try_from(packet.len()).unwrap();
        assert_eq!(
            decode(wanted.link, &packet, len),
            Ok(expected),
            "{wanted:?}"
        );
        // Whatever is cut off, the answer is the same one or none.
        let cut = numbers.below(packet.len());
        if let Ok(decoded) = decode(wanted.link, &packet[..cut], len) {
            assert_eq!(
                (decoded.source, decoded.ports, decoded.protocol),
                (expected.source, expected.ports, expected.protocol)
            );
        }
        of_protocol[usize::from(wanted.protocol)] += 1;
    }
    assert!(
        [1, 6, 17, 58]
            .iter()
            .all(|protocol| of_protocol[*protocol] > 500),
        "a protocol is rare"
    );
}
