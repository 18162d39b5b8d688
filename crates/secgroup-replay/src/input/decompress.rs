//! Unpacking a stream, and saying in one vocabulary how a packed one is damaged.
//!
//! Everything that was unpacked before the damage is delivered first; the
//! damage is then the [`io::Error`] that ends the stream.

use std::io::{self, BufRead, Read};

use flate2::bufread::MultiGzDecoder;
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
        let text = error.to_string();
        if error.kind() == io::ErrorKind::UnexpectedEof {
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
            decoder: MultiGzDecoder::new(packed),
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

impl<R: BufRead> Unpacker for MultiGzDecoder<Packed<R>> {
    fn source_failed(&self) -> bool {
        self.get_ref().failed
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
            } else if self.between_frames {
                return Ok(0);
            } else {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }
}
