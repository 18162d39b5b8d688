//! Inputs as streams of chunks: one reader per kind of format behind one trait.

use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::capture::{CaptureFormat, CaptureReader};
use crate::chunk::ChunkData;
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
}

impl Source {
    /// Returns what the source is called in messages and results.
    #[must_use]
    pub fn name(&self) -> String {
        match &self.location {
            Location::Path(path) => path.display().to_string(),
            Location::StandardInput => "-".to_owned(),
        }
    }

    /// Opens the source and reads its header.
    pub(crate) fn open(&self) -> Result<Records, String> {
        let input = match &self.location {
            Location::Path(path) => Input::open(path, self.format),
            Location::StandardInput => Input::from_reader(io::stdin(), self.format),
        };
        let Input {
            format,
            compression,
            stream,
            consumed,
        } = input.map_err(|e| e.to_string())?;
        let reader: Box<dyn RecordSource> = match format {
            Format::Capture(_) => Box::new(CaptureReader::new(stream).map_err(|e| e.to_string())?),
            Format::Text | Format::Log(_) => Box::new(self.open_log(stream)?),
            Format::Parquet => Box::new(self.open_columns(&consumed)?),
        };
        Ok(Records {
            reader,
            compression,
            consumed,
        })
    }

    fn open_columns(&self, consumed: &Arc<AtomicU64>) -> Result<Columnar, String> {
        let failed = |error: io::Error| InputError::Open(error).to_string();
        let file = match &self.location {
            Location::Path(path) => File::open(path).map_err(failed)?,
            Location::StandardInput => {
                return Err(InputError::ParquetStream("a stream").to_string());
            }
        };
        if !file.metadata().map_err(failed)?.is_file() {
            return Err(InputError::ParquetStream("a stream").to_string());
        }
        let options = flow_log::Options {
            format: None,
            columns: self.columns.clone(),
        };
        Columnar::open(file, Arc::clone(consumed), &options).map_err(|error| error.to_string())
    }

    fn open_log(&self, stream: Stream) -> Result<FlowLog<Stream>, String> {
        let format = match self.format {
            Some(Format::Log(format)) => Some(format),
            Some(Format::Capture(_) | Format::Text | Format::Parquet) | None => None,
        };
        let options = flow_log::Options {
            format,
            columns: self.columns.clone(),
        };
        FlowLog::new(stream, &options).map_err(|error| {
            if self.format.is_some() {
                error.to_string()
            } else {
                format!("not a capture (looks like text/CSV), and as CSV: {error}")
            }
        })
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

    /// Fills a chunk with the next records.
    fn read(&mut self, data: &mut ChunkData) -> Step;

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

    /// Fills a chunk with the next records.
    pub(crate) fn read(&mut self, data: &mut ChunkData) -> Step {
        self.reader.read(data)
    }

    /// Returns what was odd about the file so far.
    pub(crate) fn oddities(&self) -> Vec<String> {
        self.reader.oddities()
    }
}

impl RecordSource for CaptureReader<Stream> {
    fn format(&self) -> &'static str {
        match self.format() {
            CaptureFormat::Pcap => "pcap",
            CaptureFormat::PcapNg => "pcapng",
        }
    }

    fn read(&mut self, data: &mut ChunkData) -> Step {
        if self.read_batch(data.packets()) {
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

    fn read(&mut self, data: &mut ChunkData) -> Step {
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

    fn read(&mut self, data: &mut ChunkData) -> Step {
        match self.next_batch(data.rows()) {
            Ok(true) => Step::More,
            Ok(false) => Step::End(Ending::Complete),
            Err(failure) => Step::End(Ending::Damaged(failure.to_string())),
        }
    }

    fn oddities(&self) -> Vec<String> {
        let zoneless = "times without a zone are read as UTC; print them with `TZ=UTC`";
        if self.is_zoneless() {
            vec![zoneless.to_owned()]
        } else {
            Vec::new()
        }
    }
}
