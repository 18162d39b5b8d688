//! `--config` with files that ECS did not write, and `convert`.

use super::run::{Folder, Run};

const SHOP: &str = "data/imports/shop";

/// A stranger asks for the database.
const INTRUDER: &str = "--from 203.0.113.9 --to i-db --protocol tcp --port 3306";

#[test]
fn a_plan_that_opens_a_port_is_seen_before_it_is_applied() {
    let before = Run::of(&format!(
        "check --config {SHOP}/plan.json@before {INTRUDER}"
    ))
    .exits(1);
    assert!(
        before.out.contains("rule sgr-db-rest of sg-db"),
        "{before:?}"
    );
    let after = Run::of(&format!("check --config {SHOP}/plan.json {INTRUDER}")).exits(0);
    let rule = "rule alicloud_security_group_rule-db_debug of sg-db";
    assert!(after.out.contains(rule), "{after:?}");
    let same = Run::of(&format!("check --config {SHOP}/plan.json@after {INTRUDER}")).exits(0);
    assert_eq!(same.out, after.out);
    assert_eq!((before.err, after.err), (String::new(), String::new()));
}

#[test]
fn the_diff_of_a_plan_is_the_port_that_it_opens_and_no_more_6_2_5() {
    let sides = format!("{SHOP}/plan.json@before {SHOP}/plan.json");
    let run = Run::of(&format!("diff -q {sides} --format json")).exits(1);
    let document: serde_json::Value = serde_json::from_str(&run.out).unwrap();
    let changes = document["changes"].as_array().unwrap();
    assert_eq!(changes.len(), 1, "{document}");
    let change = &changes[0];
    assert_eq!(change["interface"], "eni-db");
    assert_eq!(change["direction"], "ingress");
    assert_eq!(change["flows"]["protocol"], serde_json::json!(["tcp"]));
    assert_eq!(change["flows"]["dst_port"], serde_json::json!(["3306"]));
    assert_eq!(change["old"]["rule"], "sgr-db-rest");
    let opens = "alicloud_security_group_rule-db_debug";
    assert_eq!(change["new"]["rule"], opens);
    let verdicts = (&change["old_verdict"], &change["new_verdict"]);
    assert_eq!(verdicts, (&"drop".into(), &"accept".into()));
    // The state is what there is before.
    let same = format!("diff -q {SHOP}/state.json {SHOP}/plan.json@before");
    Run::of(&same).exits(0);
}

/// Everything that describes, in ECS's own form.
const DESCRIBED: &str = r#"{"SecurityGroups":[{"SecurityGroupId":"sg-1","SecurityGroupType":"normal",
 "VpcId":"vpc-1","InnerAccessPolicy":"Accept","Description":"the shop","ResourceGroupId":"rg-7",
 "CreationTime":"2019-11-01T06:08:46Z","Permissions":[],
 "Tags":{"Tag":[{"TagKey":"env","TagValue":"prod"},{"TagKey":"a: b","TagValue":"true"}]}}],
 "PrefixLists":[{"PrefixListId":"pl-1","AddressFamily":"IPv4","MaxEntries":3,"Description":"lists",
 "Entries":[{"Cidr":"10.0.0.0/8","Description":"desks"},{"Cidr":"192.0.2.1"}]}],
 "PortRangeLists":[{"PortRangeListId":"prl-1","MaxEntries":3,"Description":"ports",
 "Entries":[{"PortRange":"80/80","Description":"web"},{"PortRange":"90/95"}]}],
 "NetworkInterfaceSets":[{"NetworkInterfaceId":"eni-1","Type":"Secondary","Status":"Available",
 "VpcId":"vpc-1","VSwitchId":"vsw-1","NetworkInterfaceName":"front","Description":"a door",
 "PrivateIpAddress":"10.0.0.1","ServiceManaged":true,"MacAddress":"00:16:3e:12:34:56",
 "SecurityGroupIds":["sg-1"],"Tags":[{"TagKey":"k","TagValue":"v"}]}]}"#;

#[test]
fn what_describes_is_kept_from_form_to_form() {
    let folder = Folder::new();
    let first = folder.file("first.json", DESCRIBED);
    let convert = |from: &str, to: &str, name: &str| {
        let run = Run::of(&format!("convert --config {from} --to {to}")).exits(0);
        assert_eq!(run.err, "");
        (folder.file(name, &run.out), run.out)
    };
    let (json, text) = convert(&first, "json", "json.json");
    let (yaml, short) = convert(&json, "yaml", "short.yaml");
    let (_, again) = convert(&yaml, "json", "again.json");
    assert_eq!(text, again);
    let document: serde_json::Value = serde_json::from_str(&text).unwrap();
    let group = &document["SecurityGroups"]["SecurityGroup"][0];
    assert_eq!(group["Description"], "the shop");
    assert_eq!(group["CreationTime"], "2019-11-01T06:08:46Z");
    let tags = r#"[{"TagKey":"a: b","TagValue":"true"},{"TagKey":"env","TagValue":"prod"}]"#;
    assert_eq!(group["Tags"]["Tag"].to_string(), tags);
    let interface = &document["NetworkInterfaceSets"]["NetworkInterfaceSet"][0];
    assert_eq!(interface["NetworkInterfaceName"], "front");
    assert_eq!(interface["ServiceManaged"], true);
    let entries = &document["PrefixLists"]["PrefixList"][0]["Entries"]["Entry"];
    assert_eq!(entries[0]["Description"], "desks");
    assert_eq!(entries[1], serde_json::json!({"Cidr": "192.0.2.1/32"}));
    assert!(
        short.contains("entries: [{ports: 80, description: web}, 90-95]"),
        "{short}"
    );
}

#[test]
fn what_describes_is_read_from_states_and_templates_6_2() {
    let folder = Folder::new();
    for (name, text, wanted) in [
        (
            "state.tfstate",
            r#"{"version":4,"terraform_version":"1.9.0","serial":1,"lineage":"x","outputs":{},"resources":[
              {"mode":"managed","type":"alicloud_security_group","name":"a","provider":"p","instances":[{"attributes":
              {"id":"sg-1","security_group_name":"a","description":"the shop","vpc_id":"vpc-1","security_group_type":"normal",
              "inner_access_policy":"Accept","resource_group_id":"rg-3","tags":{"env":"prod"}}}]},
              {"mode":"managed","type":"alicloud_ecs_prefix_list","name":"l","provider":"p","instances":[{"attributes":
              {"id":"pl-1","address_family":"IPv4","max_entries":3,"description":"lists",
              "entry":[{"cidr":"10.0.0.0/8","description":"desks"}]}}]}]}"#,
            "rg-3",
        ),
        (
            "template.json",
            r#"{"ROSTemplateFormatVersion":"2015-09-01","Resources":{
              "A":{"Type":"ALIYUN::ECS::SecurityGroup","Properties":{"VpcId":"vpc-1","Description":"the shop",
              "SecurityGroupType":"normal","ResourceGroupId":"rg-3","Tags":[{"Key":"env","Value":"prod"}]}},
              "L":{"Type":"ALIYUN::ECS::PrefixList","Properties":{"PrefixListName":"l","AddressFamily":"IPv4",
              "MaxEntries":3,"Description":"lists","Entries":[{"Cidr":"10.0.0.0/8","Description":"desks"}]}}}}"#,
            "rg-3",
        ),
    ] {
        let file = folder.file(name, text);
        let short = Run::of(&format!("convert -q --config {file} --to yaml"))
            .exits(0)
            .out;
        for wanted in [
            "description: the shop",
            &format!("resource_group: {wanted}"),
            "tags: {env: prod}",
            "description: lists",
            "{cidr: 10.0.0.0/8, description: desks}",
        ] {
            assert!(short.contains(wanted), "{name}: {wanted}: {short}");
        }
    }
}

#[test]
fn a_file_may_have_the_name_of_a_side() {
    let folder = Folder::new();
    let fleet = folder.file("plan.json@before", "groups: {sg-a: {}}\n");
    Run::of(&format!("convert --config {fleet}")).exits(0);
    let gone = folder.name("gone.json");
    Run::of(&format!("convert --config {gone}@before"))
        .exits(3)
        .complains("gone.json: no such file");
}

#[test]
fn parameters_of_templates_are_given_on_the_command_line() {
    let ask = |parameter: &str| {
        Run::of(&format!(
            "check --config {SHOP}/template.yaml --config {SHOP}/machines.yaml {parameter} \
             --from 198.51.100.10 --to i-web --protocol tcp --port 22"
        ))
    };
    let run = ask("--param Office=198.51.100.0/26").exits(0);
    assert!(run.out.contains("from 198.51.100.0/26"), "{run:?}");
    ask("--param Office=192.0.2.0/24").exits(1);
    let run = ask("").exits(3);
    let place = format!(
        "error: {SHOP}/template.yaml:21:61: Resources.Web.Properties.SecurityGroupIngress[3]\
         .SourceCidrIp: not known (parameter Office has no default)"
    );
    assert!(run.err.starts_with(&place), "{run:?}");
    let run = ask("--set eval.missing_ref=nomatch").exits(1);
    run.complains("the rule matches nothing");
    ask("--param Office")
        .exits(2)
        .complains("expected NAME=VALUE");
}

#[test]
fn forms_are_told_by_content_also_on_standard_input() {
    for file in [
        "fleet.yaml",
        "terraform.tfstate",
        "state.json",
        "stack.json",
        "answers.json",
    ] {
        let text = std::fs::read(secgroup_tests::program::workspace().join(SHOP).join(file));
        let run = Run::fed(&format!("check --config - {INTRUDER}"), &text.unwrap());
        assert!(run.exits(1).out.contains("sgr-db-rest"), "{file}");
    }
}

#[test]
fn a_directory_of_many_forms_is_one_snapshot() {
    let folder = Folder::new();
    folder.file(
        "1.json",
        r#"{"groups": {"sg-a": {"ingress": [{"proto": "all", "from": "sg-b"}]}}}"#,
    );
    folder.file(
        "2.yaml",
        "groups: {sg-b: {}}\ninterfaces: {eni-b: {addresses: 10.0.0.2, groups: sg-b}}\n",
    );
    folder.file(
        "3.tfstate",
        r#"{"version": 4, "lineage": "x", "resources": [{"mode": "managed",
            "type": "alicloud_security_group_rule", "name": "r", "instances": [{"attributes":
            {"security_group_id": "sg-a", "type": "ingress", "ip_protocol": "tcp",
             "port_range": "22/22", "cidr_ip": "192.0.2.1", "policy": "drop"}}]}]}"#,
    );
    folder.file(
        "4.json",
        r#"{"NetworkInterfaceSets": [{"NetworkInterfaceId": "eni-a", "SecurityGroupIds": ["sg-a"],
            "VpcId": "vpc-default", "PrivateIpSets": [{"PrivateIpAddress": "10.0.0.1"}]}]}"#,
    );
    let config = folder.path().display();
    let ask = |from: &str| {
        Run::of(&format!(
            "check --config {config} --from {from} --to 10.0.0.1 --protocol tcp --port 22"
        ))
    };
    assert!(ask("10.0.0.2").exits(0).err.is_empty());
    let dropped = ask("192.0.2.1").exits(1);
    assert!(
        dropped
            .out
            .contains("rule alicloud_security_group_rule-r of sg-a"),
        "{dropped:?}"
    );
}

#[test]
fn problems_of_all_forms_are_told_in_one_run() {
    let folder = Folder::new();
    let yaml = folder.file("a.yaml", "groups:\n  sg-a:\n    ingres: []\n");
    let state = folder.file("b.tfstate", r#"{"version": 3, "lineage": "x"}"#);
    let fleet = folder.file("c.json", r#"{"SecurityGroups": [{"SecurityGroupId": "sg-c", "VpcId": 7, "InnerAccessPolicy": "x"}]}"#);
    let run = Run::of(&format!(
        "check --config {yaml} --config {state} --config {fleet} {INTRUDER}"
    ));
    let run = run
        .exits(3)
        .complains(&format!(
            "{yaml}:3:5: groups.sg-a.ingres: unknown field `ingres`: did you mean ingress"
        ))
        .complains(&format!("{state}:1:13: version: Terraform state version 3"));
    run.complains(&format!("{fleet}:1:"));
}

#[test]
fn what_is_not_modelled_is_told_on_standard_error_and_in_json() {
    let folder = Folder::new();
    let text = std::fs::read_to_string(
        secgroup_tests::program::workspace()
            .join(SHOP)
            .join("terraform.tfstate"),
    );
    let text = text
        .unwrap()
        .replace("alicloud_vpc\"", "alicloud_network_acl\"");
    let state = folder.file("a.tfstate", text);
    let run = Run::of(&format!("check --config {state} {INTRUDER} --format json")).exits(1);
    let warnings = run.json()["warnings"].clone();
    assert_eq!(warnings.as_array().unwrap().len(), 1, "{run:?}");
    let told = warnings[0].as_str().unwrap();
    assert!(told.contains("network ACLs filter traffic, too"), "{told}");
    assert_eq!(run.err, format!("warning: {told}\n"));
    let quiet = Run::of(&format!("check -q --config {state} {INTRUDER}")).exits(1);
    assert_eq!(quiet.err, "");
}

#[test]
fn convert_there_and_back_is_the_same_configuration() {
    let folder = Folder::new();
    let yaml = folder.name("fleet.yaml");
    let run = Run::of(&format!(
        "convert -q --config data/demo/fleet.json --to yaml --output {yaml}"
    ));
    assert_eq!(run.exits(0).out, "");
    let native = Run::of("convert -q --config data/demo/fleet.json")
        .exits(0)
        .out;
    let again = Run::of(&format!("convert -q --config {yaml} --to json"))
        .exits(0)
        .out;
    let rules = |text: &str| text.matches("\"IpProtocol\"").count();
    assert_eq!(rules(&again), rules(&native));
    let replay = |config: &str| {
        let line = format!(
            "replay -q --mode packets --config {config} data/demo/traffic.pcap --format csv"
        );
        Run::of(&line).exits(0).out
    };
    let wanted = replay("data/demo/fleet.json");
    assert!(wanted.lines().count() > 2_000);
    assert_eq!(replay(&yaml), wanted);
    let json = folder.file("fleet.json", native);
    assert_eq!(replay(&json), wanted);
    let over = Run::of(&format!("convert --config {yaml} --output {yaml}")).exits(2);
    over.complains("fleet.yaml");
}

#[test]
fn an_account_may_begin_with_a_state_of_terraform() {
    let folder = Folder::new();
    let calls = folder.file(
        "calls.jsonl",
        "{\"Action\":\"DescribeSecurityGroupAttribute\",\"RegionId\":\"cn-hangzhou\",\"SecurityGroupId\":\"sg-db\"}\n",
    );
    let run = Run::of(&format!(
        "apply --config {SHOP}/terraform.tfstate {calls} --dry-run --format json"
    ));
    assert!(run.exits(0).out.contains("sgr-db-rest"));
    let fleet = folder.file(
        "a.yaml",
        "groups: {sg-a: {}}\ninterfaces:\n  eni-a: {groups: sg-a, addresses: '2001:db8::1'}\n",
    );
    Run::of(&format!("apply --config {fleet} {calls} --dry-run"))
        .exits(3)
        .complains(&format!("{fleet}:3:3: interfaces.eni-a: "));
}
