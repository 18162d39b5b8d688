//! The stages, compiled for the vectors of the processor.
//!
//! The only module with unsafe code, with its folder, for four things: reading
//! many numbers of a table or many headers at once (`Vectors`), fetching what is
//! read soon, calling what is compiled for more than the least processor, and
//! asking for large pages (`hints`).
//! `Plain` does the same in safe code and always compiles; the tests compare
//! all ways that the processor has.

#![allow(
    unsafe_code,
    reason = "gathers read through pointers, and what is compiled for a processor is called after asking for it"
)]

mod hints;
#[cfg(target_arch = "x86_64")]
mod x86;

pub use hints::{fetch_soon, in_large_pages, list_in_large_pages};

use std::fmt;

use super::address_map::v6::Bounds;
use super::block::LANES;
use super::bundle::{Shorts, WIDTH};
use super::compact::CacheLine;
use super::fleet::{Asking, FLIGHT, Tables, find};
use super::head::compare_heads;
use super::table::Table;
use super::variants::BOUNDS;
use super::{Asked, BATCH, Classifier, Columns, Head, Header};
use crate::address::Address;

/// Reads the numbers of a table at many positions, a multiple of sixteen unless
/// it is `Plain`; a position behind the end reads the last one.
pub trait Vectors: Copy {
    /// Fetches what will be read soon into the caches.
    fn fetch<T>(self, soon: &T);

    /// Takes headers apart.
    fn columns<const N: usize>(self, headers: &[Header<u32>; N]) -> Columns<u32, N>;

    /// Replaces positions by the numbers there.
    fn wide<const N: usize>(self, table: &Table<u32>, positions: &mut [u32; N]);
    /// Replaces positions by the numbers there.
    fn short<const N: usize>(self, table: &Table<u16>, positions: &mut [u32; N]);
    /// Replaces positions by the numbers there.
    fn bytes<const N: usize>(self, table: &Table<u8>, positions: &mut [u32; N]);

    /// Returns where `value` is at most `width` behind `first`, as bits.
    fn within(self, value: u32, first: &[u32; LANES], width: &[u32; LANES]) -> u32;
    /// As `within`, for four ranges.
    fn within4(self, value: u32, first: &[u32; 4], width: &[u32; 4]) -> u32;
    /// Returns for each of four filters whether all its fields hold those of a
    /// header, as bits. The fields of the header are 16 bits each, from the
    /// lowest; of the third one, 8 bits count.
    fn fields_within(self, fields: u64, first: &Shorts, width: &Shorts) -> u32;
    /// Compares each header with the head of its list; returns where the list
    /// can still hold a lesser number, as bits.
    fn heads<const N: usize>(
        self,
        heads: &[Head<u32>],
        asked: Asked<'_, u32, N>,
        answers: &mut [u32; N],
    ) -> u64;
    /// Returns how many of `length` numbers of 16 bits, the first of them at
    /// `from`, are not greater than `value`.
    fn begun_in_line(self, value: u16, line: &CacheLine, from: u32, length: u32) -> u32;
    /// Returns the position of the first byte that is `value`, 8 where none is.
    fn position(self, value: u8, bytes: &[u8; 8]) -> u32;
    /// Returns how many bounds are less than `value`.
    fn rank_of_short(self, value: u16, bounds: &[u16; BOUNDS]) -> u32;
    /// Returns how many bounds are less than `value`.
    fn rank_in(self, value: u32, bounds: &[u32; BOUNDS]) -> u32;
    /// Returns how many of the first `length` numbers of 32 bits are less than
    /// `value`.
    fn rank(self, value: u32, line: &CacheLine, length: u32) -> u32;
    /// Returns the position of the last of the bounds that is not behind `value`; the
    /// first one is not.
    fn last_begun(self, value: u64, bounds: &Bounds) -> u32;
    /// Finds for each value how many of the bounds are not behind it.
    fn begun_of<const N: usize>(self, values: &[u64; N], bounds: &[u64], found: &mut [u32; N]);
    /// Returns where `value` is at most `width` behind `first`, as bits.
    fn within_short(self, value: u16, first: &[u16; LANES], width: &[u16; LANES]) -> u32;
    /// Returns where the bits of `mask` of `value` are `wanted`, as bits.
    fn equal_masked(self, value: u16, wanted: &[u16; LANES], mask: &[u16; LANES]) -> u32;
}

/// How many batches ahead headers are fetched.
const AHEAD: usize = 6;

/// Returns the lanes that something is true of, as bits.
#[inline(always)]
pub(super) fn lanes(is: impl Fn(usize) -> bool) -> u32 {
    (0..LANES).fold(0, |bits, lane| bits | u32::from(is(lane)) << lane)
}

/// One number after the other.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plain;

impl Vectors for Plain {
    #[inline(always)]
    fn fetch<T>(self, _: &T) {}

    #[inline(always)]
    fn columns<const N: usize>(self, headers: &[Header<u32>; N]) -> Columns<u32, N> {
        Columns::of(headers)
    }

    #[inline(always)]
    fn wide<const N: usize>(self, table: &Table<u32>, positions: &mut [u32; N]) {
        for position in positions {
            *position = table.get(*position);
        }
    }

    #[inline(always)]
    fn short<const N: usize>(self, table: &Table<u16>, positions: &mut [u32; N]) {
        for position in positions {
            *position = u32::from(table.get(*position));
        }
    }

    #[inline(always)]
    fn bytes<const N: usize>(self, table: &Table<u8>, positions: &mut [u32; N]) {
        for position in positions {
            *position = u32::from(table.get(*position));
        }
    }

    #[inline(always)]
    fn within(self, value: u32, first: &[u32; LANES], width: &[u32; LANES]) -> u32 {
        lanes(|lane| value.wrapping_sub(first[lane]) <= width[lane])
    }

    #[inline(always)]
    fn within4(self, value: u32, first: &[u32; 4], width: &[u32; 4]) -> u32 {
        (0..4).fold(0, |bits, lane| {
            bits | u32::from(value.wrapping_sub(first[lane]) <= width[lane]) << lane
        })
    }

    #[inline(always)]
    fn fields_within(self, fields: u64, first: &Shorts, width: &Shorts) -> u32 {
        let [a, b, c, d, protocol, ..] = fields.to_le_bytes();
        let fields = [[a, b], [c, d], [protocol, 0]].map(u16::from_le_bytes);
        (0..WIDTH).fold(0, |bits, lane| {
            let field = |at: usize| fields[at].wrapping_sub(first[at][lane]) <= width[at][lane];
            bits | u32::from((0..3).all(field)) << lane
        })
    }

    #[inline(always)]
    fn heads<const N: usize>(
        self,
        heads: &[Head<u32>],
        asked: Asked<'_, u32, N>,
        answers: &mut [u32; N],
    ) -> u64 {
        compare_heads(heads, asked, answers)
    }

    #[inline(always)]
    fn begun_in_line(self, value: u16, line: &CacheLine, from: u32, length: u32) -> u32 {
        let all = (from..).take(length as usize);
        all.map(|at| u32::from(line.short(at) <= value)).sum()
    }

    #[inline(always)]
    fn position(self, value: u8, bytes: &[u8; 8]) -> u32 {
        // PERF: the first byte that is equal, without a branch: in the
        // differences it is the lowest one that is 0.
        const ONES: u64 = 0x0101_0101_0101_0101;
        let differences = u64::from_le_bytes(*bytes) ^ ONES.wrapping_mul(u64::from(value));
        let zeros = differences.wrapping_sub(ONES) & !differences & (ONES << 7);
        zeros.trailing_zeros() / 8
    }

    #[inline(always)]
    fn rank_of_short(self, value: u16, bounds: &[u16; BOUNDS]) -> u32 {
        bounds.iter().map(|bound| u32::from(*bound < value)).sum()
    }

    #[inline(always)]
    fn rank_in(self, value: u32, bounds: &[u32; BOUNDS]) -> u32 {
        bounds.iter().map(|bound| u32::from(*bound < value)).sum()
    }

    #[inline(always)]
    fn rank(self, value: u32, line: &CacheLine, length: u32) -> u32 {
        let words = line.words().into_iter().take(length as usize);
        words.map(|word| u32::from(word < value)).sum()
    }

    #[inline(always)]
    fn last_begun(self, value: u64, bounds: &Bounds) -> u32 {
        // PERF: three comparisons instead of eight.
        let Bounds(bounds) = bounds;
        let is_begun = |at: u32| u32::from(bounds[at as usize % bounds.len()] <= value);
        let mut last = 4 * is_begun(4);
        last += 2 * is_begun(last + 2);
        last += is_begun(last + 1);
        last
    }

    #[inline(always)]
    fn begun_of<const N: usize>(self, values: &[u64; N], bounds: &[u64], found: &mut [u32; N]) {
        for (found, value) in found.iter_mut().zip(values) {
            *found = bounds.iter().map(|bound| u32::from(bound <= value)).sum();
        }
    }

    #[inline(always)]
    fn within_short(self, value: u16, first: &[u16; LANES], width: &[u16; LANES]) -> u32 {
        lanes(|lane| value.wrapping_sub(first[lane]) <= width[lane])
    }

    #[inline(always)]
    fn equal_masked(self, value: u16, wanted: &[u16; LANES], mask: &[u16; LANES]) -> u32 {
        lanes(|lane| value & mask[lane] == wanted[lane])
    }
}

/// How wide the vectors are that batches are classified with. The answers are
/// the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Width {
    /// One number after the other, in safe code.
    Plain,
    /// Eight numbers of 32 bits.
    Avx2,
    /// Sixteen numbers of 32 bits.
    Avx512,
}

impl Width {
    /// All of them, the widest last.
    pub const ALL: [Self; 3] = [Self::Plain, Self::Avx2, Self::Avx512];

    /// Tells whether this processor has vectors so wide.
    #[must_use]
    pub fn is_here(self) -> bool {
        match self {
            Self::Plain => true,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => x86::Avx2::new().is_some(),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => x86::Avx512::new().is_some(),
            #[cfg(not(target_arch = "x86_64"))]
            Self::Avx2 | Self::Avx512 => false,
        }
    }

    /// Returns the widest one that this processor has.
    #[must_use]
    pub fn widest() -> Self {
        let mut here = Self::ALL.into_iter().rev().filter(|width| width.is_here());
        here.next().unwrap_or(Self::Plain)
    }
}

impl fmt::Display for Width {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Plain => "plain",
            Self::Avx2 => "avx2",
            Self::Avx512 => "avx512",
        })
    }
}

/// Classifies with the vectors of the classifier.
pub(super) fn classify<A: Address>(
    classifier: &Classifier<A>,
    headers: &[Header<A>],
    answers: &mut [u32],
) {
    debug_assert!(classifier.width.is_here(), "there are no other vectors");
    #[cfg(target_arch = "x86_64")]
    match classifier.width {
        Width::Avx512 => {
            if let Some(vectors) = x86::Avx512::new() {
                // SAFETY: the processor has AVX-512, as the value shows.
                return unsafe { x86::classify_avx512(classifier, headers, answers, vectors) };
            }
        }
        Width::Avx2 => {
            if let Some(vectors) = x86::Avx2::new() {
                // SAFETY: the processor has AVX2, as the value shows.
                return unsafe { x86::classify_avx2(classifier, headers, answers, vectors) };
            }
        }
        Width::Plain => {}
    }
    each_batch(classifier, headers, answers, Plain);
}

/// Looks headers up, each in its table, in the widest way this processor has.
pub(super) fn fleet<A: Address>(tables: &Tables<A>, asking: &[Asking<A>], answers: &mut [u32]) {
    #[cfg(target_arch = "x86_64")]
    {
        if let Some(vectors) = x86::Avx512::new() {
            // SAFETY: the processor has AVX-512, as the value shows.
            return unsafe { x86::fleet_avx512(tables, asking, answers, vectors) };
        }
        if let Some(vectors) = x86::Avx2::new() {
            // SAFETY: the processor has AVX2, as the value shows.
            return unsafe { x86::fleet_avx2(tables, asking, answers, vectors) };
        }
    }
    each_flight(tables, asking, answers, Plain);
}

/// Looks headers up flight by flight; the last one is filled up.
#[inline(always)]
pub(super) fn each_flight<A: Address>(
    tables: &Tables<A>,
    asking: &[Asking<A>],
    answers: &mut [u32],
    vectors: impl Vectors,
) {
    let (asking, rest) = asking.as_chunks::<FLIGHT>();
    let (answers, rest_answers) = answers.as_chunks_mut::<FLIGHT>();
    for (at, (flight, answers)) in asking.iter().zip(answers).enumerate() {
        // PERF: as in `each_batch`.
        if let Some(soon) = asking.get(at + 2) {
            vectors.fetch(soon);
        }
        find(tables, flight, answers, vectors);
    }
    let Some(one) = rest.first() else {
        return;
    };
    let mut last = [*one; FLIGHT];
    last[..rest.len()].copy_from_slice(rest);
    let mut found = [0; FLIGHT];
    find(tables, &last, &mut found, vectors);
    rest_answers.copy_from_slice(&found[..rest.len()]);
}

/// What tests do in every way that this processor can.
#[cfg(test)]
pub(super) trait Task {
    /// Does it; `way` is what to call it.
    fn run(&self, way: &str, vectors: impl Vectors);
}

/// Does a task in every way that this processor can.
#[cfg(test)]
pub(super) fn in_every_way(task: &impl Task) {
    task.run("plain", Plain);
    #[cfg(target_arch = "x86_64")]
    {
        if let Some(vectors) = x86::Avx2::new() {
            task.run("AVX2", vectors);
        }
        if let Some(vectors) = x86::Avx512::new() {
            task.run("AVX-512", vectors);
        }
    }
}

/// Classifies batch by batch; the last one is filled up.
#[inline(always)]
pub(super) fn each_batch<A: Address>(
    classifier: &Classifier<A>,
    headers: &[Header<A>],
    answers: &mut [u32],
    vectors: impl Vectors,
) {
    let (batches, rest) = headers.as_chunks::<BATCH>();
    let (batch_answers, rest_answers) = answers.as_chunks_mut::<BATCH>();
    if classifier.is_crossed() {
        whole_batches::<A, true>(classifier, batches, batch_answers, vectors);
    } else {
        whole_batches::<A, false>(classifier, batches, batch_answers, vectors);
    }
    if rest.is_empty() {
        return;
    }
    let mut last = [Header::<A>::default(); BATCH];
    last[..rest.len()].copy_from_slice(rest);
    let mut found = [0; BATCH];
    classifier.classify_batch::<BATCH, false>(&last, &mut found, vectors);
    rest_answers.copy_from_slice(&found[..rest.len()]);
}

/// Classifies batches; `CROSSED` says whether the classifier is.
#[inline(always)]
fn whole_batches<A: Address, const CROSSED: bool>(
    classifier: &Classifier<A>,
    batches: &[[Header<A>; BATCH]],
    answers: &mut [[u32; BATCH]],
    vectors: impl Vectors,
) {
    for (at, (batch, answers)) in batches.iter().zip(answers).enumerate() {
        // PERF: a batch of IPv4 is read in one go, faster than the processor fetches
        // it by itself; one of IPv6 is so much that its own way is faster.
        if size_of::<A>() < size_of::<u128>()
            && let Some(soon) = batches.get(at + AHEAD)
        {
            vectors.fetch(soon);
        }
        classifier.classify_batch::<BATCH, CROSSED>(batch, answers, vectors);
    }
}
