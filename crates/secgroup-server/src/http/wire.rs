//! A connection seen as a row of requests and answers.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout, timeout_at};

use super::body::{Chunks, Framing};
use super::head::{Head, Scan};
use crate::limits::{BODY, BUFFERED, UNCOUNTED};
use crate::refusal::Refusal;

/// The least room made for a read.
const READ: usize = 4 << 10;

/// The most room made for a read.
const LARGE_READ: usize = 64 << 10;

/// What one permit of a [`Budget`] stands for.
const UNIT: usize = 1 << 10;

/// How long a client that was sent away may go on talking. Closing at once
/// would make its system throw the answer away.
const LINGER: Duration = Duration::from_secs(1);

/// How much of that talk is listened to: a body that is just too large.
const LINGER_BYTES: usize = 2 * BODY;

/// The memory for unfinished requests of all connections, see [`BUFFERED`].
#[derive(Clone, Debug)]
pub(crate) struct Budget(Arc<Semaphore>);

impl Default for Budget {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(BUFFERED / UNIT)))
    }
}

/// Why there is no further request on a connection.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// The client is gone, or has nothing to say.
    Closed,
    /// The client must be told, and then sent away.
    Refused(Refusal),
}

impl From<Refusal> for Ended {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// A connection.
#[derive(Debug)]
pub(crate) struct Wire<S> {
    stream: S,
    /// What has come and was not taken yet.
    buffer: Vec<u8>,
    budget: Budget,
    held: Option<OwnedSemaphorePermit>,
    /// How many bytes of the current request have come.
    received: usize,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Wire<S> {
    pub(crate) const fn new(stream: S, budget: Budget) -> Self {
        Self {
            stream,
            buffer: Vec::new(),
            budget,
            held: None,
            received: 0,
        }
    }

    /// Returns how many bytes of the current request have come.
    pub(crate) const fn received(&self) -> usize {
        self.received
    }

    /// Waits for the first byte of a request. The wait may be given up at any time.
    pub(crate) async fn begin(&mut self, idle: Duration) -> Result<(), Ended> {
        // What the last request took is given back.
        self.held = None;
        self.received = self.buffer.len();
        if self.buffer.is_empty() && self.buffer.capacity() > READ {
            self.buffer = Vec::new();
        }
        if !self.buffer.is_empty() {
            return Ok(());
        }
        match self.fill(Instant::now() + idle).await {
            // Nothing was asked, so nothing is answered.
            Err(Ended::Refused(_)) => Err(Ended::Closed),
            other => other,
        }
    }

    /// Reads the head of a request.
    pub(crate) async fn head(&mut self, deadline: Instant) -> Result<Head, Ended> {
        let mut scan = Scan::default();
        loop {
            if let Some((start, end)) = scan.advance(&self.buffer)? {
                let head = Head::read(&self.buffer[start..end])?;
                self.buffer.drain(..end);
                return Ok(head);
            }
            match self.fill(deadline).await {
                Err(Ended::Closed) if scan.has_begun() => {
                    return Err(Refusal::malformed("The request ends in its head.").into());
                }
                other => other?,
            }
        }
    }

    /// Reads the body of a request.
    pub(crate) async fn body(&mut self, head: &Head, deadline: Instant) -> Result<Vec<u8>, Ended> {
        let framing = Framing::of(head)?;
        self.answer_expectation(head, framing).await?;
        match framing {
            Framing::Length(length) => {
                while self.buffer.len() < length {
                    self.fill(deadline).await.map_err(in_body)?;
                }
                let rest = self.buffer.split_off(length);
                Ok(std::mem::replace(&mut self.buffer, rest))
            }
            Framing::Chunked => {
                let mut chunks = Chunks::default();
                loop {
                    let (taken, whole) = chunks.advance(&self.buffer)?;
                    self.buffer.drain(..taken);
                    if whole {
                        return Ok(chunks.into_body());
                    }
                    self.fill(deadline).await.map_err(in_body)?;
                }
            }
        }
    }

    /// Sends an answer.
    pub(crate) async fn send(&mut self, bytes: &[u8], patience: Duration) -> io::Result<()> {
        let sending = async {
            self.stream.write_all(bytes).await?;
            self.stream.flush().await
        };
        timeout(patience, sending).await?
    }

    /// Ends the connection such that the client gets to read the last answer.
    pub(crate) async fn close(mut self) {
        // Whether the client listens or not, the connection ends here.
        let _ = timeout(LINGER, async {
            self.stream.shutdown().await?;
            let mut scratch = vec![0; READ];
            let mut listened = 0;
            while listened < LINGER_BYTES {
                match self.stream.read(&mut scratch).await? {
                    0 => break,
                    count => listened += count,
                }
            }
            io::Result::Ok(())
        })
        .await;
    }

    /// Tells a client that waits for a word before it sends a body to go on.
    async fn answer_expectation(&mut self, head: &Head, framing: Framing) -> Result<(), Ended> {
        match head.headers.only("expect")? {
            None => Ok(()),
            Some(_) if head.old || framing == Framing::Length(0) => Ok(()),
            Some(wish) if wish.eq_ignore_ascii_case("100-continue") => {
                let sent = self.send(b"HTTP/1.1 100 Continue\r\n\r\n", LINGER).await;
                sent.map_err(|_| Ended::Closed)
            }
            Some(_) => {
                let message = "The only expectation that is met here is 100-continue.";
                Err(Refusal::new(417, "ExpectationFailed", message).into())
            }
        }
    }

    /// Reads at least one byte.
    async fn fill(&mut self, deadline: Instant) -> Result<(), Ended> {
        let room = self.buffer.len().clamp(READ, LARGE_READ);
        self.hold(self.received + room)?;
        self.buffer.reserve(room);
        match timeout_at(deadline, self.stream.read_buf(&mut self.buffer)).await {
            Err(_) => Err(timed_out().into()),
            Ok(Ok(0) | Err(_)) => Err(Ended::Closed),
            Ok(Ok(count)) => {
                self.received += count;
                Ok(())
            }
        }
    }

    /// Makes sure that the budget covers `bytes` of the current request.
    fn hold(&mut self, bytes: usize) -> Result<(), Refusal> {
        let wanted = bytes.saturating_sub(UNCOUNTED).div_ceil(UNIT);
        let held = self
            .held
            .as_ref()
            .map_or(0, OwnedSemaphorePermit::num_permits);
        let missing = u32::try_from(wanted.saturating_sub(held)).unwrap_or(u32::MAX);
        if missing == 0 {
            return Ok(());
        }
        let more = Arc::clone(&self.budget.0).try_acquire_many_owned(missing);
        let more = more.map_err(|_| {
            Refusal::overloaded("The server holds too many large requests; try again.")
        })?;
        match &mut self.held {
            Some(held) => held.merge(more),
            held => *held = Some(more),
        }
        Ok(())
    }
}

fn in_body(ended: Ended) -> Ended {
    match ended {
        Ended::Closed => Refusal::malformed("The request ends in its body.").into(),
        refused @ Ended::Refused(_) => refused,
    }
}

fn timed_out() -> Refusal {
    let message = "The request did not arrive in time.";
    Refusal::new(408, "RequestTimeout", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(10);

    /// Reads a request with a body of `length` from a budget of `units`.
    async fn receive(length: usize, budget: &Budget) -> Result<usize, Ended> {
        let (mut client, server) = tokio::io::duplex(1 << 22);
        let request = format!(
            "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: {length}\r\n\r\n{}",
            "a".repeat(length)
        );
        client.write_all(request.as_bytes()).await.unwrap();
        let mut wire = Wire::new(server, budget.clone());
        wire.begin(PATIENCE).await?;
        let head = wire.head(Instant::now() + PATIENCE).await?;
        let body = wire.body(&head, Instant::now() + PATIENCE).await?;
        Ok(body.len())
    }

    fn run<T>(test: impl Future<Output = T>) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = { runtime }.enable_all().build().unwrap();
        runtime.block_on(test)
    }

    #[test]
    fn large_requests_share_a_budget_and_small_ones_need_none() {
        run(async {
            let large = 100 * UNIT;
            let none = Budget(Arc::new(Semaphore::new(0)));
            assert_eq!(receive(UNIT, &none).await, Ok(UNIT));
            let refused = receive(large, &none).await;
            assert!(matches!(
                refused,
                Err(Ended::Refused(Refusal { status: 503, .. }))
            ));
            let enough = Budget(Arc::new(Semaphore::new(2 * 100)));
            for _ in 0..3 {
                assert_eq!(receive(large, &enough).await, Ok(large));
            }
            assert_eq!(enough.0.available_permits(), 200, "all of it is given back");
        });
    }

    #[test]
    fn the_largest_request_of_one_client_fits_in_the_budget() {
        run(async {
            let budget = Budget::default();
            assert_eq!(receive(BODY, &budget).await, Ok(BODY));
        });
    }
}
