//! A matcher that is compiled after another one, of a snapshot of which only
//! parts are new.

use secgroup_matcher::{Answer, Engine, Matcher, Sides};
use secgroup_model::{
    Flow, GroupIndex, InterfaceIndex, Query, Semantics, Snapshot, SnapshotBuilder, evaluate,
};
use secgroup_tests::differential::expected;
use secgroup_tests::flows::generate;
use secgroup_tests::rng::Rng;
use secgroup_tests::worlds::World;

use super::changes::Parts;

/// What is changed, by name.
const CHANGES: [&str; 5] = ["rules", "membership", "prefix list", "no rules", "nothing"];

/// How often a change must have changed an answer, and how often a policy must
/// have been kept.
const LEAST: u64 = 30;

/// Builds a snapshot after another one, with one part changed.
fn changed(snapshot: &Snapshot, semantics: &Semantics, change: &str, rng: &mut Rng) -> Snapshot {
    let mut parts = Parts::of(snapshot);
    let group = rng.below(parts.groups.len().max(1));
    let interface = rng.below(parts.interfaces.len().max(1));
    let list = rng.below(parts.prefix_lists.len().max(1));
    let mut builder = SnapshotBuilder::after(snapshot);
    let number = |at: usize| u32::try_from(at).unwrap();
    let groups: Vec<GroupIndex> = snapshot.groups().map(|(index, _)| index).collect();
    for (at, mut own) in parts.groups.drain(..).enumerate() {
        match change {
            "rules" if at == group => {
                own.rules.reverse();
                own.rules.truncate(own.rules.len() / 2);
                builder.group(own);
            }
            "no rules" if at == group => {
                own.rules.clear();
                builder.group(own);
            }
            _ => drop(builder.unchanged_group(groups[at])),
        }
    }
    let interfaces: Vec<InterfaceIndex> = snapshot.interfaces().map(|(index, _)| index).collect();
    for (at, mut own) in parts.interfaces.drain(..).enumerate() {
        if change == "membership" && at == interface {
            own.groups.truncate(1);
            builder.interface(own);
        } else {
            builder.unchanged_interface(interfaces[at]);
        }
    }
    for (at, mut own) in parts.prefix_lists.drain(..).enumerate() {
        if change == "prefix list" && at == list {
            own.entries.truncate(number(own.entries.len()) as usize / 2);
            builder.prefix_list(own);
        } else {
            builder.unchanged_prefix_list(at);
        }
    }
    for at in 0..parts.port_lists.len() {
        builder.unchanged_port_list(at);
    }
    builder.build(semantics).unwrap().snapshot
}

fn answers(matcher: &Matcher, flows: &[Flow]) -> Vec<Answer> {
    let mut answers = vec![Answer::Judged(Sides::default()); flows.len()];
    matcher.decide(flows, &mut answers);
    answers
}

#[test]
fn a_matcher_after_a_change_answers_as_the_reference_3_3() {
    let (mut differing, mut kept, mut fleets) = ([0_u64; CHANGES.len()], 0, 0);
    for seed in 0..120 {
        let world = World::generate(seed);
        let semantics = &world.semantics;
        let mut rng = Rng::new(seed);
        let flows: Vec<Flow> = (0..150).map(|_| generate(&world, &mut rng).flow).collect();
        let mut snapshot = world.snapshot.clone();
        let mut matcher = Matcher::compile(&snapshot, semantics, Engine::Compiled);
        // One change after the other, each on top of those before.
        for (at, change) in CHANGES.iter().enumerate() {
            let next = changed(&snapshot, semantics, change, &mut rng);
            let following = matcher.after(&snapshot, &next);
            kept += following.kept() as u64;
            // More than eight are looked up together.
            fleets += u64::from(following.policies() > 8);
            let found = answers(&following, &flows);
            for (flow, answer) in flows.iter().zip(&found) {
                let evaluated = evaluate(&next, semantics, &Query::from(*flow));
                let wanted = expected(&evaluated);
                assert_eq!(*answer, wanted, "seed {seed}, {change}, {flow:?}");
                assert_eq!(
                    following.decide_one(flow),
                    wanted,
                    "seed {seed}, {change}, {flow:?}"
                );
            }
            let before = answers(&matcher, &flows);
            differing[at] += before
                .iter()
                .zip(&found)
                .filter(|(one, other)| one != other)
                .count() as u64;
            (snapshot, matcher) = (next, following);
        }
    }
    let [rest @ .., nothing] = differing;
    assert!(rest.iter().all(|count| *count >= LEAST), "{differing:?}");
    assert_eq!(nothing, 0, "{differing:?}");
    assert!(kept >= LEAST * LEAST && fleets >= LEAST, "{kept} {fleets}");
}
