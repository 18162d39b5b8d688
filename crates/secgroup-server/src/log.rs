//! The log: one line of JSON for each request and each warning.
//!
//! Lines are written by a thread of their own, so that a log that cannot keep
//! up never holds up a client. They tell what happened, never what was sent:
//! no parameter, key or signature gets here.

use std::fmt;
use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use std::{io, thread};

use serde::Serialize;

use crate::clock::Clock;
use crate::limits::LOG_LINES;

/// How long the last lines may take when the server ends.
const LAST_LINES: Duration = Duration::from_secs(1);

/// What there is to tell about one request.
#[derive(Debug, Serialize)]
pub(crate) struct Record<'a> {
    pub(crate) request_id: &'a str,
    pub(crate) peer: String,
    pub(crate) tls: bool,
    pub(crate) method: Option<String>,
    pub(crate) action: Option<&'a str>,
    pub(crate) status: u16,
    pub(crate) code: Option<&'a str>,
    pub(crate) bytes_in: usize,
    pub(crate) bytes_out: usize,
    pub(crate) duration_us: u128,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case", tag = "event")]
enum Event<'a> {
    Request(&'a Record<'a>),
    Warning { message: &'a str },
}

#[derive(Serialize)]
struct Line<'a> {
    time: String,
    #[serde(flatten)]
    event: Event<'a>,
}

/// The way to the log.
pub(crate) struct Log {
    clock: Clock,
    lines: Option<SyncSender<Message>>,
    /// How many lines were lost since the last one that was not.
    lost: AtomicU64,
    /// Ends when the thread does.
    ended: Option<Mutex<Receiver<()>>>,
}

enum Message {
    Line(Vec<u8>),
    End,
}

impl Log {
    /// Starts a log; without a writer, nothing is logged.
    pub(crate) fn start(writer: Option<Box<dyn Write + Send>>, clock: Clock) -> io::Result<Self> {
        let (mut lines, mut ended) = (None, None);
        if let Some(writer) = writer {
            let (sender, receiver) = sync_channel(LOG_LINES);
            let (end, watch) = sync_channel(0);
            thread::Builder::new()
                .name("log".to_owned())
                .spawn(move || {
                    write_lines(writer, &receiver);
                    drop(end);
                })?;
            (lines, ended) = (Some(sender), Some(Mutex::new(watch)));
        }
        Ok(Self {
            clock,
            lines,
            lost: AtomicU64::new(0),
            ended,
        })
    }

    /// Logs a request.
    pub(crate) fn request(&self, record: &Record<'_>) {
        self.event(Event::Request(record));
    }

    /// Logs something that the operator should know.
    pub(crate) fn warning(&self, message: &str) {
        self.event(Event::Warning { message });
    }

    /// Ends the log when what is waiting was written, or takes too long.
    pub(crate) fn end(&self) {
        let (Some(lines), Some(ended)) = (&self.lines, &self.ended) else {
            return;
        };
        let deadline = Instant::now() + LAST_LINES;
        while lines.try_send(Message::End).is_err() {
            // A thread that has ended takes no end.
            if Instant::now() > deadline {
                return;
            }
            thread::sleep(Duration::from_millis(1));
        }
        let ended = ended.lock().unwrap_or_else(PoisonError::into_inner);
        // Nothing is ever sent: either the thread ends, or the time does.
        let _ = ended.recv_timeout(deadline.saturating_duration_since(Instant::now()));
    }

    fn event(&self, event: Event<'_>) {
        let Some(lines) = &self.lines else {
            return;
        };
        let lost = self.lost.swap(0, Ordering::Relaxed);
        if lost > 0 {
            let message = format!("{lost} lines of this log were lost; it is read too slowly");
            self.send(lines, Event::Warning { message: &message }, lost);
        }
        self.send(lines, event, 1);
    }

    /// Sends a line that stands for `count` lines.
    fn send(&self, lines: &SyncSender<Message>, event: Event<'_>, count: u64) {
        let time = format!("{:.3}", self.clock.now());
        // A line has texts and numbers only, and those can be written.
        let Ok(mut line) = serde_json::to_vec(&Line { time, event }) else {
            return;
        };
        line.push(b'\n');
        if lines.try_send(Message::Line(line)).is_err() {
            self.lost.fetch_add(count, Ordering::Relaxed);
        }
    }
}

/// Writes what comes, until the end comes. A writer that has failed is not
/// tried again: there is nobody left to tell.
fn write_lines(mut writer: Box<dyn Write + Send>, lines: &Receiver<Message>) {
    let mut failed = false;
    while let Ok(Message::Line(line)) = lines.recv() {
        if !failed {
            failed = writer
                .write_all(&line)
                .and_then(|()| writer.flush())
                .is_err();
        }
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Log")
            .field("lost", &self.lost)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use jiff::Timestamp;
    use serde_json::{Value, json};

    use super::*;

    /// A writer that hands on what it gets, as long as it gets a go.
    struct Handing(mpsc::Sender<Vec<u8>>, Option<Receiver<()>>);

    impl Write for Handing {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if let Some(go) = &self.1 {
                go.recv().map_err(io::Error::other)?;
            }
            self.0.send(bytes.to_vec()).map_err(io::Error::other)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn start(writer: Handing) -> Log {
        let clock = Clock::new(|| Timestamp::UNIX_EPOCH);
        Log::start(Some(Box::new(writer)), clock).unwrap()
    }

    #[test]
    fn a_request_is_one_line_of_json() {
        let (sender, receiver) = mpsc::channel();
        let log = start(Handing(sender, None));
        log.request(&Record {
            request_id: "ID",
            peer: "127.0.0.1:1".to_owned(),
            tls: true,
            method: Some("GET\n{\"forged\":1}\u{1b}".to_owned()),
            action: Some("JoinSecurityGroup"),
            status: 404,
            code: Some("InvalidInstanceId.NotFound"),
            bytes_in: 1,
            bytes_out: 2,
            duration_us: 3,
        });
        log.end();
        let line = String::from_utf8(receiver.recv().unwrap()).unwrap();
        assert!(
            line.ends_with('\n') && line.matches('\n').count() == 1,
            "{line}"
        );
        assert!(!line.contains('\u{1b}'), "{line}");
        let wanted = json!({"time": "1970-01-01T00:00:00.000Z", "event": "request",
            "request_id": "ID", "peer": "127.0.0.1:1", "tls": true,
            "method": "GET\n{\"forged\":1}\u{1b}", "action": "JoinSecurityGroup", "status": 404,
            "code": "InvalidInstanceId.NotFound", "bytes_in": 1, "bytes_out": 2,
            "duration_us": 3});
        assert_eq!(serde_json::from_str::<Value>(&line).unwrap(), wanted);
        assert!(receiver.recv().is_err(), "one line");
    }

    #[test]
    fn a_log_that_cannot_keep_up_loses_lines_and_says_how_many() {
        let (sender, receiver) = mpsc::channel();
        let (go, wait) = mpsc::channel();
        let log = start(Handing(sender, Some(wait)));
        // One line is with the writer, or soon will be; the others wait.
        log.warning("first");
        go.send(()).unwrap();
        receiver.recv().unwrap();
        for _ in 0..LOG_LINES + 10 {
            log.warning("more");
        }
        for _ in 0..LOG_LINES / 2 {
            go.send(()).unwrap();
            receiver.recv().unwrap();
        }
        log.warning("last");
        drop(go);
        let lost = log.lost.load(Ordering::Relaxed);
        assert_eq!(lost, 0, "they were told");
    }
}
