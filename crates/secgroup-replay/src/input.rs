//! Inputs: a file or a pipe, recognised by content and unpacked on the fly.
//!
//! [`Input::open`] looks at the first bytes only, never at the name: gzip (also
//! of several members), zstd (also of several frames) and LZ4 frames are
//! unpacked as a stream, and beneath them a capture is told from text. Nothing
//! is ever held whole, so that a pipe without end and a compressed bomb work
//! like any file.
//!
//! Not here: reading captures ([`crate::capture`]) and text, and writing.

mod decompress;
mod sniff;

use std::fs::{self, File};
use std::io::{self, BufReader, Chain, Cursor, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use decompress::decompress;
pub use decompress::{StreamDamage, ZSTD_WINDOW_LOG_LIMIT};
use sniff::{SNIFF_BYTES, Sniffed};

use crate::capture::{CaptureError, CaptureFormat, FirstBytes};
use crate::flow_log::LogFormat;

/// Bytes of packed input read at a time.
const PACKED_BUFFER: usize = 64 * 1024;

/// What an input holds beneath its compression.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// Packets.
    Capture(CaptureFormat),
    /// Text: flow records, the format of which its first line tells.
    Text,
    /// Flow records in a format that was asked for.
    Log(LogFormat),
    /// Parquet; it is read from its end, so its stream is of no use.
    Parquet,
}

/// How an input is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Compression {
    /// Not at all.
    None,
    /// gzip, RFC 1952.
    Gzip,
    /// Zstandard, RFC 8878.
    Zstd,
    /// LZ4 frames.
    Lz4,
}

impl Compression {
    /// Returns its usual name; results use it too.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Lz4 => "lz4",
        }
    }
}

impl std::fmt::Display for Compression {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// An input whose first bytes have been recognised.
pub struct Input {
    /// What it holds.
    pub format: Format,
    /// How it is packed.
    pub compression: Compression,
    /// The unpacked bytes from the first one on. Damage of the packing ends it
    /// with an [`io::Error`] around a [`StreamDamage`].
    pub stream: Box<dyn Read + Send>,
    /// Bytes of the packed input consumed so far; it grows while reading.
    pub consumed: Arc<AtomicU64>,
}

impl std::fmt::Debug for Input {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Input")
            .field("format", &self.format)
            .field("compression", &self.compression)
            .field("consumed", &self.consumed)
            .finish_non_exhaustive()
    }
}

/// Why an input cannot be used at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InputError {
    /// The operating system refused.
    #[error("cannot open: {}", plain(.0))]
    Open(#[source] io::Error),
    /// The operating system could not read the first bytes.
    #[error("cannot read: {}", plain(.0))]
    Read(#[source] io::Error),
    /// A directory.
    #[error("is a directory (expected a file; name the files in it)")]
    Directory,
    /// No byte at all.
    #[error("empty file")]
    Empty,
    /// No byte beneath the compression.
    #[error("empty file after decompression ({0})")]
    EmptyInside(Compression),
    /// Neither a capture nor text.
    #[error(
        "not a capture ({0}), nor text in UTF-8; expected pcap, pcapng, or flows as CSV, JSON \
         Lines, a flow log or Parquet, also packed with gzip, zstd or lz4"
    )]
    NotACapture(FirstBytes),
    /// A known format that is not read.
    #[error("{0}")]
    OtherFormat(&'static str),
    /// A capture in another format than was asked for.
    #[error("a capture in {}; expected {}", found.name(), asked.name())]
    OtherCapture {
        /// What was asked for.
        asked: CaptureFormat,
        /// What there is.
        found: CaptureFormat,
    },
    /// The beginning of a capture's magic number and nothing after it.
    #[error(transparent)]
    CutMagic(CaptureError),
    /// Packed twice.
    #[error("not a capture after decompression ({inner} inside {outer}); unpack it once")]
    PackedTwice {
        /// The packing outside.
        outer: Compression,
        /// The packing inside.
        inner: Compression,
    },
    /// Text in two-byte units.
    #[error("text in UTF-16 (expected UTF-8; convert it with `iconv -f UTF-16 -t UTF-8`)")]
    Utf16,
    /// Parquet in something that has no end to begin at.
    #[error(
        "Parquet that is {0}; it is read from its end, so it must be a file, and it is packed inside already"
    )]
    ParquetStream(&'static str),
    /// The packed stream is damaged in its first bytes.
    #[error("{0}")]
    Stream(StreamDamage),
}

impl InputError {
    /// Tells whether it is something else than records, rather than records
    /// that are damaged or cannot be read.
    pub(crate) const fn is_no_input(&self) -> bool {
        matches!(
            self,
            Self::Directory
                | Self::Empty
                | Self::EmptyInside(_)
                | Self::NotACapture(_)
                | Self::OtherFormat(_)
                | Self::PackedTwice { .. }
        )
    }
}

/// Returns the text of an error of the system as an operator writes it: in
/// lower case, without its number.
#[must_use]
pub fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut characters = text.chars();
    match characters.next() {
        Some(first) => first.to_lowercase().chain(characters).collect(),
        None => "unknown error".to_owned(),
    }
}

impl Input {
    /// Opens the file at `path` and recognises it.
    ///
    /// With a `format` given, that is taken for granted beneath whatever
    /// compression there is.
    ///
    /// # Errors
    ///
    /// Returns [`InputError`] when the file cannot be read or is not an input.
    pub fn open(path: &Path, format: Option<Format>) -> Result<Self, InputError> {
        // Before opening: opening a FIFO waits for its writer, and that is wanted.
        if fs::metadata(path).map_err(InputError::Open)?.is_dir() {
            return Err(InputError::Directory);
        }
        Self::from_reader(File::open(path).map_err(InputError::Open)?, format)
    }

    /// Recognises any stream, such as standard input; see [`Input::open`].
    ///
    /// # Errors
    ///
    /// Returns [`InputError`] when the stream cannot be read or is not an input.
    pub fn from_reader(
        reader: impl Read + Send + 'static,
        format: Option<Format>,
    ) -> Result<Self, InputError> {
        let consumed = Arc::new(AtomicU64::new(0));
        let counted = Counted {
            inner: reader,
            consumed: Arc::clone(&consumed),
        };
        let (first, packed) = peek(counted)?;
        if first.is_empty() {
            return Err(InputError::Empty);
        }
        let Sniffed::Packed(compression) = sniff::sniff(&first) else {
            let format = agreed(&first, format)?;
            return Ok(Self {
                format,
                compression: Compression::None,
                stream: Box::new(packed),
                consumed,
            });
        };
        let unpacked = decompress(compression, BufReader::with_capacity(PACKED_BUFFER, packed))
            .map_err(InputError::Read)?;
        let (first, stream) = peek(unpacked)?;
        if first.is_empty() {
            return Err(InputError::EmptyInside(compression));
        }
        if let Sniffed::Packed(inner) = sniff::sniff(&first) {
            return Err(InputError::PackedTwice {
                outer: compression,
                inner,
            });
        }
        let format = agreed(&first, format)?;
        if format == Format::Parquet {
            return Err(InputError::ParquetStream("packed"));
        }
        Ok(Self {
            format,
            compression,
            stream: Box::new(stream),
            consumed,
        })
    }
}

/// Tells how a file is packed that begins with these bytes, and how to unpack it;
/// nothing where it is not.
#[must_use]
pub fn packing(first: &[u8]) -> Option<String> {
    match sniff::sniff(first) {
        Sniffed::Packed(compression) => {
            let name = compression.name();
            Some(format!("packed with {name}; unpack it with `{name} -d`"))
        }
        Sniffed::Other(what) if what.starts_with("packed") => Some(what.to_owned()),
        _ => None,
    }
}

/// Returns what was asked for, or what unpacked bytes are; two formats of captures
/// cannot be taken for each other.
fn agreed(first: &[u8], asked: Option<Format>) -> Result<Format, InputError> {
    match (asked, sniff::sniff(first)) {
        (Some(Format::Capture(asked)), Sniffed::Capture(found)) if asked != found => {
            Err(InputError::OtherCapture { asked, found })
        }
        (Some(asked), _) => Ok(asked),
        (None, _) => recognise(first),
    }
}

/// Tells what unpacked bytes are.
fn recognise(first: &[u8]) -> Result<Format, InputError> {
    match sniff::sniff(first) {
        Sniffed::Capture(format) => Ok(Format::Capture(format)),
        Sniffed::Text => Ok(Format::Text),
        Sniffed::CutMagic => Err(InputError::CutMagic(CaptureError::cut_magic(first.len()))),
        Sniffed::Utf16 => Err(InputError::Utf16),
        Sniffed::Parquet => Ok(Format::Parquet),
        Sniffed::Other(what) => Err(InputError::OtherFormat(what)),
        // `from_reader` has dealt with packed ones.
        Sniffed::Packed(_) | Sniffed::Unknown => Err(InputError::NotACapture(first.into())),
    }
}

/// The first bytes of a stream, and the stream from its first byte on.
type Peeked<R> = (Vec<u8>, Chain<Cursor<Vec<u8>>, R>);

/// Reads the first bytes and puts them back in front.
///
/// Four bytes tell a capture; a pipe may not have more yet, so what one read
/// gives beyond them must do for the rest.
fn peek<R: Read>(mut reader: R) -> Result<Peeked<R>, InputError> {
    let mut first = vec![0; SNIFF_BYTES];
    let mut filled = 0;
    while filled < 4 {
        match reader.read(first.get_mut(filled..).unwrap_or_default()) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => {
                return Err(
                    StreamDamage::of(&error).map_or(InputError::Read(error), InputError::Stream)
                );
            }
        }
    }
    first.truncate(filled);
    Ok((first.clone(), Cursor::new(first).chain(reader)))
}

/// Counts the bytes that pass.
struct Counted<R> {
    inner: R,
    consumed: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(room)?;
        self.consumed.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}
