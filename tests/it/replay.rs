//! Replays told as stories, whose whole outcome is compared.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use secgroup_ecs::{Document, ReadOptions};
use secgroup_matcher::{Engine, Matcher};
use secgroup_model::{Semantics, Snapshot};
use secgroup_replay::{
    Control, Count, Ending, Judge, Location, Mode, Replay, Report, Row, Sink, Source, Timestamp,
};

/// Two web servers that may talk to each other, and a database of the same
/// VPC; the second VPC has the database's address once more.
const FLEET: &str = r#"{
 "SecurityGroups": [
  {"SecurityGroupId": "sg-web", "SecurityGroupType": "normal", "InnerAccessPolicy": "Accept", "VpcId": "vpc-1",
   "Permissions": [
    {"Direction": "ingress", "IpProtocol": "TCP", "PortRange": "443/443", "SourceCidrIp": "0.0.0.0/0"},
    {"Direction": "ingress", "IpProtocol": "UDP", "PortRange": "53/53", "SourceCidrIp": "198.51.100.0/24"},
    {"Direction": "ingress", "IpProtocol": "TCP", "PortRange": "25/25", "SourceCidrIp": "0.0.0.0/0"}]},
  {"SecurityGroupId": "sg-db", "SecurityGroupType": "enterprise", "VpcId": "vpc-1", "Permissions": [
    {"Direction": "ingress", "IpProtocol": "TCP", "PortRange": "3306/3306", "SourceCidrIp": "10.0.0.0/24"}]},
  {"SecurityGroupId": "sg-other", "SecurityGroupType": "normal", "InnerAccessPolicy": "Drop", "VpcId": "vpc-2", "Permissions": []}],
 "NetworkInterfaceSets": [
  {"NetworkInterfaceId": "eni-web-1", "VpcId": "vpc-1", "PrivateIpSets": [{"PrivateIpAddress": "10.0.0.1"}], "SecurityGroupIds": ["sg-web"]},
  {"NetworkInterfaceId": "eni-web-2", "VpcId": "vpc-1", "PrivateIpSets": [{"PrivateIpAddress": "10.0.0.2"}], "SecurityGroupIds": ["sg-web"]},
  {"NetworkInterfaceId": "eni-db", "VpcId": "vpc-1", "PrivateIpSets": [{"PrivateIpAddress": "10.0.0.9"}], "SecurityGroupIds": ["sg-db"]},
  {"NetworkInterfaceId": "eni-other", "VpcId": "vpc-2", "PrivateIpSets": [{"PrivateIpAddress": "10.0.0.9"}], "SecurityGroupIds": ["sg-other"]}]
}"#;

fn fleet() -> Snapshot {
    let document = Document {
        name: "fleet.json",
        bytes: FLEET.as_bytes(),
    };
    secgroup_ecs::read(&[document], &ReadOptions::default())
        .unwrap()
        .snapshot
}

/// Collects `id verdict` of every row.
#[derive(Default)]
struct Verdicts(Vec<u8>);

impl Sink for Verdicts {
    fn format(&self, rows: &mut dyn Iterator<Item = Row<'_>>, output: &mut Vec<u8>) {
        for row in rows {
            let id = row
                .text
                .flow_id()
                .map_or_else(|| row.record.number.to_string(), str::to_owned);
            output.extend(format!("{id} {}\n", row.sides.outcome()).bytes());
        }
    }

    fn write(&mut self, rows: &[u8]) -> io::Result<()> {
        self.0.extend(rows);
        Ok(())
    }
}

fn replay(
    snapshot: &Snapshot,
    paths: &[&Path],
    skip_bad: bool,
    threads: usize,
) -> (Report, String) {
    let semantics = Semantics::default();
    let matcher = Matcher::compile(snapshot, &semantics, Engine::Compiled);
    let judge = Judge::Matcher(Box::new(matcher));
    let sources: Vec<Source> = paths
        .iter()
        .map(|path| Source::at(Location::Path(path.to_path_buf())))
        .collect();
    let control = Arc::new(Control::default());
    let mut verdicts = Verdicts::default();
    let replay = Replay {
        mode: Mode::Packets,
        skip_bad,
        threads,
        ..Replay::new(snapshot, judge)
    };
    let report = replay.run(&sources, &control, Some(&mut verdicts)).unwrap();
    assert_eq!(control.records.load(Ordering::Relaxed), report.records());
    assert_eq!(
        report.records(),
        report.tally.evaluated() + report.skipped()
    );
    (report, String::from_utf8(verdicts.0).unwrap())
}

fn count(flows: u64, packets: u64, bytes: u64, first: i64, last: i64) -> Count {
    let seen = |seconds: i64| (seconds > 0).then_some(Timestamp(seconds * 1_000_000_000));
    Count {
        flows,
        packets,
        bytes,
        first_seen: seen(first),
        last_seen: seen(last),
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "one story, and all that came of it")]
fn a_day_of_flows_is_counted_by_what_decided() {
    let snapshot = fleet();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("flows.csv");
    // A visitor comes twice and is let in by the first rule; a scanner is
    // turned away by the default; the web servers gossip, which needs no rule;
    // one asks the metadata service; it also reaches the database, whose rule
    // accepts what the web server's default lets out. Strangers talk to each
    // other. Somebody asks for 10.0.0.9 without saying which, once rightly for
    // vpc-2, and once for a VPC nobody has.
    fs::write(
        &path,
        "flow_id,vpc_id,timestamp,src_ip,dst_ip,protocol,src_port,dst_port,packets,bytes,action\n\
         visit-1,vpc-1,100,203.0.113.9,10.0.0.1,tcp,40000,443,10,1000,ACCEPT\n\
         visit-2,vpc-1,200,203.0.113.9,10.0.0.1,tcp,40001,443,5,500,REJECT\n\
         scan,vpc-1,150,203.0.113.66,10.0.0.1,tcp,40000,23,1,60,REJECT\n\
         gossip,vpc-1,160,10.0.0.1,10.0.0.2,udp,7946,7946,2,200,\n\
         metadata,vpc-1,170,10.0.0.1,100.100.100.200,tcp,40000,80,3,300,\n\
         query,vpc-1,180,10.0.0.1,10.0.0.9,tcp,40000,3306,4,400,\n\
         strangers,,190,203.0.113.9,203.0.113.66,tcp,1,2,1,60,\n\
         which,,210,203.0.113.9,10.0.0.9,tcp,40000,3306,1,60,\n\
         other,vpc-2,220,203.0.113.9,10.0.0.9,tcp,40000,3306,1,60,\n\
         nowhere,vpc-9,230,203.0.113.9,10.0.0.1,tcp,40000,443,1,60,\n",
    )
    .unwrap();
    let (report, verdicts) = replay(&snapshot, &[&path], false, 2);
    assert_eq!(
        verdicts,
        "visit-1 accept\nvisit-2 accept\nscan drop\ngossip accept\nmetadata accept\n\
         query accept\nstrangers outside\nother drop\nnowhere outside\n"
    );

    let [accepted, dropped, outside] = report.tally.verdicts();
    assert_eq!(*accepted, count(5, 24, 2400, 100, 200));
    assert_eq!(*dropped, count(2, 2, 120, 150, 220));
    assert_eq!(*outside, count(2, 2, 120, 190, 230));
    let rules: Vec<(&str, Count)> = snapshot
        .rules()
        .map(|(index, rule)| (rule.name(), *report.tally.rule(index)))
        .collect();
    assert_eq!(
        rules,
        [
            ("sg-web#1", count(2, 15, 1500, 100, 200)),
            ("sg-web#2", Count::default()),
            ("sg-web#3", Count::default()),
            ("sg-db#1", count(1, 4, 400, 180, 180)),
        ]
    );
    let groups: Vec<Count> = snapshot
        .groups()
        .map(|(index, _)| *report.tally.intra_group(index))
        .collect();
    // Both ends of the gossip were let through by the group; it counts once.
    assert_eq!(
        groups,
        [
            count(1, 2, 200, 160, 160),
            Count::default(),
            Count::default()
        ]
    );
    assert_eq!(*report.tally.platform(), count(1, 3, 300, 170, 170));
    let defaults: Vec<(String, String, Count)> = report
        .tally
        .defaults(&snapshot)
        .map(|found| {
            let interface = snapshot.interface(found.interface).id().to_string();
            (
                interface,
                format!("{} {}", found.action, found.direction),
                found.count,
            )
        })
        .collect();
    let default =
        |interface: &str, what: &str, count| (interface.to_owned(), what.to_owned(), count);
    assert_eq!(
        defaults,
        [
            default("eni-web-1", "accept egress", count(1, 4, 400, 180, 180)),
            default("eni-web-1", "drop ingress", count(1, 1, 60, 150, 150)),
            default("eni-other", "drop ingress", count(1, 1, 60, 220, 220)),
        ]
    );
    // The cloud says it refused the second visit; the rules do not.
    assert_eq!(*report.tally.mismatched(), count(1, 5, 500, 200, 200));
    assert_eq!(*report.tally.contested(), Count::default());

    let input = &report.inputs[0];
    assert_eq!(
        (input.format, input.records, &input.ending),
        (Some("csv"), 10, &Ending::Complete)
    );
    let skips: Vec<_> = input
        .skips
        .iter()
        .map(|(skip, count)| (skip.name(), count))
        .collect();
    assert_eq!(skips, [("ambiguous-address", 1)]);
    let dropped: Vec<String> = report
        .dropped
        .top(9)
        .iter()
        .map(|(one, count)| format!("{} {}", one.destination, count.packets))
        .collect();
    // Equal counts are ordered by address.
    assert_eq!(dropped, ["10.0.0.9 1", "10.0.0.1 1"]);
}

#[test]
fn a_bad_row_ends_the_run_unless_it_is_skipped() {
    let snapshot = fleet();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("flows.csv");
    let header = "src_ip,dst_ip,protocol,src_port,dst_port\n";
    let good = "203.0.113.9,10.0.0.1,tcp,40000,443\n";
    let bad = "203.0.113.9,10.0.0.1,tcp,40000,65536\n";

    fs::write(&path, [header, good, bad, good].concat()).unwrap();
    let (report, verdicts) = replay(&snapshot, &[&path], false, 2);
    assert_eq!(verdicts, "2 accept\n");
    let ending = &report.inputs[0].ending;
    assert!(
        matches!(ending, Ending::Damaged(why) if why.contains("line 3, column dst_port")),
        "{ending:?}"
    );

    let (report, verdicts) = replay(&snapshot, &[&path], true, 2);
    assert_eq!(verdicts, "2 accept\n4 accept\n");
    assert_eq!((report.records(), report.skipped()), (3, 1));
    assert_eq!(report.inputs[0].ending, Ending::Complete);

    // Nothing was evaluated before it.
    fs::write(&path, [header, bad, good].concat()).unwrap();
    let (report, verdicts) = replay(&snapshot, &[&path], false, 2);
    assert_eq!(verdicts, "");
    assert!(matches!(&report.inputs[0].ending, Ending::Refused(_)));
}

#[test]
fn later_fragments_take_the_verdict_of_the_first_3_5_11() {
    let snapshot = fleet();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fragments.pcap");
    // Resolvers at 198.51.100.0/24 may send to port 53. A datagram in three
    // fragments passes whole; the tail of one that went to port 99 is dropped
    // with it; a tail whose head was never seen is judged without ports.
    let mut file = capture_header();
    for (source, id, fragment) in [
        (7, 1, Fragment::First(53)),
        (7, 2, Fragment::First(99)),
        (7, 1, Fragment::Later(false)),
        (7, 2, Fragment::Later(true)),
        (7, 1, Fragment::Later(true)),
        (7, 3, Fragment::Later(true)),
        (8, 1, Fragment::Later(true)),
    ] {
        file.extend(fragment_record(source, id, &fragment));
    }
    fs::write(&path, file).unwrap();
    for threads in [1, 2, 8] {
        let (report, verdicts) = replay(&snapshot, &[&path], false, threads);
        assert_eq!(
            verdicts,
            "1 accept\n2 drop\n3 accept\n4 drop\n5 accept\n6 drop\n7 drop\n"
        );
        assert_eq!(
            report.tally.rule(snapshot.rules().nth(1).unwrap().0).flows,
            3
        );
    }
}

#[test]
fn fragments_of_ipv6_belong_together_by_what_their_own_header_names_3_5_10_3_5_11() {
    // Destination options stand behind the fragment header, so that only the
    // first tells which protocol it is.
    let snapshot = crate::sessions::snapshot(
        r#"{"SecurityGroups": [{"SecurityGroupId": "sg-a", "VpcId": "vpc-1", "Permissions": [
             {"Direction": "ingress", "IpProtocol": "UDP", "PortRange": "53/53",
              "Ipv6SourceCidrIp": "::/0"}]}],
            "NetworkInterfaceSets": [{"NetworkInterfaceId": "eni-a", "SecurityGroupIds": ["sg-a"],
             "Ipv6Sets": [{"Ipv6Address": "2001:db8::1"}]}]}"#,
    );
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("options.pcap");
    let udp = [0x9c, 0x40, 0, 53, 0, 100, 0, 0];
    let options = [17, 0, 1, 4, 0, 0, 0, 0];
    let mut file = capture_header();
    for (id, field, payload) in [
        (1, [0, 1], [options, udp].concat()),
        (1, [0, 16], vec![0xff; 16]),
        (2, [0, 16], vec![0xff; 16]),
    ] {
        let header = [&[60, 0][..], &field, &[0, 0, 0, id]].concat();
        file.extend(record_of_ipv6(&[header, payload].concat()));
    }
    fs::write(&path, file).unwrap();
    for threads in [1, 2] {
        let (_, verdicts) = replay(&snapshot, &[&path], false, threads);
        assert_eq!(verdicts, "1 accept\n2 accept\n3 drop\n");
    }
}

/// Fragments from 2001:db8:9::7 to 2001:db8::1, as raw IP.
fn record_of_ipv6(payload: &[u8]) -> Vec<u8> {
    let ends = ["2001:db8:9::7", "2001:db8::1"].map(|end| {
        let address: std::net::Ipv6Addr = end.parse().unwrap();
        address.octets()
    });
    let length = u8::try_from(payload.len()).unwrap();
    let header = [0x60, 0, 0, 0, 0, length, 44, 64];
    let bytes = [&header[..], &ends.concat(), payload].concat();
    let length = u32::try_from(bytes.len()).unwrap().to_le_bytes();
    let mut record = [5_u32.to_le_bytes(), 0_u32.to_le_bytes(), length, length].concat();
    record.extend(bytes);
    record
}

enum Fragment {
    /// The head, with its destination port.
    First(u16),
    /// A tail; whether it is the last.
    Later(bool),
}

fn capture_header() -> Vec<u8> {
    let mut header = vec![
        0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0,
    ];
    header.extend(101_u32.to_le_bytes());
    header
}

/// One UDP fragment from 198.51.100.SOURCE to 10.0.0.1, as raw IP.
fn fragment_record(source: u8, id: u16, fragment: &Fragment) -> Vec<u8> {
    let mut packet = etherparse::Ipv4Header::new(
        16,
        64,
        etherparse::IpNumber::UDP,
        [198, 51, 100, source],
        [10, 0, 0, 1],
    )
    .unwrap();
    packet.identification = id;
    let (offset, more, payload) = match fragment {
        Fragment::First(port) => {
            let udp = etherparse::UdpHeader {
                source_port: 40000,
                destination_port: *port,
                length: 100,
                checksum: 0,
            };
            (0, true, [udp.to_bytes().as_slice(), &[0; 8]].concat())
        }
        Fragment::Later(last) => (2, !last, vec![0xff; 16]),
    };
    packet.fragment_offset = offset.try_into().unwrap();
    packet.more_fragments = more;
    packet.dont_fragment = false;
    let bytes = [packet.to_bytes().as_slice(), &payload].concat();
    let length = u32::try_from(bytes.len()).unwrap().to_le_bytes();
    let mut record = [5_u32.to_le_bytes(), 0_u32.to_le_bytes(), length, length].concat();
    record.extend(bytes);
    record
}
