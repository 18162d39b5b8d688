//! The far addresses of rules, each set once for all policies.
//!
//! A group with thousands of members, referred to by many rules of many
//! policies, is one set here; entries and tables name it by number. Prefixes
//! of one set have one length, because longer ones are reported first (3.3.5)
//! and must rank apart: a list with a /8 and a /32 is two sets.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use secgroup_model::{GroupIndex, PlacedRule, Prefix, PrefixListId, Semantics, Snapshot, Target};

use crate::address::Address;

/// A set of peers, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct PeerSet(u32);

/// All sets of peers of one family.
#[derive(Debug)]
pub(crate) struct Peers<A> {
    sets: Vec<Set<A>>,
    known: HashMap<Origin, Vec<PeerSet>>,
}

/// Where a set comes from; equal origins have equal addresses.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Origin {
    Prefix(Prefix),
    Group(GroupIndex),
    List(PrefixListId),
}

#[derive(Debug)]
struct Set<A> {
    /// The length of each of its prefixes.
    length: u8,
    prefixes: Vec<Prefix>,
    /// The first and last address of each, ascending; they are disjoint.
    bounds: Arc<[(A, A)]>,
}

impl<A: Address> Peers<A> {
    /// Returns a collection without sets.
    pub(crate) fn new() -> Self {
        Self {
            sets: Vec::new(),
            known: HashMap::new(),
        }
    }

    /// Returns the sets of a rule's peer: those of a group are its members'
    /// addresses (3.6.2), those of a list its entries (3.6.5).
    pub(crate) fn of_rule(
        &mut self,
        snapshot: &Snapshot,
        semantics: &Semantics,
        placed: PlacedRule<'_>,
    ) -> &[PeerSet] {
        let (origin, prefixes): (_, &mut dyn Iterator<Item = Prefix>) =
            match snapshot.target(placed) {
                Target::Prefix(prefix) => (Origin::Prefix(prefix), &mut [prefix].into_iter()),
                Target::PrefixList(list) => (
                    Origin::List(list.id.clone()),
                    &mut list.entries.iter().copied(),
                ),
                // Addresses of another network say nothing about members (1.1).
                Target::Group(group)
                    if snapshot.group(group).vpc() != snapshot.group(placed.group()).vpc() =>
                {
                    return &[];
                }
                Target::Group(group) => {
                    let members = snapshot.members(group);
                    let own =
                        members.flat_map(|member| member.member_addresses(semantics.group_members));
                    (
                        Origin::Group(group),
                        &mut own.collect::<Vec<_>>().into_iter(),
                    )
                }
                Target::Missing => return &[],
            };
        let Self { sets, known } = self;
        known.entry(origin).or_insert_with(|| add(sets, prefixes))
    }

    /// Returns the length of the prefixes of a set.
    pub(crate) fn length(&self, set: PeerSet) -> u8 {
        self.set(set).length
    }

    /// Returns the prefixes of a set, ascending.
    pub(crate) fn prefixes(&self, set: PeerSet) -> &[Prefix] {
        &self.set(set).prefixes
    }

    /// Returns the first and last addresses of the prefixes of a set,
    /// ascending and disjoint.
    pub(crate) fn bounds(&self, set: PeerSet) -> &Arc<[(A, A)]> {
        &self.set(set).bounds
    }

    fn set(&self, PeerSet(number): PeerSet) -> &Set<A> {
        &self.sets[number as usize]
    }
}

/// Adds prefixes of one family as one set for each length.
fn add<A: Address>(
    sets: &mut Vec<Set<A>>,
    prefixes: &mut dyn Iterator<Item = Prefix>,
) -> Vec<PeerSet> {
    let mut by_length: BTreeMap<u8, Vec<Prefix>> = BTreeMap::new();
    for prefix in prefixes.filter(|prefix| prefix.family() == A::FAMILY) {
        by_length.entry(prefix.length()).or_default().push(prefix);
    }
    let new = by_length.into_iter().map(|(length, mut prefixes)| {
        prefixes.sort_unstable();
        prefixes.dedup();
        let bounds = prefixes
            .iter()
            .filter_map(|prefix| A::bounds(*prefix))
            .collect();
        let number = u32::try_from(sets.len()).expect("there are fewer sets than rules times 129");
        sets.push(Set {
            length,
            prefixes,
            bounds,
        });
        PeerSet(number)
    });
    new.collect()
}
