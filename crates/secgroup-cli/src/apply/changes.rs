//! What the calls change for given flows: each flow judged before and after.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use secgroup_matcher::{Answer, Engine, Matcher, Sides};
use secgroup_model::{
    Action, Direction, Flow, NetworkIndex, Outcome, Query, Scope, Semantics, Shown, Snapshot,
};
use secgroup_replay::flow_log::{FlowLog, Options};
use secgroup_replay::input::{Format as InputFormat, Input};
use secgroup_replay::{Mode, Row, Sink};
use secgroup_report::sentence::reason;
use serde::Serialize;

use super::report::{Report, write_item};
use crate::args::{ApplyArguments, Format};
use crate::config::Config;
use crate::failure::{Exit, Failure};
use crate::replay::{Job, source};

/// The account before and after the calls.
pub(super) struct Changes<'a> {
    pub(super) before: Arc<Snapshot>,
    pub(super) after: Arc<Snapshot>,
    pub(super) semantics: Semantics,
    pub(super) arguments: &'a ApplyArguments,
}

/// A verdict with what gives it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct Judged {
    verdict: &'static str,
    /// What decided (3.10.3); nothing where neither end is in the account, or
    /// where an address is in several of its VPCs.
    by: Option<String>,
}

/// A flow whose verdict changed.
#[derive(Debug, Serialize)]
struct Changed<'a> {
    flow: String,
    flow_id: Option<&'a str>,
    number: u64,
    before: Judged,
    after: Judged,
}

/// Flows whose verdict changed in the same way.
#[derive(Clone, Debug, Default)]
struct Group {
    flows: u64,
    packets: u64,
    bytes: u64,
    /// The first of them: its number in the input, and what it is.
    first: Option<(u64, String)>,
}

/// A group as it is written.
#[derive(Debug, Serialize)]
struct GroupRow<'a> {
    before: &'a Judged,
    after: &'a Judged,
    flows: u64,
    packets: u64,
    bytes: u64,
    first: &'a str,
}

type Groups = BTreeMap<(Judged, Judged), Group>;

/// Notes flows whose verdict differs.
struct Comparison<'a> {
    before: &'a Snapshot,
    after: &'a Snapshot,
    matcher: Matcher,
    format: Format,
    /// Where every changed flow is written.
    rows: Option<&'a mut Report>,
    groups: Mutex<Groups>,
}

impl Changes<'_> {
    /// Judges the flows and writes what differs; returns how the program ends
    /// where inputs or signals settle that.
    pub(super) fn write(&self, report: &mut Report) -> Result<Option<Exit>, Failure> {
        let (check, replay) = (&self.arguments.then_check, &self.arguments.then_replay);
        let mut exit = None;
        if !check.is_empty() {
            let begun = report.begin("changed");
            begun.map_err(|error| report.failure(&error))?;
            let (groups, evaluated, end) = self.compare(check, report, true)?;
            exit = end;
            let changed: u64 = groups.values().map(|group| group.flows).sum();
            let line = format!("{changed} of {evaluated} flows change");
            report.line(line).map_err(|error| report.failure(&error))?;
        }
        if !replay.is_empty() {
            let (groups, evaluated, end) = self.compare(replay, report, false)?;
            exit = exit.or(end);
            let written = table(&groups, evaluated, report);
            written.map_err(|error| report.failure(&error))?;
        }
        Ok(exit)
    }

    fn compare(
        &self,
        paths: &[PathBuf],
        report: &mut Report,
        is_check: bool,
    ) -> Result<(Groups, u64, Option<Exit>), Failure> {
        let input = is_check.then_some(InputFormat::Text);
        let sources = paths.iter().map(|path| source(path, input)).collect();
        let job = Job::of(sources, Mode::Packets, self.arguments.common);
        let config = Config::of(Snapshot::clone(&self.before), self.semantics);
        let mut comparison = Comparison {
            before: &self.before,
            after: &self.after,
            matcher: Matcher::compile(&self.after, &self.semantics, Engine::Compiled),
            format: report.format(),
            rows: is_check.then_some(report),
            groups: Mutex::default(),
        };
        let done = job.run(&config, Some(&mut comparison))?;
        let groups = comparison.groups.into_inner();
        let groups = groups.unwrap_or_else(PoisonError::into_inner);
        Ok((groups, done.report.tally.evaluated(), done.exit()))
    }
}

/// Returns what is wrong with the files of flows, as far as their beginnings tell:
/// once calls are made, it is late to hear that a name was misspelt.
pub(super) fn unusable(arguments: &ApplyArguments) -> Vec<String> {
    let check = arguments.then_check.iter();
    let check = check.map(|path| (path, Some(InputFormat::Text)));
    let replay = arguments.then_replay.iter().map(|path| (path, None));
    let problems = check.chain(replay).filter_map(|(path, format)| {
        // What comes out of a pipe comes once.
        let is_stream = path
            .metadata()
            .is_ok_and(|file| !file.is_file() && !file.is_dir());
        if path.as_os_str() == "-" || is_stream {
            return None;
        }
        let problem = beginning(path, format).err()?;
        Some(format!("{}: {problem}", path.display()))
    });
    problems.collect()
}

/// Reads the beginning of a file of flows.
fn beginning(path: &Path, format: Option<InputFormat>) -> Result<(), String> {
    let input = Input::open(path, format).map_err(|error| error.to_string())?;
    if input.format == InputFormat::Text {
        let log = FlowLog::new(input.stream, &Options::default());
        log.map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// Writes the groups, those with most flows first.
fn table(groups: &Groups, evaluated: u64, report: &mut Report) -> io::Result<()> {
    report.begin("replayed")?;
    let mut sorted: Vec<_> = groups.iter().collect();
    sorted.sort_by_key(|(_, group)| std::cmp::Reverse(group.flows));
    let mut changed = 0;
    for ((before, after), group) in sorted {
        changed += group.flows;
        let first = group.first.as_ref().map_or("", |(_, flow)| flow);
        let row = GroupRow {
            before,
            after,
            flows: group.flows,
            packets: group.packets,
            bytes: group.bytes,
            first,
        };
        let text = format!(
            "{before} -> {after}: {} records, {} packets, {} bytes; the first is {first}",
            group.flows, group.packets, group.bytes
        );
        report.item(&row, text)?;
    }
    report.line(format!("{changed} of {evaluated} records change"))
}

impl Sink for Comparison<'_> {
    fn format(&self, rows: &mut dyn Iterator<Item = Row<'_>>, output: &mut Vec<u8>) {
        let mut groups = Groups::new();
        for row in rows {
            let flow = row.record.flow;
            let after = self.after(flow);
            if after.map_or(Outcome::Depends, |sides| sides.outcome()) == row.sides.outcome() {
                continue;
            }
            let before = judged(self.before, Some(row.sides));
            let after = judged(self.after, after.as_ref());
            let name = Query::from(flow).to_string();
            if self.rows.is_some() {
                let text = format!("{name}  {before} -> {after}");
                let changed = Changed {
                    flow: name.clone(),
                    flow_id: row.text.flow_id(),
                    number: row.record.number,
                    before: before.clone(),
                    after: after.clone(),
                };
                write_item(self.format, &changed, text, output)
                    .expect("writing to memory cannot fail");
            }
            groups.entry((before, after)).or_default().add(&Group {
                flows: 1,
                packets: row.record.packets,
                bytes: row.record.bytes,
                first: Some((row.record.number, name)),
            });
        }
        let mut all = self.groups.lock().unwrap_or_else(PoisonError::into_inner);
        for (change, group) in groups {
            all.entry(change).or_default().add(&group);
        }
    }

    fn write(&mut self, rows: &[u8]) -> io::Result<()> {
        match &mut self.rows {
            Some(report) if !rows.is_empty() => report.items(rows),
            _ => Ok(()),
        }
    }
}

impl Comparison<'_> {
    /// Judges a flow in the account as it is after the calls; nothing where an
    /// address is in several networks of it.
    fn after(&self, mut flow: Flow) -> Option<Sides> {
        flow.scope = match flow.scope {
            Scope::Unspecified => Scope::Unspecified,
            Scope::Elsewhere => Scope::Elsewhere,
            Scope::Network(index) => self.network(index).map_or(Scope::Elsewhere, Scope::Network),
            Scope::Ends {
                source,
                destination,
            } => match (self.network(source), self.network(destination)) {
                (Some(source), Some(destination)) => Scope::Ends {
                    source,
                    destination,
                },
                _ => Scope::Elsewhere,
            },
        };
        match self.matcher.decide_one(&flow) {
            Answer::Judged(sides) => Some(sides),
            Answer::Ambiguous(_) => None,
        }
    }

    /// Returns where a network of the account before is after the calls.
    fn network(&self, before: NetworkIndex) -> Option<NetworkIndex> {
        let vpc = self.before.vpc(before);
        let mut networks = self.after.networks();
        networks
            .find(|(_, one)| *one == vpc)
            .map(|(index, _)| index)
    }
}

/// Describes a verdict and the side that settles it: the one that drops, else
/// the receiver's, else the sender's.
fn judged(snapshot: &Snapshot, sides: Option<&Sides>) -> Judged {
    let Some(sides) = sides else {
        let verdict = "ambiguous";
        return Judged { verdict, by: None };
    };
    let known = || {
        let both = [
            (Direction::Egress, sides.egress),
            (Direction::Ingress, sides.ingress),
        ];
        both.into_iter()
            .filter_map(|(direction, side)| Some((direction, side?)))
    };
    let drops = known().find(|(_, side)| side.action == Action::Drop);
    let settles = drops.or_else(|| known().next_back());
    Judged {
        verdict: match sides.outcome() {
            Outcome::Accept => "accept",
            Outcome::Drop => "drop",
            Outcome::Outside => "outside",
            Outcome::Depends => "depends",
        },
        by: settles.map(|(direction, side)| reason(snapshot, direction, side.by)),
    }
}

impl fmt::Display for Judged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.verdict)?;
        match &self.by {
            Some(by) => write!(f, " ({})", Shown(by)),
            None => Ok(()),
        }
    }
}

impl Group {
    fn add(&mut self, other: &Self) {
        // As a tally counts: what a list claims may have no sum.
        self.flows = self.flows.saturating_add(other.flows);
        self.packets = self.packets.saturating_add(other.packets);
        self.bytes = self.bytes.saturating_add(other.bytes);
        let both = [self.first.take(), other.first.clone()];
        self.first = both.into_iter().flatten().min();
    }
}
