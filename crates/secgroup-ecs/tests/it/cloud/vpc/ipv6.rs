//! IPv6 blocks of VPCs and vSwitches.

use serde_json::{Value, json};

use super::{World, call, code, ok, vpc, vswitch};

fn vpc_row(world: &mut World, id: &str) -> Value {
    let asked = format!("RegionId=cn-hangzhou VpcId={id}");
    ok(world, "DescribeVpcAttribute", &asked)
}

fn vswitch_block(world: &mut World, id: &str) -> Value {
    let mut row = ok(
        world,
        "DescribeVSwitchAttributes",
        &format!("VSwitchId={id}"),
    );
    let block = row["Ipv6CidrBlock"].take();
    assert_eq!(row["EnabledIpv6"], block != "");
    block
}

#[test]
fn every_vpc_that_wants_ipv6_has_a_56_of_its_own() {
    let mut world = World::new();
    let id = vpc(&mut world, "EnableIpv6=true");
    let row = vpc_row(&mut world, &id);
    assert_eq!(row["Ipv6CidrBlock"], "2408:4000:0:100::/56");
    assert_eq!(row["EnabledIpv6"], true);
    let block = json!({"Ipv6CidrBlock": "2408:4000:0:100::/56", "Ipv6Isp": "BGP"});
    assert_eq!(row["Ipv6CidrBlocks"], json!({"Ipv6CidrBlock": [block]}));
    let own = "EnableIpv6=true Ipv6CidrBlock=2408:4000:0:300::/56 Ipv6Isp=ChinaMobile";
    let own = vpc(&mut world, own);
    let row = vpc_row(&mut world, &own);
    let block = json!({"Ipv6CidrBlock": "2408:4000:0:300::/56", "Ipv6Isp": "ChinaMobile"});
    assert_eq!(row["Ipv6CidrBlocks"], json!({"Ipv6CidrBlock": [block]}));
    // The third would have been given the second one's block.
    let third = vpc(&mut world, "EnableIpv6=true");
    assert_eq!(
        vpc_row(&mut world, &third)["Ipv6CidrBlock"],
        "2408:4000:0:400::/56"
    );
}

#[test]
fn ipv6_blocks_of_vpcs_are_checked() {
    let mut world = World::new();
    vpc(&mut world, "EnableIpv6=true");
    for (parameters, wanted) in [
        (
            "EnableIpv6=true Ipv6CidrBlock=2408::/64",
            "400 InvalidIpv6CidrBlock.Malformed",
        ),
        (
            "EnableIpv6=true Ipv6CidrBlock=2408::1/56",
            "400 InvalidIpv6CidrBlock.Malformed",
        ),
        (
            "EnableIpv6=true Ipv6CidrBlock=2408:4000:0:100::/56",
            "400 OperationFailed.Ipv6CidrBlockOverLapped",
        ),
        ("Ipv6CidrBlock=2408::/56", "400 MissingParam.EnableIpv6"),
        ("EnableIpv6=true Ipv6Isp=Other", "400 IllegalParam.Ipv6Isp"),
        ("EnableIpv6=yes", "400 InvalidParameter"),
    ] {
        let parameters = format!("RegionId=cn-hangzhou {parameters}");
        assert_eq!(
            code(&mut world, "CreateVpc", &parameters),
            wanted,
            "{parameters}"
        );
    }
}

#[test]
fn a_vswitch_has_the_64_of_its_number() {
    let mut world = World::new();
    let id = vpc(&mut world, "EnableIpv6=true");
    let plain = vswitch(&mut world, &id, "CidrMask=24");
    assert_eq!(vswitch_block(&mut world, &plain), "");
    let zero = vswitch(&mut world, &id, "CidrMask=24 Ipv6CidrBlock=0");
    assert_eq!(vswitch_block(&mut world, &zero), "2408:4000:0:100::/64");
    let last = "CidrMask=24 Ipv6CidrBlock=255 VpcIpv6CidrBlock=2408:4000:0:100::/56";
    let last = vswitch(&mut world, &id, last);
    assert_eq!(vswitch_block(&mut world, &last), "2408:4000:0:1ff::/64");
    let any = vswitch(&mut world, &id, "CidrMask=24 Ipv6CidrMask=64");
    assert_eq!(vswitch_block(&mut world, &any), "2408:4000:0:101::/64");
    let body = ok(&mut world, "DescribeRouteTables", "");
    let entries = &body["RouteTables"]["RouteTable"][0]["RouteEntrys"]["RouteEntry"];
    assert_eq!(entries.as_array().unwrap().len(), 4 + 3 + 1);
}

#[test]
fn ipv6_blocks_of_vswitches_are_checked() {
    let mut world = World::new();
    let with = vpc(&mut world, "EnableIpv6=true");
    let without = vpc(&mut world, "");
    vswitch(&mut world, &with, "CidrMask=24 Ipv6CidrBlock=7");
    for (vpc, more, wanted) in [
        (
            &without,
            "Ipv6CidrBlock=0",
            "400 OperationUnsupported.Ipv6Feature",
        ),
        (
            &with,
            "Ipv6CidrBlock=256",
            "400 InvalidIpv6CidrBlock.Malformed",
        ),
        (
            &with,
            "Ipv6CidrBlock=-1",
            "400 InvalidIpv6CidrBlock.Malformed",
        ),
        (
            &with,
            "Ipv6CidrBlock=7",
            "400 OperationFailed.Ipv6CidrBlockOverLapped",
        ),
        (&with, "Ipv6CidrMask=63", "400 IllegalParam.CidrMask"),
        (
            &with,
            "Ipv6CidrBlock=1 VpcIpv6CidrBlock=2408::/56",
            "400 InvalidParameter",
        ),
    ] {
        let parameters = format!("VpcId={vpc} ZoneId=cn-hangzhou-h CidrMask=24 {more}");
        assert_eq!(
            code(&mut world, "CreateVSwitch", &parameters),
            wanted,
            "{more}"
        );
    }
}

#[test]
fn ipv6_can_be_enabled_and_disabled_later() {
    let mut world = World::new();
    let id = vpc(&mut world, "");
    let switch = vswitch(&mut world, &id, "CidrMask=24");
    ok(
        &mut world,
        "ModifyVpcAttribute",
        &format!("VpcId={id} EnableIPv6=true"),
    );
    assert_eq!(
        vpc_row(&mut world, &id)["Ipv6CidrBlock"],
        "2408:4000:0:300::/56"
    );
    let mut change = |more: &str| {
        let parameters = format!("VpcId={id} VSwitchId={switch} {more}");
        let answer = call(&mut world, "ModifyVSwitchAttribute", &parameters);
        let code = answer.code().unwrap_or("").to_owned();
        (code, vswitch_block(&mut world, &switch))
    };
    let refused = (String::from("MissingParam.Ipv6CidrBlock"), json!(""));
    assert_eq!(change("EnableIPv6=true"), refused);
    let block = |text: &str| (String::new(), json!(text));
    assert_eq!(
        change("EnableIPv6=true Ipv6CidrBlock=5"),
        block("2408:4000:0:305::/64")
    );
    assert_eq!(change("Ipv6CidrBlock=6"), block("2408:4000:0:306::/64"));
    let parameters = format!("VpcId={id} EnableIPv6=false");
    let wanted = "400 DependencyViolation.VSwitch";
    assert_eq!(code(&mut world, "ModifyVpcAttribute", &parameters), wanted);
    let off = format!("VSwitchId={switch} EnableIPv6=false");
    ok(&mut world, "ModifyVSwitchAttribute", &off);
    assert_eq!(vswitch_block(&mut world, &switch), "");
    ok(&mut world, "ModifyVpcAttribute", &parameters);
    let row = vpc_row(&mut world, &id);
    assert_eq!(
        (&row["EnabledIpv6"], &row["Ipv6CidrBlock"]),
        (&json!(false), &json!(""))
    );
}

#[test]
fn a_block_that_interfaces_have_addresses_of_stays() {
    let mut world = World::new();
    let id = vpc(&mut world, "EnableIpv6=true");
    let switch = vswitch(&mut world, &id, "CidrMask=24 Ipv6CidrBlock=0");
    let group = format!("RegionId=cn-hangzhou VpcId={id}");
    let group = world.id("CreateSecurityGroup", &group, "SecurityGroupId");
    let interface = format!(
        "RegionId=cn-hangzhou VSwitchId={switch} SecurityGroupId={group} Ipv6AddressCount=1"
    );
    world.ok("CreateNetworkInterface", &interface);
    let wanted = "400 DependencyViolation";
    for change in ["EnableIPv6=false", "Ipv6CidrBlock=1"] {
        let parameters = format!("VSwitchId={switch} {change}");
        assert_eq!(
            code(&mut world, "ModifyVSwitchAttribute", &parameters),
            wanted
        );
    }
    let same = format!("VSwitchId={switch} Ipv6CidrBlock=0 VSwitchName=n");
    ok(&mut world, "ModifyVSwitchAttribute", &same);
}
