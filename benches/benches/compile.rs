//! How long a snapshot takes to compile, by engine, family and number of rules.
//!
//! An element is a rule. Both families are compiled, and only one has rules.
//! What was compiled must give the committed answers.

use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput};
use secgroup_benches::{RULE_COUNTS, Workload};
use secgroup_gen::{Traffic, World};
use secgroup_matcher::{Engine, Matcher};
use secgroup_model::Family;

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(50))
        .measurement_time(Duration::from_millis(300))
        .configure_from_args();
    for family in [Family::V4, Family::V6] {
        for rules in RULE_COUNTS {
            compile(
                &mut criterion,
                &Workload::interface(family, rules, Traffic::Mixed),
            );
        }
    }
    compile(&mut criterion, &Workload::fleet(Family::V4));
    criterion.final_summary();
}

fn compile(criterion: &mut Criterion, workload: &Workload) {
    let World {
        snapshot,
        semantics,
        ..
    } = &workload.world;
    let mut group = criterion.benchmark_group(format!("compile/{}", workload.name));
    group.throughput(Throughput::Elements(snapshot.rules().len() as u64));
    for engine in Engine::ALL {
        let matcher = Matcher::compile(snapshot, semantics, engine);
        workload.check(|flows, answers| matcher.decide(flows, answers));
        group.bench_function(BenchmarkId::from_parameter(engine), |bencher| {
            bencher.iter_with_large_drop(|| Matcher::compile(snapshot, semantics, engine));
        });
    }
    group.finish();
}
