//! What the reference says about the demo: the story that `data/README.md`
//! tells is true.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use secgroup_ecs::{Document, Located, ReadOptions, read};
use secgroup_model::{
    DecidedBy, EPHEMERAL_PORTS, Endpoints, Evaluation, Flow, IcmpMessage, Outcome,
    PartialTransport, PortSpan, Protocol, Query, Scope, Semantics, Snapshot, Transport, Verdict,
    VpcId, evaluate,
};
use secgroup_replay::capture::{CaptureReader, PacketBatch};
use secgroup_replay::decode::{Decoded, Fragment, decode};
use secgroup_replay::flow_log::{FlowLog, Options, Recorded, RowBatch};

fn file(name: &str) -> Vec<u8> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../data/demo");
    fs::read(folder.join(name)).unwrap()
}

fn fleet() -> Snapshot {
    let bytes = file("fleet.json");
    let document = Document {
        name: "fleet.json",
        bytes: &bytes,
    };
    let read = read(&[document], &ReadOptions::default()).unwrap();
    let legacy = |warning: &Located| warning.message.contains("priority 110");
    assert!(read.warnings.iter().all(legacy), "{:?}", read.warnings);
    assert_eq!(read.warnings.len(), 3);
    read.snapshot
}

fn judge(snapshot: &Snapshot, flow: Flow) -> Evaluation {
    evaluate(snapshot, &Semantics::default(), &Query::from(flow)).unwrap()
}

/// Returns what a whole packet, or a first fragment, is judged as.
fn flow(decoded: &Decoded) -> Flow {
    let transport = match (decoded.ports, decoded.icmp) {
        (Some((source, destination)), _) => Transport::Ports {
            source,
            destination,
        },
        (None, Some((kind, code))) => Transport::Icmp(IcmpMessage { kind, code }),
        (None, None) => Transport::Opaque,
    };
    let endpoints = Endpoints::new(decoded.source, decoded.destination).unwrap();
    Flow::new(endpoints, Protocol(decoded.protocol), transport)
}

#[test]
fn the_log_and_the_rules_disagree_about_three_flows() {
    let fleet = fleet();
    let table = file("flows.csv");
    let mut flows = FlowLog::new(&table[..], &Options::default()).unwrap();
    let mut batch = RowBatch::default();
    let mut disagreements = Vec::new();
    let mut total = 0;
    while flows.next_batch(&mut batch).unwrap() {
        batch.cut();
        for row in batch.rows() {
            let row = row.parse().unwrap();
            let vpc: VpcId = VpcId::new(row.vpc_id.unwrap()).unwrap();
            let mut flow = row.flow;
            flow.scope = Scope::Network(fleet.find_vpc(&vpc).unwrap());
            let recorded = row.recorded.unwrap();
            let expected = match recorded {
                Recorded::Accept => Outcome::Accept,
                Recorded::Reject => Outcome::Drop,
            };
            let outcome = judge(&fleet, flow).outcome();
            total += 1;
            if outcome != expected {
                let (from, to) = (flow.endpoints.source(), flow.endpoints.destination());
                disagreements.push(format!("{from} {to} {recorded:?} {outcome:?}"));
            }
        }
    }
    assert_eq!(total, 60);
    assert_eq!(
        disagreements,
        [
            // The office moved after the log was written.
            "198.51.100.85 10.10.4.10 Accept Drop",
            // A network ACL stopped what the groups accept.
            "198.51.100.150 10.10.1.12 Reject Accept",
            "198.51.100.69 10.10.4.10 Accept Drop",
            // Nobody's interface here.
            "198.51.100.103 198.51.100.25 Accept Outside",
        ]
    );
}

/// What became of the packets of the capture.
#[derive(Debug, Default, PartialEq, Eq)]
struct Packets {
    accepted: u32,
    dropped: u32,
    outside: u32,
    not_ip: u32,
    later_fragments: u32,
}

/// How many sides of packets each tier decided.
#[derive(Debug, Default, PartialEq, Eq)]
struct Tiers {
    platform: u32,
    intra_group: u32,
    rule: u32,
    default: u32,
}

/// Judges the capture; returns also the names of the rules that decided.
fn judge_capture(fleet: &Snapshot) -> (Packets, Tiers, BTreeSet<&str>) {
    let capture = file("traffic.pcap");
    let mut reader = CaptureReader::new(&capture[..]).unwrap();
    let mut batch = PacketBatch::default();
    let (mut packets, mut tiers) = (Packets::default(), Tiers::default());
    let mut hit = BTreeSet::new();
    while reader.read_batch(&mut batch) {
        for packet in batch.packets() {
            let bytes = batch.bytes(packet);
            let Ok(decoded) = decode(packet.link_type, bytes, packet.original_len) else {
                packets.not_ip += 1;
                continue;
            };
            // These get the verdict of the first (3.5.11), which a replay knows.
            if matches!(decoded.fragment, Fragment::Later { .. }) {
                packets.later_fragments += 1;
                continue;
            }
            let evaluation = judge(fleet, flow(&decoded));
            for side in evaluation.egress.iter().chain(&evaluation.ingress) {
                tiers.count(side.by);
                if let DecidedBy::Rule(index) = side.by {
                    hit.insert(fleet.rule(index).name());
                }
            }
            match evaluation.outcome() {
                Outcome::Accept => packets.accepted += 1,
                Outcome::Drop => packets.dropped += 1,
                Outcome::Outside => packets.outside += 1,
                Outcome::Depends => unreachable!("a packet leaves nothing open"),
            }
        }
    }
    assert!(reader.damage().is_none());
    (packets, tiers, hit)
}

impl Tiers {
    fn count(&mut self, by: DecidedBy) {
        match by {
            DecidedBy::Platform(_) => self.platform += 1,
            DecidedBy::IntraGroup(_) => self.intra_group += 1,
            DecidedBy::Rule(_) => self.rule += 1,
            DecidedBy::Default(_) => self.default += 1,
            DecidedBy::Session => unreachable!("no session is known here"),
            DecidedBy::OrphanFragment => unreachable!("later fragments are not judged"),
        }
    }
}

#[test]
fn most_packets_pass_every_tier_decides_some_and_few_rules_are_unused() {
    let fleet = fleet();
    let (packets, tiers, hit) = judge_capture(&fleet);
    assert_eq!(
        packets,
        Packets {
            accepted: 1919,
            dropped: 241,
            outside: 1,
            not_ip: 3,
            later_fragments: 2,
        }
    );
    assert_eq!(
        tiers,
        Tiers {
            platform: 5,
            intra_group: 60,
            rule: 1854,
            default: 877
        }
    );
    let unused: Vec<&str> = fleet
        .rules()
        .map(|(_, rule)| rule.name())
        .filter(|name| !hit.contains(name))
        .collect();
    assert_eq!(
        unused,
        [
            "sgr-web-early-access",
            "sgr-app-ajp",
            "sgr-bastion-egress-drop-all-v6",
            "sgr-default-ssh",
            "sgr-staging-https",
            "sgr-staging-from-web",
        ]
    );
}

/// Says what decided one side.
fn decider(fleet: &Snapshot, side: Verdict) -> String {
    let by = match side.by {
        DecidedBy::Platform(exception) => exception.to_string(),
        DecidedBy::Session => "session".into(),
        DecidedBy::OrphanFragment => "orphan fragment".into(),
        DecidedBy::IntraGroup(group) => format!("members of {}", fleet.group(group).id()),
        DecidedBy::Rule(rule) => fleet.rule(rule).name().to_owned(),
        DecidedBy::Default(kind) => format!("default of {kind}"),
    };
    format!("{} {by}", side.decision)
}

/// Asks about `protocol source source-port destination port`, `*` being any
/// ephemeral port, and returns the answers of both sides and the notes.
fn ask(fleet: &Snapshot, question: &str) -> Vec<String> {
    let words: Vec<&str> = question.split(' ').collect();
    let source = match words[2] {
        "*" => EPHEMERAL_PORTS,
        port => PortSpan::one(port.parse().unwrap()),
    };
    let destination = PortSpan::one(words[4].parse().unwrap());
    let endpoints = Endpoints::new(words[1].parse().unwrap(), words[3].parse().unwrap());
    let transport = PartialTransport::Ports {
        source,
        destination,
    };
    let query = Query::new(endpoints.unwrap(), words[0].parse().unwrap(), transport);
    match evaluate(fleet, &Semantics::default(), &query) {
        Ok(found) => (found.egress.iter().chain(&found.ingress))
            .map(|side| decider(fleet, *side))
            .chain(found.notes.iter().map(ToString::to_string))
            .collect(),
        Err(ambiguous) => vec![ambiguous.to_string()],
    }
}

#[test]
fn the_questions_in_the_readme_have_these_answers() {
    let fleet = fleet();
    let guard = ["drop sgr-guard-crawler"];
    assert_eq!(ask(&fleet, "tcp 192.0.2.17 * 10.10.1.12 80"), guard);
    let open = ["accept sgr-web-http"];
    assert_eq!(ask(&fleet, "tcp 192.0.2.17 * 10.10.1.11 80"), open);
    let cluster = [
        "accept members of sg-app",
        "accept members of sg-app",
        "contested:intra-group-egress",
    ];
    assert_eq!(ask(&fleet, "udp 10.10.2.21 * 10.10.2.22 7946"), cluster);
    let closed = ["drop default of enterprise"];
    assert_eq!(ask(&fleet, "udp 10.10.3.31 * 10.10.0.123 123"), closed);
    let time = ["accept sgr-db-ntp"];
    assert_eq!(ask(&fleet, "udp 10.10.3.31 123 10.10.0.123 123"), time);
    let half = ["drop sgr-bastion-egress-drop-all", "accept sgr-mgmt-ssh"];
    assert_eq!(ask(&fleet, "tcp 10.10.4.10 * 10.10.5.21 22"), half);
    let legacy = ["drop sgr-guard-ssh"];
    assert_eq!(ask(&fleet, "tcp 198.51.100.201 * 10.10.6.7 22"), legacy);
    let mail = ["drop sgr-web-no-mail", "platform:tcp25"];
    assert_eq!(ask(&fleet, "tcp 10.10.1.12 * 198.51.100.25 25"), mail);
    let ambiguous = ask(&fleet, "tcp 203.0.113.9 * 10.10.2.122 443");
    assert!(ambiguous[0].starts_with("address 10.10.2.122 exists in several VPCs"));
    // The sender exists in one of the two only.
    let shop = ["accept default of normal", "accept sgr-app-from-web"];
    assert_eq!(ask(&fleet, "tcp 10.10.1.11 * 10.10.2.122 8080"), shop);
}
