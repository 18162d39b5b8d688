//! Link, IP and transport headers, one row a rule of the decoder.

use secgroup_replay::capture::LinkType;
use secgroup_replay::decode::{Decoded, Fragment, SkipReason, Undecodable, decode};

use crate::written::tcp_packet;

/// The IPv4 packet behind the Ethernet header of [`tcp_packet`].
fn ipv4() -> Vec<u8> {
    tcp_packet()[14..].to_vec()
}

/// An IPv6 packet with `payload` behind the next header `next`.
fn ipv6(next: u8, payload: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x60, 0, 0, 0];
    packet.extend(u16::try_from(payload.len()).unwrap().to_be_bytes());
    packet.extend([next, 64]);
    packet.extend([1; 32]);
    packet.extend(payload);
    packet
}

fn tcp() -> Vec<u8> {
    tcp_packet()[34..].to_vec()
}

fn whole(link_type: LinkType, bytes: &[u8]) -> Result<Decoded, Undecodable> {
    decode(link_type, bytes, u32::try_from(bytes.len()).unwrap())
}

/// Checks what each link header in front of a packet leads to.
#[track_caller]
fn check(link_type: LinkType, packet: &[u8], rows: &[(&[u8], Option<SkipReason>)]) {
    for (header, expected) in rows {
        let bytes = [header, packet].concat();
        let found = match whole(link_type, &bytes) {
            Ok(decoded) => {
                assert_eq!(decoded.ports, Some((40_000, 80)), "{header:x?}");
                None
            }
            Err(undecodable) => Some(undecodable.reason),
        };
        assert_eq!(found, *expected, "{link_type} {header:x?}");
    }
}

#[test]
fn loopback_families_are_read_in_both_byte_orders() {
    for link_type in [LinkType::NULL, LinkType::LOOP] {
        check(
            link_type,
            &ipv4(),
            &[(&[2, 0, 0, 0], None), (&[0, 0, 0, 2], None)],
        );
        for family in [10, 24, 28, 30] {
            let packet = ipv6(6, &tcp());
            check(
                link_type,
                &packet,
                &[(&[family, 0, 0, 0], None), (&[0, 0, 0, family], None)],
            );
        }
        let rows: [(&[u8], _); 3] = [
            (&[7, 0, 0, 0], Some(SkipReason::NonIp)),
            (&[10, 0, 0, 0], Some(SkipReason::IpVersion)),
            (&[2, 0, 0], Some(SkipReason::NonIp)),
        ];
        check(link_type, &ipv4(), &rows);
    }
}

#[test]
fn ppp_is_read_framed_or_not_and_with_compressed_numbers() {
    for link_type in [LinkType::PPP, LinkType::PPP_HDLC] {
        let rows: [(&[u8], _); 6] = [
            (&[0xFF, 0x03, 0x00, 0x21], None),
            (&[0x00, 0x21], None),
            (&[0x21], None),
            (&[0xFF, 0x03, 0x21], None),
            (&[0xC0, 0x21], Some(SkipReason::PppNotIp)),
            (&[0x00, 0x57], Some(SkipReason::IpVersion)),
        ];
        check(link_type, &ipv4(), &rows);
        check(link_type, &ipv6(6, &tcp()), &[(&[0x00, 0x57], None)]);
    }
}

#[test]
fn pppoe_carries_packets_in_sessions_only() {
    let rows: [(&[u8], _); 4] = [
        (&[0x11, 0, 0, 1, 0, 42, 0x00, 0x21], None),
        (
            &[0x11, 0, 0, 1, 0, 42, 0xC0, 0x21],
            Some(SkipReason::PppNotIp),
        ),
        (
            &[0x11, 0x09, 0, 1, 0, 42, 0x00, 0x21],
            Some(SkipReason::PppNotIp),
        ),
        (
            &[0x11, 0xA7, 0, 1, 0, 42, 0x00, 0x21],
            Some(SkipReason::PppNotIp),
        ),
    ];
    check(LinkType::PPP_ETHER, &ipv4(), &rows);
    for (header, expected) in rows {
        let ethernet = [&[0; 12][..], &[0x88, 0x64], header].concat();
        check(LinkType::ETHERNET, &ipv4(), &[(&ethernet, expected)]);
    }
}

#[test]
fn ethernet_announces_by_type_llc_snap_or_labels() {
    let rows: [(&[u8], _); 14] = [
        (&[8, 0], None),
        (&[0x08, 0x06], Some(SkipReason::Arp)),
        (&[0x80, 0x35], Some(SkipReason::Arp)),
        (&[0x81, 0x37], Some(SkipReason::NonIp)),
        (&[0x86, 0xDD], Some(SkipReason::IpVersion)),
        (&[0, 43, 0x06, 0x06, 0x03], None),
        (&[0, 43, 0x42, 0x42, 0x03], Some(SkipReason::NonIp)),
        (&[0, 48, 0xAA, 0xAA, 0x03, 0, 0, 0, 8, 0], None),
        (
            &[0, 48, 0xAA, 0xAA, 0x03, 0, 0, 0, 0x81, 0, 0, 7, 8, 0],
            None,
        ),
        (
            &[0, 48, 0xAA, 0xAA, 0x03, 0, 0, 12, 8, 0],
            Some(SkipReason::NonIp),
        ),
        (
            &[0, 48, 0xAA, 0xAA, 0x03, 0, 0, 0, 0, 5],
            Some(SkipReason::NonIp),
        ),
        (
            &[0x81, 0, 0, 7, 0, 48, 0xAA, 0xAA, 0x03, 0, 0, 0, 8, 0],
            None,
        ),
        (&[0x88, 0x47, 0, 0, 0, 64, 0, 0, 1, 64], None),
        (
            &[0x88, 0x48, 0, 0, 1, 64, 0, 0, 0, 0],
            Some(SkipReason::MplsNotIp),
        ),
    ];
    for (kind, expected) in rows {
        let header = [&[0; 12][..], kind].concat();
        check(LinkType::ETHERNET, &ipv4(), &[(&header, expected)]);
    }
}

#[test]
fn cooked_captures_and_cisco_hdlc_announce_an_ethertype() {
    for (protocol, rest, expected) in [
        ([8_u8, 0], &[][..], None),
        ([0x81, 0], &[0, 7, 8, 0][..], None),
        ([0, 4], &[0xAA, 0xAA, 0x03, 0, 0, 0, 8, 0][..], None),
        ([0, 1], &[][..], Some(SkipReason::NonIp)),
        ([8, 6], &[][..], Some(SkipReason::Arp)),
    ] {
        let sll = [&[0; 14][..], &protocol, rest].concat();
        check(LinkType::LINUX_SLL, &ipv4(), &[(&sll, expected)]);
        let sll2 = [&protocol[..], &[0; 18], rest].concat();
        check(LinkType::LINUX_SLL2, &ipv4(), &[(&sll2, expected)]);
        if protocol != [0, 4] {
            let hdlc = [&[0x0F, 0][..], &protocol, rest].concat();
            check(LinkType::C_HDLC, &ipv4(), &[(&hdlc, expected)]);
        }
    }
}

#[test]
fn raw_ip_brings_its_own_version() {
    for link_type in [LinkType::RAW, LinkType::RAW_12, LinkType::RAW_14] {
        check(
            link_type,
            &ipv4(),
            &[(&[], None), (&[0x50], Some(SkipReason::IpVersion))],
        );
        check(link_type, &ipv6(6, &tcp()), &[(&[], None)]);
    }
    check(
        LinkType::IPV4,
        &ipv6(6, &tcp()),
        &[(&[], Some(SkipReason::IpVersion))],
    );
    check(
        LinkType::IPV6,
        &ipv4(),
        &[(&[], Some(SkipReason::IpVersion))],
    );
}

/// One byte missing on the wire is enough to blame the capture.
#[test]
fn what_is_missing_was_cut_off_or_never_there() {
    let packet = tcp_packet();
    for len in 0..54 {
        let short = whole(LinkType::ETHERNET, &packet[..len]);
        let snapped = decode(
            LinkType::ETHERNET,
            &packet[..len],
            u32::try_from(len + 1).unwrap(),
        );
        let (never, cut) = match len {
            0..14 => (SkipReason::LinkHeader, SkipReason::HeadersNotCaptured),
            14..34 => (SkipReason::IpHeader, SkipReason::HeadersNotCaptured),
            34..38 => (SkipReason::PortsNotCaptured, SkipReason::PortsNotCaptured),
            _ => {
                assert_eq!(short.unwrap().ports, Some((40_000, 80)));
                assert_eq!(short.unwrap().tcp_flags, (len > 47).then_some(2));
                continue;
            }
        };
        assert_eq!(
            (short.unwrap_err().reason, snapped.unwrap_err().reason),
            (never, cut),
            "{len} bytes"
        );
    }
}

#[test]
fn bytes_beyond_the_ip_length_are_padding() {
    let mut packet = ipv4();
    for (total, expected) in [
        (23, None),
        (24, Some((40_000, 80))),
        (20, None),
        (0, Some((40_000, 80))),
    ] {
        packet[3] = total;
        let decoded = whole(LinkType::RAW, &packet);
        assert_eq!(
            decoded.ok().and_then(|decoded| decoded.ports),
            expected,
            "{total}"
        );
    }
    packet[3] = 23;
    assert_eq!(
        whole(LinkType::RAW, &packet).unwrap_err().reason,
        SkipReason::PortsBeyondLength
    );
}

/// Clause 3.5.11, and RFC 8200 for atomic fragments.
#[test]
fn ipv6_fragments_are_told_by_offset_and_more() {
    let (id, protocol) = (0x0102_0304, 6);
    let rows = [
        ([0, 0], Fragment::Whole, true),
        ([0, 6], Fragment::Whole, true),
        ([0, 1], Fragment::First { id, protocol }, true),
        ([0, 8], Fragment::Later { id, protocol }, false),
        ([0xFF, 0xF9], Fragment::Later { id, protocol }, false),
    ];
    for (field, fragment, has_ports) in rows {
        let payload = [&[6, 0][..], &field, &[1, 2, 3, 4], &tcp()].concat();
        let decoded = whole(LinkType::RAW, &ipv6(44, &payload)).unwrap();
        assert_eq!(
            (decoded.fragment, decoded.protocol),
            (fragment, 6),
            "{field:?}"
        );
        assert_eq!(decoded.ports.is_some(), has_ports, "{field:?}");
    }
    // What follows in a later fragment is the middle of something: not walked.
    let payload = [&[60, 0, 0, 8, 1, 2, 3, 4][..], &[6; 16]].concat();
    let decoded = whole(LinkType::RAW, &ipv6(44, &payload)).unwrap();
    assert_eq!(
        (decoded.fragment, decoded.protocol),
        (Fragment::Later { id, protocol: 60 }, 60)
    );
}

/// Clause 3.5.10.
#[test]
fn only_the_extension_headers_of_the_clause_are_walked() {
    for next in 0..=255 {
        let payload = [&[6, 0, 0, 0, 0, 0, 0, 0][..], &tcp()].concat();
        let found = whole(LinkType::RAW, &ipv6(next, &payload)).map(|decoded| decoded.protocol);
        let expected = if [0, 43, 44, 60].contains(&next) {
            6
        } else {
            next
        };
        assert_eq!(found, Ok(expected), "{next}");
    }
}

#[test]
fn an_extension_header_ends_in_the_packet_or_is_malformed() {
    let packet = ipv6(60, &[6, 9, 0, 0, 0, 0, 0, 0]);
    assert_eq!(
        whole(LinkType::RAW, &packet).unwrap_err().reason,
        SkipReason::Extension
    );
    // The IP length ends it; that the capture was cut behind it is no excuse.
    let snapped = decode(LinkType::RAW, &packet, 1000);
    assert_eq!(snapped.unwrap_err().reason, SkipReason::Extension);
    let cut = decode(LinkType::RAW, &packet[..46], 1000);
    assert_eq!(cut.unwrap_err().reason, SkipReason::HeadersNotCaptured);
}

/// SCTP, DCCP and UDP-Lite have ports on the wire, but no group can name them.
#[test]
fn only_tcp_and_udp_have_ports_and_only_icmp_has_messages() {
    for protocol in 0..=255 {
        let mut packet = ipv4();
        packet[9] = protocol;
        let decoded = whole(LinkType::RAW, &packet).unwrap();
        assert_eq!(decoded.protocol, protocol);
        assert_eq!(decoded.ports.is_some(), protocol == 6 || protocol == 17);
        assert_eq!(decoded.tcp_flags.is_some(), protocol == 6);
        assert_eq!(decoded.icmp, (protocol == 1).then_some((0x9C, 0x40)));
        let six = whole(
            LinkType::RAW,
            &ipv6(protocol, &[6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
        )
        .unwrap();
        assert_eq!(six.icmp.is_some(), protocol == 58);
    }
}
