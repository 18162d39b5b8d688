//! The summary for programs.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, Write};

use secgroup_replay::{Count, Differences, Ending, InputReport, Ranking};
use secgroup_report::protocol_name;
use serde::Serialize;

use super::attribution::Named;
use super::{Done, Found};

/// How many dropped conversations a summary lists.
const MOST_DROPPED: usize = 100;

/// How many talkers, ports and pairs a summary lists.
const MOST_TOP: usize = 20;

/// How many pairs of deciders that differ a summary lists.
const MOST_PAIRS: usize = 1000;

/// The summary of a replay.
#[derive(Debug, Serialize)]
pub(super) struct Summary<'a> {
    /// What was odd about the configurations, or cannot be modelled.
    warnings: Vec<&'a str>,
    inputs: Vec<InputJson<'a>>,
    /// The inputs behind the end of the run, which were not read.
    unread: &'a [String],
    records: u64,
    evaluated: u64,
    skipped: u64,
    flows: u64,
    verdicts: Verdicts,
    traffic: Traffic,
    judged: Judged,
    rules: Vec<RuleJson<'a>>,
    defaults: Vec<DefaultJson<'a>>,
    intra_group: Vec<IntraGroupJson<'a>>,
    platform: TimedJson,
    session: TimedJson,
    sessions: Option<SessionsJson>,
    contested: CountJson,
    mismatched: CountJson,
    mismatches: Vec<MismatchJson>,
    /// The first ones of so many conversations.
    dropped: Vec<DroppedJson<'a>>,
    dropped_conversations: usize,
    dropped_beyond: CountJson,
    top: Top,
    #[serde(skip_serializing_if = "Option::is_none")]
    against: Option<AgainstJson<'a>>,
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
    /// The packet or line of the first that was skipped for a reason.
    first_skipped: BTreeMap<&'static str, u64>,
    oddities: &'a [String],
    damage: Option<&'a str>,
    /// Why a file of a directory is no input.
    passed_over: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct Verdicts {
    accept: u64,
    drop: u64,
    outside: u64,
}

/// All traffic by verdict; adds up to what was evaluated.
#[derive(Debug, Serialize)]
struct Traffic {
    accept: TimedJson,
    drop: TimedJson,
    outside: TimedJson,
}

/// All traffic by the ends that were judged. What rules, defaults, groups, the
/// platform and sessions decided adds up to both ends together, without what
/// one decider let pass at both, which counts once there.
#[derive(Debug, Serialize)]
struct Judged {
    egress: CountJson,
    ingress: CountJson,
    both_ends_alike: CountJson,
}

#[derive(Debug, Serialize)]
struct RuleJson<'a> {
    group: &'a str,
    rule: &'a str,
    direction: String,
    priority: u8,
    policy: String,
    #[serde(flatten)]
    count: TimedJson,
}

#[derive(Debug, Serialize)]
struct DefaultJson<'a> {
    interface: &'a str,
    direction: String,
    action: String,
    #[serde(flatten)]
    count: TimedJson,
}

#[derive(Debug, Serialize)]
struct IntraGroupJson<'a> {
    group: &'a str,
    #[serde(flatten)]
    count: TimedJson,
}

#[derive(Debug, Serialize)]
struct SessionsJson {
    opened: u64,
    evicted: u64,
    ended_by_change: u64,
    inferred: u64,
}

/// A count with its times.
#[derive(Debug, Serialize)]
struct TimedJson {
    flows: u64,
    packets: u64,
    bytes: u64,
    first_seen: Option<String>,
    last_seen: Option<String>,
}

/// Who and what had the most traffic.
#[derive(Debug, Serialize)]
struct Top {
    accepted: TopJson,
    dropped: TopJson,
}

/// Exact while `beyond` is zero; else no count is too low by more than that,
/// and nothing that is not listed has more.
#[derive(Debug, Serialize)]
struct TopJson {
    talkers: Vec<TalkerJson>,
    ports: Vec<PortJson>,
    pairs: Vec<PairJson>,
    beyond: CountJson,
}

#[derive(Debug, Serialize)]
struct TalkerJson {
    src_ip: String,
    #[serde(flatten)]
    count: CountJson,
}

#[derive(Debug, Serialize)]
struct PortJson {
    protocol: Cow<'static, str>,
    dst_port: Option<u16>,
    #[serde(flatten)]
    count: CountJson,
}

#[derive(Debug, Serialize)]
struct PairJson {
    src_ip: String,
    dst_ip: String,
    #[serde(flatten)]
    count: CountJson,
}

/// What a second configuration judges differently.
#[derive(Debug, Serialize)]
struct AgainstJson<'a> {
    records: u64,
    differs: CountJson,
    pairs: Vec<DifferenceJson<'a>>,
    beyond: CountJson,
}

#[derive(Debug, Serialize)]
struct DifferenceJson<'a> {
    /// What decides about the example.
    from: DeciderJson<'a>,
    to: DeciderJson<'a>,
    /// Whether the same decides at other interfaces, too.
    other_interfaces: bool,
    #[serde(flatten)]
    count: TimedJson,
    example: ExampleJson,
}

#[derive(Debug, Serialize)]
struct DeciderJson<'a> {
    verdict: &'static str,
    by: Option<&'static str>,
    interface: Option<&'a str>,
    reason: String,
}

#[derive(Debug, Serialize)]
struct ExampleJson {
    src_ip: String,
    dst_ip: String,
    protocol: Cow<'static, str>,
    dst_port: Option<u16>,
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
struct DroppedJson<'a> {
    src_ip: String,
    dst_ip: String,
    protocol: Cow<'static, str>,
    dst_port: Option<u16>,
    flows: u64,
    packets: u64,
    bytes: u64,
    first_seen: Option<String>,
    last_seen: Option<String>,
    decider: Option<DeciderJson<'a>>,
    /// Whether some of it was dropped by something else.
    other_deciders: bool,
}

/// Builds the summary.
pub(super) fn document<'a>(found: &Found<'a>) -> Summary<'a> {
    let report = &found.done.report;
    let tally = &report.tally;
    let elapsed = found.done.elapsed.as_secs_f64();
    let [accepted, dropped, outside] = tally.verdicts();
    let [egress, ingress] = tally.judged();
    Summary {
        warnings: found.warnings(),
        inputs: report.inputs.iter().map(input).collect(),
        unread: &found.done.unread,
        records: report.records(),
        evaluated: tally.evaluated(),
        skipped: report.skipped(),
        flows: tally.flows(),
        verdicts: Verdicts {
            accept: accepted.flows,
            drop: dropped.flows,
            outside: outside.flows,
        },
        traffic: Traffic {
            accept: timed(accepted),
            drop: timed(dropped),
            outside: timed(outside),
        },
        judged: Judged {
            egress: count(egress),
            ingress: count(ingress),
            both_ends_alike: count(tally.shared()),
        },
        rules: rules(found),
        defaults: defaults(found),
        intra_group: intra_group(found),
        platform: timed(tally.platform()),
        session: timed(tally.session()),
        sessions: report.sessions.map(|sessions| SessionsJson {
            opened: sessions.opened,
            evicted: sessions.evicted,
            ended_by_change: sessions.ended_by_change,
            inferred: sessions.inferred,
        }),
        contested: count(tally.contested()),
        mismatched: count(tally.mismatched()),
        mismatches: mismatches(found.done),
        dropped: dropped_conversations(found),
        dropped_conversations: report.dropped.len(),
        dropped_beyond: count(report.dropped.beyond()),
        top: Top {
            accepted: top(&report.accepted),
            dropped: top(&report.dropped),
        },
        against: report
            .differences
            .as_ref()
            .map(|differences| against(found, differences)),
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
        first_skipped: input
            .skips
            .iter()
            .filter_map(|(skip, _)| Some((skip.name(), input.skips.first(skip)?)))
            .collect(),
        oddities: &input.oddities,
        damage: match &input.ending {
            Ending::Complete | Ending::PassedOver(_) => None,
            Ending::Damaged(why) | Ending::Refused(why) => Some(why),
        },
        passed_over: match &input.ending {
            Ending::PassedOver(why) => Some(why),
            Ending::Complete | Ending::Damaged(_) | Ending::Refused(_) => None,
        },
    }
}

fn rules<'a>(found: &Found<'a>) -> Vec<RuleJson<'a>> {
    let rules = found.rules().into_iter().map(|traffic| {
        let rule = traffic.placed.rule();
        RuleJson {
            group: traffic.group.as_str(),
            rule: traffic.placed.name(),
            direction: rule.direction.to_string(),
            priority: rule.priority.get(),
            policy: rule.action.to_string(),
            count: timed(&traffic.count),
        }
    });
    rules.collect()
}

fn defaults<'a>(found: &Found<'a>) -> Vec<DefaultJson<'a>> {
    let defaults = found.defaults().into_iter().map(|traffic| DefaultJson {
        interface: traffic.interface.as_str(),
        direction: traffic.direction.to_string(),
        action: traffic.action.to_string(),
        count: timed(&traffic.count),
    });
    defaults.collect()
}

fn intra_group<'a>(found: &Found<'a>) -> Vec<IntraGroupJson<'a>> {
    let groups = found.intra_group().into_iter();
    let groups = groups.map(|(group, count)| IntraGroupJson {
        group: group.as_str(),
        count: timed(&count),
    });
    groups.collect()
}

fn dropped_conversations<'a>(found: &Found<'a>) -> Vec<DroppedJson<'a>> {
    let ranking = &found.done.report.dropped;
    let top = ranking.top(MOST_DROPPED).into_iter();
    let with_deciders = top.map(|(conversation, count)| {
        let deciders = ranking.deciders(&conversation);
        (conversation, count, deciders)
    });
    let dropped = with_deciders.map(|(conversation, count, deciders)| DroppedJson {
        decider: deciders.map(|deciders| decider(found.name(&deciders.one))),
        other_deciders: deciders.is_some_and(|deciders| deciders.are_several),
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

fn top(ranking: &Ranking) -> TopJson {
    let talkers = ranking.talkers(MOST_TOP).into_iter();
    let ports = ranking.ports(MOST_TOP).into_iter();
    let pairs = ranking.pairs(MOST_TOP).into_iter();
    TopJson {
        talkers: talkers
            .map(|(source, sum)| TalkerJson {
                src_ip: source.to_string(),
                count: count(&sum),
            })
            .collect(),
        ports: ports
            .map(|((protocol, port), sum)| PortJson {
                protocol: protocol_name(protocol),
                dst_port: port,
                count: count(&sum),
            })
            .collect(),
        pairs: pairs
            .map(|((source, destination), sum)| PairJson {
                src_ip: source.to_string(),
                dst_ip: destination.to_string(),
                count: count(&sum),
            })
            .collect(),
        beyond: count(ranking.beyond()),
    }
}

fn against<'a>(found: &Found<'a>, differences: &Differences) -> AgainstJson<'a> {
    let pairs = differences.pairs().into_iter().take(MOST_PAIRS);
    let pairs = pairs.map(|pair| DifferenceJson {
        from: decider(found.name(&pair.from)),
        to: decider(found.name(&pair.to)),
        other_interfaces: pair.elsewhere,
        count: timed(&pair.count),
        example: ExampleJson {
            src_ip: pair.example.source.to_string(),
            dst_ip: pair.example.destination.to_string(),
            protocol: protocol_name(pair.example.protocol),
            dst_port: pair.example.port,
        },
    });
    AgainstJson {
        records: differences.compared(),
        pairs: pairs.collect(),
        differs: count(&differences.total()),
        beyond: count(differences.beyond()),
    }
}

fn decider(named: Named<'_>) -> DeciderJson<'_> {
    DeciderJson {
        verdict: named.verdict,
        by: named.tier,
        interface: named.interface.map(|id| id.as_str()),
        reason: named.reason,
    }
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

fn timed(count: &Count) -> TimedJson {
    TimedJson {
        flows: count.flows,
        packets: count.packets,
        bytes: count.bytes,
        first_seen: count.first_seen.map(|time| time.to_string()),
        last_seen: count.last_seen.map(|time| time.to_string()),
    }
}
