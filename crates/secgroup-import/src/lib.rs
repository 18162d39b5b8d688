//! Configurations that ECS did not write, put into its form.
//!
//! Terraform states and plans (6.2), ROS templates (6.3), exported Pulumi
//! stacks (6.4), and a short form for fleets written by hand become ECS's
//! answers, which [`secgroup_ecs::read()`] reads like its own: there is one
//! grammar of rules. What that finds is told with the place in the file that
//! was given, and in the words of its format.
//!
//! It knows nothing of files on disk, nor of what a rule means. The steps:
//!
//! 1. `form` finds out what a document is; `json` and `yaml` make a tree of
//!    it, in which every value has its place;
//! 2. `terraform`, `pulumi`, `ros` and `own` put what they understand into a
//!    `fleet`, and say what they do not;
//! 3. the fleet becomes rows of answers (`row`), which find the place of
//!    everything again.

mod answers;
mod console;
mod findings;
mod fleet;
mod form;
mod json;
mod own;
mod pulumi;
mod ros;
mod row;
mod slip;
mod terraform;
mod translated;
mod value;
mod write;
mod yaml;

use secgroup_model::MissingReference;

pub use json::MAX_JSON_BYTES;
pub use ros::{MAX_BLOCKS, MAX_FUNCTIONS, MAX_TEXT};
pub use terraform::{MAX_REFERENCE_STEPS, MAX_VALUES};
pub use translated::{Translated, translate};
pub use write::{to_json, to_yaml};
pub use yaml::{MAX_YAML_BYTES, MAX_YAML_VALUES};

/// The bytes of one file, with the name it has in messages.
#[derive(Clone, Copy, Debug)]
pub struct File<'a> {
    /// The name, such as the path on disk.
    pub name: &'a str,
    /// What is in it.
    pub bytes: &'a [u8],
    /// Which side of it counts, if it is a plan.
    pub side: Side,
}

/// The two configurations that a plan holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Side {
    /// What there is before it is applied.
    Before,
    /// What there will be.
    #[default]
    After,
}

/// What a translation may decide differently.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Values of the parameters of templates, by name; the last one counts.
    pub parameters: Vec<(String, String)>,
    /// What to do with a rule whose peer is not known yet (3.6.5).
    pub missing_reference: MissingReference,
}

/// Returns the names of the fields of a part of a fleet file: `file`, `group`,
/// `rule`, `peer`, `interface`, `timers`, `prefix list` or `port list`.
#[must_use]
pub fn fields(part: &str) -> &'static [&'static str] {
    use own::names;
    match part {
        "file" => &names::FILE,
        "group" => &names::GROUP,
        "rule" => &names::RULE,
        "peer" => &names::PEER,
        "interface" => &names::INTERFACE,
        "timers" => &names::TIMERS,
        "prefix list" => &names::PREFIX_LIST,
        "port list" => &names::PORT_LIST,
        _ => &[],
    }
}
