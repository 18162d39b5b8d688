//! Every row of section 2: what a permission may say, and what it then means.

use secgroup_ecs::Limits;
use secgroup_model::{NicType, Peer, Rule};
use serde_json::{Map, Value, json};

use crate::{bad, good, lines, with_limits, with_rules};

/// What becomes of a rule.
enum Want {
    /// It is read, as this rule, without a word.
    Ok(&'static str),
    /// It is read, as this rule, with a warning that contains this.
    Warn(&'static str, &'static str),
    /// It is a problem that contains this.
    Bad(&'static str),
}
use Want::{Bad, Ok, Warn};

/// Returns an ingress rule with some fields changed; `null` is the same as absent.
fn ingress(changes: Value) -> Value {
    changed(
        json!({"Direction": "ingress", "IpProtocol": "TCP", "PortRange": "80/80",
               "SourceCidrIp": "10.0.0.0/8", "Policy": "Accept", "Priority": 1}),
        changes,
    )
}

/// Returns an egress rule with some fields changed.
fn egress(changes: Value) -> Value {
    changed(
        json!({"Direction": "egress", "IpProtocol": "TCP", "PortRange": "80/80",
               "DestCidrIp": "10.0.0.0/8", "Policy": "Accept", "Priority": 1}),
        changes,
    )
}

fn changed(rule: Value, changes: Value) -> Value {
    let (Value::Object(mut rule), Value::Object(changes)) = (rule, changes) else {
        panic!("both are objects");
    };
    for (name, value) in changes {
        rule.insert(name, value);
    }
    Value::Object(rule)
}

fn check(rows: Vec<(Value, Want)>) {
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
const PLAIN: &str = "priority 1 accept tcp 80/80 from 10.0.0.0/8";

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
        (portless(json!("sctp")), Bad("IpProtocol sctp")),
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
fn addresses_are_blocks_of_the_family_of_their_field_2_5() {
    let v4 = |block: &str| ingress(json!({"SourceCidrIp": block}));
    let v6 = |block: &str| ingress(json!({"SourceCidrIp": "", "Ipv6SourceCidrIp": block}));
    let code = "InvalidSourceCidrIp.Malformed";
    check(vec![
        (
            v4("203.0.113.9"),
            Ok("priority 1 accept tcp 80/80 from 203.0.113.9/32"),
        ),
        (
            v4("10.0.0.1/8"),
            Warn(PLAIN, "10.0.0.1/8 has host bits; used as 10.0.0.0/8"),
        ),
        (
            v6("2001:DB8::/32"),
            Ok("priority 1 accept tcp 80/80 from 2001:db8::/32"),
        ),
        (
            v6("2001:0db8:3c4d:0015:0000:0000:1a2f:1a2b/0"),
            Warn("priority 1 accept tcp 80/80 from ::/0", "has host bits"),
        ),
        (v4("10.0.0.0/33"), Bad(code)),
        (v4("10.0.0.0/-1"), Bad("prefix length -1")),
        (v4("10.0.0.0/255.0.0.0"), Bad("netmask")),
        (v4("10.0/16"), Bad(code)),
        (v4("010.0.0.0/8"), Bad(code)),
        (
            v4("10.0.0.0/8,192.168.0.0/16"),
            Bad("InvalidParam.SourceCidrIp"),
        ),
        (v4("::/0"), Bad("SourceCidrIp holds an IPv6 block")),
        (v6("0.0.0.0/0"), Bad("Ipv6SourceCidrIp holds IPv4")),
        (v6("2001:db8::/129"), Bad("InvalidParam.Ipv6SourceCidrIp")),
        (v6("fe80::1%eth0"), Bad("InvalidParam.Ipv6SourceCidrIp")),
        (
            egress(json!({"DestCidrIp": "10.0.0.0/33"})),
            Bad("InvalidDestCidrIp.Malformed"),
        ),
        (
            egress(json!({"DestCidrIp": "", "Ipv6DestCidrIp": "x"})),
            Bad("InvalidParam.Ipv6DestCidrIp"),
        ),
        (
            ingress(json!({"Ipv6SourceCidrIp": "::/0"})),
            Bad("InvalidParam.SourceIp"),
        ),
        (
            egress(json!({"Ipv6DestCidrIp": "::/0"})),
            Bad("InvalidParam.DestIp"),
        ),
    ]);
}

#[test]
fn the_stronger_peer_wins_and_the_losers_are_not_looked_at_2_7() {
    let from_group = "priority 1 accept tcp 80/80 from sg-b";
    check(vec![
        (
            ingress(json!({"SourceGroupId": "../", "SourcePrefixListId": "pl-gone"})),
            Ok(PLAIN),
        ),
        (
            ingress(json!({"SourceCidrIp": "", "SourceGroupId": "sg-b",
                           "SourcePrefixListId": "pl-gone"})),
            Ok(from_group),
        ),
        (
            ingress(json!({"SourceCidrIp": "", "SourcePrefixListId": "pl-a"})),
            Ok("priority 1 accept tcp 80/80 from pl-a"),
        ),
        (
            egress(json!({"DestCidrIp": null, "DestGroupId": "sg-b"})),
            Ok("priority 1 accept tcp 80/80 to sg-b"),
        ),
        (
            egress(json!({"DestCidrIp": null, "DestPrefixListId": "pl-a"})),
            Ok("priority 1 accept tcp 80/80 to pl-a"),
        ),
        (
            ingress(json!({"SourceCidrIp": ""})),
            Bad("one of SourceCidrIp, Ipv6SourceCidrIp, SourceGroupId, SourcePrefixListId"),
        ),
        (
            ingress(json!({"SourceCidrIp": null})),
            Bad("MissingParameter.Source"),
        ),
        (
            egress(json!({"DestCidrIp": {}})),
            Bad("MissingParameter.Dest"),
        ),
        // The near end of a rule is no peer.
        (
            egress(json!({"DestCidrIp": "", "SourceCidrIp": "10.0.0.0/8"})),
            Bad("MissingParameter.Dest"),
        ),
    ]);
}

#[test]
fn references_resolve_or_are_problems_2_8() {
    let group = |id: &str| ingress(json!({"SourceCidrIp": "", "SourceGroupId": id}));
    check(vec![
        (group("sg-gone"), Bad("`sg-gone`, which is not defined")),
        (group("sg a"), Bad("SourceGroupId: id `sg a`")),
        (
            group("sg-a"),
            Warn("priority 1 accept tcp 80/80 from sg-a", "its own group"),
        ),
        (
            ingress(json!({"SourceCidrIp": "", "SourcePrefixListId": "pl-gone"})),
            Bad("`pl-gone`, which is not defined"),
        ),
        (
            ingress(json!({"SourceCidrIp": "", "SourceGroupId": "sg-gone",
                           "SourceGroupOwnerId": 1234567890})),
            Bad("belongs to account `1234567890`"),
        ),
        (
            ingress(json!({"SourceCidrIp": "", "SourceGroupId": "sg-gone",
                           "SourceGroupOwnerAccount": "ops@example.com"})),
            Bad("belongs to account `ops@example.com`"),
        ),
        (
            egress(json!({"SourceGroupId": "sg-b"})),
            Bad("SourceGroupId has no place in an egress rule"),
        ),
        (
            ingress(json!({"DestPrefixListId": "pl-a"})),
            Bad("DestPrefixListId has no place in an ingress rule"),
        ),
    ]);
}

#[test]
fn the_near_end_is_an_address_block_2_2() {
    check(vec![
        (
            ingress(json!({"DestCidrIp": "192.168.1.0/24"})),
            Ok("priority 1 accept tcp 80/80 from 10.0.0.0/8 at 192.168.1.0/24"),
        ),
        (
            egress(json!({"SourceCidrIp": "192.168.1.7"})),
            Ok("priority 1 accept tcp 80/80 to 10.0.0.0/8 at 192.168.1.7/32"),
        ),
        // 6.1.1: "no restriction; do not read it as peer".
        (
            egress(json!({"SourceCidrIp": "0.0.0.0/0"})),
            Ok("priority 1 accept tcp 80/80 to 10.0.0.0/8"),
        ),
        (
            ingress(json!({"DestCidrIp": "10.0.0.0/8"})),
            Warn(
                "priority 1 accept tcp 80/80 from 10.0.0.0/8 at 10.0.0.0/8",
                "InvalidParamter.Conflict",
            ),
        ),
        (
            ingress(json!({"DestCidrIp": "x"})),
            Bad("InvalidDestCidrIp.Malformed"),
        ),
        (
            ingress(json!({"DestCidrIp": "10.1.0.0/16", "Ipv6DestCidrIp": "::/0"})),
            Bad("InvalidParam.DestIp"),
        ),
        (
            ingress(json!({"Ipv6DestCidrIp": "2001:db8::/32"})),
            Bad("InvalidParameter.Conflict"),
        ),
        (
            ingress(json!({"Ipv6DestCidrIp": "::/0"})),
            Bad("InvalidParameter.Conflict"),
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
    assert_eq!(
        plain.snapshot.prefix_lists(),
        nested.snapshot.prefix_lists()
    );
    assert_eq!(plain.snapshot.port_lists(), nested.snapshot.port_lists());
    let plain = (only_rule(&plain), plain.snapshot.groups().len());
    let nested = (only_rule(&nested), nested.snapshot.groups().len());
    assert!(plain.0.identity() == nested.0.identity());
    assert_eq!(plain.1, nested.1);
}

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
                "InnerAccessPolicy": "Accept",
                "Permissions": (1..=rules).map(rule).collect::<Vec<_>>()})
        });
        let ids = (0..groups)
            .map(|group| format!("sg-{group}"))
            .collect::<Vec<_>>();
        json!({"SecurityGroups": all.collect::<Vec<_>>(),
            "NetworkInterfaceSets": [{"NetworkInterfaceId": "eni-1",
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
fn an_unclaimed_rule_keeps_its_kind_of_peer() {
    let rule = ingress(json!({"SourceCidrIp": "", "SourceGroupId": "sg-b"}));
    let read = good(&[&with_rules(&[rule]).to_string()]);
    assert!(matches!(&only_rule(&read).peer, Peer::Group(group) if group.as_str() == "sg-b"));
}
