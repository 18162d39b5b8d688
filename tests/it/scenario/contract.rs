//! What holds for every command: the common options, everything that is wrong
//! told at once, and nothing that is said in vain.

use serde_json::{Value, json};

use super::run::{DEMO, Folder, HTTPS, Run, one_group};

/// A question about the snapshot of one group.
const HTTPS_FLOW: &str = "--from 203.0.113.9 --to i-web --protocol tcp --port 443";

/// The columns of a list.
const HEADER: &str = "src_ip,dst_ip,protocol,src_port,dst_port";

/// Commands with a configuration: what stands before it, and how they end.
const COMMANDS: [(&str, i32); 11] = [
    (
        "check --from i-web-1 --to i-app-1 --protocol tcp --port 8080",
        0,
    ),
    ("replay data/demo/flows.csv", 0),
    ("effective eni-db-1", 0),
    ("search --from internet --to sg-db", 0),
    ("lint --fail-on never", 0),
    ("test data/demo/assertions.yml", 0),
    ("minimize", 0),
    ("convert --to yaml", 0),
    ("what-if leave i-web-2 sg-guard", 1),
    ("apply data/demo/calls.jsonl --dry-run", 1),
    ("gen filters --interface eni-db-1 --direction ingress", 0),
];

#[test]
fn every_command_takes_the_common_options_and_says_what_it_loaded() {
    for (command, code) in COMMANDS {
        let line = format!("{command} --config data/demo/fleet.json");
        let one = Run::of(&format!("{line} -v --threads 1")).exits(code);
        let one = one
            .complains("1 file loaded: ")
            .complains("security groups with ");
        let quiet = Run::of(&format!("{line} -q --threads 2")).exits(code);
        assert_eq!(quiet.err, "", "{command}");
        assert_eq!(quiet.out, one.out, "{command}");
    }
    let both = Run::of("diff data/demo/fleet.json data/demo/fleet.json -v --threads 1").exits(0);
    assert_eq!(both.err.matches("1 file loaded: ").count(), 2, "{both:?}");
}

#[test]
fn a_directory_without_anything_hides_no_other_problem() {
    let folder = Folder::new();
    let (bad, empty) = (folder.file("bad.json", "{\"a\":"), folder.name("empty"));
    std::fs::create_dir(&empty).unwrap();
    let gone = folder.name("gone");
    let question = "--from 1.1.1.1 --to 2.2.2.2 --protocol tcp";
    let run = Run::of(&format!(
        "check --config {gone} --config {empty} --config {bad} {question}"
    ));
    let run = run.exits(3).complains("gone: no such file");
    let run = run.complains("empty: no file named *.json");
    run.complains("bad.json:1:");
    let run = Run::of(&format!("diff {empty} {gone}")).exits(3);
    run.complains("empty: no file").complains("gone: no such");
    let run = Run::of(&format!(
        "replay --config {bad} {empty} data/demo/flows.csv"
    ));
    let run = run.exits(3).complains("empty: no file in it or below");
    run.complains("bad.json:1:");
}

#[test]
fn a_long_value_of_the_command_line_is_cut() {
    let run = Run::of(&format!(
        "check {DEMO} --from 1.1.1.1 --to i-web-1 --protocol tcp --port {}",
        "9".repeat(5_000)
    ));
    let run = run.exits(2).complains("9…");
    assert!(run.err.len() < 1_000, "{}", run.err.len());
}

#[test]
fn every_engine_confirms_what_commands_about_all_flows_tell() {
    let config = "--config data/demo/fleet.json";
    let changed = "data/demo/fleet.json --set eval.intra_group_egress=custom_rules";
    for (line, code) in [
        (format!("effective eni-db-1 --format json {config}"), 0),
        (format!("search --verdict any --format json {config}"), 0),
        (format!("lint --fail-on never --format json {config}"), 0),
        (format!("test data/demo/assertions.yml {config}"), 0),
        (format!("diff {changed} data/demo/fleet.json"), 0),
        (format!("minimize {config}"), 0),
        (format!("what-if leave i-web-2 sg-guard {config}"), 1),
    ] {
        let plain = Run::of(&line).exits(code);
        for engine in ["compiled", "trie", "scan", "reference"] {
            let confirmed = Run::of(&format!("{line} --engine {engine}")).exits(code);
            assert_eq!(confirmed.out, plain.out, "{line} --engine {engine}");
        }
    }
}

#[test]
fn what_is_wrong_with_both_of_two_configurations_is_told() {
    let folder = Folder::new();
    let bad = |port: &str| one_group(&HTTPS.replace("443/443", port));
    let (one, other) = (
        folder.file("one.json", bad("700/70")),
        folder.file("other.json", bad("80/70000")),
    );
    let list = folder.file(
        "list.csv",
        format!("{HEADER}\n1.1.1.1,10.0.0.1,tcp,5,443\n"),
    );
    for line in [
        format!("diff {one} {other}"),
        format!("replay --config {one} --against {other} {list}"),
        format!("replay --config {one} --config-at 5={other} {list}"),
    ] {
        Run::of(&line).exits(3).complains(&one).complains(&other);
    }
    let waivers = folder.name("none.yml");
    for line in [
        format!("lint --config {one} --waivers {waivers}"),
        format!("test {waivers} --config {one}"),
    ] {
        Run::of(&line).exits(3).complains(&one).complains(&waivers);
    }
}

#[test]
fn every_item_of_a_list_of_assertions_or_waivers_is_told_with_its_fault() {
    let folder = Folder::new();
    let config = folder.file("config.json", one_group(HTTPS));
    let assertions = folder.file(
        "assertions.yml",
        "tests:\n  - {name: a}\n  - {name: b, expect: maybe}\n  - {expect: all-dropped}\n",
    );
    let run = Run::of(&format!("test {assertions} --config {config}")).exits(3);
    for place in [":2:", ":3:", ":4:"] {
        assert!(run.err.contains(&format!("{assertions}{place}")), "{run:?}");
    }
    assert_eq!(run.err.lines().count(), 3, "{run:?}");
    let waivers = folder.file(
        "waivers.yml",
        "waivers:\n  - {code: a, rul: b, reason: c}\n  - {code: a, rule: b}\n  - {code: a, rule: b, reason: y}\n",
    );
    let run = Run::of(&format!("lint --config {config} --waivers {waivers}")).exits(3);
    let run = run
        .complains("unknown field `rul`")
        .complains("missing field `reason`");
    assert_eq!(run.err.lines().count(), 2, "{run:?}");
}

#[cfg(unix)]
#[test]
fn a_file_of_a_directory_that_cannot_be_read_is_no_file_to_go_without() {
    let folder = Folder::new();
    folder.file("a.json", one_group(HTTPS));
    let directory = folder.path().display();
    let line = format!("check -q --config {directory} {HTTPS_FLOW}");
    Run::of(&line).exits(0);
    std::fs::create_dir(folder.path().join("old.json")).unwrap();
    Run::of(&line).exits(0);
    std::os::unix::fs::symlink("gone.yaml", folder.path().join("deny.yaml")).unwrap();
    Run::of(&line).exits(3).complains("deny.yaml: no such file");
    std::fs::remove_file(folder.path().join("deny.yaml")).unwrap();
    Run::shell(folder.path(), "mkfifo pipe.json").exits(0);
    Run::of(&line)
        .exits(3)
        .complains("pipe.json: a pipe, socket or device");
}

#[test]
fn sums_that_no_number_holds_do_not_end_apply() {
    let folder = Folder::new();
    let config = folder.file("config.json", one_group(HTTPS));
    let row = "1.1.1.1,10.0.0.1,tcp,5,443";
    let rows = format!("{HEADER},packets\n{row},18446744073709551615\n{row},1\n");
    let list = folder.file("list.csv", rows);
    let calls = folder.file(
        "calls.txt",
        "aliyun ecs RevokeSecurityGroup --SecurityGroupId sg-web --SecurityGroupRuleId.1 sgr-1\n",
    );
    for option in ["--then-replay", "--then-check"] {
        let run = Run::of(&format!(
            "apply -q --config {config} {calls} {option} {list}"
        ));
        assert!(!run.err.contains("panicked"), "{run:?}");
        run.exits(0);
    }
}

#[test]
fn a_benchmark_of_a_damaged_trace_is_partial() {
    let folder = Folder::new();
    let config = folder.file("config.json", one_group(HTTPS));
    let row = "1.1.1.1,10.0.0.1,tcp,5,443";
    let trace = folder.file("trace.csv", format!("{HEADER}\n{row}\nnobody\n"));
    let line = format!("bench -q --rules {config} --trace {trace} --rounds 1");
    let run = Run::of(&line).exits(4).complains("line 3");
    assert!(run.out.contains("compiled"), "{run:?}");
    Run::of(&format!("{line} --format csv"))
        .exits(2)
        .complains("possible values: text, json");
}

#[test]
fn rows_and_the_summary_are_not_both_asked_of_standard_output() {
    Run::of(&format!(
        "replay {DEMO} data/demo/flows.csv --flows - --format json"
    ))
    .exits(2)
    .complains("--flows - prints the rows, and --format json the summary");
}

#[test]
fn a_format_that_is_asked_for_is_the_one_that_is_read() {
    let line = |format: &str, input: &str| {
        Run::of(&format!("replay {DEMO} --input-format {format} {input}"))
    };
    let capture = "data/demo/traffic.pcap";
    line("pcap", capture).exits(0);
    line("pcapng", capture)
        .exits(3)
        .complains("a capture in pcap; expected pcapng");
    let list = "data/demo/flows.csv";
    line("csv", list).exits(0);
    for format in ["jsonl", "suricata", "zeek"] {
        line(format, list)
            .exits(3)
            .complains(&format!("which {format} does not begin with"));
    }
}

#[test]
fn the_first_of_what_is_skipped_is_named() {
    let folder = Folder::new();
    let config = folder.file("config.json", one_group(HTTPS));
    let rows = [
        "1.1.1.1,10.0.0.1,tcp,5,443",
        "nobody,10.0.0.1,tcp,5,443",
        "1.1.1.1,10.0.0.1,tcp,5,70000",
        "nobody,10.0.0.1,tcp,5,443",
    ];
    let list = folder.file("list.csv", format!("{HEADER}\n{}\n", rows.join("\n")));
    let line = format!("replay --config {config} --skip-bad {list}");
    let run = Run::of(&line).exits(0);
    let run = run
        .complains("2 rows skipped: not an address (the first: line 3)")
        .complains("1 row skipped: not a port (line 4)");
    let told = "skipped: 2 bad-address (the first: line 3), 1 bad-port (line 4)";
    assert!(run.out.contains(told), "{run:?}");
    for threads in [1, 2, 8] {
        let run = Run::of(&format!("{line} -q --format json --threads {threads}"));
        let input: Value = run.exits(0).json()["inputs"][0].take();
        let first = json!({"bad-address": 3, "bad-port": 4});
        assert_eq!(input["first_skipped"], first);
    }
    let bytes = std::fs::read(super::run::demo("traffic.pcap")).unwrap();
    // What is behind Ethernet is nothing that is known, from the second packet on.
    let mut odd = bytes.clone();
    let first = 24 + 16 + u32::from_le_bytes(bytes[32..36].try_into().unwrap()) as usize;
    odd[first + 16 + 12] = 0x99;
    let odd = folder.file("odd.pcap", odd);
    Run::of(&format!("replay --config {config} {odd}"))
        .exits(0)
        .complains("(packet 2)");
}

#[test]
fn a_list_without_a_line_of_names_is_read_by_numbers_of_columns() {
    let folder = Folder::new();
    let config = folder.file("config.json", one_group(HTTPS));
    let rows = "tcp;1.1.1.1;10.0.0.1;x;5;443\nudp;1.1.1.1;10.0.0.1;y;5;443\n";
    let list = folder.file("list.csv", rows.replace(';', ","));
    let line = format!("replay -q --config {config} {list}");
    Run::of(&line)
        .exits(3)
        .complains("or --columns with their numbers");
    let columns = "--columns protocol=1,src_ip=2,dst_ip=3,src_port=5,dst_port=6";
    let run = Run::of(&format!("{line} {columns} --format csv")).exits(0);
    let verdicts: Vec<&str> = run.out.lines().skip(1).collect();
    assert_eq!(verdicts.len(), 2, "{run:?}");
    assert!(
        verdicts[0].contains("accept") && verdicts[1].contains("drop"),
        "{run:?}"
    );
    Run::of(&format!("{line} --columns src_ip=1,dst_ip=9"))
        .exits(3)
        .complains("columns dst_ip, protocol");
}

#[test]
fn a_column_that_is_nearly_called_as_one_that_is_read_is_told() {
    let folder = Folder::new();
    let config = folder.file("config.json", one_group(HTTPS));
    let list = |name: &str, text: String| folder.file(name, text);
    let line = |list: &str| Run::of(&format!("replay --config {config} {list}")).exits(0);
    let row = "1.1.1.1,10.0.0.1,tcp,5,443,7,x";
    let csv = list("a.csv", format!("{HEADER},pakets,note\n{row}\n"));
    let run = line(&csv).complains("column `pakets` is not read; did you mean `packets`?");
    assert!(!run.err.contains("note"), "{run:?}");
    let object = r#"{"src_ip":"1.1.1.1","dst_ip":"10.0.0.1","protocol":"tcp","src_port":5,"dst_port":443,"time_stamp":5}"#;
    line(&list("a.jsonl", format!("{object}\n")))
        .complains("column `time_stamp` is not read; did you mean `timestamp`?");
    // Where the column is there, another like it means something else.
    let both = list("b.csv", format!("{HEADER},packets,packets2\n{row}\n"));
    assert!(!line(&both).err.contains("did you mean"));
}

#[test]
fn a_column_of_expected_verdicts_makes_a_test_of_a_list() {
    let folder = Folder::new();
    let config = folder.file("config.json", one_group(HTTPS));
    let rows = |ports: [u16; 2]| {
        let [one, other] = ports;
        format!(
            "{HEADER},expected\n1.1.1.1,10.0.0.1,tcp,5,{one},accept\n\
             1.1.1.1,10.0.0.1,tcp,5,{other},drop\n"
        )
    };
    for (ports, code) in [([443, 22], 0), ([443, 443], 1), ([22, 22], 1)] {
        let list = folder.file("list.csv", rows(ports));
        Run::of(&format!(
            "replay -q --config {config} {list} --fail-on mismatch"
        ))
        .exits(code);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_limit_of_memory_ends_the_program_in_order() {
    let folder = Folder::new();
    let script = "\"$SECGROUP\" gen interface --seed 1 --rules 20000 --output rules.json && \
                  ulimit -v 100000 && \
                  \"$SECGROUP\" search -q --limits off --config rules.json > out";
    Run::shell(folder.path(), script)
        .exits(5)
        .complains("memory allocation of");
}

/// One classic group with an interface, and rules as `(id, peer, port, nic)`.
fn classic(rules: &[(&str, &str, &str, &str)]) -> String {
    let rules: Vec<String> = rules
        .iter()
        .map(|(id, peer, port, nic)| {
            format!(
                r#"{{"SecurityGroupRuleId":"{id}","Direction":"ingress","IpProtocol":"TCP","PortRange":"{port}/{port}","SourceCidrIp":"{peer}","Policy":"Accept","Priority":2,"NicType":"{nic}"}}"#
            )
        })
        .collect();
    one_group(&rules.join(",")).replace("\"vpc-1\"", "\"\"")
}

#[test]
fn rules_of_the_classic_network_keep_their_nic_in_every_advice_2_9_2() {
    let folder = Folder::new();
    let halves = [
        ("r1", "10.0.0.20", "22", "intranet"),
        ("r2", "10.0.0.21", "22", "intranet"),
    ];
    let config = folder.file("halves.json", classic(&halves));
    let run = Run::of(&format!("minimize -q --config {config}")).exits(0);
    let joined = "replace r1, r2 by priority 2 accept tcp 22/22 from 10.0.0.20/31 nic intranet";
    assert!(run.out.contains(joined), "{run:?}");
    let text = Run::of(&format!("effective -q eni-web --config {config}"))
        .exits(0)
        .out;
    assert_eq!(text.matches("/32 nic intranet  (").count(), 2, "{text}");
    let found = Run::of(&format!("minimize -q --config {config} --format json")).json();
    let by = found[0]["replaced"][0]["by"].as_str().unwrap();
    assert!(by.ends_with("nic intranet"), "{by}");
}

#[test]
fn a_rule_that_only_a_flow_with_its_nic_meets_is_not_called_needless_2_9_2() {
    let folder = Folder::new();
    let across = [
        ("r1", "10.0.0.0/8", "22", "internet"),
        ("r2", "198.51.100.0/24", "23", "intranet"),
    ];
    let config = folder.file("across.json", classic(&across));
    for (from, port, nic) in [
        ("10.9.9.9", 22, "internet"),
        ("198.51.100.7", 23, "intranet"),
    ] {
        let asked = format!("--from {from} --to eni-web --protocol tcp --port {port}");
        Run::of(&format!("check -q --config {config} {asked} --nic {nic}")).exits(0);
    }
    let run = Run::of(&format!("minimize -q --config {config}")).exits(0);
    assert!(run.out.contains("all 2 rules are needed"), "{run:?}");
    let run = Run::of(&format!("lint -q --config {config} --fail-on never")).exits(0);
    assert!(!run.out.contains("never-matching-rule"), "{run:?}");
    let doubled = [
        ("r1", "10.0.0.0/8", "22", "internet"),
        ("r2", "10.1.0.0/16", "22", "internet"),
        ("r3", "10.1.0.0/16", "22", "intranet"),
    ];
    let config = folder.file("doubled.json", classic(&doubled));
    let run = Run::of(&format!("minimize -q --config {config}")).exits(0);
    assert!(run.out.contains("2 of 3 rules are enough"), "{run:?}");
    assert!(run.out.contains("remove r2"), "{run:?}");
}

#[test]
fn a_port_list_beside_a_range_does_not_count_whatever_the_protocol_2_1() {
    let folder = Folder::new();
    for (protocol, range, code) in [
        ("ALL", "-1/-1", 0),
        ("ICMP", "-1/-1", 1),
        ("TCP", "22/22", 0),
    ] {
        let rule = format!(
            r#"{{"SecurityGroupRuleId":"r","Direction":"ingress","IpProtocol":"{protocol}","PortRange":"{range}","PortRangeListId":"prl-none","SourceCidrIp":"0.0.0.0/0","Policy":"Accept","Priority":1}}"#
        );
        let config = folder.file("config.json", one_group(&rule));
        Run::of(&format!(
            "check --config {config} --from 1.1.1.1 --to i-web --protocol tcp --port 22"
        ))
        .exits(code)
        .complains("PortRangeListId ignored, because PortRange is given");
    }
    let rule = r#"{"SecurityGroupRuleId":"r","Direction":"ingress","IpProtocol":"ALL","PortRangeListId":"prl-none","SourceCidrIp":"0.0.0.0/0","Policy":"Accept","Priority":1}"#;
    let config = folder.file("config.json", one_group(rule));
    Run::of(&format!(
        "check --config {config} --from 1.1.1.1 --to i-web --protocol tcp"
    ))
    .exits(3)
    .complains("ALL has no ports, so it cannot have a port list");
}
