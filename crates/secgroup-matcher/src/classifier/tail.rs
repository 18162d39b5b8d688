//! Filters that are compared one after the other, eight at a time.
//!
//! Slow, but it takes any filter, so that building a classifier cannot fail;
//! and the plain engine that the others are compared with.

use super::Header;
use super::block::{Addresses, Block, LANES, Line};
use super::simd::Vectors;
use crate::address::Address;

/// Blocks of filters in order.
#[derive(Debug, Default)]
pub(super) struct Tail<A> {
    blocks: Vec<(Addresses<A>, Block<A>)>,
}

impl<A: Address> Tail<A> {
    /// Takes filters, in order, with the ranges of their source addresses
    /// beside; a filter with several ranges is there once for each pair.
    pub(super) fn of(filters: &[((A, A), Line<A>)]) -> Self {
        let mut blocks = Vec::with_capacity(filters.len().div_ceil(LANES));
        for filters in filters.chunks(LANES) {
            let (ranges, lines): (Vec<_>, Vec<_>) = filters.iter().copied().unzip();
            let mut own = Vec::with_capacity(1);
            Block::append(&lines, &mut own);
            blocks.extend(own.into_iter().map(|block| (Addresses::of(&ranges), block)));
        }
        Self { blocks }
    }

    /// Compares each header with the filters before its answer.
    #[inline(always)]
    pub(super) fn compare<const N: usize>(
        &self,
        headers: &[Header<A>; N],
        answers: &mut [u32; N],
        vectors: impl Vectors,
    ) {
        if self.blocks.is_empty() {
            return;
        }
        for (header, answer) in headers.iter().zip(answers) {
            for (own, block) in &self.blocks {
                if *answer <= block.least() {
                    break;
                }
                *answer = (*answer).min(block.compare_both(own, header, vectors));
            }
        }
    }

    /// Returns how many bytes it takes.
    pub(super) fn bytes(&self) -> usize {
        size_of::<(Addresses<A>, Block<A>)>() * self.blocks.len()
    }
}
