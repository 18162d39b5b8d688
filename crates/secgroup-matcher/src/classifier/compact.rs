//! A list of filters in little space, for the many policies of a fleet.
//!
//! Source addresses with the same answers are one class, found in a tree of
//! boundaries. A class has a *row*: for each *variant*, which is a combination of
//! protocol, destination and source port, the *list* of destination ports at
//! which the answer changes. With the filters `10.0.0.0/8 tcp 22 → 1` and
//! `any tcp 20–25 → 0` there are three intervals of sources and two classes; the
//! list of TCP for the one inside is 0: none, 20: 0, 22: 1, 23: 0, 26: none. Rows
//! that are equal are one.
//!
//! All of it is cache lines, so that a lookup is a walk from line to line which
//! can be fetched ahead (see `fleet`): the descriptor with the root of the tree,
//! two or more lines of the tree, and the one with the row, which has the lists,
//! too. Lists that do not fit there are elsewhere, one line more.

mod lists;
mod rows;
mod tree;

use std::sync::Arc;

use super::cells::Cells;
use super::ruleset::{RuleSet, Side};
use super::variants::Variants;
use crate::address::Address;
use lists::Lists;

pub(super) use lists::{COUNTING, DEEPER};
pub(super) use rows::OUTSIDE;
pub(super) use tree::MOST_LEVELS;

/// The answer where no filter matches.
pub(super) const NOTHING: u16 = u16::MAX;

/// Numbers of 16 bits in a line.
pub(super) const SHORTS: u32 = 32;

/// Numbers of 32 bits in a line.
pub(super) const WORDS: usize = 16;

/// How many bytes a place counts.
pub(super) const UNIT: u32 = 4;

/// A cache line: of a tree, or of rows and lists. Numbers of more than a byte
/// begin with the least.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C, align(64))]
pub struct CacheLine(pub(crate) [u8; Self::BYTES as usize]);

impl CacheLine {
    /// How long it is.
    pub(super) const BYTES: u32 = 64;

    /// Returns all numbers of 32 bits.
    pub(crate) fn words(&self) -> [u32; WORDS] {
        let bytes = self.0.as_chunks().0;
        std::array::from_fn(|at| u32::from_le_bytes(bytes[at]))
    }

    /// Writes a number of 32 bits.
    pub(crate) fn put_word(&mut self, at: usize, number: u32) {
        self.0.as_chunks_mut().0[at] = number.to_le_bytes();
    }

    /// Returns a number of 16 bits.
    #[inline(always)]
    pub(super) const fn short(&self, at: u32) -> u16 {
        // PERF: one load.
        let (shorts, _) = self.0.as_chunks::<2>();
        u16::from_le_bytes(shorts[(at % SHORTS) as usize])
    }

    /// Writes a number of 16 bits.
    pub(super) fn put_short(&mut self, at: u32, number: u16) {
        self.0.as_chunks_mut().0[at as usize] = number.to_le_bytes();
    }

    /// Returns a byte.
    #[inline(always)]
    pub(super) const fn byte(&self, at: u32) -> u8 {
        self.0[(at % Self::BYTES) as usize]
    }
}

/// Filters, compiled; what they answer are numbers below [`NOTHING`].
#[derive(Clone, Debug)]
pub(super) struct Compact<A> {
    /// Where everything is.
    pub(super) descriptor: Descriptor<A>,
    /// How many lines it has.
    pub(super) length: u32,
    /// Its lines, perhaps among those of others.
    pub(super) lines: Arc<Vec<CacheLine>>,
}

/// What a lookup reads first: where everything is, how to get from a header to
/// its variant, and the root of the tree.
// PERF: two cache lines for addresses of 32 bits, the second is the root.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
pub(super) struct Descriptor<A> {
    pub(super) variants: Variants<A>,
    /// In which of many vectors the lines are.
    pub(super) segment: u32,
    /// The first line in the vector: rows and lists, which places count from.
    pub(super) first: u32,
    /// Where each level of the tree below the root begins, from the first line;
    /// 0 where there is none.
    pub(super) levels: [u16; MOST_LEVELS],
    /// The root of the tree.
    pub(super) root: CacheLine,
}

impl<A: Address> Compact<A> {
    /// Compiles filters; `answer` is what each of them says, `otherwise` what is
    /// said where none matches. Returns nothing where that is no small table.
    pub(super) fn of(
        cells: &Cells<'_, A>,
        otherwise: u16,
        answer: impl Fn(u32) -> u16,
    ) -> Option<Self> {
        let mut lists = Lists::default();
        let number = |rules: &[u32]| lists.number(cells.all, rules, otherwise, &answer);
        let of_cell: Vec<u32> = cells.lists().map(number).collect();
        let of_class = cells
            .of_class
            .iter()
            .map(|row| row.iter().map(|cell| of_cell[*cell as usize]).collect());
        let (variants, rows) = cells.variants.folded(&of_class.collect::<Vec<_>>());
        let (mut lines, places) = rows::laid_out(&rows, &lists)?;
        let classes = cells.classes.class.iter();
        let rows: Vec<u16> = classes.map(|class| places[*class as usize]).collect();
        let (root, levels) = tree::add(&mut lines, &cells.classes.starts, &rows)?;
        Some(Self {
            descriptor: Descriptor {
                variants,
                segment: 0,
                first: 0,
                levels,
                root,
            },
            length: u32::try_from(lines.len()).ok()?,
            lines: Arc::new(lines),
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
}

/// Lines that are filled with runs of numbers, none of which crosses a line.
#[derive(Default)]
pub(super) struct Filling {
    lines: Vec<CacheLine>,
    /// How many bytes each has.
    used: Vec<u32>,
}

/// So many of the last lines may still have room.
const OPEN: usize = 8;

impl Filling {
    /// Makes room for some bytes, at most as many as a line has, and returns the
    /// place.
    fn room(&mut self, bytes: u32) -> Option<Place<'_>> {
        let (number, line, begin) = self.place(bytes);
        let place = u32::try_from(number).ok()? * CacheLine::BYTES + begin;
        Some(Place {
            number: u16::try_from(place / UNIT).ok()?,
            line,
            begin,
        })
    }

    /// Makes room for some bytes, at most as many as a line has; returns the number
    /// of the line, the line, and where in it they begin.
    pub(super) fn place(&mut self, bytes: u32) -> (usize, &mut CacheLine, u32) {
        let room = bytes.next_multiple_of(UNIT);
        let count = self.lines.len();
        let mut open = count.saturating_sub(OPEN)..count;
        let fits = open.find(|line| self.used[*line] + room <= CacheLine::BYTES);
        let line = fits.unwrap_or_else(|| {
            self.lines.push(CacheLine([0; CacheLine::BYTES as usize]));
            self.used.push(0);
            count
        });
        let begin = self.used[line];
        self.used[line] += room;
        (line, &mut self.lines[line], begin)
    }

    /// Returns the lines.
    pub(super) fn finish(self) -> Vec<CacheLine> {
        self.lines
    }
}

/// Room in a line.
struct Place<'l> {
    /// What it is called by.
    number: u16,
    line: &'l mut CacheLine,
    /// Where it begins, in bytes.
    begin: u32,
}
