//! Workloads from a seed, for benchmarks, tests and `secgroup gen`.
//!
//! The same seed gives the same bytes on every platform: numbers come from
//! [`rng::Rng`] alone and are computed with integers, and nothing is iterated
//! in an order that a hash decides.
//!
//! - A [`Plan`] says what a snapshot shall be like: one interface, or a fleet.
//!   [`config::write`] streams it as ECS spells it; a [`World`] holds it as a
//!   snapshot, and gives flows of one [`Traffic`]. [`flow_list::write`] and
//!   [`capture::write`] stream such flows as CSV and as packets.
//! - A [`FilterPlan`] makes a set of [`Filter`]s in the manner of ClassBench,
//!   [`Headers`] draws headers that meet them, and [`trace::write`] streams
//!   those.
//!
//! Not here: files and clocks (a workload goes to an [`std::io::Write`]), and
//! what a workload is good for (`benches/README.md`). Generators for tests,
//! whose values sit as close together as possible, are in `secgroup-tests`.

pub mod capture;
pub mod config;
pub mod flow_list;
pub mod rng;
pub mod trace;

mod addresses;
mod choice;
mod filter;
mod filter_set;
mod flows;
mod frame;
mod plan;
mod rules;
mod world;

#[cfg(test)]
mod checksum;

pub use filter::{Filter, FilterProblem};
pub use filter_set::{FilterPlan, Style};
pub use flows::Traffic;
pub use plan::{Part, Plan};
pub use rules::Priorities;
pub use trace::{Aim, Drawn, Header, Headers};
pub use world::World;
