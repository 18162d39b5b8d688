//! What other formats become, and what is said about what cannot become anything.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what fails in a helper fails the test that called it"
)]
#![expect(
    clippy::needless_pass_by_value,
    reason = "`json!` at the place of a call reads better than a reference to it"
)]

mod abuse;
mod answers;
mod configurations;
mod console;
mod convert;
mod own;
mod plans;
mod ros;
mod shop;
mod states;

use secgroup_ecs::ReadOptions;
use secgroup_import::{File, Options, Side, translate};
use secgroup_model::{MissingReference, Semantics, Snapshot};

/// A snapshot with what was said on the way to it.
#[derive(Debug)]
struct Imported {
    result: Result<Snapshot, Vec<String>>,
    warnings: Vec<String>,
}

/// What a test may decide differently.
#[derive(Clone, Debug, Default)]
struct How {
    side: Side,
    parameters: Vec<(String, String)>,
    missing: MissingReference,
}

/// Reads files, name and text each.
fn import(files: &[(&str, &str)], how: &How) -> Imported {
    let files: Vec<File<'_>> = files
        .iter()
        .map(|(name, text)| File {
            name,
            bytes: text.as_bytes(),
            side: how.side,
        })
        .collect();
    let options = Options {
        parameters: how.parameters.clone(),
        missing_reference: how.missing,
    };
    let read_options = ReadOptions {
        semantics: Semantics {
            missing_reference: how.missing,
            ..Semantics::default()
        },
        ..ReadOptions::default()
    };
    let translated = translate(&files, &options);
    let lines = |found: Vec<secgroup_ecs::Located>| -> Vec<String> {
        found.iter().map(ToString::to_string).collect()
    };
    let mut warnings = lines(translated.warnings.clone());
    if !translated.problems.is_empty() {
        let part = secgroup_ecs::problems_of_part(&translated.documents(), &read_options);
        let mut problems = translated.problems.clone();
        problems.extend(part.problems);
        return Imported {
            result: Err(lines(translated.relocate(problems))),
            warnings,
        };
    }
    let (result, more) = match secgroup_ecs::read(&translated.documents(), &read_options) {
        Ok(read) => (Ok(read.snapshot), read.warnings),
        Err(refused) => (
            Err(lines(translated.relocate(refused.problems))),
            refused.warnings,
        ),
    };
    warnings.extend(lines(translated.relocate(more)));
    Imported { result, warnings }
}

/// Reads one file that must make a snapshot.
fn good(name: &str, text: &str) -> (Snapshot, Vec<String>) {
    let Imported { result, warnings } = import(&[(name, text)], &How::default());
    (
        result.unwrap_or_else(|problems| panic!("{problems:#?}")),
        warnings,
    )
}

/// Reads one file that must make none, and returns the problems.
fn bad(name: &str, text: &str) -> Vec<String> {
    let imported = import(&[(name, text)], &How::default());
    match imported.result {
        Ok(_) => panic!("accepted with {:#?}", imported.warnings),
        Err(problems) => problems,
    }
}

/// Reads a file of the samples.
fn sample(path: &str) -> String {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/imports/");
    std::fs::read_to_string(format!("{root}{path}")).unwrap()
}

/// Asserts that one of some lines has a text in it.
#[track_caller]
pub(crate) fn assert_says(lines: &[String], text: &str) {
    let says = lines.iter().any(|line| line.contains(text));
    assert!(says, "no line has `{text}`: {lines:#?}");
}

/// Asserts that one of several lines is this.
fn assert_has(lines: &[String], wanted: &str) {
    assert!(
        lines.iter().any(|line| line == wanted),
        "{wanted}\nis not among {lines:#?}"
    );
}
