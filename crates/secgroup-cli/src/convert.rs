//! `secgroup convert`: configurations of any format, in one of ours.

use secgroup_import::{to_json, to_yaml};

use crate::args::{ConvertArguments, Target};
use crate::config::Config;
use crate::failure::{Exit, Failure};
use crate::output::Output;

/// Reads the configuration and writes it.
pub(crate) fn run(arguments: &ConvertArguments) -> Result<Exit, Failure> {
    let output = Output::beside(&arguments.config, &[], arguments.output.as_deref())?;
    let config = Config::load_with_details(&arguments.config)?;
    let text = match arguments.to {
        Target::Json => to_json(&config.snapshot, &config.labels),
        Target::Yaml => to_yaml(&config.snapshot, &config.labels),
    };
    output.finish_with(text.as_bytes())?;
    Ok(Exit::Done)
}
