//! The table of flows: an hour later, out of a flow log.

use std::net::IpAddr;

use super::hosts::{
    APP_1, APP_1_V6, APP_2, BASTION, BLOCKED, CRAWLER, DB_1, DB_2, LEGACY, LOGS, MAIL, MONITOR,
    NEW_SCANNER, OUTSIDE_V6, RESOLVER, STAGING_APP, STAGING_WEB, TIME, WEB_1, WEB_2, WEB_V6,
    ephemeral, office, old_office, ssh_scanner, visitor, visitor_v6,
};
use super::{BEGIN, LENGTH, SEED};
use crate::rng::Rng;

/// How long after the capture the table begins, in seconds.
const LATER: u32 = 3_600;

/// The VPC of the shop.
const SHOP: &str = "vpc-shop";

/// The VPC whose addresses overlap with it.
const STAGING: &str = "vpc-staging";

const HEADER: [&str; 15] = [
    "flow_id",
    "vpc_id",
    "timestamp",
    "src_ip",
    "src_port",
    "dst_ip",
    "dst_port",
    "protocol",
    "icmp_type",
    "icmp_code",
    "packets",
    "bytes",
    "tcp_flags",
    "via",
    "action",
];

/// What a flow carries.
#[derive(Clone, Copy)]
enum Carries {
    /// TCP to this port, from an ephemeral one.
    Tcp(u16),
    /// UDP to this port, from an ephemeral one.
    Udp(u16),
    /// UDP between two given ports.
    UdpPorts(u16, u16),
    /// An ICMP message of this type and code, in the family of the ends.
    Icmp(u8, u8),
    /// Another protocol, by its number.
    Other(u8),
}

/// A kind of flow and what the cloud did with it.
struct Kind {
    vpc: &'static str,
    source: fn(&mut Rng) -> IpAddr,
    destination: IpAddr,
    carries: Carries,
    through_load_balancer: bool,
    action: &'static str,
    /// How many of it there are.
    count: usize,
}

/// Generates the table.
pub(super) fn table() -> Result<Vec<u8>, csv::Error> {
    // Apart from the capture, so that a change there leaves this as it is.
    let mut rng = Rng::new(SEED + 1);
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(HEADER)?;
    let mut rows: Vec<(u32, &Kind)> = Vec::new();
    let kinds = kinds();
    for kind in &kinds {
        for _ in 0..kind.count {
            let second = u32::try_from(rng.next() % u64::from(LENGTH)).expect("below ten minutes");
            rows.push((BEGIN + LATER + second, kind));
        }
    }
    rows.sort_by_key(|(second, _)| *second);
    for (index, (second, kind)) in rows.into_iter().enumerate() {
        writer.write_record(row(&mut rng, index + 1, second, kind))?;
    }
    writer
        .into_inner()
        .map_err(|error| error.into_error().into())
}

/// Writes the fields of one flow.
fn row(rng: &mut Rng, number: usize, second: u32, kind: &Kind) -> [String; 15] {
    let source = (kind.source)(rng);
    let accepted = kind.action == "ACCEPT";
    let packets = if accepted {
        3 + rng.below(20)
    } else {
        1 + rng.below(3)
    };
    let bytes = packets * if accepted { 60 + rng.below(700) } else { 60 };
    let port = ephemeral(rng);
    let (protocol, ports, icmp) = match kind.carries {
        Carries::Tcp(to) => (6, Some((port, to)), None),
        Carries::Udp(to) => (17, Some((port, to)), None),
        Carries::UdpPorts(from, to) => (17, Some((from, to)), None),
        Carries::Icmp(kind, code) => (
            if source.is_ipv4() { 1 } else { 58 },
            None,
            Some((kind, code)),
        ),
        Carries::Other(number) => (number, None, None),
    };
    // SYN of what was refused; SYN, ACK, PSH and FIN of what was not.
    let flags = (protocol == 6).then_some(if accepted { 0x1b } else { 0x02 });
    let text = |value: Option<u16>| value.map(|value| value.to_string()).unwrap_or_default();
    [
        format!("f-{number:03}"),
        kind.vpc.to_owned(),
        second.to_string(),
        source.to_string(),
        text(ports.map(|(from, _)| from)),
        kind.destination.to_string(),
        text(ports.map(|(_, to)| to)),
        protocol.to_string(),
        text(icmp.map(|(kind, _)| kind.into())),
        text(icmp.map(|(_, code)| code.into())),
        packets.to_string(),
        bytes.to_string(),
        flags
            .map(|flags: u8| format!("{flags:#04x}"))
            .unwrap_or_default(),
        if kind.through_load_balancer {
            "slb"
        } else {
            ""
        }
        .to_owned(),
        kind.action.to_owned(),
    ]
}

/// Lists what the table has, with what the cloud did.
fn kinds() -> Vec<Kind> {
    let kind = |source: fn(&mut Rng) -> IpAddr, destination, carries, action, count| Kind {
        vpc: SHOP,
        source,
        destination,
        carries,
        through_load_balancer: false,
        action,
        count,
    };
    let (yes, no) = ("ACCEPT", "REJECT");
    let mut kinds = vec![
        kind(visitor, WEB_1, Carries::Tcp(443), yes, 7),
        kind(visitor, WEB_2, Carries::Tcp(443), yes, 5),
        kind(visitor_v6, WEB_V6[0], Carries::Tcp(443), yes, 4),
        kind(visitor, WEB_1, Carries::Icmp(8, 0), yes, 1),
        kind(visitor_v6, WEB_V6[1], Carries::Icmp(128, 0), no, 1),
        kind(|_| CRAWLER, WEB_1, Carries::Tcp(80), yes, 1),
        kind(|_| CRAWLER, WEB_2, Carries::Tcp(80), no, 2),
        kind(|_| BLOCKED, WEB_1, Carries::Tcp(443), no, 2),
        kind(|_| WEB_1, APP_1, Carries::Tcp(8080), yes, 5),
        kind(|_| WEB_2, APP_2, Carries::Tcp(8080), yes, 4),
        kind(|_| APP_1, DB_1, Carries::Tcp(3306), yes, 4),
        kind(|_| APP_2, APP_1, Carries::UdpPorts(7946, 7946), yes, 2),
        kind(|_| MONITOR, DB_2, Carries::Tcp(3306), yes, 1),
        kind(|_| MONITOR, DB_1, Carries::Tcp(3306), no, 1),
        kind(|_| MONITOR, LOGS, Carries::Tcp(9100), no, 1),
        kind(|_| APP_1, RESOLVER, Carries::Udp(53), yes, 2),
        kind(|_| DB_1, TIME, Carries::UdpPorts(123, 123), yes, 1),
        kind(|_| DB_2, TIME, Carries::Udp(123), no, 1),
        kind(|_| APP_1, MAIL, Carries::Tcp(25), no, 1),
        kind(|_| APP_1_V6, OUTSIDE_V6, Carries::Tcp(443), yes, 1),
        kind(office, BASTION, Carries::Tcp(22), yes, 2),
        kind(ssh_scanner, LEGACY, Carries::Tcp(22), no, 3),
        kind(visitor, LEGACY, Carries::Tcp(3389), yes, 1),
        kind(visitor, BASTION, Carries::Other(47), no, 1),
        kind(visitor, MAIL, Carries::Tcp(25), yes, 1),
        // The log and the rules disagree: the office moved in between, and a
        // network ACL keeps a scanner from a port that the rules accept.
        kind(old_office, BASTION, Carries::Tcp(22), yes, 2),
        kind(|_| NEW_SCANNER, WEB_2, Carries::Tcp(443), no, 1),
    ];
    // A load balancer lets in whom the rules would not: 3.9.3.
    kinds.push(Kind {
        through_load_balancer: true,
        ..kind(|_| BLOCKED, WEB_1, Carries::Tcp(443), yes, 1)
    });
    // 10.10.2.122 exists in either VPC.
    kinds.push(Kind {
        vpc: STAGING,
        ..kind(|_| STAGING_WEB, STAGING_APP, Carries::Tcp(8080), yes, 1)
    });
    kinds
}
