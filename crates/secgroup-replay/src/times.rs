//! How time goes in an input.

use crate::Timestamp;
use crate::session::{NEVER, nanoseconds};

/// The times of some records in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Times {
    /// The first one that is known.
    pub(crate) first: i64,
    /// The last one that is known.
    pub(crate) last: i64,
    /// How many records are earlier than the one before.
    pub(crate) backwards: u64,
}

impl Default for Times {
    fn default() -> Self {
        Self {
            first: NEVER,
            last: NEVER,
            backwards: 0,
        }
    }
}

impl Times {
    /// Looks at the times of records.
    pub(crate) fn of(all: impl Iterator<Item = Option<Timestamp>>) -> Self {
        let mut times = Self::default();
        for time in all {
            times.next(nanoseconds(time));
        }
        times
    }

    /// Adds the time of a record behind these.
    #[inline]
    pub(crate) const fn next(&mut self, time: i64) {
        if time == NEVER {
            return;
        }
        self.backwards += (time < self.last) as u64;
        if self.first == NEVER {
            self.first = time;
        }
        self.last = time;
    }

    /// Adds the times of the records behind these.
    pub(crate) const fn append(&mut self, next: &Self) {
        if next.first == NEVER {
            return;
        }
        self.backwards += next.backwards;
        if self.first == NEVER {
            self.first = next.first;
        } else if next.first < self.last {
            self.backwards += 1;
        }
        self.last = next.last;
    }
}

/// When what is read began, as far as sessions are concerned.
///
/// Inputs that follow each other in time are one; an input that begins long
/// after the one before it, or before, is a new beginning.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Beginning {
    start: i64,
    latest: i64,
    input: usize,
}

/// How long after the records before it an input may begin and yet continue
/// them, in seconds: as long as a session lasts.
const CONTINUES_SECONDS: i64 = 910;

impl Default for Beginning {
    fn default() -> Self {
        Self {
            start: NEVER,
            latest: NEVER,
            input: 0,
        }
    }
}

impl Beginning {
    /// Looks at the next records; returns when they began.
    pub(crate) fn next(&mut self, input: usize, times: &Times) -> i64 {
        if times.first != NEVER {
            let new = input != self.input && {
                let gap = times.first.abs_diff(self.latest);
                gap > (CONTINUES_SECONDS * 1_000_000_000).unsigned_abs()
            };
            if self.start == NEVER || new {
                self.start = times.first;
            }
            self.latest = times.last;
            self.input = input;
        }
        self.start
    }
}

/// Says how often time ran backwards.
pub(crate) fn sentence(backwards: u64) -> String {
    let records = if backwards == 1 {
        "record is"
    } else {
        "records are"
    };
    format!("{backwards} {records} earlier than the one before")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(first: i64, last: i64, backwards: u64) -> Times {
        Times {
            first,
            last,
            backwards,
        }
    }

    #[test]
    fn steps_back_are_counted_within_and_between_chunks() {
        let mut all = Times::default();
        all.append(&times(5, 9, 0));
        all.append(&Times::default());
        all.append(&times(8, 7, 1));
        assert_eq!(all, times(5, 7, 2));
    }

    #[test]
    fn an_input_continues_the_one_before_unless_time_leaps() {
        const SECOND: i64 = 1_000_000_000;
        let mut beginning = Beginning::default();
        let mut next = |input, first, last| {
            beginning.next(input, &times(first * SECOND, last * SECOND, 0)) / SECOND
        };
        assert_eq!(next(0, 100, 200), 100);
        assert_eq!(next(0, 5000, 6000), 100);
        assert_eq!(next(1, 6910, 7000), 100);
        assert_eq!(next(2, 7911, 8000), 7911);
        assert_eq!(next(3, 10, 20), 10);
    }

    #[test]
    fn times_are_named_in_a_sentence() {
        assert_eq!(sentence(1), "1 record is earlier than the one before");
        assert_eq!(sentence(2), "2 records are earlier than the one before");
    }
}
