//! Ordered 5-tuple rules of one protocol: the first that matches decides.

mod nodes;
mod scan;
mod trie;

use crate::Engine;
use crate::address::Address;
use crate::lower::Entry;
use crate::peers::Peers;
use crate::policy::{Hit, Key};

/// The entries of one protocol, in the shape of one engine.
#[derive(Debug)]
pub(crate) enum Table<A> {
    /// See [`trie`].
    Trie(trie::TrieTable<A>),
    /// See [`scan`].
    Scan(scan::ScanTable<A>),
}

impl<A: Address> Table<A> {
    /// Builds a table from entries that are sorted by precedence.
    pub(crate) fn build(entries: Vec<Entry<A>>, peers: &Peers<A>, engine: Engine) -> Self {
        match engine {
            Engine::Trie => Self::Trie(trie::TrieTable::build(entries, peers)),
            Engine::Compiled | Engine::Represented(_) | Engine::Scan => {
                Self::Scan(scan::ScanTable::build(entries, peers))
            }
        }
    }

    /// Returns about how many bytes it has.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Trie(table) => table.bytes(),
            Self::Scan(table) => table.bytes(),
        }
    }

    /// Finds the entry of the least precedence that matches.
    #[inline]
    pub(crate) fn lookup(&self, key: &Key<A>) -> Option<Hit> {
        match self {
            Self::Trie(table) => table.lookup(key),
            Self::Scan(table) => table.lookup(key),
        }
    }
}

/// What an entry decides.
const fn hit<A>(entry: &Entry<A>) -> Hit {
    Hit {
        rule: entry.rule,
        action: entry.action,
    }
}
