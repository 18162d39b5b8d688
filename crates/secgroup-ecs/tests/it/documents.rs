//! Documents as texts: encodings, syntax, places, and limits.

use secgroup_ecs::{Document, MAX_FINDINGS, MAX_KEYS, MAX_NESTING, ReadOptions, read};
use serde_json::json;

use crate::{bad, good, ingress, lines, read_all, with_rules};

/// The least document that is read without a word.
const LEAST: &str = r#"{"SecurityGroups":[{"SecurityGroupId":"sg-1","SecurityGroupType":"normal",
"VpcId":"vpc-1","InnerAccessPolicy":"Drop","Permissions":[]}]}"#;

fn bad_bytes(name: &str, bytes: &[u8]) -> String {
    let refused = read(&[Document { name, bytes }], &ReadOptions::default()).unwrap_err();
    let problems = lines(&refused.problems);
    assert_eq!(problems.len(), 1, "{problems:#?}");
    problems[0].clone()
}

#[test]
fn every_fault_of_a_document_has_its_line_column_and_path() {
    let text = r#"{
  "SecurityGroups": {"SecurityGroup": [
    {"SecurityGroupId": "sg-a", "SecurityGroupType": "normal", "InnerAccessPolicy": "Drop",
     "Description": "é", "InnerAccessPolicy": "Drop",
     "Permissions": {"Permission": [
      {"Direction": "ingress", "IpProtocol": "TCP", "PortRange": "0/80", "SourceCidrIp": "::/0"},
      {"Direction": "up", "IpProtocol": "TCP", "PortRange": "1/1"},
	  {"Description": "é", "Direction": "egress", "IpProtocol": "ipx"}
     ]}},
    {"SecurityGroupId": "sg b"}
  ]},
  "NetworkInterfaceSets": [{"NetworkInterfaceId": "eni-1",
    "PrivateIpAddress": "10.0.0.300"}],
  "PrefixLists": [{"PrefixListId": "pl-a", "Entries": [{"Cidr": "::/0"}, {}]}]
}"#;
    let group = "SecurityGroups.SecurityGroup[0]";
    let expected = [
        format!("1.json:4:26: {group}.InnerAccessPolicy: key "),
        format!("1.json:6:66: {group}.Permissions.Permission[0].PortRange: PortRange `0/80`"),
        format!("1.json:6:90: {group}.Permissions.Permission[0].SourceCidrIp: SourceCidrIp holds"),
        format!("1.json:7:7: {group}.Permissions.Permission[1]: the rule has no peer"),
        format!("1.json:7:21: {group}.Permissions.Permission[1].Direction: Direction `up`"),
        format!("1.json:8:4: {group}.Permissions.Permission[2]: PortRange is missing"),
        format!("1.json:8:4: {group}.Permissions.Permission[2]: the rule has no peer"),
        format!("1.json:8:62: {group}.Permissions.Permission[2].IpProtocol: IpProtocol `ipx`"),
        "1.json:10:25: SecurityGroups.SecurityGroup[1].SecurityGroupId: ".to_owned(),
        "1.json:13:25: NetworkInterfaceSets[0].PrivateIpAddress: `10.0.0.300`".to_owned(),
        "1.json:14:74: PrefixLists[0].Entries[1]: entry without Cidr".to_owned(),
    ];
    let problems = bad(&[text]);
    assert_eq!(problems.len(), expected.len(), "{problems:#?}");
    for (problem, start) in problems.iter().zip(expected) {
        assert!(problem.starts_with(&start), "{start}\n{problem}");
    }
    // Another line ending changes no line and no column.
    assert_eq!(bad(&[&text.replace('\n', "\r\n")]), problems);
}

#[test]
fn problems_are_sorted_by_document_and_position_and_repeat_themselves() {
    let rule = ingress(json!({"SourceCidrIp": "", "SourceGroupId": "sg-gone"}));
    let first = with_rules(&[rule, ingress(json!({"Priority": 0}))]).to_string();
    let texts = ["[", first.as_str(), "{"];
    let problems = bad(&texts);
    let documents = problems.iter().map(|line| line.split(':').next().unwrap());
    assert_eq!(
        documents.collect::<Vec<_>>(),
        ["1.json", "2.json", "3.json"]
    );
    // The dangling group may be in one of the documents that were not read.
    assert!(problems[1].contains("priority 0"), "{problems:#?}");
    assert_eq!(bad(&texts), problems);
}

#[test]
fn a_syntax_error_ends_its_own_document_only() {
    let garbage = format!("{LEAST} }}");
    let wrong = with_rules(&[ingress(json!({"Policy": "x"}))]).to_string();
    let problems = bad(&[&garbage, &wrong]);
    assert_eq!(problems.len(), 2, "{problems:#?}");
    assert!(problems[0].starts_with("1.json:2:64: trailing characters: found `}`"));
    assert!(problems[1].contains("Policy `x`"));
}

#[test]
fn syntax_errors_say_what_they_are() {
    for (text, start) in [
        ("", "1.json:1:1: the document is empty"),
        (" \n ", "1.json:2:2: the document is empty"),
        ("{", "1.json:1:1: the document ends early"),
        ("[1, ", "1.json:1:4: the document ends early"),
        (
            "x",
            "1.json:1:1: expected JSON, beginning with { or [, found `x`",
        ),
        ("\"text\"", "1.json:1:1: expected JSON"),
        ("[\n1,\n]", "1.json:3:1: not valid JSON: trailing comma"),
        (
            "{\"a\": 1, }",
            "1.json:1:10: not valid JSON: trailing comma",
        ),
        ("{\"a\": NaN}", "1.json:1:7: NaN is not JSON"),
        ("{\"a\": Infinity}", "1.json:1:7: Infinity is not JSON"),
        ("{\"a\": -Infinity}", "1.json:1:8: Infinity is not JSON"),
        ("{\"a\": 'x'}", "1.json:1:7: not valid JSON"),
        ("{\"a\": 01}", "1.json:1:8: not valid JSON"),
        ("{\"a\": \"\u{1}\"}", "1.json:1:8: not valid JSON"),
        ("{} // why", "1.json:1:1: no SecurityGroups"),
    ] {
        let problems = bad(&[text]);
        assert!(problems[0].starts_with(start), "{text}: {problems:#?}");
    }
}

#[test]
fn encodings_other_than_utf_8_are_named() {
    let utf16 = |text: &str| {
        text.encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect::<Vec<_>>()
    };
    let with_mark = [b"\xFF\xFE".as_slice(), &utf16(LEAST)].concat();
    for bytes in [with_mark, utf16(LEAST)] {
        assert!(bad_bytes("a.json", &bytes).contains("UTF-16"));
    }
    let big_endian = LEAST
        .encode_utf16()
        .flat_map(u16::to_be_bytes)
        .collect::<Vec<_>>();
    assert!(bad_bytes("a.json", &big_endian).contains("UTF-16"));
    let wrong = b"\xEF\xBB\xBF[\n\xC3\xA9\xFF]";
    let problem = bad_bytes("a.json", wrong);
    assert!(
        problem.starts_with("a.json:2:2: invalid UTF-8 at byte 7"),
        "{problem}"
    );
    let marked = format!("\u{feff}{LEAST}");
    assert_eq!(good(&[&marked]).snapshot, good(&[LEAST]).snapshot);
}

#[test]
fn yaml_is_refused_by_name_and_json_is_read_whatever_its_name() {
    for name in ["a.yaml", "a.YML"] {
        let problem = bad_bytes(name, b"a: &a [x, x]\nb: *a\n");
        assert!(problem.contains("YAML is not read here"), "{problem}");
    }
    let json = Document {
        name: "a.yaml",
        bytes: LEAST.as_bytes(),
    };
    assert!(read(&[json], &ReadOptions::default()).is_ok());
}

#[test]
fn nesting_has_a_limit_and_both_sides_of_it_hold() {
    let nested = |levels: usize| {
        // The document itself is the first level.
        let (open, close) = ("[".repeat(levels - 1), "]".repeat(levels - 1));
        LEAST.replacen('{', &format!("{{\"Tags\":{open}{close},"), 1)
    };
    good(&[&nested(MAX_NESTING)]);
    let problems = bad(&[&nested(MAX_NESTING + 1)]);
    assert_eq!(problems.len(), 1, "{problems:#?}");
    let column = r#"{"Tags":"#.len() + MAX_NESTING;
    let start = format!("1.json:1:{column}: nesting deeper than 128");
    assert!(problems[0].starts_with(&start), "{problems:#?}");
    // Brackets in texts do not nest.
    let text = format!("{{\"Tags\":\"\\\"{}\",", "[".repeat(1000));
    good(&[&LEAST.replacen('{', &text, 1)]);
    for deep in ["[".repeat(200_000), "{\"a\":".repeat(200_000)] {
        assert!(bad(&[&deep])[0].contains("the document ends early"));
    }
}

#[test]
fn repeated_keys_are_problems_however_they_are_written() {
    let twice = |second: &str| LEAST.replacen("\"VpcId\"", &format!("{second}:1,\"VpcId\""), 1);
    for (key, column) in [
        ("\"VpcId\"", 11),
        ("\"Vpc\\u0049d\"", 16),
        ("\"SecurityGroupId\"", 1),
    ] {
        let problems = bad(&[&twice(key)]);
        assert_eq!(problems.len(), 1, "{problems:#?}");
        let start = format!("1.json:2:{column}: SecurityGroups[0].");
        assert!(problems[0].starts_with(&start), "{problems:#?}");
        assert!(
            problems[0].contains("occurs twice in one object"),
            "{problems:#?}"
        );
    }
    // Also in an object of many keys.
    let many = (0..100)
        .map(|key| format!("\"k{key}\":0,"))
        .collect::<String>();
    let problems = bad(&[&LEAST.replacen('{', &format!("{{{many}\"k7\":1,"), 1)]);
    assert_eq!(problems.len(), 1, "{problems:#?}");
    assert!(
        problems[0].contains("key `k7` occurs twice"),
        "{problems:#?}"
    );
}

/// Returns the text of that many different keys.
fn many_keys(count: usize) -> String {
    let keys = (0..count).map(|key| format!("\"k{key}\":0,"));
    keys.collect()
}

#[test]
fn objects_have_a_limit_of_keys_and_both_sides_of_it_hold() {
    // Beside the one key of the document itself.
    let with_keys = |count| LEAST.replacen('{', &format!("{{{}", many_keys(count - 1)), 1);
    good(&[&with_keys(MAX_KEYS)]);
    let problems = bad(&[&with_keys(MAX_KEYS + 1)]);
    assert_eq!(problems, ["1.json:1:1: an object with more than 1000 keys"]);
}

#[test]
fn hostile_text_is_escaped_and_cut() {
    let long = "x".repeat(1_000_000);
    for id in [
        "sg\\u001b[31m\\n",
        "../../etc/passwd",
        &long,
        "\\ud800",
        "sg\u{202e}a",
    ] {
        let problems = bad(&[&LEAST.replace("sg-1", id)]);
        assert_eq!(problems.len(), 1, "{problems:#?}");
        assert!(problems[0].len() < 600, "{problems:#?}");
        assert!(!problems[0].contains(char::is_control), "{problems:#?}");
        assert!(!problems[0].contains('\u{202e}'), "{problems:#?}");
    }
    let problem = bad_bytes("a\u{1b}[31m.json", b"{}");
    assert!(problem.starts_with("a\\u{1b}[31m.json:1:1: "), "{problem}");
}

#[test]
fn findings_are_kept_up_to_a_limit_and_counted_beyond_it() {
    let rules = |count: usize| vec![ingress(json!({"Priority": 0})); count];
    let problems = |count: usize| bad(&[&with_rules(&rules(count)).to_string()]);
    assert_eq!(problems(MAX_FINDINGS).len(), MAX_FINDINGS);
    let more = problems(MAX_FINDINGS + 3);
    assert_eq!(more.len(), MAX_FINDINGS + 1);
    let last = more.last().unwrap();
    assert!(
        last.ends_with("3 more problems after the first 10000"),
        "{last}"
    );
}

#[test]
fn warnings_are_given_also_where_there_are_problems() {
    let rule = ingress(json!({"Priority": 0, "Foo": 1}));
    let text = with_rules(&[rule]).to_string();
    let refused = read_all(&[&text], &ReadOptions::default()).unwrap_err();
    assert_eq!(refused.problems.len(), 1);
    assert!(refused.to_string().contains("1 problem"), "{refused}");
    let warnings = lines(&refused.warnings);
    assert!(warnings[0].contains("field Foo ignored"), "{warnings:#?}");
}

#[test]
fn a_problem_carries_the_code_of_the_api_and_its_parts() {
    let text = with_rules(&[ingress(json!({"PortRange": "9/1"}))]).to_string();
    let refused = read_all(&[&text], &ReadOptions::default()).unwrap_err();
    let problem = &refused.problems[0];
    assert_eq!(problem.name, "1.json");
    assert_eq!(problem.path, "SecurityGroups[0].Permissions[0].PortRange");
    assert_eq!(problem.code, Some("InvalidParam.PortRange"));
    assert_eq!(
        (problem.line, problem.column),
        (1, 1 + text.find("\"9/1\"").unwrap())
    );
}

#[test]
fn an_input_without_groups_says_so() {
    let problems = bad(&[]);
    assert_eq!(
        problems,
        ["input:1:1: no SecurityGroups: no document was given"]
    );
    for text in ["{}", "[]", "[{}]"] {
        assert!(bad(&[text])[0].contains("no SecurityGroups"));
    }
    let empty = good(&["{\"SecurityGroups\": []}"]);
    assert_eq!(
        lines(&empty.warnings),
        ["1.json:1:1: no SecurityGroups in any document"]
    );
}
