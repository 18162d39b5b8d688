//! The hostile configuration files of the shared data folder, where it lies
//! beside the checkout; without it there is nothing to judge here, and
//! `grammar.rs` and `documents.rs` hold small cases of our own.

use std::fs;
use std::path::Path;

use secgroup_ecs::{Document, ReadOptions, read};

/// Each file with what its message must contain, backticks and case aside.
const FACTS: [(&str, &[&str]); 56] = [
    ("cfg_ok.json", &[]),
    (
        "cfg_port_0.json",
        &["portrange 0/80", "invalidparam.portrange"],
    ),
    ("cfg_port_reversed.json", &["200/1"]),
    ("cfg_port_65536.json", &["1/65536"]),
    (
        "cfg_port_single.json",
        &["80 is a single port; write 80/80"],
    ),
    ("cfg_port_minus_half.json", &["-1/80"]),
    (
        "cfg_port_icmp_80.json",
        &["icmp needs -1/-1", "operationdenied"],
    ),
    ("cfg_port_spaces.json", &[" 80 / 80 "]),
    (
        "cfg_proto_unknown.json",
        &["ipprotocol sctp", "invalidipprotocol.valuenotsupported"],
    ),
    ("cfg_proto_case.json", &[]),
    ("cfg_priority_0.json", &["priority 0 is not in 1..100"]),
    (
        "cfg_priority_101.json",
        &["priority 101 kept as an imported legacy priority (101..110)"],
    ),
    ("cfg_priority_text.json", &[]),
    (
        "cfg_priority_float.json",
        &["priority 1.5", "invalidpriority.malformed"],
    ),
    (
        "cfg_priority_100_0.json",
        &["priority 100.0 is not an integer"],
    ),
    (
        "cfg_cidr_host_bits.json",
        &["10.0.0.1/8 has host bits; used as 10.0.0.0/8"],
    ),
    (
        "cfg_cidr_33.json",
        &["prefix length 33", "invalidsourcecidrip.malformed"],
    ),
    ("cfg_cidr_neg.json", &["prefix length -1"]),
    ("cfg_cidr_mask.json", &["10.0.0.0/255.0.0.0"]),
    ("cfg_cidr_short.json", &["10.0/16"]),
    ("cfg_cidr_lead0.json", &["010.0.0.0/8"]),
    (
        "cfg_cidr_v6_in_v4_field.json",
        &["sourcecidrip holds an ipv6 block"],
    ),
    (
        "cfg_cidr_v4_in_v6_field.json",
        &["ipv6sourcecidrip holds ipv4"],
    ),
    (
        "cfg_no_peer.json",
        &[
            "one of sourcecidrip, ipv6sourcecidrip, sourcegroupid, sourceprefixlistid",
            "missingparameter.source",
        ],
    ),
    ("cfg_dangling_group.json", &["sg-gone", "is not defined"]),
    ("cfg_dangling_pl.json", &["pl-gone", "is not defined"]),
    ("cfg_policy_allow.json", &["policy allow", "accept", "drop"]),
    ("cfg_unknown_field.json", &["field foo ignored"]),
    (
        "cfg_field_typo.json",
        &["sourcecidrip ignored: did you mean sourcecidrip"],
    ),
    ("cfg_proto_missing.json", &["ipprotocol is missing"]),
    ("cfg_dup_rule_id.json", &["sgr-1", "twice"]),
    ("cfg_dup_rule_same.json", &["sgr-2 repeats sgr-1"]),
    ("cfg_dup_group.json", &["sg-a", "twice"]),
    (
        "cfg_dup_json_key.json",
        &["key securitygroups", "twice", "json:1:40:"],
    ),
    ("cfg_mixed_types.json", &["invalidoperation.multigrouptype"]),
    ("cfg_eni_dup_ip.json", &["10.0.0.1 is on eni-1 and eni-2"]),
    ("cfg_rules_201.json", &["201 rules", "quota is 200", "seed"]),
    ("cfg_empty_object.json", &["no securitygroups"]),
    ("cfg_array_root.json", &["no securitygroups"]),
    // The brace behind the comma is the 23rd character of the line.
    ("cfg_trailing_comma.json", &["json:1:23:", "trailing comma"]),
    ("cfg_trailing_garbage.json", &["trailing characters"]),
    ("cfg_truncated.json", &["ends early"]),
    ("cfg_nan.json", &["nan is not json"]),
    ("cfg_huge_number.json", &["priority", "out of range"]),
    (
        "cfg_deep_100k.json",
        &["nesting deeper than 128", "json:1:129:"],
    ),
    ("cfg_bom_crlf.json", &[]),
    ("cfg_utf16.json", &["utf-16"]),
    ("cfg_bad_utf8.json", &["invalid utf-8 at byte"]),
    ("cfg_lone_surrogate.json", &["lone surrogate"]),
    ("cfg_control_in_id.json", &["sgr\\u{1b}[31m\\u{a}"]),
    ("cfg_id_huge.json", &["longer than 100"]),
    ("cfg_path_id.json", &["../../etc/passwd", "ids consist of"]),
    ("cfg_pl_cycle.json", &["entry without cidr", "do not nest"]),
    ("cfg_pl_201.json", &["201 entries", "limit is 200"]),
    ("cfg_pl_mixed_family.json", &["::/0", "ipv4"]),
    ("cfg_yaml_bomb.yaml", &["yaml", "aliases"]),
];

/// The greatest length of one message, whatever the input.
const LONGEST_MESSAGE: usize = 1000;

#[test]
fn hostile_files_get_the_answer_they_should() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/abuse");
    let Ok(expected) = fs::read_to_string(folder.join("expected.tsv")) else {
        return;
    };
    let mut failures = Vec::new();
    let mut judged = 0;
    for row in expected.lines().filter(|row| row.starts_with("cfg_")) {
        let mut columns = row.split('\t');
        let file = columns.next().unwrap();
        let want = columns.nth(1).unwrap();
        let bytes = fs::read(folder.join(file)).unwrap();
        let (_, facts) = FACTS
            .iter()
            .find(|(name, _)| *name == file)
            .unwrap_or_else(|| panic!("{file} has no row"));
        judged += 1;
        let (class, messages) = judge(file, &bytes);
        // A refusal is a problem to this crate.
        let want = if want == "refuse" { "bad" } else { want };
        let plain = messages.join("\n").replace('`', "").to_lowercase();
        let missing = facts
            .iter()
            .filter(|fact| !plain.contains(**fact))
            .collect::<Vec<_>>();
        if class != want || !missing.is_empty() {
            failures.push(format!(
                "{file}: {class} for {want}, without {missing:?}\n{messages:#?}"
            ));
        }
        for message in messages {
            assert!(
                message.chars().count() <= LONGEST_MESSAGE,
                "{file}: {message}"
            );
            assert!(!message.contains(char::is_control), "{file}: {message:?}");
        }
    }
    assert_eq!(judged, FACTS.len());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn judge(name: &str, bytes: &[u8]) -> (&'static str, Vec<String>) {
    match read(&[Document { name, bytes }], &ReadOptions::default()) {
        Ok(read) => {
            let class = if read.warnings.is_empty() {
                "ok"
            } else {
                "warn"
            };
            (
                class,
                read.warnings.iter().map(ToString::to_string).collect(),
            )
        }
        Err(refused) => (
            "bad",
            refused.problems.iter().map(ToString::to_string).collect(),
        ),
    }
}
