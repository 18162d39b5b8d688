//! Who takes part: the addresses of `data/demo/fleet.json` and of the outside.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::rng::Rng;

/// The first interface of the web servers.
pub(super) const WEB_1: IpAddr = v4(10, 10, 1, 11);
/// The second; it is in `sg-guard` too.
pub(super) const WEB_2: IpAddr = v4(10, 10, 1, 12);
/// Both again.
pub(super) const WEB_V6: [IpAddr; 2] = [
    v6([0x2001, 0xdb8, 0x10, 1, 0, 0, 0, 0x11]),
    v6([0x2001, 0xdb8, 0x10, 1, 0, 0, 0, 0x12]),
];
/// The first application server.
pub(super) const APP_1: IpAddr = v4(10, 10, 2, 21);
/// Its IPv6 address.
pub(super) const APP_1_V6: IpAddr = v6([0x2001, 0xdb8, 0x10, 2, 0, 0, 0, 0x21]);
/// The second application server.
pub(super) const APP_2: IpAddr = v4(10, 10, 2, 22);
/// The primary database.
pub(super) const DB_1: IpAddr = v4(10, 10, 3, 30);
/// The replica.
pub(super) const DB_2: IpAddr = v4(10, 10, 3, 31);
/// The bastion.
pub(super) const BASTION: IpAddr = v4(10, 10, 4, 10);
/// Its IPv6 address.
pub(super) const BASTION_V6: IpAddr = v6([0x2001, 0xdb8, 0x10, 4, 0, 0, 0, 0x10]);
/// Monitoring.
pub(super) const MONITOR: IpAddr = v4(10, 10, 5, 20);
/// The log host.
pub(super) const LOGS: IpAddr = v4(10, 10, 5, 21);
/// The host nobody dares to touch.
pub(super) const LEGACY: IpAddr = v4(10, 10, 6, 7);
/// The web server of staging, in the other VPC.
pub(super) const STAGING_WEB: IpAddr = v4(10, 10, 1, 111);
/// The application server of staging; its address is also a secondary one of
/// the second application server, in the capture of neither.
pub(super) const STAGING_APP: IpAddr = v4(10, 10, 2, 122);
/// The resolver, no interface of the snapshot.
pub(super) const RESOLVER: IpAddr = v4(10, 10, 0, 53);
/// The time server, no interface of the snapshot.
pub(super) const TIME: IpAddr = v4(10, 10, 0, 123);
/// The crawler that `sg-guard` drops.
pub(super) const CRAWLER: IpAddr = v4(192, 0, 2, 17);
/// An address of `pl-blocked`.
pub(super) const BLOCKED: IpAddr = v4(192, 0, 2, 200);
/// A port scanner in `pl-blocked`.
pub(super) const KNOWN_SCANNER: IpAddr = v4(198, 51, 100, 200);
/// A port scanner that nobody knows yet.
pub(super) const NEW_SCANNER: IpAddr = v4(198, 51, 100, 150);
/// A mail server of somebody else.
pub(super) const MAIL: IpAddr = v4(198, 51, 100, 25);
/// Somebody's server on the IPv6 Internet.
pub(super) const OUTSIDE_V6: IpAddr = v6([0x2001, 0xdb8, 0xcafe, 0, 0, 0, 0, 0x25]);

/// Names a port of a host.
pub(super) const fn at(host: IpAddr, port: u16) -> SocketAddr {
    SocketAddr::new(host, port)
}

/// Picks a port that clients use.
pub(super) fn ephemeral(rng: &mut Rng) -> u16 {
    32_768 + below(rng, 28_000)
}

/// Picks a number below `end`.
pub(super) fn below(rng: &mut Rng, end: u16) -> u16 {
    u16::try_from(rng.below(usize::from(end))).expect("below a 16-bit number")
}

/// Picks the last byte of an address.
fn host_byte(rng: &mut Rng, first: u8, last: u8) -> u8 {
    first + u8::try_from(rng.below(usize::from(last - first) + 1)).expect("below a byte")
}

/// Picks a visitor who is in no list.
pub(super) fn visitor(rng: &mut Rng) -> IpAddr {
    if rng.chance(60) {
        v4(198, 51, 100, host_byte(rng, 101, 149))
    } else {
        v4(203, 0, 113, host_byte(rng, 70, 190))
    }
}

/// Picks a visitor from the IPv6 Internet.
pub(super) fn visitor_v6(rng: &mut Rng) -> IpAddr {
    let (network, host) = (below(rng, 40), 1 + below(rng, 9));
    v6([0x2001, 0xdb8, 0xbeef, network, 0, 0, 0, host])
}

/// Picks somebody in the offices of `pl-office`.
pub(super) fn office(rng: &mut Rng) -> IpAddr {
    if rng.chance(20) {
        v4(203, 0, 113, 200)
    } else {
        v4(203, 0, 113, host_byte(rng, 2, 62))
    }
}

/// Picks somebody in the offices of `pl-office-v6`.
pub(super) fn office_v6(rng: &mut Rng) -> IpAddr {
    v6([0x2001, 0xdb8, 0xff, 1, 0, 0, 0, 1 + below(rng, 60)])
}

/// Picks somebody in 198.51.100.64/27, where the office was until last year.
pub(super) fn old_office(rng: &mut Rng) -> IpAddr {
    v4(198, 51, 100, host_byte(rng, 66, 94))
}

/// Picks one of many hosts that try passwords.
pub(super) fn ssh_scanner(rng: &mut Rng) -> IpAddr {
    v4(198, 51, 100, host_byte(rng, 201, 250))
}

/// Tells whether the host is inside the VPC.
pub(super) const fn is_inside(host: IpAddr) -> bool {
    match host {
        IpAddr::V4(host) => matches!(host.octets(), [10, 10, ..]),
        IpAddr::V6(host) => matches!(host.segments(), [0x2001, 0xdb8, 0x10, ..]),
    }
}

const fn v4(a: u8, b: u8, c: u8, d: u8) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(a, b, c, d))
}

const fn v6(segments: [u16; 8]) -> IpAddr {
    let [a, b, c, d, e, f, g, h] = segments;
    IpAddr::V6(Ipv6Addr::new(a, b, c, d, e, f, g, h))
}
