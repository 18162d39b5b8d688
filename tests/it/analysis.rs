//! Answers about all flows against the reference, flow by flow.
//!
//! On toy snapshots every flow that can make a difference is judged by
//! `evaluate`, and every answer of the analysis must be what comes out. The
//! ordinary run takes some seeds; `SECGROUP_TOYS=1000` takes as many as it says.

mod changes;
mod edits;
mod exact;
mod forms;
mod lints;
mod program;
mod solver;
mod traffic;
mod wording;

use secgroup_model::{Evaluation, Flow, Query, evaluate};
use secgroup_tests::toys::Toy;

/// Returns how many seeds are tried.
fn seeds(ordinary: u64) -> u64 {
    let wanted = std::env::var("SECGROUP_TOYS").ok();
    wanted
        .and_then(|text| text.parse().ok())
        .unwrap_or(ordinary)
}

/// Judges a flow of a toy.
fn judge(toy: &Toy, flow: &Flow) -> Evaluation {
    evaluate(&toy.snapshot, &toy.semantics, &Query::from(*flow)).unwrap()
}
