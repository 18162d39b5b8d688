//! Combining functions: value by value, and with something forgotten.

use foldhash::{HashMap, HashMapExt};

use super::{Condition, Diagrams, Dimension, Edge, Node, TooComplex};
use crate::hop::FAMILIES;
use crate::{Intervals, space};

impl Diagrams {
    /// Returns the function whose value is `of` the values of two functions.
    pub(crate) fn combine(
        &mut self,
        left: Node,
        right: Node,
        of: &mut dyn FnMut(u32, u32) -> u32,
    ) -> Result<Node, TooComplex> {
        self.pair(left, right, of, &mut HashMap::new())
    }

    /// Returns the function whose value is `of` the value of a function.
    pub(crate) fn map(
        &mut self,
        node: Node,
        of: &mut dyn FnMut(u32) -> u32,
    ) -> Result<Node, TooComplex> {
        self.combine(node, Node::leaf(0), &mut |value, _| of(value))
    }

    fn pair(
        &mut self,
        left: Node,
        right: Node,
        of: &mut dyn FnMut(u32, u32) -> u32,
        known: &mut HashMap<(Node, Node), Node>,
    ) -> Result<Node, TooComplex> {
        if let (Some(left), Some(right)) = (left.value(), right.value()) {
            return Ok(Node::leaf(of(left, right)));
        }
        if let Some(known) = known.get(&(left, right)) {
            return Ok(*known);
        }
        let first = [left, right]
            .into_iter()
            .filter_map(|node| self.inner(node).map(|inner| inner.dimension))
            .min()
            .expect("one of the two is no leaf");
        let edges_of = |node: Node| match self.inner(node) {
            Some(inner) if inner.dimension == first => inner.edges.to_vec(),
            _ => Vec::new(),
        };
        let (lefts, rights) = (edges_of(left), edges_of(right));
        let mut edges = Vec::with_capacity(lefts.len().max(rights.len()));
        let (mut at, mut to) = (0, 0);
        loop {
            let (one, other) = (lefts.get(at), rights.get(to));
            let last = match (one, other) {
                (Some(one), Some(other)) => one.last.min(other.last),
                (Some(only), None) | (None, Some(only)) => only.last,
                (None, None) => break,
            };
            // A node that does not ask for this dimension is the same all along.
            let child = self.pair(
                one.map_or(left, |edge| edge.child),
                other.map_or(right, |edge| edge.child),
                of,
                known,
            )?;
            edges.push(Edge { last, child });
            at += usize::from(one.is_some_and(|edge| edge.last == last));
            to += usize::from(other.is_some_and(|edge| edge.last == last));
        }
        let node = self.node(first, edges)?;
        if known.len() > super::MOST_EDGES {
            return Err(TooComplex);
        }
        known.insert((left, right), node);
        Ok(node)
    }
}

impl Diagrams {
    /// Returns the function that is the same where the condition of its family
    /// holds (only the destination is looked at), and `otherwise` elsewhere.
    pub(crate) fn select(
        &mut self,
        node: Node,
        conditions: &[Condition; 2],
        otherwise: u32,
    ) -> Result<Node, TooComplex> {
        let v4 = self.branch(node, secgroup_model::Family::V4);
        let v6 = self.branch(node, secgroup_model::Family::V6);
        let otherwise = Node::leaf(otherwise);
        let mut chosen = [v4, v6];
        for (family, node) in FAMILIES.into_iter().zip(&mut chosen) {
            let set = conditions[family as usize].destination.clone();
            let select = Select {
                set: &set.unwrap_or_default(),
                greatest: space::greatest_address(family),
                otherwise,
            };
            *node = self.select_in(*node, &select, &mut HashMap::new())?;
        }
        self.families(chosen[0], chosen[1])
    }

    fn select_in(
        &mut self,
        node: Node,
        select: &Select<'_>,
        known: &mut HashMap<Node, Node>,
    ) -> Result<Node, TooComplex> {
        if node == select.otherwise {
            return Ok(node);
        }
        if let Some(known) = known.get(&node) {
            return Ok(*known);
        }
        let before = self
            .inner(node)
            .filter(|inner| inner.dimension < Dimension::Destination)
            .map(|inner| (inner.dimension, inner.edges.to_vec()));
        let result = if let Some((dimension, mut edges)) = before {
            for edge in &mut edges {
                edge.child = self.select_in(edge.child, select, known)?;
            }
            self.node(dimension, edges)?
        } else {
            let edges = self.cut_out(node, select);
            self.node(Dimension::Destination, edges)?
        };
        known.insert(node, result);
        Ok(result)
    }

    /// Returns the edges of a node within a set, and those around them.
    fn cut_out(&self, node: Node, select: &Select<'_>) -> Vec<Edge> {
        let asks = self.inner(node);
        let asks = asks.filter(|inner| inner.dimension == Dimension::Destination);
        let edges = asks.map_or(&[][..], |inner| &inner.edges[..]);
        let child = select.otherwise;
        let mut kept = Vec::new();
        for (first, last) in select.set.as_slice() {
            if let Some(last) = first.checked_sub(1) {
                kept.push(Edge { last, child });
            }
            let mut at = edges.partition_point(|edge| edge.last < *first);
            while let Some(edge) = edges.get(at).filter(|edge| edge.last < *last) {
                kept.push(*edge);
                at += 1;
            }
            let child = edges.get(at).map_or(node, |edge| edge.child);
            kept.push(Edge { last: *last, child });
        }
        let last = select.greatest;
        if kept.last().is_none_or(|edge| edge.last < last) {
            kept.push(Edge { last, child });
        }
        kept
    }
}

/// Which destinations of a family are kept.
struct Select<'a> {
    set: &'a Intervals,
    greatest: u128,
    /// What the others lead to.
    otherwise: Node,
}
