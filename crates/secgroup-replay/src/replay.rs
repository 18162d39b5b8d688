//! The run: read, decode, judge, count, hand out.

mod reading;
mod run;

use std::io;
use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::thread;

use rayon::{ThreadPool, ThreadPoolBuilder};
use secgroup_model::Snapshot;

use crate::report::Report;
use crate::source::Source;
use crate::{Judge, Mismatch, Row, Timestamp};
use reading::Reading;
use run::{Feed, Run};

/// How many chunks each worker may have waiting. More hide uneven chunks,
/// fewer save memory.
const CHUNKS_PER_WORKER: usize = 4;

/// How many threads judge at most, whatever is asked for, on a machine with
/// fewer cores. More only costs memory.
pub const MOST_THREADS: usize = 64;

/// The stack of a worker. Nothing recurses there, and many workers must start
/// where address space is short.
const STACK_BYTES: usize = 512 * 1024;

/// How many chunks wait at most; each takes about two megabytes.
const MOST_CHUNKS: usize = 64;

/// Where rows go.
pub trait Sink: Sync {
    /// Appends judged records, in input order, to `output`; called by workers.
    fn format(&self, rows: &mut dyn Iterator<Item = Row<'_>>, output: &mut Vec<u8>);

    /// Takes formatted rows, in input order.
    ///
    /// # Errors
    ///
    /// Returns the error of the medium; the replay then ends.
    fn write(&mut self, rows: &[u8]) -> io::Result<()>;

    /// Takes a record that the cloud treated otherwise, in the order in which
    /// that was settled.
    ///
    /// # Errors
    ///
    /// Returns the error of the medium; the replay then ends.
    fn mismatch(&mut self, mismatch: &Mismatch<'_>) -> io::Result<()> {
        let _ = mismatch;
        Ok(())
    }
}

/// The outside's hold on a running replay.
#[derive(Debug, Default)]
pub struct Control {
    /// Set this to end the replay after the records that are being judged.
    pub interrupted: Arc<AtomicBool>,
    /// How many records were judged or skipped so far.
    pub records: AtomicU64,
    /// How many bytes of all inputs were read so far, as they lie in the files.
    pub bytes: AtomicU64,
}

/// Why a replay could not go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReplayError {
    /// The sink failed.
    #[error("writing rows: {0}")]
    Output(#[source] io::Error),
}

/// A replay of inputs under a snapshot.
#[derive(Debug)]
pub struct Replay<'a> {
    /// What decides.
    pub snapshot: &'a Snapshot,
    /// Who judges.
    pub judge: Judge<'a>,
    /// When rules changed, in ascending order; records made across such a time
    /// may differ from the verdict.
    pub changes: Vec<Timestamp>,
    /// Whether rows that make no sense are counted and skipped, rather than
    /// ending the run.
    pub skip_bad: bool,
    /// How many threads judge, up to [`MOST_THREADS`]; 0 means one for each core.
    pub threads: usize,
}

impl Replay<'_> {
    /// Replays `sources` one after the other.
    ///
    /// Rows and report are the same for any number of threads, and for a file,
    /// a pipe and a compressed input of the same records. Where the system
    /// refuses threads, everything happens on the calling one.
    ///
    /// # Errors
    ///
    /// Returns [`ReplayError`] when the sink fails. Inputs that cannot be read
    /// are no error of the run; their [`Ending`](crate::Ending) says what
    /// happened.
    pub fn run(
        &self,
        sources: &[Source],
        control: &Arc<Control>,
        sink: Option<&mut dyn Sink>,
    ) -> Result<Report, ReplayError> {
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        let threads = self.threads.min(cores.max(MOST_THREADS));
        let pool = ThreadPoolBuilder::new()
            .num_threads(threads)
            .stack_size(STACK_BYTES)
            .build();
        let pool = pool.ok();
        let workers = pool.as_ref().map_or(1, ThreadPool::current_num_threads);
        let room = (workers.min(cores) * CHUNKS_PER_WORKER).min(MOST_CHUNKS);
        let run = Run::new(self, pool.as_ref(), control, sink);
        let (events, incoming) = crossbeam_channel::bounded(room);
        let (used, recycled) = crossbeam_channel::unbounded();
        let mut reading = Reading::new(sources, control);
        let read = move || {
            while let Some(event) = reading.next(recycled.try_recv().ok()) {
                // The receiver is gone when the run ended early.
                if events.send(event).is_err() {
                    break;
                }
            }
        };
        // Not joined: an interruption must not wait for an idle pipe.
        let reader = thread::Builder::new().name("reader".to_owned()).spawn(read);
        if reader.is_ok() {
            run.consume(Feed::Thread { incoming, used }, sources, room)
        } else {
            let reading = Reading::new(sources, control);
            run.consume(Feed::Here(reading, None), sources, 1)
        }
    }
}
