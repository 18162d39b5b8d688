//! Small snapshots written by hand, a line a rule.
//!
//! A rule is `ingress 10 accept tcp 22/22 0.0.0.0/0`: direction, priority,
//! action, protocol, destination ports where it has them, peer (a block, a
//! group or a prefix list). Everything is in one VPC.

use secgroup_model::{
    Action, AddressRole, ConnectionTimers, DestinationPorts, Direction, GroupKind, GroupSpec,
    InnerAccess, InterfaceAddress, InterfaceSpec, NetworkInterfaceId, NicType, Origin, Peer,
    PortRange, Prefix, PrefixList, PrefixListId, Priority, Protocol, Rule, RuleId, SecurityGroupId,
    Semantics, Service, Snapshot, SnapshotBuilder, SourcePorts, VpcId,
};

/// Groups, lists and interfaces in the making.
#[derive(Debug, Default)]
pub struct Written {
    builder: SnapshotBuilder,
    rules: usize,
}

impl Written {
    /// Adds a basic group that isolates its members; rules are called `r1`,
    /// `r2` and so on over all groups.
    ///
    /// # Panics
    ///
    /// Panics on a rule that makes no sense, as all functions here do.
    #[must_use]
    pub fn group(mut self, id: &str, rules: &[&str]) -> Self {
        let rules = rules.iter().map(|line| {
            self.rules += 1;
            rule(line, self.rules)
        });
        let rules = rules.collect();
        self.builder.group(GroupSpec {
            id: SecurityGroupId::new(id).expect("an id"),
            name: None,
            kind: GroupKind::Basic,
            inner_access: InnerAccess::Drop,
            vpc: VpcId::new("vpc-a").ok(),
            managed: false,
            owner: None,
            rules,
            origin: Origin::default(),
        });
        self
    }

    /// Adds an interface with addresses, in groups.
    ///
    /// # Panics
    ///
    /// Panics as [`Written::group`] does.
    #[must_use]
    pub fn interface(mut self, id: &str, addresses: &[&str], groups: &[&str]) -> Self {
        let own = addresses.iter().map(|text| InterfaceAddress {
            prefix: prefix(text),
            role: AddressRole::Primary,
        });
        self.builder.interface(InterfaceSpec {
            id: NetworkInterfaceId::new(id).expect("an id"),
            instance: None,
            role: None,
            vpc: VpcId::new("vpc-a").ok(),
            addresses: own.collect(),
            groups: groups
                .iter()
                .map(|id| SecurityGroupId::new(id).expect("an id"))
                .collect(),
            timers: ConnectionTimers::default(),
            origin: Origin::default(),
        });
        self
    }

    /// Adds a prefix list.
    ///
    /// # Panics
    ///
    /// Panics as [`Written::group`] does.
    #[must_use]
    pub fn list(mut self, id: &str, entries: &[&str]) -> Self {
        self.builder.prefix_list(PrefixList {
            id: PrefixListId::new(id).expect("an id"),
            family: None,
            max_entries: None,
            entries: entries.iter().map(|text| prefix(text)).collect(),
            origin: Origin::default(),
        });
        self
    }

    /// Builds the snapshot.
    ///
    /// # Panics
    ///
    /// Panics when the parts do not fit together.
    #[must_use]
    pub fn build(self, semantics: &Semantics) -> Snapshot {
        let built = self.builder.build(semantics);
        built
            .unwrap_or_else(|problems| panic!("{problems:?}"))
            .snapshot
    }
}

fn prefix(text: &str) -> Prefix {
    Prefix::parse(text).expect("an address or block").prefix
}

fn rule(line: &str, number: usize) -> Rule {
    let words: Vec<&str> = line.split_whitespace().collect();
    let (ports, peer) = match words[3..] {
        [_, peer] => (None, peer),
        [_, ports, peer] => (Some(ports), peer),
        _ => panic!("`{line}` is no rule"),
    };
    let to = ports.map_or(DestinationPorts::Any, |text| {
        DestinationPorts::Range(PortRange::parse(text).expect("ports"))
    });
    let service = match words[3] {
        "all" => Service::All,
        name => {
            let protocol: Protocol = name.parse().expect("a protocol");
            Service::of(protocol, to, SourcePorts::Any)
        }
    };
    Rule {
        id: RuleId::new(&format!("r{number}")).ok(),
        direction: match words[0] {
            "ingress" => Direction::Ingress,
            _ => Direction::Egress,
        },
        action: match words[2] {
            "accept" => Action::Accept,
            _ => Action::Drop,
        },
        priority: Priority::imported(words[1].parse().expect("a number")).expect("a priority"),
        service,
        peer: match peer {
            id if id.starts_with("sg-") => Peer::Group(SecurityGroupId::new(id).expect("an id")),
            id if id.starts_with("pl-") => Peer::PrefixList(PrefixListId::new(id).expect("an id")),
            block => Peer::Prefix(prefix(block)),
        },
        local: None,
        nic: NicType::Intranet,
        created: None,
        description: None,
        origin: Origin::default(),
    }
}
