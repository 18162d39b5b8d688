//! Verdicts over time, in bounded memory.
//!
//! The width of the buckets follows from the earliest and the latest time
//! alone, so parts that were counted apart give the same sums together.

use std::collections::VecDeque;

use secgroup_model::Outcome;

use crate::Timestamp;

/// How many buckets there are at most.
pub const HISTOGRAM_LIMIT: usize = 256;

/// The exponent of the narrowest buckets: 2^24 nanoseconds, a sixtieth second.
const NARROWEST: u32 = 24;

/// Flows by time and verdict.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Histogram {
    /// A bucket is 2^(NARROWEST + wider) nanoseconds wide.
    wider: u32,
    /// The number of the first bucket, counted from 1970.
    first: i64,
    buckets: VecDeque<[u64; 3]>,
}

/// Some time, and the flows in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// When it begins.
    pub start: Timestamp,
    /// How long it is, in nanoseconds.
    pub width: i64,
    /// The flows accepted, dropped, and outside.
    pub flows: [u64; 3],
}

impl Histogram {
    /// Counts a flow.
    #[inline]
    pub(crate) fn add(&mut self, time: Timestamp, outcome: Outcome) {
        self.bucket(time.0 >> (NARROWEST + self.wider))[place(outcome)] += 1;
    }

    /// Returns the bucket of a number under the present width, making room.
    #[inline]
    fn bucket(&mut self, number: i64) -> &mut [u64; 3] {
        let inside = usize::try_from(number - self.first).ok();
        match inside.filter(|place| *place < self.buckets.len()) {
            Some(place) => &mut self.buckets[place],
            None => self.make_room(number),
        }
    }

    #[cold]
    fn make_room(&mut self, mut number: i64) -> &mut [u64; 3] {
        if self.buckets.is_empty() {
            self.first = number;
        }
        let last = |own: &Self| own.first + i64::try_from(own.buckets.len()).unwrap_or(0) - 1;
        loop {
            let span = last(self).max(number) - self.first.min(number);
            if usize::try_from(span).is_ok_and(|span| span < HISTOGRAM_LIMIT) {
                break;
            }
            self.widen();
            number >>= 1;
        }
        while number < self.first {
            self.buckets.push_front([0; 3]);
            self.first -= 1;
        }
        while last(self) < number {
            self.buckets.push_back([0; 3]);
        }
        let place = usize::try_from(number - self.first).unwrap_or(0);
        &mut self.buckets[place]
    }

    /// Makes every two buckets one.
    fn widen(&mut self) {
        let mut wide = Self {
            wider: self.wider + 1,
            first: self.first >> 1,
            buckets: VecDeque::new(),
        };
        for (number, flows) in (self.first..).zip(&self.buckets) {
            add(wide.bucket(number >> 1), flows);
        }
        *self = wide;
    }

    /// Adds what was counted elsewhere.
    pub(crate) fn merge(&mut self, other: &Self) {
        let mut other = other.clone();
        while other.wider < self.wider {
            other.widen();
        }
        for (number, flows) in (other.first..).zip(&other.buckets) {
            while self.wider < other.wider {
                self.widen();
            }
            // Making room may make buckets wider still.
            let number = number >> (self.wider - other.wider);
            add(self.bucket(number), flows);
        }
    }

    /// Returns the buckets in order of time.
    pub fn buckets(&self) -> impl ExactSizeIterator<Item = Bucket> {
        let shift = NARROWEST + self.wider;
        let numbers = self.first..self.first + i64::try_from(self.buckets.len()).unwrap_or(0);
        let numbers: Vec<i64> = numbers.collect();
        numbers
            .into_iter()
            .zip(&self.buckets)
            .map(move |(number, flows)| Bucket {
                start: Timestamp(number << shift),
                width: 1 << shift,
                flows: *flows,
            })
    }
}

/// A histogram of flows that mostly come in the order of time, so that many
/// after each other are in one bucket.
#[derive(Debug, Default)]
pub(crate) struct Steady {
    settled: Histogram,
    /// The number of a narrowest bucket, and the flows in it.
    number: i64,
    flows: [u64; 3],
}

impl Steady {
    /// Counts a flow at a time in nanoseconds: 0 stands for accepted, 1 for
    /// dropped, 2 for outside.
    #[inline]
    pub(crate) fn add_at(&mut self, time: i64, outcome: usize) {
        let number = time >> NARROWEST;
        if number != self.number {
            self.settle();
            self.number = number;
        }
        self.flows[outcome] += 1;
    }

    /// Returns all that was counted.
    pub(crate) fn finish(mut self) -> Histogram {
        self.settle();
        self.settled
    }

    #[cold]
    fn settle(&mut self) {
        let flows = std::mem::take(&mut self.flows);
        if flows != [0; 3] {
            let number = self.number >> self.settled.wider;
            add(self.settled.bucket(number), &flows);
        }
    }
}

/// Returns where flows of a verdict are counted in a bucket.
#[inline]
const fn place(outcome: Outcome) -> usize {
    match outcome {
        Outcome::Accept => 0,
        Outcome::Drop => 1,
        Outcome::Outside | Outcome::Depends => 2,
    }
}

fn add(own: &mut [u64; 3], more: &[u64; 3]) {
    for (own, more) in own.iter_mut().zip(more) {
        *own += more;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000_000;

    fn random(state: &mut u64) -> u64 {
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        *state
    }

    #[test]
    fn parts_give_the_same_buckets_as_the_whole_in_any_order() {
        let mut state = 0x1234_5678;
        for round in 0..300 {
            let span = 1 << (random(&mut state) % 62);
            let times: Vec<i64> = (0..500)
                .map(|_| {
                    let time = random(&mut state) % span;
                    1_772_445_600 * SECOND - i64::try_from(time).unwrap()
                })
                .collect();
            let outcome = |at: usize| [Outcome::Accept, Outcome::Drop, Outcome::Outside][at % 3];
            let mut whole = Histogram::default();
            let mut steady = Steady::default();
            let mut parts = [const { None }; 3].map(|_: Option<()>| Histogram::default());
            for (at, time) in times.iter().enumerate() {
                whole.add(Timestamp(*time), outcome(at));
                steady.add_at(*time, at % 3);
                parts[at * at % 3].add(Timestamp(*time), outcome(at));
            }
            assert_eq!(steady.finish(), whole, "round {round}");
            for order in [[0, 1, 2], [2, 0, 1], [1, 2, 0]] {
                let mut merged = Histogram::default();
                for part in order {
                    merged.merge(&parts[part]);
                }
                assert_eq!(merged, whole, "round {round}");
            }
            let mut sum = [0; 3];
            for bucket in whole.buckets() {
                add(&mut sum, &bucket.flows);
            }
            assert_eq!(sum, [167, 167, 166]);
            assert!(whole.buckets().len() <= HISTOGRAM_LIMIT);
        }
    }

    #[test]
    fn there_are_as_many_buckets_as_the_limit_and_no_more() {
        let width = 1_i64 << NARROWEST;
        let limit = i64::try_from(HISTOGRAM_LIMIT).unwrap();
        for (last, buckets) in [
            (limit - 1, HISTOGRAM_LIMIT),
            (limit, HISTOGRAM_LIMIT / 2 + 1),
        ] {
            let mut histogram = Histogram::default();
            histogram.add(Timestamp(0), Outcome::Accept);
            histogram.add(Timestamp(last * width), Outcome::Drop);
            assert_eq!(histogram.buckets().len(), buckets);
        }
        let mut widest = Histogram::default();
        for time in [i64::MIN, 0, i64::MAX] {
            widest.add(Timestamp(time), Outcome::Accept);
        }
        assert!(widest.buckets().len() <= HISTOGRAM_LIMIT);
        assert_eq!(Histogram::default().buckets().len(), 0);
    }
}
