//! `secgroup serve`: how it refuses to begin, and how it ends.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Command, Stdio};

use secgroup_tests::program::program;

use super::run::{Folder, Run};

#[test]
fn what_cannot_be_served_is_refused_and_left_as_it_is() {
    let folder = Folder::new();
    let state = folder.name("state.json");
    let serve = |more: &str| {
        let ca = folder.name("ca.pem");
        Run::of(&format!("serve --listen 127.0.0.1:0 --ca-file {ca} {more}"))
    };
    for text in ["{", "{\"x\":1}", "{\"SecgroupState\":{\"Version\":2}}"] {
        fs::write(&state, text).unwrap();
        let done = serve(&format!("--state {state}")).exits(3);
        assert!(
            done.err.contains("it was left as it is: move it aside"),
            "{}",
            done.err
        );
        assert_eq!(fs::read_to_string(&state).unwrap(), text);
    }
    // The secret is not shown.
    let done = serve("--access-key onlyAnIdWithoutSecret").exits(2);
    assert!(!done.err.contains("onlyAnId"), "{}", done.err);
    serve("--set api.nothing=1").exits(2);
    serve("--config data/demo/none.json").exits(3);
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let done = Run::of(&format!("serve --listen {address}")).exits(5);
    assert!(
        done.err.contains(&address.port().to_string()),
        "{}",
        done.err
    );
}

#[test]
fn that_others_reach_the_server_is_told_once() {
    for quiet in ["", "-q"] {
        let folder = Folder::new();
        let mut command = Command::new(program());
        command.args(["serve", "--listen", "0.0.0.0:0", "--ca-file"]);
        command.arg(folder.name("ca.pem"));
        command.args((!quiet.is_empty()).then_some(quiet));
        let piped = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = piped.spawn().unwrap();
        let mut line = String::new();
        let output = child.stdout.take().unwrap();
        BufReader::new(output).read_line(&mut line).unwrap();
        let killed = Command::new("kill").arg(child.id().to_string()).status();
        assert!(killed.unwrap().success());
        let ended = child.wait_with_output().unwrap();
        let said = String::from_utf8(ended.stderr).unwrap();
        let told = said.matches("can be reached from other machines").count();
        assert_eq!(told, 1, "{said}");
    }
}

#[test]
fn a_signal_ends_it_and_the_state_is_a_configuration() {
    let folder = Folder::new();
    let state = folder.name("state.json");
    let mut command = Command::new(program());
    command.args(["serve", "-q", "--listen", "127.0.0.1:0", "--config"]);
    command.arg(secgroup_tests::program::workspace().join("data/demo/fleet.json"));
    command.args(["--state", &state, "--ca-file", &folder.name("ca.pem")]);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    let output = child.stdout.take().unwrap();
    BufReader::new(output).read_line(&mut line).unwrap();
    assert!(line.starts_with("listening on http://127.0.0.1:"), "{line}");
    let killed = Command::new("kill").arg(child.id().to_string()).status();
    assert!(killed.unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(143));
    let flow = "--from i-bastion-1 --to i-db-1 --protocol tcp --port 22";
    Run::of(&format!("check -q --config {state} {flow}")).exits(0);
}
