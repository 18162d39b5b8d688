//! Generated snapshots whose values sit close together.
//!
//! Addresses, ports and priorities come from small pools, so that rules
//! overlap, nest, tie and contradict each other far more often than in real
//! configurations.

use std::collections::BTreeSet;
use std::net::IpAddr;

use secgroup_model::{
    Action, AddressRole, ConnectionTimers, DestinationPorts, Direction, Family, GroupKind,
    GroupSpec, InnerAccess, InterfaceAddress, InterfaceSpec, NetworkInterfaceId, NicType, Origin,
    Peer, PortList, PortListId, PortRange, Prefix, PrefixList, PrefixListId, Priority, Protocol,
    Rule, RuleId, SecurityGroupId, Semantics, Service, Snapshot, SnapshotBuilder, SourcePorts,
    VpcId,
};

use crate::rng::Rng;

/// Prefixes of peers and local sides: nested, adjacent, whole families, hosts.
pub const PREFIXES: [&str; 26] = [
    "0.0.0.0/0",
    "0.0.0.0/1",
    "128.0.0.0/1",
    "10.0.0.0/8",
    "10.0.0.0/16",
    "10.0.0.0/24",
    "10.0.0.0/28",
    "10.0.0.1",
    "10.0.0.2/31",
    "10.0.0.4/30",
    "10.0.0.16/28",
    "10.0.1.0/24",
    "192.168.0.0/16",
    "198.51.100.0/24",
    "198.51.100.7",
    "198.51.100.8/29",
    "203.0.113.255",
    "255.255.255.255",
    "::/0",
    "2001:db8::/32",
    "2001:db8::/64",
    "2001:db8::1",
    "2001:db8::2/127",
    "2001:db8:0:0:8000::/65",
    "2001:db8:f::/48",
    "8000::/1",
];

/// Ports at which ranges begin and end.
pub const PORTS: [u16; 14] = [
    1, 22, 25, 53, 67, 68, 79, 80, 81, 443, 546, 8080, 65534, 65535,
];

/// A snapshot with the flags it was built under.
#[derive(Clone, Debug)]
pub struct World {
    /// The seed that made it.
    pub seed: u64,
    /// The snapshot.
    pub snapshot: Snapshot,
    /// The flags.
    pub semantics: Semantics,
}

impl World {
    /// Generates the world of a seed.
    ///
    /// # Panics
    ///
    /// Panics when the generator made parts that do not fit together, which
    /// would be a mistake in the generator.
    #[must_use]
    pub fn generate(seed: u64) -> Self {
        let mut rng = Rng::new(seed.wrapping_mul(0x2545_f491_4f6c_dd1d));
        let semantics = semantics(&mut rng);
        let mut parts = Parts::new(&mut rng);
        for network in 0..parts.networks.len() {
            parts.add_network(&mut rng, network);
        }
        let built = parts.builder.build(&semantics);
        let snapshot = built
            .unwrap_or_else(|problems| panic!("seed {seed}: {problems:?}"))
            .snapshot;
        Self {
            seed,
            snapshot,
            semantics,
        }
    }
}

/// Mostly the defaults, sometimes every flag at random.
pub(crate) fn semantics(rng: &mut Rng) -> Semantics {
    let mut semantics = Semantics::default();
    if rng.chance(60) {
        return semantics;
    }
    for (name, values) in [
        (
            "eval.intra_group_egress",
            ["bypass", "custom_rules"].as_slice(),
        ),
        ("eval.group_members", &["all", "primary"]),
        ("eval.all_means", &["any", "four"]),
        ("eval.mixed_types", &["strictest"]),
        ("eval.no_group", &["deny"]),
        ("eval.missing_ref", &["nomatch"]),
        ("eval.orphan_fragments", &["rules", "allow", "deny"]),
        (
            "eval.implicit_allow",
            &["doc", "none", "pmtud,metaserver", "dhcp,nd,slb,local"],
        ),
        ("eval.tcp25", &["note", "deny", "off"]),
    ] {
        semantics
            .set(name, rng.pick(values))
            .expect("the table holds values of the flag");
    }
    semantics
}

/// A world in the making.
struct Parts {
    builder: SnapshotBuilder,
    networks: Vec<Option<VpcId>>,
    lists: Vec<PrefixListId>,
    port_lists: Vec<PortListId>,
    /// All groups so far, also of other networks.
    all_groups: Vec<SecurityGroupId>,
    most_rules: usize,
    rules: usize,
    groups: usize,
    interfaces: usize,
}

impl Parts {
    fn new(rng: &mut Rng) -> Self {
        let vpc = |name| Some(VpcId::new(name).expect("a constant id"));
        let networks = rng.pick(&[
            vec![vpc("vpc-a")],
            vec![vpc("vpc-a")],
            vec![vpc("vpc-a"), vpc("vpc-b")],
            vec![vpc("vpc-a"), None],
            vec![None],
        ]);
        let mut parts = Self {
            builder: SnapshotBuilder::new(),
            networks,
            lists: Vec::new(),
            port_lists: Vec::new(),
            // Now and then a large one, for long lists and deep nesting.
            most_rules: if rng.chance(5) { 300 } else { 24 },
            all_groups: Vec::new(),
            rules: 0,
            groups: 0,
            interfaces: 0,
        };
        for number in 0..rng.below(4) {
            parts.add_prefix_list(rng, number);
        }
        for number in 0..rng.below(2) {
            let id = PortListId::new(&format!("prl-{number}")).expect("a short id");
            let entries = (0..rng.below(3)).map(|_| port_range(rng)).collect();
            parts.port_lists.push(id.clone());
            parts.builder.port_list(PortList {
                id,
                max_entries: None,
                entries,
                origin: Origin::default(),
            });
        }
        parts
    }

    fn add_prefix_list(&mut self, rng: &mut Rng, number: usize) {
        let id = PrefixListId::new(&format!("pl-{number}")).expect("a short id");
        let family = rng.pick(&[Family::V4, Family::V4, Family::V6]);
        let all = PREFIXES.map(prefix);
        let own: Vec<Prefix> = all
            .into_iter()
            .filter(|one| one.family() == family)
            .collect();
        let entries = (0..rng.below(5)).map(|_| rng.pick(&own)).collect();
        self.lists.push(id.clone());
        self.builder.prefix_list(PrefixList {
            id,
            family: Some(family),
            max_entries: None,
            entries,
            origin: Origin::default(),
        });
    }

    /// Adds the groups of a network, then interfaces that are their members.
    fn add_network(&mut self, rng: &mut Rng, network: usize) {
        let vpc = self.networks[network].clone();
        let mut own: Vec<(SecurityGroupId, GroupKind)> = Vec::new();
        for _ in 0..rng.below(5) + 1 {
            let id = SecurityGroupId::new(&format!("sg-{}", self.groups)).expect("a short id");
            self.groups += 1;
            own.push((
                id,
                rng.pick(&[GroupKind::Basic, GroupKind::Basic, GroupKind::Advanced]),
            ));
        }
        let ids: Vec<SecurityGroupId> = own.iter().map(|(id, _)| id.clone()).collect();
        self.all_groups.extend(ids.iter().cloned());
        for (id, kind) in &own {
            let rules = (0..rng.below(self.most_rules))
                .map(|_| self.rule(rng, &ids))
                .collect();
            self.builder.group(GroupSpec {
                id: id.clone(),
                name: None,
                kind: *kind,
                inner_access: rng.pick(&[InnerAccess::Accept, InnerAccess::Drop]),
                vpc: vpc.clone(),
                managed: false,
                owner: None,
                rules,
                origin: Origin::default(),
            });
        }
        let mut used = BTreeSet::new();
        for _ in 0..rng.below(5) + 1 {
            let kind = rng.pick(&own).1;
            let alike = own.iter().filter(|(_, other)| *other == kind);
            let mut groups: Vec<_> = alike.map(|(id, _)| id.clone()).collect();
            while groups.len() > 1 && rng.chance(50) {
                groups.remove(rng.below(groups.len()));
            }
            let id = NetworkInterfaceId::new(&format!("eni-{}", self.interfaces));
            self.interfaces += 1;
            self.builder.interface(InterfaceSpec {
                id: id.expect("a short id"),
                instance: None,
                role: None,
                vpc: vpc.clone(),
                addresses: addresses(rng, &mut used),
                groups,
                timers: ConnectionTimers::default(),
                origin: Origin::default(),
            });
        }
    }

    fn rule(&mut self, rng: &mut Rng, groups: &[SecurityGroupId]) -> Rule {
        self.rules += 1;
        let peer = self.peer(rng, groups);
        let family = match peer {
            Peer::Prefix(prefix) => prefix.family(),
            Peer::Group(_) | Peer::PrefixList(_) => rng.pick(&[Family::V4, Family::V6]),
        };
        let all = PREFIXES.map(prefix);
        let same: Vec<Prefix> = all
            .into_iter()
            .filter(|one| one.family() == family)
            .collect();
        let local = rng.chance(12).then(|| rng.pick(&same));
        let known = matches!(peer, Peer::Prefix(_)) || local.is_some();
        let fixed = known.then_some(family);
        let id =
            RuleId::new(&format!("sgr-{}", (self.rules * 7919) % 100_000)).expect("a short id");
        Rule {
            id: rng.chance(70).then_some(id),
            direction: rng.pick(&[Direction::Ingress, Direction::Ingress, Direction::Egress]),
            action: rng.pick(&[Action::Accept, Action::Drop]),
            priority: Priority::imported(rng.pick(&[1, 1, 1, 1, 2, 2, 2, 50, 100, 110]))
                .expect("priorities of the table are valid"),
            service: self.service(rng, fixed),
            peer,
            local,
            nic: rng.pick(&[NicType::Internet, NicType::Intranet]),
            created: rng
                .chance(40)
                .then(|| rng.pick(&[1_500_000_000, 1_600_000_000])),
            description: None,
            origin: Origin::default(),
        }
    }

    fn peer(&self, rng: &mut Rng, groups: &[SecurityGroupId]) -> Peer {
        match rng.below(10) {
            0 if rng.chance(20) => Peer::Group(rng.pick(&self.all_groups)),
            0 | 1 => Peer::Group(rng.pick(groups)),
            2 if !self.lists.is_empty() => Peer::PrefixList(rng.pick(&self.lists)),
            _ => Peer::Prefix(prefix(rng.pick(&PREFIXES))),
        }
    }

    fn service(&self, rng: &mut Rng, family: Option<Family>) -> Service {
        let to = match rng.below(10) {
            0 => DestinationPorts::Any,
            1 if !self.port_lists.is_empty() => DestinationPorts::List(rng.pick(&self.port_lists)),
            _ => DestinationPorts::Range(port_range(rng)),
        };
        let from = if rng.chance(15) {
            SourcePorts::Range(port_range(rng))
        } else {
            SourcePorts::Any
        };
        // ECS refuses ICMP with IPv6 addresses and ICMPv6 with IPv4 ones.
        let wrong_icmp = family.map(|family| match family {
            Family::V4 => Protocol::ICMPV6,
            Family::V6 => Protocol::ICMP,
        });
        let protocol = rng.pick(&[6, 6, 6, 6, 17, 17, 17, 1, 58, 47, 50, 132, 0, 255]);
        if rng.chance(20) || wrong_icmp == Some(Protocol(protocol)) {
            return Service::All;
        }
        Service::of(Protocol(protocol), to, from)
    }
}

/// Reads a constant.
fn prefix(text: &str) -> Prefix {
    Prefix::parse(text).expect("the pool holds prefixes").prefix
}

fn port_range(rng: &mut Rng) -> PortRange {
    let (a, b) = (rng.pick(&PORTS), rng.pick(&PORTS));
    let (first, last) = if rng.chance(40) {
        (a, a)
    } else {
        (a.min(b), a.max(b))
    };
    PortRange::new(first, last).expect("the pool holds ports from 1, in order")
}

/// Some addresses that no other interface of the network has.
fn addresses(rng: &mut Rng, used: &mut BTreeSet<IpAddr>) -> Vec<InterfaceAddress> {
    const SINGLE: [&str; 12] = [
        "10.0.0.1",
        "10.0.0.2",
        "10.0.0.3",
        "10.0.0.5",
        "10.0.1.3",
        "192.168.0.9",
        "2001:db8::1",
        "2001:db8::2",
        "2001:db8::3",
        "2001:db8:0:0:8000::1",
        "10.0.0.20",
        "198.51.100.7",
    ];
    let mut own = Vec::new();
    for text in ["10.0.5.0/28", "2001:db8:0:5::/80"] {
        let delegated = prefix(text);
        if rng.chance(15) && used.insert(delegated.bounds().0) {
            own.push(InterfaceAddress {
                prefix: delegated,
                role: AddressRole::Delegated,
            });
        }
    }
    for _ in 0..rng.below(3) + 1 {
        let one = prefix(rng.pick(&SINGLE));
        if used.insert(one.bounds().0) {
            let first = own
                .iter()
                .all(|other: &InterfaceAddress| other.role != AddressRole::Primary);
            let primary = first && one.family() == Family::V4;
            let role = if primary {
                AddressRole::Primary
            } else {
                AddressRole::Additional
            };
            own.push(InterfaceAddress { prefix: one, role });
        }
    }
    own
}
