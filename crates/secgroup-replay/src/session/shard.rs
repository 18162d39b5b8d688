//! A part of the table: the sessions of some keys, under every configuration
//! that they are followed under.

use secgroup_matcher::{Answer, Sides};
use secgroup_model::{Action, DecidedBy, Outcome};

use super::SessionCounts;
use super::following::{Became, Following, Hint, Job, Place};
use super::running::{Event, Finished};
use crate::chunk::Chunk;
use crate::difference::Differences;
use crate::ranking::Rankings;
use crate::tally::Tally;
use crate::{Record, Skip};

/// How many records are looked up together.
const TOGETHER: usize = 32;

/// One of the parts of the table.
#[derive(Debug)]
pub(crate) struct Shard {
    own: Following,
    /// The same under the configuration to compare with.
    other: Option<Following>,
    pub(crate) differences: Differences,
    pub(crate) rankings: Rankings,
    /// What was not judged in this round, by chunk and place.
    pub(crate) skips: Vec<(usize, u32, Skip)>,
    /// What became of those with a recorded action, by chunk and place.
    pub(crate) compared: Vec<(usize, u32, Sides)>,
}

impl Shard {
    pub(super) fn new(most: usize, ranked: usize, compared: bool) -> Self {
        Self {
            own: Following::new(most),
            other: compared.then(|| Following::new(most)),
            differences: Differences::default(),
            rankings: Rankings::new(ranked),
            skips: Vec::new(),
            compared: Vec::new(),
        }
    }

    /// Returns how many sessions it holds at most.
    #[cfg(test)]
    pub(super) const fn most(&self) -> usize {
        self.own.sessions.most()
    }

    /// Follows the records of some chunks that belong to this shard.
    pub(crate) fn follow(
        &mut self,
        job: &Job<'_>,
        chunks: &[Chunk],
        number: usize,
        tallies: &mut [Tally; 2],
    ) {
        for (index, chunk) in chunks.iter().enumerate() {
            // PERF: looked up together, so that the waits for memory overlap.
            for places in chunk.of_shard(number).chunks(TOGETHER) {
                let mut hints = [Hint::default(); TOGETHER];
                for (hint, at) in hints.iter_mut().zip(places) {
                    let (record, keyed) = chunk.keyed(*at);
                    *hint = self.own.look_up(record, keyed);
                }
                for (hint, at) in hints.into_iter().zip(places) {
                    let place = Place {
                        sequence: chunk.first_sequence + u64::from(*at),
                        at: (u32::try_from(index).expect("a round has few chunks"), *at),
                        start: chunk.start,
                        part: chunk.keyed(*at).0.part,
                        hint,
                    };
                    self.record(job, chunk, place, tallies);
                }
            }
        }
        self.count_in(tallies);
        self.rank();
    }

    /// Follows one record, under every configuration.
    #[inline]
    fn record(&mut self, job: &Job<'_>, chunk: &Chunk, place: Place, tallies: &mut [Tally; 2]) {
        let [tally, other_tally] = tallies;
        let (index, at) = (place.at.0 as usize, place.at.1);
        let (record, keyed) = chunk.keyed(at);
        let became = match self.own.record(job, record, keyed, place, tally) {
            Ok(became) => became,
            Err(skip) => return self.skips.push((index, at, skip)),
        };
        if record.recorded.is_some() {
            let sides = as_recorded(job, record, &became);
            self.compared.push((index, at, sides));
        }
        if let (Some(other), Some(part)) = (&mut self.other, job.timeline.against()) {
            let place = Place {
                part,
                hint: Hint::default(),
                ..place
            };
            let job = Job {
                rows: false,
                ..*job
            };
            if let Ok(there) = other.record(&job, record, keyed, place, other_tally) {
                self.differences.add(record, &became, &there);
            }
        }
    }

    /// Ends all flows.
    pub(crate) fn finish(&mut self, tallies: &mut [Tally; 2]) {
        self.own.finish();
        if let Some(other) = &mut self.other {
            other.finish();
        }
        self.count_in(tallies);
        self.rank();
    }

    /// Adds what was counted apart to the tallies.
    fn count_in(&mut self, [tally, other_tally]: &mut [Tally; 2]) {
        self.own.count_in(tally);
        if let Some(other) = &mut self.other {
            other.count_in(other_tally);
        }
    }

    /// Takes out the flows that began.
    pub(crate) fn events(&mut self) -> impl Iterator<Item = Event> + '_ {
        self.own.events.drain(..)
    }

    /// Takes out the flows that are over.
    pub(crate) fn finished(&mut self) -> impl Iterator<Item = Finished> + '_ {
        self.own.finished.drain(..)
    }

    /// Returns what sessions came to.
    pub(crate) const fn counts(&self) -> SessionCounts {
        self.own.counts
    }

    fn rank(&mut self) {
        for finished in &self.own.finished {
            self.rankings.add(finished);
        }
        if let Some(other) = &mut self.other {
            other.finished.clear();
        }
    }
}

/// Returns what became of a record at its own two ends, as a cloud records it.
fn as_recorded(job: &Job<'_>, record: &Record, became: &Became) -> Sides {
    let part = job.timeline.part(record.part);
    let Answer::Judged(mut sides) = part.decide_one(&record.flow, record.vpc) else {
        return Sides::default();
    };
    let decider = became.decider.side.map(|(_, side)| side);
    for side in [&mut sides.egress, &mut sides.ingress]
        .into_iter()
        .flatten()
    {
        match became.outcome {
            Outcome::Accept if side.action == Action::Drop => {
                side.action = Action::Accept;
                side.by = DecidedBy::Session;
            }
            // What is dropped with its session is dropped where that was.
            Outcome::Drop => {
                let own = decider.filter(|own| own.interface == side.interface);
                *side = own.unwrap_or(*side);
            }
            Outcome::Accept | Outcome::Outside | Outcome::Depends => {}
        }
    }
    sides
}
