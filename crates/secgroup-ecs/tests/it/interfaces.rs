//! Network interfaces and the instances that carry them (6.1.3, 6.1.4).

use secgroup_model::{AddressRole, InterfaceRole, NetworkInterfaceId, Snapshot};
use serde_json::{Value, json};

use crate::answers::attribute;
use crate::{bad, good, lines};

/// A DescribeNetworkInterfaces answer in the shape of 6.1.3.
pub(crate) fn interfaces(id: &str, groups: &[&str]) -> Value {
    json!({
        "TotalCount": 1, "RequestId": "0C5E4A0C-1D5C-4C1B-9F0B-000000000003", "PageSize": 10,
        "PageNumber": 1, "NextToken": "",
        "NetworkInterfaceSets": {"NetworkInterfaceSet": [{
            "Status": "InUse", "Type": "Primary", "NetworkInterfaceId": id, "InstanceId": "i-1",
            "VpcId": "vpc-1", "VSwitchId": "vsw-1", "ZoneId": "cn-hangzhou-b",
            "MacAddress": "00:16:3e:00:00:01", "OwnerId": "1234567890",
            "PrivateIpAddress": "10.0.0.10",
            "SecurityGroupIds": {"SecurityGroupId": groups},
            "PrivateIpSets": {"PrivateIpSet": [
                {"PrivateIpAddress": "10.0.0.11", "Primary": false},
                {"PrivateIpAddress": "10.0.0.10", "AssociatedPublicIp": {}, "Primary": true}]},
            "Ipv6Sets": {"Ipv6Set": [{"Ipv6Address": "2001:db8:1::9"}]},
            "Ipv4PrefixSets": {"Ipv4PrefixSet": [{"Ipv4Prefix": "10.0.9.0/28"}]},
            "Ipv6PrefixSets": {"Ipv6PrefixSet": [{"Ipv6Prefix": "2001:db8:2::/80"}]},
            "AssociatedPublicIp": {}, "CreationTime": "2025-01-31T08:10:00Z",
            "ResourceGroupId": "", "Tags": {"Tag": [{"TagKey": "k", "TagValue": "v"}]}}]},
    })
}

/// A DescribeInstances answer in the shape of 6.1.4.
fn instances(interfaces: &Value) -> Value {
    json!({"TotalCount": 1, "Instances": {"Instance": [{
        "InstanceId": "i-1", "Status": "Running",
        "VpcAttributes": {"VpcId": "vpc-1", "VSwitchId": "vsw-1",
            "PrivateIpAddress": {"IpAddress": ["10.0.0.10"]}},
        "SecurityGroupIds": {"SecurityGroupId": ["sg-1"]},
        "NetworkInterfaces": {"NetworkInterface": interfaces}}]}})
}

fn interface<'a>(snapshot: &'a Snapshot, id: &str) -> &'a secgroup_model::NetworkInterface {
    let id = NetworkInterfaceId::new(id).unwrap();
    snapshot.interface(snapshot.find_interface(&id).unwrap())
}

#[test]
fn an_interface_has_all_its_addresses_6_1_3() {
    let group = attribute("sg-1", &json!({})).to_string();
    let read = good(&[&group, &interfaces("eni-1", &["sg-1"]).to_string()]);
    let interface = interface(&read.snapshot, "eni-1");
    assert_eq!(interface.role(), Some(InterfaceRole::Primary));
    assert_eq!(interface.instance().unwrap().as_str(), "i-1");
    let addresses = interface.addresses().iter();
    let addresses = addresses.map(|own| (own.prefix.to_string(), own.role));
    assert_eq!(
        addresses.collect::<Vec<_>>(),
        [
            ("10.0.0.11/32".to_owned(), AddressRole::Additional),
            ("10.0.0.10/32".to_owned(), AddressRole::Primary),
            ("2001:db8:1::9/128".to_owned(), AddressRole::Additional),
            ("10.0.9.0/28".to_owned(), AddressRole::Delegated),
            ("2001:db8:2::/80".to_owned(), AddressRole::Delegated),
        ]
    );
}

/// Returns a snapshot of an interface with these fields.
pub(crate) fn one_interface(fields: &Value) -> String {
    let mut interface = json!({"NetworkInterfaceId": "eni-1", "PrivateIpAddress": "10.0.0.1",
        "SecurityGroupIds": ["sg-1"], "VpcId": "vpc-1"});
    let fields = fields.as_object().unwrap().clone();
    interface.as_object_mut().unwrap().extend(fields);
    json!({"NetworkInterfaceSets": [interface]}).to_string()
}

/// Reads interfaces, each with one problem at a path that contains a fact.
fn check(rows: &[(Value, &str, &str)]) {
    let group = attribute("sg-1", &json!({})).to_string();
    for (fields, path, fact) in rows {
        let problems = bad(&[&group, &one_interface(fields)]);
        assert_eq!(problems.len(), 1, "{fields} {problems:#?}");
        let dot = if path.is_empty() { "" } else { "." };
        let path = format!(": NetworkInterfaceSets[0]{dot}{path}: ");
        assert!(problems[0].contains(&path), "{path} {problems:#?}");
        assert!(problems[0].contains(fact), "{fact} {problems:#?}");
    }
}

#[test]
fn an_address_that_cannot_be_read_is_not_said_to_be_missing_too() {
    let group = attribute("sg-1", &json!({})).to_string();
    for addresses in [
        json!({"PrivateIpAddress": "10.0.0"}),
        json!({"PrivateIpAddress": null, "PrivateIpSets": [{"PrivateIpAddress": "10.0.0.1x"}]}),
        json!({"PrivateIpAddress": null, "PrivateIpSets": [{"Primary": true}]}),
        json!({"PrivateIpAddress": null, "PrivateIpSets": "10.0.0.1"}),
        json!({"PrivateIpAddress": null, "Ipv6Sets": [{"Ipv6Address": "fe80::zz"}]}),
        json!({"PrivateIpAddress": null, "Ipv4PrefixSets": [{"Ipv4Prefix": "10.0.0.0/33"}]}),
    ] {
        let documents = [group.as_str(), &one_interface(&addresses)];
        let refused = crate::read_all(&documents, &secgroup_ecs::ReadOptions::default());
        let refused = refused.unwrap_err();
        assert_eq!(refused.problems.len(), 1, "{:#?}", refused.problems);
        let warnings = lines(&refused.warnings);
        let missing = warnings.iter().any(|line| line.contains("address"));
        assert!(!missing, "{warnings:#?}");
    }
    // One that has none is still told to have none.
    let none = one_interface(&json!({"PrivateIpAddress": null}));
    let warnings = lines(&good(&[&group, &none]).warnings);
    let missing = |line: &String| line.contains("`eni-1` has no private address");
    assert!(warnings.iter().any(missing), "{warnings:#?}");
}

#[test]
fn the_addresses_of_an_interface_are_checked_in_their_place() {
    check(&[
        (
            json!({"PrivateIpAddress": "10.0.0"}),
            "PrivateIpAddress",
            "not an IPv4 address",
        ),
        (
            json!({"PrivateIpAddress": "::1"}),
            "PrivateIpAddress",
            "not an IPv4 address",
        ),
        (
            json!({"PrivateIpSets": [{"PrivateIpAddress": "x"}]}),
            "PrivateIpSets[0].PrivateIpAddress",
            "not an IPv4 address",
        ),
        (
            json!({"PrivateIpSets": [{}]}),
            "PrivateIpSets[0]",
            "PrivateIpAddress is missing",
        ),
        (
            json!({"PrivateIpSets": [{"PrivateIpAddress": "10.0.0.1", "Primary": 7}]}),
            "PrivateIpSets[0].Primary",
            "expected true or false",
        ),
        (
            json!({"Ipv6Sets": [{"Ipv6Address": "10.0.0.1"}]}),
            "Ipv6Sets[0].Ipv6Address",
            "not an IPv6 address",
        ),
        (
            json!({"Ipv6Sets": {"Ipv6Sett": []}}),
            "Ipv6Sets",
            "{\"Ipv6Set\": …}",
        ),
        (
            json!({"Ipv4PrefixSets": [{"Ipv4Prefix": "2001:db8::/64"}]}),
            "Ipv4PrefixSets[0].Ipv4Prefix",
            "not an IPv4 prefix",
        ),
        (
            json!({"Ipv6PrefixSets": [{"Ipv6Prefix": "2001:db8::/129"}]}),
            "Ipv6PrefixSets[0].Ipv6Prefix",
            "prefix length 129",
        ),
    ]);
}

#[test]
fn the_other_fields_of_an_interface_are_checked_in_their_place() {
    check(&[
        (
            json!({"ConnectionTrackingConfiguration": {"UdpTimeout": 31}}),
            "ConnectionTrackingConfiguration",
            "UdpTimeout is 31",
        ),
        (
            json!({"ConnectionTrackingConfiguration": {"UdpTimeout": "x"}}),
            "ConnectionTrackingConfiguration.UdpTimeout",
            "expected a whole number",
        ),
        (
            json!({"SecurityGroupIds": ["sg 1"]}),
            "SecurityGroupIds[0]",
            "ids consist of",
        ),
        (
            json!({"SecurityGroupIds": ["sg-2"]}),
            "",
            "`sg-2`, which is not defined",
        ),
        (
            json!({"SecurityGroupIds": []}),
            "",
            "is in no security group",
        ),
        (json!({"VpcId": "vpc-2"}), "", "VPC `vpc-2`"),
        (json!({"InstanceId": ".."}), "InstanceId", "ids consist of"),
    ]);
}

#[test]
fn timers_come_with_the_interface_or_with_an_answer_of_its_own_1_5_4() {
    let group = attribute("sg-1", &json!({})).to_string();
    let timers = json!({"ConnectionTrackingConfiguration":
        {"TcpEstablishedTimeout": 300, "TcpClosedAndTimeWaitTimeout": "15", "UdpTimeout": 100}});
    let mut answer = timers.clone();
    answer["NetworkInterfaceId"] = json!("eni-1");
    for texts in [
        vec![group.clone(), one_interface(&timers)],
        vec![group.clone(), one_interface(&json!({})), answer.to_string()],
        vec![answer.to_string(), group, one_interface(&json!({}))],
    ] {
        let read = good(&texts.iter().map(String::as_str).collect::<Vec<_>>());
        let interface = interface(&read.snapshot, "eni-1");
        let timers = interface.timers();
        assert_eq!(timers.tcp_established(), Some(300));
        assert_eq!(timers.tcp_closed(), Some(15));
        assert_eq!(timers.udp(), Some(100));
        assert_eq!(interface.groups().len(), 1);
    }
}

#[test]
fn the_groups_of_an_instance_are_those_of_its_primary_interface_6_1_4() {
    let group = attribute("sg-1", &json!({})).to_string();
    let primary = json!({"NetworkInterfaceId": "eni-1", "Type": "Primary",
        "PrimaryIpAddress": "10.0.0.10"});
    let secondary = json!({"NetworkInterfaceId": "eni-2", "Type": "Secondary",
        "PrimaryIpAddress": "10.0.0.20"});
    let alone = good(&[&group, &instances(&json!([primary])).to_string()]);
    let eni = interface(&alone.snapshot, "eni-1");
    assert_eq!(eni.groups().len(), 1);
    assert_eq!(eni.instance().unwrap().as_str(), "i-1");
    assert_eq!(eni.primary_address().unwrap().to_string(), "10.0.0.10");

    let both = instances(&json!([primary, secondary])).to_string();
    let problems = bad(&[&group, &both]);
    assert_eq!(problems.len(), 1, "{problems:#?}");
    assert!(problems[0].contains("groups of network interface `eni-2` are not known"));

    let row = json!({"NetworkInterfaceSets": [{"NetworkInterfaceId": "eni-2", "VpcId": "vpc-1",
        "PrivateIpAddress": "10.0.0.20", "SecurityGroupIds": ["sg-1"]}]});
    for texts in [[&both, &row.to_string()], [&row.to_string(), &both]] {
        let read = good(&[&group, texts[0], texts[1]]);
        assert_eq!(interface(&read.snapshot, "eni-2").groups().len(), 1);
        assert_eq!(
            interface(&read.snapshot, "eni-2").role(),
            Some(InterfaceRole::Secondary)
        );
    }

    let none = instances(&json!([])).to_string();
    let problems = bad(&[&group, &none]);
    assert!(
        problems[0].contains("instance `i-1` has no NetworkInterfaces"),
        "{problems:#?}"
    );
    let rows = interfaces("eni-1", &["sg-1"]).to_string();
    assert_eq!(good(&[&group, &none, &rows]).snapshot.interfaces().len(), 1);
}

#[test]
fn an_interface_may_name_one_group_without_a_list() {
    let group = attribute("sg-1", &json!({})).to_string();
    let answer = json!({"NetworkInterfaceId": "eni-1", "SecurityGroupId": "sg-1",
        "PrivateIpAddress": "10.0.0.1", "Type": "Trunk"});
    let read = good(&[&group, &answer.to_string()]);
    let eni = interface(&read.snapshot, "eni-1");
    assert_eq!((eni.groups().len(), eni.role()), (1, None));
}

#[test]
fn the_flagged_address_is_the_primary_one_else_the_named_one_else_the_first() {
    let group = attribute("sg-1", &json!({})).to_string();
    let sets = |flag: bool| json!([{"PrivateIpAddress": "10.0.0.2"}, {"PrivateIpAddress": "10.0.0.3", "Primary": flag}]);
    for (fields, primary) in [
        (json!({"PrivateIpSets": sets(true)}), "10.0.0.3"),
        (json!({"PrivateIpSets": sets(false)}), "10.0.0.1"),
        (
            json!({"PrivateIpSets": sets(false), "PrivateIpAddress": ""}),
            "10.0.0.2",
        ),
    ] {
        let read = good(&[&group, &one_interface(&fields)]);
        let eni = interface(&read.snapshot, "eni-1");
        assert_eq!(
            eni.primary_address().unwrap().to_string(),
            primary,
            "{fields}"
        );
    }
}

#[test]
fn an_instance_tells_the_network_of_its_interfaces() {
    let elsewhere = attribute("sg-1", &json!({"VpcId": "vpc-2"})).to_string();
    let eni = json!([{"NetworkInterfaceId": "eni-1", "PrimaryIpAddress": "10.0.0.10"}]);
    let problems = bad(&[&elsewhere, &instances(&eni).to_string()]);
    assert_eq!(problems.len(), 1, "{problems:#?}");
    assert!(
        problems[0].contains("`eni-1` is in VPC `vpc-1`"),
        "{problems:#?}"
    );
}
