//! Traffic the groups cannot block, and traffic they cannot allow (3.9), as
//! clauses.

use std::sync::Arc;

use secgroup_model::{
    Action, DecidedBy, Direction, Family, InterfaceIndex, PlatformException, Protocol, Tcp25,
};

use super::{Clause, Hops, ends};
use crate::Intervals;
use crate::diagram::Condition;
use crate::space;

/// The metadata service, 100.100.100.200 (3.9.4).
const METASERVER: u128 = 0x6464_64c8;

impl Hops<'_> {
    /// Adds what the platform says, in the order in which it is named.
    pub(super) fn platform(
        &mut self,
        interface: InterfaceIndex,
        direction: Direction,
        family: Family,
        clauses: &mut Vec<Clause>,
    ) {
        for exception in PlatformException::ALLOWING {
            if self.semantics.implicit_allow.contains(exception) {
                let conditions = self.exception(exception, interface, direction, family);
                let by = DecidedBy::Platform(exception);
                let new = conditions.into_iter();
                clauses.extend(new.map(|one| Clause::new(one, Action::Accept, by)));
            }
        }
        // "Outbound TCP 25 to the Internet is blocked" (3.9.6), by flag.
        if direction == Direction::Egress && self.semantics.tcp25 == Tcp25::Deny {
            let network = self.snapshot.interface(interface).network();
            let managed = self.addresses.owned(network, family);
            let remote = space::internet(family).difference(&managed);
            let mut condition = ends(None, Some(remote), direction);
            condition.protocol = only(Protocol::TCP);
            condition.destination_port = Some(Arc::new(Intervals::one(25)));
            let by = DecidedBy::Platform(PlatformException::Tcp25);
            clauses.push(Clause::new(condition, Action::Drop, by));
        }
    }

    /// Returns when a flow is this kind of traffic.
    fn exception(
        &self,
        exception: PlatformException,
        interface: InterfaceIndex,
        direction: Direction,
        family: Family,
    ) -> Vec<Condition> {
        let ingress = direction == Direction::Ingress;
        let v6 = family == Family::V6;
        match exception {
            // "It never leaves the ENI: not filtered" (3.1, stage 0).
            PlatformException::Local => {
                let own = self.addresses.own(interface, family);
                vec![ends(None, Some(own), direction)]
            }
            PlatformException::NeighborDiscovery if v6 => {
                vec![icmp(Protocol::ICMPV6, (133, 137), (0, 255))]
            }
            // "ICMP type 3 code 4 inbound is always allowed; ICMPv6 type 2
            // likewise" (3.9.2).
            PlatformException::Pmtud if ingress && v6 => {
                vec![icmp(Protocol::ICMPV6, (2, 2), (0, 255))]
            }
            PlatformException::Pmtud if ingress => vec![icmp(Protocol::ICMP, (3, 3), (4, 4))],
            PlatformException::Metaserver if !ingress && !v6 => {
                vec![ends(None, Some(Intervals::one(METASERVER)), direction)]
            }
            PlatformException::Dhcp => vec![dhcp(direction, family)],
            // Traffic of load balancers is not among the flows here.
            PlatformException::LoadBalancer
            | PlatformException::Tcp25
            | PlatformException::NeighborDiscovery
            | PlatformException::Pmtud
            | PlatformException::Metaserver => Vec::new(),
        }
    }
}

fn only(protocol: Protocol) -> Option<Arc<Intervals>> {
    Some(Arc::new(Intervals::one(u128::from(protocol.0))))
}

fn icmp(protocol: Protocol, kinds: (u128, u128), codes: (u128, u128)) -> Condition {
    Condition {
        protocol: only(protocol),
        source_port: Some(Arc::new(Intervals::between(kinds.0, kinds.1))),
        destination_port: Some(Arc::new(Intervals::between(codes.0, codes.1))),
        ..Condition::default()
    }
}

/// "DHCP (UDP 67/68, DHCPv6 546/547 to the vSwitch)" (3.9.5, 9.6).
fn dhcp(direction: Direction, family: Family) -> Condition {
    let (client, server) = match family {
        Family::V4 => (68, 67),
        Family::V6 => (546, 547),
    };
    let (source, destination) = match direction {
        Direction::Egress => (client, server),
        Direction::Ingress => (server, client),
    };
    let inside = space::internet(family).complement(space::greatest_address(family));
    Condition {
        protocol: only(Protocol::UDP),
        source_port: Some(Arc::new(Intervals::one(source))),
        destination_port: Some(Arc::new(Intervals::one(destination))),
        ..ends(None, Some(inside), direction)
    }
}
