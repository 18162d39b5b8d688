//! Several inputs as one, in the order of their times.
//!
//! Of the inputs, the one whose next record is earliest gives it; of several,
//! the first one named. So an input whose own times run backwards keeps its
//! order, and equal times keep that of the inputs: the order hangs on nothing
//! but the records. A record without time goes with the one before it.
//!
//! An input is looked at first, and read from its first record's turn on. So
//! only those are open that overlap, with two chunks each in memory.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use secgroup_matcher::Answer;

use crate::chunk::{Chunk, KeptTexts, Need};
use crate::flow_log::RowProblem;
use crate::report::InputReport;
use crate::session::{NEVER, nanoseconds};
use crate::source::Source;
use crate::timeline::Timeline;
use crate::{Control, Skip};

use super::ReplayError;
use super::counts::InputCounts;
use super::turns::{Supply, Turn, Want, Wish};

/// How many records a merged chunk has.
const MERGED_RECORDS: usize = 4096;

/// What is needed to make records of what was read.
#[derive(Clone, Copy)]
pub(super) struct Decoding<'a> {
    pub(super) timeline: &'a Timeline<'a>,
    pub(super) skip_bad: bool,
    /// Whether outputs want the texts of records.
    pub(super) texts: bool,
    /// Whether it is counted how often time runs backwards.
    pub(super) times: bool,
}

/// How far the merging came.
#[derive(Debug)]
pub(super) enum Step {
    /// There may be more.
    More,
    /// All inputs are over, or the run was interrupted.
    Over,
    /// A row makes no sense, and bad ones are not skipped.
    Problem(usize, Box<RowProblem>),
}

/// An input.
#[derive(Debug, Default)]
struct Slot {
    /// What came of it and has not been looked at.
    waiting: VecDeque<Turn>,
    current: Option<Current>,
    /// Whether it is read, rather than only looked at.
    open: bool,
    /// Whether it is read ahead. Of a pipe nothing is before it is needed: who
    /// writes there may wait until another input is read.
    ahead: bool,
    /// The time of its last record that told one.
    last: i64,
    counts: InputCounts,
    report: Option<Box<InputReport>>,
}

/// A chunk whose records are being merged.
#[derive(Debug)]
struct Current {
    chunk: Chunk,
    texts: KeptTexts,
    /// Its next record.
    at: usize,
}

/// Inputs on their way to one stream.
pub(super) struct Merging<'a> {
    decoding: Decoding<'a>,
    supply: Supply,
    control: &'a Control,
    slots: Vec<Slot>,
    // INVARIANT: one entry for each input that is not over, with the time of
    // its next record.
    heads: BinaryHeap<Reverse<(i64, usize)>>,
    spare: Vec<Chunk>,
    /// Whether they are flow lists: all, none, or some.
    pub(super) rows: Option<bool>,
    /// Whether some are captures and some are lists.
    pub(super) mixed: bool,
}

impl<'a> Merging<'a> {
    /// Looks at the first records of every input.
    pub(super) fn start(
        decoding: Decoding<'a>,
        supply: Supply,
        control: &'a Arc<Control>,
        sources: &[Source],
    ) -> Result<Self, ReplayError> {
        let slot = |source: &Source| Slot {
            last: NEVER,
            ahead: source.is_file(),
            ..Slot::default()
        };
        let mut merging = Self {
            decoding,
            supply,
            control,
            slots: sources.iter().map(slot).collect(),
            heads: BinaryHeap::new(),
            spare: Vec::new(),
            rows: None,
            mixed: false,
        };
        for input in 0..sources.len() {
            merging.wish(input, Want::Look);
            let Some(turn) = merging.wait(input) else {
                break;
            };
            merging.look(input, turn)?;
        }
        Ok(merging)
    }

    /// Fills a chunk with the records that come next.
    pub(super) fn fill(&mut self, merged: &mut Chunk) -> Result<Step, ReplayError> {
        merged.start_merged(self.rows == Some(true));
        while merged.records.len() < MERGED_RECORDS {
            let Some(Reverse((_, input))) = self.heads.pop() else {
                return Ok(Step::Over);
            };
            if !std::mem::replace(&mut self.slots[input].open, true) {
                if self.slots[input].ahead {
                    self.wish(input, Want::Next);
                }
                if !self.advance(input)? {
                    return Ok(Step::Over);
                }
                continue;
            }
            if let Some(problem) = self.take_run(input, merged) {
                return Ok(Step::Problem(input, problem));
            }
            let current = self.slots[input].current.as_ref();
            let done = current.is_none_or(Current::is_done);
            if done && !self.advance(input)? {
                return Ok(Step::Over);
            }
            if !done {
                self.push_head(input);
            }
        }
        Ok(Step::More)
    }

    /// Takes the records of an input that come before those of all others;
    /// returns the row at which the run ends, if it is that row's turn.
    fn take_run(&mut self, input: usize, merged: &mut Chunk) -> Option<Box<RowProblem>> {
        let bound = self.heads.peek().map(|Reverse(head)| *head);
        let slot = &mut self.slots[input];
        let current = slot.current.as_mut()?;
        if current.at == current.chunk.records.len() {
            return current.chunk.problem.take().map(Box::new);
        }
        let room = MERGED_RECORDS - merged.records.len();
        let from = current.at;
        for record in current.chunk.records[from..].iter().take(room) {
            let time = nanoseconds(record.timestamp);
            let time = if time == NEVER { slot.last } else { time };
            // The first one is this input's head, and nothing is before it.
            if current.at > from && bound.is_some_and(|bound| (time, input) > bound) {
                break;
            }
            slot.last = time;
            current.at += 1;
        }
        merged.take(&current.chunk, &current.texts, from..current.at);
        None
    }

    /// Begins with the next records of an open input; false where the run was
    /// interrupted.
    fn advance(&mut self, input: usize) -> Result<bool, ReplayError> {
        self.leave(input);
        loop {
            // What is read ahead was wished for before.
            self.wish(input, Want::Next);
            let Some(turn) = self.wait(input) else {
                return Ok(false);
            };
            match turn {
                Turn::Chunk(chunk) => {
                    let current = self.begin(input, chunk);
                    if !current.is_done() {
                        self.push_head(input);
                        return Ok(true);
                    }
                    self.leave(input);
                }
                Turn::End(report) => {
                    self.slots[input].report = Some(report);
                    return Ok(true);
                }
                Turn::TooManyOpen => return Err(self.too_many_open()),
                Turn::Look(_) => unreachable!("looks are wished for at the start only"),
            }
        }
    }

    /// Looks at how an input begins.
    fn look(&mut self, input: usize, turn: Turn) -> Result<(), ReplayError> {
        match turn {
            Turn::Look(mut chunk) => {
                self.decode(&mut chunk);
                let first = chunk.records.first();
                let time = first.map_or(NEVER, |record| nanoseconds(record.timestamp));
                self.heads.push(Reverse((time, input)));
                self.spare.push(chunk);
            }
            // It cannot be opened again, so this is its beginning.
            Turn::Chunk(chunk) => {
                self.slots[input].open = true;
                self.begin(input, chunk);
                self.push_head(input);
            }
            Turn::End(report) => self.slots[input].report = Some(report),
            Turn::TooManyOpen => return Err(self.too_many_open()),
        }
        Ok(())
    }

    /// Makes records of what was read.
    fn begin(&mut self, input: usize, mut chunk: Chunk) -> &Current {
        self.decode(&mut chunk);
        let texts = if self.decoding.texts {
            KeptTexts::of(&chunk)
        } else {
            KeptTexts::default()
        };
        self.slots[input].current.insert(Current {
            chunk,
            texts,
            at: 0,
        })
    }

    fn decode(&mut self, chunk: &mut Chunk) {
        chunk.decode(
            self.decoding.timeline,
            self.decoding.skip_bad,
            Need::Records,
        );
        let rows = chunk.data.is_rows();
        self.mixed |= self.rows.is_some_and(|others| others != rows);
        self.rows = Some(rows);
    }

    /// Counts what was read and is merged now, and uses its chunk again.
    fn leave(&mut self, input: usize) {
        let slot = &mut self.slots[input];
        let Some(Current { mut chunk, .. }) = slot.current.take() else {
            return;
        };
        slot.counts.add_read(&chunk);
        if self.decoding.times {
            chunk.look_at_times();
            slot.counts.times.append(&chunk.times);
        }
        let skipped = chunk.skips.total();
        self.control.records.fetch_add(skipped, Ordering::Relaxed);
        self.spare.push(chunk);
    }

    /// Says when the next record of an input has its turn.
    fn push_head(&mut self, input: usize) {
        let slot = &self.slots[input];
        let current = slot.current.as_ref();
        let next = current.and_then(|current| current.chunk.records.get(current.at));
        let time = next.map_or(NEVER, |record| nanoseconds(record.timestamp));
        let time = if time == NEVER { slot.last } else { time };
        self.heads.push(Reverse((time, input)));
    }

    fn wish(&mut self, input: usize, want: Want) {
        let used = self.spare.pop().unwrap_or_else(Chunk::new);
        self.supply.wish(Wish { input, want, used });
    }

    /// Returns what comes next of an input; nothing where the run was
    /// interrupted.
    fn wait(&mut self, input: usize) -> Option<Turn> {
        loop {
            if let Some(turn) = self.slots[input].waiting.pop_front() {
                return Some(turn);
            }
            let (came, turn) = self.supply.next(self.control)?;
            self.slots[came].waiting.push_back(turn);
        }
    }

    fn too_many_open(&self) -> ReplayError {
        let open = self.slots.iter().filter(|slot| slot.open).count();
        ReplayError::TooManyOpen { open }
    }
}

impl Current {
    /// Tells whether all its records were taken, and no bad row follows them.
    fn is_done(&self) -> bool {
        self.at == self.chunk.records.len() && self.chunk.problem.is_none()
    }
}

impl Merging<'_> {
    /// Counts the records of a merged chunk, which were judged, at their inputs.
    pub(super) fn count(&mut self, chunk: &mut Chunk) {
        let by_answer = chunk.answers.iter().enumerate();
        let ambiguous = by_answer.filter(|(_, answer)| matches!(answer, Answer::Ambiguous(_)));
        let ambiguous: Vec<u32> = (ambiguous.map(|(place, _)| place))
            .filter_map(|place| u32::try_from(place).ok())
            .collect();
        let Some(merged) = chunk.merged() else {
            return;
        };
        let ambiguous = ambiguous
            .iter()
            .map(|place| (*place, Skip::AmbiguousAddress));
        merged.unjudged.extend(ambiguous);
        merged.unjudged.sort_unstable_by_key(|(place, _)| *place);
        let mut unjudged = merged.unjudged.iter().peekable();
        let mut end = 0;
        for origin in &merged.origins {
            let counts = &mut self.slots[origin.input].counts;
            counts.records += origin.records as u64;
            end += origin.records;
            while let Some((_, skip)) = unjudged.next_if(|(place, _)| (*place as usize) < end) {
                counts.add_unjudged(*skip);
            }
        }
    }

    /// Returns what is known about every input, in the order given; `ended` is
    /// the one at whose row the run ended.
    pub(super) fn reports(
        self,
        sources: &[Source],
        ended: Option<(usize, InputReport)>,
    ) -> Vec<InputReport> {
        let early = ended.is_some();
        let mut ended = ended;
        let all = self.slots.into_iter().zip(sources).enumerate();
        let reports = all.map(|(input, (slot, source))| {
            let report = match (slot.report, ended.take_if(|(own, _)| *own == input)) {
                (_, Some((_, report))) => report,
                (Some(report), None) => *report,
                (None, None) => {
                    let mut report = InputReport::new(source.name());
                    if early {
                        let why = "read only up to the time at which the run ended";
                        report.oddities.push(why.to_owned());
                    }
                    report
                }
            };
            slot.counts.complete(report)
        });
        reports.collect()
    }
}
