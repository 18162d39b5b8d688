//! A server that is killed while it writes.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use secgroup_ecs::{ApiFlags, Cloud};
use secgroup_model::Semantics;
use secgroup_server::{Durability, Server, StateFile};

use crate::client::{query, read_reply};
use crate::running::options;

/// Tells the process below which state to serve.
const STATE: &str = "SECGROUP_TEST_STATE";

/// How often the server is killed at least, unless [`KILLS`] says more.
const ROUNDS: u64 = 25;

/// Says how often the server is killed at least.
const KILLS: &str = "SECGROUP_TEST_KILLS";

/// How many changes it must have acknowledged by then.
const CHANGES: usize = 50;

#[test]
#[ignore = "runs until it is killed, in a process that another test starts"]
fn serve_until_killed() {
    let Some(path) = env::var_os(STATE) else {
        return;
    };
    let file = StateFile::open(Path::new(&path), Durability::Durable).unwrap();
    let mut options = options();
    if let Some(bytes) = file.read().unwrap() {
        options.cloud =
            Cloud::from_state(&bytes, ApiFlags::default(), Semantics::default()).unwrap();
    }
    options.state = Some(file);
    let bound = Server::bind(options).unwrap();
    println!("\nlistening on {}", bound.addresses()[0]);
    bound.run_blocking(std::future::pending()).unwrap();
}

fn spawn(state: &Path) -> (Child, SocketAddr) {
    let mut child = Command::new(env::current_exe().unwrap())
        .args([
            "--exact",
            "killed::serve_until_killed",
            "--ignored",
            "--nocapture",
        ])
        .env(STATE, state)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut addresses = lines.filter_map(|line| {
        let line = line.unwrap();
        Some(line.strip_prefix("listening on ")?.parse().unwrap())
    });
    let address = addresses.next().expect("the server says where it listens");
    (child, address)
}

/// Creates groups until the server is gone; returns those it has acknowledged.
fn create_until_killed(address: SocketAddr) -> Vec<String> {
    let mut made = Vec::new();
    let target = query("CreateSecurityGroup", "VpcId=vpc-1");
    let request = format!("GET /?{target} HTTP/1.1\r\nHost: h\r\n\r\n");
    // The server may be gone before anybody has called.
    let Ok(mut stream) = TcpStream::connect(address) else {
        return made;
    };
    while std::io::Write::write_all(&mut stream, request.as_bytes()).is_ok() {
        let Some(reply) = read_reply(&mut stream) else {
            break;
        };
        let body = reply.json();
        made.push(body["SecurityGroupId"].as_str().unwrap().to_owned());
    }
    made
}

#[test]
fn what_was_acknowledged_survives_being_killed_at_any_moment() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.json");
    let mut acknowledged = Vec::new();
    let kills = env::var(KILLS).ok().map(|text| text.parse().unwrap());
    let rounds: u64 = kills.unwrap_or(ROUNDS);
    let mut round = 0;
    while round < rounds || acknowledged.len() < CHANGES {
        round += 1;
        assert!(round < 20 * rounds, "only {acknowledged:?} were made");
        let (mut child, address) = spawn(&path);
        let clients: Vec<_> = (0..2)
            .map(|_| thread::spawn(move || create_until_killed(address)))
            .collect();
        // Not random, but of no relation to what the server does.
        thread::sleep(Duration::from_micros(round * 2477 % 31_000));
        child.kill().unwrap();
        child.wait().unwrap();
        for client in clients {
            acknowledged.extend(client.join().unwrap());
        }
        let Ok(state) = fs::read(&path) else {
            assert!(
                acknowledged.is_empty(),
                "there is a file once something was acknowledged"
            );
            continue;
        };
        Cloud::from_state(&state, ApiFlags::default(), Semantics::default()).unwrap();
        let state = String::from_utf8(state).unwrap();
        for group in &acknowledged {
            assert!(
                state.contains(&format!("\"{group}\"")),
                "round {round}: {group} is lost"
            );
        }
    }
    StateFile::open(&path, Durability::Durable).unwrap();
    println!("{round} kills, {} changes acknowledged", acknowledged.len());
    let left: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|one| one.unwrap().file_name())
        .collect();
    assert_eq!(left.len(), 2, "the state and the lock: {left:?}");
}
