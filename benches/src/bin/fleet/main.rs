//! Measures lookups in a fleet: many interfaces, each with rules of its own, and
//! a random one asked for every header.
//!
//! It measures first filters, verdicts alone, and how long it takes from a rule
//! that changes until the new answer is given while lookups go on. Answers are
//! checked by trying filters one after the other. With `--write` the same lists
//! and headers become files for `benches/peers/fleet`, where the peer is.
//! The result is one JSON document.

mod changing;

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::num::NonZeroU16;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Context;
use clap::Parser;
use secgroup_benches::SEED;
use secgroup_gen::rng::Rng;
use secgroup_gen::{Aim, Filter, Header, Headers, Plan, World};
use secgroup_matcher::classifier::{self, Asking, Fleet, Member, NO_MATCH, Verdicts};
use secgroup_matcher::{Address, filter_list};
use secgroup_model::{Action, Direction, Family};
use serde_json::{Value, json};

/// How many headers are checked by trying filters one after the other.
const CHECKED: usize = 20_000;

/// Measures lookups in a fleet of policies.
#[derive(Debug, Parser)]
struct Arguments {
    /// How many interfaces there are, each in five groups of its own.
    #[arg(long, default_value = "1000")]
    interfaces: NonZeroU16,
    /// How many rules the groups of an interface have; 250 are 1,075 filters on
    /// average, because groups and prefix lists are written out.
    #[arg(long, default_value_t = 250)]
    rules: usize,
    /// How many headers are looked up.
    #[arg(long, default_value_t = 1_000_000)]
    headers: usize,
    /// What everything is drawn from.
    #[arg(long, default_value_t = SEED)]
    seed: u64,
    /// How often all headers are looked up.
    #[arg(long, default_value_t = 5)]
    passes: usize,
    /// How many rules are changed.
    #[arg(long, default_value_t = 40)]
    changes: usize,
    /// Write the filters of each interface (`0.rules` and so on), `trace` and
    /// the answers (`ranks`) to this directory.
    #[arg(long, value_name = "DIRECTORY")]
    write: Option<PathBuf>,
}

/// The filters of one interface, in order, and what they say.
struct List {
    filters: Vec<Filter>,
    accepts: Vec<bool>,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let world = World::new(&Plan {
        interfaces: arguments.interfaces,
        sets: arguments.interfaces,
        ..Plan::interface(arguments.seed, arguments.rules, 0)
    });
    let lists: Vec<List> = lists(&world);
    let asking = draw(&lists, arguments.headers, arguments.seed);
    let (first, ranks) = measure(&asking, arguments.passes, || {
        lists
            .iter()
            .map(|list| Member::of_filters(&list.compiled()))
            .collect()
    });
    let (verdicts, accepted) = measure(&asking, arguments.passes, || {
        let member = |list: &List| {
            let (accepts, otherwise) = (&list.accepts[..], false);
            Member::of_verdicts(&list.compiled(), Verdicts { accepts, otherwise })
        };
        lists.iter().map(member).collect()
    });
    check(&lists, &asking, &ranks, &accepted)?;
    if let Some(directory) = &arguments.write {
        let written = write(directory, &lists, &asking, &ranks);
        written.with_context(|| format!("writing {}", directory.display()))?;
    }
    let filters: usize = lists.iter().map(|list| list.filters.len()).sum();
    let document = json!({
        "interfaces": lists.len(),
        "filters": filters,
        "headers": asking.len(),
        "first_filter": first,
        "verdict": verdicts,
        "change": changing::measure(&world, arguments.changes, arguments.seed),
    });
    writeln!(std::io::stdout(), "{document:#}")?;
    Ok(())
}

impl List {
    fn compiled(&self) -> Vec<classifier::Filter<u32>> {
        let bounds = |prefix| u32::bounds(prefix).expect("the plan is of IPv4");
        let compiled = |filter: &Filter| classifier::Filter {
            source: bounds(filter.source),
            destination: bounds(filter.destination),
            source_ports: (filter.source_ports.first(), filter.source_ports.last()),
            destination_ports: (
                filter.destination_ports.first(),
                filter.destination_ports.last(),
            ),
            protocol: filter
                .protocol
                .map_or((0, 0), |protocol| (protocol.0, filter.protocol_mask)),
        };
        self.filters.iter().map(compiled).collect()
    }
}

/// Returns the ingress filters of each interface that receives.
fn lists(world: &World) -> Vec<List> {
    let (snapshot, semantics) = (&world.snapshot, &world.semantics);
    let list = |interface| {
        let (direction, family) = (Direction::Ingress, Family::V4);
        let listed = filter_list(snapshot, semantics, interface, direction, None, family);
        let accepts = |rule| snapshot.rule(rule).rule().action == Action::Accept;
        List {
            accepts: listed.iter().map(|one| accepts(one.rule)).collect(),
            filters: listed
                .iter()
                .map(|one| Filter {
                    source: one.source,
                    destination: one.destination,
                    source_ports: one.source_ports,
                    destination_ports: one.destination_ports,
                    protocol: one.protocol,
                    protocol_mask: u8::MAX,
                })
                .collect(),
        }
    };
    world.receivers.iter().copied().map(list).collect()
}

/// Draws headers, each for a list at random.
fn draw(lists: &[List], count: usize, seed: u64) -> Vec<Asking<u32>> {
    let mut rng = Rng::new(seed);
    let headers = (0..).zip(lists);
    let mut headers: Vec<Headers<'_>> = headers
        .map(|(at, list)| Headers::new(&list.filters, Aim::Filters, seed ^ at))
        .collect();
    let drawn = std::iter::repeat_with(|| {
        let list = rng.below(headers.len());
        let drawn = headers[list].next().expect("no list is empty");
        Asking {
            header: compiled(&drawn.header),
            list: u32::try_from(list).expect("at most 65,535 interfaces"),
        }
    });
    drawn.take(count).collect()
}

fn compiled(header: &Header) -> classifier::Header<u32> {
    let number = |address| u32::of(address).expect("the plan is of IPv4");
    classifier::Header {
        source: number(header.source),
        destination: number(header.destination),
        source_port: header.source_port,
        destination_port: header.destination_port,
        protocol: header.protocol.0,
        fill: [0; 3],
    }
}

/// Builds a fleet and looks all headers up; returns the figures and the answers.
fn measure(
    asking: &[Asking<u32>],
    passes: usize,
    build: impl FnOnce() -> Fleet<u32>,
) -> (Value, Vec<u32>) {
    let start = Instant::now();
    let mut fleet = build();
    fleet.settle();
    let build_s = start.elapsed().as_secs_f64();
    let mut answers = vec![NO_MATCH; asking.len()];
    let passes = (0..passes).map(|_| {
        let start = Instant::now();
        fleet.classify(asking, &mut answers);
        asking.len() as f64 / start.elapsed().as_secs_f64()
    });
    let lookups_per_s: Vec<f64> = passes.collect();
    let figures = json!({
        "build_s": build_s,
        "bytes": fleet.bytes(),
        "lookups_per_s": lookups_per_s,
    });
    (figures, answers)
}

/// Checks answers by trying filters one after the other.
fn check(
    lists: &[List],
    asking: &[Asking<u32>],
    ranks: &[u32],
    accepted: &[u32],
) -> anyhow::Result<()> {
    for ((one, rank), accepted) in asking.iter().zip(ranks).zip(accepted).take(CHECKED) {
        let (list, header) = (&lists[one.list as usize], gen_header(&one.header));
        let first = list
            .filters
            .iter()
            .position(|filter| filter.contains(&header));
        let wanted = first.map_or(NO_MATCH, |at| u32::try_from(at).unwrap_or(NO_MATCH));
        let accepts = first.is_some_and(|at| list.accepts[at]);
        anyhow::ensure!(*rank == wanted, "{one:?}: {rank} instead of {wanted}");
        anyhow::ensure!(*accepted == u32::from(accepts), "{one:?}: another verdict");
    }
    Ok(())
}

fn gen_header(header: &classifier::Header<u32>) -> Header {
    Header {
        source: header.source.ip(),
        destination: header.destination.ip(),
        source_port: header.source_port,
        destination_port: header.destination_port,
        protocol: secgroup_model::Protocol(header.protocol),
    }
}

/// Writes lists, headers and answers for the peer.
fn write(
    directory: &Path,
    lists: &[List],
    asking: &[Asking<u32>],
    ranks: &[u32],
) -> anyhow::Result<()> {
    fs::create_dir_all(directory)?;
    for (at, list) in lists.iter().enumerate() {
        let mut file = BufWriter::new(File::create(directory.join(format!("{at}.rules")))?);
        for filter in &list.filters {
            writeln!(file, "{filter}")?;
        }
        file.flush()?;
    }
    let mut trace = BufWriter::new(File::create(directory.join("trace"))?);
    let mut record = Vec::new();
    for one in asking {
        record.clear();
        gen_header(&one.header).add_record(&mut record);
        record.extend(one.list.to_le_bytes());
        trace.write_all(&record)?;
    }
    trace.flush()?;
    let bytes: Vec<u8> = ranks.iter().flat_map(|rank| rank.to_le_bytes()).collect();
    fs::write(directory.join("ranks"), bytes)?;
    Ok(())
}
