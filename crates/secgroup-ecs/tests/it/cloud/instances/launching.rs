//! RunInstances and CreateInstance.

use serde_json::Value;

use super::super::stage::{REGION, Stage, groups, texts};

const RUN: &str = "RunInstances";

/// Makes instances, and returns their ids.
fn run(stage: &mut Stage, parameters: &str) -> Vec<String> {
    let call = stage.launch(parameters);
    let body = stage.ok(RUN, &call);
    texts(&body["InstanceIdSets"]["InstanceIdSet"])
}

fn address(row: &Value) -> &str {
    row["VpcAttributes"]["PrivateIpAddress"]["IpAddress"][0]
        .as_str()
        .unwrap()
}

#[test]
fn instances_are_made_with_their_primary_interfaces_1_4() {
    let mut stage = Stage::new();
    let second = stage.new_group("");
    let group = stage.group.clone();
    let ids = run(
        &mut stage,
        &format!(
            "Amount=2 SecurityGroupIds.1={group} SecurityGroupIds.2={second} InstanceName=web \
             HostName=web-host Description=a+server Tag.1.Key=env Tag.1.Value=e2e"
        ),
    );
    assert_eq!(ids.len(), 2);
    let row = stage.instance(&ids[1]);
    assert_eq!(row["Status"], "Running");
    assert_eq!(
        (&row["InstanceName"], &row["HostName"]),
        (&"web".into(), &"web-host".into())
    );
    assert_eq!(row["Description"], "a server");
    assert_eq!(row["Tags"]["Tag"][0]["TagKey"], "env");
    assert_eq!(groups(&row), [group, second]);
    assert_eq!(address(&row), "10.0.0.2");
    let primary = stage.primary(&ids[1]);
    let row = stage.interface(&primary);
    assert_eq!(
        (&row["Type"], &row["Status"]),
        (&"Primary".into(), &"InUse".into())
    );
    assert_eq!(row["Tags"]["Tag"][0]["TagKey"], "env");
}

#[test]
fn an_instance_needs_a_region_a_group_and_a_vswitch() {
    let mut stage = Stage::new();
    let (group, vswitch) = (stage.group.clone(), stage.vswitch.clone());
    let vpc = stage.new_vpc("");
    let away = stage.new_group_in(&vpc, "");
    let advanced = stage.new_group("SecurityGroupType=enterprise");
    let managed = stage.new_group("");
    stage.set(&managed, "ServiceManaged=true");
    let own = format!("{REGION} VSwitchId={vswitch}");
    let rows = [
        (
            format!("VSwitchId={vswitch} SecurityGroupId={group}"),
            "400 MissingParameter.RegionId",
        ),
        (own.clone(), "400 MissingParameter"),
        (
            format!("{REGION} SecurityGroupId={group}"),
            "400 MissingParameter",
        ),
        (
            format!("{own} SecurityGroupId=sg-none"),
            "404 InvalidSecurityGroupId.NotFound",
        ),
        (
            format!("{REGION} VSwitchId=vsw-none SecurityGroupId={group}"),
            "404 InvalidVSwitchId.NotFound",
        ),
        (
            format!("{own} SecurityGroupId={group} SecurityGroupIds.1={group}"),
            "400 InvalidParameter.Conflict",
        ),
        (
            format!("{own} SecurityGroupIds.1={group} SecurityGroupIds.2={group}"),
            "404 InvalidParameter.SecurityGroupIdRepeated",
        ),
        (
            format!("{own} SecurityGroupId={away}"),
            "400 InvalidParameter.Mismatch",
        ),
        (
            format!("{own} SecurityGroupId={managed}"),
            "403 InvalidOperation.ResourceManagedByCloudProduct",
        ),
        (
            format!("{own} SecurityGroupIds.1={group} SecurityGroupIds.2={advanced}"),
            "400 InvalidOperation.MultiGroupType",
        ),
        (
            format!("{own} SecurityGroupId={advanced} InstanceType=ecs.t1.small"),
            "400 InvalidOperation.NotSupportEnterpriseGroup",
        ),
        (
            format!("{own} SecurityGroupId={group} ZoneId=cn-hangzhou-i"),
            "400 InvalidParameter.Mismatch",
        ),
    ];
    for (call, code) in rows {
        assert_eq!(stage.code(RUN, &call), code, "{call}");
    }
}

#[test]
fn amounts_and_names_are_checked() {
    let mut stage = Stage::new();
    for (asked, code) in [
        ("Amount=0", "403 InvalidParam.Amount"),
        ("Amount=101", "403 InvalidParam.Amount"),
        ("Amount=x", "400 InvalidParameter"),
        ("Amount=2 MinAmount=3", "400 InvalidMinAmount.Malformed"),
        ("InstanceName=a", "400 InvalidInstanceName.Malformed"),
        ("InstanceName=http://a", "400 InvalidInstanceName.Malformed"),
        ("HostName=-a", "400 InvalidHostName.Malformed"),
        ("HostName=a..b", "400 InvalidHostName.Malformed"),
        ("HostNames.1=ab HostNames.2=cd", "400 InvalidParameter"),
        (
            "HostName=ab HostNames.1=cd",
            "400 InvalidParameter.Conflict",
        ),
        ("Description=http://a", "400 InvalidDescription.Malformed"),
        ("Tag.1.Key=aliyun", "400 InvalidTagKey.Malformed"),
    ] {
        let call = stage.launch(asked);
        assert_eq!(stage.code(RUN, &call), code, "{asked}");
    }
}

#[test]
fn many_instances_have_numbered_names() {
    let mut stage = Stage::new();
    let rows: [(&str, [&str; 2]); 5] = [
        ("InstanceName=node", ["node", "node"]),
        (
            "InstanceName=node UniqueSuffix=true",
            ["node001", "node002"],
        ),
        ("InstanceName=node-[7,4]-x", ["node-0007-x", "node-0008-x"]),
        (
            "InstanceName=node[,] UniqueSuffix=true",
            ["node000000", "node000001"],
        ),
        (
            "InstanceName=n[9,1]x UniqueSuffix=true",
            ["n9x001", "n10x002"],
        ),
    ];
    for (asked, expected) in rows {
        let ids = run(&mut stage, &format!("Amount=2 {asked}"));
        let names = ids
            .iter()
            .map(|id| stage.instance(id)["InstanceName"].clone());
        let names: Vec<Value> = names.collect();
        assert_eq!(names, expected, "{asked}");
    }
    let ids = run(
        &mut stage,
        "Amount=2 HostNames.1=first HostNames.2=k8s-${instance_id}",
    );
    let row = stage.instance(&ids[1]);
    assert_eq!(row["HostName"], format!("k8s-{}", ids[1]).as_str());
    assert_eq!(row["InstanceName"], ids[1].as_str());
    assert_eq!(stage.instance(&ids[0])["HostName"], "first");
}

#[test]
fn private_addresses_are_drawn_named_or_follow_each_other() {
    let mut stage = Stage::new();
    let ids = run(&mut stage, "Amount=3 PrivateIpAddress=10.0.0.10");
    let addresses: Vec<String> = ids
        .iter()
        .map(|id| address(&stage.instance(id)).to_owned())
        .collect();
    assert_eq!(addresses, ["10.0.0.10", "10.0.0.11", "10.0.0.12"]);
    for (asked, code) in [
        (
            "PrivateIpAddress=10.0.0.11",
            "400 InvalidPrivateIpAddress.Duplicated",
        ),
        (
            "Amount=2 PrivateIpAddress=10.0.0.9",
            "400 InvalidPrivateIpAddress.Duplicated",
        ),
        ("PrivateIpAddress=10.1.0.1", "400 InvalidPrivateIpAddress"),
        (
            "PrivateIpAddress=10.0.255.255",
            "403 InvalidVSwitchId.IpInvalid",
        ),
        (
            "PrivateIpAddress=ten",
            "400 InvalidPrivateIpAddress.Malformed",
        ),
        (
            "Amount=2 PrivateIpAddress=ten",
            "400 InvalidPrivateIpAddress.Malformed",
        ),
        ("Ipv6AddressCount=1", "403 InvalidVSwitch.Ipv6NotTurnOn"),
        ("Amount=2 Ipv6Address.1=fd00::1", "403 InvalidParam.Amount"),
    ] {
        let call = stage.launch(asked);
        assert_eq!(stage.code(RUN, &call), code, "{asked}");
    }
    let vpc = stage.vpc.clone();
    let small = stage.new_vswitch(&vpc, "10.7.0.0/29", "");
    let call = stage.launch(&format!("VSwitchId={small} Amount=5"));
    assert_eq!(stage.code(RUN, &call), "400 QuotaExceeded.PrivateIpAddress");
}

#[test]
fn interfaces_are_made_with_the_instance_as_named_1_5_1() {
    let mut stage = Stage::new();
    let advanced = stage.new_group("SecurityGroupType=enterprise");
    let (group, vswitch) = (stage.group.clone(), stage.vswitch.clone());
    let loose = stage.new_interface("");
    let call = format!(
        "{REGION} InstanceType=ecs.g7.large NetworkInterface.1.InstanceType=Primary \
         NetworkInterface.1.SecurityGroupIds.1={group} NetworkInterface.1.VSwitchId={vswitch} \
         NetworkInterface.1.PrimaryIpAddress=10.0.0.99 NetworkInterface.2.SecurityGroupId={advanced} \
         NetworkInterface.2.NetworkInterfaceName=second NetworkInterface.2.DeleteOnRelease=false \
         NetworkInterface.2.SecondaryPrivateIpAddressCount=1 \
         NetworkInterface.3.NetworkInterfaceId={loose}"
    );
    let body = stage.ok(RUN, &call);
    let id = body["InstanceIdSets"]["InstanceIdSet"][0].as_str().unwrap();
    let row = stage.instance(id);
    assert_eq!(address(&row), "10.0.0.99");
    assert_eq!(groups(&row), [group]);
    let interfaces = row["NetworkInterfaces"]["NetworkInterface"]
        .as_array()
        .unwrap();
    assert_eq!(interfaces.len(), 3);
    let ids = interfaces[1..].iter();
    let ids: Vec<&str> = ids
        .map(|one| one["NetworkInterfaceId"].as_str().unwrap())
        .collect();
    assert_eq!(ids[0], loose);
    // Types may differ between the interfaces of one instance.
    let second = stage.interface(ids[1]);
    assert_eq!(groups(&second), [advanced]);
    assert_eq!(
        (&second["NetworkInterfaceName"], &second["DeleteOnRelease"]),
        (&"second".into(), &false.into())
    );
    assert_eq!(
        second["PrivateIpSets"]["PrivateIpSet"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    assert_eq!(stage.interface(&loose)["Status"], "InUse");
}

#[test]
fn interfaces_that_contradict_the_call_are_refused() {
    let mut stage = Stage::new();
    let vpc = stage.new_vpc("");
    let (away, there) = (
        stage.new_group_in(&vpc, ""),
        stage.new_vswitch(&vpc, "10.0.0.0/24", ""),
    );
    let own = stage.vpc.clone();
    let zone = stage.new_vswitch(&own, "10.9.0.0/24", "ZoneId=cn-hangzhou-i");
    let (loose, group) = (stage.new_interface(""), stage.group.clone());
    let primary = "NetworkInterface.1.InstanceType=Primary";
    let rows = [
        (
            format!("{primary} NetworkInterface.1.SecurityGroupId={group}"),
            "400 InvalidParam.NetworkInterface",
        ),
        (primary.to_owned(), "400 MissingParameter"),
        (
            "NetworkInterface.1.InstanceType=Third".to_owned(),
            "400 InvalidParameter",
        ),
        (
            "NetworkInterface.1.NetworkInterfaceName=ab NetworkInterface.1.Ipv6AddressCount=1"
                .to_owned(),
            "400 InvalidParam.NetworkInterface",
        ),
        (
            format!("NetworkInterface.1.SecurityGroupId={away}"),
            "400 InvalidParameter.Mismatch",
        ),
        (
            format!(
                "NetworkInterface.1.VSwitchId={there} NetworkInterface.1.SecurityGroupId={away}"
            ),
            "403 InvalidOperation.VpcMismatch",
        ),
        (
            format!("NetworkInterface.1.VSwitchId={zone}"),
            "403 InvalidOperation.AvailabilityZoneMismatch",
        ),
        (
            format!("Amount=2 NetworkInterface.1.NetworkInterfaceId={loose}"),
            "403 InvalidParam.Amount",
        ),
        (
            "Amount=2 NetworkInterface.1.PrimaryIpAddress=10.0.0.9".to_owned(),
            "403 InvalidParam.Amount",
        ),
        (
            "NetworkInterface.1.NetworkInterfaceId=eni-none".to_owned(),
            "404 InvalidEniId.NotFound",
        ),
        (
            format!(
                "NetworkInterface.1.NetworkInterfaceId={loose} NetworkInterface.2.NetworkInterfaceId={loose}"
            ),
            "400 InvalidParam.NetworkInterface",
        ),
    ];
    for (asked, code) in rows {
        // The group and vSwitch of the stage stand beside the interfaces.
        let call = format!(
            "{REGION} VSwitchId={} SecurityGroupId={group} {asked}",
            stage.vswitch
        );
        assert_eq!(stage.code(RUN, &call), code, "{asked}");
    }
}

#[test]
fn an_instance_has_a_bounded_number_of_interfaces() {
    let mut stage = Stage::new();
    let many: Vec<String> = (1..=33)
        .map(|at| format!("NetworkInterface.{at}.InstanceType=Secondary"))
        .collect();
    let call = stage.launch(&many.join(" "));
    assert_eq!(stage.code(RUN, &call), "400 InvalidParam.NetworkInterface");
    let call = stage.launch(&many[..32].join(" "));
    assert_eq!(stage.code(RUN, &call), "403 EniPerInstanceLimitExceeded");
}

#[test]
fn a_dry_run_makes_every_check_and_no_instance_5_7_2() {
    let mut stage = Stage::new();
    let call = stage.launch("DryRun=True");
    let (code, message) = stage.fails(RUN, &call);
    assert_eq!(code, "400 DryRunOperation");
    assert_eq!(
        message,
        "Request validation has been passed with DryRun flag set."
    );
    let call = stage.launch("DryRun=true PrivateIpAddress=10.1.0.1");
    assert_eq!(stage.code(RUN, &call), "400 InvalidPrivateIpAddress");
}

#[test]
fn a_token_makes_the_instances_once_5_0_5() {
    let mut stage = Stage::new();
    let first = run(&mut stage, "Amount=2 ClientToken=t");
    assert_eq!(run(&mut stage, "Amount=2 ClientToken=t"), first);
    let all = stage.ok("DescribeInstances", REGION);
    assert_eq!(all["TotalCount"], 2);
}

#[test]
fn one_instance_is_made_and_not_started() {
    let mut stage = Stage::new();
    let call = stage.launch("InstanceName=single PrivateIpAddress=10.0.0.7");
    let id = stage.id("CreateInstance", &call, "InstanceId");
    let row = stage.instance(&id);
    assert_eq!(
        (&row["Status"], &row["InstanceName"]),
        (&"Stopped".into(), &"single".into())
    );
    assert_eq!(address(&row), "10.0.0.7");
    let (group, vswitch) = (stage.group.clone(), stage.vswitch.clone());
    for missing in [
        format!("{REGION} VSwitchId={vswitch} SecurityGroupId={group} ImageId=img"),
        format!("{REGION} VSwitchId={vswitch} SecurityGroupId={group} InstanceType=ecs.g7.large"),
        format!("{REGION} VSwitchId={vswitch} InstanceType=ecs.g7.large ImageId=img"),
        format!("{REGION} SecurityGroupId={group} InstanceType=ecs.g7.large ImageId=img"),
    ] {
        assert_eq!(
            stage.code("CreateInstance", &missing),
            "400 MissingParameter",
            "{missing}"
        );
    }
    let join = format!("InstanceId={id} SecurityGroupId={}", stage.new_group(""));
    stage.ok("JoinSecurityGroup", &join);
}

#[test]
fn launching_takes_a_second_where_it_takes_time_5_6_5() {
    let mut stage = Stage::with(&[("api.async", "on")]);
    let id = stage.new_instance("");
    let primary = stage.primary(&id);
    assert_eq!(stage.instance(&id)["Status"], "Pending");
    assert_eq!(stage.interface(&primary)["Status"], "Creating");
    let join = format!("InstanceId={id} SecurityGroupId={}", stage.new_group(""));
    let code = stage.code("JoinSecurityGroup", &join);
    assert_eq!(code, "403 Forbidden.InstanceIsBeingCreated");
    let code = stage.code("DeleteInstance", &format!("InstanceId={id} Force=true"));
    assert_eq!(code, "403 IncorrectInstanceStatus.Initializing");
    stage.now += 1;
    assert_eq!(stage.instance(&id)["Status"], "Running");
    assert_eq!(stage.interface(&primary)["Status"], "InUse");
    stage.ok("JoinSecurityGroup", &join);
}
