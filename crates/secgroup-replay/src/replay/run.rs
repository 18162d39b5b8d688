//! Judging what was read, and putting it together in input order.

use std::sync::Mutex;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use rayon::ThreadPool;
use rayon::prelude::*;
use secgroup_matcher::{Answer, Sides};
use secgroup_model::Outcome;

use crate::chunk::{Chunk, Networks, Texts};
use crate::decode::PacketOddity;
use crate::flow_log::RowProblem;
use crate::fragments::FragmentTable;
use crate::report::{Ending, InputReport, Report};
use crate::source::Source;
use crate::{Comparison, Ranking, Row, Skip, Skips, Tally};

use super::reading::{Event, Reading};
use super::{Control, Replay, ReplayError, Sink};

/// How long an interruption may go unnoticed on an idle input.
const PATIENCE: Duration = Duration::from_millis(100);

/// Where events come from.
#[expect(clippy::large_enum_variant, reason = "there is one of it")]
pub(super) enum Feed {
    /// A thread that reads ahead.
    Thread {
        /// What it read.
        incoming: Receiver<Event>,
        /// Where used chunks go back to it.
        used: Sender<Chunk>,
    },
    /// This thread, with a used chunk.
    Here(Reading, Option<Chunk>),
}

impl Feed {
    /// Returns the next event; without `wait` only one that is there already.
    ///
    /// None ends the run: the sources are over, or an interruption came while
    /// the reader waits for an idle pipe.
    fn next(&mut self, wait: bool, control: &Control) -> Option<Event> {
        match self {
            Self::Thread { incoming, .. } if wait => loop {
                match incoming.recv_timeout(PATIENCE) {
                    Ok(event) => return Some(event),
                    Err(RecvTimeoutError::Disconnected) => return None,
                    Err(RecvTimeoutError::Timeout) => {
                        if control.interrupted.load(Ordering::Relaxed) {
                            return None;
                        }
                    }
                }
            },
            Self::Thread { incoming, .. } => incoming.try_recv().ok(),
            Self::Here(reading, used) => reading.next(used.take()),
        }
    }

    fn recycle(&mut self, chunk: Chunk) {
        match self {
            // The reader may be done already.
            Self::Thread { used, .. } => drop(used.send(chunk)),
            Self::Here(_, used) => *used = Some(chunk),
        }
    }
}

/// A replay under way.
pub(super) struct Run<'a, 'sink> {
    replay: &'a Replay<'a>,
    pool: Option<&'a ThreadPool>,
    control: &'a Control,
    sink: Option<&'sink mut dyn Sink>,
    networks: Networks,
    /// One for each worker, so that no two ever wait for each other.
    tallies: Vec<Mutex<Tally>>,
    fragments: FragmentTable,
    dropped: Ranking,
    comparison: Comparison,
    evaluated: u64,
    /// The finished inputs.
    inputs: Vec<InputReport>,
    /// What is known so far about the records of the input being read.
    records: u64,
    skips: Skips,
    oddities: [u64; 2],
    elsewhere: u64,
}

impl<'a, 'sink> Run<'a, 'sink> {
    pub(super) fn new(
        replay: &'a Replay<'a>,
        pool: Option<&'a ThreadPool>,
        control: &'a Control,
        sink: Option<&'sink mut dyn Sink>,
    ) -> Self {
        let workers = pool.map_or(1, ThreadPool::current_num_threads);
        let tally = || Mutex::new(Tally::new(replay.snapshot));
        Self {
            replay,
            pool,
            control,
            sink,
            networks: Networks::of(replay.snapshot),
            tallies: (0..workers).map(|_| tally()).collect(),
            fragments: FragmentTable::default(),
            dropped: Ranking::default(),
            comparison: Comparison::default(),
            evaluated: 0,
            inputs: Vec::new(),
            records: 0,
            skips: Skips::default(),
            oddities: [0; 2],
            elsewhere: 0,
        }
    }

    /// Judges everything that comes, `room` chunks at a time.
    pub(super) fn consume(
        mut self,
        mut feed: Feed,
        sources: &[Source],
        room: usize,
    ) -> Result<Report, ReplayError> {
        let mut chunks: Vec<Chunk> = Vec::with_capacity(room);
        loop {
            let mut end = None;
            let mut next = feed.next(true, self.control);
            let over = next.is_none();
            while let Some(event) = next {
                match event {
                    Event::Chunk(chunk) => chunks.push(chunk),
                    Event::End(report) => end = Some(report),
                }
                // An input ends the round, so that its records are complete.
                next = if end.is_none() && chunks.len() < room {
                    feed.next(false, self.control)
                } else {
                    None
                };
            }
            let problem = self.judge(&mut chunks)?;
            for chunk in chunks.drain(..) {
                feed.recycle(chunk);
            }
            if let Some((input, problem)) = problem {
                return self.finish_early(&sources[input], &problem);
            }
            if let Some(report) = end {
                self.finish_input(*report);
            }
            if over {
                if let Some(source) = sources.get(self.inputs.len()).filter(|_| self.records > 0) {
                    // Interrupted while the reader waits; what it knows is lost.
                    self.finish_input(InputReport::new(source.name()));
                }
                return self.finish();
            }
        }
    }

    /// Judges some chunks; returns the row that ends the run, if one does.
    fn judge(&mut self, chunks: &mut [Chunk]) -> Result<Option<(usize, RowProblem)>, ReplayError> {
        let (networks, skip_bad) = (&self.networks, self.replay.skip_bad);
        for_each(self.pool, chunks, |chunk| chunk.decode(networks, skip_bad));
        let problem = chunks.iter().position(|chunk| chunk.problem.is_some());
        let used = problem.map_or(chunks.len(), |at| at + 1);
        for chunk in &mut chunks[..used] {
            chunk.join_fragments(&mut self.fragments);
        }
        let this = &*self;
        for_each(self.pool, &mut chunks[..used], |chunk| {
            this.judge_chunk(chunk);
        });
        for chunk in &mut chunks[..used] {
            self.collect(chunk)?;
        }
        Ok(problem.and_then(|at| Some((chunks[at].input, chunks[at].problem.take()?))))
    }

    /// Judges a chunk; called by workers.
    fn judge_chunk(&self, chunk: &mut Chunk) {
        chunk.flows.clear();
        chunk
            .flows
            .extend(chunk.records.iter().map(|record| record.flow));
        chunk.answers.clear();
        chunk
            .answers
            .resize(chunk.flows.len(), Answer::Judged(Sides::default()));
        self.replay.judge.decide(&chunk.flows, &mut chunk.answers);
        let (judge, changes) = (&self.replay.judge, &self.replay.changes);
        let (records, answers) = (&chunk.records, &chunk.answers);
        chunk.differing.find(records, answers, judge, changes);
        chunk.output.clear();
        chunk.dropped.clear();
        let worker = rayon::current_thread_index().unwrap_or(0);
        let mut tally = self.tallies[worker]
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        for (at, (record, answer)) in chunk.records.iter().zip(&chunk.answers).enumerate() {
            match answer {
                Answer::Judged(sides) => {
                    if tally.add(record, sides) == Outcome::Drop {
                        chunk.dropped.push(at);
                    }
                }
                Answer::Ambiguous(_) => chunk.skips.add(Skip::AmbiguousAddress),
            }
        }
        drop(tally);
        if let Some(sink) = &self.sink {
            let mut texts = Texts::of(&chunk.data);
            let judged = chunk.records.iter().zip(&chunk.answers);
            let mut rows = judged.filter_map(|(record, answer)| {
                let Answer::Judged(sides) = answer else {
                    return None;
                };
                let text = texts.at(record.position);
                Some(Row {
                    snapshot: self.replay.snapshot,
                    record,
                    sides,
                    text,
                })
            });
            sink.format(&mut rows, &mut chunk.output);
        }
    }

    /// Takes over what became of a chunk, in input order.
    fn collect(&mut self, chunk: &mut Chunk) -> Result<(), ReplayError> {
        let judged = chunk
            .answers
            .iter()
            .filter(|answer| matches!(answer, Answer::Judged(_)));
        let evaluated = judged.count() as u64;
        self.evaluated += evaluated;
        self.records += evaluated + chunk.skips.total();
        self.skips.merge(&chunk.skips);
        for (own, more) in self.oddities.iter_mut().zip(chunk.oddities) {
            *own += more;
        }
        self.elsewhere += chunk.elsewhere;
        for at in &chunk.dropped {
            self.dropped.add(&chunk.records[*at]);
        }
        self.compare(chunk)?;
        self.control
            .records
            .fetch_add(evaluated + chunk.skips.total(), Ordering::Relaxed);
        match &mut self.sink {
            Some(sink) if !chunk.output.is_empty() => {
                sink.write(&chunk.output).map_err(ReplayError::Output)
            }
            _ => Ok(()),
        }
    }

    /// Settles what the cloud did otherwise with the records of a chunk.
    fn compare(&mut self, chunk: &Chunk) -> Result<(), ReplayError> {
        let mut texts = Texts::of(&chunk.data);
        let mut sink = self.sink.as_deref_mut();
        let judged = |at: usize| match &chunk.answers[at] {
            Answer::Judged(sides) => (&chunk.records[at], sides),
            Answer::Ambiguous(_) => unreachable!("only judged records are compared"),
        };
        let added = self.comparison.add(
            &chunk.differing,
            self.replay.snapshot,
            judged,
            |record| texts.at(record.position),
            &mut |mismatch| sink.as_mut().map_or(Ok(()), |sink| sink.mismatch(mismatch)),
        );
        added.map_err(ReplayError::Output)
    }

    /// Adds what was counted about an input to what its reader knows.
    fn finish_input(&mut self, mut report: InputReport) {
        report.records = std::mem::take(&mut self.records);
        report.skips = std::mem::take(&mut self.skips);
        let counts = std::mem::take(&mut self.oddities);
        let strange = PacketOddity::all()
            .into_iter()
            .zip(counts)
            .filter(|(_, count)| *count > 0);
        let sentences = strange.map(|(oddity, count)| {
            let packets = if count == 1 { "packet" } else { "packets" };
            format!("{count} {packets}: {oddity}")
        });
        report.oddities.extend(sentences);
        let elsewhere = std::mem::take(&mut self.elsewhere);
        if elsewhere > 0 {
            let rows = if elsewhere == 1 {
                "row names"
            } else {
                "rows name"
            };
            report.oddities.push(format!(
                "{elsewhere} {rows} a vpc_id that the snapshot does not have, so both ends are outside"
            ));
        }
        self.inputs.push(report);
    }

    /// Ends the run at a row that makes no sense.
    fn finish_early(
        mut self,
        source: &Source,
        problem: &RowProblem,
    ) -> Result<Report, ReplayError> {
        let mut report = InputReport::new(source.name());
        report.format = Some(problem.format);
        // "Exit 3 when nothing was evaluated before it, else 4."
        report.ending = if self.evaluated == 0 {
            Ending::Refused(problem.to_string())
        } else {
            Ending::Damaged(problem.to_string())
        };
        self.finish_input(report);
        self.finish()
    }

    fn finish(mut self) -> Result<Report, ReplayError> {
        let mut sink = self.sink;
        let settled = self
            .comparison
            .settle(self.replay.snapshot, &mut |mismatch| {
                sink.as_mut().map_or(Ok(()), |sink| sink.mismatch(mismatch))
            });
        settled.map_err(ReplayError::Output)?;
        let mut tally = Tally::new(self.replay.snapshot);
        for part in &self.tallies {
            tally.merge(&part.lock().unwrap_or_else(|poisoned| poisoned.into_inner()));
        }
        Ok(Report {
            inputs: self.inputs,
            tally,
            dropped: self.dropped,
            comparison: self.comparison,
            interrupted: self.control.interrupted.load(Ordering::Relaxed),
        })
    }
}

/// Does something with every chunk, on the workers where there are any.
fn for_each(
    pool: Option<&ThreadPool>,
    chunks: &mut [Chunk],
    work: impl Fn(&mut Chunk) + Sync + Send,
) {
    match pool {
        Some(pool) => pool.install(|| chunks.par_iter_mut().for_each(&work)),
        None => chunks.iter_mut().for_each(&work),
    }
}
