//! Questions that leave a field open (3.5.9).

use secgroup_model::{
    DecidedBy, Decision, Direction, EPHEMERAL_PORTS, Field, GroupKind, PlatformException, PortSpan,
    Protocol, Query, RuleMatch, Semantics, Snapshot, Verdict, evaluate, explain,
};

use crate::situation::{Parts, flags, group, icmp, interface, judge, port_list, tcp};

const PEER: &str = "198.51.100.7";
const OWN: &str = "10.0.0.1";

/// 10.0.0.1 with these rules.
fn host(rules: &[&str]) -> Snapshot {
    let mut parts = Parts::new(
        &[group("sg-a", rules)],
        &[interface("eni-a", &[OWN, "2001:db8::1"], &["sg-a"])],
    );
    parts.port_lists = vec![
        port_list("prl-halves", &["1/99", "100/65535"]),
        port_list("prl-nested", &["50/60", "1/200"]),
        port_list("prl-turned", &["1/200", "50/60"]),
    ];
    parts.snapshot()
}

/// What is decided, by which rule or default, and what decides otherwise.
fn words(snapshot: &Snapshot, verdict: Verdict) -> String {
    let name = |by| match by {
        DecidedBy::Rule(rule) => snapshot.rule(rule).name().to_owned(),
        DecidedBy::Default(GroupKind::Basic) => "default".to_owned(),
        DecidedBy::Platform(exception) => exception.to_string(),
        other => format!("{other:?}"),
    };
    let mut text = format!("{} {}", verdict.decision, name(verdict.by));
    if let Some(otherwise) = verdict.otherwise {
        text += &format!(" else {}", name(otherwise));
    }
    text
}

#[track_caller]
fn ingress(snapshot: &Snapshot, query: &Query) -> String {
    words(snapshot, judge(snapshot, query).ingress.unwrap())
}

#[track_caller]
fn egress(snapshot: &Snapshot, query: &Query) -> String {
    words(snapshot, judge(snapshot, query).egress.unwrap())
}

/// Asks without a source port.
fn from_any_port(port: u16) -> Query {
    tcp(PEER, EPHEMERAL_PORTS, OWN, PortSpan::one(port))
}

#[test]
fn the_ephemeral_ports_are_49152_to_65535() {
    let (first, last) = (49152, 65535);
    assert_eq!(EPHEMERAL_PORTS, PortSpan::between(first, last));
}

#[test]
fn an_open_source_port_matters_when_a_range_cuts_the_span() {
    for (range, expected) in [
        // Holds the whole span.
        ("1/65535", "accept sg-a#1"),
        ("49152/65535", "accept sg-a#1"),
        // Misses it.
        ("1/49151", "drop default"),
        ("1024/1024", "drop default"),
        // Cuts it, at either end and inside.
        ("49153/65535", "depends sg-a#1 else default"),
        ("49152/65534", "depends sg-a#1 else default"),
        ("1/49152", "depends sg-a#1 else default"),
        ("65535/65535", "depends sg-a#1 else default"),
        ("50000/50000", "depends sg-a#1 else default"),
    ] {
        let rule = format!("in 1 accept tcp 22/22 0.0.0.0/0 from-port {range}");
        assert_eq!(
            ingress(&host(&[&rule]), &from_any_port(22)),
            expected,
            "{range}"
        );
    }
}

#[test]
fn an_open_destination_port_matters_when_a_range_cuts_the_span() {
    let span = PortSpan::between(80, 90);
    for (ports, expected) in [
        ("80/90", "accept sg-a#1"),
        ("79/91", "accept sg-a#1"),
        ("any", "accept sg-a#1"),
        ("1/79", "drop default"),
        ("91/91", "drop default"),
        ("81/90", "depends sg-a#1 else default"),
        ("80/89", "depends sg-a#1 else default"),
        ("1/80", "depends sg-a#1 else default"),
        ("90/90", "depends sg-a#1 else default"),
        ("prl-nested", "accept sg-a#1"),
    ] {
        let rule = format!("in 1 accept tcp {ports} 0.0.0.0/0");
        let query = tcp(PEER, PortSpan::one(40000), OWN, span);
        assert_eq!(ingress(&host(&[&rule]), &query), expected, "{ports}");
    }
    // Port 0 is in no range, so even 1/65535 does not hold every port (3.5.2).
    let every = tcp(
        PEER,
        PortSpan::one(40000),
        OWN,
        PortSpan::between(0, u16::MAX),
    );
    let rule = "in 1 accept tcp 1/65535 0.0.0.0/0";
    assert_eq!(
        ingress(&host(&[rule]), &every),
        "depends sg-a#1 else default"
    );
}

#[test]
fn ranges_that_cover_a_span_together_leave_nothing_open() {
    let span = PortSpan::between(90, 110);
    let query = tcp(PEER, PortSpan::one(40000), OWN, span);
    let list = "in 1 accept tcp prl-halves 0.0.0.0/0";
    assert_eq!(ingress(&host(&[list]), &query), "accept sg-a#1");
    let halves = [
        "in 2 accept tcp 80/99 0.0.0.0/0",
        "in 1 accept tcp 100/120 0.0.0.0/0",
    ];
    assert_eq!(ingress(&host(&halves), &query), "accept sg-a#1");
    let gap = [
        "in 2 accept tcp 80/99 0.0.0.0/0",
        "in 1 accept tcp 101/120 0.0.0.0/0",
    ];
    assert_eq!(ingress(&host(&gap), &query), "depends sg-a#2 else default");
}

#[test]
fn a_rule_that_can_never_decide_is_not_named() {
    let rules = [
        "in 1 drop tcp 80/80 0.0.0.0/0 from-port 49152/60000",
        "in 2 accept tcp 80/80 0.0.0.0/0 from-port 50000/50001",
    ];
    assert_eq!(ingress(&host(&rules), &from_any_port(80)), "drop default");
}

#[test]
fn an_open_port_may_be_that_of_dhcp_3_9_5() {
    let snapshot = host(&[]);
    let asked = |source, destination| Query {
        protocol: Protocol::UDP,
        ..tcp("10.0.0.9", source, OWN, destination)
    };
    for (source, destination, expected) in [
        (
            PortSpan::one(67),
            PortSpan::ANY,
            "depends dhcp else default",
        ),
        (PortSpan::one(67), PortSpan::one(68), "accept dhcp"),
        (PortSpan::one(66), PortSpan::ANY, "drop default"),
        (EPHEMERAL_PORTS, PortSpan::one(68), "drop default"),
    ] {
        let query = asked(source, destination);
        assert_eq!(ingress(&snapshot, &query), expected, "{query}");
    }
}

/// The entry that is open comes after one that holds the span.
#[test]
fn one_entry_of_a_port_list_that_holds_the_span_is_enough() {
    let span = PortSpan::between(55, 70);
    let query = tcp(PEER, PortSpan::one(40000), OWN, span);
    for list in ["prl-nested", "prl-turned"] {
        let rule = format!("in 1 accept tcp {list} 0.0.0.0/0");
        assert_eq!(ingress(&host(&[&rule]), &query), "accept sg-a#1", "{list}");
    }
}

#[test]
fn an_open_field_that_no_deciding_rule_needs_does_not_matter() {
    const OPEN_DROP: &str = "in 5 drop tcp 22/22 0.0.0.0/0 from-port 50000/50009";
    const OPEN_ACCEPT: &str = "in 5 accept tcp 22/22 0.0.0.0/0 from-port 50000/50009";
    for (rules, expected) in [
        // Something certain decides before it.
        (
            ["in 4 accept tcp 22/22 0.0.0.0/0", OPEN_DROP],
            "accept sg-a#1",
        ),
        (
            ["in 4 drop tcp 22/22 0.0.0.0/0", OPEN_ACCEPT],
            "drop sg-a#1",
        ),
        // Drop goes first at equal priority, accept does not.
        (
            ["in 5 drop tcp 22/22 0.0.0.0/0", OPEN_ACCEPT],
            "drop sg-a#1",
        ),
        (
            ["in 5 accept tcp 22/22 0.0.0.0/0", OPEN_DROP],
            "depends sg-a#2 else sg-a#1",
        ),
        (
            ["in 6 accept tcp 22/22 0.0.0.0/0", OPEN_DROP],
            "depends sg-a#2 else sg-a#1",
        ),
        (
            ["in 6 drop tcp 22/22 0.0.0.0/0", OPEN_ACCEPT],
            "depends sg-a#2 else sg-a#1",
        ),
        // It says what is decided anyway.
        (["in 6 drop tcp 22/22 0.0.0.0/0", OPEN_DROP], "drop sg-a#1"),
        (
            ["in 6 accept tcp 22/22 0.0.0.0/0", OPEN_ACCEPT],
            "accept sg-a#1",
        ),
        // Another port, another protocol, another peer.
        (["in 6 drop tcp 23/23 0.0.0.0/0", OPEN_DROP], "drop default"),
        (
            ["in 6 accept udp 22/22 0.0.0.0/0", OPEN_ACCEPT],
            "depends sg-a#2 else default",
        ),
    ] {
        assert_eq!(
            ingress(&host(&rules), &from_any_port(22)),
            expected,
            "{rules:?}"
        );
    }
    // Outbound nothing but a drop changes what the default allows.
    let out = |action| {
        let rule = format!("out 1 {action} tcp 22/22 0.0.0.0/0 from-port 50000/50009");
        let query = tcp(OWN, EPHEMERAL_PORTS, PEER, PortSpan::one(22));
        egress(&host(&[&rule]), &query)
    };
    assert_eq!(out("accept"), "accept default");
    assert_eq!(out("drop"), "depends sg-a#1 else default");
}

#[test]
fn of_several_open_rules_the_strongest_of_each_action_is_named() {
    let snapshot = host(&[
        "in 9 drop tcp 22/22 0.0.0.0/0",
        "in 7 accept tcp 22/22 0.0.0.0/0 from-port 50000/50000",
        "in 6 accept tcp 22/22 0.0.0.0/0 from-port 50001/50001",
        "in 6 accept tcp 22/22 0.0.0.0/0 from-port 50002/50002",
        "in 1 drop tcp 22/22 0.0.0.0/0 from-port 50003/50003",
    ]);
    assert_eq!(
        ingress(&snapshot, &from_any_port(22)),
        "depends sg-a#5 else sg-a#3"
    );
}

#[test]
fn a_certain_drop_at_one_end_outweighs_an_open_accept_at_the_other() {
    let parts = |action| {
        Parts::new(
            &[
                group("sg-a", &["out 1 drop tcp 22/22 0.0.0.0/0"]),
                group(
                    "sg-b",
                    &[&format!(
                        "in 1 {action} tcp 22/22 0.0.0.0/0 from-port 50000/50000"
                    )],
                ),
                group("sg-c", &[]),
            ],
            &[
                interface("eni-a", &["10.0.0.1"], &["sg-a"]),
                interface("eni-b", &["10.0.0.2"], &["sg-b"]),
                interface("eni-c", &["10.0.0.3"], &["sg-c"]),
            ],
        )
        .snapshot()
    };
    use secgroup_model::Outcome as O;
    for (from, to, action, outcome) in [
        ("10.0.0.1", "10.0.0.2", "accept", O::Drop),
        ("10.0.0.3", "10.0.0.2", "accept", O::Depends),
        ("10.0.0.3", "10.0.0.2", "drop", O::Drop),
        ("10.0.0.3", "198.51.100.7", "drop", O::Accept),
    ] {
        let query = tcp(from, EPHEMERAL_PORTS, to, PortSpan::one(22));
        assert_eq!(judge(&parts(action), &query).outcome(), outcome, "{query}");
    }
}

#[test]
fn an_open_icmp_type_depends_on_path_mtu_discovery_3_9_2() {
    let dropping = host(&[]);
    let accepting = host(&["in 1 accept icmp 0.0.0.0/0", "in 1 accept icmpv6 ::/0"]);
    for (from, own) in [(PEER, OWN), ("2001:db8:f::9", "2001:db8::1")] {
        assert_eq!(
            ingress(&dropping, &icmp(from, own, Some((8, 0)))),
            "drop default"
        );
        let accepted = ingress(&accepting, &icmp(from, own, None));
        assert!(accepted.starts_with("accept sg-a#"), "{accepted}");
    }
    assert_eq!(
        ingress(&dropping, &icmp(PEER, OWN, None)),
        "depends pmtud else default"
    );
    assert_eq!(
        ingress(&dropping, &icmp(PEER, OWN, Some((3, 4)))),
        "accept pmtud"
    );
    for message in [(3, 3), (3, 5), (2, 4), (4, 4)] {
        assert_eq!(
            ingress(&dropping, &icmp(PEER, OWN, Some(message))),
            "drop default"
        );
    }
    // Only inbound.
    let closed = host(&["out 1 drop icmp 0.0.0.0/0"]);
    assert_eq!(egress(&closed, &icmp(OWN, PEER, None)), "drop sg-a#1");
    assert_eq!(
        egress(&closed, &icmp(OWN, PEER, Some((3, 4)))),
        "drop sg-a#1"
    );
}

#[test]
fn an_open_icmpv6_type_depends_on_neighbour_discovery_3_9_5() {
    let (from, own) = ("2001:db8:f::9", "2001:db8::1");
    let closed = host(&["out 1 drop all ::/0"]);
    assert_eq!(
        ingress(&closed, &icmp(from, own, None)),
        "depends nd else default"
    );
    assert_eq!(
        egress(&closed, &icmp(own, from, None)),
        "depends nd else sg-a#1"
    );
    for (kind, outwards, inwards) in [
        (1, "drop sg-a#1", "drop default"),
        (2, "drop sg-a#1", "accept pmtud"),
        (3, "drop sg-a#1", "drop default"),
        (132, "drop sg-a#1", "drop default"),
        (133, "accept nd", "accept nd"),
        (137, "accept nd", "accept nd"),
        (138, "drop sg-a#1", "drop default"),
    ] {
        assert_eq!(
            egress(&closed, &icmp(own, from, Some((kind, 0)))),
            outwards,
            "{kind}"
        );
        assert_eq!(
            ingress(&closed, &icmp(from, own, Some((kind, 0)))),
            inwards,
            "{kind}"
        );
    }
    // Flags take either away; then the other is named, then nothing is open.
    for (value, expected) in [
        ("pmtud", "depends pmtud else default"),
        ("nd", "depends nd else default"),
        ("none", "drop default"),
    ] {
        let semantics = flags(&[("eval.implicit_allow", value)]);
        let answer = evaluate(&closed, &semantics, &icmp(from, own, None)).unwrap();
        assert_eq!(words(&closed, answer.ingress.unwrap()), expected);
    }
}

/// A message that may be exempt is surely exempt for another reason.
#[test]
fn an_open_icmp_type_does_not_matter_behind_a_load_balancer_3_9_3() {
    for (from, own) in [(PEER, OWN), ("2001:db8:f::9", "2001:db8::1")] {
        let query = Query {
            via_load_balancer: true,
            ..icmp(from, own, None)
        };
        assert_eq!(ingress(&host(&[]), &query), "accept slb");
    }
}

#[test]
fn the_open_field_is_named_in_the_explanation() {
    let snapshot = host(&[
        "in 1 accept tcp 80/80 0.0.0.0/0",
        "in 2 accept tcp any 0.0.0.0/0 from-port 50000/50000",
        "in 3 accept tcp 80/80 0.0.0.0/0 from-port 50000/50000",
        "in 4 accept tcp 80/80 0.0.0.0/0 from-port 1/1",
    ]);
    let query = tcp(PEER, EPHEMERAL_PORTS, OWN, PortSpan::between(0, u16::MAX));
    let interface = snapshot.interfaces().next().unwrap().0;
    let traces = explain(
        &snapshot,
        &Semantics::default(),
        &query,
        interface,
        Direction::Ingress,
    );
    let fields: Vec<_> = traces
        .iter()
        .map(|trace| match trace.result {
            RuleMatch::Maybe(field, _) => ("maybe", field),
            RuleMatch::No(field) => ("no", field),
            RuleMatch::Yes(_) => panic!("{trace:?}"),
        })
        .collect();
    assert_eq!(
        fields,
        [
            ("maybe", Field::DestinationPort),
            ("maybe", Field::SourcePort),
            // Both are open; the first is named.
            ("maybe", Field::DestinationPort),
            // One that fails outweighs one that is open before it.
            ("no", Field::SourcePort),
        ]
    );
}

#[test]
fn nothing_decides_otherwise_about_a_flow_that_is_known() {
    let snapshot = host(&["in 1 accept tcp 22/22 0.0.0.0/0"]);
    let known = tcp(PEER, PortSpan::one(40000), OWN, PortSpan::one(22));
    let side = judge(&snapshot, &known).ingress.unwrap();
    assert_eq!((side.decision, side.otherwise), (Decision::Accept, None));
    let platform = judge(&snapshot, &icmp(PEER, OWN, Some((3, 4))))
        .ingress
        .unwrap();
    assert_eq!(platform.by, DecidedBy::Platform(PlatformException::Pmtud));
    assert_eq!(platform.otherwise, None);
}

#[test]
fn two_sides_that_never_let_one_port_pass_together_drop() {
    let parts = |ports: &str| {
        Parts::new(
            &[
                group("sg-a", &["out 1 drop tcp 80/80 0.0.0.0/0"]),
                group("sg-b", &[&format!("in 1 accept tcp {ports} 0.0.0.0/0")]),
            ],
            &[
                interface("eni-a", &["10.0.0.1"], &["sg-a"]),
                interface("eni-b", &["10.0.0.2"], &["sg-b"]),
            ],
        )
        .snapshot()
    };
    let query = tcp("10.0.0.1", EPHEMERAL_PORTS, "10.0.0.2", PortSpan::ANY);
    let outcome = |ports| judge(&parts(ports), &query).outcome();
    assert_eq!(outcome("80/80"), secgroup_model::Outcome::Drop);
    assert_eq!(outcome("80/81"), secgroup_model::Outcome::Depends);
}
