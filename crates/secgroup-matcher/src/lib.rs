//! A snapshot of security groups, compiled for speed.
//!
//! [`Matcher::compile`] lowers a snapshot to *policies*: one for each distinct
//! set of groups, direction and NIC, shared by all interfaces that have it.
//! Group references become member addresses, prefix lists become prefixes, and
//! priority and drop-before-accept become one number. What is left is a list of
//! filters over five fields, the first that matches decides: a [`classifier`],
//! or for the other engines a table for each protocol. [`Matcher::decide`] then
//! answers batches of flows without allocating. How the deciding rule is found
//! is the choice of an [`Engine`]; all of them give the same answers.
//!
//! This crate never calls the reference evaluator of `secgroup-model`, so that
//! the two can be compared. It knows no captures and no files; those are in
//! `secgroup-replay`.

mod address;
mod answer;
pub mod classifier;
mod engine;
mod filter_list;
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
pub use classifier::{fetch_soon, in_large_pages, list_in_large_pages};
pub use engine::{Engine, UnknownEngine};
pub use filter_list::{ListedFilter, filter_list};
pub use matcher::{Found, Matcher};
