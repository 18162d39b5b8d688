//! Captures with arbitrary damage: never a panic, and the sums always hold.

use secgroup_replay::capture::LinkType;
use secgroup_replay::decode::{SkipReason, decode};

use crate::outcome::{Outcome, data};
use crate::written::{Numbers, tcp_packet};

fn committed() -> Vec<Vec<u8>> {
    let index = std::fs::read_to_string(data("captures/index.tsv")).unwrap();
    let files = index
        .lines()
        .skip(1)
        .map(|line| line.split('\t').next().unwrap());
    files
        .map(|file| std::fs::read(data("captures").join(file)).unwrap())
        .collect()
}

#[test]
fn mutated_captures_never_panic_and_every_packet_is_accounted_for() {
    let mut numbers = Numbers(0x5EC6_2002);
    let files = committed();
    let mut classes = std::collections::BTreeMap::new();
    for _ in 0..6000 {
        let mut bytes = files[numbers.below(files.len())].clone();
        for _ in 0..1 + numbers.below(8) {
            mutate(&mut bytes, &mut numbers);
        }
        // `Outcome` checks that evaluated and skipped packets add up.
        let outcome = Outcome::of_bytes(bytes);
        *classes.entry(outcome.class()).or_insert(0) += 1;
    }
    for class in ["ok", "warn", "partial", "bad"] {
        assert!(
            classes.get(class).is_some_and(|count| *count > 50),
            "{class} is rare: {classes:?}"
        );
    }
}

fn mutate(bytes: &mut Vec<u8>, numbers: &mut Numbers) {
    if bytes.is_empty() {
        return;
    }
    let at = numbers.below(bytes.len());
    match numbers.below(6) {
        0 => bytes[at] ^= 1 << numbers.below(8),
        1 => bytes[at] = numbers.byte(),
        2 => bytes.truncate(at),
        3 => bytes.insert(at, numbers.byte()),
        4 => bytes[at] = [0, 0xFF, 0x7F, 0x80][numbers.below(4)],
        _ => {
            let end = (at + 1 + numbers.below(40)).min(bytes.len());
            bytes.drain(at..end);
        }
    }
}

#[test]
fn arbitrary_bytes_are_decoded_or_skipped_with_every_link_type() {
    let mut numbers = Numbers(0x5EC6_2003);
    let mut reasons = std::collections::BTreeSet::new();
    let mut decoded = 0;
    for round in 0..60_000 {
        let link_type = LinkType::SUPPORTED[numbers.below(LinkType::SUPPORTED.len())];
        let mut packet = if round % 3 == 0 {
            vec![0; numbers.below(120)]
        } else {
            tcp_packet()
        };
        for _ in 0..numbers.below(12) {
            mutate(&mut packet, &mut numbers);
        }
        let original = u32::try_from(packet.len() + numbers.below(3) * 7).unwrap();
        match decode(link_type, &packet, original) {
            Ok(_) => decoded += 1,
            Err(undecodable) => {
                assert!(SkipReason::all().contains(&undecodable.reason));
                reasons.insert(undecodable.reason);
            }
        }
    }
    assert!(decoded > 500, "{decoded}");
    assert!(reasons.len() >= 10, "{reasons:?}");
}
