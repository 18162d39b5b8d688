//! Fleets against filters that are tried one after the other.

use super::super::simd::{self, Task, Vectors, in_every_way};
use super::super::tests::{Draw, Spread, header, matches};
use super::*;

/// How often what was met.
#[derive(Default)]
struct Reached {
    compact: usize,
    large: usize,
    deep_trees: usize,
    matched: usize,
    accepted: usize,
}

/// A filter of a policy: few destinations and source ports, many sources and
/// up to `ports` destination ports. One in `odd` is of another kind.
fn filter<A: Spread>(draw: &mut Draw, odd: u64, ports: u64) -> Filter<A> {
    let source = match (A::block(draw), draw.below(3)) {
        (block, 0) => block,
        // One address of thousands.
        ((first, _), _) => {
            let address = first.narrow(draw.below(4096));
            (address, address)
        }
    };
    let first = u16::try_from(draw.below(ports)).unwrap();
    let last = first + draw.of(&[0, 0, 0, 1, 100]);
    let destinations = [(A::MIN, A::MAX), A::narrow_block(7)];
    Filter {
        source,
        destination: if draw.below(odd) == 0 {
            A::block(draw)
        } else {
            draw.of(&destinations)
        },
        source_ports: draw.of(&[(0, u16::MAX), (0, u16::MAX), (1024, u16::MAX)]),
        destination_ports: draw.of(&[(0, u16::MAX), (first, last), (first, last), (first, last)]),
        protocol: draw.of(&[(6, 255), (6, 255), (17, 255), (0, 0), (1, 255)]),
    }
}

/// What a fleet must find.
struct Wanted<'w, A: Address> {
    fleet: &'w Fleet<A>,
    asking: &'w [Asking<A>],
    wanted: &'w [u32],
}

impl<A: Address> Task for Wanted<'_, A> {
    fn run(&self, way: &str, vectors: impl Vectors) {
        let mut found = vec![7; self.asking.len()];
        simd::each_flight(&self.fleet.tables, self.asking, &mut found, vectors);
        self.fleet.finish(self.asking, &mut found);
        assert!(found == self.wanted, "{way}: {:?}", self.difference(&found));
    }
}

impl<A: Address> Wanted<'_, A> {
    fn difference(&self, found: &[u32]) -> Option<(Asking<A>, u32, u32)> {
        let all = self.asking.iter().zip(found).zip(self.wanted);
        let mut differing = all.filter(|((_, found), wanted)| found != wanted);
        differing
            .next()
            .map(|((asking, found), wanted)| (*asking, *found, *wanted))
    }

    fn check(&self) {
        let mut found = vec![7; self.asking.len()];
        self.fleet.classify(self.asking, &mut found);
        assert!(found == self.wanted, "{:?}", self.difference(&found));
        let single = self.asking.iter().map(|one| self.fleet.classify_one(one));
        assert!(single.eq(self.wanted.iter().copied()));
        in_every_way(self);
    }
}

fn compare<A: Spread>(seed: u64, one: A, reached: &mut Reached) {
    let mut draw = Draw(seed);
    let mut lists: Vec<(Vec<Filter<A>>, Vec<bool>, bool)> = (0..12)
        .map(|_| {
            let (count, ports) = draw.of(&[(1, 9), (5, 500), (60, 500), (400, 100), (2000, 8)]);
            let odd = draw.of(&[20, 1 << 40, 1 << 40]);
            let filters: Vec<_> = (0..count).map(|_| filter(&mut draw, odd, ports)).collect();
            let accepts = filters.iter().map(|_| draw.below(3) > 0).collect();
            (filters, accepts, draw.below(2) == 0)
        })
        .collect();
    let member = |(filters, ..): &(Vec<Filter<A>>, Vec<bool>, bool)| Member::of_filters(filters);
    let verdict = |(filters, accepts, otherwise): &(Vec<Filter<A>>, Vec<bool>, bool)| {
        let (accepts, otherwise) = (&accepts[..], *otherwise);
        Member::of_verdicts(filters, Verdicts { accepts, otherwise })
    };
    let mut fleet: Fleet<A> = lists.iter().map(member).collect();
    let mut verdicts: Fleet<A> = lists.iter().map(verdict).collect();
    fleet.settle();
    // Some lists are put in the place of others, and one of them is empty.
    lists.swap(3, 4);
    lists[5] = (Vec::new(), Vec::new(), true);
    for (at, list) in lists.iter().enumerate().take(6).skip(3) {
        fleet.replace(at, member(list));
        verdicts.replace(at, verdict(list));
    }
    reached.deep_trees += fleet.tables.deep_trees();
    let large = fleet.large.iter().flatten().count();
    reached.large += large;
    reached.compact += fleet.len() - large;
    let asking: Vec<Asking<A>> = (0..2000 + 17)
        .map(|_| {
            let list = u32::try_from(draw.below(lists.len() as u64)).unwrap();
            let own = &lists[list as usize].0;
            let any = [filter(&mut draw, 2, 9)];
            let header = header(&mut draw, if own.is_empty() { &any } else { own }, one);
            Asking { header, list }
        })
        .collect();
    let first: Vec<u32> = asking
        .iter()
        .map(|one| {
            let filters = &lists[one.list as usize].0;
            let first = filters
                .iter()
                .position(|filter| matches(filter, &one.header));
            first.map_or(NO_MATCH, |at| u32::try_from(at).unwrap())
        })
        .collect();
    let accepted: Vec<u32> = asking
        .iter()
        .zip(&first)
        .map(|(one, first)| {
            let (_, accepts, otherwise) = &lists[one.list as usize];
            u32::from(*accepts.get(*first as usize).unwrap_or(otherwise))
        })
        .collect();
    reached.matched += first.iter().filter(|first| **first != NO_MATCH).count();
    reached.accepted += accepted.iter().filter(|accepted| **accepted == 1).count();
    for (fleet, wanted) in [(&fleet, &first), (&verdicts, &accepted)] {
        let asking = &asking;
        Wanted {
            fleet,
            asking,
            wanted,
        }
        .check();
    }
}

#[test]
fn a_fleet_finds_the_first_filter_of_each_list() {
    let mut reached = Reached::default();
    for seed in 0..12 {
        compare::<u32>(seed, 1, &mut reached);
        compare::<u128>(seed, 1, &mut reached);
    }
    let Reached {
        compact,
        large,
        deep_trees,
        matched,
        accepted,
    } = reached;
    assert!(
        compact > 100 && large > 20 && deep_trees > 20 && matched > 20_000 && accepted > 15_000,
        "{compact} {large} {deep_trees} {matched} {accepted}"
    );
}

#[test]
fn lists_of_ports_of_any_length_are_found() {
    for count in [1, 13, 14, 15, 16, 210, 225, 226, 4000] {
        let filter = |port: u16| Filter {
            source: (0_u32, u32::MAX),
            destination: (0, u32::MAX),
            source_ports: (0, u16::MAX),
            destination_ports: (7 * port, 7 * port + 2),
            protocol: (6, 255),
        };
        let filters: Vec<Filter<u32>> = (0..count).map(filter).collect();
        let accepts: Vec<bool> = (0..count).map(|at| at % 3 == 0).collect();
        let (accepts, otherwise) = (&accepts[..], true);
        let verdicts = Member::of_verdicts(&filters, Verdicts { accepts, otherwise });
        let fleet: Fleet<u32> = [Member::of_filters(&filters), verdicts]
            .into_iter()
            .collect();
        assert!(fleet.large.iter().all(Option::is_none), "{count}");
        let header = |destination_port| Header {
            destination_port,
            protocol: 6,
            ..Header::default()
        };
        let ports = || 0..=u16::MAX;
        for list in 0..2 {
            let asking = |port| Asking {
                header: header(port),
                list,
            };
            let asking: Vec<Asking<u32>> = ports().map(asking).collect();
            let mut found = vec![0; asking.len()];
            fleet.classify(&asking, &mut found);
            for (port, found) in ports().zip(&found) {
                let hit = (port % 7 <= 2 && port / 7 < count).then_some(port / 7);
                let wanted = match (list, hit) {
                    (0, hit) => hit.map_or(NO_MATCH, u32::from),
                    (_, hit) => u32::from(hit.is_none_or(|filter| filter % 3 == 0)),
                };
                assert_eq!(*found, wanted, "{count} filters, list {list}, port {port}");
            }
        }
    }
}

#[test]
fn the_last_address_is_told_from_the_one_before() {
    let (any, last) = ((0, u32::MAX), (u32::MAX, u32::MAX));
    for (source, destination) in [(any, last), (last, any), (last, last)] {
        let filter = Filter {
            source,
            destination,
            source_ports: (0, u16::MAX),
            destination_ports: (0, u16::MAX),
            protocol: (0, 0),
        };
        let fleet: Fleet<u32> = [Member::of_filters(&[filter])].into_iter().collect();
        let ends = [u32::MAX, u32::MAX - 1, 0];
        for (source, destination) in ends
            .into_iter()
            .flat_map(|one| ends.map(|other| (one, other)))
        {
            let header = Header {
                source,
                destination,
                ..Header::default()
            };
            let wanted = if matches(&filter, &header) {
                0
            } else {
                NO_MATCH
            };
            let found = fleet.classify_one(&Asking { header, list: 0 });
            assert_eq!(found, wanted, "{filter:?} {header:?}");
        }
    }
}
