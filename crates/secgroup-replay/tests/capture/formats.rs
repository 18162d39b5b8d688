//! What each format may contain, one feature a test.

use secgroup_replay::capture::LinkType;
use secgroup_replay::decode::Fragment;

use crate::outcome::Outcome;
use crate::written::{Order, pcap, tcp_packet};

const ORDERS: [Order; 2] = [Order::Little, Order::Big];

fn one_tcp_packet(outcome: &Outcome) {
    assert_eq!(
        (outcome.delivered, outcome.evaluated),
        (1, 1),
        "{}",
        outcome.report()
    );
    let decoded = outcome.seen[0].decoded.unwrap();
    assert_eq!(
        (decoded.protocol, decoded.ports, decoded.tcp_flags),
        (6, Some((40_000, 80)), Some(2))
    );
    assert_eq!(decoded.fragment, Fragment::Whole);
}

#[test]
fn pcap_is_read_in_both_byte_orders_and_resolutions() {
    for order in ORDERS {
        for (magic, unit) in [(0xA1B2_C3D4, 1000), (0xA1B2_3C4D, 1)] {
            let mut file = order.pcap_header(magic, (2, 4), 65_535, 1);
            file.extend(order.record(7, 5, &tcp_packet()));
            let outcome = Outcome::of_bytes(file);
            one_tcp_packet(&outcome);
            assert_eq!(outcome.seen[0].timestamp, Some(7_000_000_000 + 5 * unit));
            assert_eq!(outcome.class(), "ok");
        }
    }
}

#[test]
fn a_subsecond_of_a_whole_second_is_odd_and_carried() {
    for (magic, second) in [(0xA1B2_C3D4, 1_000_000), (0xA1B2_3C4D, 1_000_000_000)] {
        for (subsecond, class) in [(second - 1, "ok"), (second, "warn")] {
            let mut file = Order::Little.pcap_header(magic, (2, 4), 65_535, 1);
            file.extend(Order::Little.record(7, subsecond, &tcp_packet()));
            let outcome = Outcome::of_bytes(file);
            assert_eq!(outcome.class(), class, "{subsecond}");
            let carried = outcome.seen[0].timestamp == Some(8_000_000_000);
            assert_eq!(carried, class == "warn", "{subsecond}");
        }
    }
}

#[test]
fn modified_pcap_has_eight_more_bytes_in_every_record_header() {
    for order in ORDERS {
        let mut file = order.pcap_header(0xA1B2_CD34, (2, 4), 65_535, 1);
        for seconds in [7, 8] {
            let record = order.record(seconds, 5, &tcp_packet());
            file.extend(&record[..16]);
            file.extend([1, 0, 0, 0, 8, 0, 4, 0]);
            file.extend(&record[16..]);
        }
        let outcome = Outcome::of_bytes(file);
        assert_eq!(
            (outcome.class(), outcome.evaluated),
            ("ok", 2),
            "{}",
            outcome.report()
        );
        assert_eq!(outcome.seen[1].timestamp, Some(8_000_005_000));
    }
}

#[test]
fn old_pcap_versions_are_refused_and_newer_ones_read_as_the_last() {
    for (version, class) in [
        ((2, 4), "ok"),
        ((2, 3), "bad"),
        ((2, 5), "warn"),
        ((1, 4), "bad"),
        ((3, 0), "bad"),
    ] {
        let mut file = Order::Little.pcap_header(0xA1B2_C3D4, version, 65_535, 1);
        file.extend(Order::Little.record(1, 1, &tcp_packet()));
        assert_eq!(Outcome::of_bytes(file).class(), class, "{version:?}");
    }
}

#[test]
fn all_zero_records_are_packets_unless_they_are_the_end() {
    let zeros = Order::Little.record(0, 0, &[]);
    let mut file = pcap(&[]);
    for _ in 0..5000 {
        file.extend(&zeros);
    }
    let trailing = Outcome::of_bytes(file.clone());
    assert_eq!(trailing.delivered, 0);
    assert!(
        trailing.report().contains("5000 empty records"),
        "{}",
        trailing.report()
    );
    assert_eq!(trailing.class(), "warn");

    file.extend(Order::Little.record(9, 0, &tcp_packet()));
    let inside = Outcome::of_bytes(file.clone());
    assert_eq!(
        (inside.delivered, inside.evaluated, inside.oddities.len()),
        (5001, 1, 0)
    );

    // A file may be preallocated to any size.
    file.extend(&zeros);
    file.extend([0; 5]);
    let both = Outcome::of_bytes(file.clone());
    assert_eq!((both.delivered, both.damage), (5001, None));
    assert_eq!(both.oddities[0].count, 1);

    file.push(1);
    assert!(Outcome::of_bytes(file).damage.is_some());
}

#[test]
fn a_single_all_zero_record_between_others_is_a_packet() {
    let record = |seconds| Order::Little.record(seconds, 0, &tcp_packet());
    let zero = Order::Little.record(0, 0, &[]);
    let file = [pcap(&[]), record(1), zero, record(2)].concat();
    let outcome = Outcome::of_bytes(file);
    assert_eq!((outcome.delivered, outcome.evaluated), (3, 2));
    let kinds: Vec<_> = outcome
        .oddities
        .iter()
        .map(|oddity| oddity.kind.name())
        .collect();
    assert_eq!(kinds, ["time-backwards"]);
}

#[test]
fn pcapng_sections_bring_their_own_byte_order_and_interfaces() {
    let mut file = Vec::new();
    for order in [Order::Little, Order::Big, Order::Little] {
        file.extend(order.section());
        file.extend(order.interface(101, 0, &[]));
        file.extend(order.interface(1, 0, &[]));
        file.extend(order.packet(1, 3_000_001, &tcp_packet()));
        file.extend(order.packet(0, 3_000_002, &tcp_packet()[14..]));
    }
    let outcome = Outcome::of_bytes(file.clone());
    assert_eq!(
        (outcome.class(), outcome.evaluated),
        ("warn", 6),
        "{}",
        outcome.report()
    );
    assert!(
        outcome
            .report()
            .contains("time goes back 0.000001 s at packet 3 (2 times)")
    );

    file.extend(Order::Big.section());
    file.extend(Order::Big.packet(1, 0, &tcp_packet()));
    let damage = Outcome::of_bytes(file).damage.unwrap();
    assert!(
        damage
            .to_string()
            .starts_with("packet for interface 1, none described"),
        "{damage}"
    );
    assert_eq!(damage.record, 7);
}

#[test]
fn an_interface_has_its_own_resolution_and_offset() {
    let order = Order::Little;
    type Options<'a> = &'a [(u16, &'a [u8])];
    let rows: [(Options<'_>, u64, Option<i64>); 6] = [
        (&[], 5, Some(5_000)),
        (&[(9, &[9])], 5, Some(5)),
        (&[(9, &[0x80 | 10])], 1536, Some(1_500_000_000)),
        (
            &[(9, &[3]), (14, &2_i64.to_le_bytes())],
            5,
            Some(2_005_000_000),
        ),
        (
            &[(9, &[0]), (14, &(-7_i64).to_le_bytes())],
            5,
            Some(-2_000_000_000),
        ),
        (&[(2, b"\xFF\xFEname"), (0, &[]), (9, &[0])], 5, Some(5_000)),
    ];
    for (options, ticks, expected) in rows {
        let mut file = order.section();
        file.extend(order.interface(1, 0, options));
        file.extend(order.packet(0, ticks, &tcp_packet()));
        let outcome = Outcome::of_bytes(file);
        one_tcp_packet(&outcome);
        assert_eq!(outcome.seen[0].timestamp, expected, "{options:?}");
        assert_eq!(outcome.class(), "ok", "{}", outcome.report());
    }
}

#[test]
fn a_time_that_does_not_fit_is_no_time() {
    let order = Order::Little;
    let mut file = order.section();
    file.extend(order.interface(1, 0, &[(9, &[0])]));
    for ticks in [9_223_372_036, 9_223_372_037, u64::MAX] {
        file.extend(order.packet(0, ticks, &tcp_packet()));
    }
    let outcome = Outcome::of_bytes(file);
    let times: Vec<_> = outcome.seen.iter().map(|seen| seen.timestamp).collect();
    assert_eq!(times, [Some(9_223_372_036_000_000_000), None, None]);
    assert!(
        outcome
            .report()
            .contains("timestamp out of range at packet 2: read as no time (2 times)")
    );
}

#[test]
fn obsolete_and_simple_packet_blocks_are_packets() {
    for order in ORDERS {
        let packet = tcp_packet();
        let mut file = order.section();
        file.extend(order.interface(1, 40, &[]));
        // Obsolete: a 16-bit interface, then a count of drops.
        let mut body = [order.u16(0), order.u16(9)].concat();
        body.extend([0, 7, 54, 54].iter().flat_map(|number| order.u32(*number)));
        body.extend(&packet);
        file.extend(order.block(2, &body));
        // Simple: only the length on the wire; captured up to the limit of 40.
        let mut body = order.u32(54).to_vec();
        body.extend(&packet[..40]);
        file.extend(order.block(3, &body));
        let outcome = Outcome::of_bytes(file);
        let lengths: Vec<_> = outcome
            .seen
            .iter()
            .map(|seen| (seen.captured_len, seen.original_len))
            .collect();
        assert_eq!(lengths, [(54, 54), (40, 54)]);
        let times: Vec<_> = outcome.seen.iter().map(|seen| seen.timestamp).collect();
        assert_eq!(times, [Some(7_000), None]);
        assert_eq!(outcome.evaluated, 2, "{}", outcome.report());
        assert_eq!(outcome.damage, None);
    }
}

#[test]
fn a_pcapng_of_unsupported_link_types_only_is_refused_at_its_end() {
    let order = Order::Little;
    let mut file = order.section();
    file.extend(order.interface(147, 0, &[]));
    file.extend(order.interface(1, 0, &[]));
    let empty = Outcome::of_bytes(file.clone());
    assert_eq!((empty.class(), empty.delivered), ("ok", 0));

    file.extend(order.packet(0, 1, &tcp_packet()));
    let refused = Outcome::of_bytes(file.clone());
    assert_eq!(refused.class(), "bad");
    assert!(
        refused
            .report()
            .contains("link type 147 (user0) not supported; supported: 0 (null), 1 (ethernet)")
    );

    file.extend(order.packet(1, 2, &tcp_packet()));
    let mixed = Outcome::of_bytes(file);
    assert_eq!(
        (mixed.class(), mixed.delivered, mixed.evaluated),
        ("warn", 2, 1)
    );
}

#[test]
fn exactly_the_supported_link_types_are_decoded() {
    for number in 0..=u16::MAX {
        let link_type = LinkType(number);
        let refused =
            secgroup_replay::decode::decode(link_type, &tcp_packet(), 54).is_err_and(|error| {
                error.reason == secgroup_replay::decode::SkipReason::UnsupportedLinkType
            });
        assert_eq!(refused, !link_type.is_supported(), "{link_type}");
    }
}

#[test]
fn damage_of_blocks_says_where_and_what() {
    let order = Order::Little;
    let start = [
        order.section(),
        order.interface(1, 0, &[]),
        order.packet(0, 1, &tcp_packet()),
    ]
    .concat();
    let at = start.len();
    let rows: [(Vec<u8>, &str); 9] = [
        (
            [order.u32(6), order.u32(8)].concat(),
            "block length 8 below the least of 12",
        ),
        (
            [order.u32(6), order.u32(35)].concat(),
            "block length 35 not a multiple of 4",
        ),
        (
            order.block(6, &[0; 16]),
            "block of type 6 has 16 bytes, expected at least 20",
        ),
        (
            order.block(1, &[0; 4]),
            "block of type 1 has 4 bytes, expected at least 8",
        ),
        (
            order.block(3, &[]),
            "block of type 3 has 0 bytes, expected at least 4",
        ),
        (
            order.packet(7, 1, &[]),
            "packet for interface 7 of 1 described",
        ),
        (
            order.interface(1, 0, &[(9, &[6, 6])]),
            "option 9 of 2 bytes, expected 1",
        ),
        (
            order.block(1, &[1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 5, 0, 65, 0, 0, 0]),
            "option beyond block: option 2 of 5 bytes, 4 left",
        ),
        ([1, 2, 3].to_vec(), "truncated block (3 of 12 bytes)"),
    ];
    for (tail, expected) in rows {
        let outcome = Outcome::of_bytes([start.clone(), tail].concat());
        assert_eq!(outcome.delivered, 1);
        assert_eq!(
            outcome.damage.unwrap().to_string(),
            format!("{expected} at byte {at}, record 2")
        );
    }
}

#[test]
fn a_damaged_first_section_is_refused() {
    let good = Order::Little.section();
    let cut = Outcome::of_bytes(&good[..20]);
    assert_eq!(cut.error.as_deref(), Some("file header: 20 of 28 bytes"));
    let mut magic = good.clone();
    magic[8] = 0;
    let wrong = Outcome::of_bytes(magic);
    assert!(
        wrong.error.unwrap().contains("byte-order magic 0x003c2b1a"),
        "names the magic"
    );
    let mut length = good;
    length[4] = 29;
    assert!(
        Outcome::of_bytes(length)
            .error
            .unwrap()
            .contains("block length 29")
    );
}
