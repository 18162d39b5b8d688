//! The corpus: worked cases that every engine and the program must pass.
//!
//! `data/corpus/examples.json` holds the worked examples of the specification
//! as they came; `data/corpus/clauses.toml` holds our own, at least one for
//! each clause of sections 2 and 3. Both become [`Case`]s, whose configuration
//! is written as ECS JSON, so that the reader is tested along the way.

mod configuration;
mod flow_text;
mod read;

pub use configuration::Configuration;
pub use flow_text::Packet;
pub use read::{clauses, examples};

use secgroup_matcher::{Answer, Side, Sides};
use secgroup_model::{Action, DecidedBy, Direction, Outcome, Semantics, Snapshot};

/// One case.
#[derive(Clone, Debug)]
pub struct Case {
    /// Its name.
    pub id: String,
    /// What it shows, as a sentence.
    pub title: String,
    /// The clauses it comes from.
    pub clauses: String,
    /// Flags as name and value, such as `eval.all_means` and `four`.
    pub flags: Vec<(String, String)>,
    /// Packets, each with the configuration at its time.
    pub steps: Vec<Step>,
}

/// One packet of a case.
#[derive(Clone, Debug)]
pub struct Step {
    /// When, in seconds, where the case says so.
    pub time: Option<i64>,
    /// TCP flags, of `FSRPA`.
    pub tcp_flags: String,
    /// What decides.
    pub configuration: Configuration,
    /// What is asked.
    pub packet: Packet,
    /// What must come out.
    pub want: Want,
}

/// What must come out for a packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Want {
    /// `allow`, `deny` or `outside`.
    pub verdict: String,
    /// What decides, in the words of 3.10.3; empty for `outside`.
    pub decider: String,
}

impl Case {
    /// Tells whether the case needs a session table: then no packet of it can be
    /// judged by itself.
    #[must_use]
    pub fn needs_sessions(&self) -> bool {
        self.steps.iter().any(|step| step.want.decider == "session")
    }

    /// Returns the flags as one value.
    ///
    /// # Panics
    ///
    /// Panics when the case names a flag or value that does not exist.
    #[must_use]
    pub fn semantics(&self) -> Semantics {
        let mut semantics = Semantics::default();
        for (name, value) in &self.flags {
            semantics
                .set(name, value)
                .unwrap_or_else(|error| panic!("{}: {error}", self.id));
        }
        semantics
    }
}

impl Step {
    /// Reads the configuration through the ECS reader.
    ///
    /// # Panics
    ///
    /// Panics when the reader refuses it.
    #[must_use]
    pub fn snapshot(&self, semantics: Semantics) -> Snapshot {
        let text = self.configuration.to_ecs().to_string();
        let document = secgroup_ecs::Document {
            name: "case.json",
            bytes: text.as_bytes(),
        };
        let options = secgroup_ecs::ReadOptions {
            semantics,
            ..Default::default()
        };
        match secgroup_ecs::read(&[document], &options) {
            Ok(read) => read.snapshot,
            Err(refused) => panic!("{:?}\n{text}", refused.problems),
        }
    }
}

/// Puts an answer into the words of a case: "the decider is the last side
/// examined, the denying side or the destination side".
///
/// # Panics
///
/// Panics when the address is ambiguous, which no case expects.
#[must_use]
pub fn words(snapshot: &Snapshot, answer: &Answer) -> Want {
    let sides = match answer {
        Answer::Judged(sides) => sides,
        Answer::Ambiguous(ambiguous) => panic!("{ambiguous}"),
    };
    let verdict = match sides.outcome() {
        Outcome::Accept => "allow",
        Outcome::Drop => "deny",
        Outcome::Outside => "outside",
        Outcome::Depends => "depends",
    };
    let decider = examined_last(sides)
        .map(|(direction, side)| decider(snapshot, direction, side.by))
        .unwrap_or_default();
    Want {
        verdict: verdict.to_owned(),
        decider,
    }
}

fn examined_last(sides: &Sides) -> Option<(Direction, Side)> {
    let egress = sides.egress.map(|side| (Direction::Egress, side));
    let ingress = sides.ingress.map(|side| (Direction::Ingress, side));
    match egress {
        Some((_, side)) if side.action == Action::Drop => egress,
        _ => ingress.or(egress),
    }
}

fn decider(snapshot: &Snapshot, direction: Direction, by: DecidedBy) -> String {
    match by {
        DecidedBy::Platform(exception) => format!("special:{exception}"),
        DecidedBy::Session => "session".to_owned(),
        DecidedBy::OrphanFragment => "default:orphan-fragment".to_owned(),
        DecidedBy::IntraGroup(group) => format!("intra-group:{}", snapshot.group(group).id()),
        DecidedBy::Rule(rule) => Configuration::rule_in_words(snapshot.rule(rule).name()),
        DecidedBy::Default(kind) => format!("default:{kind}/{direction}"),
    }
}
