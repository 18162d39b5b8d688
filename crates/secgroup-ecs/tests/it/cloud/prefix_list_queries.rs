//! What prefix lists there are, and who uses them (1.1, 4.10, 5.8.4).

use serde_json::{Value, json};

use super::World;
use super::prefix_lists::{REGION, group_with, list, list_of, modify, rule_on};

#[test]
fn associations_are_the_groups_with_a_rule_on_the_list_4_10() {
    let mut world = World::new();
    let id = list_of(&mut world, "IPv4", &[]);
    let other = list_of(&mut world, "IPv4", &[]);
    let first = group_with(&mut world, &id);
    // A second rule on the list, in the other direction, counts no more.
    let egress = rule_on(&first, &id).replace("Source", "Dest");
    world.ok("AuthorizeSecurityGroupEgress", &egress);
    let second = group_with(&mut world, &id);
    group_with(&mut world, &other);
    let call = format!("{REGION} PrefixListId={id} MaxResults=1");
    let page = world.ok("DescribePrefixListAssociations", &call);
    let row = |id: &str| json!([{"ResourceId": id, "ResourceType": "securitygroup"}]);
    assert_eq!(
        page["PrefixListAssociations"]["PrefixListAssociation"],
        row(&first)
    );
    let token = page["NextToken"].as_str().unwrap().to_owned();
    let page = world.ok(
        "DescribePrefixListAssociations",
        &format!("{call} NextToken={token}"),
    );
    assert_eq!(
        page["PrefixListAssociations"]["PrefixListAssociation"],
        row(&second)
    );
    assert_eq!(page["NextToken"], "");
    let listed = world.ok("DescribePrefixLists", REGION);
    let counts: Vec<&Value> = listed["PrefixLists"]["PrefixList"]
        .as_array()
        .unwrap()
        .iter()
        .map(|list| &list["AssociationCount"])
        .collect();
    assert_eq!(counts, [2, 1]);
}

#[test]
fn lists_are_found_by_what_a_query_names_5_8_4() {
    let mut world = World::new();
    let v4 = list(
        &mut world,
        "AddressFamily=IPv4 MaxEntries=1 Tag.1.Key=a Tag.1.Value=1",
    );
    let v6 = list(
        &mut world,
        "AddressFamily=IPv6 MaxEntries=1 ResourceGroupId=rg-1",
    );
    modify(&mut world, &v6, "PrefixListName=six");
    let mut found = |asked: &str| -> Vec<String> {
        let answer = world.ok("DescribePrefixLists", &format!("{REGION} {asked}"));
        let lists = answer["PrefixLists"]["PrefixList"].as_array().unwrap();
        let ids = lists
            .iter()
            .map(|list| list["PrefixListId"].as_str().unwrap().to_owned());
        ids.collect()
    };
    for (asked, expected) in [
        (String::new(), vec![&v4, &v6]),
        ("AddressFamily=IPv6".to_owned(), vec![&v6]),
        ("PrefixListName=six".to_owned(), vec![&v6]),
        ("PrefixListName=si".to_owned(), vec![]),
        ("ResourceGroupId=rg-1".to_owned(), vec![&v6]),
        ("Tag.1.Key=a".to_owned(), vec![&v4]),
        ("Tag.1.Key=a Tag.1.Value=2".to_owned(), vec![]),
        (
            format!("PrefixListId.1={v4} PrefixListId.2=pl-none"),
            vec![&v4],
        ),
        ("RegionId=cn-beijing".to_owned(), vec![]),
    ] {
        assert_eq!(
            found(&asked),
            expected.into_iter().cloned().collect::<Vec<_>>(),
            "{asked}"
        );
    }
    // Row D-PL LimitExceed.PrefixListId.
    let ids: String = (1..=101)
        .map(|n| format!("PrefixListId.{n}=pl-{n} "))
        .collect();
    for (asked, code) in [
        (ids.as_str(), "400 LimitExceed.PrefixListId"),
        ("AddressFamily=ipv7", "400 InvalidParameter"),
        ("MaxResults=101", "400 InvalidParameter"),
        ("MaxResults=0", "400 InvalidParameter"),
    ] {
        assert_eq!(
            world.code("DescribePrefixLists", &format!("{REGION} {asked}")),
            code
        );
    }
}

#[test]
fn lists_of_others_and_of_other_regions_are_not_found_1_1() {
    let mut world = World::new();
    let id = list_of(&mut world, "IPv4", &[]);
    let gone = "404 InvalidPrefixListId.NotFound";
    let actions = [
        "ModifyPrefixList",
        "DeletePrefixList",
        "DescribePrefixListAttributes",
        "DescribePrefixListAssociations",
    ];
    for action in actions {
        let elsewhere = format!("RegionId=cn-beijing PrefixListId={id}");
        assert_eq!(world.code(action, &elsewhere), gone, "{action}");
        assert_eq!(
            world.code(action, REGION),
            "400 MissingParameter",
            "{action}"
        );
        let nowhere = format!("PrefixListId={id}");
        assert_eq!(
            world.code(action, &nowhere),
            "400 MissingParameter.RegionId",
            "{action}"
        );
    }
    world.account = "22".to_owned();
    for action in actions {
        let call = format!("{REGION} PrefixListId={id}");
        assert_eq!(world.code(action, &call), gone, "{action}");
    }
    assert_eq!(
        world.ok("DescribePrefixLists", REGION)["PrefixLists"]["PrefixList"],
        json!([])
    );
}
