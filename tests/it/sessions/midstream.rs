//! Sessions that began before they were seen (3.8.4).

use secgroup_tests::replayed::Setup;

use super::{story, two};

/// The server answers on port 22; nothing else is allowed.
fn ssh() -> Setup {
    Setup::new(two(&["ingress accept tcp 22/22 0.0.0.0/0"], ""))
}

/// A capture begins in the middle of three connections: one is first seen by
/// the visitor's packet, one by the server's, one by its answer to a SYN.
const MIDDLE: &str = "0 tcp 198.51.100.7:40001 -> 10.0.0.1:22 A
     1 tcp 10.0.0.1:22 -> 198.51.100.7:40002 PA
     2 tcp 198.51.100.7:40002 -> 10.0.0.1:22 A
     3 tcp 10.0.0.1:22 -> 198.51.100.7:40003 SA";

#[test]
fn who_opened_a_session_is_told_by_flags_and_ports_3_8_4() {
    story(
        &ssh(),
        MIDDLE,
        &[
            "1 accept -/rule-1:accept 1",
            "2 accept -/rule-1:accept 2",
            "4 accept -/rule-1:accept 1",
        ],
        "accept: 3 flows, 4 packets, 0 to 3 s
         session: 1 flows, 1 packets, 2 to 2 s
         rule-1: 3 flows, 3 packets, 0 to 3 s
         opened: 3
         inferred: 2",
    );
}

#[test]
fn every_packet_without_session_opens_one_where_it_is_evaluated_3_8_4() {
    story(
        &ssh().with("conntrack.midstream", "evaluate"),
        MIDDLE,
        &[
            "1 accept -/rule-1:accept 1",
            "2 drop default:enterprise/egress:drop/- 1",
            "3 accept -/rule-1:accept 1",
            "4 drop default:enterprise/egress:drop/- 1",
        ],
        "accept: 2 flows, 2 packets, 0 to 2 s
         drop: 2 flows, 2 packets, 1 to 3 s
         rule-1: 2 flows, 2 packets, 0 to 2 s
         default server egress: 2 flows, 2 packets, 1 to 3 s
         opened: 2",
    );
}

#[test]
fn what_cannot_be_told_may_be_skipped_and_is_counted_3_8_4() {
    story(
        &ssh().with("conntrack.midstream", "skip"),
        &format!("{MIDDLE}\n 4 tcp 198.51.100.7:40004 -> 10.0.0.1:22 S"),
        &["5 accept -/rule-1:accept 1"],
        "accept: 1 flows, 1 packets, 4 to 4 s
         rule-1: 1 flows, 1 packets, 4 to 4 s
         opened: 1
         skipped midstream: 4",
    );
}

#[test]
fn nothing_is_inferred_once_an_older_session_would_have_expired_3_8_4() {
    // A session that was open when the capture began and silent since then
    // may still be open at 910 seconds, and not later. One that was seen to
    // begin and expired is no older session either.
    story(
        &ssh(),
        "0 tcp 198.51.100.7:40000 -> 10.0.0.1:22 S
         0 tcp 198.51.100.7:40001 -> 10.0.0.1:22 SR
         10 tcp 10.0.0.1:22 -> 198.51.100.7:40001 A
         910 tcp 10.0.0.1:22 -> 198.51.100.7:40002 A
         911 tcp 10.0.0.1:22 -> 198.51.100.7:40003 A
         911 tcp 10.0.0.1:22 -> 198.51.100.7:40000 A",
        &[
            "1 accept -/rule-1:accept 1",
            "2 accept -/rule-1:accept 1",
            "3 drop default:enterprise/egress:drop/- 1",
            "4 accept -/rule-1:accept 1",
            "5 drop default:enterprise/egress:drop/- 1",
            "6 drop default:enterprise/egress:drop/- 1",
        ],
        "accept: 3 flows, 3 packets, 0 to 910 s
         drop: 3 flows, 3 packets, 10 to 911 s
         rule-1: 3 flows, 3 packets, 0 to 910 s
         default server egress: 3 flows, 3 packets, 10 to 911 s
         opened: 3
         inferred: 1",
    );
}

#[test]
fn answers_to_a_dropped_syn_are_dropped_with_it_3_8_4() {
    // The client of the same network asks for port 23, which these rules deny
    // and the capture did not: the server answers and data flows. None of it
    // can have happened under these rules. Under `evaluate` the answers open
    // a session of their own, if the server may send.
    let rules = ["egress accept all -1/-1 0.0.0.0/0"];
    let lines = "0 tcp 198.51.100.7:40000 -> 10.0.0.1:23 S
         1 tcp 10.0.0.1:23 -> 198.51.100.7:40000 SA
         2 tcp 198.51.100.7:40000 -> 10.0.0.1:23 A
         2000 tcp 198.51.100.8:40000 -> 10.0.0.1:23 S
         2001 tcp 10.0.0.1:23 -> 198.51.100.8:40000 A";
    story(
        &Setup::new(two(&rules, "")),
        lines,
        &[
            "1 drop -/default:enterprise/ingress:drop 3",
            "4 drop -/default:enterprise/ingress:drop 2",
        ],
        "drop: 2 flows, 5 packets, 0 to 2001 s
         default server ingress: 2 flows, 5 packets, 0 to 2001 s",
    );
    story(
        &Setup::new(two(&rules, "")).with("conntrack.midstream", "evaluate"),
        lines,
        &[
            "1 drop -/default:enterprise/ingress:drop 1",
            "2 accept rule-1:accept/- 2",
            "4 drop -/default:enterprise/ingress:drop 1",
            "5 accept rule-1:accept/- 1",
        ],
        "accept: 2 flows, 3 packets, 1 to 2001 s
         drop: 2 flows, 2 packets, 0 to 2000 s
         session: 1 flows, 1 packets, 2 to 2 s
         rule-1: 2 flows, 2 packets, 1 to 2001 s
         default server ingress: 2 flows, 2 packets, 0 to 2000 s
         opened: 2",
    );
}
