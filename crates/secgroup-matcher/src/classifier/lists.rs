//! Filters that hang on one side: each class of addresses has a short list.

use super::Header;
use super::block::{Block, Line};
use super::simd::Vectors;
use crate::address::Address;

/// A class has at most so many blocks.
pub(super) const MOST_BLOCKS: usize = 255;

/// There are at most so many classes of the cross product.
pub(super) const MOST_CROSS: u32 = 1 << 24;

/// The list of a class, and its class in the cross product.
#[derive(Clone, Copy, Debug)]
struct Leaf {
    /// The first of its blocks.
    block: u32,
    /// How many blocks it has, in the highest byte, and below that its class
    /// in the cross product.
    rest: u32,
}

/// The lists of all classes of a side.
#[derive(Debug)]
pub(super) struct Lists<A> {
    leaves: Vec<Leaf>,
    /// The first one is empty, and for the classes without list.
    blocks: Vec<Block<A>>,
}

impl<A: Address> Lists<A> {
    /// Returns lists of no class.
    pub(super) fn new() -> Self {
        Self {
            leaves: Vec::new(),
            blocks: vec![Block::empty()],
        }
    }

    /// Adds the next class: its filters in order, and its class in the cross
    /// product. Returns nothing where that does not fit.
    pub(super) fn push(&mut self, lines: &[Line<A>], cross: u32) -> Option<()> {
        let first = self.blocks.len();
        Block::append(lines, &mut self.blocks);
        let count = self.blocks.len() - first;
        if count > MOST_BLOCKS || cross >= MOST_CROSS {
            return None;
        }
        let (block, count) = if count == 0 { (0, 1) } else { (first, count) };
        self.leaves.push(Leaf {
            block: u32::try_from(block).ok()?,
            rest: u32::try_from(count).ok()? << 24 | cross,
        });
        Some(())
    }

    /// Compares each header with the list of its class, which becomes its class
    /// in the cross product.
    ///
    /// PERF: the lists are found for all headers before any is compared, and
    /// touched, so that the caches fetch many at a time; `parts` benches.
    #[inline(always)]
    pub(super) fn compare<const N: usize>(
        &self,
        headers: &[Header<A>; N],
        other: impl Fn(&Header<A>) -> A,
        classes: &mut [u32; N],
        answers: &mut [u32; N],
        vectors: impl Vectors,
    ) {
        let mut lists = [(0_u32, 0_u32, 0_u32); N];
        for (list, class) in lists.iter_mut().zip(classes.iter_mut()) {
            let leaf = self.leaves[*class as usize];
            *class = leaf.rest & (MOST_CROSS - 1);
            *list = (leaf.block, leaf.rest >> 24, 0);
        }
        for list in &mut lists {
            list.2 = self.blocks[list.0 as usize].least();
        }
        for ((header, list), answer) in headers.iter().zip(lists).zip(answers) {
            let (block, count, least) = list;
            // What comes later in the list cannot be less.
            if *answer <= least {
                continue;
            }
            let found = self.blocks[block as usize].compare(other(header), header, vectors);
            *answer = (*answer).min(found);
            for next in block + 1..block + count {
                let next = &self.blocks[next as usize];
                if *answer <= next.least() {
                    break;
                }
                *answer = (*answer).min(next.compare(other(header), header, vectors));
            }
        }
    }

    /// Returns how many bytes it takes.
    pub(super) fn bytes(&self) -> usize {
        size_of::<Leaf>() * self.leaves.len() + size_of::<Block<A>>() * self.blocks.len()
    }
}
