//! The summary for programs.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, Write};

use secgroup_replay::{Count, Ending, InputReport};
use secgroup_report::protocol_name;
use serde::Serialize;

use super::Done;
use crate::config::Config;

/// How many dropped conversations a summary lists.
const MOST_DROPPED: usize = 100;

/// The summary of a replay.
#[derive(Debug, Serialize)]
pub(super) struct Summary<'a> {
    inputs: Vec<InputJson<'a>>,
    records: u64,
    evaluated: u64,
    skipped: u64,
    flows: u64,
    verdicts: Verdicts,
    rules: Vec<RuleJson<'a>>,
    defaults: Vec<DefaultJson<'a>>,
    intra_group: Vec<IntraGroupJson<'a>>,
    platform: CountJson,
    contested: CountJson,
    mismatched: CountJson,
    mismatches: Vec<MismatchJson>,
    dropped: Vec<DroppedJson>,
    dropped_beyond: CountJson,
    interrupted: bool,
    elapsed_s: f64,
    records_per_s: f64,
}

#[derive(Debug, Serialize)]
struct InputJson<'a> {
    path: &'a str,
    format: Option<&'static str>,
    compression: Option<&'static str>,
    records: u64,
    bytes: u64,
    skipped: BTreeMap<&'static str, u64>,
    oddities: &'a [String],
    damage: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct Verdicts {
    accept: u64,
    drop: u64,
    outside: u64,
}

#[derive(Debug, Serialize)]
struct RuleJson<'a> {
    group: &'a str,
    rule: &'a str,
    direction: String,
    priority: u8,
    policy: String,
    flows: u64,
    packets: u64,
    bytes: u64,
    first_seen: Option<String>,
    last_seen: Option<String>,
}

#[derive(Debug, Serialize)]
struct DefaultJson<'a> {
    interface: &'a str,
    direction: String,
    action: String,
    flows: u64,
    packets: u64,
    bytes: u64,
}

#[derive(Debug, Serialize)]
struct IntraGroupJson<'a> {
    group: &'a str,
    flows: u64,
    packets: u64,
    bytes: u64,
}

#[derive(Debug, Serialize)]
struct MismatchJson {
    cause: &'static str,
    contradiction: bool,
    flows: u64,
    packets: u64,
    bytes: u64,
    first_seen: Option<String>,
    last_seen: Option<String>,
}

#[derive(Debug, Serialize)]
struct CountJson {
    flows: u64,
    packets: u64,
    bytes: u64,
}

#[derive(Debug, Serialize)]
struct DroppedJson {
    src_ip: String,
    dst_ip: String,
    protocol: Cow<'static, str>,
    dst_port: Option<u16>,
    flows: u64,
    packets: u64,
    bytes: u64,
    first_seen: Option<String>,
    last_seen: Option<String>,
}

/// Builds the summary.
pub(super) fn document<'a>(config: &'a Config, done: &'a Done) -> Summary<'a> {
    let (snapshot, report) = (&config.snapshot, &done.report);
    let tally = &report.tally;
    let evaluated = tally.evaluated();
    let elapsed = done.elapsed.as_secs_f64();
    let [accepted, dropped, outside] = tally.verdicts();
    Summary {
        inputs: report.inputs.iter().map(input).collect(),
        records: report.records(),
        evaluated,
        skipped: report.skipped(),
        flows: evaluated,
        verdicts: Verdicts {
            accept: accepted.flows,
            drop: dropped.flows,
            outside: outside.flows,
        },
        rules: rules(config, done),
        defaults: tally
            .defaults(snapshot)
            .map(|found| DefaultJson {
                interface: snapshot.interface(found.interface).id().as_str(),
                direction: found.direction.to_string(),
                action: found.action.to_string(),
                flows: found.count.flows,
                packets: found.count.packets,
                bytes: found.count.bytes,
            })
            .collect(),
        intra_group: snapshot
            .groups()
            .map(|(index, group)| (group, tally.intra_group(index)))
            .filter(|(_, count)| count.flows > 0)
            .map(|(group, count)| IntraGroupJson {
                group: group.id().as_str(),
                flows: count.flows,
                packets: count.packets,
                bytes: count.bytes,
            })
            .collect(),
        platform: count(tally.platform()),
        contested: count(tally.contested()),
        mismatched: count(tally.mismatched()),
        mismatches: mismatches(done),
        dropped: dropped_conversations(done),
        dropped_beyond: count(report.dropped.beyond()),
        interrupted: report.interrupted,
        elapsed_s: elapsed,
        records_per_s: report.records() as f64 / elapsed.max(1e-9),
    }
}

/// Writes the summary.
pub(super) fn write(output: &mut impl Write, summary: &Summary<'_>) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *output, summary)?;
    writeln!(output)
}

fn input(input: &InputReport) -> InputJson<'_> {
    InputJson {
        path: &input.name,
        format: input.format,
        compression: input
            .compression
            .map(secgroup_replay::input::Compression::name),
        records: input.records,
        bytes: input.bytes,
        skipped: input
            .skips
            .iter()
            .map(|(skip, count)| (skip.name(), count))
            .collect(),
        oddities: &input.oddities,
        damage: match &input.ending {
            Ending::Complete => None,
            Ending::Damaged(why) | Ending::Refused(why) => Some(why),
        },
    }
}

fn rules<'a>(config: &'a Config, done: &'a Done) -> Vec<RuleJson<'a>> {
    let rules = config.snapshot.rules().map(|(index, placed)| {
        let (rule, count) = (placed.rule(), done.report.tally.rule(index));
        RuleJson {
            group: config.snapshot.group(placed.group()).id().as_str(),
            rule: placed.name(),
            direction: rule.direction.to_string(),
            priority: rule.priority.get(),
            policy: rule.action.to_string(),
            flows: count.flows,
            packets: count.packets,
            bytes: count.bytes,
            first_seen: count.first_seen.map(|time| time.to_string()),
            last_seen: count.last_seen.map(|time| time.to_string()),
        }
    });
    rules.collect()
}

fn dropped_conversations(done: &Done) -> Vec<DroppedJson> {
    let top = done.report.dropped.top(MOST_DROPPED).into_iter();
    let dropped = top.map(|(conversation, count)| DroppedJson {
        src_ip: conversation.source.to_string(),
        dst_ip: conversation.destination.to_string(),
        protocol: protocol_name(conversation.protocol),
        dst_port: conversation.port,
        flows: count.flows,
        packets: count.packets,
        bytes: count.bytes,
        first_seen: count.first_seen.map(|time| time.to_string()),
        last_seen: count.last_seen.map(|time| time.to_string()),
    });
    dropped.collect()
}

fn mismatches(done: &Done) -> Vec<MismatchJson> {
    let causes = done.report.comparison.iter();
    let mismatches = causes.map(|(cause, count)| MismatchJson {
        cause: cause.name(),
        contradiction: cause.is_contradiction(),
        flows: count.flows,
        packets: count.packets,
        bytes: count.bytes,
        first_seen: count.first_seen.map(|time| time.to_string()),
        last_seen: count.last_seen.map(|time| time.to_string()),
    });
    mismatches.collect()
}

const fn count(count: &Count) -> CountJson {
    CountJson {
        flows: count.flows,
        packets: count.packets,
        bytes: count.bytes,
    }
}
