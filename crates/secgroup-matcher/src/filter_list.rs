//! The rules of one interface in one direction, written out as a list of
//! filters: what other classifiers are given to be compared with this one.
//!
//! Not what lookups use: a group with a hundred members is a hundred filters
//! here, and one set of addresses in a policy. What is decided before any rule
//! is asked (traffic of the platform, groups whose members reach each other) is
//! not in the list, nor are later fragments, which rules with ports pass over.

use ipnet::IpNet;
use secgroup_model::{
    Direction, Family, InterfaceIndex, NicType, PortSpan, Prefix, Protocol, RuleIndex, Semantics,
    Snapshot,
};

use crate::address::Address;
use crate::lower::{Entry, Ports, Selection, lower};
use crate::peers::Peers;
use crate::policy::protocols;

/// What the five fields of a packet must be, and which rule says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListedFilter {
    /// The rule that it comes from.
    pub rule: RuleIndex,
    /// Where the packet comes from.
    pub source: Prefix,
    /// Where it goes.
    pub destination: Prefix,
    /// Its source port, 0 where there is none.
    pub source_ports: PortSpan,
    /// Its destination port, 0 where there is none.
    pub destination_ports: PortSpan,
    /// Its protocol; any when absent.
    pub protocol: Option<Protocol>,
}

/// Lists the filters of one family that decide about an interface in one
/// direction, best first; `nic` is that of the packets in the classic network
/// (2.9.2), and nothing in a VPC.
#[must_use]
pub fn filter_list(
    snapshot: &Snapshot,
    semantics: &Semantics,
    interface: InterfaceIndex,
    direction: Direction,
    nic: Option<NicType>,
    family: Family,
) -> Vec<ListedFilter> {
    let selection = Selection {
        groups: snapshot.interface(interface).groups().to_vec(),
        direction,
        nic,
    };
    match family {
        Family::V4 => listed::<u32>(snapshot, semantics, &selection),
        Family::V6 => listed::<u128>(snapshot, semantics, &selection),
    }
}

fn listed<A: Address>(
    snapshot: &Snapshot,
    semantics: &Semantics,
    selection: &Selection,
) -> Vec<ListedFilter> {
    let mut peers = Peers::<A>::new();
    let lowered = lower(snapshot, semantics, selection, &mut peers);
    let mut list = Vec::new();
    for (service, entry) in lowered.entries {
        for protocol in protocols::<A>(service.protocol(), semantics) {
            let filters = peers.prefixes(entry.peers).iter().map(|peer| {
                let local = snapshot.rule(entry.rule).rule().local;
                let ends = (*peer, local.unwrap_or_else(everything::<A>));
                filter(&entry, ends, selection.direction, protocol)
            });
            list.extend(filters);
        }
    }
    list
}

/// Puts a peer and a local side where packets of a direction have them.
fn filter<A>(
    entry: &Entry<A>,
    (peer, local): (Prefix, Prefix),
    direction: Direction,
    (protocol, mask): (u8, u8),
) -> ListedFilter {
    let (source, destination) = match direction {
        Direction::Ingress => (peer, local),
        Direction::Egress => (local, peer),
    };
    let span = |ports: Ports| PortSpan::between(ports.first, ports.last);
    ListedFilter {
        rule: entry.rule,
        source,
        destination,
        source_ports: span(entry.sources),
        destination_ports: span(entry.destinations),
        protocol: (mask != 0).then_some(Protocol(protocol)),
    }
}

/// Returns the prefix of all addresses.
fn everything<A: Address>() -> Prefix {
    Prefix::new(IpNet::new(A::MIN.ip(), 0).expect("0 is a length in both families"))
}
