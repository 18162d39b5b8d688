//! Traffic the platform passes or blocks whatever the rules say (3.9),
//! written for completely known flows.

use std::net::{IpAddr, Ipv4Addr};

use secgroup_model::{
    Action, Direction, Endpoints, Family, Flow, IcmpMessage, PlatformException, PlatformSet,
    Protocol, Semantics, Tcp25, Transport, is_internet,
};

use crate::address::Address;
use crate::classifier::Header;

const METASERVER: Ipv4Addr = Ipv4Addr::new(100, 100, 100, 200);

/// Where the far end of a flow is, as seen from the interface that is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Remote {
    /// The same interface.
    Same,
    /// Another interface of the snapshot.
    Inside,
    /// Not in the snapshot.
    Outside,
}

/// Returns what the platform does with a flow, if it has a say.
#[inline]
pub(crate) fn platform(
    flow: &Flow,
    direction: Direction,
    remote: Remote,
    semantics: &Semantics,
) -> Option<(Action, PlatformException)> {
    // PERF: most flows are TCP or UDP between two interfaces or with the
    // Internet, and none of the exceptions; one test on what the exceptions
    // have in common sends them on.
    let special_protocol = !matches!(flow.protocol, Protocol::TCP) || flow.via_load_balancer;
    let special_address = match flow.endpoints {
        Endpoints::V4 { destination, .. } => destination == METASERVER,
        Endpoints::V6 { .. } => false,
    };
    let mail = semantics.tcp25 == Tcp25::Deny;
    if !special_protocol && !special_address && !mail && remote != Remote::Same {
        return None;
    }
    match exception(flow, direction, remote, semantics.implicit_allow) {
        Some(exception) => Some((Action::Accept, exception)),
        None if mail && is_blocked_mail(flow, direction, remote) => {
            Some((Action::Drop, PlatformException::Tcp25))
        }
        None => None,
    }
}

/// Tells whether the platform may have a say about a whole packet that an
/// interface exchanges with another end and no load balancer forwarded;
/// where not, [`platform`] gives none. Of ICMP the source port is type and code.
#[inline]
pub(crate) fn has_a_say<A: Address>(header: &Header<A>, semantics: &Semantics) -> bool {
    let v4 = A::FAMILY == Family::V4;
    let special = match Protocol(header.protocol) {
        Protocol::TCP => semantics.tcp25 == Tcp25::Deny && header.destination_port == 25,
        Protocol::UDP => {
            let ports = (header.source_port, header.destination_port);
            matches!(ports, (67 | 68, 67 | 68) | (546 | 547, 546 | 547))
        }
        Protocol::ICMP if v4 => header.source_port.to_be_bytes() == [3, 4],
        Protocol::ICMPV6 if !v4 => {
            let [kind, _] = header.source_port.to_be_bytes();
            matches!(kind, 2 | 133..=137)
        }
        _ => false,
    };
    special || A::of(METASERVER.into()) == Some(header.destination)
}

/// Returns the exception that lets the flow pass.
fn exception(
    flow: &Flow,
    direction: Direction,
    remote: Remote,
    in_force: PlatformSet,
) -> Option<PlatformException> {
    use PlatformException as E;
    let egress = direction == Direction::Egress;
    let on = |exception, holds: bool| (holds && in_force.contains(exception)).then_some(exception);
    let (discovery, pmtud) = match (flow.endpoints, flow.protocol, flow.transport) {
        (Endpoints::V4 { .. }, Protocol::ICMP, Transport::Icmp(IcmpMessage { kind, code })) => {
            (false, kind == 3 && code == 4)
        }
        (Endpoints::V6 { .. }, Protocol::ICMPV6, Transport::Icmp(IcmpMessage { kind, .. })) => {
            (matches!(kind, 133..=137), kind == 2)
        }
        _ => (false, false),
    };
    let metaserver = match flow.endpoints {
        Endpoints::V4 { destination, .. } => egress && destination == METASERVER,
        Endpoints::V6 { .. } => false,
    };
    on(E::Local, remote == Remote::Same)
        .or_else(|| on(E::NeighborDiscovery, discovery))
        .or_else(|| on(E::Pmtud, pmtud && !egress))
        .or_else(|| on(E::Metaserver, metaserver))
        .or_else(|| on(E::Dhcp, is_dhcp(flow, egress)))
        .or_else(|| on(E::LoadBalancer, flow.via_load_balancer && !egress))
}

/// A DHCP client asking, or being answered by, a server that is not on the Internet.
fn is_dhcp(flow: &Flow, egress: bool) -> bool {
    let Transport::Ports {
        source,
        destination,
    } = flow.transport
    else {
        return false;
    };
    if flow.protocol != Protocol::UDP {
        return false;
    }
    let (client, server): (u16, u16) = match flow.endpoints {
        Endpoints::V4 { .. } => (68, 67),
        Endpoints::V6 { .. } => (546, 547),
    };
    let (near, far, remote): (u16, u16, IpAddr) = if egress {
        (source, destination, flow.endpoints.destination())
    } else {
        (destination, source, flow.endpoints.source())
    };
    near == client && far == server && !is_internet(remote)
}

/// TCP to port 25 of an address on the Internet (3.9.6).
fn is_blocked_mail(flow: &Flow, direction: Direction, remote: Remote) -> bool {
    direction == Direction::Egress
        && remote == Remote::Outside
        && flow.protocol == Protocol::TCP
        && matches!(
            flow.transport,
            Transport::Ports {
                destination: 25,
                ..
            }
        )
        && is_internet(flow.endpoints.destination())
}

#[cfg(test)]
mod tests {
    use std::net::Ipv6Addr;

    use secgroup_model::Family;

    use super::*;

    /// Returns headers and their flows whose fields sit on the edges of what the
    /// platform has a say about.
    fn all<A: Address>(
        addresses: &[A],
        flow: impl Fn(A, A) -> Endpoints,
    ) -> Vec<(Header<A>, Flow)> {
        let ports = [0, 24, 25, 26, 66, 67, 68, 69, 545, 546, 547, 548, u16::MAX];
        let kinds = [0, 1, 2, 3, 4, 132, 133, 134, 135, 136, 137, 138, 255];
        let mut all = Vec::new();
        let mut add = |source: A, destination: A, protocol: u8, ports: [u16; 2], transport| {
            let header = Header {
                source,
                destination,
                source_port: ports[0],
                destination_port: ports[1],
                protocol,
                fill: [0; 3],
            };
            let flow = Flow::new(flow(source, destination), Protocol(protocol), transport);
            all.push((header, flow));
        };
        for source in addresses {
            for destination in addresses {
                for protocol in 0..=u8::MAX {
                    let icmp = match A::FAMILY {
                        Family::V4 => Protocol::ICMP,
                        Family::V6 => Protocol::ICMPV6,
                    };
                    if Protocol(protocol).has_ports() {
                        for from in ports {
                            for to in ports {
                                let transport = Transport::Ports {
                                    source: from,
                                    destination: to,
                                };
                                add(*source, *destination, protocol, [from, to], transport);
                            }
                        }
                    } else if Protocol(protocol) == icmp {
                        for kind in kinds {
                            for code in [0, 4, 5] {
                                let transport = Transport::Icmp(IcmpMessage { kind, code });
                                let port = u16::from_be_bytes([kind, code]);
                                add(*source, *destination, protocol, [port, 0], transport);
                            }
                        }
                    } else {
                        add(*source, *destination, protocol, [0; 2], Transport::Opaque);
                    }
                }
            }
        }
        all
    }

    fn check<A: Address>(all: &[(Header<A>, Flow)]) {
        for tcp25 in [Tcp25::Note, Tcp25::Deny] {
            let semantics = Semantics {
                tcp25,
                ..Semantics::default()
            };
            let (mut with, mut without) = (0, 0);
            for (header, flow) in all {
                let says = [Direction::Egress, Direction::Ingress].map(|direction| {
                    let remotes = [Remote::Outside, Remote::Inside];
                    let mut says = remotes
                        .map(|remote| platform(flow, direction, remote, &semantics))
                        .into_iter();
                    says.find_map(|says| says)
                });
                if has_a_say(header, &semantics) {
                    with += usize::from(says.iter().any(Option::is_some));
                } else {
                    assert_eq!(says, [None; 2], "{flow:?}");
                    without += 1;
                }
            }
            assert!(with > 100 && without > 1_000, "{with} {without}");
        }
    }

    #[test]
    fn what_the_platform_may_have_a_say_about_is_told_by_the_header_3_9() {
        let v4 = |address: [u8; 4]| u32::from(Ipv4Addr::from(address));
        let addresses = [
            v4([10, 0, 0, 1]),
            v4([203, 0, 113, 7]),
            METASERVER.to_bits(),
            METASERVER.to_bits() + 1,
        ];
        check(&all(&addresses, |source, destination| Endpoints::V4 {
            source: source.into(),
            destination: destination.into(),
        }));
        let six = |text: &str| u128::from(text.parse::<Ipv6Addr>().unwrap());
        let addresses = [six("2001:db8::1"), six("fe80::1"), six("2408:4000::7")];
        check(&all(&addresses, |source, destination| Endpoints::V6 {
            source: source.into(),
            destination: destination.into(),
        }));
    }
}
