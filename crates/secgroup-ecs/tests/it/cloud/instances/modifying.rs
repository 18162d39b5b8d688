//! ModifyInstanceAttribute (5.6.3) and ModifyInstanceVpcAttribute.

use super::super::stage::{REGION, Stage, groups};

const MODIFY: &str = "ModifyInstanceAttribute";
const MOVE: &str = "ModifyInstanceVpcAttribute";

#[test]
fn all_groups_of_the_primary_interface_are_replaced_5_6_3() {
    let mut stage = Stage::new();
    let id = stage.new_instance("NetworkInterface.1.DeleteOnRelease=true");
    let (second, third) = (stage.new_group(""), stage.new_group(""));
    let own = format!("InstanceId={id}");
    let call = format!("{own} SecurityGroupIds.1={second} SecurityGroupIds.2={third}");
    stage.ok(MODIFY, &call);
    let row = stage.instance(&id);
    assert_eq!(groups(&row), [second, third]);
    let other = row["NetworkInterfaces"]["NetworkInterface"][1]["NetworkInterfaceId"].clone();
    let first = stage.group.clone();
    assert_eq!(
        groups(&stage.interface(other.as_str().unwrap())),
        std::slice::from_ref(&first)
    );
    // To advanced and back as a whole.
    let advanced = stage.new_group("SecurityGroupType=enterprise");
    stage.ok(MODIFY, &format!("{own} SecurityGroupIds.1={advanced}"));
    assert_eq!(groups(&stage.instance(&id)), [advanced]);
    stage.ok(MODIFY, &format!("{own} SecurityGroupIds.1={first}"));
}

#[test]
fn groups_that_an_instance_cannot_have_are_refused_5_6_3() {
    let mut stage = Stage::new();
    let id = stage.new_instance("InstanceType=ecs.s1.medium");
    let own = stage.group.clone();
    let vpc = stage.new_vpc("");
    let away = stage.new_group_in(&vpc, "");
    let advanced = stage.new_group("SecurityGroupType=enterprise");
    let managed = stage.new_group("");
    stage.set(&managed, "ServiceManaged=true");
    let six: Vec<String> = (0..6).map(|_| stage.new_group("")).collect();
    let none = "sg-none".to_owned();
    let rows: [(Vec<&String>, &str); 7] = [
        (
            vec![&own, &own],
            "404 InvalidParameter.SecurityGroupIdRepeated",
        ),
        (vec![&none], "404 InvalidSecurityGroupId.NotFound"),
        (
            vec![&own, &managed],
            "403 InvalidOperation.ResourceManagedByCloudProduct",
        ),
        (vec![&away], "400 InvalidInstanceId.Mismatch"),
        (vec![&own, &advanced], "400 InvalidOperation.MultiGroupType"),
        (
            vec![&advanced],
            "400 InvalidOperation.NotSupportEnterpriseGroup",
        ),
        (
            six.iter().collect(),
            "400 InstanceSecurityGroupLimitExceeded",
        ),
    ];
    for (ids, code) in rows {
        let ids = ids.iter().enumerate();
        let ids = ids.map(|(at, id)| format!("SecurityGroupIds.{}={id}", at + 1));
        let ids: Vec<String> = ids.collect();
        let call = format!("InstanceId={id} {}", ids.join(" "));
        assert_eq!(stage.code(MODIFY, &call), code, "{call}");
    }
    let call = format!("InstanceId={id} SecurityGroupIds.1={}", six[0]);
    stage.set(&id, "Status=Stopping");
    assert_eq!(stage.code(MODIFY, &call), "403 IncorrectInstanceStatus");
    stage.set(&id, "Status=Running LockedForSecurity=true");
    assert_eq!(stage.code(MODIFY, &call), "403 InstanceLockedForSecurity");
    assert_eq!(
        stage.code(MODIFY, "InstanceId=i-none"),
        "404 InvalidInstanceId.NotFound"
    );
}

#[test]
fn names_of_an_instance_change_5_6_3() {
    let mut stage = Stage::new();
    let id = stage.new_instance("");
    let own = format!("InstanceId={id}");
    stage.ok(
        MODIFY,
        &format!("{own} InstanceName=new-name Description=a+text HostName=host-1"),
    );
    let row = stage.instance(&id);
    assert_eq!(row["InstanceName"], "new-name");
    assert_eq!(
        (&row["Description"], &row["HostName"]),
        (&"a text".into(), &"host-1".into())
    );
    for (bad, code) in [
        ("InstanceName=a", "400 InvalidInstanceName.Malformed"),
        ("Description=https://a", "400 InvalidDescription.Malformed"),
        ("HostName=a_b", "400 InvalidHostName.Malformed"),
        ("DeletionProtection=x", "400 InvalidParameter"),
    ] {
        assert_eq!(stage.code(MODIFY, &format!("{own} {bad}")), code, "{bad}");
    }
}

/// An instance, and a vSwitch and a group of another VPC.
struct Movers {
    stage: Stage,
    id: String,
    away: String,
    there: String,
    group: String,
}

fn movers() -> Movers {
    let mut stage = Stage::new();
    let id = stage.new_instance("");
    let away = stage.new_vpc("");
    let there = stage.new_vswitch(&away, "10.0.0.0/24", "");
    let group = stage.new_group_in(&away, "");
    Movers {
        stage,
        id,
        away,
        there,
        group,
    }
}

#[test]
fn places_that_an_instance_cannot_move_to_are_refused() {
    let Movers {
        mut stage,
        id,
        away,
        there,
        ..
    } = movers();
    let (vpc, vswitch) = (stage.vpc.clone(), stage.vswitch.clone());
    let second = stage.new_vswitch(&vpc, "10.5.0.0/24", "");
    let zone = stage.new_vswitch(&vpc, "10.6.0.0/24", "ZoneId=cn-hangzhou-i");
    let own = format!("InstanceId={id}");
    let call = format!("{own} VSwitchId={second}");
    assert_eq!(stage.code(MOVE, &call), "400 IncorrectInstanceStatus");
    stage.ok("StopInstance", &own);
    for (asked, code) in [
        (
            "VSwitchId=vsw-none".to_owned(),
            "404 InvalidVSwitchId.NotFound",
        ),
        (
            format!("VSwitchId={there}"),
            "404 InvalidVSwitchId.NotFound",
        ),
        (format!("VSwitchId={zone}"), "400 InvalidVSwitchId.Mismatch"),
        (
            format!("VSwitchId={vswitch} PrivateIpAddress=10.0.0.1"),
            "400 InvalidPrivateIpAddress.Duplicated",
        ),
        (
            format!("VSwitchId={second} PrivateIpAddress=10.0.0.2"),
            "400 InvalidPrivateIpAddress.Mismatch",
        ),
        (
            format!("VSwitchId={second} PrivateIpAddress=x"),
            "400 InvalidPrivateIpAddress.Malformed",
        ),
        (
            format!("VSwitchId={there} VpcId={away}"),
            "400 MissingParameter",
        ),
        (
            format!(
                "VSwitchId={there} VpcId={away} SecurityGroupId.1={}",
                stage.group
            ),
            "400 InvalidInstanceId.Mismatch",
        ),
        (String::new(), "400 MissingParameter"),
    ] {
        assert_eq!(stage.code(MOVE, &format!("{own} {asked}")), code, "{asked}");
    }
}

#[test]
fn a_stopped_instance_moves_to_another_address_vswitch_or_vpc() {
    let Movers {
        mut stage,
        id,
        away,
        there,
        group,
    } = movers();
    let vpc = stage.vpc.clone();
    let second = stage.new_vswitch(&vpc, "10.5.0.0/24", "");
    let own = format!("InstanceId={id}");
    stage.ok("StopInstance", &own);
    stage.ok(
        MOVE,
        &format!("{own} VSwitchId={second} PrivateIpAddress=10.5.0.77"),
    );
    let row = stage.instance(&id);
    assert_eq!(
        row["VpcAttributes"]["PrivateIpAddress"]["IpAddress"][0],
        "10.5.0.77"
    );
    assert_eq!(row["VpcAttributes"]["VSwitchId"], second.as_str());
    let primary = stage.primary(&id);
    let more = format!("{REGION} NetworkInterfaceId={primary} SecondaryPrivateIpAddressCount=1");
    let body = stage.ok("AssignPrivateIpAddresses", &more);
    let extra =
        body["AssignedPrivateIpAddressesSet"]["PrivateIpSet"]["PrivateIpAddress"][0].clone();
    let call = format!("{own} VSwitchId={there} VpcId={away} SecurityGroupId.1={group}");
    assert_eq!(stage.code(MOVE, &call), "403 OperationDenied");
    let less = format!(
        "{REGION} NetworkInterfaceId={primary} PrivateIpAddress.1={}",
        extra.as_str().unwrap()
    );
    stage.ok("UnassignPrivateIpAddresses", &less);
    stage.ok(MOVE, &call);
    let row = stage.instance(&id);
    assert_eq!(row["VpcAttributes"]["VpcId"], away.as_str());
    assert_eq!(groups(&row), [group]);
}
