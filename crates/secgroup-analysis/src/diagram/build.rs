//! First-match functions: ordered conditions, the first that holds decides.
//!
//! Each dimension is cut where some condition begins or ends. In each piece
//! only some conditions are left, and pieces with the same ones left lead to
//! the same node, so the work is that of different lists, not of all boxes.

use std::sync::Arc;

use foldhash::{HashMap, HashMapExt};
use secgroup_model::{Family, Protocol};

use super::{Diagrams, Dimension, Edge, Node, TooComplex};
use crate::Intervals;
use crate::space::{self, Payload};

/// What a flow of one family must be; absent is any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Condition {
    /// The sender's address.
    pub(crate) source: Option<Arc<Intervals>>,
    /// The receiver's address.
    pub(crate) destination: Option<Arc<Intervals>>,
    /// The protocol. Where one of the following is given, only protocols that
    /// have it.
    pub(crate) protocol: Option<Arc<Intervals>>,
    /// The destination port, or the code of ICMP.
    pub(crate) destination_port: Option<Arc<Intervals>>,
    /// The source port, or the type of ICMP.
    pub(crate) source_port: Option<Arc<Intervals>>,
}

impl Condition {
    /// Returns what the condition says about one dimension.
    pub(crate) fn of(&self, dimension: Dimension) -> Option<&Arc<Intervals>> {
        match dimension {
            Dimension::Family => None,
            Dimension::Source => self.source.as_ref(),
            Dimension::Destination => self.destination.as_ref(),
            Dimension::Protocol => self.protocol.as_ref(),
            Dimension::DestinationPort => self.destination_port.as_ref(),
            Dimension::SourcePort => self.source_port.as_ref(),
        }
    }

    /// Tells whether nothing more is asked from `dimension` on.
    fn holds_from(&self, dimension: Dimension) -> bool {
        const REST: [Dimension; 5] = [
            Dimension::Source,
            Dimension::Destination,
            Dimension::Protocol,
            Dimension::DestinationPort,
            Dimension::SourcePort,
        ];
        let mut rest = REST.into_iter().filter(|one| *one >= dimension);
        rest.all(|one| self.of(one).is_none())
    }
}

impl Diagrams {
    /// Returns the function of one family whose value is that of the
    /// conditions that hold, as `settle` says, given their positions in order.
    ///
    /// `settles(position)` tells that no later condition matters where this
    /// one holds.
    pub(crate) fn first_match(
        &mut self,
        family: Family,
        conditions: &[&Condition],
        settles: &dyn Fn(u32) -> bool,
        settle: &mut dyn FnMut(&[u32]) -> u32,
    ) -> Result<Node, TooComplex> {
        let count = u32::try_from(conditions.len()).map_err(|_| TooComplex)?;
        let mut build = Build {
            diagrams: self,
            family,
            conditions,
            settles,
            settle,
            known: HashMap::new(),
        };
        build.level(Dimension::Source, Payload::None, (0..count).collect())
    }
}

struct Build<'a> {
    diagrams: &'a mut Diagrams,
    family: Family,
    conditions: &'a [&'a Condition],
    settles: &'a dyn Fn(u32) -> bool,
    settle: &'a mut dyn FnMut(&[u32]) -> u32,
    known: HashMap<(Dimension, Payload, Vec<u32>), Node>,
}

impl Build<'_> {
    /// Builds what is left when `list` may still hold and `dimension` is next.
    fn level(
        &mut self,
        dimension: Dimension,
        payload: Payload,
        mut list: Vec<u32>,
    ) -> Result<Node, TooComplex> {
        let certain =
            |at: &u32| (self.settles)(*at) && self.conditions[*at as usize].holds_from(dimension);
        if let Some(end) = list.iter().position(certain) {
            list.truncate(end + 1);
        }
        let key = (dimension, payload, list);
        if let Some(known) = self.known.get(&key) {
            return Ok(*known);
        }
        let pieces = self.cut(dimension, payload, &key.2);
        let mut edges = Vec::with_capacity(pieces.len());
        for (last, rest) in pieces {
            let child = self.below(dimension, payload, last, rest)?;
            edges.push(Edge { last, child });
        }
        let node = self.diagrams.node(dimension, edges)?;
        if self.known.len() > super::MOST_EDGES {
            return Err(TooComplex);
        }
        self.known.insert(key, node);
        Ok(node)
    }

    /// Builds what comes behind the piece of a dimension that ends at `last`.
    fn below(
        &mut self,
        dimension: Dimension,
        payload: Payload,
        last: u128,
        rest: Vec<u32>,
    ) -> Result<Node, TooComplex> {
        match dimension {
            Dimension::Family | Dimension::Source => {
                self.level(Dimension::Destination, payload, rest)
            }
            Dimension::Destination => self.level(Dimension::Protocol, payload, rest),
            Dimension::Protocol => {
                let number = u8::try_from(last).unwrap_or(u8::MAX);
                match space::payload(self.family, Protocol(number)) {
                    Payload::None => Ok(Node::leaf((self.settle)(&rest))),
                    payload => self.level(Dimension::DestinationPort, payload, rest),
                }
            }
            Dimension::DestinationPort => self.level(Dimension::SourcePort, payload, rest),
            Dimension::SourcePort => Ok(Node::leaf((self.settle)(&rest))),
        }
    }

    /// Cuts a dimension into pieces, each with its last value and the
    /// conditions that may hold there.
    fn cut(&self, dimension: Dimension, payload: Payload, list: &[u32]) -> Vec<(u128, Vec<u32>)> {
        let greatest = space::greatest(dimension, self.family, payload);
        // Where a condition begins or ceases to hold, by place in the list.
        let mut turns: Vec<(u128, usize)> = Vec::new();
        let mut holds = vec![false; list.len()];
        for (place, at) in list.iter().enumerate() {
            match self.conditions[*at as usize].of(dimension) {
                None => holds[place] = true,
                Some(set) => {
                    for (first, last) in set.as_slice() {
                        turns.push((*first, place));
                        turns.extend(last.checked_add(1).map(|next| (next, place)));
                    }
                }
            }
        }
        if dimension == Dimension::Protocol {
            // Protocols with something behind them stand alone.
            let alone = space::protocols_with_payload(self.family);
            let bounds = alone.flat_map(|one| [u128::from(one.0), u128::from(one.0) + 1]);
            turns.extend(bounds.map(|bound| (bound, usize::MAX)));
        }
        turns.sort_unstable();
        let mut pieces = Vec::new();
        let here = |holds: &[bool]| -> Vec<u32> {
            let both = list.iter().zip(holds);
            both.filter(|(_, holds)| **holds)
                .map(|(at, _)| *at)
                .collect()
        };
        let mut next = 0;
        while next < turns.len() {
            let bound = turns[next].0;
            if bound > greatest {
                break;
            }
            if let Some(last) = bound.checked_sub(1) {
                pieces.push((last, here(&holds)));
            }
            while let Some((_, place)) = turns.get(next).filter(|turn| turn.0 == bound) {
                if let Some(holds) = holds.get_mut(*place) {
                    *holds = !*holds;
                }
                next += 1;
            }
        }
        pieces.push((greatest, here(&holds)));
        pieces
    }
}
