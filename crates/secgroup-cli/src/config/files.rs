//! The files that `--config` names: found, read, and told which side of a plan
//! is meant.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use secgroup_import::Side;
use secgroup_replay::capture::CaptureFormat;
use secgroup_replay::input::{packing, plain};

/// The greatest size of one configuration file: 1 GiB.
const MOST_BYTES: u64 = 1 << 30;

/// How much is read before it must look like text.
const FIRST_LOOK: u64 = 64 * 1024;

/// The names of configuration files in a directory.
const ENDINGS: [&str; 4] = [".json", ".yaml", ".tf.json", ".tfstate"];

/// What follows the name of a plan, to say which side of it counts.
const SIDES: [(&str, Side); 2] = [("@before", Side::Before), ("@after", Side::After)];

/// A configuration file.
#[derive(Debug)]
pub(crate) struct ConfigFile {
    /// The name in messages.
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
    /// Which side of it counts, if it is a plan.
    pub(crate) side: Side,
}

/// Reads every file of `config`, those of a directory sorted by name; returns
/// those that could be read, and what is wrong with the others.
pub(super) fn read(config: &[PathBuf]) -> (Vec<ConfigFile>, Vec<String>) {
    let mut files = Vec::new();
    let (sided, mut problems) = sided(config);
    for (path, side) in sided {
        match bytes(&path) {
            Ok(bytes) if is_capture(&bytes) => problems.push(format!(
                "{}: a capture; expected a configuration (what is replayed stands without --config)",
                path.display()
            )),
            Ok(bytes) => files.push(ConfigFile {
                name: path.display().to_string(),
                bytes,
                side,
            }),
            Err(problem) => problems.push(format!("{}: {problem}", path.display())),
        }
    }
    (files, problems)
}

/// Tells whether a file is what the arguments behind the configuration are.
fn is_capture(bytes: &[u8]) -> bool {
    let first = bytes.first_chunk().copied();
    first.and_then(CaptureFormat::recognise).is_some()
}

/// Returns the files, those of a directory sorted by name; of a directory that is
/// none to read from, whoever reads it tells.
pub(crate) fn paths(config: &[PathBuf]) -> Vec<PathBuf> {
    let (files, _) = sided(config);
    files.into_iter().map(|(path, _)| path).collect()
}

/// Returns the files, and what is wrong with directories.
fn sided(config: &[PathBuf]) -> (Vec<(PathBuf, Side)>, Vec<String>) {
    let (mut paths, mut problems) = (Vec::new(), Vec::new());
    for path in config {
        let (path, side) = side(path);
        if !path.is_dir() {
            paths.push((path, side));
            continue;
        }
        match listed(&path) {
            Ok(inside) => paths.extend(inside.into_iter().map(|inside| (inside, side))),
            Err(wrong) => problems.extend(wrong),
        }
    }
    (paths, problems)
}

/// Splits `plan.json@before`, unless a file has that very name.
fn side(path: &Path) -> (PathBuf, Side) {
    if let Some(text) = path.to_str().filter(|_| !path.exists()) {
        for (ending, side) in SIDES {
            if let Some(file) = text.strip_suffix(ending).filter(|file| !file.is_empty()) {
                return (PathBuf::from(file), side);
            }
        }
    }
    (path.to_owned(), Side::After)
}

/// Returns the configuration files in a directory, sorted by name, or what is wrong
/// with it.
fn listed(directory: &Path) -> Result<Vec<PathBuf>, Vec<String>> {
    let listed = fs::read_dir(directory).and_then(Iterator::collect::<io::Result<Vec<_>>>);
    let entries =
        listed.map_err(|error| vec![format!("{}: {}", directory.display(), plain(&error))])?;
    let entries: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).collect();
    let mut inside = entries.clone();
    // What cannot be read is among them, to be told: a verdict without it would
    // be another one.
    inside.retain(|inside| {
        let name = inside.file_name().unwrap_or_default().to_string_lossy();
        !inside.is_dir() && ENDINGS.iter().any(|ending| name.ends_with(ending))
    });
    let special = |path: &&PathBuf| path.metadata().is_ok_and(|file| !file.is_file());
    let special: Vec<String> = inside
        .iter()
        .filter(special)
        .map(|path| {
            let path = path.display();
            format!("{path}: a pipe, socket or device; in a directory only files are read")
        })
        .collect();
    if !special.is_empty() {
        return Err(special);
    }
    let plain = |path: &PathBuf| path.to_string_lossy().ends_with(".tf.json");
    if inside.iter().any(plain) {
        // Both are one configuration, and half of one would mislead.
        let all = entries
            .iter()
            .filter(|path| path.extension().is_some_and(|end| end == "tf"));
        inside.extend(all.cloned());
    }
    inside.sort();
    if inside.is_empty() {
        let expected = ENDINGS.map(|ending| format!("*{ending}")).join(", ");
        let problem = format!(
            "{}: no file named {expected} right in it",
            directory.display()
        );
        return Err(vec![problem]);
    }
    Ok(inside)
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
    if binary && let Some(packing) = packing(&bytes) {
        return Err(packing);
    }
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
