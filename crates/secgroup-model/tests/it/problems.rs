//! Every [`ProblemKind`], beside the legal input next to it, word for word.

use secgroup_model::{
    Family, GroupSpec, InterfaceSpec, MAX_PORT_LIST_ENTRIES, MAX_PREFIX_LIST_ENTRIES, Origin,
    PortList, PrefixList, ProblemKind, Semantics,
};

use crate::situation::{
    Parts, advanced, flags, group, interface, located, port_list, prefix_list, rule, within,
};

/// Both must differ in one thing: the first builds, the second has this one problem.
#[track_caller]
fn check(legal: &Parts, illegal: &Parts, message: &str) {
    check_under(&Semantics::default(), legal, illegal, message);
}

#[track_caller]
fn check_under(semantics: &Semantics, legal: &Parts, illegal: &Parts, message: &str) {
    assert_eq!(legal.problems(semantics), []);
    let problems = illegal.problems(semantics);
    let texts: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(texts, [message]);
}

fn groups(groups: &[GroupSpec]) -> Parts {
    Parts::new(groups, &[])
}

fn interfaces(interfaces: &[InterfaceSpec]) -> Parts {
    Parts::new(
        &[group("sg-a", &[]), advanced("sg-advanced", &[])],
        interfaces,
    )
}

fn rules(rules: &[&str]) -> Parts {
    Parts {
        prefix_lists: vec![prefix_list("pl-a", &[])],
        port_lists: vec![port_list("prl-a", &[])],
        ..groups(&[group("sg-a", rules), group("sg-b", &[])])
    }
}

fn lists(prefix_lists: &[PrefixList]) -> Parts {
    Parts {
        prefix_lists: prefix_lists.to_vec(),
        ..Parts::default()
    }
}

#[test]
fn a_group_is_defined_once() {
    check(
        &groups(&[group("sg-a", &[]), group("sg-b", &[])]),
        &groups(&[group("sg-a", &[]), group("sg-a", &[])]),
        "security group `sg-a` is defined twice",
    );
}

#[test]
fn a_rule_id_is_used_once_in_all_groups() {
    let with_id = |id: &str| {
        let (one, other) = (
            "in 1 accept icmp 10.0.0.0/8 id sgr-1".to_owned(),
            format!("in 1 accept gre 10.0.0.0/8 id {id}"),
        );
        groups(&[group("sg-a", &[&one]), group("sg-b", &[&other])])
    };
    check(
        &with_id("sgr-2"),
        &with_id("sgr-1"),
        "rule id `sgr-1` is used twice",
    );
}

#[test]
fn an_interface_is_defined_once() {
    let twice = |name: &str| {
        interfaces(&[
            interface("eni-a", &["10.0.0.1"], &["sg-a"]),
            interface(name, &["10.0.0.2"], &["sg-a"]),
        ])
    };
    check(
        &twice("eni-b"),
        &twice("eni-a"),
        "network interface `eni-a` is defined twice",
    );
}

#[test]
fn a_prefix_list_is_defined_once() {
    check(
        &lists(&[prefix_list("pl-a", &[]), prefix_list("pl-b", &[])]),
        &lists(&[prefix_list("pl-a", &[]), prefix_list("pl-a", &[])]),
        "prefix list `pl-a` is defined twice",
    );
}

#[test]
fn a_port_list_is_defined_once() {
    let two = |names: [&str; 2]| Parts {
        port_lists: names.map(|name| port_list(name, &[])).to_vec(),
        ..Parts::default()
    };
    check(
        &two(["prl-a", "prl-b"]),
        &two(["prl-a", "prl-a"]),
        "port list `prl-a` is defined twice",
    );
}

#[test]
fn a_rule_refers_to_a_group_that_is_defined_3_6_5() {
    check(
        &rules(&["in 1 accept tcp 22/22 sg-b"]),
        &rules(&["in 1 accept tcp 22/22 sg-x"]),
        "rule `sg-a#1` refers to security group `sg-x`, which is not defined; add its \
         DescribeSecurityGroups answer, or use --set eval.missing_ref=nomatch",
    );
}

#[test]
fn a_rule_refers_to_a_prefix_list_that_is_defined_3_6_5() {
    check(
        &rules(&["in 1 accept tcp 22/22 pl-a id sgr-1"]),
        &rules(&["in 1 accept tcp 22/22 pl-x id sgr-1"]),
        "rule `sgr-1` refers to prefix list `pl-x`, which is not defined; add its \
         DescribePrefixListAttributes answer, or use --set eval.missing_ref=nomatch",
    );
}

#[test]
fn a_rule_refers_to_a_port_list_that_is_defined_1_7() {
    check(
        &rules(&["in 1 accept udp prl-a 10.0.0.0/8"]),
        &rules(&["in 1 accept udp prl-x 10.0.0.0/8"]),
        "rule `sg-a#1` refers to port list `prl-x`, which is not defined; add its \
         DescribePortRangeListEntries answer, or use --set eval.missing_ref=nomatch",
    );
}

#[test]
fn an_interface_is_a_member_of_groups_that_are_defined() {
    let member = |group| interfaces(&[interface("eni-a", &["10.0.0.1"], &[group])]);
    let message = "network interface `eni-a` is in security group `sg-x`, which is not defined";
    check(&member("sg-a"), &member("sg-x"), message);
    // A membership is no reference of a rule: `eval.missing_ref` is not about it.
    let lenient = flags(&[("eval.missing_ref", "nomatch"), ("eval.no_group", "deny")]);
    check_under(&lenient, &member("sg-a"), &member("sg-x"), message);
}

#[test]
fn an_interface_is_in_a_group_3_4_5() {
    let member = |groups: &[&str]| interfaces(&[interface("eni-a", &["10.0.0.1"], groups)]);
    check(
        &member(&["sg-a"]),
        &member(&[]),
        "network interface `eni-a` is in no security group; every interface is in one, so the \
         input is incomplete (or use --set eval.no_group=deny)",
    );
    assert_eq!(
        member(&[]).problems(&flags(&[("eval.no_group", "deny")])),
        []
    );
}

#[test]
fn the_groups_of_an_interface_are_of_one_type_1_5_1() {
    let member = |groups: &[&str]| {
        let mut parts = interfaces(&[interface("eni-a", &["10.0.0.1"], groups)]);
        parts
            .groups
            .extend([group("sg-b", &[]), advanced("sg-c", &[])]);
        parts
    };
    let message = "network interface `eni-a` mixes security groups of both types: `sg-a` is \
                   basic, `sg-advanced` is advanced (ECS answers \
                   InvalidOperation.MultiGroupType; or use --set eval.mixed_types=strictest)";
    let mixed = member(&["sg-c", "sg-b", "sg-advanced", "sg-a"]);
    check(&member(&["sg-a", "sg-b"]), &mixed, message);
    check(&member(&["sg-c", "sg-advanced"]), &mixed, message);
    assert_eq!(
        mixed.problems(&flags(&[("eval.mixed_types", "strictest")])),
        []
    );
}

#[test]
fn an_interface_and_its_groups_are_in_one_network_1_2() {
    let inside = |vpc, own: Option<&str>| {
        let one = interface("eni-a", &["10.0.0.1"], &["sg-a"]);
        let one = own.map_or_else(|| one.clone(), |own| located(own, one.clone()));
        Parts::new(&[within(vpc, group("sg-a", &[]))], &[one])
    };
    check(
        &inside(Some("vpc-a"), Some("vpc-a")),
        &inside(Some("vpc-b"), Some("vpc-a")),
        "network interface `eni-a` is in VPC `vpc-a`, its security group `sg-a` in VPC `vpc-b`",
    );
    check(
        &inside(None, None),
        &inside(None, Some("vpc-a")),
        "network interface `eni-a` is in VPC `vpc-a`, its security group `sg-a` in the classic \
         network",
    );
    // Without a VPC of its own, it is in that of the group defined first.
    let spread = |vpc| {
        Parts::new(
            &[
                within(None, group("sg-a", &[])),
                within(vpc, group("sg-b", &[])),
            ],
            &[interface("eni-a", &["10.0.0.1"], &["sg-b", "sg-a"])],
        )
    };
    check(
        &spread(None),
        &spread(Some("vpc-b")),
        "network interface `eni-a` is in the classic network, its security group `sg-b` in VPC \
         `vpc-b`",
    );
}

#[test]
fn no_address_is_on_two_interfaces_of_a_network() {
    let two = |first: &[&str], second: &[&str]| {
        interfaces(&[
            interface("eni-a", first, &["sg-a"]),
            interface("eni-b", second, &["sg-a"]),
        ])
    };
    let message =
        |address| format!("address {address} is on `eni-a` and `eni-b`, both in VPC `vpc-a`");
    for (legal, shared, on_second) in [
        ("10.0.0.2", "10.0.0.1", "10.0.0.1"),
        ("2001:db8::2", "2001:db8::1", "2001:db8::1"),
        // A delegated prefix, on either interface, at both of its bounds.
        ("10.0.0.15", "10.0.0.16", "10.0.0.16/28"),
        ("10.0.0.32", "10.0.0.31", "10.0.0.16/28"),
        ("10.0.0.32/28", "10.0.0.16/30", "10.0.0.16/28"),
    ] {
        let first_common = shared.split('/').next().unwrap();
        let expected = message(first_common);
        check(
            &two(&[legal], &[on_second]),
            &two(&[shared], &[on_second]),
            &expected,
        );
        check(
            &two(&[on_second], &[legal]),
            &two(&[on_second], &[shared]),
            &expected,
        );
    }
    let classic = |second| {
        Parts::new(
            &[within(None, group("sg-a", &[]))],
            &[
                interface("eni-a", &["10.0.0.1"], &["sg-a"]),
                interface("eni-b", &[second], &["sg-a"]),
            ],
        )
    };
    check(
        &classic("10.0.0.2"),
        &classic("10.0.0.1"),
        "address 10.0.0.1 is on `eni-a` and `eni-b`, both in the classic network",
    );
}

#[test]
fn icmp_is_of_ipv4_and_icmpv6_of_ipv6_2_5_7() {
    let icmp = "rule `sg-a#1` is about icmp, but 2001:db8::/32 is IPv6 (ECS answers \
                InvalidParam.Ipv4ProtocolConflictWithIpv6Address)";
    check(
        &rules(&["in 1 accept icmp 10.0.0.0/8"]),
        &rules(&["in 1 accept icmp 2001:db8::/32"]),
        icmp,
    );
    check(
        &rules(&["in 1 accept icmp sg-b at 10.0.0.0/8"]),
        &rules(&["in 1 accept icmp sg-b at 2001:db8::/32"]),
        icmp,
    );
    check(
        &rules(&["out 1 accept icmpv6 2001:db8::/32"]),
        &rules(&["out 1 accept icmpv6 10.0.0.0/8"]),
        "rule `sg-a#1` is about icmpv6, but 10.0.0.0/8 is IPv4 (ECS answers \
         InvalidParam.Ipv6ProtocolConflictWithIpv4Address)",
    );
    // The other protocols are of both families.
    for service in ["all", "tcp 1/1", "udp 1/1", "gre", "50"] {
        for peer in ["10.0.0.0/8", "2001:db8::/32"] {
            let both = rules(&[&format!("in 1 accept {service} {peer}")]);
            assert_eq!(both.problems(&Semantics::default()), []);
        }
    }
}

#[test]
fn peer_and_local_side_are_of_one_family_2_5_5() {
    check(
        &rules(&["in 1 accept tcp 22/22 10.0.0.0/8 at 10.1.0.0/16"]),
        &rules(&["in 1 accept tcp 22/22 10.0.0.0/8 at 2001:db8::/32"]),
        "rule `sg-a#1` has an IPv4 peer and an IPv6 local side (ECS answers \
         InvalidParameter.Conflict)",
    );
    check(
        &rules(&["in 1 accept tcp 22/22 sg-b at 2001:db8::/32"]),
        &rules(&["in 1 accept tcp 22/22 2001:db8::/32 at 0.0.0.0/0"]),
        "rule `sg-a#1` has an IPv6 peer and an IPv4 local side (ECS answers \
         InvalidParameter.Conflict)",
    );
}

#[test]
fn the_entries_of_a_prefix_list_are_of_its_family_1_6() {
    let of = |family, entries: &[&str]| {
        let list = prefix_list("pl-a", entries);
        lists(&[PrefixList { family, ..list }])
    };
    check(
        &of(Some(Family::V6), &["2001:db8::/32"]),
        &of(Some(Family::V6), &["10.0.0.0/8"]),
        "prefix list `pl-a` is IPv6, but has the entry 10.0.0.0/8",
    );
    // A list that does not say has the family of its first entry.
    check(
        &of(None, &["10.0.0.0/8", "10.0.0.1"]),
        &of(None, &["10.0.0.0/8", "::/0"]),
        "prefix list `pl-a` is IPv4, but has the entry ::/0",
    );
}

#[test]
fn a_prefix_list_has_at_most_its_own_limit_and_200_entries_1_6() {
    let of = |max_entries, count: u32| {
        let entries: Vec<String> = (0..count).map(|n| format!("10.0.{n}.0/24")).collect();
        let entries: Vec<&str> = entries.iter().map(String::as_str).collect();
        let list = prefix_list("pl-a", &entries);
        lists(&[PrefixList {
            max_entries,
            ..list
        }])
    };
    assert_eq!(MAX_PREFIX_LIST_ENTRIES, 200);
    for (max_entries, most) in [
        (None, 200),
        (Some(3), 3),
        (Some(200), 200),
        (Some(201), 200),
    ] {
        let message = format!(
            "prefix list `pl-a` has {} entries, the limit is {most}",
            most + 1
        );
        check(&of(max_entries, most), &of(max_entries, most + 1), &message);
    }
}

#[test]
fn a_port_list_has_at_most_its_own_limit_and_2000_entries_1_7() {
    let of = |max_entries, count: u32| {
        let entries: Vec<String> = (1..=count).map(|port| format!("{port}/{port}")).collect();
        let entries: Vec<&str> = entries.iter().map(String::as_str).collect();
        let list = port_list("prl-a", &entries);
        Parts {
            port_lists: vec![PortList {
                max_entries,
                ..list
            }],
            ..Parts::default()
        }
    };
    assert_eq!(MAX_PORT_LIST_ENTRIES, 2000);
    for (max_entries, most) in [
        (None, 2000),
        (Some(3), 3),
        (Some(2000), 2000),
        (Some(2001), 2000),
    ] {
        let message = format!(
            "port list `prl-a` has {} entries, the limit is {most}",
            most + 1
        );
        check(&of(max_entries, most), &of(max_entries, most + 1), &message);
    }
}

/// Nobody can build one: it takes more than two thousand million rules.
#[test]
fn too_many_parts_are_named_in_words() {
    assert_eq!(
        ProblemKind::TooLarge(7).to_string(),
        "the input has more than 7 rules, interfaces or groups"
    );
}

#[test]
fn all_problems_of_an_input_are_named_at_once_in_the_order_of_their_kind() {
    let numbered = |number, text| secgroup_model::Rule {
        origin: Origin(number),
        ..rule(text)
    };
    let wrong = GroupSpec {
        rules: vec![
            numbered(31, "in 1 accept icmp ::/0 at 10.0.0.0/8"),
            numbered(32, "in 1 accept tcp prl-x sg-x id sgr-1"),
            numbered(33, "in 1 accept tcp 1/1 pl-x id sgr-1"),
        ],
        ..group("sg-a", &[])
    };
    let placed = |number, spec| InterfaceSpec {
        origin: Origin(number),
        ..spec
    };
    let mut parts = Parts::new(
        &[
            wrong,
            GroupSpec {
                origin: Origin(22),
                ..group("sg-a", &[])
            },
        ],
        &[
            placed(41, interface("eni-b", &["10.0.0.2"], &["sg-x"])),
            placed(42, interface("eni-b", &["10.0.0.1"], &[])),
            placed(43, interface("eni-a", &["10.0.0.1"], &["sg-a"])),
            placed(
                44,
                located(
                    "vpc-a",
                    interface("eni-c", &["10.0.0.1", "10.0.0.4"], &["sg-a"]),
                ),
            ),
        ],
    );
    let list = |number, entries: &[&str]| PrefixList {
        origin: Origin(number),
        ..prefix_list("pl-a", entries)
    };
    parts.prefix_lists = vec![list(11, &["10.0.0.0/8", "::/0"]), list(12, &[])];
    let described = |parts: &Parts| {
        let problems = parts.build(&Semantics::default()).unwrap_err();
        let line = |problem: &secgroup_model::Problem| {
            let text = problem.to_string();
            let words: Vec<&str> = text.split(' ').take(7).collect();
            format!("{}: {}", problem.origin.0, words.join(" "))
        };
        problems.iter().map(line).collect::<Vec<_>>()
    };
    let expected = [
        "11: prefix list `pl-a` is IPv4, but has",
        "12: prefix list `pl-a` is defined twice",
        "22: security group `sg-a` is defined twice",
        "31: rule `sg-a#1` is about icmp, but ::/0",
        "31: rule `sg-a#1` has an IPv6 peer and",
        "32: rule `sgr-1` refers to security group `sg-x`,",
        "32: rule `sgr-1` refers to port list `prl-x`,",
        "33: rule id `sgr-1` is used twice",
        "33: rule `sgr-1` refers to prefix list `pl-x`,",
        "41: network interface `eni-b` is in security group",
        "42: network interface `eni-b` is defined twice",
        "42: network interface `eni-b` is in no security",
        "44: address 10.0.0.1 is on `eni-a` and `eni-c`,",
    ];
    assert_eq!(described(&parts), expected);
}
