//! Lookups a second, by engine, family, number of rules and kind of traffic.
//!
//! An element is a flow, judged at every interface it crosses. Every engine
//! must give the committed answers, and the reference those of the engines.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput};
use secgroup_benches::{RULE_COUNTS, Workload, no_answers};
use secgroup_gen::{Traffic, World};
use secgroup_matcher::{Engine, Matcher};
use secgroup_model::Family;
use secgroup_replay::Judge;

/// The number of rules at which kinds of traffic are compared.
const COMPARED_RULES: usize = 1_000;

/// The greatest number of rules at which the reference is measured.
const REFERENCE_RULES: usize = 1_000;

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(100))
        .measurement_time(Duration::from_millis(500))
        .configure_from_args();
    for family in [Family::V4, Family::V6] {
        for rules in RULE_COUNTS {
            lookups(
                &mut criterion,
                &Workload::interface(family, rules, Traffic::Mixed),
            );
        }
        for traffic in [Traffic::HitFirst, Traffic::DeepMiss] {
            lookups(
                &mut criterion,
                &Workload::interface(family, COMPARED_RULES, traffic),
            );
        }
        lookups(
            &mut criterion,
            &Workload::all_priorities_equal(family, COMPARED_RULES),
        );
        lookups(&mut criterion, &Workload::fleet(family));
    }
    criterion.final_summary();
}

fn lookups(criterion: &mut Criterion, workload: &Workload) {
    let World {
        snapshot,
        semantics,
        ..
    } = &workload.world;
    let reference = Judge::Reference {
        snapshot,
        semantics: *semantics,
    };
    let few = workload.reference_flows();
    let mut wanted = no_answers(few.len());
    reference.decide(few, &mut wanted);

    let mut group = criterion.benchmark_group(format!("lookups/{}", workload.name));
    group.throughput(Throughput::Elements(workload.flows.len() as u64));
    let mut answers = no_answers(workload.flows.len());
    for engine in Engine::ALL {
        let matcher = Matcher::compile(snapshot, semantics, engine);
        let checked = workload.check(|flows, answers| matcher.decide(flows, answers));
        assert!(checked == wanted, "{engine} and the reference disagree");
        group.bench_function(BenchmarkId::from_parameter(engine), |bencher| {
            bencher.iter(|| matcher.decide(black_box(&workload.flows), &mut answers));
        });
    }
    if snapshot.rules().len() <= REFERENCE_RULES {
        group.throughput(Throughput::Elements(few.len() as u64));
        group.bench_function("reference", |bencher| {
            bencher.iter(|| reference.decide(black_box(few), &mut wanted));
        });
    }
    group.finish();
}
