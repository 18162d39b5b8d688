//! Protocol and ports of a permission (2.4, 2.6).

use std::borrow::Cow;

use secgroup_model::{
    DestinationPorts, PortListId, PortRange, Protocol, Service, Shown, SourcePorts,
};

use super::super::findings::Findings;
use super::super::id;
use super::super::node::Node;
use super::super::object::Object;

/// How ECS writes that a rule does not restrict ports (2.6.2).
const ANY_PORT: &str = "-1/-1";

/// What `IpProtocol` can say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum IpProtocol {
    All,
    One(Protocol),
}

impl IpProtocol {
    fn has_ports(self) -> bool {
        matches!(self, Self::One(protocol) if protocol.has_ports())
    }
}

/// Reads the service, reporting every fault of its fields. Ports are looked at
/// whatever is wrong with the protocol: what no protocol allows is a fault of
/// its own.
pub(super) fn read(permission: &Object<'_, '_>, findings: &mut Findings) -> Option<Service> {
    let protocol = ip_protocol(permission, findings);
    if let Some((protocol, name)) = &protocol
        && !protocol.has_ports()
    {
        return portless(permission, *protocol, name, findings);
    }
    let to = destination_ports(permission, findings);
    let from = source_ports(permission, findings);
    match protocol?.0 {
        IpProtocol::All => None,
        IpProtocol::One(protocol) => Some(Service::of(protocol, to?, from?)),
    }
}

/// Reads the protocol, with the text it is written as.
fn ip_protocol<'a>(
    permission: &Object<'a, '_>,
    findings: &mut Findings,
) -> Option<(IpProtocol, Cow<'a, str>)> {
    const EXPECTED: &str = "tcp, udp, icmp, icmpv6, gre, all or a number 0..255";
    let Some(node) = permission.field("IpProtocol") else {
        let message = format_args!("IpProtocol is missing; expected {EXPECTED}");
        findings.problem(permission.node, message);
        return None;
    };
    let text = node.text(findings)?;
    let Some(protocol) = parse_protocol(&text) else {
        let shown = Shown(&text);
        let message = format_args!("IpProtocol `{shown}` is not known; expected {EXPECTED}");
        findings.coded(node, "InvalidIpProtocol.ValueNotSupported", message);
        return None;
    };
    Some((protocol, text))
}

/// "Ignored when `PortRange` is given" (2.1).
const LIST_IGNORED: &str = "PortRangeListId ignored, because PortRange is given";

/// Reads a protocol name in any case or an IANA number (2.4.1, 2.4.3).
fn parse_protocol(text: &str) -> Option<IpProtocol> {
    let named = match text.to_ascii_lowercase().as_str() {
        "all" => return Some(IpProtocol::All),
        "tcp" => Protocol::TCP,
        "udp" => Protocol::UDP,
        "icmp" => Protocol::ICMP,
        "icmpv6" => Protocol::ICMPV6,
        "gre" => Protocol::GRE,
        number if number.bytes().all(|byte| byte.is_ascii_digit()) => {
            Protocol(number.parse().ok()?)
        }
        _ => return None,
    };
    Some(IpProtocol::One(named))
}

/// "`-1/-1` and only that" (2.6.2).
fn portless(
    permission: &Object<'_, '_>,
    protocol: IpProtocol,
    name: &str,
    findings: &mut Findings,
) -> Option<Service> {
    let name = name.to_ascii_uppercase();
    let mut fine = true;
    let list = permission.field("PortRangeListId");
    match (permission.field("PortRange"), list) {
        (Some(node), list) => {
            if let Some(list) = list {
                findings.warning(list, LIST_IGNORED);
            }
            fine &= is_any_port(node, "PortRange", "OperationDenied", &name, findings);
        }
        (None, Some(list)) => {
            let message = format_args!("{name} has no ports, so it cannot have a port list");
            let code = "InvalidParam.ProtocolNotSupportPortRangeList";
            findings.coded(list, code, message);
            fine = false;
        }
        (None, None) => {
            let message = format_args!("PortRange is missing; {name} needs {ANY_PORT}");
            findings.coded(permission.node, "InvalidPortRange.Malformed", message);
            fine = false;
        }
    }
    if let Some(node) = permission.field("SourcePortRange") {
        let code = "InvalidSourcePortRange.Malformed";
        fine &= is_any_port(node, "SourcePortRange", code, &name, findings);
    }
    fine.then(|| match protocol {
        IpProtocol::All => Service::All,
        IpProtocol::One(protocol) => Service::of(protocol, DestinationPorts::Any, SourcePorts::Any),
    })
}

/// Checks a range of a protocol without ports.
fn is_any_port(
    node: Node<'_, '_>,
    field: &str,
    code: &'static str,
    protocol: &str,
    findings: &mut Findings,
) -> bool {
    let Some(text) = node.text(findings) else {
        return false;
    };
    if text == ANY_PORT {
        return true;
    }
    let message = format_args!("{field} `{}`: {protocol} needs {ANY_PORT}", Shown(&text));
    findings.coded(node, code, message);
    false
}

/// The destination ports of a TCP or UDP rule: a range, or else a port list.
fn destination_ports(
    permission: &Object<'_, '_>,
    findings: &mut Findings,
) -> Option<DestinationPorts> {
    let list = permission.field("PortRangeListId");
    let Some(node) = permission.field("PortRange") else {
        let Some(list) = list else {
            let message = "PortRange is missing; expected first/last, such as 80/80";
            findings.coded(permission.node, "InvalidPortRange.Malformed", message);
            return None;
        };
        let id = id::checked(list, "PortRangeListId", PortListId::new, findings)?;
        return Some(DestinationPorts::List(id));
    };
    if let Some(list) = list {
        findings.warning(list, LIST_IGNORED);
    }
    let range = range(node, "PortRange", "InvalidParam.PortRange", findings)?;
    Some(range.map_or(DestinationPorts::Any, DestinationPorts::Range))
}

/// The source ports of a TCP or UDP rule; "empty and `-1/-1` mean any" (2.6.6).
fn source_ports(permission: &Object<'_, '_>, findings: &mut Findings) -> Option<SourcePorts> {
    let Some(node) = permission.field("SourcePortRange") else {
        return Some(SourcePorts::Any);
    };
    let range = range(
        node,
        "SourcePortRange",
        "InvalidSourcePortRange.Malformed",
        findings,
    )?;
    Some(range.map_or(SourcePorts::Any, SourcePorts::Range))
}

/// Reads `first/last`; the inner option is none for `-1/-1`, any port (2.6.5).
fn range(
    node: Node<'_, '_>,
    name: &str,
    code: &'static str,
    findings: &mut Findings,
) -> Option<Option<PortRange>> {
    let text = node.text(findings)?;
    if text == ANY_PORT {
        return Some(None);
    }
    PortRange::parse(&text)
        .map(Some)
        .map_err(|error| findings.coded(node, code, format_args!("{name} {error}")))
        .ok()
}
