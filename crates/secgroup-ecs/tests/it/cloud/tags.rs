//! Tags and resource groups of objects, and names of groups (5.1.3, 5.7.2).

use serde_json::{Value, json};

use super::World;

const REGION: &str = "RegionId=cn-hangzhou";
const GROUPS: &str = "RegionId=cn-hangzhou ResourceType=securitygroup";

fn group(world: &mut World, parameters: &str) -> String {
    let call = format!("{REGION} VpcId=vpc-1 {parameters}");
    world.id("CreateSecurityGroup", &call, "SecurityGroupId")
}

/// Returns listed tags as `id key=value`.
fn listed(world: &mut World, asked: &str) -> Vec<String> {
    let answer = world.ok("ListTagResources", asked);
    rows(&answer)
}

fn rows(answer: &Value) -> Vec<String> {
    let rows = answer["TagResources"]["TagResource"]
        .as_array()
        .unwrap()
        .iter();
    let text = |row: &Value, field: &str| row[field].as_str().unwrap().to_owned();
    let row = |row| {
        let (key, value) = (text(row, "TagKey"), text(row, "TagValue"));
        format!("{} {key}={value}", text(row, "ResourceId"))
    };
    rows.map(row).collect()
}

#[test]
fn tags_are_added_changed_removed_and_listed_5_1_1() {
    let mut world = World::new();
    let id = group(&mut world, "Tag.1.Key=env Tag.1.Value=e2e");
    let other = group(&mut world, "");
    let both = format!("{GROUPS} ResourceId.1={id} ResourceId.2={other}");
    let answer = world.ok(
        "TagResources",
        &format!("{both} Tag.1.Key=env Tag.1.Value=prod"),
    );
    assert_eq!(answer.as_object().unwrap().len(), 1, "{answer:#}");
    world.ok(
        "TagResources",
        &format!("{GROUPS} ResourceId.1={id} Tag.1.Key=b Tag.1.Value="),
    );
    let tags = listed(&mut world, &both);
    assert_eq!(
        tags,
        [
            format!("{id} b="),
            format!("{id} env=prod"),
            format!("{other} env=prod")
        ]
    );
    world.ok(
        "UntagResources",
        &format!("{both} TagKey.1=b TagKey.2=none"),
    );
    assert_eq!(
        listed(&mut world, &format!("{both} Tag.1.Key=b")),
        Vec::<String>::new()
    );
    world.ok(
        "UntagResources",
        &format!("{GROUPS} ResourceId.1={id} All=True"),
    );
    assert_eq!(listed(&mut world, &both), [format!("{other} env=prod")]);
    let groups = world.ok(
        "DescribeSecurityGroups",
        &format!("{REGION} SecurityGroupId={other}"),
    );
    let tags = &groups["SecurityGroups"]["SecurityGroup"][0]["Tags"];
    assert_eq!(
        tags,
        &json!({"Tag": [{"TagKey": "env", "TagValue": "prod"}]})
    );
}

#[test]
fn a_listed_tag_names_its_object_and_kind() {
    let mut world = World::new();
    let call = format!("{REGION} PrefixListName=list AddressFamily=IPv4 MaxEntries=1");
    let id = world.id("CreatePrefixList", &call, "PrefixListId");
    let lists = format!("{REGION} ResourceType=prefixlist ResourceId.1={id}");
    world.ok(
        "TagResources",
        &format!("{lists} Tag.1.Key=a Tag.1.Value=b"),
    );
    let answer = world.ok("ListTagResources", &lists);
    let row = json!({
        "ResourceId": id, "ResourceType": "prefixlist", "TagKey": "a", "TagValue": "b",
    });
    assert_eq!(
        answer,
        json!({
            "NextToken": "",
            "RequestId": "00000000-0000-0000-0000-000000000003",
            "TagResources": {"TagResource": [row]},
        })
    );
    // Kinds that are not simulated have no objects, so no tags either.
    let disks = format!("{REGION} ResourceType=disk ResourceId.1=d-1");
    assert_eq!(listed(&mut world, &disks), Vec::<String>::new());
}

/// Writes `Name.1=x1 Name.2=x2 …`, the suffix behind each number.
fn numbered(name: &str, count: usize, suffix: &str) -> String {
    (1..=count)
        .map(|n| format!("{name}.{n}{suffix}=x{n} "))
        .collect()
}

#[test]
fn a_call_about_tags_names_a_kind_and_objects_of_it() {
    let mut world = World::new();
    let id = group(&mut world, "");
    let managed = group(&mut world, "");
    let set = format!("{REGION} ResourceId={managed} ServiceManaged=true");
    world.ok("SecgroupSetAttributes", &set);
    let many = numbered("ResourceId", 51, "");
    let gone = "404 InvalidResourceId.NotFound";
    for (call, code) in [
        (String::new(), "400 MissingParameter.RegionId"),
        (REGION.to_owned(), "404 MissingParameter.ResourceType"),
        (GROUPS.to_owned(), "404 MissingParameter.ResourceIds"),
        (format!("{GROUPS} {many}"), "400 NumberExceed.ResourceIds"),
        (
            format!("{GROUPS} ResourceId.1={id} ResourceId.2=sg-none"),
            gone,
        ),
        (
            format!("{GROUPS} ResourceId.1={id} RegionId=cn-beijing"),
            gone,
        ),
        (format!("{REGION} ResourceType=eni ResourceId.1={id}"), gone),
        (
            format!("{REGION} ResourceType=disk ResourceId.1={id}"),
            gone,
        ),
        (
            format!("{REGION} ResourceType=vpc ResourceId.1=vpc-1"),
            "404 InvalidResourceType.NotFound",
        ),
        (
            format!("{GROUPS} ResourceId.1={managed}"),
            "403 InvalidOperation.ResourceManagedByCloudProduct",
        ),
    ] {
        for (action, tag) in [
            ("TagResources", "Tag.1.Key=k"),
            ("UntagResources", "TagKey.1=k"),
        ] {
            assert_eq!(
                world.code(action, &format!("{call} {tag}")),
                code,
                "{action} {call}"
            );
        }
    }
    world.account = "22".to_owned();
    let call = format!("{GROUPS} ResourceId.1={id} Tag.1.Key=k");
    assert_eq!(world.code("TagResources", &call), gone);
}

#[test]
fn calls_about_tags_say_what_is_wrong_with_the_tags() {
    let mut world = World::new();
    let id = group(&mut world, "");
    let (tags, keys) = (numbered("Tag", 21, ".Key"), numbered("TagKey", 21, ""));
    let key = "400 InvalidTagKey.Malformed";
    for (action, call, code) in [
        ("TagResources", "", "404 MissingParameter.Tags"),
        ("TagResources", tags.as_str(), "400 NumberExceed.Tags"),
        ("TagResources", "Tag.1.Value=v", key),
        ("TagResources", "Tag.1.Key=acs:v", key),
        (
            "TagResources",
            "Tag.1.Key=k Tag.1.Value=http://v",
            "400 InvalidTagValue.Malformed",
        ),
        (
            "TagResources",
            "Tag.1.Key=k Tag.2.Key=k",
            "400 Duplicate.TagKey",
        ),
        ("UntagResources", "", "404 MissingParameter.Tags"),
        ("UntagResources", "All=false", "404 MissingParameter.Tags"),
        (
            "UntagResources",
            "All=true TagKey.1=k",
            "403 Param.Conflict",
        ),
        ("UntagResources", "All=x", "400 InvalidParameter"),
        ("UntagResources", keys.as_str(), "400 NumberExceed.Tags"),
        ("ListTagResources", tags.as_str(), "400 NumberExceed.Tags"),
        (
            "ListTagResources",
            "Tag.1.Value=v",
            "400 InvalidParameter.TagValue",
        ),
        (
            "ListTagResources",
            "Tag.1.Key=k TagFilter.1.TagKey=k",
            "400 InvalidParameter",
        ),
        (
            "ListTagResources",
            "TagFilter.1.TagValues.1=k",
            "400 InvalidParameter",
        ),
        (
            "ListTagResources",
            "NextToken=x",
            "400 InValidParameter.NextToken",
        ),
    ] {
        let call = format!("{GROUPS} ResourceId.1={id} {call}");
        assert_eq!(world.code(action, &call), code, "{action} {call}");
    }
    let nothing = world.code("ListTagResources", GROUPS);
    assert_eq!(nothing, "404 MissingParameter.Tags");
    let kind = world.code("ListTagResources", REGION);
    assert_eq!(kind, "404 MissingParameter.ResourceType");
}

#[test]
fn an_object_has_at_most_twenty_tags_5_1_1() {
    let mut world = World::new();
    let tags: String = (1..=19).map(|n| format!("Tag.{n}.Key=k{n} ")).collect();
    let id = group(&mut world, &tags);
    let one = format!("{GROUPS} ResourceId.1={id}");
    // A key that is there takes no room.
    world.ok(
        "TagResources",
        &format!("{one} Tag.1.Key=k1 Tag.1.Value=v Tag.2.Key=k20"),
    );
    let (code, message) = world.fails("TagResources", &format!("{one} Tag.1.Key=k21"));
    assert_eq!(code, "400 OperationDenied.QuotaExceed");
    assert_eq!(
        message,
        "The quota of tags on resource is beyond permitted range."
    );
    assert_eq!(listed(&mut world, &one).len(), 20);
}

#[test]
fn objects_are_found_by_their_tags() {
    let mut world = World::new();
    let a = group(
        &mut world,
        "Tag.1.Key=env Tag.1.Value=prod Tag.2.Key=team Tag.2.Value=web",
    );
    let b = group(&mut world, "Tag.1.Key=env Tag.1.Value=preprod");
    let c = group(&mut world, "Tag.1.Key=environment Tag.1.Value=");
    let mut found = |asked: &str| -> Vec<String> {
        let tags = listed(&mut world, &format!("{GROUPS} {asked}"));
        let mut ids: Vec<String> = tags
            .iter()
            .map(|tag| tag.split(' ').next().unwrap().to_owned())
            .collect();
        ids.dedup();
        ids
    };
    for (asked, expected) in [
        ("Tag.1.Key=env", vec![&a, &b]),
        ("Tag.1.Key=env Tag.1.Value=prod", vec![&a]),
        ("Tag.1.Key=env Tag.2.Key=team", vec![&a]),
        ("Tag.1.Key=environment Tag.1.Value=", vec![&c]),
        ("TagFilter.1.TagKey=env", vec![&a, &b]),
        ("TagFilter.1.TagKey=env*", vec![&a, &b, &c]),
        ("TagFilter.1.TagKey=*ronm*", vec![&c]),
        (
            "TagFilter.1.TagKey=env TagFilter.1.TagValues.1=pr*",
            vec![&a, &b],
        ),
        (
            "TagFilter.1.TagKey=env TagFilter.1.TagValues.1=*prod*",
            vec![&a, &b],
        ),
        (
            "TagFilter.1.TagKey=env TagFilter.1.TagValues.1=pre*",
            vec![&b],
        ),
        ("TagFilter.1.TagKey=e* TagFilter.1.TagValues.1=pr*", vec![]),
        ("TagFilter.1.TagKey=env TagFilter.2.TagKey=team", vec![&a]),
    ] {
        let expected: Vec<String> = expected.into_iter().cloned().collect();
        assert_eq!(found(asked), expected, "{asked}");
    }
}

#[test]
fn a_page_of_tags_has_those_of_fifty_objects() {
    let mut world = World::new();
    for _ in 0..60 {
        group(&mut world, "Tag.1.Key=a Tag.2.Key=b");
    }
    let asked = format!("{GROUPS} Tag.1.Key=a");
    let first = world.ok("ListTagResources", &asked);
    let token = first["NextToken"].as_str().unwrap();
    let second = world.ok("ListTagResources", &format!("{asked} NextToken={token}"));
    assert_eq!((rows(&first).len(), rows(&second).len()), (100, 20));
    assert_eq!(second["NextToken"], "");
}

#[test]
fn tags_in_use_are_counted_by_kind() {
    let mut world = World::new();
    let id = group(
        &mut world,
        "Tag.1.Key=env Tag.1.Value=prod Tag.2.Key=team Tag.2.Value=web",
    );
    group(&mut world, "Tag.1.Key=env Tag.1.Value=prod");
    group(&mut world, "Tag.1.Key=env Tag.1.Value=test");
    let answer = world.ok("DescribeTags", REGION);
    let tag = |key: &str, value: &str, groups: u32| {
        json!({"TagKey": key, "TagValue": value, "ResourceTypeCount": {
            "Ddh": 0, "Disk": 0, "Eni": 0, "Image": 0, "Instance": 0, "KeyPair": 0,
            "LaunchTemplate": 0, "ReservedInstance": 0, "Securitygroup": groups, "Snapshot": 0,
            "SnapshotPolicy": 0, "Volume": 0,
        }})
    };
    assert_eq!(
        answer,
        json!({
            "PageNumber": 1,
            "PageSize": 50,
            "RequestId": "00000000-0000-0000-0000-000000000004",
            "Tags": {"Tag": [
                tag("env", "prod", 2), tag("env", "test", 1), tag("team", "web", 1),
            ]},
            "TotalCount": 3,
        })
    );
    for (asked, count) in [
        (format!("ResourceId={id}"), 2),
        ("ResourceType=instance".to_owned(), 0),
        ("ResourceType=disk".to_owned(), 0),
        ("Category=system".to_owned(), 0),
        ("Category=custom Tag.1.Key=env".to_owned(), 2),
        (
            "Tag.1.Key=env Tag.1.Value=test Tag.2.Key=team".to_owned(),
            2,
        ),
    ] {
        let answer = world.ok("DescribeTags", &format!("{REGION} {asked}"));
        assert_eq!(answer["TotalCount"], count, "{asked}");
    }
    let page = world.ok("DescribeTags", &format!("{REGION} PageSize=2 PageNumber=2"));
    assert_eq!(page["Tags"]["Tag"], json!([tag("team", "web", 1)]));
    for (asked, code) in [
        ("PageSize=101", "400 InvalidParameter"),
        ("Category=x", "400 InvalidParameter"),
        ("ResourceType=x", "404 InvalidResourceType.NotFound"),
    ] {
        assert_eq!(
            world.code("DescribeTags", &format!("{REGION} {asked}")),
            code
        );
    }
}

#[test]
fn an_object_joins_a_resource_group() {
    let mut world = World::new();
    let id = group(&mut world, "ResourceGroupId=rg-1");
    let call = format!("{GROUPS} ResourceId={id} ResourceGroupId=rg-2");
    world.ok("JoinResourceGroup", &call);
    let groups = world.ok(
        "DescribeSecurityGroups",
        &format!("{REGION} ResourceGroupId=rg-2"),
    );
    let row = &groups["SecurityGroups"]["SecurityGroup"][0];
    assert_eq!(
        (&row["SecurityGroupId"], &row["ResourceGroupId"]),
        (&json!(id), &json!("rg-2"))
    );
    for (changed, code) in [
        ("RegionId=", "403 MissingParameter"),
        ("ResourceId=", "403 MissingParameter"),
        ("ResourceGroupId=", "403 MissingParameter"),
        ("ResourceType=x", "404 InvalidResourceType.NotFound"),
        ("ResourceId=sg-none", "404 InvalidResourceId.NotFound"),
        ("ResourceGroupId=?", "404 InvalidResourceGroup.NotFound"),
    ] {
        assert_eq!(
            world.code("JoinResourceGroup", &format!("{call} {changed}")),
            code,
            "{changed}"
        );
    }
    world.ok(
        "SecgroupSetAttributes",
        &format!("{REGION} ResourceId={id} ServiceManaged=true"),
    );
    let code = "403 InvalidOperation.ResourceManagedByCloudProduct";
    assert_eq!(world.code("JoinResourceGroup", &call), code);
}

#[test]
fn a_group_is_renamed_and_described_anew_5_1_3() {
    let mut world = World::new();
    let id = group(&mut world, "SecurityGroupName=old Description=as+it+was");
    let one = format!("{REGION} SecurityGroupId={id}");
    let answer = world.ok(
        "ModifySecurityGroupAttribute",
        &format!("{one} SecurityGroupName=new"),
    );
    assert_eq!(answer.as_object().unwrap().len(), 1, "{answer:#}");
    let described = world.ok("DescribeSecurityGroupAttribute", &one);
    assert_eq!(described["SecurityGroupName"], "new");
    assert_eq!(described["Description"], "as it was");
    // An empty parameter is the same as none.
    let call = format!("{one} SecurityGroupName= Description=as+it+is");
    world.ok("ModifySecurityGroupAttribute", &call);
    let described = world.ok("DescribeSecurityGroupAttribute", &one);
    assert_eq!(described["SecurityGroupName"], "new");
    assert_eq!(described["Description"], "as it is");
}

#[test]
fn a_group_keeps_its_name_when_the_new_one_is_wrong_5_1_3() {
    let mut world = World::new();
    let id = group(&mut world, "SecurityGroupName=old");
    let one = format!("{REGION} SecurityGroupId={id}");
    let (name, text) = (
        "400 InvalidSecurityGroupName.Malformed",
        "SecurityGroupName",
    );
    let description = "400 InvalidSecurityGroupDiscription.Malformed";
    let long = "n".repeat(129);
    for (call, code) in [
        (
            format!("SecurityGroupId={id}"),
            "400 MissingParameter.RegionId",
        ),
        (REGION.to_owned(), "400 MissingParameter"),
        (
            format!("{REGION} SecurityGroupId=sg?"),
            "400 InvalidSecurityGroupId.Malformed",
        ),
        (
            format!("{REGION} SecurityGroupId=sg-none"),
            "404 InvalidSecurityGroupId.NotFound",
        ),
        (format!("{one} {text}=x"), name),
        (format!("{one} {text}=1x"), name),
        (format!("{one} {text}=http://x"), name),
        (format!("{one} {text}={long}"), name),
        (
            format!("{one} {text}=good Description=https://x"),
            description,
        ),
    ] {
        assert_eq!(
            world.code("ModifySecurityGroupAttribute", &call),
            code,
            "{call}"
        );
    }
    world.ok(
        "SecgroupSetAttributes",
        &format!("{REGION} ResourceId={id} ServiceManaged=true"),
    );
    let code = "403 InvalidOperation.ResourceManagedByCloudProduct";
    assert_eq!(
        world.code("ModifySecurityGroupAttribute", &format!("{one} {text}=new")),
        code
    );
    assert_eq!(
        world.ok("DescribeSecurityGroupAttribute", &one)["SecurityGroupName"],
        "old"
    );
}
