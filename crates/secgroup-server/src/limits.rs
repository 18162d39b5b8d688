//! What a client may ask of the server at most, and how long it may take.
//!
//! Sizes are constants, because every client of the real service fits in them;
//! times and the number of connections are [`Bounds`], so that tests need not
//! wait.

use std::time::Duration;

/// The longest request line in bytes, without its line end: one call with 100
/// permissions and Chinese descriptions takes half of it.
pub const REQUEST_LINE: usize = 1 << 20;

/// The largest block of header lines in bytes, with the empty line behind it.
pub const HEADER_BLOCK: usize = 16 << 10;

/// The greatest number of header lines.
pub const HEADER_LINES: usize = 100;

/// The largest body in bytes, without the framing of chunks.
pub const BODY: usize = 1 << 20;

/// The most bytes that may go into the framing of a chunked body. A client that
/// sends its body byte by byte costs more than it says.
pub const CHUNK_FRAMING: usize = 64 << 10;

/// The greatest number of parameters of a request, query and form together.
/// A full call has 100 permissions with some 20 fields each.
pub const PARAMETERS: usize = 20_000;

/// How many bytes of unfinished requests are held for all clients together,
/// beyond the first [`UNCOUNTED`] of each. A request that does not fit any more
/// is answered with 503.
pub const BUFFERED: usize = 48 << 20;

/// How many bytes of a request are not counted towards [`BUFFERED`].
pub const UNCOUNTED: usize = 8 << 10;

/// How many connections beyond the limit are told so at the same time; others
/// wait their turn.
pub const REFUSALS: usize = 16;

/// How many open files are left to everything but connections.
pub const SPARE_FILES: usize = 32;

/// How many nonces are remembered. They are forgotten when their time has
/// passed, or when there are more than this, the oldest first.
pub const NONCES: usize = 200_000;

/// How far the time of a signed request may be from ours, in seconds.
pub const CLOCK_SKEW: i64 = 15 * 60;

/// How many lines wait for a log that cannot keep up; those that come on top
/// are counted and lost.
pub const LOG_LINES: usize = 10_000;

/// How long things may take, and how many connections there may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// From the first byte of a request to the end of its head; also for the
    /// handshake of TLS.
    pub head: Duration,
    /// For the body.
    pub body: Duration,
    /// For a client to take its answer.
    pub answer: Duration,
    /// Without any byte, before the first request and between two.
    pub idle: Duration,
    /// For requests in flight when the server is told to stop.
    pub grace: Duration,
    /// How many connections are served at the same time.
    pub connections: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(10),
            body: Duration::from_secs(30),
            answer: Duration::from_secs(30),
            idle: Duration::from_secs(60),
            grace: Duration::from_secs(10),
            connections: 4096,
        }
    }
}
