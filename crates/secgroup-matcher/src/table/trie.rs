//! The readable engine: a prefix trie, built with iptrie.
//!
//! The trie answers the longest prefix that holds an address. Rules of shorter
//! prefixes hold it too, and precedence beats length, so every prefix knows
//! the next shorter one, and a lookup walks up that chain.

use std::fmt;

use iptrie::{IpLCTrieMap, IpRTrieMap};

use super::hit;
use super::nodes::by_peers;
use crate::address::Address;
use crate::lower::Entry;
use crate::peers::Peers;
use crate::policy::{Hit, Key};
use crate::precedence::Precedence;

/// The index of the node above all prefixes, which has no entries.
const ABOVE: usize = 0;

/// A trie from peer prefixes to the entries of each.
pub(crate) struct TrieTable<A> {
    trie: IpLCTrieMap<usize>,
    nodes: Vec<Node>,
    /// The entries of each set of peers, in order of precedence.
    sets: Vec<Vec<Entry<A>>>,
}

/// One prefix.
#[derive(Debug)]
struct Node {
    /// The node of the longest prefix that contains this one.
    parent: usize,
    /// The sets of peers that it belongs to, by position.
    sets: Vec<usize>,
}

impl<A: Address> TrieTable<A> {
    /// Returns how many bytes it has beside the branches of the trie, which
    /// [`iptrie`] does not tell: about as many again.
    pub(super) fn bytes(&self) -> usize {
        let nodes = self.nodes.iter().map(|node| size_of_val(&*node.sets));
        let sets = self.sets.iter().map(|entries| size_of_val(&**entries));
        size_of_val(&*self.nodes) + nodes.sum::<usize>() + sets.sum::<usize>()
    }

    pub(super) fn build(entries: Vec<Entry<A>>, peers: &Peers<A>) -> Self {
        let mut sets = Vec::new();
        let mut prefixes = Vec::new();
        for (set, entries) in by_peers(entries) {
            prefixes.extend(
                peers
                    .prefixes(set)
                    .iter()
                    .map(|prefix| (*prefix, sets.len())),
            );
            sets.push(entries);
        }
        prefixes.sort_unstable_by_key(|(prefix, set)| (prefix.length(), *prefix, *set));
        let mut trie = IpRTrieMap::with_roots(ABOVE, ABOVE);
        let mut nodes = vec![Node {
            parent: ABOVE,
            sets: Vec::new(),
        }];
        let mut last = None;
        for (prefix, set) in prefixes {
            if last.replace(prefix) != Some(prefix) {
                // Shorter prefixes are in the trie already, longer ones are not.
                let parent = *trie.lookup(&prefix.network()).1;
                trie.insert(prefix.network(), nodes.len());
                nodes.push(Node {
                    parent,
                    sets: Vec::new(),
                });
            }
            if let Some(node) = nodes.last_mut() {
                node.sets.push(set);
            }
        }
        Self {
            trie: trie.compress(),
            nodes,
            sets,
        }
    }

    #[inline]
    pub(super) fn lookup(&self, key: &Key<A>) -> Option<Hit> {
        let mut best = (Precedence::LAST.0, None);
        let mut at = *self.trie.lookup(&key.peer.host()).1;
        while at != ABOVE {
            let node = &self.nodes[at];
            for set in &node.sets {
                let entries = self.sets[*set].iter();
                let better = entries.take_while(|entry| entry.precedence < best.0);
                let mut fitting = better
                    .filter(|entry| entry.fits(key.local, key.source_port, key.destination_port));
                if let Some(entry) = fitting.next() {
                    best = (entry.precedence, Some(hit(entry)));
                }
            }
            at = node.parent;
        }
        best.1
    }
}

impl<A: fmt::Debug> fmt::Debug for TrieTable<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { nodes, sets, .. } = self;
        f.debug_struct("TrieTable")
            .field("nodes", nodes)
            .field("sets", sets)
            .finish_non_exhaustive()
    }
}
