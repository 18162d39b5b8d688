//! What the fleet does among itself.

use std::net::IpAddr;

use super::{Stage, Turn};
use crate::demo::hosts::{
    APP_1, APP_1_V6, APP_2, DB_1, DB_2, LOGS, MAIL, MONITOR, OUTSIDE_V6, RESOLVER, TIME, WEB_1,
    WEB_2, at, below,
};

/// A connection that is accepted, seen from the client.
const CALL: [Turn; 3] = [Turn::Syn, Turn::Ack, Turn::Ask(300)];

/// A connection that nobody answers.
const UNHEARD: [Turn; 3] = [Turn::Syn; 3];

/// A DNS question: recursion wanted, `db.shop.example`, type A.
const QUESTION: &[u8] =
    b"\x1f\x90\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x02db\x04shop\x07example\x00\x00\x01\x00\x01";

/// An NTP request, version 4, client mode.
const CLOCK: [u8; 48] = {
    let mut request = [0; 48];
    request[0] = 0x23;
    request
};

/// A line of syslog.
const LOG_LINE: &[u8] = b"<134>Mar  2 09:00:00 app shop[812]: order accepted";

pub(super) fn act(stage: &mut Stage) {
    tiers(stage);
    cluster(stage);
    names_and_time(stage);
    monitoring(stage);
    leaks(stage);
}

/// Web to application to database, and replication.
fn tiers(stage: &mut Stage) {
    for _ in 0..105 {
        let client = stage.rng.pick(&[WEB_1, WEB_2]);
        let server = stage.rng.pick(&[APP_1, APP_2]);
        stage.talk(client, at(server, 8080), &CALL);
    }
    for _ in 0..60 {
        let client = stage.rng.pick(&[APP_1, APP_2]);
        let server = stage.rng.pick(&[DB_1, DB_1, DB_2]);
        stage.talk(client, at(server, 3306), &CALL);
    }
    stage.talk(
        DB_2,
        at(DB_1, 3306),
        &[Turn::Syn, Turn::Ack, Turn::Ask(90), Turn::Ask(60)],
    );
}

/// The application servers find each other: no rule speaks of it.
fn cluster(stage: &mut Stage) {
    for [from, to] in [[APP_1, APP_2], [APP_2, APP_1]] {
        stage.talk(from, at(to, 7800), &CALL);
        for _ in 0..12 {
            stage.tell(at(from, 7946), at(to, 7946), b"ping");
        }
    }
}

fn names_and_time(stage: &mut Stage) {
    for host in [WEB_1, WEB_2, APP_1, APP_2, DB_1] {
        for _ in 0..9 {
            let client = stage.client(host);
            stage.tell(client, at(RESOLVER, 53), QUESTION);
        }
    }
    for _ in 0..4 {
        let client = stage.client(MONITOR);
        stage.tell(client, at(RESOLVER, 53), QUESTION);
        stage.tell(at(RESOLVER, 53), client, QUESTION);
    }
    for host in [WEB_1, WEB_2, APP_1, APP_2, DB_1] {
        stage.tell(at(host, 123), at(TIME, 123), &CLOCK);
        stage.tell(at(host, 123), at(TIME, 123), &CLOCK);
    }
    // A newer client picks a port of its own, which db-ntp does not know.
    for _ in 0..3 {
        let client = stage.client(DB_2);
        stage.tell(client, at(TIME, 123), &CLOCK);
    }
}

/// Metrics and logs; the hosts of `sg-mgmt` do not talk to each other.
fn monitoring(stage: &mut Stage) {
    for host in [WEB_1, WEB_2, APP_1, APP_2] {
        for _ in 0..4 {
            stage.talk(MONITOR, at(host, 9100), &CALL);
        }
    }
    stage.talk(MONITOR, at(LOGS, 9100), &UNHEARD);
    stage.talk(MONITOR, at(DB_2, 3306), &CALL);
    stage.talk(MONITOR, at(DB_1, 3306), &UNHEARD);
    for host in [APP_1, APP_2] {
        for _ in 0..14 {
            let client = stage.client(host);
            stage.tell(client, at(LOGS, 514), LOG_LINE);
        }
    }
}

/// What should not leave: mail, and whatever finds the way over IPv6.
fn leaks(stage: &mut Stage) {
    let hosts: [IpAddr; 2] = [APP_1, WEB_2];
    for host in hosts {
        stage.talk(host, at(MAIL, 25), &UNHEARD);
    }
    for _ in 0..2 {
        let size = 200 + below(&mut stage.rng, 900);
        stage.talk(
            APP_1_V6,
            at(OUTSIDE_V6, 443),
            &[Turn::Syn, Turn::Ack, Turn::Ask(size)],
        );
    }
}
