//! Inputs as streams of chunks: one reader per kind of format behind one trait.

use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use secgroup_model::Shown;

use crate::capture::CaptureReader;
use crate::chunk::{ChunkData, Taking};
use crate::flow_log::{self, Columnar, FlowLog, LogFormat};
use crate::input::{Compression, Format, Input, InputError};
use crate::report::Ending;

/// Where records come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// A file.
    Path(PathBuf),
    /// Standard input.
    StandardInput,
}

/// Something to replay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Where it is.
    pub location: Location,
    /// What it holds, where content shall not decide.
    pub format: Option<Format>,
    /// What the user calls its columns.
    pub columns: flow_log::ColumnNames,
    /// Whether it was found in a directory, and not named: then it is passed
    /// over when it turns out to be no input.
    pub found: bool,
}

/// Why a source cannot be used.
#[derive(Debug)]
pub(crate) struct Unusable {
    why: String,
    refusal: Refusal,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refusal {
    /// It is something else than records.
    NoInput,
    /// No more files may be open.
    TooManyOpen,
    /// It is damaged, or cannot be read.
    Other,
}

/// What Unix says when a process, or the machine, has no room for another open
/// file: EMFILE and ENFILE.
const NO_ROOM: [i32; 2] = [24, 23];

impl Unusable {
    /// Tells whether another file cannot be opened because so many are.
    pub(crate) fn is_too_many_open(&self) -> bool {
        self.refusal == Refusal::TooManyOpen
    }

    /// Returns how the reading of a source ends that cannot be used.
    pub(crate) fn ending(self, source: &Source) -> Ending {
        if source.found && source.format.is_none() && self.refusal == Refusal::NoInput {
            Ending::PassedOver(self.why)
        } else {
            Ending::Refused(self.why)
        }
    }
}

impl From<InputError> for Unusable {
    fn from(error: InputError) -> Self {
        let refusal = match &error {
            InputError::Open(system)
                if system
                    .raw_os_error()
                    .is_some_and(|own| NO_ROOM.contains(&own)) =>
            {
                Refusal::TooManyOpen
            }
            _ if error.is_no_input() => Refusal::NoInput,
            _ => Refusal::Other,
        };
        Self {
            why: error.to_string(),
            refusal,
        }
    }
}

impl Source {
    /// Returns a source of which nothing is known but where it is.
    #[must_use]
    pub fn at(location: Location) -> Self {
        Self {
            location,
            format: None,
            columns: flow_log::ColumnNames::default(),
            found: false,
        }
    }

    /// Tells whether it can be opened again, and gives the same.
    pub(crate) fn is_file(&self) -> bool {
        match &self.location {
            Location::Path(path) => path.is_file(),
            Location::StandardInput => false,
        }
    }

    /// Returns what the source is called in messages and results.
    #[must_use]
    pub fn name(&self) -> String {
        match &self.location {
            Location::Path(path) => path.display().to_string(),
            Location::StandardInput => "-".to_owned(),
        }
    }

    /// Opens the source and reads its header.
    pub(crate) fn open(&self) -> Result<Records, Unusable> {
        let input = match &self.location {
            Location::Path(path) => Input::open(path, self.format),
            Location::StandardInput => Input::from_reader(io::stdin(), self.format),
        };
        let Input {
            format,
            compression,
            stream,
            consumed,
        } = input?;
        let reader: Box<dyn RecordSource> = match format {
            Format::Capture(_) => Box::new(CaptureReader::new(stream).map_err(refused)?),
            Format::Text | Format::Log(_) => Box::new(self.open_log(stream)?),
            Format::Parquet => Box::new(self.open_columns(&consumed)?),
        };
        Ok(Records {
            reader,
            compression,
            consumed,
        })
    }

    fn open_columns(&self, consumed: &Arc<AtomicU64>) -> Result<Columnar, Unusable> {
        let file = match &self.location {
            Location::Path(path) => File::open(path).map_err(InputError::Open)?,
            Location::StandardInput => return Err(InputError::ParquetStream("a stream").into()),
        };
        if !file.metadata().map_err(InputError::Open)?.is_file() {
            return Err(InputError::ParquetStream("a stream").into());
        }
        let options = flow_log::Options {
            format: None,
            columns: self.columns.clone(),
        };
        Columnar::open(file, Arc::clone(consumed), &options).map_err(refused)
    }

    fn open_log(&self, stream: Stream) -> Result<FlowLog<Stream>, Unusable> {
        let format = match self.format {
            Some(Format::Log(format)) => Some(format),
            Some(Format::Capture(_) | Format::Text | Format::Parquet) | None => None,
        };
        let options = flow_log::Options {
            format,
            columns: self.columns.clone(),
        };
        FlowLog::new(stream, &options).map_err(|error| Unusable {
            refusal: if error.is_no_log() {
                Refusal::NoInput
            } else {
                Refusal::Other
            },
            why: if self.format.is_some() {
                error.to_string()
            } else if error.is_json() {
                format!("not a capture, and as JSON Lines: {error}")
            } else {
                format!("not a capture (looks like text/CSV), and as CSV: {error}")
            },
        })
    }
}

/// Says why what looked like an input is none that can be read.
fn refused(error: impl std::fmt::Display) -> Unusable {
    Unusable {
        why: error.to_string(),
        refusal: Refusal::Other,
    }
}

/// An open source.
pub(crate) struct Records {
    reader: Box<dyn RecordSource>,
    /// How it is packed.
    pub(crate) compression: Compression,
    consumed: Arc<AtomicU64>,
}

type Stream = Box<dyn Read + Send>;

/// What reads the records of an input whose header has been read.
pub(crate) trait RecordSource: Send {
    /// Returns the name of the format, as results use it.
    fn format(&self) -> &'static str;

    /// Fills a chunk with the next records, of which usual packets may be taken.
    fn read(&mut self, data: &mut ChunkData, taking: Taking<'_>) -> Step;

    /// Returns what was odd about the file so far, in sentences.
    fn oddities(&self) -> Vec<String>;
}

/// What reading gave.
pub(crate) enum Step {
    /// The chunk holds records.
    More,
    /// There are no more records.
    End(Ending),
}

impl Records {
    /// Returns the name of the format.
    pub(crate) fn format(&self) -> &'static str {
        self.reader.format()
    }

    /// Returns how many bytes of the file were read.
    pub(crate) fn consumed(&self) -> u64 {
        self.consumed.load(Ordering::Relaxed)
    }

    /// Fills a chunk with the next records, of which usual packets may be taken.
    pub(crate) fn read(&mut self, data: &mut ChunkData, taking: Taking<'_>) -> Step {
        self.reader.read(data, taking)
    }

    /// Returns what was odd about the file so far.
    pub(crate) fn oddities(&self) -> Vec<String> {
        self.reader.oddities()
    }
}

impl RecordSource for CaptureReader<Stream> {
    fn format(&self) -> &'static str {
        self.format().name()
    }

    fn read(&mut self, data: &mut ChunkData, taking: Taking<'_>) -> Step {
        let batch = data.packets();
        let is_more = match taking {
            Taking::Nothing => self.read_batch(batch),
            Taking::Briefs(briefs) => self.read_taking(batch, briefs),
            Taking::Steps(mut steps) => self.read_taking(batch, &mut steps),
        };
        if is_more {
            return Step::More;
        }
        if let Some(refused) = self.nothing_supported() {
            return Step::End(Ending::Refused(refused.to_string()));
        }
        let damage = self
            .damage()
            .map(|damage| Ending::Damaged(damage.to_string()));
        Step::End(damage.unwrap_or(Ending::Complete))
    }

    fn oddities(&self) -> Vec<String> {
        self.oddities().iter().map(ToString::to_string).collect()
    }
}

impl RecordSource for Columnar {
    fn format(&self) -> &'static str {
        "parquet"
    }

    fn read(&mut self, data: &mut ChunkData, _: Taking<'_>) -> Step {
        match self.next_batch(data.rows()) {
            Ok(true) => Step::More,
            Ok(false) => Step::End(Ending::Complete),
            Err(failure) => Step::End(Ending::Damaged(failure.to_string())),
        }
    }

    fn oddities(&self) -> Vec<String> {
        Vec::new()
    }
}

impl RecordSource for FlowLog<Stream> {
    fn format(&self) -> &'static str {
        LogFormat::name(self.format())
    }

    fn read(&mut self, data: &mut ChunkData, _: Taking<'_>) -> Step {
        match self.next_batch(data.rows()) {
            Ok(true) => Step::More,
            Ok(false) => Step::End(Ending::Complete),
            Err(failure) => Step::End(Ending::Damaged(failure.to_string())),
        }
    }

    fn oddities(&self) -> Vec<String> {
        let zoneless = "times without a zone are read as UTC; print them with `TZ=UTC`";
        let zoneless = self.is_zoneless().then(|| zoneless.to_owned());
        let misspelt = self.misspelt().iter().map(|(name, column)| {
            let name = Shown(name);
            format!("column `{name}` is not read; did you mean `{column}`?")
        });
        zoneless.into_iter().chain(misspelt).collect()
    }
}
