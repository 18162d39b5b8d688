//! What happens in the capture.
//!
//! Most packets go from a client to a server, because a replay without
//! sessions judges every packet as the first of its session. Answers are there
//! where a rule set without sessions lets them out too: those of the web
//! servers, and those of the resolver to monitoring.

mod administration;
mod connection;
mod interior;
mod oddities;
mod scanners;
mod visitors;

use std::net::{IpAddr, SocketAddr};

use super::hosts::{at, ephemeral};
use super::timeline::Timeline;
use super::{LENGTH, SEED, frame};
use crate::rng::Rng;
use connection::{Connection, Turn};

/// Seconds before the end in which no conversation begins.
const LAST_CALL: u32 = 20;

/// Generates the capture.
pub(super) fn capture() -> Vec<u8> {
    let mut stage = Stage {
        timeline: Timeline::default(),
        rng: Rng::new(SEED),
    };
    visitors::act(&mut stage);
    interior::act(&mut stage);
    administration::act(&mut stage);
    scanners::act(&mut stage);
    oddities::act(&mut stage);
    stage.timeline.into_pcap()
}

/// Where scenes happen.
struct Stage {
    timeline: Timeline,
    rng: Rng,
}

impl Stage {
    /// Picks a moment, in microseconds after the beginning, that leaves time
    /// for a conversation.
    fn moment(&mut self) -> u64 {
        self.rng.next() % (u64::from(LENGTH - LAST_CALL) * 1_000_000)
    }

    /// Picks the length of a pause: up to twice as many microseconds.
    fn pause(&mut self, least: u64) -> u64 {
        least + self.rng.next() % least
    }

    /// Names a new port of a client.
    fn client(&mut self, host: IpAddr) -> SocketAddr {
        at(host, ephemeral(&mut self.rng))
    }

    /// Plays a TCP connection from a random moment on.
    fn talk(&mut self, client: IpAddr, server: SocketAddr, turns: &[Turn]) {
        let mut connection = Connection::new(self.client(client), server, &mut self.rng);
        let mut now = self.moment();
        for turn in turns {
            now += match turn {
                Turn::Syn => self.pause(1_000_000),
                Turn::SynAck | Turn::Ack => self.pause(300),
                Turn::Ask(_) | Turn::Answer(_) | Turn::Fin => self.pause(4_000),
            };
            self.timeline.add(now, connection.segment(*turn));
        }
    }

    /// Sends a UDP datagram at a random moment.
    fn tell(&mut self, source: SocketAddr, destination: SocketAddr, payload: &[u8]) {
        let now = self.moment();
        let frame = frame::udp(source, destination, None, payload);
        self.timeline.add(now, frame);
    }

    /// Sends pings a second apart.
    fn ping(&mut self, source: IpAddr, destination: IpAddr, count: u16) {
        let mut now = self.moment();
        let kind = if source.is_ipv4() { 8 } else { 128 };
        let identifier = ephemeral(&mut self.rng).to_be_bytes();
        for sequence in 1..=count {
            let [high, low] = sequence.to_be_bytes();
            let head = [identifier[0], identifier[1], high, low];
            let frame = frame::icmp(source, destination, [kind, 0], head, &[0x55; 48]);
            self.timeline.add(now, frame);
            now += 1_000_000 + self.pause(50);
        }
    }
}
