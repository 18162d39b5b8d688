//! Memory stays what it is, however much comes.
//!
//! Streams of gigabytes are measured by hand; what would grow with them shows
//! in a tenfold stream, too.

use std::io::Write;
use std::process::{ChildStdin, Command, Stdio};
use std::time::Duration;

use secgroup_tests::program::program;

use super::run::{Folder, Run};
use crate::abuse::watch;

/// The header of a capture, and that of a packet.
const HEADERS: (usize, usize) = (24, 16);

/// How long a stream may take on a busy machine.
const LIMIT: Duration = Duration::from_secs(300);

/// Writes the packets of a capture so many times, each time as many seconds
/// later as the capture is long.
fn repeat(mut capture: Vec<u8>, times: u32, mut to: ChildStdin) {
    let (header, packet) = HEADERS;
    let field = |capture: &[u8], at: usize| {
        u32::from_le_bytes(capture[at..at + 4].try_into().expect("four bytes"))
    };
    let mut places = Vec::new();
    let mut at = header;
    while at < capture.len() {
        places.push(at);
        at += packet + field(&capture, at + 8) as usize;
    }
    let first = field(&capture, places[0]);
    let last = places.iter().map(|at| field(&capture, *at)).max();
    let length = last.expect("there are packets") - first + 1;
    to.write_all(&capture[..header]).expect("the program reads");
    for _ in 0..times {
        to.write_all(&capture[header..]).expect("the program reads");
        for at in &places {
            let later = field(&capture, *at) + length;
            capture[*at..at + 4].copy_from_slice(&later.to_le_bytes());
        }
    }
}

#[test]
fn a_stream_ten_times_as_long_needs_no_more_memory() {
    let folder = Folder::new();
    let (rules, capture) = (folder.name("rules.json"), folder.name("capture.pcap"));
    let gen_capture = "gen capture --seed 1 --packets 40000 --rules 1000";
    Run::of(&format!(
        "{gen_capture} --config {rules} --output {capture}"
    ))
    .exits(0);
    let bytes = std::fs::read(&capture).expect("a capture");
    for mode in ["packets", "sessions"] {
        let peak = |times| {
            let mut command = Command::new(program());
            command.args(["replay", "-q", "--mode", mode, "--config", &rules, "-"]);
            command.stdin(Stdio::piped()).stdout(Stdio::null());
            let mut child = command.spawn().expect("the program starts");
            let (to, bytes) = (child.stdin.take().expect("it is piped"), bytes.clone());
            let writer = std::thread::spawn(move || repeat(bytes, times, to));
            let (code, _, memory) = watch(child, LIMIT);
            writer.join().expect("everything was read");
            assert_eq!(code, Some(0), "{mode}");
            memory
        };
        let (short, long) = (peak(5), peak(50));
        assert!(
            long <= short + 16 * 1024,
            "{mode}: {short} KiB, then {long}"
        );
        assert!(long <= 256 * 1024, "{mode}: {long} KiB");
    }
}
