//! Questions that leave fields of a world's flows open (3.5.9).
//!
//! What holds: *accept* and *drop* are definite, every value of the open
//! fields gives that verdict. *Depends* is cautious: some rule or exception of
//! the other verdict may apply before what decides otherwise, but several open
//! rules, or the ranges of one port list, are not weighed against each other.
//! Where exactly one rule with one range is open, both verdicts do occur.

use std::collections::BTreeSet;

use secgroup_model::{
    DecidedBy, Decision, DestinationPorts, Direction, EPHEMERAL_PORTS, Evaluation, Flow,
    IcmpMessage, PartialTransport, PlatformException, PortSpan, Query, RuleMatch, Transport,
    Verdict, evaluate, explain,
};
use secgroup_tests::flows::generate;
use secgroup_tests::program::report;
use secgroup_tests::rng::Rng;
use secgroup_tests::worlds::{PORTS, World};

const WORLDS: u64 = 400;
const FLOWS: usize = 100;

/// How many completions of a question are tried.
const COMPLETIONS: usize = 60;

/// A question and flows that it may mean.
struct Question {
    query: Query,
    completions: Vec<Flow>,
    /// Whether every port at which a rule can change is among them.
    exhaustive: bool,
}

/// Returns the bounds of the span, and the ports of it at or beside a bound of
/// any rule, or with a meaning to the platform.
fn boundaries(span: PortSpan) -> Vec<u16> {
    let meaning = [25, 67, 68, 546, 547].into_iter().chain(PORTS);
    let beside = meaning.flat_map(|port| [port.saturating_sub(1), port, port.saturating_add(1)]);
    let inside: BTreeSet<u16> = beside
        .chain([span.first(), span.last()])
        .filter(|port| span.contains(*port))
        .collect();
    inside.into_iter().collect()
}

/// Opens a field or two of a flow.
fn open(flow: Flow, rng: &mut Rng) -> Option<Question> {
    match flow.transport {
        Transport::Ports {
            source,
            destination,
        } => Some(open_ports(flow, source, destination, rng)),
        Transport::Icmp(_) => {
            let kinds = [0, 2, 3, 8, 132, 133, 135, 137, 138];
            let messages = kinds
                .into_iter()
                .flat_map(|kind| [0, 3, 4, 5].map(|code| (kind, code)));
            let of = |(kind, code)| Flow {
                transport: Transport::Icmp(IcmpMessage { kind, code }),
                ..flow
            };
            Some(Question {
                query: Query {
                    transport: PartialTransport::Icmp(None),
                    ..flow.into()
                },
                completions: messages.map(of).collect(),
                exhaustive: true,
            })
        }
        Transport::Opaque | Transport::LaterFragment => None,
    }
}

fn open_ports(flow: Flow, source: u16, destination: u16, rng: &mut Rng) -> Question {
    let around = |port: u16, rng: &mut Rng| {
        let other = rng.pick(&PORTS);
        rng.pick(&[
            PortSpan::one(port),
            PortSpan::between(0, u16::MAX),
            PortSpan::between(port.min(other), port.max(other)),
        ])
    };
    let sources = if rng.chance(50) {
        EPHEMERAL_PORTS
    } else {
        around(source, rng)
    };
    let destinations = around(destination, rng);
    let (from, to) = (boundaries(sources), boundaries(destinations));
    let of = |source, destination| Flow {
        transport: Transport::Ports {
            source,
            destination,
        },
        ..flow
    };
    let all = from.len() * to.len() <= COMPLETIONS;
    let completions = if all {
        from.iter()
            .flat_map(|source| to.iter().map(move |port| of(*source, *port)))
            .collect()
    } else {
        (0..COMPLETIONS)
            .map(|_| of(rng.pick(&from), rng.pick(&to)))
            .collect()
    };
    let transport = PartialTransport::Ports {
        source: sources,
        destination: destinations,
    };
    Question {
        query: Query {
            transport,
            ..flow.into()
        },
        completions,
        exhaustive: all,
    }
}

fn side(evaluation: &Evaluation, direction: Direction) -> Option<Verdict> {
    match direction {
        Direction::Egress => evaluation.egress,
        Direction::Ingress => evaluation.ingress,
    }
}

/// Returns the verdicts of one side for all completions.
fn completed(world: &World, question: &Question, direction: Direction) -> Vec<(Flow, Verdict)> {
    let judge = |flow: &Flow| {
        let evaluation = evaluate(&world.snapshot, &world.semantics, &Query::from(*flow)).unwrap();
        side(&evaluation, direction).map(|one| (*flow, one))
    };
    question.completions.iter().filter_map(judge).collect()
}

#[derive(Default)]
struct Counts {
    definite: u64,
    depends: u64,
    /// Dependent answers of which the completions showed one verdict only.
    cautious: u64,
    /// Dependent answers with one open rule, of which they showed both.
    one_open_rule: u64,
}

/// Calls `check` for every side of questions about generated worlds.
fn each_question(mut check: impl FnMut(&World, &Question, Direction, Verdict)) {
    for seed in 0..WORLDS {
        let mut rng = Rng::new(seed ^ 0xc3c3);
        let world = World::generate(seed);
        for _ in 0..FLOWS {
            let Some(question) = open(generate(&world, &mut rng).flow, &mut rng) else {
                continue;
            };
            let Ok(answer) = evaluate(&world.snapshot, &world.semantics, &question.query) else {
                continue;
            };
            for direction in [Direction::Egress, Direction::Ingress] {
                if let Some(verdict) = side(&answer, direction) {
                    check(&world, &question, direction, verdict);
                }
            }
        }
    }
}

#[test]
fn a_definite_answer_to_an_open_question_holds_for_every_completion() {
    let mut counts = Counts::default();
    each_question(|world, question, direction, verdict| {
        if verdict.decision == Decision::Depends {
            counts.depends += 1;
            return;
        }
        for (flow, one) in completed(world, question, direction) {
            assert_eq!(
                one.decision, verdict.decision,
                "seed {}, {direction}: {:?} is {verdict:?}, but {flow:?} is {one:?}",
                world.seed, question.query
            );
        }
        counts.definite += 1;
    });
    report(&format!(
        "properties: open questions: {} definite answers, {} that depend",
        counts.definite, counts.depends
    ));
    assert!(counts.definite > 1000 && counts.depends > 500);
}

#[test]
fn where_one_rule_is_open_both_verdicts_occur() {
    let mut counts = Counts::default();
    each_question(|world, question, direction, verdict| {
        if verdict.decision != Decision::Depends {
            return;
        }
        counts.depends += 1;
        let all = completed(world, question, direction);
        let accepts = all.iter().any(|(_, one)| one.decision == Decision::Accept);
        let drops = all.iter().any(|(_, one)| one.decision == Decision::Drop);
        counts.cautious += u64::from(!(accepts && drops));
        if question.exhaustive && one_open_rule(world, question, direction, &verdict) {
            counts.one_open_rule += 1;
            assert!(
                accepts && drops,
                "seed {}, {direction}: {:?} is {verdict:?}",
                world.seed,
                question.query
            );
        }
    });
    report(&format!(
        "properties: open questions: {} depend, {} with one open rule, {} more cautious than need be",
        counts.depends, counts.one_open_rule, counts.cautious
    ));
    assert!(counts.one_open_rule > 100, "{}", counts.one_open_rule);
}

/// Tells whether exactly one rule is open, with one range, and nothing of the
/// platform's.
fn one_open_rule(
    world: &World,
    question: &Question,
    direction: Direction,
    verdict: &Verdict,
) -> bool {
    let DecidedBy::Rule(named) = verdict.by else {
        return false;
    };
    let World {
        snapshot,
        semantics,
        ..
    } = world;
    let traces = explain(
        snapshot,
        semantics,
        &question.query,
        verdict.interface,
        direction,
    );
    let open = traces
        .iter()
        .filter(|one| matches!(one.result, RuleMatch::Maybe(..)));
    let open: Vec<_> = open.map(|one| one.rule).collect();
    let service = &snapshot.rule(named).rule().service;
    let listed = matches!(service.ports(), Some((DestinationPorts::List(_), _)));
    let platform = |(_, one): &(Flow, Verdict)| matches!(one.by, DecidedBy::Platform(_));
    let exempt = completed(world, question, direction).iter().any(platform);
    open == [named] && !listed && !exempt
}

/// What a dependent answer names is of the other verdict than what decides
/// otherwise, and open.
#[test]
fn a_dependent_answer_names_an_open_rule_or_exception_and_what_decides_otherwise() {
    let (mut rules, mut exceptions) = (0, 0);
    each_question(|world, question, direction, verdict| {
        if verdict.decision != Decision::Depends {
            assert_eq!(verdict.otherwise, None);
            return;
        }
        let World {
            snapshot,
            semantics,
            ..
        } = world;
        let otherwise = verdict.otherwise.expect("something decides otherwise");
        match verdict.by {
            DecidedBy::Rule(named) => {
                let traces = explain(
                    snapshot,
                    semantics,
                    &question.query,
                    verdict.interface,
                    direction,
                );
                let trace = traces.iter().find(|one| one.rule == named).unwrap();
                assert!(matches!(trace.result, RuleMatch::Maybe(..)), "{trace:?}");
                if let DecidedBy::Rule(other) = otherwise {
                    let (named, other) = (snapshot.rule(named).rule(), snapshot.rule(other).rule());
                    assert_ne!(named.action, other.action);
                    assert!(named.priority.get() <= other.priority.get());
                }
                rules += 1;
            }
            DecidedBy::Platform(exception) => {
                use PlatformException as E;
                assert!(matches!(
                    exception,
                    E::NeighborDiscovery | E::Pmtud | E::Dhcp | E::Tcp25
                ));
                exceptions += 1;
            }
            other => panic!("{other:?} leaves nothing open"),
        }
    });
    assert!(rules > 500 && exceptions > 100, "{rules} {exceptions}");
}
