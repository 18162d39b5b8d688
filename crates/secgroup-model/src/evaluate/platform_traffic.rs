//! Traffic the groups cannot block, and traffic they cannot allow (3.9).

use std::net::{IpAddr, Ipv4Addr};
use std::ops::RangeInclusive;

use super::Hop;
use crate::{
    Action, Direction, Family, PartialTransport, PlatformException, PortSpan, Protocol, Query,
    Tcp25, is_internet,
};

/// The metadata service (3.9.4).
const METASERVER: IpAddr = IpAddr::V4(Ipv4Addr::new(100, 100, 100, 200));

impl Hop<'_> {
    /// Returns what the platform says about a known flow, if anything.
    pub(super) fn platform_traffic(&self) -> Option<(PlatformException, Action)> {
        let in_force = |exception: &_| self.semantics.implicit_allow.contains(*exception);
        let mut exceptions = PlatformException::ALLOWING.into_iter().filter(in_force);
        match exceptions.find(|exception| self.is(*exception)) {
            Some(exception) => Some((exception, Action::Accept)),
            None if self.is(PlatformException::Tcp25) => {
                Some((PlatformException::Tcp25, Action::Drop))
            }
            None => None,
        }
    }

    /// Tells whether the flow is this kind of traffic.
    fn is(&self, exception: PlatformException) -> bool {
        let ingress = self.direction == Direction::Ingress;
        match exception {
            // "It never leaves the ENI: not filtered" (3.1, stage 0).
            PlatformException::Local => self.remote == Some(self.interface),
            // "ARP and ND below IP filtering (stage 0)" (3.9.5): router and
            // neighbour solicitation, advertisement, and redirect.
            PlatformException::NeighborDiscovery => self.icmp(Family::V6, 133..=137, 0..=u8::MAX),
            // "ICMP type 3 code 4 inbound is always allowed; ICMPv6 type 2
            // likewise" (3.9.2).
            PlatformException::Pmtud => {
                let v6 = || self.icmp(Family::V6, 2..=2, 0..=u8::MAX);
                ingress && (self.icmp(Family::V4, 3..=3, 4..=4) || v6())
            }
            // "Egress to the metadata service: always allowed" (3.9.4).
            PlatformException::Metaserver => {
                !ingress && self.query.endpoints.destination() == METASERVER
            }
            PlatformException::Dhcp => self.is_dhcp(),
            // "Traffic that ALB, NLB or CLB forwards to its backends" (3.9.3).
            PlatformException::LoadBalancer => ingress && self.query.via_load_balancer,
            // "Outbound TCP 25 to the Internet is blocked by the platform by
            // default" (3.9.6), here only when a flag asks for it.
            PlatformException::Tcp25 => {
                let leaves = !ingress && self.remote.is_none();
                self.semantics.tcp25 == Tcp25::Deny && leaves && may_be_mail_to_internet(self.query)
            }
        }
    }

    /// Tells whether the flow is an ICMP message of a family, type and code.
    fn icmp(&self, family: Family, kinds: RangeInclusive<u8>, codes: RangeInclusive<u8>) -> bool {
        let protocol = match family {
            Family::V4 => Protocol::ICMP,
            Family::V6 => Protocol::ICMPV6,
        };
        let own = self.query.protocol == protocol && self.query.endpoints.family() == family;
        match self.query.transport {
            PartialTransport::Icmp(Some(message)) => {
                own && kinds.contains(&message.kind) && codes.contains(&message.code)
            }
            PartialTransport::Icmp(None)
            | PartialTransport::Ports { .. }
            | PartialTransport::Opaque
            | PartialTransport::LaterFragment => false,
        }
    }

    /// "DHCP (UDP 67/68, DHCPv6 546/547 to the vSwitch)" (3.9.5): between the
    /// client and the server port, with an address that is not on the Internet.
    fn is_dhcp(&self) -> bool {
        let (client, server) = match self.query.endpoints.family() {
            Family::V4 => (PortSpan::one(68), PortSpan::one(67)),
            Family::V6 => (PortSpan::one(546), PortSpan::one(547)),
        };
        let (source, destination, remote) = match self.direction {
            Direction::Egress => (client, server, self.query.endpoints.destination()),
            Direction::Ingress => (server, client, self.query.endpoints.source()),
        };
        self.query.protocol == Protocol::UDP
            && self.query.transport
                == PartialTransport::Ports {
                    source,
                    destination,
                }
            && !is_internet(remote)
    }
}

/// Tells whether a flow is TCP to port 25 of an Internet address, or may be.
pub(super) fn may_be_mail_to_internet(query: &Query) -> bool {
    let PartialTransport::Ports { destination, .. } = query.transport else {
        return false;
    };
    query.protocol == Protocol::TCP
        && destination.contains(25)
        && is_internet(query.endpoints.destination())
}
