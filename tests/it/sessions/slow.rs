//! Sessions as the clauses tell of them: maps, one packet after the other, and
//! the reference for every one.
//!
//! "sessions[eni, key(p)]": here each interface has a map of its own, nothing
//! is ever forgotten before it must be, and every packet is judged anew by the
//! reference before anybody asks whether there is a session.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};

use secgroup_model::{
    ConnectionTimers, DecidedBy, Decision, Direction, Evaluation, Flow, Midstream, Note, OnChange,
    OtherProtocols, Outcome, Protocol, Query, RelatedIcmp, Snapshot, Verdict, evaluate,
};
use secgroup_tests::packets::{Packet, Piece};
use secgroup_tests::replayed::{Setup, decider};

use super::seen::{Key, flow, is_error, key, turned, without_port};

const SECOND: i64 = 1_000_000_000;

/// What one interface remembers.
#[derive(Clone, Debug)]
struct Session {
    last: i64,
    open: i64,
    closed: i64,
    fins: BTreeSet<SocketAddr>,
    reset: bool,
    opener: Flow,
    changes: usize,
}

impl Session {
    fn limit(&self) -> i64 {
        if self.reset || self.fins.len() == 2 {
            self.closed
        } else {
            self.open
        }
    }

    fn holds(&self, time: i64) -> bool {
        (time - self.last).abs() <= self.limit()
    }
}

/// What all interfaces know of a key together.
#[derive(Clone, Debug)]
struct Known {
    born: usize,
    row: Option<usize>,
}

/// Packets without session that were judged alike.
#[derive(Clone, Debug)]
struct Alike {
    row: usize,
    why: Vec<String>,
    last: i64,
    limit: i64,
    dropped: bool,
}

/// A row.
#[derive(Clone, Debug)]
pub(super) struct Row {
    head: String,
    tail: String,
    packets: u64,
    bytes: usize,
    first: i64,
    last: i64,
}

/// How often what happened.
#[derive(Clone, Debug, Default)]
pub(super) struct Reached {
    pub(super) counts: BTreeMap<&'static str, u64>,
}

impl Reached {
    pub(super) fn add(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }
}

/// The model.
pub(super) struct Slow<'a> {
    setup: &'a Setup,
    sessions: BTreeMap<(String, Key), Session>,
    known: BTreeMap<Key, Known>,
    alike: BTreeMap<(Key, String), Alike>,
    firsts: BTreeMap<(IpAddr, IpAddr, u8, u16), (i64, Packet)>,
    start: Option<i64>,
    /// When the packet came, or the first fragment of a later one.
    decided: i64,
    pub(super) rows: Vec<Row>,
    pub(super) reached: Reached,
    pub(super) opened: u64,
    pub(super) evicted: u64,
    pub(super) ended: u64,
    pub(super) inferred: u64,
    pub(super) skipped: u64,
}

impl<'a> Slow<'a> {
    pub(super) fn new(setup: &'a Setup) -> Self {
        Self {
            setup,
            sessions: BTreeMap::new(),
            known: BTreeMap::new(),
            alike: BTreeMap::new(),
            firsts: BTreeMap::new(),
            start: None,
            decided: 0,
            rows: Vec::new(),
            reached: Reached::default(),
            opened: 0,
            evicted: 0,
            ended: 0,
            inferred: 0,
            skipped: 0,
        }
    }

    /// Returns every row as the replay writes it.
    pub(super) fn text(&self) -> String {
        let rows = self.rows.iter().map(|row| {
            format!(
                "{} {} {} {} {} {}\n",
                row.head, row.packets, row.bytes, row.first, row.last, row.tail
            )
        });
        rows.collect()
    }

    fn changes_at(&self, time: i64) -> usize {
        let later = &self.setup.snapshots[1..];
        later
            .iter()
            .filter(|(from, _)| from * SECOND <= time)
            .count()
    }

    /// Returns how many changes are in force for the packet.
    fn now(&self) -> usize {
        self.changes_at(self.decided)
    }

    fn snapshot(&self, changes: usize) -> &'a Snapshot {
        &self.setup.snapshots[changes].1
    }

    fn judge(&self, changes: usize, flow: &Flow) -> Evaluation {
        let query = Query::from(*flow);
        evaluate(self.snapshot(changes), &self.setup.semantics, &query).unwrap()
    }

    /// Takes the next packet, the `number`th, from 1.
    pub(super) fn packet(&mut self, number: usize, packet: &Packet) {
        let length = packet.bytes().len();
        let start = *self.start.get_or_insert(packet.time);
        let packet = self.whole(packet);
        if is_error(&packet) {
            return self.error(number, &packet, length);
        }
        let conntrack = self.setup.semantics.conntrack;
        let named = packet.has_ports() || matches!(packet.protocol, 1 | 58);
        let tracked = named || conntrack.other_protocols == OtherProtocols::On;
        if packet.piece == Piece::Later || !tracked {
            let evaluation = self.judge(self.now(), &flow(&packet));
            return self.gather(number, &packet, length, &evaluation);
        }
        self.change(&key(&packet), packet.time);
        let evaluation = self.judge(self.now(), &flow(&packet));
        let evaluation = self.with_sessions(&packet, &key(&packet), evaluation);
        let by_session =
            |side: &Option<Verdict>| side.is_none_or(|side| side.by == DecidedBy::Session);
        let none = evaluation.egress.is_none() && evaluation.ingress.is_none();
        let row = self.known.get(&key(&packet)).and_then(|known| known.row);
        if let (true, false, Some(row)) = (
            by_session(&evaluation.egress) && by_session(&evaluation.ingress),
            none,
            row,
        ) {
            self.reached.add("a packet in a session");
            self.pass(number, &packet, &packet, &evaluation);
            self.count(row, &packet, length);
            return;
        }
        let any = [evaluation.egress, evaluation.ingress];
        if any
            .into_iter()
            .flatten()
            .any(|side| side.by == DecidedBy::Session)
        {
            self.reached.add("one end knows a session, the other not");
            return self.judged(number, &packet, &packet, length, &evaluation);
        }
        match self.opener(&packet, start) {
            Some(true) => self.judged(number, &packet, &packet, length, &evaluation),
            Some(false) => {
                let asking = turned(&packet);
                let evaluation = self.judge(self.now(), &flow(&asking));
                let passes = evaluation.outcome() == Outcome::Accept;
                self.inferred += u64::from(passes);
                self.reached.add("an opener inferred");
                self.judged(number, &asking, &packet, length, &evaluation);
            }
            None => {
                self.reached.add("skipped midstream");
                self.skipped += 1;
            }
        }
    }

    /// Gives a later fragment what its first one has.
    fn whole(&mut self, packet: &Packet) -> Packet {
        self.decided = packet.time;
        let (source, destination) = (packet.source.ip(), packet.destination.ip());
        let name = (source, destination, packet.protocol, packet.id);
        match packet.piece {
            Piece::Whole => packet.clone(),
            Piece::First => {
                self.firsts.insert(name, (packet.time, packet.clone()));
                packet.clone()
            }
            Piece::Later => match self.firsts.get(&name) {
                Some((time, first)) if packet.time - time <= 30 * SECOND => {
                    self.reached.add("a later fragment");
                    self.decided = *time;
                    Packet {
                        time: packet.time,
                        flags: 0,
                        ..first.clone()
                    }
                }
                _ => packet.clone(),
            },
        }
    }

    /// Judges all sessions of a key again for every change since.
    fn change(&mut self, key: &Key, time: i64) {
        let now = self.now();
        let names: Vec<(String, Key)> = self.sessions.keys().cloned().collect();
        for name in names.into_iter().filter(|(_, own)| own == key) {
            let session = self.sessions[&name].clone();
            let stays = (session.changes + 1..=now).all(|changes| {
                let evaluation = self.judge(changes, &session.opener);
                let mut sides = [evaluation.egress, evaluation.ingress]
                    .into_iter()
                    .flatten();
                let snapshot = self.snapshot(changes);
                let own =
                    sides.find(|side| snapshot.interface(side.interface).id().as_str() == name.0);
                match self.setup.semantics.conntrack.on_change {
                    OnChange::Flush => false,
                    OnChange::Keep => own.is_some(),
                    OnChange::Revalidate => {
                        own.is_some_and(|side| side.decision == Decision::Accept)
                    }
                }
            });
            if !stays {
                self.reached.add("a session ends with a change");
                self.ended += u64::from(session.holds(time));
                self.sessions.remove(&name);
            } else if session.changes < now {
                self.reached.add("a session outlives a change");
                self.sessions.get_mut(&name).unwrap().changes = now;
            }
        }
    }

    /// Lets sessions answer where they are.
    fn with_sessions(
        &mut self,
        packet: &Packet,
        key: &Key,
        mut evaluation: Evaluation,
    ) -> Evaluation {
        let snapshot = self.snapshot(self.now());
        for side in [&mut evaluation.egress, &mut evaluation.ingress]
            .into_iter()
            .flatten()
        {
            let name = snapshot.interface(side.interface).id().to_string();
            let Some(session) = self.sessions.get(&(name, *key)) else {
                continue;
            };
            if session.holds(packet.time) {
                side.decision = Decision::Accept;
                side.by = DecidedBy::Session;
            } else {
                self.reached.add("a session expired");
            }
        }
        evaluation
    }

    /// Tells whether the sender opened the session; nothing if that is not to
    /// be guessed.
    fn opener(&self, packet: &Packet, start: i64) -> Option<bool> {
        let mode = self.setup.semantics.conntrack.midstream;
        if packet.protocol != 6 || mode == Midstream::Evaluate {
            return Some(true);
        }
        let timers = ConnectionTimers::default();
        let conntrack = self.setup.semantics.conntrack;
        let limit = i64::from(conntrack.limits(Protocol::TCP, timers).open) * SECOND;
        let known = self.known.contains_key(&key(packet));
        let unseen = !known && (packet.time - start).abs() <= limit;
        let (syn, ack) = (packet.flags & 2 != 0, packet.flags & 16 != 0);
        if syn && !ack {
            return Some(true);
        }
        if syn {
            return (mode == Midstream::InferInitiator || !unseen).then_some(false);
        }
        for (sender, own) in [(packet.source, true), (packet.destination, false)] {
            let alike = self.alike.get(&(key(packet), sender.to_string()));
            if alike.is_some_and(|alike| {
                alike.dropped && (packet.time - alike.last).abs() <= alike.limit
            }) {
                return Some(own);
            }
        }
        if unseen {
            let own = packet.source.port() >= packet.destination.port();
            return (mode == Midstream::InferInitiator).then_some(own);
        }
        Some(true)
    }

    /// Lets a packet pass where it does, as judged for `asking`.
    fn pass(&mut self, number: usize, asking: &Packet, sent: &Packet, evaluation: &Evaluation) {
        let changes = self.now();
        let snapshot = self.snapshot(changes);
        let key = key(asking);
        for side in [evaluation.egress, evaluation.ingress]
            .into_iter()
            .flatten()
        {
            if side.decision == Decision::Drop {
                if evaluation.egress == Some(side) {
                    return;
                }
                continue;
            }
            if !self.known.contains_key(&key) {
                self.make_room(sent.time);
                let known = Known {
                    born: number,
                    row: None,
                };
                self.known.insert(key, known);
            }
            let interface = snapshot.interface(side.interface);
            let name = (interface.id().to_string(), key);
            if side.by != DecidedBy::Session {
                let conntrack = self.setup.semantics.conntrack;
                let limits = conntrack.limits(Protocol(asking.protocol), interface.timers());
                let session = Session {
                    last: sent.time,
                    open: i64::from(limits.open) * SECOND,
                    closed: i64::from(limits.closed) * SECOND,
                    fins: BTreeSet::new(),
                    reset: false,
                    opener: flow(asking),
                    changes,
                };
                self.sessions.insert(name.clone(), session);
            }
            let session = self.sessions.get_mut(&name).unwrap();
            session.last = session.last.max(sent.time);
            if sent.protocol == 6 {
                if sent.flags & 1 != 0 {
                    session.fins.insert(sent.source);
                    if session.fins.len() == 2 {
                        self.reached.add("closed by both");
                    }
                }
                if sent.flags & 4 != 0 {
                    session.reset = true;
                    self.reached.add("reset");
                }
            }
        }
    }

    fn deadline(&self, key: &Key) -> i64 {
        let own = self.sessions.iter().filter(|((_, own), _)| own == key);
        let deadlines = own.map(|(_, session)| session.last + session.limit());
        deadlines.max().unwrap_or(i64::MIN)
    }

    /// Gives up what is nearest to its end.
    fn make_room(&mut self, time: i64) {
        if self.known.len() < self.setup.most {
            return;
        }
        let order = |(key, known): &(&Key, &Known)| (self.deadline(key), known.born);
        let least = *self.known.iter().min_by_key(order).unwrap().0;
        let mut own = self.sessions.iter().filter(|((_, own), _)| *own == least);
        if own.any(|(_, session)| session.holds(time)) {
            self.evicted += 1;
            self.reached.add("evicted");
        }
        self.sessions.retain(|(_, own), _| *own != least);
        self.known.remove(&least);
    }

    /// Lets a judged packet open what it does, and makes a row of it.
    fn judged(
        &mut self,
        number: usize,
        asking: &Packet,
        sent: &Packet,
        length: usize,
        evaluation: &Evaluation,
    ) {
        self.pass(number, asking, sent, evaluation);
        if evaluation.outcome() != Outcome::Accept {
            return self.gather(number, asking, length, evaluation);
        }
        self.opened += 1;
        let row = self.row(number, asking, evaluation);
        self.count(row, sent, length);
        let known = self.known.get_mut(&key(asking)).unwrap();
        (known.row, known.born) = (Some(row), number);
    }

    /// Counts a packet without session with those judged alike.
    fn gather(&mut self, number: usize, packet: &Packet, length: usize, evaluation: &Evaluation) {
        let outcome = evaluation.outcome();
        let dropped = outcome == Outcome::Drop;
        let changes = self.now();
        let snapshot = self.snapshot(changes);
        let sides = [
            (Direction::Egress, evaluation.egress),
            (Direction::Ingress, evaluation.ingress),
        ];
        let mut why = vec![changes.to_string()];
        for (direction, side) in sides {
            let side = side.filter(|side| !dropped || side.decision == Decision::Drop);
            why.push(side.map_or_else(String::new, |side| decider(snapshot, direction, side.by)));
        }
        let mut name = key(packet);
        if packet.piece == Piece::Later {
            (name.1, name.2) = (without_port(name.1), without_port(name.2));
        }
        let mut from = if outcome == Outcome::Outside {
            "both".to_owned()
        } else if packet.piece == Piece::Later {
            packet.source.ip().to_string()
        } else {
            packet.source.to_string()
        };
        if packet.piece == Piece::Later {
            from += " orphan";
        } else if packet.is_icmp() {
            from += &format!(" {:?}", packet.icmp);
        }
        let conntrack = self.setup.semantics.conntrack;
        if let Some(quoted) = packet.quoted.as_ref().filter(|quoted| {
            quoted.protocol != 47 || conntrack.other_protocols == OtherProtocols::On
        }) {
            from += &format!(" {:?}", key(quoted));
        }
        let limits = conntrack.limits(Protocol(packet.protocol), ConnectionTimers::default());
        let limit = i64::from(limits.open) * SECOND;
        let name = (name, from);
        if let Some(alike) = self.alike.get_mut(&name)
            && alike.why == why
            && (packet.time - alike.last).abs() <= alike.limit
        {
            alike.last = alike.last.max(packet.time);
            let row = alike.row;
            self.reached.add("a repeated attempt");
            return self.count(row, packet, length);
        }
        let row = self.row(number, packet, evaluation);
        self.count(row, packet, length);
        let most = (self.setup.most / 4).max(1);
        if !self.alike.contains_key(&name) && self.alike.len() >= most {
            let order = |alike: &Alike| (alike.last + alike.limit, alike.row);
            let least = self.alike.iter().min_by_key(|(_, alike)| order(alike));
            let least = least.unwrap().0.clone();
            self.alike.remove(&least);
        }
        let last = packet.time;
        self.alike.insert(
            name,
            Alike {
                row,
                why,
                last,
                limit,
                dropped,
            },
        );
    }

    /// Judges an ICMP error.
    fn error(&mut self, number: usize, packet: &Packet, length: usize) {
        let mut evaluation = self.judge(self.now(), &flow(packet));
        let quoted = packet.quoted.as_ref().unwrap();
        let quoted_key = key(quoted);
        let related = self.setup.semantics.conntrack.related_icmp == RelatedIcmp::On;
        if related && self.known.contains_key(&quoted_key) {
            self.change(&quoted_key, packet.time);
            let snapshot = self.snapshot(self.now());
            let sides = [&mut evaluation.egress, &mut evaluation.ingress];
            for side in sides.into_iter().flatten() {
                let name = snapshot.interface(side.interface).id().to_string();
                let session = self.sessions.get(&(name, quoted_key));
                let platform = matches!(side.by, DecidedBy::Platform(_));
                if !platform && session.is_some_and(|one| one.holds(packet.time)) {
                    side.decision = Decision::Accept;
                    side.by = DecidedBy::Session;
                }
            }
            let mut sides = [evaluation.egress, evaluation.ingress]
                .into_iter()
                .flatten();
            let any = sides.clone().next().is_some();
            let row = self.known[&quoted_key].row;
            if let (true, true, Some(row)) =
                (any, sides.all(|side| side.by == DecidedBy::Session), row)
            {
                self.reached.add("a related error");
                return self.count(row, packet, length);
            }
        }
        self.gather(number, packet, length, &evaluation);
    }

    fn row(&mut self, number: usize, packet: &Packet, evaluation: &Evaluation) -> usize {
        let snapshot = self.snapshot(self.now());
        let by = |direction, side: Option<Verdict>| {
            side.map_or_else(
                || "-".to_owned(),
                |side| {
                    format!(
                        "{}:{}",
                        decider(snapshot, direction, side.by),
                        side.decision
                    )
                },
            )
        };
        let contested = evaluation.notes.contains(&Note::ContestedIntraGroupEgress);
        let query = Query::from(flow(packet)).to_string();
        self.rows.push(Row {
            head: format!(
                "{number} {} {}/{}",
                evaluation.outcome(),
                by(Direction::Egress, evaluation.egress),
                by(Direction::Ingress, evaluation.ingress),
            ),
            tail: format!("{} {query}", if contested { "contested" } else { "-" }),
            packets: 0,
            bytes: 0,
            first: i64::MAX,
            last: i64::MIN,
        });
        self.rows.len() - 1
    }

    fn count(&mut self, row: usize, packet: &Packet, length: usize) {
        let row = &mut self.rows[row];
        row.packets += 1;
        row.bytes += length;
        row.first = row.first.min(packet.time);
        row.last = row.last.max(packet.time);
    }
}
