//! The background noise of the Internet.

use super::{Stage, Turn};
use crate::demo::hosts::{
    BASTION, KNOWN_SCANNER, LEGACY, NEW_SCANNER, WEB_1, WEB_2, at, ssh_scanner, visitor,
};

/// The ports that a scan tries, open ones of the web servers among them.
const SCANNED: [u16; 40] = [
    21, 22, 23, 25, 53, 80, 110, 111, 135, 139, 143, 161, 389, 443, 445, 465, 514, 587, 636, 873,
    993, 995, 1080, 1433, 1521, 2049, 2375, 3000, 3306, 3389, 5060, 5432, 5900, 5985, 6379, 6443,
    8080, 8443, 9200, 27017,
];

pub(super) fn act(stage: &mut Stage) {
    for _ in 0..28 {
        let scanner = ssh_scanner(&mut stage.rng);
        for host in [LEGACY, BASTION, WEB_2] {
            stage.talk(scanner, at(host, 22), &[Turn::Syn]);
        }
    }
    for port in SCANNED {
        stage.talk(NEW_SCANNER, at(WEB_2, port), &[Turn::Syn]);
        stage.talk(KNOWN_SCANNER, at(WEB_1, port), &[Turn::Syn]);
    }
    // default-rdp is still there.
    for _ in 0..6 {
        let scanner = visitor(&mut stage.rng);
        stage.talk(scanner, at(LEGACY, 3389), &[Turn::Syn, Turn::Ack]);
    }
    for port in [23, 445, 6379] {
        let scanner = visitor(&mut stage.rng);
        stage.talk(scanner, at(LEGACY, port), &[Turn::Syn; 2]);
    }
    let curious = visitor(&mut stage.rng);
    stage.ping(curious, LEGACY, 2);
    stage.ping(curious, BASTION, 2);
}
