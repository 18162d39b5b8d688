//! Ethernet frames around flows.

use std::net::{Ipv4Addr, Ipv6Addr};

use etherparse::{
    IpHeaders, IpNumber, Ipv4Extensions, Ipv4Header, Ipv6Extensions, Ipv6FlowLabel, Ipv6Header,
    PacketBuilder, PacketBuilderStep,
};
use secgroup_model::{Endpoints, Flow, Protocol, Transport};

/// Why no frame is refused by the encoder.
const FITS: &str = "frames are at most 1,500 bytes and of one family";

/// The longest frame.
pub(crate) const LONGEST: usize = 1_500;

/// What every payload is made of.
static ZEROS: [u8; LONGEST] = [0; LONGEST];

/// The link addresses of the sender and the receiver.
const LINK: [[u8; 6]; 2] = [
    [0xee, 0xff, 0xff, 0xff, 0xff, 0xff],
    [0, 0x16, 0x3e, 0, 0, 1],
];

/// Replaces `frame` by a packet of `flow`, `length` bytes long, or as long as
/// its headers need.
pub(crate) fn write(flow: &Flow, length: usize, frame: &mut Vec<u8>) {
    frame.clear();
    let packet = ip(flow.endpoints);
    match (flow.protocol, flow.transport) {
        (
            Protocol::TCP,
            Transport::Ports {
                source,
                destination,
            },
        ) => {
            let packet = packet.tcp(source, destination, 1, 64_240).ack(1);
            let payload = payload(length, packet.size(0));
            packet.write(frame, payload).expect(FITS);
        }
        (
            _,
            Transport::Ports {
                source,
                destination,
            },
        ) => {
            let packet = packet.udp(source, destination);
            let payload = payload(length, packet.size(0));
            packet.write(frame, payload).expect(FITS);
        }
        (_, Transport::Icmp(message)) => {
            let (kind, code) = (message.kind, message.code);
            let packet = match flow.endpoints {
                Endpoints::V4 { .. } => packet.icmpv4_raw(kind, code, [0; 4]),
                Endpoints::V6 { .. } => return write_icmpv6(packet, kind, code, length, frame),
            };
            let payload = payload(length, packet.size(0));
            packet.write(frame, payload).expect(FITS);
        }
        (protocol, Transport::Opaque | Transport::LaterFragment) => {
            let payload = payload(length, packet.size(0));
            packet
                .write(frame, IpNumber(protocol.0), payload)
                .expect(FITS);
        }
    }
}

fn write_icmpv6(
    packet: PacketBuilderStep<IpHeaders>,
    kind: u8,
    code: u8,
    length: usize,
    frame: &mut Vec<u8>,
) {
    let packet = packet.icmpv6_raw(kind, code, [0; 4]);
    let payload = payload(length, packet.size(0));
    packet.write(frame, payload).expect(FITS);
}

/// Returns as many zeros as a frame with headers of `headers` bytes lacks.
fn payload(length: usize, headers: usize) -> &'static [u8] {
    &ZEROS[..length.saturating_sub(headers).min(LONGEST)]
}

fn ip(endpoints: Endpoints) -> PacketBuilderStep<IpHeaders> {
    let headers = match endpoints {
        Endpoints::V4 {
            source,
            destination,
        } => IpHeaders::Ipv4(ipv4(source, destination), Ipv4Extensions::default()),
        Endpoints::V6 {
            source,
            destination,
        } => IpHeaders::Ipv6(ipv6(source, destination), Ipv6Extensions::default()),
    };
    let [sender, receiver] = LINK;
    PacketBuilder::ethernet2(sender, receiver).ip(headers)
}

fn ipv4(source: Ipv4Addr, destination: Ipv4Addr) -> Ipv4Header {
    let mut header =
        Ipv4Header::new(0, 64, IpNumber::TCP, source.octets(), destination.octets()).expect(FITS);
    header.dont_fragment = true;
    header
}

fn ipv6(source: Ipv6Addr, destination: Ipv6Addr) -> Ipv6Header {
    Ipv6Header {
        traffic_class: 0,
        flow_label: Ipv6FlowLabel::ZERO,
        payload_length: 0,
        next_header: IpNumber::TCP,
        hop_limit: 64,
        source: source.octets(),
        destination: destination.octets(),
    }
}

/// Returns the reply to a flow: its ends and ports exchanged, and nothing else
/// known.
pub(crate) fn reply(flow: &Flow) -> Flow {
    let reply = flow.reversed();
    Flow::new(reply.endpoints, reply.protocol, reply.transport)
}
