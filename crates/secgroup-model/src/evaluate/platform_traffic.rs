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

/// An answer of the platform.
pub(super) struct PlatformTraffic {
    /// What kind of traffic the flow is.
    pub(super) exception: PlatformException,
    /// What happens to it.
    pub(super) action: Action,
    /// False when that hangs on a field the question leaves open.
    pub(super) certain: bool,
}

impl Hop<'_> {
    /// Returns what the platform says about the flow, if anything.
    pub(super) fn platform_traffic(&self) -> Option<PlatformTraffic> {
        let in_force = |exception: &_| self.semantics.implicit_allow.contains(*exception);
        let mut found = PlatformException::ALLOWING
            .into_iter()
            .filter(in_force)
            .filter_map(|exception| {
                let certain = self.is(exception)?;
                Some(PlatformTraffic {
                    exception,
                    action: Action::Accept,
                    certain,
                })
            });
        let first = found.next();
        let certain = first.as_ref().is_none_or(|first| first.certain);
        let passes = if certain {
            first
        } else {
            found.find(|one| one.certain).or(first)
        };
        passes.or_else(|| self.blocked_mail())
    }

    /// Tells whether the flow is this kind of traffic: none when not, and
    /// whether certainly when it is.
    fn is(&self, exception: PlatformException) -> Option<bool> {
        let ingress = self.direction == Direction::Ingress;
        let yes = |holds: bool| holds.then_some(true);
        match exception {
            // "It never leaves the ENI: not filtered" (3.1, stage 0).
            PlatformException::Local => yes(self.remote == Some(self.interface)),
            // "ARP and ND below IP filtering (stage 0)" (3.9.5): router and
            // neighbour solicitation, advertisement, and redirect.
            PlatformException::NeighborDiscovery => self.icmp(Family::V6, 133..=137, 0..=u8::MAX),
            // "ICMP type 3 code 4 inbound is always allowed; ICMPv6 type 2
            // likewise" (3.9.2).
            PlatformException::Pmtud if !ingress => None,
            PlatformException::Pmtud => self
                .icmp(Family::V4, 3..=3, 4..=4)
                .or_else(|| self.icmp(Family::V6, 2..=2, 0..=u8::MAX)),
            // "Egress to the metadata service: always allowed" (3.9.4).
            PlatformException::Metaserver => {
                yes(!ingress && self.query.endpoints.destination() == METASERVER)
            }
            PlatformException::Dhcp => yes(self.is_dhcp()),
            // "Traffic that ALB, NLB or CLB forwards to its backends" (3.9.3).
            PlatformException::LoadBalancer => yes(ingress && self.query.via_load_balancer),
            PlatformException::Tcp25 => None,
        }
    }

    /// Tells whether the flow is an ICMP message of a family, type and code.
    fn icmp(
        &self,
        family: Family,
        kinds: RangeInclusive<u8>,
        codes: RangeInclusive<u8>,
    ) -> Option<bool> {
        let protocol = match family {
            Family::V4 => Protocol::ICMP,
            Family::V6 => Protocol::ICMPV6,
        };
        if self.query.protocol != protocol || self.query.endpoints.family() != family {
            return None;
        }
        match self.query.transport {
            PartialTransport::Icmp(None) => Some(false),
            PartialTransport::Icmp(Some(message)) => {
                (kinds.contains(&message.kind) && codes.contains(&message.code)).then_some(true)
            }
            PartialTransport::Ports { .. }
            | PartialTransport::Opaque
            | PartialTransport::LaterFragment => None,
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

    /// "Outbound TCP 25 to the Internet is blocked by the platform by default"
    /// (3.9.6), here only when a flag asks for it.
    fn blocked_mail(&self) -> Option<PlatformTraffic> {
        let leaves = self.direction == Direction::Egress && self.remote.is_none();
        if self.semantics.tcp25 != Tcp25::Deny || !leaves {
            return None;
        }
        let certain = is_mail_to_internet(self.query)?;
        let exception = PlatformException::Tcp25;
        Some(PlatformTraffic {
            exception,
            action: Action::Drop,
            certain,
        })
    }
}

/// Tells whether a flow is TCP to port 25 of an Internet address: none when
/// not, and whether certainly when it is or may be.
pub(super) fn is_mail_to_internet(query: &Query) -> Option<bool> {
    let PartialTransport::Ports {
        destination: PortSpan { first, last },
        ..
    } = query.transport
    else {
        return None;
    };
    let mail = query.protocol == Protocol::TCP && first <= 25 && 25 <= last;
    (mail && is_internet(query.endpoints.destination())).then_some(first == last)
}
