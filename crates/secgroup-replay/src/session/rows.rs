//! Rows that wait until their flow is over.
//!
//! Rows come in the order of the records that began their flows, but flows end
//! in another order. So a row waits until it is complete and all before it are
//! written.

use std::collections::VecDeque;

use secgroup_matcher::Sides;

use super::running::{Event, Finished};
use crate::chunk::ChunkText;
use crate::session::NEVER;
use crate::{Record, Timestamp};

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

/// All rows that wait, in the order of their beginning.
#[derive(Debug, Default)]
pub(crate) struct WaitingRows {
    // INVARIANT: ascending by `sequence`.
    rows: VecDeque<Waiting>,
}

impl WaitingRows {
    /// Adds a row, behind all others.
    pub(crate) fn begin(&mut self, event: &Event, record: &Record, text: ChunkText<'_>) {
        self.rows.push_back(Waiting {
            sequence: event.sequence,
            record: Record {
                flow: event.flow,
                ..*record
            },
            sides: event.sides,
            part: event.part,
            flow_id: text.flow_id().map(Box::from),
            vpc_id: text.vpc_id().map(Box::from),
            complete: false,
        });
    }

    /// Completes a row.
    pub(crate) fn finish(&mut self, finished: &Finished) {
        let at = self
            .rows
            .binary_search_by_key(&finished.sequence, |row| row.sequence);
        let row = &mut self.rows[at.expect("a flow that is over began")];
        let time = |time| (time != NEVER).then_some(Timestamp(time));
        row.record.packets = finished.packets;
        row.record.bytes = finished.bytes;
        row.record.timestamp = time(finished.first);
        row.record.last = time(finished.last);
        row.complete = true;
    }

    /// Takes out the next row, if it is complete.
    pub(crate) fn next(&mut self) -> Option<Waiting> {
        self.rows.pop_front_if(|row| row.complete)
    }
}
