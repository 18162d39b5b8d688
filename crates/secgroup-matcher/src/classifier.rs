//! Ordered rules over five fields, the first that matches decides: the table
//! under every policy, and what classifiers are benchmarked with.
//!
//! It knows nothing of security groups. [`Classifier::build`] takes
//! [`Filter`]s in order; [`Classifier::classify`] returns for each [`Header`]
//! the number of the first filter that matches. What a classifier consists of
//! is chosen by measuring the filters (see `plan`), from three parts:
//!
//! - `cross`: addresses and services are reduced to *classes*, sets of values
//!   that no filter tells apart, and tables say for each combination of classes
//!   what matches. A handful of loads, but the tables grow with the product of
//!   the classes.
//! - `lists`: a filter whose prefix on one side is specific hangs there; an
//!   address finds the short list of its side, and the list is compared at
//!   once. Size is linear in the filters.
//! - `tail`: filters that neither part can take are compared one after the
//!   other, eight at a time. Always possible.
//!
//! Whatever is in several parts, the least number wins. With the filters
//! `10.0.0.1 -> any port 80`, `any -> 10.0.0.2 port 22` and `any -> any`, the
//! first hangs at its source, the second at its destination, and the third is
//! the cross product of one class with one class.
//!
//! Batches go through the parts stage by stage, so that the loads of many
//! headers overlap; `simd` compiles the same stages for wider vectors.

mod address_map;
mod block;
mod bundle;
mod cells;
mod columns;
mod compact;
mod compared;
mod cross;
mod fleet;
mod head;
mod intervals;
mod lists;
mod near;
mod plan;
mod ports;
mod representation;
mod ruleset;
mod services;
mod simd;
mod source_ports;
mod table;
mod tail;
#[cfg(test)]
mod tests;
mod variants;

pub use address_map::{AddressMap, Size, v4::V4Map, v6::V6Map};
pub use columns::Columns;
pub use compact::CacheLine;
pub use fleet::{Asking, Fleet, Member, Verdicts};
pub use head::{Asked, Head};
pub use intervals::Value;
pub use plan::Parts;
pub use representation::{Kind, Representation};
pub use simd::{Vectors, Width, fetch_soon, in_large_pages, list_in_large_pages};
pub use table::Table;
pub use variants::BOUNDS;

use secgroup_model::{PortSpan, Prefix, Protocol};

use crate::address::Address;
use columns::Lanes;
use cross::Cross;
use lists::Lists;
use tail::Tail;

pub(crate) use head::compare_heads;
pub(crate) use ruleset::{Distinct, FilterParts, RuleSet, Service, Side};

/// The answer about a header that no filter matches.
pub const NO_MATCH: u32 = u32::MAX;

/// How many headers go through a stage together.
pub(crate) const BATCH: usize = 64;

/// A filter: what matches each field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Filter<A> {
    /// First and last source address.
    pub source: (A, A),
    /// First and last destination address.
    pub destination: (A, A),
    /// First and last source port.
    pub source_ports: (u16, u16),
    /// First and last destination port.
    pub destination_ports: (u16, u16),
    /// A protocol, and which of its bits count.
    pub protocol: (u8, u8),
}

impl<A: Address> Filter<A> {
    /// Returns the filter of prefixes for source and destination, and of ports;
    /// nothing for prefixes of the other family. Without a protocol it matches
    /// all of them.
    #[must_use]
    pub fn of(
        (source, destination): (Prefix, Prefix),
        source_ports: PortSpan,
        destination_ports: PortSpan,
        protocol: Option<Protocol>,
    ) -> Option<Self> {
        let span = |ports: PortSpan| (ports.first(), ports.last());
        Some(Self {
            source: A::bounds(source)?,
            destination: A::bounds(destination)?,
            source_ports: span(source_ports),
            destination_ports: span(destination_ports),
            protocol: protocol.map_or((0, 0), |own| (own.0, u8::MAX)),
        })
    }
}

/// The five fields of a packet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(C)]
pub struct Header<A> {
    /// The source address.
    pub source: A,
    /// The destination address.
    pub destination: A,
    /// The source port, 0 where there is none.
    pub source_port: u16,
    /// The destination port, 0 where there is none.
    pub destination_port: u16,
    /// The protocol.
    pub protocol: u8,
    /// Fills the record of an IPv4 header up to sixteen bytes, so that all of
    /// it can be read at once. May be anything.
    pub fill: [u8; 3],
}

/// Filters, compiled.
#[derive(Debug)]
pub struct Classifier<A: Address> {
    source: AddressSide<A>,
    destination: AddressSide<A>,
    cross: Cross,
    /// More cross products, where one would be too large.
    pieces: Vec<Piece<A>>,
    tail: Tail<A>,
    parts: Parts,
    /// The vectors that batches are classified with.
    // INVARIANT: the processor has them.
    width: Width,
}

/// A cross product of some filters, with classes of its own.
#[derive(Debug)]
struct Piece<A: Address> {
    source: Option<A::Map>,
    destination: Option<A::Map>,
    cross: Cross,
    /// The number of its first filter.
    least: u32,
}

/// What the addresses of one side lead to.
#[derive(Debug)]
struct AddressSide<A: Address> {
    /// The class of each address, where there is more than one.
    map: Option<A::Map>,
    /// The classes' lists, where filters hang on this side; the class by
    /// itself is that of the cross product.
    lists: Option<Lists<A>>,
}

impl<A: Address> Classifier<A> {
    /// Compiles filters.
    ///
    /// # Panics
    ///
    /// Panics for 2³² - 1 filters or more.
    #[must_use]
    pub fn build(filters: &[Filter<A>]) -> Self {
        plan::build(&RuleSet::of_filters(filters), Size::Fast)
    }

    /// Takes filters as they are, to be compared one after the other: the plain
    /// engine.
    ///
    /// # Panics
    ///
    /// Panics for 2³² - 1 filters or more.
    #[must_use]
    pub fn scan(filters: &[Filter<A>]) -> Self {
        plan::scanned(&RuleSet::of_filters(filters))
    }

    /// Compiles filters whose address sets and services are told apart, as the
    /// representation says where there is one.
    pub(crate) fn of(
        rules: &RuleSet<A>,
        size: Size,
        representation: Option<Representation>,
    ) -> Self {
        match representation {
            Some(representation) => representation.build(rules),
            None => plan::build(rules, size),
        }
    }

    /// Finds the number of the first filter that matches each header,
    /// [`NO_MATCH`] where none does.
    ///
    /// # Panics
    ///
    /// Panics when the two slices differ in length.
    pub fn classify(&self, headers: &[Header<A>], answers: &mut [u32]) {
        assert_eq!(headers.len(), answers.len(), "one answer per header");
        simd::classify(self, headers, answers);
    }

    /// Finds the number of the first filter that matches one header, or
    /// [`NO_MATCH`].
    #[must_use]
    #[inline]
    pub fn classify_one(&self, header: &Header<A>) -> u32 {
        let mut answer = [NO_MATCH];
        self.classify_batch::<1, false>(&[*header], &mut answer, simd::Plain);
        answer[0]
    }

    /// Returns the same classifier, to classify batches with vectors of another
    /// width than the widest one of this processor. One that the processor does
    /// not have is taken as [`Width::Plain`].
    #[must_use]
    pub fn with_width(self, width: Width) -> Self {
        let width = if width.is_here() { width } else { Width::Plain };
        Self { width, ..self }
    }

    /// Tells what the classifier consists of.
    #[must_use]
    pub const fn parts(&self) -> &Parts {
        &self.parts
    }

    /// Tells whether all there is are maps of addresses and a cross product.
    fn is_crossed(&self) -> bool {
        let has_lists = self.source.lists.is_some() || self.destination.lists.is_some();
        !has_lists && self.pieces.is_empty() && self.parts.scanned == 0
    }

    /// Finds the first filter for a batch: the stages, one after the other.
    /// `CROSSED` says whether the classifier is.
    // PERF: what there is not is not asked for in each batch.
    #[inline(always)]
    fn classify_batch<const N: usize, const CROSSED: bool>(
        &self,
        headers: &[Header<A>; N],
        answers: &mut [u32; N],
        vectors: impl Vectors,
    ) {
        let (mut sources, mut destinations) = (Lanes::<_, N>::all(0), Lanes::<_, N>::all(0));
        let columns = A::columns(headers, vectors);
        if let Some(map) = &self.source.map {
            map.find(&columns.sources, &mut sources, vectors);
        }
        if let Some(map) = &self.destination.map {
            map.find(&columns.destinations, &mut destinations, vectors);
        }
        let mut found = Lanes::<_, N>::all(NO_MATCH);
        if CROSSED {
            self.cross
                .find(&columns, &sources, &destinations, &mut found, vectors);
        } else {
            self.compare_lists(
                &columns,
                (&mut sources, &mut destinations),
                &mut found,
                vectors,
            );
        }
        if !CROSSED {
            for piece in &self.pieces {
                piece.find(&columns, &mut found, vectors);
            }
            self.tail.compare(headers, &mut found, vectors);
        }
        *answers = *found;
    }

    /// Finds the first filter of the lists and of the cross product, for addresses
    /// with such classes.
    ///
    /// PERF: a list is followed as long as it can hold a lesser number than what was
    /// found, so the product and all heads come first; meanwhile heads are fetched.
    #[inline(always)]
    fn compare_lists<const N: usize>(
        &self,
        columns: &Columns<A, N>,
        (sources, destinations): (&mut [u32; N], &mut [u32; N]),
        found: &mut [u32; N],
        vectors: impl Vectors,
    ) {
        let (source, destination) = (&self.source.lists, &self.destination.lists);
        let (mut at_source, mut at_destination) = (Lanes::<_, N>::all(0), Lanes::<_, N>::all(0));
        if let Some(lists) = source {
            at_source = lists.places(sources, vectors);
        }
        if let Some(lists) = destination {
            at_destination = lists.places(destinations, vectors);
        }
        self.cross
            .find(columns, sources, destinations, found, vectors);
        let source_asked = Asked {
            places: &at_source,
            others: &columns.destinations,
            columns,
        };
        let destination_asked = Asked {
            places: &at_destination,
            others: &columns.sources,
            columns,
        };
        let mut more = [0; 2];
        if let Some(lists) = source {
            more[0] = lists.compare_heads(source_asked, found, vectors);
        }
        if let Some(lists) = destination {
            more[1] = lists.compare_heads(destination_asked, found, vectors);
        }
        if let Some(lists) = source {
            lists.compare_more(more[0], source_asked, found, vectors);
        }
        if let Some(lists) = destination {
            lists.compare_more(more[1], destination_asked, found, vectors);
        }
    }
}

impl<A: Address> Piece<A> {
    #[inline(always)]
    fn find<const N: usize>(
        &self,
        columns: &Columns<A, N>,
        answers: &mut [u32; N],
        vectors: impl Vectors,
    ) {
        if answers.iter().all(|answer| *answer < self.least) {
            return;
        }
        let (mut sources, mut destinations) = (Lanes::<_, N>::all(0), Lanes::<_, N>::all(0));
        if let Some(map) = &self.source {
            map.find(&columns.sources, &mut sources, vectors);
        }
        if let Some(map) = &self.destination {
            map.find(&columns.destinations, &mut destinations, vectors);
        }
        self.cross
            .find(columns, &sources, &destinations, answers, vectors);
    }

    fn bytes(&self) -> usize {
        let map = |map: &Option<A::Map>| map.as_ref().map_or(0, AddressMap::bytes);
        map(&self.source) + map(&self.destination) + self.cross.bytes()
    }
}
