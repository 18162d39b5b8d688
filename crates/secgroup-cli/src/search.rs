//! `secgroup search`: all flows that satisfy a question.

use std::fmt::Write as _;

use secgroup_analysis::{Passage, search, witness};
use secgroup_model::{Action, Direction, Outcome, Snapshot};
use serde::Serialize;

use crate::args::{ReportFormat, SearchArguments, SearchFailOn, Wanted};
use crate::config::Config;
use crate::ends;
use crate::examples::Examples;
use crate::failure::{Exit, Failure};
use crate::output::Output;
use crate::regions::{self, BoxJson, DeciderJson, Known};

/// Up to how many regions the text shows.
const MOST: usize = 200;

/// Answers a question.
pub(crate) fn run(arguments: &SearchArguments) -> Result<Exit, Failure> {
    let path = arguments.report.output.as_deref();
    let output = Output::beside(&arguments.config, &[], path)?;
    let config = Config::load(&arguments.config)?;
    let Config {
        snapshot,
        semantics,
        ..
    } = &config;
    let question = ends::question(snapshot, &arguments.asked)?;
    let all = search(snapshot, semantics, &question).map_err(Failure::system)?;
    if let Some(engine) = arguments.confirmation.engine {
        let mut examples = Examples::default();
        examples.passages(&all);
        examples.confirm(&config, engine)?;
    }
    // What is open may be what is searched for.
    let wanted = |outcome| {
        outcome == Outcome::Depends
            || match arguments.verdict.action() {
                None => true,
                Some(Action::Accept) => outcome == Outcome::Accept,
                Some(Action::Drop) => outcome == Outcome::Drop,
            }
    };
    let told = |one: &&Passage| wanted(one.outcome()) && (arguments.platform || !one.is_platform());
    let found: Vec<&Passage> = all.iter().filter(told).collect();
    match arguments.report.format {
        ReportFormat::Text => {
            let text = text(snapshot, arguments.verdict, &all, &found);
            output.finish_with(text.as_bytes())?;
        }
        ReportFormat::Json => output.finish_json(&json(snapshot, &all, &found))?,
    }
    Ok(exit(arguments.fail_on, &all, &found))
}

/// What is certain goes before what is open. That there is no flow at all to be
/// asked about is no answer (9.63).
fn exit(fail_on: Option<SearchFailOn>, all: &[Passage], found: &[&Passage]) -> Exit {
    let certain = found.iter().any(|one| one.outcome() != Outcome::Depends);
    match fail_on {
        Some(SearchFailOn::Found) if certain => Exit::No,
        Some(SearchFailOn::None) if certain => Exit::Done,
        _ if found.iter().any(|one| one.outcome() == Outcome::Depends) => Exit::Inconclusive,
        Some(SearchFailOn::None) => Exit::No,
        Some(SearchFailOn::Found) if all.is_empty() => Exit::Inconclusive,
        Some(SearchFailOn::Found) | None => Exit::Done,
    }
}

fn text(snapshot: &Snapshot, wanted: Wanted, all: &[Passage], found: &[&Passage]) -> String {
    let mut text = String::new();
    let verb = match wanted {
        Wanted::Accept => "is accepted",
        Wanted::Drop => "is dropped",
        Wanted::Any => "crosses an interface",
    };
    if all.is_empty() {
        return "none: no such flow crosses an interface of the configuration\n".to_owned();
    }
    if found.is_empty() {
        return format!("none: no such flow {verb}\n");
    }
    for passage in found.iter().take(MOST) {
        let outcome = passage.outcome().to_string().to_uppercase();
        let flows = regions::phrase(snapshot, passage.network, &passage.flows, Known::Neither);
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{outcome}  {flows}");
        text.push_str(&regions::reasons(snapshot, passage, "  "));
    }
    match found.len() {
        1 => text.push_str("1 region of flows\n"),
        count if count <= MOST => {
            let _ = writeln!(text, "{count} regions of flows");
        }
        count => {
            let _ = writeln!(text, "{count} regions of flows; --format json has them all");
        }
    }
    text
}

#[derive(Debug, Serialize)]
struct SearchJson {
    found: bool,
    complete: bool,
    /// Whether the question is about no flow at all.
    empty: bool,
    regions: Vec<PassageJson>,
}

#[derive(Debug, Serialize)]
struct PassageJson {
    verdict: String,
    vpc_id: Option<String>,
    flows: BoxJson,
    egress: Option<DeciderJson>,
    ingress: Option<DeciderJson>,
    witness: secgroup_report::FlowJson,
}

fn json(snapshot: &Snapshot, all: &[Passage], found: &[&Passage]) -> SearchJson {
    let side = |direction, side: &Option<secgroup_analysis::Decider>| {
        let side = side.as_ref();
        side.map(|side| DeciderJson::new(snapshot, direction, side))
    };
    let passage = |one: &&Passage| PassageJson {
        verdict: one.outcome().to_string(),
        vpc_id: snapshot.vpc(one.network).map(ToString::to_string),
        flows: BoxJson::new(&one.flows),
        egress: side(Direction::Egress, &one.egress),
        ingress: side(Direction::Ingress, &one.ingress),
        witness: regions::flow_json(snapshot, &witness(&one.flows, Some(one.network))),
    };
    SearchJson {
        found: !found.is_empty(),
        complete: found.iter().all(|one| one.outcome() != Outcome::Depends),
        empty: all.is_empty(),
        regions: found.iter().map(passage).collect(),
    }
}
