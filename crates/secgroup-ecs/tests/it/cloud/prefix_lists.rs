//! Prefix lists (1.6, 4.10, 5.8.1 to 5.8.4).

use secgroup_model::PrefixListId;
use serde_json::{Value, json};

use super::World;

pub(super) const REGION: &str = "RegionId=cn-hangzhou";

/// Makes a prefix list, and returns its id.
pub(super) fn list(world: &mut World, parameters: &str) -> String {
    let call = format!("{REGION} PrefixListName=list {parameters}");
    world.id("CreatePrefixList", &call, "PrefixListId")
}

/// Makes a list with these entries and room for ten.
pub(super) fn list_of(world: &mut World, family: &str, cidrs: &[&str]) -> String {
    let entries = numbered("Entry", cidrs);
    list(
        world,
        &format!("AddressFamily={family} MaxEntries=10 {entries}"),
    )
}

/// Writes `Entry.1.Cidr=… Entry.2.Cidr=…`.
fn numbered(name: &str, cidrs: &[&str]) -> String {
    let numbers = 1..=cidrs.len();
    let pairs = numbers
        .zip(cidrs)
        .map(|(n, cidr)| format!("{name}.{n}.Cidr={cidr} "));
    pairs.collect()
}

fn attributes(world: &mut World, id: &str) -> Value {
    let call = format!("{REGION} PrefixListId={id}");
    world.ok("DescribePrefixListAttributes", &call)
}

/// Returns the entries of a list as `cidr` or `cidr description`.
fn entries(world: &mut World, id: &str) -> Vec<String> {
    let answer = attributes(world, id);
    let entries = answer["Entries"]["Entry"].as_array().unwrap().iter();
    let text = |entry: &Value, field: &str| entry[field].as_str().unwrap().to_owned();
    let shown = entries.map(|entry| text(entry, "Cidr") + " " + &text(entry, "Description"));
    shown.map(|entry| entry.trim_end().to_owned()).collect()
}

pub(super) fn modify(world: &mut World, id: &str, changes: &str) {
    let call = format!("{REGION} PrefixListId={id} {changes}");
    let answer = world.ok("ModifyPrefixList", &call);
    assert_eq!(answer.as_object().unwrap().len(), 1, "{answer:#}");
}

fn modify_code(world: &mut World, id: &str, changes: &str) -> String {
    let call = format!("{REGION} PrefixListId={id} {changes}");
    world.code("ModifyPrefixList", &call)
}

/// Makes a group with a rule on a list, and returns its id.
pub(super) fn group_with(world: &mut World, list: &str) -> String {
    let call = format!("{REGION} VpcId=vpc-1");
    let group = world.id("CreateSecurityGroup", &call, "SecurityGroupId");
    let rule = rule_on(&group, list);
    world.ok("AuthorizeSecurityGroup", &rule);
    group
}

pub(super) fn rule_on(group: &str, list: &str) -> String {
    format!(
        "{REGION} SecurityGroupId={group} Permissions.1.IpProtocol=TCP \
         Permissions.1.PortRange=22/22 Permissions.1.SourcePrefixListId={list}"
    )
}

#[test]
fn a_list_is_described_as_it_was_made_5_8_1_5_8_4() {
    let mut world = World::new();
    let id = list(
        &mut world,
        "Description=offices+of+ours AddressFamily=IPv4 MaxEntries=10 ResourceGroupId=rg-1 \
         Entry.2.Cidr=192.168.2.0/24 Entry.1.Cidr=192.168.1.0/24 Entry.1.Description=first \
         Tag.1.Key=env Tag.1.Value=",
    );
    assert!(id.starts_with("pl-"), "{id}");
    let answer = attributes(&mut world, &id);
    let expected = json!({
        "AddressFamily": "IPv4",
        // Without seconds, unlike all other times (5.0.6).
        "CreationTime": "2026-01-01T00:00Z",
        "Description": "offices of ours",
        "Entries": {"Entry": [
            {"Cidr": "192.168.1.0/24", "Description": "first"},
            {"Cidr": "192.168.2.0/24", "Description": ""},
        ]},
        "MaxEntries": 10,
        "PrefixListId": id,
        "PrefixListName": "list",
        "RequestId": "00000000-0000-0000-0000-000000000002",
    });
    assert_eq!(answer, expected);
    let answer = world.ok("DescribePrefixLists", REGION);
    let expected = json!({
        "NextToken": "",
        "PrefixLists": {"PrefixList": [{
            "AddressFamily": "IPv4",
            "AssociationCount": 0,
            "CreationTime": "2026-01-01T00:00Z",
            "Description": "offices of ours",
            "MaxEntries": 10,
            "PrefixListId": id,
            "PrefixListName": "list",
            "ResourceGroupId": "rg-1",
            "Tags": {"Tag": [{"TagKey": "env", "TagValue": ""}]},
        }]},
        "RequestId": "00000000-0000-0000-0000-000000000003",
    });
    assert_eq!(answer, expected);
}

#[test]
fn blocks_are_kept_in_one_form_1_6() {
    let mut world = World::new();
    let v4 = list_of(&mut world, "IPv4", &["10.0.0.1", "0.0.0.0/0", "10.0.0.0/8"]);
    assert_eq!(
        entries(&mut world, &v4),
        ["10.0.0.1/32", "0.0.0.0/0", "10.0.0.0/8"]
    );
    let v6 = list_of(
        &mut world,
        "IPv6",
        &["2001:0DB8:0:0::/32", "2001:DB8::1", "::/0"],
    );
    assert_eq!(
        entries(&mut world, &v6),
        ["2001:db8::/32", "2001:db8::1/128", "::/0"]
    );
    // The same block in another form is the same entry.
    modify(
        &mut world,
        &v6,
        "AddEntry.1.Cidr=2001:DB8:0::1 AddEntry.1.Description=host",
    );
    assert_eq!(
        entries(&mut world, &v6),
        ["2001:db8::/32", "2001:db8::1/128 host", "::/0"]
    );
    modify(&mut world, &v4, "RemoveEntry.1.Cidr=10.0.0.1");
    assert_eq!(entries(&mut world, &v4), ["0.0.0.0/0", "10.0.0.0/8"]);
}

/// Parameters that spoil a good call, by the row of CreatePrefixList that
/// answers, with a part of the message.
const REFUSED: [(&str, &str, &str); 26] = [
    ("RegionId=", "400 MissingParameter.RegionId", "RegionId"),
    (
        "RegionId=nowhere!",
        "404 InvalidRegionId.NotFound",
        "The specified RegionId does not exist.",
    ),
    ("PrefixListName=", "400 MissingParameter", "PrefixListName"),
    ("MaxEntries=", "400 MissingParameter", "MaxEntries"),
    ("AddressFamily=", "400 MissingParameter", "AddressFamily"),
    (
        "AddressFamily=IPv5",
        "400 InvalidParameter.AddressFamily",
        "The parameter AddressFamily should be IPv4 or IPv6.",
    ),
    ("MaxEntries=0", "400 InvalidParameter", "MaxEntries"),
    ("MaxEntries=-1", "400 InvalidParameter", "MaxEntries"),
    (
        "MaxEntries=201",
        "400 InvalidParameter",
        "between 1 and 200",
    ),
    (
        "MaxEntries=9999999999",
        "400 InvalidParameter",
        "between 1 and 200",
    ),
    ("MaxEntries=many", "400 InvalidParameter", "MaxEntries"),
    (
        "PrefixListName=1a",
        "400 InvalidParameter.PrefixListName",
        "The parameter PrefixListName is not valid.",
    ),
    (
        "PrefixListName=a",
        "400 InvalidParameter.PrefixListName",
        "",
    ),
    (
        "PrefixListName=com.aliyun.x",
        "400 InvalidParameter.PrefixListName",
        "",
    ),
    (
        "Description=http://x",
        "400 InvalidDescription.Malformed",
        "The specified Description is wrongly formed.",
    ),
    (
        "Entry.1.Description=x",
        "400 InvalidDescription.Malformed",
        "",
    ),
    (
        "Entry.2.Description=two",
        "400 MissingParameter",
        "Entry.2.Cidr",
    ),
    (
        "Entry.1.Cidr=10.0.0.1/8",
        "400 InvalidParameter.CidrMalformed",
        "write 10.0.0.0/8",
    ),
    (
        "Entry.1.Cidr=10.0.0.0/33",
        "400 InvalidParameter.CidrMalformed",
        "Entry.1.Cidr",
    ),
    (
        "Entry.1.Cidr=2001:db8::/32",
        "400 InvalidParameter.CidrMalformed",
        "IPv4 block",
    ),
    ("Entry.1.Cidr=x", "400 InvalidParameter.CidrMalformed", ""),
    (
        "Entry.2.Cidr=10.0.0.0/8",
        "400 InvalidParameter.CidrDuplicated",
        "The specified Cidr 10.0.0.0/8 is duplicated.",
    ),
    (
        "MaxEntries=1 Entry.2.Cidr=11.0.0.0/8",
        "400 LimitExceed.MaxEntries",
        "The number of entries exceeds the MaxEntries of the specified prefix list.",
    ),
    (
        "ClientToken=ü",
        "400 InvalidClientToken.ValueNotSupported",
        "The ClientToken provided is invalid.",
    ),
    (
        "ResourceGroupId=?",
        "404 InvalidResourceGroup.NotFound",
        "The specified resource group is not found.",
    ),
    ("Tag.1.Key=aliyun", "400 InvalidTagKey.Malformed", ""),
];

#[test]
fn what_cannot_be_a_prefix_list_is_refused_5_8_1() {
    let mut world = World::new();
    for (changed, code, message) in REFUSED {
        // Later parameters replace earlier ones.
        let call = format!(
            "{REGION} PrefixListName=list AddressFamily=IPv4 MaxEntries=10 \
             Entry.1.Cidr=10.0.0.0/8 {changed}"
        );
        let (answer, text) = world.fails("CreatePrefixList", &call);
        assert_eq!(answer, code, "{changed}");
        assert!(text.contains(message), "{changed}: {text}");
    }
    assert_eq!(
        world.ok("DescribePrefixLists", REGION)["PrefixLists"]["PrefixList"],
        json!([])
    );
}

#[test]
fn descriptions_have_their_lengths_5_8_1() {
    let mut world = World::new();
    let text = |length: usize| "d".repeat(length);
    for (list, entry, good) in [
        (2, 2, true),
        (256, 32, true),
        (257, 32, false),
        (256, 33, false),
    ] {
        let call = format!(
            "{REGION} PrefixListName=list AddressFamily=IPv4 MaxEntries=10 Description={} \
             Entry.1.Cidr=10.0.0.0/8 Entry.1.Description={}",
            text(list),
            text(entry)
        );
        let answer = world.call("CreatePrefixList", &call);
        let code = (!good).then_some("InvalidDescription.Malformed");
        assert_eq!(answer.code(), code, "{list} {entry}");
    }
}

#[test]
fn a_call_adds_and_removes_at_most_200_entries_4_10() {
    let mut world = World::new();
    let cidrs: Vec<String> = (0..=200).map(|n| format!("10.0.{n}.0/24")).collect();
    let cidrs: Vec<&str> = cidrs.iter().map(String::as_str).collect();
    let most = numbered("Entry", &cidrs[..200]);
    let id = list(
        &mut world,
        &format!("AddressFamily=IPv4 MaxEntries=200 {most}"),
    );
    assert_eq!(entries(&mut world, &id).len(), 200);
    let more = numbered("AddEntry", &cidrs);
    assert_eq!(modify_code(&mut world, &id, &more), "400 LimitExceed.Entry");
    let more = numbered("RemoveEntry", &cidrs);
    assert_eq!(modify_code(&mut world, &id, &more), "400 LimitExceed.Entry");
    modify(&mut world, &id, &numbered("RemoveEntry", &cidrs[..200]));
    assert_eq!(entries(&mut world, &id), Vec::<String>::new());
}

/// Example A62 of 7.2, and its neighbours.
#[test]
fn a_change_names_no_block_twice_a62_5_8_2() {
    let mut world = World::new();
    let id = list_of(&mut world, "IPv4", &["10.0.0.0/8"]);
    let malformed = "400 InvalidParameter.CidrMalformed";
    let duplicated = "400 InvalidParameter.CidrDuplicated";
    for (changes, code) in [
        ("AddEntry.1.Cidr=10.0.0.1/8", malformed),
        ("RemoveEntry.1.Cidr=10.0.0.1/8", malformed),
        ("AddEntry.1.Cidr=::/0", malformed),
        (
            "AddEntry.1.Cidr=10.0.0.1 AddEntry.2.Cidr=10.0.0.1/32",
            duplicated,
        ),
        (
            "RemoveEntry.1.Cidr=10.0.0.1 RemoveEntry.2.Cidr=10.0.0.1/32",
            duplicated,
        ),
        (
            "AddEntry.1.Cidr=10.0.0.1 RemoveEntry.1.Cidr=10.0.0.1/32",
            duplicated,
        ),
        ("AddEntry.1.Description=x1", "400 MissingParameter"),
        (
            "AddEntry.1.Cidr=10.0.0.1 AddEntry.1.Description=x",
            "400 InvalidDescription.Malformed",
        ),
        (
            "PrefixListName=http://x",
            "400 InvalidParameter.PrefixListName",
        ),
        ("Description=x", "400 InvalidDescription.Malformed"),
    ] {
        assert_eq!(modify_code(&mut world, &id, changes), code, "{changes}");
    }
    assert_eq!(entries(&mut world, &id), ["10.0.0.0/8"]);
}

#[test]
fn entries_are_removed_before_others_are_added_5_8_2() {
    let mut world = World::new();
    let id = list(
        &mut world,
        "AddressFamily=IPv4 MaxEntries=2 Entry.1.Cidr=10.0.0.0/8 Entry.2.Cidr=11.0.0.0/8",
    );
    let full = "400 LimitExceed.MaxEntries";
    assert_eq!(
        modify_code(&mut world, &id, "AddEntry.1.Cidr=12.0.0.0/8"),
        full
    );
    modify(
        &mut world,
        &id,
        "AddEntry.1.Cidr=12.0.0.0/8 RemoveEntry.1.Cidr=10.0.0.0/8",
    );
    assert_eq!(entries(&mut world, &id), ["11.0.0.0/8", "12.0.0.0/8"]);
    // An entry that is there takes no room, and one that is not is gone already.
    modify(
        &mut world,
        &id,
        "AddEntry.1.Cidr=11.0.0.0/8 AddEntry.1.Description=again",
    );
    modify(
        &mut world,
        &id,
        "RemoveEntry.1.Cidr=10.0.0.0/8 PrefixListName=other",
    );
    assert_eq!(entries(&mut world, &id), ["11.0.0.0/8 again", "12.0.0.0/8"]);
    let answer = attributes(&mut world, &id);
    assert_eq!(answer["PrefixListName"], "other");
    modify(&mut world, &id, "Description=as+it+is+now PrefixListName=");
    let answer = attributes(&mut world, &id);
    assert_eq!(
        (&answer["PrefixListName"], &answer["Description"]),
        (&json!("other"), &json!("as it is now"),)
    );
}

/// Row D-PL LimitExceed.PrefixListPerRegion.
#[test]
fn an_account_has_at_most_100_lists_in_a_region_4_10() {
    for limits in ["seed", "current", "off"] {
        let mut world = World::with(&[("limits", limits)]);
        for _ in 0..100 {
            list_of(&mut world, "IPv4", &[]);
        }
        let call = |region: &str| {
            format!("RegionId={region} PrefixListName=list AddressFamily=IPv4 MaxEntries=1")
        };
        world.ok("CreatePrefixList", &call("cn-beijing"));
        let answer = world.call("CreatePrefixList", &call("cn-hangzhou"));
        let code = (limits != "off").then_some("LimitExceed.PrefixListPerRegion");
        assert_eq!(answer.code(), code, "{limits}");
        assert_eq!(answer.status, if limits == "off" { 200 } else { 404 });
        world.account = "22".to_owned();
        world.ok("CreatePrefixList", &call("cn-hangzhou"));
    }
}

/// Row D-PL NotAllowed.AssociationExist.
#[test]
fn a_list_is_not_deleted_while_a_rule_refers_to_it_5_8_3() {
    let mut world = World::new();
    let id = list_of(&mut world, "IPv4", &["10.0.0.0/8"]);
    let group = group_with(&mut world, &id);
    let call = format!("{REGION} PrefixListId={id}");
    let (code, message) = world.fails("DeletePrefixList", &call);
    assert_eq!(code, "400 NotAllowed.AssociationExist");
    assert_eq!(
        message,
        "The specified prefix list has associated resources."
    );
    let rule = rule_on(&group, &id);
    world.ok("RevokeSecurityGroup", &rule);
    world.ok("DeletePrefixList", &call);
    let gone = "404 InvalidPrefixListId.NotFound";
    assert_eq!(world.code("DeletePrefixList", &call), gone);
    assert_eq!(world.code("DescribePrefixListAttributes", &call), gone);
}

#[test]
fn a_list_is_made_once_for_a_token_5_0_5() {
    let mut world = World::new();
    let call = "ClientToken=t AddressFamily=IPv4 MaxEntries=1";
    let id = list(&mut world, call);
    assert_eq!(list(&mut world, call), id);
    let other = format!("{REGION} PrefixListName=list {call}0");
    assert_eq!(
        world.code("CreatePrefixList", &other),
        "400 IdempotentParameterMismatch"
    );
}

#[test]
fn flows_are_judged_by_the_list_as_it_is_now_3_6_5() {
    let mut world = World::new();
    let id = list_of(&mut world, "IPv4", &["10.0.0.0/8"]);
    group_with(&mut world, &id);
    let list_id = PrefixListId::new(&id).unwrap();
    let blocks = |world: &mut World| -> Vec<String> {
        let snapshot = world.cloud.snapshot();
        let at = snapshot.find_prefix_list(&list_id).unwrap();
        let entries = snapshot.prefix_lists()[at].entries.iter();
        entries.map(ToString::to_string).collect()
    };
    assert_eq!(blocks(&mut world), ["10.0.0.0/8"]);
    modify(
        &mut world,
        &id,
        "RemoveEntry.1.Cidr=10.0.0.0/8 AddEntry.1.Cidr=172.16.0.0/12",
    );
    assert_eq!(blocks(&mut world), ["172.16.0.0/12"]);
}
