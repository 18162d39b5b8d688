//! A session as one interface knows it (3.8.2).
//!
//! "Each ENI keeps its own session, so the two ends of a flow can expire at
//! different times." So a session has two halves, each with its own idle time,
//! TCP state and opening packet.

use secgroup_model::{Flow, IcmpMessage, IdleLimits, NicType, Transport};

use super::key::End;
use crate::timeline::InterfaceNumber;
use crate::{Record, Timestamp};

/// Nanoseconds of a second.
const SECOND: i64 = 1_000_000_000;

/// The FIN flag of TCP.
pub(crate) const FIN: u8 = 0x01;
/// The SYN flag of TCP.
pub(crate) const SYN: u8 = 0x02;
/// The RST flag of TCP.
pub(crate) const RST: u8 = 0x04;
/// The ACK flag of TCP.
pub(crate) const ACK: u8 = 0x10;

/// A time in nanoseconds, or none.
pub(crate) const NEVER: i64 = i64::MIN;

/// Returns a time as sessions keep it.
#[inline]
pub(crate) fn nanoseconds(time: Option<Timestamp>) -> i64 {
    time.map_or(NEVER, |Timestamp(time)| time)
}

/// When a record was seen, from its first packet to its last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) first: i64,
    pub(crate) last: i64,
}

impl Seen {
    #[inline]
    pub(crate) fn of(record: &Record) -> Self {
        let first = nanoseconds(record.timestamp);
        let last = record.last.map_or(first, |Timestamp(last)| last.max(first));
        Self { first, last }
    }

    /// Tells whether no more than `limit` seconds lie between this and `time`:
    /// "a packet exactly at the limit is still inside". Where a time is not
    /// known, none passes; time that runs backwards is time like any other.
    #[inline]
    pub(crate) fn is_within(self, time: i64, limit: u16) -> bool {
        let limit = u64::from(limit) * SECOND.unsigned_abs();
        let nearest = time.clamp(self.first, self.last);
        time == NEVER || self.first == NEVER || nearest.abs_diff(time) <= limit
    }
}

/// Returns the end of an idle time.
#[inline]
pub(crate) const fn after(last: i64, limit: u16) -> i64 {
    last.saturating_add(limit as i64 * SECOND)
}

/// How far a TCP session has ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct TcpState {
    /// Which ends sent FIN.
    fin: [bool; 2],
    rst: bool,
}

/// The packet that opened a half, as far as the key does not say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Opener {
    from: u8,
    message: Option<IcmpMessage>,
    nic: Option<NicType>,
    via_load_balancer: bool,
}

/// A session at one interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Half {
    /// Where it is kept.
    pub(crate) interface: InterfaceNumber,
    /// The latest snapshot under which its opening packet was judged.
    pub(crate) part: u16,
    /// "A session keeps the values of its first packet."
    limits: IdleLimits,
    /// When the last packet passed here.
    last: i64,
    tcp: TcpState,
    opener: Opener,
}

impl Half {
    /// Opens a session with its first packet, which `from` sends.
    pub(crate) fn open(
        (interface, part): (InterfaceNumber, u16),
        limits: IdleLimits,
        flow: &Flow,
        from: End,
        seen: Seen,
    ) -> Self {
        Self {
            interface,
            part,
            limits,
            last: seen.last,
            tcp: TcpState::default(),
            opener: Opener {
                from: u8::from(from == 1),
                message: match flow.transport {
                    Transport::Icmp(message) => Some(message),
                    Transport::Ports { .. } | Transport::Opaque | Transport::LaterFragment => None,
                },
                nic: flow.nic,
                via_load_balancer: flow.via_load_balancer,
            },
        }
    }

    /// Tells whether a record is inside the session.
    #[inline]
    pub(crate) fn is_live(&self, seen: Seen) -> bool {
        seen.is_within(self.last, self.limit())
    }

    /// Lets a packet pass that `from` sends: "Every allowed packet of either
    /// direction restarts the timer"; after RST, or FIN from both ends, the
    /// session is closed.
    #[inline]
    pub(crate) fn pass(&mut self, from: End, tcp_flags: Option<u8>, seen: Seen) {
        self.last = self.last.max(seen.last);
        let flags = tcp_flags.unwrap_or(0);
        if flags & (FIN | RST) != 0 {
            self.tcp.fin[from] |= flags & FIN != 0;
            self.tcp.rst |= flags & RST != 0;
        }
    }

    /// Returns the end of the idle time.
    #[inline]
    pub(crate) fn deadline(&self) -> i64 {
        after(self.last, self.limit())
    }

    /// Tells whether both ends, or a reset, ended it.
    #[inline]
    pub(crate) fn is_closed(&self) -> bool {
        self.tcp.rst || self.tcp.fin == [true; 2]
    }

    /// Returns the opening packet and the end that sent it, of a session whose
    /// first end would send `like`.
    pub(crate) fn opener(&self, like: &Flow) -> (Flow, End) {
        let opener = self.opener;
        let own = usize::from(opener.from);
        let mut flow = if own == 0 { *like } else { like.reversed() };
        if let Some(message) = opener.message {
            flow.transport = Transport::Icmp(message);
        }
        flow.nic = opener.nic;
        flow.via_load_balancer = opener.via_load_balancer;
        (flow, own)
    }

    /// Returns the latest time that something passed here.
    #[inline]
    pub(crate) const fn last(&self) -> i64 {
        self.last
    }

    /// Says when something passed here that was not told by itself.
    #[inline]
    pub(crate) fn passed_until(&mut self, last: i64) {
        self.last = self.last.max(last);
    }

    /// Returns the idle limit, in seconds.
    #[inline]
    pub(crate) fn limit(&self) -> u16 {
        if self.is_closed() {
            self.limits.closed
        } else {
            self.limits.open
        }
    }
}
