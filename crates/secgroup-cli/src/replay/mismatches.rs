//! Records that the cloud treated otherwise than the rules say, one row each.

use std::io::{self, Write};

use secgroup_model::{Action, Direction};
use secgroup_replay::flow_log::Recorded;
use secgroup_replay::{Mismatch, Row, Scratch, Sink};
use serde::Serialize;

use super::rows::{COLUMNS, Form, RowJson, row_json};
use crate::output::Output;

/// The columns before those of every row.
const FIRST: [&str; 4] = ["cause", "recorded", "computed", "direction"];

/// Writes mismatches to an output.
#[derive(Debug)]
pub(super) struct Mismatches {
    pub(super) output: Output,
    form: Form,
}

/// One row.
#[derive(Debug, Serialize)]
struct MismatchJson<'a> {
    cause: &'static str,
    recorded: &'static str,
    computed: Option<&'static str>,
    direction: Option<&'static str>,
    #[serde(flatten)]
    row: RowJson<'a>,
}

impl Mismatches {
    /// Begins a list.
    pub(super) fn new(mut output: Output, form: Form) -> io::Result<Self> {
        if form == Form::Csv {
            let names: Vec<&str> = FIRST.into_iter().chain(COLUMNS).collect();
            writeln!(output, "{}", names.join(","))?;
        }
        Ok(Self { output, form })
    }

    fn add(&mut self, mismatch: &Mismatch<'_>) -> io::Result<()> {
        let row = MismatchJson {
            cause: mismatch.cause.name(),
            recorded: recorded(mismatch.recorded),
            computed: mismatch.computed.map(Action::name),
            direction: mismatch
                .row
                .record
                .direction
                .map(|direction| match direction {
                    Direction::Egress => "egress",
                    Direction::Ingress => "ingress",
                }),
            row: row_json(&mismatch.row),
        };
        if self.form != Form::Csv {
            serde_json::to_writer(&mut self.output, &row)?;
            return self.output.write_all(b"\n");
        }
        let mut writer = csv::WriterBuilder::new()
            .has_headers(false)
            .from_writer(&mut self.output);
        // A tuple, since rows of values have no place for names.
        let MismatchJson {
            cause,
            recorded,
            computed,
            direction,
            row,
        } = row;
        writer
            .serialize((cause, recorded, computed, direction, row))
            .map_err(io::Error::from)?;
        writer.flush()
    }
}

/// Returns the name of what the cloud did, as its logs have it in lower case.
pub(super) const fn recorded(recorded: Recorded) -> &'static str {
    match recorded {
        Recorded::Accept => "accept",
        Recorded::Reject => "reject",
    }
}

/// Rows and mismatches, either of which may not be wanted.
pub(super) struct Both<'a> {
    /// Where rows go.
    pub(super) rows: Option<&'a mut dyn Sink>,
    /// Where mismatches go.
    pub(super) mismatches: Option<&'a mut Mismatches>,
}

impl Sink for Both<'_> {
    fn format(&self, rows: &mut dyn Iterator<Item = Row<'_>>, output: &mut Vec<u8>) {
        if let Some(sink) = &self.rows {
            sink.format(rows, output);
        }
    }

    fn write(&mut self, rows: &[u8]) -> io::Result<()> {
        self.rows.as_mut().map_or(Ok(()), |sink| sink.write(rows))
    }

    fn wait(&mut self) -> io::Result<()> {
        self.rows.as_mut().map_or(Ok(()), |sink| sink.wait())
    }

    fn scratch(&self) -> io::Result<Box<dyn Scratch>> {
        super::rows::scratch()
    }

    fn mismatch(&mut self, mismatch: &Mismatch<'_>) -> io::Result<()> {
        self.mismatches
            .as_mut()
            .map_or(Ok(()), |sink| sink.add(mismatch))
    }
}
