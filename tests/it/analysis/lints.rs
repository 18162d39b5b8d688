//! Lints: worked cases, and what they say against brute force.

use std::collections::BTreeSet;

use secgroup_analysis::{About, Finding, Quotas, Severity, Workers, lint};
use secgroup_model::{
    Action, Direction, MissingReference, Query, RuleIndex, RuleMatch, Semantics, Snapshot,
    evaluate, explain,
};
use secgroup_tests::toys::Toy;
use secgroup_tests::written::Written;

use super::seeds;

fn find(snapshot: &Snapshot, semantics: &Semantics) -> Vec<Finding> {
    let found = lint(snapshot, semantics, &Quotas::default(), &Workers::default()).unwrap();
    for finding in &found {
        confirm(snapshot, semantics, finding);
    }
    found
}

/// Asserts that the reference says about a finding's flow what it says.
fn confirm(snapshot: &Snapshot, semantics: &Semantics, finding: &Finding) {
    let Some(witness) = finding.witness else {
        return;
    };
    let evaluation = evaluate(snapshot, semantics, &Query::from(witness.flow)).unwrap();
    let side = match witness.direction {
        Direction::Ingress => evaluation.ingress,
        Direction::Egress => evaluation.egress,
    };
    let side = side.expect("a finding is about what an interface does");
    let found = (side.interface, side.decision, side.by);
    assert_eq!(
        found,
        (witness.interface, witness.decision, witness.by),
        "{finding:?}"
    );
}

/// Returns the findings of a lint: what they are about, and what is related.
fn of(snapshot: &Snapshot, code: &str) -> Vec<(String, Vec<String>, Severity)> {
    let name = |rule: RuleIndex| snapshot.rule(rule).name().to_owned();
    let found = find(snapshot, &Semantics::default());
    let own = found.iter().filter(|one| one.lint.code == code);
    let row = |one: &Finding| {
        let about = match &one.about {
            About::Rule(rule) => name(*rule),
            About::Group(group) => snapshot.group(*group).id().to_string(),
            About::Interface(one) => snapshot.interface(*one).id().to_string(),
            About::List(id) => id.clone(),
        };
        (
            about,
            one.related.iter().copied().map(name).collect(),
            one.severity,
        )
    };
    own.map(row).collect()
}

fn one_group(rules: &[&str]) -> Snapshot {
    let written = Written::default().group("sg-a", rules);
    let written = written.interface("eni-a", &["10.0.0.1", "2001:db8:9::1"], &["sg-a"]);
    written.build(&Semantics::default())
}

#[test]
fn a_rule_is_shadowed_by_a_union_and_the_drop_is_named_first() {
    let snapshot = one_group(&[
        "ingress 1 accept all 192.0.2.0/25",
        "ingress 1 drop all 192.0.2.128/25",
        "ingress 2 accept all 192.0.2.0/24",
    ]);
    let both = vec!["r2".to_owned(), "r1".to_owned()];
    assert_eq!(
        of(&snapshot, "shadowed-rule"),
        [("r3".to_owned(), both, Severity::Warning)]
    );
    assert_eq!(of(&snapshot, "redundant-rule"), []);
}

#[test]
fn a_family_that_the_interfaces_do_not_have_keeps_no_rule_alive() {
    // Without sg-a nothing covers r1 of sg-b, but eni-6 has no IPv4.
    let written = |other: &[&str]| {
        let written = Written::default()
            .group("sg-a", &["ingress 1 drop all 0.0.0.0/0"])
            .group("sg-b", &["ingress 1 accept udp 1/65535 192.0.2.0/24"])
            .interface("eni-4", &["10.0.0.1"], &["sg-a", "sg-b"])
            .interface("eni-6", other, &["sg-b"]);
        of(&written.build(&Semantics::default()), "shadowed-rule").len()
    };
    assert_eq!(written(&["2001:db8:9::1"]), 1);
    assert_eq!(written(&["2001:db8:9::1", "10.0.0.2"]), 0);
    // What no interface has is neither shadowed nor redundant.
    let none = Written::default()
        .group("sg-b", &["ingress 1 accept udp 1/65535 192.0.2.0/24"; 2])
        .interface("eni-6", &["2001:db8:9::1"], &["sg-b"])
        .build(&Semantics::default());
    assert_eq!(of(&none, "redundant-rule"), []);
}

#[test]
fn one_blocking_rule_is_enough_and_redundant_is_something_else_5_9() {
    let row = |about: &str, by: &[&str], severity| {
        let by = by.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>();
        (about.to_owned(), by, severity)
    };
    let snapshot = one_group(&[
        "ingress 5 accept tcp 20/30 10.0.0.0/8",
        "ingress 9 drop tcp 22/22 10.1.0.0/16",
        "ingress 9 accept tcp 22/22 10.2.0.0/16",
        "ingress 9 accept tcp 22/31 10.2.0.0/16",
    ]);
    assert_eq!(
        of(&snapshot, "shadowed-rule"),
        [row("r2", &["r1"], Severity::Error)]
    );
    assert_eq!(
        of(&snapshot, "redundant-rule"),
        [row("r3", &["r1"], Severity::Note)]
    );
    // Of equal priority the wider one stays; of equal rules the first.
    let snapshot = one_group(&[
        "ingress 5 accept tcp 22/22 10.1.0.0/16",
        "ingress 5 accept tcp 22/22 10.0.0.0/8",
        "ingress 5 accept tcp 22/22 10.0.0.0/8",
    ]);
    assert_eq!(
        of(&snapshot, "redundant-rule"),
        [
            row("r1", &["r2"], Severity::Note),
            row("r3", &["r2"], Severity::Note)
        ]
    );
    // Halves make a whole.
    let snapshot = one_group(&[
        "ingress 1 accept tcp 1/100 0.0.0.0/1",
        "ingress 1 accept tcp 1/100 128.0.0.0/1",
        "ingress 2 accept tcp 50/60 0.0.0.0/0",
    ]);
    assert_eq!(
        of(&snapshot, "redundant-rule"),
        [row("r3", &["r1", "r2"], Severity::Note)]
    );
}

#[test]
fn a_rule_that_decides_in_one_set_of_groups_is_not_shadowed() {
    let written = Written::default()
        .group("sg-a", &["ingress 5 accept tcp 22/22 10.0.0.0/8"])
        .group("sg-guard", &["ingress 1 drop tcp 22/22 0.0.0.0/0"])
        .interface("eni-a", &["10.0.0.1"], &["sg-a", "sg-guard"]);
    let shadowed = |snapshot: &Snapshot| of(snapshot, "shadowed-rule").len();
    let both = |written: Written| written.build(&Semantics::default());
    assert_eq!(shadowed(&both(written)), 1);
    let written = Written::default()
        .group("sg-a", &["ingress 5 accept tcp 22/22 10.0.0.0/8"])
        .group("sg-guard", &["ingress 1 drop tcp 22/22 0.0.0.0/0"])
        .interface("eni-a", &["10.0.0.1"], &["sg-a", "sg-guard"])
        .interface("eni-b", &["10.0.0.2"], &["sg-a"]);
    assert_eq!(shadowed(&both(written)), 0);
}

#[test]
fn exposure_is_what_is_left_after_priorities_3_3() {
    let exposed = |accept: u8, drop: u8| {
        let rules = [
            format!("ingress {accept} accept tcp 22/22 0.0.0.0/0"),
            format!("ingress {drop} drop tcp 22/22 0.0.0.0/0"),
        ];
        let rules: Vec<&str> = rules.iter().map(String::as_str).collect();
        of(&one_group(&rules), "internet-exposure")
    };
    assert_eq!(exposed(10, 5), []);
    assert_eq!(exposed(10, 10), []);
    assert_eq!(exposed(5, 10), [("r1".to_owned(), vec![], Severity::Error)]);
    // An office is not the Internet; its halves are.
    assert_eq!(
        of(
            &one_group(&["ingress 1 accept tcp 22/22 198.51.100.0/24"]),
            "internet-exposure"
        ),
        []
    );
    let halves = one_group(&[
        "ingress 1 accept tcp 22/22 0.0.0.0/1",
        "ingress 1 accept tcp 22/22 128.0.0.0/1",
        "ingress 1 accept tcp 443/443 0.0.0.0/0",
        "ingress 1 accept udp 9999/9999 0.0.0.0/0",
        "ingress 1 accept all 10.0.0.0/8",
    ]);
    let severities: Vec<Severity> = of(&halves, "internet-exposure")
        .into_iter()
        .map(|one| one.2)
        .collect();

    assert_eq!(
        severities,
        [
            Severity::Error,
            Severity::Error,
            Severity::Note,
            Severity::Warning
        ]
    );
}

#[test]
fn ipv6_beside_a_closed_ipv4_is_found_3_5_4() {
    let code = "ipv6-open-ipv4-closed";
    let found = of(&one_group(&["ingress 1 accept tcp 22/22 ::/0"]), code);
    assert_eq!(found, [("r1".to_owned(), vec![], Severity::Warning)]);
    let both = [
        "ingress 1 accept tcp 22/22 ::/0",
        "ingress 1 accept tcp 22/22 0.0.0.0/0",
    ];
    assert_eq!(of(&one_group(&both), code), []);
    let office = [
        "ingress 1 accept tcp 22/22 ::/0",
        "ingress 1 accept tcp 22/22 198.51.100.0/24",
    ];
    assert_eq!(of(&one_group(&office), code).len(), 1);
}

#[test]
fn conflicts_of_one_priority_name_the_drop_that_wins_3_3_2() {
    let snapshot = one_group(&[
        "ingress 5 accept tcp 22/22 10.0.0.0/8",
        "ingress 5 drop tcp 1/100 10.1.0.0/16",
        "ingress 6 accept tcp 80/80 10.1.0.0/16",
        "ingress 6 drop tcp 80/80 10.1.2.0/24",
    ]);
    // The second pair never meets: the first drop decides there.
    assert_eq!(
        of(&snapshot, "priority-conflict"),
        [("r1".to_owned(), vec!["r2".to_owned()], Severity::Warning)]
    );
}

#[test]
fn what_matches_nothing_and_what_is_not_used_is_found() {
    let semantics = Semantics::default();
    let snapshot = Written::default()
        .list("pl-empty", &[])
        .list("pl-idle", &["10.0.0.0/8"])
        .group(
            "sg-a",
            &[
                "ingress 1 accept tcp 22/22 pl-empty",
                "ingress 1 accept tcp 22/22 sg-idle",
                "ingress 1 accept tcp 22/22 sg-a",
            ],
        )
        .group("sg-idle", &[])
        .interface("eni-a", &["10.0.0.1"], &["sg-a"])
        .build(&semantics);
    let names =
        |code: &str| -> Vec<String> { of(&snapshot, code).into_iter().map(|one| one.0).collect() };
    assert_eq!(names("never-matching-rule"), ["r1", "r2"]);
    assert_eq!(names("self-reference"), ["r3"]);
    assert_eq!(names("unattached-group"), ["sg-idle"]);
    assert_eq!(names("unused-prefix-list"), ["pl-idle"]);
}

#[test]
fn quotas_nearly_used_are_told_4_1() {
    let rules: Vec<String> = (1..=18)
        .map(|port| format!("ingress 1 accept tcp {port}/{port} 10.0.0.0/8"))
        .collect();
    let rules: Vec<&str> = rules.iter().map(String::as_str).collect();
    let snapshot = one_group(&rules);
    let count = |quota| {
        let quotas = Quotas {
            rules_per_group: Some(quota),
            ..Quotas::default()
        };
        let found = lint(
            &snapshot,
            &Semantics::default(),
            &quotas,
            &Workers::default(),
        )
        .unwrap();
        let own = found
            .into_iter()
            .filter(|one| one.lint.code == "quota-headroom");
        own.map(|one| one.severity).collect::<Vec<_>>()
    };
    assert_eq!(count(21), []);
    assert_eq!(count(20), [Severity::Warning]);
    assert_eq!(count(18), [Severity::Warning]);
    assert_eq!(count(17), [Severity::Error]);
}

#[test]
fn incomplete_input_is_never_clean_3_6_5() {
    let semantics = Semantics {
        missing_reference: MissingReference::NoMatch,
        ..Semantics::default()
    };
    let snapshot = Written::default()
        .group("sg-a", &["ingress 1 drop tcp 22/22 pl-gone"])
        .interface("eni-a", &["10.0.0.1"], &["sg-a"])
        .build(&semantics);
    let found = find(&snapshot, &semantics);
    assert!(
        found.iter().any(|one| one.lint.code == "missing-reference"),
        "{found:?}"
    );
}

#[test]
fn dead_rules_are_exactly_those_that_others_keep_from_deciding() {
    let (mut dead, mut alive, mut confirmed) = (0, 0, 0);
    // In 910 a rule about IPv4 is dead but for an interface without IPv4.
    for seed in (0..seeds(60)).chain([910]) {
        let toy = Toy::generate(seed);
        let (snapshot, semantics) = (&toy.snapshot, &toy.semantics);
        let found = find(snapshot, semantics);
        confirmed += found.iter().filter(|one| one.witness.is_some()).count();
        let flagged = |codes: &[&str]| -> BTreeSet<RuleIndex> {
            let own = found.iter().filter(|one| codes.contains(&one.lint.code));
            own.filter_map(|one| match one.about {
                About::Rule(rule) => Some(rule),
                _ => None,
            })
            .collect()
        };
        let gone = flagged(&["shadowed-rule", "redundant-rule"]);
        let useless = flagged(&["never-matching-rule", "missing-reference"]);
        let locals = snapshot
            .rules()
            .any(|(_, placed)| placed.rule().local.is_some());
        // Which rules are first among those with a stronger key, at some interface.
        let mut first: BTreeSet<RuleIndex> = BTreeSet::new();
        for flow in toy.flows() {
            let query = Query::from(flow);
            for (interface, one) in snapshot.interfaces() {
                for (direction, near) in [
                    (Direction::Ingress, flow.endpoints.destination()),
                    (Direction::Egress, flow.endpoints.source()),
                ] {
                    if !one.owns(near) {
                        continue;
                    }
                    let traces = explain(snapshot, semantics, &query, interface, direction);
                    let yes = |trace: &&secgroup_model::RuleTrace| {
                        matches!(trace.result, RuleMatch::Yes(_))
                    };
                    let key = |rule: RuleIndex| {
                        let rule = snapshot.rule(rule).rule();
                        (rule.priority.get(), rule.action == Action::Accept)
                    };
                    let matching: Vec<RuleIndex> =
                        traces.iter().filter(yes).map(|trace| trace.rule).collect();
                    let least = matching.iter().map(|rule| key(*rule)).min();
                    let best: Vec<RuleIndex> = matching
                        .into_iter()
                        .filter(|rule| Some(key(*rule)) == least)
                        .collect();
                    // Not all of the first may be gone: nobody would decide then.
                    assert!(
                        best.is_empty() || best.iter().any(|rule| !gone.contains(rule)),
                        "seed {seed}, {flow:?}: {best:?} are all gone"
                    );
                    first.extend(best);
                }
            }
        }
        dead += gone.len();
        for (rule, placed) in snapshot.rules() {
            let attached = snapshot.members(placed.group()).next().is_some();
            if attached && !locals && !useless.contains(&rule) && !first.contains(&rule) {
                // Nothing was left for it; it must have been told, unless it
                // is about a family that no member has.
                let told = gone.contains(&rule) || has_no_flow(&toy, rule);
                assert!(told, "seed {seed}: {} is dead", placed.rule());
            }
            alive += usize::from(first.contains(&rule));
        }
    }
    assert!(
        dead > 30 && alive > 200 && confirmed > 100,
        "{dead} {alive} {confirmed}"
    );
}

/// Tells whether no flow of a toy is matched by a rule.
fn has_no_flow(toy: &Toy, rule: RuleIndex) -> bool {
    let group = toy.snapshot.rule(rule).group();
    let direction = toy.snapshot.rule(rule).rule().direction;
    !toy.flows().iter().any(|flow| {
        let query = Query::from(*flow);
        let near = match direction {
            Direction::Ingress => flow.endpoints.destination(),
            Direction::Egress => flow.endpoints.source(),
        };
        let mut all = toy.snapshot.interfaces();
        all.any(|(index, one)| {
            one.groups().contains(&group)
                && one.owns(near)
                && explain(&toy.snapshot, &toy.semantics, &query, index, direction)
                    .iter()
                    .any(|trace| trace.rule == rule && matches!(trace.result, RuleMatch::Yes(_)))
        })
    })
}
