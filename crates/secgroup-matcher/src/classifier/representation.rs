//! Classifiers of a chosen make, where otherwise `plan` measures and chooses.
//!
//! Only tests and measurements choose: the tests let every representation judge
//! what the others judge, and instructions are counted on processors that have
//! different vectors. All of them give the same answers.

use std::fmt;

use super::simd::Width;
use super::{Classifier, RuleSet, Size, plan};
use crate::address::Address;

/// What a classifier consists of, and how it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Representation {
    /// The parts that filters are in.
    pub kind: Kind,
    /// The shape of address maps.
    pub maps: Size,
    /// The vectors of batches.
    pub width: Width,
}

/// The parts of a classifier. A kind that some filters do not fit into is
/// [`Kind::Chosen`] for those.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// What measuring the filters finds best.
    Chosen,
    /// Filters one after the other.
    Scanned,
    /// All in one cross product, the first filters of whose cells are in a flat
    /// table.
    Crossed,
    /// The same with a table in pages.
    Paged,
    /// All in one cross product whose fields do not meet in the best order, but
    /// in the one so far behind it; the last one where there are fewer.
    Ordered(usize),
    /// Lists at one side, where a filter takes at most so many copies; the rest
    /// in the cross product.
    Hanging(u64),
    /// The same, with the rest in some cross products of few cells, and what is
    /// left over one after the other.
    Pieces {
        /// So many copies in lists.
        copies: u64,
        /// The most cells of a product.
        cells: usize,
        /// The most products.
        most: usize,
    },
}

impl Kind {
    /// Those that are compared with each other.
    pub const ALL: [Self; 12] = [
        Self::Chosen,
        Self::Scanned,
        Self::Crossed,
        Self::Paged,
        Self::Ordered(5),
        Self::Ordered(usize::MAX),
        Self::Hanging(1),
        Self::Hanging(8),
        Self::Hanging(4096),
        Self::pieces(1, 1 << 22, 8),
        Self::pieces(1, 200, 8),
        Self::pieces(8, 60, 3),
    ];

    const fn pieces(copies: u64, cells: usize, most: usize) -> Self {
        Self::Pieces {
            copies,
            cells,
            most,
        }
    }
}

impl Size {
    /// All shapes.
    pub const ALL: [Self; 3] = [Self::Fast, Self::Slots, Self::Small];
}

impl Representation {
    /// Returns every kind with every shape of maps and all vectors that this
    /// processor has.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let widths = Width::ALL.into_iter().filter(|width| width.is_here());
        let with_maps = |width| Size::ALL.map(move |maps| (width, maps));
        let with_kinds = |(width, maps)| Kind::ALL.map(move |kind| Self { kind, maps, width });
        widths.flat_map(with_maps).flat_map(with_kinds).collect()
    }

    /// Builds a classifier.
    pub(crate) fn build<A: Address>(self, rules: &RuleSet<A>) -> Classifier<A> {
        let classifier = plan::of_kind(rules, self.kind, self.maps)
            .unwrap_or_else(|| plan::build(rules, self.maps));
        classifier.with_width(self.width)
    }
}

impl fmt::Display for Representation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, maps, width } = self;
        match kind {
            Kind::Chosen => f.write_str("chosen")?,
            Kind::Scanned => f.write_str("scanned")?,
            Kind::Crossed => f.write_str("crossed")?,
            Kind::Paged => f.write_str("paged")?,
            Kind::Ordered(order) => write!(f, "order {order}")?,
            Kind::Hanging(copies) => write!(f, "hanging {copies}")?,
            Kind::Pieces {
                copies,
                cells,
                most,
            } => write!(f, "hanging {copies}, {most} pieces of {cells}")?,
        }
        let maps = match maps {
            Size::Fast => "fast",
            Size::Slots => "slots",
            Size::Small => "small",
        };
        write!(f, ", {maps}, {width}")
    }
}
