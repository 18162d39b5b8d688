//! Reading functions: their values, and where they have them.

use std::collections::{BTreeMap, BTreeSet};

use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};

use super::{Condition, Diagrams, Dimension, Edge, Node, TooComplex};
use crate::Intervals;

/// How many boxes one answer may have.
pub(crate) const MOST_PRODUCTS: usize = 200_000;

/// A product of sets, one for each dimension; absent is any.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Product([Option<Intervals>; 6]);

impl Product {
    /// Returns the set in one dimension.
    pub(crate) fn of(&self, dimension: Dimension) -> Option<&Intervals> {
        self.0[dimension as usize].as_ref()
    }

    /// Joins two products that differ in one dimension only.
    pub(crate) fn joined(&self, other: &Self) -> Option<Self> {
        let mut different = (0..6).filter(|at| self.0[*at] != other.0[*at]);
        let only = different.next().filter(|_| different.next().is_none())?;
        // What lies behind a protocol is not the same for all of them.
        if only == Dimension::Family as usize {
            return None;
        }
        let mut joined = self.clone();
        joined.0[only] = match (&self.0[only], &other.0[only]) {
            (Some(one), Some(other)) => Some(one.union(other)),
            _ => None,
        };
        Some(joined)
    }
}

impl Diagrams {
    /// Returns the values that a function has anywhere, ascending.
    pub(crate) fn values(&self, node: Node) -> BTreeSet<u32> {
        self.values_within(node, &Condition::default())
    }

    /// Returns the values that a function of one family, or of both where the
    /// condition fits both, has where a condition holds.
    pub(crate) fn values_within(&self, node: Node, condition: &Condition) -> BTreeSet<u32> {
        let (mut found, mut seen) = (BTreeSet::new(), HashSet::new());
        self.collect(node, condition, &mut seen, &mut found);
        found
    }

    fn collect(
        &self,
        node: Node,
        condition: &Condition,
        seen: &mut HashSet<Node>,
        found: &mut BTreeSet<u32>,
    ) {
        if !seen.insert(node) {
            return;
        }
        let Some(inner) = self.inner(node) else {
            found.extend(node.value());
            return;
        };
        let wanted = condition.of(inner.dimension);
        let mut first = Some(0);
        for Edge { last, child } in inner.edges.iter() {
            let start = first.unwrap_or(u128::MAX);
            let meets = wanted.is_none_or(|set| {
                let at = set.as_slice().partition_point(|(_, end)| *end < start);
                set.as_slice()
                    .get(at)
                    .is_some_and(|(begin, _)| begin <= last)
            });
            if meets {
                self.collect(*child, condition, seen, found);
            }
            first = last.checked_add(1);
        }
    }

    /// Returns the branch of one family.
    pub(crate) fn branch(&self, node: Node, family: secgroup_model::Family) -> Node {
        match self.inner(node) {
            Some(inner) if inner.dimension == Dimension::Family => {
                let at = usize::from(family == secgroup_model::Family::V6);
                inner.edges[at.min(inner.edges.len() - 1)].child
            }
            _ => node,
        }
    }

    /// Returns for each wanted value that a function has disjoint products that
    /// together are where it has it.
    ///
    /// All values are read in one walk: a walk for each would look at the whole
    /// diagram as often as it has values.
    pub(crate) fn products(
        &self,
        node: Node,
        wanted: &dyn Fn(u32) -> bool,
    ) -> Result<BTreeMap<u32, Vec<Product>>, TooComplex> {
        let mut walk = Walk {
            wanted,
            reaches: HashMap::new(),
            found: BTreeMap::new(),
        };
        self.follow(node, &Product::default(), &mut walk)?;
        Ok(walk.found)
    }

    fn follow(&self, node: Node, so_far: &Product, walk: &mut Walk<'_>) -> Result<(), TooComplex> {
        if !self.reaches(node, walk) {
            return Ok(());
        }
        let Some(inner) = self.inner(node) else {
            let found = node.value().map(|value| walk.found.entry(value));
            let found = found.map(|entry| entry.or_default());
            return match found {
                Some(found) if found.len() == MOST_PRODUCTS => Err(TooComplex),
                Some(found) => {
                    found.push(so_far.clone());
                    Ok(())
                }
                None => Ok(()),
            };
        };
        let mut groups: Vec<(Node, Vec<(u128, u128)>)> = Vec::new();
        let mut place: HashMap<Node, usize> = HashMap::new();
        let mut first = 0;
        for Edge { last, child } in inner.edges.iter() {
            let at = *place.entry(*child).or_insert_with(|| {
                groups.push((*child, Vec::new()));
                groups.len() - 1
            });
            groups[at].1.push((first, *last));
            first = last.saturating_add(1);
        }
        for (child, intervals) in groups {
            let mut longer = so_far.clone();
            longer.0[inner.dimension as usize] = Some(intervals.into_iter().collect());
            self.follow(child, &longer, walk)?;
        }
        Ok(())
    }

    /// Tells whether a function has a wanted value anywhere.
    fn reaches(&self, node: Node, walk: &mut Walk<'_>) -> bool {
        let Some(inner) = self.inner(node) else {
            return node.value().is_some_and(walk.wanted);
        };
        if let Some(known) = walk.reaches.get(&node) {
            return *known;
        }
        let mut edges = inner.edges.iter();
        let does = edges.any(|edge| self.reaches(edge.child, walk));
        walk.reaches.insert(node, does);
        does
    }
}

/// A reading of a function in progress.
struct Walk<'w> {
    wanted: &'w dyn Fn(u32) -> bool,
    /// Which nodes lead to a wanted value.
    reaches: HashMap<Node, bool>,
    found: BTreeMap<u32, Vec<Product>>,
}
