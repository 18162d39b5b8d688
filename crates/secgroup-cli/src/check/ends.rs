//! The flow that a command line describes.

use std::net::IpAddr;

use secgroup_model::{
    EPHEMERAL_PORTS, Endpoints, Family, Flow, IcmpMessage, InstanceId, InterfaceIndex,
    NetworkInterfaceId, NicType, PartialTransport, PortSpan, Protocol, Query, Scope, Shown,
    Snapshot, Transport, VpcId,
};

use crate::args::{CheckArguments, Nic};
use crate::failure::Failure;

/// One end of a flow, as it was given.
enum End {
    Address(IpAddr),
    /// All addresses of an interface.
    Interface(InterfaceIndex),
}

/// Reads the flow.
pub(super) fn query(snapshot: &Snapshot, arguments: &CheckArguments) -> Result<Query, Failure> {
    let required = |value: &Option<String>| value.clone().unwrap_or_default();
    let from = end(snapshot, "--from", &required(&arguments.from))?;
    let to = end(snapshot, "--to", &required(&arguments.to))?;
    let protocol: Protocol = required(&arguments.protocol)
        .parse()
        .map_err(|error| Failure::usage(format!("--protocol: {error}")))?;
    let endpoints = endpoints(snapshot, &from, &to, protocol)?;
    let transport = transport(protocol, endpoints.family(), arguments)?;
    let mut query = Query::new(endpoints, protocol, transport);
    query.scope = scope(snapshot, arguments, &from, &to)?;
    query.nic = arguments.nic.map(|nic| match nic {
        Nic::Internet => NicType::Internet,
        Nic::Intranet => NicType::Intranet,
    });
    query.via_load_balancer = arguments.via.is_some();
    Ok(query)
}

/// Returns the flow, if the question leaves nothing open.
pub(super) fn complete(query: &Query) -> Option<Flow> {
    let transport = match query.transport {
        PartialTransport::Ports {
            source,
            destination,
        } => Transport::Ports {
            source: source.known()?,
            destination: destination.known()?,
        },
        PartialTransport::Icmp(message) => Transport::Icmp(message?),
        PartialTransport::Opaque => Transport::Opaque,
        PartialTransport::LaterFragment => Transport::LaterFragment,
    };
    let Query {
        endpoints,
        protocol,
        scope,
        nic,
        via_load_balancer,
        ..
    } = *query;
    Some(Flow {
        endpoints,
        protocol,
        transport,
        scope,
        nic,
        via_load_balancer,
    })
}

/// Reads an end: "an address, an interface id or an instance id".
fn end(snapshot: &Snapshot, option: &str, text: &str) -> Result<End, Failure> {
    if let Ok(address) = text.parse() {
        return Ok(End::Address(address));
    }
    let interface = NetworkInterfaceId::new(text)
        .ok()
        .and_then(|id| snapshot.find_interface(&id));
    let instance = || {
        InstanceId::new(text)
            .ok()
            .and_then(|id| snapshot.find_instance(&id))
    };
    interface.or_else(instance).map(End::Interface).ok_or_else(|| {
        Failure::usage(format!(
            "{option}: `{}` is not an address, and no interface or instance of the snapshot has \
             that id",
            Shown(text)
        ))
    })
}

/// Pairs the ends; an interface takes part with its first address of the
/// family that both have: that of the protocol first, then IPv4, then IPv6.
fn endpoints(
    snapshot: &Snapshot,
    from: &End,
    to: &End,
    protocol: Protocol,
) -> Result<Endpoints, Failure> {
    let address = |end: &End, family: Family| match end {
        End::Address(address) => Some(*address).filter(|address| Family::of(*address) == family),
        End::Interface(index) => {
            let interface = snapshot.interface(*index);
            let primary = interface.primary_address();
            let own = interface
                .addresses()
                .iter()
                .map(|own| own.prefix.bounds().0);
            primary
                .into_iter()
                .chain(own)
                .find(|address| Family::of(*address) == family)
        }
    };
    let families = if protocol == Protocol::ICMPV6 {
        [Family::V6, Family::V4]
    } else {
        [Family::V4, Family::V6]
    };
    for family in families {
        if let (Some(source), Some(destination)) = (address(from, family), address(to, family)) {
            return Endpoints::new(source, destination)
                .map_err(|error| Failure::usage(error.to_string()));
        }
    }
    Err(Failure::usage(
        "--from and --to have no address family in common".to_owned(),
    ))
}

/// Reads what lies behind the IP header.
fn transport(
    protocol: Protocol,
    family: Family,
    arguments: &CheckArguments,
) -> Result<PartialTransport, Failure> {
    let ports = arguments.port.is_some() || arguments.source_port.is_some();
    if protocol.has_ports() {
        if arguments.icmp_type.is_some() {
            return Err(Failure::usage(format!(
                "--icmp-type: {protocol} has no ICMP type"
            )));
        }
        return Ok(PartialTransport::Ports {
            source: arguments.source_port.map_or(EPHEMERAL_PORTS, PortSpan::one),
            destination: arguments.port.map_or(PortSpan::ANY, PortSpan::one),
        });
    }
    if ports {
        let message = format!("--port and --source-port: {protocol} has no ports");
        return Err(Failure::usage(message));
    }
    let icmp = match family {
        Family::V4 => protocol == Protocol::ICMP,
        Family::V6 => protocol == Protocol::ICMPV6,
    };
    match arguments.icmp_type {
        Some(_) if !icmp => Err(Failure::usage(format!(
            "--icmp-type: {protocol} over {family} has no ICMP type"
        ))),
        Some(kind) => Ok(PartialTransport::Icmp(Some(IcmpMessage {
            kind,
            code: arguments.icmp_code,
        }))),
        None if icmp => Ok(PartialTransport::Icmp(None)),
        None => Ok(PartialTransport::Opaque),
    }
}

/// Finds the network: the one given, else that of the interfaces named.
fn scope(
    snapshot: &Snapshot,
    arguments: &CheckArguments,
    from: &End,
    to: &End,
) -> Result<Scope, Failure> {
    let network = |end: &End| match end {
        End::Address(_) => None,
        End::Interface(index) => Some(snapshot.interface(*index).network()),
    };
    let Some(text) = &arguments.vpc else {
        return Ok(match (network(from), network(to)) {
            (Some(source), Some(destination)) if source != destination => Scope::Ends {
                source,
                destination,
            },
            (Some(one), _) | (None, Some(one)) => Scope::Network(one),
            (None, None) => Scope::Unspecified,
        });
    };
    let vpc = VpcId::new(text)
        .ok()
        .and_then(|vpc| snapshot.find_vpc(&vpc));
    let Some(vpc) = vpc else {
        let known = snapshot
            .networks()
            .filter_map(|(_, vpc)| vpc.map(ToString::to_string));
        let known: Vec<String> = known.collect();
        return Err(Failure::usage(format!(
            "--vpc: `{}` is not in the snapshot; it has {}",
            Shown(text),
            if known.is_empty() {
                "no VPC".to_owned()
            } else {
                known.join(", ")
            }
        )));
    };
    for (option, end) in [("--from", from), ("--to", to)] {
        if network(end).is_some_and(|own| own != vpc) {
            return Err(Failure::usage(format!(
                "{option} names an interface outside --vpc {text}"
            )));
        }
    }
    Ok(Scope::Network(vpc))
}
