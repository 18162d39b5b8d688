//! Sets of filters in the manner of ClassBench.
//!
//! A set is made as such sets grow: addresses come from two trees in which the
//! new ones branch off older ones ([`AddressTree`]), and older ones are used
//! more. How long the prefixes of both sides are, and what filters say about
//! protocol and ports, is drawn from the shares of a [`Style`], which are rounded
//! from ClassBench's published sets. No filter is taken from those.
//!
//! Some filters speak about the ends of the one before. The set is ordered as
//! such sets are: what says more comes first, loosely, so that few filters are
//! never met; the last one is met by everything.

mod address_tree;
mod ports;
mod style;

use std::collections::HashSet;

use secgroup_model::{Family, PortSpan, Prefix};

use crate::choice::weighted;
use crate::filter::Filter;
use crate::rng::Rng;
use address_tree::AddressTree;
use ports::Services;
use style::Shares;
pub use style::Style;

/// How often a filter is drawn anew before the lengths of its prefixes are, too.
const ATTEMPTS: usize = 16;

/// How far noise moves a filter, in bits of prefixes.
const NOISE: usize = 8;

/// A set of filters without equals.
///
/// Every field may hold any value of its type, so all of them are public.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FilterPlan {
    /// What everything is drawn from.
    pub seed: u64,
    /// Whose manner it has.
    pub style: Style,
    /// The family of its prefixes.
    pub family: Family,
    /// How many filters it has.
    pub filters: usize,
}

impl FilterPlan {
    /// Returns the filters, in order.
    #[must_use]
    pub fn filters(&self) -> Vec<Filter> {
        let Some(own) = self.filters.checked_sub(1) else {
            return Vec::new();
        };
        let mut rng = Rng::new(self.seed);
        let maker = Maker::new(self, &mut rng);
        let mut known = HashSet::with_capacity(self.filters);
        known.insert(self.everything());
        let mut filters: Vec<(usize, Filter)> = Vec::with_capacity(self.filters);
        while filters.len() < own {
            let last = filters.last().map(|(_, filter)| filter);
            let filter = maker.next(last, &known, &mut rng);
            known.insert(filter);
            let place = specificity(&filter) + rng.below(NOISE);
            filters.push((place, filter));
        }
        drop(known);
        // Stable, so that equals stay as they were drawn.
        filters.sort_by_key(|(place, _)| usize::MAX - place);
        let filters = filters.into_iter().map(|(_, filter)| filter);
        filters.chain([self.everything()]).collect()
    }

    /// Returns the filter that everything meets.
    fn everything(&self) -> Filter {
        let every = address_tree::every(self.family);
        Filter {
            source: every,
            destination: every,
            source_ports: Filter::ANY_PORT,
            destination_ports: Filter::ANY_PORT,
            protocol: None,
            protocol_mask: u8::MAX,
        }
    }
}

/// Makes filters one after the other.
struct Maker {
    shares: &'static Shares,
    sources: AddressTree,
    destinations: AddressTree,
    services: Services,
}

impl Maker {
    fn new(plan: &FilterPlan, rng: &mut Rng) -> Self {
        let shares = plan.style.shares();
        let [sources, destinations] = [&shares.sources, &shares.destinations]
            .map(|tree| AddressTree::grow(tree, plan.family, plan.filters, rng));
        Self {
            shares,
            sources,
            destinations,
            services: Services::new(shares, plan.family, rng),
        }
    }

    /// Returns a filter that is not known, perhaps with the ends of `last`.
    fn next(&self, last: Option<&Filter>, known: &HashSet<Filter>, rng: &mut Rng) -> Filter {
        if let Some(last) = last
            && rng.chance(self.shares.same_ends_percent)
        {
            let filter = self.filter(last.source, last.destination, rng);
            if !known.contains(&filter) {
                return filter;
            }
        }
        loop {
            let (from, to) = weighted(rng, self.shares.lengths);
            for _ in 0..ATTEMPTS {
                let source = self.sources.prefix(from, rng);
                let destination = self.destinations.prefix(to, rng);
                let filter = self.filter(source, destination, rng);
                if !known.contains(&filter) {
                    return filter;
                }
            }
        }
    }

    fn filter(&self, source: Prefix, destination: Prefix, rng: &mut Rng) -> Filter {
        let service = self.services.draw(rng);
        Filter {
            source,
            destination,
            source_ports: service.source,
            destination_ports: service.destination,
            protocol: service.protocol,
            protocol_mask: u8::MAX,
        }
    }
}

/// Tells how much a filter says: a filter that covers another one says less.
fn specificity(filter: &Filter) -> usize {
    let bits = |prefix: Prefix| match prefix.family() {
        Family::V4 => usize::from(prefix.length()),
        Family::V6 => usize::from(prefix.length()) / 4,
    };
    let ports = |ports: PortSpan| match ports.last() - ports.first() {
        0 => 4,
        1..=1_024 => 3,
        1_025..u16::MAX => 2,
        u16::MAX => 0,
    };
    bits(filter.source)
        + bits(filter.destination)
        + ports(filter.source_ports)
        + ports(filter.destination_ports)
        + usize::from(filter.protocol.is_some()) * 2
}

#[cfg(test)]
mod tests;
