//! vSwitches and their addresses.

use serde_json::json;

use super::{World, code, ids, ok, vpc, vswitch};

/// As `alicloud_vswitch` reads it.
#[test]
fn a_new_vswitch_is_available_with_every_field_that_clients_read() {
    let mut world = World::new();
    let id = vpc(&mut world, "CidrBlock=10.0.0.0/8 ResourceGroupId=rg-1");
    let created = ok(
        &mut world,
        "CreateVSwitch",
        &format!(
            "CidrBlock=10.1.1.0/24 ClientToken=t RegionId=cn-hangzhou VSwitchName=e2e VpcId={id} \
             ZoneId=cn-hangzhou-h Description=mine Tag.1.Key=env"
        ),
    );
    let switch = "vsw-bp100000000000000002";
    assert_eq!(created["VSwitchId"], switch);
    let asked = format!("RegionId=cn-hangzhou VSwitchId={switch}");
    let mut row = ok(&mut world, "DescribeVSwitchAttributes", &asked);
    row.as_object_mut().unwrap().remove("RequestId");
    assert_eq!(
        row,
        json!({
            "AvailableIpAddressCount": 252, "CidrBlock": "10.1.1.0/24",
            "CreationTime": "2026-01-01T00:00:00Z", "Description": "mine", "EnabledIpv6": false,
            "Ipv6CidrBlock": "", "IsDefault": false, "NetworkAclId": "", "OwnerId": 1_234_567_890,
            "ResourceGroupId": "rg-1",
            "RouteTable":
                {"RouteTableId": "vtb-bp100000000000000001", "RouteTableType": "System"},
            "ShareType": "", "Status": "Available",
            "Tags": {"Tag": [{"Key": "env", "Value": ""}]}, "VSwitchId": switch,
            "VSwitchName": "e2e", "VpcId": id, "ZoneId": "cn-hangzhou-h",
        })
    );
    let list = ok(&mut world, "DescribeVSwitches", "RegionId=cn-hangzhou");
    assert_eq!(list["VSwitches"]["VSwitch"], json!([row]));
    let asked = format!("RegionId=cn-hangzhou VpcId={id}");
    let body = ok(&mut world, "DescribeVpcAttribute", &asked);
    assert_eq!(body["VSwitchIds"], json!({"VSwitchId": [switch]}));
    let resources = &body["CloudResources"]["CloudResourceSetType"];
    assert_eq!(
        resources[0],
        json!({"ResourceCount": 1, "ResourceType": "VSwitch"})
    );
}

#[test]
fn a_vswitch_needs_a_vpc_a_zone_of_its_region_and_a_block() {
    let mut world = World::new();
    let id = vpc(&mut world, "");
    for (parameters, wanted) in [
        ("ZoneId=cn-hangzhou-h", "400 MissingParameter"),
        ("VpcId=VPC", "400 MissingParameter"),
        ("VpcId=VPC ZoneId=cn-hangzhou-h", "400 MissingParameter"),
        (
            "VpcId=vpc-2 ZoneId=cn-hangzhou-h",
            "404 InvalidVpcId.NotFound",
        ),
        (
            "VpcId=VPC ZoneId=cn-hangzhou-h RegionId=cn-beijing",
            "404 InvalidVpcId.NotFound",
        ),
        (
            "VpcId=VPC ZoneId=cn-beijing-h",
            "404 InvalidZoneId.NotFound",
        ),
        ("VpcId=VPC ZoneId=cn-hangzhou", "404 InvalidZoneId.NotFound"),
    ] {
        let parameters = parameters.replace("VPC", &id);
        assert_eq!(
            code(&mut world, "CreateVSwitch", &parameters),
            wanted,
            "{parameters}"
        );
    }
}

#[test]
fn the_block_of_a_vswitch_is_a_part_of_the_vpcs_that_no_other_has() {
    let mut world = World::new();
    let id = vpc(&mut world, "CidrBlock=10.0.0.0/12");
    let other = vpc(&mut world, "CidrBlock=10.0.0.0/12");
    vswitch(&mut world, &id, "CidrBlock=10.0.0.0/24");
    let mut refused = |block: &str| {
        let parameters = format!("VpcId={id} ZoneId=cn-hangzhou-h CidrBlock={block}");
        code(&mut world, "CreateVSwitch", &parameters)
    };
    for (block, wanted) in [
        ("10.0.0.0", "400 InvalidCidrBlock.Malformed"),
        ("10.0.0.1/24", "400 InvalidCidrBlock.Malformed"),
        ("::/64", "400 InvalidCidrBlock.Malformed"),
        ("10.0.0.0/15", "400 InvalidCirdrBlock.MaskLength"),
        ("10.0.0.0/30", "400 InvalidCirdrBlock.MaskLength"),
        ("10.16.0.0/24", "400 InvalidParameter"),
        ("10.0.0.0/24", "400 InvalidCidrBlock.Overlapped"),
        ("10.0.0.128/25", "400 InvalidCidrBlock.Overlapped"),
        ("10.0.0.0/16", "400 InvalidCidrBlock.Overlapped"),
    ] {
        assert_eq!(refused(block), wanted, "{block}");
    }
    vswitch(&mut world, &id, "CidrBlock=10.1.0.0/16");
    vswitch(&mut world, &id, "CidrBlock=10.0.1.0/29");
    vswitch(&mut world, &other, "CidrBlock=10.0.0.0/24");
}

#[test]
fn a_mask_alone_takes_the_first_free_block() {
    let mut world = World::new();
    let id = vpc(&mut world, "CidrBlock=10.0.0.0/23");
    let mut block = |parameters: &str| {
        let switch = vswitch(&mut world, &id, parameters);
        let asked = format!("VSwitchId={switch}");
        let row = ok(&mut world, "DescribeVSwitchAttributes", &asked);
        row["CidrBlock"].as_str().unwrap().to_owned()
    };
    assert_eq!(block("CidrBlock=10.0.0.0/28"), "10.0.0.0/28");
    assert_eq!(block("CidrMask=24"), "10.0.1.0/24");
    assert_eq!(block("CidrMask=28"), "10.0.0.16/28");
    let parameters = format!("VpcId={id} ZoneId=cn-hangzhou-h");
    for (more, wanted) in [
        (
            "CidrMask=24",
            "400 OperationDenied.AvailableCidrInsufficient",
        ),
        ("CidrMask=15", "400 IllegalParam.CidrMask"),
        ("CidrMask=30", "400 IllegalParam.CidrMask"),
        ("CidrMask=-1", "400 IllegalParam.CidrMask"),
        (
            "CidrMask=28 CidrBlock=10.0.0.64/26",
            "400 IllegalParam.CidrMask",
        ),
        ("CidrMask=x", "400 InvalidParameter"),
    ] {
        let parameters = format!("{parameters} {more}");
        assert_eq!(
            code(&mut world, "CreateVSwitch", &parameters),
            wanted,
            "{more}"
        );
    }
}

#[test]
fn a_vpc_has_150_vswitches_at_most_unless_nothing_is_limited() {
    for (limits, wanted) in [("seed", Some("400 QuotaExceeded.VSwitch")), ("off", None)] {
        let mut world = World::with(&[("limits", limits)]);
        let id = vpc(&mut world, "");
        for _ in 0..150 {
            vswitch(&mut world, &id, "CidrMask=28");
        }
        let parameters = format!("VpcId={id} ZoneId=cn-hangzhou-h CidrMask=28");
        match wanted {
            Some(wanted) => assert_eq!(code(&mut world, "CreateVSwitch", &parameters), wanted),
            None => _ = ok(&mut world, "CreateVSwitch", &parameters),
        }
    }
}

#[test]
fn what_a_vswitch_cannot_be_called_is_refused() {
    let mut world = World::new();
    let id = vpc(&mut world, "");
    let switch = vswitch(&mut world, &id, "CidrBlock=172.16.0.0/24 VSwitchName=a");
    let name = "400 InvalidVSwitchName.Malformed";
    let description = "400 InvalidVSwitchDiscription.Malformed";
    let object = format!("VpcId={id} VSwitchId={switch} ZoneId=cn-hangzhou-h");
    for action in ["CreateVSwitch", "ModifyVSwitchAttribute"] {
        let parameters = format!("{object} VSwitchName=http://a");
        assert_eq!(code(&mut world, action, &parameters), name);
        let parameters = format!("{object} Description=https://a");
        assert_eq!(code(&mut world, action, &parameters), description);
    }
    ok(
        &mut world,
        "ModifyVSwitchAttribute",
        &format!("VSwitchId={switch} Description=d"),
    );
    let row = ok(
        &mut world,
        "DescribeVSwitchAttributes",
        &format!("VSwitchId={switch}"),
    );
    assert_eq!(
        (&row["VSwitchName"], &row["Description"]),
        (&json!("a"), &json!("d"))
    );
}

#[test]
fn vswitches_are_those_of_the_account_and_region_5_0_9() {
    let mut world = World::new();
    let id = vpc(&mut world, "");
    let switch = vswitch(&mut world, &id, "CidrBlock=172.16.0.0/24");
    let wanted = "404 InvalidVswitchID.NotFound";
    let actions = [
        "DescribeVSwitchAttributes",
        "ModifyVSwitchAttribute",
        "DeleteVSwitch",
    ];
    for action in actions {
        let elsewhere = format!("RegionId=cn-beijing VSwitchId={switch}");
        assert_eq!(code(&mut world, action, &elsewhere), wanted);
        assert_eq!(code(&mut world, action, "VSwitchId=vsw-1"), wanted);
        assert_eq!(code(&mut world, action, ""), "400 MissingParameter");
    }
    "999".clone_into(&mut world.account);
    for action in actions {
        let asked = format!("VSwitchId={switch}");
        assert_eq!(code(&mut world, action, &asked), wanted);
    }
    let body = ok(&mut world, "DescribeVSwitches", "RegionId=cn-hangzhou");
    assert_eq!(body["TotalCount"], 0);
}

#[test]
fn vswitches_are_found_by_filters() {
    let mut world = World::new();
    let one = vpc(&mut world, "EnableIpv6=true");
    let two = vpc(&mut world, "ResourceGroupId=rg-2");
    let first = vswitch(
        &mut world,
        &one,
        "CidrBlock=172.16.0.0/24 Ipv6CidrBlock=0 VSwitchName=a",
    );
    let second = vswitch(&mut world, &two, "CidrBlock=172.16.0.0/24 Tag.1.Key=k");
    let mut found = |filter: &str| {
        let body = ok(&mut world, "DescribeVSwitches", filter);
        ids(&body["VSwitches"]["VSwitch"], "VSwitchId").join(" ")
    };
    let both = format!("{second} {first}");
    assert_eq!(found(&format!("VpcId={one}")), first);
    let mut found = |filter: &str| found(&format!("RegionId=cn-hangzhou {filter}"));
    assert_eq!(found(""), both);
    assert_eq!(found(&format!("VSwitchId={second}")), second);
    assert_eq!(found("VSwitchName=a"), first);
    assert_eq!(found("ZoneId=cn-hangzhou-h"), both);
    assert_eq!(found("ZoneId=cn-hangzhou-b"), "");
    assert_eq!(found("ResourceGroupId=rg-2"), second);
    assert_eq!(found("RouteTableId=vtb-bp100000000000000001"), first);
    assert_eq!(found("EnableIpv6=true"), first);
    assert_eq!(found("EnableIpv6=false"), second);
    assert_eq!(found("IsDefault=false"), both);
    assert_eq!(found("IsDefault=true"), "");
    assert_eq!(found("VSwitchOwnerId=1"), "");
    assert_eq!(found("Tag.1.Key=k"), second);
    assert_eq!(
        code(&mut world, "DescribeVSwitches", ""),
        "400 MissingParameter.RegionId"
    );
}

#[test]
fn interfaces_take_addresses_and_keep_their_vswitch() {
    let mut world = World::new();
    let id = vpc(&mut world, "");
    let switch = vswitch(&mut world, &id, "CidrBlock=172.16.0.0/24");
    let group = format!("RegionId=cn-hangzhou VpcId={id}");
    let group = world.id("CreateSecurityGroup", &group, "SecurityGroupId");
    let place = format!("RegionId=cn-hangzhou VSwitchId={switch} SecurityGroupId={group}");
    let plain = world.id("CreateNetworkInterface", &place, "NetworkInterfaceId");
    let more = format!("{place} SecondaryPrivateIpAddressCount=2 Ipv4PrefixCount=1");
    let more = world.id("CreateNetworkInterface", &more, "NetworkInterfaceId");
    let asked = format!("VSwitchId={switch}");
    let row = ok(&mut world, "DescribeVSwitchAttributes", &asked);
    // 256 but 4 reserved, 1, 1 and 2, and a prefix of 16.
    assert_eq!(row["AvailableIpAddressCount"], 256 - 4 - 1 - 3 - 16);
    let wanted = "400 DependencyViolation";
    assert_eq!(code(&mut world, "DeleteVSwitch", &asked), wanted);
    for interface in [plain, more] {
        let delete = format!("RegionId=cn-hangzhou NetworkInterfaceId={interface}");
        world.ok("DeleteNetworkInterface", &delete);
    }
    let row = ok(&mut world, "DescribeVSwitchAttributes", &asked);
    assert_eq!(row["AvailableIpAddressCount"], 252);
    ok(&mut world, "DeleteVSwitch", &asked);
}
