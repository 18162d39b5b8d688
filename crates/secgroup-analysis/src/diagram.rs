//! Interval decision diagrams: functions of flows, shared and canonical.
//!
//! A flow is six numbers ([`Dimension`]), asked in a fixed order. A node asks
//! for one of them and has an edge for each interval of its values; at the end
//! is a leaf, a number whose meaning its user knows. Neighbouring edges lead to
//! different places, a node with one edge is left out, and equal nodes are one
//! node. So two functions are equal exactly when their roots are.
//!
//! For example "tcp from 10.0.0.0/8 is 1, all else is 0" is a node for the
//! source with three edges (below, inside, above the block); the outer two lead
//! to leaf 0, the inner one to a node for the protocol with edges for 0 to 5,
//! 6, and 7 to 255.
//!
//! Why not a list of boxes: subtracting boxes from each other multiplies them,
//! and equality needs both differences. Why not a BDD library: a bit at a time
//! is some hundred times slower to build here (`docs/analysis.md`).
//!
//! `build` makes first-match functions, `combine` combines functions, and
//! `walk` reads them.

mod build;
mod combine;
mod walk;

use std::sync::Arc;

use foldhash::{HashMap, HashMapExt};

pub(crate) use build::Condition;
pub(crate) use walk::{MOST_PRODUCTS, Product};

/// How many edges one collection of diagrams may have: some 400 MB.
pub const MOST_EDGES: usize = 8_000_000;

/// The numbers of a flow, in the order in which they are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Dimension {
    /// 0 for IPv4, 1 for IPv6.
    Family,
    /// The sender's address.
    Source,
    /// The receiver's address.
    Destination,
    /// The protocol number.
    Protocol,
    /// The destination port of TCP and UDP; the code of ICMP.
    DestinationPort,
    /// The source port of TCP and UDP; the type of ICMP.
    SourcePort,
}

/// A function of flows: an inner node or a leaf of [`Diagrams`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Node(
    // INVARIANT: with the highest bit a leaf, without it the position of an
    // inner node.
    u32,
);

/// Where the values from behind the previous edge up to `last` lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Edge {
    last: u128,
    child: Node,
}

/// An inner node.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Inner {
    dimension: Dimension,
    // INVARIANT: two at least; `last` ascending; neighbours lead elsewhere.
    edges: Arc<[Edge]>,
}

/// More than the program is willing to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the answer needs more than {MOST_EDGES} distinctions; ask about fewer interfaces, addresses or ports"
)]
pub struct TooComplex;

/// Some functions of flows, which share what they have in common.
#[derive(Debug)]
pub(crate) struct Diagrams {
    inner: Vec<Inner>,
    unique: HashMap<Inner, Node>,
    edges: usize,
}

impl Node {
    const LEAF: u32 = 1 << 31;

    /// Returns the function that is `value` everywhere; values stay below 2^31.
    pub(crate) const fn leaf(value: u32) -> Self {
        Self(value | Self::LEAF)
    }

    /// Returns the value, if the function is the same everywhere.
    pub(crate) const fn value(self) -> Option<u32> {
        if self.0 & Self::LEAF == 0 {
            None
        } else {
            Some(self.0 & !Self::LEAF)
        }
    }
}

impl Diagrams {
    /// Returns a collection without inner nodes.
    pub(crate) fn new() -> Self {
        Self {
            inner: Vec::new(),
            unique: HashMap::new(),
            edges: 0,
        }
    }

    fn inner(&self, node: Node) -> Option<&Inner> {
        match node.value() {
            Some(_) => None,
            None => self.inner.get(node.0 as usize),
        }
    }

    /// Returns the node with these edges, which need not be joined yet.
    fn node(&mut self, dimension: Dimension, edges: Vec<Edge>) -> Result<Node, TooComplex> {
        let mut joined: Vec<Edge> = Vec::with_capacity(edges.len());
        for edge in edges {
            match joined.last_mut() {
                Some(before) if before.child == edge.child => before.last = edge.last,
                _ => joined.push(edge),
            }
        }
        if let [only] = joined[..] {
            return Ok(only.child);
        }
        let inner = Inner {
            dimension,
            edges: joined.into(),
        };
        if let Some(known) = self.unique.get(&inner) {
            return Ok(*known);
        }
        self.edges += inner.edges.len();
        let position = u32::try_from(self.inner.len()).map_err(|_| TooComplex)?;
        if self.edges > MOST_EDGES || position >= Node::LEAF {
            return Err(TooComplex);
        }
        let node = Node(position);
        self.inner.push(inner.clone());
        self.unique.insert(inner, node);
        Ok(node)
    }

    /// Joins the functions of both families.
    pub(crate) fn families(&mut self, v4: Node, v6: Node) -> Result<Node, TooComplex> {
        let edges = vec![Edge { last: 0, child: v4 }, Edge { last: 1, child: v6 }];
        self.node(Dimension::Family, edges)
    }

    /// Returns a function of one dimension, 0 or 1 in pieces that end at the
    /// given values.
    #[cfg(test)]
    pub(crate) fn pieces(
        &mut self,
        dimension: Dimension,
        pieces: &[(u128, bool)],
    ) -> Result<Node, TooComplex> {
        let edges = pieces.iter().map(|(last, value)| Edge {
            last: *last,
            child: Node::leaf(u32::from(*value)),
        });
        self.node(dimension, edges.collect())
    }
}
