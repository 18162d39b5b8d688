//! People who visit the shop, and those who should not.

use std::ops::Range;

use etherparse::TcpHeader;

use super::{Stage, Turn};
use crate::demo::frame;
use crate::demo::hosts::{
    BLOCKED, CRAWLER, WEB_1, WEB_2, WEB_V6, at, below, ephemeral, visitor, visitor_v6,
};

/// The bytes of a frame that an ICMP error quotes: the IP header and 8 more.
const QUOTED: Range<usize> = 14..42;

/// ICMP "fragmentation needed", type and code.
const FRAGMENTATION_NEEDED: [u8; 2] = [3, 4];

pub(super) fn act(stage: &mut Stage) {
    shoppers(stage);
    unwelcome(stage);
    for _ in 0..4 {
        let visitor = visitor(&mut stage.rng);
        stage.ping(visitor, WEB_1, 3);
    }
    // Nobody thought of a rule for ICMPv6.
    for _ in 0..2 {
        let visitor = visitor_v6(&mut stage.rng);
        stage.ping(visitor, WEB_V6[0], 3);
    }
    for _ in 0..2 {
        tunnel(stage);
    }
}

/// A router on the way of a visitor wants smaller packets: 3.9.2.
fn tunnel(stage: &mut Stage) {
    let (now, visitor, router) = (
        stage.moment(),
        visitor(&mut stage.rng),
        visitor(&mut stage.rng),
    );
    let header = TcpHeader::new(443, ephemeral(&mut stage.rng), 1, 64_240);
    let lost = frame::tcp(WEB_1, visitor, header, &[b'.'; 1_460]);
    let mtu = [0, 0, 0x05, 0x78];
    let frame = frame::icmp(router, WEB_1, FRAGMENTATION_NEEDED, mtu, &lost[QUOTED]);
    stage.timeline.add(now, frame);
}

/// HTTPS, and HTTP that is redirected, over both families and with answers.
fn shoppers(stage: &mut Stage) {
    for _ in 0..112 {
        let server = stage.rng.pick(&[WEB_1, WEB_2]);
        let (question, answer) = sizes(stage);
        let turns = [
            Turn::Syn,
            Turn::SynAck,
            Turn::Ack,
            Turn::Ask(517),
            Turn::Answer(answer),
            Turn::Ask(question),
            Turn::Fin,
        ];
        let visitor = visitor(&mut stage.rng);
        stage.talk(visitor, at(server, 443), &turns);
    }
    for _ in 0..34 {
        let server = stage.rng.pick(&WEB_V6);
        let (question, answer) = sizes(stage);
        let turns = [
            Turn::Syn,
            Turn::SynAck,
            Turn::Ack,
            Turn::Ask(question),
            Turn::Answer(answer),
            Turn::Fin,
        ];
        let visitor = visitor_v6(&mut stage.rng);
        stage.talk(visitor, at(server, 443), &turns);
    }
    for _ in 0..30 {
        let server = stage.rng.pick(&[WEB_1, WEB_2, WEB_V6[0], WEB_V6[1]]);
        let visitor = if server.is_ipv4() {
            visitor(&mut stage.rng)
        } else {
            visitor_v6(&mut stage.rng)
        };
        let turns = [Turn::Syn, Turn::SynAck, Turn::Ask(180), Turn::Answer(310)];
        stage.talk(visitor, at(server, 80), &turns);
    }
}

/// A crawler that one web server drops and the other does not know, and hosts
/// of a blocked network.
fn unwelcome(stage: &mut Stage) {
    for _ in 0..6 {
        let served = [Turn::Syn, Turn::SynAck, Turn::Ask(140), Turn::Answer(900)];
        stage.talk(CRAWLER, at(WEB_1, 80), &served);
        stage.talk(CRAWLER, at(WEB_2, 80), &[Turn::Syn; 3]);
    }
    for server in [WEB_1, WEB_2] {
        stage.talk(BLOCKED, at(server, 443), &[Turn::Syn; 4]);
    }
}

/// Picks how much is asked and answered.
fn sizes(stage: &mut Stage) -> (u16, u16) {
    (
        120 + below(&mut stage.rng, 400),
        400 + below(&mut stage.rng, 1_000),
    )
}
