//! The ways to complete a question that leaves ports or the ICMP type open.
//!
//! Only values at which some rule or exception begins or ends can make a
//! difference, so one value for each stretch between them stands for all.

use super::Hop;
use crate::rule_match::rule_match;
use crate::{
    Family, IcmpMessage, PartialTransport, PortRange, PortSpan, Protocol, Query, RuleMatch,
    SourcePorts,
};

/// How many completions are tried. More need hundreds of rules that restrict
/// the source port, and a question that leaves both ports open.
const MOST: usize = 65_536;

/// Ports that mean something to the platform: mail and DHCP (3.9).
const PLATFORM_PORTS: [u16; 5] = [25, 67, 68, 546, 547];

/// Completions of a question.
pub(super) struct Completions {
    /// The completed questions.
    pub(super) queries: Vec<Query>,
    /// Whether they stand for all there are.
    pub(super) complete: bool,
}

/// Tells whether a question leaves something open.
pub(super) fn is_open(query: &Query) -> bool {
    match query.transport {
        PartialTransport::Ports {
            source,
            destination,
        } => source.known().is_none() || destination.known().is_none(),
        PartialTransport::Icmp(message) => message.is_none(),
        PartialTransport::Opaque | PartialTransport::LaterFragment => false,
    }
}

/// Returns completions that stand for all others as far as some interfaces
/// are concerned; all hops are of one query.
pub(super) fn of(query: &Query, hops: &[Hop<'_>]) -> Completions {
    let transports: Vec<PartialTransport> = match query.transport {
        PartialTransport::Ports {
            source,
            destination,
        } => ports(hops, source, destination),
        PartialTransport::Icmp(None) => messages(query),
        known => vec![known],
    };
    let complete = transports.len() <= MOST;
    let transports = transports.into_iter().take(MOST);
    let queries = transports
        .map(|transport| Query {
            transport,
            ..*query
        })
        .collect();
    Completions { queries, complete }
}

/// One pair of ports for each combination of stretches.
fn ports(hops: &[Hop<'_>], source: PortSpan, destination: PortSpan) -> Vec<PartialTransport> {
    let mut sources = PLATFORM_PORTS.map(bounds).to_vec();
    let mut destinations = sources.clone();
    for hop in hops {
        for (_, placed) in hop.rules() {
            let found = rule_match(hop.snapshot, hop.semantics, placed, hop.query);
            // Rules that cannot match whatever is open make no stretches.
            if matches!(found, RuleMatch::No(_)) {
                continue;
            }
            if let Some((_, SourcePorts::Range(range))) = placed.rule.service.ports() {
                sources.push(edges(range));
            }
            let ranges = hop.snapshot.destination_ranges(placed).unwrap_or_default();
            destinations.extend(ranges.iter().map(|range| edges(*range)));
        }
    }
    let sources = stretches(source, &sources);
    let destinations = stretches(destination, &destinations);
    let pairs = sources.iter().flat_map(|source| {
        destinations
            .iter()
            .map(|destination| PartialTransport::Ports {
                source: PortSpan::one(*source),
                destination: PortSpan::one(*destination),
            })
    });
    pairs.take(MOST + 1).collect()
}

/// Where the stretch of a port begins, and where the next one does.
fn bounds(port: u16) -> [Option<u16>; 2] {
    [Some(port), port.checked_add(1)]
}

/// Where the stretch of a range begins, and where the next one does.
fn edges(range: PortRange) -> [Option<u16>; 2] {
    [Some(range.first()), range.last().checked_add(1)]
}

/// Returns the first port of every stretch within a span.
fn stretches(span: PortSpan, edges: &[[Option<u16>; 2]]) -> Vec<u16> {
    let within = edges
        .iter()
        .flatten()
        .flatten()
        .copied()
        .filter(|port| span.contains(*port));
    let mut starts: Vec<u16> = within.chain([span.first()]).collect();
    starts.sort_unstable();
    starts.dedup();
    starts
}

/// Messages that some exception of 3.9 is about, and one that none is about.
fn messages(query: &Query) -> Vec<PartialTransport> {
    let kinds: &[(u8, u8)] = match (query.protocol, query.endpoints.family()) {
        (Protocol::ICMP, Family::V4) => &[(8, 0), (3, 4)],
        (Protocol::ICMPV6, Family::V6) => &[(128, 0), (2, 0), (133, 0)],
        _ => &[(0, 0)],
    };
    let known = |(kind, code): &(u8, u8)| {
        PartialTransport::Icmp(Some(IcmpMessage {
            kind: *kind,
            code: *code,
        }))
    };
    kinds.iter().map(known).collect()
}
