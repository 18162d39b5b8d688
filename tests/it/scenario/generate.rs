//! `secgroup gen`: workloads of every kind, of the size asked for.
//!
//! What they are like is tested in `secgroup-gen` and in `workloads.rs`.

use std::fs;

use secgroup_gen::Filter;

use super::run::{Folder, Run, demo};

const WORKLOADS: [&str; 7] = [
    "interface",
    "fleet",
    "classbench",
    "filters",
    "trace",
    "capture",
    "flows",
];

/// Runs the program in a folder that has the demo's filters and fleet where a
/// checkout has them.
fn run_in(folder: &Folder, line: &str) -> Run {
    let demo_folder = folder.path().join("data/demo");
    fs::create_dir_all(&demo_folder).unwrap();
    for name in ["filters.txt", "fleet.json"] {
        fs::copy(demo(name), demo_folder.join(name)).unwrap();
    }
    let mut command = std::process::Command::new(secgroup_tests::program::program());
    command
        .args(line.split_whitespace())
        .current_dir(folder.path());
    Run::ended(command, b"")
}

#[test]
fn the_help_of_each_workload_ends_with_two_examples_that_work() {
    for workload in WORKLOADS {
        let help = Run::of(&format!("gen {workload} --help")).exits(0).out;
        let (_, examples) = help.split_once("Examples:\n").unwrap();
        let examples: Vec<&str> = examples.lines().map(str::trim).collect();
        assert_eq!(examples.len(), 2, "{workload}: {examples:?}");
        for example in examples {
            let line = example.strip_prefix("secgroup ").unwrap();
            // The whole fleet takes seconds, and is no other than a small one.
            let small = if line.starts_with("gen fleet") {
                " --interfaces 20"
            } else {
                ""
            };
            let line = line.replace(" --interfaces 100", "") + small;
            let folder = Folder::new();
            let run = run_in(&folder, &line).exits(0);
            assert_eq!(run.err, "", "{example}");
            let words: Vec<&str> = line.split(' ').collect();
            // Of a set of an interface's rules, the configuration is what is read.
            let written: &[&str] = match workload {
                "filters" => &["--output"],
                _ => &["--output", "--config"],
            };
            let files = words.windows(2).filter(|pair| written.contains(&pair[0]));
            let mut files = files.map(|pair| pair[1]).peekable();
            assert_eq!(files.peek().is_none(), !run.out.is_empty(), "{example}");
            for file in files {
                let length = fs::metadata(folder.path().join(file)).unwrap().len();
                let least = if workload == "filters" { 100 } else { 1_000 };
                assert!(length > least, "{example}: {file} has {length} bytes");
            }
        }
    }
}

#[test]
fn manual_pages_exist_for_each_workload() {
    for workload in WORKLOADS {
        let page = Run::of(&format!("man gen-{workload}")).exits(0).out;
        assert!(page.contains(&format!(".TH secgroup-gen-{workload} 1")));
    }
    Run::of("man trace")
        .exits(2)
        .complains("no command `trace`");
}

#[test]
fn the_filters_of_the_demo_are_what_the_generator_makes() {
    let made = Run::of("gen classbench --seed 1 --style acl --rules 100").exits(0);
    let committed = fs::read_to_string(demo("filters.txt")).unwrap();
    assert!(
        made.out == committed,
        "data/demo/filters.txt differs; its README says how it is made"
    );
}

#[test]
fn the_rules_of_an_interface_are_a_filter_set() {
    let filters = "gen filters --config data/demo/fleet.json --interface eni-web-1 --direction";
    let made = Run::of(&format!("{filters} ingress")).exits(0).out;
    let set = Filter::parse_set(&made).unwrap();
    assert!(set.len() > 3, "{made}");
    // A trace can be drawn from it, at its edges too, and engines agree about it.
    let folder = Folder::new();
    let [rules, trace] = ["web.txt", "web.bin"].map(|name| folder.name(name));
    Run::of(&format!("{filters} ingress --output {rules}")).exits(0);
    assert_eq!(fs::read_to_string(&rules).unwrap(), made);
    Run::of(&format!(
        "gen trace --rules {rules} --seed 1 --headers 2000 --aim edges --output {trace}"
    ))
    .exits(0);
    Run::of(&format!("bench --rules {rules} --trace {trace}")).exits(0);

    Run::of(&format!("{filters} sideways"))
        .exits(2)
        .complains("ingress, egress");
    Run::of("gen filters --config data/demo/fleet.json --interface eni-x --direction egress")
        .exits(2)
        .complains("`eni-x` is no interface or instance of the snapshot");
}

#[test]
fn every_size_is_the_one_asked_for() {
    let lines = |line: &str| Run::of(line).exits(0).out.lines().count();
    for style in ["acl", "fw", "ipc"] {
        for family in ["", " --ipv6"] {
            let line = format!("gen classbench --seed 7 --style {style} --rules 1234{family}");
            assert_eq!(lines(&line), 1_234, "{line}");
        }
    }
    assert_eq!(lines("gen classbench --seed 1 --style fw --rules 1"), 1);
    assert_eq!(lines("gen flows --seed 1 --rows 77"), 78);
    assert_eq!(lines("gen flows --seed 1 --rows 0"), 1);
    let trace = "gen trace --rules data/demo/filters.txt --seed 1";
    assert_eq!(lines(&format!("{trace} --headers 99 --format text")), 99);

    let folder = Folder::new();
    let size = |name: &str| fs::metadata(folder.path().join(name)).unwrap().len();
    let [v4, v6, out] = ["v4.bin", "v6.bin", "six.txt"].map(|name| folder.name(name));
    Run::of(&format!("{trace} --headers 1000 --output {v4}")).exits(0);
    assert_eq!(size("v4.bin"), 16_000);
    Run::of(&format!(
        "gen classbench --seed 1 --style ipc --ipv6 --output {out}"
    ))
    .exits(0);
    Run::of(&format!(
        "gen trace --rules {out} --seed 1 --headers 1000 --output {v6}"
    ))
    .exits(0);
    assert_eq!(size("v6.bin"), 40_000);

    let snapshot = Run::of("gen interface --seed 1 --rules 120 --groups 3").exits(0);
    let snapshot = snapshot.json();
    let groups = snapshot["SecurityGroups"]["SecurityGroup"]
        .as_array()
        .unwrap();
    let sizes = groups
        .iter()
        .map(|one| one["Permissions"]["Permission"].as_array().unwrap().len());
    assert_eq!(sizes.filter(|size| *size > 0).collect::<Vec<_>>(), [40; 3]);
    let fleet = Run::of("gen fleet --seed 1 --interfaces 30 --sets 4 --rules 10 --groups 2");
    let fleet = fleet.exits(0).json();
    let interfaces = fleet["NetworkInterfaceSets"]["NetworkInterfaceSet"]
        .as_array()
        .unwrap();
    let receivers = interfaces.iter().filter(|one| {
        let id = one["NetworkInterfaceId"].as_str().unwrap();
        !id.starts_with("eni-peer")
    });
    assert_eq!(receivers.count(), 30);
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_one_does_not() {
    for workload in [
        "gen interface --rules 50",
        "gen fleet --interfaces 9 --rules 20",
        "gen classbench --style fw --rules 200",
        "gen trace --rules data/demo/filters.txt --headers 200 --format text",
        "gen flows --rows 200 --interfaces 3",
    ] {
        let of = |seed: u64| Run::of(&format!("{workload} --seed {seed}")).exits(0).out;
        assert!(of(1) == of(1), "{workload}");
        assert!(of(1) != of(2), "{workload}");
    }
}

#[test]
fn traffic_belongs_to_its_snapshot() {
    let folder = Folder::new();
    let [config, capture, flows] = ["c.json", "c.pcap", "c.csv"].map(|name| folder.name(name));
    let arguments = "--seed 3 --interfaces 40 --sets 5 --rules 200";
    Run::of(&format!(
        "gen capture {arguments} --packets 3000 --config {config} --output {capture}"
    ))
    .exits(0);
    Run::of(&format!(
        "gen flows {arguments} --rows 3000 --output {flows}"
    ))
    .exits(0);
    assert_eq!(
        Run::of(&format!("gen fleet {arguments}")).exits(0).out,
        folder.text("c.json"),
    );
    for input in [capture, flows] {
        let run = Run::of(&format!(
            "replay -q --config {config} {input} --format json"
        ));
        let summary = run.exits(0).json();
        assert_eq!(summary["evaluated"], 3_000, "{summary:.300}");
        assert_eq!(summary["verdicts"]["outside"], 0);
        for verdict in ["accept", "drop"] {
            assert!(summary["verdicts"][verdict].as_u64().unwrap() > 500);
        }
    }
}

#[test]
fn what_cannot_be_is_refused() {
    for (line, says) in [
        ("gen", "Usage: secgroup gen"),
        ("gen nonsense", "unrecognized subcommand"),
        ("gen interface", "--seed"),
        ("gen interface --seed x", "--seed"),
        ("gen interface --seed 1 --groups 0", "--groups"),
        ("gen interface --seed 1 --v6-percent 101", "--v6-percent"),
        ("gen fleet --seed 1 --interfaces 0", "--interfaces"),
        (
            "gen fleet --seed 1 --interfaces 3 --sets 4",
            "only 3 interfaces",
        ),
        ("gen classbench --seed 1", "--style"),
        ("gen classbench --seed 1 --style xyz", "acl, fw, ipc"),
        (
            "gen classbench --seed 1 --style acl --rules 0",
            "1..=1000000",
        ),
        ("gen trace --seed 1", "--rules"),
        (
            "gen trace --seed 1 --rules data/demo/filters.txt --format csv",
            "binary, text",
        ),
        (
            "gen trace --seed 1 --rules data/demo/filters.txt --output data/demo/filters.txt",
            "cannot be written too",
        ),
        ("gen flows --seed 1 --config -", "already taken"),
        (
            "gen capture --seed 1 --config a --output a",
            "cannot be written twice",
        ),
        ("gen interface --seed 1 --output data", "is a directory"),
    ] {
        Run::of(line).exits(2).complains(says);
    }
}

#[test]
fn sizes_of_workloads_have_limits_and_both_sides_hold() {
    let lines = |line: &str| Run::of(line).exits(0).out.lines().count();
    let set = "gen classbench --seed 1 --style acl --rules";
    assert_eq!(lines(&format!("{set} 1000000")), 1_000_000);
    Run::of(&format!("{set} 1000001")).exits(2);
    let fleet = "gen fleet --seed 1 --rules 1 --groups 1 --sets 1 --interfaces";
    assert!(lines(&format!("{fleet} 65535")) > 65_535);
    Run::of(&format!("{fleet} 65536")).exits(2);
    let interface = "gen interface --seed 1 --rules 255 --groups";
    assert!(lines(&format!("{interface} 255")) > 2 * 255);
    Run::of(&format!("{interface} 256")).exits(2);
    Run::of("gen interface --seed 1 --rules 1000001").exits(2);
}

#[test]
fn a_file_that_is_no_filter_set_is_bad_input() {
    for (line, says) in [
        (
            "data/demo/fleet.json",
            "fleet.json:1: expected `@SOURCE/LENGTH",
        ),
        ("data/demo/traffic.pcap", "is not UTF-8 text"),
        ("data/demo/nothing", "no such file"),
        ("data/demo", "is a directory"),
    ] {
        let line = format!("gen trace --seed 1 --rules {line}");
        let run = Run::of(&line).exits(3).complains(says);
        assert_eq!(run.out, "");
    }
    Run::fed("gen trace --seed 1 --rules -", b"\n")
        .exits(3)
        .complains("no filter in it");
    let piped = fs::read(demo("filters.txt")).unwrap();
    let run = Run::fed(
        "gen trace --seed 1 --rules - --headers 5 --format text",
        &piped,
    );
    assert_eq!(run.exits(0).out.lines().count(), 5);
}

#[cfg(unix)]
#[test]
fn a_signal_ends_standard_output_behind_a_whole_row_and_leaves_no_file() {
    let folder = Folder::new();
    let script = |options: &str| {
        format!(
            "$SECGROUP gen flows --seed 1 --rows 1000000000 {options} & \
             sleep 1; kill -INT $!; wait $!"
        )
    };
    let run = Run::shell(folder.path(), &script("--output f.csv")).exits(130);
    assert_eq!((run.out.as_str(), run.err.as_str()), ("", ""));
    assert_eq!(folder.names(), [""; 0]);

    Run::shell(folder.path(), &script("> out.csv")).exits(130);
    let rows = folder.text("out.csv");
    assert!(rows.lines().count() > 100);
    assert!(rows.ends_with('\n'));
    let columns = |row: &str| row.split(',').count();
    assert!(rows.lines().all(|row| columns(row) == 7));
}
