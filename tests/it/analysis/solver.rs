//! The analysis against the solver z3, which knows nothing of ours but the law
//! as `tests/smt/agree.py` states it.
//!
//! Needs a Python with `z3-solver`; `SECGROUP_SMT_PYTHON` names it. Where there
//! is none the test says so and passes. `SECGROUP_SMT=300` takes as many pairs.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::io::Write;
use std::process::{Command, Stdio};

use secgroup_analysis::{About, Judged, Quotas, Workers, diff, lint, minimize, number, with_rules};
use secgroup_gen::{Part, Plan};
use secgroup_model::{
    Action, Direction, Family, GroupIndex, Peer, PlatformSet, Prefix, Priority, Rule, RuleIndex,
    Semantics, Snapshot, SnapshotBuilder, SourcePorts, Target,
};
use secgroup_tests::program::{report, workspace};
use secgroup_tests::rng::Rng;
use serde_json::{Value, json};

/// How many pairs an ordinary run asks about.
const PAIRS: u64 = 4;

/// How many dead rules, and living ones, of each list it is asked about.
const ASKED: usize = 8;

fn pairs() -> u64 {
    let wanted = std::env::var("SECGROUP_SMT").ok();
    wanted.and_then(|text| text.parse().ok()).unwrap_or(PAIRS)
}

fn python() -> String {
    std::env::var("SECGROUP_SMT_PYTHON").unwrap_or_else(|_| "python3".to_owned())
}

#[test]
fn the_solver_agrees_about_differences_and_dead_rules() {
    let has_solver = Command::new(python())
        .args(["-c", "import z3"])
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !has_solver {
        report("the solver is not asked: there is no Python with z3-solver");
        return;
    }
    let semantics = Semantics {
        implicit_allow: PlatformSet::NONE,
        ..Semantics::default()
    };
    let (mut questions, mut wanted) = (Vec::new(), Vec::new());
    for seed in 0..pairs() {
        let old = snapshot(seed, &semantics);
        let new = changed(&old, &semantics, own_group(&old), seed);
        let judged = |snapshot| Judged {
            snapshot,
            semantics: &semantics,
        };
        let changes = diff(judged(&old), judged(&new), &Workers::default()).unwrap();
        let found = lint(&old, &semantics, &Quotas::default(), &Workers::default()).unwrap();
        let dead: BTreeSet<RuleIndex> = found
            .iter()
            .filter(|one| ["shadowed-rule", "redundant-rule"].contains(&one.lint.code))
            .filter_map(|one| match one.about {
                About::Rule(rule) => Some(rule),
                _ => None,
            })
            .collect();
        for family in [Family::V4, Family::V6] {
            let own = ingress(&old, family);
            let rules = |snapshot: &Snapshot| -> Vec<Value> {
                ingress(snapshot, family)
                    .into_iter()
                    .map(|(_, rule)| rule)
                    .collect()
            };
            // A group may be alive in one family and dead in the other, so of
            // the living only rules of one family are asked about.
            let single = |index: RuleIndex| matches!(old.rule(index).rule().peer, Peer::Prefix(_));
            let places = |wanted: bool| -> Vec<usize> {
                let all = own.iter().enumerate();
                let alike = all.filter(|(_, (index, _))| {
                    dead.contains(index) == wanted && (wanted || single(*index))
                });
                alike.map(|(at, _)| at).take(ASKED).collect()
            };
            let (first, alone) = (places(false), places(true));
            let differs = changes
                .iter()
                .any(|one| one.direction == Direction::Ingress && one.flows.family == family);
            wanted.push((seed, differs, alone.len()));
            questions.push(json!({"v6": family == Family::V6, "old": rules(&old),
                "new": rules(&new), "first": first, "alone": alone}));
        }
    }
    compare(&ask(&questions), &wanted);
}

/// Compares what the solver says with what we say: what is alive is first
/// somewhere, and what is dead is never alone.
fn compare(answers: &[Value], wanted: &[(u64, bool, usize)]) {
    assert_eq!(answers.len(), wanted.len());
    let (mut different, mut same, mut dead) = (0, 0, 0);
    for (answer, (seed, differs, gone)) in answers.iter().zip(wanted) {
        assert_eq!(answer["differs"], *differs, "seed {seed}");
        *if *differs { &mut different } else { &mut same } += 1;
        let all = |name: &str, wanted: bool| {
            let all = answer[name].as_array().unwrap();
            all.iter().all(|one| *one == wanted)
        };
        assert!(
            all("first", true),
            "seed {seed}: a dead rule was not found: {answer}"
        );
        assert!(
            all("alone", false),
            "seed {seed}: a living rule was called dead: {answer}"
        );
        dead += gone;
    }
    assert!(
        different > 0 && same > 0 && dead > 5,
        "{different} {same} {dead}"
    );
    report(&format!(
        "the solver agrees: {different} pairs that differ, {same} that do not, {dead} dead rules"
    ));
}

/// Returns the group with the rules.
fn own_group(snapshot: &Snapshot) -> GroupIndex {
    let mut groups = snapshot.groups();
    let own = groups.find(|(_, group)| group.id().as_str().starts_with("sg-own"));
    own.unwrap().0
}

/// Makes a snapshot of one interface in one group.
fn snapshot(seed: u64, semantics: &Semantics) -> Snapshot {
    let rules = 20 + usize::try_from(seed * 37 % 180).unwrap();
    let plan = Plan {
        groups: std::num::NonZeroU8::MIN,
        ..Plan::interface(seed, rules, 20)
    };
    let mut builder = SnapshotBuilder::new();
    let done: Result<(), Infallible> = plan.parts(|part| {
        match part {
            Part::PrefixList(list) => builder.prefix_list(list),
            Part::Group(mut group) => {
                // The script does not know near blocks.
                group.rules.iter_mut().for_each(|rule| rule.local = None);
                builder.group(group)
            }
            Part::Interface(interface) => builder.interface(interface),
        };
        Ok(())
    });
    done.unwrap();
    builder.build(semantics).unwrap().snapshot
}

/// Changes a few rules, or writes them shorter without changing anything.
fn changed(old: &Snapshot, semantics: &Semantics, group: GroupIndex, seed: u64) -> Snapshot {
    let mut rng = Rng::new(seed);
    let mut rules: Vec<Rule> = old
        .rules_of(group)
        .map(|(_, placed)| placed.rule().clone())
        .collect();
    if seed.is_multiple_of(2) {
        let shorter = minimize(old, semantics, group).unwrap();
        rules = shorter.rules.into_iter().map(|(rule, _)| rule).collect();
    } else {
        for _ in 0..3 {
            let at = rng.below(rules.len());
            let rule = &mut rules[at];
            rule.action = rng.pick(&[Action::Accept, Action::Drop]);
            rule.priority = Priority::new(rng.pick(&[1, 2, 50])).unwrap();
        }
    }
    with_rules(old, semantics, group, &rules).unwrap()
}

/// Writes the ingress rules of the group for the solver.
fn ingress(snapshot: &Snapshot, family: Family) -> Vec<(RuleIndex, Value)> {
    let mut all = Vec::new();
    for (index, placed) in snapshot.rules_of(own_group(snapshot)) {
        let rule = placed.rule();
        let peers: Vec<Prefix> = match snapshot.target(placed) {
            Target::Prefix(prefix) => vec![prefix],
            Target::PrefixList(list) => list.entries.clone(),
            Target::Group(group) => snapshot
                .members(group)
                .flat_map(|one| one.addresses().iter().map(|own| own.prefix))
                .collect(),
            Target::Missing => Vec::new(),
        };
        let peers: Vec<Value> = peers
            .iter()
            .filter(|prefix| prefix.family() == family)
            .map(|prefix| {
                let (first, last) = prefix.bounds();
                // As text: JSON of 128 bits is not everybody's.
                json!([number(first).to_string(), number(last).to_string()])
            })
            .collect();
        let of_family = match rule.service.protocol().map(|one| one.0) {
            Some(1) => family == Family::V4,
            Some(58) => family == Family::V6,
            _ => true,
        };
        if rule.direction != Direction::Ingress || peers.is_empty() || !of_family {
            continue;
        }
        let ports = snapshot.destination_ranges(placed);
        let ports = ports.map(|all| {
            let all = all.iter().map(|range| json!([range.first(), range.last()]));
            all.collect::<Vec<_>>()
        });
        let sources = match rule.service.ports() {
            Some((_, SourcePorts::Range(range))) => json!([range.first(), range.last()]),
            _ => Value::Null,
        };
        let accept = rule.action == Action::Accept;
        let row = json!({"key": [rule.priority.get(), u8::from(accept)], "accept": accept,
            "protocol": rule.service.protocol().map(|one| one.0), "peers": peers, "ports": ports,
            "sources": sources});
        all.push((index, row));
    }
    all
}

/// Asks the solver.
fn ask(questions: &[Value]) -> Vec<Value> {
    let mut child = Command::new(python())
        .arg(workspace().join("tests/smt/agree.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines: Vec<String> = questions.iter().map(ToString::to_string).collect();
    let mut input = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || {
        for line in lines {
            writeln!(input, "{line}").unwrap();
        }
    });
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success(), "the solver's script failed");
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}
