//! Packets and flows that are judged in brief, because nobody asks for rows, are
//! counted as those that are judged record by record.
//!
//! With rows every packet is judged and counted for itself; without, usual packets
//! and plain lines of lists are not. Both reports must be one.

use std::collections::BTreeSet;
use std::io::{self, Write as _};
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use secgroup_ecs::{Document, ReadOptions};
use secgroup_gen::{Plan, World, capture};
use secgroup_matcher::{Engine, Matcher};
use secgroup_model::{Endpoints, Flow, Protocol, Semantics, Snapshot, Transport};
use secgroup_replay::flow_log::ColumnNames;
use secgroup_replay::{
    Control, Conversation, Count, Deciders, Judge, Location, Mode, Replay, Report, Row, Sink,
    Source,
};
use secgroup_tests::program::{shared, workspace};
use secgroup_tests::rng::Rng;

/// How many dropped conversations there are in a scan: more than are ranked, and
/// more than a worker numbers before it begins anew.
const SCANNED: u32 = 150_000;

/// How many packets of a scan belong to conversations that were there before.
const REPEATED: u32 = 50_000;

/// How many damaged copies of every committed capture are tried.
const MUTANTS: usize = 12;

/// Takes rows, and remembers who talks.
#[derive(Default)]
struct Addresses(Mutex<BTreeSet<IpAddr>>);

impl Sink for Addresses {
    fn format(&self, rows: &mut dyn Iterator<Item = Row<'_>>, _: &mut Vec<u8>) {
        let mut known = self.0.lock().unwrap();
        for row in rows {
            let ends = row.record.flow.endpoints;
            known.extend([ends.source(), ends.destination()]);
        }
    }

    fn write(&mut self, _: &[u8]) -> io::Result<()> {
        Ok(())
    }
}

fn replay(snapshot: &Snapshot, path: &Path, threads: usize, sink: Option<&mut dyn Sink>) -> Report {
    let matcher = Matcher::compile(snapshot, &Semantics::default(), Engine::Compiled);
    let source = Source {
        location: Location::Path(path.to_owned()),
        format: None,
        columns: ColumnNames::default(),
        found: false,
    };
    let replay = Replay {
        mode: Mode::Packets,
        rank_accepted: true,
        skip_bad: true,
        threads,
        ..Replay::new(snapshot, Judge::Matcher(Box::new(matcher)))
    };
    let control = Arc::new(Control::default());
    replay.run(&[source], &control, sink).unwrap()
}

/// Compares both ways; returns what passed, was dropped and was outside.
#[track_caller]
fn compare(snapshot: &Snapshot, path: &Path) -> [u64; 3] {
    type Top = Vec<(Conversation, Count, Option<Deciders>)>;
    fn ranked(report: &Report) -> [(Top, Count); 2] {
        let rankings = [&report.accepted, &report.dropped];
        rankings.map(|ranking| {
            let top = ranking.top(usize::MAX).into_iter();
            let top = top.map(|(name, count)| (name, count, ranking.deciders(&name).copied()));
            (top.collect(), *ranking.beyond())
        })
    }
    let wanted = replay(snapshot, path, 2, Some(&mut Addresses::default()));
    for threads in [1, 3] {
        let report = replay(snapshot, path, threads, None);
        let name = path.display();
        assert_eq!(report.inputs, wanted.inputs, "{name}, {threads} threads");
        assert!(report.tally == wanted.tally, "{name}, {threads} threads");
        assert!(
            ranked(&report) == ranked(&wanted),
            "{name}, {threads} threads"
        );
    }
    wanted.tally.verdicts().map(|count| count.packets)
}

/// Returns a fleet in which some of the addresses are those of interfaces. Of
/// many, the last one is in two VPCs, so that nobody can say which is meant.
fn fleet(addresses: &BTreeSet<IpAddr>) -> Snapshot {
    let interface = |number: usize, address: &IpAddr, vpc: &str, group: &str| {
        let own = match address {
            IpAddr::V4(own) => format!(r#""PrivateIpSets": [{{"PrivateIpAddress": "{own}"}}]"#),
            IpAddr::V6(own) => format!(r#""Ipv6Sets": [{{"Ipv6Address": "{own}"}}]"#),
        };
        format!(
            r#"{{"NetworkInterfaceId": "eni-{number}", "VpcId": "{vpc}", {own},
                "SecurityGroupIds": ["{group}"]}}"#
        )
    };
    // What cannot be an address of an interface is left out.
    let usable = addresses.iter().filter(|address| match address {
        IpAddr::V4(own) => !own.is_multicast() && !own.is_broadcast() && !own.is_unspecified(),
        IpAddr::V6(own) => !own.is_multicast() && !own.is_unspecified(),
    });
    let mut usable: Vec<&IpAddr> = usable.collect();
    let contested = if usable.len() > 6 { usable.pop() } else { None };
    let mut interfaces: Vec<String> = (0..)
        .zip(&usable)
        .step_by(2)
        .map(|(number, address)| {
            interface(
                number,
                address,
                "vpc-1",
                ["sg-one", "sg-two"][number / 2 % 2],
            )
        })
        .collect();
    if let Some(address) = contested {
        interfaces.push(interface(usable.len(), address, "vpc-1", "sg-one"));
        interfaces.push(interface(usable.len() + 1, address, "vpc-2", "sg-three"));
    }
    let text = format!(
        r#"{{"SecurityGroups": [
          {{"SecurityGroupId": "sg-one", "SecurityGroupType": "normal", "InnerAccessPolicy": "Accept",
            "VpcId": "vpc-1", "Permissions": [
            {{"Direction": "ingress", "IpProtocol": "TCP", "PortRange": "1/1023", "SourceCidrIp": "0.0.0.0/0"}},
            {{"Direction": "ingress", "IpProtocol": "TCP", "PortRange": "1/1023", "Ipv6SourceCidrIp": "::/0"}},
            {{"Direction": "ingress", "IpProtocol": "ICMP", "PortRange": "-1/-1", "SourceCidrIp": "0.0.0.0/0"}},
            {{"Direction": "egress", "IpProtocol": "UDP", "PortRange": "53/53", "Policy": "Drop", "DestCidrIp": "0.0.0.0/0"}}]}},
          {{"SecurityGroupId": "sg-two", "SecurityGroupType": "enterprise", "VpcId": "vpc-1", "Permissions": [
            {{"Direction": "ingress", "IpProtocol": "UDP", "PortRange": "1/65535", "SourceCidrIp": "0.0.0.0/1"}},
            {{"Direction": "egress", "IpProtocol": "ALL", "PortRange": "-1/-1", "Ipv6DestCidrIp": "::/0"}}]}},
          {{"SecurityGroupId": "sg-three", "SecurityGroupType": "normal", "InnerAccessPolicy": "Drop",
            "VpcId": "vpc-2", "Permissions": []}}],
          "NetworkInterfaceSets": [{}]}}"#,
        interfaces.join(",")
    );
    let document = Document {
        name: "fleet.json",
        bytes: text.as_bytes(),
    };
    secgroup_ecs::read(&[document], &ReadOptions::default())
        .unwrap()
        .snapshot
}

/// Returns the captures that a folder lists.
fn listed(folder: &Path) -> Vec<PathBuf> {
    let index = std::fs::read_to_string(folder.join("index.tsv")).unwrap();
    let names = index
        .lines()
        .skip(1)
        .filter_map(|line| line.split('\t').next());
    names.map(|name| folder.join(name)).collect()
}

/// Compares a capture under a fleet of its own.
#[track_caller]
fn compare_capture(path: &Path, sums: &mut [u64; 3]) {
    let mut addresses = Addresses::default();
    replay(&fleet(&BTreeSet::new()), path, 1, Some(&mut addresses));
    let counts = compare(&fleet(&addresses.0.into_inner().unwrap()), path);
    for (sum, count) in sums.iter_mut().zip(counts) {
        *sum += count;
    }
}

#[test]
fn real_captures_are_counted_the_same_with_and_without_rows() {
    let mut folders = vec![workspace().join("data/captures")];
    folders.extend(shared("data/captures"));
    let mut sums = [0; 3];
    for path in folders.iter().flat_map(|folder| listed(folder)) {
        compare_capture(&path, &mut sums);
    }
    assert!(sums.iter().all(|count| *count > 5), "{sums:?}");
}

#[test]
fn damaged_captures_are_counted_the_same_with_and_without_rows() {
    let mut state = 0x5EC6_2011_u64;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % u64::try_from(below).unwrap()).unwrap()
    };
    let folder = tempfile::tempdir().unwrap();
    let damaged = folder.path().join("damaged.pcap");
    let mut sums = [0; 3];
    for path in listed(&workspace().join("data/captures")) {
        let whole = std::fs::read(&path).unwrap();
        for _ in 0..MUTANTS {
            let mut bytes = whole.clone();
            for _ in 0..=random(4) {
                // The header stays, so that there is something to count.
                let at = 24 + random(bytes.len().saturating_sub(24).max(1));
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << random(8);
                }
            }
            std::fs::write(&damaged, bytes).unwrap();
            compare_capture(&damaged, &mut sums);
        }
    }
    assert!(sums.iter().all(|count| *count > 100), "{sums:?}");
}

#[test]
fn generated_captures_are_counted_the_same_with_and_without_rows() {
    let world = World::new(&Plan::interface(20_261_129, 300, 30));
    let file = tempfile::Builder::new().suffix(".pcap").tempfile().unwrap();
    capture::write(&world, 60_000, 30, 7, io::BufWriter::new(file.as_file())).unwrap();
    let [accepted, dropped, _] = compare(&world.snapshot, file.path());
    assert!(
        accepted > 10_000 && dropped > 10_000,
        "{accepted} {dropped}"
    );
}

#[test]
fn a_scan_of_more_conversations_than_are_told_apart_is_ranked_the_same() {
    let mut file = Vec::new();
    file.extend(0xa1b2_c3d4_u32.to_le_bytes());
    file.extend([2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    // Raw IP.
    file.extend([65_535_u32, 101].map(u32::to_le_bytes).concat());
    for number in 0..SCANNED + REPEATED {
        let scanner = match number.checked_sub(SCANNED) {
            None => number,
            Some(again) => again * 7 % SCANNED,
        };
        let mut packet = vec![0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0];
        packet.extend((0x0B00_0000 + scanner).to_be_bytes());
        packet.extend([10, 0, 0, 1, 0x9C, 0x40, 0, 53, 0, 8, 0, 0]);
        let header = [
            1_772_445_600 + number / 1000,
            number % 1000,
            28,
            28 + number % 5,
        ];
        file.extend(header.map(u32::to_le_bytes).concat());
        file.extend(packet);
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scan.pcap");
    std::fs::write(&path, file).unwrap();
    // Its one interface lets no UDP in.
    let target: IpAddr = [10, 0, 0, 1].into();
    let [accepted, dropped, _] = compare(&fleet(&BTreeSet::from([target])), &path);
    assert_eq!([accepted, dropped], [0, u64::from(SCANNED + REPEATED)]);
    let report = replay(&fleet(&BTreeSet::from([target])), &path, 2, None);
    assert!(report.dropped.beyond().packets > 50_000);
}

/// Writes a line of a list about a flow, mostly a plain one.
fn line(flow: &Flow, random: &mut impl FnMut(usize) -> usize) -> String {
    let Flow {
        endpoints,
        protocol,
        transport,
        ..
    } = flow;
    let (source, destination) = (endpoints.source(), endpoints.destination());
    let name = match (protocol.0, random(4)) {
        (6, 0) => "tcp".to_owned(),
        (17, 0) => "UDP".to_owned(),
        (number, _) => number.to_string(),
    };
    let rest = match transport {
        Transport::Ports {
            source,
            destination,
        } => format!("{source},{destination},,"),
        Transport::Icmp(message) => format!(",,{},{}", message.kind, message.code),
        Transport::Opaque | Transport::LaterFragment => ",,,".to_owned(),
    };
    let end = ["\n", "\r\n"][usize::from(random(9) == 0)];
    match random(40) {
        0 => format!("\"{source}\", {destination} ,{name},{rest}{end}"),
        1 => format!("{source},{destination},nothing,{rest}{end}"),
        2 => format!("{source},{destination},{name},{rest},{end}"),
        3 => format!("{source},198.51.100.1,{name},{rest}{end}"),
        4 => end.to_owned(),
        _ => format!("{source},{destination},{name},{rest}{end}"),
    }
}

/// Writes a list of flows.
fn list(flows: &[Flow]) -> tempfile::NamedTempFile {
    let mut state = 0x5EC6_2033_u64;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % u64::try_from(below).unwrap()).unwrap()
    };
    let mut text = "src_ip,dst_ip,protocol,src_port,dst_port,icmp_type,icmp_code\n".to_owned();
    for flow in flows {
        text.push_str(&line(flow, &mut random));
    }
    let mut file = tempfile::Builder::new().suffix(".csv").tempfile().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

#[test]
fn lists_are_counted_the_same_with_and_without_rows() {
    let mut reached = [0; 3];
    for seed in 0..40 {
        // Small worlds with everything in them: groups whose members reach each
        // other, the classic network, an address in two VPCs.
        let world = secgroup_tests::worlds::World::generate(seed);
        let mut rng = Rng::new(!seed);
        let flows: Vec<Flow> = (0..3_000)
            .map(|_| secgroup_tests::flows::generate(&world, &mut rng).flow)
            .collect();
        let counts = compare(&world.snapshot, list(&flows).path());
        for (sum, count) in reached.iter_mut().zip(counts) {
            *sum += count;
        }
    }
    assert!(reached.iter().all(|count| *count > 1_000), "{reached:?}");
}

#[test]
fn a_list_of_more_conversations_than_are_told_apart_is_ranked_the_same() {
    let target = Ipv4Addr::new(10, 0, 0, 1);
    let flows = (0..SCANNED + REPEATED).map(|number| {
        let scanner = match number.checked_sub(SCANNED) {
            None => number,
            Some(again) => again * 7 % SCANNED,
        };
        let endpoints = Endpoints::V4 {
            source: Ipv4Addr::from_bits(0x0B00_0000 + scanner),
            destination: target,
        };
        let (protocol, destination) =
            [(Protocol::UDP, 53), (Protocol::TCP, 4_000)][usize::from(number % 3 == 0)];
        let transport = Transport::Ports {
            source: 40_000,
            destination,
        };
        Flow::new(endpoints, protocol, transport)
    });
    let flows: Vec<Flow> = flows.collect();
    let snapshot = fleet(&BTreeSet::from([target.into()]));
    let file = list(&flows);
    let [accepted, dropped, _] = compare(&snapshot, file.path());
    assert!(accepted == 0 && dropped > 150_000, "{accepted} {dropped}");
    let report = replay(&snapshot, file.path(), 2, None);
    assert!(report.dropped.beyond().packets > 50_000);
}

#[test]
fn a_list_ends_at_the_first_bad_line_with_and_without_rows() {
    let snapshot = fleet(&BTreeSet::from([IpAddr::from([10, 0, 0, 1])]));
    let mut file = tempfile::Builder::new().suffix(".csv").tempfile().unwrap();
    writeln!(file, "src_ip,dst_ip,protocol,src_port,dst_port").unwrap();
    for number in 0..20_000 {
        let port = if number == 12_345 {
            "many".to_owned()
        } else {
            (number % 999).to_string()
        };
        writeln!(file, "203.0.113.7,10.0.0.1,6,40000,{port}").unwrap();
    }
    let run = |sink: Option<&mut dyn Sink>| {
        let matcher = Matcher::compile(&snapshot, &Semantics::default(), Engine::Compiled);
        let replay = Replay {
            threads: 3,
            ..Replay::new(&snapshot, Judge::Matcher(Box::new(matcher)))
        };
        let source = Source::at(Location::Path(file.path().to_owned()));
        replay
            .run(&[source], &Arc::new(Control::default()), sink)
            .unwrap()
    };
    let (brief, full) = (run(None), run(Some(&mut Addresses::default())));
    assert_eq!(brief.inputs, full.inputs);
    assert!(brief.tally == full.tally);
    assert_eq!(brief.tally.evaluated(), 12_345);
}
