//! Filters with what they share taken out: sets of addresses and services.
//!
//! Rules of security groups and of ClassBench sets repeat few address sets and
//! fewer services, and everything after this works on the distinct ones.

use foldhash::{HashMap, HashMapExt};
use std::hash::Hash;
use std::sync::Arc;

use super::Filter;
use crate::address::Address;

/// What a filter says besides addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Service {
    pub(crate) source_ports: (u16, u16),
    pub(crate) destination_ports: (u16, u16),
    /// The protocol, and which of its bits count.
    pub(crate) protocol: (u8, u8),
}

/// The distinct sets of addresses of one side. The ranges of a set are
/// ascending and disjoint.
#[derive(Clone, Debug)]
pub(crate) struct Side<A> {
    pub(crate) sets: Vec<Arc<[(A, A)]>>,
}

/// One filter, by the numbers of its parts; its own number is its position.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FilterParts {
    pub(crate) source: u32,
    pub(crate) destination: u32,
    pub(crate) service: u32,
}

/// All filters.
#[derive(Clone, Debug)]
pub(crate) struct RuleSet<A> {
    pub(crate) source: Side<A>,
    pub(crate) destination: Side<A>,
    pub(crate) services: Vec<Service>,
    pub(crate) rules: Vec<FilterParts>,
}

impl<A: Address> RuleSet<A> {
    /// Takes filters apart.
    pub(crate) fn of_filters(filters: &[Filter<A>]) -> Self {
        let (mut sources, mut destinations) = (Distinct::default(), Distinct::default());
        let mut services = Distinct::default();
        let rules = filters.iter().map(|filter| FilterParts {
            source: sources.number(filter.source),
            destination: destinations.number(filter.destination),
            service: services.number(Service {
                source_ports: filter.source_ports,
                destination_ports: filter.destination_ports,
                protocol: (filter.protocol.0 & filter.protocol.1, filter.protocol.1),
            }),
        });
        let rules = rules.collect();
        let side = |distinct: Distinct<(A, A)>| Side {
            sets: distinct
                .list
                .into_iter()
                .map(|range| Arc::from([range]))
                .collect(),
        };
        Self {
            rules,
            source: side(sources),
            destination: side(destinations),
            services: services.list,
        }
    }
}

/// Things by number, each once.
#[derive(Debug)]
pub(crate) struct Distinct<T> {
    pub(crate) list: Vec<T>,
    known: HashMap<T, u32>,
}

impl<T> Default for Distinct<T> {
    fn default() -> Self {
        Self {
            list: Vec::new(),
            known: HashMap::new(),
        }
    }
}

impl<T: Clone + Eq + Hash> Distinct<T> {
    /// Returns the number of a thing, a new one if it is new.
    pub(crate) fn number(&mut self, thing: T) -> u32 {
        let Self { list, known } = self;
        *known.entry(thing).or_insert_with_key(|thing| {
            list.push(thing.clone());
            u32::try_from(list.len() - 1).expect("there are fewer than 2^32 filters")
        })
    }
}
