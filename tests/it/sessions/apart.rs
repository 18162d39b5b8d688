//! What does not belong to a session, though it looks like it: other ICMP than
//! the echoes of one identifier (3.8.3), fragments whose first was not seen, and
//! what a change between two fragments does (3.5.11).

use secgroup_tests::replayed::Setup;

use super::{rule, snapshot, story, two};

#[test]
fn an_echo_of_identifier_0_is_not_of_the_session_of_other_messages_3_8_3() {
    // The client asks for the time of day: what comes back of that kind passes,
    // pings of whatever identifier do not; and the other way round.
    story(
        &Setup::new(two(&[], "")),
        "0 icmp 10.0.0.2 -> 198.51.100.7 13/0
         1 icmp 198.51.100.7 -> 10.0.0.2 8/0 id=0
         2 icmp 198.51.100.7 -> 10.0.0.2 8/0 id=9
         3 icmp 198.51.100.7 -> 10.0.0.2 14/0
         4 icmp 10.0.0.2 -> 198.51.100.8 8/0 id=0
         5 icmp 198.51.100.8 -> 10.0.0.2 0/0 id=0
         6 icmp 198.51.100.8 -> 10.0.0.2 13/0
         7 icmpv6 2001:db8::2 -> 2001:db8:9::7 130/0
         8 icmpv6 2001:db8:9::7 -> 2001:db8::2 128/0 id=0",
        &[
            "1 accept default:normal/egress:accept/- 2",
            "2 drop -/default:normal/ingress:drop 1",
            "3 drop -/default:normal/ingress:drop 1",
            "5 accept default:normal/egress:accept/- 2",
            "7 drop -/default:normal/ingress:drop 1",
            "8 accept default:normal/egress:accept/- 1",
            "9 drop -/default:normal/ingress:drop 1",
        ],
        "accept: 3 flows, 5 packets, 0 to 7 s
         drop: 4 flows, 4 packets, 1 to 8 s
         session: 2 flows, 2 packets, 3 to 5 s
         default client egress: 3 flows, 3 packets, 0 to 7 s
         default client ingress: 4 flows, 4 packets, 1 to 8 s
         opened: 3",
    );
}

#[test]
fn an_orphan_that_is_dropped_says_nothing_of_whole_packets_3_5_11() {
    // TCP may come to every port, 0 included, which an orphan names none of.
    let rules = [
        "ingress accept tcp -1/-1 0.0.0.0/0",
        "ingress accept gre -1/-1 0.0.0.0/0",
    ];
    story(
        &Setup::new(two(&rules, "")).with("eval.orphan_fragments", "deny"),
        "0 gre 198.51.100.7 -> 10.0.0.1 later id=7
         1 gre 198.51.100.7 -> 10.0.0.1
         2 tcp 198.51.100.7:0 -> 10.0.0.1:0 later id=8
         3 tcp 198.51.100.7:0 -> 10.0.0.1:0 S
         4 tcp 198.51.100.7:0 -> 10.0.0.1:0 later id=9",
        &[
            "1 drop -/orphan:drop 1",
            "2 accept -/rule-2:accept 1",
            "3 drop -/orphan:drop 2",
            "4 accept -/rule-1:accept 1",
        ],
        "accept: 2 flows, 2 packets, 1 to 3 s
         drop: 2 flows, 3 packets, 0 to 4 s
         platform: 2 flows, 3 packets, 0 to 4 s
         rule-1: 1 flows, 1 packets, 3 to 3 s
         rule-2: 1 flows, 1 packets, 1 to 1 s
         opened: 2",
    );
}

#[test]
fn later_fragments_take_the_verdict_of_the_first_across_a_change_3_5_11() {
    // DNS is open until the tenth second, and a service of UDP from then on.
    let mut setup = Setup::new(two(&["ingress accept udp 53/53 0.0.0.0/0"], ""));
    let later = two(&["ingress accept udp 99/99 0.0.0.0/0"], "");
    setup.snapshots.push((10, later));
    story(
        &setup,
        "9.9 udp 198.51.100.7:40000 -> 10.0.0.1:53 first id=1
         9.9 udp 198.51.100.7:40000 -> 10.0.0.1:99 first id=2
         10.1 udp 198.51.100.7:40000 -> 10.0.0.1:53 later id=1
         10.1 udp 198.51.100.7:40000 -> 10.0.0.1:99 later id=2
         10.2 udp 198.51.100.7:40000 -> 10.0.0.1:53
         10.2 udp 198.51.100.7:40000 -> 10.0.0.1:99",
        &[
            "1 accept -/rule-1:accept 2",
            "2 drop -/default:enterprise/ingress:drop 2",
            "5 drop -/default:enterprise/ingress:drop 1",
            "6 accept -/rule-1:accept 1",
        ],
        "accept: 2 flows, 3 packets, 9.9 to 10.2 s
         drop: 2 flows, 3 packets, 9.9 to 10.2 s
         session: 1 flows, 1 packets, 10.1 to 10.1 s
         rule-1: 1 flows, 1 packets, 9.9 to 9.9 s
         default server ingress: 1 flows, 2 packets, 9.9 to 10.1 s
         rule-1: 1 flows, 1 packets, 10.2 to 10.2 s
         default server ingress: 1 flows, 1 packets, 10.2 to 10.2 s
         opened: 2
         ended by change: 1",
    );
}

#[test]
fn an_interface_may_complain_from_any_of_its_addresses_3_8_7() {
    // The server was asked at its second address, and complains from its first
    // one: "each ENI keeps its own session" (3.8.2). Another interface that
    // complains of the same has no session.
    let group = rule("rule-1", "ingress accept udp 53/53 0.0.0.0/0");
    let fleet = snapshot(&format!(
        r#"{{"SecurityGroups": [{{"SecurityGroupId": "sg-server", "VpcId": "vpc-1",
             "SecurityGroupType": "enterprise", "Permissions": [{group}]}}],
           "NetworkInterfaceSets": [
            {{"NetworkInterfaceId": "server", "SecurityGroupIds": ["sg-server"], "PrivateIpSets": [
               {{"PrivateIpAddress": "10.0.0.1", "Primary": true}},
               {{"PrivateIpAddress": "10.0.0.20"}}]}},
            {{"NetworkInterfaceId": "client", "SecurityGroupIds": ["sg-server"],
              "PrivateIpSets": [{{"PrivateIpAddress": "10.0.0.2"}}]}}]}}"#
    ));
    story(
        &Setup::new(fleet),
        "0 udp 198.51.100.7:4000 -> 10.0.0.20:53
         1 icmp 10.0.0.20 -> 198.51.100.7 3/3 (udp 198.51.100.7:4000 -> 10.0.0.20:53)
         2 icmp 10.0.0.1 -> 198.51.100.7 3/3 (udp 198.51.100.7:4000 -> 10.0.0.20:53)
         3 icmp 192.0.2.1 -> 10.0.0.1 11/0 (udp 198.51.100.7:4000 -> 10.0.0.20:53)
         4 icmp 10.0.0.2 -> 198.51.100.7 3/3 (udp 198.51.100.7:4000 -> 10.0.0.20:53)",
        &[
            "1 accept -/rule-1:accept 4",
            "5 drop default:enterprise/egress:drop/- 1",
        ],
        "accept: 1 flows, 4 packets, 0 to 3 s
         drop: 1 flows, 1 packets, 4 to 4 s
         session: 1 flows, 3 packets, 1 to 3 s
         rule-1: 1 flows, 1 packets, 0 to 0 s
         default client egress: 1 flows, 1 packets, 4 to 4 s
         opened: 1",
    );
}
