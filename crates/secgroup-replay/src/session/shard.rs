//! A part of the table: the sessions of some keys, under every configuration
//! that they are followed under.

use secgroup_matcher::{Answer, Sides};
use secgroup_model::{Action, DecidedBy, Outcome};

use super::SessionCounts;
use super::following::{Became, Following, Hint, Job, Place, Work};
use super::key::Keyed;
use super::recent::{Came, Recents, Usually, Whose};
use super::running::{Event, Finished};
use crate::difference::Differences;
use crate::ranking::Rankings;
use crate::tally::Tally;
use crate::{Record, Skip};

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

    /// Returns where a record may be known now, and begins to fetch that.
    #[inline]
    pub(super) fn look_up(&self, record: &Record, keyed: &Keyed) -> Hint {
        self.own.look_up(&keyed.key, || keyed.lone_key(record))
    }

    /// Returns where a usual packet may be known now, and begins to fetch that.
    pub(super) fn look_up_usual(&self, keyed: &Keyed) -> Hint {
        self.own
            .look_up(&keyed.key, || keyed.key.sent_by(keyed.from))
    }

    /// Returns how the flow of a usual packet goes on, of which became what it
    /// did.
    pub(super) fn usually(&self, job: &Job<'_>, keyed: &Keyed) -> Option<Usually> {
        self.own.usually(job, keyed)
    }

    /// Says to what packets belong which of them came.
    pub(super) fn settle(&mut self, whose: Whose, came: &Came) {
        self.own.settle(whose, came);
    }

    /// Completes what was followed: counts it in, and ranks what is over.
    pub(super) fn complete(&mut self, tallies: &mut [Tally; 2]) {
        self.count_in(tallies);
        self.rank();
    }

    /// Follows one record, under every configuration; tells whether it continues
    /// a flow.
    #[inline]
    pub(super) fn record(
        &mut self,
        work: &mut Work<'_>,
        record: &Record,
        keyed: &Keyed,
        place: Place,
        tallies: &mut [Tally; 2],
    ) -> bool {
        let job = work.job;
        let [tally, other_tally] = tallies;
        let (index, at) = (place.at.0 as usize, place.at.1);
        let became = match self.own.record(work, record, keyed, place, tally) {
            Ok(became) => became,
            Err(skip) => {
                self.skips.push((index, at, skip));
                return false;
            }
        };
        if record.recorded.is_some() {
            let sides = as_recorded(&job, record, &became);
            self.compared.push((index, at, sides));
        }
        if let (Some(other), Some(part)) = (&mut self.other, job.timeline.against()) {
            let place = Place {
                part,
                hint: Hint::default(),
                ..place
            };
            let mut work = Work {
                job: Job { rows: false, ..job },
                recents: &mut Recents::new(0),
            };
            if let Ok(there) = other.record(&mut work, record, keyed, place, other_tally) {
                self.differences.add(record, &became, &there);
            }
        }
        !became.begins
    }

    /// Ends all flows.
    pub(super) fn finish(&mut self, tallies: &mut [Tally; 2]) {
        self.own.finish();
        if let Some(other) = &mut self.other {
            other.finish();
        }
        self.complete(tallies);
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
