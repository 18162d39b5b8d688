//! Prefix lists and port lists (1.6, 1.7, 5.8).

use serde_json::{Value, json};

use crate::answers::attribute;
use crate::{bad, good, ingress};

#[test]
fn prefix_lists_are_joined_from_listing_and_entries_5_8_4() {
    let entries = json!({"CreationTime": "2021-02-20T07:11Z", "RequestId": "r",
        "PrefixListName": "office", "PrefixListId": "pl-1",
        "Entries": {"Entry": [{"Description": "one", "Cidr": "192.0.2.0/24"},
                              {"Description": "", "Cidr": "198.51.100.7"}]}})
    .to_string();
    let listing = json!({"RequestId": "r", "NextToken": "", "PrefixLists": {"PrefixList": [
        {"PrefixListId": "pl-1", "AddressFamily": "ipv4", "MaxEntries": "10",
         "AssociationCount": 1}]}})
    .to_string();
    let rule = ingress(json!({"SourceCidrIp": "", "SourcePrefixListId": "pl-1"}));
    let group = attribute("sg-1", &json!({"Permissions": [rule]})).to_string();
    for order in [[&entries, &listing], [&listing, &entries]] {
        let read = good(&[&group, order[0], order[1]]);
        let [list] = read.snapshot.prefix_lists() else {
            panic!("one list");
        };
        assert_eq!(list.max_entries, Some(10));
        assert_eq!(list.family, Some(secgroup_model::Family::V4));
        let entries = list.entries.iter().map(ToString::to_string);
        assert_eq!(
            entries.collect::<Vec<_>>(),
            ["192.0.2.0/24", "198.51.100.7/32"]
        );
    }
    // A list without entries is a problem only where a rule needs it.
    let problems = bad(&[&group, &listing]);
    assert_eq!(problems.len(), 1, "{problems:#?}");
    assert!(
        problems[0].contains("listed, but without its entries"),
        "{problems:#?}"
    );
    good(&[&attribute("sg-1", &json!({})).to_string(), &listing]);
}

#[test]
fn entries_are_checked_in_their_place_1_6_1_7() {
    let group = attribute("sg-1", &json!({})).to_string();
    let list = |entry: Value| json!({"PrefixListId": "pl-1", "Entries": [entry]});
    let ports = |entry: Value| json!({"PortRangeListId": "prl-1", "Entries": [entry]});
    for (text, path, fact) in [
        (
            list(json!({"Cidr": "10.0.0.1/8"})),
            "Entries[0].Cidr",
            "write 10.0.0.0/8",
        ),
        (
            list(json!({"Cidr": "10.0.0.0/33"})),
            "Entries[0].Cidr",
            "InvalidParameter.CidrMalformed",
        ),
        (
            list(json!({"PrefixListId": "pl-2"})),
            "Entries[0]",
            "do not nest",
        ),
        (
            list(json!("10.0.0.0/8")),
            "Entries[0]",
            "expected an object",
        ),
        (
            json!({"PrefixListId": "pl-1", "AddressFamily": "IPX"}),
            "AddressFamily",
            "`IPX`",
        ),
        (
            json!({"PrefixListId": "pl-1", "MaxEntries": 0}),
            "MaxEntries",
            "not in 1..200",
        ),
        (
            json!({"PrefixListId": "pl-1", "MaxEntries": 201}),
            "MaxEntries",
            "not in 1..200",
        ),
        (
            json!({"PrefixListId": "p", "MaxEntries": "+5"}),
            "MaxEntries",
            "a whole number",
        ),
        (json!({"PrefixListId": ""}), "", "PrefixListId is missing"),
        (
            ports(json!({"PortRange": "9/1"})),
            "Entries[0].PortRange",
            "InvalidParam.PortRange",
        ),
        (ports(json!({})), "Entries[0]", "entry without PortRange"),
        (
            json!({"PortRangeListId": "p", "MaxEntries": 2001}),
            "MaxEntries",
            "not in 1..2000",
        ),
    ] {
        let problems = bad(&[&group, &text.to_string()]);
        assert_eq!(problems.len(), 1, "{text} {problems:#?}");
        let found = problems[0].contains(fact) && problems[0].contains(path);
        assert!(found, "{path} {fact} {problems:#?}");
    }
}
