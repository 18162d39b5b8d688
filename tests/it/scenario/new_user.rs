//! What somebody new ran into: what must be said, and where.

use serde_json::{Value, json};

use super::run::{DEMO, Folder, Run, demo};

/// The demo's fleet, changed in a way.
fn fleet(folder: &Folder, name: &str, change: impl Fn(&mut Value)) -> String {
    let text = std::fs::read_to_string(demo("fleet.json")).unwrap();
    let mut fleet: Value = serde_json::from_str(&text).unwrap();
    each_rule(&mut fleet, &change);
    folder.file(name, fleet.to_string())
}

/// Does something with every rule.
fn each_rule(value: &mut Value, change: &impl Fn(&mut Value)) {
    if value["SecurityGroupRuleId"].is_string() {
        change(value);
    }
    match value {
        Value::Array(list) => list.iter_mut().for_each(|one| each_rule(one, change)),
        Value::Object(fields) => fields.values_mut().for_each(|one| each_rule(one, change)),
        _ => {}
    }
}

/// A list of flows from a web server to ports 8080.
fn flows(folder: &Folder, destinations: &[&str]) -> String {
    let rows: String = destinations
        .iter()
        .map(|to| format!("10.10.1.11,{to},tcp,50000,8080\n"))
        .collect();
    let header = "src_ip,dst_ip,protocol,src_port,dst_port";
    folder.file("flows.csv", format!("{header}\n{rows}"))
}

#[test]
fn what_changes_at_several_interfaces_is_told_with_that_of_the_example_9_56() {
    let folder = Folder::new();
    let drops = fleet(&folder, "drops.json", |rule| rule["Policy"] = json!("Drop"));
    for (to, others) in [
        (&["10.10.2.21", "10.10.2.22"][..], true),
        (&["10.10.2.22", "10.10.2.21"], true),
        (&["10.10.2.21"], false),
    ] {
        let line = format!("replay {DEMO} {} --against {drops}", flows(&folder, to));
        let summary = Run::of(&format!("{line} --format json")).exits(0).json();
        let pairs = summary["against"]["pairs"].as_array().unwrap();
        assert_eq!(pairs.len(), 1, "{pairs:?}");
        assert_eq!(pairs[0]["example"]["dst_ip"], "10.10.2.21");
        for side in ["from", "to"] {
            assert_eq!(pairs[0][side]["interface"], "eni-app-1");
        }
        assert_eq!(pairs[0]["other_interfaces"], others);
        let words = match others {
            true => "accept at eni-app-1 and others by sgr-app-from-web",
            false => "accept at eni-app-1 by sgr-app-from-web",
        };
        let text = Run::of(&line).exits(0).out;
        assert!(text.contains(words), "{text}");
    }
}

#[test]
fn a_rule_with_another_policy_is_no_tie() {
    let folder = Folder::new();
    let changed = fleet(&folder, "changed.json", |rule| {
        if rule["SecurityGroupRuleId"] == "sgr-app-from-web" {
            rule["Policy"] = json!("Drop");
        }
    });
    let run = Run::of(&format!("diff -q data/demo/fleet.json {changed}")).exits(1);
    assert!(
        run.out
            .contains("accept -> drop (policy of the rule changed)"),
        "{run:?}"
    );
    assert!(!run.out.contains("tie"), "{run:?}");
    let replaced = fleet(&folder, "replaced.json", |rule| {
        if rule["SecurityGroupRuleId"] == "sgr-app-from-web" {
            (rule["Policy"], rule["SecurityGroupRuleId"]) = (json!("Drop"), json!("sgr-new"));
        }
    });
    let run = Run::of(&format!("diff -q data/demo/fleet.json {replaced}")).exits(1);
    assert!(!run.out.contains("tie"), "{run:?}");
    let back = Run::of(&format!("diff -q {changed} data/demo/fleet.json")).exits(1);
    assert!(
        back.out
            .contains("drop -> accept (policy of the rule changed)"),
        "{back:?}"
    );
}

#[test]
fn inputs_behind_the_row_that_ended_the_run_are_named() {
    let folder = Folder::new();
    let bad = folder.file(
        "bad.csv",
        "src_ip,dst_ip,protocol,src_port,dst_port\n10.10.1.11,10.10.2.21,tcp,50000,8080\nnobody\n",
    );
    let good = flows(&folder, &["10.10.2.21"]);
    let line = format!("replay {DEMO} {bad} {good} data/demo/traffic.pcap");
    let run = Run::of(&line).exits(4);
    assert!(run.out.contains("traffic.pcap  (not read)"), "{run:?}");
    let run = run.complains(&format!("{good} and 1 input more: not read"));
    run.complains("--skip-bad");
    let summary = Run::of(&format!("{line} --format json")).exits(4).json();
    assert_eq!(summary["unread"], json!([good, "data/demo/traffic.pcap"]));
    // Also where nothing was evaluated before the row.
    let header = "src_ip,dst_ip,protocol,src_port,dst_port\n";
    let first = folder.file("first.csv", format!("{header}nobody\n"));
    Run::of(&format!("replay {DEMO} {first} {good}"))
        .exits(3)
        .complains(&format!("{good}: not read"));
    let all = Run::of(&format!("{line} --skip-bad --format json"))
        .exits(0)
        .json();
    assert_eq!(all["unread"], json!([]));
}

#[test]
fn a_parameter_that_no_template_has_is_told() {
    let run = Run::of(
        "check --config data/demo/fleet.json --param Office=203.0.113.0/24 \
         --from 10.10.1.11 --to 10.10.2.21 --protocol tcp --port 8080",
    );
    run.exits(2)
        .complains("--param Office: no template among the files has this parameter");
}

#[test]
fn rows_about_contradictions_are_asked_for_in_vain_where_nothing_is_recorded() {
    let folder = Folder::new();
    let rows = folder.name("rows.csv");
    let line = "replay --config data/demo/fleet.json data/demo/traffic.pcap";
    Run::of(&format!("{line} --mismatches {rows}"))
        .exits(0)
        .complains("warning: --mismatches: no record carries a recorded action to compare with");
    Run::of(&format!("{line} --fail-on mismatch"))
        .exits(6)
        .complains("error: --fail-on mismatch: no record carries a recorded action");
}

#[test]
fn a_question_about_no_record_has_no_answer_9_2() {
    let folder = Folder::new();
    let empty = flows(&folder, &[]);
    let line = format!("replay {DEMO} {empty}");
    Run::of(&line).exits(0);
    for options in ["drop", "mismatch", "change --against data/demo/fleet.json"] {
        let run = Run::of(&format!("{line} --fail-on {options}")).exits(6);
        let name = options.split(' ').next().unwrap();
        run.complains(&format!("error: --fail-on {name}: no record"));
    }
    // What is known to fail fails all the same.
    let dropped = folder.file(
        "dropped.csv",
        "src_ip,dst_ip,protocol,src_port,dst_port\n203.0.113.9,10.10.1.11,tcp,50000,22\n",
    );
    Run::of(&format!("replay {DEMO} {dropped} --fail-on drop")).exits(1);
}

#[test]
fn a_row_that_ends_the_run_says_how_to_go_on() {
    let folder = Folder::new();
    let header = "src_ip,dst_ip,protocol,src_port,dst_port";
    let good = "10.10.1.11,10.10.2.21,tcp,50000,8080";
    let bad = "10.10.1.11,10.10.2.21,tcp,50000,65536";
    for (rows, exit, line) in [
        (format!("{header}\n{bad}\n{good}\n"), 3, 2),
        (format!("{header}\n{good}\n{bad}\n"), 4, 3),
    ] {
        let list = folder.file("list.csv", rows);
        let run = Run::of(&format!("replay {DEMO} {list}")).exits(exit);
        assert_eq!(
            run.err,
            format!(
                "error: {list}: line {line}, column dst_port: `65536` is not a port; expected 0 \
                 to 65535 (this ends the run; with --skip-bad such rows are skipped and counted)\n"
            )
        );
        // Not where there is no such option.
        let run = Run::of(&format!("check {DEMO} --flows {list}")).exits(exit);
        assert!(!run.err.contains("--skip-bad"), "{run:?}");
    }
}

#[test]
fn rows_that_are_all_skipped_are_no_pass() {
    let folder = Folder::new();
    let header = "src_ip,dst_ip,protocol,src_port,dst_port";
    let rows = "nobody,10.10.2.21,tcp,50000,8080\n10.10.1.11,10.10.2.21,tcp,50000,65536\n\
                nobody,10.10.2.21,tcp,50000,8080\n";
    let list = folder.file("list.csv", format!("{header}\n{rows}"));
    let summary = folder.file("summary.json", "older");
    let line = format!("replay {DEMO} --skip-bad {list} --summary {summary}");
    let run = Run::of(&line).exits(3);
    assert_eq!(
        run.err,
        format!(
            "error: {list}: no row can be judged: not an address: 2 (the first: line 2), not a \
             port: 1 (line 3)\n"
        )
    );
    assert_eq!(folder.text("summary.json"), "older");
    // Beside an input with something to judge they are counted.
    let good = flows(&folder, &["10.10.2.21"]);
    Run::of(&format!("{line} {good}")).exits(0);
}

#[test]
fn arguments_that_changed_places_are_recognised() {
    let run = Run::of("replay -q --config data/demo/fleet.json data/demo/fleet.json");
    run.exits(3).complains("as a configuration is (--config)");
    let run = Run::of("replay -q --config data/demo/traffic.pcap data/demo/fleet.json");
    run.exits(3)
        .complains("a capture; expected a configuration");
}

#[test]
fn text_with_a_comment_is_no_log_of_zeek_and_passed_over_in_a_directory() {
    let folder = Folder::new();
    let path = folder.file("logs.md", "# Flow logs of March\nAll of them.\n");
    Run::of(&format!("replay {DEMO} {path}"))
        .exits(3)
        .complains("columns src_ip, dst_ip");
    let list = flows(&folder, &["10.10.2.21"]);
    let run = Run::of(&format!("replay {DEMO} {}", folder.path().display()));
    let run = run.exits(0);
    let passed = "logs.md  0 records  (no input: passed over)";
    assert!(run.out.contains(passed), "{run:?}");
    assert!(std::fs::exists(list).unwrap());
}

#[test]
fn an_option_of_other_commands_is_said_to_be_theirs() {
    for (line, tip) in [
        (
            "convert --config data/demo --engine trie",
            "'--engine' is an option of check, replay, effective",
        ),
        ("serve --engine trie", "'--engine' is an option of check"),
        (
            "check --config data/demo --summary s.json",
            "'--summary' is an option of replay",
        ),
    ] {
        let run = Run::of(line).exits(2).complains(tip);
        assert!(!run.err.contains("a similar argument"), "{run:?}");
    }
    // One that no command has may be misspelt.
    Run::of("check --confg data/demo")
        .exits(2)
        .complains("a similar argument exists: '--config'");
}
