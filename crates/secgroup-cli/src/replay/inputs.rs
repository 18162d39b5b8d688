//! The inputs that the command line names, those of directories among them.
//!
//! A directory stands for the files in it and below it, sorted by path. Names
//! that begin with a dot are left out, and so is what is no file; symbolic links
//! to directories are not followed, so there is no circle. What else turns out
//! to be no input is passed over when it is opened, with a warning.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use secgroup_replay::input::plain;
use secgroup_replay::{Location, Source};

/// How deep directories are looked into.
const MOST_DEPTH: usize = 32;

/// Something to read, and whether it was found rather than named.
#[derive(Clone, Debug)]
pub(crate) struct Input {
    pub(crate) path: PathBuf,
    found: bool,
}

impl Input {
    /// Returns the source of its records.
    pub(crate) fn source(&self) -> Source {
        Source {
            found: self.found,
            ..Source::at(location(&self.path))
        }
    }
}

/// Returns what is to be read, in order, and what is wrong with directories.
pub(crate) fn listed(named: &[PathBuf]) -> (Vec<Input>, Vec<String>) {
    let (mut inputs, mut problems) = (Vec::new(), Vec::new());
    for path in named {
        if !path.is_dir() {
            inputs.push(Input {
                path: path.clone(),
                found: false,
            });
            continue;
        }
        let before = inputs.len();
        if let Err(problem) = list(path, MOST_DEPTH, &mut inputs) {
            problems.push(problem);
        } else if inputs.len() == before {
            let problem = "no file in it or below (names that begin with a dot are left out)";
            problems.push(refused(path, problem));
        }
    }
    (inputs, problems)
}

/// Adds the files of a directory.
fn list(directory: &Path, depth: usize, inputs: &mut Vec<Input>) -> Result<(), String> {
    if depth == 0 {
        let problem = format!("more than {MOST_DEPTH} directories below each other");
        return Err(refused(directory, &problem));
    }
    let failed = |error: io::Error| refused(directory, &plain(&error));
    let entries = fs::read_dir(directory).and_then(Iterator::collect::<io::Result<Vec<_>>>);
    let mut entries = entries.map_err(failed)?;
    entries.retain(|entry| !entry.file_name().to_string_lossy().starts_with('.'));
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        if entry.file_type().map_err(failed)?.is_dir() {
            list(&path, depth - 1, inputs)?;
        } else if path.is_file() {
            inputs.push(Input { path, found: true });
        }
    }
    Ok(())
}

fn refused(path: &Path, problem: &str) -> String {
    format!("{}: {problem}", path.display())
}

/// Returns where the records of a path are.
pub(super) fn location(path: &Path) -> Location {
    if path.as_os_str() == "-" {
        Location::StandardInput
    } else {
        Location::Path(path.to_owned())
    }
}
