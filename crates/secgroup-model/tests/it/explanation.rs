//! The rules an interface asks, in order, with the first condition that fails.

use secgroup_model::{
    Direction, Field, PartialTransport, PortSpan, Protocol, Query, RuleMatch, Semantics, Snapshot,
    Specificity, explain,
};

use crate::situation::{
    Parts, flags, group, interface, port_list, prefix_list, query, tcp, to_port, within,
};

/// Explains what the interface that is listed first does.
fn traces(snapshot: &Snapshot, query: &Query, direction: Direction) -> Vec<(String, RuleMatch)> {
    let (own, _) = snapshot.interfaces().next().unwrap();
    let all = explain(snapshot, &Semantics::default(), query, own, direction);
    all.iter()
        .map(|trace| (snapshot.rule(trace.rule).name().to_owned(), trace.result))
        .collect()
}

#[test]
fn rules_of_all_groups_come_in_order_of_precedence_3_3() {
    let snapshot = Parts::new(
        &[
            group(
                "sg-a",
                &[
                    "in 10 accept all 0.0.0.0/0",
                    "in 2 accept all 0.0.0.0/0",
                    "out 1 drop all 0.0.0.0/0",
                    "in 2 drop gre 0.0.0.0/0",
                ],
            ),
            group("sg-other", &["in 1 drop all 0.0.0.0/0"]),
            group(
                "sg-b",
                &[
                    "in 2 accept all 198.51.100.0/24",
                    "in 2 drop all 198.51.100.0/24",
                    "out 1 accept all 0.0.0.0/0",
                ],
            ),
        ],
        &[interface("eni-a", &["10.0.0.1"], &["sg-b", "sg-a"])],
    )
    .snapshot();
    let names = |direction| {
        let traces = traces(&snapshot, &to_port("8.8.8.8", "10.0.0.1", 22), direction);
        traces.into_iter().map(|(name, _)| name).collect::<Vec<_>>()
    };
    assert_eq!(
        names(Direction::Ingress),
        ["sg-a#4", "sg-b#2", "sg-a#2", "sg-b#1", "sg-a#1"]
    );
    assert_eq!(names(Direction::Egress), ["sg-a#3", "sg-b#3"]);
}

/// The result for one rule of a classic interface.
fn result(rule: &str, query: &Query) -> RuleMatch {
    let mut parts = Parts::new(
        &[
            within(None, group("sg-a", &[rule])),
            within(None, group("sg-b", &[])),
        ],
        &[
            interface("eni-a", &["10.0.0.1", "2001:db8::1"], &["sg-a"]),
            interface("eni-b", &["10.0.0.2"], &["sg-b"]),
        ],
    );
    parts.prefix_lists = vec![prefix_list("pl-a", &["10.0.0.0/30", "10.0.0.0/29"])];
    parts.port_lists = vec![port_list("prl-a", &["1/100", "79/82"])];
    let snapshot = parts.snapshot();
    let direction = snapshot.rules().next().unwrap().1.rule().direction;
    traces(&snapshot, query, direction)[0].1
}

#[test]
fn the_first_condition_that_fails_is_named() {
    let own = "10.0.0.1";
    let flow = tcp("10.0.0.2", PortSpan::one(40000), own, PortSpan::one(80));
    // From the first line on, each mends what the one before it names.
    for (rule, field) in [
        (
            "in 1 accept udp 1/1 8.8.8.8 at 10.0.0.9 from-port 1/1 nic internet",
            Field::Nic,
        ),
        (
            "in 1 accept udp 1/1 8.8.8.8 at 10.0.0.9 from-port 1/1",
            Field::Protocol,
        ),
        (
            "in 1 accept tcp 1/1 8.8.8.8 at 10.0.0.9 from-port 1/1",
            Field::Peer,
        ),
        (
            "in 1 accept tcp 1/1 10.0.0.2 at 10.0.0.9 from-port 1/1",
            Field::Local,
        ),
        (
            "in 1 accept tcp 1/1 10.0.0.2 at 10.0.0.1 from-port 1/1",
            Field::DestinationPort,
        ),
        (
            "in 1 accept tcp 80/80 10.0.0.2 at 10.0.0.1 from-port 1/1",
            Field::SourcePort,
        ),
    ] {
        assert_eq!(result(rule, &flow), RuleMatch::No(field), "{rule}");
    }
    let fits = "in 1 accept tcp 80/80 10.0.0.2 at 10.0.0.1 from-port 40000/40000";
    let closely = Specificity {
        peer_length: 32,
        port_width: 1,
    };
    assert_eq!(result(fits, &flow), RuleMatch::Yes(closely));
}

#[test]
fn how_closely_a_rule_fits_is_told() {
    let flow = to_port("10.0.0.2", "10.0.0.1", 80);
    for (rule, peer_length, port_width) in [
        ("in 1 accept all 0.0.0.0/0", 0, 65536),
        ("in 1 accept tcp any 10.0.0.0/8", 8, 65536),
        ("in 1 accept tcp 1/65535 sg-b", 32, 65535),
        ("in 1 accept tcp prl-a pl-a", 30, 4),
    ] {
        let closely = Specificity {
            peer_length,
            port_width,
        };
        assert_eq!(result(rule, &flow), RuleMatch::Yes(closely), "{rule}");
    }
}

#[test]
fn families_never_mix_3_5_4() {
    let v4 = to_port("10.0.0.2", "10.0.0.1", 80);
    let v6 = to_port("fd00::2", "2001:db8::1", 80);
    for (rule, flow) in [
        ("in 1 accept all ::/0", &v4),
        ("in 1 accept all 0.0.0.0/0", &v6),
        ("in 1 accept all pl-a", &v6),
        ("in 1 accept all sg-b", &v6),
    ] {
        assert_eq!(result(rule, flow), RuleMatch::No(Field::Peer), "{rule}");
    }
    let mapped = to_port("::ffff:10.0.0.2", "2001:db8::1", 80);
    assert_eq!(
        result("in 1 accept all 10.0.0.2", &mapped),
        RuleMatch::No(Field::Peer)
    );
    assert!(matches!(
        result("in 1 accept all ::/0", &mapped),
        RuleMatch::Yes(_)
    ));
    let local = "in 1 accept all sg-b at 2001:db8::/32";
    assert_eq!(result(local, &v4), RuleMatch::No(Field::Local));
}

#[test]
fn icmp_is_protocol_1_of_ipv4_and_icmpv6_58_of_ipv6_3_5_3() {
    let own = [("10.0.0.2", "10.0.0.1"), ("fd00::2", "2001:db8::1")];
    for (protocol, rule, fits) in [
        (1, "in 1 accept icmp 0.0.0.0/0", [true, false]),
        (58, "in 1 accept icmpv6 ::/0", [false, true]),
    ] {
        for ((from, to), fits) in own.into_iter().zip(fits) {
            let flow = query(Protocol(protocol), from, to, PartialTransport::Opaque);
            let result = result(rule, &flow);
            assert_eq!(matches!(result, RuleMatch::Yes(_)), fits, "{flow}");
            if !fits {
                assert_eq!(result, RuleMatch::No(Field::Protocol));
            }
        }
    }
    // The other family's number does not make it the other protocol.
    let icmpv6 = query(
        Protocol(58),
        "10.0.0.2",
        "10.0.0.1",
        PartialTransport::Opaque,
    );
    assert_eq!(
        result("in 1 accept icmp 0.0.0.0/0", &icmpv6),
        RuleMatch::No(Field::Protocol)
    );
}

#[test]
fn numbered_protocols_match_their_number_2_4_3() {
    for (text, number) in [("50", 50), ("gre", 47), ("0", 0), ("255", 255)] {
        let rule = format!("in 1 accept {text} 0.0.0.0/0");
        for other in [0, 6, 17, 47, 50, 51, 255] {
            let flow = query(
                Protocol(other),
                "10.0.0.2",
                "10.0.0.1",
                PartialTransport::Opaque,
            );
            let yes = matches!(result(&rule, &flow), RuleMatch::Yes(_));
            assert_eq!(yes, number == other, "{rule} {other}");
        }
    }
}

#[test]
fn a_later_fragment_matches_only_rules_that_need_no_ports_3_5_11() {
    let fragment = query(
        Protocol::TCP,
        "10.0.0.2",
        "10.0.0.1",
        PartialTransport::LaterFragment,
    );
    assert!(matches!(
        result("in 1 accept all 0.0.0.0/0", &fragment),
        RuleMatch::Yes(_)
    ));
    for ports in ["any", "1/65535"] {
        let rule = format!("in 1 accept tcp {ports} 0.0.0.0/0");
        assert_eq!(
            result(&rule, &fragment),
            RuleMatch::No(Field::DestinationPort)
        );
    }
}

#[test]
fn the_nic_counts_in_the_classic_network_only_2_9_2() {
    use secgroup_model::NicType::{Internet, Intranet};
    let from = |peer, nic| Query {
        nic,
        ..to_port(peer, "10.0.0.1", 80)
    };
    let (public, private) = (
        "in 1 accept all 0.0.0.0/0 nic internet",
        "in 1 accept all 0.0.0.0/0",
    );
    for (flow, internet) in [
        (from("8.8.8.8", None), true),
        (from("10.0.0.2", None), false),
        (from("8.8.8.8", Some(Intranet)), false),
        (from("10.0.0.2", Some(Internet)), true),
    ] {
        for (rule, fits) in [(public, internet), (private, !internet)] {
            let result = result(rule, &flow);
            assert_eq!(matches!(result, RuleMatch::Yes(_)), fits, "{rule} {flow:?}");
            let snapshot = Parts::new(
                &[group("sg-a", &[rule])],
                &[interface("eni-a", &["10.0.0.1"], &["sg-a"])],
            )
            .snapshot();
            let inside = traces(&snapshot, &flow, Direction::Ingress);
            assert!(matches!(inside[0].1, RuleMatch::Yes(_)), "{rule} {flow:?}");
        }
    }
}

#[test]
fn egress_asks_with_the_sides_exchanged_2_2() {
    let flow = tcp(
        "10.0.0.1",
        PortSpan::one(40000),
        "10.0.0.2",
        PortSpan::one(80),
    );
    let fits = "out 1 accept tcp 80/80 10.0.0.2 at 10.0.0.1 from-port 40000/40000";
    assert!(matches!(result(fits, &flow), RuleMatch::Yes(_)));
    for (rule, field) in [
        ("out 1 accept tcp 80/80 10.0.0.1", Field::Peer),
        ("out 1 accept tcp 80/80 10.0.0.2 at 10.0.0.2", Field::Local),
        (
            "out 1 accept tcp 40000/40000 10.0.0.2",
            Field::DestinationPort,
        ),
    ] {
        assert_eq!(result(rule, &flow), RuleMatch::No(field), "{rule}");
    }
}

#[test]
fn all_means_four_protocols_where_a_flag_says_so_3_5_5() {
    let snapshot = Parts::new(
        &[group("sg-a", &["in 1 accept all 0.0.0.0/0"])],
        &[interface("eni-a", &["10.0.0.1"], &["sg-a"])],
    )
    .snapshot();
    let (own, _) = snapshot.interfaces().next().unwrap();
    for number in 0..=255 {
        let flow = query(
            Protocol(number),
            "8.8.8.8",
            "10.0.0.1",
            PartialTransport::Opaque,
        );
        let fits = |semantics| {
            let traces = explain(&snapshot, &semantics, &flow, own, Direction::Ingress);
            matches!(traces[0].result, RuleMatch::Yes(_))
        };
        assert!(fits(flags(&[])));
        let named = [1, 6, 17, 47, 58].contains(&number);
        assert_eq!(
            fits(flags(&[("eval.all_means", "four")])),
            named,
            "{number}"
        );
    }
}
