//! Lookups of many headers side by side.

use super::{Asking, Tables};
use crate::address::Address;
use crate::classifier::NO_MATCH;
use crate::classifier::compact::{
    COUNTING, CacheLine, DEEPER, Descriptor, MOST_LEVELS, NOTHING, OUTSIDE, SHORTS, UNIT,
};
use crate::classifier::simd::Vectors;

/// How many headers are in flight together.
pub(in crate::classifier) const FLIGHT: usize = 64;

/// A line before there is one.
static EMPTY: CacheLine = CacheLine([0; CacheLine::BYTES as usize]);

/// Looks a flight up, each header in its table.
#[inline(always)]
pub(in crate::classifier) fn find<A: Address, const N: usize>(
    tables: &Tables<A>,
    asking: &[Asking<A>; N],
    found: &mut [u32; N],
    vectors: impl Vectors,
) {
    for one in asking {
        vectors.fetch(&tables.descriptors[one.list as usize]);
    }
    // The lines of each header's table, the one that comes next, and its number.
    let mut lines: [&[CacheLine]; N] = [&[]; N];
    let mut next = [&EMPTY; N];
    // Where those below that line begin.
    let mut below = [0_u32; N];
    // Where in its row each header stands, then in all lines.
    let mut places = [0_u32; N];
    let mut third_level = 0;
    for (at, one) in asking.iter().enumerate() {
        let (header, own) = (&one.header, &tables.descriptors[one.list as usize]);
        let segment = &tables.segments[own.segment as usize];
        lines[at] = &segment[own.first as usize..];
        let rank = header.source.rank(&own.root, A::INNER, vectors);
        next[at] = &lines[at][u32::from(own.levels[0]).wrapping_add(rank) as usize];
        vectors.fetch(next[at]);
        below[at] = own.below(1, rank);
        places[at] = own.variants.find(header, vectors);
        third_level |= own.levels[2];
    }
    if third_level != 0 {
        descend(tables, asking, &lines, &mut next, &mut below, vectors);
    }
    for (at, one) in asking.iter().enumerate() {
        let rank = one.header.source.rank(next[at], A::INNER, vectors);
        next[at] = &lines[at][below[at].wrapping_add(rank) as usize];
        vectors.fetch(next[at]);
    }
    for (at, one) in asking.iter().enumerate() {
        let rank = one.header.source.rank(next[at], A::LEAF, vectors);
        let row = u32::from(next[at].short(rank.wrapping_add(A::ROWS)));
        let place = row.wrapping_mul(UNIT).wrapping_add(places[at]);
        next[at] = line(lines[at], place);
        vectors.fetch(next[at]);
        places[at] = place;
    }
    // The headers whose lists are not in their rows.
    let (mut others, mut count) = ([0_usize; N], 0);
    for (at, found) in found.iter_mut().enumerate() {
        let position = next[at].byte(places[at]);
        let port = asking[at].header.destination_port;
        // PERF: no branch; what is found where no list is gets replaced below.
        let (_, answer) = in_list(next[at], u32::from(position), port, vectors);
        *found = number(answer);
        others[count] = at;
        count += usize::from(position >= OUTSIDE);
    }
    for at in &others[..count] {
        let position = next[*at].byte(places[*at]);
        let list = u32::from(next[*at].short(u32::from(position)));
        places[*at] = list.wrapping_mul(UNIT);
        vectors.fetch(line(lines[*at], places[*at]));
    }
    for at in &others[..count] {
        let port = asking[*at].header.destination_port;
        let (mut bounds, mut answer) = (DEEPER, 0);
        let mut place = places[*at];
        while bounds & DEEPER != 0 {
            (bounds, answer) = in_list(line(lines[*at], place), place / 2, port, vectors);
            place = u32::from(answer).wrapping_mul(UNIT);
        }
        found[*at] = number(answer);
    }
}

/// Goes down trees that have more than two levels below the root, until one is
/// left.
#[cold]
#[inline(always)]
fn descend<'l, A: Address, const N: usize>(
    tables: &Tables<A>,
    asking: &[Asking<A>; N],
    lines: &[&'l [CacheLine]; N],
    next: &mut [&'l CacheLine; N],
    below: &mut [u32; N],
    vectors: impl Vectors,
) {
    for level in 1..MOST_LEVELS - 1 {
        for (at, one) in asking.iter().enumerate() {
            let own = &tables.descriptors[one.list as usize];
            if own.levels[level + 1] == 0 {
                continue;
            }
            let rank = one.header.source.rank(next[at], A::INNER, vectors);
            let inner = below[at].wrapping_add(rank);
            next[at] = &lines[at][inner as usize];
            vectors.fetch(next[at]);
            let nth = inner.wrapping_sub(u32::from(own.levels[level]));
            below[at] = own.below(level + 1, nth);
        }
    }
}

impl<A: Address> Descriptor<A> {
    /// Returns where the lines below one begin, which are of a level.
    #[inline(always)]
    fn below(&self, level: usize, nth: u32) -> u32 {
        let children = nth.wrapping_mul(A::INNER + 1);
        u32::from(self.levels[level]).wrapping_add(children)
    }
}

/// Returns the line of a place, which is in bytes.
#[inline(always)]
fn line(lines: &[CacheLine], place: u32) -> &CacheLine {
    &lines[(place / CacheLine::BYTES) as usize]
}

/// Returns the first number of the list at a position of a line, and what stands
/// behind the last boundary that is not behind a port. Positions are taken
/// modulo the length of a line; where no list is, it returns anything.
#[inline(always)]
fn in_list(line: &CacheLine, position: u32, port: u16, vectors: impl Vectors) -> (u16, u16) {
    let from = position % SHORTS;
    let bounds = line.short(from);
    let starts = from.wrapping_add(1);
    let count = u32::from(bounds % DEEPER);
    let begun = vectors.begun_in_line(port, line, starts, count);
    let nth = begun & u32::from(bounds >> COUNTING);
    (
        bounds,
        line.short(starts.wrapping_add(count).wrapping_add(nth)),
    )
}

/// Returns an answer as callers know it.
#[inline(always)]
fn number(answer: u16) -> u32 {
    if answer == NOTHING {
        NO_MATCH
    } else {
        u32::from(answer)
    }
}
