//! What holds for every snapshot and flow, whatever its rules are.
//!
//! Each property changes a generated world in one way and compares what the
//! reference decides about flows on the edges of its rules, before and after.
//! A property whose change never mattered would prove nothing, so each run
//! also counts how often it did.

mod changes;
mod following;
mod questions;
