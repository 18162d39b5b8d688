//! Support for the tests that span crates: generators and the corpus.

pub mod demo;
pub mod differential;
pub mod flows;
pub mod rng;
pub mod worlds;
