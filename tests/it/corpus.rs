//! The corpus through the reader, every engine and the program.

use std::io::Write;
use std::net::SocketAddr;
use std::process::Command;
use std::sync::Arc;

use secgroup_ecs::{ApiFlags, Cloud, Document, ImportOptions, Located};
use secgroup_matcher::classifier::{Representation, Width};
use secgroup_matcher::{Answer, Engine, Matcher, Sides};
use secgroup_model::{AccountId, Semantics, Snapshot, Transport};
use secgroup_replay::Judge;
use secgroup_tests::corpus::{Case, Step, Want, clauses, examples, words};
use secgroup_tests::packets::Piece;
use secgroup_tests::program::{program, report};
use secgroup_tests::replayed::Setup;

fn all() -> Vec<Case> {
    examples().into_iter().chain(clauses()).collect()
}

/// Returns the cases whose packets can be judged one by one.
fn ready() -> Vec<Case> {
    all()
        .into_iter()
        .filter(|case| !case.needs_sessions())
        .collect()
}

/// Calls `judge` for every step and compares what it says.
fn run(who: &str, judge: impl Fn(&Case, &Step) -> Option<Want>) {
    let mut failures = Vec::new();
    let (mut steps, mut unasked) = (0, 0);
    for case in ready() {
        for step in &case.steps {
            steps += 1;
            match judge(&case, step) {
                Some(got) if got == step.want => {}
                Some(got) => failures.push(format!(
                    "{} ({}, {}): {:?}: got {got:?}, expected {:?}",
                    case.id, case.title, case.clauses, step.packet.flow, step.want
                )),
                None => unasked += 1,
            }
        }
    }
    report(&format!(
        "corpus: {who}: {steps} packets, {unasked} of them cannot be asked there"
    ));
    assert!(
        failures.is_empty(),
        "{} failures:\n{}",
        failures.len(),
        failures.join("\n")
    );
}

fn judge(judge: &Judge<'_>, step: &Step) -> Answer {
    let mut answers = [Answer::Judged(Sides::default())];
    judge.decide(&[step.packet.flow], &mut answers);
    answers[0]
}

/// Makes a cloud of a case's configuration, has it written and read again, and
/// returns what it means for traffic; nothing where an interface has no IPv4
/// address, which the API does not know.
fn through_a_cloud(step: &Step, semantics: Semantics) -> Option<Arc<Snapshot>> {
    let text = step.configuration.to_ecs().to_string();
    let document = Document {
        name: "case.json",
        bytes: text.as_bytes(),
    };
    let flags = ApiFlags::default();
    let options = ImportOptions {
        flags,
        semantics,
        account: AccountId::new("1234567890").unwrap(),
        region: "cn-hangzhou".to_owned(),
        // Later than every rule with a time: those without come last (3.3.5).
        now: 4_000_000_000,
    };
    let state = match Cloud::import(&[document], &options) {
        Ok(imported) => imported.cloud.to_state(),
        Err(refused) => {
            let known = |one: &Located| one.message.contains("has no private IPv4 address");
            assert!(refused.problems.iter().all(known), "{refused:?}");
            return None;
        }
    };
    let mut cloud = Cloud::from_state(&state, flags, semantics).unwrap();
    assert!(cloud.to_state() == state, "it comes back as it was written");
    let document = Document {
        name: "state.json",
        bytes: &state,
    };
    let again = Cloud::import(&[document], &options).unwrap();
    assert!(again.cloud.to_state() == state, "a state alone is itself");
    Some(cloud.snapshot())
}

#[test]
fn a_cloud_made_of_files_passes_the_corpus() {
    run("cloud", |case, step| {
        let semantics = case.semantics();
        let snapshot = through_a_cloud(step, semantics)?;
        let reference = Judge::Reference {
            snapshot: &snapshot,
            semantics,
        };
        Some(words(&snapshot, &judge(&reference, step)))
    });
}

#[test]
fn the_reference_passes_the_corpus() {
    run("reference", |case, step| {
        let semantics = case.semantics();
        let snapshot = step.snapshot(semantics);
        let answer = judge(
            &Judge::Reference {
                snapshot: &snapshot,
                semantics,
            },
            step,
        );
        Some(words(&snapshot, &answer))
    });
}

#[test]
fn every_engine_passes_the_corpus() {
    let mut representations = Representation::all();
    representations.retain(|one| one.width == Width::widest());
    let representations = representations.into_iter().map(Engine::Represented);
    for engine in Engine::ALL.into_iter().chain(representations) {
        run(&engine.to_string(), |case, step| {
            let semantics = case.semantics();
            let snapshot = step.snapshot(semantics);
            let matcher = Matcher::compile(&snapshot, &semantics, engine);
            let alone = matcher.decide_one(&step.packet.flow);
            // Many together go through vectors, one alone does not.
            let mut answers = [Answer::Judged(Sides::default()); 64];
            matcher.decide(&[step.packet.flow; 64], &mut answers);
            assert_eq!(answers, [alone; 64], "{engine}: {}", case.id);
            Some(words(&snapshot, &alone))
        });
    }
}

#[test]
fn the_program_passes_the_corpus() {
    run("program", |case, step| {
        let arguments = step.packet.arguments()?;
        let mut file = tempfile::NamedTempFile::with_suffix(".json").unwrap();
        file.write_all(step.configuration.to_ecs().to_string().as_bytes())
            .unwrap();
        let mut command = Command::new(program());
        command
            .args(["check", "--format=json", "--quiet", "--config"])
            .arg(file.path())
            .args(arguments);
        for (name, value) in &case.flags {
            command.arg(format!("--set={name}={value}"));
        }
        let output = command.output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        let Ok(answer) = serde_json::from_str::<serde_json::Value>(&text) else {
            let error = String::from_utf8_lossy(&output.stderr).into_owned();
            return Some(Want {
                verdict: "error".to_owned(),
                decider: error,
            });
        };
        Some(in_words(&answer))
    });
}

/// Puts the program's answer into the words of a case.
fn in_words(answer: &serde_json::Value) -> Want {
    let verdict = match answer["verdict"].as_str() {
        Some("accept") => "allow",
        Some("drop") => "deny",
        other => other.unwrap_or("nothing"),
    };
    let egress_drops = answer["egress"]["action"] == "drop";
    let side = if egress_drops || answer["ingress"].is_null() {
        "egress"
    } else {
        "ingress"
    };
    let reason = answer[side]["reason"].as_str().unwrap_or_default();
    let decider = secgroup_tests::corpus::Configuration::rule_in_words(reason);
    Want {
        verdict: verdict.to_owned(),
        decider,
    }
}

/// Returns a step as a packet of a capture, unless none can say it.
fn captured(step: &Step, time: i64) -> Option<secgroup_tests::packets::Packet> {
    let flow = step.packet.flow;
    if flow.nic.is_some() || flow.via_load_balancer || flow.transport == Transport::LaterFragment {
        return None;
    }
    let (source, destination) = match flow.transport {
        Transport::Ports {
            source,
            destination,
        } => (source, destination),
        Transport::Icmp(_) | Transport::Opaque | Transport::LaterFragment => (0, 0),
    };
    let ends = flow.endpoints;
    Some(secgroup_tests::packets::Packet {
        time: time * 1_000_000_000,
        protocol: flow.protocol.0,
        source: SocketAddr::new(ends.source(), source),
        destination: SocketAddr::new(ends.destination(), destination),
        flags: flags(&step.tcp_flags),
        icmp: match flow.transport {
            Transport::Icmp(message) => (message.kind, message.code),
            // A message that no clause is about.
            Transport::Ports { .. } | Transport::Opaque | Transport::LaterFragment => (13, 0),
        },
        id: 1,
        piece: Piece::Whole,
        quoted: None,
    })
}

fn flags(letters: &str) -> u8 {
    let bits = letters
        .chars()
        .map(|letter| 1 << "FSRPA".find(letter).unwrap());
    bits.sum()
}

/// Replays the packets of a case up to one, and returns what became of that.
fn last_of(case: &Case, steps: &[Step]) -> Option<Want> {
    let timed = case.steps.iter().any(|step| step.time.is_some());
    let mut packets = Vec::new();
    let mut snapshots: Vec<(i64, Snapshot)> = Vec::new();
    for (place, step) in (0..).zip(steps) {
        let time = if timed { step.time.unwrap_or(0) } else { place };
        packets.push(captured(step, time)?);
        let before = steps.get(packets.len().wrapping_sub(2));
        let changed = before
            .is_none_or(|before| before.configuration.to_ecs() != step.configuration.to_ecs());
        if changed {
            snapshots.push((time, step.snapshot(case.semantics())));
        }
    }
    let setup = Setup {
        semantics: case.semantics(),
        snapshots,
        ..Setup::new(steps[0].snapshot(case.semantics()))
    }
    .with("conntrack.midstream", "evaluate");
    let replayed = setup.replay(&packets, 2);
    let number = packets.len().to_string();
    let rows = replayed.rows.lines().zip(&replayed.wants);
    let mut own = rows.filter(|(row, _)| row.split(' ').next() == Some(number.as_str()));
    let want = own.next().map_or("allow session", |(_, want)| want);
    let (verdict, decider) = want.split_once(' ').unwrap();
    Some(Want {
        verdict: verdict.to_owned(),
        decider: decider.to_owned(),
    })
}

#[test]
fn the_worked_examples_pass_packet_after_packet_in_sessions_3_8() {
    let (mut failures, mut packets, mut unasked) = (Vec::new(), 0, 0);
    for case in examples() {
        for (place, step) in case.steps.iter().enumerate() {
            packets += 1;
            match last_of(&case, &case.steps[..=place]) {
                Some(got) if got == step.want => {}
                Some(got) => failures.push(format!(
                    "{} ({}), packet {}: got {got:?}, expected {:?}",
                    case.id,
                    case.title,
                    place + 1,
                    step.want
                )),
                None => unasked += 1,
            }
        }
    }
    report(&format!(
        "corpus: sessions: {packets} packets, {unasked} of them in no capture"
    ));
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(unasked < 5, "{unasked} of {packets}");
}

#[test]
fn all_worked_examples_are_in_the_corpus() {
    let examples = examples();
    assert_eq!(examples.len(), 54);
    let sessions: Vec<String> = examples
        .into_iter()
        .filter(Case::needs_sessions)
        .map(|case| case.id)
        .collect();
    assert_eq!(sessions, ["E58", "E59", "E62", "E76", "E77", "E79"]);
}

#[test]
fn every_clause_of_sections_2_and_3_about_verdicts_has_a_case() {
    let cases = all();
    let cited = |clause: &str| {
        cases
            .iter()
            .any(|case| case.clauses.split_whitespace().any(|own| own == clause))
    };
    for clause in [
        "2.1", "2.2", "2.3.1", "2.3.4", "2.4.1", "2.4.3", "2.5.1", "2.5.2", "2.6.2", "2.6.5",
        "2.6.6", "2.7", "2.8.2", "2.9.1", "2.9.2", "3.1", "3.2.1", "3.2.2", "3.2.3", "3.3.1",
        "3.3.2", "3.3.3", "3.3.4", "3.3.5", "3.4.1", "3.4.2", "3.4.3", "3.4.4", "3.4.5", "3.5.1",
        "3.5.2", "3.5.3", "3.5.4", "3.5.5", "3.5.6", "3.5.7", "3.5.11", "3.6.1", "3.6.2", "3.6.3",
        "3.6.4", "3.6.5", "3.7.1", "3.7.2", "3.7.3", "3.7.4", "3.7.5", "3.7.6", "3.7.7", "3.9.2",
        "3.9.3", "3.9.4", "3.9.5", "3.9.6", "3.10.1",
    ] {
        assert!(cited(clause), "no case cites {clause}");
    }
}
