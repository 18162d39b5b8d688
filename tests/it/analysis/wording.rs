//! What answers about all flows say where there is little to say, and what is
//! said of questions and configurations that make no sense.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::program::{FLEET, anywhere, configuration, parsed, rule, run};

/// Writes a configuration whose first rule drops SSH from a list that is not
/// there, before everybody may come in, and whose last is of another's group.
fn incomplete(folder: &Path) -> String {
    let list = json!({"SourcePrefixListId": "pl-gone"});
    let mut drops = rule("r-list", "22/22", &list);
    drops["Policy"] = json!("Drop");
    let mut accepts = rule("r-all", "22/22", &anywhere());
    accepts["Priority"] = json!(2);
    let group = json!({"SourceGroupId": "sg-theirs", "SourceGroupOwnerAccount": "a@b.example"});
    let rules = json!([drops, accepts, rule("r-group", "80/80", &group)]);
    configuration(folder, "incomplete.json", &rules)
}

/// Lets rules match nothing whose group or list is missing.
const NOMATCH: [&str; 2] = ["--set", "eval.missing_ref=nomatch"];

#[test]
fn one_flow_names_the_rule_that_would_decide_otherwise_if_its_list_were_there_9_62() {
    let folder = tempfile::tempdir().unwrap();
    let path = incomplete(folder.path());
    let check = |port: &str, more: &[&str]| {
        let flow = [
            "--from",
            "203.0.113.9",
            "--to",
            "eni-a",
            "--protocol",
            "tcp",
        ];
        let common = ["check", "-q", "--config", &path, "--port", port];
        run(&[&common[..], &flow, &NOMATCH, more].concat())
    };
    let (code, text, _) = check("22", &[]);
    assert_eq!(code, 0, "the rule matches nothing (3.6.5): {text}");
    assert!(
        text.contains("unless    rule r-list of sg-a: priority 1 drop tcp 22/22 from pl-gone"),
        "{text}"
    );
    let (code, text, _) = check("80", &["--format", "json"]);
    assert_eq!(code, 1);
    assert_eq!(parsed(&text)["unless"], json!(["r-group"]));
    let (_, text, _) = check("443", &["--format", "json", "--explain"]);
    assert_eq!(parsed(&text).get("unless"), None);
}

#[test]
fn what_hangs_on_something_missing_depends_before_and_after_9_62() {
    let folder = tempfile::tempdir().unwrap();
    let old = incomplete(folder.path());
    let text = fs::read_to_string(&old).unwrap();
    let new = folder.path().join("new.json");
    fs::write(&new, text.replace("80/80", "81/81")).unwrap();
    let new = new.display().to_string();
    let (code, text, _) = run(&[&["diff", "-q", &old, &new][..], &NOMATCH].concat());
    assert_eq!(code, 6, "{text}");
    for words in ["ingress: depends -> drop", "ingress: drop -> depends"] {
        assert!(text.contains(words), "{words}: {text}");
    }
}

#[test]
fn a_search_about_no_flow_at_all_says_so_and_is_no_success_9_63() {
    let search = |more: &[&str]| run(&[&["search", "-q", "--config", FLEET][..], more].concat());
    for ends in [
        ["--from", "192.0.2.1", "--to", "192.0.2.2"],
        ["--from", "10.10.1.11", "--to", "2001:db8:10:1::12"],
        ["--family", "ipv6", "--from", "10.10.0.0/16"],
    ] {
        let (code, text, _) = search(&ends);
        let none = "none: no such flow crosses an interface of the configuration\n";
        assert_eq!((code, text.as_str()), (0, none));
        for (fail_on, wanted) in [("found", 6), ("none", 1)] {
            let (code, _, _) = search(&[&ends[..], &["--fail-on", fail_on]].concat());
            assert_eq!(code, wanted, "{ends:?} {fail_on}");
        }
        let (_, text, _) = search(&[&ends[..], &["--format", "json"]].concat());
        assert_eq!(parsed(&text)["empty"], true);
    }
    // There are such flows; only none of them is accepted.
    let (_, text, _) = search(&["--from", "internet", "--to", "sg-db", "--format", "json"]);
    let document = parsed(&text);
    assert_eq!(
        (&document["empty"], &document["found"]),
        (&json!(false), &json!(false))
    );
}

#[test]
fn all_of_the_internet_is_called_so_9_5() {
    let ssh = ["--from", "internet", "--to", "sg-default", "--port", "3389"];
    let (_, text, _) = run(&[&["search", "-q", "--config", FLEET][..], &ssh].concat());
    assert!(
        text.starts_with("ACCEPT  tcp from the Internet to 10.10.6.7 (eni-legacy-1) port 3389\n"),
        "{text}"
    );
    // What a list keeps out is not all of it.
    let web = ["--from", "internet", "--to", "eni-web-1", "--port", "80"];
    let (_, text, _) = run(&[&["search", "-q", "--config", FLEET][..], &web].concat());
    let over_v4 = text.lines().next().unwrap();
    assert!(!over_v4.contains("the Internet"), "{text}");
}

#[test]
fn where_no_change_of_one_rule_would_do_that_is_said() {
    let flow = [
        "--from",
        "203.0.113.9",
        "--to",
        "i-web-1",
        "--protocol",
        "tcp",
        "--port",
        "0",
    ];
    let common = ["check", "-q", "--config", FLEET, "--explain"];
    let (code, text, _) = run(&[&common[..], &flow].concat());
    assert_eq!(code, 1);
    assert!(
        text.ends_with("\nno single change of a rule has the flow accepted\n"),
        "{text}"
    );
    assert!(!text.contains("after any of these"), "{text}");
}

#[test]
fn a_group_that_is_asked_for_twice_is_minimized_once() {
    let twice = ["--group", "sg-db", "--group", "sg-db", "--format", "json"];
    let (code, text, _) = run(&[&["minimize", "-q", "--config", FLEET][..], &twice].concat());
    assert_eq!(code, 0);
    assert_eq!(parsed(&text).as_array().map(Vec::len), Some(1), "{text}");
}

/// Files of assertions that make no sense, and what is said of them.
const SENSELESS: [(&str, &str); 9] = [
    ("", ":1:1: the file is empty, or ends early"),
    (
        "[1, 2]",
        ":1:1: expected keys with values, as in `key: value`",
    ),
    ("tests: 5", ":1:8: expected a list, as in `[a, b]`"),
    ("tests: []", ": has 0 tests; expected 1 to 10000"),
    (
        "tests: [{name: x, ports: -1, expect: all-dropped}]",
        "expected a text, a number of 0 or more, or a list of them",
    ),
    (
        "tests: [{name: x, ports: 3.5, expect: all-dropped}]",
        "expected a text, a number of 0 or more, or a list of them",
    ),
    (
        "tests: [{name: x, ports: 99999999999999999999999, expect: all-dropped}]",
        "expected a text, a number of 0 or more, or a list of them",
    ),
    (
        "tests: [{name: x, to: {a: b}, expect: all-dropped}]",
        "expected a text, a number of 0 or more, or a list of them",
    ),
    (
        "tests: [{name: x, expect: maybe}]",
        "unknown variant `maybe`, expected one of all-acc",
    ),
];

#[test]
fn assertions_of_the_wrong_kind_are_refused_in_plain_words_3() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tests.yml");
    let file = path.display().to_string();
    for (text, words) in SENSELESS {
        fs::write(&path, text).unwrap();
        let (code, output, errors) = run(&["test", &file, "-q", "--config", FLEET]);
        assert_eq!((code, output.as_str()), (3, ""), "{text}");
        assert!(errors.contains(words), "{text}: {errors}");
        for jargon in ["untagged", "enum", "mapping start", "sequence start"] {
            assert!(!errors.contains(jargon), "{text}: {errors}");
        }
    }
}

/// Configurations that none is: their bytes.
fn hostile() -> Vec<Vec<u8>> {
    let rule = |field: &str, value: Value| {
        let mut one = rule("r", "22/22", &anywhere());
        one[field] = value;
        let group = json!({"SecurityGroupId": "sg-a", "VpcId": "vpc-1",
            "Permissions": {"Permission": [one]}});
        json!({"SecurityGroups": {"SecurityGroup": [group]}})
            .to_string()
            .into_bytes()
    };
    let junk = (0..4096_u32).map(|at| u8::try_from(at * 167 % 251).unwrap());
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    vec![
        Vec::new(),
        b"  \n".to_vec(),
        br#"{"SecurityGroups":{"SecurityGroup":[{"Secu"#.to_vec(),
        b"[1,2,3]".to_vec(),
        b"\"hi\"".to_vec(),
        b"null".to_vec(),
        junk.collect(),
        deep.into_bytes(),
        rule("PortRange", json!("1/999999999999999999999")),
        rule("PortRange", json!({"a": 1})),
        rule("Priority", json!(1e300)),
        rule("SourceCidrIp", json!("300.0.0.0/8")),
    ]
}

#[test]
fn hostile_configurations_end_every_command_with_3_and_a_place() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hostile.json");
    let file = path.display().to_string();
    let output = folder.path().join("result");
    let result = output.display().to_string();
    let commands: [&[&str]; 8] = [
        &["effective", "eni-a", "--config", &file],
        &["search", "--config", &file],
        &["lint", "--config", &file],
        &["diff", FLEET, &file],
        &["test", "data/demo/assertions.yml", "--config", &file],
        &["what-if", "join", "eni-a", "sg-a", "--config", &file],
        &["minimize", "--config", &file],
        &["convert", "--config", &file],
    ];
    for (number, bytes) in hostile().into_iter().enumerate() {
        fs::write(&path, bytes).unwrap();
        for command in commands {
            let (code, text, errors) = run(&[command, &["-q", "--output", &result]].concat());
            assert_eq!(
                (code, text.as_str()),
                (3, ""),
                "{number} {command:?}: {errors}"
            );
            assert!(
                errors.starts_with("error: ") && errors.contains("hostile.json:"),
                "{errors}"
            );
            assert!(errors.lines().all(|line| line.len() < 600), "{errors}");
            assert!(!output.exists(), "{number} {command:?} left a result");
        }
    }
    for (path, wanted) in [("no/such/folder/result", 5), (".", 2)] {
        let demo = ["convert", "-q", "--config", FLEET, "--output", path];
        assert_eq!(run(&demo).0, wanted, "{path}");
    }
}
