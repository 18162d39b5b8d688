//! The tables of one set of groups in one direction.

use std::collections::HashMap;

use secgroup_model::{
    Action, AllMeans, Family, Protocol, RuleIndex, Semantics, Service, Snapshot, Transport,
};

use crate::Engine;
use crate::address::Address;
use crate::lower::{Entry, Selection, lower};
use crate::peers::Peers;
use crate::table::Table;

/// What a table is asked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key<A> {
    /// The far address.
    pub(crate) peer: A,
    /// The near address.
    pub(crate) local: A,
    /// The source port, 0 where there is none.
    pub(crate) source_port: u16,
    /// The destination port, 0 where there is none.
    pub(crate) destination_port: u16,
}

/// The deciding rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hit {
    /// The rule.
    pub(crate) rule: RuleIndex,
    /// What it says.
    pub(crate) action: Action,
}

/// One table for each protocol that some rule names, one for all others.
#[derive(Debug)]
pub(crate) struct Policy<A> {
    tables: Vec<Table<A>>,
    /// The table of each protocol number.
    of_protocol: [u16; 256],
    /// The table of later fragments of TCP and UDP: rules that need no ports
    /// (3.5.11).
    of_fragments: u16,
}

impl<A: Address> Policy<A> {
    /// Compiles the selected rules.
    pub(crate) fn compile(
        snapshot: &Snapshot,
        semantics: &Semantics,
        selection: &Selection,
        engine: Engine,
        peers: &mut Peers<A>,
    ) -> Self {
        let lowered = lower(snapshot, semantics, selection, peers).entries;
        let peers = &*peers;
        let named: Vec<Protocol> = lowered
            .iter()
            .filter_map(|(service, _)| service.protocol())
            .collect();
        let mut tables: Vec<Table<A>> = Vec::new();
        // Protocols that no rule names have equal tables: ALL rules, or none.
        let mut known: HashMap<(Option<Protocol>, bool), u16> = HashMap::new();
        let mut table = |protocol: Option<Protocol>, all: bool| {
            *known.entry((protocol, all)).or_insert_with(|| {
                let fits = |service: &Service| match service.protocol() {
                    None => all,
                    Some(own) => Some(own) == protocol,
                };
                let own = lowered.iter().filter(|(service, _)| fits(service));
                let entries: Vec<Entry<A>> = own.map(|(_, entry)| entry.clone()).collect();
                tables.push(Table::build(entries, peers, engine));
                u16::try_from(tables.len() - 1)
                    .expect("there are at most 256 protocols and two more")
            })
        };
        let of_fragments = table(None, true);
        let of_protocol = std::array::from_fn(|number| {
            let protocol = Protocol(u8::try_from(number).expect("an array of 256"));
            let own = named.contains(&protocol) && exists::<A>(protocol);
            table(own.then_some(protocol), covered_by_all(protocol, semantics))
        });
        Self {
            tables,
            of_protocol,
            of_fragments,
        }
    }

    /// Finds the deciding rule.
    #[inline]
    pub(crate) fn lookup(
        &self,
        protocol: Protocol,
        transport: Transport,
        peer: A,
        local: A,
    ) -> Option<Hit> {
        let (table, source_port, destination_port) = match transport {
            Transport::Ports {
                source,
                destination,
            } => (
                self.of_protocol[usize::from(protocol.0)],
                source,
                destination,
            ),
            Transport::LaterFragment if protocol.has_ports() => (self.of_fragments, 0, 0),
            Transport::Icmp(_) | Transport::Opaque | Transport::LaterFragment => {
                (self.of_protocol[usize::from(protocol.0)], 0, 0)
            }
        };
        let key = Key {
            peer,
            local,
            source_port,
            destination_port,
        };
        self.tables[usize::from(table)].lookup(&key)
    }
}

/// ICMP is protocol 1 of IPv4, ICMPv6 protocol 58 of IPv6: rules for one never
/// match packets of the other family (3.5.3).
fn exists<A: Address>(protocol: Protocol) -> bool {
    match protocol {
        Protocol::ICMP => A::FAMILY == Family::V4,
        Protocol::ICMPV6 => A::FAMILY == Family::V6,
        _ => true,
    }
}

/// Tells whether rules for ALL match a protocol (3.5.5).
fn covered_by_all(protocol: Protocol, semantics: &Semantics) -> bool {
    match semantics.all_means {
        AllMeans::Any => true,
        AllMeans::Four => [
            Protocol::ICMP,
            Protocol::TCP,
            Protocol::UDP,
            Protocol::GRE,
            Protocol::ICMPV6,
        ]
        .contains(&protocol),
    }
}
