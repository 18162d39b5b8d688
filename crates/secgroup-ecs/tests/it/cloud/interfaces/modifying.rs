//! ModifyNetworkInterfaceAttribute (5.6.4).

use super::super::stage::{REGION, Stage, groups};

const MODIFY: &str = "ModifyNetworkInterfaceAttribute";

#[test]
fn the_groups_of_a_secondary_interface_are_replaced_5_6_4() {
    let mut stage = Stage::new();
    let id = stage.new_interface("");
    let (second, third) = (stage.new_group(""), stage.new_group(""));
    let call = format!(
        "{REGION} NetworkInterfaceId={id} SecurityGroupId.2={second} SecurityGroupId.10={third}"
    );
    stage.ok(MODIFY, &call);
    assert_eq!(groups(&stage.interface(&id)), [second, third]);
    // From basic to advanced as a whole.
    let advanced = stage.new_group("SecurityGroupType=enterprise");
    let call = format!("{REGION} NetworkInterfaceId={id} SecurityGroupId.1={advanced}");
    stage.ok(MODIFY, &call);
    assert_eq!(groups(&stage.interface(&id)), [advanced]);
}

#[test]
fn groups_that_an_interface_cannot_have_are_refused_5_6_4() {
    let mut stage = Stage::with(&[("api.classic", "on")]);
    let id = stage.new_interface("");
    let own = stage.group.clone();
    let vpc = stage.new_vpc("");
    let away = stage.new_group_in(&vpc, "");
    let classic = stage.id("CreateSecurityGroup", REGION, "SecurityGroupId");
    let advanced = stage.new_group("SecurityGroupType=enterprise");
    let managed = stage.new_group("");
    stage.set(&managed, "ServiceManaged=true");
    let six: Vec<String> = (0..6).map(|_| stage.new_group("")).collect();
    let rows: [(Vec<&String>, &str); 7] = [
        (
            vec![&own, &own],
            "404 InvalidParameter.SecurityGroupIdRepeated",
        ),
        (vec![&id], "404 InvalidSecurityGroupId.NotFound"),
        (
            vec![&managed],
            "403 InvalidOperation.ResourceManagedByCloudProduct",
        ),
        (vec![&own, &classic], "403 InvalidSecurityGroupId.NotVpc"),
        (vec![&away], "403 InvalidOperation.VpcMismatch"),
        (vec![&own, &advanced], "403 InvalidOperation.MultiGroupType"),
        (
            six.iter().collect(),
            "403 InstanceSecurityGroupLimitExceeded",
        ),
    ];
    for (ids, code) in rows {
        let ids = ids.iter().enumerate();
        let ids = ids.map(|(at, id)| format!("SecurityGroupId.{}={id}", at + 1));
        let ids: Vec<String> = ids.collect();
        let call = format!("{REGION} NetworkInterfaceId={id} {}", ids.join(" "));
        assert_eq!(stage.code(MODIFY, &call), code, "{call}");
    }
    let none = format!("{REGION} NetworkInterfaceId=eni-none SecurityGroupId.1={own}");
    assert_eq!(stage.code(MODIFY, &none), "404 InvalidEniId.NotFound");
    // A managed group cannot be left either, but it can be kept.
    stage.set(&own, "ServiceManaged=true");
    let other = &six[0];
    let leave = format!("{REGION} NetworkInterfaceId={id} SecurityGroupId.1={other}");
    let code = stage.code(MODIFY, &leave);
    assert_eq!(code, "403 InvalidOperation.ResourceManagedByCloudProduct");
    stage.ok(MODIFY, &format!("{leave} SecurityGroupId.2={own}"));
}

#[test]
fn of_a_primary_interface_only_names_and_timers_change_5_6_4() {
    let mut stage = Stage::new();
    let instance = stage.new_instance("");
    let primary = stage.primary(&instance);
    let other = stage.new_group("");
    let own = format!("{REGION} NetworkInterfaceId={primary}");
    for refused in [
        format!("SecurityGroupId.1={other}"),
        "QueueNumber=2".to_owned(),
        "DeleteOnRelease=false".to_owned(),
    ] {
        let (code, message) = stage.fails(MODIFY, &format!("{own} {refused}"));
        assert_eq!(
            code,
            "404 InvalidOperation.PrimaryEniOnlySupportModifyNameAndDesc"
        );
        let expected = "Primary NetworkInterface is only allowed to modify name and description.";
        assert_eq!(message, expected);
    }
    let timer = "ConnectionTrackingConfiguration.TcpEstablishedTimeout=300";
    stage.ok(
        MODIFY,
        &format!("{own} NetworkInterfaceName=first Description=of+two {timer}"),
    );
    let row = stage.interface(&primary);
    assert_eq!(
        (&row["NetworkInterfaceName"], &row["Description"]),
        (&"first".into(), &"of two".into())
    );
    let asked = format!("{own} Attribute=connectionTrackingConfiguration");
    let body = stage.ok("DescribeNetworkInterfaceAttribute", &asked);
    assert_eq!(
        body["ConnectionTrackingConfiguration"]["TcpEstablishedTimeout"],
        300
    );
}

#[test]
fn attributes_change_one_by_one_1_5_4() {
    let mut stage = Stage::new();
    let id = stage.new_interface("ConnectionTrackingConfiguration.UdpTimeout=60");
    let own = format!("{REGION} NetworkInterfaceId={id}");
    stage.ok(
        MODIFY,
        &format!(
            "{own} QueueNumber=4 DeleteOnRelease=true SourceDestCheck=true \
             NetworkInterfaceTrafficConfig.NetworkInterfaceTrafficMode=HighPerformance \
             ConnectionTrackingConfiguration.TcpClosedAndTimeWaitTimeout=15"
        ),
    );
    let row = stage.interface(&id);
    assert_eq!(row["QueueNumber"], 4);
    assert_eq!(
        (&row["DeleteOnRelease"], &row["SourceDestCheck"]),
        (&true.into(), &true.into())
    );
    assert_eq!(row["NetworkInterfaceTrafficMode"], "HighPerformance");
    let asked = format!("{own} Attribute=connectionTrackingConfiguration");
    let timers = stage.ok("DescribeNetworkInterfaceAttribute", &asked);
    let timers = &timers["ConnectionTrackingConfiguration"];
    assert_eq!(
        (
            &timers["UdpTimeout"],
            &timers["TcpClosedAndTimeWaitTimeout"]
        ),
        (&60.into(), &15.into())
    );
    let instance = stage.new_instance("");
    let attach = format!("{own} InstanceId={instance}");
    stage.ok("AttachNetworkInterface", &attach);
    let code = stage.code(MODIFY, &format!("{own} QueueNumber=8"));
    assert_eq!(code, "400 InvalidOperation.InvalidEcsState");
    stage.ok("StopInstance", &format!("InstanceId={instance}"));
    stage.ok(MODIFY, &format!("{own} QueueNumber=8"));
    stage.set(&id, "Status=Detaching");
    let code = stage.code(MODIFY, &format!("{own} QueueNumber=9"));
    assert_eq!(code, "400 InvalidOperation.InvalidEniState");
    stage.set(&id, "Status=InUse ServiceManaged=true");
    let code = stage.code(MODIFY, &format!("{own} QueueNumber=9"));
    assert_eq!(code, "403 InvalidOperation.EniServiceManaged");
}

#[test]
fn a_change_that_changes_nothing_is_made_twice_5_6_4() {
    let mut stage = Stage::new();
    let id = stage.new_interface("");
    let own = format!("{REGION} NetworkInterfaceId={id}");
    let call = format!(
        "{own} SecurityGroupId.1={} NetworkInterfaceName=same",
        stage.group
    );
    stage.ok(MODIFY, &call);
    stage.ok(MODIFY, &call);
    stage.ok(MODIFY, &own);
}
