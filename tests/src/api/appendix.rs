//! The error tables of the founding pages, and which cases produce their rows.
//!
//! `data/corpus/errors/appendix.tsv` has the 167 rows. A row is produced when a
//! case gets its status, code and message from its operation; quotation marks
//! around names are dropped (5.0.4), and `%s` stands for any text. What no case
//! produces is in `unproduced.toml`, with a test that does or the reason.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use serde::Deserialize;

use super::{ErrorRow, Machine, cases, run};
use crate::program::workspace;

/// One row of an error table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its page and number: `S1.07`.
    pub name: String,
    /// The operation of the page.
    pub operation: String,
    /// The HTTP status.
    pub status: u16,
    /// The code.
    pub code: String,
    /// The message as the page has it.
    pub message: String,
}

/// Why no case produces a row.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unproduced {
    /// The rows.
    pub rows: Vec<String>,
    /// The test that produces them otherwise.
    pub test: Option<String>,
    /// The reason why nothing can.
    pub reason: Option<String>,
}

#[derive(Deserialize)]
struct Reasons {
    unproduced: Vec<Unproduced>,
}

/// Returns all rows.
///
/// # Panics
///
/// Panics when the file is not a table.
#[must_use]
pub fn rows() -> Vec<Row> {
    let path = workspace().join("data/corpus/errors/appendix.tsv");
    let text = fs::read_to_string(path).expect("the corpus has the error tables");
    let rows = text.lines().skip(1).map(|line| {
        let fields: Vec<&str> = line.split('\t').collect();
        let [name, operation, status, code, message] = fields[..] else {
            panic!("`{line}` does not have five fields");
        };
        Row {
            name: name.to_owned(),
            operation: operation.to_owned(),
            status: status.parse().expect("a status is a number"),
            code: code.to_owned(),
            message: message.to_owned(),
        }
    });
    rows.collect()
}

/// Returns why rows are not produced by cases.
///
/// # Panics
///
/// Panics when the file is malformed.
#[must_use]
pub fn unproduced() -> Vec<Unproduced> {
    let path = workspace().join("data/corpus/errors/unproduced.toml");
    let text = fs::read_to_string(path).expect("the corpus has the reasons");
    let reasons: Reasons = toml::from_str(&text).expect("the reasons are TOML");
    reasons.unproduced
}

/// Returns the cases that produce each row, by the name of the row.
#[must_use]
pub fn produced() -> BTreeMap<String, Vec<String>> {
    let rows = rows();
    let mut produced: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for case in cases() {
        let (_, errors) = run(&case, &mut Machine::new(&case.flags));
        for row in &rows {
            if errors.iter().any(|error| row.is(error)) {
                produced
                    .entry(row.name.clone())
                    .or_default()
                    .push(case.id.clone());
            }
        }
    }
    produced
}

impl Row {
    /// Tells whether an error is this row.
    #[must_use]
    pub fn is(&self, error: &ErrorRow) -> bool {
        let (message, said) = (
            self.message.replace('"', ""),
            error.message.replace('"', ""),
        );
        let same_words = match message.split_once("%s") {
            None => said == message,
            Some((before, after)) => {
                said.len() > before.len() + after.len()
                    && said.starts_with(before)
                    && said.ends_with(after)
            }
        };
        let same_code = self.status == error.status && self.code == error.code;
        self.operation == error.action && same_code && same_words
    }
}

/// Writes the table of `docs/errors.md`.
#[must_use]
pub fn table() -> String {
    let produced = produced();
    let reasons = unproduced();
    let mut text = String::from(
        "| row | operation | status | code | message | produced by, or why not |\n\
         |---|---|---|---|---|---|\n",
    );
    for row in rows() {
        let how = match produced.get(&row.name) {
            Some(cases) => {
                let first: Vec<String> = cases
                    .iter()
                    .take(2)
                    .map(|case| format!("case {case}"))
                    .collect();
                first.join(", ")
            }
            None => match reasons.iter().find(|one| one.rows.contains(&row.name)) {
                Some(Unproduced {
                    test: Some(test), ..
                }) => format!("test `{test}`"),
                Some(Unproduced {
                    reason: Some(reason),
                    ..
                }) => format!("not produced: {reason}"),
                Some(_) | None => "**missing**".to_owned(),
            },
        };
        let Row {
            name,
            operation,
            status,
            code,
            message,
        } = row;
        let message = message.replace('|', "\\|");
        writeln!(
            text,
            "| {name} | {operation} | {status} | `{code}` | {message} | {how} |"
        )
        .expect("writing to a string cannot fail");
    }
    text
}
