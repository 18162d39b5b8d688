//! Rows in bulk, without an allocation of their own.

use std::sync::Arc;

use super::blocks::{Block, MAX_LINE, without_end};
use super::column::Column;
use super::fields::Fields;
use super::json::Objects;
use super::layout::{Cutting, Layout};
use super::problem::{RowFault, RowPlace, RowProblem};
use super::row::FlowRow;
use super::separated::Cutter;
use super::skip::RowSkip;

/// Rows in input order, kept in buffers that are used again and again.
///
/// The thread that reads fills in lines; [`RowBatch::cut`], called by a
/// worker, makes rows of them.
#[derive(Debug, Default)]
pub struct RowBatch {
    layout: Arc<Layout>,
    fields: Fields,
    rows: Vec<Span>,
    /// The number of the first line.
    first_line: u64,
    /// Whether the lines are rows already.
    is_cut: bool,
    /// What cuts them; none until the first cut under a layout.
    cutter: Option<(Arc<Layout>, AnyCutter)>,
}

/// Where the values of a row lie.
#[derive(Clone, Copy, Debug)]
struct Span {
    line: u64,
    first: usize,
    fault: Option<RowFault>,
}

#[derive(Debug)]
enum AnyCutter {
    Separated(Box<Cutter>),
    Json(Box<Objects>),
}

/// One row of a batch.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    batch: &'a RowBatch,
    span: Span,
}

impl RowBatch {
    /// Makes rows of the lines that were read; once is enough.
    pub fn cut(&mut self) {
        if std::mem::replace(&mut self.is_cut, true) {
            return;
        }
        let known = self.cutter.take();
        let same = known.filter(|(layout, _)| Arc::ptr_eq(layout, &self.layout));
        let (layout, mut cutter) = same.unwrap_or_else(|| {
            let layout = Arc::clone(&self.layout);
            let cutter = match &layout.cutting {
                Cutting::Separated(separator) => {
                    AnyCutter::Separated(Box::new(Cutter::new(*separator)))
                }
                Cutting::Json => AnyCutter::Json(Box::default()),
                Cutting::Whole => {
                    unreachable!("rows that were never lines need not be cut")
                }
            };
            (layout, cutter)
        });
        self.cut_lines(&layout, &mut cutter);
        self.fields.finish();
        self.cutter = Some((layout, cutter));
    }

    fn cut_lines(&mut self, layout: &Layout, cutter: &mut AnyCutter) {
        let end = self.fields.text().len();
        let (mut from, mut number) = (0, self.first_line);
        while from < end {
            let rest = &self.fields.text()[from..end];
            let length = memchr::memchr(b'\n', rest).map_or(rest.len(), |at| at + 1);
            let line = without_end(&rest[..length]);
            let range = (from, from + line.len());
            from += length;
            number += 1;
            if line.is_empty() {
                continue;
            }
            let first = self.fields.len();
            let cut = if line.len() > MAX_LINE {
                Err(RowFault::LineTooLong)
            } else if layout.is_no_row(line) {
                continue;
            } else {
                match cutter {
                    AnyCutter::Separated(cutter) => {
                        cutter.cut(&mut self.fields, range, layout.width)
                    }
                    AnyCutter::Json(objects) => objects.cut(&mut self.fields, range, layout),
                }
            };
            if cut.is_err() {
                self.fields.truncate(first);
            }
            self.rows.push(Span {
                line: number - 1,
                first,
                fault: cut.err(),
            });
        }
    }

    /// Returns the rows, faulty ones included; none before they were cut.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = Row<'_>> {
        self.rows.iter().map(|span| Row {
            batch: self,
            span: *span,
        })
    }

    /// Returns the number of rows; none before they were cut.
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
    pub(super) fn start(&mut self, layout: &Arc<Layout>) {
        if !Arc::ptr_eq(&self.layout, layout) {
            self.layout = Arc::clone(layout);
        }
        self.fields.clear();
        self.rows.clear();
        self.is_cut = false;
    }

    /// Returns the text, to append lines to.
    pub(super) const fn text_mut(&mut self) -> &mut Vec<u8> {
        self.fields.text_mut()
    }

    /// Notes what was appended.
    pub(super) fn appended(&mut self, block: Block) {
        match block {
            Block::Lines(first) => self.first_line = first,
            Block::TooLong(line) => {
                self.rows.push(Span {
                    line,
                    first: 0,
                    fault: Some(RowFault::LineTooLong),
                });
                self.is_cut = true;
            }
        }
    }

    /// Adds a row whose values were written behind each other to the text.
    pub(super) fn push_row(&mut self, number: u64, write: impl FnOnce(&mut Fields)) {
        let first = self.fields.len();
        write(&mut self.fields);
        self.rows.push(Span {
            line: number,
            first,
            fault: None,
        });
        self.is_cut = true;
    }

    /// Returns how much can be held without another allocation.
    #[cfg(test)]
    pub(super) const fn room(&self) -> ((usize, usize), usize) {
        (self.fields.room(), self.rows.capacity())
    }
}

impl<'a> Row<'a> {
    /// Returns the line, counted from 1 for the first line of the file; of a
    /// file without lines the row.
    #[must_use]
    pub const fn line(self) -> u64 {
        self.span.line
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
        (!id.is_empty() && !self.layout().dialect.is_absent(id)).then_some(id)
    }

    /// Tells whether the row is about something else than a flow.
    #[must_use]
    pub fn skip(self) -> Option<RowSkip> {
        match self.span.fault {
            Some(_) => None,
            None => RowSkip::of(self),
        }
    }

    /// Reads the row.
    ///
    /// # Errors
    ///
    /// Returns the first [`RowProblem`], structural ones before those of
    /// values.
    pub fn parse(self) -> Result<FlowRow<'a>, RowProblem> {
        match self.span.fault {
            Some(fault) => Err(fault.at(self.place())),
            None => FlowRow::parse(self),
        }
    }

    /// Returns where the row is, for messages.
    pub(super) fn place(self) -> RowPlace {
        let layout = self.layout();
        RowPlace {
            unit: layout.unit,
            line: self.span.line,
            format: layout.format_name(),
        }
    }

    /// Returns how the file is laid out.
    pub(super) fn layout(self) -> &'a Layout {
        &self.batch.layout
    }

    /// Returns the value of `column`, empty where the file has none.
    pub(super) fn value(self, column: Column) -> &'a [u8] {
        match self.batch.layout.places.of(column) {
            Some(place) if self.span.fault.is_none() => {
                self.batch.fields.value(self.span.first + place)
            }
            _ => &[],
        }
    }
}
