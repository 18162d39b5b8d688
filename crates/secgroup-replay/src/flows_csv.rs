//! Flows from CSV text with a header, one flow a row.
//!
//! [`FlowsCsv::new`] reads the header; [`FlowsCsv::next_batch`] fills a
//! [`RowBatch`] with rows in input order, and [`Row::parse`] turns one into a
//! [`FlowRow`], on any thread. A row that cannot be used is a [`RowProblem`]
//! with its line and column, and reading goes on with the next line if the
//! caller wants to. Memory does not grow with the file: lines and batches
//! have limits ([`MAX_LINE`], [`BATCH_ROWS`], [`BATCH_BYTES`]).
//!
//! # What is read
//!
//! - Columns ([`Column`]) in any order, their names in any case; others are
//!   ignored, whatever they hold.
//! - A row is one line, ended by LF or CRLF; blank lines do not count. Quotes
//!   work as usual, but a quoted field ends on its own line: so an unclosed
//!   quote costs one row and not the rest of the file.
//! - Spaces around a value do not count, except in `flow_id`, which is echoed
//!   unchanged, also when a spreadsheet would take it for a formula.
//! - An empty optional field is an absent one.
//!
//! Not here: flow logs with columns of their own, unpacking
//! ([`crate::input`]), which network a `vpc_id` is, judging.

mod batch;
mod column;
mod header;
mod kind;
mod line;
mod parse;
mod problem;
mod row;
mod split;
#[cfg(test)]
mod tests;
mod timestamp;

use std::io::{self, Read};

pub use batch::{BATCH_BYTES, BATCH_ROWS, Row, RowBatch};
pub use column::Column;
pub use header::HeaderError;
pub use kind::RowProblemKind;
pub use line::MAX_LINE;
pub use problem::RowProblem;
pub use row::{FlowRow, Recorded};

pub(crate) use timestamp::parse as timestamp;

use header::Header;
use line::{Line, LineReader};
use problem::RowFault;
use split::{FieldSplitter, Split};

/// A stream of CSV text of which the header has been read.
#[derive(Debug)]
pub struct FlowsCsv<R> {
    lines: LineReader<R>,
    splitter: FieldSplitter,
    header: Header,
    /// A failure that waits until the rows before it have been delivered.
    failure: Option<io::Error>,
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

impl<R: Read> FlowsCsv<R> {
    /// Reads the header.
    ///
    /// # Errors
    ///
    /// Returns [`HeaderError`] when there is none or it does not name the
    /// columns that every flow has.
    pub fn new(reader: R) -> Result<Self, HeaderError> {
        let mut lines = LineReader::new(reader);
        let mut splitter = FieldSplitter::default();
        let header = Header::read(&mut lines, &mut splitter)?;
        Ok(Self {
            lines,
            splitter,
            header,
            failure: None,
        })
    }

    /// Replaces the rows of `batch` by the next ones, faulty ones included.
    ///
    /// Returns `false` at the end of the input; then the batch is empty. A batch
    /// holds what the stream has at hand, so on a slow pipe rows are not held
    /// back; how rows fall into batches is therefore no property of the file.
    ///
    /// # Errors
    ///
    /// Returns [`ReadFailure`] when the input cannot be read any further; then
    /// too the batch is empty, every row before has been delivered, and going
    /// on is pointless.
    pub fn next_batch(&mut self, batch: &mut RowBatch) -> Result<bool, ReadFailure> {
        batch.start(self.header.columns);
        while self.failure.is_none()
            && !batch.is_full()
            && (batch.is_empty() || self.lines.is_at_hand())
        {
            match self.lines.next_line() {
                Ok(None) => break,
                Ok(Some(Line::Text { number, text })) => {
                    let width = self.header.width;
                    let fault = match batch.split_into(&mut self.splitter, text, width) {
                        Split::Fields(found) if found == width => None,
                        Split::Fields(found) => Some(RowFault::Ragged {
                            found,
                            expected: width,
                        }),
                        Split::UnclosedQuote => Some(RowFault::UnclosedQuote),
                    };
                    batch.finish_row(number, fault);
                }
                Ok(Some(Line::TooLong { number })) => {
                    batch.finish_row(number, Some(RowFault::LineTooLong));
                }
                Err(failure) => self.failure = Some(failure),
            }
        }
        match self.failure.take_if(|_| batch.is_empty()) {
            Some(source) => Err(ReadFailure {
                line: self.lines.number(),
                source,
            }),
            None => Ok(!batch.is_empty()),
        }
    }
}
