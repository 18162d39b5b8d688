//! A replay that was run: how the program ends, and what is said of its inputs.

use std::time::Duration;

use secgroup_replay::{Ending, InputReport, Report, Skip};

use super::{Job, text};
use crate::failure::Exit;
use crate::messages;
use crate::signals::Signals;

/// A replay that was run.
pub(crate) struct Done {
    /// What it found.
    pub(crate) report: Report,
    /// How long it took.
    pub(crate) elapsed: Duration,
    /// The inputs behind the end of the run, which were not read.
    pub(crate) unread: Vec<String>,
    pub(super) signals: Signals,
}

impl Done {
    /// Returns how the program ends if inputs or signals settle that.
    pub(crate) fn exit(&self) -> Option<Exit> {
        let endings = || self.report.inputs.iter().map(|input| &input.ending);
        let refused = endings().any(|ending| matches!(ending, Ending::Refused(_)));
        let damaged = endings().any(|ending| matches!(ending, Ending::Damaged(_)));
        let nothing = self.report.tally.evaluated() == 0;
        let refused = refused
            || endings().all(|ending| matches!(ending, Ending::PassedOver(_)))
            || self.only_bad_rows();
        if let Some(signal) = self.signals.exit() {
            Some(signal)
        } else if refused && nothing && !damaged {
            Some(Exit::BadInput)
        } else if refused || damaged {
            Some(Exit::Partial)
        } else {
            None
        }
    }

    /// Tells whether rows were skipped that make no sense, and nothing is left.
    fn only_bad_rows(&self) -> bool {
        let report = &self.report;
        let bad = |input: &InputReport| input.skips.iter().any(|(skip, _)| is_bad_row(skip));
        report.tally.evaluated() == 0 && report.inputs.iter().any(bad)
    }

    /// Says what was odd about the inputs, and what is wrong with them.
    pub(super) fn say(&self, job: &Job) {
        let problems = self.problems(job);
        if !job.common.quiet {
            messages::warnings(&self.warnings());
        }
        messages::problems(&problems);
        if self.signals.exit().is_some() && !job.common.quiet {
            messages::note(&format!(
                "interrupted after {} records",
                self.report.records()
            ));
        }
        if job.common.verbose {
            let (records, seconds) = (self.report.records(), self.elapsed.as_secs_f64());
            let rate = records as f64 / seconds.max(1e-9) / 1e6;
            messages::note(&format!(
                "{records} records in {seconds:.3} s ({rate:.2} M/s)"
            ));
        }
    }

    fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        for input in &self.report.inputs {
            let name = &input.name;
            let oddities = input.oddities.iter();
            warnings.extend(oddities.map(|oddity| format!("{name}: {oddity}")));
            warnings.extend(input.skips.iter().map(|(skip, count)| {
                let noun = match (input.unit(), count) {
                    ("packet", 1) => "packet",
                    ("packet", _) => "packets",
                    (_, 1) => "row",
                    _ => "rows",
                };
                let first = text::first(input, skip, count);
                format!("{name}: {count} {noun} skipped: {skip}{first}")
            }));
            if let Ending::PassedOver(why) = &input.ending {
                warnings.push(format!("{name}: no input, passed over: {why}"));
            }
        }
        warnings
    }

    fn problems(&self, job: &Job) -> Vec<String> {
        let mut problems = Vec::new();
        let inputs = &self.report.inputs;
        for input in inputs {
            let (Ending::Damaged(why) | Ending::Refused(why)) = &input.ending else {
                continue;
            };
            let way_on = match job.skip_bad {
                Some(_) if input.at_row => {
                    " (this ends the run; with --skip-bad such rows are skipped and counted)"
                }
                _ => "",
            };
            problems.push(format!("{}: {why}{way_on}", input.name));
        }
        if self.only_bad_rows() {
            problems.extend(inputs.iter().filter_map(without_good_row));
        }
        let passed_over = |input: &InputReport| matches!(input.ending, Ending::PassedOver(_));
        if !inputs.is_empty() && inputs.iter().all(passed_over) {
            problems.push("no file that was found is an input".to_owned());
        }
        // Besides an interruption only a row ends a run before its inputs.
        if let [first, others @ ..] = &self.unread[..]
            && !self.report.interrupted
        {
            let others = match others.len() {
                0 => String::new(),
                1 => " and 1 input more".to_owned(),
                count => format!(" and {count} inputs more"),
            };
            problems.push(format!(
                "{first}{others}: not read, because a row before ended the run"
            ));
        }
        problems
    }
}

/// Tells whether a record was skipped because its row makes no sense.
const fn is_bad_row(skip: Skip) -> bool {
    match skip {
        Skip::Row(_) => true,
        Skip::Packet(_) | Skip::OtherRow(_) | Skip::AmbiguousAddress | Skip::Midstream => false,
    }
}

/// Says what is wrong with the rows of an input that has no good one.
fn without_good_row(input: &InputReport) -> Option<String> {
    let bad = input.skips.iter().filter(|(skip, _)| is_bad_row(*skip));
    let reasons: Vec<String> = bad
        .map(|(skip, count)| format!("{skip}: {count}{}", text::first(input, skip, count)))
        .collect();
    let name = &input.name;
    (!reasons.is_empty()).then(|| format!("{name}: no row can be judged: {}", reasons.join(", ")))
}
