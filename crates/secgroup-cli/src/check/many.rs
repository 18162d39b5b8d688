//! Judging the flows of a CSV file, one answer a row.
//!
//! This is a replay of the file whose rows are sentences; so it streams, runs
//! on all cores and ends as a replay does.

use std::io::{self, Write};
use std::path::Path;

use secgroup_matcher::Sides;
use secgroup_model::{DecidedBy, Direction, Note, Outcome, Query, Snapshot, Verdict};
use secgroup_replay::input::Format as InputFormat;
use secgroup_replay::{Mode, Row, Sink};
use secgroup_report::sentence;

use super::text;
use crate::args::{CheckArguments, Format};
use crate::config::Config;
use crate::failure::{Exit, Failure};
use crate::messages;
use crate::output::Output;
use crate::replay::{Job, rows};

/// Judges the flows of a file and says how the program ends.
pub(super) fn run(
    config: &Config,
    arguments: &CheckArguments,
    path: &Path,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let sources = vec![crate::replay::source(path, Some(InputFormat::Text))];
    let job = Job {
        engine: arguments.engine,
        ..Job::of(sources, Mode::Packets, arguments.config.common)
    };
    let colour = super::colour(arguments) != anstream::ColorChoice::Never;
    let mut sink: Box<dyn Sink + '_> = match arguments.format {
        Format::Text => Box::new(Sentences { output, colour }),
        Format::Json => Box::new(rows::Rows::new(output, rows::Form::Array)),
        Format::Jsonl => Box::new(rows::Rows::new(output, rows::Form::Lines)),
        Format::Csv => Box::new(rows::Rows::new(output, rows::Form::Csv)),
    };
    let done = job.run(config, Some(&mut *sink))?;
    drop(sink);
    if arguments.format == Format::Json {
        rows::end_array(output, done.report.tally.evaluated() == 0)
            .map_err(|error| output.failure(&error))?;
    }
    let contested = done.report.tally.contested().flows;
    if contested > 0 && !arguments.config.common.quiet {
        let flows = if contested == 1 {
            "flow has"
        } else {
            "flows have"
        };
        messages::note(&format!(
            "{contested} {flows} another verdict under the other reading of eval.intra_group_egress"
        ));
    }
    let [_, dropped, outside] = done.report.tally.verdicts();
    // A row that could not be judged is no yes.
    let open = outside.flows + done.report.skipped();
    let answer = match (dropped.flows, open) {
        (0, 0) => Exit::Done,
        (0, _) => super::exit(Outcome::Outside),
        _ => Exit::No,
    };
    Ok(done.exit().unwrap_or(answer))
}

/// One line a flow, for people.
struct Sentences<'a> {
    output: &'a mut Output,
    colour: bool,
}

impl Sink for Sentences<'_> {
    fn format(&self, rows: &mut dyn Iterator<Item = Row<'_>>, output: &mut Vec<u8>) {
        for row in rows {
            // Writing to memory cannot fail.
            let _ = self.line(&row, output);
        }
    }

    fn write(&mut self, rows: &[u8]) -> io::Result<()> {
        self.output.write_all(rows)
    }
}

impl Sentences<'_> {
    fn line(&self, row: &Row<'_>, output: &mut Vec<u8>) -> io::Result<()> {
        let outcome = row.sides.outcome();
        let word = outcome.to_string().to_uppercase();
        if self.colour {
            let style = text::style(outcome);
            write!(output, "{style}{word:<7}{style:#}  ")?;
        } else {
            write!(output, "{word:<7}  ")?;
        }
        if let Some(id) = row.text.flow_id() {
            write!(output, "{}  ", secgroup_model::Shown(id))?;
        }
        let query = Query::from(row.record.flow);
        write!(
            output,
            "{query}  {}",
            deciding_side(row.snapshot, row.sides)
        )?;
        if row.sides.contested {
            write!(output, "  [{}]", Note::ContestedIntraGroupEgress)?;
        }
        writeln!(output)
    }
}

/// Describes the side that settles the verdict: the one that drops, else the
/// receiver's, else the sender's.
fn deciding_side(snapshot: &Snapshot, sides: &Sides) -> String {
    let both = [
        (Direction::Egress, sides.egress),
        (Direction::Ingress, sides.ingress),
    ];
    let known = || {
        both.into_iter()
            .filter_map(|(direction, side)| Some((direction, side?)))
    };
    let drops = known().find(|(_, side)| side.action == secgroup_model::Action::Drop);
    match drops.or_else(|| known().next_back()) {
        None => "neither end is in the snapshot".to_owned(),
        Some((direction, side)) => {
            let by: DecidedBy = side.by;
            let verdict = Verdict {
                interface: side.interface,
                decision: side.action.into(),
                by,
                otherwise: None,
            };
            format!(
                "{direction} {}",
                sentence::side(snapshot, direction, &verdict)
            )
        }
    }
}
