//! Flows from text, one flow a line, or from columns: lists of our own and the logs of clouds
//! and sensors.
//!
//! [`FlowLog::new`] recognises the format by its first line and reads its
//! header; [`FlowLog::next_batch`] fills a [`RowBatch`] with lines in input
//! order, [`RowBatch::cut`] makes rows of them, and [`Row::parse`] turns one
//! into a [`FlowRow`], both on any thread. A row that cannot be used is a
//! [`RowProblem`] with its line and column, and reading goes on with the next
//! line if the caller wants to; a row about something else than a flow is a
//! [`RowSkip`]. [`Columnar`] fills the same batches from Parquet. Memory does
//! not grow with the file: lines and batches have limits ([`MAX_LINE`],
//! [`BLOCK_BYTES`]).
//!
//! CSV and JSON are taken apart by `csv-core` and `serde_json`. Beside them
//! lines that look like the one before are read in one go (`plain`), which
//! takes a quarter of the time and knows nothing of faults: whatever is not
//! plain goes to those libraries, and tests hold both ways against each other.
//!
//! # What is read
//!
//! - Columns ([`Column`]) in any order, by any of the names that formats have
//!   for them, in any case; others are ignored, whatever they hold.
//! - A row is one line, ended by LF or CRLF; blank lines do not count. Quotes
//!   work as usual, but a quoted field ends on its own line: so an unclosed
//!   quote costs one row and not the rest of the file.
//! - Spaces around a value do not count, except in `flow_id`, which is echoed
//!   unchanged, also when a spreadsheet would take it for a formula.
//! - An empty optional field is an absent one.
//!
//! Not here: unpacking ([`crate::input`]), which network a `vpc_id` is,
//! judging.

mod batch;
mod blocks;
mod column;
mod columnar;
mod fields;
mod format;
mod json;
mod kind;
mod layout;
mod parse;
mod plain;
mod problem;
mod row;
mod separated;
mod skip;
#[cfg(test)]
mod tests;
mod timestamp;

use std::io::{self, Read};
use std::sync::Arc;

pub use batch::{Row, RowBatch};
pub use blocks::{BLOCK_BYTES, MAX_LINE};
pub use column::{Column, ColumnNames, ColumnNamesError};
pub use columnar::{Columnar, ColumnarError, MAX_COLUMN_BYTES, panic_is_caught};
pub use format::LogFormat;
pub use kind::RowProblemKind;
pub use layout::{HeaderError, MAX_COLUMNS};
pub(crate) use plain::BriefRow;
pub use problem::{JsonFault, RowProblem};
pub use row::{FlowRow, Recorded};
pub use skip::RowSkip;

pub(crate) use timestamp::parse as timestamp;

use blocks::Blocks;
use layout::Layout;

/// What is known about a file before it is read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Its format, where content shall not decide.
    pub format: Option<LogFormat>,
    /// What its columns are called, where no name known here fits.
    pub columns: ColumnNames,
}

/// A stream of flow records of which the header has been read.
#[derive(Debug)]
pub struct FlowLog<R> {
    blocks: Blocks<R>,
    layout: Arc<Layout>,
}

/// The input could not be read any further.
#[derive(Debug, thiserror::Error)]
#[error("line {line}: cannot read: {source}")]
pub struct ReadFailure {
    /// The line at which it happened, counted from 1.
    pub line: u64,
    /// What happened.
    pub source: io::Error,
}

impl<R: Read> FlowLog<R> {
    /// Recognises the format and reads the header.
    ///
    /// # Errors
    ///
    /// Returns [`HeaderError`] when there is none or it does not name the
    /// columns that every flow has.
    pub fn new(reader: R, options: &Options) -> Result<Self, HeaderError> {
        let mut blocks = Blocks::new(reader);
        let layout = Layout::read(&mut blocks, options)?;
        Ok(Self {
            blocks,
            layout: Arc::new(layout),
        })
    }

    /// Returns the format.
    #[must_use]
    pub fn format(&self) -> LogFormat {
        self.layout.dialect.format
    }

    /// Tells whether times without a zone are read as UTC.
    #[must_use]
    pub fn is_zoneless(&self) -> bool {
        self.layout.dialect.zoneless
    }

    /// Returns the names of columns that are not read and may be misspelt, each with
    /// the column that it may mean.
    #[must_use]
    pub fn misspelt(&self) -> &[(String, Column)] {
        &self.layout.near
    }

    /// Replaces what `batch` holds by the next lines, which are still to be
    /// [cut](RowBatch::cut).
    ///
    /// Returns `false` at the end of the input; then the batch is empty. A batch
    /// holds what the stream has at hand, so on a slow pipe rows are not held
    /// back; how rows fall into batches is therefore no property of the file.
    ///
    /// # Errors
    ///
    /// Returns [`ReadFailure`] when the input cannot be read any further; then
    /// too the batch is empty, every line before has been delivered, and going
    /// on is pointless.
    pub fn next_batch(&mut self, batch: &mut RowBatch) -> Result<bool, ReadFailure> {
        batch.start(&self.layout);
        match self.blocks.next(batch.text_mut()) {
            Ok(None) => Ok(false),
            Ok(Some(block)) => {
                batch.appended(block);
                Ok(true)
            }
            Err(source) => Err(ReadFailure {
                line: self.blocks.line(),
                source,
            }),
        }
    }
}
