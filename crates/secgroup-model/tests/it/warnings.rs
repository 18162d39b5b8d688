//! Every [`WarningKind`], beside the input next to it that has none, word for word.

use secgroup_model::{Family, GroupSpec, Origin, PrefixList, Semantics, WarningKind};

use crate::situation::{
    Parts, advanced, flags, group, interface, port_list, prefix_list, rule, within,
};

/// Both build: the first without any warning, the second with this one.
#[track_caller]
fn check(silent: &Parts, odd: &Parts, message: &str) {
    check_under(&Semantics::default(), silent, odd, message);
}

#[track_caller]
fn check_under(semantics: &Semantics, silent: &Parts, odd: &Parts, message: &str) {
    assert_eq!(silent.warnings(semantics), []);
    let warnings = odd.warnings(semantics);
    let texts: Vec<String> = warnings.iter().map(ToString::to_string).collect();
    assert_eq!(texts, [message]);
}

fn rules(rules: &[&str]) -> Parts {
    Parts {
        prefix_lists: vec![prefix_list("pl-a", &[])],
        port_lists: vec![port_list("prl-a", &[])],
        ..Parts::new(
            &[group("sg-a", rules), group("sg-b", &[])],
            &[interface("eni-a", &["10.0.0.1"], &["sg-a"])],
        )
    }
}

fn prefix_lists(list: PrefixList) -> Parts {
    Parts {
        prefix_lists: vec![list],
        ..Parts::default()
    }
}

/// Everything that makes a rule the rule it is, changed once (2.12).
#[test]
fn a_rule_that_says_the_same_as_an_earlier_one_is_a_repeat_2_12() {
    const FIRST: &str = "in 1 accept tcp 80/80 10.0.0.0/8 at 10.1.0.0/16 from-port 1024/65535";
    for other in [
        "out 1 accept tcp 80/80 10.0.0.0/8 at 10.1.0.0/16 from-port 1024/65535",
        "in 2 accept tcp 80/80 10.0.0.0/8 at 10.1.0.0/16 from-port 1024/65535",
        "in 1 drop tcp 80/80 10.0.0.0/8 at 10.1.0.0/16 from-port 1024/65535",
        "in 1 accept udp 80/80 10.0.0.0/8 at 10.1.0.0/16 from-port 1024/65535",
        "in 1 accept tcp 80/81 10.0.0.0/8 at 10.1.0.0/16 from-port 1024/65535",
        "in 1 accept tcp prl-a 10.0.0.0/8 at 10.1.0.0/16 from-port 1024/65535",
        "in 1 accept tcp 80/80 10.0.0.0/9 at 10.1.0.0/16 from-port 1024/65535",
        "in 1 accept tcp 80/80 pl-a at 10.1.0.0/16 from-port 1024/65535",
        "in 1 accept tcp 80/80 sg-b at 10.1.0.0/16 from-port 1024/65535",
        "in 1 accept tcp 80/80 10.0.0.0/8 from-port 1024/65535",
        "in 1 accept tcp 80/80 10.0.0.0/8 at 10.1.0.0/16",
        "in 1 accept tcp 80/80 10.0.0.0/8 at 10.1.0.0/16 from-port 1024/65535 nic internet",
    ] {
        check(
            &rules(&[FIRST, other]),
            &rules(&[FIRST, other, FIRST]),
            "rule `sg-a#3` repeats `sg-a#1`",
        );
    }
    // Host bits, id, creation time, description and origin make no other rule.
    let mut parts = rules(&[FIRST]);
    parts.groups[0].rules.push(secgroup_model::Rule {
        description: Some("the same".to_owned()),
        origin: Origin(9),
        ..rule(
            "in 1 accept tcp 80/80 10.9.9.9/8 at 10.1.9.9/16 from-port 1024/65535 id sgr-1 created 5",
        )
    });
    check(&rules(&[FIRST]), &parts, "rule `sgr-1` repeats `sg-a#1`");
}

#[test]
fn a_rule_may_be_repeated_in_another_group_and_every_repeat_is_named() {
    const RULE: &str = "in 1 accept icmp 10.0.0.0/8";
    let mut parts = rules(&[RULE]);
    parts.groups[1].rules.push(rule(RULE));
    assert_eq!(parts.warnings(&Semantics::default()), []);
    let texts: Vec<String> = rules(&[RULE, RULE, RULE])
        .warnings(&Semantics::default())
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        texts,
        [
            "rule `sg-a#2` repeats `sg-a#1`",
            "rule `sg-a#3` repeats `sg-a#1`"
        ]
    );
}

#[test]
fn a_rule_that_refers_to_its_own_group_is_odd_2_8_2() {
    check(
        &rules(&["in 1 accept tcp 22/22 sg-b"]),
        &rules(&["in 1 accept tcp 22/22 sg-a"]),
        "rule `sg-a#1` of `sg-a` refers to its own group; ECS refuses to create such a rule",
    );
}

#[test]
fn a_group_reference_from_or_to_an_advanced_group_is_odd_2_8_1() {
    type Kind = fn(&str, &[&str]) -> GroupSpec;
    let reference = |own: Kind, other: Kind| {
        Parts::new(
            &[
                own("sg-a", &["in 1 accept tcp 22/22 sg-b"]),
                other("sg-b", &[]),
            ],
            &[],
        )
    };
    let message = "rule `sg-a#1` refers to group `sg-b`, and one of the two groups is advanced; \
                   ECS refuses to create such a rule";
    let kinds: [(Kind, Kind); 3] = [(group, advanced), (advanced, group), (advanced, advanced)];
    for (own, other) in kinds {
        check(&reference(group, group), &reference(own, other), message);
    }
}

#[test]
fn a_group_reference_into_another_network_is_odd_2_8_3() {
    let reference = |own, other| {
        Parts::new(
            &[
                within(own, group("sg-a", &["out 1 accept all sg-b"])),
                within(other, group("sg-b", &[])),
            ],
            &[],
        )
    };
    let message = "rule `sg-a#1` refers to group `sg-b` of another network; ECS refuses to \
                   create such a rule, and here it matches nothing";
    let (a, b) = (Some("vpc-a"), Some("vpc-b"));
    for (own, other) in [(a, b), (b, a), (a, None), (None, a)] {
        check(&reference(own, own), &reference(own, other), message);
    }
}

#[test]
fn a_missing_reference_read_as_matching_nothing_is_odd_3_6_5() {
    let lenient = flags(&[("eval.missing_ref", "nomatch")]);
    for (known, unknown, target) in [
        ("tcp 1/1 sg-b", "tcp 1/1 sg-x", "sg-x"),
        ("tcp 1/1 pl-a", "tcp 1/1 pl-x", "pl-x"),
        ("udp prl-a ::/0", "udp prl-x ::/0", "prl-x"),
    ] {
        check_under(
            &lenient,
            &rules(&[&format!("in 1 accept {known}")]),
            &rules(&[&format!("in 1 accept {unknown}")]),
            &format!(
                "rule `sg-a#1` refers to `{target}`, which is not defined; the rule matches nothing"
            ),
        );
    }
}

#[test]
fn a_legacy_priority_is_kept_and_odd_2_3_4() {
    check(
        &rules(&["in 100 accept icmp 10.0.0.0/8"]),
        &rules(&["in 101 accept icmp 10.0.0.0/8"]),
        "rule `sg-a#1`: priority 101 kept as an imported legacy priority (101..110)",
    );
}

#[test]
fn an_entry_twice_in_a_prefix_list_is_odd_1_6() {
    check(
        &prefix_lists(prefix_list("pl-a", &["10.0.0.0/8", "10.0.0.0/9"])),
        &prefix_lists(prefix_list("pl-a", &["10.0.0.0/8", "10.1.2.3/8"])),
        "prefix list `pl-a` has the entry 10.0.0.0/8 twice",
    );
    let v6 = PrefixList {
        family: Some(Family::V6),
        ..prefix_list("pl-a", &["::/0", "::/0"])
    };
    check(
        &prefix_lists(prefix_list("pl-a", &["::/0"])),
        &prefix_lists(v6),
        "prefix list `pl-a` has the entry ::/0 twice",
    );
}

#[test]
fn an_interface_without_address_is_odd() {
    let with = |addresses: &[&str]| {
        Parts::new(
            &[group("sg-a", &[])],
            &[interface("eni-a", addresses, &["sg-a"])],
        )
    };
    check(
        &with(&["10.0.0.1"]),
        &with(&[]),
        "network interface `eni-a` has no private address, so no flow can reach it",
    );
}

#[test]
fn warnings_say_where_they_are_from_in_the_order_of_their_kind() {
    let mut parts = rules(&[
        "in 110 accept icmp 10.0.0.0/8",
        "in 110 accept icmp 10.0.0.0/8",
        "in 1 accept gre sg-a",
    ]);
    for (rule, origin) in parts.groups[0].rules.iter_mut().zip(21..) {
        rule.origin = Origin(origin);
    }
    parts.interfaces[0].addresses.clear();
    parts.interfaces[0].origin = Origin(31);
    parts.prefix_lists = vec![PrefixList {
        origin: Origin(11),
        ..prefix_list("pl-a", &["10.0.0.0/8", "10.0.0.0/8"])
    }];
    let warnings = parts.build(&Semantics::default()).unwrap().warnings;
    let kinds: Vec<_> = warnings
        .iter()
        .map(|warning| {
            let kind = match warning.kind {
                WarningKind::RepeatedEntry { .. } => "entry",
                WarningKind::LegacyPriority { .. } => "legacy",
                WarningKind::SelfReference { .. } => "self",
                WarningKind::RepeatedRule { .. } => "repeat",
                WarningKind::NoAddress(_) => "address",
                _ => "other",
            };
            (warning.origin.0, kind)
        })
        .collect();
    assert_eq!(
        kinds,
        [
            (11, "entry"),
            (21, "legacy"),
            (22, "legacy"),
            (23, "self"),
            (22, "repeat"),
            (31, "address")
        ]
    );
}
