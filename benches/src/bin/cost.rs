//! A fixed amount of work, to count its instructions: `benches/cost` runs it
//! under callgrind.
//!
//! It judges the flows of a workload so many times, after checking the answers
//! once. What two runs of different length differ in is judging alone.

use std::hint::black_box;

use anyhow::{Context, bail};
use clap::Parser;
use secgroup_benches::{Workload, no_answers};
use secgroup_gen::Traffic;
use secgroup_matcher::classifier::Width;
use secgroup_matcher::{Engine, Matcher};
use secgroup_model::Family;

/// How many rules the interface of a workload has.
const RULES: usize = 1_000;

/// Judges the flows of a workload; prints how many there are, and with which
/// vectors they are judged.
#[derive(Debug, Parser)]
struct Arguments {
    /// The workload: `v4`, `v6` or `fleet`
    workload: String,
    /// How many times
    passes: u64,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let workload = match arguments.workload.as_str() {
        "v4" => Workload::interface(Family::V4, RULES, Traffic::Mixed),
        "v6" => Workload::interface(Family::V6, RULES, Traffic::Mixed),
        "fleet" => Workload::fleet(Family::V4),
        other => bail!("`{other}`: expected v4, v6 or fleet"),
    };
    let world = &workload.world;
    let matcher = Matcher::compile(&world.snapshot, &world.semantics, Engine::Compiled);
    workload.check(|flows, answers| matcher.decide(flows, answers));
    let mut answers = no_answers(workload.flows.len());
    for _ in 0..arguments.passes {
        matcher.decide(black_box(&workload.flows), &mut answers);
        black_box(&answers);
    }
    let line = format!("{} {}\n", workload.flows.len(), Width::widest());
    std::io::Write::write_all(&mut std::io::stdout(), line.as_bytes()).context("standard output")
}
