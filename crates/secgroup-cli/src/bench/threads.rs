//! A trace shared by several threads, a piece for each.

use std::num::NonZeroUsize;
use std::thread;

/// How many threads share a trace.
#[derive(Clone, Copy, Debug)]
pub(super) struct Threads(NonZeroUsize);

impl Threads {
    /// More than these only take from each other.
    const MOST: usize = 1024;

    /// Takes what the command line says: 0 is one thread on each core.
    pub(super) fn of(asked: usize) -> Self {
        let all = || thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        Self(NonZeroUsize::new(asked.min(Self::MOST)).unwrap_or_else(all))
    }

    /// Returns how many there are.
    pub(super) const fn count(self) -> usize {
        self.0.get()
    }

    /// Lets each thread answer its piece of what is asked; one thread is the
    /// one that calls.
    pub(super) fn share<Q: Sync, A: Send>(
        self,
        asked: &[Q],
        answers: &mut [A],
        answer: impl Fn(&[Q], &mut [A]) + Sync,
    ) {
        let piece = asked.len().div_ceil(self.count()).max(1);
        let mut pieces = asked.chunks(piece).zip(answers.chunks_mut(piece));
        let own = pieces.next();
        thread::scope(|scope| {
            for (asked, answers) in pieces {
                let answer = &answer;
                scope.spawn(move || answer(asked, answers));
            }
            if let Some((asked, answers)) = own {
                answer(asked, answers);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_answered_once_by_any_number_of_threads() {
        for count in [0_u32, 1, 2, 7, 100] {
            let asked: Vec<u32> = (0..count).collect();
            for threads in [0, 1, 2, 3, 8] {
                let mut answers = vec![0; asked.len()];
                Threads::of(threads).share(&asked, &mut answers, |asked, answers| {
                    for (asked, answer) in asked.iter().zip(answers) {
                        *answer += asked + 1;
                    }
                });
                let wanted: Vec<u32> = (1..=count).collect();
                assert_eq!(answers, wanted, "{threads} threads");
            }
        }
    }
}
