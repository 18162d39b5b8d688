//! VPCs listed and found: by account and region, page, filter and tag.

use secgroup_ecs::{ApiFlags, Cloud, Parameters, Product};
use secgroup_model::Semantics;
use serde_json::json;

use super::{World, code, ids, ok, vpc, vswitch};

#[test]
fn vpcs_are_those_of_the_account_and_region_5_0_9() {
    let mut world = World::new();
    let id = vpc(&mut world, "");
    let wanted = "404 InvalidVpcId.NotFound";
    let elsewhere = format!("RegionId=cn-beijing VpcId={id}");
    assert_eq!(code(&mut world, "DescribeVpcAttribute", &elsewhere), wanted);
    assert_eq!(code(&mut world, "DeleteVpc", &elsewhere), wanted);
    "999".clone_into(&mut world.account);
    let here = format!("RegionId=cn-hangzhou VpcId={id}");
    assert_eq!(code(&mut world, "DescribeVpcAttribute", &here), wanted);
    assert_eq!(code(&mut world, "ModifyVpcAttribute", &here), wanted);
    let body = ok(&mut world, "DescribeVpcs", "RegionId=cn-hangzhou");
    assert_eq!(body["TotalCount"], 0);
    let body = ok(&mut world, "DescribeRouteTables", "");
    assert_eq!(body["TotalCount"], 0);
}

#[test]
fn vpcs_are_listed_by_page_the_newest_first() {
    let mut world = World::new();
    for number in 0..12 {
        world.now += 1;
        vpc(&mut world, &format!("VpcName=v{number}"));
    }
    let body = ok(&mut world, "DescribeVpcs", "RegionId=cn-hangzhou");
    assert_eq!(ids(&body["Vpcs"]["Vpc"], "VpcName")[..2], ["v11", "v10"]);
    assert_eq!(body["TotalCount"], 12);
    assert_eq!(
        (&body["PageNumber"], &body["PageSize"]),
        (&json!(1), &json!(10))
    );
    let body = ok(
        &mut world,
        "DescribeVpcs",
        "RegionId=cn-hangzhou PageNumber=2",
    );
    assert_eq!(ids(&body["Vpcs"]["Vpc"], "VpcName"), ["v1", "v0"]);
    let wanted = "400 InvalidParameter";
    let more = "RegionId=cn-hangzhou PageSize=51";
    for action in [
        "DescribeVpcs",
        "DescribeVSwitches",
        "DescribeRouteTableList",
    ] {
        assert_eq!(code(&mut world, action, more), wanted, "{action}");
        ok(&mut world, action, "RegionId=cn-hangzhou PageSize=50");
    }
}

#[test]
fn vpcs_are_found_by_filters() {
    let mut world = World::new();
    let first = vpc(
        &mut world,
        "VpcName=a ResourceGroupId=rg-1 Tag.1.Key=k Tag.1.Value=1",
    );
    let second = vpc(
        &mut world,
        "VpcName=b EnableIpv6=true Tag.1.Key=k Tag.1.Value=2",
    );
    let mut found = |filter: &str| {
        let asked = format!("RegionId=cn-hangzhou {filter}");
        let body = ok(&mut world, "DescribeVpcs", &asked);
        ids(&body["Vpcs"]["Vpc"], "VpcId").join(" ")
    };
    let both = format!("{second} {first}");
    assert_eq!(found(""), both);
    assert_eq!(found(&format!("VpcId={first}")), first);
    assert_eq!(found(&format!("VpcId={first},{second}")), both);
    assert_eq!(found("VpcId=vpc-3"), "");
    assert_eq!(found("VpcName=b"), second);
    assert_eq!(found("ResourceGroupId=rg-1"), first);
    assert_eq!(found("EnableIpv6=true"), second);
    assert_eq!(found("EnableIpv6=False"), first);
    assert_eq!(found("Tag.1.Key=k"), both);
    assert_eq!(found("Tag.1.Key=k Tag.1.Value=1"), first);
    assert_eq!(found("VpcOwnerId=1234567890"), both);
    assert_eq!(found("VpcOwnerId=1"), "");
    assert_eq!(found("DhcpOptionsSetId=dopt-1"), "");
    assert_eq!(found(&format!("VpcId={}", vec!["vpc-1"; 20].join(","))), "");
    let more = vec!["vpc-1"; 21].join(",");
    let asked = format!("RegionId=cn-hangzhou VpcId={more}");
    let wanted = "400 InvalidParameter";
    assert_eq!(code(&mut world, "DescribeVpcs", &asked), wanted);
}

#[test]
fn a_state_file_keeps_vpcs_and_vswitches() {
    let mut world = World::new();
    let id = vpc(
        &mut world,
        "EnableIpv6=true Ipv6Isp=ChinaMobile UserCidr=20.0.0.0/8 EnableDnsHostname=true \
         Tag.1.Key=k Tag.1.Value=v",
    );
    vswitch(&mut world, &id, "CidrBlock=172.16.0.0/24 Ipv6CidrBlock=7");
    let asked = [
        ("DescribeVpcs", "RegionId=cn-hangzhou"),
        ("DescribeVSwitches", "RegionId=cn-hangzhou"),
    ];
    let answers = |world: &mut World| {
        asked.map(|(action, parameters)| {
            let mut body = ok(world, action, parameters);
            body["RequestId"].take();
            body
        })
    };
    let before = answers(&mut world);
    let state = world.cloud.to_state();
    let flags = ApiFlags::default();
    world.cloud = Cloud::from_state(&state, flags, Semantics::default()).unwrap();
    assert_eq!(answers(&mut world), before);
}

#[test]
fn tags_of_vpcs_and_vswitches_are_set_listed_and_removed() {
    let mut world = World::new();
    let id = vpc(&mut world, "");
    let switch = vswitch(&mut world, &id, "CidrBlock=172.16.0.0/24");
    for (kind, id) in [("VPC", &id), ("VSWITCH", &switch)] {
        let object = format!("RegionId=cn-hangzhou ResourceType={kind} ResourceId.1={id}");
        let tags = "Tag.1.Key=a Tag.1.Value=1 Tag.2.Key=b Tag.2.Value=";
        ok(&mut world, "TagResources", &format!("{object} {tags}"));
        let body = ok(&mut world, "ListTagResources", &object);
        let rows = &body["TagResources"]["TagResource"];
        assert_eq!(ids(rows, "TagKey"), ["a", "b"]);
        assert_eq!(ids(rows, "ResourceId"), [id, id]);
        ok(
            &mut world,
            "UnTagResources",
            &format!("{object} TagKey.1=a"),
        );
        let body = ok(&mut world, "ListTagResources", &object);
        assert_eq!(ids(&body["TagResources"]["TagResource"], "TagKey"), ["b"]);
    }
    let body = ok(&mut world, "DescribeVpcs", "RegionId=cn-hangzhou");
    let tags = &body["Vpcs"]["Vpc"][0]["Tags"];
    assert_eq!(*tags, json!({"Tag": [{"Key": "b", "Value": ""}]}));
    let object = format!("RegionId=cn-hangzhou ResourceType=VPC ResourceId.1={switch}");
    let wanted = "404 InvalidResourceId.NotFound";
    let tags = format!("{object} Tag.1.Key=a");
    assert_eq!(code(&mut world, "TagResources", &tags), wanted);
}

#[test]
fn operations_of_one_api_are_not_those_of_the_other() {
    let mut world = World::new();
    assert_eq!(
        world.code("DescribeRouteTableList", "RegionId=cn-hangzhou"),
        "404 InvalidAction.NotFound"
    );
    let answer = world.send(Product::Vpc, "JoinSecurityGroup", Parameters::new());
    assert_eq!(answer.code(), Some("InvalidAction.NotFound"));
    // ECS has older forms of some.
    world.ok("CreateVpc", "RegionId=cn-hangzhou");
    let answer = world.send(Product::Vpc, "describevpcs", Parameters::new());
    assert_eq!(answer.action, "DescribeVpcs");
    assert_eq!(answer.code(), Some("MissingParameter.RegionId"));
}
