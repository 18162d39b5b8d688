//! The report for people who were not there: one page of HTML that needs
//! nothing else, neither network nor fonts.
//!
//! The template escapes everything it writes, for names and notes come from
//! files of others. Nothing of the machine is in it, so the same replay gives
//! the same bytes.

mod changed;
mod chart;
mod top;

use indicatif::{HumanBytes, HumanCount};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment};
use secgroup_model::Action;
use secgroup_replay::{Cause, Count, Ending, SessionCounts, Timestamp};
use secgroup_report::protocol_name;
use serde::Serialize;

use super::{Done, Found};
use changed::Changed;
use chart::Chart;
use top::Top;

/// How many rows a table of the page has at most.
const MOST_ROWS: usize = 2_000;

/// How many dropped conversations the page has.
const MOST_DROPPED: usize = 200;

/// Below how many nanoseconds between times their seconds do not tell enough.
const SECONDS_LOOK_ALIKE: i64 = 10_000_000_000;

const TEMPLATE: &str = include_str!("page/template.html");

/// Everything the page shows.
#[derive(Debug, Serialize)]
struct Page {
    version: &'static str,
    records: u64,
    flows: u64,
    /// What sessions came to, where they were followed.
    sessions: Option<Sessions>,
    skipped: u64,
    interrupted: bool,
    first_seen: Option<String>,
    last_seen: Option<String>,
    inputs: Vec<Input>,
    /// What was odd about the configurations.
    warnings: Vec<String>,
    verdicts: Vec<Verdict>,
    chart: Option<Chart>,
    recorded: u64,
    mismatches: Vec<Disagreement>,
    contradictions: u64,
    dropping: Vec<Decider>,
    conversations: Vec<Conversation>,
    conversations_total: usize,
    conversations_beyond: u64,
    top: Vec<Top>,
    changed: Option<Changed>,
    rules: Vec<Decider>,
    rules_total: usize,
    rules_unused: usize,
    /// The rules that decided nothing.
    unused: Vec<Decider>,
    others: Vec<Decider>,
    others_total: usize,
}

#[derive(Debug, Serialize)]
struct Input {
    name: String,
    format: String,
    records: u64,
    bytes: u64,
    skipped: Vec<(&'static str, u64)>,
    notes: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Verdict {
    name: &'static str,
    meaning: &'static str,
    count: Traffic,
    /// In percent of all judged flows.
    share: f64,
}

#[derive(Debug, Serialize)]
struct Sessions {
    opened: u64,
    inferred: u64,
    ended_by_change: u64,
    evicted: u64,
}

impl From<SessionCounts> for Sessions {
    fn from(counts: SessionCounts) -> Self {
        Self {
            opened: counts.opened,
            inferred: counts.inferred,
            ended_by_change: counts.ended_by_change,
            evicted: counts.evicted,
        }
    }
}

#[derive(Debug, Serialize)]
struct Disagreement {
    cause: &'static str,
    meaning: &'static str,
    contradiction: bool,
    count: Traffic,
}

/// What decided: a rule, or something else.
#[derive(Clone, Debug, Serialize)]
struct Decider {
    group: String,
    name: String,
    says: String,
    action: &'static str,
    count: Traffic,
}

#[derive(Debug, Serialize)]
struct Conversation {
    source: String,
    destination: String,
    service: String,
    by: String,
    count: Traffic,
}

#[derive(Clone, Debug, Serialize)]
struct Traffic {
    flows: u64,
    packets: u64,
    bytes: u64,
    first_seen: Option<String>,
    last_seen: Option<String>,
}

impl From<&Count> for Traffic {
    fn from(count: &Count) -> Self {
        Self {
            flows: count.flows,
            packets: count.packets,
            bytes: count.bytes,
            first_seen: count.first_seen.map(to_the_second),
            last_seen: count.last_seen.map(to_the_second),
        }
    }
}

impl Traffic {
    /// Tells whether there was any: the packet that opened a session may be one
    /// that was never seen.
    const fn is_used(&self) -> bool {
        self.flows > 0 || self.packets > 0
    }
}

/// Writes a time as people read it; the page says that it is UTC.
fn to_the_second(time: Timestamp) -> String {
    let text = time.to_string();
    let whole = text.split(['.', 'Z']).next().unwrap_or_default();
    whole.replace('T', " ")
}

/// Writes a time to the millisecond, for where seconds would look alike.
fn to_the_millisecond(time: Timestamp) -> String {
    let thousandths = time.0.rem_euclid(1_000_000_000) / 1_000_000;
    format!("{}.{thousandths:03}", to_the_second(time))
}

/// Returns how times are written that lie `apart` nanoseconds from each other.
const fn written(apart: i64) -> fn(Timestamp) -> String {
    if apart < SECONDS_LOOK_ALIKE {
        to_the_millisecond
    } else {
        to_the_second
    }
}

/// Writes the page.
pub(super) fn render(found: &Found<'_>) -> String {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.set_syntax(
        SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .build()
            .expect("no delimiter is changed"),
    );
    environment.add_filter("count", |number: u64| HumanCount(number).to_string());
    environment.add_filter("size", |bytes: u64| HumanBytes(bytes).to_string());
    environment.add_filter("tenths", |share: f64| format!("{share:.1}"));
    environment
        .render_named_str("page.html", TEMPLATE, Serde(page(found)))
        .expect("the template is part of the program, and a test renders it")
}

fn page(found: &Found<'_>) -> Page {
    let done = found.done;
    let (report, tally) = (&done.report, &done.report.tally);
    let mut rules = rules(found);
    let unused = rules.iter().filter(|rule| !rule.count.is_used());
    let rules_unused = unused.clone().count();
    let unused: Vec<Decider> = unused.take(MOST_ROWS).cloned().collect();
    let rules_total = rules.len();
    let mut others = others(found);
    let others_total = others.len();
    let mut dropping: Vec<Decider> = rules
        .iter()
        .chain(&others)
        .filter(|one| one.action == "drop" && one.count.is_used())
        .cloned()
        .collect();
    sort(&mut dropping);
    dropping.truncate(MOST_ROWS);
    rules.truncate(MOST_ROWS);
    others.truncate(MOST_ROWS);
    let mut all = Count::default();
    tally
        .verdicts()
        .into_iter()
        .for_each(|count| all.merge(count));
    let times = all.first_seen.zip(all.last_seen);
    let times = times.map(|(first, last)| {
        let write = written(last.0.saturating_sub(first.0));
        (write(first), write(last))
    });
    let (first_seen, last_seen) = times.unzip();
    Page {
        version: env!("CARGO_PKG_VERSION"),
        records: report.records(),
        flows: tally.flows(),
        sessions: report.sessions.map(Sessions::from),
        skipped: report.skipped(),
        interrupted: report.interrupted,
        first_seen,
        last_seen,
        inputs: inputs(done),
        warnings: found
            .warnings()
            .into_iter()
            .take(MOST_ROWS)
            .map(str::to_owned)
            .collect(),
        verdicts: verdicts(done),
        chart: Chart::of(tally.over_time()),
        recorded: tally.recorded(),
        mismatches: report.comparison.iter().map(disagreement).collect(),
        contradictions: report.comparison.contradictions(),
        dropping,
        conversations: conversations(found),
        conversations_total: report.dropped.len(),
        conversations_beyond: report.dropped.beyond().flows,
        top: [("dropped", &report.dropped), ("accepted", &report.accepted)]
            .into_iter()
            .filter_map(|(verdict, ranking)| Top::of(verdict, ranking))
            .collect(),
        changed: Changed::of(found),
        rules,
        rules_total,
        rules_unused,
        unused,
        others,
        others_total,
    }
}

fn inputs(done: &Done) -> Vec<Input> {
    let inputs = done.report.inputs.iter().map(|input| {
        let format = match (
            input.format,
            input.compression.map(|packing| packing.name()),
        ) {
            (Some(format), None | Some("none")) => format.to_owned(),
            (Some(format), Some(packing)) => format!("{format} in {packing}"),
            (None, _) => "unknown".to_owned(),
        };
        let mut notes = input.oddities.clone();
        match &input.ending {
            Ending::Complete => {}
            Ending::Damaged(why) => notes.push(format!("damaged, the rest is missing: {why}")),
            Ending::Refused(why) => notes.push(format!("refused: {why}")),
            Ending::PassedOver(why) => notes.push(format!("no input, passed over: {why}")),
        }
        Input {
            name: input.name.clone(),
            format,
            records: input.records,
            bytes: input.bytes,
            skipped: input
                .skips
                .iter()
                .map(|(skip, count)| (skip.name(), count))
                .collect(),
            notes,
        }
    });
    inputs.collect()
}

fn verdicts(done: &Done) -> Vec<Verdict> {
    let tally = &done.report.tally;
    let total = tally.flows().max(1) as f64;
    let names = [
        ("accept", "passes at every end that is known"),
        ("drop", "stopped at one end or both"),
        ("outside", "neither end is in the configuration"),
    ];
    let verdicts = tally.verdicts().into_iter().zip(names);
    verdicts
        .map(|(count, (name, meaning))| Verdict {
            name,
            meaning,
            share: count.flows as f64 * 100.0 / total,
            count: count.into(),
        })
        .collect()
}

fn disagreement((cause, count): (Cause, &Count)) -> Disagreement {
    Disagreement {
        cause: cause.name(),
        meaning: cause.explanation(),
        contradiction: cause.is_contradiction(),
        count: count.into(),
    }
}

/// Returns every rule, those with the most packets first.
fn rules(found: &Found<'_>) -> Vec<Decider> {
    let rules = found.rules().into_iter().map(|traffic| {
        let rule = traffic.placed.rule();
        Decider {
            group: traffic.group.to_string(),
            name: traffic.placed.name().to_owned(),
            says: format!("{}: {rule}", rule.direction),
            action: rule.action.name(),
            count: (&traffic.count).into(),
        }
    });
    let mut rules: Vec<Decider> = rules.collect();
    sort(&mut rules);
    rules
}

/// Returns what decided without a rule, that with the most packets first.
fn others(found: &Found<'_>) -> Vec<Decider> {
    let tally = &found.done.report.tally;
    let defaults = found.defaults().into_iter().map(|traffic| Decider {
        group: String::new(),
        name: traffic.interface.to_string(),
        says: format!(
            "no rule matches: {} {} by default",
            traffic.action, traffic.direction
        ),
        action: traffic.action.name(),
        count: (&traffic.count).into(),
    });
    let intra_group = found
        .intra_group()
        .into_iter()
        .map(|(group, count)| Decider {
            group: group.to_string(),
            name: String::new(),
            says: "intra-group access".to_owned(),
            action: Action::Accept.name(),
            count: (&count).into(),
        });
    let everywhere = |says: &str, action, count: &Count| Decider {
        group: String::new(),
        name: String::new(),
        says: says.to_owned(),
        action,
        count: count.into(),
    };
    let session = everywhere("an open session", Action::Accept.name(), tally.session());
    let platform = everywhere("the platform", "", tally.platform());
    let all = defaults.chain(intra_group).chain([session, platform]);
    let mut others: Vec<Decider> = all.filter(|one| one.count.is_used()).collect();
    sort(&mut others);
    others
}

/// Puts that with the most packets first, as in the text; equal ones keep their
/// order.
fn sort(deciders: &mut [Decider]) {
    deciders.sort_by_key(|one| std::cmp::Reverse(one.count.packets));
}

fn conversations(found: &Found<'_>) -> Vec<Conversation> {
    let ranking = &found.done.report.dropped;
    let top = ranking.top(MOST_DROPPED).into_iter();
    let all = top.map(|(conversation, count)| {
        let protocol = protocol_name(conversation.protocol);
        Conversation {
            source: conversation.source.to_string(),
            destination: conversation.destination.to_string(),
            service: match conversation.port {
                Some(port) => format!("{protocol} {port}"),
                None => protocol.into_owned(),
            },
            by: found.decided(ranking, &conversation).unwrap_or_default(),
            count: (&count).into(),
        }
    });
    all.collect()
}
