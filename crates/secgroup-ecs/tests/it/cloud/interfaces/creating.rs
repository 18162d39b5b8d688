//! CreateNetworkInterface and DeleteNetworkInterface (5.6.5, 1.5.3).

use serde_json::json;

use super::super::stage::{REGION, Stage, groups};

const CREATE: &str = "CreateNetworkInterface";

#[test]
fn a_new_interface_is_available_and_answered_in_full_5_6_5() {
    let mut stage = Stage::new();
    let second = stage.new_group("");
    let (group, vswitch, vpc) = (
        stage.group.clone(),
        stage.vswitch.clone(),
        stage.vpc.clone(),
    );
    let call = format!(
        "{REGION} VSwitchId={vswitch} SecurityGroupIds.1={group} SecurityGroupIds.2={second} \
         NetworkInterfaceName=my-eni Description=an+interface ResourceGroupId=rg-1 \
         SourceDestCheck=True Tag.1.Key=owner Tag.1.Value=lisi PrimaryIpAddress=10.0.0.9"
    );
    let mut body = stage.ok(CREATE, &call);
    let id = body["NetworkInterfaceId"].as_str().unwrap().to_owned();
    assert!(id.starts_with("eni-"), "{id}");
    body.as_object_mut().unwrap().remove("MacAddress");
    body.as_object_mut().unwrap().remove("RequestId");
    assert_eq!(
        body,
        json!({
            "NetworkInterfaceId": id,
            "NetworkInterfaceName": "my-eni",
            "Description": "an interface",
            "OwnerId": "1234567890",
            "PrivateIpAddress": "10.0.0.9",
            "PrivateIpSets": { "PrivateIpSet": [{
                "PrivateIpAddress": "10.0.0.9", "Primary": true, "PrivateDnsName": "",
                "AssociatedPublicIp": {},
            }] },
            "Ipv4PrefixSets": { "Ipv4PrefixSet": [] },
            "Ipv6PrefixSets": { "Ipv6PrefixSet": [] },
            "Ipv6Sets": { "Ipv6Set": [] },
            "ResourceGroupId": "rg-1",
            "SecurityGroupIds": { "SecurityGroupId": [group, second] },
            "ServiceID": 0,
            "ServiceManaged": false,
            "SourceDestCheck": true,
            "Status": "Available",
            "Tags": { "Tag": [{ "TagKey": "owner", "TagValue": "lisi" }] },
            "Type": "Secondary",
            "VSwitchId": vswitch,
            "VpcId": vpc,
            "ZoneId": "cn-hangzhou-h",
        })
    );
}

#[test]
fn an_interface_needs_a_vswitch_and_a_group_in_one_form_5_6_5() {
    let mut stage = Stage::new();
    let (group, vswitch) = (stage.group.clone(), stage.vswitch.clone());
    let rows = [
        (
            format!("VSwitchId={vswitch} SecurityGroupId={group}"),
            "400 MissingParameter.RegionId",
        ),
        (
            format!("{REGION} SecurityGroupId={group}"),
            "400 MissingParameter",
        ),
        (
            format!("{REGION} VSwitchId={vswitch}"),
            "400 MissingParameter",
        ),
        (
            format!(
                "{REGION} VSwitchId={vswitch} SecurityGroupId={group} SecurityGroupIds.1={group}"
            ),
            "400 InvalidParameter.Conflict",
        ),
        (
            format!("{REGION} VSwitchId=vsw-none SecurityGroupId={group}"),
            "404 InvalidVSwitchId.NotFound",
        ),
        (
            format!("{REGION} VSwitchId={vswitch} SecurityGroupId=sg-none"),
            "404 InvalidSecurityGroupId.NotFound",
        ),
        (
            format!(
                "{REGION} VSwitchId={vswitch} SecurityGroupIds.1={group} SecurityGroupIds.2={group}"
            ),
            "404 InvalidParameter.SecurityGroupIdRepeated",
        ),
    ];
    for (call, code) in rows {
        assert_eq!(stage.code(CREATE, &call), code, "{call}");
    }
}

#[test]
fn groups_of_a_new_interface_are_of_its_network_and_one_type_1_5_1() {
    let mut stage = Stage::with(&[("api.classic", "on")]);
    let vpc = stage.new_vpc("");
    let away = stage.new_group_in(&vpc, "");
    let classic = stage.id("CreateSecurityGroup", REGION, "SecurityGroupId");
    let advanced = stage.new_group("SecurityGroupType=enterprise");
    let managed = stage.new_group("");
    stage.set(&managed, "ServiceManaged=true");
    let group = stage.group.clone();
    let rows = [
        (vec![&away], "403 InvalidOperation.VpcMismatch"),
        (vec![&classic], "403 InvalidSecurityGroupId.NotVpc"),
        (
            vec![&managed],
            "403 InvalidOperation.ResourceManagedByCloudProduct",
        ),
        (
            vec![&group, &advanced],
            "403 InvalidOperation.MultiGroupType",
        ),
    ];
    for (ids, code) in rows {
        let ids = ids.iter().enumerate();
        let ids = ids.map(|(at, id)| format!("SecurityGroupIds.{}={id}", at + 1));
        let call = stage.create(&ids.collect::<Vec<_>>().join(" "));
        assert_eq!(stage.code(CREATE, &call), code, "{call}");
    }
    let more = (1..=6).map(|at| format!("SecurityGroupIds.{at}={}", stage.new_group("")));
    let more: Vec<String> = more.collect();
    let call = stage.create(&more.join(" "));
    assert_eq!(
        stage.code(CREATE, &call),
        "403 InstanceSecurityGroupLimitExceeded"
    );
    let id = stage.new_interface(&more[..5].join(" "));
    assert_eq!(groups(&stage.interface(&id)).len(), 5);
}

#[test]
fn attributes_of_a_new_interface_are_checked_1_5_4() {
    let mut stage = Stage::new();
    let long = format!("NetworkInterfaceName={}", "n".repeat(129));
    for bad in [
        "NetworkInterfaceName=a",
        "NetworkInterfaceName=http://a",
        long.as_str(),
        "Description=http://a",
        "QueueNumber=0",
        "QueueNumber=2049",
        "NetworkInterfaceTrafficMode=Fast",
        "InstanceType=Primary",
        "SourceDestCheck=perhaps",
        "ConnectionTrackingConfiguration.TcpEstablishedTimeout=31",
        "ConnectionTrackingConfiguration.TcpClosedAndTimeWaitTimeout=2",
        "ConnectionTrackingConfiguration.UdpTimeout=101",
    ] {
        let call = stage.create(bad);
        assert_eq!(stage.code(CREATE, &call), "400 InvalidParameter", "{bad}");
    }
    let trunk = stage.create("InstanceType=Trunk");
    assert_eq!(stage.code(CREATE, &trunk), "400 UnsupportedParameter");
    let twice = stage.create("Tag.1.Key=a Tag.2.Key=a");
    assert_eq!(stage.code(CREATE, &twice), "400 Duplicate.TagKey");
}

#[test]
fn a_token_makes_one_interface_5_0_5() {
    let mut stage = Stage::new();
    let call = stage.create("ClientToken=t");
    let first = stage.ok(CREATE, &call);
    assert_eq!(stage.ok(CREATE, &call), first);
    let other = stage.create("ClientToken=t NetworkInterfaceName=other");
    assert_eq!(
        stage.code(CREATE, &other),
        "400 IdempotentParameterMismatch"
    );
    let all = stage.ok("DescribeNetworkInterfaces", REGION);
    assert_eq!(all["TotalCount"], 1);
}

#[test]
fn only_available_interfaces_are_deleted_and_with_them_their_membership_1_5_3() {
    let mut stage = Stage::new();
    let (group, interface) = (stage.group.clone(), stage.new_interface(""));
    let other = stage.new_group("");
    let instance = stage.new_instance(&format!("SecurityGroupId={other}"));
    let primary = stage.primary(&instance);
    let delete = |id: &str| format!("{REGION} NetworkInterfaceId={id}");
    let code = stage.code("DeleteNetworkInterface", &delete(&primary));
    assert_eq!(code, "400 InvalidOperation.InvalidEniState");
    let code = stage.code("DeleteNetworkInterface", &delete("eni-none"));
    assert_eq!(code, "404 InvalidEniId.NotFound");
    let own = format!("{REGION} SecurityGroupId={group}");
    assert_eq!(
        stage.code("DeleteSecurityGroup", &own),
        "403 DependencyViolation"
    );
    stage.set(&interface, "ServiceManaged=true");
    let code = stage.code("DeleteNetworkInterface", &delete(&interface));
    assert_eq!(code, "403 InvalidOperation.EniServiceManaged");
    stage.set(&interface, "ServiceManaged=false");
    stage.ok("DeleteNetworkInterface", &delete(&interface));
    stage.ok("DeleteSecurityGroup", &own);
    assert!(stage.interface(&interface).is_null());
}
