//! The plain engine: one entry after the other, best first.
//!
//! It is what the other engines must be faster than, and a second opinion on
//! them that nobody can misread.

use std::sync::Arc;

use super::hit;
use crate::address::Address;
use crate::lower::Entry;
use crate::peers::Peers;
use crate::policy::{Hit, Key};

/// Entries in order of precedence, with the bounds of their peers.
#[derive(Debug)]
pub(crate) struct ScanTable<A> {
    entries: Vec<(Bounds<A>, Entry<A>)>,
}

/// The first and last addresses of some peers.
#[derive(Debug)]
enum Bounds<A> {
    One(A, A),
    /// Ascending and disjoint.
    Many(Arc<[(A, A)]>),
}

impl<A: Address> ScanTable<A> {
    pub(super) fn build(entries: Vec<Entry<A>>, peers: &Peers<A>) -> Self {
        let bounded = entries.into_iter().map(|entry| {
            let bounds = peers.bounds(entry.peers);
            match **bounds {
                [(first, last)] => (Bounds::One(first, last), entry),
                _ => (Bounds::Many(Arc::clone(bounds)), entry),
            }
        });
        Self {
            entries: bounded.collect(),
        }
    }

    /// Returns how many bytes it has; peers that entries share count once for
    /// each.
    pub(super) fn bytes(&self) -> usize {
        let many = self.entries.iter().map(|(bounds, _)| match bounds {
            Bounds::One(..) => 0,
            Bounds::Many(bounds) => size_of_val(&**bounds),
        });
        size_of_val(&*self.entries) + many.sum::<usize>()
    }

    #[inline]
    pub(super) fn lookup(&self, key: &Key<A>) -> Option<Hit> {
        let matching = self.entries.iter().find(|(bounds, entry)| {
            bounds.contain(key.peer) && entry.fits(key.local, key.source_port, key.destination_port)
        });
        matching.map(|(_, entry)| hit(entry))
    }
}

impl<A: Address> Bounds<A> {
    fn contain(&self, address: A) -> bool {
        let within = |(first, last): (A, A)| first <= address && address <= last;
        match self {
            Self::One(first, last) => within((*first, *last)),
            Self::Many(bounds) => {
                let after = bounds.partition_point(|(first, _)| *first <= address);
                after.checked_sub(1).is_some_and(|at| within(bounds[at]))
            }
        }
    }
}
