//! The tree of boundaries between sources.
//!
//! A line has the last address of each interval but its last; a line of the last
//! level has fewer, and the places of rows behind them.

use super::{CacheLine, WORDS};
use crate::address::Address;

/// A tree has at most so many levels below the root.
pub(in crate::classifier) const MOST_LEVELS: usize = 6;

/// Lays intervals out, level by level. Returns the root, and where each level
/// below it begins, of which there are at least two; nothing where they are too
/// many. There are lines already.
pub(super) fn add<A: Address>(
    lines: &mut Vec<CacheLine>,
    starts: &[A],
    rows: &[u16],
) -> Option<(CacheLine, [u16; MOST_LEVELS])> {
    let mut kept: Vec<(A, u16)> = Vec::with_capacity(starts.len());
    for (start, row) in starts.iter().zip(rows) {
        if kept.last().is_none_or(|(_, last)| last != row) {
            kept.push((*start, *row));
        }
    }
    let leaves = kept.chunks(A::LEAF as usize + 1);
    let mut firsts: Vec<A> = leaves.clone().map(|own| own[0].0).collect();
    let mut levels: Vec<Vec<CacheLine>> = vec![leaves.map(leaf).collect()];
    let most = A::INNER as usize + 1;
    while levels.len() < 2 || firsts.len() > most {
        let inner = firsts.chunks(most);
        levels.push(inner.clone().map(|own| boundaries(&own[1..])).collect());
        firsts = inner.map(|own| own[0]).collect();
    }
    let mut begins = [0; MOST_LEVELS];
    for (at, level) in levels.into_iter().rev().enumerate() {
        *begins.get_mut(at)? = u16::try_from(lines.len()).ok()?;
        lines.extend(level);
    }
    Some((boundaries(&firsts[1..]), begins))
}

/// Writes what lies before each start; what is left is the last address.
fn boundaries<A: Address>(starts: &[A]) -> CacheLine {
    let mut line = CacheLine([u8::MAX; 4 * WORDS]);
    for (at, start) in starts.iter().enumerate() {
        let before = start.previous();
        before.expect("another one is before").put(&mut line, at);
    }
    line
}

/// Writes intervals: the boundaries between them, and the places of their rows.
fn leaf<A: Address>(intervals: &[(A, u16)]) -> CacheLine {
    let starts: Vec<A> = intervals[1..].iter().map(|(start, _)| *start).collect();
    let mut line = boundaries(&starts);
    let last = intervals[intervals.len() - 1];
    let rows = intervals.iter().chain(std::iter::repeat(&last));
    for (at, (_, row)) in (A::ROWS..=A::ROWS + A::LEAF).zip(rows) {
        line.put_short(at, *row);
    }
    line
}
