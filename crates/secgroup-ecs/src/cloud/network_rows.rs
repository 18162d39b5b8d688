//! Rows of answers about VPCs, vSwitches and route tables.
//!
//! The rows have the full shape of the API. What a VPC can have but none here
//! has is empty: secondary blocks, gateways of all kinds, CEN, DHCP option
//! sets, network ACLs, shares.

use serde_json::{Value, json};

use super::Cloud;
use super::network_blocks::available;
use super::objects::{Tags, VSwitch, Vpc};
use super::operation::Body;

/// The state of everything here: nothing takes time.
const STATUS: &str = "Available";

/// Writes what `DescribeVpcs` and `DescribeVpcAttribute` both say of a VPC.
fn vpc_base(cloud: &Cloud, vpc: &Vpc) -> Body {
    let dns = if vpc.enable_dns_hostname {
        "ENABLED"
    } else {
        "DISABLED"
    };
    fields(json!({
        "CidrBlock": vpc.cidr_block,
        "CreationTime": vpc.creation_time,
        "Description": vpc.description,
        "DhcpOptionsSetId": "",
        "DhcpOptionsSetStatus": "",
        "DnsHostnameStatus": dns,
        "EnabledIpv6": !vpc.ipv6_cidr_block.is_empty(),
        "Ipv6CidrBlock": vpc.ipv6_cidr_block,
        "Ipv6CidrBlocks": {"Ipv6CidrBlock": ipv6_blocks(vpc)},
        "IsDefault": false,
        "OwnerId": account(&vpc.owner_id),
        "RegionId": vpc.region_id,
        "ResourceGroupId": vpc.resource_group_id,
        "SecondaryCidrBlocks": {"SecondaryCidrBlock": []},
        "Status": STATUS,
        "Tags": tags(&vpc.tags),
        "UserCidrs": {"UserCidr": vpc.user_cidrs},
        "VRouterId": vpc.router_id(),
        "VSwitchIds": {"VSwitchId": vswitch_ids(cloud, vpc)},
        "VpcId": vpc.vpc_id,
        "VpcName": vpc.vpc_name,
    }))
}

/// Writes a row of `DescribeVpcs`.
pub(crate) fn vpc_row(cloud: &Cloud, vpc: &Vpc) -> Value {
    let mut row = vpc_base(cloud, vpc);
    row.extend(fields(json!({
        "CenStatus": "",
        "NatGatewayIds": {"NatGatewayIds": []},
        "RouterTableIds": {"RouterTableIds": [vpc.route_table_id()]},
    })));
    Value::Object(row)
}

/// Writes the answer of `DescribeVpcAttribute`.
pub(crate) fn vpc_attributes(cloud: &Cloud, vpc: &Vpc) -> Body {
    let resource = |kind: &str, count: usize| json!({"ResourceType": kind, "ResourceCount": count});
    let mut resources = vec![resource("VRouter", 1), resource("RouteTable", 1)];
    let vswitches = cloud.vswitches_of(&vpc.vpc_id).count();
    if vswitches != 0 {
        resources.insert(0, resource("VSwitch", vswitches));
    }
    let mut body = vpc_base(cloud, vpc);
    body.extend(fields(json!({
        "AssociatedCens": {"AssociatedCen": []},
        "AssociatedPropagationSources": {"AssociatedPropagationSources": []},
        "ClassicLinkEnabled": false,
        "CloudResources": {"CloudResourceSetType": resources},
        "Ipv4GatewayId": "",
        "SupportIpv4Gateway": false,
    })));
    body
}

/// Writes a row of `DescribeVSwitches`, or the answer of
/// `DescribeVSwitchAttributes`.
pub(crate) fn vswitch_row(cloud: &Cloud, vswitch: &VSwitch) -> Body {
    let vpc = cloud.vpcs.get(&vswitch.vpc_id);
    let table = vpc.map_or_else(String::new, |vpc| vpc.route_table_id());
    fields(json!({
        "AvailableIpAddressCount": available(cloud, vswitch),
        "CidrBlock": vswitch.cidr_block,
        "CreationTime": vswitch.creation_time,
        "Description": vswitch.description,
        "EnabledIpv6": !vswitch.ipv6_cidr_block.is_empty(),
        "Ipv6CidrBlock": vswitch.ipv6_cidr_block,
        "IsDefault": false,
        "NetworkAclId": "",
        "OwnerId": account(&vswitch.owner_id),
        "ResourceGroupId": vswitch.resource_group_id,
        "RouteTable": {"RouteTableId": table, "RouteTableType": "System"},
        "ShareType": "",
        "Status": STATUS,
        "Tags": tags(&vswitch.tags),
        "VSwitchId": vswitch.v_switch_id,
        "VSwitchName": vswitch.v_switch_name,
        "VpcId": vswitch.vpc_id,
        "ZoneId": vswitch.zone_id,
    }))
}

/// Writes the system route table of a VPC as a row of `DescribeRouteTableList`.
pub(crate) fn route_table_list_row(cloud: &Cloud, vpc: &Vpc) -> Value {
    json!({
        "AssociateType": "VSwitch",
        "CreationTime": vpc.creation_time,
        "Description": "",
        "GatewayIds": {"GatewayIds": []},
        "OwnerId": account(&vpc.owner_id),
        "ResourceGroupId": vpc.resource_group_id,
        "RoutePropagationEnable": true,
        "RouteTableId": vpc.route_table_id(),
        "RouteTableName": "",
        "RouteTableType": "System",
        "RouterId": vpc.router_id(),
        "RouterType": "VRouter",
        "Status": STATUS,
        "Tags": {"Tag": []},
        "VSwitchIds": {"VSwitchId": vswitch_ids(cloud, vpc)},
        "VpcId": vpc.vpc_id,
    })
}

/// Writes the system route table of a VPC as a row of `DescribeRouteTables`,
/// with its entries, all of which are the system's, or without.
pub(crate) fn route_table_row(cloud: &Cloud, vpc: &Vpc, entries: bool) -> Value {
    let entries = if entries {
        route_entries(cloud, vpc)
    } else {
        Vec::new()
    };
    json!({
        "CreationTime": vpc.creation_time,
        "ResourceGroupId": vpc.resource_group_id,
        "RouteEntrys": {"RouteEntry": entries},
        "RouteTableId": vpc.route_table_id(),
        "RouteTableType": "System",
        "Status": STATUS,
        "VRouterId": vpc.router_id(),
        "VSwitchIds": {"VSwitchId": vswitch_ids(cloud, vpc)},
    })
}

/// Writes the entries that every system route table has: one for each block of
/// a vSwitch, and one for the platform's services.
fn route_entries(cloud: &Cloud, vpc: &Vpc) -> Vec<Value> {
    let table = vpc.route_table_id();
    let entry = |block: &str, hop: &str| {
        json!({
            "Description": "",
            "DestinationCidrBlock": block,
            "InstanceId": "",
            "NextHopType": hop,
            "NextHops": {"NextHop": []},
            "RouteEntryId": "",
            "RouteEntryName": "",
            "RouteTableId": table,
            "Status": STATUS,
            "Type": "System",
        })
    };
    let mut entries = Vec::new();
    for vswitch in cloud.vswitches_of(&vpc.vpc_id) {
        entries.push(entry(&vswitch.cidr_block, "local"));
        if !vswitch.ipv6_cidr_block.is_empty() {
            entries.push(entry(&vswitch.ipv6_cidr_block, "local"));
        }
    }
    entries.push(entry("100.64.0.0/10", "service"));
    entries
}

fn ipv6_blocks(vpc: &Vpc) -> Vec<Value> {
    let block = Some(&vpc.ipv6_cidr_block).filter(|block| !block.is_empty());
    let row = |block| json!({"Ipv6CidrBlock": block, "Ipv6Isp": vpc.ipv6_isp});
    block.into_iter().map(row).collect()
}

fn vswitch_ids<'a>(cloud: &'a Cloud, vpc: &Vpc) -> Vec<&'a str> {
    let vswitches = cloud.vswitches_of(&vpc.vpc_id);
    vswitches.map(|one| one.v_switch_id.as_str()).collect()
}

/// Writes tags as the VPC API does: `Key` and `Value`, where ECS has `TagKey`
/// and `TagValue`.
fn tags(tags: &Tags) -> Value {
    let rows = tags.0.iter();
    let rows = rows.map(|(key, value)| json!({"Key": key, "Value": value}));
    json!({"Tag": rows.collect::<Vec<_>>()})
}

/// Writes an account as the VPC API does, as a number; one that is none stays
/// a text.
fn account(id: &str) -> Value {
    let number = id.parse::<u64>().ok();
    let number = number.filter(|number| number.to_string() == id);
    number.map_or_else(|| id.into(), Value::from)
}

/// Returns the fields of an object.
fn fields(object: Value) -> Body {
    match object {
        Value::Object(fields) => fields,
        _ => Body::new(),
    }
}
