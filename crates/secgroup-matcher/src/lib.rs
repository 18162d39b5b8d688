//! A snapshot of security groups, compiled for speed.
//!
//! [`Matcher::compile`] lowers a snapshot to *policies*: one for each distinct
//! set of groups, direction and NIC, shared by all interfaces that have it.
//! Group references become member addresses, prefix lists become prefixes,
//! priority and drop-before-accept become one number, and each protocol gets a
//! table of its own. [`Matcher::decide`] then answers batches of flows without
//! allocating. How a table finds the deciding rule is the choice of an
//! [`Engine`]; all of them give the same answers.
//!
//! This crate never calls the reference evaluator of `secgroup-model`, so that
//! the two can be compared. It knows no captures and no files; those are in
//! `secgroup-replay`.

mod address;
mod answer;
pub mod classifier;
mod engine;
mod lower;
mod matcher;
mod owners;
mod peers;
mod platform;
mod policy;
mod precedence;
mod table;

pub use address::Address;
pub use answer::{Answer, Side, Sides};
pub use engine::{Engine, UnknownEngine};
pub use matcher::Matcher;
