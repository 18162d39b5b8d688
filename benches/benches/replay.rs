//! Packets a second from a capture file to the report, by threads.
//!
//! An element is a packet: read, decoded, judged by 1,000 rules and counted.
//! The file is generated first and lies in the page cache. Every engine and
//! number of threads must give the committed counts.

use std::error::Error;
use std::fs::File;
use std::io::BufWriter;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput};
use secgroup_benches::checksum::Checksum;
use secgroup_benches::{SEED, expected};
use secgroup_gen::{Plan, World, capture};
use secgroup_matcher::{Engine, Matcher};
use secgroup_model::Snapshot;
use secgroup_replay::{Control, Count, Judge, Location, Mode, Replay, Report, Source};

/// How many packets the capture has.
const PACKETS: u64 = 200_000;

/// How many rules judge them.
const RULES: usize = 1_000;

fn main() -> Result<(), Box<dyn Error>> {
    let mut criterion = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_secs(2))
        .configure_from_args();
    let world = World::new(&Plan::interface(SEED, RULES, Plan::V6_PERCENT));
    let file = tempfile::Builder::new().suffix(".pcap").tempfile()?;
    capture::write(
        &world,
        PACKETS,
        Plan::V6_PERCENT,
        SEED,
        BufWriter::new(File::create(file.path())?),
    )?;
    check(&world, file.path());

    let mut group = criterion.benchmark_group(format!("replay/pcap/{RULES}"));
    group.throughput(Throughput::Elements(PACKETS));
    for threads in [1, 2] {
        let replay = replay(&world, Engine::default(), threads);
        group.bench_function(BenchmarkId::new("threads", threads), |bencher| {
            bencher.iter(|| run(&replay, file.path()));
        });
    }
    group.finish();
    criterion.final_summary();
    Ok(())
}

fn check(world: &World, path: &Path) {
    for engine in Engine::ALL {
        for threads in [1, 2] {
            let report = run(&replay(world, engine, threads), path);
            assert_eq!(report.records(), PACKETS);
            let sum = checksum(&world.snapshot, &report);
            let wanted = expected("replay/1000");
            assert_eq!(
                format!("{sum:#018x}"),
                format!("{wanted:#018x}"),
                "{engine}, {threads} threads"
            );
        }
    }
}

fn replay(world: &World, engine: Engine, threads: usize) -> Replay<'_> {
    let matcher = Matcher::compile(&world.snapshot, &world.semantics, engine);
    let (snapshot, judge) = (&world.snapshot, Judge::Matcher(Box::new(matcher)));
    Replay {
        mode: Mode::Packets,
        threads,
        ..Replay::new(snapshot, judge)
    }
}

fn run(replay: &Replay<'_>, path: &Path) -> Report {
    let source = Source::at(Location::Path(path.to_owned()));
    let report = replay.run(&[source], &Arc::new(Control::default()), None);
    report.expect("without a sink nothing can fail")
}

/// Folds what a replay counted: verdicts, then rules, then defaults.
fn checksum(snapshot: &Snapshot, report: &Report) -> u64 {
    let mut sum = Checksum::default();
    sum.add(report.skipped());
    for count in report.tally.verdicts() {
        add_count(&mut sum, count);
    }
    for (rule, _) in snapshot.rules() {
        add_count(&mut sum, report.tally.rule(rule));
    }
    for default in report.tally.defaults(snapshot) {
        sum.add(default.interface.get() as u64);
        sum.add_action(default.action);
        add_count(&mut sum, &default.count);
    }
    sum.finish()
}

fn add_count(sum: &mut Checksum, count: &Count) {
    for number in [count.flows, count.packets, count.bytes] {
        sum.add(number);
    }
}
