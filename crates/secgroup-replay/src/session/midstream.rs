//! Packets of TCP sessions that began before they were seen (3.8.4).

use secgroup_model::{Midstream, Protocol, Transport};

use super::following::{Following, Job};
use super::half::{ACK, NEVER, SYN, Seen};
use super::key::Keyed;
use crate::Record;

/// Who opened the session of a packet that has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opener {
    /// The sender.
    Sender,
    /// The receiver: the packet answers.
    Receiver,
    /// Nobody can tell, and it shall not be guessed.
    Unknown,
}

impl Following {
    /// Tells who opened the session of a packet that no session lets pass.
    ///
    /// A packet with SYN alone opens one, and one with SYN and ACK answers.
    /// One without SYN goes with an attempt that was dropped, if there was one.
    /// Otherwise its session may have begun before the input, but only while
    /// no idle time has passed since the input began, and only if it was not
    /// seen to begin; then the lower port is that of the answering end. Of a
    /// record that stands for all packets of a window, SYN with ACK tells that a
    /// session began, and not who opened it.
    /// Everything else is judged "as a new packet by the rules of its
    /// direction".
    pub(super) fn opener(
        &self,
        job: &Job<'_>,
        record: &Record,
        keyed: &Keyed,
        known: bool,
        start: i64,
    ) -> Opener {
        let mode = job.conntrack.midstream;
        if mode == Midstream::Evaluate {
            return Opener::Sender;
        }
        let seen = Seen::of(record);
        let flags = record.tcp_flags.unwrap_or(0);
        let (syn, ack) = (flags & SYN != 0, flags & ACK != 0);
        if record.both_ways || syn && !ack {
            return Opener::Sender;
        }
        // Flags of several packets together are those of none of them.
        let in_window = record.last.is_some() || record.packets > 1;
        if record.flow.protocol != Protocol::TCP {
            return if in_window {
                let refused = self.refused(record, keyed, seen);
                refused.unwrap_or_else(|| by_ports(record))
            } else {
                Opener::Sender
            };
        }
        let limit = job.usual(Protocol::TCP);
        let may_be_older = start == NEVER || seen.is_within(start, limit);
        let unseen = !known && may_be_older;
        let guess = |opener| match mode {
            Midstream::Skip if unseen => Opener::Unknown,
            Midstream::Skip | Midstream::InferInitiator | Midstream::Evaluate => opener,
        };
        if syn && !in_window {
            return guess(Opener::Receiver);
        }
        if let Some(refused) = self.refused(record, keyed, seen) {
            return refused;
        }
        // In a window with SYN and ACK the session began, and both ends may have
        // sent them: "else the side with the higher port" (6.5.3).
        if unseen {
            return guess(by_ports(record));
        }
        if syn {
            by_ports(record)
        } else {
            Opener::Sender
        }
    }

    /// Tells who sent the opening packet that was dropped lately, if one was.
    fn refused(&self, record: &Record, keyed: &Keyed, seen: Seen) -> Option<Opener> {
        let was = |from| self.was_refused(record, keyed, from, seen);
        if was(keyed.from) {
            Some(Opener::Sender)
        } else {
            was(1 - keyed.from).then_some(Opener::Receiver)
        }
    }
}

/// "Well-known lower port": the end with the lower port answers.
fn by_ports(record: &Record) -> Opener {
    match record.flow.transport {
        Transport::Ports {
            source,
            destination,
        } if source < destination => Opener::Receiver,
        Transport::Ports { .. }
        | Transport::Icmp(_)
        | Transport::Opaque
        | Transport::LaterFragment => Opener::Sender,
    }
}
