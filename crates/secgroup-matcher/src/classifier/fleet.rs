//! Many lists of filters, each header asked of one of them.
//!
//! One list is in no cache when its turn comes, so nothing helps but little
//! space and many headers in flight together: a batch goes through the stages of
//! a lookup side by side, and what a stage will read is fetched in the one
//! before. A list answers the number of the first filter that matches; or what
//! that says, and nothing else, which takes a third of the space.

mod flight;
mod tables;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use super::cells::Cells;
use super::compact::{Compact, NOTHING};
use super::ruleset::RuleSet;
use super::simd;
use super::{Classifier, Filter, Header, NO_MATCH, Size};
use crate::address::Address;

pub(super) use flight::{FLIGHT, find};
pub(super) use tables::Tables;

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
    tables: Tables<A>,
    /// The lists that have no compact table.
    large: Vec<Option<Arc<Large<A>>>>,
    /// How many these are.
    large_count: usize,
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
        let (tables, large): (Vec<_>, Vec<_>) = members.unzip();
        Self {
            tables: Tables::of(&tables),
            large_count: large.iter().flatten().count(),
            large,
        }
    }
}

impl<A: Address> Fleet<A> {
    /// Puts the tables of all lists side by side, which makes lookups faster.
    /// What was copied before keeps its own.
    pub fn settle(&mut self) {
        self.tables.settle();
    }

    /// Returns a list of the fleet, sharing its tables.
    ///
    /// # Panics
    ///
    /// Panics when there is no list of that number.
    #[must_use]
    pub fn member(&self, list: usize) -> Member<A> {
        Member {
            table: self.tables.table(list),
            large: self.large[list].clone(),
        }
    }

    /// Puts another list in the place of one.
    ///
    /// # Panics
    ///
    /// Panics when there is no list of that number.
    pub fn replace(&mut self, list: usize, member: Member<A>) {
        self.large_count += usize::from(member.large.is_some());
        self.large_count -= usize::from(self.large[list].is_some());
        self.large[list] = member.large;
        self.tables.replace(list, member.table);
    }

    /// Returns how many lists there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.large.len()
    }

    /// Tells whether there is no list.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.large.is_empty()
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

    /// Completes the answers about lists that have no compact table.
    fn finish(&self, asking: &[Asking<A>], answers: &mut [u32]) {
        if self.large_count == 0 {
            return;
        }
        for (asking, answer) in asking.iter().zip(answers) {
            if *answer == u32::from(ELSEWHERE) {
                let large = self.large[asking.list as usize].as_deref();
                *answer = large.map_or(NO_MATCH, |large| large.answer(&asking.header));
            }
        }
    }

    /// Returns how many bytes lookups can touch.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let large = self.large.iter().flatten();
        let large = large.map(|one| one.classifier.parts().bytes);
        self.tables.bytes() + large.sum::<usize>()
    }
}
