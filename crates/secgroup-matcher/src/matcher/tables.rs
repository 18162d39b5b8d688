//! What a matcher needs for one family: whose addresses there are, and the
//! policies.

use std::sync::Arc;

use secgroup_model::{Semantics, Snapshot};

use crate::Engine;
use crate::address::Address;
use crate::classifier::{Asking, Fleet, Header, Member, NO_MATCH};
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
    pub(super) owners: Arc<Owners<A>>,
    pub(super) policies: Vec<Arc<Policy<A>>>,
    /// Finds the deciding filters of all policies, where they are many and
    /// compiled.
    pub(super) fleet: Option<Fleet<A>>,
}

/// What is to be compiled.
#[derive(Clone, Copy)]
pub(super) struct Work<'w> {
    pub(super) snapshot: &'w Snapshot,
    pub(super) semantics: &'w Semantics,
    pub(super) engine: Engine,
    /// The rules that make up each policy.
    pub(super) selections: &'w [Selection],
    /// For each of them the policy of earlier tables that has the same rules,
    /// where there is one.
    pub(super) kept: &'w [Option<usize>],
    /// Whether the interfaces are those of the earlier tables.
    pub(super) same_interfaces: bool,
}

impl Work<'_> {
    fn policy<A: Address>(&self, selection: &Selection, peers: &mut Peers<A>) -> Policy<A> {
        Policy::compile(self.snapshot, self.semantics, selection, self.engine, peers)
    }

    /// Tells whether every policy that is kept keeps its number, and there are as
    /// many as before.
    fn in_place(&self, before: usize) -> bool {
        let mut kept = self.kept.iter().enumerate();
        before == self.kept.len()
            && kept.all(|(number, kept)| kept.is_none_or(|before| before == number))
    }

    fn member<A: Address>(
        &self,
        selection: &Selection,
        peers: &mut Peers<A>,
    ) -> (Policy<A>, Member<A>) {
        Policy::compile_member(self.snapshot, self.semantics, selection, peers)
    }
}

impl<A: Address> Tables<A> {
    /// Compiles policies, all but those that are kept from `old`.
    pub(super) fn compile(work: Work<'_>, old: Option<&Self>) -> Self {
        let mut peers = Peers::new();
        let owners = match old {
            Some(old) if work.same_interfaces => Arc::clone(&old.owners),
            _ => Arc::new(Owners::build(work.snapshot, work.semantics.group_members)),
        };
        let both = work.selections.iter().zip(work.kept);
        if !in_fleet(work.engine, work.selections.len()) {
            let policy = |(selection, kept): (&Selection, &Option<usize>)| match (old, kept) {
                (Some(old), Some(number)) => Arc::clone(&old.policies[*number]),
                _ => Arc::new(work.policy(selection, &mut peers)),
            };
            return Self {
                owners,
                policies: both.map(policy).collect(),
                fleet: None,
            };
        }
        let old = old.and_then(|old| Some((old, old.fleet.as_ref()?)));
        let (policies, fleet) = match old {
            Some((old, fleet)) if work.in_place(old.policies.len()) => {
                replaced(work, &old.policies, fleet, &mut peers)
            }
            old => collected(work, old, &mut peers),
        };
        Self {
            owners,
            policies,
            fleet: Some(fleet),
        }
    }

    /// Returns about how many bytes lookups can touch.
    pub(super) fn bytes(&self) -> usize {
        let policies = self.policies.iter().map(|policy| policy.bytes());
        let fleet = self.fleet.as_ref().map_or(0, Fleet::bytes);
        policies.sum::<usize>() + fleet + self.owners.bytes()
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

/// Compiles the policies that are not kept, in copies of what was there.
fn replaced<A: Address>(
    work: Work<'_>,
    policies: &[Arc<Policy<A>>],
    fleet: &Fleet<A>,
    peers: &mut Peers<A>,
) -> (Vec<Arc<Policy<A>>>, Fleet<A>) {
    let (mut policies, mut fleet) = (policies.to_vec(), fleet.clone());
    for (number, (selection, kept)) in work.selections.iter().zip(work.kept).enumerate() {
        if kept.is_none() {
            let (policy, member) = work.member(selection, peers);
            policies[number] = Arc::new(policy);
            fleet.replace(number, member);
        }
    }
    (policies, fleet)
}

/// Compiles the policies that are not kept, and puts all together.
fn collected<A: Address>(
    work: Work<'_>,
    old: Option<(&Tables<A>, &Fleet<A>)>,
    peers: &mut Peers<A>,
) -> (Vec<Arc<Policy<A>>>, Fleet<A>) {
    let policy = |(selection, kept): (&Selection, &Option<usize>)| match (old, kept) {
        (Some((old, fleet)), Some(number)) => {
            (Arc::clone(&old.policies[*number]), fleet.member(*number))
        }
        _ => {
            let (policy, member) = work.member(selection, peers);
            (Arc::new(policy), member)
        }
    };
    let both = work.selections.iter().zip(work.kept);
    let (policies, members): (Vec<_>, Vec<_>) = both.map(policy).unzip();
    let mut fleet: Fleet<A> = members.into_iter().collect();
    if old.is_none() {
        fleet.settle();
    }
    (policies, fleet)
}
