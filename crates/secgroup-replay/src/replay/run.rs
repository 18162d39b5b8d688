//! Judging what was read, and putting it together in input order.

use std::sync::Mutex;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use rayon::ThreadPool;
use rayon::prelude::*;
use secgroup_matcher::{Answer, Sides};

use crate::brief::Judging;
use crate::chunk::{Chunk, Need, Texts};
use crate::decider::Decider;
use crate::difference::Differences;
use crate::flow_log::RowProblem;
use crate::fragments::FragmentTable;
use crate::ranking::{Rankings, is_ranked};
use crate::report::{Ending, InputReport, Report};
use crate::session::Became;
use crate::source::Source;
use crate::tally::Begins;
use crate::timeline::Timeline;
use crate::{Comparison, RANKING_LIMIT, Row, Skip, Tally};

use super::counts::InputCounts;
use super::following::Sessions;
use super::needs::Needs;
use super::reading::{Event, Reading};
use super::{Control, Replay, ReplayError, Sink};

/// How long an interruption may go unnoticed on an idle input.
pub(super) const PATIENCE: Duration = Duration::from_millis(100);

/// Where events come from.
#[expect(clippy::large_enum_variant, reason = "there is one of it")]
pub(super) enum Feed {
    /// A thread that reads ahead.
    Thread {
        /// What it read.
        incoming: Receiver<Event>,
        /// Where used chunks go back to it.
        used: Sender<Chunk>,
        /// Whether it decodes them, too.
        decodes: bool,
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
            Self::Here(reading, used) if wait => reading.next(used.take()),
            // What was read is judged before this thread may wait for more.
            Self::Here(..) => None,
        }
    }

    /// Tells whether what comes is decoded.
    const fn is_decoded(&self) -> bool {
        matches!(self, Self::Thread { decodes: true, .. })
    }

    fn recycle(&mut self, chunk: Chunk) {
        match self {
            // The reader may be done already.
            Self::Thread { used, .. } => drop(used.send(chunk)),
            Self::Here(_, used) => *used = Some(chunk),
        }
    }
}

/// What is read in one go.
#[derive(Default)]
pub(super) struct Round {
    /// Of one input, in its order.
    pub(super) chunks: Vec<Chunk>,
    /// Where they are the last of that: all that is known about it but its
    /// records.
    pub(super) end: Option<Box<InputReport>>,
    /// Whether nothing comes any more.
    pub(super) is_over: bool,
}

impl Round {
    /// Tells whether there is nothing in it to act upon.
    const fn is_empty(&self) -> bool {
        self.chunks.is_empty() && self.end.is_none() && !self.is_over
    }
}

/// A replay under way.
pub(super) struct Run<'a, 'sink> {
    pub(super) replay: &'a Replay<'a>,
    pub(super) timeline: &'a Timeline<'a>,
    pub(super) pool: Option<&'a ThreadPool>,
    pub(super) control: &'a Control,
    pub(super) sink: Option<&'sink mut dyn Sink>,
    /// One for each worker, so that no two ever wait for each other; with what
    /// is judged a second time.
    pub(super) tallies: Vec<Mutex<[Tally; 2]>>,
    /// Again one for each worker.
    judging: Vec<Mutex<Judging>>,
    fragments: FragmentTable,
    /// The sessions, from the first input on that has some.
    pub(super) sessions: Option<Sessions>,
    rankings: Rankings,
    differences: Differences,
    comparison: Comparison,
    pub(super) evaluated: u64,
    /// The finished inputs.
    pub(super) inputs: Vec<InputReport>,
    /// What is known so far about the records of the input being read.
    counts: InputCounts,
}

impl<'a, 'sink> Run<'a, 'sink> {
    pub(super) fn new(
        replay: &'a Replay<'a>,
        timeline: &'a Timeline<'a>,
        pool: Option<&'a ThreadPool>,
        control: &'a Control,
        sink: Option<&'sink mut dyn Sink>,
    ) -> Self {
        let workers = pool.map_or(1, ThreadPool::current_num_threads);
        let tally = || Mutex::new([(); 2].map(|()| Tally::new(timeline.snapshots())));
        Self {
            replay,
            timeline,
            pool,
            control,
            sink,
            tallies: (0..workers).map(|_| tally()).collect(),
            judging: (0..workers)
                .map(|_| Mutex::new(Judging::new(workers, replay.rank_accepted)))
                .collect(),
            fragments: FragmentTable::default(),
            sessions: None,
            rankings: Rankings::new(RANKING_LIMIT),
            differences: Differences::default(),
            comparison: Comparison::new(replay.conntrack),
            evaluated: 0,
            inputs: Vec::new(),
            counts: InputCounts::default(),
        }
    }

    /// Judges everything that comes, `room` chunks at a time; what comes next is
    /// decoded meanwhile.
    pub(super) fn consume(
        mut self,
        mut feed: Feed,
        sources: &[Source],
        room: usize,
    ) -> Result<Report, ReplayError> {
        let mut round = Round::default();
        loop {
            let mut next = if round.is_over {
                Round::default()
            } else {
                self.next_round(&mut feed, room, round.is_empty())
            };
            let needs = self.needs();
            let (timeline, skip_bad) = (self.timeline, self.replay.skip_bad);
            let is_decoded = feed.is_decoded();
            let decode = |chunk: &mut Chunk| {
                if !is_decoded {
                    chunk.decode(timeline, skip_bad, needs.of(&chunk.data));
                }
            };
            match self.pool {
                Some(pool) => pool.in_place_scope(|scope| {
                    for chunk in &mut next.chunks {
                        scope.spawn(move |_| decode(chunk));
                    }
                    self.judge(&mut round)
                })?,
                None => {
                    next.chunks.iter_mut().for_each(decode);
                    self.judge(&mut round)?;
                }
            }
            let is_ended = self.is_ended(&mut round, sources);
            for chunk in round.chunks.drain(..) {
                feed.recycle(chunk);
            }
            if is_ended {
                return self.finish();
            }
            round = next;
        }
    }

    /// Takes over that an input ended with a round, if it did; tells whether the
    /// run did.
    pub(super) fn is_ended(&mut self, round: &mut Round, sources: &[Source]) -> bool {
        let mut chunks = round.chunks.iter();
        if let Some((input, problem)) =
            chunks.find_map(|chunk| Some((chunk.input, chunk.problem.as_ref()?)))
        {
            let report = self.ended_at(&sources[input], problem);
            self.finish_input(report);
            return true;
        }
        if let Some(report) = round.end.take() {
            self.finish_input(*report);
        }
        if round.is_over
            && self.counts.records > 0
            && let Some(source) = sources.get(self.inputs.len())
        {
            // Interrupted while the reader waits; what it knows is lost.
            self.finish_input(InputReport::new(source.name()));
        }
        round.is_over
    }

    /// Takes what there is to read, up to the end of an input; where it may
    /// `wait`, something at least.
    fn next_round(&self, feed: &mut Feed, room: usize, wait: bool) -> Round {
        let mut round = Round::default();
        let mut next = feed.next(wait, self.control);
        round.is_over = wait && next.is_none();
        while let Some(event) = next {
            match event {
                Event::Chunk(chunk) => round.chunks.push(chunk),
                Event::End(report) => round.end = Some(report),
            }
            // An input ends the round, so that its records are complete.
            next = if round.end.is_none() && round.chunks.len() < room {
                feed.next(false, self.control)
            } else {
                None
            };
        }
        round
    }

    /// Judges the chunks of a round, all of one input and decoded, up to the row
    /// that ends the run, if one does.
    pub(super) fn judge(&mut self, round: &mut Round) -> Result<(), ReplayError> {
        let chunks = &mut round.chunks;
        let problem = chunks.iter().position(|chunk| chunk.problem.is_some());
        let used = problem.map_or(chunks.len(), |at| at + 1);
        self.judge_decoded(&mut chunks[..used])
    }

    /// Judges the records of some chunks, and takes over what became of them.
    pub(super) fn judge_decoded(&mut self, chunks: &mut [Chunk]) -> Result<(), ReplayError> {
        let Some(first) = chunks.first() else {
            return Ok(());
        };
        let has_sessions = self.needs().has_sessions(&first.data);
        if !has_sessions {
            // Rows come in the order of the input, so those before are ended.
            self.end_sessions()?;
            if self.needs().of(&first.data) == Need::Briefs {
                let this = &*self;
                each_in_turn(self.pool, chunks, |chunk| this.judge_in_brief(chunk));
                return self.take_over(chunks);
            }
        }
        for chunk in &mut *chunks {
            chunk.join_fragments(&mut self.fragments);
        }
        if has_sessions {
            self.follow(chunks)?;
        } else {
            let this = &*self;
            for_each(self.pool, chunks, |chunk| this.judge_chunk(chunk));
        }
        self.take_over(chunks)
    }

    /// Takes over what became of chunks, in input order.
    pub(super) fn take_over(&mut self, chunks: &mut [Chunk]) -> Result<(), ReplayError> {
        for chunk in chunks {
            self.judge_fragments(chunk);
            self.collect(chunk)?;
        }
        self.rank();
        Ok(())
    }

    /// Returns what decides about what packets and rows must become.
    pub(super) const fn needs(&self) -> Needs {
        self.replay.needs(self.timeline, self.sink.is_some())
    }

    /// Judges every packet or flow of a chunk, without rows of output; called by
    /// workers. Unusual packets wait where some are fragments, which may belong
    /// to others of chunks before.
    pub(super) fn judge_in_brief(&self, chunk: &mut Chunk) {
        let worker = rayon::current_thread_index().unwrap_or(0);
        let mut judging = self.judging[worker]
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        let mut tallies = self.tallies[worker]
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        let part = self.timeline.part(0);
        let (briefs, mut records) = (&mut chunk.briefs, &chunk.records[..]);
        if chunk.waits_for_fragments {
            records = &[];
        }
        let tally = &mut tallies[0];
        let ambiguous = if chunk.data.is_rows() {
            judging.judge_rows(part, briefs, records, &self.rankings, tally)
        } else {
            judging.judge(part, briefs, records, &self.rankings, tally)
        };
        chunk.evaluated = briefs.len() as u64 + records.len() as u64 - ambiguous;
        chunk.skips.add_many(Skip::AmbiguousAddress, ambiguous);
        chunk.ranked.clear();
        chunk.answers.clear();
        chunk.output.clear();
        chunk.differing.clear();
    }

    /// Judges the unusual packets of a chunk that were left, because some of them
    /// are fragments.
    fn judge_fragments(&mut self, chunk: &mut Chunk) {
        if !chunk.waits_for_fragments {
            return;
        }
        chunk.join_fragments(&mut self.fragments);
        let mut judging = self.judging[0]
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        let mut tallies = self.tallies[0]
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        let part = self.timeline.part(0);
        let (briefs, records) = (&mut chunk.briefs, &chunk.records);
        let ambiguous = judging.judge_others(part, briefs, records, &mut tallies[0]);
        chunk.evaluated += records.len() as u64 - ambiguous;
        chunk.skips.add_many(Skip::AmbiguousAddress, ambiguous);
    }

    /// Judges every record of a chunk; called by workers.
    fn judge_chunk(&self, chunk: &mut Chunk) {
        chunk.flows.clear();
        chunk
            .flows
            .extend(chunk.records.iter().map(|record| record.flow));
        // What is there of the records before is written over.
        chunk
            .answers
            .resize(chunk.flows.len(), Answer::Judged(Sides::default()));
        let mut done = 0;
        for run in chunk.records.chunk_by(|one, next| one.part == next.part) {
            let range = done..done + run.len();
            done = range.end;
            let part = self.timeline.part(run[0].part);
            part.decide(&chunk.flows[range.clone()], &mut chunk.answers[range]);
        }
        chunk.find_differing(self.timeline);
        chunk.output.clear();
        chunk.ranked.clear();
        let worker = rayon::current_thread_index().unwrap_or(0);
        let mut tallies = self.tallies[worker]
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        let [tally, _] = &mut *tallies;
        chunk.evaluated = 0;
        for (at, (record, answer)) in (0..).zip(chunk.records.iter().zip(&chunk.answers)) {
            match answer {
                Answer::Judged(sides) => {
                    chunk.evaluated += 1;
                    let outcome = tally.add(record, record.part, sides, Begins::FLOW);
                    if is_ranked(outcome, self.replay.rank_accepted) {
                        let waiting = self.rankings.waiting(at, record, outcome);
                        chunk.ranked.push(waiting);
                    }
                }
                Answer::Ambiguous(_) => chunk.skips.add(Skip::AmbiguousAddress),
            }
        }
        drop(tallies);
        self.judge_again(chunk);
        if let Some(sink) = &self.sink {
            let mut texts = Texts::of(&chunk.data);
            let judged = chunk.records.iter().zip(&chunk.answers);
            let mut rows = judged.filter_map(|(record, answer)| {
                let Answer::Judged(sides) = answer else {
                    return None;
                };
                let text = texts.at(record.position);
                Some(Row {
                    snapshot: self.timeline.part(record.part).snapshot,
                    record,
                    sides,
                    text,
                })
            });
            sink.format(&mut rows, &mut chunk.output);
        }
    }

    /// Judges the records of a chunk a second time, where that is asked for.
    fn judge_again(&self, chunk: &mut Chunk) {
        let Some(number) = self.timeline.against() else {
            return;
        };
        let part = self.timeline.part(number);
        for (flow, record) in chunk.flows.iter_mut().zip(&chunk.records) {
            flow.scope = part.scope(record.vpc);
        }
        let mut others = vec![Answer::Judged(Sides::default()); chunk.flows.len()];
        part.decide(&chunk.flows, &mut others);
        let became = |sides: &Sides, part| Became {
            outcome: sides.outcome(),
            decider: Decider::of(sides, part),
            begins: true,
        };
        chunk.differences = Differences::default();
        let answers = chunk.answers.iter().zip(&others);
        for (record, answers) in chunk.records.iter().zip(answers) {
            if let (Answer::Judged(own), Answer::Judged(other)) = answers {
                let (own, other) = (became(own, record.part), became(other, number));
                chunk.differences.add(record, &own, &other);
            }
        }
    }

    /// Takes over what became of a chunk, in input order.
    fn collect(&mut self, chunk: &mut Chunk) -> Result<(), ReplayError> {
        let evaluated = chunk.evaluated;
        self.evaluated += evaluated;
        self.counts.records += evaluated;
        self.counts.add_read(chunk);
        self.rankings
            .add_all(&chunk.ranked, &chunk.records, &chunk.answers);
        self.rankings.expect(&chunk.briefs.fresh, |fresh| {
            (fresh.outcome, fresh.conversation)
        });
        self.differences
            .merge(&std::mem::take(&mut chunk.differences));
        self.counts.times.append(&std::mem::take(&mut chunk.times));
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

    /// Ranks what was counted and has no place with the workers any more; after
    /// [`Rankings::expect`] of all that was judged.
    fn rank(&mut self) {
        for judging in &mut self.judging {
            let judging = judging
                .get_mut()
                .unwrap_or_else(|poisoned| poisoned.into_inner());
            judging.rank(&mut self.rankings);
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
            self.timeline,
            judged,
            |record| texts.at(record.position),
            &mut |mismatch| sink.as_mut().map_or(Ok(()), |sink| sink.mismatch(mismatch)),
        );
        added.map_err(ReplayError::Output)
    }

    /// Adds what was counted about an input to what its reader knows.
    fn finish_input(&mut self, report: InputReport) {
        let counts = std::mem::take(&mut self.counts);
        self.inputs.push(counts.complete(report));
    }

    /// Returns how an input ends at a row that makes no sense.
    pub(super) fn ended_at(&self, source: &Source, problem: &RowProblem) -> InputReport {
        let mut report = InputReport::new(source.name());
        report.format = Some(problem.format);
        report.at_row = true;
        // "Exit 3 when nothing was evaluated before it, else 4."
        report.ending = if self.evaluated == 0 {
            Ending::Refused(problem.to_string())
        } else {
            Ending::Damaged(problem.to_string())
        };
        report
    }

    pub(super) fn finish(mut self) -> Result<Report, ReplayError> {
        self.end_sessions()?;
        let mut total = [(); 2].map(|()| Tally::new(self.timeline.snapshots()));
        for judging in &mut self.judging {
            let judging = judging
                .get_mut()
                .unwrap_or_else(|poisoned| poisoned.into_inner());
            judging.finish(&mut total[0], &mut self.rankings);
        }
        let (mut sink, timeline) = (self.sink, self.timeline);
        let settled = self.comparison.settle(timeline, &mut |mismatch| {
            sink.as_mut().map_or(Ok(()), |sink| sink.mismatch(mismatch))
        });
        settled.map_err(ReplayError::Output)?;
        for parts in &self.tallies {
            let parts = parts
                .lock()
                .unwrap_or_else(|poisoned| poisoned.into_inner());
            for (total, part) in total.iter_mut().zip(&*parts) {
                total.merge(part);
            }
        }
        let (mut rankings, mut differences, sessions) =
            (self.rankings, self.differences, self.sessions);
        let counts = sessions.map(|sessions| sessions.add_to(&mut rankings, &mut differences));
        let [tally, other] = total;
        let compared = self.timeline.against().is_some();
        Ok(Report {
            inputs: self.inputs,
            tally,
            accepted: rankings.accepted,
            dropped: rankings.dropped,
            sessions: counts,
            differences: compared.then_some(differences),
            other: compared.then_some(other),
            comparison: self.comparison,
            interrupted: self.control.interrupted.load(Ordering::Relaxed),
        })
    }
}

/// Does something with every thing, on the workers where there are any.
pub(super) fn for_each<T: Send>(
    pool: Option<&ThreadPool>,
    things: &mut [T],
    work: impl Fn(&mut T) + Sync + Send,
) {
    match pool {
        Some(pool) => pool.install(|| things.par_iter_mut().for_each(&work)),
        None => things.iter_mut().for_each(&work),
    }
}

/// Does something with every thing, each worker with ever later ones.
fn each_in_turn<T: Send>(
    pool: Option<&ThreadPool>,
    things: &mut [T],
    work: impl Fn(&mut T) + Sync + Send,
) {
    let rest = Mutex::new(things.iter_mut());
    let next = || {
        let mut rest = rest.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        rest.next()
    };
    let take_turns = || {
        while let Some(thing) = next() {
            work(thing);
        }
    };
    match pool {
        Some(pool) => drop(pool.broadcast(|_| take_turns())),
        None => take_turns(),
    }
}
