//! Workloads of the benchmarks, made from seeds.
//!
//! A [`Workload`] is a [`World`] with flows of one [`Traffic`]. A world is a
//! snapshot with the interfaces that receive: one in five groups, or a fleet
//! that shares group sets. [`capture`] writes flows as packets, [`config`] the
//! snapshot as ECS spells it. [`checksum`] folds answers, so that a benchmark
//! shows that every engine did the same work; [`expected`](expected()) returns
//! the committed sum.
//!
//! Not here: the benchmarks themselves (`benches/*.rs`) and any claim about
//! speed (`README.md`). Generators for tests, whose values sit as close
//! together as possible, are in `secgroup-tests`.

pub mod capture;
pub mod checksum;
pub mod config;

mod addresses;
mod expected;
mod flows;
mod frame;
mod rules;
mod workload;
mod world;

pub use expected::expected;
pub use flows::Traffic;
pub use rules::Priorities;
pub use workload::{Workload, no_answers};
pub use world::{InterfacePlan, World};

/// The seed of every committed workload.
pub const SEED: u64 = 20_261_122;

/// How many rules the swept interfaces have.
pub const RULE_COUNTS: [usize; 4] = [10, 100, 1_000, 10_000];
