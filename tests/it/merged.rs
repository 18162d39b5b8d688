//! Several inputs as one, in the order of their times: the same as one input
//! that had all their records in that order.

use secgroup_replay::Mode;
use secgroup_tests::packets::{Packet, capture, packets};
use secgroup_tests::replayed::{Replayed, Setup};
use secgroup_tests::rng::Rng;

use crate::sessions::snapshot;

/// A server that strangers may reach at 22, and that sends nothing unasked.
fn setup() -> Setup {
    let fleet = snapshot(
        r#"{"SecurityGroups": [{"SecurityGroupId": "sg", "SecurityGroupType": "enterprise",
            "VpcId": "vpc-1", "Permissions": [{"SecurityGroupRuleId": "ssh",
            "Direction": "ingress", "IpProtocol": "TCP", "PortRange": "22/22",
            "SourceCidrIp": "0.0.0.0/0", "Policy": "Accept"}]}],
          "NetworkInterfaceSets": [{"NetworkInterfaceId": "server",
            "PrivateIpSets": [{"PrivateIpAddress": "10.0.0.1"}], "SecurityGroupIds": ["sg"]}]}"#,
    );
    Setup {
        in_time_order: true,
        ..Setup::new(fleet)
    }
}

/// Conversations with the server, some refused, in the order of time; every
/// packet has a time of its own.
fn traffic(count: usize) -> Vec<Packet> {
    let mut rng = Rng::new(20_261_129);
    let lines = (0..count).map(|number| {
        let visitor = format!(
            "198.51.100.{}:{}",
            rng.below(9) + 1,
            40_000 + rng.below(300)
        );
        let server = format!("10.0.0.1:{}", rng.pick(&[22, 22, 23]));
        let (from, to, flags) = match rng.below(3) {
            0 => (visitor, server, "S"),
            1 => (server, visitor, "SA"),
            _ => (visitor, server, "A"),
        };
        let millisecond = number * 7;
        let (second, rest) = (millisecond / 1000, millisecond % 1000);
        format!("{second}.{rest:03} tcp {from} -> {to} {flags}")
    });
    packets(&lines.collect::<Vec<_>>().join("\n"))
}

/// Rows without the numbers of packets, which are those of their inputs.
fn rows(replayed: &Replayed) -> Vec<&str> {
    let rows = replayed.rows.lines();
    rows.map(|row| row.split_once(' ').unwrap().1).collect()
}

#[test]
fn captures_merged_by_time_are_one_capture_in_that_order() {
    let all = traffic(20_000);
    let mut parts: [Vec<Packet>; 3] = [Vec::new(), Vec::new(), Vec::new()];
    let mut rng = Rng::new(7);
    let mut part = 0;
    for packet in &all {
        // Long stretches of one input, and packets in turn.
        if rng.chance(if part == 2 { 50 } else { 5 }) {
            part = rng.below(3);
        }
        parts[part].push(packet.clone());
    }
    let setup = setup();
    let whole = setup.replay(&all, 2);
    assert!(whole.report.sessions.unwrap().opened > 1000);
    let captures = parts.map(|part| capture(&part));
    let inputs: Vec<&[u8]> = captures.iter().map(Vec::as_slice).collect();
    for threads in [1, 2, 8] {
        let merged = setup.replay_bytes(&inputs, threads);
        assert_eq!(rows(&merged), rows(&whole), "{threads} threads");
        assert_eq!(merged.tally, whole.tally, "{threads} threads");
        let records = merged.report.inputs.iter().map(|input| input.records);
        assert_eq!(records.sum::<u64>(), 20_000);
    }
    let one_after_the_other = Setup {
        in_time_order: false,
        ..setup
    };
    let apart = one_after_the_other.replay_bytes(&inputs, 2);
    assert_ne!(rows(&apart), rows(&whole));
}

/// Two lists whose records are called by their input and time.
const LISTS: [&str; 2] = [
    "flow_id,timestamp,src_ip,dst_ip,protocol,src_port,dst_port\n\
     a-untimed,,198.51.100.7,10.0.0.1,tcp,1,22\n\
     a-1,1772442001,198.51.100.7,10.0.0.1,tcp,1,22\n\
     a-5,1772442005,198.51.100.7,10.0.0.1,tcp,2,22\n\
     a-2,1772442002,198.51.100.7,10.0.0.1,tcp,3,22\n\
     a-behind-2,,198.51.100.7,10.0.0.1,tcp,4,22\n\
     a-9,1772442009,198.51.100.7,10.0.0.1,tcp,5,22\n",
    "flow_id,timestamp,src_ip,dst_ip,protocol,src_port,dst_port\n\
     b-1,1772442001,198.51.100.8,10.0.0.1,tcp,1,22\n\
     b-4,1772442004,198.51.100.8,10.0.0.1,tcp,2,22\n\
     b-5,1772442005,198.51.100.8,10.0.0.1,tcp,3,22\n\
     b-12,1772442012,198.51.100.8,10.0.0.1,tcp,4,23\n",
];

fn ids(replayed: &Replayed) -> Vec<&str> {
    let rows = replayed.rows.lines();
    rows.map(|row| row.split(' ').next().unwrap()).collect()
}

#[test]
fn of_equal_times_the_input_named_first_goes_first_and_each_keeps_its_order() {
    let setup = Setup {
        mode: Mode::Packets,
        ..setup()
    };
    for threads in [1, 2, 8] {
        let merged = setup.replay_bytes(&LISTS.map(str::as_bytes), threads);
        let wanted = [
            "a-untimed",
            "a-1",
            "b-1",
            "b-4",
            "a-5",
            "a-2",
            "a-behind-2",
            "b-5",
            "a-9",
            "b-12",
        ];
        assert_eq!(ids(&merged), wanted);
        let records: Vec<u64> = merged.report.inputs.iter().map(|one| one.records).collect();
        assert_eq!(records, [6, 4]);
    }
    // A step back within an input is counted there, and a merge makes none.
    let sessions = Setup {
        mode: Mode::Sessions,
        ..setup
    };
    let merged = sessions.replay_bytes(&LISTS.map(str::as_bytes), 2);
    let odd = "odd: 1 record is earlier than the one before";
    assert_eq!(merged.tally.matches(odd).count(), 1, "{}", merged.tally);
    assert_eq!(merged.report.inputs[1].oddities, [""; 0]);
}

#[test]
fn what_cannot_be_judged_is_counted_at_its_input() {
    let skipped = "version,account-id,eni-id,srcaddr,dstaddr,srcport,dstport,protocol,packets,bytes,start,end,action,log-status\n\
                   1,1,eni,-,-,-,-,-,-,-,1772442003,1772442060,-,NODATA\n\
                   1,1,eni,198.51.100.7,10.0.0.1,9,22,6,1,60,1772442003,1772442060,ACCEPT,OK\n";
    let setup = Setup {
        mode: Mode::Packets,
        ..setup()
    };
    let merged = setup.replay_bytes(&[LISTS[0].as_bytes(), skipped.as_bytes()], 2);
    let inputs = &merged.report.inputs;
    assert_eq!((inputs[0].records, inputs[0].skips.total()), (6, 0));
    assert_eq!((inputs[1].records, inputs[1].skips.total()), (2, 1));
}

#[test]
fn a_row_that_makes_no_sense_ends_the_merge_at_its_turn() {
    let broken = "flow_id,timestamp,src_ip,dst_ip,protocol,src_port,dst_port\n\
                  b-4,1772442004,198.51.100.8,10.0.0.1,tcp,2,22\n\
                  b-bad,1772442008,198.51.100.8,10.0.0.1,tcp,port,22\n";
    let setup = Setup {
        mode: Mode::Packets,
        ..setup()
    };
    let merged = setup.replay_bytes(&[LISTS[0].as_bytes(), broken.as_bytes()], 2);
    // The bad row has no time that could be known, and its turn is behind the
    // one before it.
    assert_eq!(ids(&merged), ["a-untimed", "a-1", "b-4"]);
    let [first, second] = merged.report.inputs.as_slice() else {
        panic!("two inputs");
    };
    assert!(
        first.oddities[0].contains("only up to the time"),
        "{first:?}"
    );
    let ending = format!("{:?}", second.ending);
    assert!(
        ending.starts_with("Damaged") && ending.contains("line 3"),
        "{ending}"
    );
}
