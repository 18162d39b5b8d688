//! The addresses of a network interface (1.5, 3.6.2).

use std::net::IpAddr;

use secgroup_model::{AddressRole, Family, InterfaceAddress, Prefix, Shown};

use super::super::findings::Findings;
use super::super::node::Node;
use super::super::object::Object;

/// Reads all private addresses and delegated prefixes (3.6.2).
pub(super) fn read(object: &Object<'_, '_>, findings: &mut Findings) -> Vec<InterfaceAddress> {
    let mut own = private_addresses(object, findings);
    let mut add = |prefix, role| own.push(InterfaceAddress { prefix, role });
    if let Some(list) = object.field("Ipv6Sets") {
        each_text(
            list,
            "Ipv6Set",
            "Ipv6Address",
            findings,
            |node, text, findings| {
                if let Some(address) = host(node, text, Family::V6, findings) {
                    add(address, AddressRole::Additional);
                }
            },
        );
    }
    for (plural, singular, field, family) in [
        ("Ipv4PrefixSets", "Ipv4PrefixSet", "Ipv4Prefix", Family::V4),
        ("Ipv6PrefixSets", "Ipv6PrefixSet", "Ipv6Prefix", Family::V6),
    ] {
        let Some(list) = object.field(plural) else {
            continue;
        };
        each_text(list, singular, field, findings, |node, text, findings| {
            if let Some(prefix) = delegated(node, text, family, findings) {
                add(prefix, AddressRole::Delegated);
            }
        });
    }
    own
}

/// Reads the private IPv4 addresses. The primary one is flagged, or named
/// beside the list, or else the first.
fn private_addresses(object: &Object<'_, '_>, findings: &mut Findings) -> Vec<InterfaceAddress> {
    let mut all = Vec::new();
    let mut flagged = None;
    if let Some(list) = object.field("PrivateIpSets") {
        list.for_each("PrivateIpSet", findings, |item, findings| {
            let Some(item) = item.object(findings) else {
                return;
            };
            let Some(node) = item.field("PrivateIpAddress") else {
                findings.problem(item.node, "PrivateIpAddress is missing");
                return;
            };
            let text = node.text(findings);
            let address = text.and_then(|text| host(node, &text, Family::V4, findings));
            let primary = item.field("Primary");
            if primary.and_then(|flag| flag.boolean(findings)) == Some(true) {
                flagged = flagged.or(address);
            }
            all.extend(address);
        });
    }
    // DescribeInstances has its own name for the same field.
    let beside = ["PrivateIpAddress", "PrimaryIpAddress"];
    let beside = beside.into_iter().find_map(|name| object.field(name));
    let beside = beside.and_then(|node| {
        let text = node.text(findings)?;
        host(node, &text, Family::V4, findings)
    });
    if let Some(beside) = beside
        && !all.contains(&beside)
    {
        all.push(beside);
    }
    let primary = flagged.or(beside).or_else(|| all.first().copied());
    let role = |prefix| {
        if Some(prefix) == primary {
            AddressRole::Primary
        } else {
            AddressRole::Additional
        }
    };
    let own = all.into_iter();
    own.map(|prefix| InterfaceAddress {
        prefix,
        role: role(prefix),
    })
    .collect()
}

/// Calls `each` with a field of every object of a list.
fn each_text(
    list: Node<'_, '_>,
    singular: &'static str,
    field: &'static str,
    findings: &mut Findings,
    mut each: impl FnMut(Node<'_, '_>, &str, &mut Findings),
) {
    list.for_each(singular, findings, |item, findings| {
        let Some(item) = item.object(findings) else {
            return;
        };
        match item.field(field) {
            Some(node) => {
                if let Some(text) = node.text(findings) {
                    each(node, &text, findings);
                }
            }
            None => findings.problem(item.node, format_args!("{field} is missing")),
        }
    });
}

/// Reads one address of that family.
fn host(node: Node<'_, '_>, text: &str, family: Family, findings: &mut Findings) -> Option<Prefix> {
    match text.parse::<IpAddr>() {
        Ok(address) if Family::of(address) == family => Some(Prefix::host(address)),
        Ok(_) | Err(_) => {
            findings.problem(
                node,
                format_args!("`{}` is not an {family} address", Shown(text)),
            );
            None
        }
    }
}

/// Reads a prefix delegated to an interface.
fn delegated(
    node: Node<'_, '_>,
    text: &str,
    family: Family,
    findings: &mut Findings,
) -> Option<Prefix> {
    match Prefix::parse(text) {
        Ok(parsed) if parsed.prefix.family() == family => {
            let prefix = parsed.prefix;
            if parsed.had_host_bits {
                let message = format_args!("{} has host bits; used as {prefix}", Shown(text));
                findings.warning(node, message);
            }
            Some(prefix)
        }
        Ok(_) => {
            findings.problem(
                node,
                format_args!("`{}` is not an {family} prefix", Shown(text)),
            );
            None
        }
        Err(error) => {
            findings.problem(node, error);
            None
        }
    }
}
