//! The API corpus: calls with the answers they must get, run through every way
//! in which calls can be made.
//!
//! `data/corpus/api` holds the cases and the world that they begin in. A case
//! is a list of [`Step`]s; a [`Subject`] makes the calls: the state machine,
//! the endpoint over HTTP, or the program.

pub mod appendix;
mod endpoint;
mod read;
mod step;

pub use endpoint::Endpoint;
pub use read::{ApiCase, cases, world};
pub use step::{Expected, Step};

use std::collections::{BTreeMap, BTreeSet};

use secgroup_ecs::{ApiFlags, Cloud, Parameters, Product, Request};
use secgroup_model::{AccountId, Semantics};
use serde_json::Value;

/// The account of the world.
pub const ACCOUNT: &str = "1234567890";

/// The time of the first call: 2026-06-01T00:00:00Z.
pub const BEGIN: i64 = 1_780_272_000;

/// Something that answers calls.
pub trait Subject {
    /// Makes a call; returns the status and the body.
    fn call(&mut self, action: &str, parameters: &BTreeMap<String, String>) -> (u16, Value);
}

/// The state machine by itself.
#[derive(Debug)]
pub struct Machine {
    /// The state.
    pub cloud: Cloud,
    /// Whether a call that fails changes nothing (5.0.7).
    atomic: bool,
    calls: u64,
}

impl Machine {
    /// Returns the world under a case's flags.
    ///
    /// # Panics
    ///
    /// Panics when the world or a flag is no such thing.
    #[must_use]
    pub fn new(flags: &[String]) -> Self {
        let mut api = ApiFlags::default();
        for flag in flags {
            let (name, value) = flag.split_once('=').expect("a flag is NAME=VALUE");
            api.set(name, value).expect("the corpus knows the flags");
        }
        let cloud = Cloud::from_state(world().as_bytes(), api, Semantics::default());
        Self {
            cloud: cloud.expect("the world is a state"),
            atomic: !flags.iter().any(|flag| flag == "api.batch=prefix"),
            calls: 0,
        }
    }
}

impl Subject for Machine {
    fn call(&mut self, action: &str, parameters: &BTreeMap<String, String>) -> (u16, Value) {
        self.calls += 1;
        let request = Request {
            product: Product::Ecs,
            action: action.to_owned(),
            parameters: Parameters::from(parameters.clone()),
            account: AccountId::new(ACCOUNT).expect("digits are an id"),
            now: BEGIN + i64::try_from(self.calls).expect("few calls"),
            request_id: format!("00000000-0000-4000-8000-{:012}", self.calls),
        };
        let before = (self.cloud.revision(), self.cloud.to_state());
        let answer = self.cloud.answer(&request);
        if !answer.succeeded() && self.atomic {
            let after = (self.cloud.revision(), self.cloud.to_state());
            assert!(before == after, "{action} failed and changed the state");
        }
        (answer.status, answer.body)
    }
}

/// Runs a case; returns what went wrong, and the errors that were answered as
/// action, status, code and message.
pub fn run(case: &ApiCase, subject: &mut impl Subject) -> (Vec<String>, BTreeSet<ErrorRow>) {
    let (mut wrong, mut errors) = (Vec::new(), BTreeSet::new());
    for step in &case.steps {
        let (status, body) = subject.call(&step.action, &step.parameters);
        if status != 200 {
            let text = |field: &str| body[field].as_str().unwrap_or_default().to_owned();
            errors.insert(ErrorRow {
                action: step.action.clone(),
                status,
                code: text("Code"),
                message: text("Message"),
            });
        }
        if let Err(what) = step.check(status, &body) {
            wrong.push(format!("{}: {}: {what}", case.id, step.text));
        }
    }
    (wrong, errors)
}

/// An error as an operation answers it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ErrorRow {
    /// The operation.
    pub action: String,
    /// The HTTP status.
    pub status: u16,
    /// The code.
    pub code: String,
    /// The message.
    pub message: String,
}
