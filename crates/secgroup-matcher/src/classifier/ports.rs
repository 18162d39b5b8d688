//! The classes of ports, in pages that are shared when equal.
//!
//! Ports below 1024 differ much and the others little, so that the pages
//! together fit in the first cache: two loads there beat one from a flat table.

use std::collections::HashMap;

use super::intervals::Classes;
use super::simd::Vectors;
use super::table::Numbers;

/// How many ports a page has, as a power of two.
const PAGE_BITS: u32 = 6;

/// How many pages a kind of ports has, as a power of two.
const PAGES_BITS: u32 = 16 - PAGE_BITS;

/// How many ports a page has.
const PORTS: usize = 1 << PAGE_BITS;

/// Pages on their way, each distinct one once.
#[derive(Default)]
struct Layout {
    numbers: Vec<u32>,
    uniform: HashMap<u16, u32>,
    mixed: HashMap<[u16; PORTS], u32>,
}

impl Layout {
    /// Returns where the page begins on which every port has one number.
    fn uniform(&mut self, number: u16) -> u32 {
        let Self {
            numbers, uniform, ..
        } = self;
        *uniform
            .entry(number)
            .or_insert_with(|| append(numbers, &[number; PORTS]))
    }

    /// Returns where a page begins.
    fn mixed(&mut self, page: [u16; PORTS]) -> u32 {
        let Self { numbers, mixed, .. } = self;
        *mixed
            .entry(page)
            .or_insert_with_key(|page| append(numbers, page))
    }
}

fn append(numbers: &mut Vec<u32>, page: &[u16; PORTS]) -> u32 {
    let at = numbers.len();
    numbers.extend(page.iter().map(|number| u32::from(*number)));
    u32::try_from(at).expect("there are fewer pages than kinds times 1024")
}

/// A number for every port of every kind.
#[derive(Debug)]
pub(super) struct PortMap {
    /// Where the page of each kind and 64 ports begins.
    pages: Numbers,
    numbers: Numbers,
}

impl PortMap {
    /// Lays out the numbers of ports, `kinds` times; `number` says which one a
    /// class has in a kind.
    pub(super) fn of(
        ports: &Classes<u16>,
        kinds: usize,
        number: impl Fn(usize, u32) -> u16,
    ) -> Self {
        let mut layout = Layout::default();
        let mut pages = Vec::with_capacity(kinds << PAGES_BITS);
        for kind in 0..kinds {
            let mut interval = 0;
            for first in (0..1_u32 << 16).step_by(PORTS) {
                let begins = |at: usize| {
                    ports
                        .starts
                        .get(at)
                        .map_or(1 << 16, |start| u32::from(*start))
                };
                while begins(interval + 1) <= first {
                    interval += 1;
                }
                if begins(interval + 1) >= first + (1 << PAGE_BITS) {
                    pages.push(layout.uniform(number(kind, ports.class[interval])));
                    continue;
                }
                let mut at = interval;
                let page = std::array::from_fn(|port| {
                    while begins(at + 1) <= first + u32::try_from(port).unwrap_or(0) {
                        at += 1;
                    }
                    number(kind, ports.class[at])
                });
                pages.push(layout.mixed(page));
            }
        }
        let numbers = layout.numbers;
        Self {
            pages: Numbers::of(pages),
            numbers: Numbers::of(numbers),
        }
    }

    /// Replaces kinds by the numbers of ports in them.
    #[inline(always)]
    pub(super) fn find<const N: usize>(
        &self,
        ports: &[u32; N],
        kinds: &mut [u32; N],
        vectors: impl Vectors,
    ) {
        for (kind, port) in kinds.iter_mut().zip(ports) {
            *kind = *kind << PAGES_BITS | port >> PAGE_BITS;
        }
        self.pages.read(kinds, vectors);
        for (page, port) in kinds.iter_mut().zip(ports) {
            *page |= port & ((1 << PAGE_BITS) - 1);
        }
        self.numbers.read(kinds, vectors);
    }

    /// Returns how many bytes it takes.
    pub(super) fn bytes(&self) -> usize {
        self.pages.bytes() + self.numbers.bytes()
    }
}
