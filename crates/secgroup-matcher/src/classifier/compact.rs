//! A list of filters in little space, for the many policies of a fleet.
//!
//! Source addresses with the same answers are one class, found in a tree of
//! boundaries. A class has a *row*: for each *variant*, which is a combination of
//! protocol, destination and source port, the *list* of destination ports at
//! which the answer changes. With the filters `10.0.0.0/8 tcp 22 → 1` and
//! `any tcp 20–25 → 0` there are three intervals of sources and two classes; the
//! list of TCP for the one inside is 0: none, 20: 0, 22: 1, 23: 0, 26: none. Rows
//! and lists that are equal are one.
//!
//! All of it is cache lines, so that a lookup is a walk from line to line which
//! can be fetched ahead (see `fleet`): the first line, two or more of the tree,
//! one with the row, one with the list.

use std::collections::HashMap;
use std::sync::Arc;

use super::cells::Cells;
use super::ruleset::{RuleSet, Side};
use super::simd;
use super::variants::Variants;
use crate::address::Address;

/// Numbers of 32 bits in a line.
pub const WIDE: usize = 16;

/// Numbers of 16 bits in a line.
pub(super) const SHORTS: u32 = 32;

/// The answer where no filter matches.
pub(super) const NOTHING: u16 = u16::MAX;

/// A cache line of a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(align(64))]
pub(super) struct Wide(pub(super) [u32; WIDE]);

/// A cache line of rows and lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(align(64))]
pub(super) struct Short(pub(super) [u16; SHORTS as usize]);

/// At most so many boundaries are in a list; more are cut into several.
pub(super) const MOST_BOUNDS: usize = 14;

/// Added to the number of boundaries where what stands behind each is the place
/// of another list.
pub(super) const DEEPER: u16 = 1 << 8;

/// How many numbers of 16 bits a place counts.
pub(super) const UNIT: u32 = 2;

/// Filters, compiled; what they answer are numbers below [`NOTHING`].
#[derive(Clone, Debug)]
pub(super) struct Compact<A> {
    /// How to get from a header to its variant, and where a variant stands in a
    /// row.
    pub(super) variants: Variants<A>,
    /// Where the root begins in the tree.
    pub(super) root: u32,
    /// Where each level of the tree below the root begins.
    pub(super) levels: [u32; MOST_LEVELS],
    /// Where rows and lists begin among the lines.
    pub(super) first_line: u32,
    /// How many lines the root has.
    pub(super) roots: u8,
    /// How many levels the tree has below the root.
    pub(super) depth: u8,
    /// The tree, perhaps behind those of others. Lines have boundaries; those of
    /// the last level have fewer, and the places of rows behind them.
    pub(super) tree: Arc<Vec<Wide>>,
    /// Rows and lists, perhaps behind those of others.
    pub(super) lines: Arc<Vec<Short>>,
}

/// A tree has at most so many levels below the root.
const MOST_LEVELS: usize = 5;

/// A root has at most so many lines.
const MOST_ROOTS: usize = 4;

impl<A: Address> Compact<A> {
    /// Compiles filters; `answer` is what each of them says, `otherwise` what is
    /// said where none matches. Returns nothing where that is no small table.
    pub(super) fn of(
        cells: &Cells<'_, A>,
        otherwise: u16,
        answer: impl Fn(u32) -> u16,
    ) -> Option<Self> {
        let mut lists = Lists::default();
        let number = |rules: &Vec<u32>| lists.number(cells.all, rules, otherwise, &answer);
        let of_cell: Vec<u32> = cells.lists.iter().map(number).collect();
        let of_class = cells
            .of_class
            .iter()
            .map(|row| row.iter().map(|cell| of_cell[*cell as usize]).collect());
        let (variants, rows) = cells.variants.folded(&of_class.collect::<Vec<_>>());
        if rows.iter().any(|row| row.len() > SHORTS as usize) {
            return None;
        }
        let mut lines = Lines::default();
        let places = lists.lay_out(&mut lines)?;
        let mut known: HashMap<&[u32], u16> = HashMap::new();
        let mut row_of = Vec::with_capacity(rows.len());
        for row in &rows {
            let place = match known.get(&row[..]) {
                Some(place) => *place,
                None => {
                    let numbers: Vec<u16> = row.iter().map(|list| places[*list as usize]).collect();
                    let place = lines.push(&numbers)?;
                    known.insert(row, place);
                    place
                }
            };
            row_of.push(place);
        }
        let rows = cells
            .classes
            .class
            .iter()
            .map(|class| row_of[*class as usize]);
        let rows = rows.collect::<Vec<_>>();
        let Tree {
            roots,
            begins,
            lines: tree,
        } = Tree::of(&cells.classes.starts, &rows)?;
        let mut levels = [0; MOST_LEVELS];
        levels.get_mut(..begins.len())?.copy_from_slice(&begins);
        Some(Self {
            variants,
            root: 0,
            first_line: 0,
            roots,
            depth: u8::try_from(begins.len()).ok()?,
            levels,
            tree: Arc::new(tree),
            lines: Arc::new(lines.0),
        })
    }

    /// Returns a table with one answer about everything.
    pub(super) fn only(answer: u16) -> Self {
        let nothing = RuleSet {
            source: Side { sets: Vec::new() },
            destination: Side { sets: Vec::new() },
            services: Vec::new(),
            rules: Vec::new(),
        };
        let cells = Cells::of(&nothing).expect("nothing is told apart");
        Self::of(&cells, answer, |_| answer).expect("nothing fits")
    }

    /// Puts the lines of tables side by side, so that they lie in few pages.
    /// Each of them has its lines for itself before.
    pub(super) fn together(tables: &mut [Self]) {
        let length = |of: fn(&Self) -> usize| tables.iter().map(of).sum::<usize>();
        let mut tree = Vec::with_capacity(length(|table| table.tree.len()));
        let mut lines = Vec::with_capacity(length(|table| table.lines.len()));
        simd::in_large_pages(tree.spare_capacity_mut());
        simd::in_large_pages(lines.spare_capacity_mut());
        for table in &mut *tables {
            let at = |length: usize| u32::try_from(length).expect("less than 2^32 lines");
            table.root = at(tree.len());
            table
                .levels
                .iter_mut()
                .for_each(|level| *level += table.root);
            table.first_line = at(lines.len());
            tree.extend_from_slice(&table.tree);
            lines.extend_from_slice(&table.lines);
        }
        let (tree, lines) = (Arc::new(tree), Arc::new(lines));
        for table in tables {
            table.tree = Arc::clone(&tree);
            table.lines = Arc::clone(&lines);
        }
    }
}

/// The lines of a tree, and what is where.
struct Tree {
    roots: u8,
    begins: Vec<u32>,
    lines: Vec<Wide>,
}

impl Tree {
    /// Lays intervals out. Returns nothing where they are too many, or where the
    /// last address is one by itself: lookups take it for the one before.
    fn of<A: Address>(starts: &[A], rows: &[u16]) -> Option<Self> {
        if starts.last() == Some(&A::MAX) {
            return None;
        }
        let mut kept: Vec<(A, u16)> = Vec::with_capacity(starts.len());
        for (start, row) in starts.iter().zip(rows) {
            if kept.last().is_none_or(|(_, last)| last != row) {
                kept.push((*start, *row));
            }
        }
        let leaves = kept.chunks(A::LEAF as usize + 1);
        let mut firsts: Vec<A> = leaves.clone().map(|own| own[0].0).collect();
        let mut levels: Vec<Vec<Wide>> = vec![leaves.map(leaf).collect()];
        while firsts.len() > MOST_ROOTS * A::INNER as usize + 1 {
            let inner = firsts.chunks(A::INNER as usize + 1);
            levels.insert(0, inner.clone().map(|own| inner_line(&own[1..])).collect());
            firsts = inner.map(|own| own[0]).collect();
        }
        let roots: Vec<Wide> = firsts[1..]
            .chunks(A::INNER as usize)
            .map(inner_line)
            .collect();
        let mut begins = Vec::with_capacity(levels.len());
        let mut lines = roots.clone();
        for level in levels {
            begins.push(u32::try_from(lines.len()).ok()?);
            lines.extend(level);
        }
        Some(Self {
            roots: u8::try_from(roots.len()).ok()?,
            begins,
            lines,
        })
    }
}

/// Writes boundaries; what is left is behind all addresses.
fn inner_line<A: Address>(boundaries: &[A]) -> Wide {
    let mut line = Wide([u32::MAX; WIDE]);
    for (at, start) in boundaries.iter().enumerate() {
        start.put(&mut line.0, at);
    }
    line
}

/// Writes intervals: the boundaries between them, and the places of their rows.
fn leaf<A: Address>(intervals: &[(A, u16)]) -> Wide {
    let boundaries: Vec<A> = intervals[1..].iter().map(|(start, _)| *start).collect();
    let mut line = inner_line(&boundaries);
    for at in 0..=A::LEAF as usize {
        let (_, row) = intervals[at.min(intervals.len() - 1)];
        let half = A::ROWS as usize + at;
        let (word, shift) = (half / 2, 16 * (half % 2));
        line.0[word] = line.0[word] & !(0xffff << shift) | u32::from(row) << shift;
    }
    line
}

/// Lines that are filled with runs of numbers, none of which crosses a line.
#[derive(Default)]
struct Lines(Vec<Short>, usize);

impl Lines {
    /// Adds numbers, at most as many as a line has. Returns their place, none
    /// where that is no number of 16 bits.
    fn push(&mut self, numbers: &[u16]) -> Option<u16> {
        let room = numbers.len().next_multiple_of(UNIT as usize);
        if self.0.is_empty() || self.1 + room > SHORTS as usize {
            self.0.push(Short([0; SHORTS as usize]));
            self.1 = 0;
        }
        let line = self.0.len() - 1;
        self.0[line].0[self.1..][..numbers.len()].copy_from_slice(numbers);
        let place = u16::try_from((line * SHORTS as usize + self.1) / UNIT as usize).ok();
        self.1 += room;
        place
    }
}

/// Lists of ports and answers, each once.
#[derive(Default)]
struct Lists {
    /// Where answers begin, and what they are.
    all: Vec<Vec<(u16, u16)>>,
    known: HashMap<Vec<(u16, u16)>, u32>,
}

impl Lists {
    /// Returns the number of the list that filters, given in order, lead to.
    fn number<A>(
        &mut self,
        all: &RuleSet<A>,
        rules: &[u32],
        otherwise: u16,
        answer: impl Fn(u32) -> u16,
    ) -> u32 {
        let mut list = vec![(0, otherwise)];
        for rule in rules.iter().rev() {
            let service = &all.services[all.rules[*rule as usize].service as usize];
            paint(&mut list, service.destination_ports, answer(*rule));
        }
        list.dedup_by_key(|(_, answer)| *answer);
        let next = u32::try_from(self.all.len()).expect("fewer than filters squared");
        *self.known.entry(list).or_insert_with_key(|list| {
            self.all.push(list.clone());
            next
        })
    }

    /// Writes all lists; returns the place of each.
    fn lay_out(&self, lines: &mut Lines) -> Option<Vec<u16>> {
        self.all.iter().map(|list| lay_out(lines, list)).collect()
    }
}

/// Sets the answer for a range of ports.
fn paint(list: &mut Vec<(u16, u16)>, (first, last): (u16, u16), answer: u16) {
    let from = list.partition_point(|(start, _)| *start < first);
    let behind = list.partition_point(|(start, _)| *start <= last);
    let after = list[behind - 1].1;
    let rest = last.checked_add(1).filter(|next| {
        // Something begins there already.
        list.get(behind).is_none_or(|(start, _)| start != next)
    });
    let own = [(first, answer)].into_iter();
    let rest = rest.map(|next| (next, after));
    list.splice(from..behind, own.chain(rest));
}

/// Writes a list: how many boundaries, the boundaries, the answers.
fn lay_out(lines: &mut Lines, list: &[(u16, u16)]) -> Option<u16> {
    if list.len() <= MOST_BOUNDS + 1 {
        return push_list(lines, list, 0);
    }
    let parts = list.chunks(MOST_BOUNDS + 1);
    let above: Option<Vec<(u16, u16)>> = parts
        .map(|part| Some((part[0].0, lay_out(lines, part)?)))
        .collect();
    lay_out_above(lines, &above?)
}

/// Writes lists of places, until one is left.
fn lay_out_above(lines: &mut Lines, list: &[(u16, u16)]) -> Option<u16> {
    if list.len() <= MOST_BOUNDS + 1 {
        return push_list(lines, list, DEEPER);
    }
    let parts = list.chunks(MOST_BOUNDS + 1);
    let above: Option<Vec<(u16, u16)>> = parts
        .map(|part| Some((part[0].0, push_list(lines, part, DEEPER)?)))
        .collect();
    lay_out_above(lines, &above?)
}

fn push_list(lines: &mut Lines, list: &[(u16, u16)], mark: u16) -> Option<u16> {
    let bounds = list.len() - 1;
    let mut numbers = vec![u16::try_from(bounds).ok()? | mark];
    numbers.extend(list[1..].iter().map(|(start, _)| *start));
    numbers.extend(list.iter().map(|(_, answer)| *answer));
    lines.push(&numbers)
}
