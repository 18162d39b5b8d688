//! The order of the checks of JoinSecurityGroup (5.6.1): a call with everything
//! wrong with it is put right step by step, and each time the next check fails.

use super::super::stage::{REGION, Stage};
use super::JOIN;

#[test]
fn the_checks_for_an_instance_come_in_the_order_of_the_table_5_6_1() {
    let mut stage = Stage::with(&[("limits", "seed")]);
    let instance = stage.new_instance("");
    let vpc = stage.new_vpc("");
    // A managed advanced group of another VPC, with too many rules in it.
    let away = stage.new_group_in(&vpc, "SecurityGroupType=enterprise");
    let advanced = stage.new_group("SecurityGroupType=enterprise");
    let basic = stage.group.clone();
    let region = "RegionId=cn-hangzhou NetworkInterfaceId=eni-1";
    let both = format!("{region} InstanceId=i/1 SecurityGroupId=sg-none");
    let mut seen = vec![stage.code(JOIN, &both)];
    seen.push(stage.code(JOIN, "InstanceId=i/1 SecurityGroupId=sg-none"));
    seen.push(stage.code(JOIN, "InstanceId=i-none SecurityGroupId=sg-none"));
    seen.push(stage.code(JOIN, &format!("InstanceId=i-none SecurityGroupId={away}")));
    stage.set(&away, "ServiceManaged=true");
    stage.set(&instance, "Status=Pending LockedForSecurity=true");
    let join = |group: &str| format!("InstanceId={instance} SecurityGroupId={group}");
    seen.push(stage.code(JOIN, &join(&away)));
    stage.set(&instance, "Status=Starting");
    seen.push(stage.code(JOIN, &join(&away)));
    stage.set(&instance, "Status=Running");
    seen.push(stage.code(JOIN, &join(&away)));
    stage.set(&instance, "LockedForSecurity=false OwnerId=2222222222");
    seen.push(stage.code(JOIN, &join(&away)));
    stage.set(&away, "ServiceManaged=false");
    seen.push(stage.code(JOIN, &join(&away)));
    seen.push(stage.code(JOIN, &join(&advanced)));
    stage.set(&instance, "OwnerId=1234567890");
    seen.push(stage.code(JOIN, &join(&advanced)));
    seen.push(stage.code(JOIN, &join(&basic)));
    assert_eq!(
        seen,
        [
            "403 InvalidParam.EniIdAndInstanceId.Conflict",
            "400 InvalidInstanceId.Malformed",
            "404 InvalidSecurityGroupId.NotFound",
            "404 InvalidInstanceId.NotFound",
            "403 Forbidden.InstanceIsBeingCreated",
            "403 IncorrectInstanceStatus",
            "403 InstanceLockedForSecurity",
            "403 InvalidOperation.ResourceManagedByCloudProduct",
            "400 InvalidInstanceId.Mismatch",
            "400 NotBelongUser",
            "400 InvalidOperation.MultiGroupType",
            "403 InvalidInstanceId.AlreadyExists",
        ]
    );
}

#[test]
fn the_checks_for_an_interface_come_in_the_order_of_the_table_5_6_1() {
    let mut stage = Stage::new();
    let interface = stage.new_interface("");
    let vpc = stage.new_vpc("");
    let away = stage.new_group_in(&vpc, "SecurityGroupType=enterprise");
    let advanced = stage.new_group("SecurityGroupType=enterprise");
    let basic = stage.group.clone();
    let mut seen = vec![stage.code(JOIN, "SecurityGroupId=sg-none")];
    seen.push(stage.code(JOIN, "SecurityGroupId=sg-none NetworkInterfaceId=eni-none"));
    let join = |interface: &str, group: &str| {
        format!("{REGION} NetworkInterfaceId={interface} SecurityGroupId={group}")
    };
    seen.push(stage.code(JOIN, &join("eni-none", "sg-none")));
    seen.push(stage.code(JOIN, &join("eni-none", &away)));
    stage.set(&away, "ServiceManaged=true");
    stage.set(
        &interface,
        "Status=Creating ServiceManaged=true OwnerId=2222222222",
    );
    seen.push(stage.code(JOIN, &join(&interface, &away)));
    stage.set(&interface, "Status=Detaching");
    seen.push(stage.code(JOIN, &join(&interface, &away)));
    stage.set(&interface, "Status=Available");
    seen.push(stage.code(JOIN, &join(&interface, &away)));
    stage.set(&away, "ServiceManaged=false");
    seen.push(stage.code(JOIN, &join(&interface, &away)));
    stage.set(&interface, "ServiceManaged=false");
    seen.push(stage.code(JOIN, &join(&interface, &away)));
    seen.push(stage.code(JOIN, &join(&interface, &advanced)));
    stage.set(&interface, "OwnerId=1234567890");
    seen.push(stage.code(JOIN, &join(&interface, &advanced)));
    seen.push(stage.code(JOIN, &join(&interface, &basic)));
    assert_eq!(
        seen,
        [
            "403 InvalidParam.Malformed",
            "400 MissingParameter.RegionId",
            "404 InvalidSecurityGroupId.NotFound",
            "404 InvalidEniId.NotFound",
            "400 InvalidStatus.EniOrInstanceIsBeingCreated",
            "400 InvalidOperation.InvalidEniState",
            "403 InvalidOperation.ResourceManagedByCloudProduct",
            "403 InvalidOperation.EniServiceManaged",
            "403 InvalidOperation.VpcMismatch",
            "400 InvalidOperation.EniAndGroupNotBelongSameUser",
            "400 InvalidOperation.MultiGroupType",
            "403 InvalidInstanceId.AlreadyExists",
        ]
    );
}

#[test]
fn membership_comes_before_the_number_of_groups_and_that_before_the_rules_5_6_1() {
    let mut stage = Stage::new();
    let instance = stage.new_instance("");
    let join = |group: &str| format!("InstanceId={instance} SecurityGroupId={group}");
    let full: Vec<String> = (0..5).map(|_| stage.new_group("")).collect();
    for group in &full[..4] {
        stage.ok(JOIN, &join(group));
    }
    // Each of the five has 200 rules, and so has the sixth.
    let mut groups = full.clone();
    groups.insert(0, stage.group.clone());
    for group in &groups {
        for batch in 0..2 {
            let rules = (1..=100).map(|number| {
                let port = batch * 100 + number;
                format!(
                    "Permissions.{number}.IpProtocol=TCP Permissions.{number}.PortRange={port}/{port} \
                     Permissions.{number}.SourceCidrIp=10.0.0.0/8"
                )
            });
            let rules: Vec<String> = rules.collect();
            let call = format!("{REGION} SecurityGroupId={group} {}", rules.join(" "));
            stage.ok("AuthorizeSecurityGroup", &call);
        }
    }
    // 12, also in a full set; 13; 15.
    assert_eq!(
        stage.code(JOIN, &join(&full[0])),
        "403 InvalidInstanceId.AlreadyExists"
    );
    let sixth = &full[4];
    let code = stage.code(JOIN, &join(sixth));
    assert_eq!(code, "400 InstanceSecurityGroupLimitExceeded");
}
