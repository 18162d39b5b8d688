//! What would have to be different for the other verdict, for `--explain`.

use std::fmt::Write as _;

use secgroup_analysis::{FlowField, JudgedFlow, OtherFlow, RuleEdit};
use secgroup_model::{
    EPHEMERAL_PORTS, Evaluation, Flow, Outcome, PartialTransport, PortSpan, Query, Snapshot,
};
use secgroup_report::{FlowJson, sentence};
use serde::Serialize;

use crate::config::Config;
use crate::failure::Failure;
use crate::regions;

/// What would flip a verdict.
#[derive(Debug)]
pub(super) struct Flips {
    /// The verdict that is not there.
    wanted: Outcome,
    flows: Vec<OtherFlow>,
    edits: Vec<RuleEdit>,
}

/// Finds what would flip a verdict; nothing where it is open or nobody's, and
/// where the destination port or the ICMP type was left open.
pub(super) fn find(
    config: &Config,
    query: &Query,
    evaluation: &Evaluation,
) -> Result<Option<Flips>, Failure> {
    let wanted = match evaluation.outcome() {
        Outcome::Accept => Outcome::Drop,
        Outcome::Drop => Outcome::Accept,
        Outcome::Outside | Outcome::Depends => return Ok(None),
    };
    let source_was_open = matches!(query.transport,
        PartialTransport::Ports { source, .. } if source.known().is_none());
    let Some(flow) = example(query) else {
        return Ok(None);
    };
    let judged = JudgedFlow {
        snapshot: &config.snapshot,
        semantics: &config.semantics,
        flow,
        evaluation,
    };
    let mut flows = judged.nearest().map_err(Failure::system)?;
    // What was not said is not wrong.
    flows.retain(|one| !source_was_open || one.field != FlowField::SourcePort);
    Ok(Some(Flips {
        wanted,
        flows,
        edits: judged.edits(),
    }))
}

/// Completes a question by the first ephemeral source port.
pub(super) fn example(query: &Query) -> Option<Flow> {
    let mut query = *query;
    if let PartialTransport::Ports { source, .. } = &mut query.transport
        && *source == EPHEMERAL_PORTS
    {
        *source = PortSpan::one(source.first());
    }
    // A load balancer's flows and given NICs are not among those searched.
    if query.via_load_balancer || query.nic.is_some() {
        return None;
    }
    secgroup_report::complete(&query)
}

impl Flips {
    pub(super) fn text(&self, snapshot: &Snapshot) -> String {
        let mut text = String::new();
        let verb = match self.wanted {
            Outcome::Accept => "accepted",
            _ => "dropped",
        };
        if !self.flows.is_empty() {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "\nthe nearest flows that are {verb}:");
        }
        for one in &self.flows {
            let (name, query) = (field(one.field), Query::from(one.flow));
            let _ = writeln!(text, "  {name}: {query}");
        }
        if self.edits.is_empty() {
            let _ = writeln!(text, "\nno single change of a rule has the flow {verb}");
            return text;
        }
        let _ = writeln!(text, "\nthe flow would be {verb} after any of these:");
        for edit in &self.edits {
            let _ = writeln!(text, "  {}", words(snapshot, edit));
        }
        text
    }

    pub(super) fn json(&self, snapshot: &Snapshot) -> FlipsJson {
        let flow = |one: &OtherFlow| FlowFlipJson {
            field: field(one.field),
            distance: one.distance.to_string(),
            flow: regions::flow_json(snapshot, &one.flow),
        };
        FlipsJson {
            verdict: self.wanted.name(),
            flows: self.flows.iter().map(flow).collect(),
            rules: self.edits.iter().map(|one| words(snapshot, one)).collect(),
        }
    }
}

/// What would flip a verdict, as JSON.
#[derive(Debug, Serialize)]
pub(super) struct FlipsJson {
    verdict: &'static str,
    flows: Vec<FlowFlipJson>,
    rules: Vec<String>,
}

#[derive(Debug, Serialize)]
struct FlowFlipJson {
    field: &'static str,
    distance: String,
    flow: FlowJson,
}

const fn field(field: FlowField) -> &'static str {
    match field {
        FlowField::DestinationPort => "destination port",
        FlowField::SourcePort => "source port",
        FlowField::Source => "source",
        FlowField::Destination => "destination",
        FlowField::Protocol => "protocol",
    }
}

fn words(snapshot: &Snapshot, edit: &RuleEdit) -> String {
    match edit {
        RuleEdit::Add(group, rule) => {
            let id = snapshot.group(*group).id();
            let text = snapshot.rule_text(*group, rule);
            format!("add to {id} the {} rule: {text}", rule.direction)
        }
        RuleEdit::Widen(index, rule) => {
            let group = snapshot.rule(*index).group();
            let text = snapshot.rule_text(group, rule);
            format!("change {} to: {text}", sentence::rule(snapshot, *index))
        }
        RuleEdit::Remove(index) => format!("remove {}", sentence::rule(snapshot, *index)),
    }
}
