//! Rows in bulk, without an allocation of their own.

use super::column::{Column, Places};
use super::problem::{RowFault, RowProblem};
use super::row::FlowRow;
use super::split::{FieldSplitter, Split};

/// The greatest number of rows in a batch.
pub const BATCH_ROWS: usize = 4096;

/// The number of bytes after which a batch takes no further row. A batch holds
/// at most this and one line.
pub const BATCH_BYTES: usize = 512 * 1024;

/// Rows in input order, kept in buffers that are used again and again.
///
/// ```text
/// bytes  203.0.113.9 10.0.0.1 6 40000 443  203.0.113.9 10.0.0.1 17 …
/// ends             11       19 20  25  28            11       19 21 …
/// rows   ^ first_byte 0, first_end 0       ^ first_byte 28, first_end 5
/// ```
#[derive(Debug, Default)]
pub struct RowBatch {
    columns: Places,
    bytes: Vec<u8>,
    ends: Vec<usize>,
    rows: Vec<Span>,
    /// Where the fields of the row under construction begin.
    open: (usize, usize),
}

/// Where the fields of a row lie.
#[derive(Clone, Copy, Debug)]
struct Span {
    line: u64,
    first_byte: usize,
    first_end: usize,
    last_end: usize,
    fault: Option<RowFault>,
}

/// One row of a batch.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    batch: &'a RowBatch,
    span: Span,
}

impl RowBatch {
    /// Returns the rows, faulty ones included.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = Row<'_>> {
        self.rows.iter().map(|span| Row {
            batch: self,
            span: *span,
        })
    }

    /// Returns the number of rows.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.rows.len()
    }

    /// Tells whether there is no row.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Forgets the rows and keeps the room they had.
    pub(super) fn start(&mut self, columns: Places) {
        self.columns = columns;
        self.bytes.clear();
        self.ends.clear();
        self.rows.clear();
        self.open = (0, 0);
    }

    /// Tells whether the batch takes no further row.
    pub(super) const fn is_full(&self) -> bool {
        self.rows.len() >= BATCH_ROWS || self.bytes.len() >= BATCH_BYTES
    }

    /// Cuts `line` into fields of the row under construction.
    pub(super) fn split_into(
        &mut self,
        splitter: &mut FieldSplitter,
        line: &[u8],
        width: usize,
    ) -> Split {
        splitter.split(line, width, &mut self.bytes, &mut self.ends)
    }

    /// Adds the row under construction; a faulty one loses its fields.
    pub(super) fn finish_row(&mut self, line: u64, fault: Option<RowFault>) {
        let (first_byte, first_end) = self.open;
        if fault.is_some() {
            self.bytes.truncate(first_byte);
            self.ends.truncate(first_end);
        }
        self.rows.push(Span {
            line,
            first_byte,
            first_end,
            last_end: self.ends.len(),
            fault,
        });
        self.open = (self.bytes.len(), self.ends.len());
    }

    /// Returns how much can be held without another allocation.
    #[cfg(test)]
    pub(super) const fn room(&self) -> (usize, usize, usize) {
        let (bytes, ends) = (self.bytes.capacity(), self.ends.capacity());
        (bytes, ends, self.rows.capacity())
    }
}

impl<'a> Row<'a> {
    /// Returns the line, counted from 1 for the first line of the file.
    #[must_use]
    pub const fn line(self) -> u64 {
        self.span.line
    }

    /// Returns the raw fields in the order of the file; none for a row whose
    /// structure is faulty.
    pub fn fields(self) -> impl Iterator<Item = &'a [u8]> {
        let ends = self.batch.ends.get(self.span.first_end..self.span.last_end);
        (0..ends.unwrap_or_default().len()).map(move |index| self.field(index))
    }

    /// Returns the id of the flow as the file has it, if it is UTF-8.
    #[must_use]
    pub fn flow_id(self) -> Option<&'a str> {
        let id = std::str::from_utf8(self.value(Column::FlowId)).ok()?;
        (!id.is_empty()).then_some(id)
    }

    /// Returns the VPC of the flow as the file has it, if it is UTF-8.
    #[must_use]
    pub fn vpc_id(self) -> Option<&'a str> {
        let id = std::str::from_utf8(self.value(Column::VpcId)).ok()?.trim();
        (!id.is_empty()).then_some(id)
    }

    /// Reads the row.
    ///
    /// # Errors
    ///
    /// Returns the first [`RowProblem`], structural ones before those of
    /// values.
    pub fn parse(self) -> Result<FlowRow<'a>, RowProblem> {
        match self.span.fault {
            Some(fault) => Err(fault.at(self.span.line)),
            None => FlowRow::parse(self),
        }
    }

    /// Returns the field of `column`, empty where the file has none.
    pub(super) fn value(self, column: Column) -> &'a [u8] {
        match self.batch.columns.of(column) {
            Some(index) => self.field(index),
            None => &[],
        }
    }

    fn field(self, index: usize) -> &'a [u8] {
        let Span {
            first_byte,
            first_end,
            last_end,
            ..
        } = self.span;
        let ends = self.batch.ends.get(first_end..last_end).unwrap_or_default();
        let start = match index.checked_sub(1) {
            Some(before) => ends.get(before).copied().unwrap_or_default(),
            None => 0,
        };
        let end = ends.get(index).copied().unwrap_or(start);
        let range = first_byte + start..first_byte + end;
        self.batch.bytes.get(range).unwrap_or_default()
    }
}
