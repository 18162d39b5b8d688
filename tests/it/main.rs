//! Tests that span crates.

mod corpus;
mod differential;
