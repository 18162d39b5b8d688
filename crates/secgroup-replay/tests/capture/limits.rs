//! Every limit, on both sides.

use secgroup_replay::capture::{
    BATCH_PACKETS, BLOCK_LIMIT, CaptureReader, INTERFACE_LIMIT, LinkType, PacketBatch, RECORD_LIMIT,
};
use secgroup_replay::decode::{EXTENSION_LIMIT, LABEL_LIMIT, SkipReason, VLAN_LIMIT, decode};

use crate::outcome::Outcome;
use crate::written::{Order, pcap, tcp_packet};

fn padded(len: usize) -> Vec<u8> {
    let mut packet = tcp_packet();
    packet.resize(len, 0);
    packet
}

#[test]
fn a_record_may_have_262144_bytes_and_no_more() {
    let limit = RECORD_LIMIT as usize;
    assert_eq!(limit, 262_144);
    let fits = Outcome::of_bytes(pcap(&[padded(limit), tcp_packet()]));
    assert_eq!(
        (fits.class(), fits.evaluated),
        ("ok", 2),
        "{}",
        fits.report()
    );

    let over = Outcome::of_bytes(pcap(&[tcp_packet(), padded(limit + 1), tcp_packet()]));
    assert_eq!((over.class(), over.evaluated), ("partial", 1));
    assert_eq!(
        over.damage.unwrap().to_string(),
        "record length 262145 above the limit of 262144 at byte 94, record 2"
    );
}

#[test]
fn a_block_may_have_16_mebibytes_and_no_more() {
    let limit = BLOCK_LIMIT as usize;
    assert_eq!(limit, 16 * 1024 * 1024);
    let order = Order::Little;
    let start = [order.section(), order.interface(1, 0, &[])].concat();
    let fits = [
        start.clone(),
        order.block(99, &vec![7; limit - 12]),
        order.packet(0, 1, &tcp_packet()),
    ]
    .concat();
    let fits = Outcome::of_bytes(fits);
    assert_eq!(
        (fits.class(), fits.evaluated),
        ("ok", 1),
        "{}",
        fits.report()
    );

    let over = [
        start,
        order.block(99, &vec![7; limit - 8]),
        order.packet(0, 1, &tcp_packet()),
    ]
    .concat();
    let over = Outcome::of_bytes(over);
    assert_eq!((over.class(), over.evaluated), ("partial", 0));
    assert!(
        over.report()
            .contains("block length 16777220 above the limit of 16777216 at byte 48")
    );
}

#[test]
fn a_section_may_have_a_million_interfaces_and_no_more() {
    let order = Order::Little;
    let interface = order.interface(1, 0, &[]);
    let mut file = order.section();
    for _ in 0..INTERFACE_LIMIT {
        file.extend(&interface);
    }
    file.extend(order.packet(999_999, 1, &tcp_packet()));
    let fits = Outcome::of_bytes(file.clone());
    assert_eq!(
        (fits.class(), fits.evaluated),
        ("ok", 1),
        "{}",
        fits.report()
    );

    file.extend(&interface);
    let over = Outcome::of_bytes(file);
    assert_eq!((over.class(), over.evaluated), ("partial", 1));
    assert!(
        over.report()
            .contains("more than 1000000 interfaces in one section")
    );
}

#[test]
fn a_batch_is_bounded_by_packets_and_by_bytes() {
    let empty = Order::Little.record(1, 0, &[]);
    let mut file = pcap(&[]);
    for _ in 0..=2 * BATCH_PACKETS {
        file.extend(&empty);
    }
    let mut reader = CaptureReader::new(file.as_slice()).unwrap();
    let mut batch = PacketBatch::default();
    let mut sizes = Vec::new();
    while reader.read_batch(&mut batch) {
        sizes.push(batch.packets().len());
    }
    assert_eq!(sizes, [BATCH_PACKETS, BATCH_PACKETS, 1]);

    let packets = vec![padded(100_000); 50];
    let file = pcap(&packets);
    let mut reader = CaptureReader::new(file.as_slice()).unwrap();
    while reader.read_batch(&mut batch) {
        assert!(
            batch.packets().len() <= 10,
            "{} packets of 100,000 bytes in one batch",
            batch.packets().len()
        );
    }
    assert_eq!(reader.packets(), 50);
}

#[test]
fn four_vlan_tags_are_stepped_over_and_five_are_not() {
    for (tags, expected) in [
        (VLAN_LIMIT, None),
        (VLAN_LIMIT + 1, Some(SkipReason::VlanDepth)),
    ] {
        let mut packet = tcp_packet()[..12].to_vec();
        for tag in 0..tags {
            packet.extend([[0x88, 0xA8], [0x81, 0x00], [0x91, 0x00]][tag % 3]);
            packet.extend([0, 7]);
        }
        packet.extend(&tcp_packet()[12..]);
        assert_eq!(skip(&packet), expected, "{tags} tags");
    }
}

#[test]
fn sixteen_mpls_labels_are_stepped_over_and_seventeen_are_not() {
    for (labels, expected) in [
        (LABEL_LIMIT, None),
        (LABEL_LIMIT + 1, Some(SkipReason::LabelDepth)),
    ] {
        let mut packet = tcp_packet()[..12].to_vec();
        packet.extend([0x88, 0x47]);
        for label in 1..=labels {
            packet.extend([0, 1, u8::from(label == labels), 64]);
        }
        packet.extend(&tcp_packet()[14..]);
        assert_eq!(skip(&packet), expected, "{labels} labels");
    }
}

#[test]
fn sixty_four_extension_headers_are_walked_and_sixty_five_are_not() {
    for (headers, expected) in [
        (EXTENSION_LIMIT, None),
        (EXTENSION_LIMIT + 1, Some(SkipReason::ExtensionDepth)),
    ] {
        let mut packet = tcp_packet()[..12].to_vec();
        packet.extend([0x86, 0xDD, 0x60, 0, 0, 0]);
        packet.extend(u16::try_from(headers * 8 + 20).unwrap().to_be_bytes());
        packet.extend([60, 64]);
        packet.extend([1; 32]);
        for header in 1..=headers {
            packet.extend([if header == headers { 6 } else { 60 }, 0, 0, 0, 0, 0, 0, 0]);
        }
        packet.extend(&tcp_packet()[34..]);
        assert_eq!(skip(&packet), expected, "{headers} headers");
    }
}

fn skip(packet: &[u8]) -> Option<SkipReason> {
    let len = u32::try_from(packet.len()).unwrap();
    match decode(LinkType::ETHERNET, packet, len) {
        Ok(decoded) => {
            assert_eq!(decoded.ports, Some((40_000, 80)));
            None
        }
        Err(undecodable) => Some(undecodable.reason),
    }
}
