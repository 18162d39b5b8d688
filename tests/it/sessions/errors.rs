//! ICMP errors about a session (3.8.7), and those of path MTU discovery (3.9.2).

use secgroup_tests::replayed::Setup;

use super::{story, two};

const LINES: &str = "0 tcp 10.0.0.2:40000 -> 198.51.100.7:443 S
     1 icmp 192.0.2.254 -> 10.0.0.2 11/0 (tcp 10.0.0.2:40000 -> 198.51.100.7:443)
     2 icmp 192.0.2.254 -> 10.0.0.2 11/0 (tcp 10.0.0.2:40001 -> 198.51.100.7:443)
     3 icmp 192.0.2.254 -> 10.0.0.2 3/4 (tcp 10.0.0.2:40001 -> 198.51.100.7:443)
     4 icmp 192.0.2.254 -> 10.0.0.1 11/0 (tcp 10.0.0.2:40000 -> 198.51.100.7:443)
     905 icmp 192.0.2.254 -> 10.0.0.2 3/1 (tcp 10.0.0.2:40000 -> 198.51.100.7:443)
     911 tcp 198.51.100.7:443 -> 10.0.0.2:40000 A";

#[test]
fn an_error_about_an_open_session_passes_with_it_and_restarts_no_timer_3_8_7() {
    // A router complains about the client's connection, about one that is not
    // there, and to somebody else. Path MTU discovery passes always. The
    // session was silent for 911 seconds when its answer comes.
    story(
        &Setup::new(two(&[], "")).with("conntrack.midstream", "evaluate"),
        LINES,
        &[
            "1 accept default:normal/egress:accept/- 3",
            "3 drop -/default:normal/ingress:drop 1",
            "4 accept -/special:pmtud:accept 1",
            "5 drop -/default:enterprise/ingress:drop 1",
            "7 drop -/default:normal/ingress:drop 1",
        ],
        "accept: 2 flows, 4 packets, 0 to 905 s
         drop: 3 flows, 3 packets, 2 to 911 s
         session: 1 flows, 2 packets, 1 to 905 s
         platform: 1 flows, 1 packets, 3 to 3 s
         default server ingress: 1 flows, 1 packets, 4 to 4 s
         default client egress: 1 flows, 1 packets, 0 to 0 s
         default client ingress: 2 flows, 2 packets, 2 to 911 s
         opened: 1",
    );
}

#[test]
fn later_fragments_of_an_error_pass_with_the_first_3_5_11() {
    // The error about the connection is in two pieces, and so is one about nothing.
    story(
        &Setup::new(two(&[], "")).with("conntrack.midstream", "evaluate"),
        "0 tcp 10.0.0.2:40000 -> 198.51.100.7:443 S
         1 icmp 192.0.2.254 -> 10.0.0.2 11/0 first id=7 (tcp 10.0.0.2:40000 -> 198.51.100.7:443)
         1 icmp 192.0.2.254 -> 10.0.0.2 11/0 later id=7
         2 icmp 192.0.2.254 -> 10.0.0.2 11/0 first id=8 (tcp 10.0.0.2:40001 -> 198.51.100.7:443)
         2 icmp 192.0.2.254 -> 10.0.0.2 11/0 later id=8",
        &[
            "1 accept default:normal/egress:accept/- 3",
            "4 drop -/default:normal/ingress:drop 2",
        ],
        "accept: 1 flows, 3 packets, 0 to 1 s
         drop: 1 flows, 2 packets, 2 to 2 s
         session: 1 flows, 2 packets, 1 to 1 s
         default client egress: 1 flows, 1 packets, 0 to 0 s
         default client ingress: 1 flows, 2 packets, 2 to 2 s
         opened: 1",
    );
}

#[test]
fn only_path_mtu_discovery_passes_where_nothing_is_related_3_8_7() {
    story(
        &Setup::new(two(&[], ""))
            .with("conntrack.related_icmp", "pmtud_only")
            .with("conntrack.midstream", "evaluate"),
        LINES,
        &[
            "1 accept default:normal/egress:accept/- 1",
            "2 drop -/default:normal/ingress:drop 1",
            "3 drop -/default:normal/ingress:drop 1",
            "4 accept -/special:pmtud:accept 1",
            "5 drop -/default:enterprise/ingress:drop 1",
            "6 drop -/default:normal/ingress:drop 1",
            "7 drop -/default:normal/ingress:drop 1",
        ],
        "accept: 2 flows, 2 packets, 0 to 3 s
         drop: 5 flows, 5 packets, 1 to 911 s
         platform: 1 flows, 1 packets, 3 to 3 s
         default server ingress: 1 flows, 1 packets, 4 to 4 s
         default client egress: 1 flows, 1 packets, 0 to 0 s
         default client ingress: 4 flows, 4 packets, 1 to 911 s
         opened: 1",
    );
}

#[test]
fn the_other_end_may_complain_too_and_errors_open_no_session_3_8_7() {
    // The server, which may send nothing, says that a port is closed: once
    // about a question it was asked, once about one nobody asked. Both ends
    // know the session. In IPv6 likewise.
    let rules = [
        "ingress accept udp 53/53 0.0.0.0/0",
        "ingress accept udp 53/53 ::/0",
    ];
    story(
        &Setup::new(two(&rules, "")),
        "0 udp 10.0.0.2:40000 -> 10.0.0.1:53
         1 icmp 10.0.0.1 -> 10.0.0.2 3/3 (udp 10.0.0.2:40000 -> 10.0.0.1:53)
         2 icmp 10.0.0.1 -> 10.0.0.2 3/3 (udp 10.0.0.2:40009 -> 10.0.0.1:53)
         3 icmp 10.0.0.2 -> 10.0.0.1 8/0
         4 udp [2001:db8::2]:40000 -> [2001:db8::1]:53
         5 icmpv6 2001:db8::1 -> 2001:db8::2 1/4 (udp [2001:db8::2]:40000 -> [2001:db8::1]:53)",
        &[
            "1 accept default:normal/egress:accept/rule-1:accept 2",
            "3 drop default:enterprise/egress:drop/default:normal/ingress:drop 1",
            "4 drop default:normal/egress:accept/default:enterprise/ingress:drop 1",
            "5 accept default:normal/egress:accept/rule-2:accept 2",
        ],
        "accept: 2 flows, 4 packets, 0 to 5 s
         drop: 2 flows, 2 packets, 2 to 3 s
         session: 2 flows, 2 packets, 1 to 5 s
         rule-1: 1 flows, 1 packets, 0 to 0 s
         rule-2: 1 flows, 1 packets, 4 to 4 s
         default server egress: 1 flows, 1 packets, 2 to 2 s
         default server ingress: 1 flows, 1 packets, 3 to 3 s
         default client egress: 3 flows, 3 packets, 0 to 4 s
         default client ingress: 1 flows, 1 packets, 2 to 2 s
         opened: 2",
    );
}
