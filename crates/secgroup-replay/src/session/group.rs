//! Shards that one worker follows together, in the order of the input.
//!
//! How the table is cut into shards decides what becomes of sessions when it is
//! full, and never depends on the workers. How many shards are in a group does:
//! a worker does better with many, for it need not go through its records once
//! for each, and remembers what is [recent](super::recent) of all of them in one
//! table.

use super::following::{Hint, Job, Place, Work};
use super::half::NEVER;
use super::key::{Keyed, Share};
use super::recent::{Family, Fetched, Gone, Recents, Usually};
use super::shard::Shard;
use super::usual::{Step, Usual};
use crate::chunk::Chunk;
use crate::tally::Tally;

/// How many records are looked up together.
const TOGETHER: usize = 32;

/// How many groups there are for each worker, where there are several: one may
/// be late.
const GROUPS_PER_WORKER: usize = 2;

/// One of the groups.
#[derive(Debug)]
pub(crate) struct Group {
    /// Which one it is.
    number: usize,
    shards: Vec<Shard>,
    /// How the shards of all groups are found.
    cut: Cut,
    recents: Recents,
}

/// How many shards there are, and in how many groups; both powers of two.
#[derive(Clone, Copy, Debug)]
struct Cut {
    shards: usize,
    groups: usize,
}

impl Cut {
    /// Returns where in its group the shard is that has a share of all keys.
    #[inline]
    fn place(self, share: Share) -> usize {
        share.among(self.shards) >> self.groups.trailing_zeros()
    }
}

/// Puts shards into groups for some workers, for `most` sessions.
pub(super) fn groups(shards: Vec<Shard>, most: usize, workers: usize) -> Vec<Group> {
    let wanted = match workers {
        0 | 1 => 1,
        several => several * GROUPS_PER_WORKER,
    };
    let cut = Cut {
        shards: shards.len(),
        groups: wanted.next_power_of_two().min(shards.len()),
    };
    let group = |number| Group {
        number,
        shards: Vec::new(),
        cut,
        recents: Recents::new(most / cut.groups),
    };
    let mut groups: Vec<Group> = (0..cut.groups).map(group).collect();
    for (number, shard) in shards.into_iter().enumerate() {
        groups[number % cut.groups].shards.push(shard);
    }
    groups
}

/// Returns the shards of all groups, in their order.
pub(crate) fn in_order(groups: &[Group]) -> impl Iterator<Item = &Shard> {
    let count = groups.iter().map(|group| group.shards.len()).sum();
    (0..count).map(|number| &groups[number % groups.len()].shards[number / groups.len()])
}

impl Group {
    /// Returns its shards.
    pub(crate) fn shards(&mut self) -> &mut [Shard] {
        &mut self.shards
    }

    /// Follows the records of some chunks that belong to this group.
    pub(crate) fn follow(&mut self, job: &Job<'_>, chunks: &[Chunk], tallies: &mut [Tally; 2]) {
        for (index, chunk) in (0..).zip(chunks) {
            if chunk.steps.is_empty() {
                self.follow_records(job, (index, chunk), tallies);
            } else {
                self.follow_steps(job, (index, chunk), tallies);
            }
        }
        for shard in &mut self.shards {
            shard.complete(tallies);
        }
    }

    /// Ends all flows.
    pub(crate) fn finish(&mut self, tallies: &mut [Tally; 2]) {
        for gone in self.recents.drain() {
            settle(&mut self.shards[self.cut.place(gone.share)], &gone);
        }
        for shard in &mut self.shards {
            shard.finish(tallies);
        }
    }

    fn follow_records(
        &mut self,
        job: &Job<'_>,
        (index, chunk): (u32, &Chunk),
        tallies: &mut [Tally; 2],
    ) {
        for places in chunk.of_part(self.number).chunks(TOGETHER) {
            // PERF: looked up together, so that the waits for memory overlap.
            let mut hints = [(0, Hint::default()); TOGETHER];
            for (hint, at) in hints.iter_mut().zip(places) {
                let (record, keyed) = chunk.keyed(*at);
                let shard = self.cut.place(keyed.key.share());
                *hint = (shard, self.shards[shard].look_up(record, keyed));
            }
            for ((shard, hint), at) in hints.into_iter().zip(places) {
                let (record, keyed) = chunk.keyed(*at);
                let place = Place {
                    sequence: chunk.first_sequence + u64::from(*at),
                    at: (index, *at),
                    start: chunk.start,
                    part: record.part,
                    hint,
                };
                let mut work = Work {
                    job: *job,
                    recents: &mut self.recents,
                };
                self.shards[shard].record(&mut work, record, keyed, place, tallies);
            }
        }
    }

    /// Follows packets, most of which only have to be counted.
    fn follow_steps(
        &mut self,
        job: &Job<'_>,
        (index, chunk): (u32, &Chunk),
        tallies: &mut [Tally; 2],
    ) {
        let steps = &chunk.steps;
        for here in steps.of_part(self.number).chunks(TOGETHER) {
            // PERF: the waits for memory overlap.
            let mut hints = [Hint::default(); TOGETHER];
            let mut fetched = [Fetched::default(); TOGETHER];
            for ((hint, fetched), step) in hints.iter_mut().zip(&mut fetched).zip(here) {
                *fetched = self.recents.fetch(steps, step);
                if let Step::Record(place) = step {
                    let (record, keyed) = chunk.keyed(*place);
                    *hint = self.shard_of(keyed).look_up(record, keyed);
                }
            }
            for (fetched, step) in fetched.iter_mut().zip(here) {
                self.recents.fetch_flow(step, fetched);
            }
            let mut have_hints = false;
            for (at, step) in here.iter().enumerate() {
                if self.recents.count(steps, step, fetched[at]) {
                    continue;
                }
                // PERF: where one usual packet must be looked at closely, others
                // must.
                if !have_hints && !matches!(step, Step::Record(_)) {
                    have_hints = true;
                    for (hint, step) in hints.iter_mut().zip(here).skip(at) {
                        match step {
                            Step::Four(packet) => self.look_up(packet, hint),
                            Step::Six(place) => self.look_up(steps.six(*place), hint),
                            Step::Record(_) => {}
                        }
                    }
                }
                let place = |position: u32| Place {
                    sequence: chunk.first_sequence + u64::from(position),
                    at: (index, position),
                    start: chunk.start,
                    part: 0,
                    hint: hints[at],
                };
                match step {
                    Step::Four(packet) => self.packet(job, packet, chunk, place, tallies),
                    Step::Six(own) => self.packet(job, steps.six(*own), chunk, place, tallies),
                    Step::Record(own) => {
                        let (record, keyed) = chunk.keyed(*own);
                        let shard = self.cut.place(keyed.key.share());
                        let mut work = Work {
                            job: *job,
                            recents: &mut self.recents,
                        };
                        let place = place(record.position);
                        self.shards[shard].record(&mut work, record, keyed, place, tallies);
                    }
                }
            }
        }
    }

    /// Finds out where a usual packet may be known that is not only counted.
    fn look_up<E: Family>(&mut self, packet: &Usual<E>, hint: &mut Hint) {
        if !E::of(&mut self.recents).knows(packet) {
            let keyed = packet.keyed();
            *hint = self.shard_of(&keyed).look_up_usual(&keyed);
        }
    }

    /// Follows a usual packet as a record, and remembers what is usual now.
    fn packet<E: Family>(
        &mut self,
        job: &Job<'_>,
        packet: &Usual<E>,
        chunk: &Chunk,
        place: impl Fn(u32) -> Place,
        tallies: &mut [Tally; 2],
    ) {
        let (record, keyed) = (packet.record(chunk.first_number()), packet.keyed());
        let shard = self.cut.place(keyed.key.share());
        let mut work = Work {
            job: *job,
            recents: &mut self.recents,
        };
        let place = place(record.position);
        // PERF: of most flows of a scan there is one packet only.
        if !self.shards[shard].record(&mut work, &record, &keyed, place, tallies) {
            return;
        }
        let usually = self.shards[shard].usually(job, &keyed);
        // What has no time may not have been counted where times are.
        let timed = |usually: &Usually| usually.last != NEVER && packet.time() != NEVER;
        if let Some(usually) = usually.filter(timed)
            && let Some(gone) = E::of(&mut self.recents).put(packet, &usually)
        {
            settle(&mut self.shards[self.cut.place(gone.share)], &gone);
        }
    }

    fn shard_of(&self, keyed: &Keyed) -> &Shard {
        &self.shards[self.cut.place(keyed.key.share())]
    }
}

/// Says to what packets belong which of them came.
fn settle(shard: &mut Shard, gone: &Gone) {
    shard.settle(gone.whose, &gone.came);
}
