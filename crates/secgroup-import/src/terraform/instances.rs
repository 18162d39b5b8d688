//! Instances and network interfaces, which carry addresses and are in groups.

use secgroup_model::Shown;

use super::convert::{Context, GROUP};
use super::resource::{Attribute, Resource};
use crate::findings::Origin;
use crate::fleet::{Interface, Placed};
use crate::row::{Content, Row};
use crate::value::Value;

/// The types that are interfaces.
const INTERFACE: &[&str] = &[
    "alicloud_ecs_network_interface",
    "alicloud_network_interface",
];

/// The attributes that hold the addresses of something, in order.
struct Addresses {
    primary: &'static [&'static str],
    secondary: &'static [&'static str],
}

/// `alicloud_ecs_network_interface`: `private_ip_addresses` are "secondary
/// addresses only" (6.2).
pub(crate) fn interface(context: &mut Context<'_, '_>, resource: &Resource<'_>, id: String) {
    let mut row = Row::new(resource.origin.clone());
    row.put("NetworkInterfaceId", resource.place("id"), &*id);
    if let Some((kind, origin)) = resource.text("instance_type", context.findings) {
        row.put("Type", origin, kind);
    }
    context.describe(&mut row, resource);
    for (field, names) in [
        ("NetworkInterfaceName", ["network_interface_name", "name"]),
        ("MacAddress", ["mac", "mac_address"]),
    ] {
        context.copy(&mut row, resource, field, &names);
    }
    let addresses = Addresses {
        primary: &["primary_ip_address", "private_ip"],
        secondary: &["private_ip_addresses", "private_ips"],
    };
    put_addresses(context, &mut row, resource, &addresses);
    let mut prefixes = Vec::new();
    for (text, origin) in resource.texts("ipv4_prefixes", context.findings).0 {
        let mut prefix = Row::new(origin.clone());
        prefix.put("Ipv4Prefix", origin, text);
        prefixes.push(prefix);
    }
    row.add(
        "Ipv4PrefixSets",
        resource.place("ipv4_prefixes"),
        Content::Rows(prefixes),
    );
    let groups = groups(
        context,
        resource,
        &["security_group_ids", "security_groups"],
    );
    let vswitch = vswitch_of(context, resource);
    context.fleet.interfaces.push(Interface {
        id,
        row,
        groups,
        vswitch,
    });
}

/// `alicloud_instance`: its primary interface, and those that it lists.
pub(crate) fn instance(context: &mut Context<'_, '_>, resource: &Resource<'_>, id: &str) {
    let mut row = Row::new(resource.origin.clone());
    let interface = resource.text("network_interface_id", context.findings);
    let interface = match interface {
        Some((interface, _)) => interface,
        None => context.fleet.name(&format!("{}-eni", resource.origin.path)),
    };
    row.put(
        "NetworkInterfaceId",
        resource.place("network_interface_id"),
        &*interface,
    );
    row.put("InstanceId", resource.place("id"), id);
    row.put("Type", resource.origin.clone(), "Primary");
    if let Some((vpc, origin)) = known_vpc(context, resource) {
        row.put("VpcId", origin, vpc);
    }
    let addresses = Addresses {
        primary: &["primary_ip_address", "private_ip"],
        secondary: &["secondary_private_ips"],
    };
    put_addresses(context, &mut row, resource, &addresses);
    let groups = groups(context, resource, &["security_groups"]);
    let vswitch = vswitch_of(context, resource);
    context.fleet.interfaces.push(Interface {
        id: interface.clone(),
        row,
        groups,
        vswitch,
    });
    listed(context, resource, id, &interface);
}

/// The VPC of an instance, where it is known; else its groups tell.
fn known_vpc(context: &mut Context<'_, '_>, resource: &Resource<'_>) -> Option<Placed> {
    match resource.attribute("vpc_id") {
        Attribute::Known(_) => context.vpc(resource),
        Attribute::Absent | Attribute::Unknown => None,
    }
}

/// The further interfaces of an instance are attached to it, wherever they
/// are defined.
fn listed(context: &mut Context<'_, '_>, resource: &Resource<'_>, id: &str, primary: &str) {
    let Attribute::Known(list) = resource.attribute("network_interfaces") else {
        return;
    };
    let place = resource.part("network_interfaces", list);
    for (index, item) in list.items().iter().enumerate() {
        let interface = ["network_interface_id", "networkInterfaceId"];
        let interface = interface.into_iter().find_map(|name| item.get(name));
        let Some(interface) = interface.and_then(Value::text) else {
            continue;
        };
        if interface != primary {
            let origin = place.item(index, item.at);
            let attachment = (interface.to_owned(), (id.to_owned(), origin));
            context.fleet.attachments.push(attachment);
        }
    }
}

/// `alicloud_ecs_network_interface_attachment`.
pub(crate) fn attachment(context: &mut Context<'_, '_>, resource: &Resource<'_>) {
    let interface = context.reference(resource, "network_interface_id", INTERFACE);
    let instance = context.reference(resource, "instance_id", &["alicloud_instance"]);
    if let (Some((interface, _)), Some(instance)) = (interface, instance) {
        context.fleet.attachments.push((interface, instance));
    }
}

/// `alicloud_vswitch` says in which VPC its interfaces are.
pub(crate) fn vswitch(context: &mut Context<'_, '_>, resource: &Resource<'_>, id: String) {
    if let Some(vpc) = context.vpc(resource) {
        context.fleet.vswitches.insert(id, vpc);
    }
}

fn vswitch_of(context: &Context<'_, '_>, resource: &Resource<'_>) -> Option<String> {
    match resource.attribute("vswitch_id") {
        Attribute::Known(value) => value.text().map(str::to_owned),
        Attribute::Absent => None,
        Attribute::Unknown => {
            let kinds = ["alicloud_vswitch"];
            context.references.id(resource, "vswitch_id", &kinds)
        }
    }
}

/// Adds the private addresses of a resource, and says which are not known.
fn put_addresses(
    context: &mut Context<'_, '_>,
    row: &mut Row,
    resource: &Resource<'_>,
    addresses: &Addresses,
) {
    let mut own: Vec<Row> = Vec::new();
    let mut add = |text: String, origin: Origin, primary: bool| {
        if own
            .iter()
            .any(|row| row.text("PrivateIpAddress") == Some(&text))
        {
            return;
        }
        let mut address = Row::new(origin.clone());
        address.put("PrivateIpAddress", origin.clone(), text);
        if primary {
            address.put("Primary", origin, "true");
        }
        own.push(address);
    };
    let (name, attribute) = resource.first(addresses.primary);
    match attribute {
        Attribute::Known(value) => {
            if let Some((text, origin)) = resource.text_of(name, value, context.findings) {
                add(text, origin, true);
            }
        }
        Attribute::Unknown => {
            let message = "the address is known after apply only, so no flow can name it";
            context.findings.warning(&resource.place(name), message);
        }
        Attribute::Absent => {}
    }
    for name in addresses.secondary {
        for (text, origin) in resource.texts(name, context.findings).0 {
            add(text, origin, false);
        }
    }
    row.add("PrivateIpSets", resource.origin.clone(), Content::Rows(own));
    let mut ipv6 = Vec::new();
    for (text, origin) in resource.texts("ipv6_addresses", context.findings).0 {
        let mut address = Row::new(origin.clone());
        address.put("Ipv6Address", origin, text);
        ipv6.push(address);
    }
    row.add(
        "Ipv6Sets",
        resource.place("ipv6_addresses"),
        Content::Rows(ipv6),
    );
}

/// Returns the groups of a resource, those that only apply will tell joined
/// by reference. One that cannot be told is a problem: it may hold any rule.
fn groups(
    context: &mut Context<'_, '_>,
    resource: &Resource<'_>,
    names: &[&'static str],
) -> Vec<Placed> {
    let (name, _) = resource.first(names);
    let (mut groups, unknown) = resource.texts(name, context.findings);
    if !unknown {
        return groups;
    }
    let origin = resource.place(name);
    let known: Vec<&str> = groups.iter().map(|(id, _)| id.as_str()).collect();
    let count = resource.unknown_items(name);
    let references = context.references;
    let Some(ids) = references.listed(resource, name, &[GROUP], &known, count) else {
        let from = context.references.wording(resource, name);
        let message = format!(
            "the security groups are not known{}; apply the part that creates them first",
            from.map_or_else(String::new, |from| format!(" (from `{}`)", Shown(&from)))
        );
        context.findings.problem(&origin, message);
        return groups;
    };
    groups.extend(ids.into_iter().map(|id| (id, origin.clone())));
    groups
}
