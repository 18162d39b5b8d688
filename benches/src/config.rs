//! A snapshot as ECS spells it, for programs that read ECS JSON.
//!
//! It writes what workloads contain and nothing else: VPC groups with their
//! permissions, interfaces with single addresses, prefix lists.

use std::io::{self, Write};

use secgroup_model::{
    Action, DestinationPorts, Direction, Family, GroupIndex, InnerAccess, NetworkInterface, Peer,
    Prefix, PrefixList, Rule, SecurityGroup, Service, Snapshot, SourcePorts,
};
use serde_json::{Map, Value, json};

/// Writes the snapshot as one document.
///
/// # Errors
///
/// Returns the error of `output`.
pub fn write(snapshot: &Snapshot, mut output: impl Write) -> io::Result<()> {
    let groups = snapshot.groups();
    let groups: Vec<Value> = groups
        .map(|(index, one)| group(snapshot, index, one))
        .collect();
    let interfaces = snapshot.interfaces();
    let interfaces: Vec<Value> = interfaces
        .map(|(_, one)| interface(snapshot, one))
        .collect();
    let lists: Vec<Value> = snapshot.prefix_lists().iter().map(prefix_list).collect();
    let document = json!({
        "SecurityGroups": {"SecurityGroup": groups},
        "NetworkInterfaceSets": {"NetworkInterfaceSet": interfaces},
        "PrefixLists": {"PrefixList": lists},
    });
    serde_json::to_writer_pretty(&mut output, &document)?;
    output.write_all(b"\n")?;
    output.flush()
}

fn group(snapshot: &Snapshot, index: GroupIndex, group: &SecurityGroup) -> Value {
    let rules = snapshot.rules_of(index);
    let rules: Vec<Value> = rules.map(|(_, placed)| permission(placed.rule())).collect();
    json!({
        "SecurityGroupId": group.id().as_str(),
        "SecurityGroupType": group.kind().to_string(),
        "VpcId": group.vpc().map(secgroup_model::VpcId::as_str),
        "InnerAccessPolicy": match group.inner_access() {
            InnerAccess::Accept => "Accept",
            InnerAccess::Drop => "Drop",
        },
        "Permissions": {"Permission": rules},
    })
}

fn permission(rule: &Rule) -> Value {
    let (far, near) = match rule.direction {
        Direction::Ingress => ("Source", "Dest"),
        Direction::Egress => ("Dest", "Source"),
    };
    let mut fields = Map::new();
    let mut add = |name: String, value: String| fields.insert(name, Value::String(value));
    add("Direction".to_owned(), rule.direction.to_string());
    add(
        "Policy".to_owned(),
        match rule.action {
            Action::Accept => "Accept",
            Action::Drop => "Drop",
        }
        .to_owned(),
    );
    add("Priority".to_owned(), rule.priority.to_string());
    add("IpProtocol".to_owned(), protocol(&rule.service));
    let (to, from) = ports(&rule.service);
    add("PortRange".to_owned(), to);
    if let Some(from) = from {
        add("SourcePortRange".to_owned(), from);
    }
    match &rule.peer {
        Peer::Prefix(prefix) => add(cidr_field(far, *prefix), prefix.to_string()),
        Peer::Group(id) => add(format!("{far}GroupId"), id.to_string()),
        Peer::PrefixList(id) => add(format!("{far}PrefixListId"), id.to_string()),
    };
    if let Some(local) = rule.local {
        add(cidr_field(near, local), local.to_string());
    }
    add("NicType".to_owned(), rule.nic.to_string());
    if let Some(id) = &rule.id {
        add("SecurityGroupRuleId".to_owned(), id.to_string());
    }
    Value::Object(fields)
}

/// Returns the name of the field for a CIDR block of one side.
fn cidr_field(side: &str, prefix: Prefix) -> String {
    match prefix.family() {
        Family::V4 => format!("{side}CidrIp"),
        Family::V6 => format!("Ipv6{side}CidrIp"),
    }
}

fn protocol(service: &Service) -> String {
    let name = match service {
        Service::All => "ALL",
        Service::Tcp(..) => "TCP",
        Service::Udp(..) => "UDP",
        Service::Icmp => "ICMP",
        Service::Icmpv6 => "ICMPv6",
        Service::Gre => "GRE",
        Service::Other(other) => return other.get().0.to_string(),
    };
    name.to_owned()
}

/// Returns the destination ports, and the source ports where they are restricted.
fn ports(service: &Service) -> (String, Option<String>) {
    const ANY: &str = "-1/-1";
    match service.ports() {
        None => (ANY.to_owned(), None),
        Some((to, from)) => (
            match to {
                DestinationPorts::Any => ANY.to_owned(),
                DestinationPorts::Range(range) => range.to_string(),
                DestinationPorts::List(_) => unreachable!("workloads have no port lists"),
            },
            match from {
                SourcePorts::Any => None,
                SourcePorts::Range(range) => Some(range.to_string()),
            },
        ),
    }
}

fn interface(snapshot: &Snapshot, interface: &NetworkInterface) -> Value {
    let addresses = |family| {
        let own = interface.addresses().iter();
        own.map(|own| own.prefix)
            .filter(move |prefix| prefix.family() == family)
            .map(|prefix| prefix.bounds().0.to_string())
    };
    let v4: Vec<Value> = addresses(Family::V4)
        .enumerate()
        .map(|(at, address)| json!({"PrivateIpAddress": address, "Primary": at == 0}))
        .collect();
    let v6: Vec<Value> = addresses(Family::V6)
        .map(|address| json!({"Ipv6Address": address}))
        .collect();
    let groups: Vec<&str> = interface
        .groups()
        .iter()
        .map(|group| snapshot.group(*group).id().as_str())
        .collect();
    json!({
        "NetworkInterfaceId": interface.id().as_str(),
        "VpcId": snapshot.vpc(interface.network()).map(secgroup_model::VpcId::as_str),
        "PrivateIpSets": {"PrivateIpSet": v4},
        "Ipv6Sets": {"Ipv6Set": v6},
        "SecurityGroupIds": {"SecurityGroupId": groups},
    })
}

fn prefix_list(list: &PrefixList) -> Value {
    let entries: Vec<Value> = list
        .entries
        .iter()
        .map(|entry| json!({"Cidr": entry.to_string()}))
        .collect();
    let family = match list.family {
        None | Some(Family::V4) => "IPv4",
        Some(Family::V6) => "IPv6",
    };
    json!({
        "PrefixListId": list.id.as_str(),
        "AddressFamily": family,
        "MaxEntries": list.entries.len(),
        "Entries": {"Entry": entries},
    })
}

#[cfg(test)]
mod tests {
    use secgroup_ecs::{Document, ReadOptions, read};
    use secgroup_matcher::{Answer, Engine, Matcher, Sides};
    use secgroup_model::Semantics;

    use super::*;
    use crate::checksum::of_answers;
    use crate::{InterfacePlan, Priorities, SEED, Traffic, World};

    #[test]
    fn the_config_read_back_gives_the_same_answers() {
        let world = World::interface(InterfacePlan {
            seed: SEED,
            rules: 1_000,
            v6_percent: 50,
            priorities: Priorities::Mixed,
        });
        let mut bytes = Vec::new();
        write(&world.snapshot, &mut bytes).unwrap();
        let document = Document {
            name: "config.json",
            bytes: &bytes,
        };
        let again = read(&[document], &ReadOptions::default()).unwrap().snapshot;
        assert_eq!(again.rules().len(), 1_000);
        for family in [Family::V4, Family::V6] {
            let flows = world.flows(Traffic::Mixed, family, 4_000, SEED);
            let sums = [&world.snapshot, &again].map(|snapshot| {
                let matcher = Matcher::compile(snapshot, &Semantics::default(), Engine::Compiled);
                let mut answers = vec![Answer::Judged(Sides::default()); flows.len()];
                matcher.decide(&flows, &mut answers);
                of_answers(&answers)
            });
            assert_eq!(sums[0], sums[1]);
        }
    }
}
