//! Snapshots so small that all their flows can be judged one by one.
//!
//! Rules speak of 16 addresses of IPv4, 8 of IPv6 and six ports, or of
//! everything; so a few flows more, one for each kind of address and port that
//! no rule tells apart, stand for all there are.

use std::net::IpAddr;

use secgroup_model::{
    Action, AddressRole, ConnectionTimers, DestinationPorts, Direction, Endpoints, Flow, GroupKind,
    GroupSpec, IcmpMessage, InnerAccess, InterfaceAddress, InterfaceSpec, NetworkInterfaceId,
    NicType, Origin, Peer, PortList, PortListId, PortRange, Prefix, PrefixList, PrefixListId,
    Priority, Protocol, Rule, RuleId, Scope, SecurityGroupId, Semantics, Service, Snapshot,
    SnapshotBuilder, SourcePorts, Transport, VpcId,
};

use crate::rng::Rng;
use crate::worlds;

/// Peers of rules: everything, halves, and blocks of the 16 or 8 addresses.
const PREFIXES: [&str; 14] = [
    "0.0.0.0/0",
    "10.0.0.0/28",
    "10.0.0.0/29",
    "10.0.0.8/29",
    "10.0.0.4/30",
    "10.0.0.2/31",
    "10.0.0.1",
    "10.0.0.9",
    "::/0",
    "2001:db8::/125",
    "2001:db8::/126",
    "2001:db8::4/126",
    "2001:db8::2/127",
    "2001:db8::1",
];

/// Addresses that no rule tells from others of their kind: inside, the
/// Internet, the metadata service, link-local.
const BEYOND: [&str; 5] = [
    "10.0.0.16",
    "198.51.100.7",
    "100.100.100.200",
    "2001:db8:1::1",
    "fe80::1",
];

/// The addresses interfaces may have.
const OWN: [&str; 6] = [
    "10.0.0.1",
    "10.0.0.2/31",
    "10.0.0.5",
    "10.0.0.9",
    "2001:db8::1",
    "2001:db8::5",
];

/// A small snapshot with the flags it was built under.
#[derive(Clone, Debug)]
pub struct Toy {
    /// The snapshot.
    pub snapshot: Snapshot,
    /// The flags.
    pub semantics: Semantics,
}

impl Toy {
    /// Generates the snapshot of a seed.
    ///
    /// # Panics
    ///
    /// Panics when the generator made parts that do not fit together, which
    /// would be a mistake in the generator.
    #[must_use]
    pub fn generate(seed: u64) -> Self {
        let mut rng = Rng::new(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x746f_7973);
        let semantics = worlds::semantics(&mut rng);
        Self {
            snapshot: snapshot(&mut rng, &semantics, seed),
            semantics,
        }
    }

    /// Generates two snapshots that differ in a few places, under one set of flags.
    ///
    /// # Panics
    ///
    /// Panics as [`Toy::generate`] does.
    #[must_use]
    pub fn pair(seed: u64) -> [Self; 2] {
        let old = Self::generate(seed);
        let mut rng = Rng::new(!seed);
        // The same draws, but for some that are drawn anew.
        let mut again = Rng::new(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x746f_7973);
        let _ = worlds::semantics(&mut again);
        let mut parts = parts(&mut again, &old.semantics);
        for group in &mut parts.0 {
            if rng.chance(20) {
                group.inner_access = InnerAccess::Drop;
            }
            for rule in &mut group.rules {
                if rng.chance(10) {
                    rule.action = rng.pick(&[Action::Accept, Action::Drop]);
                }
                if rng.chance(10) {
                    rule.priority = Priority::imported(rng.pick(&[1, 2, 3])).expect("small");
                }
            }
            if rng.chance(30) {
                group.rules.pop();
            }
        }
        if rng.chance(10) {
            parts.1.pop();
        }
        let snapshot = build(parts, &old.semantics, seed);
        let semantics = old.semantics;
        [
            old,
            Self {
                snapshot,
                semantics,
            },
        ]
    }

    /// Returns flows that stand for all of the network: between any two
    /// addresses of which an interface has one.
    #[must_use]
    pub fn flows(&self) -> Vec<Flow> {
        let mut flows = Vec::new();
        let network = self.snapshot.networks().next().map(|(index, _)| index);
        let network = network.expect("a toy has a network");
        let owned = |address: IpAddr| {
            let mut all = self.snapshot.interfaces();
            all.any(|(_, interface)| interface.owns(address))
        };
        let all = addresses();
        for source in &all {
            for destination in &all {
                if !owned(*source) && !owned(*destination) {
                    continue;
                }
                let Ok(endpoints) = Endpoints::new(*source, *destination) else {
                    continue;
                };
                for (protocol, transport) in payloads(source.is_ipv4()) {
                    let mut flow = Flow::new(endpoints, protocol, transport);
                    flow.scope = Scope::Network(network);
                    flows.push(flow);
                }
            }
        }
        flows
    }
}

/// Returns every address that matters.
fn addresses() -> Vec<IpAddr> {
    let v4 = (0..16_u8).map(|last| IpAddr::from([10, 0, 0, last]));
    let v6 = (0..8_u16).map(|last| IpAddr::from([0x2001, 0xdb8, 0, 0, 0, 0, 0, last]));
    let beyond = BEYOND.map(|text| text.parse().expect("the table holds addresses"));
    v4.chain(v6).chain(beyond).collect()
}

/// Returns every payload that matters.
fn payloads(v4: bool) -> Vec<(Protocol, Transport)> {
    let mut all = Vec::new();
    for protocol in [Protocol::TCP, Protocol::UDP] {
        for destination in [0, 1, 2, 3, 4, 5, 6, 7, 25, 67, 547] {
            for source in [0, 1, 2, 3, 4, 5, 6, 68, 546] {
                all.push((
                    protocol,
                    Transport::Ports {
                        source,
                        destination,
                    },
                ));
            }
        }
    }
    let message = |kind, code| Transport::Icmp(IcmpMessage { kind, code });
    let (icmp, other, kinds) = if v4 {
        (
            Protocol::ICMP,
            Protocol::ICMPV6,
            [(3, 4), (3, 3), (8, 0), (2, 0)],
        )
    } else {
        (
            Protocol::ICMPV6,
            Protocol::ICMP,
            [(2, 0), (133, 0), (137, 9), (138, 0)],
        )
    };
    all.extend(kinds.map(|(kind, code)| (icmp, message(kind, code))));
    let opaque = [
        other,
        Protocol::GRE,
        Protocol(50),
        Protocol(0),
        Protocol(255),
    ];
    all.extend(opaque.map(|protocol| (protocol, Transport::Opaque)));
    all
}

type Parts = (
    Vec<GroupSpec>,
    Vec<InterfaceSpec>,
    Vec<PrefixList>,
    Vec<PortList>,
);

fn snapshot(rng: &mut Rng, semantics: &Semantics, seed: u64) -> Snapshot {
    build(parts(rng, semantics), semantics, seed)
}

fn build(parts: Parts, semantics: &Semantics, seed: u64) -> Snapshot {
    let mut builder = SnapshotBuilder::new();
    let (groups, interfaces, lists, ports) = parts;
    for group in groups {
        builder.group(group);
    }
    for interface in interfaces {
        builder.interface(interface);
    }
    for list in lists {
        builder.prefix_list(list);
    }
    for list in ports {
        builder.port_list(list);
    }
    let built = builder.build(semantics);
    built
        .unwrap_or_else(|problems| panic!("seed {seed}: {problems:?}"))
        .snapshot
}

fn parts(rng: &mut Rng, semantics: &Semantics) -> Parts {
    let vpc = (!rng.chance(15)).then(|| VpcId::new("vpc-a").expect("a constant id"));
    let ids: Vec<SecurityGroupId> = (0..rng.below(3) + 1)
        .map(|number| SecurityGroupId::new(&format!("sg-{number}")).expect("a short id"))
        .collect();
    let lists: Vec<PrefixList> = (0..rng.below(3)).map(|number| list(rng, number)).collect();
    let ports = (0..rng.below(2)).map(|number| PortList {
        id: PortListId::new(&format!("prl-{number}")).expect("a short id"),
        max_entries: None,
        entries: vec![range(rng), range(rng)],
        origin: Origin::default(),
    });
    let mut ports: Vec<PortList> = ports.collect();
    for list in &mut ports {
        list.entries.dedup();
    }
    let mut number = 0;
    let mut groups = Vec::new();
    let advanced = rng.chance(20);
    for id in &ids {
        let rules = (0..rng.below(9)).map(|_| {
            number += 1;
            rule(rng, number, &ids, &lists, &ports)
        });
        let rules = rules.collect();
        groups.push(GroupSpec {
            id: id.clone(),
            name: None,
            kind: if advanced && vpc.is_some() {
                GroupKind::Advanced
            } else {
                GroupKind::Basic
            },
            inner_access: rng.pick(&[InnerAccess::Accept, InnerAccess::Drop, InnerAccess::Drop]),
            vpc: vpc.clone(),
            managed: false,
            owner: None,
            rules,
            origin: Origin::default(),
        });
    }
    let mut free = OWN.to_vec();
    let mut interfaces = Vec::new();
    for number in 0..rng.below(3) + 1 {
        interfaces.push(interface(rng, number, &ids, &vpc, &mut free));
    }
    // Under `nomatch` a list may be missing.
    let mut lists = lists;
    if semantics.missing_reference == secgroup_model::MissingReference::NoMatch && rng.chance(60) {
        lists.pop();
    }
    (groups, interfaces, lists, ports)
}

fn interface(
    rng: &mut Rng,
    number: usize,
    ids: &[SecurityGroupId],
    vpc: &Option<VpcId>,
    free: &mut Vec<&str>,
) -> InterfaceSpec {
    let mut addresses: Vec<InterfaceAddress> = Vec::new();
    for _ in 0..2 {
        let at = rng.below(free.len());
        let prefix = prefix(free.remove(at));
        let primary = addresses.is_empty() && prefix.bounds().0.is_ipv4();
        addresses.push(InterfaceAddress {
            prefix,
            role: if primary {
                AddressRole::Primary
            } else {
                AddressRole::Additional
            },
        });
    }
    let mut groups = ids.to_vec();
    while groups.len() > 1 && rng.chance(50) {
        groups.remove(rng.below(groups.len()));
    }
    InterfaceSpec {
        id: NetworkInterfaceId::new(&format!("eni-{number}")).expect("a short id"),
        instance: None,
        role: None,
        vpc: vpc.clone(),
        addresses,
        groups,
        timers: ConnectionTimers::default(),
        origin: Origin::default(),
    }
}

fn list(rng: &mut Rng, number: usize) -> PrefixList {
    let family = rng.pick(&[true, true, false]);
    let own = PREFIXES.map(prefix).into_iter();
    let own: Vec<Prefix> = own
        .filter(|one| one.bounds().0.is_ipv4() == family)
        .collect();
    let mut entries: Vec<Prefix> = (0..rng.below(4)).map(|_| rng.pick(&own)).collect();
    entries.sort();
    entries.dedup();
    PrefixList {
        id: PrefixListId::new(&format!("pl-{number}")).expect("a short id"),
        family: None,
        max_entries: None,
        entries,
        origin: Origin::default(),
    }
}

fn rule(
    rng: &mut Rng,
    number: usize,
    groups: &[SecurityGroupId],
    lists: &[PrefixList],
    ports: &[PortList],
) -> Rule {
    let peer = match rng.below(8) {
        0 => Peer::Group(rng.pick(groups)),
        1 if !lists.is_empty() => Peer::PrefixList(rng.pick(lists).id),
        _ => Peer::Prefix(prefix(rng.pick(&PREFIXES))),
    };
    let v4 = match peer {
        Peer::Prefix(prefix) => prefix.bounds().0.is_ipv4(),
        Peer::Group(_) | Peer::PrefixList(_) => rng.chance(70),
    };
    let own = PREFIXES.map(prefix).into_iter();
    let same: Vec<Prefix> = own.filter(|one| one.bounds().0.is_ipv4() == v4).collect();
    let local = rng.chance(15).then(|| rng.pick(&same));
    let to = match rng.below(8) {
        0 => DestinationPorts::Any,
        1 if !ports.is_empty() => DestinationPorts::List(rng.pick(ports).id),
        _ => DestinationPorts::Range(range(rng)),
    };
    let from = if rng.chance(20) {
        SourcePorts::Range(range(rng))
    } else {
        SourcePorts::Any
    };
    let icmp = if v4 { 1 } else { 58 };
    let service = match rng.below(10) {
        0 | 1 => Service::All,
        2 => Service::of(Protocol(icmp), to, from),
        3 => Service::of(Protocol(rng.pick(&[47, 50])), to, from),
        other => Service::of(Protocol(if other < 7 { 6 } else { 17 }), to, from),
    };
    Rule {
        id: rng
            .chance(70)
            .then(|| RuleId::new(&format!("sgr-{}", number * 37 % 101)).expect("a short id")),
        direction: rng.pick(&[Direction::Ingress, Direction::Ingress, Direction::Egress]),
        action: rng.pick(&[Action::Accept, Action::Drop]),
        priority: Priority::imported(rng.pick(&[1, 1, 2, 2, 3])).expect("small priorities"),
        service,
        peer,
        local,
        nic: rng.pick(&[NicType::Internet, NicType::Intranet]),
        created: rng
            .chance(30)
            .then(|| rng.pick(&[1_500_000_000, 1_600_000_000])),
        description: None,
        origin: Origin::default(),
    }
}

fn range(rng: &mut Rng) -> PortRange {
    let (a, b) = (rng.below(6) + 1, rng.below(6) + 1);
    let small = |port: usize| u16::try_from(port).expect("up to 6");
    PortRange::new(small(a.min(b)), small(a.max(b))).expect("from 1, in order")
}

fn prefix(text: &str) -> Prefix {
    Prefix::parse(text).expect("the pool holds prefixes").prefix
}
