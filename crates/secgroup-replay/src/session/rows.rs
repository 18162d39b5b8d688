//! Rows that wait until their flow is over.
//!
//! Rows come in the order of the records that began their flows, but flows end
//! in another order. So a row waits until it is complete and all before it are
//! written. One long connection may hold back millions of rows; when many wait
//! that are complete, they are formatted and put aside, in a file that the
//! caller gives. What stays in memory is the rows of flows that go on, of which
//! there are no more than the tables hold.
//!
//! ```text
//! row 1       rows 2 to 900     row 901     rows 902 to 5000
//! (goes on)   (put aside)       (goes on)   (put aside)
//! ```

use std::collections::VecDeque;
use std::io::{self, Read, Seek, SeekFrom, Write};

use secgroup_matcher::Sides;

use super::running::{Event, Finished};
use crate::chunk::ChunkText;
use crate::session::NEVER;
use crate::{Record, Timestamp};

/// How many complete rows wait in memory before they are put aside.
pub(crate) const ROWS_IN_MEMORY: usize = 65_536;

/// How many pieces may be put aside before neighbours are joined.
const MOST_PIECES: usize = 262_144;

/// How many rows are formatted and written together.
pub(crate) const ROWS_TOGETHER: usize = 4096;

/// Bytes of the length before rows that were written together.
const PREFIX: usize = size_of::<u64>();

/// How much of the file is copied at once.
const BLOCK: usize = 256 * 1024;

/// A file for what waits.
pub trait Scratch: Read + Write + Seek + Send + Sync {}

impl<T: Read + Write + Seek + Send + Sync> Scratch for T {}

/// A row that waits.
#[derive(Clone, Debug)]
pub(crate) struct Waiting {
    sequence: u64,
    pub(crate) record: Record,
    pub(crate) sides: Sides,
    pub(crate) part: u16,
    flow_id: Option<Box<str>>,
    vpc_id: Option<Box<str>>,
    complete: bool,
}

impl Waiting {
    /// Returns what its input has for it.
    pub(crate) fn text(&self) -> ChunkText<'_> {
        ChunkText::kept(self.flow_id.as_deref(), self.vpc_id.as_deref())
    }
}

/// One or more rows in a row.
#[derive(Debug)]
enum Item {
    Row(Box<Waiting>),
    Aside(Piece),
}

/// Formatted rows in the file.
#[derive(Clone, Copy, Debug)]
struct Piece {
    /// The number of its first row.
    sequence: u64,
    offset: u64,
    len: u64,
}

impl Item {
    fn sequence(&self) -> u64 {
        match self {
            Self::Row(row) => row.sequence,
            Self::Aside(piece) => piece.sequence,
        }
    }

    fn is_complete(&self) -> bool {
        match self {
            Self::Row(row) => row.complete,
            Self::Aside(_) => true,
        }
    }
}

/// What can be written next.
pub(crate) enum Next {
    /// Rows to be formatted.
    Rows(Vec<Waiting>),
    /// Rows that are formatted.
    Text(Vec<u8>),
}

/// All rows that wait, in the order of their beginning.
#[derive(Default)]
pub(crate) struct WaitingRows {
    // INVARIANT: ascending by sequence.
    items: VecDeque<Item>,
    /// How many rows in memory are complete.
    complete: usize,
    pieces: usize,
    file: Option<Box<dyn Scratch>>,
    /// Where the file ends.
    end: u64,
}

impl std::fmt::Debug for WaitingRows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WaitingRows")
            .field("items", &self.items.len())
            .field("pieces", &self.pieces)
            .finish_non_exhaustive()
    }
}

impl WaitingRows {
    /// Adds a row, behind all others.
    pub(crate) fn begin(&mut self, event: &Event, text: ChunkText<'_>) {
        self.items.push_back(Item::Row(Box::new(Waiting {
            sequence: event.sequence,
            record: event.record,
            sides: event.sides,
            part: event.part,
            flow_id: text.flow_id().map(Box::from),
            vpc_id: text.vpc_id().map(Box::from),
            complete: false,
        })));
    }

    /// Completes a row.
    pub(crate) fn finish(&mut self, finished: &Finished) {
        let at = self
            .items
            .binary_search_by_key(&finished.sequence, Item::sequence);
        let item = &mut self.items[at.expect("a flow that is over began")];
        let Item::Row(row) = item else {
            unreachable!("only complete rows are put aside")
        };
        let time = |time| (time != NEVER).then_some(Timestamp(time));
        row.record.packets = finished.packets;
        row.record.bytes = finished.bytes;
        row.record.timestamp = time(finished.first);
        row.record.last = time(finished.last);
        row.complete = true;
        self.complete += 1;
    }

    /// Takes out what can be written next: some rows, or some that were put
    /// aside.
    pub(crate) fn next(&mut self) -> io::Result<Option<Next>> {
        if let Some(Item::Aside(piece)) = self.items.front_mut() {
            let file = self.file.as_mut().expect("rows were put aside there");
            file.seek(SeekFrom::Start(piece.offset))?;
            let mut len = [0; PREFIX];
            file.read_exact(&mut len)?;
            let len = u64::from_le_bytes(len);
            let mut text = vec![0; usize::try_from(len).map_err(io::Error::other)?];
            file.read_exact(&mut text)?;
            piece.offset += PREFIX as u64 + len;
            piece.len -= PREFIX as u64 + len;
            if piece.len == 0 {
                self.items.pop_front();
                self.pieces -= 1;
            }
            return Ok(Some(Next::Text(text)));
        }
        let mut rows = Vec::new();
        while rows.len() < ROWS_TOGETHER {
            let ready = |item: &mut Item| matches!(item, Item::Row(row) if row.complete);
            match self.items.pop_front_if(ready) {
                Some(Item::Row(row)) => rows.push(*row),
                Some(Item::Aside(_)) | None => break,
            }
        }
        self.complete -= rows.len();
        Ok((!rows.is_empty()).then_some(Next::Rows(rows)))
    }

    /// Tells whether so many complete rows wait that they should be put aside.
    pub(crate) fn are_many(&self, limit: usize) -> bool {
        self.complete > limit
    }

    /// Formats all complete rows and puts them aside, in a file that `open`
    /// makes if there is none yet.
    pub(crate) fn put_aside(
        &mut self,
        open: impl FnOnce() -> io::Result<Box<dyn Scratch>>,
        mut format: impl FnMut(&[Waiting], &mut Vec<u8>),
    ) -> io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(open()?),
        };
        let join = self.pieces > MOST_PIECES;
        let before = std::mem::take(&mut self.items);
        self.pieces = 0;
        let (mut rows, mut text) = (Vec::new(), Vec::new());
        let mut items = before.into_iter().peekable();
        while let Some(item) = items.next() {
            let sequence = item.sequence();
            let start = self.end;
            match item {
                Item::Row(row) if !row.complete => {
                    self.items.push_back(Item::Row(row));
                    continue;
                }
                Item::Aside(piece) if !join => {
                    self.items.push_back(Item::Aside(piece));
                    self.pieces += 1;
                    continue;
                }
                Item::Aside(piece) => self.end += copy(file, piece, self.end)?,
                Item::Row(row) => rows.push(*row),
            }
            // Neighbours that are complete become one piece.
            while let Some(next) =
                items.next_if(|next| next.is_complete() && (join || matches!(next, Item::Row(_))))
            {
                match next {
                    Item::Row(row) => rows.push(*row),
                    Item::Aside(piece) => {
                        self.end += write(file, &mut rows, &mut text, self.end, &mut format)?;
                        self.end += copy(file, piece, self.end)?;
                    }
                }
            }
            self.end += write(file, &mut rows, &mut text, self.end, &mut format)?;
            self.pieces += 1;
            self.items.push_back(Item::Aside(Piece {
                sequence,
                offset: start,
                len: self.end - start,
            }));
        }
        self.complete = 0;
        Ok(())
    }
}

/// Writes rows at the end of the file, so many together behind their length;
/// returns how long they are.
fn write(
    file: &mut Box<dyn Scratch>,
    rows: &mut Vec<Waiting>,
    text: &mut Vec<u8>,
    end: u64,
    format: &mut impl FnMut(&[Waiting], &mut Vec<u8>),
) -> io::Result<u64> {
    let mut done = 0;
    for rows in rows.chunks(ROWS_TOGETHER) {
        text.clear();
        format(rows, text);
        file.seek(SeekFrom::Start(end + done))?;
        file.write_all(&(text.len() as u64).to_le_bytes())?;
        file.write_all(text)?;
        done += (PREFIX + text.len()) as u64;
    }
    rows.clear();
    Ok(done)
}

/// Writes a piece once more at the end of the file; returns how long it is.
fn copy(file: &mut Box<dyn Scratch>, piece: Piece, end: u64) -> io::Result<u64> {
    let mut done = 0;
    while done < piece.len {
        let len = usize::try_from(piece.len - done).map_or(BLOCK, |len| len.min(BLOCK));
        let mut block = vec![0; len];
        file.seek(SeekFrom::Start(piece.offset + done))?;
        file.read_exact(&mut block)?;
        file.seek(SeekFrom::Start(end + done))?;
        file.write_all(&block)?;
        done += len as u64;
    }
    Ok(done)
}
