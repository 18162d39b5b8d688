//! Streams of flows through compiled security groups.
//!
//! An [`input::Input`] is recognised by content and unpacked; [`capture`] and
//! [`flow_log`] read records from it, [`decode`] finds in a packet what a
//! security group sees. [`Replay::run`] brings it together: a thread reads,
//! the workers decode and judge batches, and results come out in input order.
//! What was found is a [`Report`].
//!
//! In [`Mode::Sessions`] records belong to sessions, and only what no session
//! lets pass is judged; in [`Mode::Packets`] every record is judged as the first
//! packet of a session. Where that is all that is asked, usual packets never become
//! records: they are judged in brief. Nor do those of sessions, but for the few
//! that change one. Nothing here prints or writes files: rows
//! are formatted by the caller and handed back as bytes. How a flow is judged is
//! the matter of `secgroup-matcher`, or of the reference evaluator where that is
//! asked for.

pub mod capture;
pub mod decode;
pub mod flow_log;
mod flow_table;
pub mod input;

mod brief;
mod chunk;
mod comparison;
mod decider;
mod difference;
mod fragments;
mod histogram;
mod judge;
mod ranking;
mod record;
mod replay;
mod report;
mod session;
mod skips;
mod source;
mod tagged;
mod tally;
mod timeline;
mod times;
mod timestamp;

pub use chunk::ChunkText;
pub use comparison::{Cause, Comparison, Mismatch, OPENED_LIMIT, WAITING_LIMIT};
pub use decider::{Decider, Deciders};
pub use difference::{DIFFERENCE_LIMIT, Difference, Differences};
pub use fragments::{FRAGMENT_LIFETIME_SECONDS, FRAGMENT_LIMIT};
pub use histogram::{Bucket, HISTOGRAM_LIMIT, Histogram};
pub use judge::Judge;
pub use ranking::{Conversation, RANKING_LIMIT, Ranking};
pub use record::{Record, Row};
pub use replay::{Control, MOST_THREADS, Mode, Replay, ReplayError, Sink};
pub use report::{Ending, InputReport, Report};
pub use session::rows::Scratch;
pub use session::{DEFAULT_SESSIONS, MOST_SESSIONS, SessionCounts};
pub use skips::{Skip, Skips};
pub use source::{Location, Source};
pub use tally::{Count, DefaultCount, Tally};
pub use timeline::{Change, Under};
pub use timestamp::Timestamp;
