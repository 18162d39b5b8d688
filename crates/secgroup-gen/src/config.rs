//! A snapshot as ECS spells it, for programs that read ECS JSON.
//!
//! It writes what plans lead to and nothing else: VPC groups with their
//! permissions, interfaces with single addresses, prefix lists. A line is a
//! prefix list, a permission, or an interface. Values are ids, addresses,
//! numbers and words, none of which JSON would escape, and fields come in the
//! order in which they are written here.

use std::fmt::Display;
use std::io::{self, Write};

use secgroup_model::{
    Action, DestinationPorts, Direction, Family, GroupSpec, InnerAccess, InterfaceSpec, Peer,
    Prefix, PrefixList, Rule, Service, SourcePorts,
};

use crate::plan::{Part, Plan};

/// Writes the snapshot of a plan as one document, one line at a time.
///
/// # Errors
///
/// Returns the error of `output`.
pub fn write(plan: &Plan, output: impl Write) -> io::Result<()> {
    let mut document = Document {
        output,
        section: None,
    };
    plan.parts(|part| match part {
        Part::PrefixList(list) => document.item(Section::PrefixLists, &prefix_list(&list)),
        Part::Group(group) => document.group(&group),
        Part::Interface(one) => document.item(Section::Interfaces, &interface(&one)),
    })?;
    document.text("\n]}}\n")?;
    document.output.flush()
}

/// A document in the making.
struct Document<W> {
    output: W,
    section: Option<Section>,
}

/// A list of the document; they come in this order.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Section {
    PrefixLists,
    Groups,
    Interfaces,
}

impl Section {
    /// Returns the names of the list and of what surrounds it.
    const fn names(self) -> [&'static str; 2] {
        match self {
            Self::PrefixLists => ["PrefixLists", "PrefixList"],
            Self::Groups => ["SecurityGroups", "SecurityGroup"],
            Self::Interfaces => ["NetworkInterfaceSets", "NetworkInterfaceSet"],
        }
    }
}

impl<W: Write> Document<W> {
    /// Writes an item of a list, and begins the list where it is the first.
    fn item(&mut self, section: Section, item: &str) -> io::Result<()> {
        if self.section == Some(section) {
            return self.text(&format!(",\n{item}"));
        }
        let before = if self.section.is_some() {
            "\n]},\n"
        } else {
            "{"
        };
        self.section = Some(section);
        let [outer, inner] = section.names();
        self.text(&format!("{before}\"{outer}\":{{\"{inner}\":[\n{item}"))
    }

    fn group(&mut self, group: &GroupSpec) -> io::Result<()> {
        let mut head = vec![("SecurityGroupId", group.id.to_string())];
        head.push(("SecurityGroupType", group.kind.to_string()));
        head.extend(group.vpc.iter().map(|id| ("VpcId", id.to_string())));
        let inner_access = match group.inner_access {
            InnerAccess::Accept => "Accept",
            InnerAccess::Drop => "Drop",
        };
        head.push(("InnerAccessPolicy", inner_access.to_owned()));
        let head = fields(&head);
        self.item(
            Section::Groups,
            &format!("{{{head},\"Permissions\":{{\"Permission\":["),
        )?;
        for (number, rule) in group.rules.iter().enumerate() {
            let comma = if number == 0 { "" } else { "," };
            self.text(&format!("{comma}\n{{{}}}", permission(rule)))?;
        }
        self.text("]}}")
    }

    fn text(&mut self, text: &str) -> io::Result<()> {
        self.output.write_all(text.as_bytes())
    }
}

/// Returns the fields of an object without its braces.
fn fields(fields: &[(&str, String)]) -> String {
    joined(
        fields
            .iter()
            .map(|(name, value)| format!("\"{name}\":\"{value}\"")),
    )
}

fn joined(items: impl Iterator<Item = String>) -> String {
    items.collect::<Vec<_>>().join(",")
}

fn prefix_list(list: &PrefixList) -> String {
    let family = match list.family {
        None | Some(Family::V4) => "IPv4",
        Some(Family::V6) => "IPv6",
    };
    let head = fields(&[
        ("PrefixListId", list.id.to_string()),
        ("AddressFamily", family.to_owned()),
    ]);
    let most = list.entries.len();
    let entries = objects("Cidr", list.entries.iter());
    format!("{{{head},\"MaxEntries\":{most},\"Entries\":{{\"Entry\":[{entries}]}}}}")
}

/// Returns objects of one field each, separated by commas.
fn objects(name: &str, values: impl Iterator<Item = impl Display>) -> String {
    joined(values.map(|value| format!("{{\"{name}\":\"{value}\"}}")))
}

/// Returns the fields of a rule.
fn permission(rule: &Rule) -> String {
    let (far, near) = match rule.direction {
        Direction::Ingress => ("Source", "Dest"),
        Direction::Egress => ("Dest", "Source"),
    };
    let mut all: Vec<(&str, String)> = Vec::new();
    all.extend(
        rule.id
            .iter()
            .map(|id| ("SecurityGroupRuleId", id.to_string())),
    );
    all.push(("Direction", rule.direction.to_string()));
    let policy = match rule.action {
        Action::Accept => "Accept",
        Action::Drop => "Drop",
    };
    all.push(("Policy", policy.to_owned()));
    all.push(("Priority", rule.priority.to_string()));
    all.push(("IpProtocol", protocol(&rule.service)));
    let (to, from) = ports(&rule.service);
    all.push(("PortRange", to));
    all.extend(from.map(|from| ("SourcePortRange", from)));
    let peer = match &rule.peer {
        Peer::Prefix(prefix) => (block_field(far, *prefix), prefix.to_string()),
        Peer::Group(id) => (format!("{far}GroupId"), id.to_string()),
        Peer::PrefixList(id) => (format!("{far}PrefixListId"), id.to_string()),
    };
    let local = rule.local;
    let local = local.map(|local| (block_field(near, local), local.to_string()));
    let ends = [Some(peer), local];
    let ends = ends.iter().flatten();
    all.extend(ends.map(|(name, value)| (name.as_str(), value.clone())));
    all.push(("NicType", rule.nic.to_string()));
    fields(&all)
}

/// Returns the name of the field for a CIDR block of one side.
fn block_field(side: &str, prefix: Prefix) -> String {
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

fn interface(interface: &InterfaceSpec) -> String {
    let addresses = |family| {
        let own = interface.addresses.iter().map(|own| own.prefix);
        own.filter(move |prefix| prefix.family() == family)
            .map(|prefix| prefix.bounds().0)
    };
    let mut head = vec![("NetworkInterfaceId", interface.id.to_string())];
    head.extend(interface.vpc.iter().map(|id| ("VpcId", id.to_string())));
    let head = fields(&head);
    // The first one is the primary one.
    let v4 = joined(addresses(Family::V4).enumerate().map(|(at, address)| {
        let primary = at == 0;
        format!("{{\"PrivateIpAddress\":\"{address}\",\"Primary\":{primary}}}")
    }));
    let v6 = objects("Ipv6Address", addresses(Family::V6));
    let groups = joined(interface.groups.iter().map(|id| format!("\"{id}\"")));
    format!(
        "{{{head},\"PrivateIpSets\":{{\"PrivateIpSet\":[{v4}]}},\
         \"Ipv6Sets\":{{\"Ipv6Set\":[{v6}]}},\
         \"SecurityGroupIds\":{{\"SecurityGroupId\":[{groups}]}}}}"
    )
}

#[cfg(test)]
mod tests {
    use std::num::{NonZeroU8, NonZeroU16};

    use super::*;
    use crate::checksum;

    fn fleet(seed: u64) -> Plan {
        Plan {
            interfaces: NonZeroU16::new(300).unwrap(),
            sets: NonZeroU16::new(3).unwrap(),
            groups: NonZeroU8::new(4).unwrap(),
            ..Plan::interface(seed, 50, 30)
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_bytes() {
        let sum = |plan: &Plan| checksum::of(|output| write(plan, output));
        assert_eq!(sum(&Plan::interface(1, 200, 20)), "5a0fe29f5096ee9d");
        assert_eq!(sum(&fleet(1)), "071ec5bae9339356");
        assert_ne!(sum(&fleet(1)), sum(&fleet(2)));
    }

    #[test]
    fn a_line_is_a_list_a_permission_or_an_interface() {
        let mut document = Vec::new();
        write(&fleet(1), &mut document).unwrap();
        let document = String::from_utf8(document).unwrap();
        let begin = |text: &str| {
            document
                .lines()
                .filter(|line| line.starts_with(text))
                .count()
        };
        assert_eq!(begin("{\"SecurityGroupRuleId\":\"sgr-"), 3 * 50);
        assert_eq!(begin("{\"NetworkInterfaceId\":\"eni-"), 300 + 160);
        assert_eq!(begin("{\"PrefixListId\":\"pl-"), 8);
        assert_eq!(begin("{\"SecurityGroupId\":\"sg-set-"), 3 * 4);
    }
}
