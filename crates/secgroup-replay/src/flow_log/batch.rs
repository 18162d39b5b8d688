//! Rows in bulk, without an allocation of their own.

use std::sync::Arc;

use super::blocks::{Block, MAX_LINE, without_end};
use super::column::Column;
use super::fields::Fields;
use super::json::Objects;
use super::layout::{Cutting, Layout};
use super::plain::{BriefForm, BriefRow, Forms, PlainRow, PlainRows};
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
    /// Those that were read from plain lines.
    plain: PlainRows,
    /// The number of the first line.
    first_line: u64,
    /// Whether the lines are rows already.
    is_cut: bool,
    /// What cuts them; none until the first cut under a layout.
    cutter: Option<LineCutter>,
}

/// What makes rows of lines under a layout.
#[derive(Debug)]
struct LineCutter {
    layout: Arc<Layout>,
    cutter: AnyCutter,
    forms: Forms,
    /// Where lines may say nothing but a flow.
    brief: Option<BriefForm>,
}

/// One row, and where it lies.
#[derive(Clone, Copy, Debug)]
struct Span {
    line: u64,
    content: Content,
}

/// What there is of a row.
#[derive(Clone, Copy, Debug)]
enum Content {
    /// Its values, from this one on.
    Values(usize),
    /// All that it says, as this one of the plain rows.
    Plain(usize),
    /// What is wrong with it.
    Faulty(RowFault),
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
        self.cut_with(Forms::of, false, |_, _| {});
    }

    /// As [`RowBatch::cut`], but plain lines that say nothing but a flow become
    /// no rows: they are given to `take`, with their places among the lines.
    pub(crate) fn cut_in_brief(&mut self, take: impl FnMut(u32, BriefRow)) {
        self.cut_with(Forms::of, true, take);
    }

    /// Tells whether some lines may say nothing but a flow.
    pub(crate) fn is_list(&self) -> bool {
        BriefForm::of(&self.layout).is_some()
    }

    /// As [`RowBatch::cut`], of no line by its form.
    #[cfg(test)]
    pub(super) fn cut_all(&mut self) {
        self.cut_with(|_| Forms::none(), false, |_, _| {});
    }

    /// Makes rows of all lines, or in brief of all but those that are taken.
    fn cut_with(
        &mut self,
        forms: impl FnOnce(&Layout) -> Forms,
        in_brief: bool,
        take: impl FnMut(u32, BriefRow),
    ) {
        if std::mem::replace(&mut self.is_cut, true) {
            return;
        }
        let known = self.cutter.take();
        let same = known.filter(|known| Arc::ptr_eq(&known.layout, &self.layout));
        let mut cutter = same.unwrap_or_else(|| LineCutter::new(&self.layout, forms));
        self.cut_lines(&mut cutter, in_brief, take);
        self.fields.finish();
        self.cutter = Some(cutter);
    }

    fn cut_lines(
        &mut self,
        cutter: &mut LineCutter,
        in_brief: bool,
        mut take: impl FnMut(u32, BriefRow),
    ) {
        let end = self.fields.text().len();
        let (mut from, mut place) = (0, 0);
        while from < end {
            let line = self.first_line + u64::from(place);
            let own = place;
            place += 1;
            let text = &self.fields.text()[..end];
            if in_brief
                && let Some(form) = &cutter.brief
                && let Some((row, behind)) = form.read(text, from)
            {
                take(own, row);
                from = behind;
                continue;
            }
            let layout = &*cutter.layout;
            let plain = cutter.forms.read((text, from), layout, &mut self.plain);
            let content = if let Some(length) = plain {
                from += length;
                Some(Content::Plain(self.plain.rows.len() - 1))
            } else {
                let rest = &text[from..];
                let length = memchr::memchr(b'\n', rest).map_or(rest.len(), |at| at + 1);
                let begun = from;
                from += length;
                self.cut_line((begun, from), cutter)
            };
            self.rows
                .extend(content.map(|content| Span { line, content }));
        }
    }

    /// Cuts the line that lies there, its end included; nothing comes of lines
    /// that are no rows.
    fn cut_line(&mut self, (from, to): (usize, usize), own: &mut LineCutter) -> Option<Content> {
        let LineCutter {
            layout,
            cutter,
            forms,
            ..
        } = own;
        let line = without_end(&self.fields.text()[from..to]);
        let range = (from, from + line.len());
        if line.is_empty() {
            return None;
        }
        if line.len() > MAX_LINE {
            return Some(Content::Faulty(RowFault::LineTooLong));
        }
        if layout.is_no_row(line) {
            return None;
        }
        let first = self.fields.len();
        let cut = match cutter {
            AnyCutter::Separated(cutter) => cutter.cut(&mut self.fields, range, layout.width),
            AnyCutter::Json(objects) => objects.cut(&mut self.fields, range, layout),
        };
        Some(match cut {
            Ok(()) => {
                // The last line has too little behind it to be plain.
                if matches!(cutter, AnyCutter::Json(_)) && to < self.fields.text().len() {
                    forms.learn(&self.fields.text()[range.0..range.1], layout);
                }
                Content::Values(first)
            }
            Err(fault) => {
                self.fields.truncate(first);
                Content::Faulty(fault)
            }
        })
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
        self.plain.clear();
        self.is_cut = false;
    }

    /// Returns the text, to append lines to.
    pub(crate) const fn text_mut(&mut self) -> &mut Vec<u8> {
        self.fields.text_mut()
    }

    /// Notes what was appended.
    pub(super) fn appended(&mut self, block: Block) {
        match block {
            Block::Lines(first) => self.first_line = first,
            Block::TooLong(line) => {
                self.first_line = line;
                self.rows.push(Span {
                    line,
                    content: Content::Faulty(RowFault::LineTooLong),
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
            content: Content::Values(first),
        });
        self.is_cut = true;
    }

    /// Returns how many rows were read from plain lines.
    #[cfg(test)]
    pub(super) const fn plain_rows(&self) -> usize {
        self.plain.rows.len()
    }

    /// Returns how much can be held without another allocation.
    #[cfg(test)]
    pub(super) const fn room(&self) -> ((usize, usize), usize) {
        (self.fields.room(), self.rows.capacity())
    }
}

impl LineCutter {
    fn new(layout: &Arc<Layout>, forms: impl FnOnce(&Layout) -> Forms) -> Self {
        let cutter = match &layout.cutting {
            Cutting::Separated(separator) => {
                AnyCutter::Separated(Box::new(Cutter::new(*separator)))
            }
            Cutting::Json => AnyCutter::Json(Box::default()),
            Cutting::Whole => {
                unreachable!("rows that were never lines need not be cut")
            }
        };
        Self {
            cutter,
            forms: forms(layout),
            brief: BriefForm::of(layout),
            layout: Arc::clone(layout),
        }
    }
}

impl<'a> Row<'a> {
    /// Returns the place of its line among those of the batch.
    pub(crate) fn place_among_lines(self) -> u32 {
        let place = self.span.line - self.batch.first_line;
        u32::try_from(place).expect("a batch has fewer lines")
    }

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
        self.name(Column::VpcId)
    }

    /// Returns the id in a column, if it is UTF-8.
    fn name(self, column: Column) -> Option<&'a str> {
        let id = std::str::from_utf8(self.value(column)).ok()?.trim();
        (!id.is_empty() && !self.layout().dialect.is_absent(id)).then_some(id)
    }

    /// Tells whether the row is about something else than a flow.
    #[must_use]
    pub fn skip(self) -> Option<RowSkip> {
        match self.span.content {
            Content::Values(_) => RowSkip::of(self),
            Content::Plain(_) | Content::Faulty(_) => None,
        }
    }

    /// Reads the row.
    ///
    /// # Errors
    ///
    /// Returns the first [`RowProblem`], structural ones before those of
    /// values.
    #[inline]
    pub fn parse(self) -> Result<FlowRow<'a>, RowProblem> {
        match self.span.content {
            Content::Values(_) => FlowRow::parse(self),
            Content::Plain(place) => Ok(self.of_plain(&self.batch.plain.rows[place])),
            Content::Faulty(fault) => Err(fault.at(self.place())),
        }
    }

    /// Returns a row that was read from a plain line.
    #[inline]
    fn of_plain(self, plain: &PlainRow) -> FlowRow<'a> {
        let nothing = FlowRow {
            flow: plain.flow,
            flow_id: None,
            vpc_id: None,
            interface: None,
            timestamp: None,
            end: None,
            packets: 1,
            bytes: 0,
            tcp_flags: None,
            direction: None,
            both_ways: false,
            recorded: None,
        };
        let Some(extras) = plain.extras else {
            return nothing;
        };
        let extras = &self.batch.plain.extras[extras as usize];
        let vpc_id = self.vpc_id();
        // PERF: the interface counts only where the row does not say what it tells.
        let tells = vpc_id.is_none() || extras.direction.is_none();
        FlowRow {
            flow_id: self.flow_id(),
            vpc_id,
            interface: tells.then(|| self.name(Column::Interface)).flatten(),
            timestamp: extras.timestamp,
            end: extras.end,
            packets: extras.packets.unwrap_or(1),
            bytes: extras.bytes.unwrap_or(0),
            tcp_flags: extras.tcp_flags,
            direction: extras.direction,
            both_ways: extras.both_ways,
            recorded: extras.recorded,
            ..nothing
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

    /// Returns the value of `column`, empty where the file has none; of a row
    /// from a plain line, of which everything is known, only its texts.
    pub(super) fn value(self, column: Column) -> &'a [u8] {
        let batch = self.batch;
        match self.span.content {
            Content::Values(first) => match batch.layout.places.of(column) {
                Some(place) => batch.fields.value(first + place),
                None => &[],
            },
            Content::Plain(place) => {
                let PlainRow { from, extras, .. } = batch.plain.rows[place];
                let Some(extras) = extras.map(|extras| &batch.plain.extras[extras as usize]) else {
                    return &[];
                };
                let (first, end) = match column {
                    Column::FlowId => extras.flow_id,
                    Column::VpcId => extras.vpc_id,
                    Column::Interface => extras.interface,
                    _ => return &[],
                };
                let line = batch.fields.text().get(from as usize..).unwrap_or_default();
                line.get(first as usize..end as usize).unwrap_or_default()
            }
            Content::Faulty(_) => &[],
        }
    }
}
