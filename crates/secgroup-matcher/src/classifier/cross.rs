//! The cross product of the classes of addresses and services.
//!
//! One table says for each pair of source and destination classes which *set*
//! of filters matches both; another one, for each set and class of services,
//! the first filter of the set that matches. Sets that are equal are one.

use std::collections::HashMap;

use super::NO_MATCH;
use super::address_map::Size;
use super::columns::Columns;
use super::ruleset::RuleSet;
use super::services::Services;
use super::simd::Vectors;
use super::table::Numbers;
use crate::address::Address;

/// How much a cross product may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    /// Cells of each table.
    pub(super) cells: usize,
    /// Cells that are worked out while building, before equal rows are one.
    pub(super) work: usize,
    /// Words of the bits that sets are told apart by, while building.
    pub(super) words: usize,
    /// First filters; more are laid out in pages.
    pub(super) flat: usize,
}

/// How many classes of services stand on a page.
const PAGE: u32 = 16;

/// The tables of a cross product.
#[derive(Debug)]
struct Tables {
    services: Services,
    /// How many classes of services there are.
    classes: u32,
    pairs: Pairs,
    firsts: Firsts,
    /// What stands for none among the first filters: one more than the last.
    none: u32,
}

/// The set of filters of each pair of classes.
#[derive(Debug)]
enum Pairs {
    /// By source class, then by destination class, of which there are so many.
    Table(Numbers, u32),
    /// Where one side has one class: what the map of the other one says.
    Mapped(End),
}

/// A side whose map says sets instead of classes, and the set of each class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fold {
    No,
    Source(Vec<u32>),
    Destination(Vec<u32>),
}

/// One of the two sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Source,
    Destination,
}

impl Pairs {
    /// Takes the set of each pair of so many classes of both sides, and whether
    /// the maps of the sides can say something else than classes.
    fn of(cells: Vec<u32>, counts: [usize; 2], maps: [bool; 2]) -> Option<(Self, Fold)> {
        // PERF: a load less for each header.
        Some(match (counts, maps) {
            ([_, 1], [true, _]) => (Self::Mapped(End::Source), Fold::Source(cells)),
            ([1, _], [_, true]) => (Self::Mapped(End::Destination), Fold::Destination(cells)),
            ([_, destinations], _) => {
                let destinations = u32::try_from(destinations).ok()?;
                (Self::Table(Numbers::of(cells), destinations), Fold::No)
            }
        })
    }
}

/// The first filter of each set and class of services.
#[derive(Debug)]
enum Firsts {
    Flat(Numbers),
    /// Where rows are many: the page of each set and `PAGE` classes, and the
    /// first filters of each page. Equal pages are one.
    Paged {
        pages: Numbers,
        firsts: Numbers,
    },
}

/// A cross product; nothing where no filter is in it.
#[derive(Debug, Default)]
pub(super) struct Cross(Option<Box<Tables>>);

impl Cross {
    /// Builds the product of some filters, given in order.
    ///
    /// `sources` and `destinations` list the sets of addresses that hold each
    /// class, and with them whether the side's map can say something else than
    /// classes. Returns nothing where there is not the room.
    pub(super) fn of<A: Address>(
        all: &RuleSet<A>,
        own: &[u32],
        (sources, maps_source): (&[Vec<u32>], bool),
        (destinations, maps_destination): (&[Vec<u32>], bool),
        room: Room,
        size: Size,
    ) -> Option<(Self, Fold)> {
        if own.is_empty() {
            return Some((Self(None), Fold::No));
        }
        let pairs = sources.len().checked_mul(destinations.len())?;
        let words = own.len().div_ceil(64);
        if pairs > room.cells || pairs.checked_mul(words)? > room.words.checked_mul(64)? {
            return None;
        }
        let mut used: Vec<u32> = own
            .iter()
            .map(|rule| all.rules[*rule as usize].service)
            .collect();
        used.sort_unstable();
        used.dedup();
        let kinds: Vec<_> = used
            .iter()
            .map(|service| all.services[*service as usize])
            .collect();
        let services = Services::of(&kinds, size)?;
        let rule = |at: u32| all.rules[own[at as usize] as usize];
        let positions = 0..u32::try_from(own.len()).ok()?;
        let by = |of: &dyn Fn(u32) -> u32, count: usize| {
            let mut by: Vec<Vec<u32>> = vec![Vec::new(); count];
            positions
                .clone()
                .for_each(|at| by[of(at) as usize].push(at));
            by
        };
        let rows = bits(
            sources,
            &by(&|at| rule(at).source, all.source.sets.len()),
            words,
        );
        let columns = by(&|at| rule(at).destination, all.destination.sets.len());
        let columns = bits(destinations, &columns, words);
        let (mut cells, sets) = pair_up(&rows, &columns, words, services.len(), room)?;
        let of_service = |at: u32| {
            let service = used.binary_search(&rule(at).service);
            u32::try_from(service.unwrap_or_default()).unwrap_or_default()
        };
        let by_service = by(&of_service, used.len());
        let matching: Vec<Vec<u32>> = services.matching.iter().map(|word| ones(word)).collect();
        let matching = bits(&matching, &by_service, words);
        let none = own.last().map_or(0, |last| last + 1);
        let mut rows = Rows::default();
        let mut row_of = Vec::with_capacity(sets.len());
        let mut row = Vec::with_capacity(services.len());
        for set in sets.bits.chunks_exact(words) {
            let classes = matching.chunks_exact(words);
            let firsts = classes.map(|class| first(set, class).map_or(none, |at| own[at]));
            row.clear();
            row.extend(firsts);
            row_of.push(rows.number(&row));
            if rows.firsts.len() > room.cells {
                return None;
            }
        }
        cells
            .iter_mut()
            .for_each(|set| *set = row_of[*set as usize]);
        let counts = [sources.len(), destinations.len()];
        let (pairs, fold) = Pairs::of(cells, counts, [maps_source, maps_destination])?;
        let tables = Tables {
            firsts: rows.finish(services.len(), room.flat),
            classes: u32::try_from(services.len()).ok()?,
            services,
            pairs,
            none,
        };
        Some((Self(Some(Box::new(tables))), fold))
    }

    /// Finds the first filter for each pair of classes.
    #[inline(always)]
    pub(super) fn find<A, const N: usize>(
        &self,
        columns: &Columns<A, N>,
        sources: &[u32; N],
        destinations: &[u32; N],
        answers: &mut [u32; N],
        vectors: impl Vectors,
    ) {
        let Some(tables) = &self.0 else {
            return;
        };
        let mut sets = match &tables.pairs {
            Pairs::Mapped(End::Source) => *sources,
            Pairs::Mapped(End::Destination) => *destinations,
            Pairs::Table(table, count) => {
                let mut sets = [0_u32; N];
                for ((set, source), destination) in sets.iter_mut().zip(sources).zip(destinations) {
                    *set = source.wrapping_mul(*count).wrapping_add(*destination);
                }
                table.read(&mut sets, vectors);
                sets
            }
        };
        let mut services = [0_u32; N];
        tables.services.find(columns, &mut services, vectors);
        tables
            .firsts
            .find(tables.classes, &mut sets, &services, vectors);
        for (answer, first) in answers.iter_mut().zip(sets) {
            let first = if first == tables.none {
                NO_MATCH
            } else {
                first
            };
            *answer = (*answer).min(first);
        }
    }

    /// Returns how many bytes it takes.
    pub(super) fn bytes(&self) -> usize {
        let tables = self.0.as_deref();
        tables.map_or(0, |tables| {
            let sets = match &tables.pairs {
                Pairs::Table(table, _) => table.bytes(),
                Pairs::Mapped(_) => 0,
            };
            tables.services.bytes() + sets + tables.firsts.bytes()
        })
    }
}

/// Returns the set of filters of each pair of classes, and the sets.
fn pair_up(
    rows: &[u64],
    columns: &[u64],
    words: usize,
    services: usize,
    room: Room,
) -> Option<(Vec<u32>, Sets)> {
    let mut sets = Sets::new(words);
    let mut cells = Vec::with_capacity(rows.len() / words * (columns.len() / words));
    for row in rows.chunks_exact(words) {
        for column in columns.chunks_exact(words) {
            cells.push(sets.number(row, column));
            if sets.bits.len() > room.words || sets.len() * services > room.work {
                return None;
            }
        }
    }
    Some((cells, sets))
}

/// Returns for each class the bits of all filters that its members have.
fn bits(classes: &[Vec<u32>], filters: &[Vec<u32>], words: usize) -> Vec<u64> {
    let mut bits = vec![0; classes.len() * words];
    for (row, members) in bits.chunks_exact_mut(words).zip(classes) {
        for filter in members.iter().flat_map(|member| &filters[*member as usize]) {
            row[*filter as usize / 64] |= 1 << (filter % 64);
        }
    }
    bits
}

/// Returns the positions of ones.
fn ones(bits: &[u64]) -> Vec<u32> {
    let positions = (0..).zip(bits).flat_map(|(word, bits)| {
        let own = (0..64).filter(move |bit| bits >> bit & 1 == 1);
        own.map(move |bit| 64 * word + bit)
    });
    positions.collect()
}

/// Returns the first position at which both have a one.
fn first(one: &[u64], other: &[u64]) -> Option<usize> {
    let both = one.iter().zip(other).map(|(one, other)| one & other);
    let (word, bits) = both.enumerate().find(|(_, bits)| *bits != 0)?;
    Some(64 * word + bits.trailing_zeros() as usize)
}

impl Firsts {
    /// Replaces sets by the first filter of each with a class of services.
    #[inline(always)]
    fn find<const N: usize>(
        &self,
        classes: u32,
        sets: &mut [u32; N],
        services: &[u32; N],
        vectors: impl Vectors,
    ) {
        match self {
            Self::Flat(firsts) => {
                for (set, service) in sets.iter_mut().zip(services) {
                    *set = set.wrapping_mul(classes).wrapping_add(*service);
                }
                firsts.read(sets, vectors);
            }
            Self::Paged { pages, firsts } => {
                let count = classes.div_ceil(PAGE);
                for (set, service) in sets.iter_mut().zip(services) {
                    *set = set.wrapping_mul(count).wrapping_add(service / PAGE);
                }
                pages.read(sets, vectors);
                for (page, service) in sets.iter_mut().zip(services) {
                    *page = page.wrapping_mul(PAGE) | (service % PAGE);
                }
                firsts.read(sets, vectors);
            }
        }
    }

    fn bytes(&self) -> usize {
        match self {
            Self::Flat(firsts) => firsts.bytes(),
            Self::Paged { pages, firsts } => pages.bytes() + firsts.bytes(),
        }
    }
}

/// Distinct rows of first filters, by number. Sets of filters that differ can
/// have equal rows: where one filter is first, others behind it do not matter.
#[derive(Default)]
struct Rows {
    /// The pages of each row.
    pages: Vec<u32>,
    /// Numbers by pages.
    rows: HashMap<Vec<u32>, u32>,
    /// What stands on each page.
    firsts: Vec<u32>,
    known: HashMap<[u32; PAGE as usize], u32>,
}

impl Rows {
    fn number(&mut self, row: &[u32]) -> u32 {
        let Self {
            pages,
            rows,
            firsts,
            known,
        } = self;
        let own = row.chunks(PAGE as usize).map(|part| {
            // Behind the last class a page repeats that; nobody looks there.
            let page = std::array::from_fn(|at| part[at.min(part.len() - 1)]);
            let number = |number: usize| u32::try_from(number).expect("there is room for fewer");
            *known.entry(page).or_insert_with(|| {
                firsts.extend(page);
                number(firsts.len() / PAGE as usize - 1)
            })
        });
        let own: Vec<u32> = own.collect();
        let next = u32::try_from(rows.len()).expect("there are fewer rows than sets");
        *rows.entry(own).or_insert_with_key(|own| {
            pages.extend_from_slice(own);
            next
        })
    }

    /// Returns the tables for `classes` classes of services.
    fn finish(self, classes: usize, flat: usize) -> Firsts {
        if self.rows.len() * classes > flat {
            return Firsts::Paged {
                pages: Numbers::of(self.pages),
                firsts: Numbers::of(self.firsts),
            };
        }
        let page = PAGE as usize;
        let rows = self.pages.chunks(classes.div_ceil(page));
        let flat = rows.flat_map(|pages| {
            let firsts = pages.iter().flat_map(|number| {
                let first = *number as usize * page;
                &self.firsts[first..first + page]
            });
            firsts.copied().take(classes)
        });
        Firsts::Flat(Numbers::of(flat.collect()))
    }
}

/// Distinct sets of filters, as bits, by number.
struct Sets {
    words: usize,
    bits: Vec<u64>,
    /// Numbers by a fingerprint of the bits.
    known: HashMap<u64, Vec<u32>>,
}

impl Sets {
    fn new(words: usize) -> Self {
        Self {
            words,
            bits: Vec::new(),
            known: HashMap::new(),
        }
    }

    fn len(&self) -> usize {
        self.bits.len() / self.words
    }

    /// Returns the number of the filters that both have.
    fn number(&mut self, row: &[u64], column: &[u64]) -> u32 {
        let both = || row.iter().zip(column).map(|(row, column)| row & column);
        let fingerprint = both().fold(0_u64, |print, word| {
            (print.rotate_left(5) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15)
        });
        let (words, bits) = (self.words, &mut self.bits);
        let same = self.known.entry(fingerprint).or_default();
        let found = same.iter().find(|number| {
            let own = &bits[**number as usize * words..][..words];
            own.iter().copied().eq(both())
        });
        if let Some(number) = found {
            return *number;
        }
        let number = u32::try_from(bits.len() / words).expect("there is room for fewer");
        bits.extend(both());
        same.push(number);
        number
    }
}
