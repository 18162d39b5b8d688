//! Which interfaces the addresses of a flow belong to (3.2.3).

use std::net::IpAddr;

use crate::{Ambiguous, InterfaceIndex, NetworkIndex, Query, Scope, Snapshot};

/// The interfaces at the two ends of a flow, where the snapshot has them.
pub(super) struct Owners {
    /// The one that owns the source address.
    pub(super) source: Option<InterfaceIndex>,
    /// The one that owns the destination address.
    pub(super) destination: Option<InterfaceIndex>,
}

/// Finds "the ENI that owns the local address of the packet" for both ends.
///
/// Within one network an address has one owner. Where the flow does not say
/// its network, an address that several have belongs to the network of the
/// other end, if that settles it.
pub(super) fn find(snapshot: &Snapshot, query: &Query) -> Result<Owners, Ambiguous> {
    let (from, to) = (query.endpoints.source(), query.endpoints.destination());
    let (source, destination) = match query.scope {
        Scope::Ends {
            source,
            destination,
        } => (Scope::Network(source), Scope::Network(destination)),
        scope => (scope, scope),
    };
    let sources = candidates(snapshot, source, from);
    let destinations = candidates(snapshot, destination, to);
    if sources.len() <= 1 && destinations.len() <= 1 {
        let only = |found: &[Candidate]| found.first().map(|(_, index)| *index);
        return Ok(Owners {
            source: only(&sources),
            destination: only(&destinations),
        });
    }
    let mut common = sources.iter().filter_map(|(network, source)| {
        let same = destinations.iter().find(|(other, _)| other == network);
        same.map(|(_, destination)| (*source, *destination))
    });
    match (common.next(), common.next()) {
        (Some((source, destination)), None) => Ok(Owners {
            source: Some(source),
            destination: Some(destination),
        }),
        _ => Err(Ambiguous {
            address: if sources.len() > 1 { from } else { to },
        }),
    }
}

type Candidate = (NetworkIndex, InterfaceIndex);

/// Returns the owners of `address` in the networks it can be in.
fn candidates(snapshot: &Snapshot, scope: Scope, address: IpAddr) -> Vec<Candidate> {
    let within = |network| match scope {
        Scope::Unspecified => true,
        Scope::Network(meant) => network == meant,
        Scope::Ends { .. } | Scope::Elsewhere => false,
    };
    let all = snapshot.interfaces();
    let owners = all.filter(|(_, one)| within(one.network()) && one.owns(address));
    owners.map(|(index, one)| (one.network(), index)).collect()
}
