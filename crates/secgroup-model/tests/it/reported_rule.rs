//! Which of several rules that decide alike is reported (3.3.5).

use secgroup_model::{DecidedBy, Snapshot};

use crate::situation::{Parts, group, interface, judge, port_list, prefix_list, to_port};

/// Names the rule that decides about TCP from 198.51.100.7 to 10.0.0.1:80.
fn named(rules: &[&str]) -> String {
    let mut parts = Parts::new(
        &[group("sg-a", rules), group("sg-peer", &[])],
        &[
            interface("eni-a", &["10.0.0.1"], &["sg-a"]),
            interface(
                "eni-peer",
                &["198.51.100.7", "198.51.100.0/26"],
                &["sg-peer"],
            ),
        ],
    );
    parts.prefix_lists = vec![prefix_list("pl-a", &["198.51.100.0/25", "198.51.100.0/27"])];
    parts.port_lists = vec![port_list("prl-a", &["1/100", "79/82", "80/9000"])];
    let snapshot = parts.snapshot();
    reported(&snapshot)
}

fn reported(snapshot: &Snapshot) -> String {
    let evaluation = judge(snapshot, &to_port("198.51.100.7", "10.0.0.1", 80));
    match evaluation.ingress.unwrap().by {
        DecidedBy::Rule(rule) => snapshot.rule(rule).name().to_owned(),
        other => panic!("{other:?}"),
    }
}

/// The second is reported, wherever it stands and whatever the action.
#[track_caller]
fn check(behind: &str, before: &str) {
    for action in ["accept", "drop"] {
        let line = |text: &str| format!("in 1 {action} {text}");
        let (behind, before) = (line(behind), line(before));
        assert_eq!(named(&[&behind, &before]), name_at(&before, 2));
        assert_eq!(named(&[&before, &behind]), name_at(&before, 1));
    }
}

fn name_at(rule: &str, place: usize) -> String {
    match rule.split_once(" id ") {
        Some((_, id)) => id.to_owned(),
        None => format!("sg-a#{place}"),
    }
}

#[test]
fn the_rule_of_the_longer_peer_prefix_is_reported_first() {
    check("tcp 80/80 198.51.0.0/16", "tcp 1/65535 198.51.100.0/24");
    check("all 0.0.0.0/0", "all 128.0.0.0/1 created 9");
    // Of a list and of a group the longest prefix that holds the address counts.
    check("tcp 80/80 198.51.100.0/26", "tcp 80/80 pl-a");
    check("tcp 80/80 pl-a", "tcp 80/80 198.51.100.0/28");
    check("tcp 80/80 198.51.100.6/31", "tcp 80/80 sg-peer");
}

#[test]
fn then_the_rule_of_the_narrower_destination_ports() {
    check("tcp 80/81 0.0.0.0/0", "tcp 80/80 0.0.0.0/0 created 9");
    check("tcp 1/65535 0.0.0.0/0", "tcp 2/65535 0.0.0.0/0");
    check("tcp any 0.0.0.0/0", "tcp 1/65535 0.0.0.0/0");
    check("all 0.0.0.0/0", "tcp 1/65535 0.0.0.0/0");
    // Of a list the narrowest range that holds the port counts.
    check("tcp 79/83 0.0.0.0/0", "tcp prl-a 0.0.0.0/0");
    check("tcp prl-a 0.0.0.0/0", "tcp 80/82 0.0.0.0/0");
    // Source ports are no criterion: the next one decides.
    check(
        "tcp 80/80 0.0.0.0/0 from-port 40000/40000",
        "tcp 80/80 0.0.0.0/0 created 9",
    );
}

#[test]
fn then_the_rule_that_was_created_earlier() {
    check(
        "tcp 80/80 0.0.0.0/0 created 10 id sgr-1",
        "all 0.0.0.0/0 created 9 id sgr-2"
            .replace("all", "tcp 80/80")
            .as_str(),
    );
    check("all 0.0.0.0/0 created -1", "all 0.0.0.0/0 created -2");
    // One that says when comes before one that does not.
    check(
        "tcp 80/80 0.0.0.0/0 id sgr-1",
        "tcp 80/80 0.0.0.0/0 created 9 id sgr-2",
    );
}

#[test]
fn then_the_rule_of_the_smaller_id() {
    check("all 0.0.0.0/0 id sgr-b", "all 0.0.0.0/0 id sgr-a");
    // As text, not as a number.
    check("all 0.0.0.0/0 id sgr-9", "all 0.0.0.0/0 id sgr-10");
    check(
        "all 0.0.0.0/0 created 5",
        "all 0.0.0.0/0 created 5 id sgr-z",
    );
}

#[test]
fn then_the_rule_that_was_read_first() {
    for action in ["accept", "drop"] {
        let rule = format!("in 1 {action} all 0.0.0.0/0");
        assert_eq!(named(&[&rule, &rule]), "sg-a#1");
    }
    // Groups in the order they were read, not as the interface lists them.
    let snapshot = Parts::new(
        &[
            group("sg-z", &["in 1 accept all 0.0.0.0/0"]),
            group("sg-a", &["in 1 accept all 0.0.0.0/0"]),
        ],
        &[interface("eni-a", &["10.0.0.1"], &["sg-a", "sg-z"])],
    )
    .snapshot();
    assert_eq!(reported(&snapshot), "sg-z#1");
}

#[test]
fn no_criterion_outweighs_priority_or_drop_3_3_3() {
    let weak = "tcp 80/80 198.51.100.7 created 1 id sgr-1";
    assert_eq!(
        named(&[&format!("in 2 drop {weak}"), "in 1 accept all 0.0.0.0/0"]),
        "sg-a#2"
    );
    assert_eq!(
        named(&[&format!("in 1 accept {weak}"), "in 1 drop all 0.0.0.0/0"]),
        "sg-a#2"
    );
    // As numbers: 2 before 10.
    assert_eq!(
        named(&["in 10 drop all 0.0.0.0/0", "in 2 accept all 0.0.0.0/0"]),
        "sg-a#2"
    );
}
