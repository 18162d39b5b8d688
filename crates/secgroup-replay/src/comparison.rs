//! What the cloud recorded against what the rules say.
//!
//! A record that carries an action is compared with the verdict of the side
//! that recorded it: `in` with the receiver's, `out` with the sender's, and
//! without a direction with that of both ends. Where they differ, there is a
//! [`Cause`]. Most causes show in the record itself; whether an accepted flow
//! that rules would drop is the reply of a session shows in other records,
//! perhaps in later ones, so such flows wait until one is found.
//!
//! Which records differ is found by workers, a chunk at a time
//! ([`Differing`]); what they are is decided in input order ([`Comparison`]),
//! so that the number of threads cannot show.

mod cause;
mod opened;

use std::io;

use secgroup_matcher::{Answer, Sides};
use secgroup_model::{
    Action, ConnectionTimers, Conntrack, DecidedBy, Direction, Flow, IcmpMessage, Outcome,
    PlatformException, Protocol, Transport, is_internet,
};

use crate::chunk::ChunkText;
use crate::flow_log::Recorded;
use crate::timeline::Timeline;
use crate::{Count, Record, Row, Timestamp};
pub use cause::Cause;
pub use opened::OPENED_LIMIT;
use opened::{Found, Opened};

/// How many flows wait for their session at most. When more would, those that
/// wait are settled by what was read so far.
pub const WAITING_LIMIT: usize = 65_536;

/// The port of mail between servers, which the platform blocks (3.9.6).
const SMTP: u16 = 25;

/// A record that the cloud treated otherwise than the rules say.
#[derive(Clone, Copy, Debug)]
pub struct Mismatch<'a> {
    /// Why, as far as records tell.
    pub cause: Cause,
    /// What the cloud did.
    pub recorded: Recorded,
    /// What the rules say; nothing where they say nothing.
    pub computed: Option<Action>,
    /// The record.
    pub row: Row<'a>,
}

/// The records of a chunk that are compared, found by a worker.
#[derive(Debug, Default)]
pub(crate) struct Differing {
    marks: Vec<Mark>,
    reversed: Vec<Flow>,
}

/// What a comparison of one record gave.
#[derive(Clone, Copy, Debug)]
struct Mark {
    /// The place of the record in its chunk.
    at: usize,
    what: What,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    /// Both say accept: it may have opened a session.
    Opened,
    /// They differ, and the record says why.
    Differs(Cause),
    /// The cloud accepted what rules drop, and would not if it were a reply.
    Reply { otherwise: Cause },
}

impl Differing {
    /// Forgets what was compared, where nothing is.
    pub(crate) fn clear(&mut self) {
        self.marks.clear();
        self.reversed.clear();
    }

    /// Compares the judged records of a chunk.
    pub(crate) fn find(&mut self, records: &[Record], answers: &[Answer], timeline: &Timeline<'_>) {
        let changes = timeline.changes();
        self.clear();
        for (at, (record, answer)) in records.iter().zip(answers).enumerate() {
            let (Some(recorded), Answer::Judged(sides)) = (record.recorded, answer) else {
                continue;
            };
            let what = match (recorded, computed(record, sides)) {
                (_, None) => What::Differs(Cause::UnknownAddress),
                (Recorded::Accept, Some(Action::Accept)) => What::Opened,
                (Recorded::Reject, Some(Action::Drop)) => continue,
                (Recorded::Accept, Some(Action::Drop)) => {
                    let otherwise = cause_of_accept(record, sides, changes);
                    match reversed(&record.flow) {
                        Some(flow) => {
                            self.reversed.push(flow);
                            What::Reply { otherwise }
                        }
                        None => What::Differs(otherwise),
                    }
                }
                (Recorded::Reject, Some(Action::Accept)) => {
                    What::Differs(cause_of_reject(record, sides, changes))
                }
            };
            self.marks.push(Mark { at, what });
        }
        self.drop_impossible_replies(records, timeline);
    }

    /// Asks whether replies could be some: the flow they would answer must pass.
    fn drop_impossible_replies(&mut self, records: &[Record], timeline: &Timeline<'_>) {
        let mut flows = self.reversed.iter();
        for mark in &mut self.marks {
            let What::Reply { otherwise } = mark.what else {
                continue;
            };
            let record = &records[mark.at];
            let answer = flows.next().map(|flow| {
                let part = timeline.part(record.part);
                part.decide_one(flow, record.vpc)
            });
            let passes = match answer {
                Some(Answer::Judged(sides)) => {
                    let direction = record.direction.map(opposite);
                    verdict(direction, &sides) == Some(Action::Accept)
                }
                Some(Answer::Ambiguous(_)) | None => false,
            };
            if !passes {
                mark.what = What::Differs(otherwise);
            }
        }
    }
}

/// Returns what the rules say about the side that recorded.
pub(crate) fn computed(record: &Record, sides: &Sides) -> Option<Action> {
    verdict(record.direction, sides)
}

fn verdict(direction: Option<Direction>, sides: &Sides) -> Option<Action> {
    match direction {
        Some(Direction::Egress) => sides.egress.map(|side| side.action),
        Some(Direction::Ingress) => sides.ingress.map(|side| side.action),
        None => match sides.outcome() {
            Outcome::Accept => Some(Action::Accept),
            Outcome::Drop => Some(Action::Drop),
            Outcome::Outside | Outcome::Depends => None,
        },
    }
}

const fn opposite(direction: Direction) -> Direction {
    match direction {
        Direction::Egress => Direction::Ingress,
        Direction::Ingress => Direction::Egress,
    }
}

/// Says why the cloud may have accepted what rules drop, if it is no reply.
fn cause_of_accept(record: &Record, sides: &Sides, changes: &[Timestamp]) -> Cause {
    let tcp25 = DecidedBy::Platform(PlatformException::Tcp25);
    if sides.egress.is_some_and(|side| side.by == tcp25) {
        Cause::PlatformTcp25
    } else if changed_within(record, changes) {
        Cause::RuleChange
    } else if sides.contested {
        Cause::Contested
    } else {
        Cause::Unexplained
    }
}

/// Says why the cloud may have rejected what rules accept.
fn cause_of_reject(record: &Record, sides: &Sides, changes: &[Timestamp]) -> Cause {
    let endpoints = record.flow.endpoints;
    // On the Internet nobody has a group of his own to reject with.
    let unknown = |side: Option<_>, address| side.is_none() && !is_internet(address);
    let one_end = unknown(sides.egress.map(|_| ()), endpoints.source())
        || unknown(sides.ingress.map(|_| ()), endpoints.destination());
    if is_mail_to_internet(&record.flow) && sides.egress.is_some() && sides.ingress.is_none() {
        Cause::PlatformTcp25
    } else if changed_within(record, changes) {
        Cause::RuleChange
    } else if record.direction.is_none() && one_end {
        // The other end may be an interface of somebody else that rejected it.
        Cause::UnknownAddress
    } else if sides.contested {
        Cause::Contested
    } else {
        Cause::NetworkAcl
    }
}

/// "Outbound TCP 25 to the Internet is blocked by the platform by default"
/// (3.9.6).
fn is_mail_to_internet(flow: &Flow) -> bool {
    let to_smtp = matches!(
        flow.transport,
        Transport::Ports {
            destination: SMTP,
            ..
        }
    );
    flow.protocol == Protocol::TCP && to_smtp && is_internet(flow.endpoints.destination())
}

/// Tells whether rules changed while the record was made.
fn changed_within(record: &Record, changes: &[Timestamp]) -> bool {
    let Some(first) = record.timestamp else {
        return false;
    };
    let last = record.last.unwrap_or(first);
    let next = changes.partition_point(|change| *change < first);
    changes.get(next).is_some_and(|change| *change <= last)
}

/// Returns the flow that a flow would be the reply of; none where it cannot be
/// a reply.
pub(crate) fn reversed(flow: &Flow) -> Option<Flow> {
    let mut asked = Flow {
        via_load_balancer: false,
        ..flow.reversed()
    };
    if let Transport::Icmp(IcmpMessage { kind, .. }) = flow.transport {
        let kind = match (flow.protocol, kind) {
            (Protocol::ICMP, 0) => 8,
            (Protocol::ICMP, 14) => 13,
            (Protocol::ICMPV6, 129) => 128,
            _ => return None,
        };
        asked.transport = Transport::Icmp(IcmpMessage { kind, code: 0 });
    }
    Some(asked)
}

/// All comparisons of a replay.
#[derive(Clone, Debug)]
pub struct Comparison {
    counts: [Count; Cause::COUNT],
    /// How long sessions may be silent.
    conntrack: Conntrack,
    opened: Opened,
    waiting: Vec<Waiting>,
}

/// A flow that waits for the session it may belong to.
#[derive(Clone, Debug)]
struct Waiting {
    record: Record,
    sides: Sides,
    otherwise: Cause,
    flow_id: Option<Box<str>>,
    vpc_id: Option<Box<str>>,
}

/// Where mismatches go, one by one.
pub(crate) type Give<'a> = &'a mut dyn FnMut(&Mismatch<'_>) -> io::Result<()>;

impl Comparison {
    /// Returns a comparison of nothing yet.
    pub(crate) fn new(conntrack: Conntrack) -> Self {
        Self {
            counts: [Count::default(); Cause::COUNT],
            conntrack,
            opened: Opened::default(),
            waiting: Vec::new(),
        }
    }

    /// Takes over what was found in a chunk, behind everything before.
    pub(crate) fn add<'a>(
        &mut self,
        differing: &Differing,
        timeline: &Timeline<'_>,
        judged: impl Fn(usize) -> (&'a Record, &'a Sides),
        mut text: impl FnMut(&Record) -> ChunkText<'a>,
        give: Give<'_>,
    ) -> io::Result<()> {
        for mark in &differing.marks {
            let (record, sides) = judged(mark.at);
            let cause = match mark.what {
                What::Opened => {
                    self.opened.add(record);
                    continue;
                }
                What::Differs(cause) => cause,
                What::Reply { otherwise } => match self.find(record, sides, timeline) {
                    Some(Found::Alive) => Cause::SessionReply,
                    Some(Found::Expired) => Cause::ExpiredSession,
                    None => {
                        let text = text(record);
                        self.wait(record, sides, otherwise, text, timeline, give)?;
                        continue;
                    }
                },
            };
            self.counts[cause.index()].add(record, true);
            give(&mismatch(cause, timeline, record, sides, text(record)))?;
        }
        Ok(())
    }

    fn wait(
        &mut self,
        record: &Record,
        sides: &Sides,
        otherwise: Cause,
        text: ChunkText<'_>,
        timeline: &Timeline<'_>,
        give: Give<'_>,
    ) -> io::Result<()> {
        if self.waiting.len() == WAITING_LIMIT {
            self.settle(timeline, give)?;
        }
        self.waiting.push(Waiting {
            record: *record,
            sides: *sides,
            otherwise,
            flow_id: text.flow_id().map(Box::from),
            vpc_id: text.vpc_id().map(Box::from),
        });
        Ok(())
    }

    /// Decides about everything that waits, by what was read so far.
    pub(crate) fn settle(&mut self, timeline: &Timeline<'_>, give: Give<'_>) -> io::Result<()> {
        for waiting in std::mem::take(&mut self.waiting) {
            let Waiting {
                record,
                sides,
                otherwise,
                flow_id,
                vpc_id,
            } = waiting;
            let cause = match self.find(&record, &sides, timeline) {
                Some(Found::Alive) => Cause::SessionReply,
                Some(Found::Expired) => Cause::ExpiredSession,
                None => otherwise,
            };
            self.counts[cause.index()].add(&record, true);
            let text = ChunkText::kept(flow_id.as_deref(), vpc_id.as_deref());
            give(&mismatch(cause, timeline, &record, &sides, text))?;
        }
        Ok(())
    }

    /// Looks for the flow whose reply a record would be. Its session may be
    /// silent as long as flags and the interface that recorded it say (3.8.2).
    fn find(&mut self, reply: &Record, sides: &Sides, timeline: &Timeline<'_>) -> Option<Found> {
        let here = match reply.direction {
            Some(Direction::Egress) => sides.egress,
            Some(Direction::Ingress) => sides.ingress,
            // The drop is where a session would have helped.
            None => (sides.egress.into_iter().chain(sides.ingress))
                .find(|side| side.action == Action::Drop),
        };
        let part = timeline.part(reply.part);
        let timers = here.map_or_else(ConnectionTimers::default, |side| {
            part.timers(side.interface)
        });
        let limits = self.conntrack.limits(reply.flow.protocol, timers);
        self.opened.find(reply, limits.open)
    }

    /// Returns how much differs for a cause.
    #[must_use]
    pub const fn of(&self, cause: Cause) -> &Count {
        &self.counts[cause.index()]
    }

    /// Returns the causes that occurred, in a fixed order, and how much each.
    pub fn iter(&self) -> impl Iterator<Item = (Cause, &Count)> {
        let all = Cause::ALL.into_iter().map(|cause| (cause, self.of(cause)));
        all.filter(|(_, count)| count.flows > 0)
    }

    /// Returns how many flows differ in a way that speaks against the rules
    /// given, or the log.
    #[must_use]
    pub fn contradictions(&self) -> u64 {
        let against = self.iter().filter(|(cause, _)| cause.is_contradiction());
        against.map(|(_, count)| count.flows).sum()
    }

    /// Tells whether there is a mismatch, for who asks that.
    #[must_use]
    pub fn has_mismatch(&self) -> bool {
        self.iter().any(|(cause, _)| cause.is_mismatch())
    }

    /// Returns how many accepted flows had to be forgotten before the end, so
    /// that their replies could not be told.
    #[must_use]
    pub const fn forgotten(&self) -> u64 {
        self.opened.forgotten()
    }
}

fn mismatch<'a>(
    cause: Cause,
    timeline: &Timeline<'a>,
    record: &'a Record,
    sides: &'a Sides,
    text: ChunkText<'a>,
) -> Mismatch<'a> {
    Mismatch {
        cause,
        recorded: record.recorded.expect("only such records are compared"),
        computed: computed(record, sides),
        row: Row {
            snapshot: timeline.part(record.part).snapshot,
            record,
            sides,
            text,
        },
    }
}
