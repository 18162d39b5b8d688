//! The run: read, decode, judge, count, hand out.

mod apart;
mod counts;
mod files;
mod following;
mod merged;
mod merging;
mod needs;
mod reading;
mod run;
mod turns;

use std::collections::VecDeque;
use std::io;
use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::thread;

use rayon::{ThreadPool, ThreadPoolBuilder};
use secgroup_model::{Conntrack, OtherProtocols, Snapshot};

use crate::chunk::Need;
use crate::report::Report;
use crate::session::DEFAULT_SESSIONS;
use crate::session::rows::{ROWS_IN_MEMORY, Scratch};
use crate::source::Source;
use crate::timeline::{Change, Timeline, Under};
use crate::{Judge, Mismatch, Row};
use files::Files;
use needs::Needs;
use reading::Reading;
use run::{Feed, Run};
use turns::{Supply, Turns, Wish};

/// How many chunks each worker may have waiting. More hide uneven chunks,
/// fewer save memory.
const CHUNKS_PER_WORKER: usize = 3;

/// How many chunks each worker may read that it judges itself, before all wait
/// for each other. Little of such a chunk is kept.
const CHUNKS_PER_READER: usize = 16;

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

    /// Is told, now and then, that the replay goes on and may have no rows for
    /// long, because the session that comes first is not over.
    ///
    /// # Errors
    ///
    /// Returns the error of the medium, as where nobody reads any more; the
    /// replay then ends.
    fn wait(&mut self) -> io::Result<()> {
        Ok(())
    }

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

    /// Opens a file for rows that wait for a longer session before them, where
    /// more wait than memory should hold.
    ///
    /// # Errors
    ///
    /// Returns the error of the medium; the replay then ends.
    fn scratch(&self) -> io::Result<Box<dyn Scratch>> {
        Ok(Box::new(io::Cursor::new(Vec::new())))
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
    /// Rows that wait could not be put aside.
    #[error("putting rows aside: {0}")]
    Scratch(#[source] io::Error),
    /// More inputs overlap in time than may be open at once.
    #[error(
        "merging: {open} inputs overlap in time and are open, and the system allows no more open files; raise that limit (`ulimit -n`), or merge fewer at a time"
    )]
    TooManyOpen {
        /// How many are open.
        open: usize,
    },
    /// Captures are merged with flow lists, and nobody said how to judge both.
    #[error(
        "merging captures and flow lists: they are judged by session and record by record; say which is meant for all"
    )]
    MergedKinds,
}

/// What of an input is judged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Sessions in captures, every record in flow lists.
    #[default]
    ByInput,
    /// Every record, as the first packet of a session.
    Packets,
    /// What no session lets pass (3.8).
    Sessions,
}

/// A replay of inputs under a snapshot.
#[derive(Debug)]
pub struct Replay<'a> {
    /// What decides.
    pub snapshot: &'a Snapshot,
    /// Who judges.
    pub judge: Judge<'a>,
    /// What decides later, each from its time on.
    pub changes: Vec<Change<'a>>,
    /// What every record is judged by a second time, to compare.
    pub against: Option<Under<'a>>,
    /// What is judged.
    pub mode: Mode,
    /// Whether several inputs are one, in the order of their times, rather than
    /// one after the other.
    pub in_time_order: bool,
    /// The flags of sessions.
    pub conntrack: Conntrack,
    /// Whether accepted records are ranked where each is judged alone, too; that
    /// takes time.
    pub rank_accepted: bool,
    /// How many sessions are followed at once, up to
    /// [`MOST_SESSIONS`](crate::MOST_SESSIONS).
    pub most_sessions: usize,
    /// How many complete rows wait in memory for a longer session before them.
    pub rows_in_memory: usize,
    /// Whether rows that make no sense are counted and skipped, rather than
    /// ending the run.
    pub skip_bad: bool,
    /// How many threads judge, up to [`MOST_THREADS`]; 0 means one for each core.
    pub threads: usize,
}

impl<'a> Replay<'a> {
    /// Returns a replay under one snapshot, with everything else as usual.
    #[must_use]
    pub fn new(snapshot: &'a Snapshot, judge: Judge<'a>) -> Self {
        Self {
            snapshot,
            judge,
            changes: Vec::new(),
            against: None,
            mode: Mode::default(),
            in_time_order: false,
            rank_accepted: false,
            conntrack: Conntrack::default(),
            most_sessions: DEFAULT_SESSIONS,
            rows_in_memory: ROWS_IN_MEMORY,
            skip_bad: false,
            threads: 0,
        }
    }

    /// Replays `sources` one after the other, or as one stream in the order of
    /// their times.
    ///
    /// Rows and report are the same for any number of threads, and for a file,
    /// a pipe and a compressed input of the same records. Where the system
    /// refuses threads, everything happens on the calling one.
    ///
    /// # Errors
    ///
    /// Returns [`ReplayError`] when the sink fails, or inputs cannot be put in
    /// the order of their times. Inputs that cannot be read
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
        let has = |count| threads == count || threads == 0 && cores == count;
        let first = (self.snapshot, &self.judge);
        let timeline = Timeline::new(first, &self.changes, self.against.as_ref());
        let is_merged = self.in_time_order && sources.len() > 1;
        let needs = self.needs(&timeline, sink.is_some());
        if has(2)
            && !is_merged
            && let Some(reading) = self.read_apart(needs, sources, control)
        {
            let run = Run::new(self, &timeline, None, control, sink);
            let again = || Reading::new(sources, control, needs.of_packets());
            return run.consume_apart(reading, again, sources);
        }
        // PERF: for one worker this thread would only wait.
        let pool = if has(1) { None } else { pool(threads) };
        let workers = pool.as_ref().map_or(1, ThreadPool::current_num_threads);
        let room = (workers.min(cores) * CHUNKS_PER_WORKER).min(MOST_CHUNKS);
        let run = Run::new(self, &timeline, pool.as_ref(), control, sink);
        // PERF: who reads is alone with the input, so that of several workers the
        // others would wait; they do more of the work afterwards.
        let need = if workers == 1 {
            needs.of_packets()
        } else {
            Need::Records
        };
        let reading = || Reading::new(sources, control, need);
        if is_merged {
            run.consume_merged(supply(sources, control, room), sources, control, room)
        } else {
            match &pool {
                Some(pool) if sources.iter().all(Source::is_file) => {
                    let files = Files::new(reading(), workers);
                    let most = workers * CHUNKS_PER_READER;
                    run.consume_files(pool, files, sources, (room, most))
                }
                Some(_) | None => {
                    let feed = feed(sources, reading, room, cores);
                    run.consume(feed, sources, room)
                }
            }
        }
    }

    /// Returns what decides about what packets and rows must become.
    const fn needs(&self, timeline: &Timeline<'_>, has_rows: bool) -> Needs {
        Needs {
            mode: self.mode,
            is_single: timeline.is_single(),
            has_rows,
            other_protocols: matches!(self.conntrack.other_protocols, OtherProtocols::On),
        }
    }
}

/// Starts so many workers, where the system allows.
fn pool(threads: usize) -> Option<ThreadPool> {
    let pool = ThreadPoolBuilder::new()
        .num_threads(threads)
        .stack_size(STACK_BYTES);
    pool.build().ok()
}

/// Begins to read sources one after the other, where the system allows by a
/// thread. It is not joined: an interruption must not wait for an idle pipe.
///
/// PERF: files on one core are read here, where they are judged: a thread that
/// reads ahead would only push out of the cache what is judged.
fn feed(sources: &[Source], begin: impl Fn() -> Reading, room: usize, cores: usize) -> Feed {
    let (events, incoming) = crossbeam_channel::bounded(room);
    let (used, recycled) = crossbeam_channel::unbounded();
    let mut reading = begin();
    let read = move || {
        while let Some(event) = reading.next(recycled.try_recv().ok()) {
            // The receiver is gone when the run ended early.
            if events.send(event).is_err() {
                break;
            }
        }
    };
    let here = cores == 1 && sources.iter().all(Source::is_file);
    if !here && reader(read) {
        Feed::Thread {
            incoming,
            used,
            decodes: false,
        }
    } else {
        Feed::Here(begin(), None)
    }
}

/// Begins to read sources by turns, where the system allows by a thread.
fn supply(sources: &[Source], control: &Arc<Control>, room: usize) -> Supply {
    let (wishes, wanted) = crossbeam_channel::unbounded();
    let (came, turns) = crossbeam_channel::bounded(room);
    let mut reading = Turns::new(sources, control);
    let read = move || {
        for wish in wanted {
            let wish: Wish = wish;
            let input = wish.input;
            let turn = reading.fulfil(wish).map(|turn| (input, turn));
            if turn.is_some_and(|turn| came.send(turn).is_err()) {
                break;
            }
        }
    };
    if reader(read) {
        Supply::Thread { wishes, turns }
    } else {
        Supply::Here(Turns::new(sources, control), VecDeque::new())
    }
}

/// Starts the thread that reads; tells whether there is one.
fn reader(read: impl FnOnce() + Send + 'static) -> bool {
    let thread = thread::Builder::new().name("reader".to_owned());
    thread.spawn(read).is_ok()
}
