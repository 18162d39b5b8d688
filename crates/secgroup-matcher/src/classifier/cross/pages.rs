//! The last table: laid out flat, or in pages of which equal ones are one.

use foldhash::{HashMap, HashMapExt};

use super::super::columns::Lanes;
use super::super::simd::Vectors;
use super::super::table::Numbers;
use super::order::{bytes_of, reads};

/// How many classes stand on a page.
const PAGE: u32 = 16;

/// So many cells are flat, whatever that costs.
const FEW: usize = 1 << 16;

/// The first filters of rows.
#[derive(Debug)]
pub(super) enum Lookup {
    Flat(Numbers),
    /// Where rows are many: the page of each row and `PAGE` classes, and the
    /// first filters of each page.
    Paged {
        pages: Numbers,
        firsts: Numbers,
    },
}

impl Lookup {
    /// Returns how far apart rows of so many classes are.
    pub(super) const fn stride(&self, classes: u32) -> u32 {
        match self {
            Self::Flat(_) => classes,
            Self::Paged { .. } => classes.next_multiple_of(PAGE),
        }
    }

    /// Replaces positions by the first filters there.
    #[inline(always)]
    pub(super) fn read<const N: usize>(&self, positions: &mut [u32; N], vectors: impl Vectors) {
        match self {
            Self::Flat(firsts) => firsts.read(positions, vectors),
            Self::Paged { pages, firsts } => {
                let mut own = Lanes(*positions);
                own.iter_mut().for_each(|position| *position /= PAGE);
                pages.read(&mut own, vectors);
                for (position, page) in positions.iter_mut().zip(*own) {
                    *position = page.wrapping_mul(PAGE) | (*position % PAGE);
                }
                firsts.read(positions, vectors);
            }
        }
    }

    /// Returns how many bytes it takes.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Flat(firsts) => firsts.bytes(),
            Self::Paged { pages, firsts } => pages.bytes() + firsts.bytes(),
        }
    }
}

/// Rows of first filters, by number. Sets of filters that differ can have equal
/// rows: where one filter is first, others behind it do not matter.
pub(super) struct Rows {
    /// The pages of each row.
    pages: Vec<u32>,
    /// How many rows there are.
    count: u32,
    /// Numbers by pages.
    rows: HashMap<Vec<u32>, u32>,
    /// What stands on each page.
    firsts: Vec<u32>,
    known: HashMap<[u32; PAGE as usize], u32>,
}

impl Default for Rows {
    fn default() -> Self {
        Self {
            pages: Vec::new(),
            count: 0,
            rows: HashMap::new(),
            firsts: Vec::new(),
            known: HashMap::new(),
        }
    }
}

impl Rows {
    /// Adds a row and returns its number; that of an equal one where there is
    /// one, if those are to be one.
    pub(super) fn number(&mut self, row: &[u32], shared: bool) -> u32 {
        let Self {
            pages,
            count,
            rows,
            firsts,
            known,
        } = self;
        let mut last = None;
        let own = row.chunks(PAGE as usize).map(|part| {
            // Behind the last class a page repeats that; nobody looks there.
            let page = std::array::from_fn(|at| part[at.min(part.len() - 1)]);
            let number = |number: usize| u32::try_from(number).expect("there is room for fewer");
            // PERF: of few filters, most pages are as the one before.
            if let Some((before, own)) = last
                && before == page
            {
                return own;
            }
            let own = *known.entry(page).or_insert_with(|| {
                firsts.extend(page);
                number(firsts.len() / PAGE as usize - 1)
            });
            last = Some((page, own));
            own
        });
        let own: Vec<u32> = own.collect();
        if shared && let Some(number) = rows.get(&own) {
            return *number;
        }
        let number = *count;
        *count += 1;
        pages.extend_from_slice(&own);
        if shared {
            rows.insert(own, number);
        }
        number
    }

    /// Returns how many cells all pages have.
    pub(super) const fn cells(&self) -> usize {
        self.firsts.len()
    }

    /// Returns the table for `classes` classes, flat where that is at most `flat`
    /// cells and not slower; `beside` is what other tables take.
    pub(super) fn finish(self, classes: usize, flat: usize, beside: usize) -> Lookup {
        let cells = self.count as usize * classes;
        let greatest = self.firsts.iter().max().map_or(0, |greatest| *greatest);
        let width = bytes_of(greatest as usize + 1);
        let pages = self.pages.len() * bytes_of(self.firsts.len() / PAGE as usize);
        let paged = || {
            let mut sizes = [pages, self.firsts.len() * width];
            sizes.sort_unstable();
            reads(&sizes, beside)
        };
        if cells > flat || cells > FEW && paged() < reads(&[cells * width], beside) {
            return Lookup::Paged {
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
        Lookup::Flat(Numbers::of(flat.collect()))
    }
}
