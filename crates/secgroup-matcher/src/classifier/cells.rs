//! Which filters meet in each class of sources and each variant.
//!
//! A cell is a class with a variant (see `variants`). In it only destination
//! ports are left to tell filters apart; cells with the same filters are one.

use foldhash::{HashMap, HashMapExt};

use super::intervals::{Classes, mixed};
use super::ruleset::RuleSet;
use super::variants::{MOST_VARIANTS, Variants};
use crate::address::Address;

/// The cells of a list of filters.
pub(super) struct Cells<'r, A> {
    /// The filters.
    pub(super) all: &'r RuleSet<A>,
    /// The classes of sources.
    pub(super) classes: Classes<A>,
    /// The variants, each with a place of its own.
    pub(super) variants: Variants<A>,
    /// For each class, the number of its list in each variant.
    pub(super) of_class: Vec<Vec<u32>>,
    /// The filters of all lists, each in order.
    filters: Vec<u32>,
    /// Where the filters of each list end.
    ends: Vec<usize>,
}

impl<'r, A: Address> Cells<'r, A> {
    /// Sorts filters into cells; returns nothing where there are too many.
    pub(super) fn of(all: &'r RuleSet<A>) -> Option<Self> {
        let sources = (0..).zip(&all.source.sets);
        let classes = Classes::of(sources.map(|(set, ranges)| (set, &**ranges)))?;
        let (variants, matching) = Variants::of(all)?;
        let mut of_source = vec![Vec::new(); all.source.sets.len()];
        for (number, rule) in (0_u32..).zip(&all.rules) {
            of_source[rule.source as usize].push(number);
        }
        let marks: Vec<u128> = (0_u32..).take(all.rules.len()).map(mixed).collect();
        let (number, matching) = distinct(variants.count(), &marks, matching);
        let distinct = 1 + number.iter().max().copied().unwrap_or(0);
        let (mut filters, mut ends) = (Vec::new(), Vec::new());
        let mut known: HashMap<u128, u32> = HashMap::new();
        let mut own: Vec<u32> = Vec::new();
        let row = |members: &Vec<u32>| {
            own.clear();
            own.extend(members.iter().flat_map(|set| &of_source[*set as usize]));
            own.sort_unstable();
            // Lists are known again by the sum of their filters' marks, as the
            // sets of a class are by theirs.
            let mut sums = [0; MOST_VARIANTS];
            for rule in &own {
                for variant in ones(matching[*rule as usize]) {
                    sums[variant] ^= marks[*rule as usize];
                }
            }
            let list = |(variant, sum): (usize, &u128)| {
                *known.entry(*sum).or_insert_with(|| {
                    let rules = own.iter().copied();
                    let rules = rules.filter(|rule| matching[*rule as usize] >> variant & 1 == 1);
                    filters.extend(rules);
                    ends.push(filters.len());
                    u32::try_from(ends.len() - 1).expect("fewer than filters squared")
                })
            };
            let lists: Vec<u32> = sums.iter().enumerate().take(distinct).map(list).collect();
            number.iter().map(|variant| lists[*variant]).collect()
        };
        let of_class = classes.members.iter().map(row).collect();
        Some(Self {
            all,
            classes,
            variants,
            of_class,
            filters,
            ends,
        })
    }

    /// Returns the filters of each list, in order.
    pub(super) fn lists(&self) -> impl Iterator<Item = &[u32]> {
        let mut begin = 0;
        self.ends.iter().map(move |end| {
            let own = &self.filters[begin..*end];
            begin = *end;
            own
        })
    }
}

/// Takes variants that the same filters match for one. Returns the new number of
/// each, and which of these each filter matches.
fn distinct(count: usize, marks: &[u128], matching: Vec<u128>) -> (Vec<usize>, Vec<u128>) {
    let mut sums = vec![0; count];
    for (mark, variants) in marks.iter().zip(&matching) {
        for variant in ones(*variants) {
            sums[variant] ^= mark;
        }
    }
    // The first variant of each number.
    let mut firsts: Vec<usize> = Vec::new();
    let number = |(variant, sum): (usize, &u128)| {
        let known = firsts.iter().position(|first| sums[*first] == *sum);
        known.unwrap_or_else(|| {
            firsts.push(variant);
            firsts.len() - 1
        })
    };
    let numbers = sums.iter().enumerate().map(number).collect();
    let numbered = |variants: u128| {
        let all = firsts.iter().enumerate();
        all.fold(0, |bits, (at, first)| bits | (variants >> first & 1) << at)
    };
    (numbers, matching.into_iter().map(numbered).collect())
}

/// Returns the positions of ones.
fn ones(mut bits: u128) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let at = bits.trailing_zeros() as usize;
        let some = bits != 0;
        bits &= bits.wrapping_sub(1);
        some.then_some(at)
    })
}
