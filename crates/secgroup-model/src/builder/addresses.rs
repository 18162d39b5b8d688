//! No address belongs to two interfaces of one network.

use super::Assembly;
use super::networks::network_name;
use crate::snapshot::{Interfaces, position};
use crate::{InterfaceIndex, NetworkIndex, Prefix, ProblemKind};

impl Assembly {
    /// Finds addresses that two interfaces claim.
    pub(super) fn check_addresses(&mut self, interfaces: &Interfaces) {
        let mut claims: Vec<(NetworkIndex, Prefix, InterfaceIndex)> = Vec::new();
        for (at, interface) in interfaces.all.iter().enumerate() {
            let index = InterfaceIndex(position(at));
            let own = interface.addresses().iter();
            claims.extend(own.map(|own| (interface.network, own.prefix, index)));
        }
        // Prefixes nest or are disjoint, so sorted by their first address and
        // then the wider one first, a claim overlaps its predecessors exactly
        // when one of the open ones contains it.
        claims.sort_unstable_by_key(|(network, prefix, interface)| {
            (*network, prefix.bounds().0, prefix.length(), *interface)
        });
        claims.dedup();
        let mut open: Vec<(NetworkIndex, Prefix, InterfaceIndex)> = Vec::new();
        let mut shared = Vec::new();
        for claim in claims {
            let (network, prefix, interface) = claim;
            open.retain(|(other, outer, _)| *other == network && outer.overlaps(prefix));
            if let Some((.., other)) = open.iter().find(|(.., other)| *other != interface) {
                shared.push((network, prefix, *other, interface));
            } else {
                open.push(claim);
            }
        }
        for (network, prefix, first, second) in shared {
            let (first, second) = (first.min(second), first.max(second));
            let interface = |index: InterfaceIndex| interfaces.all[index.get()].id().clone();
            let kind = ProblemKind::SharedAddress {
                address: prefix.bounds().0,
                first: interface(first),
                second: interface(second),
                network: network_name(interfaces.networks[network.get()].as_ref()),
            };
            let origin = interfaces.all[second.get()].origin();
            self.problem(origin, kind);
        }
    }
}
