//! Administrators, also those with an old address.

use super::{Stage, Turn};
use crate::demo::hosts::{
    APP_1, BASTION, BASTION_V6, DB_1, LOGS, MONITOR, WEB_1, at, office, office_v6, old_office,
};

/// An SSH session, seen from the client.
const SHELL: [Turn; 6] = [
    Turn::Syn,
    Turn::Ack,
    Turn::Ask(21),
    Turn::Ask(1_100),
    Turn::Ask(44),
    Turn::Fin,
];

pub(super) fn act(stage: &mut Stage) {
    for _ in 0..5 {
        let administrator = office(&mut stage.rng);
        stage.talk(administrator, at(BASTION, 22), &SHELL);
    }
    for _ in 0..2 {
        let administrator = office_v6(&mut stage.rng);
        stage.talk(administrator, at(BASTION_V6, 22), &SHELL);
    }
    for host in [WEB_1, APP_1, DB_1] {
        stage.talk(BASTION, at(host, 22), &SHELL);
    }
    // mgmt-ssh accepts it, but the bastion may not go there.
    stage.talk(BASTION, at(LOGS, 22), &[Turn::Syn; 3]);
    // The office has moved, and somebody's script has not.
    for _ in 0..5 {
        let administrator = old_office(&mut stage.rng);
        stage.talk(administrator, at(BASTION, 22), &[Turn::Syn; 3]);
    }
    for _ in 0..4 {
        let viewer = office(&mut stage.rng);
        stage.talk(
            viewer,
            at(MONITOR, 3000),
            &[Turn::Syn, Turn::Ack, Turn::Ask(420)],
        );
    }
    let administrator = office(&mut stage.rng);
    stage.ping(administrator, BASTION, 4);
}
