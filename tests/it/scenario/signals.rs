//! SIGINT and SIGTERM in the middle of a stream that does not end.

use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use secgroup_tests::program::program;
use serde_json::Value;

use super::run::{Folder, demo};

/// Starts a replay of standard input whose results go to a folder.
fn start(folder: &Folder) -> Child {
    let mut command = Command::new(program());
    command.args([
        "replay",
        "--flows",
        "r.csv",
        "--summary",
        "s.json",
        "-",
        "--config",
    ]);
    command.arg(demo("fleet.json")).current_dir(folder.path());
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command.spawn().expect("the program starts")
}

/// Feeds the demo capture, and repeats its packets without end if wanted;
/// keeps standard input open until the program is gone.
fn feed(child: &mut Child, endless: bool) {
    let capture = std::fs::read(demo("traffic.pcap")).expect("the demo is committed");
    let mut input = child.stdin.take().expect("it is piped");
    std::thread::spawn(move || {
        let mut written = input.write_all(&capture);
        while endless && written.is_ok() {
            written = input.write_all(&capture[24..]);
        }
        std::thread::sleep(Duration::from_secs(5));
    });
}

/// Signals a program that works and asserts how it ends.
fn interrupt(signal: &str, code: i32, endless: bool) {
    let folder = Folder::new();
    let mut child = start(&folder);
    feed(&mut child, endless);
    std::thread::sleep(Duration::from_millis(700));
    assert_eq!(child.try_wait().unwrap(), None, "it ended by itself");
    let start = Instant::now();
    let sent = Command::new("kill")
        .args([format!("-{signal}"), child.id().to_string()])
        .status();
    assert!(sent.unwrap().success());
    let output = child.wait_with_output().unwrap();
    let elapsed = start.elapsed();
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert_eq!(output.status.code(), Some(code), "{err}");
    assert!(
        elapsed <= Duration::from_secs(1),
        "{signal} took {elapsed:?}"
    );
    let summary: Value = serde_json::from_str(&folder.text("s.json")).unwrap();
    assert_eq!(summary["interrupted"], true);
    let records = summary["records"].as_u64().unwrap();
    assert!(records >= 2166, "{records}");
    let words = format!("interrupted after {records} records");
    assert!(out.contains(&words) && err.contains(&words), "{out} {err}");
    let rows = folder.text("r.csv");
    assert!(rows.ends_with('\n'));
    assert!(rows.lines().all(|line| line.matches(',').count() == 21));
    assert_eq!(
        rows.lines().count() as u64,
        summary["flows"].as_u64().unwrap() + 1
    );
    assert_eq!(folder.names(), ["r.csv", "s.json"]);
}

#[test]
fn sigint_ends_an_endless_stream_within_a_second_after_whole_rows() {
    interrupt("INT", 130, true);
}

#[test]
fn sigterm_ends_an_endless_stream_within_a_second_after_whole_rows() {
    interrupt("TERM", 143, true);
}

#[test]
fn a_stream_that_is_silent_is_interrupted_too() {
    interrupt("INT", 130, false);
    interrupt("TERM", 143, false);
}
