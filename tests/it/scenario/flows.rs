//! `secgroup check --flows`: many flows at once.

use super::run::{DEMO, Folder, Run};

const HEADER: &str = "src_ip,dst_ip,protocol,src_port,dst_port\n";

/// Judges a table of flows that comes from standard input.
fn judge(options: &str, rows: &str) -> Run {
    Run::fed(
        &format!("check {DEMO} --flows - {options}"),
        format!("{HEADER}{rows}").as_bytes(),
    )
}

#[test]
fn each_flow_is_one_line_that_names_what_decided() {
    let run = judge(
        "",
        "203.0.113.9,10.10.1.11,tcp,40000,443\n203.0.113.9,8.8.8.8,udp,1,2\n",
    );
    let run = run.exits(6);
    assert_eq!(
        run.out,
        "ACCEPT   tcp 203.0.113.9:40000 -> 10.10.1.11:443  ingress accept at eni-web-1, rule \
         sgr-web-https of sg-web: priority 10 accept tcp 443/443 from 0.0.0.0/0\n\
         OUTSIDE  udp 203.0.113.9:1 -> 8.8.8.8:2  neither end is in the snapshot\n"
    );
}

#[test]
fn one_drop_among_the_flows_exits_with_1() {
    judge("", "203.0.113.9,10.10.1.11,tcp,40000,443\n").exits(0);
    let dropped = "203.0.113.9,10.10.1.11,tcp,40000,443\n203.0.113.9,10.10.1.11,tcp,40000,444\n";
    judge("", dropped).exits(1);
}

#[test]
fn a_flow_whose_address_is_ambiguous_is_no_yes() {
    let run = judge("", "203.0.113.9,10.10.2.122,tcp,40000,443\n");
    assert_ne!(run.code, Some(0), "nothing was judged: {run:?}");
}

#[test]
fn every_format_has_the_rows_of_replay() {
    let flows = "--flows data/demo/flows.csv";
    let text = Run::of(&format!("check {DEMO} {flows}")).exits(1);
    assert_eq!(text.out.lines().count(), 60);
    for format in ["csv", "jsonl"] {
        let checked = Run::of(&format!("check {DEMO} {flows} --format {format}")).exits(1);
        let replayed = Run::of(&format!(
            "replay {DEMO} data/demo/flows.csv --format {format}"
        ));
        assert_eq!(checked.out, replayed.exits(0).out);
    }
    let array = Run::of(&format!("check {DEMO} {flows} --format json"))
        .exits(1)
        .json();
    let lines = Run::of(&format!("check {DEMO} {flows} --format jsonl")).out;
    let lines: Vec<serde_json::Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(array.as_array().unwrap(), &lines);
}

#[test]
fn a_table_without_flows_is_answered_in_every_format() {
    assert_eq!(judge("", "").exits(0).out, "");
    assert_eq!(judge("--format jsonl", "").exits(0).out, "");
    assert_eq!(judge("--format json", "").exits(0).out, "[]\n");
    assert!(
        judge("--format csv", "")
            .exits(0)
            .out
            .starts_with("flow_id,vpc_id,src_ip,")
    );
}

#[test]
fn a_bad_row_ends_with_3_at_first_and_with_4_later() {
    let good = "203.0.113.9,10.10.1.11,tcp,40000,443\n";
    let bad = "203.0.113.9,10.10.1.11,tcp,x,443\n";
    let first = judge("--format json", &format!("{bad}{good}")).exits(3);
    first.complains("line 2, column src_port");
    let later = judge("--format json", &format!("{good}{bad}{good}")).exits(4);
    assert_eq!(later.json().as_array().unwrap().len(), 1);
    later.complains("line 3, column src_port");
}

#[test]
fn output_may_be_a_file() {
    let folder = Folder::new();
    let run = judge(
        &format!("--output {}", folder.name("out.txt")),
        "203.0.113.9,10.10.1.11,tcp,1,443\n",
    );
    assert_eq!(run.exits(0).out, "");
    assert!(folder.text("out.txt").starts_with("ACCEPT"));
    assert_eq!(folder.names(), ["out.txt"]);
}
