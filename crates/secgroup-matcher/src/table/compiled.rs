//! The fast engine: flat arrays, searched by bisection.
//!
//! Each set of peers that some entry has is a *node*. The addresses are cut
//! into intervals, and each interval lists the nodes whose peers hold it, the
//! one with the best entry first, so that a walk ends as soon as no node
//! behind can win; intervals with equal nodes share the list. Within a node
//! the destination ports are cut into intervals again; each lists the entries
//! that can decide there, best first, up to the first that asks for nothing
//! else.
//!
//! With `1 accept tcp 22/22 10.0.0.0/8` and `2 drop all 0.0.0.0/0` there are
//! two nodes and three address intervals: below 10.0.0.0/8 (the second node),
//! inside (both, the first one first), above (the second node again).
//!
//! Its size is linear in entries and prefixes, but for prefixes that lie in
//! many others, and up to [`LONGEST_LISTS`].

use std::collections::HashMap;

use super::hit;
use super::nodes::by_peers;
use crate::address::Address;
use crate::lower::Entry;
use crate::peers::Peers;
use crate::policy::{Hit, Key};
use crate::precedence::Precedence;

/// How many list items per entry a node may have before its ports are not cut
/// at all. Entries that ask for a source port or a near address end no list,
/// so many of them could make the lists quadratic.
const LONGEST_LISTS: usize = 16;

/// Address intervals, nodes, port intervals and entries.
#[derive(Debug)]
pub(crate) struct CompiledTable<A> {
    /// Where each address interval starts; the first at the least address.
    starts: Vec<A>,
    /// The nodes of each address interval: where they begin in `chains`, and
    /// how many they are.
    intervals: Vec<(u32, u32)>,
    /// Positions in `nodes`.
    chains: Vec<u32>,
    nodes: Vec<Node>,
    /// Where each port interval of each node starts.
    port_starts: Vec<u16>,
    /// Where the list of each port interval starts; the next one is its end.
    list_starts: Vec<u32>,
    /// Positions in `entries`.
    lists: Vec<u32>,
    entries: Vec<Entry<A>>,
}

/// The entries of one set of peers.
#[derive(Clone, Copy, Debug)]
struct Node {
    /// The least precedence of its entries.
    best: u32,
    /// The first of its port intervals.
    first_port: u32,
    /// How many it has.
    ports: u32,
}

impl<A: Address> CompiledTable<A> {
    pub(super) fn build(entries: Vec<Entry<A>>, peers: &Peers<A>) -> Self {
        let mut table = Self {
            starts: Vec::new(),
            intervals: Vec::new(),
            chains: Vec::new(),
            nodes: Vec::new(),
            port_starts: Vec::new(),
            list_starts: vec![0],
            lists: Vec::new(),
            entries: Vec::new(),
        };
        let mut claims: Vec<(A, A, u32)> = Vec::new();
        for (set, own) in by_peers(entries) {
            let node = number(table.nodes.len());
            claims.extend(
                peers
                    .bounds(set)
                    .iter()
                    .map(|(first, last)| (*first, *last, node)),
            );
            table.push_node(own);
        }
        table.cut_addresses(claims);
        table
    }

    /// Appends a node with its port intervals.
    fn push_node(&mut self, own: Vec<Entry<A>>) {
        let base = number(self.entries.len());
        let best = own
            .first()
            .map_or(Precedence::LAST.0, |entry| entry.precedence);
        let mut cut: Vec<u16> = vec![0];
        cut.extend(own.iter().map(|entry| entry.destinations.first));
        cut.extend(
            own.iter()
                .filter_map(|entry| entry.destinations.last.checked_add(1)),
        );
        cut.sort_unstable();
        cut.dedup();
        let lists = port_lists(&own, &cut).unwrap_or_else(|| {
            cut.truncate(1);
            vec![(0..own.len()).collect()]
        });
        let first_port = number(self.port_starts.len());
        self.nodes.push(Node {
            best,
            first_port,
            ports: number(cut.len()),
        });
        self.port_starts.extend(cut);
        for list in lists {
            self.lists
                .extend(list.into_iter().map(|at| base + number(at)));
            self.list_starts.push(number(self.lists.len()));
        }
        self.entries.extend(own);
    }

    /// Cuts the addresses at the bounds of all prefixes, and lists the nodes
    /// of each interval.
    fn cut_addresses(&mut self, mut claims: Vec<(A, A, u32)>) {
        claims.sort_unstable();
        self.starts.push(A::MIN);
        self.starts.extend(claims.iter().map(|(first, ..)| *first));
        self.starts
            .extend(claims.iter().filter_map(|(_, last, _)| last.next()));
        self.starts.sort_unstable();
        self.starts.dedup();

        let mut known: HashMap<Vec<u32>, (u32, u32)> = HashMap::new();
        let mut open: Vec<(A, u32)> = Vec::new();
        let mut waiting = claims.into_iter().peekable();
        for start in &self.starts {
            open.retain(|(last, _)| start <= last);
            while let Some((_, last, node)) = waiting.next_if(|(first, ..)| first <= start) {
                open.push((last, node));
            }
            let mut chain: Vec<u32> = open.iter().map(|(_, node)| *node).collect();
            chain.sort_unstable_by_key(|node| self.nodes[*node as usize].best);
            let interval = *known.entry(chain).or_insert_with_key(|chain| {
                let first = number(self.chains.len());
                self.chains.extend(chain);
                (first, number(chain.len()))
            });
            self.intervals.push(interval);
        }
    }

    /// Finds the entry of the least precedence that matches.
    ///
    /// Any set of peers that holds the address may have it, because precedence
    /// beats prefix length; so this asks them all, best first.
    #[inline]
    pub(super) fn lookup(&self, key: &Key<A>) -> Option<Hit> {
        let interval = self.starts.partition_point(|start| *start <= key.peer) - 1;
        let (first, count) = self.intervals[interval];
        let mut best = (Precedence::LAST.0, None);
        for node in &self.chains[first as usize..][..count as usize] {
            let node = &self.nodes[*node as usize];
            // PERF: the nodes come best first, so most lookups end here after
            // one or two; `lookups` benches with nested prefixes.
            if best.0 <= node.best {
                break;
            }
            let ports = &self.port_starts[node.first_port as usize..][..node.ports as usize];
            let port = ports.partition_point(|start| *start <= key.destination_port) - 1;
            let list = node.first_port as usize + port;
            let (from, to) = (self.list_starts[list], self.list_starts[list + 1]);
            for entry in &self.lists[from as usize..to as usize] {
                let entry = &self.entries[*entry as usize];
                if best.0 <= entry.precedence {
                    break;
                }
                if entry.fits(key.local, key.source_port, key.destination_port) {
                    best = (entry.precedence, Some(hit(entry)));
                    break;
                }
            }
        }
        best.1
    }
}

/// Lists, for each port interval, the entries that can decide there, best
/// first; none when that takes more room than [`LONGEST_LISTS`] allows.
fn port_lists<A: Address>(own: &[Entry<A>], cut: &[u16]) -> Option<Vec<Vec<usize>>> {
    let room = LONGEST_LISTS * (own.len() + cut.len());
    let mut lists: Vec<Vec<usize>> = vec![Vec::new(); cut.len()];
    let mut closed = vec![false; cut.len()];
    let mut items = 0;
    for (at, entry) in own.iter().enumerate() {
        let from = cut.partition_point(|start| *start < entry.destinations.first);
        let to = cut.partition_point(|start| *start <= entry.destinations.last);
        for interval in from..to {
            if closed[interval] {
                continue;
            }
            lists[interval].push(at);
            closed[interval] = entry.is_plain();
            items += 1;
        }
        if items > room {
            return None;
        }
    }
    Some(lists)
}

/// Returns a position as it is stored.
fn number(position: usize) -> u32 {
    u32::try_from(position).expect("a table of one policy has fewer than 2^32 entries")
}
