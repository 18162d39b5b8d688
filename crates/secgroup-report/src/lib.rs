//! Questions about flows and their answers, in words and as JSON.
//!
//! A [`Question`] is what a user types; [`Question::query`] makes it exact for
//! a snapshot. [`Answer`] is what `evaluate` said, with the fields that scripts
//! rely on; [`sentence`] and [`explanation`] put it into words. The program
//! and the endpoint share them, so that both say the same.
//!
//! This crate judges nothing (see `secgroup-model`), prints nothing and knows
//! no file and no call of the API.

mod answer;
pub mod explanation;
mod question;
pub mod sentence;

pub use answer::{Answer, FlowJson, protocol_name};
pub use question::{Field, InvalidQuestion, Question, complete};
