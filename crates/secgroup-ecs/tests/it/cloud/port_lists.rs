//! Port lists (1.7, 4.11, 5.8.5, 8.1).

use secgroup_model::PortListId;
use serde_json::{Value, json};

use super::World;

const REGION: &str = "RegionId=cn-hangzhou";

/// A cloud with the documents of 2026.
fn current() -> World {
    World::with(&[("profile", "current")])
}

/// Makes a port list, and returns its id.
fn list(world: &mut World, parameters: &str) -> String {
    let call = format!("{REGION} PortRangeListName=ports {parameters}");
    world.id("CreatePortRangeList", &call, "PortRangeListId")
}

/// Returns the entries of a list as `range` or `range description`.
fn entries(world: &mut World, id: &str) -> Vec<String> {
    let call = format!("{REGION} PortRangeListId={id}");
    let answer = world.ok("DescribePortRangeListEntries", &call);
    let entries = answer["Entries"].as_array().unwrap().iter();
    let text = |entry: &Value, field: &str| entry[field].as_str().unwrap().to_owned();
    let shown = entries.map(|entry| text(entry, "PortRange") + " " + &text(entry, "Description"));
    shown.map(|entry| entry.trim_end().to_owned()).collect()
}

fn modify(world: &mut World, id: &str, changes: &str) {
    world.ok(
        "ModifyPortRangeList",
        &format!("{REGION} PortRangeListId={id} {changes}"),
    );
}

fn modify_code(world: &mut World, id: &str, changes: &str) -> String {
    world.code(
        "ModifyPortRangeList",
        &format!("{REGION} PortRangeListId={id} {changes}"),
    )
}

/// Makes a group with a rule on a list, and returns its id and the rule.
fn group_with(world: &mut World, list: &str) -> (String, String) {
    let call = format!("{REGION} VpcId=vpc-1");
    let group = world.id("CreateSecurityGroup", &call, "SecurityGroupId");
    let rule = format!(
        "{REGION} SecurityGroupId={group} Permissions.1.IpProtocol=TCP \
         Permissions.1.PortRangeListId={list} Permissions.1.SourceCidrIp=10.0.0.0/8"
    );
    world.ok("AuthorizeSecurityGroup", &rule);
    (group, rule)
}

#[test]
fn port_lists_are_not_offered_by_the_founding_documents_8_1() {
    for action in [
        "CreatePortRangeList",
        "ModifyPortRangeList",
        "DeletePortRangeList",
        "DescribePortRangeLists",
        "DescribePortRangeListEntries",
        "DescribePortRangeListAssociations",
    ] {
        let mut world = World::new();
        let (code, message) = world.fails(action, "");
        assert_eq!(code, "404 InvalidAction.NotFound", "{action}");
        let (_, unknown) = world.fails("NoSuchAction", "");
        assert_eq!(message, unknown, "{action}");
        // Where they are offered, the region is the first thing missing.
        assert_eq!(
            current().code(action, ""),
            "400 MissingParameter.RegionId",
            "{action}"
        );
    }
}

#[test]
fn a_list_is_described_as_it_was_made_5_8_5() {
    let mut world = current();
    let id = list(
        &mut world,
        "Description=web+ports MaxEntries=2000 ResourceGroupId=rg-1 Tag.1.Key=env Tag.1.Value=t \
         Entry.1.PortRange=80/80 Entry.1.Description=http Entry.2.PortRange=8000/8999",
    );
    assert!(id.starts_with("prl-"), "{id}");
    assert_eq!(entries(&mut world, &id), ["80/80 http", "8000/8999"]);
    let answer = world.ok("DescribePortRangeLists", REGION);
    let expected = json!({
        "NextToken": "",
        // Plain arrays, unlike those of prefix lists.
        "PortRangeLists": [{
            "AssociationCount": 0,
            "CreationTime": "2026-01-01T00:00Z",
            "Description": "web ports",
            "MaxEntries": 2000,
            "PortRangeListId": id,
            "PortRangeListName": "ports",
            "ResourceGroupId": "rg-1",
            "Tags": [{"TagKey": "env", "TagValue": "t"}],
        }],
        "RequestId": "00000000-0000-0000-0000-000000000003",
    });
    assert_eq!(answer, expected);
}

#[test]
fn what_cannot_be_a_port_list_is_refused_1_7_4_11() {
    let mut world = current();
    let ports = "400 InvalidParameter.PortRange";
    for (changed, code, message) in [
        (
            "RegionId=?",
            "404 InvalidRegionId.NotFound",
            "RegionId is not valid.",
        ),
        (
            "PortRangeListName=",
            "400 MissingParameter",
            "PortRangeListName",
        ),
        ("MaxEntries=", "400 MissingParameter", "MaxEntries"),
        ("MaxEntries=0", "400 InvalidParameter", "MaxEntries"),
        (
            "MaxEntries=2001",
            "400 InvalidOperation.MaxEntriesCountExceed",
            "The specified MaxEntries exceeded the upper limit.",
        ),
        (
            "PortRangeListName=1a",
            "400 InvalidParameter.PortRangeListName",
            "The specified parameter PortRangeListName is not valid.",
        ),
        (
            "Description=x",
            "400 InvalidDescription.Malformed",
            "The specifid Description is not valid.",
        ),
        (
            "Entry.1.PortRange=80",
            ports,
            "two integers less than 65535 in specified format.",
        ),
        ("Entry.1.PortRange=0/80", ports, ""),
        ("Entry.1.PortRange=-1/-1", ports, ""),
        ("Entry.1.PortRange=90/80", ports, ""),
        ("Entry.1.PortRange=80/65536", ports, ""),
        (
            "Entry.2.PortRange=080/80",
            "400 InvalidParameter.PortRangeDuplicated",
            "The specified PortRange is duplicated.",
        ),
        (
            "MaxEntries=1 Entry.2.PortRange=81/81",
            "400 LimitExceed.MaxEntries",
            "The number of entries exceeds the MaxEntries of the specified PortRangeList.",
        ),
        (
            "Entry.1.Description=x",
            "400 InvalidDescription.Malformed",
            "",
        ),
        (
            "Entry.2.Description=xy",
            "400 MissingParameter",
            "Entry.2.PortRange",
        ),
    ] {
        let call = format!(
            "{REGION} PortRangeListName=ports MaxEntries=10 Entry.1.PortRange=80/80 {changed}"
        );
        let (answer, text) = world.fails("CreatePortRangeList", &call);
        assert_eq!(answer, code, "{changed}");
        assert!(text.contains(message), "{changed}: {text}");
    }
}

#[test]
fn entries_are_changed_as_those_of_prefix_lists_5_8_2_5_8_5() {
    let mut world = current();
    let id = list(
        &mut world,
        "MaxEntries=2 Entry.1.PortRange=80/80 Entry.2.PortRange=443/443",
    );
    let add = "AddEntry.1.PortRange=22/22";
    assert_eq!(
        modify_code(&mut world, &id, add),
        "400 LimitExceed.MaxEntries"
    );
    modify(
        &mut world,
        &id,
        &format!("{add} RemoveEntry.1.PortRange=80/80"),
    );
    assert_eq!(entries(&mut world, &id), ["443/443", "22/22"]);
    modify(
        &mut world,
        &id,
        "AddEntry.1.PortRange=443/443 AddEntry.1.Description=tls",
    );
    assert_eq!(entries(&mut world, &id), ["443/443 tls", "22/22"]);
    let twice = "AddEntry.1.PortRange=1/2 RemoveEntry.1.PortRange=1/2";
    let code = "400 InvalidParameter.PortRangeDuplicated";
    assert_eq!(modify_code(&mut world, &id, twice), code);
    let many: String = (1..=201)
        .map(|n| format!("AddEntry.{n}.PortRange={n}/{n} "))
        .collect();
    assert_eq!(modify_code(&mut world, &id, &many), "400 LimitExceed.Entry");
    modify(
        &mut world,
        &id,
        "PortRangeListName=other Description=new+text",
    );
    let listed = world.ok(
        "DescribePortRangeLists",
        &format!("{REGION} PortRangeListName=other"),
    );
    assert_eq!(listed["PortRangeLists"][0]["Description"], "new text");
}

#[test]
fn a_change_is_made_once_for_a_token_5_0_5() {
    let mut world = current();
    let id = list(&mut world, "MaxEntries=10");
    modify(&mut world, &id, "ClientToken=t AddEntry.1.PortRange=80/80");
    modify(&mut world, &id, "RemoveEntry.1.PortRange=80/80");
    modify(&mut world, &id, "ClientToken=t AddEntry.1.PortRange=80/80");
    assert_eq!(entries(&mut world, &id), Vec::<String>::new());
    let other = modify_code(&mut world, &id, "ClientToken=t AddEntry.1.PortRange=81/81");
    assert_eq!(other, "400 IdempotentParameterMismatch");
}

#[test]
fn a_list_is_not_deleted_while_a_rule_refers_to_it_5_8_5() {
    let mut world = current();
    let id = list(&mut world, "MaxEntries=10 Entry.1.PortRange=80/80");
    let (group, rule) = group_with(&mut world, &id);
    let call = format!("{REGION} PortRangeListId={id}");
    let answer = world.ok("DescribePortRangeListAssociations", &call);
    let expected = json!([{"ResourceId": group, "ResourceType": "SecurityGroup"}]);
    assert_eq!(answer["PortRangeListAssociations"], expected);
    assert_eq!(answer["NextToken"], "");
    let listed = world.ok("DescribePortRangeLists", REGION);
    assert_eq!(listed["PortRangeLists"][0]["AssociationCount"], 1);
    let (code, message) = world.fails("DeletePortRangeList", &call);
    assert_eq!(code, "400 InvalidPortRangeListId.AssociationExist");
    assert_eq!(
        message,
        "The specified port range list has association resources."
    );
    world.ok("RevokeSecurityGroup", &rule);
    world.ok("DeletePortRangeList", &call);
    let gone = "400 InvalidPortRangeListId.NotFound";
    assert_eq!(world.code("DescribePortRangeListEntries", &call), gone);
}

#[test]
fn lists_of_others_and_of_other_regions_are_not_found_1_1() {
    let mut world = current();
    let id = list(&mut world, "MaxEntries=10");
    let ids: String = (1..=101)
        .map(|n| format!("PortRangeListId.{n}=prl-{n} "))
        .collect();
    let code = world.code("DescribePortRangeLists", &format!("{REGION} {ids}"));
    assert_eq!(code, "400 LimitExceed.PortRangeListId");
    for (region, account) in [("cn-beijing", "1234567890"), ("cn-hangzhou", "22")] {
        world.account = account.to_owned();
        let call = format!("RegionId={region} PortRangeListId={id}");
        for action in [
            "ModifyPortRangeList",
            "DeletePortRangeList",
            "DescribePortRangeListEntries",
            "DescribePortRangeListAssociations",
        ] {
            let code = world.code(action, &call);
            assert_eq!(
                code, "400 InvalidPortRangeListId.NotFound",
                "{action} {call}"
            );
        }
        let listed = world.ok("DescribePortRangeLists", &format!("RegionId={region}"));
        assert_eq!(listed["PortRangeLists"], json!([]));
    }
}

#[test]
fn flows_are_judged_by_the_list_as_it_is_now_1_7() {
    let mut world = current();
    let id = list(&mut world, "MaxEntries=10 Entry.1.PortRange=80/80");
    group_with(&mut world, &id);
    modify(&mut world, &id, "AddEntry.1.PortRange=443/443");
    let snapshot = world.cloud.snapshot();
    let at = snapshot
        .find_port_list(&PortListId::new(&id).unwrap())
        .unwrap();
    let ranges = snapshot.port_lists()[at].entries.iter();
    let ranges: Vec<String> = ranges.map(ToString::to_string).collect();
    assert_eq!(ranges, ["80/80", "443/443"]);
}
