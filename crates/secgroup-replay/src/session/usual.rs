//! Packets on their way to their sessions that need not become records.
//!
//! What a session must know of nearly every packet are its ends and ports, when
//! it came, how long it is, and its TCP flags: [`Usual`]. It becomes a record
//! only where it is judged. Everything out of the ordinary is a record from the
//! beginning, and [`Steps`] keeps both in the order of the input.

use secgroup_model::Protocol;

use super::half::{ACK, FIN, NEVER, RST, SYN, nanoseconds};
use super::key::{Class, Key, Keyed, Share, spread};
use super::sharded::Sharded;
use crate::capture::{Packet, Take};
use crate::decode::plain::{Brief, Ends, Four, Plain, Six, behind_ethernet, elsewhere};
use crate::flow_table::BYTES_LIMIT;
use crate::times::Times;
use crate::{Record, Timestamp};

/// A whole packet of TCP, whose flags were captured, of UDP, or of a protocol
/// that has no ports and is not ICMP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Usual<E> {
    // INVARIANT: turned so that the lesser end comes first.
    brief: Brief<E>,
    /// When it came, in nanoseconds, or [`NEVER`].
    time: i64,
    // INVARIANT: below BYTES_LIMIT.
    bytes: u32,
    /// Where it stands in its batch.
    position: u16,
    /// Of TCP; of others none.
    flags: u8,
    /// Whether the greater end sent it.
    turned: bool,
}

/// What of a packet makes a difference to its session: a set of bits. A flow can
/// do without looking at a packet all of whose bits it takes.
pub(super) type Traits = u8;

/// It ends a TCP session.
const ENDS: Traits = 1 << 7;

/// What a packet is that an end sends: no attempt, or not TCP; an attempt to open
/// a TCP session; an answer to one. Those of the greater end are above.
const PLAIN: Traits = 1;
const ATTEMPT: Traits = 1 << 1;
const ANSWER: Traits = 1 << 2;
const TURNED: u32 = 3;

/// What passes through an open session without changing it.
pub(super) const PASSING: Traits =
    sent_by(false, PLAIN | ATTEMPT | ANSWER) | sent_by(true, PLAIN | ATTEMPT | ANSWER);

/// Returns what is dropped like the packets before that the same end sent; where
/// answers tell who opened a session, not those.
pub(super) const fn repeating(turned: bool, infers: bool) -> Traits {
    let answer = if infers { 0 } else { ANSWER };
    ENDS | sent_by(turned, PLAIN | ATTEMPT | answer)
}

/// Returns what is dropped as part of an attempt of the other end that was; an
/// answer only where it is not asked how old its session may be.
pub(super) const fn answering(turned: bool, answers: bool) -> Traits {
    let answer = if answers { ANSWER } else { 0 };
    sent_by(turned, PLAIN | answer)
}

/// Returns what an end sends.
const fn sent_by(turned: bool, what: Traits) -> Traits {
    if turned { what << TURNED } else { what }
}

impl<E: Ends> Usual<E> {
    #[inline]
    fn new(
        brief: Brief<E>,
        flags: Option<u8>,
        packet: &Packet,
        (position, other_protocols): (u16, bool),
    ) -> Option<Self> {
        // PERF: no branches but one, for what comes next nobody can foresee.
        let protocol = Protocol(brief.protocol());
        let is_icmp = (protocol == Protocol::ICMP) | (protocol == Protocol::ICMPV6);
        let is_other = !protocol.has_ports() & !is_icmp;
        let is_usual = (protocol == Protocol::UDP)
            | (protocol == Protocol::TCP) & flags.is_some()
            | is_other & other_protocols;
        if !is_usual {
            return None;
        }
        let turned = brief.ends.is_descending(brief.ports());
        Some(Self {
            brief: brief.turned(turned),
            time: packet.timestamp().unwrap_or(NEVER),
            bytes: packet.original_len,
            position,
            flags: flags.unwrap_or(0),
            turned,
        })
    }

    /// Returns what its session is known by: the packet, lesser end first.
    #[inline]
    pub(super) const fn brief(&self) -> &Brief<E> {
        &self.brief
    }

    #[inline]
    pub(super) const fn time(&self) -> i64 {
        self.time
    }

    #[inline]
    pub(super) const fn bytes(&self) -> u32 {
        self.bytes
    }

    /// Returns what of it makes a difference.
    #[inline]
    pub(super) const fn traits(&self) -> Traits {
        // PERF: no branches, for what comes next nobody can foresee.
        let ends = (self.flags & (FIN | RST) != 0) as Traits * ENDS;
        let (syn, ack) = (self.flags & SYN != 0, self.flags & ACK != 0);
        let what = 1 << (syn as u32 * (1 + ack as u32));
        ends | what << (self.turned as u32 * TURNED)
    }

    #[inline]
    fn share(&self) -> Share {
        share_of(&self.brief)
    }

    /// Returns how it is found in sessions.
    pub(super) fn keyed(&self) -> Keyed {
        Keyed {
            key: Key::of_brief(&self.brief),
            from: usize::from(self.turned),
            class: Class::Tracked,
            quotes: false,
        }
    }

    /// Returns it as a record, of a batch whose first packet has a number.
    pub(super) fn record(&self, first_number: u64) -> Record {
        let sent = self.brief.turned(self.turned);
        let is_tcp = self.brief.protocol() == Protocol::TCP.0;
        Record {
            number: first_number + u64::from(self.position),
            position: self.position.into(),
            timestamp: (self.time != NEVER).then_some(Timestamp(self.time)),
            bytes: self.bytes.into(),
            tcp_flags: is_tcp.then_some(self.flags),
            ..Record::of(sent.flow())
        }
    }
}

/// Returns the share of all keys that the key of a packet is in, whose lesser end
/// comes first.
#[inline]
pub(super) fn share_of<E: Ends>(brief: &Brief<E>) -> Share {
    let (addresses, ports) = (brief.ends.addresses(), brief.ports());
    Share::of(spread(addresses, ports, brief.protocol()))
}

/// A packet of a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// A usual one of IPv4.
    Four(Usual<Four>),
    /// A usual one of IPv6, by place.
    Six(u32),
    /// A record, by place.
    Record(u32),
}

const _: () = assert!(size_of::<Step>() == 32, "half a line of a cache");

/// The packets of a chunk, in input order.
#[derive(Debug, Default)]
pub(crate) struct Steps {
    steps: Vec<Step>,
    sixes: Vec<Usual<Six>>,
    /// Which share of all keys each step is in, and the steps by part; nothing
    /// where there is one part only.
    shares: Vec<Share>,
    sharded: Sharded<Step>,
    times: Times,
    /// How many packets were not usual while they were read; each is a record at
    /// a place that is not known yet.
    left: usize,
}

/// Takes steps while packets are read, with whether those of other protocols than
/// TCP and UDP have sessions.
pub(crate) struct TakingSteps<'s> {
    pub(crate) steps: &'s mut Steps,
    pub(crate) other_protocols: bool,
}

impl Take for TakingSteps<'_> {
    #[inline(always)]
    fn take(&mut self, packet: &Packet, bytes: &[u8]) -> bool {
        let Self {
            steps,
            other_protocols,
        } = self;
        steps.take(packet, bytes, *other_protocols) || steps.leave(packet)
    }
}

impl Steps {
    pub(crate) fn clear(&mut self) {
        self.steps.clear();
        self.sixes.clear();
        self.shares.clear();
        self.times = Times::default();
        self.left = 0;
    }

    /// Takes a packet if it is usual, and tells whether it was. Those of
    /// `other_protocols` than TCP and UDP are only where these have sessions.
    // PERF: as for `Briefs`.
    #[inline(always)]
    pub(crate) fn take(&mut self, packet: &Packet, bytes: &[u8], other_protocols: bool) -> bool {
        let Ok(position) = u16::try_from(packet.position) else {
            return false;
        };
        if packet.original_len >= BYTES_LIMIT {
            return false;
        }
        let about = (position, other_protocols);
        match behind_ethernet(packet.link_type, bytes, packet.original_len) {
            Some(plain) => self.take_plain(packet, plain, about),
            None => self.take_elsewhere(packet, bytes, about),
        }
    }

    #[inline(never)]
    fn take_elsewhere(&mut self, packet: &Packet, bytes: &[u8], about: (u16, bool)) -> bool {
        let plain = elsewhere(packet.link_type, bytes, packet.original_len);
        plain.is_some_and(|plain| self.take_plain(packet, plain, about))
    }

    #[inline(always)]
    fn take_plain(&mut self, packet: &Packet, plain: Plain, about: (u16, bool)) -> bool {
        match plain {
            Plain::Four(brief, flags) => {
                let Some(usual) = Usual::new(brief, flags, packet, about) else {
                    return false;
                };
                self.push(Step::Four(usual), usual.time);
            }
            Plain::Six(brief, flags) => {
                let Some(usual) = Usual::new(brief, flags, packet, about) else {
                    return false;
                };
                self.sixes.push(usual);
                let step = Step::Six(place(self.sixes.len() - 1));
                self.push(step, usual.time);
            }
        }
        true
    }

    /// Leaves a packet to become a record.
    #[inline(never)]
    fn leave(&mut self, packet: &Packet) -> bool {
        let step = Step::Record(place(self.left));
        self.push(step, packet.timestamp().unwrap_or(NEVER));
        self.left += 1;
        false
    }

    /// Takes the record at a place.
    pub(crate) fn take_record(&mut self, at: usize, record: &Record) {
        let step = Step::Record(place(at));
        self.push(step, nanoseconds(record.timestamp));
    }

    /// Says which of the packets that nobody took became records, by place, and
    /// leaves the others out.
    pub(crate) fn place_records(&mut self, places: &[Option<usize>], records: &[Record]) {
        self.left = 0;
        if places.iter().all(Option::is_some) {
            // Each has the place that it was given when it was left.
            return;
        }
        self.times = Times::default();
        let (sixes, times) = (&self.sixes, &mut self.times);
        self.steps.retain_mut(|step| {
            let time = match step {
                Step::Four(usual) => usual.time,
                Step::Six(place) => sixes[*place as usize].time,
                Step::Record(at) => {
                    let Some(own) = places[*at as usize] else {
                        return false;
                    };
                    *at = place(own);
                    nanoseconds(records[own].timestamp)
                }
            };
            times.next(time);
            true
        });
    }

    #[inline]
    fn push(&mut self, step: Step, time: i64) {
        self.steps.push(step);
        self.times.next(time);
    }

    /// Sorts them into parts, once the keys of the records are known.
    pub(crate) fn sort(&mut self, count: usize, keys: &[Keyed]) {
        self.shares.clear();
        if count > 1 {
            let shares = self.steps.iter().map(|step| match step {
                Step::Four(usual) => usual.share(),
                Step::Six(place) => self.sixes[*place as usize].share(),
                Step::Record(place) => keys[*place as usize].key.share(),
            });
            self.shares.extend(shares);
            self.sharded.sort(count, &self.steps, &self.shares);
        }
    }

    /// Returns those of a part, in input order.
    pub(super) fn of_part(&self, part: usize) -> &[Step] {
        if self.shares.is_empty() {
            &self.steps
        } else {
            self.sharded.of(part)
        }
    }

    /// Returns how time goes.
    pub(crate) const fn times(&self) -> Times {
        self.times
    }

    /// Tells whether there is none.
    pub(crate) const fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Returns how many there are.
    pub(crate) const fn len(&self) -> usize {
        self.steps.len()
    }

    /// Returns a usual packet of IPv6.
    #[inline]
    pub(super) fn six(&self, place: u32) -> &Usual<Six> {
        &self.sixes[place as usize]
    }
}

fn place(at: usize) -> u32 {
    u32::try_from(at).expect("a batch has fewer packets")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::LinkType;

    /// A packet of IPv4 behind nothing.
    fn ipv4(protocol: u8, ends: [[u8; 4]; 2], ports: [u16; 2], flags: u8) -> Vec<u8> {
        let mut bytes = vec![0x45, 0, 0, 40, 0, 1, 0, 0, 64, protocol, 0, 0];
        bytes.extend(ends.concat());
        bytes.extend(ports.map(u16::to_be_bytes).concat());
        bytes.extend([0, 0, 0, 1, 0, 0, 0, 0, 0x50, flags, 4, 0, 0, 0, 0, 0]);
        bytes
    }

    fn taken(bytes: &[u8], original_len: u32, other_protocols: bool) -> Option<Usual<Four>> {
        let mut packet = Packet::of(LinkType::RAW, original_len, 7);
        packet.position = 3;
        let mut steps = Steps::default();
        let is_taken = steps.take(&packet, bytes, other_protocols);
        assert_eq!(is_taken, !steps.is_empty());
        match steps.steps.pop()? {
            Step::Four(usual) => Some(usual),
            Step::Six(_) | Step::Record(_) => unreachable!("it is IPv4"),
        }
    }

    const HOSTS: [[u8; 4]; 2] = [[10, 0, 0, 1], [198, 51, 100, 7]];
    const BACK: [[u8; 4]; 2] = [HOSTS[1], HOSTS[0]];

    #[test]
    fn a_usual_packet_becomes_the_record_that_it_would_have_been() {
        for (ends, ports, turned) in [
            (HOSTS, [40_000, 443], false),
            (BACK, [443, 40_000], true),
            // The lesser port comes first where an address talks to itself.
            ([HOSTS[0]; 2], [5, 7], false),
            ([HOSTS[0]; 2], [7, 5], true),
        ] {
            for (protocol, flags) in [(6, 0x12), (17, 0), (47, 0)] {
                let bytes = ipv4(protocol, ends, ports, flags);
                let usual = taken(&bytes, 40, true).unwrap();
                let record = usual.record(100);
                assert_eq!((record.number, record.position), (103, 3));
                assert_eq!((record.packets, record.bytes), (1, 40));
                assert_eq!(record.timestamp, Some(Timestamp(7)));
                assert_eq!(record.tcp_flags, (protocol == 6).then_some(flags));
                let decoded = crate::decode::decode(LinkType::RAW, &bytes, 40).unwrap();
                assert_eq!(Ok(record.flow), crate::chunk::flow_of(&decoded));
                // And it is found as that record is.
                let (own, wanted) = (usual.keyed(), Keyed::of(&record, true));
                assert_eq!((own.key, own.from), (wanted.key, wanted.from));
                assert_eq!((own.class, own.quotes), (wanted.class, false));
                assert_eq!(usual.share(), wanted.key.share());
                assert_eq!(own.key.brief::<Four>(), Some(*usual.brief()));
                assert_eq!(own.key.brief::<Six>(), None);
                if protocol != 47 {
                    assert_eq!(own.from == 1, turned, "{ends:?} {ports:?}");
                }
            }
        }
    }

    #[test]
    fn what_sessions_must_know_more_of_is_not_usual() {
        let tcp = ipv4(6, HOSTS, [40_000, 443], 0x10);
        assert!(taken(&tcp, 40, true).is_some());
        assert!(taken(&tcp[..30], 40, true).is_none(), "flags are cut off");
        assert!(taken(&tcp, BYTES_LIMIT, true).is_none(), "too long");
        let icmp = ipv4(1, HOSTS, [0x0800, 0], 0);
        assert!(
            taken(&icmp, 40, true).is_none(),
            "an echo has an identifier"
        );
        let gre = ipv4(47, HOSTS, [0, 0], 0);
        assert!(taken(&gre, 40, true).is_some());
        assert!(
            taken(&gre, 40, false).is_none(),
            "it has no session (3.8.3)"
        );
    }

    #[test]
    fn a_session_takes_all_but_what_ends_it_and_an_attempt_what_goes_with_it_3_8_4() {
        let traits = |flags, ends| {
            let bytes = ipv4(6, ends, [40_000, 443], flags);
            taken(&bytes, 40, true).unwrap().traits()
        };
        let takes = |all: Traits, flags, ends| traits(flags, ends) & !all == 0;
        for (flags, ends) in [(2, HOSTS), (16, HOSTS), (18, BACK), (24, BACK), (0, HOSTS)] {
            assert!(takes(PASSING, flags, ends), "{flags}");
        }
        for flags in [1, 17, 4, 20] {
            assert!(!takes(PASSING, flags, HOSTS), "FIN or RST: {flags}");
        }
        let attempt = repeating(false, true) | answering(true, true);
        for (flags, ends, goes_along) in [
            (2, HOSTS, true),
            (16, HOSTS, true),
            (17, HOSTS, true),
            (18, HOSTS, false),
            (16, BACK, true),
            (18, BACK, true),
            (4, BACK, true),
            (2, BACK, false),
        ] {
            assert_eq!(takes(attempt, flags, ends), goes_along, "{flags} {ends:?}");
        }
        // Whether the session may be older decides about an answer.
        assert!(!takes(
            repeating(false, true) | answering(true, false),
            18,
            BACK
        ));
        // Where every packet is judged by its own direction, nothing of the other
        // end goes along.
        assert!(takes(repeating(true, false), 18, BACK));
        assert!(!takes(repeating(true, false), 16, HOSTS));
    }

    #[test]
    fn what_is_left_while_reading_becomes_records_at_their_places_or_nothing() {
        let tcp = ipv4(6, HOSTS, [40_000, 443], 0x10);
        let record = |time| Record {
            timestamp: Some(Timestamp(time)),
            ..taken(&tcp, 40, true).unwrap().record(1)
        };
        let times = [5, 9, 7, 6, 8];
        let read = || {
            let mut steps = Steps::default();
            for (at, time) in times.into_iter().enumerate() {
                let packet = Packet::of(LinkType::RAW, 40, time);
                let bytes: &[u8] = if at % 2 == 0 { &tcp } else { &[] };
                let mut taking = TakingSteps {
                    steps: &mut steps,
                    other_protocols: true,
                };
                assert_eq!(taking.take(&packet, bytes), at % 2 == 0);
            }
            assert_eq!(steps.len(), times.len());
            steps
        };
        let records = |steps: &Steps| -> Vec<Option<u32>> {
            let all = steps.steps.iter().map(|step| match step {
                Step::Record(at) => Some(*at),
                Step::Four(_) | Step::Six(_) => None,
            });
            all.collect()
        };
        let mut all = read();
        all.place_records(&[Some(0), Some(1)], &[record(9), record(6)]);
        assert_eq!(records(&all), [None, Some(0), None, Some(1), None]);
        assert_eq!(all.times().backwards, 2);
        // What is no record is not there, and its time does not count.
        let mut some = read();
        some.place_records(&[None, Some(0)], &[record(6)]);
        assert_eq!(records(&some), [None, None, Some(0), None]);
        assert_eq!(some.times().backwards, 1);
        let mut none = read();
        none.place_records(&[None, None], &[]);
        assert_eq!(records(&none), [None; 3]);
        assert_eq!(none.times().backwards, 0);
    }
}
