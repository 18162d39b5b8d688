//! Snapshots written out: in ECS's own form, or in the short form for fleets.
//!
//! What decides about traffic is written, and what names it: ids, names of
//! groups and lists, descriptions, times and accounts of rules; and what else
//! describes, where labels have its details. Read again, it gives the same answers
//! to every question, with the same names.

mod ecs;
mod own;
mod rule;
mod tree;

use secgroup_ecs::Labels;
use secgroup_model::Snapshot;

/// Writes a snapshot as one document in the form of ECS's answers.
#[must_use]
pub fn to_json(snapshot: &Snapshot, labels: &Labels) -> String {
    let mut text = serde_json::to_string_pretty(&ecs::document(snapshot, labels))
        .expect("maps with text keys and texts are JSON");
    text.push('\n');
    text
}

/// Writes a snapshot as a fleet file, one line a rule.
#[must_use]
pub fn to_yaml(snapshot: &Snapshot, labels: &Labels) -> String {
    let options = serde_saphyr::ser_options! {
        prefer_block_scalars: false,
        yaml_12: false,
    };
    serde_saphyr::to_string_with_options(&own::document(snapshot, labels), options)
        .expect("maps with text keys and texts are YAML")
}
