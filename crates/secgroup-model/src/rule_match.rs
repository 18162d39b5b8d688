//! Does one rule match one flow (3.5)?
//!
//! The fields are asked in a fixed order and the first that fails is named, so
//! that the verdict and its explanation come from one place. Where the flow
//! leaves a field open the answer is "maybe" (3.5.9).

use std::net::IpAddr;

use crate::{
    AllMeans, Direction, Family, NicType, PartialTransport, PlacedRule, PortRange, PortSpan,
    Prefix, Protocol, Query, Semantics, Service, Snapshot, SourcePorts, Target, is_internet,
};

/// A condition of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Field {
    /// The NIC, in the classic network (2.9.2).
    Nic,
    /// The protocol (3.5.2, 3.5.3, 3.5.5).
    Protocol,
    /// The far end (3.5.8).
    Peer,
    /// The near end (3.5.6).
    Local,
    /// The destination port (3.5.2).
    DestinationPort,
    /// The source port (3.5.6).
    SourcePort,
}

/// How a rule and a flow fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RuleMatch {
    /// Every condition holds.
    Yes(Specificity),
    /// Every condition holds or may hold; this is the first open one.
    Maybe(Field, Specificity),
    /// This condition fails, and none before it.
    No(Field),
}

/// How closely a rule fits a flow. Decides nothing; orders equals when a
/// decision is reported (3.3.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Specificity {
    /// The length of the longest prefix of the peer that holds the address.
    pub peer_length: u8,
    /// The number of ports in the narrowest range that holds the port; 65536
    /// where the rule takes any.
    pub port_width: u32,
}

/// A condition that may be open.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Truth {
    No,
    Maybe,
    Yes,
}

impl From<bool> for Truth {
    fn from(holds: bool) -> Self {
        if holds { Self::Yes } else { Self::No }
    }
}

/// Matches a rule of the right direction against a flow.
pub(crate) fn rule_match(
    snapshot: &Snapshot,
    semantics: &Semantics,
    placed: PlacedRule<'_>,
    query: &Query,
) -> RuleMatch {
    let rule = &placed.rule;
    let (source, destination) = (query.endpoints.source(), query.endpoints.destination());
    // "Peer: source for ingress, destination for egress. Local: the other one."
    let (local, remote) = match rule.direction {
        Direction::Ingress => (destination, source),
        Direction::Egress => (source, destination),
    };
    let peer_length = peer_length(snapshot, semantics, placed, remote);
    let (port, port_width) = destination_port(snapshot, placed, query);
    let conditions = [
        (Field::Nic, nic(snapshot, placed, query, remote).into()),
        (
            Field::Protocol,
            protocol(&rule.service, query, semantics).into(),
        ),
        (Field::Peer, peer_length.is_some().into()),
        // "The local CIDR contains the local address; absent = any address of the ENI." (3.5.6)
        (
            Field::Local,
            rule.local
                .is_none_or(|prefix| prefix.contains(local))
                .into(),
        ),
        (Field::DestinationPort, port),
        (Field::SourcePort, source_port(placed, query)),
    ];
    let specificity = Specificity {
        peer_length: peer_length.unwrap_or(0),
        port_width,
    };
    if let Some((field, _)) = conditions.iter().find(|(_, truth)| *truth == Truth::No) {
        return RuleMatch::No(*field);
    }
    match conditions.iter().find(|(_, truth)| *truth == Truth::Maybe) {
        Some((field, _)) => RuleMatch::Maybe(*field, specificity),
        None => RuleMatch::Yes(specificity),
    }
}

/// "`internet` rules see only the public NIC, `intranet` rules only the
/// internal NIC. In a VPC one rule set governs public and internal traffic
/// alike." (2.9.2)
fn nic(snapshot: &Snapshot, placed: PlacedRule<'_>, query: &Query, remote: IpAddr) -> bool {
    let internet = is_internet(remote);
    let apparent = if internet {
        NicType::Internet
    } else {
        NicType::Intranet
    };
    let used = query.nic.unwrap_or(apparent);
    snapshot.group(placed.group).vpc.is_some() || placed.rule.nic == used
}

/// Equal protocol numbers; ICMP is IPv4's, ICMPv6 is IPv6's (3.5.2, 3.5.3).
fn protocol(service: &Service, query: &Query, semantics: &Semantics) -> bool {
    let family = query.endpoints.family();
    match service {
        // "ALL matches every IP protocol of the family of its peer"; the other
        // reading is "all four protocols" (3.5.5).
        Service::All => match semantics.all_means {
            AllMeans::Any => true,
            AllMeans::Four => matches!(query.protocol, Protocol(1 | 6 | 17 | 47 | 58)),
        },
        Service::Icmp => query.protocol == Protocol::ICMP && family == Family::V4,
        Service::Icmpv6 => query.protocol == Protocol::ICMPV6 && family == Family::V6,
        Service::Tcp(..) => query.protocol == Protocol::TCP,
        Service::Udp(..) => query.protocol == Protocol::UDP,
        Service::Gre => query.protocol == Protocol::GRE,
        Service::Other(other) => query.protocol == other.get(),
    }
}

/// Returns the length of the longest prefix of the peer that holds `remote`.
fn peer_length(
    snapshot: &Snapshot,
    semantics: &Semantics,
    placed: PlacedRule<'_>,
    remote: IpAddr,
) -> Option<u8> {
    let longest = |prefixes: &mut dyn Iterator<Item = Prefix>| {
        prefixes
            .filter(|prefix| prefix.contains(remote))
            .map(Prefix::length)
            .max()
    };
    match snapshot.target(placed) {
        Target::Prefix(prefix) => longest(&mut [prefix].into_iter()),
        // "VPC groups only inside one VPC" (1.1): addresses of another network
        // say nothing about members here.
        Target::Group(group) if snapshot.group(group).vpc != snapshot.group(placed.group).vpc => {
            None
        }
        // "The internal IP addresses of the instances in the target security
        // group are used to match traffic." No recursion (3.6.1, 3.6.2).
        Target::Group(group) => longest(
            &mut snapshot
                .members(group)
                .flat_map(|member| member.member_addresses(semantics.group_members)),
        ),
        // "Any current entry contains the peer address" (3.6.5).
        Target::PrefixList(list) => longest(&mut list.entries.iter().copied()),
        Target::Missing => None,
    }
}

/// "For TCP and UDP the destination port lies in PortRange, or in an entry of
/// the port list" (3.5.2).
fn destination_port(snapshot: &Snapshot, placed: PlacedRule<'_>, query: &Query) -> (Truth, u32) {
    const ANY: u32 = 65536;
    if placed.rule.service.ports().is_none() {
        return (Truth::Yes, ANY);
    }
    // "A later fragment matches only rules that need no ports (ALL,
    // non-TCP/UDP)" (3.5.11).
    let PartialTransport::Ports { destination, .. } = query.transport else {
        return (Truth::No, ANY);
    };
    let Some(ranges) = snapshot.destination_ranges(placed) else {
        return (Truth::Yes, ANY);
    };
    let mut found = (Truth::No, ANY);
    for range in ranges {
        let width = u32::from(range.width());
        match (covers(*range, destination), found.0) {
            (Truth::No, _) | (Truth::Maybe, Truth::Yes) => {}
            (truth, known) if truth == known => found.1 = found.1.min(width),
            (truth, _) => found = (truth, width),
        }
    }
    found
}

/// "SourcePortRange (TCP, UDP) contains the source port" (3.5.6).
fn source_port(placed: PlacedRule<'_>, query: &Query) -> Truth {
    let Some((_, ports)) = placed.rule.service.ports() else {
        return Truth::Yes;
    };
    match (ports, query.transport) {
        (SourcePorts::Any, _) => Truth::Yes,
        (SourcePorts::Range(range), PartialTransport::Ports { source, .. }) => {
            covers(range, source)
        }
        (SourcePorts::Range(_), _) => Truth::No,
    }
}

/// Tells whether a range holds the one port that is meant.
fn covers(range: PortRange, span: PortSpan) -> Truth {
    let (first, last) = (span.first(), span.last());
    if range.contains(first) && range.contains(last) {
        Truth::Yes
    } else if range.last() < first || last < range.first() {
        Truth::No
    } else {
        Truth::Maybe
    }
}
