//! The simulated account that `serve` and `apply` begin with.

use std::path::{Path, PathBuf};

use secgroup_ecs::{Cloud, ImportOptions};
use secgroup_server::StateFileError;

use crate::args::CloudArguments;
use crate::config::{documents, read_all};
use crate::failure::Failure;
use crate::messages;

/// Makes a cloud of snapshot files; an empty one of none. What names no time was
/// created at `now`, in seconds since the Unix epoch.
pub(crate) fn load(
    config: &[PathBuf],
    arguments: &CloudArguments,
    now: i64,
    quiet: bool,
) -> Result<Cloud, Failure> {
    let (flags, semantics) = arguments.flags()?;
    if config.is_empty() {
        return Ok(Cloud::new(flags, semantics));
    }
    let files = read_all(config)?;
    let options = ImportOptions {
        flags,
        semantics,
        account: arguments.account.clone(),
        region: arguments.region.clone(),
        now,
    };
    let lines = |found: &[secgroup_ecs::Located]| -> Vec<String> {
        found.iter().map(ToString::to_string).collect()
    };
    match Cloud::import(&documents(&files), &options) {
        Ok(imported) => {
            if !quiet {
                messages::warnings(&lines(&imported.warnings));
            }
            Ok(imported.cloud)
        }
        Err(refused) => {
            if !quiet {
                messages::warnings(&lines(&refused.warnings));
            }
            Err(Failure::bad_input(lines(&refused.problems)))
        }
    }
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
