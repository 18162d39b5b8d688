//! Replays of a few packets, and everything that came of them in words.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::sync::Arc;

use secgroup_matcher::{Answer, Engine, Matcher, Side};
use secgroup_model::{DecidedBy, Direction, Query, Semantics, Snapshot};
use secgroup_replay::{
    Change, Control, Count, Judge, Location, Mode, Replay, Report, Row, Sink, Source, Timestamp,
    Under,
};

use crate::corpus::words;
use crate::packets::{Packet, START, capture};

/// What is replayed under.
#[derive(Debug)]
pub struct Setup {
    /// The flags.
    pub semantics: Semantics,
    /// The snapshots, each from so many seconds after [`START`] on.
    pub snapshots: Vec<(i64, Snapshot)>,
    /// What it is compared with.
    pub against: Option<Snapshot>,
    /// How many sessions are followed.
    pub most: usize,
    /// What is judged.
    pub mode: Mode,
    /// How many rows wait in memory.
    pub rows: usize,
    /// Whether inputs are one in the order of their times.
    pub in_time_order: bool,
}

impl Setup {
    /// Returns a setup of one snapshot with the usual flags.
    #[must_use]
    pub fn new(snapshot: Snapshot) -> Self {
        Self {
            semantics: Semantics::default(),
            snapshots: vec![(0, snapshot)],
            against: None,
            most: secgroup_replay::DEFAULT_SESSIONS,
            mode: Mode::Sessions,
            rows: 65_536,
            in_time_order: false,
        }
    }

    /// Sets a flag.
    ///
    /// # Panics
    ///
    /// Panics when there is no such flag or value.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.semantics.set(name, value).expect("a flag");
        self
    }

    /// Replays packets from a capture.
    #[must_use]
    pub fn replay(&self, packets: &[Packet], threads: usize) -> Replayed {
        let replayed = self.replay_bytes(&[&capture(packets)], threads);
        let tally = &replayed.report.tally;
        let packets: u64 = tally.verdicts().iter().map(|count| count.packets).sum();
        assert_eq!(packets, tally.evaluated());
        replayed
    }

    /// Replays inputs of any form.
    ///
    /// # Panics
    ///
    /// Panics when no file can be written.
    #[must_use]
    pub fn replay_bytes(&self, inputs: &[&[u8]], threads: usize) -> Replayed {
        let files = inputs.iter().map(|bytes| {
            let mut file = tempfile::NamedTempFile::new().expect("a file");
            file.write_all(bytes).expect("room for a file");
            file
        });
        let files: Vec<_> = files.collect();
        let sources = files
            .iter()
            .map(|file| Source::at(Location::Path(file.path().to_owned())));
        let sources: Vec<Source> = sources.collect();
        let judge = |snapshot| {
            let matcher = Matcher::compile(snapshot, &self.semantics, Engine::Compiled);
            Judge::Matcher(Box::new(matcher))
        };
        let under = |snapshot| Under {
            snapshot,
            judge: judge(snapshot),
        };
        let ((_, first), later) = self.snapshots.split_first().expect("a snapshot");
        let changes = later.iter().map(|(from, snapshot)| Change {
            from: Timestamp((START + from) * 1_000_000_000),
            under: under(snapshot),
        });
        let replay = Replay {
            changes: changes.collect(),
            against: self.against.as_ref().map(under),
            mode: self.mode,
            in_time_order: self.in_time_order,
            conntrack: self.semantics.conntrack,
            most_sessions: self.most,
            rows_in_memory: self.rows,
            threads,
            ..Replay::new(first, judge(first))
        };
        let mut rows = Rows::default();
        let control = Arc::new(Control::default());
        let report = replay.run(&sources, &control, Some(&mut rows));
        let report = report.expect("memory takes rows");
        let snapshots: Vec<&Snapshot> = self.snapshots.iter().map(|(_, one)| one).collect();
        let text = String::from_utf8(rows.0).expect("text");
        let (rows, wants) = text
            .lines()
            .map(|line| line.split_once('\t').expect("a row has both parts"))
            .map(|(row, want)| (format!("{row}\n"), want.to_owned()))
            .unzip();
        Replayed {
            rows,
            wants,
            tally: told(&snapshots, &report),
            report,
        }
    }
}

/// What came of a replay.
#[derive(Debug)]
pub struct Replayed {
    /// A line for each row: number, verdict, what decided at the sender's and
    /// the receiver's interface, packets, bytes, first and last nanosecond, a
    /// note, flow.
    pub rows: String,
    /// For each row its verdict and decider in the words of the corpus.
    pub wants: Vec<String>,
    /// Every count, a line each.
    pub tally: String,
    /// All of it.
    pub report: Report,
}

impl Replayed {
    /// Returns `number verdict egress/ingress packets` of each row.
    #[must_use]
    pub fn short_rows(&self) -> Vec<String> {
        let rows = self.rows.lines().map(|line| {
            let words: Vec<&str> = line.split(' ').collect();
            let [number, verdict, by, packets, ..] = words.as_slice() else {
                panic!("`{line}` is no row");
            };
            format!("{number} {verdict} {by} {packets}")
        });
        rows.collect()
    }
}

#[derive(Default)]
struct Rows(Vec<u8>);

impl Sink for Rows {
    fn format(&self, rows: &mut dyn Iterator<Item = Row<'_>>, output: &mut Vec<u8>) {
        for row in rows {
            let by = |direction, side: Option<Side>| {
                side.map_or_else(
                    || "-".to_owned(),
                    |side| {
                        let by = decider(row.snapshot, direction, side.by);
                        format!("{by}:{}", side.action)
                    },
                )
            };
            let want = words(row.snapshot, &Answer::Judged(*row.sides));
            let record = row.record;
            let second = |time: Option<Timestamp>| match time {
                Some(Timestamp(time)) => (time - START * 1_000_000_000).to_string(),
                None => "-".to_owned(),
            };
            writeln!(
                output,
                "{} {} {}/{} {} {} {} {} {} {}\t{} {}",
                row.text
                    .flow_id()
                    .map_or_else(|| record.number.to_string(), str::to_owned),
                row.sides.outcome(),
                by(Direction::Egress, row.sides.egress),
                by(Direction::Ingress, row.sides.ingress),
                record.packets,
                record.bytes,
                second(record.timestamp),
                second(record.last.max(record.timestamp)),
                if row.sides.contested {
                    "contested"
                } else {
                    "-"
                },
                Query::from(record.flow),
                want.verdict,
                want.decider,
            )
            .expect("memory takes text");
        }
    }

    fn write(&mut self, rows: &[u8]) -> io::Result<()> {
        self.0.extend(rows);
        Ok(())
    }
}

/// Names what decided.
#[must_use]
pub fn decider(snapshot: &Snapshot, direction: Direction, by: DecidedBy) -> String {
    match by {
        DecidedBy::Platform(exception) => format!("special:{exception}"),
        DecidedBy::Session => "session".to_owned(),
        DecidedBy::OrphanFragment => "orphan".to_owned(),
        DecidedBy::IntraGroup(group) => snapshot.group(group).id().to_string(),
        DecidedBy::Rule(rule) => snapshot.rule(rule).name().to_owned(),
        DecidedBy::Default(kind) => format!("default:{kind}/{direction}"),
    }
}

/// Writes everything that was counted; what is zero is left out.
fn told(snapshots: &[&Snapshot], report: &Report) -> String {
    let mut text = String::new();
    let mut tell = |name: &str, count: &Count| {
        if *count == Count::default() {
            return;
        }
        let second = |time: Option<Timestamp>| {
            let time = time.expect("packets have times").0 - START * 1_000_000_000;
            time as f64 / 1e9
        };
        let (first, last) = (second(count.first_seen), second(count.last_seen));
        writeln!(
            text,
            "{name}: {} flows, {} packets, {first} to {last} s",
            count.flows, count.packets
        )
        .expect("memory takes text");
    };
    let tally = &report.tally;
    for (count, name) in tally
        .verdicts()
        .into_iter()
        .zip(["accept", "drop", "outside"])
    {
        tell(name, count);
    }
    tell("session", tally.session());
    tell("platform", tally.platform());
    for (part, snapshot) in snapshots.iter().enumerate() {
        for (index, rule) in snapshot.rules() {
            tell(rule.name(), tally.rule_of(part, index));
        }
        for (index, group) in snapshot.groups() {
            tell(group.id().as_str(), tally.intra_group_of(part, index));
        }
        for found in tally.defaults_of(part, snapshot) {
            let interface = snapshot.interface(found.interface).id();
            let name = format!("default {interface} {}", found.direction);
            tell(&name, &found.count);
        }
    }
    tell("contested", tally.contested());
    if let Some(sessions) = report.sessions {
        for (name, count) in [
            ("opened", sessions.opened),
            ("evicted", sessions.evicted),
            ("ended by change", sessions.ended_by_change),
            ("inferred", sessions.inferred),
        ] {
            if count > 0 {
                writeln!(text, "{name}: {count}").expect("memory takes text");
            }
        }
    }
    for input in &report.inputs {
        for (skip, count) in input.skips.iter() {
            writeln!(text, "skipped {}: {count}", skip.name()).expect("memory takes text");
        }
        for oddity in &input.oddities {
            writeln!(text, "odd: {oddity}").expect("memory takes text");
        }
    }
    conserved(report);
    text
}

/// What is counted by verdict and by decider adds up to all that was judged.
///
/// # Panics
///
/// Panics when it does not.
pub fn conserved(report: &Report) {
    let tally = &report.tally;
    assert_eq!(report.records(), tally.evaluated() + report.skipped());
    let sum = |counts: &mut dyn Iterator<Item = &Count>| {
        counts.fold((0, 0), |(packets, bytes), count| {
            (packets + count.packets, bytes + count.bytes)
        })
    };
    let judged = sum(&mut tally.judged().iter());
    let deciders = sum(&mut tally.deciders());
    let shared = tally.shared();
    assert_eq!(
        (deciders.0 + shared.packets, deciders.1 + shared.bytes),
        judged,
        "deciders"
    );
}
