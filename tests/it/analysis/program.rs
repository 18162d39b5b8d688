//! The commands about all flows, as a user runs them.

use std::fs;
use std::path::Path;
use std::process::Command;

use secgroup_tests::program::{program, workspace};
use serde_json::{Value, json};

/// Runs the program at the root of the repository; returns its exit code,
/// standard output and standard error.
pub(super) fn run(arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(program())
        .args(arguments)
        .current_dir(workspace())
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let code = output.status.code().unwrap();
    (code, text(&output.stdout), text(&output.stderr))
}

pub(super) fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

pub(super) const FLEET: &str = "data/demo/fleet.json";

/// Writes a configuration of one basic group with one interface.
pub(super) fn configuration(folder: &Path, name: &str, rules: &Value) -> String {
    let document = json!({
        "SecurityGroups": {"SecurityGroup": [{"SecurityGroupId": "sg-a", "VpcId": "vpc-1",
            "InnerAccessPolicy": "Drop", "Permissions": {"Permission": rules}}]},
        "NetworkInterfaceSets": {"NetworkInterfaceSet": [{"NetworkInterfaceId": "eni-a",
            "VpcId": "vpc-1", "PrivateIpSets": {"PrivateIpSet":
                [{"PrivateIpAddress": "10.0.0.1", "Primary": true}]},
            "SecurityGroupIds": {"SecurityGroupId": ["sg-a"]}}]}
    });
    let path = folder.join(name);
    fs::write(&path, document.to_string()).unwrap();
    path.display().to_string()
}

pub(super) fn rule(id: &str, ports: &str, peer: &Value) -> Value {
    let mut rule = json!({"SecurityGroupRuleId": id, "Direction": "ingress", "IpProtocol": "TCP",
        "PortRange": ports, "Policy": "Accept", "Priority": 1});
    for (name, value) in peer.as_object().unwrap() {
        rule[name] = value.clone();
    }
    rule
}

pub(super) fn anywhere() -> Value {
    json!({"SourceCidrIp": "0.0.0.0/0"})
}

#[test]
fn a_search_says_found_none_or_open_by_its_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let path = configuration(
        folder.path(),
        "a.json",
        &json!([rule("r1", "22/22", &anywhere())]),
    );
    let search = |more: &[&str]| {
        let common = [
            "search", "-q", "--config", &path, "--from", "internet", "--to", "sg-a",
        ];
        run(&[&common, more].concat())
    };
    let (code, text, _) = search(&[]);
    assert_eq!(code, 0);
    assert!(
        text.contains("eni-a") && text.ends_with("1 region of flows\n"),
        "{text}"
    );
    assert_eq!(search(&["--fail-on", "found"]).0, 1);
    assert_eq!(search(&["--fail-on", "none"]).0, 0);
    let none = ["--port", "23", "--fail-on"];
    assert_eq!(search(&[&none[..], &["none"]].concat()).0, 1);
    let (code, text, _) = search(&[&none[..], &["found"]].concat());
    assert_eq!(
        (code, text.as_str()),
        (0, "none: no such flow is accepted\n")
    );
    let (_, text, _) = search(&["--format", "json"]);
    let region = &parsed(&text)["regions"][0];
    assert_eq!(region["flows"]["dst_port"], json!(["22"]));
    assert_eq!(region["ingress"]["rule"], "r1");
    assert_eq!(region["witness"]["dst_port"], 22);

    let gone = json!({"SourcePrefixListId": "pl-gone"});
    let path = configuration(
        folder.path(),
        "b.json",
        &json!([rule("r1", "22/22", &gone)]),
    );
    let flag = ["--set", "eval.missing_ref=nomatch"];
    let common = [
        "search",
        "-q",
        "--config",
        &path,
        "--to",
        "sg-a",
        "--fail-on",
        "found",
    ];
    let (code, text, _) = run(&[&common[..], &flag].concat());
    assert_eq!(code, 6, "{text}");
    assert!(text.contains("pl-gone"), "{text}");
    let (code, _, errors) = run(&["search", "-q", "--config", &path, "--port", "x"]);
    assert_eq!(
        code, 3,
        "the missing list is a fault without the flag: {errors}"
    );
}

#[test]
fn what_is_wrong_with_a_question_is_said_2() {
    for (more, words) in [
        (["--from", "nobody"], "--from: `nobody` is no address"),
        (["--to", "10.0.0.0/33"], "--to: `10.0.0.0/33`"),
        (["--port", "9-8"], "--port: `9-8` is no port"),
        (
            ["--protocol", "tpc"],
            "--protocol: protocol `tpc` is unknown",
        ),
        (["--vpc", "vpc-9"], "--vpc: `vpc-9` is not in the snapshot"),
    ] {
        let (code, _, errors) = run(&[&["search", "-q", "--config", FLEET][..], &more].concat());
        assert_eq!(code, 2, "{more:?}");
        assert!(errors.contains(words), "{errors}");
    }
}

#[test]
fn standard_input_is_read_once_only() {
    for arguments in [
        ["diff", "-", "-", "-q"],
        ["test", "-", "-q", "--config=-"],
        ["lint", "-q", "--config=-", "--waivers=-"],
    ] {
        let (code, _, errors) = run(&arguments);
        assert_eq!(code, 2, "{arguments:?}");
        assert!(errors.contains("can be read once only"), "{errors}");
    }
}

#[test]
fn a_diff_shows_what_opens_and_ends_with_1() {
    let folder = tempfile::tempdir().unwrap();
    let old = configuration(
        folder.path(),
        "old.json",
        &json!([rule("r1", "22/22", &anywhere())]),
    );
    let new = configuration(
        folder.path(),
        "new.json",
        &json!([
            rule("r1", "22/22", &anywhere()),
            rule("r2", "20/25", &anywhere())
        ]),
    );
    assert_eq!(run(&["diff", "-q", &old, &old]).0, 0);
    let (code, text, _) = run(&["diff", "-q", &old, &new]);
    assert_eq!(code, 1);
    assert!(
        text.contains("drop -> accept") && text.contains("port 20-21, 23-25"),
        "{text}"
    );
    let (_, text, _) = run(&["diff", "-q", &old, &new, "--format", "json"]);
    let document = parsed(&text);
    let change = &document["changes"][0];
    assert_eq!(change["new"]["rule"], "r2");
    assert_eq!(change["old"]["by"], "default");
    assert_eq!(
        (&change["old_verdict"], &change["new_verdict"]),
        (&json!("drop"), &json!("accept"))
    );
    assert_eq!(document["changes"].as_array().unwrap().len(), 1);
}

#[test]
fn findings_have_sarif_and_junit_and_an_exit_code() {
    let lint = |more: &[&str]| run(&[&["lint", "-q", "--config", FLEET][..], more].concat());
    assert_eq!(lint(&[]).0, 1);
    assert_eq!(lint(&["--fail-on", "never"]).0, 0);
    let (_, text, _) = lint(&["--format", "json"]);
    let all = parsed(&text);
    let findings = all["findings"].as_array().unwrap();
    let (_, text, _) = lint(&["--format", "sarif"]);
    let document = parsed(&text);
    assert_eq!(document["version"], "2.1.0");
    let run = &document["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), findings.len());
    for result in results {
        let at = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[at]["id"], result["ruleId"]);
        let level = result["level"].as_str().unwrap();
        assert!(["error", "warning", "note"].contains(&level), "{level}");
        assert!(result["message"]["text"].as_str().unwrap().len() > 20);
        let place = &result["locations"][0];
        assert_eq!(place["physicalLocation"]["artifactLocation"]["uri"], FLEET);
        assert!(place["logicalLocations"][0]["fullyQualifiedName"].is_string());
    }
    let (_, xml, _) = lint(&["--format", "junit", "--fail-on", "note"]);
    assert_eq!(xml.matches("<testcase ").count(), findings.len());
    assert_eq!(xml.matches("<failure ").count(), findings.len());
    assert_eq!(xml.matches("</testcase>").count(), findings.len());
}

#[test]
fn a_waiver_holds_until_its_last_day() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("waivers.yml");
    let write = |text: &str| fs::write(&path, text).unwrap();
    let file = path.display().to_string();
    let lint = |more: &[&str]| {
        run(&[
            &["lint", "-q", "--config", FLEET, "--waivers", &file][..],
            more,
        ]
        .concat())
    };
    write(
        "waivers:\n  - code: internet-exposure\n    rule: sgr-default-rdp\n    reason: until the \
         move\n    expires: 2027-06-30\n",
    );
    let (code, text, _) = lint(&[]);
    assert_eq!(code, 0, "{text}");
    assert!(
        text.contains("waived: until the move") && text.contains("0 errors"),
        "{text}"
    );
    assert_eq!(lint(&["--as-of", "2027-06-30"]).0, 0);
    let (code, text, _) = lint(&["--as-of", "2027-07-01"]);
    assert_eq!(code, 1);
    assert!(
        text.contains("error[expired-waiver]") && text.contains("2 errors"),
        "{text}"
    );
    write("waivers:\n  - {code: internet-exposure, rule: sgr-none, reason: nobody}\n");
    assert!(lint(&[]).1.contains("note[unused-waiver]"));
    write("waivers:\n  - {code: no-lint, reason: ' ', expires: soon}\n");
    let (code, _, errors) = lint(&[]);
    assert_eq!(code, 3);
    for words in [
        "no lint `no-lint`",
        "name one of rule",
        "say a reason",
        "no date",
    ] {
        assert!(errors.contains(words), "{words}: {errors}");
    }
    write("waivers:\n  - {code: internet-exposure, ruel: x, reason: y}\n");
    let (_, _, errors) = lint(&[]);
    assert!(
        errors.contains("waivers.yml:2:") && errors.contains("ruel"),
        "{errors}"
    );
}

#[test]
fn assertions_hold_or_say_which_flow_and_rule_are_against_them() {
    let common = ["test", "data/demo/assertions.yml", "-q", "--config", FLEET];
    let (code, text, _) = run(&common);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("5 of 5 assertions hold"), "{text}");
    let (_, text, _) = run(&[&common[..], &["--mutants", "--format", "json"]].concat());
    let document = parsed(&text);
    assert!(document["mutants"]["caught"].as_u64().unwrap() >= 2);
    assert!(
        !document["mutants"]["survived"]
            .as_array()
            .unwrap()
            .is_empty()
    );

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tests.yml");
    let file = path.display().to_string();
    fs::write(
        &path,
        "tests:\n  - {name: closed, from: internet, to: sg-web, protocol: tcp, expect: \
         all-dropped}\n  - {name: nothing, from: 203.0.113.1, to: 203.0.113.2, expect: \
         all-dropped}\n  - {name: some, from: internet, to: sg-db, expect: some-accepted}\n",
    )
    .unwrap();
    let test = |more: &[&str]| run(&[&["test", &file, "-q", "--config", FLEET][..], more].concat());
    let (code, text, _) = test(&[]);
    assert_eq!(code, 1);
    for words in [
        "FAIL  closed",
        "rule sgr-web-https of sg-web",
        "example   tcp 203.0.113.1",
        "FAIL  nothing",
        "nothing was tested",
        "no such flow is accepted",
        "0 of 3 assertions hold",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let (_, xml, _) = test(&["--format", "junit"]);
    assert_eq!(xml.matches("<failure ").count(), 3, "{xml}");
    let (_, sarif, _) = test(&["--format", "sarif"]);
    assert_eq!(
        parsed(&sarif)["runs"][0]["results"]
            .as_array()
            .unwrap()
            .len(),
        3
    );
}

#[test]
fn every_lint_has_a_section_of_its_document() {
    let document = fs::read_to_string(workspace().join("docs/lints.md")).unwrap();
    let sections: Vec<&str> = document
        .lines()
        .filter_map(|line| line.strip_prefix("## `"))
        .collect();
    let codes = secgroup_analysis::LINTS.iter().map(|lint| lint.code);
    let wanted: Vec<&str> = codes.chain(["expired-waiver", "unused-waiver"]).collect();
    let named: Vec<&str> = sections
        .iter()
        .filter_map(|line| line.split('`').next())
        .collect();
    assert_eq!(named, wanted);
}

#[test]
fn what_if_tells_the_answer_of_the_api_and_what_would_change() {
    let what_if = |words: &[&str]| {
        let common = ["-q", "--config", FLEET];
        run(&[&["what-if"][..], words, &common].concat())
    };
    let (code, text, _) = what_if(&["join", "eni-web-1", "sg-guard"]);
    assert_eq!(code, 1);
    assert!(
        text.contains("JoinSecurityGroup would be accepted"),
        "{text}"
    );
    assert!(
        text.contains("accept -> drop (tie won by a drop)"),
        "{text}"
    );
    let (code, text, _) = what_if(&["join", "eni-db-1", "sg-web"]);
    assert_eq!(code, 1);
    assert!(
        text.contains("refused: 400 InvalidOperation.MultiGroupType"),
        "{text}"
    );
    let (_, text, _) = what_if(&["leave", "i-db-1", "sg-db", "--format", "json"]);
    let document = parsed(&text);
    assert_eq!(document["call"]["code"], "InstanceLastSecurityGroup");
    assert!(
        document["impossible"][0]
            .as_str()
            .unwrap()
            .contains("no security group")
    );
    let (_, text, _) = what_if(&["join", "eni-mon-1", "sg-app", "--format", "json"]);
    let document = parsed(&text);
    let changes = document["changes"].as_array().unwrap();
    assert!(
        changes
            .iter()
            .any(|one| one["why"] == "intra-group access gained"),
        "{text}"
    );
}

#[test]
fn minimize_names_what_may_go() {
    let (code, text, _) = run(&["minimize", "-q", "--config", FLEET]);
    assert_eq!(code, 0);
    for words in [
        "sg-web: 9 of 10 rules are enough\n  remove sgr-web-early-access:",
        "replace sgr-db-from-app, sgr-db-replication-in by priority 1 accept tcp 3306/3306 from \
         10.10.2.0/23",
        "sg-app: all 9 rules are needed",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let (_, text, _) = run(&[
        "minimize", "-q", "--config", FLEET, "--group", "sg-web", "--format", "json",
    ]);
    assert_eq!(parsed(&text)[0]["removed"], json!(["sgr-web-early-access"]));
}

#[test]
fn lints_and_diffs_give_the_same_bytes_for_any_number_of_threads() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let fleet = |name: &str, seed: &str| {
        let path = path(name);
        let generate = [
            "gen",
            "fleet",
            "--interfaces",
            "40",
            "--sets",
            "12",
            "--rules",
            "60",
            "--seed",
            seed,
            "--output",
            &path,
        ];
        assert_eq!(run(&generate).0, 0);
        path
    };
    let (old, new) = (fleet("old.json", "1"), fleet("new.json", "2"));
    let form = ["--format", "json", "-q", "--threads"];
    let lint = ["lint", "--config", &old, "--fail-on", "never"];
    let diff = ["diff", &old, &new];
    for command in [&lint[..], &diff] {
        let once = run(&[command, &form, &["1"]].concat());
        assert!(once.1.len() > 2000, "{}", once.1);
        for threads in ["0", "2", "3", "100000"] {
            let again = run(&[command, &form, &[threads]].concat());
            assert_eq!(again, once, "{command:?} on {threads} threads");
        }
    }
}

/// Assertions, and the exit code with each.
const ASSERTIONS: [(&str, i32); 10] = [
    (
        "from: internet except office, to: sg-a, ports: any except 443, expect: all-dropped",
        0,
    ),
    (
        "from: internet, to: sg-a, ports: any except 443, expect: all-dropped",
        1,
    ),
    (
        "from: internet except 203.0.113.0/25, to: sg-a, ports: 22, expect: all-dropped",
        1,
    ),
    (
        "from: office, to: sg-a, protocol: tcp, ports: [22, 443], expect: all-accepted",
        0,
    ),
    (
        "from: 'office, 192.0.2.1', to: sg-a, protocol: tcp, ports: 22, expect: all-accepted",
        1,
    ),
    (
        "from: office, to: sg-a, protocol: icmp, icmp_type: 8, expect: all-accepted",
        0,
    ),
    (
        "from: internet except office, to: sg-a, protocol: icmp, icmp_type: any except 3, \
          expect: all-dropped",
        0,
    ),
    (
        "from: internet, to: sg-a, protocol: any except tcp, expect: all-dropped",
        1,
    ),
    (
        "from: internet except office, to: sg-a, protocol: any except tcp, expect: all-dropped",
        0,
    ),
    (
        "from: any except internet, to: sg-a, family: ipv4, protocol: tcp, ports: 443, \
          expect: all-accepted",
        0,
    ),
];

/// What is refused, and with which words.
const REFUSED: [(&str, &str); 7] = [
    ("ports: [any except 1, 2]", "`except` goes into one text"),
    (
        "ports: any except 0-65535",
        "ports: nothing is left of `any except 0-65535`",
    ),
    (
        "icmp_type: 8",
        "protocol: types and codes go with protocol icmp or icmpv6",
    ),
    (
        "protocol: icmp, ports: 1",
        "protocol: ports go with tcp and udp only",
    ),
    (
        "protocol: icmp, icmp_type: 256",
        "icmp_type: `256` is no number",
    ),
    ("from: nobody except any", "from: `nobody` is no address"),
    ("from: []", "from: names no end"),
];

#[test]
fn assertions_leave_ends_and_ports_out_and_have_sets_and_icmp_types() {
    let folder = tempfile::tempdir().unwrap();
    let rules = json!([
        rule("https", "443/443", &anywhere()),
        rule("office", "22/22", &json!({"SourceCidrIp": "203.0.113.0/24"})),
        {"SecurityGroupRuleId": "ping", "Direction": "ingress", "IpProtocol": "ICMP",
            "PortRange": "-1/-1", "SourceCidrIp": "203.0.113.0/24", "Policy": "Accept"}
    ]);
    let config = configuration(folder.path(), "a.json", &rules);
    let path = folder.path().join("tests.yml");
    let file = path.display().to_string();
    let test = |text: &str| {
        fs::write(&path, text).unwrap();
        run(&["test", &file, "-q", "--config", &config])
    };
    let text = "sets:\n  office: [203.0.113.0/25, 203.0.113.128/25]\ntests:\n";
    for (row, wanted) in ASSERTIONS {
        let (code, output, errors) = test(&format!("{text}  - {{name: x, {row}}}\n"));
        assert_eq!(code, wanted, "{row}: {output}{errors}");
    }
    for (row, words) in REFUSED {
        let line = format!("{text}  - {{name: x, {row}, expect: all-dropped}}\n");
        let (code, _, errors) = test(&line);
        assert_eq!(code, 3, "{row}");
        assert!(errors.contains(words), "{words}: {errors}");
        assert!(errors.contains("tests.yml:4:5: test 1 (`x`)"), "{errors}");
    }
    let (_, _, errors) = test("sets: {sg-a: any, b: c}\ntests: [{name: x, expect: all-dropped}]\n");
    for words in [
        "set `sg-a`: `sg-a` means something already",
        "set `b`: `c` is no address",
    ] {
        assert!(errors.contains(words), "{words}: {errors}");
    }
    let (code, text, _) = run(&[
        "search",
        "-q",
        "--config",
        &config,
        "--from",
        "internet except 203.0.113.0/24",
        "--to",
        "sg-a",
        "--port",
        "any except 443",
        "--fail-on",
        "found",
    ]);
    assert_eq!(
        (code, text.as_str()),
        (0, "none: no such flow is accepted\n")
    );
}
