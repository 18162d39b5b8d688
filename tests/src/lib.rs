//! Support for the tests that span crates: generators and the corpus.

#![expect(
    clippy::panic,
    reason = "support of tests: a malformed case must stop the test that uses it"
)]

pub mod api;
pub mod corpus;
pub mod demo;
pub mod differential;
pub mod flows;
pub mod packets;
pub mod program;
pub mod replayed;
pub mod toys;
pub mod worlds;
pub mod written;

pub use secgroup_gen::rng;
