//! The short form for fleets: every field, and every way to get it wrong.

use crate::{assert_has, bad, good};

/// A file with one group, this in its ingress.
fn with_rule(rule: &str) -> String {
    format!(
        "groups:\n  sg-web:\n    ingress:\n      - {rule}\nprefix_lists:\n  pl-a: {{family: IPv4}}\n"
    )
}

#[test]
fn unknown_fields_are_refused_with_their_place() {
    let problems = bad(
        "a.yaml",
        "groups:\n  sg-web:\n    kind: normal\n    ingress:\n      - {proto: tcp, port: 22, from: 10.0.0.0/8}\nhosts: {}\n",
    );
    assert_has(
        &problems,
        "a.yaml:3:5: groups.sg-web.kind: unknown field `kind`; the fields here are name, type, \
         inner, vpc, owner, managed, description, resource_group, created, tags, ingress, egress",
    );
    assert_has(
        &problems,
        "a.yaml:5:22: groups.sg-web.ingress[0].port: unknown field `port`: did you mean ports",
    );
    assert!(
        problems
            .iter()
            .any(|line| line.starts_with("a.yaml:6:1: hosts: unknown field `hosts`")),
        "{problems:#?}"
    );
}

#[test]
fn faults_are_told_in_the_words_of_the_file() {
    for (rule, wanted) in [
        (
            "{proto: tcp, from: 10.0.0.0/8}",
            "ports is missing; expected first/last, such as 80/80",
        ),
        (
            "{proto: tcp, ports: 90-80, from: 10.0.0.0/8}",
            "ports `90-80` has its first port behind its last",
        ),
        (
            "{proto: tcp, ports: 65536, from: 10.0.0.0/8}",
            "ports `65536` reaches outside the ports 1 to 65535",
        ),
        (
            "{proto: udp, ports: any, source_ports: 9-8, from: 10.0.0.0/8}",
            "source_ports `9-8` has its first port behind its last",
        ),
        (
            "{proto: tpc, ports: 80, from: 10.0.0.0/8}",
            "proto `tpc` is not known",
        ),
        ("{ports: 80, from: 10.0.0.0/8}", "proto is missing"),
        (
            "{proto: all, ports: 80, from: 10.0.0.0/8}",
            "ports `80`: ALL needs -1/-1",
        ),
        (
            "{proto: all, from: any}",
            "`any` is neither an address block nor the id",
        ),
        ("{proto: all}", "the rule has no `from`"),
        (
            "{proto: all, from: 10.0.0.0/8, to: 10.0.0.1}",
            "an ingress rule has `from`; its own end is `local`",
        ),
        ("{proto: all, from: 10.0.0.0/33}", "from `10.0.0.0/33`"),
        (
            "{proto: all, from: 10.0.0.0/8, policy: allow}",
            "policy `allow` is neither accept nor drop",
        ),
        ("{proto: all, from: 10.0.0.0/8, priority: 0}", "priority"),
        (
            "{proto: all, from: sg-none}",
            "refers to security group `sg-none`, which is not defined",
        ),
        (
            "{proto: all, from: [10.0.0.0/8]}",
            "expected text, found a list",
        ),
        (
            "accept all",
            "expected a rule such as {proto: tcp, ports: 22, from: 10.0.0.0/8}, found text",
        ),
    ] {
        let problems = bad("a.yaml", &with_rule(rule));
        assert!(problems[0].contains(wanted), "{rule}: {problems:#?}");
        assert!(
            problems[0].starts_with("a.yaml:4:"),
            "{rule}: {problems:#?}"
        );
    }
}

#[test]
fn the_ports_of_a_list_are_told_as_they_are_written() {
    let text = "groups: {sg-a: {}}\nport_lists:\n  prl-a: {entries: [80, 90-80]}\n";
    assert_has(
        &bad("a.yaml", text),
        "a.yaml:3:25: port_lists.prl-a.entries[1]: ports `90-80` has its first port behind its last \
         (InvalidParam.PortRange)",
    );
}

#[test]
fn a_peer_is_a_block_a_group_or_a_list() {
    for (peer, shown) in [
        ("10.0.0.1", "10.0.0.1/32"),
        ("10.0.0.0/8", "10.0.0.0/8"),
        ("::/0", "::/0"),
        ("'2001:db8::1'", "2001:db8::1/128"),
        ("sg-web", "sg-web"),
        ("pl-a", "pl-a"),
    ] {
        let (snapshot, _) = good(
            "a.yaml",
            &with_rule(&format!("{{proto: all, from: {peer}}}")),
        );
        let rule = snapshot.rules().next().unwrap().1.rule();
        assert_eq!(rule.peer.to_string(), shown);
    }
}

#[test]
fn what_a_file_does_not_say_is_documented() {
    let (snapshot, warnings) = good(
        "a.yaml",
        "groups:\n  sg-a: {}\n  sg-b: {type: enterprise}\n  sg-c: {vpc: classic}\n  sg-d:\n",
    );
    assert_eq!(warnings, Vec::<String>::new());
    let groups: Vec<String> = snapshot
        .groups()
        .map(|(_, group)| {
            let vpc = group.vpc().map_or("classic", |vpc| vpc.as_str());
            format!(
                "{} {} {:?} {vpc}",
                group.id(),
                group.kind(),
                group.inner_access()
            )
        })
        .collect();
    assert_eq!(
        groups,
        [
            "sg-a normal Accept vpc-default",
            "sg-b enterprise Drop vpc-default",
            "sg-c normal Accept classic",
            "sg-d normal Accept vpc-default",
        ]
    );
}

#[test]
fn the_schema_has_the_fields_that_are_read() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/fleet.schema.json");
    let schema: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    for (part, place) in [
        ("file", &schema),
        ("group", &schema["$defs"]["group"]),
        ("rule", &schema["$defs"]["rule"]),
        ("peer", &schema["$defs"]["peer"]),
        ("interface", &schema["$defs"]["interface"]),
        ("timers", &schema["$defs"]["timers"]),
        ("prefix list", &schema["$defs"]["prefixList"]),
        ("port list", &schema["$defs"]["portList"]),
    ] {
        let mut wanted: Vec<&str> = secgroup_import::fields(part).to_vec();
        let mut found: Vec<&str> = place["properties"]
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        wanted.sort_unstable();
        found.sort_unstable();
        assert_eq!(found, wanted, "{part}");
        assert_eq!(place["additionalProperties"], false, "{part}");
    }
}
