//! Inputs as streams of chunks.

use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::capture::{CaptureFormat, CaptureReader};
use crate::chunk::ChunkData;
use crate::flows_csv::FlowsCsv;
use crate::input::{Compression, Format, Input};
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
        let reader = match format {
            Format::Capture(_) => Reader::Capture(Box::new(
                CaptureReader::new(stream).map_err(|e| e.to_string())?,
            )),
            Format::Text => Reader::Csv(Box::new(FlowsCsv::new(stream).map_err(|error| {
                if self.format == Some(Format::Text) {
                    error.to_string()
                } else {
                    format!("not a capture (looks like text/CSV), and as CSV: {error}")
                }
            })?)),
        };
        Ok(Records {
            reader,
            compression,
            consumed,
        })
    }
}

/// An open source.
pub(crate) struct Records {
    reader: Reader,
    /// How it is packed.
    pub(crate) compression: Compression,
    consumed: Arc<AtomicU64>,
}

type Stream = Box<dyn Read + Send>;

enum Reader {
    Capture(Box<CaptureReader<Stream>>),
    Csv(Box<FlowsCsv<Stream>>),
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
        match &self.reader {
            Reader::Capture(capture) => match capture.format() {
                CaptureFormat::Pcap => "pcap",
                CaptureFormat::PcapNg => "pcapng",
            },
            Reader::Csv(_) => "csv",
        }
    }

    /// Returns how many bytes of the file were read.
    pub(crate) fn consumed(&self) -> u64 {
        self.consumed.load(Ordering::Relaxed)
    }

    /// Fills a chunk with the next records.
    pub(crate) fn read(&mut self, data: &mut ChunkData) -> Step {
        match &mut self.reader {
            Reader::Capture(capture) => {
                if capture.read_batch(data.packets()) {
                    return Step::More;
                }
                if let Some(refused) = capture.nothing_supported() {
                    return Step::End(Ending::Refused(refused.to_string()));
                }
                let damage = capture
                    .damage()
                    .map(|damage| Ending::Damaged(damage.to_string()));
                Step::End(damage.unwrap_or(Ending::Complete))
            }
            Reader::Csv(csv) => match csv.next_batch(data.rows()) {
                Ok(true) => Step::More,
                Ok(false) => Step::End(Ending::Complete),
                Err(failure) => Step::End(Ending::Damaged(failure.to_string())),
            },
        }
    }

    /// Returns what was odd about the file so far.
    pub(crate) fn oddities(&self) -> Vec<String> {
        match &self.reader {
            Reader::Capture(capture) => {
                capture.oddities().iter().map(ToString::to_string).collect()
            }
            Reader::Csv(_) => Vec::new(),
        }
    }
}
