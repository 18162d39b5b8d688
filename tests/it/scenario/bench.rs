//! `secgroup bench`: engines measured, and their answers compared.

use std::fs;

use secgroup_gen::Filter;
use serde_json::Value;

use super::run::{Folder, Run, demo};

const FILTERS: &str = "data/demo/filters.txt";

/// Draws a trace for the demo's filters.
fn trace(folder: &Folder, form: &str) -> String {
    let trace = folder.name(form);
    let line = format!(
        "gen trace --rules {FILTERS} --seed 5 --headers 5000 --format {form} --output {trace}"
    );
    Run::of(&line).exits(0);
    trace
}

/// Measures, and returns the document.
fn measure(arguments: &str) -> Value {
    let done = Run::of(&format!("bench {arguments} --format json --rounds 2")).exits(0);
    serde_json::from_str(&done.out).unwrap()
}

#[test]
fn every_engine_and_both_forms_of_a_trace_give_the_same_answers() {
    let folder = Folder::new();
    let (binary, text) = (trace(&folder, "binary"), trace(&folder, "text"));
    let sums = [binary, text].map(|trace| {
        let measured = measure(&format!("--rules {FILTERS} --trace {trace}"));
        assert_eq!(
            (&measured["rules"], &measured["headers"]),
            (&100.into(), &5000.into())
        );
        let engines = measured["engines"].as_array().unwrap();
        assert_eq!(engines.len(), 2);
        for engine in engines {
            assert_eq!(engine["lookups_per_s"].as_array().unwrap().len(), 2);
            assert!(engine["build_s"].is_number() && engine["bytes"].is_number());
        }
        assert_eq!(engines[0]["checksum"], engines[1]["checksum"]);
        engines[0]["checksum"].clone()
    });
    assert_eq!(sums[0], sums[1]);
}

#[test]
fn ranks_are_the_numbers_of_the_first_filters() {
    let folder = Folder::new();
    let (text, ranks) = (trace(&folder, "text"), folder.name("ranks"));
    measure(&format!(
        "--rules {FILTERS} --trace {text} --engine compiled --ranks {ranks}"
    ));
    let filters = secgroup_tests::program::workspace().join(FILTERS);
    let filters = Filter::parse_set(&fs::read_to_string(filters).unwrap()).unwrap();
    let ranks = fs::read(ranks).unwrap();
    let ranks = ranks
        .as_chunks::<4>()
        .0
        .iter()
        .map(|rank| u32::from_le_bytes(*rank));
    let text = fs::read_to_string(text).unwrap();
    let mut matched = 0;
    for (line, rank) in text.lines().zip(ranks) {
        let words: Vec<u32> = line
            .split('\t')
            .take(5)
            .map(|word| word.parse().unwrap())
            .collect();
        let header = secgroup_gen::Header {
            source: std::net::Ipv4Addr::from_bits(words[0]).into(),
            destination: std::net::Ipv4Addr::from_bits(words[1]).into(),
            source_port: u16::try_from(words[2]).unwrap(),
            destination_port: u16::try_from(words[3]).unwrap(),
            protocol: secgroup_model::Protocol(u8::try_from(words[4]).unwrap()),
        };
        let first = filters.iter().position(|filter| filter.contains(&header));
        let first = first.map_or(u32::MAX, |at| u32::try_from(at).unwrap());
        assert_eq!(rank, first, "{line}");
        matched += u32::from(first != u32::MAX);
    }
    assert!(matched > 4000, "{matched}");
}

#[test]
fn threads_and_vectors_change_no_answer() {
    let folder = Folder::new();
    let trace = trace(&folder, "binary");
    let sum = |more: &str| {
        let rules = format!("--rules {FILTERS} --trace {trace} --engine compiled");
        let measured = measure(&format!("{rules} {more}"));
        let threads = measured["threads"].as_u64().unwrap();
        (measured["engines"][0]["checksum"].clone(), threads)
    };
    let (wanted, one) = sum("");
    assert_eq!(one, 1);
    assert_eq!(sum("--threads 3"), (wanted.clone(), 3));
    assert_eq!(sum("--vectors plain --threads 2"), (wanted.clone(), 2));
    let (every_core, cores) = sum("--threads 0");
    assert!(every_core == wanted && cores >= 1);
    let snapshot = "--rules data/demo/fleet.json --trace data/demo/flows.csv";
    let sums = ["", "--threads 2"].map(|more| {
        let measured = measure(&format!("{snapshot} --engine compiled {more}"));
        measured["engines"][0]["checksum"].clone()
    });
    assert_eq!(sums[0], sums[1]);
    Run::of(&format!("bench {snapshot} --vectors plain"))
        .exits(2)
        .complains("only filter sets");
}

#[test]
fn a_snapshot_is_measured_with_recorded_flows() {
    let measured = measure("--rules data/demo/fleet.json --trace data/demo/traffic.pcap");
    let engines = measured["engines"].as_array().unwrap();
    let names: Vec<&str> = engines
        .iter()
        .map(|one| one["engine"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["compiled", "trie", "scan"]);
    assert!(
        engines
            .iter()
            .all(|one| one["checksum"] == engines[0]["checksum"])
    );
    let done = Run::of("bench --rules data/demo/fleet.json --trace data/demo/flows.csv").exits(0);
    assert!(done.out.starts_with("45 rules, "), "{}", done.out);
    assert!(done.err.contains("sgr-default-icmp"), "{}", done.err);
    let quiet = "bench --quiet --rules data/demo/fleet.json --trace data/demo/flows.csv";
    assert_eq!(Run::of(quiet).exits(0).err, "");
}

#[test]
fn without_a_trace_headers_are_drawn_from_the_rules() {
    for (rules, engines) in [
        (FILTERS, "compiled,scan"),
        ("data/demo/fleet.json", "compiled,scan"),
    ] {
        let measured = || measure(&format!("--quiet --rules {rules} --engine {engines}"));
        let (one, other) = (measured(), measured());
        assert_eq!(one["headers"], 1_000_000);
        let engine = |document: &Value, at: usize| document["engines"][at].clone();
        for at in [0, 1] {
            let sum = engine(&one, at)["checksum"].clone();
            assert_eq!(sum, engine(&one, 0)["checksum"]);
            assert_eq!(sum, engine(&other, at)["checksum"]);
            assert!(engine(&one, at)["bytes"].as_u64().unwrap() > 0);
        }
    }
}

#[test]
fn a_snapshot_is_measured_with_the_reference_where_that_is_asked_for() {
    let measured = measure(
        "--rules data/demo/fleet.json --trace data/demo/flows.csv --engine compiled,reference",
    );
    let engines = measured["engines"].as_array().unwrap();
    assert_eq!(engines[1]["engine"], "reference");
    assert_eq!(engines[0]["checksum"], engines[1]["checksum"]);
}

#[test]
fn packed_rules_and_traces_are_unpacked_and_what_cannot_be_is_no_trace() {
    let folder = Folder::new();
    let trace = trace(&folder, "binary");
    let rules = secgroup_tests::program::workspace().join(FILTERS);
    let packed = ["rules.zst", "trace.zst"].map(|name| folder.name(name));
    for (plain, packed) in [rules, trace.clone().into()].into_iter().zip(&packed) {
        let bytes = fs::read(plain).unwrap();
        fs::write(packed, zstd::encode_all(&*bytes, 1).unwrap()).unwrap();
    }
    let [packed_rules, packed_trace] = &packed;
    let sums = [
        measure(&format!("--rules {FILTERS} --trace {trace}")),
        measure(&format!("--rules {packed_rules} --trace {packed_trace}")),
    ];
    let [plain, packed] = sums.map(|measured| measured["engines"][0]["checksum"].clone());
    assert_eq!(plain, packed);

    // As long as whole records, which it must not be taken for.
    let xz = folder.name("trace.xz");
    fs::write(
        &xz,
        b"\xFD7zXZ\0\0\x04\xE6\xD6\xB4\x46\x02\0\x21\x01".repeat(4),
    )
    .unwrap();
    for arguments in [format!("{FILTERS} --trace {xz}"), xz] {
        let done = Run::of(&format!("bench --rules {arguments}")).exits(3);
        let wanted = "trace.xz: packed with xz, which is not supported; unpack it with `xz -d`";
        assert!(done.err.contains(wanted), "{}", done.err);
    }
}

#[test]
fn filters_and_traces_come_from_standard_input_too() {
    let folder = Folder::new();
    let trace = trace(&folder, "binary");
    let filters = secgroup_tests::program::workspace().join(FILTERS);
    let filters = fs::read(filters).unwrap();
    let line = |rest: &str| format!("bench --engine compiled --rounds 1 {rest}");
    let sum = |run: Run| {
        let done = run.exits(0);
        let document: Value = serde_json::from_str(&done.out).unwrap();
        document["engines"][0]["checksum"].clone()
    };
    let rules = line(&format!("--rules - --trace {trace} --format json"));
    let headers = line(&format!("--rules {FILTERS} --trace - --format json"));
    let sums = [
        sum(Run::fed(&rules, &filters)),
        sum(Run::fed(&headers, &fs::read(&trace).unwrap())),
    ];
    assert_eq!(sums[0], sums[1]);
    let both = Run::fed(&line("--rules - --trace -"), &filters);
    both.exits(2)
        .complains("standard input (-) can be read once only");
    let fleet = fs::read(demo("fleet.json")).unwrap();
    let snapshot = Run::fed(&line("--rules -"), &fleet);
    snapshot.exits(2).complains("only filter sets are read");
}

#[test]
fn what_is_missing_is_told_once_and_of_both_files() {
    let run = Run::of("bench --rules no.txt --trace no.bin").exits(3);
    let run = run
        .complains("no.txt: no such file")
        .complains("no.bin: no such file");
    assert_eq!(run.err.lines().count(), 2, "{}", run.err);
    let run = Run::of("bench -q --rules data/demo/fleet.json --trace data").exits(3);
    assert_eq!(run.err.lines().count(), 1, "{}", run.err);
}

#[test]
fn what_cannot_be_measured_is_refused() {
    let folder = Folder::new();
    let bad = folder.name("bad");
    fs::write(&bad, "@10.0.0.0/8 0.0.0.0/0 0 : 1 0 : 1 0x06/0xFF\n@x\n").unwrap();
    let done = Run::of(&format!("bench --rules {bad} --trace {FILTERS}")).exits(3);
    assert!(
        done.err.contains("bad:2: expected `@SOURCE"),
        "{}",
        done.err
    );
    let done = Run::of(&format!("bench --rules {FILTERS} --trace {FILTERS}")).exits(3);
    assert!(
        done.err.contains("no whole records of 16 bytes"),
        "{}",
        done.err
    );
    let trace = trace(&folder, "binary");
    for (arguments, code) in [
        (
            format!("--rules {FILTERS} --trace {trace} --engine trie"),
            2,
        ),
        (
            format!("--rules {FILTERS} --trace {trace} --engine reference"),
            2,
        ),
        (format!("--rules {FILTERS} --trace {trace} --rounds 0"), 2),
        (
            format!("--rules {FILTERS} --trace {trace} --output {trace}"),
            2,
        ),
        (
            format!("--rules data/demo/fleet.json --trace data/demo/flows.csv --ranks {bad}"),
            2,
        ),
        (
            format!("--rules {FILTERS} --trace {}", folder.name("none")),
            3,
        ),
    ] {
        Run::of(&format!("bench {arguments}")).exits(code);
    }
}
