//! Reading the API corpus.

use std::fs;
use std::path::PathBuf;

use serde::Deserialize;

use super::Step;
use crate::program::workspace;

/// One case.
#[derive(Clone, Debug)]
pub struct ApiCase {
    /// Its name; that of the worked example where it is one.
    pub id: String,
    /// The clauses it comes from.
    pub clauses: String,
    /// The rows of the error tables that it produces, such as `S1 OperationDenied`.
    pub rows: Vec<String>,
    /// Flags as `NAME=VALUE`.
    pub flags: Vec<String>,
    /// The calls, in order.
    pub steps: Vec<Step>,
}

#[derive(Deserialize)]
struct File {
    case: Vec<Written>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    id: String,
    clauses: String,
    #[serde(default)]
    rows: Vec<String>,
    #[serde(default)]
    flags: Vec<String>,
    steps: Vec<String>,
}

fn folder() -> PathBuf {
    workspace().join("data/corpus/api")
}

/// Returns the world in which the cases begin: a state file.
///
/// # Panics
///
/// Panics when the file is missing.
#[must_use]
pub fn world() -> String {
    fs::read_to_string(folder().join("world.json")).expect("the corpus has a world")
}

/// Returns every case of every file, by file name and position.
///
/// # Panics
///
/// Panics when a file cannot be read, naming the case.
#[must_use]
pub fn cases() -> Vec<ApiCase> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder())
        .expect("the corpus is a folder")
        .map(|entry| entry.expect("a folder can be listed").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
        .collect();
    paths.sort();
    let mut cases = Vec::new();
    for path in paths {
        let text = fs::read_to_string(&path).expect("a listed file can be read");
        let file: File =
            toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        cases.extend(file.case.into_iter().map(case));
    }
    cases
}

fn case(written: Written) -> ApiCase {
    let id = written.id;
    let steps = written
        .steps
        .iter()
        .flat_map(|text| Step::read(text).unwrap_or_else(|error| panic!("{id}: {text}: {error}")));
    ApiCase {
        steps: steps.collect(),
        clauses: written.clauses,
        rows: written.rows,
        flags: written.flags,
        id,
    }
}
