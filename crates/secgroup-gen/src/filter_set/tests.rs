//! What sets are like, by style.

use std::ops::RangeInclusive;

use secgroup_model::Protocol;

use super::*;
use crate::{Aim, Headers, checksum};

const STYLES: [Style; 3] = [Style::Acl, Style::Fw, Style::Ipc];
const FAMILIES: [Family; 2] = [Family::V4, Family::V6];

fn plan(style: Style, family: Family, filters: usize) -> FilterPlan {
    FilterPlan {
        seed: 1,
        style,
        family,
        filters,
    }
}

fn covers(one: &Filter, other: &Filter) -> bool {
    let prefix = |one: Prefix, other: Prefix| {
        one.length() <= other.length() && one.contains(other.bounds().0)
    };
    let ports =
        |one: PortSpan, other: PortSpan| one.contains(other.first()) && one.contains(other.last());
    prefix(one.source, other.source)
        && prefix(one.destination, other.destination)
        && ports(one.source_ports, other.source_ports)
        && ports(one.destination_ports, other.destination_ports)
        && (one.protocol.is_none() || one.protocol == other.protocol)
}

#[test]
fn the_same_seed_gives_the_same_set() {
    let sum = |plan: FilterPlan| {
        checksum::of(|output| {
            let mut filters = plan.filters().into_iter();
            filters.try_for_each(|filter| writeln!(output, "{filter}"))
        })
    };
    let plans = FAMILIES.map(|family| STYLES.map(|style| plan(style, family, 2_000)));
    let found = plans.map(|plans| plans.map(sum));
    let wanted = [
        ["0e7695189a423f82", "6c014e8a3f7cd81f", "4b5f36a03da52ab0"],
        ["5b86550296f2a69b", "8ae0bae0a060a9e6", "8f50b818f77a22bf"],
    ];
    assert_eq!(found, wanted);
    let seed = 2;
    let others = plans.map(|plans| plans.map(|plan| sum(FilterPlan { seed, ..plan })));
    for (one, other) in found.as_flattened().iter().zip(others.as_flattened()) {
        assert_ne!(one, other);
    }
}

#[test]
fn sets_have_the_size_asked_for_and_everything_meets_the_last_filter() {
    for style in STYLES {
        for family in FAMILIES {
            for size in [1, 2, 17, 1_000] {
                let filters = plan(style, family, size).filters();
                assert_eq!(filters.len(), size);
                let last = filters.last().unwrap();
                assert!(filters.iter().all(|filter| covers(last, filter)));
                assert!(filters.iter().all(|filter| filter.family() == family));
            }
            assert_eq!(plan(style, family, 0).filters(), []);
        }
    }
}

#[test]
fn no_two_filters_of_a_set_are_equal() {
    for style in STYLES {
        for family in FAMILIES {
            for size in [10, 20_000] {
                let filters = plan(style, family, size).filters();
                let distinct: HashSet<&Filter> = filters.iter().collect();
                assert_eq!(distinct.len(), size, "{style:?} {family}");
            }
        }
    }
}

#[test]
fn few_filters_are_never_met() {
    for style in STYLES {
        let filters = plan(style, Family::V4, 1_000).filters();
        let hidden = (0..filters.len())
            .filter(|at| filters[..*at].iter().any(|one| covers(one, &filters[*at])));
        let hidden = hidden.count();
        // ClassBench's sets have up to 28.
        assert!((1..=40).contains(&hidden), "{style:?}: {hidden}");
    }
}

/// What is counted of a set, in thousandths of its filters.
fn share(filters: &[Filter], of: impl Fn(&Filter) -> bool) -> usize {
    filters.iter().filter(|filter| of(filter)).count() * 1_000 / filters.len()
}

/// Something that is counted, and the bands of acl, fw and ipc.
type Band = (
    &'static str,
    fn(&Filter) -> bool,
    [RangeInclusive<usize>; 3],
);

fn any(ports: PortSpan) -> bool {
    ports == Filter::ANY_PORT
}

fn all(prefix: Prefix) -> bool {
    prefix.length() == 0
}

fn host(prefix: Prefix) -> bool {
    prefix.bounds().0 == prefix.bounds().1
}

/// The bands hold the means of ClassBench's sets.
const BANDS: [Band; 10] = [
    (
        "any source",
        |one| all(one.source),
        [20..=60, 310..=400, 130..=200],
    ),
    (
        "any destination",
        |one| all(one.destination),
        [30..=80, 230..=310, 45..=85],
    ),
    (
        "a host as source",
        |one| host(one.source),
        [260..=350, 120..=190, 170..=240],
    ),
    (
        "a host as destination",
        |one| host(one.destination),
        [380..=470, 210..=300, 310..=390],
    ),
    (
        "any source port",
        |one| any(one.source_ports),
        [1_000..=1_000, 660..=790, 730..=820],
    ),
    (
        "any destination port",
        |one| any(one.destination_ports),
        [190..=270, 260..=340, 540..=640],
    ),
    (
        "one source port",
        |one| one.source_ports.known().is_some(),
        [0..=0, 150..=230, 170..=240],
    ),
    (
        "one destination port",
        |one| one.destination_ports.known().is_some(),
        [580..=680, 580..=680, 300..=390],
    ),
    (
        "tcp",
        |one| one.protocol == Some(Protocol::TCP),
        [540..=660, 470..=580, 190..=280],
    ),
    (
        "any protocol",
        |one| one.protocol.is_none(),
        [70..=140, 10..=40, 260..=340],
    ),
];

#[test]
fn styles_have_their_shares_at_every_size() {
    let mut wrong = Vec::new();
    for family in FAMILIES {
        for size in [1_000, 10_000] {
            for (number, style) in STYLES.into_iter().enumerate() {
                let filters = plan(style, family, size).filters();
                for (what, of, bands) in &BANDS {
                    let share = share(&filters, of);
                    if !bands[number].contains(&share) {
                        wrong.push(format!("{family} {style:?} {size}: {what}: {share}"));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn prefixes_repeat_and_filters_overlap_as_in_real_sets() {
    for (style, sources, destinations, ends, met) in [
        (Style::Acl, 180..=300, 200..=350, 600..=750, 3..=16),
        (Style::Fw, 250..=380, 330..=470, 650..=800, 8..=25),
        (Style::Ipc, 200..=340, 330..=480, 760..=880, 3..=13),
    ] {
        let filters = plan(style, Family::V4, 10_000).filters();
        let distinct = |of: fn(&Filter) -> (Prefix, Prefix)| {
            filters.iter().map(of).collect::<HashSet<_>>().len() / 10
        };
        let found = distinct(|one| (one.source, one.source));
        assert!(sources.contains(&found), "{style:?} {found}");
        let found = distinct(|one| (one.destination, one.destination));
        assert!(destinations.contains(&found), "{style:?} {found}");
        let found = distinct(|one| (one.source, one.destination));
        assert!(ends.contains(&found), "{style:?} {found}");

        // As many filters as a header meets that meets a filter at all.
        let headers = Headers::new(&filters, Aim::Filters, 1).filter(|drawn| drawn.rule.is_some());
        let headers: Vec<_> = headers.take(300).collect();
        let of = |drawn: &crate::Drawn| {
            let met = filters.iter().filter(|one| one.contains(&drawn.header));
            met.count()
        };
        let mean = headers.iter().map(of).sum::<usize>() / headers.len();
        assert!(met.contains(&mean), "{style:?} {mean}");
    }
}
