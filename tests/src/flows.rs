//! Generated flows that sit on the edges of a world's rules.

use std::net::IpAddr;

use secgroup_model::{
    Direction, Endpoints, Flow, IcmpMessage, InterfaceIndex, NicType, PlacedRule, Prefix, Protocol,
    Scope, Service, Snapshot, SourcePorts, Target, Transport,
};

use crate::rng::Rng;
use crate::worlds::{PORTS, PREFIXES, World};

/// A flow, and whether it was derived from the edge of a rule.
#[derive(Clone, Copy, Debug)]
pub struct Derived {
    /// The flow.
    pub flow: Flow,
    /// Whether its far address and ports lie within one of a bound of a rule.
    pub on_edge: bool,
}

/// Generates a flow for a world.
#[must_use]
pub fn generate(world: &World, rng: &mut Rng) -> Derived {
    let rules = world.snapshot.rules().len();
    let derived = if rules > 0 && rng.chance(75) {
        let at = rng.below(rules);
        let rule = world.snapshot.rules().nth(at).map(|(_, rule)| rule);
        rule.and_then(|rule| on_edge(&world.snapshot, rule, rng))
    } else {
        None
    };
    let on_edge = derived.is_some();
    let mut flow = derived.unwrap_or_else(|| anywhere(&world.snapshot, rng));
    if !on_edge && rng.chance(12) {
        flow.protocol = Protocol::TCP;
        flow.transport = Transport::Ports {
            source: 40000,
            destination: 25,
        };
    }
    if !on_edge || rng.chance(10) {
        flow.scope = scope(&world.snapshot, rng);
    }
    flow.nic = rng
        .chance(40)
        .then(|| rng.pick(&[NicType::Internet, NicType::Intranet]));
    flow.via_load_balancer = rng.chance(3);
    Derived { flow, on_edge }
}

fn scope(snapshot: &Snapshot, rng: &mut Rng) -> Scope {
    let networks: Vec<_> = snapshot.networks().map(|(index, _)| index).collect();
    match rng.below(20) {
        0 => Scope::Elsewhere,
        1 | 2 => Scope::Ends {
            source: rng.pick(&networks),
            destination: rng.pick(&networks),
        },
        3..=10 => Scope::Network(rng.pick(&networks)),
        _ => Scope::Unspecified,
    }
}

/// Between a member of the rule's group and an address at the edge of the
/// rule's peer, with ports at the edges of its ranges.
fn on_edge(snapshot: &Snapshot, rule: PlacedRule<'_>, rng: &mut Rng) -> Option<Flow> {
    let peers: Vec<Prefix> = match snapshot.target(rule) {
        Target::Prefix(prefix) => vec![prefix],
        Target::Group(group) => {
            let members = snapshot.members(group);
            members
                .flat_map(|one| one.addresses().iter().map(|own| own.prefix))
                .collect()
        }
        Target::PrefixList(list) => list.entries.clone(),
        Target::Missing => Vec::new(),
    };
    if peers.is_empty() {
        return None;
    }
    let peer = edge(rng.pick(&peers), rng);
    let members: Vec<_> = snapshot.members(rule.group()).collect();
    if members.is_empty() {
        return None;
    }
    let own = rng.pick(&members).addresses();
    let own: Vec<_> = own
        .iter()
        .filter(|own| own.prefix.contains(peer) || same(own.prefix, peer))
        .collect();
    if own.is_empty() {
        return None;
    }
    let local = edge_inside(rng.pick(&own).prefix, rng);
    let (source, destination) = match rule.rule().direction {
        Direction::Ingress => (peer, local),
        Direction::Egress => (local, peer),
    };
    let endpoints = Endpoints::new(source, destination).ok()?;
    let (protocol, transport) = service(snapshot, rule, rng);
    let mut flow = Flow::new(endpoints, protocol, transport);
    flow.scope = Scope::Network(snapshot.members(rule.group()).next()?.network());
    Some(flow)
}

fn same(prefix: Prefix, address: IpAddr) -> bool {
    prefix.bounds().0.is_ipv4() == address.is_ipv4()
}

/// The first or last address of a prefix, or the one beside it.
fn edge(prefix: Prefix, rng: &mut Rng) -> IpAddr {
    let (first, last) = prefix.bounds();
    match rng.below(6) {
        0 => step(first, false),
        1 => step(last, true),
        2 | 3 => first,
        _ => last,
    }
}

fn edge_inside(prefix: Prefix, rng: &mut Rng) -> IpAddr {
    let (first, last) = prefix.bounds();
    rng.pick(&[first, last])
}

/// The next or previous address; the same at the ends of the family.
fn step(address: IpAddr, up: bool) -> IpAddr {
    match address {
        IpAddr::V4(address) => {
            let bits = address.to_bits();
            let next = if up {
                bits.saturating_add(1)
            } else {
                bits.saturating_sub(1)
            };
            IpAddr::V4(next.into())
        }
        IpAddr::V6(address) => {
            let bits = address.to_bits();
            let next = if up {
                bits.saturating_add(1)
            } else {
                bits.saturating_sub(1)
            };
            IpAddr::V6(next.into())
        }
    }
}

/// A protocol and ports that a rule is about, or just not.
fn service(snapshot: &Snapshot, rule: PlacedRule<'_>, rng: &mut Rng) -> (Protocol, Transport) {
    let service = &rule.rule().service;
    let protocol = match service.protocol() {
        Some(protocol) if rng.chance(95) => protocol,
        _ => return any_service(rng),
    };
    if !protocol.has_ports() {
        return (protocol, portless(protocol, rng));
    }
    if rng.chance(5) {
        return (protocol, Transport::LaterFragment);
    }
    let destination = match snapshot.destination_ranges(rule) {
        Some(ranges) if !ranges.is_empty() => {
            let range = rng.pick(ranges);
            beside(range.first(), range.last(), rng)
        }
        _ => rng.pick(&PORTS),
    };
    let source = match service {
        Service::Tcp(_, SourcePorts::Range(range)) | Service::Udp(_, SourcePorts::Range(range)) => {
            beside(range.first(), range.last(), rng)
        }
        _ => rng.pick(&[0, 1, 67, 68, 546, 40000, 65535]),
    };
    (
        protocol,
        Transport::Ports {
            source,
            destination,
        },
    )
}

/// A bound of a range, or the port beside it.
fn beside(first: u16, last: u16, rng: &mut Rng) -> u16 {
    match rng.below(6) {
        0 => first.saturating_sub(1),
        1 => last.saturating_add(1),
        2 | 3 => first,
        _ => last,
    }
}

fn portless(protocol: Protocol, rng: &mut Rng) -> Transport {
    if !matches!(protocol, Protocol::ICMP | Protocol::ICMPV6) {
        return rng.pick(&[
            Transport::Opaque,
            Transport::Opaque,
            Transport::LaterFragment,
        ]);
    }
    let kind = rng.pick(&[0, 2, 3, 8, 128, 132, 133, 135, 137, 138]);
    let message = IcmpMessage {
        kind,
        code: rng.pick(&[0, 3, 4, 5]),
    };
    let icmp = Transport::Icmp(message);
    rng.pick(&[
        icmp,
        icmp,
        icmp,
        Transport::Opaque,
        Transport::LaterFragment,
    ])
}

fn any_service(rng: &mut Rng) -> (Protocol, Transport) {
    let protocol = Protocol(rng.pick(&[6, 6, 17, 17, 1, 58, 47, 50, 51, 132, 0, 255]));
    if !protocol.has_ports() {
        return (protocol, portless(protocol, rng));
    }
    let source = rng.pick(&[0, 1, 53, 67, 68, 546, 547, 40000, 65535]);
    let destination = rng.pick(&[0, 1, 22, 25, 25, 53, 67, 68, 80, 443, 546, 547, 65535]);
    (
        protocol,
        Transport::Ports {
            source,
            destination,
        },
    )
}

/// Between any two of: an interface's address, an edge of a prefix of the
/// pool, an address with a meaning.
fn anywhere(snapshot: &Snapshot, rng: &mut Rng) -> Flow {
    const SPECIAL: [&str; 7] = [
        "100.100.100.200",
        "198.51.100.7",
        "10.0.0.254",
        "8.8.8.8",
        "2001:db8:f::9",
        "fe80::1",
        "ff02::1:2",
    ];
    let interfaces: Vec<InterfaceIndex> = snapshot.interfaces().map(|(index, _)| index).collect();
    let mut address = |special: usize| -> IpAddr {
        if rng.chance(100 - special) {
            let own = snapshot.interface(rng.pick(&interfaces)).addresses();
            if !own.is_empty() {
                return edge_inside(rng.pick(own).prefix, rng);
            }
        }
        if rng.chance(50) {
            return rng
                .pick(&SPECIAL)
                .parse()
                .expect("the table holds addresses");
        }
        let text = rng.pick(&PREFIXES);
        edge(
            Prefix::parse(text).expect("the pool holds prefixes").prefix,
            rng,
        )
    };
    loop {
        let (source, destination) = (address(30), address(60));
        if source == destination {
            continue;
        }
        if let Ok(endpoints) = Endpoints::new(source, destination) {
            let (protocol, transport) = any_service(rng);
            return Flow::new(endpoints, protocol, transport);
        }
    }
}
