//! Generated packets through the replay and through a slow model of sessions.
//!
//! `SECGROUP_SESSION_RUNS` sets the number of runs.

use std::collections::BTreeMap;
use std::env;

use secgroup_model::Snapshot;
use secgroup_replay::Count;
use secgroup_tests::packets::{Packet, Piece};
use secgroup_tests::program::report;
use secgroup_tests::replayed::{Replayed, Setup};
use secgroup_tests::rng::Rng;

use super::slow::{Reached, Slow};
use super::{rule, snapshot};

/// Packets of a run.
const PACKETS: usize = 500;

/// Packets of many flows.
const CROWD: usize = 20_000;

/// Runs unless the environment says otherwise.
const RUNS: u64 = 200;

const HOSTS: [&str; 6] = [
    "10.0.0.1",
    "10.0.0.2",
    "10.0.0.3",
    "10.0.0.99",
    "198.51.100.7",
    "198.51.100.8",
];
/// Other addresses of the first hosts.
const MORE_HOSTS: [&str; 3] = ["10.0.0.11", "10.0.0.12", "10.0.0.13"];
const HOSTS_V6: [&str; 3] = ["2001:db8::1", "2001:db8::2", "2001:db8:9::7"];
const PORTS: [u16; 6] = [0, 22, 53, 443, 40_000, 40_001];

/// A few rules of a group.
fn rules(group: &str, rng: &mut Rng) -> String {
    let count = rng.below(5);
    let rules = (0..count).map(|number| {
        let v6 = rng.chance(20);
        let direction = rng.pick(&["ingress", "ingress", "egress"]);
        let policy = rng.pick(&["accept", "accept", "drop"]);
        let protocol = rng.pick(&["tcp", "tcp", "udp", "icmp", "icmpv6", "gre", "all"]);
        let ports = match protocol {
            "tcp" | "udp" => rng.pick(&["22/22", "1/65535", "53/443"]),
            _ => "-1/-1",
        };
        let v6 = match protocol {
            "icmp" => false,
            "icmpv6" => true,
            _ => v6,
        };
        let peer = if v6 {
            rng.pick(&["::/0", "2001:db8::/64"])
        } else {
            let peers = ["0.0.0.0/0", "198.51.100.0/24", "10.0.0.0/24"];
            rng.pick(&[peers[0], peers[1], peers[2], "198.51.100.7/32"])
        };
        rule(
            &format!("{group}-{number}"),
            &format!("{direction} {policy} {protocol} {ports} {peer}"),
        )
    });
    rules.collect::<Vec<_>>().join(",")
}

fn group(id: &str, kind: &str, rng: &mut Rng) -> String {
    format!(
        r#"{{"SecurityGroupId": "{id}", "SecurityGroupType": "{kind}", "VpcId": "vpc-1",
            "Permissions": [{}]}}"#,
        rules(id, rng),
    )
}

fn interface(id: &str, host: usize, group: &str, rng: &mut Rng) -> String {
    let v6 = if host < 2 {
        HOSTS_V6[host]
    } else {
        "2001:db8::3"
    };
    let tcp = rng.pick(&["", r#""TcpEstablishedTimeout": 30,"#]);
    let closed = rng.pick(&["", r#""TcpClosedAndTimeWaitTimeout": 15,"#]);
    let udp = rng.pick(&[10, 30, 100]);
    format!(
        r#"{{"NetworkInterfaceId": "{id}", "PrivateIpSets": [
            {{"PrivateIpAddress": "{}", "Primary": true}}, {{"PrivateIpAddress": "{}"}}],
            "Ipv6Sets": [{{"Ipv6Address": "{v6}"}}], "SecurityGroupIds": ["{group}"],
            "ConnectionTrackingConfiguration": {{{tcp}{closed}"UdpTimeout": {udp}}}}}"#,
        HOSTS[host], MORE_HOSTS[host],
    )
}

/// Servers that may reach each other, one of an advanced group, with a few
/// rules and timers at random. Sometimes one is not there, or elsewhere.
fn fleet(rng: &mut Rng) -> Snapshot {
    let groups = [
        group("sg-a", "enterprise", rng),
        group("sg-b", "normal", rng),
    ];
    let mut interfaces = vec![
        interface("eni-a", 0, "sg-a", rng),
        interface("eni-b", 1, "sg-b", rng),
    ];
    if rng.chance(80) {
        let group = rng.pick(&["sg-a", "sg-b"]);
        interfaces.push(interface("eni-c", 2, group, rng));
    }
    snapshot(&format!(
        r#"{{"SecurityGroups": [{}], "NetworkInterfaceSets": [{}]}}"#,
        groups.join(","),
        interfaces.join(","),
    ))
}

fn setup(rng: &mut Rng) -> Setup {
    let mut setup = Setup::new(fleet(rng));
    for (name, values) in [
        (
            "conntrack.profile",
            ["timers", "timers", "timers", "flat910"].as_slice(),
        ),
        ("conntrack.other_protocols", &["on", "on", "off"]),
        (
            "conntrack.midstream",
            &["infer_initiator", "evaluate", "skip"],
        ),
        (
            "conntrack.on_change",
            &["revalidate", "revalidate", "keep", "flush"],
        ),
        ("conntrack.related_icmp", &["on", "on", "pmtud_only"]),
        ("conntrack.tcp", &["910", "60"]),
        ("eval.intra_group_egress", &["bypass", "custom_rules"]),
        ("eval.orphan_fragments", &["rules", "allow"]),
    ] {
        setup.semantics.set(name, rng.pick(values)).unwrap();
    }
    let mut from = 0;
    for _ in 0..rng.below(4) {
        from += 1 + i64::try_from(rng.below(600)).unwrap();
        let changed = if rng.chance(30) {
            setup.snapshots[0].1.clone()
        } else {
            fleet(rng)
        };
        setup.snapshots.push((from, changed));
    }
    if rng.chance(30) {
        setup.most = 1 + rng.below(8);
    }
    // Rows are put aside sooner or later.
    setup.rows = rng.pick(&[0, 1, 5, 65_536]);
    setup
}

fn packet(rng: &mut Rng, time: i64, before: &[Packet]) -> Packet {
    // Mostly something that was there, or its answer.
    if let Some(last) = before.len().checked_sub(1).filter(|_| rng.chance(70)) {
        let nearby = before[last - rng.below(last.min(12) + 1)].clone();
        if rng.chance(7) && nearby.quoted.is_none() && nearby.piece == Piece::Whole {
            return error(rng, time, nearby);
        }
        let mut again = Packet { time, ..nearby };
        if again.piece == Piece::First && rng.chance(60) {
            again.piece = Piece::Later;
            return again;
        }
        if rng.chance(55) && again.quoted.is_none() {
            (again.source, again.destination) = (again.destination, again.source);
            if again.is_icmp() {
                again.icmp.0 = match again.icmp.0 {
                    8 => 0,
                    0 => 8,
                    128 => 129,
                    129 => 128,
                    kind if kind % 2 == 0 => kind + 1,
                    kind => kind - 1,
                };
            }
        }
        again.flags = flags(rng, again.protocol);
        return again;
    }
    let v6 = rng.chance(20);
    let mut end = || {
        let host = if v6 {
            rng.pick(&HOSTS_V6)
        } else {
            rng.pick(&HOSTS)
        };
        std::net::SocketAddr::new(host.parse().unwrap(), 0)
    };
    let (mut source, mut destination) = (end(), end());
    let protocol = match rng.below(10) {
        0..5 => 6,
        5..8 => 17,
        8 => 47,
        _ if v6 => 58,
        _ => 1,
    };
    if protocol == 6 || protocol == 17 {
        source.set_port(rng.pick(&PORTS));
        destination.set_port(rng.pick(&PORTS));
    }
    let piece = match rng.below(100) {
        0..8 if !v6 && protocol != 47 => Piece::First,
        8..10 if !v6 && protocol != 47 => Piece::Later,
        _ => Piece::Whole,
    };
    Packet {
        time,
        protocol,
        source,
        destination,
        flags: flags(rng, protocol),
        // Echoes; a request for an address mask; a query of listeners.
        icmp: (rng.pick(if v6 { &[128, 128, 130] } else { &[8, 8, 18] }), 0),
        id: u16::try_from(rng.below(2)).unwrap(),
        piece,
        quoted: None,
    }
}

fn flags(rng: &mut Rng, protocol: u8) -> u8 {
    if protocol == 6 {
        // SYN; SYN and ACK; ACK; FIN and ACK; RST.
        rng.pick(&[2, 2, 18, 16, 16, 16, 17, 17, 4])
    } else {
        0
    }
}

fn error(rng: &mut Rng, time: i64, quoted: Packet) -> Packet {
    let v6 = quoted.source.is_ipv6();
    let router = if v6 { "2001:db8:9::7" } else { "10.0.0.99" };
    let router = std::net::SocketAddr::new(router.parse().unwrap(), 0);
    let other = std::net::SocketAddr::new(quoted.destination.ip(), 0);
    let hosts = HOSTS.map(|host| host.parse::<std::net::IpAddr>().unwrap());
    let host = hosts.iter().position(|host| *host == other.ip());
    let own = host.and_then(|host| MORE_HOSTS.get(host));
    let own = own.map_or(other, |host| {
        std::net::SocketAddr::new(host.parse().unwrap(), 0)
    });
    Packet {
        time,
        protocol: if v6 { 58 } else { 1 },
        source: rng.pick(&[router, other, own]),
        destination: std::net::SocketAddr::new(quoted.source.ip(), 0),
        flags: 0,
        icmp: if v6 {
            rng.pick(&[(1, 4), (2, 0), (3, 0)])
        } else {
            rng.pick(&[(3, 1), (3, 4), (11, 0)])
        },
        id: 0,
        piece: Piece::Whole,
        quoted: Some(Box::new(quoted)),
    }
}

fn traffic(rng: &mut Rng) -> Vec<Packet> {
    let mut packets: Vec<Packet> = Vec::new();
    let mut time = 0_i64;
    for _ in 0..PACKETS {
        // Around the limits, and sometimes backwards.
        let quarters = match rng.below(20) {
            0 => rng.pick(&[12, 40, 60, 120, 240]),
            1 => rng.pick(&[14, 42, 64, 122, 242]),
            2 if rng.chance(10) => rng.pick(&[3636, 3640, 3644]),
            3 => -rng.pick(&[2, 8, 80]),
            _ => rng.pick(&[0, 1, 2, 4]),
        };
        time = (time + quarters * 250_000_000).max(0);
        let next = packet(rng, time, &packets);
        packets.push(next);
    }
    packets
}

fn run(seed: u64, reached: &mut Reached) {
    let mut rng = Rng::new(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let mut setup = setup(&mut rng);
    let packets = traffic(&mut rng);
    let mut slow = Slow::new(&setup);
    for (number, packet) in (1..).zip(&packets) {
        slow.packet(number, packet);
    }
    let rows = slow.text();
    for threads in [1, 2, 8] {
        let replayed = setup.replay(&packets, threads);
        let mut pairs = replayed.rows.lines().zip(rows.lines());
        let first = pairs.find(|(fast, slow)| fast != slow);
        let (conntrack, most) = (setup.semantics.conntrack, setup.most);
        assert!(
            replayed.rows == rows,
            "seed {seed}, {threads} threads, room for {most}, {conntrack:?}: \
             the first row that differs: {first:#?}"
        );
        let counts = replayed.report.sessions.unwrap();
        assert_eq!(
            (
                counts.opened,
                counts.evicted,
                counts.ended_by_change,
                counts.inferred
            ),
            (slow.opened, slow.evicted, slow.ended, slow.inferred),
            "seed {seed}, {threads} threads: opened, evicted, ended, inferred"
        );
        assert_eq!(replayed.report.skipped(), slow.skipped, "seed {seed}");
    }
    for (what, count) in &slow.reached.counts {
        *reached.counts.entry(what).or_default() += count;
    }
    if setup.snapshots.len() == 1 {
        reached.add("packets that need not be records");
        in_full_or_in_brief(&mut setup, &packets);
    }
}

/// Where snapshots are compared every packet becomes a record, and must be
/// counted as without: at the same places, with the same times.
fn in_full_or_in_brief(setup: &mut Setup, packets: &[Packet]) {
    let brief = setup.replay(packets, 1);
    setup.against = Some(setup.snapshots[0].1.clone());
    let full = setup.replay(packets, 2);
    assert_eq!(brief.tally, full.tally);
    let counts = |replayed: &Replayed| {
        let report = &replayed.report;
        let tally = &report.tally;
        let counts: Vec<Count> = [tally.session(), tally.shared(), tally.platform()]
            .into_iter()
            .chain(tally.verdicts())
            .chain(tally.judged())
            .copied()
            .collect();
        let ranked = [&report.accepted, &report.dropped].map(|ranking| ranking.top(usize::MAX));
        (counts, ranked, tally.over_time().clone())
    };
    assert_eq!(counts(&brief), counts(&full));
}

/// Packets of many flows, none of which is out of the ordinary for long.
fn crowd(rng: &mut Rng) -> Vec<Packet> {
    let mut time = 0;
    let packets = (0..CROWD).map(|_| {
        time += i64::try_from(rng.below(3)).unwrap() * 1_000_000;
        let flow = u16::try_from(rng.below(3_000)).unwrap();
        let hosts: &[&str] = if flow.is_multiple_of(5) {
            &HOSTS_V6
        } else {
            &HOSTS
        };
        let host = |at: usize| hosts[at % hosts.len()].parse().unwrap();
        let ends = [(host(flow.into()), 20_000 + flow), (host(0), 443)];
        let mut ends = ends.map(|(host, port)| std::net::SocketAddr::new(host, port));
        if rng.chance(30) {
            ends.reverse();
        }
        let protocol = if flow.is_multiple_of(3) { 17 } else { 6 };
        let rare = rng.chance(3);
        Packet {
            time,
            protocol,
            source: ends[0],
            destination: ends[1],
            flags: if rare { flags(rng, protocol) } else { 16 },
            icmp: (8, 0),
            id: 0,
            piece: Piece::Whole,
            quoted: None,
        }
    });
    packets.collect()
}

#[test]
fn more_flows_than_are_remembered_are_counted_as_every_packet_by_itself_3_8() {
    for (seed, most) in [(1, 100), (2, 900), (3, 5_000)] {
        let mut rng = Rng::new(seed);
        let mut setup = Setup::new(fleet(&mut rng));
        setup.most = most;
        let packets = crowd(&mut rng);
        in_full_or_in_brief(&mut setup, &packets);
    }
}

#[test]
fn sessions_are_those_of_a_slow_model_for_any_number_of_threads_3_8() {
    let runs = env::var("SECGROUP_SESSION_RUNS").ok();
    let runs = runs.map_or(RUNS, |text| text.parse().expect("a number of runs"));
    let mut reached = Reached::default();
    for seed in 1..=runs {
        run(seed, &mut reached);
    }
    report(&format!("sessions: {runs} runs: {:?}", reached.counts));
    let least = |what| match what {
        "a session outlives a change" | "a session ends with a change" => runs / 3,
        "packets that need not be records" => runs / 8,
        _ => runs,
    };
    let counts: BTreeMap<&str, u64> = reached.counts.clone();
    for what in [
        "a packet in a session",
        "one end knows a session, the other not",
        "a session expired",
        "a repeated attempt",
        "an opener inferred",
        "skipped midstream",
        "a session outlives a change",
        "a session ends with a change",
        "closed by both",
        "reset",
        "evicted",
        "a later fragment",
        "a related error",
        "packets that need not be records",
    ] {
        let count = counts.get(what).copied().unwrap_or_default();
        assert!(count >= least(what), "{what}: only {count} in {runs} runs");
    }
}
