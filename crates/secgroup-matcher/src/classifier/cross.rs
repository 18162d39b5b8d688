//! The cross product of the classes of addresses and services.
//!
//! Tables put the classes of fields together, two or more at a time: each says
//! for every combination which *set* of filters matches so far, and the last one
//! the first filter of it. Sets that are equal are one. In which order the
//! fields meet is chosen (see `order`).

mod order;
mod pages;
mod sets;

use super::NO_MATCH;
use super::address_map::Size;
use super::columns::{Columns, Lanes};
use super::ruleset::RuleSet;
use super::services::{Matching, Services};
use super::simd::Vectors;
use super::table::Numbers;
use crate::address::Address;
use order::{DESTINATION, FIELDS, Meetings, NEAR, Node, SOURCE, SOURCE_PORT};
use pages::{Lookup, Rows};
use sets::{Sets, Sparse};

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
    /// In which order fields meet.
    pub(super) order: Order,
}

/// Which order fields meet in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// Addresses, and services: nothing is tried.
    Usual,
    /// The best one; with a number one that is so far behind it, for tests.
    Best(usize),
}

/// About how much the map of one side's addresses takes, of what is read often.
const ADDRESS_MAP: usize = 3 << 16;

/// The tables of a cross product.
#[derive(Debug)]
struct Tables {
    services: Services,
    /// The sets of some fields together: with four fields, at most two tables.
    /// The second can have the first one as an input; what one says that is
    /// alone is the first input of the last table.
    steps: Vec<Step>,
    /// The first filters.
    last: Last,
    /// What stands for none among the first filters: one more than the last.
    none: u32,
}

/// A table of sets.
#[derive(Debug)]
struct Step {
    inputs: Inputs,
    sets: Numbers,
}

/// The last table.
#[derive(Debug)]
struct Last {
    inputs: Inputs,
    firsts: Lookup,
}

/// What a table is asked by, in order: fields, and behind them what the steps
/// said; and how many classes each has.
#[derive(Debug)]
struct Inputs(Vec<(usize, u32)>);

/// A cross product; nothing where no filter is in it.
#[derive(Debug, Default)]
pub(super) struct Cross(Option<Box<Tables>>);

impl Cross {
    /// Builds the product of some filters, given in order.
    ///
    /// `sources` and `destinations` list the sets of addresses that hold each
    /// class. Returns nothing where there is not the room.
    pub(super) fn of<A: Address>(
        all: &RuleSet<A>,
        own: &[u32],
        sources: &[Vec<u32>],
        destinations: &[Vec<u32>],
        room: Room,
        size: Size,
    ) -> Option<Self> {
        if own.is_empty() {
            return Some(Self(None));
        }
        let pairs = sources.len().checked_mul(destinations.len())?;
        let words = pairs.checked_mul(own.len().div_ceil(64))?;
        if pairs > room.cells || words > room.words.checked_mul(64)? {
            return None;
        }
        // Many small tables are not worth trying much.
        let room = match size {
            Size::Small => Room {
                order: Order::Usual,
                ..room
            },
            Size::Fast | Size::Slots => room,
        };
        let (services, fields) = fields(all, own, sources, destinations, size)?;
        let none = own.last().map_or(0, |last| last + 1);
        let mut draft = Draft {
            meetings: Meetings::of(&fields, room)?,
            fields,
            steps: Vec::new(),
            room,
        };
        let beside = services.bytes()
            + ADDRESS_MAP
                * [sources, destinations]
                    .map(several)
                    .into_iter()
                    .sum::<usize>();
        let width = order::bytes_of(none as usize + 1);
        let best = order::best(&draft.fields, &draft.meetings, room, beside, width);
        let order = best.unwrap_or_else(|| order::usual(&draft.fields));
        let last = draft.last(&order, own, none, beside)?;
        let steps = draft.steps.into_iter().map(|(inputs, cells)| Step {
            inputs,
            sets: Numbers::of(cells),
        });
        Some(Self(Some(Box::new(Tables {
            services,
            steps: steps.collect(),
            last,
            none,
        }))))
    }

    /// Finds the first filter for the classes of addresses, and the services.
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
        let (mut near, mut source_ports) = (Lanes::<_, N>::all(0), Lanes::<_, N>::all(0));
        if let Some(map) = &tables.services.near {
            map.find(columns, &mut near, vectors);
        }
        if let Some(map) = &tables.services.source {
            map.find(columns, &mut source_ports, vectors);
        }
        let fields = [sources, destinations, &near, &source_ports];
        // PERF: what one step says is not written to memory; two steps are rare.
        let mut firsts = match &tables.steps[..] {
            [] => tables.last.inputs.positions(&fields),
            [step] => {
                let sets = step.find(&fields, vectors);
                tables.last.inputs.positions_behind(sets, &fields)
            }
            [first, second, ..] => {
                let first = first.find(&fields, vectors);
                let [a, b, c, d] = fields;
                let second = second.find(&[a, b, c, d, &first], vectors);
                let inputs = [a, b, c, d, &first, &second];
                tables.last.inputs.positions(&inputs)
            }
        };
        tables.last.firsts.read(&mut firsts, vectors);
        for (answer, first) in answers.iter_mut().zip(*firsts) {
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
            let steps: usize = tables.steps.iter().map(|step| step.sets.bytes()).sum();
            tables.services.bytes() + steps + tables.last.firsts.bytes()
        })
    }
}

impl Step {
    /// Finds the sets of inputs with such classes.
    #[inline(always)]
    fn find<const N: usize>(&self, classes: &[&[u32; N]], vectors: impl Vectors) -> Lanes<u32, N> {
        let mut sets = self.inputs.positions(classes);
        self.sets.read(&mut sets, vectors);
        sets
    }
}

impl Inputs {
    /// Returns the positions in a table that is asked by inputs with such
    /// classes.
    #[inline(always)]
    fn positions<const N: usize>(&self, classes: &[&[u32; N]]) -> Lanes<u32, N> {
        match &self.0[..] {
            [] => Lanes::all(0),
            [(first, _), rest @ ..] => behind(Lanes(*classes[*first]), rest, classes),
        }
    }

    /// As `positions`, where the first input has the classes `first`.
    #[inline(always)]
    fn positions_behind<const N: usize>(
        &self,
        first: Lanes<u32, N>,
        classes: &[&[u32; N]],
    ) -> Lanes<u32, N> {
        behind(first, &self.0[1..], classes)
    }
}

/// Returns the positions of classes with those of more inputs.
#[inline(always)]
fn behind<const N: usize>(
    mut positions: Lanes<u32, N>,
    more: &[(usize, u32)],
    classes: &[&[u32; N]],
) -> Lanes<u32, N> {
    let mut add = |(input, count): &(usize, u32)| {
        for (position, class) in positions.iter_mut().zip(classes[*input]) {
            *position = position.wrapping_mul(*count).wrapping_add(*class);
        }
    };
    match more {
        // PERF: no loop where there is one more, which is usual.
        [one] => add(one),
        several => several.iter().for_each(add),
    }
    positions
}

/// Returns one where there is more than one class.
fn several(classes: &[Vec<u32>]) -> usize {
    usize::from(classes.len() > 1)
}

/// Returns the filters of each class of the fields that have several.
fn fields<A: Address>(
    all: &RuleSet<A>,
    own: &[u32],
    sources: &[Vec<u32>],
    destinations: &[Vec<u32>],
    size: Size,
) -> Option<(Services, Vec<(usize, Sets)>)> {
    let words = own.len().div_ceil(64);
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
    let (services, [near, source_port]) = Services::of(&kinds, size)?;
    let positions = 0..u32::try_from(own.len()).ok()?;
    // The filters of each set, or service.
    let by = |of: &dyn Fn(u32) -> u32, count: usize| {
        let mut by: Vec<Vec<u32>> = vec![Vec::new(); count];
        positions
            .clone()
            .for_each(|at| by[of(at) as usize].push(at));
        by
    };
    let rule = |at: u32| all.rules[own[at as usize] as usize];
    let of_source = by(&|at| rule(at).source, all.source.sets.len());
    let of_destination = by(&|at| rule(at).destination, all.destination.sets.len());
    let of_service = |at: u32| {
        let service = used.binary_search(&rule(at).service);
        u32::try_from(service.unwrap_or_default()).unwrap_or_default()
    };
    let of_service = by(&of_service, used.len());
    let of_bits = |matching: Matching| {
        let classes: Vec<Vec<u32>> = matching.iter().map(|word| ones(word)).collect();
        Sets::of_classes(&classes, &of_service, words)
    };
    let fields = [
        (SOURCE, Sets::of_classes(sources, &of_source, words)),
        (
            DESTINATION,
            Sets::of_classes(destinations, &of_destination, words),
        ),
        (NEAR, of_bits(near)),
        (SOURCE_PORT, of_bits(source_port)),
    ];
    let several = |(_, sets): &(usize, Sets)| sets.len() > 1;
    Some((services, fields.into_iter().filter(several).collect()))
}

/// Returns the positions of ones.
fn ones(bits: &[u64]) -> Vec<u32> {
    let positions = (0..).zip(bits).flat_map(|(word, bits)| {
        let own = (0..64).filter(move |bit| bits >> bit & 1 == 1);
        own.map(move |bit| 64 * word + bit)
    });
    positions.collect()
}

/// A cross product while it is built.
struct Draft {
    fields: Vec<(usize, Sets)>,
    meetings: Meetings,
    /// Tables that say sets.
    steps: Vec<(Inputs, Vec<u32>)>,
    room: Room,
}

impl Draft {
    /// Returns what number a node has as an input, and its sets; nothing where
    /// there is not the room.
    fn input(&mut self, node: &Node) -> Option<(usize, Sets)> {
        let own = match node {
            Node::Field(field) => {
                let sets = self.fields.iter().find(|(own, _)| own == field)?;
                return Some(sets.clone());
            }
            Node::Step(own) => own,
        };
        let inputs: Option<Vec<(usize, Sets)>> = own.iter().map(|node| self.input(node)).collect();
        let inputs = inputs?;
        let (cells, sets) = match self.meetings.take(node.fields()) {
            Some(met) => met,
            None => {
                let ((_, last), before) = inputs.split_last()?;
                let rows = self.rows(before, last)?;
                if rows.len().checked_mul(last.len())? > self.room.cells {
                    return None;
                }
                rows.meet(last, self.room.words)?
            }
        };
        self.steps.push((counted(&inputs)?, cells));
        Some((FIELDS + self.steps.len() - 1, sets))
    }

    /// Returns what inputs before a last one have in common.
    fn rows(&self, before: &[(usize, Sets)], last: &Sets) -> Option<Sets> {
        let mut before = before.iter().map(|(_, sets)| sets);
        let Some(first) = before.next() else {
            return Some(everything(last.words));
        };
        before.try_fold(first.clone(), |rows, next| {
            let bits = rows.bits.len().checked_mul(next.len())?;
            (bits <= self.room.words).then(|| rows.times(next))
        })
    }

    /// Builds the last table.
    fn last(&mut self, order: &[Node], own: &[u32], none: u32, beside: usize) -> Option<Last> {
        let inputs: Option<Vec<(usize, Sets)>> =
            order.iter().map(|node| self.input(node)).collect();
        let inputs = inputs?;
        let words = own.len().div_ceil(64);
        let whole = everything(words);
        let (minor, before) = match inputs.split_last() {
            Some(((_, minor), before)) => (minor, before),
            None => (&whole, &[][..]),
        };
        let majors = self.rows(before, minor)?;
        if majors.len().checked_mul(minor.len())? > self.room.work {
            return None;
        }
        // The step whose sets are the rows, so that equal rows can be one.
        let step = match before {
            [(input, _)] => input.checked_sub(FIELDS),
            _ => None,
        };
        let mut rows = Rows::default();
        let mut row_of = Vec::with_capacity(majors.len());
        let mut row = Vec::with_capacity(minor.len());
        let mut set = Sparse::default();
        for major in majors.each() {
            set.take(major);
            let firsts = minor.each().map(|class| set.first(class));
            row.clear();
            row.extend(firsts.map(|at| at.map_or(none, |at| own[at])));
            row_of.push(rows.number(&row, step.is_some()));
            if rows.cells() > self.room.cells {
                return None;
            }
        }
        if let Some((_, cells)) = step.and_then(|step| self.steps.get_mut(step)) {
            cells
                .iter_mut()
                .for_each(|set| *set = row_of[*set as usize]);
        }
        let firsts = rows.finish(minor.len(), self.room.flat, beside);
        let mut inputs = counted(&inputs)?;
        if let Some((_, count)) = inputs.0.last_mut() {
            *count = firsts.stride(*count);
        }
        Some(Last { inputs, firsts })
    }
}

/// Returns the one set of all filters.
fn everything(words: usize) -> Sets {
    Sets {
        words,
        bits: vec![u64::MAX; words],
    }
}

/// Returns inputs with how many classes they have.
fn counted(inputs: &[(usize, Sets)]) -> Option<Inputs> {
    let counted = |(input, sets): &(usize, Sets)| Some((*input, u32::try_from(sets.len()).ok()?));
    inputs
        .iter()
        .map(counted)
        .collect::<Option<_>>()
        .map(Inputs)
}
