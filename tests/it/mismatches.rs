//! Flow logs with a known number of disagreements of each cause.

use std::fmt::Write as _;
use std::sync::Arc;

use secgroup_ecs::{Document, ReadOptions};
use secgroup_matcher::{Engine, Matcher};
use secgroup_model::{Semantics, Snapshot};
use secgroup_replay::{
    Cause, Change, Control, Judge, Location, Mismatch, Replay, Report, Row, Sink, Source,
    Timestamp, Under,
};
use secgroup_tests::rng::Rng;

/// A database in an advanced group, whose answers only sessions let out, and a
/// client in a basic one that talks to its like.
const FLEET: &str = r#"{
 "SecurityGroups": [
  {"SecurityGroupId": "sg-db", "SecurityGroupType": "enterprise", "VpcId": "vpc-1", "Permissions": [
    {"Direction": "ingress", "IpProtocol": "TCP", "PortRange": "3306/3306", "SourceCidrIp": "0.0.0.0/0"},
    {"Direction": "ingress", "IpProtocol": "UDP", "PortRange": "53/53", "SourceCidrIp": "0.0.0.0/0"},
    {"Direction": "egress", "IpProtocol": "TCP", "PortRange": "25/25", "DestCidrIp": "0.0.0.0/0"}]},
  {"SecurityGroupId": "sg-peer", "SecurityGroupType": "normal", "InnerAccessPolicy": "Accept", "VpcId": "vpc-1", "Permissions": [
    {"Direction": "egress", "IpProtocol": "TCP", "PortRange": "9000/9000", "DestCidrIp": "0.0.0.0/0", "Policy": "Drop"}]}],
 "NetworkInterfaceSets": [
  {"NetworkInterfaceId": "eni-db", "VpcId": "vpc-1", "PrivateIpSets": [{"PrivateIpAddress": "10.0.0.1"}], "SecurityGroupIds": ["sg-db"]},
  {"NetworkInterfaceId": "eni-one", "VpcId": "vpc-1", "PrivateIpSets": [{"PrivateIpAddress": "10.0.0.2"}], "SecurityGroupIds": ["sg-peer"]},
  {"NetworkInterfaceId": "eni-two", "VpcId": "vpc-1", "PrivateIpSets": [{"PrivateIpAddress": "10.0.0.3"}], "SecurityGroupIds": ["sg-peer"]}]
}"#;

/// When the log begins.
const START: i64 = 1_772_445_600;

/// When rules changed, in seconds after that.
const CHANGE: i64 = 40_000;

/// A line of a flow log.
struct Line<'a> {
    at: i64,
    protocol: u8,
    from: (&'a str, u16),
    to: (&'a str, u16),
    direction: &'a str,
    action: &'a str,
}

impl Line<'_> {
    fn write(&self, log: &mut Vec<String>) {
        let Self {
            at,
            protocol,
            from: (source, source_port),
            to: (destination, destination_port),
            direction,
            action,
        } = self;
        let (start, end) = (START + at, START + at + 60);
        log.push(format!(
            r#"{{"vpc-id":"vpc-1","protocol":"{protocol}","srcaddr":"{source}","srcport":"{source_port}","dstaddr":"{destination}","dstport":"{destination_port}","direction":"{direction}","action":"{action}","packets":"2","bytes":"120","start":"{start}","end":"{end}","tcp-flags":"27","log-status":"OK"}}"#
        ));
    }
}

const DB: &str = "10.0.0.1";

/// Writes a request to the database and what answers it, `later` seconds after.
fn exchange(log: &mut Vec<String>, at: i64, protocol: u8, port: u16, client: u16, later: i64) {
    let from = ("203.0.113.9", client);
    let request = Line {
        at,
        protocol,
        from,
        to: (DB, port),
        direction: "in",
        action: "ACCEPT",
    };
    let reply = Line {
        at: at + later,
        from: request.to,
        to: from,
        direction: "out",
        ..request
    };
    request.write(log);
    reply.write(log);
}

/// Writes so many lines for a cause, with client ports of their own.
fn inject(log: &mut Vec<String>, cause: Cause, client: u16, random: &mut Rng) {
    let at = i64::try_from(random.below(20_000)).unwrap() + 1;
    let line = Line {
        at,
        protocol: 6,
        from: ("203.0.113.9", client),
        to: (DB, 3306),
        direction: "in",
        action: "REJECT",
    };
    match cause {
        Cause::SessionReply => {
            let (protocol, port, limit) = if random.below(2) == 0 {
                (6, 3306, 910)
            } else {
                (17, 53, 30)
            };
            // The window of the request ends a minute after it began. Windows
            // hide order, so an answer may seem to come first.
            let later = [0, 60, 60 + limit, -60];
            let later = later[random.below(4)];
            exchange(log, at + 60, protocol, port, client, later);
        }
        Cause::ExpiredSession => exchange(log, at, 6, 3306, client, 60 + 911),
        Cause::RuleChange => {
            // Rules changed in the first, in the last second, or between.
            let before = [0, 60, 30][random.below(3)];
            let at = CHANGE - before;
            Line { at, ..line }.write(log);
        }
        Cause::NetworkAcl => line.write(log),
        Cause::UnknownAddress => Line {
            to: ("10.9.9.9", 3306),
            ..line
        }
        .write(log),
        Cause::PlatformTcp25 => Line {
            from: (DB, client),
            to: ("203.0.113.25", 25),
            direction: "out",
            ..line
        }
        .write(log),
        Cause::Contested => Line {
            from: ("10.0.0.2", client),
            to: ("10.0.0.3", 9000),
            direction: "out",
            ..line
        }
        .write(log),
        Cause::Unexplained => Line {
            to: (DB, 22),
            action: "ACCEPT",
            ..line
        }
        .write(log),
    }
}

#[derive(Default)]
struct Causes(Vec<String>);

impl Sink for Causes {
    fn format(&self, _: &mut dyn Iterator<Item = Row<'_>>, _: &mut Vec<u8>) {}

    fn write(&mut self, _: &[u8]) -> std::io::Result<()> {
        Ok(())
    }

    fn mismatch(&mut self, mismatch: &Mismatch<'_>) -> std::io::Result<()> {
        let number = mismatch.row.record.number;
        self.0.push(format!("{number} {}", mismatch.cause));
        Ok(())
    }
}

fn fleet() -> Snapshot {
    let document = Document {
        name: "fleet.json",
        bytes: FLEET.as_bytes(),
    };
    let read = secgroup_ecs::read(&[document], &ReadOptions::default());
    read.unwrap().snapshot
}

/// Replays a log: the report, and every mismatch with its line.
fn replay(log: &[String], threads: usize) -> (Report, Vec<String>) {
    replay_under(log, threads, &Semantics::default())
}

fn replay_under(log: &[String], threads: usize, semantics: &Semantics) -> (Report, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.json");
    let mut text = String::new();
    for line in log {
        writeln!(text, "{line}").unwrap();
    }
    std::fs::write(&path, text).unwrap();
    let snapshot = fleet();
    let judge = || {
        let matcher = Matcher::compile(&snapshot, semantics, Engine::Compiled);
        Judge::Matcher(Box::new(matcher))
    };
    // What the change says is the same; that there was one is enough.
    let change = Change {
        from: Timestamp((START + CHANGE) * 1_000_000_000),
        under: Under {
            snapshot: &snapshot,
            judge: judge(),
        },
    };
    let replay = Replay {
        changes: vec![change],
        conntrack: semantics.conntrack,
        threads,
        ..Replay::new(&snapshot, judge())
    };
    let source = Source::at(Location::Path(path));
    let mut causes = Causes::default();
    let control = Arc::new(Control::default());
    let report = replay.run(&[source], &control, Some(&mut causes)).unwrap();
    (report, causes.0)
}

/// A log of so many lines of each cause among clean ones, and the wanted
/// number of mismatches of each.
fn log(seed: u64) -> (Vec<String>, [u64; Cause::COUNT]) {
    let mut random = Rng::new(seed);
    let mut wanted = [0; Cause::COUNT];
    let mut groups = Vec::new();
    let mut client = 1_024;
    for cause in Cause::ALL {
        let count = 20 + random.below(60);
        wanted[cause.index()] = count as u64;
        for _ in 0..count {
            let mut lines = Vec::new();
            inject(&mut lines, cause, client, &mut random);
            groups.push(lines);
            client += 1;
        }
    }
    for _ in 0..500 {
        let at = i64::try_from(random.below(20_000)).unwrap();
        let mut lines = Vec::new();
        // In clean traffic sessions do not show: the client's side is logged.
        Line {
            at,
            protocol: 6,
            from: ("203.0.113.9", client),
            to: (DB, if random.below(2) == 0 { 3306 } else { 22 }),
            direction: "in",
            action: "ACCEPT",
        }
        .write(&mut lines);
        let refused = lines[0].contains("\"dstport\":\"22\"");
        if refused {
            lines[0] = lines[0].replace("ACCEPT", "REJECT");
        }
        groups.push(lines);
        client += 1;
    }
    // Lines of one exchange keep their order, which tells the two apart.
    for at in (1..groups.len()).rev() {
        let other = random.below(at + 1);
        groups.swap(at, other);
    }
    (groups.concat(), wanted)
}

#[test]
fn every_cause_is_found_with_the_right_count_6_5_2() {
    for seed in 0..25 {
        let (log, wanted) = log(seed);
        let (report, rows) = replay(&log, 1);
        let found = Cause::ALL.map(|cause| report.comparison.of(cause).flows);
        assert_eq!(found, wanted, "seed {seed}: {:?}", Cause::ALL);
        assert_eq!(rows.len() as u64, wanted.iter().sum::<u64>(), "seed {seed}");
        assert_eq!(report.tally.recorded(), log.len() as u64, "seed {seed}");
        // Mismatches, but for those about which the rules say nothing.
        let unknown = wanted[Cause::UnknownAddress.index()];
        let differing = report.tally.mismatched().flows;
        assert_eq!(
            differing,
            wanted.iter().sum::<u64>() - unknown,
            "seed {seed}"
        );
        let packets = report.comparison.of(Cause::NetworkAcl).packets;
        assert_eq!(packets, 2 * wanted[Cause::NetworkAcl.index()]);
        let replies = wanted[Cause::SessionReply.index()];
        let lists = wanted[Cause::NetworkAcl.index()];
        let contradictions = report.comparison.contradictions();
        assert_eq!(contradictions, differing - replies - lists);
        for threads in [2, 8] {
            let (again, same) = replay(&log, threads);
            assert_eq!(same, rows, "seed {seed}");
            assert_eq!(again.tally, report.tally);
        }
    }
}

#[test]
fn clean_logs_have_nothing_unexplained() {
    for seed in 100..110 {
        let mut random = Rng::new(seed);
        let mut log = Vec::new();
        for client in 1_024..3_000 {
            let at = i64::try_from(random.below(20_000)).unwrap();
            let (protocol, port) = if random.below(2) == 0 {
                (6, 3306)
            } else {
                (17, 53)
            };
            exchange(&mut log, at, protocol, port, client, 0);
        }
        let (report, _) = replay(&log, 2);
        let found: Vec<(Cause, u64)> = report
            .comparison
            .iter()
            .map(|(cause, count)| (cause, count.flows))
            .collect();
        assert_eq!(found, [(Cause::SessionReply, 1_976)], "seed {seed}");
        assert_eq!(report.comparison.contradictions(), 0);
    }
}

#[test]
fn a_session_lives_as_long_as_its_idle_time_and_no_longer_3_8_2() {
    for (protocol, port, limit) in [(6, 3306, 910), (17, 53, 30)] {
        for (later, cause) in [
            (limit, Cause::SessionReply),
            (limit + 1, Cause::ExpiredSession),
        ] {
            let mut log = Vec::new();
            exchange(&mut log, 0, protocol, port, 1_024, 60 + later);
            let (report, _) = replay(&log, 1);
            assert_eq!(report.comparison.of(cause).flows, 1, "{protocol} {later}");
        }
        // A reply that ended before its request began by more than that is
        // the reply of something else.
        for (earlier, cause) in [
            (limit, Cause::SessionReply),
            (limit + 1, Cause::Unexplained),
        ] {
            let mut log = Vec::new();
            exchange(&mut log, 2_000, protocol, port, 1_024, -60 - earlier);
            log.reverse();
            let (report, _) = replay(&log, 1);
            assert_eq!(report.comparison.of(cause).flows, 1, "{protocol} {earlier}");
        }
    }
}

#[test]
fn a_session_expires_as_the_flags_say_3_8_2() {
    for (flag, value, protocol, port, limit) in [
        ("conntrack.tcp", "100", 6, 3306, 100),
        ("conntrack.udp", "90", 17, 53, 90),
        ("conntrack.profile", "flat910", 17, 53, 910),
    ] {
        let mut semantics = Semantics::default();
        semantics.set(flag, value).unwrap();
        for (later, cause) in [
            (limit, Cause::SessionReply),
            (limit + 1, Cause::ExpiredSession),
        ] {
            let mut log = Vec::new();
            exchange(&mut log, 0, protocol, port, 1_024, 60 + later);
            let (report, _) = replay_under(&log, 1, &semantics);
            assert_eq!(report.comparison.of(cause).flows, 1, "{flag} {later}");
        }
    }
}
