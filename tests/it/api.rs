//! The API corpus, through the state machine, the endpoint and `apply`.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use secgroup_tests::api::appendix::{self, Row};
use secgroup_tests::api::{ACCOUNT, ApiCase, Endpoint, Machine, cases, run, world};
use secgroup_tests::program::{report, shared};
use serde_json::Value;

#[test]
fn the_state_machine_passes_the_api_corpus() {
    let mut wrong = Vec::new();
    for case in cases() {
        let (problems, _) = run(&case, &mut Machine::new(&case.flags));
        wrong.extend(problems);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_endpoint_passes_the_api_corpus() {
    let mut wrong = Vec::new();
    for case in cases() {
        let (problems, _) = run(&case, &mut Endpoint::new(&case.flags));
        wrong.extend(problems);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Makes the calls of a case with `secgroup apply`; returns its answers.
fn apply(case: &ApiCase, folder: &Path) -> Vec<Value> {
    let (world, calls) = (folder.join("world.json"), folder.join("calls.jsonl"));
    std::fs::write(&world, secgroup_tests::api::world()).unwrap();
    let mut lines = String::new();
    for step in &case.steps {
        let parameters = step.parameters.iter();
        let mut call: serde_json::Map<String, Value> = parameters
            .map(|(name, value)| (name.clone(), value.as_str().into()))
            .collect();
        call.insert("Action".to_owned(), step.action.as_str().into());
        writeln!(lines, "{}", Value::Object(call)).unwrap();
    }
    std::fs::write(&calls, lines).unwrap();
    let mut command = Command::new(secgroup_tests::program::program());
    command.args([
        "apply",
        "--quiet",
        "--format",
        "jsonl",
        "--account",
        ACCOUNT,
    ]);
    command.arg("--config").arg(world).arg(calls);
    for flag in &case.flags {
        command.args(["--set", flag]);
    }
    let output = command.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let answers = text.lines().map(|line| serde_json::from_str(line).unwrap());
    let answers: Vec<Value> = answers.collect();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(answers.len(), case.steps.len(), "{}: {said}", case.id);
    let failed = answers.iter().any(|answer| answer["status"] != 200);
    assert_eq!(
        output.status.code(),
        Some(i32::from(failed)),
        "{}: {said}",
        case.id
    );
    answers
}

#[test]
fn apply_passes_the_api_corpus() {
    let folder = tempfile::tempdir().unwrap();
    let mut wrong = Vec::new();
    for case in cases() {
        for (step, answer) in case.steps.iter().zip(apply(&case, folder.path())) {
            let status = u16::try_from(answer["status"].as_u64().unwrap()).unwrap();
            if let Err(what) = step.check(status, &answer["answer"]) {
                wrong.push(format!("{}: {}: {what}", case.id, step.text));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn all_worked_api_examples_are_in_the_corpus_7_2() {
    let ids: BTreeSet<String> = cases().into_iter().map(|case| case.id).collect();
    let numbers = [
        1, 2, 4, 5, 7, 8, 10, 11, 13, 14, 16, 17, 19, 20, 22, 23, 25, 26, 28, 29, 31, 32, 34, 35,
        37, 38, 40, 41, 43, 44, 46, 47, 49, 50, 52, 53, 55, 56, 58, 59, 61, 62, 64,
    ];
    for number in numbers {
        assert!(
            ids.contains(&format!("A{number:02}")),
            "A{number:02} is missing"
        );
    }
}

#[test]
fn a_state_comes_back_as_it_was_written() {
    let machine = Machine::new(&[]);
    let first = machine.cloud.to_state();
    let flags = secgroup_ecs::ApiFlags::default();
    let again =
        secgroup_ecs::Cloud::from_state(&first, flags, secgroup_model::Semantics::default());
    assert_eq!(again.unwrap().to_state(), first);
    assert!(world().contains("SecgroupState"));
}

/// The table in `docs/errors.md`, without what stands before it.
fn documented_table() -> String {
    let path = secgroup_tests::program::workspace().join("docs/errors.md");
    let text = std::fs::read_to_string(path).unwrap();
    let at = text.find("| row |").unwrap();
    text[at..].to_owned()
}

#[test]
fn every_row_of_the_error_tables_is_produced_or_has_a_reason() {
    let table = appendix::table();
    assert_eq!(table.lines().count(), 2 + 167);
    assert!(!table.contains("**missing**"), "a row has neither");
    let produced = table
        .lines()
        .filter(|line| !line.contains("| not produced: "))
        .count()
        - 2;
    report(&format!(
        "error tables: {produced} of 167 rows are produced"
    ));
    assert!(produced >= 120, "only {produced} rows are produced");
    assert!(
        documented_table() == table,
        "docs/errors.md is not what `cargo run -p secgroup-tests --bin error-table` prints"
    );
}

/// Every page of the API has messages of its own. The tables of all pages are
/// in the shared material; without it nothing is tested.
#[test]
fn an_error_has_a_message_of_the_page_of_its_operation_5_0_4() {
    let Some(path) = shared("data").map(|folder| folder.join("errors.tsv")) else {
        return;
    };
    let table = std::fs::read_to_string(path).unwrap();
    let rows = table.lines().skip(1).map(|line| {
        let fields: Vec<&str> = line.split('\t').collect();
        Row {
            name: fields[0].to_owned(),
            operation: fields[1].to_owned(),
            status: fields[2].parse().unwrap(),
            code: fields[3].to_owned(),
            message: fields[4].to_owned(),
        }
    });
    let rows: Vec<Row> = rows.collect();
    let (mut compared, mut wrong) = (0, Vec::new());
    for case in cases() {
        let (_, errors) = run(&case, &mut Machine::new(&case.flags));
        for error in errors {
            let about = |row: &&Row| {
                row.operation == error.action
                    && row.code == error.code
                    && row.status == error.status
            };
            let known: Vec<&Row> = rows.iter().filter(about).collect();
            compared += usize::from(!known.is_empty());
            // "The empty string for flat parameters" (5.0.3).
            let flat = |row: &Row| row.message.replace("%s", "") == error.message;
            // The pages of the profile have no rule ids, and no words for them (5.4.5).
            let of_profile = error.message.contains("profile=seed");
            let same = known.iter().any(|row| row.is(&error) || flat(row));
            if !known.is_empty() && !same && !of_profile {
                wrong.push(format!("{}: {error:?}", case.id));
            }
        }
    }
    assert!(compared >= 150, "only {compared} messages were compared");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_row_is_both_produced_by_a_case_and_excused() {
    let produced = appendix::produced();
    for reason in appendix::unproduced() {
        for row in &reason.rows {
            assert!(!produced.contains_key(row), "{row} is produced by a case");
        }
        assert!(
            reason.test.is_some() != reason.reason.is_some(),
            "{:?}",
            reason.rows
        );
    }
}

#[test]
fn the_error_tables_are_those_of_the_specification() {
    let Some(data) = shared("data") else {
        report("error tables: not compared with the specification, which is not here");
        return;
    };
    let text = std::fs::read_to_string(data.join("errors.tsv")).unwrap();
    let theirs = text.lines().filter(|line| line.starts_with("seed:"));
    let theirs: Vec<String> = theirs
        .map(|line| line.split_once('\t').unwrap().1.to_owned())
        .collect();
    let ours = appendix::rows().into_iter().map(|row| {
        let Row {
            operation,
            status,
            code,
            message,
            ..
        } = row;
        format!("{operation}\t{status}\t{code}\t{message}")
    });
    assert_eq!(ours.collect::<Vec<_>>(), theirs);
}
