//! The compiled snapshot, and judging with it.

mod batch;
mod headers;
mod selections;
mod tables;

use std::collections::HashMap;
use std::sync::Arc;

use secgroup_model::{
    Action, DecidedBy, Direction, Endpoints, Flow, GroupIndex, GroupKind, IntraGroupEgress,
    NicType, OrphanFragments, RuleIndex, SecurityGroup, Semantics, Snapshot, Transport,
    is_internet,
};

use crate::address::Address;
use crate::lower::{RulePlace, Selection};
use crate::owners::Owner;
use crate::platform::{Remote, platform};
use crate::policy::Hit;
use crate::{Answer, Engine, Side, Sides};
pub use headers::Found;
use headers::Outline;
use selections::Selections;
use tables::{Tables, Work, in_fleet};

/// A snapshot, compiled.
///
/// It refers to nothing outside itself, so that it can be sent and shared;
/// answers name rules, groups and interfaces of the snapshot by index.
#[derive(Debug)]
pub struct Matcher {
    semantics: Semantics,
    engine: Engine,
    layout: Arc<Layout>,
    /// How many policies were compiled before.
    kept: usize,
    /// The first rule of each group, or where it would be.
    first_rules: Vec<RuleIndex>,
    v4: Tables<u32>,
    v6: Tables<u128>,
}

/// Who has which policies.
#[derive(Debug)]
struct Layout {
    interfaces: Vec<Interface>,
    // INVARIANT: one for each interface, and one for what is none.
    outlines: Vec<Outline>,
    /// The rules that make up each policy.
    selections: Vec<Selection>,
}

/// How many flows are judged together.
const CHUNK: usize = 128;

/// What judging needs to know about an interface.
#[derive(Clone, Debug)]
struct Interface {
    kind: GroupKind,
    /// Whether it is in any group (3.4.5).
    has_groups: bool,
    /// Groups whose members reach each other, ascending (3.7.1).
    interconnecting: Vec<GroupIndex>,
    ingress: Policies,
    egress: Policies,
}

/// The policies of an interface in one direction, by position.
#[derive(Clone, Copy, Debug)]
enum Policies {
    /// In a VPC one rule set governs both NICs (2.9.2).
    Vpc(usize),
    /// In the classic network each NIC has its own.
    Classic { internet: usize, intranet: usize },
}

impl Matcher {
    /// Compiles `snapshot`. Cannot fail, because a snapshot is complete.
    #[must_use]
    pub fn compile(snapshot: &Snapshot, semantics: &Semantics, engine: Engine) -> Self {
        Self::build(snapshot, semantics, engine, None)
    }

    /// Compiles a snapshot that was built after `previous`, which this matcher
    /// was compiled from. Policies whose rules the two share are not compiled
    /// again; so of many policies a change costs no more than those it is about.
    ///
    /// The matcher stays as it is, so that others can go on asking it until they
    /// are given the new one.
    #[must_use]
    pub fn after(&self, previous: &Snapshot, snapshot: &Snapshot) -> Self {
        let known = Some((self, previous));
        Self::build(snapshot, &self.semantics, self.engine, known)
    }

    fn build(
        snapshot: &Snapshot,
        semantics: &Semantics,
        engine: Engine,
        known: Option<(&Self, &Snapshot)>,
    ) -> Self {
        let (layout, kept) = match known {
            Some((matcher, previous)) => matcher.kept_layout(previous, snapshot),
            None => {
                let layout = Layout::of(snapshot);
                let nothing = vec![None; layout.selections.len()];
                (Arc::new(layout), nothing)
            }
        };
        let work = Work {
            snapshot,
            semantics,
            engine,
            selections: &layout.selections,
            kept: &kept,
            same_interfaces: known.is_some_and(|(_, old)| snapshot.shares_interfaces(old)),
        };
        let old = known.map(|(matcher, _)| matcher);
        let v4 = Tables::compile(work, old.map(|old| &old.v4));
        let v6 = Tables::compile(work, old.map(|old| &old.v6));
        let kept = kept.iter().flatten().count();
        let mut first = RuleIndex::default();
        let first_rules = snapshot.groups().map(|(group, _)| {
            let rules = u32::try_from(snapshot.rules_of(group).len());
            let own = first;
            first = first.behind(rules.expect("rules are counted with 32 bits"));
            own
        });
        let first_rules = first_rules.collect();
        Self {
            semantics: *semantics,
            engine,
            layout,
            kept,
            first_rules,
            v4,
            v6,
        }
    }

    /// Returns the layout of a snapshot that was built after another one, and for
    /// each selection the policy of this matcher that has the same rules, where
    /// that is known.
    fn kept_layout(
        &self,
        previous: &Snapshot,
        snapshot: &Snapshot,
    ) -> (Arc<Layout>, Vec<Option<usize>>) {
        let shared = |direction| snapshot.shared_rules(previous, direction);
        let (ingress, egress) = (shared(Direction::Ingress), shared(Direction::Egress));
        let connects_as_before = |(group, own): (GroupIndex, &SecurityGroup)| {
            own.interconnects() == previous.group(group).interconnects()
        };
        let same = |selection: &Selection| {
            let shared = match selection.direction {
                Direction::Ingress => &ingress,
                Direction::Egress => &egress,
            };
            selection.groups.iter().all(|group| shared[group.get()])
        };
        if snapshot.shares_interfaces(previous) && snapshot.groups().all(connects_as_before) {
            let numbered = self.layout.selections.iter().enumerate();
            let kept = numbered.map(|(number, selection)| same(selection).then_some(number));
            return (Arc::clone(&self.layout), kept.collect());
        }
        let layout = Layout::of(snapshot);
        let selections = &layout.selections;
        let (old, new) = (self.layout.selections.len(), selections.len());
        if in_fleet(self.engine, old) != in_fleet(self.engine, new) {
            return (Arc::new(layout), vec![None; new]);
        }
        let numbers = self.layout.selections.iter().zip(0..);
        let numbers: HashMap<&Selection, usize> = numbers.collect();
        let known = |selection| numbers.get(selection).copied().filter(|_| same(selection));
        let kept = selections.iter().map(known).collect();
        (Arc::new(layout), kept)
    }

    /// Returns the index of a rule.
    fn rule(&self, place: RulePlace) -> RuleIndex {
        self.first_rules[place.group.get()].behind(place.nth)
    }

    /// Returns the number of distinct policies, which interfaces share.
    #[must_use]
    pub fn policies(&self) -> usize {
        self.v4.policies.len()
    }

    /// Returns about how many bytes lookups can touch, in both families.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.v4.bytes() + self.v6.bytes()
    }

    /// Returns how many policies were taken over from the matcher that this one
    /// came after.
    #[must_use]
    pub const fn kept(&self) -> usize {
        self.kept
    }

    /// Judges a batch of flows; `answers[i]` becomes the answer about `flows[i]`.
    ///
    /// # Panics
    ///
    /// Panics when the two slices differ in length.
    pub fn decide(&self, flows: &[Flow], answers: &mut [Answer]) {
        assert_eq!(flows.len(), answers.len(), "one answer per flow");
        for (flows, answers) in flows.chunks(CHUNK).zip(answers.chunks_mut(CHUNK)) {
            self.decide_by_headers(flows, answers);
        }
    }

    /// Judges one flow.
    #[must_use]
    pub fn decide_one(&self, flow: &Flow) -> Answer {
        match flow.endpoints {
            Endpoints::V4 {
                source,
                destination,
            } => self.judge(&self.v4, flow, source.to_bits(), destination.to_bits()),
            Endpoints::V6 {
                source,
                destination,
            } => self.judge(&self.v6, flow, source.to_bits(), destination.to_bits()),
        }
    }

    /// Judges both ends of a flow.
    fn judge<A: Address>(
        &self,
        family: &Tables<A>,
        flow: &Flow,
        source: A,
        destination: A,
    ) -> Answer {
        let owners = family.owners.of_flow(source, destination, flow.scope);
        let (from, to) = match owners {
            Ok(owners) => owners,
            Err(ambiguous) => return Answer::Ambiguous(ambiguous),
        };
        let mut sides = Sides::default();
        if let Some(own) = from {
            let hop = Hop {
                own,
                remote: to,
                direction: Direction::Egress,
                local: source,
                peer: destination,
            };
            let (side, contested) = self.hop(family, flow, &hop);
            sides.egress = Some(side);
            sides.contested = contested;
        }
        if let Some(own) = to {
            let hop = Hop {
                own,
                remote: from,
                direction: Direction::Ingress,
                local: destination,
                peer: source,
            };
            sides.ingress = Some(self.hop(family, flow, &hop).0);
        }
        Answer::Judged(sides)
    }

    /// Judges one end, and tells whether the other reading of 3.7.6 differs.
    fn hop<A: Address>(&self, family: &Tables<A>, flow: &Flow, hop: &Hop<A>) -> (Side, bool) {
        match self.before_rules(flow, hop) {
            Before::Decided(side) => (side, false),
            Before::Rules(inner) => {
                let (action, by) = self.by_rules(family, flow, hop);
                let interface = hop.own.interface;
                self.after_rules(
                    inner,
                    Side {
                        interface,
                        action,
                        by,
                    },
                )
            }
        }
    }

    /// Judges one end as far as its rules play no part.
    fn before_rules<A: Address>(&self, flow: &Flow, hop: &Hop<A>) -> Before {
        let interface = hop.own.interface;
        let remote = match hop.remote {
            None => Remote::Outside,
            Some(other) if other.interface == interface => Remote::Same,
            Some(_) => Remote::Inside,
        };
        if let Some((action, exception)) = platform(flow, hop.direction, remote, &self.semantics) {
            let by = DecidedBy::Platform(exception);
            return Before::Decided(Side {
                interface,
                action,
                by,
            });
        }
        match self.shared_group(hop) {
            Some(group) if hop.direction == Direction::Ingress => Before::Decided(Side {
                interface,
                action: Action::Accept,
                by: DecidedBy::IntraGroup(group),
            }),
            inner => Before::Rules(inner),
        }
    }

    /// Combines what rules say with a group that both ends share, at the sender.
    fn after_rules(&self, inner: Option<GroupIndex>, custom: Side) -> (Side, bool) {
        let Some(group) = inner else {
            return (custom, false);
        };
        let contested = custom.action == Action::Drop;
        match self.semantics.intra_group_egress {
            IntraGroupEgress::Bypass => {
                let (action, by) = (Action::Accept, DecidedBy::IntraGroup(group));
                (
                    Side {
                        action,
                        by,
                        ..custom
                    },
                    contested,
                )
            }
            IntraGroupEgress::CustomRules => (custom, contested),
        }
    }

    /// Returns the first group of both ends whose members reach each other.
    fn shared_group<A>(&self, hop: &Hop<A>) -> Option<GroupIndex> {
        let remote = hop
            .remote
            .filter(|remote| remote.member && hop.own.member)?;
        let own = &self.layout.interfaces[hop.own.interface.get()].interconnecting;
        let other = &self.layout.interfaces[remote.interface.get()].interconnecting;
        own.iter().find(|group| other.contains(group)).copied()
    }

    /// Asks the rules, then the default.
    fn by_rules<A: Address>(
        &self,
        family: &Tables<A>,
        flow: &Flow,
        hop: &Hop<A>,
    ) -> (Action, DecidedBy) {
        let interface = &self.layout.interfaces[hop.own.interface.get()];
        if flow.transport == Transport::LaterFragment && interface.has_groups {
            match self.semantics.orphan_fragments {
                OrphanFragments::Rules => {}
                OrphanFragments::Allow => return (Action::Accept, DecidedBy::OrphanFragment),
                OrphanFragments::Deny => return (Action::Drop, DecidedBy::OrphanFragment),
            }
        }
        let policies = interface.policies(hop.direction);
        let number = policies.of(flow, hop.peer);
        let in_fleet = |header| family.in_fleet(number, header);
        let policy = &family.policies[number];
        let hit = policy.lookup(flow.protocol, flow.transport, hop.peer, hop.local, in_fleet);
        self.decided(hit, interface.kind, hop.direction)
    }
}

impl Matcher {
    /// Returns what the deciding rule says, or the default where there is none.
    fn decided(
        &self,
        hit: Option<Hit>,
        kind: GroupKind,
        direction: Direction,
    ) -> (Action, DecidedBy) {
        match hit {
            Some(hit) => (hit.action, DecidedBy::Rule(self.rule(hit.rule))),
            None => {
                let open = kind == GroupKind::Basic && direction == Direction::Egress;
                let action = if open { Action::Accept } else { Action::Drop };
                (action, DecidedBy::Default(kind))
            }
        }
    }
}

impl Layout {
    fn of(snapshot: &Snapshot) -> Self {
        let mut selections = Selections::default();
        let (interfaces, mut outlines): (Vec<_>, Vec<_>) = snapshot
            .interfaces()
            .map(|(index, interface)| {
                let network = interface.network();
                let interface = selections.interface(snapshot, interface);
                let outline = Outline::of(index, network, &interface);
                (interface, outline)
            })
            .unzip();
        outlines.push(Outline::nobody());
        Self {
            interfaces,
            outlines,
            selections: selections.list,
        }
    }
}

/// What comes before the rules of an end.
#[derive(Clone, Copy, Debug)]
enum Before {
    /// They play no part.
    Decided(Side),
    /// They decide, unless the sender shares this group with the receiver.
    Rules(Option<GroupIndex>),
}

/// One interface that a flow crosses.
#[derive(Clone, Copy, Debug)]
struct Hop<A> {
    own: Owner,
    remote: Option<Owner>,
    direction: Direction,
    local: A,
    peer: A,
}

impl Interface {
    /// Returns its policies in one direction.
    const fn policies(&self, direction: Direction) -> Policies {
        match direction {
            Direction::Ingress => self.ingress,
            Direction::Egress => self.egress,
        }
    }
}

impl Policies {
    /// Returns the policy for the NIC a flow uses.
    fn of<A: Address>(self, flow: &Flow, peer: A) -> usize {
        match self {
            Self::Vpc(policy) => policy,
            Self::Classic { internet, intranet } => match flow.nic {
                Some(NicType::Internet) => internet,
                Some(NicType::Intranet) => intranet,
                None if is_internet(peer.ip()) => internet,
                None => intranet,
            },
        }
    }
}
