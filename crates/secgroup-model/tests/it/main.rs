//! The public API of the model, judged by hand-written situations.
//!
//! What must hold for every snapshot is in `tests/it/properties.rs` of the
//! workspace, and the worked examples are in `data/corpus`.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what fails in a helper fails the test that called it"
)]

mod combination;
mod edits;
mod explanation;
mod notes;
mod open_fields;
mod owners;
mod platform;
mod problems;
mod reported_rule;
mod sharing;
mod situation;
mod texts;
mod unchanged;
mod warnings;
