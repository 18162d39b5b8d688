//! What a snapshot makes of parts that are legal: networks, shared addresses,
//! names, lists, and the flags that let odd input through.

use secgroup_model::{
    DecidedBy, Decision, Endpoints, Flow, GroupKind, InstanceId, InterfaceRole, InterfaceSpec,
    Outcome, PortSpan, Protocol, Query, Semantics, Snapshot, SnapshotBuilder, Transport, evaluate,
};

use crate::situation::{
    Parts, advanced, flags, group, id, interconnected, interface, judge, located, port_list,
    prefix_list, tcp, to_port, within,
};

/// The VPC of the only interface.
fn network(snapshot: &Snapshot) -> Option<String> {
    let (_, one) = snapshot.interfaces().next().unwrap();
    snapshot.vpc(one.network()).map(ToString::to_string)
}

#[test]
fn an_interface_without_vpc_is_in_that_of_its_groups() {
    let one = interface("eni-a", &["10.0.0.1"], &["sg-a"]);
    for vpc in [Some("vpc-z"), None] {
        let parts = Parts::new(
            &[within(vpc, group("sg-a", &[]))],
            std::slice::from_ref(&one),
        );
        assert_eq!(network(&parts.snapshot()).as_deref(), vpc);
    }
    // Without groups only its own word is left.
    let lenient = flags(&[("eval.no_group", "deny")]);
    let alone = interface("eni-a", &["10.0.0.1"], &[]);
    for (spec, vpc) in [
        (alone.clone(), None),
        (located("vpc-z", alone), Some("vpc-z")),
    ] {
        let built = Parts::new(&[], &[spec]).build(&lenient).unwrap();
        assert_eq!(network(&built.snapshot).as_deref(), vpc);
    }
}

#[test]
fn every_network_is_listed_once_in_the_order_of_its_first_part() {
    let parts = Parts::new(
        &[
            within(Some("vpc-b"), group("sg-a", &[])),
            within(None, group("sg-b", &[])),
            within(Some("vpc-b"), group("sg-c", &[])),
        ],
        &[interface("eni-a", &["10.0.0.1"], &["sg-a"])],
    );
    let snapshot = parts.snapshot();
    let names: Vec<_> = snapshot
        .networks()
        .map(|(_, vpc)| vpc.map(ToString::to_string))
        .collect();
    assert_eq!(names, [Some("vpc-b".to_owned()), None]);
    assert_eq!(
        snapshot.find_vpc(&id!(VpcId, "vpc-b")),
        snapshot.networks().next().map(|(index, _)| index)
    );
    assert_eq!(snapshot.find_vpc(&id!(VpcId, "vpc-x")), None);
}

#[test]
fn one_interface_may_have_an_address_alone_and_in_a_delegated_prefix_3_6_2() {
    let own = ["10.0.0.16", "10.0.0.16/28", "10.0.0.20", "10.0.0.16"];
    let parts = Parts::new(
        &[group("sg-a", &[])],
        &[
            interface("eni-a", &own, &["sg-a"]),
            interface("eni-b", &["10.0.0.15", "10.0.0.32"], &["sg-a"]),
        ],
    );
    assert_eq!(parts.problems(&Semantics::default()), []);
}

#[test]
fn two_vpcs_may_have_the_same_addresses() {
    let parts = |other| {
        Parts::new(
            &[
                group("sg-a", &[]),
                within(Some("vpc-b"), group("sg-b", &[])),
                within(None, group("sg-c", &[])),
            ],
            &[
                interface("eni-a", &["10.0.0.1", "10.0.0.16/28"], &["sg-a"]),
                interface("eni-b", &["10.0.0.1", "10.0.0.16/28"], &["sg-b"]),
                interface("eni-c", &["10.0.0.1", "10.0.0.16/28"], &[other]),
            ],
        )
    };
    assert_eq!(parts("sg-c").problems(&Semantics::default()), []);
    let shared = parts("sg-b").problems(&Semantics::default());
    assert_eq!(
        shared.iter().map(ToString::to_string).collect::<Vec<_>>(),
        [
            "address 10.0.0.1 is on `eni-b` and `eni-c`, both in VPC `vpc-b`",
            "address 10.0.0.16 is on `eni-b` and `eni-c`, both in VPC `vpc-b`",
        ]
    );
}

#[test]
fn an_address_inside_two_nested_prefixes_of_others_is_found() {
    // The block that holds the address is not the one before it.
    let parts = Parts::new(
        &[group("sg-a", &[])],
        &[
            interface("eni-a", &["10.0.0.0/24"], &["sg-a"]),
            interface("eni-b", &["10.0.1.1"], &["sg-a"]),
            interface("eni-c", &["10.0.0.200"], &["sg-a"]),
        ],
    );
    let mut nested = parts.clone();
    nested.interfaces[0] = interface("eni-a", &["10.0.0.0/24", "10.0.0.0/28"], &["sg-a"]);
    for parts in [parts, nested] {
        let texts: Vec<String> = parts
            .problems(&Semantics::default())
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(
            texts,
            ["address 10.0.0.200 is on `eni-a` and `eni-c`, both in VPC `vpc-a`"]
        );
    }
}

#[test]
fn a_rule_is_called_by_its_id_or_by_its_place_in_its_group() {
    let snapshot = Parts::new(
        &[
            group(
                "sg-a",
                &[
                    "in 1 accept icmp 10.0.0.0/8",
                    "in 1 accept gre 10.0.0.0/8 id sgr-7",
                    "out 1 drop icmp 10.0.0.0/8",
                ],
            ),
            group("sg-b", &["in 1 accept icmp 10.0.0.0/8"]),
        ],
        &[],
    )
    .snapshot();
    let names: Vec<_> = snapshot.rules().map(|(_, rule)| rule.name()).collect();
    assert_eq!(names, ["sg-a#1", "sgr-7", "sg-a#3", "sg-b#1"]);
    let second = snapshot.find_group(&id!(SecurityGroupId, "sg-b")).unwrap();
    let own: Vec<_> = snapshot
        .rules_of(second)
        .map(|(index, _)| index.get())
        .collect();
    assert_eq!(own, [3]);
    assert_eq!(
        snapshot
            .rule(snapshot.rules_of(second).next().unwrap().0)
            .group(),
        second
    );
}

#[test]
fn a_port_list_matches_when_any_entry_does_1_7() {
    let mut parts = Parts::new(
        &[group("sg-a", &["in 1 accept tcp prl-a 0.0.0.0/0"])],
        &[interface("eni-a", &["10.0.0.1"], &["sg-a"])],
    );
    let accepts = |parts: &Parts, port| {
        let evaluation = judge(&parts.snapshot(), &to_port("8.8.8.8", "10.0.0.1", port));
        evaluation.ingress.unwrap().decision == Decision::Accept
    };
    parts.port_lists = vec![
        port_list("prl-b", &["1/65535"]),
        port_list("prl-a", &["80/82", "443/443"]),
    ];
    for (port, holds) in [
        (79, false),
        (80, true),
        (82, true),
        (83, false),
        (443, true),
        (0, false),
    ] {
        assert_eq!(accepts(&parts, port), holds, "{port}");
    }
    parts.port_lists = vec![port_list("prl-a", &[])];
    assert!(!accepts(&parts, 80), "an empty list matches nothing");
}

#[test]
fn a_prefix_list_matches_when_any_entry_does_3_6_5() {
    let mut parts = Parts::new(
        &[group("sg-a", &["in 1 accept all pl-a"])],
        &[interface("eni-a", &["10.0.0.1"], &["sg-a"])],
    );
    parts.prefix_lists = vec![
        prefix_list("pl-b", &["0.0.0.0/0"]),
        prefix_list("pl-a", &["198.51.100.0/25", "203.0.113.9"]),
    ];
    let snapshot = parts.snapshot();
    for (peer, decision) in [
        ("198.51.100.127", Decision::Accept),
        ("198.51.100.128", Decision::Drop),
        ("203.0.113.9", Decision::Accept),
        ("203.0.113.8", Decision::Drop),
    ] {
        let evaluation = judge(&snapshot, &to_port(peer, "10.0.0.1", 22));
        assert_eq!(evaluation.ingress.unwrap().decision, decision, "{peer}");
    }
}

/// Judges TCP from and to 10.0.0.1 under lenient flags.
fn both_ways(parts: &Parts, semantics: &Semantics) -> [(Decision, DecidedBy); 2] {
    let snapshot = parts.build(semantics).unwrap().snapshot;
    let judge = |query| evaluate(&snapshot, semantics, &query).unwrap();
    let ingress = judge(to_port("8.8.8.8", "10.0.0.1", 22)).ingress.unwrap();
    let egress = judge(to_port("10.0.0.1", "8.8.8.8", 22)).egress.unwrap();
    [ingress, egress].map(|side| (side.decision, side.by))
}

#[test]
fn an_interface_of_both_types_has_the_stricter_default_3_4_4() {
    let semantics = flags(&[("eval.mixed_types", "strictest")]);
    let strict = (Decision::Drop, DecidedBy::Default(GroupKind::Advanced));
    for groups in [["sg-a", "sg-b"], ["sg-b", "sg-a"]] {
        let parts = Parts::new(
            &[group("sg-a", &[]), advanced("sg-b", &[])],
            &[interface("eni-a", &["10.0.0.1"], &groups)],
        );
        assert_eq!(both_ways(&parts, &semantics), [strict; 2]);
    }
    let pure = Parts::new(
        &[group("sg-a", &[]), advanced("sg-b", &[])],
        &[interface("eni-a", &["10.0.0.1"], &["sg-a"])],
    );
    let basic = DecidedBy::Default(GroupKind::Basic);
    assert_eq!(
        both_ways(&pure, &semantics),
        [(Decision::Drop, basic), (Decision::Accept, basic)]
    );
}

#[test]
fn an_interface_without_groups_passes_nothing_3_4_5() {
    let semantics = flags(&[("eval.no_group", "deny")]);
    let parts = Parts::new(
        &[group("sg-a", &["in 1 accept all 0.0.0.0/0"])],
        &[interface("eni-a", &["10.0.0.1"], &[])],
    );
    let strict = (Decision::Drop, DecidedBy::Default(GroupKind::Advanced));
    assert_eq!(both_ways(&parts, &semantics), [strict; 2]);
    // Nor fragments whose first was not seen, whatever the flag for those says.
    for value in ["rules", "allow"] {
        let semantics = flags(&[("eval.no_group", "deny"), ("eval.orphan_fragments", value)]);
        let snapshot = parts.build(&semantics).unwrap().snapshot;
        let ends = ["198.51.100.7", "10.0.0.1"].map(|end| end.parse().unwrap());
        let [source, destination] = ends;
        let ends = Endpoints::new(source, destination).unwrap();
        let orphan = Flow::new(ends, Protocol::UDP, Transport::LaterFragment);
        let evaluation = evaluate(&snapshot, &semantics, &Query::from(orphan)).unwrap();
        assert_eq!(evaluation.outcome(), Outcome::Drop, "{value}");
    }
}

#[test]
fn a_rule_with_a_missing_reference_matches_nothing_3_6_5() {
    let semantics = flags(&[("eval.missing_ref", "nomatch")]);
    for service in ["all sg-x", "all pl-x", "tcp prl-x 0.0.0.0/0"] {
        let (inwards, outwards) = (
            format!("in 1 accept {service}"),
            format!("out 1 drop {service}"),
        );
        let parts = Parts::new(
            &[group("sg-a", &[&inwards, &outwards])],
            &[interface("eni-a", &["10.0.0.1"], &["sg-a"])],
        );
        let basic = DecidedBy::Default(GroupKind::Basic);
        assert_eq!(
            both_ways(&parts, &semantics),
            [(Decision::Drop, basic), (Decision::Accept, basic)],
            "{service}"
        );
        // With every port open it is still no rule that may match.
        let snapshot = parts.build(&semantics).unwrap().snapshot;
        let open = tcp(
            "8.8.8.8",
            PortSpan::between(0, u16::MAX),
            "10.0.0.1",
            PortSpan::between(0, u16::MAX),
        );
        let ingress = evaluate(&snapshot, &semantics, &open).unwrap().ingress;
        assert_eq!(ingress.unwrap().decision, Decision::Drop, "{service}");
    }
}

#[test]
fn an_instance_is_known_by_its_primary_interface_1_4() {
    let of = |name, role| InterfaceSpec {
        instance: Some(id!(InstanceId, "i-a")),
        role,
        ..interface(name, &[], &["sg-a"])
    };
    let find = |interfaces: &[InterfaceSpec], instance: &InstanceId| {
        let snapshot = Parts::new(&[group("sg-a", &[])], interfaces).snapshot();
        let found = snapshot.find_instance(instance)?;
        Some(snapshot.interface(found).id().to_string())
    };
    let (primary, secondary) = (Some(InterfaceRole::Primary), Some(InterfaceRole::Secondary));
    let instance = id!(InstanceId, "i-a");
    let found = |roles: [_; 2]| find(&[of("eni-a", roles[0]), of("eni-b", roles[1])], &instance);
    assert_eq!(found([secondary, primary]).as_deref(), Some("eni-b"));
    assert_eq!(found([primary, secondary]).as_deref(), Some("eni-a"));
    assert_eq!(found([None, None]).as_deref(), Some("eni-a"));
    assert_eq!(find(&[of("eni-a", primary)], &id!(InstanceId, "i-b")), None);
}

#[test]
fn any_one_interconnecting_group_that_both_are_in_suffices_3_7_4() {
    let parts = |first: &[&str], second: &[&str]| {
        Parts::new(
            &[
                group("sg-isolated", &[]),
                interconnected("sg-a", &[]),
                interconnected("sg-b", &[]),
            ],
            &[
                interface("eni-a", &["10.0.0.1", "10.0.0.16/28"], first),
                interface("eni-b", &["10.0.0.2", "10.0.0.3"], second),
            ],
        )
        .snapshot()
    };
    let named = |snapshot: &Snapshot, from, to| match judge(snapshot, &to_port(from, to, 22))
        .ingress
        .unwrap()
        .by
    {
        DecidedBy::IntraGroup(group) => Some(snapshot.group(group).id().to_string()),
        _ => None,
    };
    let both = parts(
        &["sg-isolated", "sg-b", "sg-a"],
        &["sg-a", "sg-isolated", "sg-b"],
    );
    // The first one defined is named; every address of a member counts.
    for (from, to) in [
        ("10.0.0.1", "10.0.0.2"),
        ("10.0.0.31", "10.0.0.3"),
        ("10.0.0.3", "10.0.0.16"),
    ] {
        assert_eq!(named(&both, from, to).as_deref(), Some("sg-a"));
    }
    let second = parts(&["sg-isolated", "sg-b"], &["sg-a", "sg-b"]);
    assert_eq!(
        named(&second, "10.0.0.1", "10.0.0.2").as_deref(),
        Some("sg-b")
    );
    // A group only one side is in does not count, nor an isolated one.
    for (first, second) in [
        (["sg-a"].as_slice(), ["sg-b"].as_slice()),
        (&["sg-isolated"], &["sg-isolated"]),
        (&["sg-isolated", "sg-a"], &["sg-isolated"]),
    ] {
        assert_eq!(named(&parts(first, second), "10.0.0.1", "10.0.0.2"), None);
    }
}

#[test]
fn members_by_their_primary_address_reach_each_other_by_no_other_one_3_6_2() {
    let semantics = flags(&[("eval.group_members", "primary")]);
    let parts = Parts::new(
        &[interconnected("sg-a", &[])],
        &[
            interface("eni-a", &["10.0.0.1", "10.0.0.3"], &["sg-a"]),
            interface("eni-b", &["10.0.0.2", "10.0.0.4"], &["sg-a"]),
        ],
    );
    let snapshot = parts.build(&semantics).unwrap().snapshot;
    for (from, to, connected) in [
        ("10.0.0.1", "10.0.0.2", true),
        ("10.0.0.3", "10.0.0.2", false),
        ("10.0.0.1", "10.0.0.4", false),
    ] {
        let evaluation = evaluate(&snapshot, &semantics, &to_port(from, to, 22)).unwrap();
        for side in [evaluation.egress.unwrap(), evaluation.ingress.unwrap()] {
            assert_eq!(
                matches!(side.by, DecidedBy::IntraGroup(_)),
                connected,
                "{from} {to}"
            );
        }
    }
}

#[test]
fn an_interface_is_known_by_its_primary_address_else_by_its_first() {
    let primary = |addresses: &[&str]| {
        let spec = interface("eni-a", addresses, &["sg-a"]);
        let snapshot = Parts::new(&[group("sg-a", &[])], &[spec]).snapshot();
        let (_, one) = snapshot.interfaces().next().unwrap();
        one.primary_address().map(|address| address.to_string())
    };
    assert_eq!(primary(&[]), None);
    assert_eq!(
        primary(&["10.0.0.9", "10.0.0.1"]).as_deref(),
        Some("10.0.0.9")
    );
    assert_eq!(
        primary(&["10.0.0.16/28", "10.0.0.1"]).as_deref(),
        Some("10.0.0.16")
    );
}

#[test]
fn a_membership_that_is_listed_twice_is_one() {
    let parts = Parts::new(
        &[
            group("sg-a", &[]),
            group("sg-b", &["in 1 accept all 0.0.0.0/0"]),
        ],
        &[interface("eni-a", &["10.0.0.1"], &["sg-b", "sg-a", "sg-b"])],
    );
    let snapshot = parts.snapshot();
    let (own, one) = snapshot.interfaces().next().unwrap();
    let names: Vec<_> = one
        .groups()
        .iter()
        .map(|group| snapshot.group(*group).id().as_str())
        .collect();
    assert_eq!(names, ["sg-a", "sg-b"]);
    let flow = to_port("8.8.8.8", "10.0.0.1", 22);
    let traces = secgroup_model::explain(
        &snapshot,
        &Semantics::default(),
        &flow,
        own,
        secgroup_model::Direction::Ingress,
    );
    assert_eq!(traces.len(), 1);
}

/// A block and its first address start alike, so their order does not tell
/// which one holds what follows.
#[test]
fn a_block_holds_what_follows_its_first_address() {
    let message = |interfaces: &[InterfaceSpec]| {
        let parts = Parts::new(&[group("sg-a", &[])], interfaces);
        let problems = parts.problems(&Semantics::default());
        problems.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let block = interface("eni-a", &["10.0.0.16", "10.0.0.16/28"], &["sg-a"]);
    let inside = interface("eni-b", &["10.0.0.20"], &["sg-a"]);
    let expected = ["address 10.0.0.20 is on `eni-a` and `eni-b`, both in VPC `vpc-a`"];
    assert_eq!(message(&[block, inside]), expected);
    // Also where another interface has that first address.
    let three = [
        interface("eni-b", &["10.0.0.16"], &["sg-a"]),
        interface("eni-a", &["10.0.0.16/28"], &["sg-a"]),
        interface("eni-c", &["10.0.0.20"], &["sg-a"]),
    ];
    assert_eq!(
        message(&three),
        [
            "address 10.0.0.16 is on `eni-b` and `eni-a`, both in VPC `vpc-a`",
            "address 10.0.0.20 is on `eni-a` and `eni-c`, both in VPC `vpc-a`",
        ]
    );
    // Three that nest: each inner one is told, with the outermost.
    let nested = [
        interface("eni-a", &["10.0.0.0/24"], &["sg-a"]),
        interface("eni-b", &["10.0.1.0/24", "10.0.1.0/28"], &["sg-a"]),
        interface("eni-c", &["10.0.1.1", "10.0.0.1"], &["sg-a"]),
    ];
    assert_eq!(
        message(&nested),
        [
            "address 10.0.0.1 is on `eni-a` and `eni-c`, both in VPC `vpc-a`",
            "address 10.0.1.1 is on `eni-b` and `eni-c`, both in VPC `vpc-a`",
        ]
    );
}

#[test]
fn a_snapshot_of_the_parts_of_another_one_is_the_same() {
    let seen = Parts::new(
        &[
            advanced(
                "sg-a",
                &[
                    "in 5 drop tcp 22/22 10.0.0.0/8",
                    "out 1 accept all 0.0.0.0/0",
                ],
            ),
            within(None, interconnected("sg-b", &["in 1 accept all pl-a"])),
        ],
        &[
            located(
                "vpc-z",
                interface("eni-a", &["10.0.0.1", "2001:db8::1"], &[]),
            ),
            interface("eni-b", &["10.0.0.1"], &["sg-b"]),
        ],
    );
    let lenient = flags(&[("eval.no_group", "deny")]);
    let seen = Parts {
        prefix_lists: vec![prefix_list("pl-a", &["10.0.0.0/8"])],
        ..seen
    };
    let snapshot = seen.build(&lenient).unwrap().snapshot;
    let mut builder = SnapshotBuilder::new();
    for (index, _) in snapshot.groups() {
        builder.group(snapshot.group_spec(index));
    }
    for (index, _) in snapshot.interfaces() {
        builder.interface(snapshot.interface_spec(index));
    }
    for list in snapshot.prefix_lists() {
        builder.prefix_list(list.clone());
    }
    // What its interface would be in by its groups alone is said.
    let eni = snapshot
        .find_interface(&id!(NetworkInterfaceId, "eni-b"))
        .unwrap();
    assert_eq!(
        snapshot.interface_spec(eni).groups,
        [id!(SecurityGroupId, "sg-b")]
    );
    assert_eq!(builder.build(&lenient).unwrap().snapshot, snapshot);
}
