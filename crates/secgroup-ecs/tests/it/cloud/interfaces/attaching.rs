//! AttachNetworkInterface and DetachNetworkInterface (5.6.5), at once or under
//! `api.async=on`.

use super::super::stage::{REGION, Stage, groups};

const ATTACH: &str = "AttachNetworkInterface";
const DETACH: &str = "DetachNetworkInterface";

fn pair(interface: &str, instance: &str) -> String {
    format!("{REGION} NetworkInterfaceId={interface} InstanceId={instance}")
}

#[test]
fn an_interface_keeps_its_groups_through_attach_and_detach_5_6_5() {
    let mut stage = Stage::new();
    let (instance, own) = (stage.new_instance(""), stage.new_group(""));
    let interface = stage.new_interface(&format!("SecurityGroupId={own}"));
    stage.ok(ATTACH, &pair(&interface, &instance));
    let row = stage.interface(&interface);
    assert_eq!(
        (&row["Status"], &row["InstanceId"]),
        (&"InUse".into(), &instance.clone().into())
    );
    assert_eq!(groups(&row), std::slice::from_ref(&own));
    let row = stage.instance(&instance);
    let interfaces = row["NetworkInterfaces"]["NetworkInterface"]
        .as_array()
        .unwrap();
    assert_eq!(interfaces.len(), 2);
    assert_eq!(
        (&interfaces[0]["Type"], &interfaces[1]["Type"]),
        (&"Primary".into(), &"Secondary".into())
    );
    stage.ok(DETACH, &pair(&interface, &instance));
    let row = stage.interface(&interface);
    assert_eq!(
        (&row["Status"], &row["InstanceId"]),
        (&"Available".into(), &"".into())
    );
    assert_eq!(groups(&row), [own]);
}

#[test]
fn what_cannot_be_attached_is_refused_5_6_5() {
    let mut stage = Stage::new();
    let (instance, interface) = (stage.new_instance(""), stage.new_interface(""));
    let vpc = stage.new_vpc("");
    let (away, vswitch) = (
        stage.new_group_in(&vpc, ""),
        stage.new_vswitch(&vpc, "10.0.0.0/24", ""),
    );
    let there = stage.new_interface(&format!("SecurityGroupId={away} VSwitchId={vswitch}"));
    let own_vpc = stage.vpc.clone();
    let zone = stage.new_vswitch(&own_vpc, "10.9.0.0/24", "ZoneId=cn-hangzhou-i");
    let in_zone = stage.new_interface(&format!("VSwitchId={zone}"));
    let primary = stage.primary(&instance);
    for (interface, instance, code) in [
        ("eni-none", instance.as_str(), "404 InvalidEniId.NotFound"),
        (&interface, "i-none", "404 InvalidEcsId.NotFound"),
        (&primary, &instance, "400 InvalidOperation.InvalidEniState"),
        (&there, &instance, "403 InvalidOperation.VpcMismatch"),
        (
            &in_zone,
            &instance,
            "403 InvalidOperation.AvailabilityZoneMismatch",
        ),
    ] {
        assert_eq!(stage.code(ATTACH, &pair(interface, instance)), code);
    }
    stage.set(&instance, "Status=Starting");
    let code = stage.code(ATTACH, &pair(&interface, &instance));
    assert_eq!(code, "400 InvalidOperation.InvalidEcsState");
    stage.set(&instance, "Status=Running");
    for _ in 1..32 {
        let more = stage.new_interface("");
        stage.ok(ATTACH, &pair(&more, &instance));
    }
    let code = stage.code(ATTACH, &pair(&interface, &instance));
    assert_eq!(code, "403 EniPerInstanceLimitExceeded");
    stage.set(&interface, "ServiceManaged=true");
    let code = stage.code(ATTACH, &pair(&interface, &instance));
    assert_eq!(code, "403 InvalidOperation.EniServiceManaged");
}

#[test]
fn what_cannot_be_detached_is_refused_5_6_5() {
    let mut stage = Stage::new();
    let (instance, other) = (stage.new_instance(""), stage.new_instance(""));
    let (interface, loose) = (stage.new_interface(""), stage.new_interface(""));
    stage.ok(ATTACH, &pair(&interface, &instance));
    let primary = stage.primary(&instance);
    for (interface, instance, code) in [
        ("eni-none", instance.as_str(), "404 InvalidEniId.NotFound"),
        (&interface, "i-none", "404 InvalidEcsId.NotFound"),
        (
            &primary,
            &instance,
            "400 InvalidOperation.DetachPrimaryEniNotAllowed",
        ),
        (&loose, &instance, "400 InvalidOperation.InvalidEniState"),
        (&interface, &other, "400 InvalidOperation.InvalidEniState"),
    ] {
        assert_eq!(stage.code(DETACH, &pair(interface, instance)), code);
    }
    stage.set(&instance, "Status=Stopping");
    let code = stage.code(DETACH, &pair(&interface, &instance));
    assert_eq!(code, "400 InvalidOperation.InvalidEcsState");
    for call in [
        format!("NetworkInterfaceId={interface} InstanceId={instance}"),
        REGION.to_owned(),
    ] {
        assert!(
            stage
                .code(DETACH, &call)
                .starts_with("400 MissingParameter"),
            "{call}"
        );
    }
}

#[test]
fn attaching_takes_a_second_where_it_takes_time_5_6_5() {
    let mut stage = Stage::with(&[("api.async", "on")]);
    let instance = stage.new_instance("");
    stage.now += 1;
    let interface = stage.new_interface("");
    stage.ok(ATTACH, &pair(&interface, &instance));
    let row = stage.interface(&interface);
    assert_eq!(
        (&row["Status"], &row["InstanceId"]),
        (&"Attaching".into(), &instance.clone().into())
    );
    let join = format!(
        "{REGION} NetworkInterfaceId={interface} SecurityGroupId={}",
        stage.group
    );
    let code = stage.code("JoinSecurityGroup", &join);
    assert_eq!(code, "400 InvalidOperation.InvalidEniState");
    stage.now += 1;
    assert_eq!(stage.interface(&interface)["Status"], "InUse");
    stage.ok(DETACH, &pair(&interface, &instance));
    let row = stage.interface(&interface);
    assert_eq!(
        (&row["Status"], &row["InstanceId"]),
        (&"Detaching".into(), &instance.into())
    );
    stage.now += 3600;
    let row = stage.interface(&interface);
    assert_eq!(
        (&row["Status"], &row["InstanceId"]),
        (&"Available".into(), &"".into())
    );
}

#[test]
fn a_transition_outlives_the_process_5_6_5() {
    let mut stage = Stage::with(&[("api.async", "on")]);
    let instance = stage.new_instance("");
    let state = stage.cloud.to_state();
    let flags = secgroup_ecs::ApiFlags::default();
    let semantics = secgroup_model::Semantics::default();
    stage.cloud = secgroup_ecs::Cloud::from_state(&state, flags, semantics).unwrap();
    assert_eq!(stage.instance(&instance)["Status"], "Pending");
    stage.now += 1;
    assert_eq!(stage.instance(&instance)["Status"], "Running");
    let primary = stage.primary(&instance);
    assert_eq!(stage.interface(&primary)["Status"], "InUse");
}
