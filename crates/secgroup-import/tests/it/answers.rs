//! What refers from one file to what ECS's own answers in another define.

use secgroup_ecs::{ApiFlags, Cloud, ImportOptions};
use secgroup_import::{File, Options, Side, translate};
use secgroup_model::{AccountId, Semantics, Snapshot};

use crate::{How, Imported, assert_has, assert_says, import};

/// Answers about a group, two instances and three interfaces.
const ANSWERS: &str = r#"{"SecurityGroups": {"SecurityGroup": [{"SecurityGroupId": "sg-live",
  "SecurityGroupType": "normal", "VpcId": "vpc-1"}]}}
{"SecurityGroupId": "sg-live", "VpcId": "vpc-1", "InnerAccessPolicy": "Drop",
 "Permissions": {"Permission": [
  {"SecurityGroupRuleId": "sgr-1", "Direction": "ingress", "IpProtocol": "TCP", "PortRange": "22/22",
   "SourceCidrIp": "10.0.0.0/8", "Priority": 110, "Policy": "Accept", "Color": "red"},
  {"SecurityGroupRuleId": "sgr-2", "Direction": "egress", "IpProtocol": "ALL", "PortRange": "-1/-1",
   "DestCidrIp": "0.0.0.0/0", "Policy": "Drop"}]}}
{"Instances": {"Instance": [
  {"InstanceId": "i-1", "VpcAttributes": {"VpcId": "vpc-1"}, "SecurityGroupIds": {"SecurityGroupId": ["sg-live"]},
   "NetworkInterfaces": {"NetworkInterface": [
     {"NetworkInterfaceId": "eni-1", "Type": "Primary", "PrimaryIpAddress": "10.0.0.1"}]}}]}}
{"NetworkInterfaceSets": {"NetworkInterfaceSet": [
  {"NetworkInterfaceId": "eni-2a", "Type": "Secondary", "InstanceId": "i-2", "VpcId": "vpc-1",
   "PrivateIpAddress": "10.0.0.3", "SecurityGroupIds": {"SecurityGroupId": ["sg-live"]}},
  {"NetworkInterfaceId": "eni-2", "Type": "Primary", "InstanceId": "i-2", "VpcId": "vpc-1",
   "PrivateIpAddress": "10.0.0.2", "SecurityGroupIds": {"SecurityGroupId": ["sg-live"]}},
  {"NetworkInterfaceId": "eni-3", "Type": "Secondary", "InstanceId": "", "VpcId": "vpc-1",
   "PrivateIpAddress": "10.0.0.4", "SecurityGroupIds": ["sg-live"]}]}}
"#;

/// A template with a group `Web` and another resource.
fn template(kind: &str, properties: &str) -> String {
    format!(
        "ROSTemplateFormatVersion: '2015-09-01'\nResources:\n  Web: {{Type: \
         'ALIYUN::ECS::SecurityGroup', Properties: {{VpcId: vpc-1, SecurityGroupType: normal}}}}\n  \
         Other:\n    Type: ALIYUN::ECS::{kind}\n    Properties: {{{properties}}}\n"
    )
}

/// Reads a template beside the answers.
fn beside(template: &str) -> Imported {
    import(
        &[("a.yaml", template), ("live.json", ANSWERS)],
        &How::default(),
    )
}

/// The groups of an interface.
fn groups(snapshot: &Snapshot, id: &str) -> Vec<String> {
    let found = snapshot
        .interfaces()
        .find(|(_, one)| one.id().as_str() == id);
    let groups = found.unwrap().1.groups().iter();
    groups
        .map(|group| snapshot.group(*group).id().to_string())
        .collect()
}

/// The rules of a group.
fn rules(snapshot: &Snapshot, id: &str) -> Vec<String> {
    let (group, _) = snapshot
        .groups()
        .find(|(_, one)| one.id().as_str() == id)
        .unwrap();
    let rules = snapshot.rules_of(group);
    rules
        .map(|(_, placed)| format!("{} {}", placed.rule().direction, placed.rule()))
        .collect()
}

#[test]
fn interfaces_of_answers_join_groups_of_a_template_6_3() {
    let properties = "SecurityGroupId: !Ref Web, InstanceIdList: [i-1, i-2, i-9], \
                      NetworkInterfaceList: [eni-3]";
    let Imported { result, warnings } = beside(&template("JoinSecurityGroup", properties));
    let snapshot = result.unwrap();
    for id in ["eni-1", "eni-2", "eni-3"] {
        assert_eq!(groups(&snapshot, id), ["Web", "sg-live"], "{id}");
    }
    // The secondary interface of the instance does not join (1.4).
    assert_eq!(groups(&snapshot, "eni-2a"), ["sg-live"]);
    assert_says(
        &warnings,
        "`i-9` joins security group `Web`, but nothing else is known of it",
    );
    assert!(
        !warnings.iter().any(|one| one.contains("`i-1`")),
        "{warnings:#?}"
    );
    let again = beside(&template(
        "JoinSecurityGroup",
        "SecurityGroupId: sg-live, InstanceId: i-2",
    ));
    assert_eq!(groups(&again.result.unwrap(), "eni-2"), ["sg-live"]);
}

#[test]
fn members_may_be_a_parameter_of_commas_6_3() {
    let text = template(
        "JoinSecurityGroup",
        "SecurityGroupId: !Ref Web, InstanceIdList: !Ref All",
    );
    let parameters =
        "Parameters: {All: {Type: CommaDelimitedList, Default: 'i-1, i-2'}}\nResources:";
    let Imported { result, warnings } = beside(&text.replace("Resources:", parameters));
    let snapshot = result.unwrap();
    for id in ["eni-1", "eni-2"] {
        assert_eq!(
            groups(&snapshot, id),
            ["Web", "sg-live"],
            "{id} {warnings:#?}"
        );
    }
}

#[test]
fn answers_in_yaml_may_be_an_array_6_1_6() {
    let text = "- {SecurityGroups: [{SecurityGroupId: sg-1, VpcId: vpc-1}]}\n- SecurityGroupId: sg-1\n  \
                Permissions: [{Direction: ingress, IpProtocol: ALL, PortRange: -1/-1, SourceCidrIp: x}]\n";
    let problems = import(&[("a.yaml", text)], &How::default())
        .result
        .unwrap_err();
    assert_eq!(problems.len(), 1, "{problems:#?}");
    assert!(problems[0].starts_with("a.yaml:3:"), "{problems:#?}");
    assert_says(
        &problems,
        "[1].Permissions[0].SourceCidrIp: SourceCidrIp `x`",
    );
}

#[test]
fn a_clone_has_the_rules_that_answers_have_of_its_source_6_3() {
    let properties = "SourceSecurityGroupId: sg-live, VpcId: vpc-1, SecurityGroupType: normal";
    let Imported { result, warnings } = beside(&template("SecurityGroupClone", properties));
    assert_eq!(
        rules(&result.unwrap(), "Other"),
        [
            "ingress priority 100 accept tcp 22/22 from 10.0.0.0/8",
            "egress priority 1 drop all to 0.0.0.0/0",
        ]
    );
    // What is odd about an answer is told once, where it stands.
    assert_has(
        &warnings,
        "live.json:6:80: Permissions.Permission[0].Color: field Color ignored: not known",
    );
    let properties = properties.replace("sg-live", "sg-gone");
    let problems = beside(&template("SecurityGroupClone", &properties))
        .result
        .unwrap_err();
    assert_says(&problems, "no file has those of security group `sg-gone`");
}

#[test]
fn rules_are_added_to_those_that_answers_have_of_their_group_6() {
    let rule = |ports: &str| {
        let rest = "SecurityGroupId: sg-live, IpProtocol: tcp, SourceCidrIp: 192.0.2.0/24";
        template(
            "SecurityGroupIngress",
            &format!("{rest}, PortRange: {ports}"),
        )
    };
    let Imported { result, warnings } = beside(&rule("80/80"));
    assert_eq!(
        rules(&result.unwrap(), "sg-live"),
        [
            "ingress priority 110 accept tcp 22/22 from 10.0.0.0/8",
            "egress priority 1 drop all to 0.0.0.0/0",
            "ingress priority 1 accept tcp 80/80 from 192.0.2.0/24",
        ]
    );
    assert_says(
        &warnings,
        "a.yaml:6:17: Resources.Other.Properties: the rules here are added to those that answers \
         of ECS have of security group `sg-live`",
    );
    let problems = beside(&rule("80")).result.unwrap_err();
    assert_eq!(problems.len(), 1, "{problems:#?}");
    assert!(
        problems[0].starts_with("a.yaml:6:") && problems[0].contains("PortRange `80` is a single"),
        "{problems:#?}"
    );
}

#[test]
fn a_rule_that_answers_have_is_there_once_6() {
    let state = r#"{"version": 4, "terraform_version": "1.5.7", "resources": [{"mode": "managed",
      "type": "alicloud_security_group_rule", "name": "ssh", "instances": [{"attributes": {
        "id": "x", "security_group_id": "sg-live", "type": "ingress", "ip_protocol": "tcp",
        "port_range": "22/22", "cidr_ip": "10.0.0.0/8", "security_group_rule_id": "sgr-1"}}]},
      {"mode": "managed", "type": "alicloud_ecs_network_interface_attachment", "name": "a",
        "instances": [{"attributes": {"network_interface_id": "eni-3", "instance_id": "i-2"}}]}]}"#;
    let files = [("terraform.tfstate", state), ("live.json", ANSWERS)];
    let snapshot = import(&files, &How::default()).result.unwrap();
    assert_eq!(rules(&snapshot, "sg-live").len(), 2);
    let (_, attached) = snapshot
        .interfaces()
        .find(|(_, one)| one.id().as_str() == "eni-3")
        .unwrap();
    assert_eq!(attached.instance().unwrap().as_str(), "i-2");
}

#[test]
fn answers_that_others_refer_to_make_an_account_6() {
    let properties = "SecurityGroupId: sg-live, IpProtocol: tcp, SourceCidrIp: 192.0.2.0/24, \
                      PortRange: 80/80";
    let text = template("SecurityGroupIngress", properties);
    let files = [("a.yaml", text.as_str()), ("live.json", ANSWERS)].map(|(name, text)| File {
        name,
        bytes: text.as_bytes(),
        side: Side::After,
    });
    let translated = translate(&files, &Options::default());
    let options = ImportOptions {
        flags: ApiFlags::default(),
        semantics: Semantics::default(),
        account: AccountId::new("1234567890123456").unwrap(),
        region: "cn-hangzhou".to_owned(),
        now: 0,
    };
    let mut imported = Cloud::import(&translated.documents(), &options).unwrap();
    assert_eq!(imported.cloud.snapshot().rules().len(), 3);
}

#[test]
fn answers_that_cannot_be_opened_are_told_by_their_reader_6() {
    let text = template(
        "JoinSecurityGroup",
        "SecurityGroupId: !Ref Web, InstanceId: i-1",
    );
    for broken in ["{\"Instances\": [", "{\"a\": 1, \"a\": 2}", "[]", "7"] {
        let files = [("a.yaml", text.as_str()), ("live.json", broken)];
        let problems = import(&files, &How::default()).result.unwrap_err();
        assert!(problems[0].starts_with("live.json:1:"), "{problems:#?}");
    }
}
