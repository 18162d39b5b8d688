//! StartInstance, StopInstance, DeleteInstance and DeleteInstances.

use super::super::stage::{REGION, Stage};

#[test]
fn instances_start_and_stop() {
    let mut stage = Stage::new();
    let id = stage.new_instance("");
    let own = format!("InstanceId={id}");
    assert_eq!(
        stage.code("StartInstance", &own),
        "403 IncorrectInstanceStatus"
    );
    let code = stage.code("StopInstance", &format!("{own} DryRun=true"));
    assert_eq!(code, "400 DryRunOperation");
    stage.ok("StopInstance", &own);
    assert_eq!(stage.instance(&id)["Status"], "Stopped");
    assert_eq!(
        stage.code("StopInstance", &own),
        "403 IncorrectInstanceStatus"
    );
    stage.set(&id, "LockedForSecurity=true");
    assert_eq!(
        stage.code("StartInstance", &own),
        "403 InstanceLockedForSecurity"
    );
    stage.set(&id, "LockedForSecurity=false");
    stage.ok("StartInstance", &own);
    assert_eq!(stage.instance(&id)["Status"], "Running");
    for action in ["StartInstance", "StopInstance", "DeleteInstance"] {
        assert_eq!(
            stage.code(action, "InstanceId=i-none"),
            "404 InvalidInstanceId.NotFound"
        );
        assert_eq!(stage.code(action, ""), "400 MissingParameter");
    }
}

#[test]
fn starting_and_stopping_take_a_second_where_they_take_time_5_6_5() {
    let mut stage = Stage::with(&[("api.async", "on")]);
    let call = stage.launch("");
    let id = stage.id("CreateInstance", &call, "InstanceId");
    let own = format!("InstanceId={id}");
    assert_eq!(stage.instance(&id)["Status"], "Stopped");
    for (action, during, after) in [
        ("StartInstance", "Starting", "Running"),
        ("StopInstance", "Stopping", "Stopped"),
    ] {
        stage.ok(action, &own);
        assert_eq!(stage.instance(&id)["Status"], during);
        assert_eq!(stage.code(action, &own), "403 IncorrectInstanceStatus");
        stage.now += 1;
        assert_eq!(stage.instance(&id)["Status"], after);
    }
}

#[test]
fn deleting_an_instance_deletes_or_detaches_its_interfaces_1_5_3() {
    let mut stage = Stage::new();
    let id = stage.new_instance("NetworkInterface.1.DeleteOnRelease=true");
    let kept = stage.new_interface("");
    let attach = format!("{REGION} NetworkInterfaceId={kept} InstanceId={id}");
    stage.ok("AttachNetworkInterface", &attach);
    let own = format!("InstanceId={id}");
    assert_eq!(
        stage.code("DeleteInstance", &own),
        "403 IncorrectInstanceStatus"
    );
    let code = stage.code("DeleteInstance", &format!("{own} Force=true DryRun=true"));
    assert_eq!(code, "400 DryRunOperation");
    stage.ok("DeleteInstance", &format!("{own} Force=true"));
    assert!(stage.instance(&id).is_null());
    let all = stage.ok("DescribeNetworkInterfaces", REGION);
    assert_eq!(all["TotalCount"], 1);
    let row = stage.interface(&kept);
    assert_eq!(
        (&row["Status"], &row["InstanceId"]),
        (&"Available".into(), &"".into())
    );
}

#[test]
fn protected_and_locked_instances_are_not_deleted() {
    let mut stage = Stage::new();
    let id = stage.new_instance("DeletionProtection=true");
    let own = format!("InstanceId={id} Force=true");
    let code = stage.code("DeleteInstance", &own);
    assert_eq!(code, "403 InvalidOperation.DeletionProtection");
    let off = format!("InstanceId={id} DeletionProtection=False");
    stage.ok("ModifyInstanceAttribute", &off);
    stage.set(&id, "LockedForSecurity=true");
    assert_eq!(
        stage.code("DeleteInstance", &own),
        "403 InstanceLockedForSecurity"
    );
    stage.set(&id, "LockedForSecurity=false");
    stage.ok("DeleteInstance", &own);
}

#[test]
fn many_instances_are_deleted_or_none_5_0_7() {
    let mut stage = Stage::new();
    let (one, other) = (stage.new_instance(""), stage.new_instance(""));
    let both = format!("{REGION} InstanceId.1={one} InstanceId.2={other}");
    stage.ok("StopInstance", &format!("InstanceId={one}"));
    assert_eq!(
        stage.code("DeleteInstances", &both),
        "403 IncorrectInstanceStatus"
    );
    let none = format!("{both} InstanceId.3=i-none Force=true");
    assert_eq!(
        stage.code("DeleteInstances", &none),
        "404 InvalidInstanceId.NotFound"
    );
    assert_eq!(
        stage.code("DeleteInstances", REGION),
        "400 MissingParameter"
    );
    let many: Vec<String> = (1..=101)
        .map(|at| format!("InstanceId.{at}={one}"))
        .collect();
    let many = format!("{REGION} {}", many.join(" "));
    assert_eq!(stage.code("DeleteInstances", &many), "400 InvalidParameter");
    stage.ok(
        "DeleteInstances",
        &format!("{both} InstanceId.3={one} Force=true ClientToken=t"),
    );
    let all = stage.ok("DescribeInstances", REGION);
    assert_eq!(all["TotalCount"], 0);
}
