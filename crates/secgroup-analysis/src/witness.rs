//! One flow that stands for a box: stable, and readable by people.
//!
//! Where there is a choice, it is an address of documentation, a well-known
//! destination port, the first ephemeral source port, an echo request; else
//! the lowest number.

use secgroup_model::{
    Endpoints, Family, Flow, IcmpMessage, NetworkIndex, Protocol, Scope, Transport,
};

use crate::Intervals;
use crate::flow_box::FlowBox;
use crate::space::{self, Payload};

/// Protocols, the most usual first.
const PROTOCOLS: [u8; 4] = [6, 17, 1, 58];

/// Destination ports, the best known first.
const PORTS: [u16; 10] = [443, 80, 22, 3389, 3306, 53, 8080, 123, 21, 23];

/// The first ephemeral port.
const EPHEMERAL: u16 = 49152;

/// Types of echo requests.
const ECHO: [u16; 2] = [8, 128];

/// Returns a flow of a box; the box must not be empty, which boxes are not.
#[must_use]
pub fn witness(flows: &FlowBox, network: Option<NetworkIndex>) -> Flow {
    let family = flows.family;
    let pair = (
        space::address(family, pick_address(family, &flows.sources)),
        space::address(family, pick_address(family, &flows.destinations)),
    );
    let endpoints = Endpoints::new(pair.0, pair.1).expect("both are of the box's family");
    let number = pick(&flows.protocols, &PROTOCOLS.map(u16::from));
    let protocol = Protocol(u8::try_from(number).unwrap_or(u8::MAX));
    let field = |set: &Option<Intervals>, preferred: &[u16], greatest: u128| {
        let any = Intervals::between(0, greatest);
        let chosen = pick(set.as_ref().unwrap_or(&any), preferred);
        u16::try_from(chosen).unwrap_or(u16::MAX)
    };
    let transport = match space::payload(family, protocol) {
        Payload::None => Transport::Opaque,
        Payload::Ports => Transport::Ports {
            source: field(&flows.source_ports, &[EPHEMERAL], 65535),
            destination: field(&flows.destination_ports, &PORTS, 65535),
        },
        Payload::Icmp => {
            let low = |number: u16| u8::try_from(number).unwrap_or(u8::MAX);
            let preferred = [ECHO[usize::from(family == Family::V6)]];
            Transport::Icmp(IcmpMessage {
                kind: low(field(&flows.source_ports, &preferred, 255)),
                code: low(field(&flows.destination_ports, &[0], 255)),
            })
        }
    };
    let mut flow = Flow::new(endpoints, protocol, transport);
    flow.scope = network.map_or(Scope::Unspecified, Scope::Network);
    flow
}

/// Returns the first preferred number in a set, else the lowest but 0, else 0.
fn pick(set: &Intervals, preferred: &[u16]) -> u128 {
    let known = preferred.iter().map(|one| u128::from(*one));
    let lowest = || set.intersection(&Intervals::between(1, u128::MAX)).first();
    known
        .into_iter()
        .find(|number| set.contains(*number))
        .or_else(lowest)
        .or_else(|| set.first())
        .unwrap_or(0)
}

/// Returns an address of documentation, else one of the Internet, else the lowest.
fn pick_address(family: Family, set: &Intervals) -> u128 {
    let documentation: &[(u128, u128)] = match family {
        // 203.0.113.0/24, 198.51.100.0/24 and 192.0.2.0/24 without their first.
        Family::V4 => &[
            (0xcb00_7101, 0xcb00_71ff),
            (0xc633_6401, 0xc633_64ff),
            (0xc000_0201, 0xc000_02ff),
        ],
        // 2001:db8::/32 without its first.
        Family::V6 => &[(
            (0x2001_0db8 << 96) + 1,
            (0x2001_0db8 << 96) + ((1 << 96) - 1),
        )],
    };
    let within = |part: &Intervals| set.intersection(part).first();
    let mut blocks = documentation.iter();
    blocks
        .find_map(|(first, last)| within(&Intervals::between(*first, *last)))
        .or_else(|| within(&space::internet(family)))
        .or_else(|| within(&Intervals::between(1, u128::MAX)))
        .or_else(|| set.first())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use secgroup_model::Query;

    use super::*;

    fn text(flows: &FlowBox) -> String {
        Query::from(witness(flows, None)).to_string()
    }

    #[test]
    fn a_witness_is_readable_and_in_its_box() {
        let mut flows = FlowBox::all(Family::V4);
        assert_eq!(text(&flows), "tcp 203.0.113.1:49152 -> 203.0.113.1:443");
        flows.sources = Intervals::between(0x0a00_0000, 0x0aff_ffff);
        flows.destinations = Intervals::one(0);
        flows.protocols = Intervals::between(6, 17);
        flows.destination_ports = Some(Intervals::between(30, 90));
        flows.source_ports = Some(Intervals::between(7, 9));
        assert_eq!(text(&flows), "tcp 10.0.0.0:7 -> 0.0.0.0:80");
        flows.protocols = Intervals::one(1);
        flows.destination_ports = None;
        flows.source_ports = None;
        assert_eq!(text(&flows), "icmp 10.0.0.0 -> 0.0.0.0 type 8 code 0");
        let flows = FlowBox {
            protocols: Intervals::one(99),
            ..FlowBox::all(Family::V6)
        };
        assert_eq!(text(&flows), "protocol 99 2001:db8::1 -> 2001:db8::1");
    }
}
