//! Every row of section 2: what a permission may say, and what it then means.
//! Its two sides are in `peers`.

use secgroup_model::{NicType, Rule};
use serde_json::{Map, Value, json};

use crate::{bad, changed, good, ingress, lines, with_rules};

/// What becomes of a rule.
pub(crate) enum Want {
    /// It is read, as this rule, without a word.
    Ok(&'static str),
    /// It is read, as this rule, with a warning that contains this.
    Warn(&'static str, &'static str),
    /// It is a problem that contains this.
    Bad(&'static str),
}
use Want::{Bad, Ok, Warn};

/// Reads every rule beside the parts of [`with_rules`].
pub(crate) fn check(rows: Vec<(Value, Want)>) {
    for (rule, want) in rows {
        let text = with_rules(std::slice::from_ref(&rule)).to_string();
        match want {
            Ok(shown) => {
                let read = good(&[&text]);
                assert_eq!(only_rule(&read).to_string(), shown, "{rule}");
                assert_eq!(lines(&read.warnings), Vec::<String>::new(), "{rule}");
            }
            Warn(shown, fact) => {
                let read = good(&[&text]);
                assert_eq!(only_rule(&read).to_string(), shown, "{rule}");
                let warnings = lines(&read.warnings);
                assert_eq!(warnings.len(), 1, "{rule}: {warnings:#?}");
                assert!(warnings[0].contains(fact), "{rule}: {warnings:#?}");
            }
            Bad(fact) => {
                let problems = bad(&[&text]);
                assert_eq!(problems.len(), 1, "{rule}: {problems:#?}");
                assert!(problems[0].contains(fact), "{rule}: {problems:#?}");
                let path = "SecurityGroups[0].Permissions[0]";
                assert!(problems[0].contains(path), "{rule}: {problems:#?}");
            }
        }
    }
}

fn only_rule(read: &secgroup_ecs::Read) -> &Rule {
    read.snapshot.rules().next().unwrap().1.rule()
}

/// The rule of [`ingress`] without changes, and with other services and peers.
pub(crate) const PLAIN: &str = "priority 1 accept tcp 80/80 from 10.0.0.0/8";

#[test]
fn policy_and_direction_are_words_in_any_case_2_10() {
    check(vec![
        (ingress(json!({})), Ok(PLAIN)),
        (ingress(json!({"Policy": null})), Ok(PLAIN)),
        (ingress(json!({"Policy": ""})), Ok(PLAIN)),
        (
            ingress(json!({"Policy": "DROP"})),
            Ok("priority 1 drop tcp 80/80 from 10.0.0.0/8"),
        ),
        (
            ingress(json!({"Policy": "Allow"})),
            Bad("InvalidPolicy.Malformed"),
        ),
        (ingress(json!({"Policy": {"a": 1}})), Bad("expected text")),
        (ingress(json!({"Direction": "InGress"})), Ok(PLAIN)),
        (ingress(json!({"Direction": "in"})), Bad("Direction `in`")),
        (
            ingress(json!({"Direction": ""})),
            Bad("Direction is missing"),
        ),
    ]);
}

#[test]
fn priority_is_a_whole_number_as_number_or_text_2_3() {
    const MALFORMED: &str = "InvalidPriority.Malformed";
    const RANGE: &str = "InvalidPriority.ValueNotSupported";
    check(vec![
        (ingress(json!({"Priority": null})), Ok(PLAIN)),
        (ingress(json!({"Priority": "1"})), Ok(PLAIN)),
        (
            ingress(json!({"Priority": 100})),
            Ok("priority 100 accept tcp 80/80 from 10.0.0.0/8"),
        ),
        (
            ingress(json!({"Priority": "110"})),
            Warn(
                "priority 110 accept tcp 80/80 from 10.0.0.0/8",
                "legacy priority",
            ),
        ),
        (
            ingress(json!({"Priority": 0})),
            Bad("priority 0 is not in 1..100"),
        ),
        (ingress(json!({"Priority": -1})), Bad(RANGE)),
        (ingress(json!({"Priority": 111})), Bad(RANGE)),
        (ingress(json!({"Priority": u64::MAX})), Bad("out of range")),
        (ingress(json!({"Priority": 1.5})), Bad(MALFORMED)),
        (ingress(json!({"Priority": "1.0"})), Bad(MALFORMED)),
        (ingress(json!({"Priority": "+1"})), Bad(MALFORMED)),
        (ingress(json!({"Priority": " 1"})), Bad(MALFORMED)),
        (ingress(json!({"Priority": "-"})), Bad(MALFORMED)),
        (ingress(json!({"Priority": true})), Bad(MALFORMED)),
        (ingress(json!({"Priority": [1]})), Bad("expected text")),
    ]);
}

#[test]
fn numbers_are_read_as_they_are_written_and_not_as_floats() {
    let text = with_rules(&[ingress(json!({"Priority": 77}))]).to_string();
    for (number, fact) in [
        ("1e2", "InvalidPriority.Malformed"),
        ("100.0", "`100.0` is not an integer"),
        (&"9".repeat(400), "out of range"),
        ("1e400", "InvalidPriority.Malformed"),
    ] {
        let problems = bad(&[&text.replace("77", number)]);
        assert_eq!(problems.len(), 1, "{problems:#?}");
        assert!(problems[0].contains(fact), "{problems:#?}");
    }
}

#[test]
fn protocol_is_a_name_or_a_number_2_4() {
    let portless = |protocol: Value| ingress(json!({"IpProtocol": protocol, "PortRange": "-1/-1"}));
    let unknown = "InvalidIpProtocol.ValueNotSupported";
    check(vec![
        (ingress(json!({"IpProtocol": "tcp"})), Ok(PLAIN)),
        (ingress(json!({"IpProtocol": 6})), Ok(PLAIN)),
        (ingress(json!({"IpProtocol": "6"})), Ok(PLAIN)),
        (
            ingress(json!({"IpProtocol": "uDp"})),
            Ok("priority 1 accept udp 80/80 from 10.0.0.0/8"),
        ),
        (
            portless(json!("ICMP")),
            Ok("priority 1 accept icmp from 10.0.0.0/8"),
        ),
        (
            portless(json!(1)),
            Ok("priority 1 accept icmp from 10.0.0.0/8"),
        ),
        (
            portless(json!("gre")),
            Ok("priority 1 accept gre from 10.0.0.0/8"),
        ),
        (
            portless(json!("All")),
            Ok("priority 1 accept all from 10.0.0.0/8"),
        ),
        // "`0` is HOPOPT, not ALL."
        (
            portless(json!("0")),
            Ok("priority 1 accept protocol 0 from 10.0.0.0/8"),
        ),
        (
            portless(json!(255)),
            Ok("priority 1 accept protocol 255 from 10.0.0.0/8"),
        ),
        (
            portless(json!(132)),
            Ok("priority 1 accept sctp from 10.0.0.0/8"),
        ),
        (
            portless(json!("sctp")),
            Bad("IpProtocol `sctp` is not known"),
        ),
        (portless(json!("esp")), Bad(unknown)),
        (portless(json!(256)), Bad(unknown)),
        (portless(json!(-1)), Bad(unknown)),
        (portless(json!("tcp ")), Bad(unknown)),
        (portless(json!(null)), Bad("IpProtocol is missing")),
    ]);
}

#[test]
fn icmp_has_the_family_of_its_name_2_5_7() {
    check(vec![
        (
            ingress(json!({"IpProtocol": "ICMPv6", "PortRange": "-1/-1",
                           "SourceCidrIp": "", "Ipv6SourceCidrIp": "::/0"})),
            Ok("priority 1 accept icmpv6 from ::/0"),
        ),
        (
            ingress(json!({"IpProtocol": "icmpv6", "PortRange": "-1/-1"})),
            Bad("InvalidParam.Ipv6ProtocolConflictWithIpv4Address"),
        ),
        (
            ingress(json!({"IpProtocol": "icmp", "PortRange": "-1/-1",
                           "SourceCidrIp": "", "Ipv6SourceCidrIp": "::/0"})),
            Bad("InvalidParam.Ipv4ProtocolConflictWithIpv6Address"),
        ),
    ]);
}

#[test]
fn ports_are_a_range_where_the_protocol_has_some_2_6() {
    let code = "InvalidParam.PortRange";
    let any = "priority 1 accept tcp -1/-1 from 10.0.0.0/8";
    let icmp = |range: Value| ingress(json!({"IpProtocol": "ICMP", "PortRange": range}));
    check(vec![
        (
            ingress(json!({"PortRange": "1/65535"})),
            Ok("priority 1 accept tcp 1/65535 from 10.0.0.0/8"),
        ),
        (ingress(json!({"PortRange": "-1/-1"})), Ok(any)),
        (ingress(json!({"PortRange": "0/80"})), Bad(code)),
        (ingress(json!({"PortRange": "200/1"})), Bad(code)),
        (ingress(json!({"PortRange": "1/65536"})), Bad(code)),
        (ingress(json!({"PortRange": "-1/80"})), Bad(code)),
        (ingress(json!({"PortRange": "80"})), Bad("write 80/80")),
        (ingress(json!({"PortRange": 80})), Bad("write 80/80")),
        (ingress(json!({"PortRange": " 80 / 80 "})), Bad(code)),
        (
            ingress(json!({"PortRange": ""})),
            Bad("InvalidPortRange.Malformed"),
        ),
        (
            icmp(json!("-1/-1")),
            Ok("priority 1 accept icmp from 10.0.0.0/8"),
        ),
        (icmp(json!("80/80")), Bad("ICMP needs -1/-1")),
        (icmp(json!("")), Bad("ICMP needs -1/-1")),
        (
            ingress(json!({"IpProtocol": "all"})),
            Bad("OperationDenied"),
        ),
        (
            ingress(json!({"IpProtocol": 50, "PortRange": "1/65535"})),
            Bad("OperationDenied"),
        ),
    ]);
}

#[test]
fn port_lists_stand_where_no_range_is_given_1_7() {
    let list = |changes| changed(ingress(json!({"PortRangeListId": "prl-a"})), changes);
    check(vec![
        (
            list(json!({"PortRange": ""})),
            Ok("priority 1 accept tcp prl-a from 10.0.0.0/8"),
        ),
        (list(json!({})), Warn(PLAIN, "PortRangeListId ignored")),
        (
            list(json!({"PortRange": "-1/-1", "IpProtocol": "ICMP"})),
            Warn(
                "priority 1 accept icmp from 10.0.0.0/8",
                "PortRangeListId ignored",
            ),
        ),
        (
            list(json!({"PortRange": "", "IpProtocol": "ICMP"})),
            Bad("InvalidParam.ProtocolNotSupportPortRangeList"),
        ),
        (
            list(json!({"PortRange": "", "PortRangeListId": "prl-gone"})),
            Bad("InvalidPortRangeListId.NotFound"),
        ),
        (
            list(json!({"PortRange": "", "PortRangeListId": "prl a"})),
            Bad("ids consist of"),
        ),
    ]);
}

#[test]
fn source_ports_follow_the_same_grammar_2_6_6() {
    let code = "InvalidSourcePortRange.Malformed";
    check(vec![
        (ingress(json!({"SourcePortRange": ""})), Ok(PLAIN)),
        (ingress(json!({"SourcePortRange": "-1/-1"})), Ok(PLAIN)),
        (
            ingress(json!({"SourcePortRange": "1024/65535"})),
            Ok("priority 1 accept tcp 80/80 source ports 1024/65535 from 10.0.0.0/8"),
        ),
        (ingress(json!({"SourcePortRange": "0/1"})), Bad(code)),
        (
            ingress(
                json!({"IpProtocol": "ICMP", "PortRange": "-1/-1", "SourcePortRange": "-1/-1"}),
            ),
            Ok("priority 1 accept icmp from 10.0.0.0/8"),
        ),
        (
            ingress(json!({"IpProtocol": "ICMP", "PortRange": "-1/-1", "SourcePortRange": "1/2"})),
            Bad(code),
        ),
    ]);
}

#[test]
fn what_decides_nothing_is_kept_or_warned_of() {
    let time = "CreateTime `yesterday` is not a time";
    check(vec![
        (
            ingress(json!({"CreateTime": "2018-12-12T07:28:38Z"})),
            Ok(PLAIN),
        ),
        (
            ingress(json!({"CreateTime": "2021-02-20T07:11Z"})),
            Ok(PLAIN),
        ),
        (
            ingress(json!({"CreateTime": "yesterday"})),
            Warn(PLAIN, time),
        ),
        (
            ingress(json!({"CreateTime": "2018-13-12T07:28:38Z"})),
            Warn(PLAIN, "CreateTime"),
        ),
        (ingress(json!({"Description": "é".repeat(512)})), Ok(PLAIN)),
        (
            ingress(json!({"Description": "é".repeat(513)})),
            Warn(PLAIN, "InvalidSecurityGroupDiscription.Malformed"),
        ),
        (
            ingress(json!({"SecurityGroupRuleId": "sgr 1"})),
            Bad("SecurityGroupRuleId: id `sgr 1`"),
        ),
        (ingress(json!({"NicType": "INTRANET"})), Ok(PLAIN)),
        (
            ingress(json!({"NicType": "both"})),
            Bad("InvalidNicType.ValueNotSupported"),
        ),
        (
            ingress(json!({"SourceGroupName": "x", "PortRangeListName": "y"})),
            Ok(PLAIN),
        ),
    ]);
    let both = [
        ("2018-12-12T07:28:38Z", 1_544_599_718),
        ("2021-02-20T07:11Z", 1_613_805_060),
    ];
    for (text, seconds) in both {
        let text = with_rules(&[ingress(json!({"CreateTime": text, "Description": "why"}))]);
        let read = good(&[&text.to_string()]);
        assert_eq!(only_rule(&read).created, Some(seconds));
        assert_eq!(only_rule(&read).description.as_deref(), Some("why"));
    }
}

#[test]
fn a_slip_in_a_field_name_never_widens_a_rule() {
    check(vec![
        (ingress(json!({"Foo": 1})), Warn(PLAIN, "field Foo ignored")),
        (
            ingress(json!({"SourceCidrIP": "10.1.0.0/16"})),
            Warn(PLAIN, "SourceCidrIP ignored: did you mean SourceCidrIp"),
        ),
        // The right field is there or the wrong one is empty: nothing is lost.
        (
            ingress(json!({"Polcy": "drop"})),
            Warn(PLAIN, "did you mean Policy"),
        ),
        (
            ingress(json!({"Policy": "Accept", "Ipv6DestCidrIP": ""})),
            Warn(PLAIN, "did you mean"),
        ),
        (
            ingress(json!({"Descripton": "x"})),
            Warn(PLAIN, "did you mean Description"),
        ),
        // Without the right field the rule would be a different one.
        (
            ingress(json!({"SourcePortRang": "1024/65535"})),
            Bad("did you mean SourcePortRange"),
        ),
        (
            ingress(json!({"destCidrIp": "10.1.0.0/16"})),
            Bad("did you mean DestCidrIp"),
        ),
    ]);
    let mut rule = ingress(json!({"Polcy": "drop"}));
    rule.as_object_mut().unwrap().remove("Policy");
    check(vec![(rule, Bad("did you mean Policy"))]);
}

#[test]
fn the_network_decides_about_the_nic_type_2_9() {
    let nic = |vpc: &str, nic: &str| {
        let rule = ingress(json!({"NicType": nic}));
        let group = json!({"SecurityGroups": [{"SecurityGroupId": "sg-a", "VpcId": vpc,
            "SecurityGroupType": "normal", "InnerAccessPolicy": "Accept", "Permissions": [rule]}]});
        only_rule(&good(&[&group.to_string()])).nic
    };
    assert_eq!(nic("vpc-1", ""), NicType::Intranet);
    assert_eq!(nic("vpc-1", "internet"), NicType::Intranet);
    assert_eq!(nic("", ""), NicType::Internet);
    assert_eq!(nic("", "intranet"), NicType::Intranet);
}

#[test]
fn every_fault_of_a_rule_is_reported_at_once() {
    let rule = json!({"Direction": "ingress", "Policy": "allow", "Priority": 0, "IpProtocol": "tcp",
        "PortRange": "80", "SourcePortRange": "9/1", "SourceCidrIp": "x", "DestCidrIp": "y",
        "NicType": "z", "SecurityGroupRuleId": "?", "CreateTime": "never"});
    let problems = bad(&[&with_rules(&[rule]).to_string()]);
    let paths = [
        "Policy",
        "Priority",
        "PortRange",
        "SourcePortRange",
        "SourceCidrIp",
        "DestCidrIp",
        "NicType",
        "SecurityGroupRuleId",
    ];
    assert_eq!(problems.len(), paths.len(), "{problems:#?}");
    for path in paths {
        let path = format!("SecurityGroups[0].Permissions[0].{path}: ");
        assert!(
            problems.iter().any(|problem| problem.contains(&path)),
            "{path} {problems:#?}"
        );
    }
}

/// Reads a rule, which must have these faults and no others.
#[track_caller]
fn check_faults(rule: &Value, faults: &[&str]) {
    let problems = bad(&[&with_rules(std::slice::from_ref(rule)).to_string()]);
    assert_eq!(problems.len(), faults.len(), "{rule} {problems:#?}");
    for fault in faults {
        let found = problems.iter().any(|problem| problem.contains(fault));
        assert!(found, "{fault} of {rule} {problems:#?}");
    }
}

#[test]
fn faults_of_one_rule_do_not_hide_each_other() {
    for (rule, faults) in [
        (
            json!({"Direction": "sideways", "IpProtocol": "sctp", "PortRange": "80",
                   "SourceCidrIp": "10.0.0.0/33", "DestCidrIp": "x", "SourcePortRange": "5"}),
            vec![
                "Direction: Direction `sideways`",
                "IpProtocol: IpProtocol `sctp` is not known",
                "PortRange: PortRange `80` is a single port",
                "SourceCidrIp: SourceCidrIp `10.0.0.0/33` has prefix length 33",
                "DestCidrIp: DestCidrIp `x`",
                "SourcePortRange: SourcePortRange `5`",
            ],
        ),
        (
            json!({}),
            vec![
                "Direction is missing",
                "IpProtocol is missing",
                "PortRange is missing",
                "the rule has no peer; expected one of SourceCidrIp",
            ],
        ),
        (
            json!({"IpProtocol": "tcp", "PortRange": "80/80", "SourceCidrIp": "10.0.0.0/8",
                   "Ipv6SourceCidrIp": "::/0", "DestCidrIp": "10.0.0.0/8",
                   "Ipv6DestCidrIp": "::/129"}),
            vec![
                "Direction is missing",
                "InvalidParam.SourceIp",
                "InvalidParam.DestIp",
                "InvalidParam.Ipv6DestCidrIp",
            ],
        ),
        (
            json!({"IpProtocol": "tcp", "PortRange": "80/80", "SourceGroupId": "../",
                   "DestPrefixListId": "pl-a"}),
            vec![
                "Direction is missing",
                "SourceGroupId: id `../`",
                "SourceGroupId and DestPrefixListId have no place in one rule",
            ],
        ),
        // A block of one side only is no fault in either direction.
        (
            json!({"IpProtocol": "tcp", "PortRange": "80/80", "DestCidrIp": "10.0.0.0/8",
                   "SourceGroupId": "../", "SourceCidrIp": "10.1.0.0/16"}),
            vec!["Direction is missing"],
        ),
    ] {
        check_faults(&rule, &faults);
    }
}

#[test]
fn what_a_faulty_rule_refers_to_is_checked_too() {
    for (rule, faults) in [
        (
            ingress(json!({"IpProtocol": "icmp", "PortRange": {"a": 1}, "SourcePortRange": "5"})),
            vec!["expected text, found", "SourcePortRange `5`: ICMP needs"],
        ),
        (
            ingress(
                json!({"Priority": 0, "IpProtocol": "x", "NicType": "y", "SourceCidrIp": "",
                           "SourceGroupId": "sg-gone"}),
            ),
            vec![
                "priority 0 is not in 1..100",
                "IpProtocol `x`",
                "NicType `y`",
                "security group `sg-gone`, which is not defined",
            ],
        ),
        (
            ingress(
                json!({"Policy": "x", "PortRangeListId": "prl-gone", "PortRange": "",
                           "DestCidrIp": "", "Ipv6DestCidrIp": "::1"}),
            ),
            vec![
                "Policy `x`",
                "port list `prl-gone`",
                "an IPv4 peer and an IPv6 local side",
            ],
        ),
    ] {
        check_faults(&rule, &faults);
    }
}

#[test]
fn a_faulty_rule_is_not_said_to_repeat_another() {
    let rules = [ingress(json!({"Priority": 0})), ingress(json!({}))];
    let refused = crate::read_all(
        &[&with_rules(&rules).to_string()],
        &secgroup_ecs::ReadOptions::default(),
    );
    assert_eq!(lines(&refused.unwrap_err().warnings), Vec::<String>::new());
}

#[test]
fn the_form_of_arrays_and_of_nothing_does_not_matter_section_6() {
    let plain = with_rules(&[ingress(json!({"Priority": 7, "SourcePortRange": null}))]);
    let nested = json!({
        "SecurityGroups": {"SecurityGroup": plain["SecurityGroups"]},
        "PrefixLists": {"PrefixList": plain["PrefixLists"]},
        "PortRangeLists": {"PortRangeList": plain["PortRangeLists"]},
    });
    let mut nested = nested;
    for group in nested["SecurityGroups"]["SecurityGroup"]
        .as_array_mut()
        .unwrap()
    {
        group["Permissions"] = json!({"Permission": group["Permissions"]});
        for rule in group["Permissions"]["Permission"].as_array_mut().unwrap() {
            rule["Priority"] = json!("7");
            let rule = rule.as_object_mut().unwrap();
            rule.remove("SourcePortRange");
            rule.extend(Map::from_iter([
                ("Ipv6SourceCidrIp".to_owned(), json!({})),
                ("DestCidrIp".to_owned(), json!([])),
                ("SourceGroupId".to_owned(), json!("")),
            ]));
        }
    }
    for list in nested["PrefixLists"]["PrefixList"].as_array_mut().unwrap() {
        list["Entries"] = json!({"Entry": list["Entries"]});
        list["MaxEntries"] = json!("30");
    }
    let (plain, nested) = (good(&[&plain.to_string()]), good(&[&nested.to_string()]));
    assert_eq!(plain.snapshot, nested.snapshot);
    assert_eq!(lines(&nested.warnings), Vec::<String>::new());
}
