//! Unpacking a stream, and saying in one vocabulary how a packed one is damaged.
//!
//! Everything that was unpacked before the damage is delivered first; the
//! damage is then the [`io::Error`] that ends the stream.

use std::io::{self, BufRead, Read};

use flate2::bufread::GzDecoder;
use lz4_flex::frame::FrameDecoder;

use super::Compression;

/// The largest window that a zstd frame may ask for, as a power of 2: 128 MiB,
/// as the `zstd` program has it.
pub const ZSTD_WINDOW_LOG_LIMIT: u32 = 27;

/// How a packed stream is damaged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StreamDamage {
    /// It stops in the middle.
    #[error("{0} stream ends early")]
    EndsEarly(Compression),
    /// It was unpacked whole, but is not what was packed.
    #[error("{0} checksum does not match")]
    Checksum(Compression),
    /// It is whole, and something that is not packed so stands behind it.
    #[error("the {0} data is whole, but followed by bytes that are not {0},")]
    Behind(Compression),
    /// It cannot be unpacked any further.
    #[error("{0} stream is damaged: {1}")]
    Corrupt(Compression, String),
}

impl StreamDamage {
    /// Returns the damage that `error` carries, if it came from unpacking.
    #[must_use]
    pub fn of(error: &io::Error) -> Option<Self> {
        error.get_ref()?.downcast_ref().cloned()
    }

    /// Says what the error of an unpacker means.
    fn from_unpacker(compression: Compression, error: &io::Error) -> Self {
        if let Some(damage) = Self::of(error) {
            return damage;
        }
        let text = error.to_string();
        // What a stream begins with was seen when it was recognised, so it is a
        // later frame that begins otherwise.
        let begins_otherwise = ["Unknown frame descriptor", "WrongMagicNumber"];
        if begins_otherwise.contains(&text.as_str()) {
            Self::Behind(compression)
        } else if error.kind() == io::ErrorKind::UnexpectedEof {
            Self::EndsEarly(compression)
        } else if text.to_ascii_lowercase().contains("checksum") {
            Self::Checksum(compression)
        } else {
            Self::Corrupt(compression, text)
        }
    }
}

/// Unpacks `packed`, which must begin as `compression` does.
///
/// # Errors
///
/// Returns the error of an unpacker that cannot be set up.
pub(super) fn decompress(
    compression: Compression,
    packed: impl BufRead + Send + 'static,
) -> io::Result<Box<dyn Read + Send>> {
    let packed = Packed {
        inner: packed,
        ended: false,
        failed: false,
    };
    Ok(match compression {
        Compression::None => Box::new(packed),
        Compression::Gzip => Box::new(Unpacked {
            compression,
            decoder: GzipMembers::new(packed),
        }),
        Compression::Zstd => {
            let mut decoder = zstd::Decoder::with_buffer(packed)?;
            decoder.window_log_max(ZSTD_WINDOW_LOG_LIMIT)?;
            Box::new(Unpacked {
                compression,
                decoder,
            })
        }
        Compression::Lz4 => {
            let decoder = Lz4Frames {
                decoder: FrameDecoder::new(packed),
                between_frames: true,
            };
            Box::new(Unpacked {
                compression,
                decoder,
            })
        }
    })
}

/// The packed stream, remembering how it ended.
struct Packed<R> {
    inner: R,
    /// A read met the end of the stream.
    ended: bool,
    /// A read failed, so that an error is not the unpacker's.
    failed: bool,
}

impl<R: BufRead> Read for Packed<R> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let result = self.inner.read(room);
        self.failed |= result
            .as_ref()
            .is_err_and(|error| error.kind() != io::ErrorKind::Interrupted);
        self.ended |= !room.is_empty() && matches!(result, Ok(0));
        result
    }
}

impl<R: BufRead> BufRead for Packed<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let result = self.inner.fill_buf();
        self.failed |= result
            .as_ref()
            .is_err_and(|error| error.kind() != io::ErrorKind::Interrupted);
        self.ended |= matches!(result, Ok([]));
        result
    }

    fn consume(&mut self, amount: usize) {
        self.inner.consume(amount);
    }
}

/// An unpacker that can be asked for the stream it unpacks.
trait Unpacker: Read {
    /// Tells whether the packed stream itself could not be read.
    fn source_failed(&self) -> bool;
}

impl<R: BufRead> Unpacker for GzipMembers<R> {
    fn source_failed(&self) -> bool {
        let member = self.member.as_ref();
        member.is_some_and(|member| member.get_ref().failed)
    }
}

impl<R: BufRead> Unpacker for zstd::Decoder<'_, Packed<R>> {
    fn source_failed(&self) -> bool {
        self.get_ref().failed
    }
}

impl<R: BufRead> Unpacker for Lz4Frames<R> {
    fn source_failed(&self) -> bool {
        self.decoder.get_ref().failed
    }
}

/// Unpacked bytes, with errors in our vocabulary.
struct Unpacked<D> {
    compression: Compression,
    decoder: D,
}

impl<D: Unpacker> Read for Unpacked<D> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        self.decoder.read(room).map_err(|error| {
            if error.kind() == io::ErrorKind::Interrupted || self.decoder.source_failed() {
                return error;
            }
            let kind = error.kind();
            io::Error::new(kind, StreamDamage::from_unpacker(self.compression, &error))
        })
    }
}

/// Several members of a gzip file as one stream.
struct GzipMembers<R: BufRead> {
    // INVARIANT: always there; it is taken only to give its stream to the next.
    member: Option<GzDecoder<Packed<R>>>,
}

/// The first byte of every member of a gzip file.
const GZIP_BEGINS: u8 = 0x1f;

impl<R: BufRead> GzipMembers<R> {
    fn new(packed: Packed<R>) -> Self {
        let member = Some(GzDecoder::new(packed));
        Self { member }
    }
}

impl<R: BufRead> Read for GzipMembers<R> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        if room.is_empty() {
            return Ok(0);
        }
        loop {
            let Some(member) = &mut self.member else {
                return Ok(0);
            };
            let read = member.read(room)?;
            if read > 0 {
                return Ok(read);
            }
            match member.get_mut().fill_buf()? {
                [] => return Ok(0),
                [GZIP_BEGINS, ..] => {
                    let packed = self.member.take().map(GzDecoder::into_inner);
                    self.member = packed.map(GzDecoder::new);
                }
                _ => {
                    let behind = StreamDamage::Behind(Compression::Gzip);
                    return Err(io::Error::new(io::ErrorKind::InvalidData, behind));
                }
            }
        }
    }
}

/// The first bytes that LZ4 frames have: those with data, old ones, and those
/// that are skipped.
const LZ4_BEGINS: [u8; 18] = [
    0x04, 0x02, 0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59, 0x5a, 0x5b, 0x5c, 0x5d,
    0x5e, 0x5f,
];

/// Several LZ4 frames as one stream.
///
/// The decoder answers "no more" both after a whole frame and when the stream
/// ends between two blocks of one. The difference is whether it had to meet
/// the end of the packed stream to say so.
struct Lz4Frames<R: BufRead> {
    decoder: FrameDecoder<Packed<R>>,
    between_frames: bool,
}

impl<R: BufRead> Read for Lz4Frames<R> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        if room.is_empty() {
            return Ok(0);
        }
        loop {
            let read = self.decoder.read(room)?;
            if read > 0 {
                self.between_frames = false;
                return Ok(read);
            }
            if !self.decoder.get_ref().ended {
                self.between_frames = true;
                let next = self.decoder.get_mut().fill_buf()?;
                if next
                    .first()
                    .is_some_and(|first| !LZ4_BEGINS.contains(first))
                {
                    let behind = StreamDamage::Behind(Compression::Lz4);
                    return Err(io::Error::new(io::ErrorKind::InvalidData, behind));
                }
            } else if self.between_frames {
                return Ok(0);
            } else {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }
}
