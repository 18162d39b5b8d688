//! The plain engine: one entry after the other, best first.
//!
//! It is what the other engines must be faster than, and a second opinion on
//! them that nobody can misread.

use super::hit;
use crate::address::Address;
use crate::lower::Entry;
use crate::policy::{Hit, Key};

/// Entries in order of precedence, with the bounds of their peers.
#[derive(Debug)]
pub(crate) struct ScanTable<A> {
    entries: Vec<((A, A), Entry<A>)>,
}

impl<A: Address> ScanTable<A> {
    pub(super) fn build(entries: &[Entry<A>]) -> Self {
        let bounded = entries
            .iter()
            .filter_map(|entry| Some((A::bounds(entry.peer)?, entry.clone())));
        Self {
            entries: bounded.collect(),
        }
    }

    #[inline]
    pub(super) fn lookup(&self, key: &Key<A>) -> Option<Hit> {
        let matching = self.entries.iter().find(|((first, last), entry)| {
            *first <= key.peer
                && key.peer <= *last
                && entry.fits(key.local, key.source_port, key.destination_port)
        });
        matching.map(|(_, entry)| hit(entry))
    }
}
