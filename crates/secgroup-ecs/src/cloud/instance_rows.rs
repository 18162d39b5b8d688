//! The rows of DescribeInstances and DescribeInstanceAttribute (6.1.4).
//!
//! Only what is modelled is written: an instance here has no price, no disks, no
//! processors and no public address.

use std::sync::Arc;

use serde_json::{Value, json};

use super::instance_family::family;
use super::objects::{Instance, Interface, InterfaceRow};
use super::operation::Body;

/// Returns what both operations write; the interfaces come with the primary one
/// first, whose groups are those of the instance.
pub(crate) fn attributes(instance: &Instance, interfaces: &[&Arc<Interface>]) -> Body {
    let primary = interfaces.first();
    let groups = primary.map_or(&[][..], |one| one.security_group_ids.as_slice());
    let vswitch = primary.map_or("", |one| one.v_switch_id.as_str());
    let address: Vec<String> = primary
        .map(|one| one.primary_ip.to_string())
        .into_iter()
        .collect();
    let classic = instance.vpc_id.is_empty();
    let (inner, private) = if classic {
        (address, Vec::new())
    } else {
        (Vec::new(), address)
    };
    let locks: &[Value] = if instance.locked_for_security {
        &[json!({ "LockReason": "security" })]
    } else {
        &[]
    };
    let attributes = json!({
        "CreationTime": instance.creation_time,
        "Description": instance.description,
        "EipAddress": { "AllocationId": "", "InternetChargeType": "", "IpAddress": "" },
        "HostName": instance.host_name,
        "ImageId": instance.image_id,
        "InnerIpAddress": { "IpAddress": inner },
        "InstanceId": instance.instance_id,
        "InstanceName": instance.instance_name,
        "InstanceNetworkType": if classic { "classic" } else { "vpc" },
        "InstanceType": instance.instance_type,
        "OperationLocks": { "LockReason": locks },
        "PublicIpAddress": { "IpAddress": [] },
        "RegionId": instance.region_id,
        "SecurityGroupIds": { "SecurityGroupId": groups },
        "Status": instance.status,
        "VpcAttributes": {
            "NatIpAddress": "",
            "PrivateIpAddress": { "IpAddress": private },
            "VSwitchId": vswitch,
            "VpcId": instance.vpc_id,
        },
        "ZoneId": instance.zone_id,
    });
    match attributes {
        Value::Object(attributes) => attributes,
        // The text above is an object.
        _ => Body::new(),
    }
}

/// Returns the row of DescribeInstances.
pub(crate) fn row(instance: &Instance, interfaces: &[&Arc<Interface>]) -> Value {
    let mut row = attributes(instance, interfaces);
    let mut set = |name: &str, value| row.insert(name.to_owned(), value);
    let interfaces: Vec<Value> = interfaces.iter().map(|one| interface(one)).collect();
    set("DeletionProtection", json!(instance.deletion_protection));
    set("InstanceTypeFamily", json!(family(&instance.instance_type)));
    set(
        "NetworkInterfaces",
        json!({ "NetworkInterface": interfaces }),
    );
    set("ResourceGroupId", json!(instance.resource_group_id));
    set("Tags", json!(instance.tags));
    Value::Object(row)
}

/// The fields of an interface that the row of its instance has: "no group ids"
/// (6.1.4).
const OF_INTERFACE: [&str; 7] = [
    "Ipv4PrefixSets",
    "Ipv6PrefixSets",
    "Ipv6Sets",
    "MacAddress",
    "NetworkInterfaceId",
    "PrivateIpSets",
    "Type",
];

fn interface(interface: &Interface) -> Value {
    let mut fields = InterfaceRow::of(interface).fields();
    fields.retain(|name, _| OF_INTERFACE.contains(&name.as_str()));
    let primary = json!(interface.primary_ip.to_string());
    fields.insert("PrimaryIpAddress".to_owned(), primary);
    Value::Object(fields)
}
