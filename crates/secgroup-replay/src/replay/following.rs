//! Following sessions: groups of shards of the table, each on one worker at a
//! time.

use std::sync::{Mutex, MutexGuard};

use secgroup_matcher::{Answer, Sides};
use secgroup_model::OtherProtocols;

use crate::chunk::{Chunk, ChunkData, Texts};
use crate::difference::Differences;
use crate::ranking::Rankings;
use crate::session::rows::{Next, Waiting, WaitingRows};
use crate::session::{Event, Group, Job, SessionCounts, groups, in_order};
use crate::times::Beginning;
use crate::{Row, Tally};

use super::run::{Run, for_each};
use super::{ReplayError, Sink};

/// All sessions of a replay.
#[derive(Debug)]
pub(super) struct Sessions {
    groups: Vec<Group>,
    rows: WaitingRows,
    beginning: Beginning,
    /// The number of the next record.
    next: u64,
    events: Vec<Event>,
}

impl Sessions {
    fn new(most: usize, compared: bool, workers: usize) -> Self {
        Self {
            groups: groups(most, compared, workers),
            rows: WaitingRows::default(),
            beginning: Beginning::default(),
            next: 0,
            events: Vec::new(),
        }
    }

    /// Adds what the shards ranked and compared; returns what they counted.
    pub(super) fn add_to(
        &self,
        rankings: &mut Rankings,
        differences: &mut Differences,
    ) -> SessionCounts {
        let mut counts = SessionCounts::default();
        for shard in in_order(&self.groups) {
            rankings.accepted.merge(&shard.rankings.accepted);
            rankings.dropped.merge(&shard.rankings.dropped);
            differences.merge(&shard.differences);
            counts.merge(shard.counts());
        }
        counts
    }

    /// Begins rows, in the order of the records.
    fn begin_rows(&mut self, chunks: &[Chunk]) {
        self.events.clear();
        for shard in self.groups.iter_mut().flat_map(Group::shards) {
            self.events.extend(shard.events());
        }
        self.events.sort_unstable_by_key(|event| event.sequence);
        for events in self.events.chunk_by(|one, next| one.chunk == next.chunk) {
            let chunk = &chunks[events[0].chunk as usize];
            let mut texts = Texts::of(&chunk.data);
            for event in events {
                self.rows.begin(event, texts.at(event.record.position));
            }
        }
    }

    /// Completes the rows of flows that are over, where rows are wanted.
    fn complete_rows(&mut self, wanted: bool) {
        for shard in self.groups.iter_mut().flat_map(Group::shards) {
            for finished in shard.finished() {
                if wanted {
                    self.rows.finish(&finished);
                }
            }
        }
    }
}

impl Run<'_, '_> {
    /// Follows the records of some chunks of one input.
    pub(super) fn follow(&mut self, chunks: &mut [Chunk]) -> Result<(), ReplayError> {
        let conntrack = self.replay.conntrack;
        let others = conntrack.other_protocols == OtherProtocols::On;
        let mut sessions = self.sessions.take().unwrap_or_else(|| {
            let compared = self.timeline.against().is_some();
            Sessions::new(self.replay.most_sessions, compared, self.tallies.len())
        });
        let count = sessions.groups.len();
        for_each(self.pool, chunks, |chunk| {
            chunk.look_at_times();
            chunk.find_parts(count, others);
        });
        for chunk in &mut *chunks {
            chunk.start = sessions.beginning.next(chunk.input, &chunk.times);
            chunk.first_sequence = sessions.next;
            sessions.next += match &chunk.data {
                ChunkData::Packets(_) => chunk.read,
                ChunkData::Rows(_) | ChunkData::Merged(_) => chunk.records.len(),
            } as u64;
            chunk.evaluated = chunk.followed() as u64;
            chunk.output.clear();
            chunk.ranked.clear();
            chunk.answers.clear();
            let none = Answer::Judged(Sides::default());
            chunk.answers.resize(chunk.records.len(), none);
        }
        let job = Job {
            timeline: self.timeline,
            conntrack,
            rows: self.sink.is_some(),
        };
        let tallies: &[Mutex<[Tally; 2]>] = &self.tallies;
        let followed = &*chunks;
        for_each(self.pool, &mut sessions.groups, |group| {
            group.follow(&job, followed, &mut own_tallies(tallies));
        });
        for shard in sessions.groups.iter_mut().flat_map(Group::shards) {
            for (chunk, place, skip) in shard.skips.drain(..) {
                let chunk = &mut chunks[chunk];
                chunk.skips.add(skip);
                chunk.evaluated -= 1;
                if let Some(merged) = chunk.merged() {
                    merged.unjudged.push((place, skip));
                }
            }
            for (chunk, place, sides) in shard.compared.drain(..) {
                chunks[chunk].answers[place as usize] = Answer::Judged(sides);
            }
        }
        let timeline = self.timeline;
        for_each(self.pool, chunks, |chunk| chunk.find_differing(timeline));
        if self.sink.is_some() {
            sessions.begin_rows(chunks);
        }
        sessions.complete_rows(self.sink.is_some());
        self.sessions = Some(sessions);
        self.write_rows()
    }

    /// Ends all sessions, and writes their rows.
    pub(super) fn end_sessions(&mut self) -> Result<(), ReplayError> {
        let Some(sessions) = &mut self.sessions else {
            return Ok(());
        };
        let tallies: &[Mutex<[Tally; 2]>] = &self.tallies;
        for_each(self.pool, &mut sessions.groups, |group| {
            group.finish(&mut own_tallies(tallies));
        });
        sessions.complete_rows(self.sink.is_some());
        self.write_rows()
    }

    /// Writes the rows that are complete, up to the first that is not; puts the
    /// others aside when they are many. A reader of rows who has gone away is
    /// noticed here even while there are none.
    fn write_rows(&mut self) -> Result<(), ReplayError> {
        let (Some(sink), Some(sessions)) = (&mut self.sink, &mut self.sessions) else {
            return Ok(());
        };
        let timeline = self.timeline;
        let format = |sink: &dyn Sink, rows: &[Waiting], output: &mut Vec<u8>| {
            let mut rows = rows.iter().map(|row| Row {
                snapshot: timeline.part(row.part).snapshot,
                record: &row.record,
                sides: &row.sides,
                text: row.text(),
            });
            sink.format(&mut rows, output);
        };
        let mut output = Vec::new();
        while let Some(next) = sessions.rows.next().map_err(ReplayError::Scratch)? {
            output.clear();
            match next {
                Next::Rows(rows) => format(&**sink, &rows, &mut output),
                Next::Text(text) => output = text,
            }
            sink.write(&output).map_err(ReplayError::Output)?;
        }
        if sessions.rows.are_many(self.replay.rows_in_memory) {
            let sink = &**sink;
            let open = || sink.scratch();
            let aside = sessions
                .rows
                .put_aside(open, |rows, output| format(sink, rows, output));
            aside.map_err(ReplayError::Scratch)?;
        }
        sink.wait().map_err(ReplayError::Output)
    }
}

/// Returns the tallies of the worker that asks.
fn own_tallies(tallies: &[Mutex<[Tally; 2]>]) -> MutexGuard<'_, [Tally; 2]> {
    let worker = rayon::current_thread_index().unwrap_or(0);
    tallies[worker]
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner())
}
