//! Many lists of filters, each header asked of one of them.
//!
//! One list is in no cache when its turn comes, so nothing helps but little
//! space and many headers in flight together: a batch goes through the stages of
//! a lookup side by side, and what a stage will read is fetched in the one
//! before. A list answers the number of the first filter that matches; or what
//! that says, and nothing else, which takes a third of the space.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use super::cells::Cells;
use super::compact::{Compact, DEEPER, NOTHING, SHORTS, Short, UNIT, WIDE, Wide};
use super::ruleset::RuleSet;
use super::simd::{self, Vectors};
use super::{Classifier, Filter, Header, NO_MATCH, Size};
use crate::address::Address;

/// How many headers are in flight together.
pub(super) const FLIGHT: usize = 64;

/// What a table answers where the list has no compact one.
const ELSEWHERE: u16 = NOTHING - 1;

/// A header, and which list is asked about it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Asking<A> {
    /// The header.
    pub header: Header<A>,
    /// The number of the list.
    pub list: u32,
}

/// Lists of filters, compiled.
///
/// A copy shares the tables; [`Fleet::replace`] changes one list in a copy while
/// others look up in the fleet as it was.
#[derive(Clone, Debug, Default)]
pub struct Fleet<A: Address> {
    tables: Vec<Compact<A>>,
    /// The lists of those that have no compact table.
    large: Vec<Option<Arc<Large<A>>>>,
}

/// One list, compiled.
#[derive(Clone, Debug)]
pub struct Member<A: Address> {
    table: Compact<A>,
    large: Option<Arc<Large<A>>>,
}

/// A list that is too large for a compact table, or tells too much apart.
#[derive(Debug)]
struct Large<A: Address> {
    classifier: Classifier<A>,
    /// What is answered instead of the number of a filter.
    verdicts: Option<Verdicts<Vec<bool>>>,
}

/// What filters say.
#[derive(Clone, Copy, Debug)]
pub struct Verdicts<V> {
    /// Whether each filter accepts.
    pub accepts: V,
    /// Whether is accepted what no filter matches.
    pub otherwise: bool,
}

impl<A: Address> Member<A> {
    /// Compiles a list that answers the number of the first filter that matches,
    /// [`NO_MATCH`] where none does.
    ///
    /// # Panics
    ///
    /// Panics for 2³² - 1 filters or more.
    #[must_use]
    pub fn of_filters(filters: &[Filter<A>]) -> Self {
        Self::of(&RuleSet::of_filters(filters), None)
    }

    /// Compiles a list that answers 1 where the first filter that matches
    /// accepts, and 0 where it does not. Its tables are smaller, and faster.
    ///
    /// # Panics
    ///
    /// Panics where not every filter has a verdict, and for 2³² - 1 filters or
    /// more.
    #[must_use]
    pub fn of_verdicts(filters: &[Filter<A>], verdicts: Verdicts<&[bool]>) -> Self {
        assert_eq!(filters.len(), verdicts.accepts.len(), "one per filter");
        Self::of(&RuleSet::of_filters(filters), Some(verdicts))
    }

    /// Compiles filters whose address sets and services are told apart.
    pub(crate) fn of(all: &RuleSet<A>, verdicts: Option<Verdicts<&[bool]>>) -> Self {
        let few = all.rules.len() < usize::from(ELSEWHERE);
        let table = few.then(|| Cells::of(all)).flatten().and_then(|cells| {
            let Some(verdicts) = verdicts else {
                let number = |rule| u16::try_from(rule).unwrap_or(ELSEWHERE);
                return Compact::of(&cells, NOTHING, number);
            };
            let says = |rule: u32| u16::from(verdicts.accepts[rule as usize]);
            Compact::of(&cells, u16::from(verdicts.otherwise), says)
        });
        if let Some(table) = table {
            return Self { table, large: None };
        }
        Self {
            table: Compact::only(ELSEWHERE),
            large: Some(Arc::new(Large {
                classifier: Classifier::of(all, Size::Small, None),
                verdicts: verdicts.map(|verdicts| Verdicts {
                    accepts: verdicts.accepts.to_vec(),
                    otherwise: verdicts.otherwise,
                }),
            })),
        }
    }
}

impl<A: Address> Large<A> {
    #[cold]
    fn answer(&self, header: &Header<A>) -> u32 {
        let number = self.classifier.classify_one(header);
        self.verdicts.as_ref().map_or(number, |verdicts| {
            let own = verdicts.accepts.get(number as usize);
            u32::from(*own.unwrap_or(&verdicts.otherwise))
        })
    }
}

impl<A: Address> FromIterator<Member<A>> for Fleet<A> {
    fn from_iter<I: IntoIterator<Item = Member<A>>>(members: I) -> Self {
        let members = members
            .into_iter()
            .map(|member| (member.table, member.large));
        let (tables, large) = members.unzip();
        Self { tables, large }
    }
}

impl<A: Address> Fleet<A> {
    /// Puts the tables of all lists side by side, which makes lookups faster.
    /// What was copied before keeps its own.
    pub fn settle(&mut self) {
        Compact::together(&mut self.tables);
    }

    /// Returns a list of the fleet, sharing its tables.
    ///
    /// # Panics
    ///
    /// Panics when there is no list of that number.
    #[must_use]
    pub fn member(&self, list: usize) -> Member<A> {
        Member {
            table: self.tables[list].clone(),
            large: self.large[list].clone(),
        }
    }

    /// Puts another list in the place of one.
    ///
    /// # Panics
    ///
    /// Panics when there is no list of that number.
    pub fn replace(&mut self, list: usize, member: Member<A>) {
        self.tables[list] = member.table;
        self.large[list] = member.large;
    }

    /// Returns how many lists there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.tables.len()
    }

    /// Tells whether there is no list.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.tables.is_empty()
    }

    /// Answers about each header as its list does.
    ///
    /// # Panics
    ///
    /// Panics when the two slices differ in length, and for a list that is not
    /// there.
    pub fn classify(&self, asking: &[Asking<A>], answers: &mut [u32]) {
        assert_eq!(asking.len(), answers.len(), "one answer per header");
        simd::fleet(&self.tables, asking, answers);
        self.finish(asking, answers);
    }

    /// Answers about one header as its list does.
    ///
    /// # Panics
    ///
    /// Panics for a list that is not there.
    #[must_use]
    pub fn classify_one(&self, asking: &Asking<A>) -> u32 {
        let mut answer = [0];
        find(&self.tables, &[*asking], &mut answer, simd::Plain);
        self.finish(&[*asking], &mut answer);
        answer[0]
    }

    /// Completes the answers of tables.
    fn finish(&self, asking: &[Asking<A>], answers: &mut [u32]) {
        for (asking, answer) in asking.iter().zip(answers) {
            if *answer == u32::from(NOTHING) {
                *answer = NO_MATCH;
            } else if *answer == u32::from(ELSEWHERE) {
                let large = self.large[asking.list as usize].as_deref();
                *answer = large.map_or(NO_MATCH, |large| large.answer(&asking.header));
            }
        }
    }

    /// Returns how many bytes lookups can touch.
    #[must_use]
    pub fn bytes(&self) -> usize {
        // Tables that lie side by side say so, each of all.
        let lines = self
            .tables
            .chunk_by(|one, other| Arc::ptr_eq(&one.tree, &other.tree));
        let lines = lines.map(|own| 64 * (own[0].tree.len() + own[0].lines.len()));
        let large = self.large.iter().flatten();
        let large = large.map(|one| one.classifier.parts().bytes);
        size_of_val(&self.tables[..]) + lines.sum::<usize>() + large.sum::<usize>()
    }
}

/// Looks a flight up, each header in its table.
#[inline(always)]
pub(super) fn find<A: Address, const N: usize>(
    all: &[Compact<A>],
    asking: &[Asking<A>; N],
    found: &mut [u32; N],
    vectors: impl Vectors,
) {
    let mut tables = [&all[0]; N];
    for (one, table) in asking.iter().zip(&mut tables) {
        *table = &all[one.list as usize];
        vectors.fetch(*table);
    }
    // Where in its row each header stands.
    let mut variants = [0_u32; N];
    let mut deepest = 0;
    for ((one, table), variant) in asking.iter().zip(&tables).zip(&mut variants) {
        for line in table.root() {
            vectors.fetch(line);
        }
        let header = &one.header;
        let destination = header.destination.min(A::LAST);
        *variant = table
            .variants
            .find(header.protocol, destination, header.source_port);
        deepest = deepest.max(table.depth);
    }
    let mut nodes = [0_u32; N];
    for ((one, table), node) in asking.iter().zip(&tables).zip(&mut nodes) {
        let source = one.header.source.min(A::LAST);
        for line in table.root() {
            *node = node.wrapping_add(source.begun(&line.0, A::INNER, vectors));
        }
        vectors.fetch(table.line(0, *node));
    }
    for level in 1..usize::from(deepest) {
        for ((one, table), node) in asking.iter().zip(&tables).zip(&mut nodes) {
            if level >= usize::from(table.depth) {
                continue;
            }
            let source = one.header.source.min(A::LAST);
            let begun = source.begun(&table.line(level - 1, *node).0, A::INNER, vectors);
            *node = node.wrapping_mul(A::INNER + 1).wrapping_add(begun);
            vectors.fetch(table.line(level, *node));
        }
    }
    let mut places = [0_u32; N];
    for (at, place) in places.iter_mut().enumerate() {
        let table = tables[at];
        let line = &table.line(usize::from(table.depth) - 1, nodes[at]).0;
        let source = asking[at].header.source.min(A::LAST);
        let half = source.begun(line, A::LEAF, vectors).wrapping_add(A::ROWS);
        let row = line[(half / 2) as usize % WIDE] >> (16 * (half % 2)) & 0xffff;
        *place = row.wrapping_mul(UNIT).wrapping_add(variants[at]);
        vectors.fetch(table.short(*place));
    }
    for (table, place) in tables.iter().zip(&mut places) {
        let list = table.short(*place).0[*place as usize % SHORTS as usize];
        *place = u32::from(list).wrapping_mul(UNIT);
        vectors.fetch(table.short(*place));
    }
    for (at, found) in found.iter_mut().enumerate() {
        let (table, port) = (tables[at], asking[at].header.destination_port);
        let (mut bounds, mut answer) = table.in_list(places[at], port, vectors);
        while bounds & DEEPER != 0 {
            let deeper = u32::from(answer).wrapping_mul(UNIT);
            (bounds, answer) = table.in_list(deeper, port, vectors);
        }
        *found = u32::from(answer);
    }
}

impl<A> Compact<A> {
    /// Returns the lines of the root.
    #[inline(always)]
    fn root(&self) -> &[Wide] {
        &self.tree[self.root as usize..][..usize::from(self.roots)]
    }

    /// Returns a line of the tree, below the root.
    #[inline(always)]
    fn line(&self, level: usize, node: u32) -> &Wide {
        &self.tree[self.levels[level].wrapping_add(node) as usize]
    }

    /// Returns the line of a place.
    #[inline(always)]
    fn short(&self, place: u32) -> &Short {
        &self.lines[self.first_line.wrapping_add(place / SHORTS) as usize]
    }

    /// Returns the first number of a list and what stands behind the last
    /// boundary that is not behind a port.
    #[inline(always)]
    fn in_list(&self, place: u32, port: u16, vectors: impl Vectors) -> (u16, u16) {
        let line = &self.short(place).0;
        let from = place % SHORTS;
        let bounds = line[from as usize];
        let count = u32::from(bounds % DEEPER);
        let begun = vectors.begun(port, line, from.wrapping_add(1), count);
        let answer = from.wrapping_add(1).wrapping_add(count).wrapping_add(begun);
        (bounds, line[answer as usize % SHORTS as usize])
    }
}
