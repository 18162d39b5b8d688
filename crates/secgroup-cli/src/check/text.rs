//! The answer for people.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use secgroup_model::{
    Direction, Evaluation, Outcome, Query, RuleIndex, RuleMatch, Verdict, explain,
};

use secgroup_report::{explanation, sentence};

use super::ends;
use crate::config::Config;

const ACCEPT: Style = AnsiColor::Green.on_default().bold();
const DROP: Style = AnsiColor::Red.on_default().bold();
const OPEN: Style = AnsiColor::Yellow.on_default().bold();
const DIM: Style = Style::new().dimmed();

/// Returns the style of a verdict.
pub(crate) const fn style(outcome: Outcome) -> Style {
    match outcome {
        Outcome::Accept => ACCEPT,
        Outcome::Drop => DROP,
        Outcome::Outside | Outcome::Depends => OPEN,
    }
}

/// Writes the answer about one flow; `unless` are the rules that would decide
/// otherwise, were what they refer to there.
pub(super) fn answer(
    config: &Config,
    query: &Query,
    evaluation: &Evaluation,
    unless: &[RuleIndex],
) -> String {
    let mut text = String::new();
    let outcome = evaluation.outcome();
    let style = style(outcome);
    let word = outcome.to_string().to_uppercase();
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{style}{word}{style:#}  {query}");
    let (source, destination) = (query.endpoints.source(), query.endpoints.destination());
    for (direction, verdict, address) in [
        (Direction::Egress, &evaluation.egress, source),
        (Direction::Ingress, &evaluation.ingress, destination),
    ] {
        let line = match verdict {
            Some(verdict) => sentence::side(&config.snapshot, direction, verdict),
            None => sentence::outside(&config.snapshot, query, address),
        };
        let _ = writeln!(
            text,
            "  {direction:<9} {line}",
            direction = direction.to_string()
        );
    }
    if evaluation.settled.is_some() {
        let _ = writeln!(
            text,
            "  together  {outcome}, whatever is open: no value passes both ends"
        );
    }
    if outcome == Outcome::Depends
        && let Some(options) = sentence::open_fields(query, ends::option)
    {
        let _ = writeln!(text, "  open      say {options} to settle it");
    }
    for note in &evaluation.notes {
        let _ = writeln!(text, "  note      {note}: {}", sentence::note(*note));
    }
    for rule in unless {
        let rule = sentence::rule(&config.snapshot, *rule);
        let _ = writeln!(
            text,
            "  unless    {rule} matches, whose peer or ports are not in the snapshot"
        );
    }
    text
}

/// Lists the rules of both sides in order of precedence, with what became of
/// each.
pub(super) fn explained(config: &Config, query: &Query, evaluation: &Evaluation) -> String {
    let mut text = String::new();
    for (direction, verdict) in [
        (Direction::Egress, &evaluation.egress),
        (Direction::Ingress, &evaluation.ingress),
    ] {
        if let Some(verdict) = verdict {
            explanation_of(&mut text, config, query, direction, verdict);
        }
    }
    text
}

/// Lists the rules of one side in order of precedence.
fn explanation_of(
    text: &mut String,
    config: &Config,
    query: &Query,
    direction: Direction,
    verdict: &Verdict,
) {
    let Config {
        snapshot,
        semantics,
        ..
    } = config;
    let traces = explain(snapshot, semantics, query, verdict.interface, direction);
    let interface = sentence::interface(snapshot, verdict.interface);
    let _ = writeln!(
        text,
        "\n{direction} rules of {interface} in order of precedence:"
    );
    if traces.is_empty() {
        let _ = writeln!(text, "  none");
    }
    for trace in &traces {
        let decides =
            matches!(verdict.by, secgroup_model::DecidedBy::Rule(rule) if rule == trace.rule);
        let mark = match trace.result {
            _ if decides => ">",
            RuleMatch::Yes(_) => "+",
            RuleMatch::Maybe(..) => "?",
            RuleMatch::No(_) => " ",
        };
        let placed = snapshot.rule(trace.rule);
        let group = snapshot.group(placed.group()).id();
        let result = explanation::result(snapshot, query, trace);
        let rule = snapshot.rule_text(placed.group(), placed.rule());
        let name = placed.name();
        let _ = writeln!(text, "{mark} {rule}  {DIM}({name} of {group}){DIM:#}");
        let _ = writeln!(
            text,
            "      {result}{}",
            if decides { "; decides" } else { "" }
        );
    }
}
