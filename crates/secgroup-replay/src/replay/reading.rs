//! Reading all sources, one after the other.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::chunk::{Chunk, Need};
use crate::report::{Ending, InputReport};
use crate::source::{Records, Source, Step};

use super::Control;

/// What reading gives.
#[expect(
    clippy::large_enum_variant,
    reason = "a chunk is moved a few times for thousands of records"
)]
pub(super) enum Event {
    /// Records to judge.
    Chunk(Chunk),
    /// An input is over; all that is known about it but its records.
    End(Box<InputReport>),
}

/// Sources on their way to becoming chunks.
pub(super) struct Reading {
    sources: Vec<Source>,
    /// Which one is read.
    at: usize,
    open: Option<Records>,
    control: Arc<Control>,
    /// The bytes of the sources before.
    bytes_before: u64,
    /// What usual packets become when they are read.
    need: Need,
    /// What was read already.
    first: Option<Event>,
}

impl Reading {
    /// Returns a reader of sources whose usual packets become what is `need`ed when
    /// they are read; records they become later.
    pub(super) fn new(sources: &[Source], control: &Arc<Control>, need: Need) -> Self {
        let control = Arc::clone(control);
        Self {
            sources: sources.to_vec(),
            need,
            at: 0,
            open: None,
            control,
            bytes_before: 0,
            first: None,
        }
    }

    /// Tells whether what comes first are packets.
    pub(super) fn begins_with_packets(&mut self) -> bool {
        self.first = self.next(None);
        matches!(&self.first, Some(Event::Chunk(chunk)) if !chunk.data.is_rows())
    }

    /// Returns the next event, none when all sources are over or the run was
    /// interrupted. A used chunk lends its buffers.
    pub(super) fn next(&mut self, used: Option<Chunk>) -> Option<Event> {
        if let Some(first) = self.first.take() {
            return Some(first);
        }
        let source = self.sources.get(self.at)?;
        let records = match &mut self.open {
            Some(records) => records,
            closed => match source.open() {
                Ok(records) => closed.insert(records),
                Err(unusable) => {
                    self.at += 1;
                    let mut report = InputReport::new(source.name());
                    report.ending = unusable.ending(source);
                    return Some(Event::End(Box::new(report)));
                }
            },
        };
        let mut chunk = used.unwrap_or_else(Chunk::new);
        let interrupted = self.control.interrupted.load(Ordering::Relaxed);
        let (data, taking) = chunk.begin(self.need);
        let step = if interrupted {
            Step::End(Ending::Complete)
        } else {
            records.read(data, taking)
        };
        let consumed = records.consumed();
        self.control
            .bytes
            .store(self.bytes_before + consumed, Ordering::Relaxed);
        match step {
            Step::More => {
                chunk.input = self.at;
                Some(Event::Chunk(chunk))
            }
            Step::End(ending) => {
                let report = ended(source, records, ending);
                self.bytes_before += consumed;
                self.open = None;
                // An interruption ends the run behind this input.
                self.at = if interrupted {
                    self.sources.len()
                } else {
                    self.at + 1
                };
                Some(Event::End(Box::new(report)))
            }
        }
    }
}

/// Returns what the reader of an input that is over knows about it.
pub(super) fn ended(source: &Source, records: &Records, ending: Ending) -> InputReport {
    let mut report = InputReport::new(source.name());
    report.format = Some(records.format());
    report.compression = Some(records.compression);
    report.bytes = records.consumed();
    report.oddities = records.oddities();
    report.ending = ending;
    report
}
