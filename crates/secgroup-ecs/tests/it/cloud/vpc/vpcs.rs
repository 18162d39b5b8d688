//! VPCs: made, changed and deleted.

use serde_json::json;

use super::{World, call, code, ok, vpc, vswitch};

const VPC: &str = "vpc-bp100000000000000001";

/// As `alicloud_vpc` reads it, with empty lists and texts for what is unset.
#[test]
fn a_new_vpc_is_available_with_every_field_that_clients_read() {
    let mut world = World::new();
    let parameters = "RegionId=cn-hangzhou CidrBlock=10.0.0.0/8 VpcName=e2e Tag.1.Key=env \
                      Tag.1.Value=test ResourceGroupId=rg-1";
    let created = ok(&mut world, "CreateVpc", parameters);
    assert_eq!(
        created,
        json!({"RequestId": "00000000-0000-0000-0000-000000000001", "ResourceGroupId": "rg-1",
               "RouteTableId": "vtb-bp100000000000000001",
               "VRouterId": "vrt-bp100000000000000001", "VpcId": VPC})
    );
    let asked = format!("RegionId=cn-hangzhou VpcId={VPC}");
    let body = ok(&mut world, "DescribeVpcAttribute", &asked);
    let resource = |kind| json!({"ResourceCount": 1, "ResourceType": kind});
    assert_eq!(
        body,
        json!({
            "AssociatedCens": {"AssociatedCen": []},
            "AssociatedPropagationSources": {"AssociatedPropagationSources": []},
            "CidrBlock": "10.0.0.0/8", "ClassicLinkEnabled": false,
            "CloudResources":
                {"CloudResourceSetType": [resource("VRouter"), resource("RouteTable")]},
            "CreationTime": "2026-01-01T00:00:00Z", "Description": "", "DhcpOptionsSetId": "",
            "DhcpOptionsSetStatus": "", "DnsHostnameStatus": "DISABLED", "EnabledIpv6": false,
            "Ipv4GatewayId": "", "Ipv6CidrBlock": "", "Ipv6CidrBlocks": {"Ipv6CidrBlock": []},
            "IsDefault": false, "OwnerId": 1_234_567_890, "RegionId": "cn-hangzhou",
            "RequestId": "00000000-0000-0000-0000-000000000002", "ResourceGroupId": "rg-1",
            "SecondaryCidrBlocks": {"SecondaryCidrBlock": []}, "Status": "Available",
            "SupportIpv4Gateway": false, "Tags": {"Tag": [{"Key": "env", "Value": "test"}]},
            "UserCidrs": {"UserCidr": []}, "VRouterId": "vrt-bp100000000000000001",
            "VSwitchIds": {"VSwitchId": []}, "VpcId": VPC, "VpcName": "e2e",
        })
    );
    let list = ok(&mut world, "DescribeRouteTableList", &asked);
    assert_eq!(
        list["RouterTableList"]["RouterTableListType"],
        json!([{
            "AssociateType": "VSwitch", "CreationTime": "2026-01-01T00:00:00Z", "Description": "",
            "GatewayIds": {"GatewayIds": []}, "OwnerId": 1_234_567_890, "ResourceGroupId": "rg-1",
            "RoutePropagationEnable": true, "RouteTableId": "vtb-bp100000000000000001",
            "RouteTableName": "", "RouteTableType": "System",
            "RouterId": "vrt-bp100000000000000001", "RouterType": "VRouter",
            "Status": "Available", "Tags": {"Tag": []}, "VSwitchIds": {"VSwitchId": []},
            "VpcId": VPC,
        }])
    );
    assert_eq!(list["TotalCount"], 1);
}

#[test]
fn a_vpc_that_names_no_block_gets_172_16() {
    let mut world = World::new();
    let id = vpc(&mut world, "");
    let asked = format!("RegionId=cn-hangzhou VpcId={id}");
    let body = ok(&mut world, "DescribeVpcAttribute", &asked);
    assert_eq!(body["CidrBlock"], "172.16.0.0/12");
}

#[test]
fn blocks_of_vpcs_are_checked() {
    let mut world = World::new();
    for (block, wanted) in [
        ("10.0.0.0", "400 InvalidParameter"),
        ("10.0.0.1/8", "400 InvalidParameter"),
        ("2001:db8::/32", "400 InvalidParameter"),
        ("10.0.0.0/7", "400 IllegalParam.CidrBlockMask"),
        ("10.0.0.0/29", "400 IllegalParam.CidrBlockMask"),
        ("100.64.0.0/16", "400 OperationDenied.CidrInExcludeCidrs"),
        ("100.0.0.0/8", "400 OperationDenied.CidrInExcludeCidrs"),
        ("127.0.0.0/16", "400 OperationDenied.CidrInExcludeCidrs"),
        ("169.254.0.0/24", "400 OperationDenied.CidrInExcludeCidrs"),
        ("239.0.0.0/8", "400 OperationDenied.CidrInExcludeCidrs"),
    ] {
        let parameters = format!("RegionId=cn-hangzhou CidrBlock={block}");
        assert_eq!(
            code(&mut world, "CreateVpc", &parameters),
            wanted,
            "{block}"
        );
    }
    for block in ["10.0.0.0/8", "172.16.0.16/28", "30.0.0.0/8"] {
        vpc(&mut world, &format!("CidrBlock={block}"));
    }
}

#[test]
fn what_a_vpc_cannot_be_called_is_refused() {
    let mut world = World::new();
    let long = "n".repeat(129);
    for name in ["http://a", "https://a", &long] {
        let parameters = format!("RegionId=cn-hangzhou VpcName={name}");
        let wanted = "400 InvalidVpcName.Malformed";
        assert_eq!(code(&mut world, "CreateVpc", &parameters), wanted);
    }
    let long = "d".repeat(257);
    for text in ["http://a", &long] {
        let parameters = format!("RegionId=cn-hangzhou Description={text}");
        let wanted = "400 InvalidVpcDiscription.Malformed";
        assert_eq!(code(&mut world, "CreateVpc", &parameters), wanted);
    }
    let (name, description) = ("字".repeat(128), "d".repeat(256));
    vpc(
        &mut world,
        &format!("VpcName={name} Description={description}"),
    );
}

#[test]
fn new_regions_have_vpcs_but_words_that_are_no_region_have_not() {
    let mut world = World::new();
    ok(&mut world, "CreateVpc", "RegionId=cn-lhasa");
    let wanted = "404 InvalidRegionId.NotFound";
    assert_eq!(code(&mut world, "CreateVpc", "RegionId=Hangzhou"), wanted);
    let wanted = "400 MissingParameter.RegionId";
    for action in [
        "CreateVpc",
        "DescribeVpcs",
        "DescribeVpcAttribute",
        "DescribeRouteTableList",
    ] {
        assert_eq!(code(&mut world, action, ""), wanted, "{action}");
    }
}

#[test]
fn user_blocks_are_up_to_three_apart_from_the_platforms() {
    let mut world = World::new();
    for (blocks, wanted) in [
        ("20.0.0.0/8,x", "400 IllegalParam.UserCidr"),
        ("20.0.0.1/8", "400 IllegalParam.UserCidr"),
        ("100.0.0.0/8", "400 InvalidUserCidr.Malformed"),
        (
            "20.0.0.0/8,21.0.0.0/8,22.0.0.0/8,23.0.0.0/8",
            "400 InvalidUserCidr.Quota",
        ),
    ] {
        let parameters = format!("RegionId=cn-hangzhou UserCidr={blocks}");
        assert_eq!(
            code(&mut world, "CreateVpc", &parameters),
            wanted,
            "{blocks}"
        );
    }
    vpc(&mut world, "UserCidr=20.0.0.0/8,21.0.0.0/8,22.0.0.0/8");
    let body = ok(&mut world, "DescribeVpcs", "RegionId=cn-hangzhou");
    let blocks = &body["Vpcs"]["Vpc"][0]["UserCidrs"]["UserCidr"];
    assert_eq!(*blocks, json!(["20.0.0.0/8", "21.0.0.0/8", "22.0.0.0/8"]));
}

#[test]
fn address_pools_do_not_exist() {
    let mut world = World::new();
    for pool in ["Ipv4IpamPoolId", "Ipv6IpamPoolId"] {
        let parameters = format!("RegionId=cn-hangzhou {pool}=ipam-pool-1");
        let wanted = "404 ResourceNotFound.IpamPool";
        assert_eq!(code(&mut world, "CreateVpc", &parameters), wanted);
    }
}

#[test]
fn a_repeated_token_gives_the_first_vpc_again_5_0_5() {
    let mut world = World::new();
    let parameters = "RegionId=cn-hangzhou ClientToken=t";
    let first = ok(&mut world, "CreateVpc", parameters);
    assert_eq!(ok(&mut world, "CreateVpc", parameters), first);
    let other = "RegionId=cn-hangzhou ClientToken=t VpcName=other";
    let wanted = "400 IdempotentParameterMismatch";
    assert_eq!(code(&mut world, "CreateVpc", other), wanted);
    let delete = format!("VpcId={VPC} ClientToken=t");
    for _ in 0..2 {
        ok(&mut world, "DeleteVpc", &delete);
    }
}

#[test]
fn a_dry_run_checks_and_changes_nothing_5_7_2() {
    let mut world = World::new();
    let dry = "400 DryRunOperation";
    let region = "RegionId=cn-hangzhou DryRun=true";
    assert_eq!(code(&mut world, "CreateVpc", region), dry);
    let bad = format!("{region} CidrBlock=10.0.0.1/8");
    assert_eq!(code(&mut world, "CreateVpc", &bad), "400 InvalidParameter");
    let id = vpc(&mut world, "");
    let switch = vswitch(&mut world, &id, "CidrBlock=172.16.0.0/24");
    let gone = "404 InvalidVpcId.NotFound";
    let none = format!("{region} VpcId=vpc-2");
    for action in ["DescribeVpcAttribute", "DeleteVpc"] {
        assert_eq!(code(&mut world, action, &none), gone);
    }
    let asked = format!("{region} VpcId={id} VSwitchId={switch}");
    for action in [
        "DescribeVpcs",
        "DescribeVpcAttribute",
        "DescribeVSwitches",
        "DescribeVSwitchAttributes",
        "DeleteVSwitch",
    ] {
        assert_eq!(code(&mut world, action, &asked), dry, "{action}");
    }
    let in_use = "400 DependencyViolation.VSwitch";
    assert_eq!(code(&mut world, "DeleteVpc", &asked), in_use);
    ok(&mut world, "DeleteVSwitch", &format!("VSwitchId={switch}"));
    assert_eq!(code(&mut world, "DeleteVpc", &asked), dry);
}

#[test]
fn what_is_in_a_vpc_goes_before_it() {
    let mut world = World::new();
    let id = vpc(&mut world, "");
    let switch = vswitch(&mut world, &id, "CidrBlock=172.16.0.0/24");
    let group = format!("RegionId=cn-hangzhou VpcId={id}");
    let group = world.id("CreateSecurityGroup", &group, "SecurityGroupId");
    let delete = format!("RegionId=cn-hangzhou VpcId={id} ForceDelete=true");
    let wanted = "400 DependencyViolation.VSwitch";
    assert_eq!(code(&mut world, "DeleteVpc", &delete), wanted);
    ok(&mut world, "DeleteVSwitch", &format!("VSwitchId={switch}"));
    let wanted = "400 DependencyViolation.SecurityGroup";
    assert_eq!(code(&mut world, "DeleteVpc", &delete), wanted);
    let group = format!("RegionId=cn-hangzhou SecurityGroupId={group}");
    world.ok("DeleteSecurityGroup", &group);
    ok(&mut world, "DeleteVpc", &delete);
    let wanted = "404 InvalidVpcId.NotFound";
    for action in ["DeleteVpc", "DescribeVpcAttribute"] {
        assert_eq!(code(&mut world, action, &delete), wanted);
    }
    let body = ok(&mut world, "DescribeRouteTableList", "RegionId=cn-hangzhou");
    assert_eq!(body["RouterTableList"], json!({"RouterTableListType": []}));
}

#[test]
fn what_a_change_does_not_name_stays() {
    let mut world = World::new();
    let id = vpc(&mut world, "VpcName=a Description=first");
    let change = format!("VpcId={id} VpcName=b EnableDnsHostname=true");
    ok(&mut world, "ModifyVpcAttribute", &change);
    let body = ok(&mut world, "DescribeVpcs", "RegionId=cn-hangzhou");
    let row = &body["Vpcs"]["Vpc"][0];
    assert_eq!(
        (&row["VpcName"], &row["Description"]),
        (&json!("b"), &json!("first"))
    );
    assert_eq!(row["DnsHostnameStatus"], "ENABLED");
    assert_eq!(
        row["RouterTableIds"]["RouterTableIds"],
        json!(["vtb-bp100000000000000001"])
    );
    let bad = format!("VpcId={id} VpcName=http://a");
    let wanted = "400 InvalidVpcName.Malformed";
    assert_eq!(code(&mut world, "ModifyVpcAttribute", &bad), wanted);
}

#[test]
fn the_block_of_a_vpc_can_change_around_its_vswitches() {
    let mut world = World::new();
    let id = vpc(&mut world, "CidrBlock=10.0.0.0/16");
    vswitch(&mut world, &id, "CidrBlock=10.0.1.0/24");
    let mut change = |block: &str| {
        let answer = call(
            &mut world,
            "ModifyVpcAttribute",
            &format!("VpcId={id} CidrBlock={block}"),
        );
        answer.code().map(str::to_owned)
    };
    assert_eq!(change("10.0.0.0/8"), None);
    assert_eq!(change("10.0.1.0/24"), None);
    assert_eq!(change("10.0.2.0/23").as_deref(), Some("InvalidParameter"));
    assert_eq!(change("10.0.1.0/25").as_deref(), Some("InvalidParameter"));
    assert_eq!(
        change("10.0.1.0/30").as_deref(),
        Some("IllegalParam.CidrBlockMask")
    );
}
