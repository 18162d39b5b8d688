//! The system route tables of VPCs.

use serde_json::json;

use super::{World, ids, ok, vpc, vswitch};

#[test]
fn every_vpc_has_a_system_route_table_with_the_systems_entries() {
    let mut world = World::new();
    let id = vpc(&mut world, "");
    vpc(&mut world, "");
    let first = vswitch(&mut world, &id, "CidrBlock=172.16.0.0/24");
    let second = vswitch(&mut world, &id, "CidrBlock=172.16.1.0/24");
    let body = ok(
        &mut world,
        "DescribeRouteTables",
        "RouteTableId=vtb-bp100000000000000001",
    );
    let table = &body["RouteTables"]["RouteTable"][0];
    assert_eq!(body["TotalCount"], 1);
    assert_eq!(table["RouteTableType"], "System");
    assert_eq!(table["VRouterId"], "vrt-bp100000000000000001");
    assert_eq!(table["VSwitchIds"]["VSwitchId"], json!([first, second]));
    let entries = &table["RouteEntrys"]["RouteEntry"];
    let blocks = ["172.16.0.0/24", "172.16.1.0/24", "100.64.0.0/10"];
    assert_eq!(ids(entries, "DestinationCidrBlock"), blocks);
    assert_eq!(ids(entries, "NextHopType"), ["local", "local", "service"]);
    let custom = "VRouterId=vrt-bp100000000000000001 Type=Custom";
    let body = ok(&mut world, "DescribeRouteTables", custom);
    assert_eq!(
        body["RouteTables"]["RouteTable"][0]["RouteEntrys"]["RouteEntry"],
        json!([])
    );
}

#[test]
fn route_tables_are_found_by_filters() {
    let mut world = World::new();
    let first = vpc(&mut world, "ResourceGroupId=rg-1");
    let second = vpc(&mut world, "");
    let mut found = |filter: &str| {
        let asked = format!("RegionId=cn-hangzhou {filter}");
        let body = ok(&mut world, "DescribeRouteTableList", &asked);
        ids(&body["RouterTableList"]["RouterTableListType"], "VpcId").join(" ")
    };
    let both = format!("{second} {first}");
    assert_eq!(found(""), both);
    assert_eq!(found("RouteTableType=System RouterType=VRouter"), both);
    assert_eq!(found("RouteTableType=Custom"), "");
    assert_eq!(found("RouterType=VBR"), "");
    assert_eq!(found(&format!("RouterType=VBR VpcId={first}")), first);
    assert_eq!(found("RouteTableId=vtb-bp100000000000000002"), second);
    assert_eq!(found("RouterId=vrt-bp100000000000000001"), first);
    assert_eq!(found("ResourceGroupId=rg-1"), first);
    assert_eq!(found("RouteTableName=x"), "");
    assert_eq!(found("Tag.1.Key=x"), "");
}
