//! Clouds made of documents.

use secgroup_ecs::{ApiFlags, Cloud, Document, ImportOptions, Imported, Refused};
use secgroup_model::{AccountId, Semantics};
use serde_json::{Value, json};

use super::{ACCOUNT, BEGIN, World};

fn options() -> ImportOptions {
    ImportOptions {
        flags: ApiFlags::default(),
        semantics: Semantics::default(),
        account: AccountId::new(ACCOUNT).unwrap(),
        region: "cn-hangzhou".to_owned(),
        now: BEGIN,
    }
}

fn import(documents: &[Value]) -> Result<Imported, Refused> {
    let texts: Vec<String> = documents.iter().map(Value::to_string).collect();
    let documents: Vec<Document<'_>> = texts
        .iter()
        .map(|text| Document {
            name: "file.json",
            bytes: text.as_bytes(),
        })
        .collect();
    Cloud::import(&documents, &options())
}

/// Makes a world of documents that are a cloud.
fn world(documents: &[Value]) -> World {
    World {
        cloud: import(documents).unwrap().cloud,
        ..World::new()
    }
}

fn group(id: &str, permissions: &Value) -> Value {
    json!({"SecurityGroupId": id, "VpcId": "vpc-1", "SecurityGroupType": "normal",
           "InnerAccessPolicy": "Accept", "Permissions": {"Permission": permissions}})
}

fn interface(id: &str, address: &str, more: &Value) -> Value {
    let mut row = json!({"NetworkInterfaceId": id, "VpcId": "vpc-1", "VSwitchId": "vsw-1",
        "PrivateIpSets": {"PrivateIpSet": [{"PrivateIpAddress": address, "Primary": true}]},
        "SecurityGroupIds": {"SecurityGroupId": ["sg-a"]}});
    let members = more.as_object().unwrap().clone();
    row.as_object_mut().unwrap().extend(members);
    row
}

fn ingress(more: &Value) -> Value {
    let mut row = json!({"Direction": "ingress", "IpProtocol": "TCP", "PortRange": "22/22",
        "SourceCidrIp": "10.159.6.18/12", "Policy": "Accept", "Priority": 1});
    row.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    row
}

#[test]
fn rules_keep_their_spelling_and_get_ids_1_8() {
    let rows = json!([
        ingress(&json!({})),
        ingress(&json!({"SecurityGroupRuleId": "sgr-bp100000000000000007", "PortRange": "80/80"})),
        ingress(&json!({"Priority": 110, "PortRange": "443/443"})),
    ]);
    let mut world = world(&[json!({"SecurityGroups": [group("sg-a", &rows)]})]);
    let parameters = "RegionId=cn-hangzhou SecurityGroupId=sg-a";
    let body = world.ok("DescribeSecurityGroupAttribute", parameters);
    let rules = body["Permissions"]["Permission"].as_array().unwrap();
    let text = |field: &str| -> Vec<&str> {
        rules
            .iter()
            .map(|rule| rule[field].as_str().unwrap())
            .collect()
    };
    // The newest comes first, and of one time the one with the greater id.
    assert_eq!(text("PortRange"), ["443/443", "22/22", "80/80"]);
    assert_eq!(text("SourceCidrIp"), ["10.159.6.18/12"; 3]);
    assert_eq!(text("Priority"), ["110", "1", "1"]);
    let ids = ["09", "08", "07"].map(|end| format!("sgr-bp1000000000000000{end}"));
    assert_eq!(text("SecurityGroupRuleId"), ids);
    // Ids go on behind the greatest.
    let id = world.id(
        "CreateSecurityGroup",
        "RegionId=cn-hangzhou VpcId=vpc-1",
        "SecurityGroupId",
    );
    assert_eq!(id, "sg-bp100000000000000010");
}

#[test]
fn what_documents_name_only_is_adopted() {
    let mut world = world(&[json!({
        "SecurityGroups": [group("sg-a", &json!([]))],
        "NetworkInterfaceSets": [
            interface("eni-1", "10.1.2.3", &json!({"InstanceId": "i-1", "ZoneId": "cn-shenzhen-c"})),
            interface("eni-2", "10.1.2.4", &json!({"InstanceId": "i-1"})),
            interface("eni-3", "10.1.2.5", &json!({})),
        ],
    })]);
    let region = "RegionId=cn-shenzhen";
    let body = world.ok("DescribeInstances", region);
    let instance = &body["Instances"]["Instance"][0];
    assert_eq!(instance["InstanceId"], "i-1");
    assert_eq!(instance["Status"], "Running");
    assert_eq!(body["TotalCount"], 1);
    let rows = world.ok("DescribeNetworkInterfaces", region);
    let rows = rows["NetworkInterfaceSets"]["NetworkInterfaceSet"]
        .as_array()
        .unwrap()
        .clone();
    let by_id = |id: &str| {
        rows.iter()
            .find(|row| row["NetworkInterfaceId"] == id)
            .unwrap()
            .clone()
    };
    assert_eq!(by_id("eni-1")["Type"], "Primary");
    assert_eq!(by_id("eni-2")["Type"], "Secondary");
    assert_eq!(by_id("eni-2")["Status"], "InUse");
    assert_eq!(by_id("eni-3")["Status"], "Available");
    // The vSwitch has room around its members.
    let parameters = format!("{region} VSwitchId=vsw-1 SecurityGroupId=sg-a");
    let made = world.ok("CreateNetworkInterface", &parameters);
    assert_eq!(made["PrivateIpAddress"], "10.1.2.1");
    let parameters = format!("{region} VpcId=vpc-1");
    let group = world.id("CreateSecurityGroup", &parameters, "SecurityGroupId");
    let parameters = format!("{region} SecurityGroupId={group} InstanceId=i-1");
    world.ok("JoinSecurityGroup", &parameters);
}

#[test]
fn a_state_and_other_documents_are_joined() {
    let mut first = World::new();
    let made = first.id(
        "CreateSecurityGroup",
        "RegionId=cn-beijing VpcId=vpc-9 ClientToken=t",
        "SecurityGroupId",
    );
    let state: Value = serde_json::from_slice(&first.cloud.to_state()).unwrap();
    let other = json!({"SecurityGroups": [group("sg-a", &json!([]))]});
    let mut world = world(&[state, other]);
    let body = world.ok("DescribeSecurityGroups", "RegionId=cn-beijing");
    assert_eq!(
        body["SecurityGroups"]["SecurityGroup"][0]["SecurityGroupId"],
        made.as_str()
    );
    let body = world.ok("DescribeSecurityGroups", "RegionId=cn-hangzhou");
    assert_eq!(
        body["SecurityGroups"]["SecurityGroup"][0]["SecurityGroupId"],
        "sg-a"
    );
    // The token is remembered, so that the call makes nothing new (5.0.5).
    let again = world.id(
        "CreateSecurityGroup",
        "RegionId=cn-beijing VpcId=vpc-9 ClientToken=t",
        "SecurityGroupId",
    );
    assert_eq!(again, made);
}

#[test]
fn an_interface_of_another_type_is_not_the_primary_one_1_5() {
    let rows = |kind: &str| {
        let more = json!({"Type": kind, "InstanceId": "i-1", "Status": "InUse"});
        world(&[json!({"SecurityGroups": [group("sg-a", &json!([]))],
                       "NetworkInterfaceSets": [interface("eni-1", "10.0.0.1", &more)]})])
    };
    for (kind, wanted) in [
        ("Trunk", "Secondary"),
        ("Member", "Secondary"),
        ("Primary", "Primary"),
        ("", "Primary"),
    ] {
        let mut world = rows(kind);
        let body = world.ok("DescribeNetworkInterfaces", "RegionId=cn-hangzhou");
        let own = &body["NetworkInterfaceSets"]["NetworkInterfaceSet"][0]["Type"];
        assert_eq!(own, wanted, "{kind}");
    }
}

#[test]
fn public_addresses_are_kept_where_documents_have_them_6_1_3() {
    let public = json!({"PublicIpAddress": "47.1.1.1", "AllocationId": "eip-1"});
    let more = json!({"AssociatedPublicIp": public, "PrivateIpSets": {"PrivateIpSet": [
        {"PrivateIpAddress": "10.0.0.1", "Primary": true},
        {"PrivateIpAddress": "10.0.0.2", "AssociatedPublicIp": {"PublicIpAddress": "47.1.1.2"}},
        {"PrivateIpAddress": "10.0.0.3", "AssociatedPublicIp": {}}]}});
    let mut first = world(&[json!({"SecurityGroups": [group("sg-a", &json!([]))],
        "NetworkInterfaceSets": [interface("eni-1", "10.0.0.1", &more)]})]);
    let state: Value = serde_json::from_slice(&first.cloud.to_state()).unwrap();
    for world in [&mut first, &mut world(&[state])] {
        let body = world.ok("DescribeNetworkInterfaces", "RegionId=cn-hangzhou");
        let row = &body["NetworkInterfaceSets"]["NetworkInterfaceSet"][0];
        assert_eq!(row["AssociatedPublicIp"], public);
        let own = |at: usize| &row["PrivateIpSets"]["PrivateIpSet"][at]["AssociatedPublicIp"];
        assert_eq!(*own(0), public);
        assert_eq!(*own(1), json!({"PublicIpAddress": "47.1.1.2"}));
        assert_eq!(*own(2), json!({}));
    }
}

#[test]
fn an_interface_without_ipv4_address_is_refused_with_its_place_1_5() {
    let row = json!({"NetworkInterfaceId": "eni-6", "VpcId": "vpc-1",
        "Ipv6Sets": {"Ipv6Set": [{"Ipv6Address": "2001:db8::1"}]},
        "SecurityGroupIds": {"SecurityGroupId": ["sg-a"]}});
    let document =
        json!({"SecurityGroups": [group("sg-a", &json!([]))], "NetworkInterfaceSets": [row]});
    let refused = import(&[document]).unwrap_err();
    let texts: Vec<String> = refused.problems.iter().map(ToString::to_string).collect();
    let [text] = &texts[..] else {
        panic!("{texts:?}");
    };
    assert!(
        text.starts_with("file.json:1:") && text.contains("NetworkInterfaceSets[0]"),
        "{text}"
    );
    assert!(
        text.contains("`eni-6` has no private IPv4 address"),
        "{text}"
    );
}

#[test]
fn a_damaged_and_a_newer_state_are_refused() {
    let state = String::from_utf8(World::new().cloud.to_state()).unwrap();
    let damaged = state.replace("\"IdsGiven\":0", "\"IdsGiven\":1");
    let newer = state.replace("\"Version\":1", "\"Version\":2");
    assert!(damaged != state && newer != state);
    for (text, says) in [
        (damaged, "the digest does not fit"),
        (newer, "is newer than version 1"),
    ] {
        let document = Document {
            name: "state.json",
            bytes: text.as_bytes(),
        };
        let refused = Cloud::import(&[document], &options()).unwrap_err();
        assert!(refused.problems[0].message.contains(says), "{refused:?}");
    }
}

#[test]
fn lists_keep_names_and_descriptions_and_what_is_lost_is_said() {
    let document = json!({
        "SecurityGroups": [group("sg-a", &json!([
            {"Direction": "ingress", "IpProtocol": "TCP", "PortRange": "22/22",
             "SourcePrefixListId": "pl-1", "Policy": "Accept", "Priority": 1}
        ]))],
        "PrefixLists": [{"PrefixListId": "pl-1", "PrefixListName": "office", "AddressFamily": "IPv4",
            "MaxEntries": 7, "Entries": {"Entry": [{"Cidr": "192.0.2.0/24", "Description": "floor 1"}]}}],
    });
    let mut world = world(&[document]);
    let body = world.ok(
        "DescribePrefixListAttributes",
        "RegionId=cn-hangzhou PrefixListId=pl-1",
    );
    assert_eq!(body["PrefixListName"], "office");
    assert_eq!(body["MaxEntries"], 7);
    assert_eq!(
        body["Entries"]["Entry"][0],
        json!({"Cidr": "192.0.2.0/24", "Description": "floor 1"})
    );
}
