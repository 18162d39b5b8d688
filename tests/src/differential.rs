//! Every engine against the reference, on generated worlds and flows.

use std::collections::BTreeMap;

use secgroup_matcher::classifier::Representation;
use secgroup_matcher::{Answer, Engine, Matcher, Side, Sides};
use secgroup_model::{
    Action, Ambiguous, DecidedBy, Decision, Direction, Evaluation, Flow, Note, Query, RuleMatch,
    Verdict, evaluate, explain,
};

use crate::flows::generate;
use crate::rng::Rng;
use crate::worlds::World;

/// What a run reached. A generator that never reaches a branch proves nothing
/// about it.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    /// How many flows were judged.
    pub flows: u64,
    /// How many of them sat on the edge of a rule.
    pub on_edge: u64,
    /// How often each branch was reached, by its name.
    pub reached: BTreeMap<String, u64>,
    /// How many worlds each engine judged, by its name; representations of the
    /// compiled one are engines, too.
    pub engines: BTreeMap<String, u64>,
}

/// The branches that every run of some length must reach.
pub const BRANCHES: [&str; 37] = [
    "ambiguous",
    "both ends",
    "contested egress",
    "egress v4 accept rule",
    "egress v4 drop rule",
    "egress v4 accept default",
    "egress v4 drop default",
    "egress v4 accept intra-group",
    "egress v4 accept platform",
    "egress v4 drop platform",
    "egress v4 accept orphan fragment",
    "egress v4 drop orphan fragment",
    "ingress v6 accept orphan fragment",
    "ingress v6 drop orphan fragment",
    "egress v6 accept rule",
    "egress v6 drop rule",
    "egress v6 accept default",
    "egress v6 drop default",
    "egress v6 accept intra-group",
    "egress v6 accept platform",
    "ingress v4 accept rule",
    "ingress v4 drop rule",
    "ingress v4 drop default",
    "ingress v4 accept intra-group",
    "ingress v4 accept platform",
    "ingress v6 accept rule",
    "ingress v6 drop rule",
    "ingress v6 drop default",
    "ingress v6 accept intra-group",
    "egress v6 drop platform",
    "egress v6 accept orphan fragment",
    "egress v6 drop orphan fragment",
    "ingress v4 accept orphan fragment",
    "ingress v4 drop orphan fragment",
    "ingress v6 accept platform",
    "tie: drop against accept",
    "tie: several of the least key",
];

impl Coverage {
    fn count(&mut self, branch: &str) {
        *self.reached.entry(branch.to_owned()).or_default() += 1;
    }

    /// Lists the branches that were reached fewer than `least` times.
    #[must_use]
    pub fn rare(&self, least: u64) -> Vec<&'static str> {
        let count = |branch: &&str| self.reached.get(*branch).copied().unwrap_or(0);
        BRANCHES
            .into_iter()
            .filter(|branch| count(branch) < least)
            .collect()
    }
}

/// Returns the engines that judge the world of a seed: all, and in turn the
/// representations of the compiled one, so that each comes to many worlds.
fn engines(seed: u64) -> Vec<Engine> {
    let all = Representation::all();
    let turn = usize::try_from(seed)
        .unwrap_or(usize::MAX)
        .wrapping_mul(EACH);
    let some = (0..EACH).map(|next| all[turn.wrapping_add(next) % all.len()]);
    let some = some.map(Engine::Represented);
    Engine::ALL.into_iter().chain(some).collect()
}

/// So many representations judge each world.
const EACH: usize = 4;

/// Judges `flows` flows of the world of `seed` with every engine.
///
/// # Errors
///
/// Returns a description of the first flow about which an engine and the
/// reference disagree.
pub fn run(seed: u64, flows: usize, coverage: &mut Coverage) -> Result<(), String> {
    let world = World::generate(seed);
    let matchers: Vec<(Engine, Matcher)> = engines(seed)
        .into_iter()
        .map(|engine| {
            let matcher = Matcher::compile(&world.snapshot, &world.semantics, engine);
            *coverage.engines.entry(engine.to_string()).or_default() += 1;
            (engine, matcher)
        })
        .collect();
    let mut rng = Rng::new(!seed);
    let (mut judged, mut wanted) = (Vec::with_capacity(flows), Vec::with_capacity(flows));
    for _ in 0..flows {
        let derived = generate(&world, &mut rng);
        let query = Query::from(derived.flow);
        let evaluated = evaluate(&world.snapshot, &world.semantics, &query);
        coverage.flows += 1;
        coverage.on_edge += u64::from(derived.on_edge);
        cover(&world, &derived.flow, &evaluated, coverage);
        let expected = expected(&evaluated);
        for (engine, matcher) in &matchers {
            let answer = matcher.decide_one(&derived.flow);
            if answer != expected {
                return Err(format!(
                    "seed {seed}, {query} ({:?}), {:?}: {engine} says {answer:?}, the reference {evaluated:?}",
                    derived.flow, world.semantics
                ));
            }
        }
        judged.push(derived.flow);
        wanted.push(expected);
    }
    // Many together are judged in another way than one by one.
    for (engine, matcher) in &matchers {
        let mut answers = vec![Answer::Judged(Sides::default()); judged.len()];
        matcher.decide(&judged, &mut answers);
        let mut all = judged.iter().zip(answers).zip(&wanted);
        if let Some(((flow, answer), wanted)) = all.find(|((_, answer), wanted)| answer != *wanted)
        {
            return Err(format!(
                "seed {seed}, {flow:?} among others, {:?}: {engine} says {answer:?}, the reference {wanted:?}",
                world.semantics
            ));
        }
    }
    Ok(())
}

/// What an engine must say when the reference says `evaluated`.
#[must_use]
pub fn expected(evaluated: &Result<Evaluation, Ambiguous>) -> Answer {
    match evaluated {
        Err(ambiguous) => Answer::Ambiguous(*ambiguous),
        Ok(evaluation) => Answer::Judged(Sides {
            egress: evaluation.egress.as_ref().map(side),
            ingress: evaluation.ingress.as_ref().map(side),
            contested: evaluation.notes.contains(&Note::ContestedIntraGroupEgress),
        }),
    }
}

fn side(verdict: &Verdict) -> Side {
    let action = match verdict.decision {
        Decision::Accept => Action::Accept,
        Decision::Drop => Action::Drop,
        Decision::Depends => panic!("a completely known flow leaves nothing open: {verdict:?}"),
    };
    Side {
        interface: verdict.interface,
        action,
        by: verdict.by,
    }
}

/// Counts the branches that a flow reached.
fn cover(
    world: &World,
    flow: &Flow,
    evaluated: &Result<Evaluation, Ambiguous>,
    coverage: &mut Coverage,
) {
    let Ok(evaluation) = evaluated else {
        coverage.count("ambiguous");
        return;
    };
    if evaluation.egress.is_some() && evaluation.ingress.is_some() {
        coverage.count("both ends");
    }
    if evaluation.notes.contains(&Note::ContestedIntraGroupEgress) {
        coverage.count("contested egress");
    }
    let family = if flow.endpoints.source().is_ipv4() {
        "v4"
    } else {
        "v6"
    };
    let sides = [
        (Direction::Egress, evaluation.egress),
        (Direction::Ingress, evaluation.ingress),
    ];
    for (direction, verdict) in sides {
        let Some(verdict) = verdict else { continue };
        let tier = match verdict.by {
            DecidedBy::Platform(_) => "platform",
            DecidedBy::Session => unreachable!("no session is known here"),
            DecidedBy::OrphanFragment => "orphan fragment",
            DecidedBy::IntraGroup(_) => "intra-group",
            DecidedBy::Rule(_) => "rule",
            DecidedBy::Default(_) => "default",
        };
        coverage.count(&format!("{direction} {family} {} {tier}", verdict.decision));
        if let DecidedBy::Rule(_) = verdict.by {
            cover_ties(world, flow, &verdict, direction, coverage);
        }
    }
}

/// Counts ties between drop and accept, and between rules of one key.
fn cover_ties(
    world: &World,
    flow: &Flow,
    verdict: &Verdict,
    direction: Direction,
    coverage: &mut Coverage,
) {
    let query = Query::from(*flow);
    let all = explain(
        &world.snapshot,
        &world.semantics,
        &query,
        verdict.interface,
        direction,
    );
    let matching = all
        .iter()
        .filter(|trace| matches!(trace.result, RuleMatch::Yes(_)));
    let rules: Vec<_> = matching
        .map(|trace| world.snapshot.rule(trace.rule).rule())
        .collect();
    let Some(first) = rules.first() else { return };
    let tied = rules.iter().filter(|rule| rule.priority == first.priority);
    if tied.clone().any(|rule| rule.action != first.action) {
        coverage.count("tie: drop against accept");
    }
    if tied.filter(|rule| rule.action == first.action).count() > 1 {
        coverage.count("tie: several of the least key");
    }
}
