//! The fast engine: flat arrays, searched by bisection.
//!
//! The peer addresses are cut into intervals, each of which knows the longest
//! prefix that holds it: a *node*. A node knows the next shorter prefix, its
//! parent, and the best precedence from itself up, so that a walk ends as soon
//! as nothing above can win. Within a node the destination ports are cut into
//! intervals again; each lists the entries that can decide there, best first,
//! up to the first that asks for nothing else.
//!
//! With `1 accept tcp 22/22 10.0.0.0/8` and `2 drop all 0.0.0.0/0` there are
//! two nodes and three address intervals: below 10.0.0.0/8 (node of the second
//! rule), inside (node of the first, whose parent is the second's), above.
//!
//! Its size is linear in the entries, up to [`LONGEST_LISTS`].

use super::hit;
use super::nodes::by_prefix;
use crate::address::Address;
use crate::lower::Entry;
use crate::policy::{Hit, Key};
use crate::precedence::Precedence;

/// No node: nothing above.
const NONE: u32 = u32::MAX;

/// How many list items per entry a node may have before its ports are not cut
/// at all. Entries that ask for a source port or a near address end no list,
/// so many of them could make the lists quadratic.
const LONGEST_LISTS: usize = 16;

/// Address intervals, nodes, port intervals and entries.
#[derive(Debug)]
pub(crate) struct CompiledTable<A> {
    /// Where each address interval starts; the first at the least address.
    starts: Vec<A>,
    /// The node of each address interval.
    interval_nodes: Vec<u32>,
    nodes: Vec<Node>,
    /// Where each port interval of each node starts.
    port_starts: Vec<u16>,
    /// Where the list of each port interval starts; the next one is its end.
    list_starts: Vec<u32>,
    /// Positions in `entries`.
    lists: Vec<u32>,
    entries: Vec<Entry<A>>,
}

/// One prefix.
#[derive(Clone, Copy, Debug)]
struct Node {
    /// The node of the next shorter prefix that contains this one.
    parent: u32,
    /// The least precedence of this node and all above.
    best: u32,
    /// The first of its port intervals.
    first_port: u32,
    /// How many it has.
    ports: u32,
}

impl<A: Address> CompiledTable<A> {
    pub(super) fn build(entries: Vec<Entry<A>>) -> Self {
        let mut table = Self {
            starts: Vec::new(),
            interval_nodes: Vec::new(),
            nodes: Vec::new(),
            port_starts: Vec::new(),
            list_starts: vec![0],
            lists: Vec::new(),
            entries: Vec::new(),
        };
        let mut prefixes: Vec<((A, A), u32)> = Vec::new();
        for (prefix, own) in by_prefix(entries) {
            let Some(bounds) = A::bounds(prefix) else {
                continue;
            };
            prefixes.push((bounds, number(table.nodes.len())));
            table.push_node(own);
        }
        table.cut_addresses(prefixes);
        table
    }

    /// Appends a node with its port intervals; its parent is not known yet.
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
            parent: NONE,
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

    /// Cuts the addresses at the bounds of all prefixes and links each node
    /// with the one above. Prefixes nest or are disjoint, so a stack holds
    /// those that are open.
    fn cut_addresses(&mut self, mut prefixes: Vec<((A, A), u32)>) {
        prefixes.sort_unstable_by_key(|((first, last), _)| (*first, std::cmp::Reverse(*last)));
        let mut open: Vec<(A, u32)> = Vec::new();
        self.push_interval(A::MIN, NONE);
        for ((first, last), node) in prefixes {
            self.close_before(&mut open, Some(first));
            let parent = open.last().map_or(NONE, |(_, parent)| *parent);
            let above = self
                .nodes
                .get(parent as usize)
                .map_or(Precedence::LAST.0, |up| up.best);
            let own = &mut self.nodes[node as usize];
            own.parent = parent;
            own.best = own.best.min(above);
            self.push_interval(first, node);
            open.push((last, node));
        }
        self.close_before(&mut open, None);
    }

    /// Ends the open prefixes that lie wholly before `next`, all without one.
    fn close_before(&mut self, open: &mut Vec<(A, u32)>, next: Option<A>) {
        while let Some((last, _)) = open.pop_if(|(last, _)| next.is_none_or(|next| *last < next)) {
            let outer = open.last().map_or(NONE, |(_, node)| *node);
            if let Some(behind) = last.next() {
                self.push_interval(behind, outer);
            }
        }
    }

    /// Starts an interval; one that starts at the same address replaces the last.
    fn push_interval(&mut self, start: A, node: u32) {
        if self.starts.last() == Some(&start) {
            self.starts.pop();
            self.interval_nodes.pop();
        }
        self.starts.push(start);
        self.interval_nodes.push(node);
    }

    /// Finds the entry of the least precedence that matches.
    ///
    /// Any prefix that contains the peer may hold it, because precedence beats
    /// prefix length; so this walks from the longest up and keeps the best.
    #[inline]
    pub(super) fn lookup(&self, key: &Key<A>) -> Option<Hit> {
        let interval = self.starts.partition_point(|start| *start <= key.peer) - 1;
        let mut at = self.interval_nodes[interval];
        let mut best = (Precedence::LAST.0, None);
        while let Some(node) = self.nodes.get(at as usize) {
            // PERF: high priorities often sit on long prefixes, and then
            // nothing above can win; `lookup` benches with nested prefixes.
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
            at = node.parent;
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
