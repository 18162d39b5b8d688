//! What a change of the configuration does to sessions (3.8.5).

use secgroup_model::Snapshot;
use secgroup_tests::replayed::Setup;

use super::{story, two};

/// SSH is open for everybody until the tenth second, then for 198.51.100.0/24
/// only.
fn setup() -> Setup {
    later(two(&["ingress accept tcp 22/22 198.51.100.0/24"], ""))
}

fn later(snapshot: Snapshot) -> Setup {
    let mut setup = Setup::new(two(&["ingress accept tcp 22/22 0.0.0.0/0"], ""))
        .with("conntrack.midstream", "evaluate");
    setup.snapshots.push((10, snapshot));
    setup
}

/// One visitor stays allowed, the other does not; both go on talking.
const LINES: &str = "0 tcp 198.51.100.7:40000 -> 10.0.0.1:22 S
     0 tcp 203.0.113.9:40000 -> 10.0.0.1:22 S
     9.999999999 tcp 10.0.0.1:22 -> 203.0.113.9:40000 A
     10 tcp 10.0.0.1:22 -> 198.51.100.7:40000 A
     10 tcp 10.0.0.1:22 -> 203.0.113.9:40000 A
     11 tcp 203.0.113.9:40000 -> 10.0.0.1:22 A";

#[test]
fn a_session_ends_when_its_opening_packet_is_denied_now_and_else_stays_3_8_5() {
    story(
        &setup(),
        LINES,
        &[
            "1 accept -/rule-1:accept 2",
            "2 accept -/rule-1:accept 2",
            "5 drop default:enterprise/egress:drop/- 1",
            "6 drop -/default:enterprise/ingress:drop 1",
        ],
        "accept: 2 flows, 4 packets, 0 to 10 s
         drop: 2 flows, 2 packets, 10 to 11 s
         session: 2 flows, 2 packets, 9.999999999 to 10 s
         rule-1: 2 flows, 2 packets, 0 to 0 s
         default server egress: 1 flows, 1 packets, 10 to 10 s
         default server ingress: 1 flows, 1 packets, 11 to 11 s
         opened: 2
         ended by change: 1",
    );
}

#[test]
fn sessions_may_be_kept_or_all_be_ended_3_8_5() {
    story(
        &setup().with("conntrack.on_change", "keep"),
        LINES,
        &["1 accept -/rule-1:accept 2", "2 accept -/rule-1:accept 4"],
        "accept: 2 flows, 6 packets, 0 to 11 s
         session: 2 flows, 4 packets, 9.999999999 to 11 s
         rule-1: 2 flows, 2 packets, 0 to 0 s
         opened: 2",
    );
    story(
        &setup().with("conntrack.on_change", "flush"),
        LINES,
        &[
            "1 accept -/rule-1:accept 1",
            "2 accept -/rule-1:accept 2",
            "4 drop default:enterprise/egress:drop/- 1",
            "5 drop default:enterprise/egress:drop/- 1",
            "6 drop -/default:enterprise/ingress:drop 1",
        ],
        "accept: 2 flows, 3 packets, 0 to 9.999999999 s
         drop: 3 flows, 3 packets, 10 to 11 s
         session: 1 flows, 1 packets, 9.999999999 to 9.999999999 s
         rule-1: 2 flows, 2 packets, 0 to 0 s
         default server egress: 2 flows, 2 packets, 10 to 10 s
         default server ingress: 1 flows, 1 packets, 11 to 11 s
         opened: 2
         ended by change: 2",
    );
}

#[test]
fn a_session_that_one_snapshot_between_denies_has_ended_3_8_5() {
    // Denied from 10 to 20 seconds, and allowed again before the next packet.
    let mut setup = later(two(&[], ""));
    let open = two(&["ingress accept tcp 22/22 0.0.0.0/0"], "");
    setup.snapshots.push((20, open));
    story(
        &setup,
        "0 tcp 198.51.100.7:40000 -> 10.0.0.1:22 S
         30 tcp 10.0.0.1:22 -> 198.51.100.7:40000 A
         31 tcp 198.51.100.7:40000 -> 10.0.0.1:22 A",
        &[
            "1 accept -/rule-1:accept 1",
            "2 drop default:enterprise/egress:drop/- 1",
            "3 accept -/rule-1:accept 1",
        ],
        "accept: 2 flows, 2 packets, 0 to 31 s
         drop: 1 flows, 1 packets, 30 to 30 s
         rule-1: 1 flows, 1 packets, 0 to 0 s
         rule-1: 1 flows, 1 packets, 31 to 31 s
         default server egress: 1 flows, 1 packets, 30 to 30 s
         opened: 2
         ended by change: 1",
    );
}

#[test]
fn a_session_keeps_the_timers_of_its_first_packet_3_8_2() {
    // The client's UDP limit is 100 seconds until the tenth, then 10.
    let rules = ["ingress accept udp 53/53 0.0.0.0/0"];
    let mut setup = Setup::new(two(&rules, r#""UdpTimeout": 100"#));
    setup
        .snapshots
        .push((10, two(&rules, r#""UdpTimeout": 10"#)));
    story(
        &setup,
        "0 udp 10.0.0.2:40000 -> 198.51.100.7:53
         11 udp 10.0.0.2:40001 -> 198.51.100.7:53
         100 udp 198.51.100.7:53 -> 10.0.0.2:40000
         22 udp 198.51.100.7:53 -> 10.0.0.2:40001",
        &[
            "1 accept default:normal/egress:accept/- 2",
            "2 accept default:normal/egress:accept/- 1",
            "4 drop -/default:normal/ingress:drop 1",
        ],
        "accept: 2 flows, 3 packets, 0 to 100 s
         drop: 1 flows, 1 packets, 22 to 22 s
         session: 1 flows, 1 packets, 100 to 100 s
         default client egress: 1 flows, 1 packets, 0 to 0 s
         default client egress: 1 flows, 1 packets, 11 to 11 s
         default client ingress: 1 flows, 1 packets, 22 to 22 s
         opened: 2
         odd: time goes back 78 s at packet 4",
    );
}
