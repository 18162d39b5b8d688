//! What the slow model of sessions sees of a packet.

use std::net::SocketAddr;

use secgroup_model::{Endpoints, Flow, IcmpMessage, Protocol, Transport};
use secgroup_tests::packets::{Packet, Piece};

/// The protocol, with 256 more where it is an echo, and both ends in a fixed
/// order.
pub(super) type Key = (u16, SocketAddr, SocketAddr);

pub(super) fn key(packet: &Packet) -> Key {
    let end = |end: SocketAddr| {
        let port = if packet.has_ports() {
            end.port()
        } else if packet.is_icmp() && is_echo(packet) {
            packet.id
        } else {
            0
        };
        SocketAddr::new(end.ip(), port)
    };
    let (one, other) = (end(packet.source), end(packet.destination));
    let kind = u16::from(packet.protocol) + 256 * u16::from(is_echo(packet));
    (kind, one.min(other), one.max(other))
}

pub(super) fn is_echo(packet: &Packet) -> bool {
    let echoes = if packet.source.is_ipv4() {
        [0, 8]
    } else {
        [128, 129]
    };
    packet.is_icmp() && packet.piece != Piece::Later && echoes.contains(&packet.icmp.0)
}

pub(super) fn is_error(packet: &Packet) -> bool {
    packet.is_icmp() && packet.piece != Piece::Later && packet.quoted.is_some()
}

pub(super) fn flow(packet: &Packet) -> Flow {
    let transport = if packet.piece == Piece::Later {
        Transport::LaterFragment
    } else if packet.has_ports() {
        Transport::Ports {
            source: packet.source.port(),
            destination: packet.destination.port(),
        }
    } else if packet.is_icmp() {
        Transport::Icmp(IcmpMessage {
            kind: packet.icmp.0,
            code: packet.icmp.1,
        })
    } else {
        Transport::Opaque
    };
    let endpoints = Endpoints::new(packet.source.ip(), packet.destination.ip()).unwrap();
    Flow::new(endpoints, Protocol(packet.protocol), transport)
}

pub(super) fn turned(packet: &Packet) -> Packet {
    Packet {
        source: packet.destination,
        destination: packet.source,
        ..packet.clone()
    }
}

pub(super) fn without_port(end: SocketAddr) -> SocketAddr {
    SocketAddr::new(end.ip(), 0)
}
