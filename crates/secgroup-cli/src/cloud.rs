//! The simulated account that `serve` and `apply` begin with.

use std::path::{Path, PathBuf};
use std::time::Instant;

use secgroup_ecs::{Cloud, ImportOptions, ReadOptions};
use secgroup_server::StateFileError;

use crate::args::{CloudArguments, CommonArguments};
use crate::config::{
    lines, loaded, parameters, read_some, refuse_partial, translated, unknown_parameters,
};
use crate::failure::Failure;
use crate::messages;

/// Makes a cloud of snapshot files; an empty one of none. What names no time was
/// created at `now`, in seconds since the Unix epoch.
pub(crate) fn load(
    config: &[PathBuf],
    arguments: &CloudArguments,
    now: i64,
    common: CommonArguments,
) -> Result<Cloud, Failure> {
    let (flags, semantics) = arguments.flags()?;
    if config.is_empty() {
        return Ok(Cloud::new(flags, semantics));
    }
    let begun = Instant::now();
    let (files, unread) = read_some(config);
    let parameters = parameters(&arguments.param)?;
    let given: Vec<String> = parameters.iter().map(|(name, _)| name.clone()).collect();
    let translated = translated(&files, parameters, semantics.missing_reference);
    let read_options = ReadOptions {
        semantics,
        limits: flags.limits,
        two_lists: flags.two_lists,
    };
    refuse_partial(&translated, unread, &read_options, common.quiet)?;
    let options = ImportOptions {
        flags,
        semantics,
        account: arguments.account.clone(),
        region: arguments.region.clone(),
        now,
    };
    let (made, warnings) = match Cloud::import(&translated.documents(), &options) {
        Ok(imported) => (Ok(imported.cloud), imported.warnings),
        Err(refused) => (Err(refused.problems), refused.warnings),
    };
    if !common.quiet {
        let mut all = lines(&translated.warnings);
        all.extend(lines(&translated.relocate(warnings)));
        messages::warnings(&all);
    }
    let mut made =
        made.map_err(|problems| Failure::bad_input(lines(&translated.relocate(problems))))?;
    let unknown = unknown_parameters(&translated, &given);
    if !unknown.is_empty() {
        return Err(Failure::wrong_usage(unknown));
    }
    if common.verbose {
        messages::note(&loaded(&made.snapshot(), files.len(), begun.elapsed()));
    }
    Ok(made)
}

/// Makes a cloud of a state file's bytes.
pub(crate) fn restore(
    path: &Path,
    bytes: &[u8],
    arguments: &CloudArguments,
) -> Result<Cloud, Failure> {
    let (flags, semantics) = arguments.flags()?;
    Cloud::from_state(bytes, flags, semantics).map_err(|error| {
        let path = path.display();
        Failure::bad_input(vec![format!(
            "state file `{path}`: {error}; it was left as it is: move it aside to begin anew"
        )])
    })
}

/// Says what is wrong with a state file.
pub(crate) fn state_failure(error: &StateFileError) -> Failure {
    match error {
        StateFileError::Locked(_) => Failure::bad_input(vec![error.to_string()]),
        StateFileError::Io { .. } => Failure::system(error),
    }
}
