//! Rules: the row that the API shows, from what a rule means and how it was
//! written.
//!
//! Everything is in the API's own spelling but blocks of addresses, which keep
//! the one of the document (2.5.1, 2.5.2), and source ports that restrict
//! nothing, which answers write as nothing or as `-1/-1` (5.7.1).

use std::net::Ipv6Addr;

use secgroup_model::{
    Action, DestinationPorts, Direction, Family, NicType, Peer, Prefix, Protocol, Rule, SourcePorts,
};

use super::row::Row;
use crate::cloud::objects::{Permission, Time};

/// How the API writes that ports are not restricted.
const ANY_PORT: &str = "-1/-1";

/// Returns the row of a rule, `written` as in a document; the account of a
/// peer group stands as it is written there.
pub(super) fn row(rule: &Rule, written: Option<&Row<'_>>, now: Time) -> Permission {
    let text = |field: &str| {
        let text = written.and_then(|row| row.text(field));
        text.map(std::borrow::Cow::into_owned)
    };
    let mut row = Permission {
        security_group_rule_id: rule
            .id
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default(),
        direction: rule.direction.to_string(),
        policy: match rule.action {
            Action::Accept => "Accept".to_owned(),
            Action::Drop => "Drop".to_owned(),
        },
        priority: rule.priority.get().to_string(),
        nic_type: match rule.nic {
            NicType::Internet => "internet".to_owned(),
            NicType::Intranet => "intranet".to_owned(),
        },
        ip_protocol: protocol(rule.service.protocol()),
        description: rule.description.clone().unwrap_or_default(),
        create_time: rule.created.map_or(now, Time).to_string(),
        ..Permission::default()
    };
    ports(rule, &text, &mut row);
    peer(rule, &text, &mut row);
    local(rule, &text, &mut row);
    row
}

/// "Output form: upper case"; numbers that have no name as they are (2.4.2).
fn protocol(protocol: Option<Protocol>) -> String {
    let name = match protocol {
        None => "ALL",
        Some(Protocol::TCP) => "TCP",
        Some(Protocol::UDP) => "UDP",
        Some(Protocol::ICMP) => "ICMP",
        Some(Protocol::ICMPV6) => "ICMPv6",
        Some(Protocol::GRE) => "GRE",
        Some(Protocol(number)) => return number.to_string(),
    };
    name.to_owned()
}

fn ports(rule: &Rule, text: &impl Fn(&str) -> Option<String>, row: &mut Permission) {
    let any = || {
        text("SourcePortRange")
            .filter(|text| text == ANY_PORT)
            .unwrap_or_default()
    };
    ANY_PORT.clone_into(&mut row.port_range);
    let Some((to, from)) = rule.service.ports() else {
        row.source_port_range = any();
        return;
    };
    match to {
        DestinationPorts::Any => {}
        DestinationPorts::Range(range) => row.port_range = range.to_string(),
        DestinationPorts::List(id) => {
            row.port_range.clear();
            row.port_range_list_id = id.to_string();
        }
    }
    row.source_port_range = match from {
        SourcePorts::Any => any(),
        SourcePorts::Range(range) => range.to_string(),
    };
}

fn peer(rule: &Rule, text: &impl Fn(&str) -> Option<String>, row: &mut Permission) {
    let source = rule.direction == Direction::Ingress;
    match &rule.peer {
        Peer::Prefix(prefix) => set_block(row, source, *prefix, text),
        Peer::Group(id) => {
            let side = if source { "Source" } else { "Dest" };
            let account = text(&format!("{side}GroupOwnerId"))
                .or_else(|| text(&format!("{side}GroupOwnerAccount")))
                .unwrap_or_default();
            if source {
                row.source_group_id = id.to_string();
                row.source_group_owner_account = account;
            } else {
                row.dest_group_id = id.to_string();
                row.dest_group_owner_account = account;
            }
        }
        Peer::PrefixList(id) if source => row.source_prefix_list_id = id.to_string(),
        Peer::PrefixList(id) => row.dest_prefix_list_id = id.to_string(),
    }
}

/// The near end. One of length 0 that restricts nothing (9.17) is no part of
/// what the rule means, but stays in sight.
fn local(rule: &Rule, text: &impl Fn(&str) -> Option<String>, row: &mut Permission) {
    let source = rule.direction == Direction::Egress;
    let idle = || {
        let fields = fields(source);
        let written = fields.into_iter().find_map(text)?;
        let prefix = Prefix::parse(&written).ok()?.prefix;
        (prefix.length() == 0).then_some(prefix)
    };
    if let Some(prefix) = rule.local.or_else(idle) {
        set_block(row, source, prefix, text);
    }
}

/// Returns the fields for blocks of one side, IPv4 and IPv6.
const fn fields(source: bool) -> [&'static str; 2] {
    if source {
        ["SourceCidrIp", "Ipv6SourceCidrIp"]
    } else {
        ["DestCidrIp", "Ipv6DestCidrIp"]
    }
}

/// Sets the block of one side, as it is written.
fn set_block(
    row: &mut Permission,
    source: bool,
    prefix: Prefix,
    text: &impl Fn(&str) -> Option<String>,
) {
    let [v4, v6] = fields(source);
    let written = |field| {
        let means = |text: &String| Prefix::parse(text).is_ok_and(|parsed| parsed.prefix == prefix);
        text(field)
            .filter(means)
            .unwrap_or_else(|| prefix.to_string())
    };
    let (field, text) = match (prefix.family(), source) {
        (Family::V4, true) => (&mut row.source_cidr_ip, written(v4)),
        (Family::V4, false) => (&mut row.dest_cidr_ip, written(v4)),
        (Family::V6, true) => (&mut row.ipv6_source_cidr_ip, shortest(written(v6))),
        (Family::V6, false) => (&mut row.ipv6_dest_cidr_ip, shortest(written(v6))),
    };
    *field = text;
}

/// "IPv6 is normalised textually without masking" (2.5.2).
fn shortest(text: String) -> String {
    let (address, length) = match text.split_once('/') {
        Some((address, length)) => (address, Some(length)),
        None => (text.as_str(), None),
    };
    match (address.parse::<Ipv6Addr>(), length) {
        (Ok(address), Some(length)) => format!("{address}/{length}"),
        (Ok(address), None) => address.to_string(),
        (Err(_), _) => text,
    }
}
