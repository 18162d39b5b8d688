//! The answers of ECS's query operations, alone and joined (5.7, 5.8, 6.1).

use secgroup_model::{GroupKind, InnerAccess, SecurityGroupId, Snapshot};
use serde_json::{Value, json};

use crate::interfaces::{interfaces, one_interface};
use crate::{bad, good, ingress, lines};

/// A DescribeSecurityGroupAttribute answer in the shape of 5.7.1: all fields
/// there, absent values `""`, `Priority` a number.
pub(crate) fn attribute(id: &str, more: &Value) -> Value {
    let mut answer = json!({
        "SecurityGroupId": id, "InnerAccessPolicy": "Drop", "SecurityGroupName": "front",
        "Description": "", "RegionId": "cn-hangzhou",
        "RequestId": "0C5E4A0C-1D5C-4C1B-9F0B-000000000001", "VpcId": "vpc-1",
        "Permissions": {"Permission": [
            {"SourceCidrIp": "10.1.0.0/16", "Description": "", "DestCidrIp": "",
             "NicType": "intranet", "DestGroupName": "", "PortRange": "22/22", "DestGroupId": "",
             "Ipv6DestCidrIp": "", "Direction": "ingress", "Priority": 1, "IpProtocol": "TCP",
             "SourcePortRange": "", "SourceGroupOwnerAccount": "", "Policy": "Accept",
             "CreateTime": "2025-01-31T08:00:00Z", "SourceGroupId": "",
             "DestGroupOwnerAccount": "", "Ipv6SourceCidrIp": "", "SourceGroupName": ""},
            {"SourceCidrIp": "", "Description": "", "NicType": "intranet", "DestGroupName": "",
             "PortRange": "-1/-1", "DestGroupId": "", "Direction": "egress", "Priority": "1",
             "IpProtocol": "ALL", "SourcePortRange": "", "Policy": "Accept",
             "CreateTime": "2025-01-31T08:00:01Z", "SourceGroupId": "", "DestPrefixListId": "",
             "SourcePrefixListId": "", "DestCidrIp": "0.0.0.0/0", "Ipv6DestCidrIp": "",
             "DestGroupOwnerAccount": "", "SourceGroupOwnerAccount": "", "Ipv6SourceCidrIp": "",
             "DestPrefixListName": "", "SourcePrefixListName": "", "SourceGroupName": ""},
        ]},
    });
    let fields = more.as_object().unwrap().clone();
    answer.as_object_mut().unwrap().extend(fields);
    answer
}

/// A DescribeSecurityGroups answer in the shape of 5.7.2.
fn listing(id: &str, kind: &str) -> Value {
    json!({
        "PageNumber": 1, "TotalCount": 1, "PageSize": 10, "RegionId": "cn-hangzhou",
        "RequestId": "0C5E4A0C-1D5C-4C1B-9F0B-000000000002",
        "SecurityGroups": {"SecurityGroup": [
            {"CreationTime": "2025-01-31T07:59:00Z", "Tags": {"Tag": []}, "SecurityGroupId": id,
             "Description": "", "SecurityGroupName": "front", "ResourceGroupId": "",
             "SecurityGroupType": kind, "VpcId": "vpc-1", "RuleCount": 2, "ServiceManaged": false},
        ]},
    })
}

fn group<'a>(snapshot: &'a Snapshot, id: &str) -> &'a secgroup_model::SecurityGroup {
    let id = SecurityGroupId::new(id).unwrap();
    snapshot.group(snapshot.find_group(&id).unwrap())
}

#[test]
fn the_three_answers_about_a_group_are_joined_in_any_order_6_1() {
    let parts = [
        attribute("sg-1", &json!({})).to_string(),
        listing("sg-1", "enterprise").to_string(),
        interfaces("eni-1", &["sg-1"]).to_string(),
    ];
    let [attribute, listing, interfaces] = parts.each_ref().map(String::as_str);
    for order in [
        [attribute, listing, interfaces],
        [interfaces, listing, attribute],
        [listing, attribute, interfaces],
    ] {
        let read = good(&order);
        assert_eq!(lines(&read.warnings), Vec::<String>::new());
        let group = group(&read.snapshot, "sg-1");
        assert_eq!(group.kind(), GroupKind::Advanced);
        assert_eq!(group.inner_access(), InnerAccess::Drop);
        assert_eq!(group.name(), Some("front"));
        let rules = read
            .snapshot
            .rules()
            .map(|(_, rule)| rule.rule().to_string());
        assert_eq!(
            rules.collect::<Vec<_>>(),
            [
                "priority 1 accept tcp 22/22 from 10.1.0.0/16",
                "priority 1 accept all to 0.0.0.0/0"
            ]
        );
    }
}

#[test]
fn one_file_may_hold_many_answers_as_an_array_or_one_after_the_other_6_1_6() {
    let parts = [
        attribute("sg-1", &json!({})),
        listing("sg-1", "normal"),
        interfaces("eni-1", &["sg-1"]),
    ];
    let array = Value::from(parts.to_vec()).to_string();
    let stream = parts.map(|part| part.to_string()).join("\n");
    assert_eq!(good(&[&array]).snapshot, good(&[&stream]).snapshot);
    assert_eq!(good(&[&stream]).snapshot.interfaces().len(), 1);
}

#[test]
fn an_attribute_answer_alone_is_assumed_normal_with_a_warning_5_7_1() {
    let read = good(&[&attribute("sg-1", &json!({})).to_string()]);
    assert_eq!(group(&read.snapshot, "sg-1").kind(), GroupKind::Basic);
    let warnings = lines(&read.warnings);
    assert_eq!(warnings.len(), 1, "{warnings:#?}");
    assert!(warnings[0].contains("SecurityGroupType of security group `sg-1` is not known"));
}

#[test]
fn an_unknown_inner_policy_is_the_default_of_the_type_1_3_2() {
    let read = |kind: &str| {
        let attribute = attribute("sg-1", &json!({"InnerAccessPolicy": ""}));
        good(&[&attribute.to_string(), &listing("sg-1", kind).to_string()])
    };
    let basic = read("normal");
    assert_eq!(
        group(&basic.snapshot, "sg-1").inner_access(),
        InnerAccess::Accept
    );
    let warnings = lines(&basic.warnings);
    assert_eq!(warnings.len(), 1, "{warnings:#?}");
    assert!(warnings[0].contains("InnerAccessPolicy of security group `sg-1` is not known"));
    let advanced = read("Enterprise");
    assert_eq!(
        group(&advanced.snapshot, "sg-1").inner_access(),
        InnerAccess::Drop
    );
    assert_eq!(lines(&advanced.warnings), Vec::<String>::new());
}

#[test]
fn a_listed_group_without_its_rules_is_not_read_as_empty() {
    let problems = bad(&[&listing("sg-1", "normal").to_string()]);
    assert_eq!(problems.len(), 1, "{problems:#?}");
    assert!(problems[0].contains("`sg-1` has 2 rules (RuleCount), but none is given"));
    let unknown = json!({"SecurityGroups": [{"SecurityGroupId": "sg-1",
        "VpcId": "vpc-1", "SecurityGroupType": "normal", "InnerAccessPolicy": "Drop"}]});
    let warnings = lines(&good(&[&unknown.to_string()]).warnings);
    assert_eq!(warnings.len(), 1, "{warnings:#?}");
    assert!(warnings[0].contains("`sg-1` has no Permissions"));
}

#[test]
fn pages_of_one_answer_are_one_answer_6_1_6() {
    let page = |token: &str, port: u16| {
        let rule = ingress(json!({"PortRange": format!("{port}/{port}")}));
        let more = json!({"NextToken": token, "Permissions": {"Permission": [rule]}});
        attribute("sg-1", &more).to_string()
    };
    let pages = [page("a", 1), page("b", 2), page("", 3)];
    let [first, second, last] = pages.each_ref().map(String::as_str);
    let listing = listing("sg-1", "normal").to_string();
    for order in [[first, second, last], [last, first, second]] {
        let read = good(&[&listing, order[0], order[1], order[2]]);
        assert_eq!(read.snapshot.rules().len(), 3);
    }
    for incomplete in [vec![first], vec![first, second]] {
        let problems = bad(&incomplete);
        assert_eq!(problems.len(), 1, "{problems:#?}");
        assert!(problems[0].contains("NextToken says that security group `sg-1` has more rules"));
    }
    // Without ids nobody can tell whether the rules are the same.
    let problems = bad(&[last, last]);
    assert_eq!(problems.len(), 1, "{problems:#?}");
    assert!(
        problems[0].contains("rules without SecurityGroupRuleId are in more than one of them"),
        "{problems:#?}"
    );
}

/// A rule with an id, in the direction that its name says.
fn rule(id: &str, port: u16) -> Value {
    let range = format!("{port}/{port}");
    let changes = json!({"SecurityGroupRuleId": id, "PortRange": range});
    if id.contains("out") {
        crate::egress(changes)
    } else {
        ingress(changes)
    }
}

fn answer(token: &str, rules: &[Value]) -> String {
    let more = json!({"NextToken": token, "Permissions": {"Permission": rules}});
    attribute("sg-1", &more).to_string()
}

fn ids(read: &secgroup_ecs::Read) -> Vec<String> {
    let rules = read.snapshot.rules();
    rules.map(|(_, rule)| rule.name().to_owned()).collect()
}

#[test]
fn answers_about_each_direction_are_joined_6_1_6() {
    let listing = listing("sg-1", "normal").to_string();
    let (first, second) = (
        answer("more", &[rule("sgr-in-1", 1)]),
        answer("", &[rule("sgr-in-2", 2)]),
    );
    let egress = answer("", &[rule("sgr-out-1", 3)]);
    let nothing = answer("", &[]);
    for order in [
        [&first, &second, &egress],
        [&egress, &first, &second],
        [&first, &egress, &second],
    ] {
        let read = good(&[&listing, order[0], order[1], order[2], &nothing]);
        let mut found = ids(&read);
        found.sort();
        assert_eq!(found, ["sgr-in-1", "sgr-in-2", "sgr-out-1"]);
        assert_eq!(lines(&read.warnings), Vec::<String>::new());
    }
}

#[test]
fn the_same_rules_in_several_answers_are_there_once_6_1_6() {
    let listing = listing("sg-1", "normal").to_string();
    let all = answer("", &[rule("sgr-in-1", 1), rule("sgr-out-1", 3)]);
    let pages = [
        answer("more", &[rule("sgr-out-1", 3)]),
        answer("", &[rule("sgr-in-1", 1)]),
    ];
    let ingress = answer("", &[rule("sgr-in-1", 1)]);
    for texts in [
        vec![&all, &all],
        vec![&all, &ingress],
        vec![&ingress, &all, &all],
        vec![&pages[0], &pages[1], &ingress],
    ] {
        let mut all: Vec<&str> = vec![&listing];
        all.extend(texts.iter().map(|text| text.as_str()));
        let mut found = ids(&good(&all));
        found.sort();
        assert_eq!(found, ["sgr-in-1", "sgr-out-1"], "{texts:#?}");
    }
}

#[test]
fn answers_that_contradict_each_other_say_how_to_go_on_6_1_6() {
    let one = answer("", &[rule("sgr-in-1", 1), rule("sgr-in-2", 2)]);
    for (other, why) in [
        (
            answer("", &[rule("sgr-in-1", 1)]),
            "rule `sgr-in-2` is not in all of them",
        ),
        (
            answer("", &[rule("sgr-in-1", 1), rule("sgr-in-2", 9)]),
            "rule `sgr-in-2` is not the same in all of them",
        ),
        (
            attribute(
                "sg-1",
                &json!({"InnerAccessPolicy": "Accept",
                "Permissions": {"Permission": []}}),
            )
            .to_string(),
            "InnerAccessPolicy of security group `sg-1` is Drop in one place and Accept in another; \
             keep the newer answer",
        ),
    ] {
        let problems = bad(&[&one, &other]);
        assert_eq!(problems.len(), 1, "{problems:#?}");
        assert!(problems[0].contains(why), "{problems:#?}");
        let advice = "keep the newest answer and leave the others out";
        assert!(
            problems[0].contains(advice) || why.contains("newer answer"),
            "{problems:#?}"
        );
    }
    // A group that a list has twice is no answer of its own.
    let listed = json!({"SecurityGroups": [
        {"SecurityGroupId": "sg-1", "VpcId": "vpc-1", "SecurityGroupType": "normal",
         "InnerAccessPolicy": "Accept", "Permissions": [rule("sgr-in-1", 1)]},
    ]})
    .to_string();
    assert!(bad(&[&listed, &listed])[0].contains("security group `sg-1` is defined twice"));
    assert!(bad(&[&listed, &one])[0].contains("security group `sg-1` is defined twice"));
}

#[test]
fn a_list_that_goes_on_elsewhere_is_warned_of() {
    let mut listing = listing("sg-1", "normal");
    listing["NextToken"] = json!("more");
    let texts = [
        listing.to_string(),
        attribute("sg-1", &json!({})).to_string(),
    ];
    let warnings = lines(&good(&[&texts[0], &texts[1]]).warnings);
    assert_eq!(warnings.len(), 1, "{warnings:#?}");
    assert!(warnings[0].contains("NextToken says that SecurityGroups goes on"));
}

#[test]
fn one_thing_defined_twice_is_a_problem_of_the_second_place() {
    let attribute = json!({"SecurityGroups": [{"SecurityGroupId": "sg-1", "VpcId": "vpc-1",
        "SecurityGroupType": "normal", "InnerAccessPolicy": "Accept", "Permissions": []}]})
    .to_string();
    let problems = bad(&[&attribute, &attribute]);
    assert_eq!(problems.len(), 1, "{problems:#?}");
    let place = "2.json:1:20: SecurityGroups[0]: ";
    let fact = "security group `sg-1` is defined twice (the first is at 1.json:1:20)";
    assert_eq!(problems[0], format!("{place}{fact}"));
    // One answer lists nothing twice, whether it says the same or not.
    let twice = |list: &str, item: Value| json!({list: [item.clone(), item]}).to_string();
    let interface = interfaces("eni-1", &["sg-1"]);
    let interface = interface["NetworkInterfaceSets"]["NetworkInterfaceSet"][0].clone();
    for (text, what) in [
        (
            twice("NetworkInterfaceSets", interface),
            "network interface `eni-1`",
        ),
        (
            twice(
                "SecurityGroups",
                json!({"SecurityGroupId": "sg-1", "VpcId": "vpc-1"}),
            ),
            "security group `sg-1`",
        ),
        (
            twice(
                "PrefixLists",
                json!({"PrefixListId": "pl-1", "Entries": []}),
            ),
            "prefix list `pl-1`",
        ),
        (
            twice(
                "PortRangeLists",
                json!({"PortRangeListId": "prl-1", "Entries": []}),
            ),
            "port list `prl-1`",
        ),
    ] {
        let problems = bad(&[&attribute, &text]);
        let fact = format!("{what} is defined twice");
        let found = problems
            .iter()
            .any(|line| line.starts_with("2.json:1:") && line.ends_with(&fact));
        assert!(found, "{problems:#?}");
    }
}

/// A DescribePrefixListAttributes answer with these entries.
fn prefixes(blocks: &[&str]) -> Value {
    let entries: Vec<Value> = blocks.iter().map(|block| json!({"Cidr": block})).collect();
    json!({"PrefixListId": "pl-1", "AddressFamily": "IPv4", "MaxEntries": 10,
        "Entries": {"Entry": entries}})
}

#[test]
fn pages_that_overlap_say_the_same_once_6_1_6() {
    let mut page = listing("sg-1", "normal");
    page["TotalCount"] = json!(1);
    let rows = interfaces("eni-1", &["sg-1"]);
    let texts = [
        attribute("sg-1", &json!({})),
        page.clone(),
        rows.clone(),
        prefixes(&["10.0.0.0/8"]),
        page,
        rows,
        prefixes(&["10.0.0.0/8"]),
    ]
    .map(|answer| answer.to_string());
    let once = good(&texts.each_ref().map(String::as_str)[..4]);
    let twice = good(&texts.each_ref().map(String::as_str));
    assert_eq!(once.snapshot, twice.snapshot);
    assert_eq!(lines(&twice.warnings), Vec::<String>::new());
    // In one file, too.
    let whole = good(&[&texts.join("\n")]);
    assert_eq!(whole.snapshot.groups().len(), 1);
    assert_eq!(whole.snapshot.interfaces().len(), 1);
    // What is listed again is not one more of those that are counted.
    let mut page = listing("sg-1", "normal");
    page["TotalCount"] = json!(2);
    let page = page.to_string();
    let warnings = lines(&good(&[&texts[0], &page, &page]).warnings);
    assert_eq!(warnings.len(), 1, "{warnings:#?}");
    assert!(
        warnings[0].contains("there are 2 SecurityGroups, and 1 are here"),
        "{warnings:#?}"
    );
}

#[test]
fn what_two_answers_say_differently_is_told_with_both_places_6_1_6() {
    let attribute = attribute("sg-1", &json!({})).to_string();
    let list = |changes: &dyn Fn(&mut Value)| {
        let mut listing = listing("sg-1", "normal");
        changes(&mut listing["SecurityGroups"]["SecurityGroup"][0]);
        listing.to_string()
    };
    let row = |changes: &dyn Fn(&mut Value)| {
        let mut answer = interfaces("eni-1", &["sg-1"]);
        changes(&mut answer["NetworkInterfaceSets"]["NetworkInterfaceSet"][0]);
        answer.to_string()
    };
    let same: &dyn Fn(&mut Value) = &|_| {};
    for (one, other, fact) in [
        (
            list(same),
            list(&|group| group["SecurityGroupType"] = json!("enterprise")),
            "SecurityGroupType of security group `sg-1` is normal in one place and enterprise in \
             another; keep the newer answer (the first is at 2.json:1:",
        ),
        (
            list(same),
            list(&|group| group["RuleCount"] = json!(3)),
            "RuleCount of security group `sg-1` is 2 in one place and 3 in another",
        ),
        (
            list(same),
            list(&|group| group["SecurityGroupName"] = json!("back")),
            "SecurityGroupName of security group `sg-1` is `front` in one place and `back` in \
             another",
        ),
        (
            row(same),
            row(&|eni| eni["VpcId"] = json!("vpc-2")),
            "VpcId of network interface `eni-1` is vpc-1 in one place and vpc-2 in another",
        ),
        (
            row(same),
            row(&|eni| eni["Ipv6Sets"] = json!([])),
            "private addresses of network interface `eni-1` differ: only one place has \
             2001:db8:1::9/128; keep",
        ),
        (
            row(same),
            row(&|eni| eni["SecurityGroupIds"] = json!(["sg-2"])),
            "SecurityGroupIds of network interface `eni-1` differ: only one place has sg-1, only \
             another has sg-2",
        ),
        (
            prefixes(&["10.0.0.0/8"]).to_string(),
            prefixes(&["10.0.0.0/8", "192.0.2.0/24"]).to_string(),
            "Entries of prefix list `pl-1` differ: only one place has 192.0.2.0/24",
        ),
    ] {
        let problems = bad(&[&attribute, &one, &other]);
        let told = problems.iter().find(|line| line.contains(fact));
        let told = told.unwrap_or_else(|| panic!("{fact} {problems:#?}"));
        assert!(told.starts_with("3.json:1:"), "{told}");
        // In one document each place has a line of its own.
        let problems = bad(&[&attribute, &format!("{one}\n{other}")]);
        let fact = fact.split(" (").next().unwrap();
        for place in ["2.json:1:", "2.json:2:"] {
            let told = |line: &&String| line.starts_with(place) && line.contains(fact);
            assert!(problems.iter().any(|line| told(&line)), "{problems:#?}");
        }
    }
}

#[test]
fn places_that_contradict_each_other_are_problems() {
    let here = attribute("sg-1", &json!({"VpcId": "vpc-2"})).to_string();
    let problems = bad(&[&listing("sg-1", "normal").to_string(), &here]);
    assert_eq!(problems.len(), 1, "{problems:#?}");
    let fact = "VpcId of security group `sg-1` is vpc-1 in one place and vpc-2 in another; keep \
                the newer answer (the first is at 1.json:1:";
    assert!(
        problems[0].starts_with(&format!("2.json:1:1: {fact}")),
        "{problems:#?}"
    );
}

#[test]
fn what_is_no_answer_says_what_it_may_be() {
    for (text, fact) in [
        (json!({"RequestId": "r"}), "no SecurityGroups here"),
        (json!({"securityGroups": []}), "did you mean SecurityGroups"),
        (
            json!({"Code": "Forbidden.RAM", "Message": "m"}),
            "an error answer of the ECS API",
        ),
        (
            json!({"Entries": [{"PortRange": "1/2"}]}),
            "put PortRangeListId beside",
        ),
        (
            json!([{"IpProtocol": "TCP"}]),
            "a --cli-query drops its SecurityGroupId",
        ),
        (json!({"Permission": []}), "rules without their group"),
        (json!([7]), "expected an object, found `7`"),
        (json!({"SecurityGroups": 7}), "expected an array"),
        (
            json!({"SecurityGroups": {"Group": []}}),
            "{\"SecurityGroup\": …}",
        ),
        (
            json!({"SecurityGroups": [{"SecurityGroupName": "a"}]}),
            "SecurityGroupId is missing",
        ),
        (
            json!({"SecurityGroups": [{"SecurityGroupId": "a", "SecurityGroupType": "x"}]}),
            "neither normal nor enterprise",
        ),
        (
            json!({"SecurityGroups": [{"SecurityGroupId": "a", "InnerAccessPolicy": "x"}]}),
            "neither Accept nor Drop",
        ),
    ] {
        let problems = bad(&[&text.to_string()]);
        assert_eq!(problems.len(), 1, "{text} {problems:#?}");
        assert!(problems[0].contains(fact), "{text} {problems:#?}");
    }
}

#[test]
fn what_was_said_wrongly_is_not_said_to_be_unknown_too() {
    let group = json!({"SecurityGroups": [{"SecurityGroupId": "sg-1", "VpcId": "vpc-1",
        "SecurityGroupType": "x", "InnerAccessPolicy": "y", "Permissions": []}]});
    let refused = crate::read_all(&[&group.to_string()], &secgroup_ecs::ReadOptions::default());
    let refused = refused.unwrap_err();
    assert_eq!(refused.problems.len(), 2, "{:#?}", refused.problems);
    assert_eq!(lines(&refused.warnings), Vec::<String>::new());
}

#[test]
fn what_could_not_be_read_is_not_reported_as_missing_too() {
    let broken = r#"{"SecurityGroupId": "sg-1", "#;
    let problems = bad(&[broken, &one_interface(&json!({}))]);
    assert_eq!(problems.len(), 1, "{problems:#?}");
    assert!(
        problems[0].starts_with("1.json:1:28: the document ends early"),
        "{problems:#?}"
    );
}

#[test]
fn an_advanced_group_in_no_vpc_is_odd_1_3_1() {
    let group = json!({"SecurityGroups": [{"SecurityGroupId": "sg-1", "Permissions": [],
        "VpcId": "", "SecurityGroupType": "enterprise", "InnerAccessPolicy": "Drop"}]});
    let warnings = lines(&good(&[&group.to_string()]).warnings);
    assert_eq!(warnings.len(), 1, "{warnings:#?}");
    assert!(
        warnings[0].contains("InvalidParams.VpcIdGroupType"),
        "{warnings:#?}"
    );
}

#[test]
fn a_group_is_classic_when_its_vpc_is_empty_and_with_a_warning_when_it_is_not_named_1_2() {
    let document = |more: Value| {
        let mut group = json!({"SecurityGroupId": "sg-1", "Permissions": [],
            "SecurityGroupType": "normal", "InnerAccessPolicy": "Drop"});
        let more = more.as_object().unwrap().clone();
        group.as_object_mut().unwrap().extend(more);
        json!({"SecurityGroups": [group]}).to_string()
    };
    for said in [json!(""), json!(null)] {
        let read = good(&[&document(json!({"VpcId": said}))]);
        assert_eq!(group(&read.snapshot, "sg-1").vpc(), None);
        assert_eq!(lines(&read.warnings), Vec::<String>::new());
    }
    let read = good(&[&document(json!({}))]);
    assert_eq!(group(&read.snapshot, "sg-1").vpc(), None);
    let warnings = lines(&read.warnings);
    assert_eq!(warnings.len(), 1, "{warnings:#?}");
    assert!(
        warnings[0].contains("VpcId of security group `sg-1` is not known; the classic network"),
        "{warnings:#?}"
    );
    // One of the places that speak of it is enough.
    let rules = attribute("sg-1", &json!({"VpcId": ""}));
    let listed = json!({"SecurityGroups": [{"SecurityGroupId": "sg-1",
        "SecurityGroupType": "normal"}]});
    let read = good(&[&listed.to_string(), &rules.to_string()]);
    assert_eq!(lines(&read.warnings), Vec::<String>::new());
}
