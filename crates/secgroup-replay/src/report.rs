//! What a replay found.

use crate::input::Compression;
use crate::{Comparison, Differences, Ranking, SessionCounts, Skips, Tally};

/// How the reading of an input ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// At its end.
    Complete,
    /// Before its end: what came before was judged.
    Damaged(String),
    /// Before its beginning: nothing of it was judged.
    Refused(String),
    /// Not at all: it was found in a directory, and is no input.
    PassedOver(String),
}

/// One input of a replay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputReport {
    /// What it was called.
    pub name: String,
    /// `pcap`, `pcapng` or `csv`; none when it was refused.
    pub format: Option<&'static str>,
    /// How it was packed.
    pub compression: Option<Compression>,
    /// How many packets or rows it had.
    pub records: u64,
    /// How many bytes of it were read, as they lie in the file.
    pub bytes: u64,
    /// Which of the records were not judged.
    pub skips: Skips,
    /// What was odd about it, in sentences.
    pub oddities: Vec<String>,
    /// How it ended.
    pub ending: Ending,
    /// Whether that was at a row that makes no sense, which ends the run.
    pub at_row: bool,
}

/// Everything a replay found.
#[derive(Clone, Debug)]
pub struct Report {
    /// The inputs, in the order given; those behind an interruption are absent.
    pub inputs: Vec<InputReport>,
    /// What was judged.
    pub tally: Tally,
    /// The conversations that passed, where sessions were followed or that was
    /// asked for.
    pub accepted: Ranking,
    /// The dropped conversations.
    pub dropped: Ranking,
    /// What sessions came to, where they were followed.
    pub sessions: Option<SessionCounts>,
    /// What is judged differently, where a second configuration was asked.
    pub differences: Option<Differences>,
    /// What was judged under that one, where sessions were followed.
    pub other: Option<Tally>,
    /// What the cloud recorded otherwise.
    pub comparison: Comparison,
    /// Whether the replay was interrupted.
    pub interrupted: bool,
}

impl InputReport {
    pub(crate) fn new(name: String) -> Self {
        Self {
            name,
            format: None,
            compression: None,
            records: 0,
            bytes: 0,
            skips: Skips::default(),
            oddities: Vec::new(),
            ending: Ending::Complete,
            at_row: false,
        }
    }

    /// Returns what the numbers of its records count: `packet`, `line` or, of a
    /// file without lines, `row`.
    #[must_use]
    pub fn unit(&self) -> &'static str {
        match self.format {
            Some("pcap" | "pcapng") => "packet",
            Some("parquet") => "row",
            Some(_) | None => "line",
        }
    }
}

impl Report {
    /// Returns the number of records of all inputs; each was judged or skipped.
    #[must_use]
    pub fn records(&self) -> u64 {
        self.inputs.iter().map(|input| input.records).sum()
    }

    /// Tells whether the second configuration judges anything differently.
    #[must_use]
    pub fn changes(&self) -> bool {
        let total = self.differences.as_ref().map(Differences::total);
        total.is_some_and(|total| total.packets > 0 || total.flows > 0)
    }

    /// Returns the number of skipped records.
    #[must_use]
    pub fn skipped(&self) -> u64 {
        self.inputs.iter().map(|input| input.skips.total()).sum()
    }
}
