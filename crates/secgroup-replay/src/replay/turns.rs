//! Reading several sources by turns, each when more of it is wanted.
//!
//! What is wanted is a [`Wish`], and what comes of it a [`Turn`]. A thread
//! fulfils wishes in their order, so that some inputs are read ahead while
//! records of others are judged.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};

use crate::chunk::{Chunk, Need};
use crate::report::{Ending, InputReport};
use crate::source::{Records, Source, Step, Unusable};

use super::Control;
use super::reading::ended;
use super::run::PATIENCE;

/// What of a source is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Want {
    /// Its first records, to look at; it is closed again where it can be opened
    /// once more, so that few files are open although there are many.
    Look,
    /// Its next records.
    Next,
}

/// A wish.
#[derive(Debug)]
pub(super) struct Wish {
    pub(super) input: usize,
    pub(super) want: Want,
    /// A chunk that lends its buffers.
    pub(super) used: Chunk,
}

/// What came of a wish.
#[derive(Debug)]
pub(super) enum Turn {
    /// Its first records, which come again.
    Look(Chunk),
    /// Its next records.
    Chunk(Chunk),
    /// There are no more; all that is known about it but its records.
    End(Box<InputReport>),
    /// It cannot be opened while so many others are.
    TooManyOpen,
}

/// Sources, open as far as they are wanted.
pub(super) struct Turns {
    sources: Vec<Source>,
    open: Vec<Option<Records>>,
    /// Which are over; more may have been wished for ahead.
    over: Vec<bool>,
    /// How many bytes of each were read.
    bytes: Vec<u64>,
    control: Arc<Control>,
}

impl Turns {
    pub(super) fn new(sources: &[Source], control: &Arc<Control>) -> Self {
        Self {
            sources: sources.to_vec(),
            open: sources.iter().map(|_| None).collect(),
            over: vec![false; sources.len()],
            bytes: vec![0; sources.len()],
            control: Arc::clone(control),
        }
    }

    /// Reads what is wanted; nothing of a source that is over.
    pub(super) fn fulfil(&mut self, wish: Wish) -> Option<Turn> {
        let input = wish.input;
        if self.over[input] {
            return None;
        }
        let turn = self.read(wish);
        self.over[input] = matches!(turn, Turn::End(_) | Turn::TooManyOpen);
        Some(turn)
    }

    fn read(&mut self, wish: Wish) -> Turn {
        let Wish {
            input,
            want,
            used: mut chunk,
        } = wish;
        let source = &self.sources[input];
        let again = want == Want::Look && source.is_file();
        let records = match &mut self.open[input] {
            Some(records) => records,
            closed => match source.open() {
                Ok(records) => closed.insert(records),
                Err(unusable) => return refused(source, unusable),
            },
        };
        chunk.input = input;
        let (data, taking) = chunk.begin(Need::Records);
        let step = records.read(data, taking);
        let read = records.consumed();
        match step {
            Step::More if again => {
                self.open[input] = None;
                Turn::Look(chunk)
            }
            Step::More => {
                self.advance(input, read);
                Turn::Chunk(chunk)
            }
            Step::End(ending) => {
                let report = ended(source, records, ending);
                self.open[input] = None;
                self.advance(input, read);
                Turn::End(Box::new(report))
            }
        }
    }

    fn advance(&mut self, input: usize, read: u64) {
        let before = std::mem::replace(&mut self.bytes[input], read);
        let bytes = &self.control.bytes;
        bytes.fetch_add(read.saturating_sub(before), Ordering::Relaxed);
    }
}

fn refused(source: &Source, unusable: Unusable) -> Turn {
    if unusable.is_too_many_open() {
        return Turn::TooManyOpen;
    }
    let mut report = InputReport::new(source.name());
    report.ending = unusable.ending(source);
    debug_assert_ne!(report.ending, Ending::Complete);
    Turn::End(Box::new(report))
}

/// Who fulfils wishes.
pub(super) enum Supply {
    /// A thread that reads ahead.
    Thread {
        /// What is wanted.
        wishes: Sender<Wish>,
        /// What came, with its input.
        turns: Receiver<(usize, Turn)>,
    },
    /// This thread.
    Here(Turns, VecDeque<(usize, Turn)>),
}

impl Supply {
    /// Wishes for more of an input.
    pub(super) fn wish(&mut self, wish: Wish) {
        match self {
            // The reader goes only when this is gone.
            Self::Thread { wishes, .. } => drop(wishes.send(wish)),
            Self::Here(turns, done) => {
                let input = wish.input;
                done.extend(turns.fulfil(wish).map(|turn| (input, turn)));
            }
        }
    }

    /// Returns what came next of what was wished for; nothing where the run was
    /// interrupted.
    pub(super) fn next(&mut self, control: &Control) -> Option<(usize, Turn)> {
        let interrupted = || control.interrupted.load(Ordering::Relaxed);
        match self {
            Self::Thread { turns, .. } => loop {
                match turns.recv_timeout(PATIENCE) {
                    _ if interrupted() => return None,
                    Ok(turn) => return Some(turn),
                    Err(RecvTimeoutError::Disconnected) => return None,
                    Err(RecvTimeoutError::Timeout) => {}
                }
            },
            Self::Here(_, done) => done.pop_front().filter(|_| !interrupted()),
        }
    }
}
