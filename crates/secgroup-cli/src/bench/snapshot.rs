//! Measuring the engines of a snapshot with recorded flows.

use std::io;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use secgroup_gen::{Aim, Headers};
use secgroup_matcher::{Answer, Matcher, Sides, filter_list};
use secgroup_model::{Direction, Endpoints, Family, Flow, Outcome, Transport};
use secgroup_replay::{Judge, Mode, Row, Sink};

use super::threads::Threads;
use super::trace::DRAWN;
use super::{Engine, Measured, checksum};
use crate::args::{BenchArguments, BenchEngine, CommonArguments, Limits};
use crate::config::Config;
use crate::failure::{Exit, Failure};
use crate::generate::in_a_set;
use crate::replay::{Job, source};

/// Reads the flows of the trace and measures every engine; says how the program
/// ends, as some of the trace may be missing.
pub(super) fn measure(arguments: &BenchArguments) -> Result<(Measured, Exit), Failure> {
    let (rules, quiet) = (std::slice::from_ref(&arguments.rules), arguments.quiet);
    let config = Config::of_files(rules, Limits::Off, quiet)?;
    let (flows, exit) = match &arguments.trace {
        Some(trace) => recorded(&config, trace, quiet)?,
        None => (drawn(&config), Exit::Done),
    };
    if flows.is_empty() && exit != Exit::BadInput {
        let trace = arguments.trace.as_ref().unwrap_or(&arguments.rules);
        let message = format!(
            "{}: there is no flow in it that can be judged",
            trace.display()
        );
        return Err(Failure::bad_input(vec![message]));
    }
    let there = [BenchEngine::Compiled, BenchEngine::Trie, BenchEngine::Scan];
    let engines = if arguments.engine.is_empty() {
        &there
    } else {
        &*arguments.engine
    };
    let threads = Threads::of(arguments.threads);
    let measured = engines
        .iter()
        .filter(|_| exit != Exit::BadInput)
        .map(|engine| one(*engine, &config, &flows, arguments.rounds, threads));
    let measured = Measured {
        rules: config.snapshot.rules().len(),
        headers: flows.len(),
        threads: threads.count(),
        engines: measured.collect(),
    };
    Ok((measured, exit))
}

/// Reads the flows of a capture or a list.
fn recorded(config: &Config, trace: &Path, quiet: bool) -> Result<(Vec<Flow>, Exit), Failure> {
    let common = CommonArguments {
        quiet,
        ..CommonArguments::default()
    };
    let job = Job::of(vec![source(trace, None)], Mode::Packets, common);
    let mut flows = Flows::default();
    let done = job.run(config, Some(&mut flows))?;
    Ok((flows.in_order(), done.exit().unwrap_or(Exit::Done)))
}

/// Draws flows from within the rules of all interfaces in turn, the near end of
/// each the first address of its family.
fn drawn(config: &Config) -> Vec<Flow> {
    let (snapshot, semantics) = (&config.snapshot, &config.semantics);
    let mut lists = Vec::new();
    for (index, interface) in snapshot.interfaces() {
        for family in [Family::V4, Family::V6] {
            let mut own = interface
                .addresses()
                .iter()
                .map(|own| own.prefix.bounds().0);
            let Some(own) = own.find(|own| own.is_ipv4() == (family == Family::V4)) else {
                continue;
            };
            for direction in [Direction::Ingress, Direction::Egress] {
                let list = filter_list(snapshot, semantics, index, direction, None, family);
                if !list.is_empty() {
                    let list: Vec<_> = list.into_iter().map(in_a_set).collect();
                    lists.push((own, direction, list));
                }
            }
        }
    }
    let mut drawing: Vec<_> = (1..)
        .zip(&lists)
        .map(|(seed, (own, direction, list))| {
            (*own, *direction, Headers::new(list, Aim::Filters, seed))
        })
        .collect();
    let mut flows = Vec::with_capacity(DRAWN);
    while flows.len() < DRAWN {
        let before = flows.len();
        for (own, direction, headers) in &mut drawing {
            let Some(header) = headers.next().map(|drawn| drawn.header) else {
                continue;
            };
            let (source, destination) = match direction {
                Direction::Ingress => (header.source, *own),
                Direction::Egress => (*own, header.destination),
            };
            let Ok(ends) = Endpoints::new(source, destination) else {
                continue;
            };
            let transport = if header.protocol.has_ports() {
                Transport::Ports {
                    source: header.source_port,
                    destination: header.destination_port,
                }
            } else {
                Transport::Opaque
            };
            flows.push(Flow::new(ends, header.protocol, transport));
        }
        if flows.len() == before {
            break;
        }
    }
    flows.truncate(DRAWN);
    flows
}

fn one(
    engine: BenchEngine,
    config: &Config,
    flows: &[Flow],
    rounds: u16,
    threads: Threads,
) -> Engine {
    let (name, engine) = match engine {
        BenchEngine::Compiled => ("compiled", Some(secgroup_matcher::Engine::Compiled)),
        BenchEngine::Trie => ("trie", Some(secgroup_matcher::Engine::Trie)),
        BenchEngine::Scan => ("scan", Some(secgroup_matcher::Engine::Scan)),
        BenchEngine::Reference => ("reference", None),
    };
    let (snapshot, semantics) = (&config.snapshot, config.semantics);
    let start = Instant::now();
    let judge = match engine {
        Some(engine) => Judge::Matcher(Box::new(Matcher::compile(snapshot, &semantics, engine))),
        None => Judge::Reference {
            snapshot,
            semantics,
        },
    };
    let build_s = start.elapsed().as_secs_f64();
    let mut answers = vec![Answer::Judged(Sides::default()); flows.len()];
    let lookups_per_s = (0..rounds).map(|_| {
        let start = Instant::now();
        threads.share(flows, &mut answers, |flows, answers| {
            judge.decide(flows, answers);
        });
        flows.len() as f64 / start.elapsed().as_secs_f64().max(1e-9)
    });
    let lookups_per_s = lookups_per_s.collect();
    let numbers: Vec<u32> = answers.iter().map(number).collect();
    let (representation, bytes) = match &judge {
        Judge::Matcher(matcher) => {
            let policies = format!("{} policies", matcher.policies());
            (policies, Some(matcher.bytes()))
        }
        Judge::Reference { .. } => ("the rules themselves".to_owned(), None),
    };
    Engine {
        engine: name,
        representation,
        build_s,
        bytes,
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
