//! The same bytes, whatever reads and judges: threads, engines, packing, pipes.

use etherparse::PacketBuilder;
use serde_json::Value;

use crate::scenario::run::{DEMO, Folder, Run, demo};
use secgroup_tests::rng::Rng;

const ENGINES: [&str; 4] = ["compiled", "trie", "scan", "reference"];
const THREADS: [&str; 4] = ["1", "2", "3", "8"];

/// Packets of the generated capture.
const PACKETS: u32 = 20_000;

/// What a replay wrote: rows, and the summary without what may differ.
#[derive(Debug, PartialEq)]
struct Written {
    rows: String,
    summary: Value,
}

/// Replays an input, or standard input when that is `-`.
fn replay(input: &str, bytes: &[u8], options: &str) -> Written {
    let folder = Folder::new();
    let summary = folder.name("s.json");
    let line = format!("replay {DEMO} {input} --flows - --summary {summary} {options}");
    let run = Run::fed(&line, bytes).exits(0);
    let mut summary: Value = serde_json::from_str(&folder.text("s.json")).expect("JSON");
    let fields = summary.as_object_mut().expect("an object");
    for time in ["elapsed_s", "records_per_s"] {
        assert!(fields.remove(time).is_some());
    }
    for input in fields["inputs"].as_array_mut().expect("a list") {
        let input = input.as_object_mut().expect("an object");
        // How the input came, not what was in it.
        for own in ["path", "compression", "bytes"] {
            assert!(input.remove(own).is_some(), "{own}");
        }
    }
    Written {
        rows: run.out,
        summary,
    }
}

/// A capture of packets between few addresses and ports, from a fixed seed.
fn generated() -> Vec<u8> {
    let mut rng = Rng::new(20_261_122);
    let hosts: [[u8; 4]; 8] = [
        [10, 10, 1, 11],
        [10, 10, 1, 12],
        [10, 10, 2, 21],
        [10, 10, 3, 30],
        [10, 10, 4, 10],
        [192, 0, 2, 17],
        [198, 51, 100, 70],
        [203, 0, 113, 9],
    ];
    let ports = [22, 25, 53, 80, 443, 3306, 8080, 40_000];
    let mut file = Vec::new();
    file.extend(0xa1b2_c3d4_u32.to_le_bytes());
    file.extend([2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    file.extend(65_535_u32.to_le_bytes());
    file.extend(1_u32.to_le_bytes());
    for number in 0..PACKETS {
        let mut pick = || usize::try_from(rng.next() % 8).expect("below 8");
        let (source, destination) = (hosts[pick()], hosts[pick()]);
        let (from, to) = (ports[pick()], ports[pick()]);
        let builder = PacketBuilder::ethernet2([2; 6], [4; 6]).ipv4(source, destination, 64);
        let mut frame = Vec::new();
        let written = if pick() < 5 {
            builder.tcp(from, to, number, 1024).write(&mut frame, &[])
        } else {
            builder.udp(from, to).write(&mut frame, b"payload")
        };
        written.expect("memory takes bytes");
        let length = u32::try_from(frame.len()).expect("small");
        for field in [1_772_445_600 + number / 1000, number % 1000, length, length] {
            file.extend(field.to_le_bytes());
        }
        file.extend(frame);
    }
    file
}

/// Replays one input in every way and compares.
fn compare(name: &str, bytes: &[u8]) {
    for mode in ["sessions", "packets", "sessions --max-sessions 100"] {
        compare_in(mode, name, bytes);
    }
}

fn compare_in(mode: &str, name: &str, bytes: &[u8]) {
    let folder = Folder::new();
    let file = folder.file(name, bytes);
    let mode = format!("--mode {mode}");
    let expected = replay(&file, b"", &format!("{mode} --threads 1"));
    for engine in ENGINES {
        for threads in THREADS {
            let options = format!("{mode} --engine {engine} --threads {threads}");
            assert!(replay(&file, b"", &options) == expected, "{name} {options}");
        }
    }
    for (packing, bytes) in crate::scenario::replay::packed(bytes) {
        assert!(
            replay("-", &bytes, &mode) == expected,
            "{name} {mode}: a pipe of {packing}"
        );
        let file = folder.file("packed", &bytes);
        assert!(
            replay(&file, b"", &format!("{mode} --threads 3")) == expected,
            "{name} {mode}: a file of {packing}"
        );
    }
}

#[test]
fn the_demo_capture_gives_the_same_bytes_in_every_way() {
    compare(
        "traffic.pcap",
        &std::fs::read(demo("traffic.pcap")).unwrap(),
    );
}

#[test]
fn the_demo_flows_give_the_same_bytes_in_every_way() {
    compare("flows.csv", &std::fs::read(demo("flows.csv")).unwrap());
}

#[test]
fn a_generated_capture_gives_the_same_bytes_in_every_way() {
    let capture = generated();
    compare("generated.pcap", &capture);
    let folder = Folder::new();
    let written = replay(&folder.file("g.pcap", &capture), b"", "");
    let number = |value: &Value| value.as_u64().unwrap();
    assert_eq!(number(&written.summary["evaluated"]), 20_000);
    let flows = number(&written.summary["flows"]);
    assert_eq!(written.rows.lines().count() as u64, flows + 1);
    for verdict in ["accept", "drop", "outside"] {
        let packets = number(&written.summary["traffic"][verdict]["packets"]);
        assert!(packets > 1000, "{verdict}");
    }
}

#[test]
fn twenty_repeats_with_three_threads_give_the_same_bytes() {
    let folder = Folder::new();
    let file = folder.file("g.pcap", generated());
    let expected = replay(&file, b"", "--threads 3");
    for repeat in 1..20 {
        assert!(
            replay(&file, b"", "--threads 3") == expected,
            "repeat {repeat}"
        );
    }
}
