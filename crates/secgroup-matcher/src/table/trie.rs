//! The readable engine: a prefix trie, built with iptrie.
//!
//! The trie answers the longest prefix that holds an address. Rules of shorter
//! prefixes hold it too, and precedence beats length, so every prefix knows
//! the next shorter one, and a lookup walks up that chain.

use std::fmt;

use iptrie::{IpLCTrieMap, IpRTrieMap};

use super::hit;
use super::nodes::by_prefix;
use crate::address::Address;
use crate::lower::Entry;
use crate::policy::{Hit, Key};
use crate::precedence::Precedence;

/// The index of the node above all prefixes, which has no entries.
const ABOVE: usize = 0;

/// A trie from peer prefixes to the entries of each.
pub(crate) struct TrieTable<A> {
    trie: IpLCTrieMap<usize>,
    nodes: Vec<Node<A>>,
}

/// The entries of one prefix.
#[derive(Debug)]
struct Node<A> {
    /// The node of the longest prefix that contains this one.
    parent: usize,
    /// In order of precedence.
    entries: Vec<Entry<A>>,
}

impl<A: Address> TrieTable<A> {
    pub(super) fn build(entries: Vec<Entry<A>>) -> Self {
        let mut trie = IpRTrieMap::with_roots(ABOVE, ABOVE);
        let mut nodes = vec![Node {
            parent: ABOVE,
            entries: Vec::new(),
        }];
        for (prefix, entries) in by_prefix(entries) {
            // Shorter prefixes are in the trie already, longer ones are not.
            let parent = *trie.lookup(&prefix.network()).1;
            trie.insert(prefix.network(), nodes.len());
            nodes.push(Node { parent, entries });
        }
        Self {
            trie: trie.compress(),
            nodes,
        }
    }

    #[inline]
    pub(super) fn lookup(&self, key: &Key<A>) -> Option<Hit> {
        let mut best = (Precedence::LAST.0, None);
        let mut at = *self.trie.lookup(&key.peer.host()).1;
        while at != ABOVE {
            let node = &self.nodes[at];
            let better = node
                .entries
                .iter()
                .take_while(|entry| entry.precedence < best.0);
            let mut fitting =
                better.filter(|entry| entry.fits(key.local, key.source_port, key.destination_port));
            if let Some(entry) = fitting.next() {
                best = (entry.precedence, Some(hit(entry)));
            }
            at = node.parent;
        }
        best.1
    }
}

impl<A: fmt::Debug> fmt::Debug for TrieTable<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TrieTable")
            .field("nodes", &self.nodes)
            .finish_non_exhaustive()
    }
}
