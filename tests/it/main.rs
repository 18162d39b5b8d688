//! Tests that span crates.

mod differential;
