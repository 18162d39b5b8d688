//! Changing the rules, groups and members of a world.

use secgroup_model::{
    Action, DecidedBy, Decision, Direction, Evaluation, Flow, GroupSpec, InnerAccess,
    InterfaceSpec, Peer, PortList, PrefixList, Priority, Query, Rule, RuleIndex, RuleMatch, Scope,
    SecurityGroupId, Semantics, Snapshot, SnapshotBuilder, Verdict, evaluate, explain,
};
use secgroup_tests::flows::generate;
use secgroup_tests::program::report;
use secgroup_tests::rng::Rng;
use secgroup_tests::worlds::World;

/// How many worlds, and flows in each.
const WORLDS: u64 = 200;
const FLOWS: usize = 60;

/// How often a change must have mattered.
const LEAST: u64 = 100;

/// The parts a snapshot was made of.
#[derive(Clone)]
pub(super) struct Parts {
    pub(super) groups: Vec<GroupSpec>,
    pub(super) interfaces: Vec<InterfaceSpec>,
    pub(super) prefix_lists: Vec<PrefixList>,
    pub(super) port_lists: Vec<PortList>,
}

impl Parts {
    pub(super) fn of(snapshot: &Snapshot) -> Self {
        let groups = snapshot.groups();
        let interfaces = snapshot.interfaces();
        Self {
            groups: groups
                .map(|(index, _)| snapshot.group_spec(index))
                .collect(),
            interfaces: interfaces
                .map(|(index, _)| snapshot.interface_spec(index))
                .collect(),
            prefix_lists: snapshot.prefix_lists().to_vec(),
            port_lists: snapshot.port_lists().to_vec(),
        }
    }

    fn build(&self, semantics: &Semantics) -> Snapshot {
        let mut builder = SnapshotBuilder::new();
        for group in &self.groups {
            builder.group(group.clone());
        }
        for interface in &self.interfaces {
            builder.interface(interface.clone());
        }
        for list in &self.prefix_lists {
            builder.prefix_list(list.clone());
        }
        for list in &self.port_lists {
            builder.port_list(list.clone());
        }
        builder.build(semantics).unwrap().snapshot
    }

    fn isolate(&mut self) {
        for group in &mut self.groups {
            group.inner_access = InnerAccess::Drop;
        }
    }
}

/// One flow, judged before and after a change.
struct Compared<'a> {
    before: &'a Snapshot,
    after: &'a Snapshot,
    old: Verdict,
    new: Verdict,
}

/// A flow of a world, and which of its sides is looked at.
struct Asked<'a> {
    world: &'a World,
    flow: Flow,
    direction: Direction,
    verdict: Verdict,
}

/// Changes every world once and compares all flows. `holds` tells whether the
/// property holds for one side of one flow, `mattered` whether that side could
/// have shown otherwise.
fn compare_worlds(
    property: &str,
    prepare: fn(&mut Parts),
    change: fn(&mut Parts, &mut Rng),
    holds: fn(&Compared<'_>) -> bool,
    mattered: fn(&Compared<'_>) -> bool,
) {
    let (mut sides, mut counted) = (0_u64, 0_u64);
    for seed in 0..WORLDS {
        let mut rng = Rng::new(seed ^ 0xa5a5);
        let World {
            snapshot,
            semantics,
            ..
        } = World::generate(seed);
        let mut parts = Parts::of(&snapshot);
        prepare(&mut parts);
        let before = parts.build(&semantics);
        change(&mut parts, &mut rng);
        let after = parts.build(&semantics);
        let world = World {
            seed,
            snapshot: before.clone(),
            semantics,
        };
        for _ in 0..FLOWS {
            let flow = generate(&world, &mut rng).flow;
            let old = evaluate(&before, &semantics, &flow.into());
            let new = evaluate(&after, &semantics, &in_changed(flow, &before, &after));
            let (Ok(old), Ok(new)) = (&old, &new) else {
                assert_eq!(
                    old.is_err(),
                    new.is_err(),
                    "{property}: seed {seed}, {flow:?}"
                );
                continue;
            };
            for (old, new) in pairs(old, new) {
                let compared = Compared {
                    before: &before,
                    after: &after,
                    old,
                    new,
                };
                assert!(
                    holds(&compared),
                    "{property}: seed {seed}, {flow:?}: {old:?}, then {new:?}"
                );
                sides += 1;
                counted += u64::from(mattered(&compared));
            }
        }
    }
    report(&format!(
        "properties: {property}: {counted} of {sides} sides"
    ));
    assert!(counted >= LEAST, "{property} mattered {counted} times only");
}

/// Both sides of two answers about one flow.
fn pairs(old: &Evaluation, new: &Evaluation) -> Vec<(Verdict, Verdict)> {
    let sides = [(old.egress, new.egress), (old.ingress, new.ingress)];
    let both = |(old, new): (Option<Verdict>, Option<Verdict>)| {
        assert_eq!(old.is_some(), new.is_some(), "{old:?}, then {new:?}");
        old.zip(new)
    };
    sides.into_iter().filter_map(both).collect()
}

/// The same flow in a snapshot whose networks may be numbered otherwise.
fn in_changed(flow: Flow, before: &Snapshot, after: &Snapshot) -> Query {
    let same = |old| {
        let mut networks = after.networks();
        let new = networks.find(|(_, vpc)| *vpc == before.vpc(old));
        new.expect("no change takes a network away").0
    };
    let scope = match flow.scope {
        Scope::Network(old) => Scope::Network(same(old)),
        Scope::Ends {
            source,
            destination,
        } => Scope::Ends {
            source: same(source),
            destination: same(destination),
        },
        Scope::Unspecified | Scope::Elsewhere => flow.scope,
    };
    Query {
        scope,
        ..flow.into()
    }
}

/// Calls `check` for every side of every flow of every world until enough of
/// them were of use.
fn each_side(property: &str, mut check: impl FnMut(&Asked<'_>, &mut Rng) -> bool) {
    let mut counted = 0_u64;
    for seed in 0..WORLDS {
        let mut rng = Rng::new(seed ^ 0x5a5a);
        let world = World::generate(seed);
        for _ in 0..10 {
            let flow = generate(&world, &mut rng).flow;
            let Ok(evaluation) = evaluate(&world.snapshot, &world.semantics, &flow.into()) else {
                continue;
            };
            for (direction, verdict) in [
                (Direction::Egress, evaluation.egress),
                (Direction::Ingress, evaluation.ingress),
            ] {
                let Some(verdict) = verdict else { continue };
                let asked = Asked {
                    world: &world,
                    flow,
                    direction,
                    verdict,
                };
                counted += u64::from(check(&asked, &mut rng));
            }
        }
    }
    report(&format!("properties: {property}: {counted} sides"));
    assert!(counted >= LEAST, "{property} mattered {counted} times only");
}

impl Asked<'_> {
    fn rule(&self) -> Option<RuleIndex> {
        match self.verdict.by {
            DecidedBy::Rule(rule) => Some(rule),
            DecidedBy::Platform(_)
            | DecidedBy::Session
            | DecidedBy::OrphanFragment
            | DecidedBy::IntraGroup(_)
            | DecidedBy::Default(_) => None,
        }
    }

    /// Judges the same side after a change of the world's parts.
    fn judge(&self, change: impl FnOnce(&mut Parts)) -> (Snapshot, Verdict) {
        let mut parts = Parts::of(&self.world.snapshot);
        change(&mut parts);
        let snapshot = parts.build(&self.world.semantics);
        let evaluation = evaluate(&snapshot, &self.world.semantics, &self.flow.into()).unwrap();
        let side = match self.direction {
            Direction::Egress => evaluation.egress,
            Direction::Ingress => evaluation.ingress,
        };
        (snapshot, side.expect("no change takes an end away"))
    }

    /// The group of the world that a rule belongs to, and its place there.
    fn place(&self, rule: RuleIndex) -> (usize, usize) {
        let group = self.world.snapshot.rule(rule).group();
        let mut own = self.world.snapshot.rules_of(group);
        (
            group.get(),
            own.position(|(index, _)| index == rule).unwrap(),
        )
    }
}

/// What decided, in a way that survives new positions.
fn decider(snapshot: &Snapshot, verdict: &Verdict) -> String {
    let by = match verdict.by {
        DecidedBy::Rule(rule) => {
            let placed = snapshot.rule(rule);
            format!(
                "{} {:?}",
                snapshot.group(placed.group()).id(),
                placed.rule()
            )
        }
        DecidedBy::IntraGroup(group) => snapshot.group(group).id().to_string(),
        other => format!("{other:?}"),
    };
    format!("{} {by}", verdict.decision)
}

fn shuffle<T>(list: &mut [T], rng: &mut Rng) {
    for at in (1..list.len()).rev() {
        list.swap(at, rng.below(at + 1));
    }
}

/// Adds rules like those of the group's network, with other priorities, to
/// every group.
fn add_rules(parts: &mut Parts, rng: &mut Rng, action: Action) {
    let templates: Vec<_> = parts.groups.clone();
    for group in &mut parts.groups {
        let same = templates.iter().filter(|other| other.vpc == group.vpc);
        let rules: Vec<&Rule> = same.flat_map(|other| &other.rules).collect();
        if rules.is_empty() {
            continue;
        }
        for _ in 0..4 {
            group.rules.push(Rule {
                id: None,
                action,
                priority: Priority::imported(rng.pick(&[1, 2, 50, 110])).unwrap(),
                ..rng.pick(&rules).clone()
            });
        }
    }
}

const fn as_it_is(_: &mut Parts) {}

fn same_decision(compared: &Compared<'_>) -> bool {
    compared.old.decision == compared.new.decision
}

fn same_decider(compared: &Compared<'_>) -> bool {
    decider(compared.before, &compared.old) == decider(compared.after, &compared.new)
}

fn by_rule(compared: &Compared<'_>) -> bool {
    matches!(compared.old.by, DecidedBy::Rule(_))
}

fn changed(compared: &Compared<'_>) -> bool {
    !same_decision(compared)
}

#[test]
fn order_of_rules_does_not_change_the_verdict() {
    compare_worlds(
        "order of rules",
        as_it_is,
        |parts, rng| {
            for group in &mut parts.groups {
                shuffle(&mut group.rules, rng);
            }
        },
        same_decision,
        by_rule,
    );
}

#[test]
fn order_of_groups_does_not_change_the_verdict() {
    compare_worlds(
        "order of groups",
        as_it_is,
        |parts, rng| {
            shuffle(&mut parts.groups, rng);
            for interface in &mut parts.interfaces {
                shuffle(&mut interface.groups, rng);
            }
        },
        same_decision,
        by_rule,
    );
}

#[test]
fn order_of_lists_changes_nothing() {
    compare_worlds(
        "order of lists",
        as_it_is,
        |parts, rng| {
            shuffle(&mut parts.prefix_lists, rng);
            shuffle(&mut parts.port_lists, rng);
            for list in &mut parts.prefix_lists {
                shuffle(&mut list.entries, rng);
            }
            for list in &mut parts.port_lists {
                shuffle(&mut list.entries, rng);
            }
        },
        same_decider,
        |compared| match compared.old.by {
            DecidedBy::Rule(rule) => {
                let peer = &compared.before.rule(rule).rule().peer;
                matches!(peer, Peer::PrefixList(_))
            }
            _ => false,
        },
    );
}

#[test]
fn adding_a_drop_never_opens_a_flow() {
    compare_worlds(
        "adding a drop",
        as_it_is,
        |parts, rng| add_rules(parts, rng, Action::Drop),
        |compared| same_decision(compared) || compared.new.decision == Decision::Drop,
        changed,
    );
}

#[test]
fn adding_an_accept_never_closes_a_flow() {
    compare_worlds(
        "adding an accept",
        as_it_is,
        |parts, rng| add_rules(parts, rng, Action::Accept),
        |compared| same_decision(compared) || compared.new.decision == Decision::Accept,
        changed,
    );
}

#[test]
fn intra_group_accept_never_closes_a_flow() {
    compare_worlds(
        "intra-group accept",
        Parts::isolate,
        |parts, rng| {
            for group in &mut parts.groups {
                group.inner_access = rng.pick(&[InnerAccess::Accept, InnerAccess::Drop]);
            }
        },
        |compared| same_decision(compared) || compared.new.decision == Decision::Accept,
        changed,
    );
}

/// The groups keep their members, since other rules refer to them; only the
/// rules of one interface's groups move into one new group.
#[test]
fn merging_groups_equals_concatenating_rules() {
    let merged = SecurityGroupId::new("sg-merged").unwrap();
    each_side("merging groups", |asked, _| {
        let own = asked.verdict.interface.get();
        let groups = asked
            .world
            .snapshot
            .interface(asked.verdict.interface)
            .groups();
        let (_, new) = asked.judge(|parts| {
            let mut all = parts.groups[groups[0].get()].clone();
            all.id = merged.clone();
            all.inner_access = InnerAccess::Drop;
            all.rules = Vec::new();
            for group in groups {
                all.rules.append(&mut parts.groups[group.get()].rules);
            }
            parts.groups.push(all);
            parts.interfaces[own].groups.push(merged.clone());
        });
        assert_eq!(new.decision, asked.verdict.decision, "{:?}", asked.flow);
        groups.len() > 1 && asked.rule().is_some()
    });
}

#[test]
fn drop_wins_at_equal_priority() {
    each_side("drop at equal priority", |asked, _| {
        let Some(rule) = asked.rule() else {
            return false;
        };
        let (group, _) = asked.place(rule);
        let same = asked.world.snapshot.rule(rule).rule();
        let with = |action| {
            asked.judge(|parts| {
                let twin = Rule {
                    id: None,
                    action,
                    ..same.clone()
                };
                parts.groups[group].rules.push(twin);
            })
        };
        let (_, dropped) = with(Action::Drop);
        assert_eq!(dropped.decision, Decision::Drop, "{:?}", asked.flow);
        let (_, accepted) = with(Action::Accept);
        assert_eq!(
            accepted.decision, asked.verdict.decision,
            "{:?}",
            asked.flow
        );
        same.action == Action::Accept
    });
}

#[test]
fn a_rule_of_lower_priority_than_every_match_changes_nothing() {
    each_side("a rule of lower priority", |asked, _| {
        let Some(rule) = asked.rule() else {
            return false;
        };
        let (group, _) = asked.place(rule);
        let decides = asked.world.snapshot.rule(rule).rule();
        let lower = decides.priority.get() + 1;
        let Ok(priority) = Priority::imported(lower.into()) else {
            return false;
        };
        for action in [Action::Accept, Action::Drop] {
            let (after, new) = asked.judge(|parts| {
                let weaker = Rule {
                    id: None,
                    action,
                    priority,
                    ..decides.clone()
                };
                parts.groups[group].rules.insert(0, weaker);
            });
            assert_eq!(
                decider(&after, &new),
                decider(&asked.world.snapshot, &asked.verdict),
                "{:?}",
                asked.flow
            );
        }
        true
    });
}

#[test]
fn removing_a_rule_that_does_not_match_changes_nothing() {
    each_side("removing a rule that does not match", |asked, rng| {
        let World {
            snapshot,
            semantics,
            ..
        } = asked.world;
        let traces = explain(
            snapshot,
            semantics,
            &asked.flow.into(),
            asked.verdict.interface,
            asked.direction,
        );
        let without = traces
            .iter()
            .filter(|one| matches!(one.result, RuleMatch::No(_)));
        let without: Vec<RuleIndex> = without.map(|one| one.rule).collect();
        if without.is_empty() {
            return false;
        }
        let (group, at) = asked.place(rng.pick(&without));
        let (after, new) = asked.judge(|parts| {
            parts.groups[group].rules.remove(at);
        });
        assert_eq!(
            decider(&after, &new),
            decider(snapshot, &asked.verdict),
            "{:?}",
            asked.flow
        );
        asked.rule().is_some()
    });
}
