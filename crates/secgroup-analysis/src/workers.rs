//! Threads that share the work of an answer.
//!
//! Work is cut into pieces that know nothing of each other, and results are in
//! the order of the pieces; so answers are the same for any number of threads.

use std::fmt;
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::diagram::TooComplex;

/// How many threads there are at most, whatever is asked for, on a machine with
/// fewer cores. More only cost memory.
pub const MOST_WORKERS: usize = 64;

/// Is told how many of how many pieces are done.
type Progress<'p> = &'p (dyn Fn(usize, usize) + Sync);

/// Who does the work, and who is told how far it is.
///
/// The default does it on the calling thread and tells nobody.
#[derive(Default)]
pub struct Workers<'p> {
    /// None for the calling thread.
    pool: Option<ThreadPool>,
    progress: Option<Progress<'p>>,
    done: AtomicUsize,
    total: AtomicUsize,
}

impl<'p> Workers<'p> {
    /// Starts so many threads, 0 for one a core, up to [`MOST_WORKERS`]; where the system refuses
    /// them, the calling one does all. Each may need the memory of
    /// [`MOST_EDGES`](crate::MOST_EDGES).
    #[must_use]
    pub fn new(threads: usize, progress: Progress<'p>) -> Self {
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        let threads = threads.min(cores.max(MOST_WORKERS));
        let pool = ThreadPoolBuilder::new().num_threads(threads).build();
        Self {
            pool: pool.ok(),
            progress: Some(progress),
            ..Self::default()
        }
    }

    /// Says how many pieces there will be, over all lists of them.
    pub(crate) fn begin(&self, pieces: usize) {
        self.done.store(0, Ordering::Relaxed);
        self.total.store(pieces, Ordering::Relaxed);
    }

    /// Does the work of every piece; each thread has something to work with
    /// that `start` makes.
    pub(crate) fn each<T: Sync, S, R: Send>(
        &self,
        pieces: &[T],
        start: impl Fn() -> S + Sync + Send,
        work: impl Fn(&mut S, &T) -> Result<R, TooComplex> + Sync + Send,
    ) -> Result<Vec<R>, TooComplex> {
        let run = |own: &mut S, piece: &T| {
            let found = work(own, piece);
            self.step();
            found
        };
        match &self.pool {
            Some(pool) if pieces.len() > 1 => {
                pool.install(|| pieces.par_iter().map_init(start, run).collect())
            }
            Some(_) | None => {
                let mut own = start();
                pieces.iter().map(|piece| run(&mut own, piece)).collect()
            }
        }
    }

    fn step(&self) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        if let Some(progress) = self.progress {
            progress(done, self.total.load(Ordering::Relaxed).max(done));
        }
    }
}

impl fmt::Debug for Workers<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Workers")
            .field("pool", &self.pool)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_in_order_and_every_piece_is_told() {
        let pieces: Vec<usize> = (0..500).collect();
        let most = AtomicUsize::new(0);
        let progress = |done: usize, total: usize| {
            assert_eq!(total, 500);
            most.fetch_max(done, Ordering::Relaxed);
        };
        for workers in [Workers::default(), Workers::new(3, &progress)] {
            workers.begin(pieces.len());
            let squares = workers.each(&pieces, || (), |(), piece| Ok(piece * piece));
            let wanted: Vec<usize> = pieces.iter().map(|piece| piece * piece).collect();
            assert_eq!(squares, Ok(wanted));
        }
        assert_eq!(most.into_inner(), 500);
        let failing = |(): &mut (), piece: &usize| match piece {
            300 => Err(TooComplex),
            _ => Ok(()),
        };
        let failed = Workers::new(3, &|_, _| {}).each(&pieces, || (), failing);
        assert_eq!(failed, Err(TooComplex));
    }
}
