//! `secgroup convert`: configurations of any format, in one of ours.

use std::io::Write;
use std::path::{Path, PathBuf};

use secgroup_import::{to_json, to_yaml};

use crate::args::{ConvertArguments, Target};
use crate::config::Config;
use crate::failure::{Exit, Failure};
use crate::output::{Output, refuse_overwriting};

/// Reads the configuration and writes it.
pub(crate) fn run(arguments: &ConvertArguments) -> Result<Exit, Failure> {
    if arguments.config.standard_inputs() > 1 {
        let message = "standard input (-) can be read once only".to_owned();
        return Err(Failure::usage(message));
    }
    let files = arguments.config.paths()?;
    let read: Vec<&Path> = files.iter().map(PathBuf::as_path).collect();
    let written = arguments.output.as_deref().map(|path| ("--output", path));
    let written: Vec<(&str, &Path)> = written.into_iter().collect();
    refuse_overwriting(&read, &written, false)?;
    let mut output = Output::open(arguments.output.as_deref())?;
    let config = Config::load(&arguments.config)?;
    let text = match arguments.to {
        Target::Json => to_json(&config.snapshot),
        Target::Yaml => to_yaml(&config.snapshot),
    };
    let written = output.write_all(text.as_bytes());
    written.map_err(|error| output.failure(&error))?;
    output.finish()?;
    Ok(Exit::Done)
}
