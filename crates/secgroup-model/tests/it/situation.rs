//! Situations written in a line or two: groups, interfaces, flows.
//!
//! A rule reads `in 1 accept tcp 22/22 10.0.0.0/8`, followed by any of
//! `at PREFIX`, `from-port RANGE`, `id ID`, `created SECONDS` and
//! `nic internet`. Ports are a range, `any` or the id of a port list.

use secgroup_model::{
    Action, AddressRole, Built, ConnectionTimers, DestinationPorts, Direction, Endpoints,
    Evaluation, Flow, GroupKind, GroupSpec, IcmpMessage, InnerAccess, InterfaceAddress,
    InterfaceSpec, NicType, Origin, PartialTransport, Peer, PortList, PortRange, PortSpan, Prefix,
    PrefixList, Priority, Problem, ProblemKind, Protocol, Query, Rule, Semantics, Service,
    Snapshot, SnapshotBuilder, SourcePorts, WarningKind, evaluate,
};

/// Reads an id of any kind.
macro_rules! id {
    ($kind:ident, $text:expr) => {
        secgroup_model::$kind::new($text).unwrap()
    };
}
pub(crate) use id;

pub(crate) fn prefix(text: &str) -> Prefix {
    Prefix::parse(text).unwrap().prefix
}

pub(crate) fn range(text: &str) -> PortRange {
    PortRange::parse(text).unwrap()
}

/// Reads a rule.
pub(crate) fn rule(text: &str) -> Rule {
    let mut words = text.split_whitespace();
    let mut word = || {
        words
            .next()
            .unwrap_or_else(|| panic!("`{text}` ends too early"))
    };
    let direction = match word() {
        "in" => Direction::Ingress,
        "out" => Direction::Egress,
        other => panic!("{other}"),
    };
    let priority = Priority::imported(word().parse().unwrap()).unwrap();
    let action = match word() {
        "accept" => Action::Accept,
        "drop" => Action::Drop,
        other => panic!("{other}"),
    };
    let mut service = match word() {
        "all" => Service::All,
        "tcp" => Service::Tcp(destination_ports(word()), SourcePorts::Any),
        "udp" => Service::Udp(destination_ports(word()), SourcePorts::Any),
        portless => Service::of(
            portless.parse().unwrap(),
            DestinationPorts::Any,
            SourcePorts::Any,
        ),
    };
    let peer = match word() {
        group if group.starts_with("sg-") => Peer::Group(id!(SecurityGroupId, group)),
        list if list.starts_with("pl-") => Peer::PrefixList(id!(PrefixListId, list)),
        addresses => Peer::Prefix(prefix(addresses)),
    };
    let (mut rule_id, mut local, mut created, mut nic) = (None, None, None, NicType::Intranet);
    while let Some(name) = words.next() {
        let value = words.next().unwrap();
        match name {
            "at" => local = Some(prefix(value)),
            "id" => rule_id = Some(id!(RuleId, value)),
            "created" => created = Some(value.parse().unwrap()),
            "nic" if value == "internet" => nic = NicType::Internet,
            "from-port" => {
                let (Service::Tcp(_, from) | Service::Udp(_, from)) = &mut service else {
                    panic!("`{text}` has no ports")
                };
                *from = SourcePorts::Range(range(value));
            }
            other => panic!("{other}"),
        }
    }
    Rule {
        id: rule_id,
        direction,
        action,
        priority,
        service,
        peer,
        local,
        nic,
        created,
        description: None,
        origin: Origin::default(),
    }
}

fn destination_ports(text: &str) -> DestinationPorts {
    if text == "any" {
        DestinationPorts::Any
    } else if text.starts_with("prl-") {
        DestinationPorts::List(id!(PortListId, text))
    } else {
        DestinationPorts::Range(range(text))
    }
}

/// A basic, isolated group of `vpc-a`.
pub(crate) fn group(name: &str, rules: &[&str]) -> GroupSpec {
    GroupSpec {
        id: id!(SecurityGroupId, name),
        name: None,
        kind: GroupKind::Basic,
        inner_access: InnerAccess::Drop,
        vpc: Some(id!(VpcId, "vpc-a")),
        managed: false,
        owner: None,
        rules: rules.iter().map(|text| rule(text)).collect(),
        origin: Origin::default(),
    }
}

/// The same as an advanced group.
pub(crate) fn advanced(name: &str, rules: &[&str]) -> GroupSpec {
    GroupSpec {
        kind: GroupKind::Advanced,
        ..group(name, rules)
    }
}

/// The same as a group whose members reach each other.
pub(crate) fn interconnected(name: &str, rules: &[&str]) -> GroupSpec {
    GroupSpec {
        inner_access: InnerAccess::Accept,
        ..group(name, rules)
    }
}

/// The same in another VPC, or in the classic network.
pub(crate) fn within(vpc: Option<&str>, group: GroupSpec) -> GroupSpec {
    GroupSpec {
        vpc: vpc.map(|name| id!(VpcId, name)),
        ..group
    }
}

/// An interface: its first address is the primary one, blocks are delegated.
pub(crate) fn interface(name: &str, addresses: &[&str], groups: &[&str]) -> InterfaceSpec {
    let role = |(at, text): (usize, &&str)| InterfaceAddress {
        prefix: prefix(text),
        role: match at {
            _ if text.contains('/') => AddressRole::Delegated,
            0 => AddressRole::Primary,
            1.. => AddressRole::Additional,
        },
    };
    InterfaceSpec {
        id: id!(NetworkInterfaceId, name),
        instance: None,
        role: None,
        vpc: None,
        addresses: addresses.iter().enumerate().map(role).collect(),
        groups: groups
            .iter()
            .map(|text| id!(SecurityGroupId, text))
            .collect(),
        timers: ConnectionTimers::default(),
        origin: Origin::default(),
    }
}

/// The same in a VPC that it names itself.
pub(crate) fn located(vpc: &str, interface: InterfaceSpec) -> InterfaceSpec {
    InterfaceSpec {
        vpc: Some(id!(VpcId, vpc)),
        ..interface
    }
}

pub(crate) fn prefix_list(name: &str, entries: &[&str]) -> PrefixList {
    PrefixList {
        id: id!(PrefixListId, name),
        family: None,
        max_entries: None,
        entries: entries.iter().map(|text| prefix(text)).collect(),
        origin: Origin::default(),
    }
}

pub(crate) fn port_list(name: &str, entries: &[&str]) -> PortList {
    PortList {
        id: id!(PortListId, name),
        max_entries: None,
        entries: entries.iter().map(|text| range(text)).collect(),
        origin: Origin::default(),
    }
}

/// The parts of a snapshot.
#[derive(Clone, Debug, Default)]
pub(crate) struct Parts {
    pub(crate) groups: Vec<GroupSpec>,
    pub(crate) interfaces: Vec<InterfaceSpec>,
    pub(crate) prefix_lists: Vec<PrefixList>,
    pub(crate) port_lists: Vec<PortList>,
}

impl Parts {
    pub(crate) fn new(groups: &[GroupSpec], interfaces: &[InterfaceSpec]) -> Self {
        Self {
            groups: groups.to_vec(),
            interfaces: interfaces.to_vec(),
            ..Self::default()
        }
    }

    pub(crate) fn build(&self, semantics: &Semantics) -> Result<Built, Vec<Problem>> {
        let mut builder = SnapshotBuilder::new();
        for group in &self.groups {
            builder.group(group.clone());
        }
        for interface in &self.interfaces {
            builder.interface(interface.clone());
        }
        for list in &self.prefix_lists {
            builder.prefix_list(list.clone());
        }
        for list in &self.port_lists {
            builder.port_list(list.clone());
        }
        builder.build(semantics)
    }

    /// Builds under the default flags, without any problem.
    #[track_caller]
    pub(crate) fn snapshot(&self) -> Snapshot {
        self.build(&Semantics::default()).unwrap().snapshot
    }

    /// Returns what is wrong, nothing when it can be built.
    pub(crate) fn problems(&self, semantics: &Semantics) -> Vec<ProblemKind> {
        let problems = self.build(semantics).err().unwrap_or_default();
        problems.into_iter().map(|problem| problem.kind).collect()
    }

    /// Returns what is odd about parts without problems.
    #[track_caller]
    pub(crate) fn warnings(&self, semantics: &Semantics) -> Vec<WarningKind> {
        let warnings = self.build(semantics).unwrap().warnings;
        warnings.into_iter().map(|warning| warning.kind).collect()
    }
}

/// Sets flags on top of the defaults.
pub(crate) fn flags(values: &[(&str, &str)]) -> Semantics {
    let mut semantics = Semantics::default();
    for (name, value) in values {
        semantics.set(name, value).unwrap();
    }
    semantics
}

/// A flow of TCP between two addresses.
pub(crate) fn tcp(from: &str, source: PortSpan, to: &str, destination: PortSpan) -> Query {
    query(
        Protocol::TCP,
        from,
        to,
        PartialTransport::Ports {
            source,
            destination,
        },
    )
}

/// A flow of TCP from port 40000 to one port.
pub(crate) fn to_port(from: &str, to: &str, port: u16) -> Query {
    tcp(from, PortSpan::one(40000), to, PortSpan::one(port))
}

/// An ICMP message of the addresses' family; its type may be open.
pub(crate) fn icmp(from: &str, to: &str, message: Option<(u8, u8)>) -> Query {
    let message = message.map(|(kind, code)| IcmpMessage { kind, code });
    let protocol = if from.contains(':') {
        Protocol::ICMPV6
    } else {
        Protocol::ICMP
    };
    query(protocol, from, to, PartialTransport::Icmp(message))
}

pub(crate) fn query(
    protocol: Protocol,
    from: &str,
    to: &str,
    transport: PartialTransport,
) -> Query {
    let endpoints = Endpoints::new(from.parse().unwrap(), to.parse().unwrap()).unwrap();
    Flow::new(endpoints, protocol, transport)
}

/// Judges a flow of an unambiguous snapshot under the default flags.
#[track_caller]
pub(crate) fn judge(snapshot: &Snapshot, query: &Query) -> Evaluation {
    evaluate(snapshot, &Semantics::default(), query).unwrap()
}
