//! Arguments of `convert`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::ConfigArguments;

/// Arguments of `convert`.
#[derive(Debug, Args)]
#[command(after_help = "\
What cannot be modelled is listed on standard error. The result decides every
flow as the input does, and keeps the ids of rules; rules without an id are
numbered anew in YAML, ingress first.

Examples:
  secgroup convert --config data/demo/fleet.json --to yaml
  secgroup convert --config data/imports/shop/plan.json --to json")]
pub(crate) struct ConvertArguments {
    #[command(flatten)]
    pub(crate) config: ConfigArguments,
    /// The form of the result: ECS's own JSON, or the short form for fleets.
    #[arg(long, value_enum, default_value_t = Target::Json)]
    pub(crate) to: Target,
    /// Write the result to a file instead of standard output.
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

/// Forms of configurations that are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Target {
    /// ECS's answers, merged: what every command reads.
    Json,
    /// Short YAML for people.
    Yaml,
}
