//! Filter sets in the manner of ClassBench: how long they take to build and to
//! look up, and how many bytes a filter takes, from 10 to 100,000 filters.
//!
//! An element is a filter when building, a header when looking up. The answers
//! are those of the scan.

use std::fmt::Write as _;
use std::hint::black_box;
use std::io::Write as _;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput};
use secgroup_benches::SEED;
use secgroup_gen::{Aim, FilterPlan, Headers, Style};
use secgroup_matcher::Address;
use secgroup_matcher::classifier::{Classifier, Filter, Header, NO_MATCH};
use secgroup_model::{Family, Prefix};

/// How many filters the sets have.
const COUNTS: [usize; 5] = [10, 100, 1_000, 10_000, 100_000];

/// How many headers are looked up in a round.
const HEADERS: usize = 16_384;

/// Among so many headers beside filters, those that miss are looked for.
const EDGES: usize = 4 * HEADERS;

/// How many of them the scan looks up, which is slow.
const SCANNED: usize = 1_024;

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(100))
        .measurement_time(Duration::from_millis(500))
        .configure_from_args();
    let mut sizes = String::new();
    for filters in COUNTS {
        let plan = |family| FilterPlan {
            seed: SEED,
            style: Style::Acl,
            family,
            filters,
        };
        measure::<u32>(&mut criterion, &plan(Family::V4), "v4", &mut sizes);
        measure::<u128>(&mut criterion, &plan(Family::V6), "v6", &mut sizes);
    }
    criterion.final_summary();
    let written = std::io::stdout().write_all(sizes.as_bytes());
    written.expect("standard output can be written to");
}

fn measure<A: Address>(
    criterion: &mut Criterion,
    plan: &FilterPlan,
    family: &str,
    sizes: &mut String,
) {
    let set = plan.filters();
    let filters: Vec<Filter<A>> = set.iter().map(filter).collect();
    let name = format!("filters/{family}/{}", filters.len());
    let classifier = Classifier::build(&filters);
    let bytes = classifier.parts().bytes / filters.len();
    writeln!(sizes, "{name}: {bytes} bytes a filter").expect("memory can be written to");

    let scan = Classifier::scan(&filters);
    let mut group = criterion.benchmark_group(&name);
    group.throughput(Throughput::Elements(filters.len() as u64));
    group.bench_function(BenchmarkId::from_parameter("build"), |bencher| {
        bencher.iter_with_large_drop(|| Classifier::build(black_box(&filters)));
    });
    group.throughput(Throughput::Elements(HEADERS as u64));
    let drawn = |set: &[secgroup_gen::Filter], aim, count| -> Vec<Header<A>> {
        let drawn = Headers::new(set, aim, SEED).take(count);
        drawn.map(|drawn| header(&drawn.header)).collect()
    };
    let edges = drawn(&set, Aim::Edges, EDGES);
    let kinds = [
        ("lookup", drawn(&set, Aim::Filters, HEADERS)),
        ("hit_first", drawn(&set[..1], Aim::Filters, HEADERS)),
        ("deep_miss", misses(&classifier, &edges)),
    ];
    for (kind, headers) in kinds {
        let mut answers = vec![NO_MATCH; HEADERS];
        classifier.classify(&headers, &mut answers);
        let mut wanted = vec![NO_MATCH; SCANNED];
        scan.classify(&headers[..SCANNED], &mut wanted);
        assert!(
            answers[..SCANNED] == wanted,
            "{name}/{kind}: the scan disagrees"
        );
        group.bench_function(BenchmarkId::from_parameter(kind), |bencher| {
            bencher.iter(|| classifier.classify(black_box(&headers), &mut answers));
        });
    }
    group.finish();
}

/// Returns those headers beside filters that no filter matches, or where each is
/// matched by some, the filter the furthest behind; again and again.
fn misses<A: Address>(classifier: &Classifier<A>, beside: &[Header<A>]) -> Vec<Header<A>> {
    let mut answers = vec![0; beside.len()];
    classifier.classify(beside, &mut answers);
    let deepest = answers.iter().max().copied();
    let answered = beside.iter().zip(answers);
    let missed = answered.filter(|(_, answer)| Some(*answer) == deepest);
    let missed: Vec<Header<A>> = missed.map(|(header, _)| *header).collect();
    missed.into_iter().cycle().take(HEADERS).collect()
}

fn filter<A: Address>(own: &secgroup_gen::Filter) -> Filter<A> {
    let filter = Filter::of(
        (own.source, own.destination),
        own.source_ports,
        own.destination_ports,
        own.protocol,
    );
    let mut filter = filter.expect("a set is of one family");
    filter.protocol.1 &= own.protocol_mask;
    filter
}

fn header<A: Address>(own: &secgroup_gen::Header) -> Header<A> {
    let bits = |address| {
        A::bounds(Prefix::host(address))
            .expect("a set is of one family")
            .0
    };
    Header {
        source: bits(own.source),
        destination: bits(own.destination),
        source_port: own.source_port,
        destination_port: own.destination_port,
        protocol: own.protocol.0,
        fill: [0; 3],
    }
}
