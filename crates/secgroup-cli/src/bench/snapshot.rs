//! Measuring the engines of a snapshot with recorded flows.

use std::io;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use secgroup_matcher::{Answer, Matcher, Sides};
use secgroup_model::{Flow, Outcome};
use secgroup_replay::{DEFAULT_SESSIONS, Mode, Row, Sink};

use super::threads::Threads;
use super::{Engine, Measured, checksum, engines_of};
use crate::args::{BenchArguments, BenchEngine, EngineName, Limits};
use crate::config::Config;
use crate::failure::Failure;
use crate::replay::{Job, source};

/// Reads the flows of the trace and measures every engine.
pub(super) fn measure(arguments: &BenchArguments) -> Result<Measured, Failure> {
    let config = Config::of_files(std::slice::from_ref(&arguments.rules), Limits::Off)?;
    let job = Job {
        sources: vec![source(&arguments.trace, None)],
        in_time_order: false,
        rank_accepted: false,
        threads: 0,
        engine: EngineName::Compiled,
        skip_bad: false,
        mode: Mode::Packets,
        most_sessions: DEFAULT_SESSIONS,
        quiet: true,
        verbose: false,
    };
    let mut flows = Flows::default();
    let done = job.run(&config, Some(&mut flows))?;
    let flows = flows.in_order();
    if flows.is_empty() {
        let name = arguments.trace.display();
        let message = format!("{name}: there is no flow in it that can be judged");
        return Err(Failure::bad_input(vec![message]));
    }
    drop(done);
    let there = [BenchEngine::Compiled, BenchEngine::Trie, BenchEngine::Scan];
    let engines = engines_of(arguments, &there)?;
    let threads = Threads::of(arguments.threads);
    let measured = engines
        .into_iter()
        .map(|engine| one(engine, &config, &flows, arguments.rounds, threads));
    Ok(Measured {
        rules: config.snapshot.rules().len(),
        headers: flows.len(),
        threads: threads.count(),
        engines: measured.collect(),
    })
}

fn one(
    engine: BenchEngine,
    config: &Config,
    flows: &[Flow],
    rounds: u16,
    threads: Threads,
) -> Engine {
    let (name, engine) = match engine {
        BenchEngine::Compiled => ("compiled", secgroup_matcher::Engine::Compiled),
        BenchEngine::Trie => ("trie", secgroup_matcher::Engine::Trie),
        BenchEngine::Scan => ("scan", secgroup_matcher::Engine::Scan),
    };
    let start = Instant::now();
    let matcher = Matcher::compile(&config.snapshot, &config.semantics, engine);
    let build_s = start.elapsed().as_secs_f64();
    let mut answers = vec![Answer::Judged(Sides::default()); flows.len()];
    let lookups_per_s = (0..rounds).map(|_| {
        let start = Instant::now();
        threads.share(flows, &mut answers, |flows, answers| {
            matcher.decide(flows, answers);
        });
        flows.len() as f64 / start.elapsed().as_secs_f64().max(1e-9)
    });
    let lookups_per_s = lookups_per_s.collect();
    let numbers: Vec<u32> = answers.iter().map(number).collect();
    Engine {
        engine: name,
        representation: format!("{} policies", matcher.policies()),
        build_s,
        bytes: None,
        lookups_per_s,
        checksum: checksum(&numbers),
    }
}

/// Returns a number for an answer: the verdict, and the rules that decided.
fn number(answer: &Answer) -> u32 {
    let Answer::Judged(sides) = answer else {
        return u32::MAX;
    };
    let verdict = match sides.outcome() {
        Outcome::Accept => 1,
        Outcome::Drop => 2,
        Outcome::Outside => 3,
        Outcome::Depends => 4,
    };
    let both = [sides.egress, sides.ingress].into_iter().flatten();
    both.fold(verdict, |sum: u32, side| {
        let by = match side.by {
            secgroup_model::DecidedBy::Rule(rule) => u32::try_from(rule.get()).unwrap_or(u32::MAX),
            _ => u32::MAX / 2,
        };
        sum.rotate_left(7) ^ by
    })
}

/// Keeps the flows of a replay.
#[derive(Default)]
struct Flows(Mutex<Vec<(u64, Flow)>>);

impl Flows {
    fn in_order(self) -> Vec<Flow> {
        let mut flows = self.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        flows.sort_by_key(|(number, _)| *number);
        flows.into_iter().map(|(_, flow)| flow).collect()
    }
}

impl Sink for Flows {
    fn format(&self, rows: &mut dyn Iterator<Item = Row<'_>>, _: &mut Vec<u8>) {
        let own = rows.map(|row| (row.record.number, row.record.flow));
        let own: Vec<_> = own.collect();
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(own);
    }

    fn write(&mut self, _: &[u8]) -> io::Result<()> {
        Ok(())
    }
}
