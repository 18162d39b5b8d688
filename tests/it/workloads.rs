//! Generated workloads, read back and judged: they are what they claim to be.
//!
//! That the same seed gives the same bytes is tested where they are made, in
//! `secgroup-gen`; how a user gets them, in `scenario/generate.rs`.

use std::num::NonZeroU16;

use secgroup_ecs::{Document, ReadOptions, read};
use secgroup_gen::{Plan, Traffic, World, capture, config, flow_list};
use secgroup_matcher::{Answer, Engine, Matcher, Sides};
use secgroup_model::{Action, DecidedBy, Family, GroupKind, Semantics, Snapshot};
use secgroup_replay::capture::{CaptureReader, PacketBatch};
use secgroup_replay::decode::decode;
use secgroup_replay::flow_log::{FlowLog, Options, RowBatch};

const SEED: u64 = 20_261_122;

/// How many rules interfaces have.
const RULE_COUNTS: [usize; 3] = [10, 100, 1_000];

fn fleet() -> Plan {
    Plan {
        interfaces: NonZeroU16::new(300).unwrap(),
        sets: NonZeroU16::new(7).unwrap(),
        ..Plan::interface(SEED, 100, 50)
    }
}

fn read_back(plan: &Plan) -> Snapshot {
    let mut bytes = Vec::new();
    config::write(plan, &mut bytes).unwrap();
    let document = Document {
        name: "config.json",
        bytes: &bytes,
    };
    read(&[document], &ReadOptions::default()).unwrap().snapshot
}

#[test]
fn a_config_read_back_gives_the_same_answers() {
    for plan in [Plan::interface(SEED, 1_000, 50), fleet()] {
        let world = World::new(&plan);
        let again = read_back(&plan);
        assert_eq!(again.rules().len(), world.snapshot.rules().len());
        assert_eq!(again.interfaces().len(), world.snapshot.interfaces().len());
        for family in [Family::V4, Family::V6] {
            let flows = world.flows(Traffic::Mixed, family, 4_000, SEED);
            let [one, other] = [&world.snapshot, &again].map(|snapshot| {
                let matcher = Matcher::compile(snapshot, &Semantics::default(), Engine::Compiled);
                let mut answers = vec![Answer::Judged(Sides::default()); flows.len()];
                matcher.decide(&flows, &mut answers);
                answers
            });
            assert!(one == other, "{family}");
        }
    }
}

/// Returns what decided at the receivers of an interface's world.
fn deciders(traffic: Traffic, family: Family, rules: usize) -> Vec<(Action, DecidedBy)> {
    let v6_percent = if family == Family::V6 { 100 } else { 0 };
    let world = World::new(&Plan::interface(SEED, rules, v6_percent));
    let matcher = Matcher::compile(&world.snapshot, &world.semantics, Engine::Scan);
    let flows = world.flows(traffic, family, 2_000, SEED);
    let mut answers = vec![Answer::Judged(Sides::default()); flows.len()];
    matcher.decide(&flows, &mut answers);
    let sides = answers.into_iter().flat_map(|answer| match answer {
        Answer::Judged(sides) => [sides.egress, sides.ingress],
        Answer::Ambiguous(_) => unreachable!("there is one VPC"),
    });
    let own = sides
        .flatten()
        .filter(|side| side.interface == world.receivers[0]);
    own.map(|side| (side.action, side.by)).collect()
}

#[test]
fn hit_first_is_always_decided_by_the_first_rule() {
    for family in [Family::V4, Family::V6] {
        for rules in RULE_COUNTS {
            let all = deciders(Traffic::HitFirst, family, rules);
            assert_eq!(all.len(), 2_000);
            for (action, by) in all {
                assert_eq!(action, Action::Drop);
                assert!(matches!(by, DecidedBy::Rule(rule) if rule.get() == 0));
            }
        }
    }
}

#[test]
fn deep_miss_is_always_decided_by_the_default() {
    for family in [Family::V4, Family::V6] {
        for rules in RULE_COUNTS {
            let all = deciders(Traffic::DeepMiss, family, rules);
            assert_eq!(all.len(), 2_000);
            for (_, by) in all {
                assert_eq!(by, DecidedBy::Default(GroupKind::Basic));
            }
        }
    }
}

#[test]
fn mixed_reaches_accepts_drops_defaults_and_hundreds_of_rules() {
    for family in [Family::V4, Family::V6] {
        let all = deciders(Traffic::Mixed, family, 1_000);
        let of = |wanted: Action| {
            let rules = all
                .iter()
                .filter(|(action, by)| *action == wanted && matches!(by, DecidedBy::Rule(_)));
            rules.count()
        };
        let (accepts, drops) = (of(Action::Accept), of(Action::Drop));
        let defaults = all.len() - accepts - drops;
        assert!(
            accepts > 300 && drops > 300 && defaults > 200,
            "{accepts} {drops} {defaults}"
        );
        let mut rules: Vec<_> = all.iter().map(|(_, by)| format!("{by:?}")).collect();
        rules.sort_unstable();
        rules.dedup();
        assert!(rules.len() > 200, "{}", rules.len());
    }
}

#[test]
fn every_packet_of_a_capture_decodes_and_lengths_and_protocols_are_mixed() {
    let world = World::new(&Plan::interface(SEED, 100, 20));
    let mut bytes = Vec::new();
    capture::write(&world, 10_000, 20, SEED, &mut bytes).unwrap();
    let mut reader = CaptureReader::new(&bytes[..]).unwrap();
    let mut batch = PacketBatch::default();
    let (mut v6, mut udp, mut icmp, mut short, mut full, mut total) = (0, 0, 0, 0, 0, 0);
    while reader.read_batch(&mut batch) {
        for packet in batch.packets() {
            let bytes = batch.bytes(packet);
            let decoded = decode(packet.link_type, bytes, packet.original_len).unwrap();
            let length = packet.original_len as usize;
            assert!((60..=1_500).contains(&length), "{length}");
            total += 1;
            v6 += u32::from(decoded.source.is_ipv6());
            udp += u32::from(decoded.protocol == 17);
            icmp += u32::from(decoded.icmp.is_some());
            short += u32::from(length < 96);
            full += u32::from(length == 1_500);
        }
    }
    assert!(reader.damage().is_none());
    assert_eq!(total, 10_000);
    assert!(v6 > 1_500 && udp > 1_500 && icmp > 100, "{v6} {udp} {icmp}");
    assert!(short > 400 && full > 2_000, "{short} {full}");
}

#[test]
fn every_row_of_a_flow_list_is_read() {
    for plan in [Plan::interface(SEED, 1_000, 20), fleet()] {
        let mut text = Vec::new();
        flow_list::write(&World::new(&plan), 20_000, 20, SEED, &mut text).unwrap();
        let mut rows = FlowLog::new(&text[..], &Options::default()).unwrap();
        let mut batch = RowBatch::default();
        let mut total = 0;
        while rows.next_batch(&mut batch).unwrap() {
            batch.cut();
            for row in batch.rows() {
                row.parse().unwrap();
                total += 1;
            }
        }
        assert_eq!(total, 20_000);
    }
}
