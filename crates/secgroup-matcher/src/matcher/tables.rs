//! What a matcher needs for one family: whose addresses there are, and the
//! policies.

use std::sync::Arc;

use secgroup_model::{Semantics, Snapshot};

use crate::Engine;
use crate::address::Address;
use crate::classifier::{Asking, Fleet, Header, NO_MATCH};
use crate::lower::Selection;
use crate::owners::Owners;
use crate::peers::Peers;
use crate::policy::Policy;

/// More policies than these do not fit in the caches together if each is fast.
const FEW_POLICIES: usize = 8;

/// Tells whether one fleet looks up for all policies.
pub(super) fn in_fleet(engine: Engine, policies: usize) -> bool {
    engine == Engine::Compiled && policies > FEW_POLICIES
}

/// What one family needs.
#[derive(Debug)]
pub(super) struct Tables<A: Address> {
    pub(super) owners: Owners<A>,
    pub(super) policies: Vec<Arc<Policy<A>>>,
    /// Finds the deciding filters of all policies, where they are many and
    /// compiled.
    pub(super) fleet: Option<Fleet<A>>,
}

impl<A: Address> Tables<A> {
    /// Compiles policies, all but those that are unchanged from `old`.
    pub(super) fn compile(
        (snapshot, semantics, engine): (&Snapshot, &Semantics, Engine),
        selections: &[Selection],
        old: Option<&Self>,
        unchanged: &[Option<usize>],
    ) -> Self {
        let mut peers = Peers::new();
        let owners = Owners::build(snapshot, semantics.group_members);
        let both = selections.iter().zip(unchanged);
        if !in_fleet(engine, selections.len()) {
            let policy = |(selection, unchanged): (_, &Option<usize>)| match (old, unchanged) {
                (Some(old), Some(number)) => Arc::clone(&old.policies[*number]),
                _ => {
                    let policy =
                        Policy::compile(snapshot, semantics, selection, engine, &mut peers);
                    Arc::new(policy)
                }
            };
            return Self {
                owners,
                policies: both.map(policy).collect(),
                fleet: None,
            };
        }
        let known = old.and_then(|old| Some((old, old.fleet.as_ref()?)));
        let policy = |(selection, unchanged): (_, &Option<usize>)| match (known, unchanged) {
            (Some((old, fleet)), Some(number)) => {
                (Arc::clone(&old.policies[*number]), fleet.member(*number))
            }
            _ => {
                let (policy, member) =
                    Policy::compile_member(snapshot, semantics, selection, &mut peers);
                (Arc::new(policy), member)
            }
        };
        let (policies, members): (Vec<_>, Vec<_>) = both.map(policy).unzip();
        let mut fleet: Fleet<A> = members.into_iter().collect();
        if known.is_none() {
            fleet.settle();
        }
        Self {
            owners,
            policies,
            fleet: Some(fleet),
        }
    }

    /// Asks the fleet for the filter of a policy that decides.
    pub(super) fn in_fleet(&self, policy: usize, header: Header<A>) -> u32 {
        let list = u32::try_from(policy).expect("there are fewer than interfaces times four");
        let fleet = self.fleet.as_ref();
        fleet.map_or(NO_MATCH, |fleet| {
            fleet.classify_one(&Asking { header, list })
        })
    }
}
