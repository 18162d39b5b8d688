//! How the program ends.

use std::fmt::Display;
use std::io;
use std::process::ExitCode;

use secgroup_replay::input::plain;

use crate::messages;

/// What the exit code says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done; the answer is yes, or nothing was found.
    Done,
    /// The answer is no.
    No,
    /// The command line is wrong.
    Usage,
    /// The input is bad; nothing was evaluated.
    BadInput,
    /// Results before some damage are complete, the rest is missing.
    Partial,
    /// Writing failed.
    Output,
    /// The verdict depends on something the input does not say.
    Inconclusive,
    /// Ended by a signal, after finishing whole rows.
    Signal(u8),
}

impl Exit {
    /// Returns the code.
    pub(crate) fn code(self) -> ExitCode {
        ExitCode::from(match self {
            Self::Done => 0,
            Self::No => 1,
            Self::Usage => 2,
            Self::BadInput => 3,
            Self::Partial => 4,
            Self::Output => 5,
            Self::Inconclusive => 6,
            Self::Signal(number) => 128 + number,
        })
    }
}

/// Why a command could not do its work.
#[derive(Debug)]
pub(crate) struct Failure {
    exit: Exit,
    /// What to say, one line each; empty when everything was said, or when
    /// nobody listens any more.
    lines: Vec<String>,
}

impl Failure {
    /// The command line is wrong.
    pub(crate) fn usage(message: String) -> Self {
        Self {
            exit: Exit::Usage,
            lines: vec![message],
        }
    }

    /// Several things in the command line are wrong.
    pub(crate) const fn wrong_usage(lines: Vec<String>) -> Self {
        Self {
            exit: Exit::Usage,
            lines,
        }
    }

    /// The input is bad.
    pub(crate) fn bad_input(lines: Vec<String>) -> Self {
        Self {
            exit: Exit::BadInput,
            lines,
        }
    }

    /// Something could not be written. A closed pipe is no failure: whoever
    /// read it has seen enough.
    pub(crate) fn output(what: &str, error: &io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self {
                exit: Exit::Done,
                lines: Vec::new(),
            };
        }
        Self {
            exit: Exit::Output,
            lines: vec![format!("writing {what}: {}", plain(error))],
        }
    }

    /// The system refused something else.
    pub(crate) fn system(message: impl Display) -> Self {
        Self {
            exit: Exit::Output,
            lines: vec![message.to_string()],
        }
    }

    /// Returns both results, or what is wrong with either: the end of the first
    /// failure, the words of both.
    pub(crate) fn both<A, B>(one: Result<A, Self>, other: Result<B, Self>) -> Result<(A, B), Self> {
        match (one, other) {
            (Ok(one), Ok(other)) => Ok((one, other)),
            (Err(failure), Ok(_)) | (Ok(_), Err(failure)) => Err(failure),
            (Err(mut first), Err(second)) => {
                first.lines.extend(second.lines);
                Err(first)
            }
        }
    }

    /// Fails for what is wrong with input, if anything is.
    pub(crate) fn unless_none(problems: Vec<String>) -> Result<(), Self> {
        if problems.is_empty() {
            Ok(())
        } else {
            Err(Self::bad_input(problems))
        }
    }

    /// Returns all results, or what is wrong with any of them.
    pub(crate) fn all<T>(
        results: impl IntoIterator<Item = Result<T, Self>>,
    ) -> Result<Vec<T>, Self> {
        let mut all = Ok(Vec::new());
        // To the end: each failure has something to say.
        for result in results {
            all = Self::both(all, result).map(|(mut all, one)| {
                all.push(one);
                all
            });
        }
        all
    }

    /// Says what happened on standard error.
    pub(crate) fn report(&self) -> ExitCode {
        messages::problems(&self.lines);
        self.exit.code()
    }
}
