//! How long sessions last, and what belongs to one (3.8.1 to 3.8.3).

use secgroup_replay::Mode;
use secgroup_tests::packets::{capture, packets};
use secgroup_tests::replayed::Setup;

use super::{story, two};

/// Everybody may ask for TCP 22, UDP 53, echoes and GRE.
const OPEN: [&str; 5] = [
    "ingress accept tcp 22/22 0.0.0.0/0",
    "ingress accept udp 53/53 0.0.0.0/0",
    "ingress accept icmp -1/-1 0.0.0.0/0",
    "ingress accept gre -1/-1 0.0.0.0/0",
    "ingress accept icmpv6 -1/-1 ::/0",
];

fn open() -> Setup {
    Setup::new(two(&OPEN, "")).with("conntrack.midstream", "evaluate")
}

#[test]
fn replies_pass_with_their_session_and_are_never_attributed_to_a_rule_3_8_1() {
    // A visitor's connection is answered by a server that may send nothing by
    // itself. What it sends elsewhere is dropped, again and again.
    story(
        &open(),
        "0 tcp 198.51.100.7:40000 -> 10.0.0.1:22 S
         1 tcp 10.0.0.1:22 -> 198.51.100.7:40000 SA
         2 tcp 198.51.100.7:40000 -> 10.0.0.1:22 A
         3 tcp 10.0.0.1:22 -> 198.51.100.7:40001 SA
         4 tcp 10.0.0.1:22 -> 198.51.100.7:40001 SA",
        &[
            "1 accept -/rule-1:accept 3",
            "4 drop default:enterprise/egress:drop/- 2",
        ],
        "accept: 1 flows, 3 packets, 0 to 2 s
         drop: 1 flows, 2 packets, 3 to 4 s
         session: 1 flows, 2 packets, 1 to 2 s
         rule-1: 1 flows, 1 packets, 0 to 0 s
         default server egress: 1 flows, 2 packets, 3 to 4 s
         opened: 1",
    );
}

#[test]
fn established_tcp_lasts_910_seconds_of_silence_and_no_more_3_8_2() {
    // The server speaks again after 909, 910 and 910.000000001 seconds; each
    // packet that passes restarts the timer.
    story(
        &open(),
        "0 tcp 198.51.100.7:40000 -> 10.0.0.1:22 S
         909 tcp 10.0.0.1:22 -> 198.51.100.7:40000 A
         1819 tcp 10.0.0.1:22 -> 198.51.100.7:40000 A
         2729.000000001 tcp 10.0.0.1:22 -> 198.51.100.7:40000 A",
        &[
            "1 accept -/rule-1:accept 3",
            "4 drop default:enterprise/egress:drop/- 1",
        ],
        "accept: 1 flows, 3 packets, 0 to 1819 s
         drop: 1 flows, 1 packets, 2729.000000001 to 2729.000000001 s
         session: 1 flows, 2 packets, 909 to 1819 s
         rule-1: 1 flows, 1 packets, 0 to 0 s
         default server egress: 1 flows, 1 packets, 2729.000000001 to 2729.000000001 s
         opened: 1",
    );
}

#[test]
fn a_dropped_packet_restarts_no_timer_3_8_2() {
    // The session expires at 911; what is dropped then does not revive it, but
    // the visitor's next packet opens another.
    story(
        &open(),
        "0 tcp 198.51.100.7:40000 -> 10.0.0.1:22 S
         911 tcp 10.0.0.1:22 -> 198.51.100.7:40000 A
         912 tcp 10.0.0.1:22 -> 198.51.100.7:40000 A
         913 tcp 198.51.100.7:40000 -> 10.0.0.1:22 A
         914 tcp 10.0.0.1:22 -> 198.51.100.7:40000 A",
        &[
            "1 accept -/rule-1:accept 1",
            "2 drop default:enterprise/egress:drop/- 2",
            "4 accept -/rule-1:accept 2",
        ],
        "accept: 2 flows, 3 packets, 0 to 914 s
         drop: 1 flows, 2 packets, 911 to 912 s
         session: 1 flows, 1 packets, 914 to 914 s
         rule-1: 2 flows, 2 packets, 0 to 913 s
         default server egress: 1 flows, 2 packets, 911 to 912 s
         opened: 2",
    );
}

#[test]
fn udp_icmp_and_others_last_30_seconds_and_echoes_have_identifiers_3_8_2_3_8_3() {
    story(
        &open(),
        "0 udp 198.51.100.7:40000 -> 10.0.0.1:53
         0 icmp 198.51.100.7 -> 10.0.0.1 8/0 id=1
         0 gre 198.51.100.7 -> 10.0.0.1
         0 icmpv6 2001:db8:9::7 -> 2001:db8::1 128/0 id=1
         29 icmp 10.0.0.1 -> 198.51.100.7 0/0 id=2
         30 udp 10.0.0.1:53 -> 198.51.100.7:40000
         30 icmp 10.0.0.1 -> 198.51.100.7 0/0 id=1
         30 gre 10.0.0.1 -> 198.51.100.7
         30 icmpv6 2001:db8::1 -> 2001:db8:9::7 129/0 id=1
         61 udp 10.0.0.1:53 -> 198.51.100.7:40000
         61 icmp 10.0.0.1 -> 198.51.100.7 0/0 id=1
         61 gre 10.0.0.1 -> 198.51.100.7
         61 icmpv6 2001:db8::1 -> 2001:db8:9::7 129/0 id=1",
        &[
            "1 accept -/rule-2:accept 2",
            "2 accept -/rule-3:accept 2",
            "3 accept -/rule-4:accept 2",
            "4 accept -/rule-5:accept 2",
            "5 drop default:enterprise/egress:drop/- 1",
            "10 drop default:enterprise/egress:drop/- 1",
            "11 drop default:enterprise/egress:drop/- 1",
            "12 drop default:enterprise/egress:drop/- 1",
            "13 drop default:enterprise/egress:drop/- 1",
        ],
        "accept: 4 flows, 8 packets, 0 to 30 s
         drop: 5 flows, 5 packets, 29 to 61 s
         session: 4 flows, 4 packets, 30 to 30 s
         rule-2: 1 flows, 1 packets, 0 to 0 s
         rule-3: 1 flows, 1 packets, 0 to 0 s
         rule-4: 1 flows, 1 packets, 0 to 0 s
         rule-5: 1 flows, 1 packets, 0 to 0 s
         default server egress: 5 flows, 5 packets, 29 to 61 s
         opened: 4",
    );
}

#[test]
fn other_protocols_may_have_no_sessions_3_8_3() {
    story(
        &open().with("conntrack.other_protocols", "off"),
        "0 gre 198.51.100.7 -> 10.0.0.1
         1 gre 10.0.0.1 -> 198.51.100.7
         2 gre 198.51.100.7 -> 10.0.0.1",
        &[
            "1 accept -/rule-4:accept 2",
            "2 drop default:enterprise/egress:drop/- 1",
        ],
        "accept: 1 flows, 2 packets, 0 to 2 s
         drop: 1 flows, 1 packets, 1 to 1 s
         rule-4: 1 flows, 2 packets, 0 to 2 s
         default server egress: 1 flows, 1 packets, 1 to 1 s",
    );
}

#[test]
fn after_fin_from_both_ends_or_a_reset_3_seconds_remain_3_8_2() {
    // One connection is closed by both, another reset by the server, a third
    // half closed, which ends nothing.
    story(
        &open(),
        "0 tcp 198.51.100.7:1 -> 10.0.0.1:22 S
         0 tcp 198.51.100.7:2 -> 10.0.0.1:22 S
         0 tcp 198.51.100.7:3 -> 10.0.0.1:22 S
         1 tcp 198.51.100.7:1 -> 10.0.0.1:22 FA
         1 tcp 10.0.0.1:22 -> 198.51.100.7:1 FA
         1 tcp 10.0.0.1:22 -> 198.51.100.7:2 R
         1 tcp 198.51.100.7:3 -> 10.0.0.1:22 FA
         4 tcp 10.0.0.1:22 -> 198.51.100.7:1 A
         4.1 tcp 10.0.0.1:22 -> 198.51.100.7:2 A
         7.1 tcp 10.0.0.1:22 -> 198.51.100.7:1 A
         900 tcp 10.0.0.1:22 -> 198.51.100.7:3 A",
        &[
            "1 accept -/rule-1:accept 4",
            "2 accept -/rule-1:accept 2",
            "3 accept -/rule-1:accept 3",
            "9 drop default:enterprise/egress:drop/- 1",
            "10 drop default:enterprise/egress:drop/- 1",
        ],
        "accept: 3 flows, 9 packets, 0 to 900 s
         drop: 2 flows, 2 packets, 4.1 to 7.1 s
         session: 3 flows, 6 packets, 1 to 900 s
         rule-1: 3 flows, 3 packets, 0 to 0 s
         default server egress: 2 flows, 2 packets, 4.1 to 7.1 s
         opened: 3",
    );
}

#[test]
fn limits_come_from_flags_and_the_flat_profile_has_910_for_all_3_8_2() {
    let lines = "0 udp 198.51.100.7:40000 -> 10.0.0.1:53
         11 udp 10.0.0.1:53 -> 198.51.100.7:40000
         921 udp 10.0.0.1:53 -> 198.51.100.7:40000
         1832 udp 10.0.0.1:53 -> 198.51.100.7:40000";
    story(
        &open().with("conntrack.udp", "10"),
        lines,
        &[
            "1 accept -/rule-2:accept 1",
            "2 drop default:enterprise/egress:drop/- 1",
            "3 drop default:enterprise/egress:drop/- 1",
            "4 drop default:enterprise/egress:drop/- 1",
        ],
        "accept: 1 flows, 1 packets, 0 to 0 s
         drop: 3 flows, 3 packets, 11 to 1832 s
         rule-2: 1 flows, 1 packets, 0 to 0 s
         default server egress: 3 flows, 3 packets, 11 to 1832 s
         opened: 1",
    );
    story(
        &open().with("conntrack.profile", "flat910"),
        lines,
        &[
            "1 accept -/rule-2:accept 3",
            "4 drop default:enterprise/egress:drop/- 1",
        ],
        "accept: 1 flows, 3 packets, 0 to 921 s
         drop: 1 flows, 1 packets, 1832 to 1832 s
         session: 1 flows, 2 packets, 11 to 921 s
         rule-2: 1 flows, 1 packets, 0 to 0 s
         default server egress: 1 flows, 1 packets, 1832 to 1832 s
         opened: 1",
    );
}

#[test]
fn each_interface_keeps_its_own_session_and_they_expire_apart_3_8_2() {
    // The client's interface forgets UDP after 10 seconds, the server's after
    // 30. A reply between is let out and not let in; when the client asks
    // again, only its own interface opens a session.
    story(
        &Setup::new(two(&OPEN, r#""UdpTimeout": 10"#)),
        "0 udp 10.0.0.2:40000 -> 10.0.0.1:53
         10 udp 10.0.0.1:53 -> 10.0.0.2:40000
         21 udp 10.0.0.1:53 -> 10.0.0.2:40000
         22 udp 10.0.0.1:53 -> 10.0.0.2:40000
         23 udp 10.0.0.2:40000 -> 10.0.0.1:53
         24 udp 10.0.0.1:53 -> 10.0.0.2:40000",
        &[
            "1 accept default:normal/egress:accept/rule-2:accept 2",
            "3 drop session:accept/default:normal/ingress:drop 2",
            "5 accept default:normal/egress:accept/session:accept 2",
        ],
        "accept: 2 flows, 4 packets, 0 to 24 s
         drop: 1 flows, 2 packets, 21 to 22 s
         session: 3 flows, 5 packets, 10 to 24 s
         rule-2: 1 flows, 1 packets, 0 to 0 s
         default client egress: 2 flows, 2 packets, 0 to 23 s
         default client ingress: 1 flows, 2 packets, 21 to 22 s
         opened: 2",
    );
}

#[test]
fn a_packet_that_the_sender_drops_opens_nothing_at_the_receiver_3_10_1() {
    // The server may not send; that it would be let in changes nothing, also
    // for the answer that the client sends all the same.
    let setup = Setup::new(two(&[], "")).with("conntrack.midstream", "evaluate");
    story(
        &setup,
        "0 udp 10.0.0.1:53 -> 10.0.0.2:40000
         1 udp 10.0.0.2:40000 -> 10.0.0.1:53",
        &[
            "1 drop default:enterprise/egress:drop/default:normal/ingress:drop 1",
            "2 drop default:normal/egress:accept/default:enterprise/ingress:drop 1",
        ],
        "drop: 2 flows, 2 packets, 0 to 1 s
         default server egress: 1 flows, 1 packets, 0 to 0 s
         default server ingress: 1 flows, 1 packets, 1 to 1 s
         default client egress: 1 flows, 1 packets, 1 to 1 s
         default client ingress: 1 flows, 1 packets, 0 to 0 s",
    );
}

#[test]
fn refused_attempts_of_one_flow_are_one_row_while_it_is_not_idle() {
    // A scanner tries port 23 three times, and again much later; its attempts
    // at another port are another flow. That the client's interface has a
    // session by the second attempt makes no other flow of it.
    let setup = Setup::new(two(&[], ""));
    story(
        &setup,
        "0 tcp 198.51.100.7:40000 -> 10.0.0.1:23 S
         1 tcp 198.51.100.7:40000 -> 10.0.0.1:24 S
         3 tcp 198.51.100.7:40000 -> 10.0.0.1:23 S
         4 tcp 10.0.0.2:40000 -> 10.0.0.1:23 S
         7 tcp 198.51.100.7:40000 -> 10.0.0.1:23 S
         8 tcp 10.0.0.2:40000 -> 10.0.0.1:23 S
         918 tcp 198.51.100.7:40000 -> 10.0.0.1:23 S",
        &[
            "1 drop -/default:enterprise/ingress:drop 3",
            "2 drop -/default:enterprise/ingress:drop 1",
            "4 drop default:normal/egress:accept/default:enterprise/ingress:drop 2",
            "7 drop -/default:enterprise/ingress:drop 1",
        ],
        "drop: 4 flows, 7 packets, 0 to 918 s
         session: 1 flows, 1 packets, 8 to 8 s
         default server ingress: 4 flows, 7 packets, 0 to 918 s
         default client egress: 1 flows, 1 packets, 4 to 4 s",
    );
}

#[test]
fn what_has_no_end_in_the_snapshot_is_one_flow_both_ways() {
    story(
        &Setup::new(two(&[], "")),
        "0 tcp 198.51.100.7:40000 -> 203.0.113.9:443 S
         1 tcp 203.0.113.9:443 -> 198.51.100.7:40000 SA
         2 udp 198.51.100.7:40000 -> 203.0.113.9:443",
        &["1 outside -/- 2", "3 outside -/- 1"],
        "outside: 2 flows, 3 packets, 0 to 2 s",
    );
}

#[test]
fn time_that_runs_backwards_is_time_and_counted() {
    // Two packets change places: no matter. A packet from much earlier is no
    // part of the session, and is judged by itself; the session goes on.
    story(
        &open(),
        "1000 udp 198.51.100.7:40000 -> 10.0.0.1:53
         1002 udp 10.0.0.1:53 -> 198.51.100.7:40000
         1001 udp 198.51.100.7:40000 -> 10.0.0.1:53
         971 udp 10.0.0.1:53 -> 198.51.100.7:40000
         1032 udp 10.0.0.1:53 -> 198.51.100.7:40000",
        &[
            "1 accept -/rule-2:accept 4",
            "4 drop default:enterprise/egress:drop/- 1",
        ],
        "accept: 1 flows, 4 packets, 1000 to 1032 s
         drop: 1 flows, 1 packets, 971 to 971 s
         session: 1 flows, 3 packets, 1001 to 1032 s
         rule-2: 1 flows, 1 packets, 1000 to 1000 s
         default server egress: 1 flows, 1 packets, 971 to 971 s
         opened: 1
         odd: time goes back 1 s at packet 3 (2 times)",
    );
}

#[test]
fn a_full_table_gives_up_the_session_nearest_to_its_end() {
    // Room for two. The second UDP session has least left, whoever is older;
    // when it is given up its reply is dropped. What is over anyway is not
    // counted.
    let setup = Setup { most: 2, ..open() };
    story(
        &setup,
        "0 tcp 198.51.100.7:1 -> 10.0.0.1:22 S
         1 udp 198.51.100.7:2 -> 10.0.0.1:53
         2 udp 198.51.100.7:3 -> 10.0.0.1:53
         3 udp 10.0.0.1:53 -> 198.51.100.7:2
         4 tcp 10.0.0.1:22 -> 198.51.100.7:1 A
         33 udp 198.51.100.7:4 -> 10.0.0.1:53",
        &[
            "1 accept -/rule-1:accept 2",
            "2 accept -/rule-2:accept 1",
            "3 accept -/rule-2:accept 1",
            "4 drop default:enterprise/egress:drop/- 1",
            "6 accept -/rule-2:accept 1",
        ],
        "accept: 4 flows, 5 packets, 0 to 33 s
         drop: 1 flows, 1 packets, 3 to 3 s
         session: 1 flows, 1 packets, 4 to 4 s
         rule-1: 1 flows, 1 packets, 0 to 0 s
         rule-2: 3 flows, 3 packets, 1 to 33 s
         default server egress: 1 flows, 1 packets, 3 to 3 s
         opened: 4
         evicted: 1",
    );
}

#[test]
fn later_fragments_belong_to_the_session_of_the_first_3_5_11() {
    story(
        &open(),
        "0 udp 198.51.100.7:40000 -> 10.0.0.1:53 first id=1
         0 udp 198.51.100.7:40000 -> 10.0.0.1:53 later id=1
         1 udp 10.0.0.1:53 -> 198.51.100.7:40000 first id=9
         1 udp 10.0.0.1:53 -> 198.51.100.7:40000 later id=9
         2 udp 10.0.0.1:53 -> 198.51.100.7:40000 later id=8
         3 icmp 198.51.100.7 -> 10.0.0.1 8/0 first id=5
         3 icmp 198.51.100.7 -> 10.0.0.1 8/0 later id=5",
        &[
            "1 accept -/rule-2:accept 4",
            "5 drop default:enterprise/egress:drop/- 1",
            "6 accept -/rule-3:accept 2",
        ],
        "accept: 2 flows, 6 packets, 0 to 3 s
         drop: 1 flows, 1 packets, 2 to 2 s
         session: 2 flows, 4 packets, 0 to 3 s
         rule-2: 1 flows, 1 packets, 0 to 0 s
         rule-3: 1 flows, 1 packets, 3 to 3 s
         default server egress: 1 flows, 1 packets, 2 to 2 s
         opened: 2",
    );
}

#[test]
fn sessions_go_on_from_one_input_to_the_next() {
    // A connection is in two files; a flow list whose records are judged one
    // by one comes between others, and ends what is open.
    let setup = open();
    let files = [
        "0 tcp 198.51.100.7:40000 -> 10.0.0.1:22 S",
        "1 tcp 10.0.0.1:22 -> 198.51.100.7:40000 SA
         2 tcp 198.51.100.7:40000 -> 10.0.0.1:22 A",
    ];
    let files = files.map(|lines| capture(&packets(lines)));
    let inputs = files.each_ref().map(Vec::as_slice);
    for threads in [1, 2, 8] {
        let replayed = setup.replay_bytes(&inputs, threads);
        assert_eq!(replayed.short_rows(), ["1 accept -/rule-1:accept 3"]);
        let top = replayed.report.accepted.top(9);
        let counts: Vec<_> = top
            .iter()
            .map(|(_, count)| (count.flows, count.packets))
            .collect();
        assert_eq!(counts, [(1, 3)]);
    }
    let list = b"src_ip,dst_ip,protocol,src_port,dst_port\n198.51.100.7,10.0.0.1,tcp,1,22\n";
    let setup = Setup {
        mode: Mode::ByInput,
        ..setup
    };
    let replayed = setup.replay_bytes(&[inputs[0], list, inputs[1]], 2);
    assert_eq!(
        replayed.short_rows(),
        [
            "1 accept -/rule-1:accept 1",
            "2 accept -/rule-1:accept 1",
            "1 drop default:enterprise/egress:drop/- 1",
            "2 accept -/rule-1:accept 1",
        ]
    );
}
