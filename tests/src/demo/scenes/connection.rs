//! TCP connections, segment by segment.

use std::net::SocketAddr;

use etherparse::TcpHeader;

use crate::demo::frame;
use crate::rng::Rng;

/// The receive window that everybody offers.
const WINDOW: u16 = 64_240;

/// A step of a connection.
#[derive(Clone, Copy, Debug)]
pub(super) enum Turn {
    /// The client opens, or opens again when nobody answered.
    Syn,
    /// The server agrees.
    SynAck,
    /// The client acknowledges.
    Ack,
    /// The client sends that many bytes.
    Ask(u16),
    /// The server sends that many bytes.
    Answer(u16),
    /// The client is done.
    Fin,
}

/// A connection between a client and a server.
pub(super) struct Connection {
    client: End,
    server: End,
}

/// One end of a connection.
struct End {
    address: SocketAddr,
    /// The number of its next byte, its SYN sent.
    next: u32,
}

impl Connection {
    /// Prepares a connection with random first numbers.
    pub(super) fn new(client: SocketAddr, server: SocketAddr, rng: &mut Rng) -> Self {
        let mut end = |address| End {
            address,
            next: u32::try_from(rng.next() >> 32).expect("32 of 64 bits"),
        };
        Self {
            client: end(client),
            server: end(server),
        }
    }

    /// Returns the frame of the next segment.
    pub(super) fn segment(&mut self, turn: Turn) -> Vec<u8> {
        let Self { client, server } = self;
        let (from, to, length) = match turn {
            Turn::Syn | Turn::Ack | Turn::Fin => (client, server, 0),
            Turn::Ask(length) => (client, server, length),
            Turn::SynAck => (server, client, 0),
            Turn::Answer(length) => (server, client, length),
        };
        let opens = matches!(turn, Turn::Syn | Turn::SynAck);
        let sequence = from.next.wrapping_sub(u32::from(opens));
        let mut header = TcpHeader::new(from.address.port(), to.address.port(), sequence, WINDOW);
        header.syn = opens;
        header.fin = matches!(turn, Turn::Fin);
        header.psh = length > 0;
        if !matches!(turn, Turn::Syn) {
            header.ack = true;
            header.acknowledgment_number = to.next;
        }
        from.next = from.next.wrapping_add(u32::from(length));
        let payload = vec![b'.'; usize::from(length)];
        frame::tcp(from.address.ip(), to.address.ip(), header, &payload)
    }
}
