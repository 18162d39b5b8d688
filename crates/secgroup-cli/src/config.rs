//! The snapshot that `--config` names.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use secgroup_ecs::{Document, ReadOptions, read};
use secgroup_model::{Semantics, Snapshot};
use secgroup_replay::input::plain;

use crate::args::{ConfigArguments, Limits};
use crate::failure::Failure;
use crate::messages;

/// The greatest size of one configuration file: 1 GiB.
const MOST_BYTES: u64 = 1 << 30;

/// How much is read before it must look like text.
const FIRST_LOOK: u64 = 64 * 1024;

/// The names of configuration files in a directory.
const ENDINGS: [&str; 4] = [".json", ".yaml", ".tf.json", ".tfstate"];

/// What decides, as the command line says it.
#[derive(Debug)]
pub(crate) struct Config {
    /// The snapshot.
    pub(crate) snapshot: Snapshot,
    /// The flags.
    pub(crate) semantics: Semantics,
}

impl Config {
    /// Reads everything, or says everything that is wrong with it.
    pub(crate) fn load(arguments: &ConfigArguments) -> Result<Self, Failure> {
        let semantics = arguments.semantics()?;
        Self::read(
            &arguments.config,
            semantics,
            arguments.limits,
            arguments.quiet,
        )
    }

    /// Reads files under the usual flags, without a word about what is odd.
    pub(crate) fn of_files(files: &[PathBuf], limits: Limits) -> Result<Self, Failure> {
        Self::read(files, Semantics::default(), limits, true)
    }

    /// Reads files under the given flags, or says everything that is wrong.
    pub(crate) fn read(
        config: &[PathBuf],
        semantics: Semantics,
        limits: Limits,
        quiet: bool,
    ) -> Result<Self, Failure> {
        let files = read_all(config)?;
        let documents = documents(&files);
        let options = ReadOptions {
            semantics,
            limits: limits.into(),
        };
        let lines = |found: &[secgroup_ecs::Located]| -> Vec<String> {
            found.iter().map(ToString::to_string).collect()
        };
        match read(&documents, &options) {
            Ok(read) => {
                if !quiet {
                    messages::warnings(&lines(&read.warnings));
                }
                Ok(Self {
                    snapshot: read.snapshot,
                    semantics,
                })
            }
            Err(refused) => {
                if !quiet {
                    messages::warnings(&lines(&refused.warnings));
                }
                Err(Failure::bad_input(lines(&refused.problems)))
            }
        }
    }
}

impl ConfigArguments {
    /// Returns the files, those of a directory sorted by name.
    pub(crate) fn paths(&self) -> Result<Vec<PathBuf>, Failure> {
        paths(&self.config)
    }
}

/// Reads every file of `config`, those of a directory sorted by name.
pub(crate) fn read_all(config: &[PathBuf]) -> Result<Vec<(String, Vec<u8>)>, Failure> {
    let (mut files, mut problems) = (Vec::new(), Vec::new());
    for path in paths(config)? {
        match bytes(&path) {
            Ok(bytes) => files.push((path.display().to_string(), bytes)),
            Err(problem) => problems.push(format!("{}: {problem}", path.display())),
        }
    }
    if problems.is_empty() {
        Ok(files)
    } else {
        Err(Failure::bad_input(problems))
    }
}

/// Returns files as documents to be read.
pub(crate) fn documents(files: &[(String, Vec<u8>)]) -> Vec<Document<'_>> {
    let files = files.iter();
    files
        .map(|(name, bytes)| Document { name, bytes })
        .collect()
}

/// Returns the files, those of a directory sorted by name.
pub(crate) fn paths(config: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut paths = Vec::new();
    for path in config {
        if !path.is_dir() {
            paths.push(path.clone());
            continue;
        }
        let listed = fs::read_dir(path).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        let entries = listed.map_err(|error| {
            Failure::bad_input(vec![format!("{}: {}", path.display(), plain(&error))])
        })?;
        let mut inside: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).collect();
        inside.retain(|inside| {
            let name = inside.file_name().unwrap_or_default().to_string_lossy();
            inside.is_file() && ENDINGS.iter().any(|ending| name.ends_with(ending))
        });
        inside.sort();
        if inside.is_empty() {
            let expected = ENDINGS.map(|ending| format!("*{ending}")).join(", ");
            let problem = format!("{}: no file named {expected}", path.display());
            return Err(Failure::bad_input(vec![problem]));
        }
        paths.extend(inside);
    }
    Ok(paths)
}

/// Reads a file, or standard input for `-`.
pub(crate) fn bytes(path: &Path) -> Result<Vec<u8>, String> {
    if path == Path::new("-") {
        return all(io::stdin().lock());
    }
    all(File::open(path).map_err(|error| plain(&error))?)
}

/// Reads to the end, unless what comes first shows that there is no point.
fn all(reader: impl Read) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let mut reader = reader.take(MOST_BYTES + 1);
    let read = |error: io::Error| plain(&error);
    reader
        .by_ref()
        .take(16)
        .read_to_end(&mut bytes)
        .map_err(read)?;
    if bytes.iter().all(|byte| *byte == 0) && !bytes.is_empty() {
        return Err("starts with zero bytes; expected text".to_owned());
    }
    reader
        .by_ref()
        .take(FIRST_LOOK)
        .read_to_end(&mut bytes)
        .map_err(read)?;
    let utf16 = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
    let binary = std::str::from_utf8(&bytes).is_err_and(|error| error.error_len().is_some());
    if binary && !utf16 {
        // What is wrong is in there already; the rest may have no end.
        return Ok(bytes);
    }
    reader.read_to_end(&mut bytes).map_err(read)?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(format!("larger than the limit of {} MiB", MOST_BYTES >> 20));
    }
    Ok(bytes)
}
