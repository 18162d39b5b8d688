//! Workloads of the benchmarks, and the answers they must get.
//!
//! A [`Workload`] is a [`World`](secgroup_gen::World) of `secgroup-gen` with
//! flows of one [`Traffic`](secgroup_gen::Traffic). [`checksum`] folds answers,
//! so that a benchmark shows that every engine did the same work;
//! [`expected`](expected()) returns the committed sum.
//!
//! Not here: the benchmarks themselves (`benches/*.rs`), any claim about speed
//! (`README.md`), and how workloads are made (`secgroup-gen`).

pub mod checksum;

mod expected;
mod workload;

pub use expected::expected;
pub use workload::{Workload, no_answers};

/// The seed of every committed workload.
pub const SEED: u64 = 20_261_122;

/// How many rules the swept interfaces have.
pub const RULE_COUNTS: [usize; 4] = [10, 100, 1_000, 10_000];
