//! The flows judged lately, with the numbers of their verdicts.
//!
//! A table of sets of two: a flow can be in one set only, and what comes anew
//! takes the place of the older of the two. What is found is right, because
//! flows are compared whole; what was forgotten is judged again. So nothing but
//! speed depends on the size, nor on which flows share a set.

use crate::decode::plain::{Brief, Ends};

/// How many sets a table begins with: they stay in the fastest cache.
const FIRST_SETS: usize = 1 << 8;

/// How many times greater a table gets.
const GROWTH: usize = 8;

/// Where the number lies in an entry's service.
const NUMBER_SHIFT: u32 = 40;

/// What below it is the service.
const SERVICE: u64 = (1 << NUMBER_SHIFT) - 1;

/// The greatest number that can be remembered.
pub(super) const GREATEST: u32 = (1 << (u64::BITS - NUMBER_SHIFT)) - 1;

/// What is found of a flow that is not remembered: no number of a verdict.
pub(super) const UNKNOWN: u32 = 0;

/// How many flows are looked for before any of them is compared.
const TOGETHER: usize = 64;

/// The flows of one family.
#[derive(Debug)]
pub(super) struct Memory<E> {
    // INVARIANT: a power of two.
    sets: Vec<[Entry<E>; 2]>,
    most_sets: usize,
    /// How many flows were put in since it has its size.
    taken: usize,
}

/// A flow, and the number of its verdict above its service.
///
/// PERF: of IPv4 that is 16 bytes, so that a set never lies in two lines of a
/// cache, and the flows of a busy network fit.
type Entry<E> = Brief<E>;

impl<E: Ends> Memory<E> {
    /// Returns a memory of about `most` flows.
    pub(super) fn new(most: usize) -> Self {
        let most_sets = (most / 2).max(FIRST_SETS).next_power_of_two();
        Self {
            sets: Vec::new(),
            most_sets,
            taken: 0,
        }
    }

    /// Forgets everything.
    pub(super) fn forget(&mut self) {
        self.sets.fill([Entry::default(); 2]);
    }

    /// Finds the numbers of the verdicts of flows, or [`UNKNOWN`].
    pub(super) fn find(&self, briefs: &[Brief<E>], numbers: &mut [u32]) {
        if self.sets.is_empty() {
            return numbers.fill(UNKNOWN);
        }
        // PERF: places first, and no branch on what is found: which of the two
        // entries it is nobody can foresee, and so the waits for the memory of
        // many sets overlap.
        let mut places = [0; TOGETHER];
        let runs = briefs.chunks(TOGETHER).zip(numbers.chunks_mut(TOGETHER));
        for (briefs, numbers) in runs {
            for (place, brief) in places.iter_mut().zip(briefs) {
                *place = self.place(brief);
            }
            for ((number, brief), place) in numbers.iter_mut().zip(briefs).zip(places) {
                let [new, old] = &self.sets[place];
                *number = number_in(new, brief) | number_in(old, brief);
            }
        }
    }

    /// Remembers the number of a flow's verdict, unless it does already.
    pub(super) fn put(&mut self, brief: &Brief<E>, number: u32) {
        if self.taken >= 2 * self.sets.len() && self.sets.len() < self.most_sets {
            self.grow();
        }
        let place = self.place(brief);
        let set = &mut self.sets[place];
        // INVARIANT: a flow stands in its set once, or `find` would mix numbers.
        if set.iter().all(|entry| number_in(entry, brief) == UNKNOWN) {
            let service = brief.service | u64::from(number) << NUMBER_SHIFT;
            *set = [Entry { service, ..*brief }, set[0]];
            self.taken += 1;
        }
    }

    /// Makes room for more, and keeps what is there.
    #[cold]
    fn grow(&mut self) {
        let sets = (self.sets.len() * GROWTH).clamp(FIRST_SETS, self.most_sets);
        let before = std::mem::replace(&mut self.sets, vec![[Entry::default(); 2]; sets]);
        self.taken = 0;
        for entry in before.iter().flat_map(|[new, old]| [old, new]) {
            let number = entry.number();
            if number != UNKNOWN {
                let service = entry.service & SERVICE;
                self.put(&Brief { service, ..*entry }, number);
            }
        }
    }

    /// Returns the set of a flow.
    #[inline]
    fn place(&self, brief: &Brief<E>) -> usize {
        const ODD: [u64; 2] = [0x9e37_79b9_7f4a_7c15, 0xd6e8_feb8_6659_fd93];
        let one = brief.ends.fold().wrapping_mul(ODD[0]);
        let other = (one.rotate_left(32) ^ brief.service).wrapping_mul(ODD[1]);
        let spread = (other >> 32) as usize;
        spread & self.sets.len().wrapping_sub(1)
    }
}

impl<E> Entry<E> {
    #[inline]
    fn number(&self) -> u32 {
        u32::try_from(self.service >> NUMBER_SHIFT).unwrap_or(UNKNOWN)
    }
}

/// Returns the number of an entry if it is of a flow, else [`UNKNOWN`].
#[inline]
fn number_in<E: Ends>(entry: &Entry<E>, brief: &Brief<E>) -> u32 {
    let service = (entry.service ^ brief.service) & SERVICE;
    let same = entry.ends.difference(brief.ends) | service == 0;
    entry.number() * u32::from(same)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(memory: &Memory<u64>, brief: Brief<u64>) -> u32 {
        let mut numbers = [7];
        memory.find(&[brief], &mut numbers);
        numbers[0]
    }

    #[test]
    fn what_is_found_is_what_was_put_in_for_that_very_flow() {
        let mut memory = Memory::<u64>::new(4096);
        let (mut found, mut gone) = (0, 0);
        for round in 0..3_u64 {
            for ends in 0..10_000_u64 {
                let brief = Brief {
                    ends: ends % 5000,
                    service: (ends / 5000) << 32 | 443,
                };
                let own = u32::try_from(ends).unwrap() + 1;
                match number(&memory, brief) {
                    UNKNOWN => gone += 1,
                    number => {
                        assert_eq!(number, own, "round {round}");
                        found += 1;
                    }
                }
                for _ in 0..2 {
                    memory.put(&brief, own);
                    assert_eq!(number(&memory, brief), own);
                }
            }
        }
        assert!(found > 100 && gone > 10_000, "{found} {gone}");
        memory.forget();
        let first = Brief {
            ends: 0,
            service: 443,
        };
        assert_eq!(number(&memory, first), UNKNOWN);
    }

    #[test]
    fn the_greatest_number_is_remembered_and_does_not_touch_the_service() {
        let mut memory = Memory::<u64>::new(1);
        let brief = Brief {
            ends: 7,
            service: (1 << NUMBER_SHIFT) - 1,
        };
        memory.put(&brief, GREATEST);
        assert_eq!(number(&memory, brief), GREATEST);
        let other = Brief {
            service: brief.service ^ 1,
            ..brief
        };
        assert_eq!(number(&memory, other), UNKNOWN);
    }
}
