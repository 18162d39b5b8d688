//! Rules as ECS's console exports them.

use crate::{How, assert_has, bad, good, import};

const RULES: &str = r#"[
  {"Direction": "ingress", "IpProtocol": "TCP", "PortRange": "443/443",
   "SourceCidrIp": "0.0.0.0/0", "Policy": "Accept", "Priority": 1, "NicType": "intranet",
   "Description": "", "CreateTime": "2026-03-05T08:00:00Z", "DestCidrIp": ""},
  {"Direction": "egress", "IpProtocol": "ALL", "PortRange": "-1/-1",
   "DestGroupId": "sg-2", "Policy": "Drop", "Priority": "100"}
]"#;

const GROUPS: &str = r#"{"SecurityGroups": {"SecurityGroup": [
  {"SecurityGroupId": "sg-1", "SecurityGroupType": "normal", "VpcId": "vpc-1",
   "InnerAccessPolicy": "Drop"},
  {"SecurityGroupId": "sg-2", "SecurityGroupType": "normal", "VpcId": "vpc-1",
   "InnerAccessPolicy": "Drop", "Permissions": {"Permission": []}}]}}"#;

#[test]
fn an_export_has_the_rules_of_the_group_it_is_named_for_6_1_8() {
    let files = [
        ("ecs_cn-hangzhou_sg-1.json", RULES),
        ("groups.json", GROUPS),
    ];
    let imported = import(&files, &How::default());
    let snapshot = imported.result.unwrap();
    let rules: Vec<String> = snapshot
        .rules()
        .map(|(_, placed)| {
            let group = snapshot.group(placed.group()).id();
            format!("{} of {group}: {}", placed.name(), placed.rule())
        })
        .collect();
    let wanted = [
        "sg-1#1 of sg-1: priority 1 accept tcp 443/443 from 0.0.0.0/0",
        "sg-1#2 of sg-1: priority 100 drop all to sg-2",
    ];
    assert_eq!(rules, wanted);
    assert_eq!(imported.warnings.len(), 1, "{:#?}", imported.warnings);
    assert!(imported.warnings[0].contains("does not say in which VPC `sg-1` is"));
}

#[test]
fn what_an_export_does_not_say_is_said_6_1_8() {
    let alone = RULES.replace(
        "\"DestGroupId\": \"sg-2\"",
        "\"DestCidrIp\": \"10.0.0.0/8\"",
    );
    let name = "x/ecs_sgRule_sg-1_cn-beijing_2026-03-05.json";
    let (_, warnings) = good(name, &alone);
    for wanted in [
        "SecurityGroupType of security group `sg-1`",
        "InnerAccessPolicy of",
        "an export does not say in which VPC",
    ] {
        assert!(
            warnings.iter().any(|one| one.contains(wanted)),
            "{wanted}: {warnings:#?}"
        );
    }
    let problems = bad("rules.json", RULES);
    assert!(
        problems.len() == 1
            && problems[0].starts_with("rules.json:1:1: an array of rules, as the console exports")
            && problems[0].contains("ecs_REGION_GROUP.json"),
        "{problems:#?}"
    );
    let broken = RULES.replace("443/443", "443");
    let problems = import(
        &[("ecs_r_sg-1.json", &broken), ("g.json", GROUPS)],
        &How::default(),
    );
    assert_has(
        &problems.result.unwrap_err(),
        "ecs_r_sg-1.json:2:62: Permissions[0].PortRange: PortRange `443` is a single port; write \
         443/443 (InvalidParam.PortRange)",
    );
    let problems = bad(
        "ecs_sgRule_sg-1_cn-beijing_2026-03-05.csv",
        "Direction,Policy\ningress,accept\n",
    );
    assert!(problems[0].contains("export JSON instead"), "{problems:#?}");
}
