//! Snapshots with one thing changed, as `what-if`, `minimize` and the flips of
//! `check --explain` make them, against snapshots built anew.

use secgroup_analysis::{Judged, JudgedFlow, RuleEdit, Workers, diff, with_membership};
use secgroup_model::{
    GroupIndex, InterfaceIndex, Outcome, Rule, Semantics, Snapshot, SnapshotBuilder,
};
use secgroup_tests::toys::Toy;

use super::{judge, seeds};

/// What a snapshot built anew has otherwise.
#[derive(Default)]
struct Other<'a> {
    rules: Option<(GroupIndex, Vec<Rule>)>,
    membership: Option<(InterfaceIndex, &'a [GroupIndex])>,
}

/// Builds a snapshot anew from all that another one says, but for one thing;
/// none where that makes no snapshot.
fn anew(snapshot: &Snapshot, semantics: &Semantics, other: &Other<'_>) -> Option<Snapshot> {
    let mut builder = SnapshotBuilder::new();
    for (index, _) in snapshot.groups() {
        let mut spec = snapshot.group_spec(index);
        if let Some((changed, rules)) = &other.rules
            && *changed == index
        {
            spec.rules = rules.clone();
        }
        builder.group(spec);
    }
    for (index, _) in snapshot.interfaces() {
        let mut spec = snapshot.interface_spec(index);
        if let Some((changed, groups)) = other.membership
            && changed == index
        {
            let names = groups.iter();
            spec.groups = names
                .map(|group| snapshot.group(*group).id().clone())
                .collect();
        }
        builder.interface(spec);
    }
    for list in snapshot.prefix_lists() {
        builder.prefix_list(list.clone());
    }
    for list in snapshot.port_lists() {
        builder.port_list(list.clone());
    }
    builder.build(semantics).ok().map(|built| built.snapshot)
}

#[test]
fn other_members_are_as_if_they_had_always_been_there() {
    let (mut same, mut changed, mut impossible) = (0, 0, 0);
    for seed in 0..seeds(60) {
        let toy = Toy::generate(seed);
        let (snapshot, semantics) = (&toy.snapshot, &toy.semantics);
        let groups: Vec<GroupIndex> = snapshot.groups().map(|(index, _)| index).collect();
        let (interface, own) = snapshot.interfaces().next().unwrap();
        for group in groups {
            // It joins the group, or leaves it.
            let mut wanted = own.groups().to_vec();
            match wanted.iter().position(|one| *one == group) {
                Some(at) => drop(wanted.remove(at)),
                None => wanted.push(group),
            }
            let other = Other {
                membership: Some((interface, &wanted)),
                ..Other::default()
            };
            let built = anew(snapshot, semantics, &other);
            let found = with_membership(snapshot, semantics, interface, &wanted).ok();
            assert_eq!(built.is_some(), found.is_some(), "seed {seed}");
            let (Some(built), Some(found)) = (built, found) else {
                impossible += 1;
                continue;
            };
            let judged = |snapshot| Judged {
                snapshot,
                semantics,
            };
            let between = diff(judged(&built), judged(&found), &Workers::default()).unwrap();
            assert_eq!(between, [], "seed {seed}");
            let changes = diff(judged(snapshot), judged(&found), &Workers::default()).unwrap();
            let toy_of = |snapshot: &Snapshot| Toy {
                snapshot: snapshot.clone(),
                semantics: *semantics,
            };
            let (built, found) = (toy_of(&built), toy_of(&found));
            for flow in toy.flows() {
                let (one, two) = (judge(&built, &flow), judge(&found, &flow));
                assert_eq!(one, two, "seed {seed}, {flow:?}");
                let before = judge(&toy, &flow);
                // What changes from end to end is in some region.
                if before.outcome() != two.outcome() {
                    let inside = changes.iter().any(|change| change.flows.contains(&flow));
                    assert!(inside, "seed {seed}, {flow:?}");
                    changed += 1;
                } else {
                    same += 1;
                }
            }
        }
    }
    assert!(
        same > 1000 && changed > 1000 && impossible > 3,
        "{same} {changed} {impossible}"
    );
}

#[test]
fn every_edit_that_is_proposed_flips_the_verdict_of_a_snapshot_built_anew() {
    let mut kinds = [0; 3];
    for seed in 0..seeds(30) {
        let toy = Toy::generate(seed);
        let (snapshot, semantics) = (&toy.snapshot, &toy.semantics);
        for flow in toy.flows().iter().step_by(61) {
            let evaluation = judge(&toy, flow);
            let judged = JudgedFlow {
                snapshot,
                semantics,
                flow: *flow,
                evaluation: &evaluation,
            };
            for edit in judged.edits() {
                let of = |index| snapshot.rule(index).group();
                let rules = |group: GroupIndex| {
                    let own = snapshot.rules_of(group);
                    own.map(|(index, placed)| (index, placed.rule().clone()))
                };
                let (group, rules): (GroupIndex, Vec<Rule>) = match &edit {
                    RuleEdit::Add(group, rule) => {
                        let own = rules(*group).map(|(_, rule)| rule);
                        (*group, own.chain([(**rule).clone()]).collect())
                    }
                    RuleEdit::Widen(index, wider) => {
                        let all = rules(of(*index)).map(|(other, rule)| {
                            if other == *index {
                                (**wider).clone()
                            } else {
                                rule
                            }
                        });
                        (of(*index), all.collect())
                    }
                    RuleEdit::Remove(index) => {
                        let others = rules(of(*index)).filter(|(other, _)| other != index);
                        (of(*index), others.map(|(_, rule)| rule).collect())
                    }
                };
                kinds[match edit {
                    RuleEdit::Add(..) => 0,
                    RuleEdit::Widen(..) => 1,
                    RuleEdit::Remove(_) => 2,
                }] += 1;
                let other = Other {
                    rules: Some((group, rules)),
                    ..Other::default()
                };
                let after = Toy {
                    snapshot: anew(snapshot, semantics, &other).unwrap(),
                    semantics: *semantics,
                };
                let (before, after) = (evaluation.outcome(), judge(&after, flow).outcome());
                let both = [Outcome::Accept, Outcome::Drop];
                assert!(
                    before != after && both.contains(&after),
                    "seed {seed}, {edit:?}"
                );
            }
        }
    }
    assert!(kinds.iter().all(|count| *count > 20), "{kinds:?}");
}
