//! Files, read by the workers that decode and judge what is in them.
//!
//! Bytes that one core read and another one looks at have to go from cache to
//! cache, which costs more than all that is done with most of them. So a worker
//! reads a chunk when its turn comes, which is quickly done, and goes on with it
//! while the next one reads. Pipes are not read like this: an interruption must
//! not wait for them.

use std::sync::{Mutex, MutexGuard};

use rayon::ThreadPool;

use crate::chunk::{Chunk, Need, Room};
use crate::report::{InputReport, Report};
use crate::source::Source;

use super::ReplayError;
use super::reading::{Event, Reading};
use super::run::{Round, Run};

/// Files that are read by turns, round by round.
pub(super) struct Files {
    open: Mutex<Open>,
    /// One for each worker.
    rooms: Vec<Mutex<Room>>,
}

struct Open {
    reading: Reading,
    /// Chunks that lend their buffers.
    used: Vec<Chunk>,
    /// How many chunks of the present round were read.
    count: usize,
    /// Those of them that were handed back.
    chunks: Vec<(usize, Chunk)>,
    end: Option<Box<InputReport>>,
    is_over: bool,
}

impl Files {
    pub(super) fn new(reading: Reading, workers: usize) -> Self {
        let open = Open {
            reading,
            used: Vec::new(),
            count: 0,
            chunks: Vec::new(),
            end: None,
            is_over: false,
        };
        Self {
            open: Mutex::new(open),
            rooms: (0..workers).map(|_| Mutex::default()).collect(),
        }
    }

    /// Reads the next chunk of a round of at most `most`, and does something with
    /// it and the buffers it was read to; tells whether there was one.
    fn read(&self, most: usize, work: impl FnOnce(&mut Chunk, &mut Room)) -> bool {
        let worker = rayon::current_thread_index().unwrap_or(0);
        let mut room = self.rooms[worker]
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        let Some((place, mut chunk)) = self.next(most, &mut room) else {
            return false;
        };
        work(&mut chunk, &mut room);
        self.open().chunks.push((place, chunk));
        true
    }

    fn next(&self, most: usize, room: &mut Room) -> Option<(usize, Chunk)> {
        let mut open = self.open();
        // An input ends the round, so that its records are complete.
        if open.count >= most || open.end.is_some() || open.is_over {
            return None;
        }
        let mut chunk = open.used.pop().unwrap_or_else(Chunk::new);
        chunk.borrow(room);
        match open.reading.next(Some(chunk)) {
            Some(Event::Chunk(chunk)) => {
                open.count += 1;
                Some((open.count - 1, chunk))
            }
            Some(Event::End(report)) => {
                open.end = Some(report);
                None
            }
            None => {
                open.is_over = true;
                None
            }
        }
    }

    /// Returns what was read since the last time, in the order of the input.
    pub(super) fn round(&mut self) -> Round {
        let open = self.open.get_mut();
        let open = open.unwrap_or_else(|poisoned| poisoned.into_inner());
        open.count = 0;
        open.chunks.sort_unstable_by_key(|(place, _)| *place);
        Round {
            chunks: open.chunks.drain(..).map(|(_, chunk)| chunk).collect(),
            end: open.end.take(),
            is_over: open.is_over,
        }
    }

    /// Takes back chunks that nothing is asked of any more.
    pub(super) fn recycle(&mut self, chunks: impl Iterator<Item = Chunk>) {
        let open = self.open.get_mut();
        let open = open.unwrap_or_else(|poisoned| poisoned.into_inner());
        open.used.extend(chunks);
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Run<'_, '_> {
    /// Judges everything that is in files, `room` chunks at a time.
    ///
    /// Packets of which nothing but counts is wanted are judged by who read
    /// them, at `most` so many chunks at a time. Everything else is decoded by
    /// who reads it while what was read before is judged.
    pub(super) fn consume_files(
        mut self,
        pool: &ThreadPool,
        mut files: Files,
        sources: &[Source],
        (room, most): (usize, usize),
    ) -> Result<Report, ReplayError> {
        let needs = self.needs();
        let (timeline, skip_bad) = (self.timeline, self.replay.skip_bad);
        let decode = |chunk: &mut Chunk| {
            let need = needs.of(&chunk.data);
            chunk.decode(timeline, skip_bad, need);
            need
        };
        let mut ahead = None;
        loop {
            let (mut round, is_judged) = match ahead.take() {
                Some(round) => (round, false),
                None => {
                    let this = &self;
                    pool.broadcast(|_| {
                        let mut limit = room;
                        while files.read(limit, |chunk, room| {
                            let need = decode(chunk);
                            chunk.give_back(room, need);
                            // Of rows an earlier one may end the run.
                            if need == Need::Briefs && !chunk.data.is_rows() {
                                this.judge_in_brief(chunk);
                                chunk.give_back_briefs(room);
                                limit = most;
                            }
                        }) {}
                    });
                    let round = files.round();
                    let first = round.chunks.first().map(|chunk| &chunk.data);
                    let is_judged =
                        first.is_some_and(|data| needs.of(data) == Need::Briefs && !data.is_rows());
                    (round, is_judged)
                }
            };
            if is_judged {
                self.take_over(&mut round.chunks)?;
            } else {
                pool.in_place_scope(|scope| {
                    for _ in 0..room {
                        scope.spawn(|_| {
                            files.read(room, |chunk, room| {
                                let need = decode(chunk);
                                chunk.give_back(room, need);
                            });
                        });
                    }
                    self.judge(&mut round)
                })?;
                ahead = Some(files.round());
            }
            if self.is_ended(&mut round, sources) {
                return self.finish();
            }
            files.recycle(round.chunks.drain(..));
        }
    }
}
