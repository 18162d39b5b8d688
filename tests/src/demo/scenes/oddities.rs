//! Frames that a decoder should have seen before a user shows them.

use std::net::{Ipv4Addr, Ipv6Addr};

use etherparse::IpNumber;

use super::Stage;
use crate::demo::frame;
use crate::demo::hosts::{APP_1, BASTION, LOGS, WEB_1, WEB_V6, at, visitor};

/// The VLAN in which a provider delivers some of the traffic.
const PROVIDER_VLAN: u16 = 120;

/// The identification of the one datagram that is fragmented.
const FRAGMENTED: u16 = 0x2b67;

/// Neighbour solicitation, type and code.
const NEIGHBOUR_SOLICITATION: [u8; 2] = [135, 0];

pub(super) fn act(stage: &mut Stage) {
    let router = Ipv4Addr::new(10, 10, 1, 253);
    for host in [11, 12, 11] {
        let now = stage.moment();
        let frame = frame::arp(Ipv4Addr::new(10, 10, 1, host), router);
        stage.timeline.add(now, frame);
    }
    neighbours(stage);
    // QUIC, which no rule accepts.
    let client = visitor(&mut stage.rng);
    let client = stage.client(client);
    for _ in 0..4 {
        let now = stage.moment();
        let frame = frame::udp(client, at(WEB_1, 443), Some(PROVIDER_VLAN), &[0xc0; 1_200]);
        stage.timeline.add(now, frame);
    }
    // A stack trace is longer than a frame.
    let mut now = stage.moment();
    let client = stage.client(APP_1);
    for frame in frame::udp_fragments(client, at(LOGS, 514), FRAGMENTED, &[b'#'; 3_400]) {
        stage.timeline.add(now, frame);
        now += stage.pause(20);
    }
    // A tunnel that ends nowhere.
    for _ in 0..2 {
        let (now, peer) = (stage.moment(), visitor(&mut stage.rng));
        let frame = frame::other(peer, BASTION, IpNumber::GRE, &[0, 0, 0x08, 0]);
        stage.timeline.add(now, frame);
    }
    // Two strangers, on a mirror that was set up too widely.
    let stranger = visitor(&mut stage.rng);
    let other = visitor(&mut stage.rng);
    let client = stage.client(stranger);
    stage.tell(client, at(other, 4500), b"keepalive");
}

/// The web servers look for their IPv6 router.
fn neighbours(stage: &mut Stage) {
    let router = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 1);
    let group = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 1, 0xff00, 1);
    for host in [WEB_V6[0], WEB_V6[1], WEB_V6[0]] {
        let now = stage.moment();
        let target = router.octets();
        let frame = frame::icmp(host, group.into(), NEIGHBOUR_SOLICITATION, [0; 4], &target);
        stage.timeline.add(now, frame);
    }
}
