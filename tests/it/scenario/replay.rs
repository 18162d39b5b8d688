//! `secgroup replay`: rows, summary, bad rows, damage, several inputs.

use std::io::Write;

use serde_json::{Value, json};

use super::run::{DEMO, Folder, Run, demo};

const COLUMNS: &str = "flow_id,vpc_id,src_ip,dst_ip,protocol,src_port,dst_port,verdict,src_eni,egress,egress_reason,egress_group,egress_rule,dst_eni,ingress,ingress_reason,ingress_group,ingress_rule,packets,bytes,first_seen,last_seen";
const HEADER: &str = "src_ip,dst_ip,protocol,src_port,dst_port\n";
const GOOD: &str = "203.0.113.9,10.10.1.11,tcp,40000,443\n";
const BAD: &str = "203.0.113.9,10.10.1.11,tcp,40000,65536\n";

fn replay(rest: &str) -> Run {
    Run::of(&format!("replay {DEMO} {rest}"))
}

#[test]
fn csv_rows_have_the_columns_of_the_contract() {
    let run = replay("data/demo/flows.csv --format csv").exits(0);
    let lines: Vec<&str> = run.out.lines().collect();
    assert_eq!(lines.len(), 61);
    assert_eq!(lines[0], COLUMNS);
    assert_eq!(
        lines[2],
        "f-002,vpc-shop,10.10.2.21,10.10.3.30,tcp,39084,3306,accept,eni-app-1,accept,rule,sg-app,\
         sgr-app-to-db,eni-db-1,accept,rule,sg-db,sgr-db-from-app,8,2752,2026-03-02T10:00:06Z,\
         2026-03-02T10:00:06Z"
    );
    for line in &lines[1..] {
        assert!(["accept", "drop", "outside"].contains(&line.split(',').nth(7).unwrap()));
    }
}

#[test]
fn json_rows_have_the_same_fields_and_null_for_what_is_empty() {
    let run = replay("data/demo/flows.csv --format jsonl").exits(0);
    assert_eq!(run.out.lines().count(), 60);
    let first: Value = serde_json::from_str(run.out.lines().next().unwrap()).unwrap();
    let fields: Vec<&str> = COLUMNS.split(',').collect();
    assert_eq!(first.as_object().unwrap().len(), fields.len());
    for field in fields {
        assert!(first.get(field).is_some(), "{field}");
    }
    assert_eq!(first["src_eni"], Value::Null);
    assert_eq!(first["packets"], 6);
}

#[test]
fn rows_go_to_files_by_name_to_standard_output_and_to_output() {
    let folder = Folder::new();
    let (csv, jsonl) = (folder.name("r.csv"), folder.name("r.jsonl"));
    let standard = replay("data/demo/flows.csv --flows -").exits(0).out;
    let text = replay(&format!("data/demo/flows.csv --flows {csv}"))
        .exits(0)
        .out;
    assert!(
        text.starts_with("60 records: 60 evaluated, 0 skipped\n"),
        "{text}"
    );
    assert_eq!(folder.text("r.csv"), standard);
    replay(&format!("data/demo/flows.csv --flows {jsonl}")).exits(0);
    assert_eq!(
        folder.text("r.jsonl"),
        replay("data/demo/flows.csv --format jsonl").out
    );
    replay(&format!("data/demo/flows.csv --format csv --output {csv}")).exits(0);
    assert_eq!(folder.text("r.csv"), standard);
    replay("data/demo/flows.csv --flows rows.txt")
        .exits(2)
        .complains(".csv, .jsonl or .parquet");
}

#[test]
fn the_summary_has_the_fields_of_the_contract_and_adds_up() {
    let folder = Folder::new();
    let file = folder.name("s.json");
    let summary = replay(&format!(
        "data/demo/traffic.pcap --format json --summary {file}"
    ));
    let summary = summary.exits(0).json();
    let written: Value = serde_json::from_str(&folder.text("s.json")).unwrap();
    assert_eq!(written, summary);
    let input = &summary["inputs"][0];
    for (field, expected) in [
        ("path", json!("data/demo/traffic.pcap")),
        ("format", json!("pcap")),
        ("records", json!(2166)),
        (
            "bytes",
            json!(demo("traffic.pcap").metadata().unwrap().len()),
        ),
        ("skipped", json!({"arp": 3})),
        ("damage", Value::Null),
    ] {
        assert_eq!(input[field], expected, "{field}");
    }
    assert_eq!(
        json!([
            summary["records"],
            summary["evaluated"],
            summary["skipped"],
            summary["flows"]
        ]),
        json!([2166, 2163, 3, 696])
    );
    let verdicts = &summary["verdicts"];
    assert_eq!(*verdicts, json!({"accept": 500, "drop": 195, "outside": 1}));
    // The 1,919 of data/README.md and the two later fragments.
    let packets = |verdict: &str| &summary["traffic"][verdict]["packets"];
    assert_eq!(
        json!([packets("accept"), packets("drop"), packets("outside")]),
        json!([1921, 241, 1])
    );
    assert!(summary["elapsed_s"].is_f64() && summary["records_per_s"].is_f64());
    assert_eq!(summary["interrupted"], false);
    has(
        &summary["defaults"],
        &[
            "interface",
            "direction",
            "action",
            "flows",
            "packets",
            "bytes",
        ],
    );
    has(
        &summary["intra_group"],
        &["group", "flows", "packets", "bytes"],
    );
    let fields = "group rule direction priority policy flows packets bytes first_seen last_seen";
    has(&summary["rules"], &fields.split(' ').collect::<Vec<_>>());
}

/// Asserts that a list is not empty and every entry has these fields.
#[track_caller]
fn has(list: &Value, fields: &[&str]) {
    let list = list.as_array().expect("a list");
    assert!(!list.is_empty());
    for entry in list {
        for field in fields {
            assert!(entry.get(field).is_some(), "{field} of {entry}");
        }
    }
}

#[test]
fn the_summary_lists_every_rule_also_those_never_hit() {
    let summary = replay("data/demo/traffic.pcap --format json")
        .exits(0)
        .json();
    let rules = summary["rules"].as_array().unwrap();
    assert_eq!(rules.len(), 45);
    let unused = rules.iter().filter(|rule| rule["flows"] == 0);
    let unused: Vec<&str> = unused.map(|rule| rule["rule"].as_str().unwrap()).collect();
    assert_eq!(
        unused,
        [
            "sgr-web-early-access",
            "sgr-app-ajp",
            "sgr-bastion-egress-drop-all-v6",
            "sgr-default-ssh",
            "sgr-staging-https",
            "sgr-staging-from-web",
        ]
    );
    assert!(
        rules
            .iter()
            .all(|rule| rule["first_seen"].is_null() == (rule["flows"] == 0))
    );
}

#[test]
fn fail_on_exits_with_1_for_drops_and_for_mismatches() {
    let folder = Folder::new();
    let accepted = folder.file("a.csv", format!("{HEADER}{GOOD}"));
    let recorded = |name, action| {
        let table = format!(
            "{},action\n{},{action}\n",
            HEADER.trim_end(),
            GOOD.trim_end()
        );
        folder.file(name, table)
    };
    let agrees = recorded("b.csv", "ACCEPT");
    for (option, passes) in [("drop", &accepted), ("mismatch", &agrees)] {
        replay(&format!("data/demo/flows.csv --fail-on {option}")).exits(1);
        replay(&format!("{passes} --fail-on {option}")).exits(0);
    }
    let differs = recorded("m.csv", "REJECT");
    replay(&format!("{differs} --fail-on drop")).exits(0);
    replay(&format!("{differs} --fail-on mismatch")).exits(1);
    replay("data/demo/flows.csv").exits(0);
}

#[test]
fn a_bad_row_ends_the_run_with_3_at_first_and_with_4_later() {
    let folder = Folder::new();
    let first = folder.file("first.csv", format!("{HEADER}{BAD}{GOOD}"));
    let run = replay(&format!("{first} --format csv")).exits(3);
    run.complains("line 2, column dst_port: `65536`");
    let later = folder.file("later.csv", format!("{HEADER}{GOOD}{BAD}{GOOD}"));
    let run = replay(&format!("{later} --format csv")).exits(4);
    assert_eq!(run.out.lines().count(), 2);
    run.complains("line 3, column dst_port: `65536`");
}

#[test]
fn skip_bad_counts_rows_by_reason_and_goes_on() {
    let folder = Folder::new();
    let ragged = "1.1.1.1,10.10.1.11\n";
    let table = folder.file("t.csv", format!("{HEADER}{BAD}{GOOD}{ragged}{GOOD}{BAD}"));
    let run = Run::of(&format!(
        "replay --config data/demo/fleet.json {table} --skip-bad --format json"
    ));
    let run = run
        .exits(0)
        .complains("2 rows skipped")
        .complains("1 row skipped");
    let summary = run.json();
    assert_eq!(
        json!([summary["records"], summary["evaluated"], summary["skipped"]]),
        json!([5, 2, 3])
    );
    let reasons = summary["inputs"][0]["skipped"].as_object().unwrap();
    let counts: Vec<u64> = reasons
        .values()
        .map(|count| count.as_u64().unwrap())
        .collect();
    assert_eq!(counts.iter().sum::<u64>(), 3, "{reasons:?}");
    assert_eq!(reasons.len(), 2, "{reasons:?}");
}

#[test]
fn what_comes_before_the_damage_is_judged_and_written() {
    let folder = Folder::new();
    let whole = std::fs::read(demo("traffic.pcap")).unwrap();
    let cut = folder.file("cut.pcap", &whole[..100_000]);
    let (rows, summary) = (folder.name("r.csv"), folder.name("s.json"));
    let run = replay(&format!(
        "{cut} --mode packets --flows {rows} --summary {summary}"
    ))
    .exits(4);
    run.complains("at byte 99913, record 1148");
    let all = replay("data/demo/traffic.pcap --mode packets --flows -")
        .exits(0)
        .out;
    let written = folder.text("r.csv");
    assert!(all.starts_with(&written) && written.ends_with('\n'));
    assert_eq!(written.lines().count(), 1146);
    let summary: Value = serde_json::from_str(&folder.text("s.json")).unwrap();
    assert_eq!(summary["evaluated"], 1145);
    assert!(
        summary["inputs"][0]["damage"]
            .as_str()
            .unwrap()
            .contains("record 1148")
    );
}

#[test]
fn one_bad_input_among_several_does_not_stop_the_others() {
    let folder = Folder::new();
    let (gone, empty) = (folder.name("gone.pcap"), folder.file("empty.pcap", ""));
    let run = replay(&format!(
        "data/demo/flows.csv {gone} {empty} data/demo/flows.csv --format json"
    ));
    let run = run
        .exits(4)
        .complains("gone.pcap")
        .complains("empty.pcap: empty file");
    let summary = run.json();
    assert_eq!(summary["evaluated"], 120);
    let inputs = summary["inputs"].as_array().unwrap();
    let damaged: Vec<bool> = inputs
        .iter()
        .map(|input| !input["damage"].is_null())
        .collect();
    assert_eq!(damaged, [false, true, true, false]);
    replay(&format!("{gone} {empty}")).exits(3);
}

#[test]
fn packed_inputs_and_standard_input_give_the_same_rows() {
    let folder = Folder::new();
    for name in ["traffic.pcap", "flows.csv"] {
        let plain = std::fs::read(demo(name)).unwrap();
        let expected = replay(&format!("data/demo/{name} --format csv"))
            .exits(0)
            .out;
        for (packing, bytes) in packed(&plain) {
            // Content decides, never the name.
            let file = folder.file("input.txt", &bytes);
            let run = replay(&format!("{file} --format csv")).exits(0);
            assert_eq!(run.out, expected, "{name} in {packing}");
            let run = Run::fed(&format!("replay {DEMO} - --format csv"), &bytes).exits(0);
            assert_eq!(run.out, expected, "{name} in {packing} on standard input");
        }
    }
}

/// Returns the bytes in every packing.
pub(crate) fn packed(plain: &[u8]) -> [(&'static str, Vec<u8>); 4] {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(plain).expect("memory takes bytes");
    let mut lz4 = lz4_flex::frame::FrameEncoder::new(Vec::new());
    lz4.write_all(plain).expect("memory takes bytes");
    [
        ("nothing", plain.to_vec()),
        ("gzip", gzip.finish().expect("gzip ends")),
        ("zstd", zstd::encode_all(plain, 1).expect("zstd ends")),
        ("lz4", lz4.finish().expect("lz4 ends")),
    ]
}

#[test]
fn what_was_dropped_most_is_listed_with_what_dropped_it() {
    for mode in ["sessions", "packets"] {
        let run = replay(&format!(
            "data/demo/traffic.pcap --mode {mode} --format json"
        ));
        let summary: Value = serde_json::from_str(&run.exits(0).out).unwrap();
        let dropped = summary["dropped"].as_array().unwrap();
        let crawler = dropped
            .iter()
            .find(|one| one["src_ip"] == "192.0.2.17" && one["dst_port"] == 80)
            .unwrap_or_else(|| panic!("{mode}: the crawler is dropped: {summary}"));
        let wanted = json!({
            "verdict": "drop", "by": "rule", "interface": "eni-web-2",
            "reason": "sgr-guard-crawler",
        });
        assert_eq!(crawler["decider"], wanted, "{mode}");
        assert_eq!(crawler["other_deciders"], false, "{mode}");
        // Every one was dropped by something.
        for one in dropped {
            assert_eq!(one["decider"]["verdict"], "drop", "{mode}: {one}");
        }
    }
}

#[test]
fn the_text_summary_tells_totals_top_rules_top_drops_and_unused_rules() {
    let text = replay("data/demo/traffic.pcap").exits(0).out;
    assert!(text.starts_with("2,166 records: 2,163 evaluated, 3 skipped\n"));
    for line in [
        "Rules that decided most, by packets, 10 of 39:",
        "Decided without a rule:",
        "Dropped most, by packets:",
        "Rules that decided nothing, 6 of 45:",
    ] {
        assert!(text.lines().any(|one| one == line), "{line}: {text}");
    }
}
