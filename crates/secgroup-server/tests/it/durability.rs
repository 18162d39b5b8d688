//! The state on the disk.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use secgroup_ecs::{ApiFlags, Cloud};
use secgroup_model::Semantics;
use secgroup_server::{Durability, StateFile, StateFileError};
use tempfile::TempDir;

use crate::client::{call, create_group, get, groups};
use crate::running::{Pad, Running, start};

/// A folder with the path of a state file that is not there yet.
fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.json");
    (folder, path)
}

/// Serves what is in a file, and keeps it there.
fn serve(path: &Path, durability: Durability) -> Running {
    serve_logging(path, durability, Pad::default())
}

fn serve_logging(path: &Path, durability: Durability, log: Pad) -> Running {
    let file = StateFile::open(path, durability).unwrap();
    let known = file.read().unwrap();
    start(|options| {
        if let Some(bytes) = known {
            let read = Cloud::from_state(&bytes, ApiFlags::default(), Semantics::default());
            options.cloud = read.unwrap();
        }
        options.state = Some(file);
        options.log = Some(Box::new(log));
    })
}

fn holds(path: &Path, text: &str) -> bool {
    fs::read_to_string(path).is_ok_and(|state| state.contains(text))
}

/// Makes writing beside the file fail, also for a user who may do everything.
fn obstruct(path: &Path) -> PathBuf {
    let temporary = path.with_file_name(".state.json.new");
    fs::create_dir(&temporary).unwrap();
    temporary
}

#[test]
fn a_change_is_on_the_disk_when_it_is_acknowledged() {
    let (_folder, path) = folder();
    let server = serve(&path, Durability::Durable);
    let made: Vec<String> = (0..5)
        .map(|_| {
            let group = create_group(server.address);
            assert!(holds(&path, &group), "{group}");
            group
        })
        .collect();
    assert_eq!(
        groups(server.address).len(),
        5,
        "what was acknowledged is seen"
    );
    server.stop().unwrap();
    let mut seen = groups(serve(&path, Durability::Durable).address);
    seen.sort();
    let mut made = made;
    made.sort();
    assert_eq!(seen, made);
}

#[test]
fn many_changes_at_once_are_all_stored() {
    let (_folder, path) = folder();
    let server = serve(&path, Durability::Durable);
    let address = server.address;
    let clients: Vec<_> = (0..16)
        .map(|_| thread::spawn(move || (0..4).map(|_| create_group(address)).collect::<Vec<_>>()))
        .collect();
    let made: Vec<String> = clients
        .into_iter()
        .flat_map(|client| client.join().unwrap())
        .collect();
    assert_eq!(made.len(), 64);
    assert!(made.iter().all(|group| holds(&path, group)));
}

#[test]
fn a_change_that_cannot_be_stored_is_taken_back() {
    let (_folder, path) = folder();
    let server = serve(&path, Durability::Durable);
    let first = create_group(server.address);
    let before = fs::read(&path).unwrap();
    let revision = get(server.address, "/healthz").json()["revision"].clone();

    let obstacle = obstruct(&path);
    for _ in 0..3 {
        let refused = call(
            server.address,
            "CreateSecurityGroup",
            "VpcId=vpc-1&ClientToken=t",
        );
        assert_eq!(refused.error(), (500, "InternalError".to_owned()));
        let delete = call(
            server.address,
            "DeleteSecurityGroup",
            &format!("SecurityGroupId={first}"),
        );
        assert_eq!(delete.status, 500);
    }
    assert_eq!(groups(server.address), [first]);
    assert_eq!(get(server.address, "/healthz").json()["revision"], revision);
    assert_eq!(fs::read(&path).unwrap(), before);

    fs::remove_dir(obstacle).unwrap();
    let again = call(
        server.address,
        "CreateSecurityGroup",
        "VpcId=vpc-1&ClientToken=t",
    );
    let second = again.json()["SecurityGroupId"].as_str().unwrap().to_owned();
    assert!(holds(&path, &second), "it goes on by itself");
    assert_eq!(groups(server.address).len(), 2);
}

#[test]
fn many_changes_at_once_are_all_taken_back() {
    let (_folder, path) = folder();
    let server = serve(&path, Durability::Durable);
    create_group(server.address);
    let address = server.address;
    let obstacle = obstruct(&path);
    let clients: Vec<_> = (0..16)
        .map(|_| thread::spawn(move || call(address, "CreateSecurityGroup", "VpcId=vpc-1").status))
        .collect();
    for client in clients {
        assert_eq!(client.join().unwrap(), 500);
    }
    assert_eq!(groups(address).len(), 1);
    fs::remove_dir(obstacle).unwrap();
    create_group(address);
    assert_eq!(groups(address).len(), 2);
}

#[test]
fn with_an_interval_changes_are_acknowledged_first_and_written_later() {
    let (_folder, path) = folder();
    let server = serve(&path, Durability::Interval(Duration::from_millis(500)));
    let group = create_group(server.address);
    assert!(!path.exists());
    assert_eq!(groups(server.address), std::slice::from_ref(&group));
    let deadline = Instant::now() + Duration::from_secs(10);
    while !holds(&path, &group) {
        assert!(Instant::now() < deadline);
        thread::sleep(Duration::from_millis(20));
    }
    let last = create_group(server.address);
    server.stop().unwrap();
    assert!(holds(&path, &last), "the end waits for no interval");
}

#[test]
fn with_an_interval_a_failed_write_loses_nothing_but_time() {
    let (_folder, path) = folder();
    let log = Pad::default();
    let interval = Durability::Interval(Duration::from_millis(50));
    let server = serve_logging(&path, interval, log.clone());
    let obstacle = obstruct(&path);
    let group = create_group(server.address);
    let deadline = Instant::now() + Duration::from_secs(10);
    while !log.text().contains("cannot write it") {
        assert!(Instant::now() < deadline);
        thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(groups(server.address), std::slice::from_ref(&group));
    fs::remove_dir(&obstacle).unwrap();
    while !holds(&path, &group) {
        assert!(Instant::now() < deadline);
        thread::sleep(Duration::from_millis(20));
    }
    obstruct(&path);
    create_group(server.address);
    let error = server.stop().unwrap_err().to_string();
    assert!(error.contains("state.json"), "{error}");
}

#[test]
fn a_server_that_was_never_changed_leaves_a_state() {
    let (_folder, path) = folder();
    serve(&path, Durability::Durable).stop().unwrap();
    let state = fs::read(&path).unwrap();
    serve(&path, Durability::Durable).stop().unwrap();
    assert_eq!(fs::read(&path).unwrap(), state);
}

#[test]
fn a_state_file_in_use_is_refused_until_its_server_has_ended() {
    let (_folder, path) = folder();
    let server = serve(&path, Durability::Durable);
    create_group(server.address);
    let refused = StateFile::open(&path, Durability::Durable).unwrap_err();
    assert!(matches!(refused, StateFileError::Locked(_)), "{refused}");
    server.stop().unwrap();
    StateFile::open(&path, Durability::Durable).unwrap();
}
