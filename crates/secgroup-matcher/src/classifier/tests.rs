//! Every kind of classifier against filters that are tried one after the other.
//!
//! Values come from tiny pools, so that filters overlap, nest and touch; headers
//! sit on the bounds of filters and beside them.

use super::ruleset::RuleSet;
use super::*;

/// Numbers that look random.
pub(super) struct Draw(pub(super) u64);

impl Draw {
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(0x5851_f42d_4c95_7f2d)
            .wrapping_add(0x1405_7b7e_f767_814f);
        (self.0 >> 33) % bound
    }

    pub(super) fn of<T: Copy>(&mut self, pool: &[T]) -> T {
        pool[usize::try_from(self.below(pool.len() as u64)).unwrap()]
    }
}

/// An address, from a number and which bits of it lie where.
pub(super) trait Spread: Address {
    /// Few distinct blocks that nest and touch.
    fn block(draw: &mut Draw) -> (Self, Self);
    fn plus(self, other: Self) -> Self;
    /// An address a little behind, in the last or the first half of it.
    fn narrow(self, by: u64) -> Self;

    /// A block of few addresses.
    fn narrow_block(by: u64) -> (Self, Self) {
        (Self::MIN.narrow(by), Self::MIN.narrow(by + 3))
    }
}

impl Spread for u32 {
    fn block(draw: &mut Draw) -> (Self, Self) {
        let length = draw.of(&[0, 1, 8, 12, 15, 16, 17, 20, 23, 24, 25, 28, 31, 32]);
        let address = draw.of(&[
            0x0a00_0000,
            0x0a01_0000,
            0x0a01_0100,
            0xc0a8_0000,
            0,
            Self::MAX,
        ]) | Self::try_from(draw.below(4) | draw.below(4) << 8 | draw.below(3) << 16)
            .unwrap();
        let mask = Self::MAX.checked_shr(length).unwrap_or(0);
        (address & !mask, address | mask)
    }

    fn plus(self, other: Self) -> Self {
        self.wrapping_add(other)
    }

    fn narrow(self, by: u64) -> Self {
        self.wrapping_add(Self::try_from(by).unwrap())
    }
}

impl Spread for u128 {
    fn block(draw: &mut Draw) -> (Self, Self) {
        let length = draw.of(&[0, 3, 16, 32, 48, 56, 63, 64, 65, 96, 127, 128]);
        let high = draw.of(&[0x2001_0db8_u128 << 96, 0x2408_4000 << 96, 0, Self::MAX]);
        let address = high
            | Self::from(draw.below(3)) << 64
            | Self::from(draw.below(3)) << 80
            | Self::from(draw.below(4));
        let mask = Self::MAX.checked_shr(length).unwrap_or(0);
        (address & !mask, address | mask)
    }

    fn plus(self, other: Self) -> Self {
        self.wrapping_add(other)
    }

    fn narrow(self, by: u64) -> Self {
        self.wrapping_add(Self::from(by) << 64 | Self::from(by % 7))
    }
}

fn ports(draw: &mut Draw) -> (u16, u16) {
    let pool = [
        (0, 65535),
        (0, 65535),
        (22, 22),
        (80, 80),
        (0, 0),
        (1, 65535),
        (1024, 65535),
        (20, 25),
        (65535, 65535),
    ];
    draw.of(&pool)
}

fn filter<A: Spread>(draw: &mut Draw) -> Filter<A> {
    Filter {
        source: A::block(draw),
        destination: A::block(draw),
        source_ports: ports(draw),
        destination_ports: ports(draw),
        protocol: draw.of(&[(6, 255), (17, 255), (0, 0), (1, 255), (4, 0xfe), (6, 255)]),
    }
}

pub(super) fn matches<A: Address>(filter: &Filter<A>, header: &Header<A>) -> bool {
    let within = |range: (A, A), value| range.0 <= value && value <= range.1;
    let port = |range: (u16, u16), value| range.0 <= value && value <= range.1;
    within(filter.source, header.source)
        && within(filter.destination, header.destination)
        && port(filter.source_ports, header.source_port)
        && port(filter.destination_ports, header.destination_port)
        && header.protocol & filter.protocol.1 == filter.protocol.0 & filter.protocol.1
}

/// A header on a bound of a filter, or one beside it, in one field or more.
pub(super) fn header<A: Spread>(draw: &mut Draw, filters: &[Filter<A>], one: A) -> Header<A> {
    let address = |draw: &mut Draw, range: (A, A)| {
        let bound = if draw.below(2) == 0 { range.0 } else { range.1 };
        match draw.below(8) {
            0 => bound.plus(one),
            1 => bound.minus(one),
            _ => bound,
        }
    };
    let port = |draw: &mut Draw, range: (u16, u16)| {
        let bound = if draw.below(2) == 0 { range.0 } else { range.1 };
        bound.wrapping_add(draw.of(&[0, 0, 0, 0, 1, u16::MAX]))
    };
    let aimed = draw.of(filters);
    Header {
        source: address(draw, aimed.source),
        destination: address(draw, aimed.destination),
        source_port: port(draw, aimed.source_ports),
        destination_port: port(draw, aimed.destination_ports),
        protocol: aimed.protocol.0 ^ draw.of(&[0, 0, 0, 0, 1, 16]),
        fill: draw.of(&[[0; 3], [0xff; 3]]),
    }
}

/// Compares all kinds; returns how many headers matched and how many kinds
/// took the filters.
fn compare<A: Spread>(seed: u64, count: usize, one: A) -> (usize, usize) {
    compare_kinds(seed, count, one, &Kind::ALL)
}

fn compare_kinds<A: Spread>(seed: u64, count: usize, one: A, kinds: &[Kind]) -> (usize, usize) {
    let mut draw = Draw(seed);
    let filters: Vec<Filter<A>> = (0..count).map(|_| filter(&mut draw)).collect();
    let headers: Vec<Header<A>> = (0..BATCH * 5 + 17)
        .map(|_| header(&mut draw, &filters, one))
        .collect();
    let expected: Vec<u32> = headers
        .iter()
        .map(|header| {
            let first = filters.iter().position(|filter| matches(filter, header));
            first.map_or(NO_MATCH, |at| u32::try_from(at).unwrap())
        })
        .collect();
    let rules = RuleSet::of_filters(&filters);
    let kinds = kinds.iter().flat_map(|kind| {
        // Only the widest are asked here: every width is tried below.
        Size::ALL.map(|maps| Representation {
            kind: *kind,
            maps,
            width: Width::widest(),
        })
    });
    let mut count = 0;
    for representation in kinds {
        let fits = plan::of_kind(&rules, representation.kind, representation.maps);
        count += usize::from(fits.is_some());
        let classifier = representation.build(&rules);
        let mut found = vec![0; headers.len()];
        classifier.classify(&headers, &mut found);
        assert!(
            found == expected,
            "seed {seed}, {representation}: {:?}",
            first_difference(&headers, &found, &expected)
        );
        simd::in_every_way(&Comparison {
            name: format!("seed {seed}, {representation}"),
            classifier: &classifier,
            headers: &headers,
            expected: &expected,
        });
        let single: Vec<u32> = headers
            .iter()
            .map(|header| classifier.classify_one(header))
            .collect();
        assert!(
            single == expected,
            "seed {seed}, {representation}, one: {:?}",
            first_difference(&headers, &single, &expected)
        );
    }
    let matched = expected.iter().filter(|first| **first != NO_MATCH);
    (matched.count(), count)
}

/// A classifier and what it must find.
struct Comparison<'c, A: Address> {
    name: String,
    classifier: &'c Classifier<A>,
    headers: &'c [Header<A>],
    expected: &'c [u32],
}

impl<A: Address> simd::Task for Comparison<'_, A> {
    fn run(&self, way: &str, vectors: impl Vectors) {
        let mut found = vec![0; self.headers.len()];
        simd::each_batch(self.classifier, self.headers, &mut found, vectors);
        assert!(
            found == self.expected,
            "{}, {way}: {:?}",
            self.name,
            first_difference(self.headers, &found, self.expected)
        );
    }
}

fn first_difference<A: Address>(
    headers: &[Header<A>],
    found: &[u32],
    expected: &[u32],
) -> Option<(Header<A>, u32, u32)> {
    let all = headers.iter().zip(found).zip(expected);
    let mut different = all.filter(|((_, found), expected)| found != expected);
    different
        .next()
        .map(|((header, found), expected)| (*header, *found, *expected))
}

#[test]
fn every_kind_finds_the_first_filter_of_ipv4() {
    let (mut matched, mut kinds) = (0, 0);
    for seed in 0..60 {
        let (own, count) = compare::<u32>(seed, 1 + 7 * usize::try_from(seed).unwrap(), 1);
        matched += own;
        kinds += count;
    }
    assert!(matched > 10_000 && kinds == 60 * 36, "{matched} {kinds}");
}

#[test]
fn every_kind_finds_the_first_filter_of_ipv6() {
    let (mut matched, mut kinds) = (0, 0);
    for seed in 100..130 {
        let (own, count) = compare::<u128>(seed, 1 + 9 * usize::try_from(seed - 100).unwrap(), 1);
        matched += own;
        kinds += count;
    }
    assert!(matched > 4_000 && kinds == 30 * 36, "{matched} {kinds}");
}

#[test]
fn fields_can_meet_in_every_order() {
    let orders: Vec<Kind> = (0..26).map(Kind::Ordered).collect();
    for seed in 200..215 {
        let filters = 3 + 11 * usize::try_from(seed - 200).unwrap();
        compare_kinds::<u32>(seed, filters, 1, &orders);
        compare_kinds::<u128>(seed, filters, 1, &orders);
    }
    // They are different orders: the tables differ.
    let mut draw = Draw(214);
    let filters: Vec<Filter<u32>> = (0..150).map(|_| filter(&mut draw)).collect();
    let rules = RuleSet::of_filters(&filters);
    let of_order = |kind: &Kind| plan::of_kind(&rules, *kind, Size::Fast).unwrap();
    let bytes = orders.iter().map(|kind| of_order(kind).parts().bytes);
    let bytes: std::collections::BTreeSet<usize> = bytes.collect();
    assert!(bytes.len() > 20, "{bytes:?}");
}

#[test]
fn no_filter_matches_nothing() {
    let classifier = Classifier::<u32>::build(&[]);
    assert_eq!(classifier.classify_one(&Header::default()), NO_MATCH);
    let mut answers = [0; 3];
    classifier.classify(&[Header::default(); 3], &mut answers);
    assert_eq!(answers, [NO_MATCH; 3]);
}
