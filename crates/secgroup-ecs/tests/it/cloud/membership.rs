//! JoinSecurityGroup and LeaveSecurityGroup (5.6.1, 5.6.2): every row of
//! appendix A.S0 but one is produced here.
//!
//! `500 InternalError` is not: nothing in a simulation fails for unknown reasons.

mod capacity;
mod order;

use super::stage::{REGION, Stage, groups};

/// The state to test in: an instance and an interface in one group, and another.
struct Cast {
    stage: Stage,
    instance: String,
    interface: String,
    other: String,
}

fn cast() -> Cast {
    let mut stage = Stage::new();
    let instance = stage.new_instance("");
    let interface = stage.new_interface("");
    let other = stage.new_group("");
    Cast {
        stage,
        instance,
        interface,
        other,
    }
}

impl Cast {
    /// Lets the instance join or leave, and returns the code.
    fn instance_code(&mut self, action: &str, group: &str) -> (String, String) {
        let call = format!("InstanceId={} SecurityGroupId={group}", self.instance);
        self.stage.fails(action, &call)
    }

    /// Lets the interface join or leave, and returns the code.
    fn interface_code(&mut self, action: &str, group: &str) -> (String, String) {
        let call = format!(
            "{REGION} NetworkInterfaceId={} SecurityGroupId={group}",
            self.interface
        );
        self.stage.fails(action, &call)
    }
}

const JOIN: &str = "JoinSecurityGroup";
const LEAVE: &str = "LeaveSecurityGroup";

#[test]
fn an_instance_joins_and_leaves_with_its_primary_interface_5_6_1() {
    let mut cast = cast();
    let Cast {
        stage,
        instance,
        other,
        ..
    } = &mut cast;
    let secondary = stage.new_interface("");
    let attached = format!("{REGION} InstanceId={instance} NetworkInterfaceId={secondary}");
    stage.ok("AttachNetworkInterface", &attached);
    let call = format!("InstanceId={instance} SecurityGroupId={other}");
    let answer = stage.ok(JOIN, &call);
    assert_eq!(answer.as_object().unwrap().len(), 1, "RequestId alone");
    let (first, primary) = (stage.group.clone(), stage.primary(instance));
    let both = [first.clone(), other.clone()];
    assert_eq!(groups(&stage.instance(instance)), both);
    assert_eq!(groups(&stage.interface(&primary)), both);
    assert_eq!(
        groups(&stage.interface(&secondary)),
        std::slice::from_ref(&first)
    );
    stage.ok(
        LEAVE,
        &format!("InstanceId={instance} SecurityGroupId={first}"),
    );
    assert_eq!(
        groups(&stage.instance(instance)),
        std::slice::from_ref(&*other)
    );
    stage.ok("StopInstance", &format!("InstanceId={instance}"));
    stage.ok(
        JOIN,
        &format!("InstanceId={instance} SecurityGroupId={first}"),
    );
}

#[test]
fn an_interface_joins_and_leaves_by_itself_5_6_1() {
    let mut cast = cast();
    let Cast {
        stage,
        interface,
        other,
        ..
    } = &mut cast;
    let call = format!("{REGION} NetworkInterfaceId={interface} SecurityGroupId={other}");
    stage.ok(JOIN, &call);
    assert_eq!(groups(&stage.interface(interface)).len(), 2);
    stage.ok(LEAVE, &call);
    let group = stage.group.clone();
    assert_eq!(groups(&stage.interface(interface)), [group]);
}

#[test]
fn exactly_one_of_instance_and_interface_is_named_5_6_1() {
    let mut cast = cast();
    let (instance, interface) = (cast.instance.clone(), cast.interface.clone());
    for action in [JOIN, LEAVE] {
        let group = cast.other.clone();
        // Row S0 InvalidParam.EniIdAndInstanceId.Conflict, A49.
        let both =
            format!("SecurityGroupId={group} InstanceId={instance} NetworkInterfaceId={interface}");
        let code = cast.stage.code(action, &both);
        assert_eq!(code, "403 InvalidParam.EniIdAndInstanceId.Conflict");
        // Row S0 InvalidParam.Malformed.
        let neither = format!("{REGION} SecurityGroupId={group} InstanceId=");
        assert_eq!(
            cast.stage.code(action, &neither),
            "403 InvalidParam.Malformed"
        );
        // Row S0 MissingParameter.RegionId.
        let nowhere = format!("SecurityGroupId={group} NetworkInterfaceId={interface}");
        let (code, message) = cast.stage.fails(action, &nowhere);
        assert_eq!(code, "400 MissingParameter.RegionId");
        assert_eq!(message, "The specified RegionId should not be null.");
        let nothing = format!("InstanceId={instance}");
        assert_eq!(cast.stage.code(action, &nothing), "400 MissingParameter");
        // Row S0 InvalidInstanceId.Malformed.
        let malformed = format!("SecurityGroupId={group} InstanceId=i/1");
        let (code, message) = cast.stage.fails(action, &malformed);
        assert_eq!(code, "400 InvalidInstanceId.Malformed");
        assert_eq!(
            message,
            "The specified parameter \"InstanceId\" is not valid."
        );
    }
}

#[test]
fn group_instance_and_interface_must_exist_in_the_region_5_6_1() {
    let mut cast = cast();
    for action in [JOIN, LEAVE] {
        // Row S0 InvalidSecurityGroupId.NotFound; it comes before the others.
        let (code, message) = cast
            .stage
            .fails(action, "InstanceId=i-none SecurityGroupId=sg-none");
        assert_eq!(code, "404 InvalidSecurityGroupId.NotFound");
        assert_eq!(message, "The specified SecurityGroupId does not exist.");
        // Row S0 InvalidInstanceId.NotFound.
        let group = cast.other.clone();
        let call = format!("InstanceId=i-none SecurityGroupId={group}");
        let (code, message) = cast.stage.fails(action, &call);
        assert_eq!(code, "404 InvalidInstanceId.NotFound");
        assert_eq!(message, "The specified InstanceId does not exist.");
        // Row S0 InvalidEniId.NotFound.
        let call = format!("{REGION} NetworkInterfaceId=eni-none SecurityGroupId={group}");
        assert_eq!(cast.stage.code(action, &call), "404 InvalidEniId.NotFound");
        let elsewhere = format!(
            "RegionId=cn-beijing InstanceId={} SecurityGroupId={group}",
            cast.instance
        );
        let code = cast.stage.code(action, &elsewhere);
        assert_eq!(code, "404 InvalidSecurityGroupId.NotFound");
    }
}

#[test]
fn what_is_being_created_cannot_join_5_6_1() {
    let mut cast = cast();
    let (instance, interface) = (cast.instance.clone(), cast.interface.clone());
    let group = cast.other.clone();
    // Row S0 Forbidden.InstanceIsBeingCreated.
    cast.stage.set(&instance, "Status=Pending");
    let (code, message) = cast.instance_code(JOIN, &group);
    assert_eq!(code, "403 Forbidden.InstanceIsBeingCreated");
    assert_eq!(message, "The specified instance is being created.");
    assert_eq!(
        cast.instance_code(LEAVE, &group).0,
        "403 IncorrectInstanceStatus"
    );
    // Row S0 InvalidStatus.EniOrInstanceIsBeingCreated.
    cast.stage.set(&interface, "Status=Creating");
    let code = cast.interface_code(JOIN, &group).0;
    assert_eq!(code, "400 InvalidStatus.EniOrInstanceIsBeingCreated");
}

#[test]
fn only_running_and_stopped_instances_that_are_not_locked_join_or_leave_1_4() {
    let mut cast = cast();
    let (instance, interface) = (cast.instance.clone(), cast.interface.clone());
    let group = cast.other.clone();
    for action in [JOIN, LEAVE] {
        // Row S0 IncorrectInstanceStatus.
        for status in ["Starting", "Stopping"] {
            cast.stage.set(&instance, &format!("Status={status}"));
            let (code, message) = cast.instance_code(action, &group);
            assert_eq!(code, "403 IncorrectInstanceStatus");
            let expected = "The current status of the resource does not support this operation.";
            assert_eq!(message, expected);
        }
        // Row S0 InstanceLockedForSecurity.
        cast.stage
            .set(&instance, "Status=Running LockedForSecurity=true");
        let (code, message) = cast.instance_code(action, &group);
        assert_eq!(code, "403 InstanceLockedForSecurity");
        assert!(message.ends_with("locked for security reasons."));
        cast.stage.set(&instance, "LockedForSecurity=false");
        // Row S0 InvalidOperation.InvalidEniState.
        for status in ["Attaching", "Detaching", "Deleting"] {
            cast.stage.set(&interface, &format!("Status={status}"));
            let code = cast.interface_code(action, &group).0;
            assert_eq!(code, "400 InvalidOperation.InvalidEniState");
        }
        cast.stage.set(&interface, "Status=Available");
    }
}

#[test]
fn cloud_products_keep_their_groups_and_interfaces_to_themselves_1_3_3() {
    let mut cast = cast();
    let (instance, interface) = (cast.instance.clone(), cast.interface.clone());
    let group = cast.other.clone();
    let primary = cast.stage.primary(&instance);
    for action in [JOIN, LEAVE] {
        // Row S0 InvalidOperation.ResourceManagedByCloudProduct.
        cast.stage.set(&group, "ServiceManaged=true");
        let managed = "403 InvalidOperation.ResourceManagedByCloudProduct";
        assert_eq!(cast.instance_code(action, &group).0, managed);
        assert_eq!(cast.interface_code(action, &group).0, managed);
        cast.stage.set(&group, "ServiceManaged=false");
        // Row S0 InvalidOperation.EniServiceManaged.
        cast.stage.set(&interface, "ServiceManaged=true");
        let code = cast.interface_code(action, &group).0;
        assert_eq!(code, "403 InvalidOperation.EniServiceManaged");
        cast.stage.set(&interface, "ServiceManaged=false");
        // Row S0 InvalidOperation.InvalidEniType.
        let call = format!("{REGION} NetworkInterfaceId={primary} SecurityGroupId={group}");
        let code = cast.stage.code(action, &call);
        assert_eq!(code, "403 InvalidOperation.InvalidEniType");
    }
}

#[test]
fn members_are_of_the_network_of_their_group_1_2() {
    let mut cast = cast();
    let vpc = cast.stage.new_vpc("");
    let group = cast.stage.new_group_in(&vpc, "");
    // Row S0 InvalidInstanceId.Mismatch.
    let (code, message) = cast.instance_code(JOIN, &group);
    assert_eq!(code, "400 InvalidInstanceId.Mismatch");
    let expected = "Specified instance and security group are not in the same VPC.";
    assert_eq!(message, expected);
    // Row S0 InvalidOperation.VpcMismatch.
    let code = cast.interface_code(JOIN, &group).0;
    assert_eq!(code, "403 InvalidOperation.VpcMismatch");
}

#[test]
fn a_classic_group_takes_1000_addresses_under_the_current_profile_4_7() {
    let mut stage = Stage::with(&[("api.classic", "on"), ("profile", "current")]);
    let group = stage.id("CreateSecurityGroup", REGION, "SecurityGroupId");
    for left in [1000, 999] {
        let query = format!("{REGION} SecurityGroupId={group}");
        let body = stage.ok("DescribeSecurityGroups", &query);
        let row = &body["SecurityGroups"]["SecurityGroup"][0];
        assert_eq!(row["AvailableInstanceAmount"], left);
        stage.ok("RunInstances", &query);
    }
}

#[test]
fn classic_and_vpc_do_not_mix_1_2() {
    let mut stage = Stage::with(&[("api.classic", "on")]);
    let classic = stage.id("CreateSecurityGroup", REGION, "SecurityGroupId");
    let second = stage.id("CreateSecurityGroup", REGION, "SecurityGroupId");
    let launch = format!("{REGION} SecurityGroupId={classic}");
    let body = stage.ok("RunInstances", &launch);
    let instance = body["InstanceIdSets"]["InstanceIdSet"][0].as_str().unwrap();
    let row = stage.instance(instance);
    assert_eq!(row["InstanceNetworkType"], "classic");
    assert_eq!(row["VpcAttributes"]["VpcId"], "");
    assert_eq!(row["InnerIpAddress"]["IpAddress"][0], "10.0.0.1");
    let join = |group: &str| format!("InstanceId={instance} SecurityGroupId={group}");
    stage.ok(JOIN, &join(&second));
    let own = stage.group.clone();
    let code = stage.code(JOIN, &join(&own));
    assert_eq!(code, "400 InvalidInstanceId.Mismatch");
    let in_vpc = stage.new_instance("");
    let join = format!("InstanceId={in_vpc} SecurityGroupId={classic}");
    assert_eq!(stage.code(JOIN, &join), "400 InvalidInstanceId.Mismatch");
    stage.ok(
        LEAVE,
        &format!("InstanceId={instance} SecurityGroupId={second}"),
    );
}

#[test]
fn members_belong_to_the_owner_of_their_group_5_6_1() {
    let mut cast = cast();
    let (instance, interface) = (cast.instance.clone(), cast.interface.clone());
    let group = cast.other.clone();
    cast.stage.set(&instance, "OwnerId=2222222222");
    cast.stage.set(&interface, "OwnerId=2222222222");
    // Row S0 NotBelongUser.
    assert_eq!(cast.instance_code(JOIN, &group).0, "400 NotBelongUser");
    // Row S0 InvalidOperation.EniAndGroupNotBelongSameUser.
    let code = cast.interface_code(JOIN, &group).0;
    assert_eq!(code, "400 InvalidOperation.EniAndGroupNotBelongSameUser");
    // Leaving has no such codes: what is not the caller's is not there.
    assert_eq!(
        cast.instance_code(LEAVE, &group).0,
        "404 InvalidInstanceId.NotFound"
    );
    assert_eq!(
        cast.interface_code(LEAVE, &group).0,
        "404 InvalidEniId.NotFound"
    );
}

#[test]
fn groups_of_different_types_do_not_mix_1_5_1() {
    let mut cast = cast();
    let advanced = cast.stage.new_group("SecurityGroupType=enterprise");
    // Row S0 InvalidOperation.MultiGroupType.
    let (code, message) = cast.instance_code(JOIN, &advanced);
    assert_eq!(code, "400 InvalidOperation.MultiGroupType");
    let expected = "The specified instance can't join different types of security group.";
    assert_eq!(message, expected);
    let code = cast.interface_code(JOIN, &advanced).0;
    assert_eq!(code, "400 InvalidOperation.MultiGroupType");
}

#[test]
fn old_instance_families_cannot_be_in_advanced_groups_5_6_1() {
    let mut stage = Stage::new();
    let first = stage.new_group("SecurityGroupType=enterprise");
    let second = stage.new_group("SecurityGroupType=enterprise");
    let old = stage.new_instance("InstanceType=ecs.n1.small");
    let interface = stage.new_interface(&format!("SecurityGroupId={first}"));
    let attach = format!("{REGION} InstanceId={old} NetworkInterfaceId={interface}");
    stage.ok("AttachNetworkInterface", &attach);
    // Row S0 InvalidOperation.NotSupportEnterpriseGroup.
    let join = format!("{REGION} NetworkInterfaceId={interface} SecurityGroupId={second}");
    let (code, message) = stage.fails(JOIN, &join);
    assert_eq!(code, "400 InvalidOperation.NotSupportEnterpriseGroup");
    let expected = "The specified instance type doesn't support enterprise level security group.";
    assert_eq!(message, expected);
}

#[test]
fn a_member_cannot_join_twice_5_6_1() {
    let mut cast = cast();
    let group = cast.stage.group.clone();
    // Row S0 InvalidInstanceId.AlreadyExists, A47.
    let (code, message) = cast.instance_code(JOIN, &group);
    assert_eq!(code, "403 InvalidInstanceId.AlreadyExists");
    let expected = "The specified instance already exists in the specified security group.";
    assert_eq!(message, expected);
    let code = cast.interface_code(JOIN, &group).0;
    assert_eq!(code, "403 InvalidInstanceId.AlreadyExists");
}

#[test]
fn only_members_leave_and_never_their_last_group_5_6_2() {
    let mut cast = cast();
    let (first, other) = (cast.stage.group.clone(), cast.other.clone());
    // A53.
    let code = cast.instance_code(LEAVE, &other).0;
    assert_eq!(code, "400 InvalidSecurityGroupAssociation.NotFound");
    let code = cast.interface_code(LEAVE, &other).0;
    assert_eq!(code, "400 InvalidSecurityGroupAssociation.NotFound");
    // A52.
    let (code, message) = cast.instance_code(LEAVE, &first);
    assert_eq!(code, "403 InstanceLastSecurityGroup");
    let expected = "The specified security group is the last security group for the instance.";
    assert_eq!(message, expected);
    let code = cast.interface_code(LEAVE, &first).0;
    assert_eq!(code, "403 InvalidOperation.AtLeastInOneGroup");
}
