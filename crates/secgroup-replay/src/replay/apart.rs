//! Files of packets on two threads: one reads, the other judges.
//!
//! Most that is done with a usual packet before it is judged is done in the pass
//! that finds where it ends, and only one thread at a time can read a file. So
//! with two, one has nothing to do but that, with buffers that stay in its cache,
//! and only what is left of the packets goes over to the other. That one alone
//! has to know the flows. Both halves take about as long.

use std::sync::Arc;
use std::thread;

use crate::chunk::{Chunk, Need, Room};
use crate::report::Report;
use crate::source::Source;

use super::needs::Needs;
use super::reading::{Event, Reading};
use super::run::{Feed, Run};
use super::{Control, Replay, ReplayError};

/// How many chunks wait at most to be judged: what is written by one thread and
/// read by another is best still in a cache.
const MOST_WAITING: usize = 3;

impl Replay<'_> {
    /// Returns a reader of files that begin with packets, if usual ones are more
    /// than records when they are read.
    pub(super) fn read_apart(
        &self,
        needs: Needs,
        sources: &[Source],
        control: &Arc<Control>,
    ) -> Option<Reading> {
        let need = needs.of_packets();
        if need == Need::Records || !sources.iter().all(Source::is_file) {
            return None;
        }
        let mut reading = Reading::new(sources, control, need);
        reading.begins_with_packets().then_some(reading)
    }
}

impl Run<'_, '_> {
    /// Judges everything that a thread of its own reads; where the system allows
    /// none, this one `begin`s to read anew.
    pub(super) fn consume_apart(
        self,
        mut reading: Reading,
        begin: impl FnOnce() -> Reading,
        sources: &[Source],
    ) -> Result<Report, ReplayError> {
        let (events, incoming) = crossbeam_channel::bounded(MOST_WAITING);
        let (used, recycled) = crossbeam_channel::unbounded();
        let (timeline, skip_bad, needs) = (self.timeline, self.replay.skip_bad, self.needs());
        let read = move || {
            let mut room = Room::default();
            loop {
                let mut chunk = recycled.try_recv().unwrap_or_else(|_| Chunk::new());
                chunk.borrow(&mut room);
                let Some(mut event) = reading.next(Some(chunk)) else {
                    break;
                };
                if let Event::Chunk(chunk) = &mut event {
                    let need = needs.of(&chunk.data);
                    chunk.decode(timeline, skip_bad, need);
                    chunk.give_back(&mut room, need);
                }
                // The receiver is gone when the run ended early.
                if events.send(event).is_err() {
                    break;
                }
            }
        };
        thread::scope(|scope| {
            let thread = thread::Builder::new().name("reader".to_owned());
            let feed = match thread.spawn_scoped(scope, read) {
                Ok(_) => Feed::Thread {
                    incoming,
                    used,
                    decodes: true,
                },
                Err(_) => Feed::Here(begin(), None),
            };
            self.consume(feed, sources, MOST_WAITING)
        })
    }
}
