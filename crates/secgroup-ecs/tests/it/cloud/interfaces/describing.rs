//! DescribeNetworkInterfaces and DescribeNetworkInterfaceAttribute (5.7.4,
//! 6.1.3, 1.5.4).

use secgroup_ecs::{Document, ReadOptions, read};
use serde_json::{Value, json};

use super::super::stage::{REGION, Stage};

const DESCRIBE: &str = "DescribeNetworkInterfaces";
const ATTRIBUTE: &str = "DescribeNetworkInterfaceAttribute";

/// Returns the ids of the interfaces that a query finds.
fn found(stage: &mut Stage, asked: &str) -> Vec<String> {
    let body = stage.ok(DESCRIBE, &format!("{REGION} {asked}"));
    ids(&body)
}

fn ids(body: &Value) -> Vec<String> {
    let rows = body["NetworkInterfaceSets"]["NetworkInterfaceSet"]
        .as_array()
        .unwrap()
        .iter();
    rows.map(|row| row["NetworkInterfaceId"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn the_row_of_a_primary_interface_has_every_list_6_1_3() {
    let mut stage = Stage::new();
    let instance = stage.new_instance("Tag.1.Key=owner Tag.1.Value=lisi");
    let primary = stage.primary(&instance);
    let (group, vswitch, vpc) = (
        stage.group.clone(),
        stage.vswitch.clone(),
        stage.vpc.clone(),
    );
    let mut row = stage.interface(&primary);
    let mac = row.as_object_mut().unwrap().remove("MacAddress").unwrap();
    assert!(mac.as_str().unwrap().starts_with("00:16:3e:"), "{mac}");
    assert_eq!(
        row,
        json!({
            "NetworkInterfaceId": primary,
            "InstanceId": instance,
            "Type": "Primary",
            "Status": "InUse",
            "VpcId": vpc,
            "VSwitchId": vswitch,
            "ZoneId": "cn-hangzhou-h",
            "OwnerId": "1234567890",
            "NetworkInterfaceName": "",
            "Description": "",
            "PrivateIpAddress": "10.0.0.1",
            "SecurityGroupIds": { "SecurityGroupId": [group] },
            "PrivateIpSets": { "PrivateIpSet": [{
                "PrivateIpAddress": "10.0.0.1", "Primary": true, "PrivateDnsName": "",
                "AssociatedPublicIp": {},
            }] },
            "Ipv6Sets": { "Ipv6Set": [] },
            "Ipv4PrefixSets": { "Ipv4PrefixSet": [] },
            "Ipv6PrefixSets": { "Ipv6PrefixSet": [] },
            "AssociatedPublicIp": {},
            "Attachment": { "InstanceId": instance },
            "ResourceGroupId": "",
            "ServiceID": 0,
            "ServiceManaged": false,
            "DeleteOnRelease": true,
            "SourceDestCheck": false,
            "NetworkInterfaceTrafficMode": "Standard",
            "QueueNumber": 1,
            "QueuePairNumber": 0,
            "CreationTime": "2026-01-01T00:00:00Z",
            "Tags": { "Tag": [{ "TagKey": "owner", "TagValue": "lisi" }] },
        })
    );
}

#[test]
fn interfaces_are_found_by_every_filter_5_7_4() {
    let mut stage = Stage::new();
    let group = stage.new_group("");
    let instance = stage.new_instance("");
    let primary = stage.primary(&instance);
    let one = stage.new_interface(&format!(
        "SecurityGroupId={group} NetworkInterfaceName=one PrimaryIpAddress=10.0.0.50 \
         PrivateIpAddress.1=10.0.0.51 ResourceGroupId=rg-1 Tag.1.Key=env Tag.1.Value=prod"
    ));
    let other = stage.new_interface("");
    stage.set(&other, "ServiceManaged=true");
    let vpc = stage.new_vpc("");
    let (away, vswitch) = (
        stage.new_group_in(&vpc, ""),
        stage.new_vswitch(&vpc, "10.0.0.0/24", ""),
    );
    let there = stage.new_interface(&format!("SecurityGroupId={away} VSwitchId={vswitch}"));
    let all = [&primary, &one, &other, &there].map(String::clone);
    let rows: [(String, &[&String]); 16] = [
        (String::new(), &[&primary, &one, &other, &there]),
        (format!("InstanceId={instance}"), &[&primary]),
        (
            format!("NetworkInterfaceId.1={one} NetworkInterfaceId.2={there}"),
            &[&one, &there],
        ),
        ("NetworkInterfaceName=one".to_owned(), &[&one]),
        ("PrimaryIpAddress=10.0.0.50".to_owned(), &[&one]),
        ("PrimaryIpAddress=10.0.0.51".to_owned(), &[]),
        ("PrivateIpAddress.1=10.0.0.51".to_owned(), &[&one]),
        ("ResourceGroupId=rg-1".to_owned(), &[&one]),
        (format!("SecurityGroupId={group}"), &[&one]),
        ("ServiceManaged=True".to_owned(), &[&other]),
        ("Status=InUse".to_owned(), &[&primary]),
        ("Type=Secondary".to_owned(), &[&one, &other, &there]),
        (format!("VSwitchId={vswitch}"), &[&there]),
        (format!("VpcId={vpc}"), &[&there]),
        ("Tag.1.Key=env Tag.1.Value=prod".to_owned(), &[&one]),
        (format!("VpcId={vpc} Status=InUse"), &[]),
    ];
    for (asked, expected) in rows {
        assert_eq!(
            found(&mut stage, &asked),
            expected.iter().map(|id| (*id).clone()).collect::<Vec<_>>(),
            "{asked}"
        );
    }
    assert_eq!(found(&mut stage, ""), all);
    stage.account = "2222222222".to_owned();
    assert!(found(&mut stage, "").is_empty());
    for bad in [
        "Status=Sleeping",
        "Type=Third",
        "PrimaryIpAddress=10",
        "PageSize=0",
        "PageNumber=0",
    ] {
        let code = stage.code(DESCRIBE, &format!("{REGION} {bad}"));
        assert_eq!(code, "400 InvalidParameter", "{bad}");
    }
    assert_eq!(stage.code(DESCRIBE, ""), "400 MissingParameter.RegionId");
}

#[test]
fn pages_are_counted_or_follow_a_token_5_7_4() {
    let mut stage = Stage::new();
    let all: Vec<String> = (0..25).map(|_| stage.new_interface("")).collect();
    let body = stage.ok(DESCRIBE, &format!("{REGION} PageNumber=3 PageSize=10"));
    assert_eq!(ids(&body), all[20..]);
    assert_eq!(body["TotalCount"], 25);
    assert_eq!(
        (&body["PageNumber"], &body["PageSize"]),
        (&json!(3), &json!(10))
    );
    assert_eq!(body["NextToken"], "");
    let beyond = stage.ok(DESCRIBE, &format!("{REGION} PageNumber=99999999999"));
    assert!(ids(&beyond).is_empty());
    let first = stage.ok(DESCRIBE, &format!("{REGION} MaxResults=10"));
    assert_eq!(ids(&first), all[..10]);
    assert!(first.get("TotalCount").is_none());
    let token = first["NextToken"].as_str().unwrap().to_owned();
    // The row that the token names goes away, and a new one comes.
    stage.ok(
        "DeleteNetworkInterface",
        &format!("{REGION} NetworkInterfaceId={}", all[9]),
    );
    stage.ok(
        "DeleteNetworkInterface",
        &format!("{REGION} NetworkInterfaceId={}", all[0]),
    );
    stage.now += 1;
    let new = stage.new_interface("");
    let second = stage.ok(
        DESCRIBE,
        &format!("{REGION} MaxResults=10 NextToken={token}"),
    );
    assert_eq!(ids(&second), all[10..20]);
    let token = second["NextToken"].as_str().unwrap();
    let third = stage.ok(DESCRIBE, &format!("{REGION} NextToken={token}"));
    let rest: Vec<String> = all[20..].iter().chain([&new]).cloned().collect();
    assert_eq!(ids(&third), rest);
    assert_eq!(third["NextToken"], "");
    // Sizes out of bounds are moved, not refused.
    for (asked, size) in [
        ("MaxResults=1", 10),
        ("MaxResults=100000", 24),
        ("MaxResults=-1", 10),
    ] {
        assert_eq!(found(&mut stage, asked).len(), size, "{asked}");
    }
}

#[test]
fn a_token_of_another_operation_or_a_changed_one_is_refused() {
    let mut stage = Stage::new();
    for _ in 0..11 {
        stage.new_instance("");
    }
    let body = stage.ok(DESCRIBE, &format!("{REGION} MaxResults=10"));
    let token = body["NextToken"].as_str().unwrap().to_owned();
    let mut changed = token.clone();
    changed.replace_range(0..1, if token.starts_with('0') { "1" } else { "0" });
    let upper = token.to_uppercase();
    let long = "0".repeat(100_000);
    for wrong in [
        &changed,
        &upper,
        &token[1..].to_owned(),
        &"x".to_owned(),
        &"字".to_owned(),
        &long,
    ] {
        let code = stage.code(DESCRIBE, &format!("{REGION} NextToken={wrong}"));
        assert_eq!(code, "400 InValidParameter.NextToken");
    }
    let code = stage.code("DescribeInstances", &format!("{REGION} NextToken={token}"));
    assert_eq!(code, "400 InValidParameter.NextToken");
}

#[test]
fn timers_are_shown_by_the_attribute_only_with_the_usual_ones_filled_in_1_5_4() {
    let mut stage = Stage::new();
    let id = stage.new_interface("ConnectionTrackingConfiguration.UdpTimeout=60");
    let asked = format!("{REGION} NetworkInterfaceId={id}");
    assert!(
        stage
            .interface(&id)
            .get("ConnectionTrackingConfiguration")
            .is_none()
    );
    let body = stage.ok(ATTRIBUTE, &asked);
    assert!(body.get("ConnectionTrackingConfiguration").is_none());
    assert_eq!(body["NetworkInterfaceId"], id.as_str());
    assert_eq!(body["NetworkInterfaceTrafficConfig"]["QueueNumber"], 1);
    let timers = format!("{asked} Attribute=connectionTrackingConfiguration");
    let body = stage.ok(ATTRIBUTE, &timers);
    assert_eq!(
        body["ConnectionTrackingConfiguration"],
        json!({
            "TcpEstablishedTimeout": 910, "TcpClosedAndTimeWaitTimeout": 3, "UdpTimeout": 60,
        })
    );
    let code = stage.code(ATTRIBUTE, &format!("{asked} Attribute=colour"));
    assert_eq!(code, "400 InvalidParameter");
    let none = format!("{REGION} NetworkInterfaceId=eni-none");
    assert_eq!(stage.code(ATTRIBUTE, &none), "404 InvalidEniId.NotFound");
}

#[test]
fn answers_and_states_are_read_as_snapshots_6_1_3() {
    let mut stage = Stage::new();
    let instance = stage.new_instance("");
    let timers = "ConnectionTrackingConfiguration.TcpEstablishedTimeout=60";
    stage.new_interface(&format!(
        "SecondaryPrivateIpAddressCount=2 Ipv4PrefixCount=1 {timers}"
    ));
    let state = stage.cloud.to_state();
    let answer = serde_json::to_vec(&stage.ok(DESCRIBE, REGION)).unwrap();
    let groups = serde_json::to_vec(&stage.ok("DescribeSecurityGroups", REGION)).unwrap();
    let asked = format!("{REGION} SecurityGroupId={}", stage.group);
    let rules = serde_json::to_vec(&stage.ok("DescribeSecurityGroupAttribute", &asked)).unwrap();
    let document = |name, bytes| Document { name, bytes };
    let of_state = read(&[document("state", &state)], &ReadOptions::default()).unwrap();
    let documents = [
        document("interfaces", &answer),
        document("groups", &groups),
        document("rules", &rules),
    ];
    let of_answers = read(&documents, &ReadOptions::default()).unwrap();
    for snapshot in [&of_state.snapshot, &of_answers.snapshot] {
        let interfaces: Vec<_> = snapshot.interfaces().map(|(_, one)| one).collect();
        assert_eq!(interfaces.len(), 2);
        let first = interfaces[0];
        assert_eq!(
            first.instance().map(ToString::to_string),
            Some(instance.clone())
        );
        assert_eq!(interfaces[1].addresses().len(), 4);
    }
    let timers = of_state.snapshot.interfaces().nth(1).unwrap().1.timers();
    assert_eq!(timers.tcp_established(), Some(60));
}
