//! The API corpus, through the state machine.

use std::collections::BTreeSet;

use secgroup_tests::api::appendix::{self, Row};
use secgroup_tests::api::{Machine, cases, run, world};
use secgroup_tests::program::report;

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
    let Some(data) = secgroup_tests::program::shared("data") else {
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
