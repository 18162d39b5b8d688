//! How rules combine, apart from how they match.
//!
//! An abstract rule has an action, a priority and either matches or does not.
//! Every list of up to four of them is tried in both directions of both kinds
//! of group, against an oracle of three lines.

use secgroup_model::{Decision, GroupKind, InnerAccess};

use crate::situation::{Parts, advanced, group, interface, judge, rule, to_port};

/// The longest list.
const MOST_RULES: usize = 4;

#[derive(Clone, Copy, Debug)]
struct Abstract {
    accepts: bool,
    matches: bool,
    priority: u8,
}

/// Tells whether the rules let a flow pass: the least `2 * priority + accept`
/// of those that match decides, else the default (3.3.4).
fn passes(rules: &[Abstract], default: bool) -> bool {
    let matching = rules.iter().filter(|rule| rule.matches);
    let least = matching
        .map(|rule| 2 * rule.priority + u8::from(rule.accepts))
        .min();
    least.map_or(default, |key| key % 2 == 1)
}

/// Every abstract rule: {accept, drop} × {matches, does not} × priority 1..=3.
fn alphabet() -> Vec<Abstract> {
    let mut all = Vec::new();
    for priority in 1..=3 {
        for (accepts, matches) in [(true, true), (true, false), (false, true), (false, false)] {
            all.push(Abstract {
                accepts,
                matches,
                priority,
            });
        }
    }
    all
}

/// Writes a rule that matches a flow from or to 198.51.100.7, or does not.
fn written(direction: &str, own: Abstract) -> secgroup_model::Rule {
    let action = if own.accepts { "accept" } else { "drop" };
    let peer = if own.matches {
        "198.51.100.0/24"
    } else {
        "203.0.113.0/24"
    };
    rule(&format!("{direction} {} {action} all {peer}", own.priority))
}

/// Judges one list in one direction of one kind of group.
fn judged(rules: &[secgroup_model::Rule], direction: &str, kind: GroupKind) -> Decision {
    let mut parts = Parts::new(
        &[group("sg-a", &[])],
        &[interface("eni-a", &["10.0.0.1"], &["sg-a"])],
    );
    parts.groups[0].kind = kind;
    parts.groups[0].rules = rules.to_vec();
    let flow = match direction {
        "in" => to_port("198.51.100.7", "10.0.0.1", 22),
        _ => to_port("10.0.0.1", "198.51.100.7", 22),
    };
    let evaluation = judge(&parts.snapshot(), &flow);
    evaluation.ingress.or(evaluation.egress).unwrap().decision
}

/// Calls `check` for every list of up to [`MOST_RULES`] letters.
fn every_list(letters: usize, check: &mut dyn FnMut(&[usize])) {
    fn longer(letters: usize, list: &mut Vec<usize>, check: &mut dyn FnMut(&[usize])) {
        check(list);
        if list.len() < MOST_RULES {
            for letter in 0..letters {
                list.push(letter);
                longer(letters, list, check);
                list.pop();
            }
        }
    }
    longer(letters, &mut Vec::new(), check);
}

#[test]
fn the_matching_rule_of_the_least_key_decides_else_the_default_3_3_4() {
    let alphabet = alphabet();
    let mut reached = [[0_u32; 2]; 2];
    for (direction, kind, default) in [
        ("in", GroupKind::Basic, false),
        ("out", GroupKind::Basic, true),
        ("in", GroupKind::Advanced, false),
        ("out", GroupKind::Advanced, false),
    ] {
        let spelt: Vec<_> = alphabet
            .iter()
            .map(|own| written(direction, *own))
            .collect();
        every_list(alphabet.len(), &mut |list| {
            let own: Vec<Abstract> = list.iter().map(|letter| alphabet[*letter]).collect();
            let rules: Vec<_> = list.iter().map(|letter| spelt[*letter].clone()).collect();
            let expected = passes(&own, default);
            let decision = judged(&rules, direction, kind);
            assert_eq!(
                decision == Decision::Accept,
                expected,
                "{direction} {kind:?} {own:?}"
            );
            assert_ne!(decision, Decision::Depends);
            let matched = own.iter().any(|rule| rule.matches);
            reached[usize::from(matched)][usize::from(expected)] += 1;
        });
    }
    assert!(
        reached.iter().flatten().all(|count| *count > 1000),
        "{reached:?}"
    );
}

#[test]
fn rules_split_over_groups_decide_as_one_list_3_2_1() {
    let alphabet = alphabet();
    let flow = to_port("198.51.100.7", "10.0.0.1", 22);
    for first in &alphabet {
        for second in &alphabet {
            let rules = [*first, *second].map(|own| written("in", own));
            let together = judged(&rules, "in", GroupKind::Basic);
            let mut parts = Parts::new(
                &[group("sg-a", &[]), group("sg-b", &[])],
                &[interface("eni-a", &["10.0.0.1"], &["sg-b", "sg-a"])],
            );
            let [one, other] = rules;
            parts.groups[0].rules.push(one);
            parts.groups[1].rules.push(other);
            let apart = judge(&parts.snapshot(), &flow).ingress.unwrap().decision;
            assert_eq!(apart, together, "{first:?} {second:?}");
        }
    }
}

/// Stages 3 to 5 of 3.1: intra-group access, custom rules, default.
#[test]
fn intra_group_access_goes_before_rules_and_rules_before_the_default_3_1() {
    const DROPS: &str = "in 1 drop all 0.0.0.0/0";
    const ACCEPTS: &str = "in 1 accept all 0.0.0.0/0";
    for (basic, inner_access, rules, expected) in [
        (
            true,
            InnerAccess::Accept,
            [DROPS].as_slice(),
            Decision::Accept,
        ),
        (true, InnerAccess::Accept, &[], Decision::Accept),
        (true, InnerAccess::Drop, &[DROPS], Decision::Drop),
        (true, InnerAccess::Drop, &[ACCEPTS], Decision::Accept),
        (true, InnerAccess::Drop, &[], Decision::Drop),
        // An advanced group never connects its members (3.7.2).
        (false, InnerAccess::Accept, &[DROPS], Decision::Drop),
        (false, InnerAccess::Accept, &[], Decision::Drop),
        (false, InnerAccess::Accept, &[ACCEPTS], Decision::Accept),
    ] {
        let mut own = if basic {
            group("sg-a", rules)
        } else {
            advanced("sg-a", rules)
        };
        own.inner_access = inner_access;
        let interfaces = [
            interface("eni-a", &["10.0.0.1"], &["sg-a"]),
            interface("eni-b", &["10.0.0.2"], &["sg-a"]),
        ];
        let snapshot = Parts::new(&[own], &interfaces).snapshot();
        let side = judge(&snapshot, &to_port("10.0.0.2", "10.0.0.1", 22)).ingress;
        assert_eq!(
            side.unwrap().decision,
            expected,
            "{basic} {inner_access:?} {rules:?}"
        );
    }
}
