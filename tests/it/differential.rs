//! Every engine answers as the reference does.

use secgroup_matcher::Engine;
use secgroup_matcher::classifier::Representation;
use secgroup_tests::differential::{BRANCHES, Coverage, run};
use secgroup_tests::program::report;

/// 500 worlds with 800 flows each.
const WORLDS: u64 = 500;
const FLOWS: usize = 800;

/// How often every branch must be reached.
const LEAST: u64 = 200;

#[test]
fn every_engine_answers_as_the_reference_on_generated_worlds() {
    let mut coverage = Coverage::default();
    for seed in 0..WORLDS {
        if let Err(difference) = run(seed, FLOWS, &mut coverage) {
            panic!("{difference}");
        }
    }
    report(&format!(
        "differential: {} flows over {WORLDS} worlds, {} on edges",
        coverage.flows, coverage.on_edge
    ));
    for (branch, count) in &coverage.reached {
        report(&format!("{count:>8}  {branch}"));
    }
    assert!(coverage.flows >= 200_000);
    for engine in Representation::all().into_iter().map(Engine::Represented) {
        let worlds = coverage.engines.get(&engine.to_string());
        assert!(
            worlds.is_some_and(|count| *count >= 15),
            "{engine}: {worlds:?}"
        );
    }
    assert!(
        coverage.on_edge * 100 >= coverage.flows * 30,
        "{} on edges",
        coverage.on_edge
    );
    let rare = coverage.rare(LEAST);
    assert!(
        rare.is_empty(),
        "reached fewer than {LEAST} times, of {BRANCHES:?}: {rare:?}"
    );
}
