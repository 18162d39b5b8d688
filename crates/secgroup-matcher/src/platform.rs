//! Traffic the platform passes or blocks whatever the rules say (3.9),
//! written for completely known flows.

use std::net::{IpAddr, Ipv4Addr};

use secgroup_model::{
    Action, Direction, Endpoints, Flow, IcmpMessage, PlatformException, PlatformSet, Protocol,
    Semantics, Tcp25, Transport, is_internet,
};

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
