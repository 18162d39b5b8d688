//! Why each rule did or did not match.

use std::net::IpAddr;

use secgroup_model::{
    DestinationPorts, Direction, Field, NicType, PartialTransport, Peer, PortRange, PortSpan,
    Query, RuleMatch, RuleTrace, Snapshot, SourcePorts, Target,
};

/// Names a condition of a rule.
#[must_use]
pub const fn field(field: Field) -> &'static str {
    match field {
        Field::Nic => "nic",
        Field::Protocol => "protocol",
        Field::Peer => "peer",
        Field::Local => "local",
        Field::DestinationPort => "destination_port",
        Field::SourcePort => "source_port",
    }
}

/// Says how a rule and the flow fit.
#[must_use]
pub fn result(snapshot: &Snapshot, query: &Query, trace: &RuleTrace) -> String {
    match trace.result {
        RuleMatch::Yes(_) => "matches".to_owned(),
        RuleMatch::Maybe(open, _) => {
            format!("may match: {}", compare(snapshot, query, trace, open))
        }
        RuleMatch::No(failed) => format!("no match: {}", compare(snapshot, query, trace, failed)),
    }
}

/// Sets the flow's value of a field against the rule's.
fn compare(snapshot: &Snapshot, query: &Query, trace: &RuleTrace, which: Field) -> String {
    let placed = snapshot.rule(trace.rule);
    let rule = placed.rule();
    let (source, destination) = (query.endpoints.source(), query.endpoints.destination());
    let (local, remote, side) = match rule.direction {
        Direction::Ingress => (destination, source, "source"),
        Direction::Egress => (source, destination, "destination"),
    };
    match which {
        Field::Nic => {
            let other = match rule.nic {
                NicType::Internet => NicType::Intranet,
                NicType::Intranet => NicType::Internet,
            };
            format!(
                "it is about the {} NIC, the flow uses the {other} one",
                rule.nic
            )
        }
        Field::Protocol => {
            let protocol = rule.service.protocol();
            let wanted = protocol.map_or_else(|| "one of ALL's".to_owned(), |one| one.to_string());
            format!("protocol is {}, not {wanted}", query.protocol)
        }
        Field::Peer => peer(snapshot, &rule.peer, snapshot.target(placed), remote, side),
        Field::Local => {
            let prefix = rule
                .local
                .map(|prefix| prefix.to_string())
                .unwrap_or_default();
            format!("local address {local} is not in {prefix}")
        }
        Field::DestinationPort => {
            let ranges = snapshot.destination_ranges(placed).unwrap_or_default();
            let name = match rule.service.ports() {
                Some((DestinationPorts::List(list), _)) => format!("port list {list}"),
                _ => ranges.first().map(ToString::to_string).unwrap_or_default(),
            };
            port(
                "destination port",
                query_ports(query).map(|ports| ports.1),
                &name,
                ranges,
            )
        }
        Field::SourcePort => match rule.service.ports() {
            Some((_, SourcePorts::Range(range))) => port(
                "source port",
                query_ports(query).map(|ports| ports.0),
                &range.to_string(),
                &[range],
            ),
            Some((_, SourcePorts::Any)) | None => String::new(),
        },
    }
}

fn query_ports(query: &Query) -> Option<(PortSpan, PortSpan)> {
    match query.transport {
        PartialTransport::Ports {
            source,
            destination,
        } => Some((source, destination)),
        PartialTransport::Icmp(_) | PartialTransport::Opaque | PartialTransport::LaterFragment => {
            None
        }
    }
}

/// Says how far a port lies from the nearest range.
fn port(what: &str, span: Option<PortSpan>, name: &str, ranges: &[PortRange]) -> String {
    let Some(span) = span else {
        return format!("a later fragment has no {what} to be in {name}");
    };
    let (first, last) = (span.first(), span.last());
    if first != last {
        return format!("{what} may be in {name}; the question leaves it open ({first} to {last})");
    }
    let distance = |range: &PortRange| {
        (u32::from(range.first()).saturating_sub(u32::from(first)))
            .max(u32::from(first).saturating_sub(u32::from(range.last())))
    };
    match ranges.iter().min_by_key(|range| distance(range)) {
        None => format!("{what} {first} is not in {name}, which is empty"),
        Some(nearest) => {
            let side = if first < nearest.first() {
                "below"
            } else {
                "above"
            };
            format!(
                "{what} {first} is not in {name} ({} {side})",
                distance(nearest)
            )
        }
    }
}

/// Returns how many leading bits two addresses of one family have in common.
fn common_length(one: IpAddr, other: IpAddr) -> u32 {
    match (one, other) {
        (IpAddr::V4(one), IpAddr::V4(other)) => (one.to_bits() ^ other.to_bits()).leading_zeros(),
        (IpAddr::V6(one), IpAddr::V6(other)) => (one.to_bits() ^ other.to_bits()).leading_zeros(),
        _ => 0,
    }
}

/// Says why an address is not among the peers.
fn peer(
    snapshot: &Snapshot,
    peer: &Peer,
    target: Target<'_>,
    remote: IpAddr,
    side: &str,
) -> String {
    match (peer, target) {
        (_, Target::Prefix(prefix)) if prefix.bounds().0.is_ipv4() != remote.is_ipv4() => {
            format!("{side} {remote} is of the other address family than {prefix}")
        }
        (_, Target::Prefix(prefix)) => {
            let common = common_length(prefix.bounds().0, remote);
            let length = prefix.length();
            format!("{side} {remote} is not in {prefix} ({common} of its {length} bits agree)")
        }
        (Peer::Group(id), Target::Group(group)) => {
            let members = snapshot.members(group).count();
            let noun = if members == 1 {
                "interface"
            } else {
                "interfaces"
            };
            format!("{side} {remote} is no private address of {id} ({members} member {noun})")
        }
        (Peer::PrefixList(id), Target::PrefixList(list)) => match list.entries.len() {
            0 => format!("{id} is empty"),
            1 => format!("{side} {remote} is not in the one entry of {id}"),
            more => format!("{side} {remote} is in none of the {more} entries of {id}"),
        },
        (other, _) => format!("{other} is not defined in the snapshot"),
    }
}
