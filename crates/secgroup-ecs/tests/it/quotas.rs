//! Quotas that an import exceeds: both sides of every number of section 4.

use secgroup_ecs::{Limits, ReadOptions};
use secgroup_model::TwoLists;
use serde_json::{Value, json};

use crate::{changed, ingress, lines, read_all, with_limits, with_rules};

/// Returns a snapshot whose group `sg-a` has that many rules.
fn crowded(rules: usize, peer: &Value) -> Value {
    let rule = |port: usize| {
        let ports = json!({"PortRange": format!("{port}/{port}"), "SourceCidrIp": ""});
        ingress(changed(ports, peer.clone()))
    };
    with_rules(&(1..=rules).map(rule).collect::<Vec<_>>())
}

#[test]
fn quotas_warn_above_their_number_and_not_at_it_section_4() {
    let cidr = json!({"SourceCidrIp": "10.0.0.0/8"});
    let group = json!({"SourceGroupId": "sg-b"});
    // Its MaxEntries is 30: seven rules have size 210 (4.9).
    let list = json!({"SourcePrefixListId": "pl-a"});
    for (rules, peer, limits, fact) in [
        (200, &cidr, Limits::Seed, None),
        (
            201,
            &cidr,
            Limits::Seed,
            Some("201 rules; the quota is 200 (limits seed)"),
        ),
        (201, &cidr, Limits::Current, None),
        (201, &cidr, Limits::Off, None),
        (6, &list, Limits::Seed, None),
        (
            7,
            &list,
            Limits::Seed,
            Some("7 rules of size 210; the quota is 200 (limits seed)"),
        ),
        (20, &group, Limits::Seed, None),
        (
            21,
            &group,
            Limits::Seed,
            Some("21 rules with a group as peer; the quota is 20"),
        ),
        (
            21,
            &group,
            Limits::Current,
            Some("the quota is 20 (limits current)"),
        ),
        (21, &group, Limits::Off, None),
    ] {
        let warnings = lines(&with_limits(&crowded(rules, peer), limits).warnings);
        assert_eq!(
            warnings.len(),
            usize::from(fact.is_some()),
            "{rules} {warnings:#?}"
        );
        assert!(
            warnings
                .iter()
                .all(|warning| warning.contains(fact.unwrap())),
            "{warnings:#?}"
        );
    }
}

#[test]
fn quotas_of_an_interface_count_all_its_groups_4_3_4_4() {
    let snapshot = |groups: usize, rules: usize| {
        let rule = |port: usize| ingress(json!({"PortRange": format!("{port}/{port}")}));
        let all = (0..groups).map(|group| {
            json!({"SecurityGroupId": format!("sg-{group}"), "SecurityGroupType": "normal",
                "InnerAccessPolicy": "Accept", "VpcId": "vpc-1",
                "Permissions": (1..=rules).map(rule).collect::<Vec<_>>()})
        });
        let ids = (0..groups)
            .map(|group| format!("sg-{group}"))
            .collect::<Vec<_>>();
        json!({"SecurityGroups": all.collect::<Vec<_>>(),
            "NetworkInterfaceSets": [{"NetworkInterfaceId": "eni-1", "VpcId": "vpc-1",
                "PrivateIpAddress": "10.0.0.1", "SecurityGroupIds": ids}]})
    };
    for (groups, rules, limits, fact) in [
        (5, 1, Limits::Seed, None),
        (
            6,
            1,
            Limits::Seed,
            Some("in 6 security groups; the quota is 5 (limits seed)"),
        ),
        (10, 1, Limits::Current, None),
        (
            11,
            1,
            Limits::Current,
            Some("in 11 security groups; the quota is 10 (limits current)"),
        ),
        (11, 1, Limits::Off, None),
        (4, 250, Limits::Current, None),
        (
            3,
            334,
            Limits::Current,
            Some("1002 rules over all its security groups"),
        ),
    ] {
        let warnings = lines(&with_limits(&snapshot(groups, rules), limits).warnings);
        assert_eq!(
            warnings.len(),
            usize::from(fact.is_some()),
            "{groups} {warnings:#?}"
        );
        assert!(
            warnings
                .iter()
                .all(|warning| warning.contains(fact.unwrap())),
            "{warnings:#?}"
        );
    }
}

#[test]
fn the_size_of_a_rule_with_two_lists_is_their_product_4_9() {
    let rule = |priority: usize| {
        ingress(
            json!({"SourceCidrIp": "", "SourcePrefixListId": "pl-a", "PortRange": "",
            "PortRangeListId": "prl-a", "Priority": priority}),
        )
    };
    let warnings = |rules: usize| {
        let rules = (1..=rules).map(rule).collect::<Vec<_>>();
        lines(&with_limits(&with_rules(&rules), Limits::Seed).warnings)
    };
    assert_eq!(warnings(1), Vec::<String>::new());
    assert!(
        warnings(2)[0].contains("2 rules of size 300"),
        "{:#?}",
        warnings(2)
    );
    // Or what `limits.two_lists` says.
    let rules = with_rules(&(1..=6).map(rule).collect::<Vec<_>>()).to_string();
    for (two_lists, fact) in [
        (TwoLists::Product, Some("6 rules of size 900")),
        (TwoLists::Sum, Some("6 rules of size 210")),
        (TwoLists::Max, None),
    ] {
        let options = ReadOptions {
            two_lists,
            ..ReadOptions::default()
        };
        let warnings = lines(&read_all(&[&rules], &options).unwrap().warnings);
        assert_eq!(warnings.len(), fact.iter().count(), "{warnings:#?}");
        let told = fact.is_none_or(|fact| warnings[0].contains(fact));
        assert!(told, "{warnings:#?}");
    }
}

#[test]
fn a_group_named_twice_by_an_interface_counts_once() {
    let groups = (0..5).map(|group| {
        json!({"SecurityGroupId": format!("sg-{group}"), "SecurityGroupType": "normal",
            "InnerAccessPolicy": "Accept", "VpcId": "vpc-1", "Permissions": []})
    });
    let snapshot = json!({"SecurityGroups": groups.collect::<Vec<_>>(),
        "NetworkInterfaceSets": [{"NetworkInterfaceId": "eni-1", "VpcId": "vpc-1",
            "PrivateIpAddress": "10.0.0.1",
            "SecurityGroupIds": ["sg-0", "sg-1", "sg-2", "sg-3", "sg-4", "sg-0"]}]});
    let read = with_limits(&snapshot, Limits::Seed);
    assert_eq!(lines(&read.warnings), Vec::<String>::new());
}
