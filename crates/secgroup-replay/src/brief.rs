//! Packets judged in brief: without becoming records.
//!
//! Where every packet is judged alone and nothing asks for rows, all that
//! matters of a usual packet is which verdict it gets; time and length are
//! beside its place in the batch already. So a batch becomes columns of
//! [`Brief`]s, each is looked for among the flows judged lately ([`memory`]),
//! what is not found there is judged together, and counted is by number of the
//! verdict ([`verdicts`]). Packets out of the ordinary become records as ever,
//! and are judged and counted along with the others.
//!
//! Not here: rows, sessions, configurations that follow each other or are
//! compared; those need records, and their way is slower. Both ways give the
//! same report.

mod memory;
mod verdicts;

use secgroup_matcher::{Answer, Sides};
use secgroup_model::Flow;

use crate::Conversation;
use crate::Record;
use crate::capture::{Packet, PacketBatch};
use crate::decode::plain::{Brief, Ends, Four, Plain, Six, plain};
use crate::session::NEVER;
use crate::tally::{Count, Tally};
use crate::timeline::Part;
use memory::{Memory, UNKNOWN};
use verdicts::{AMBIGUOUS, Verdicts};

/// How many flows of one family all workers together remember.
const REMEMBERED: usize = 1 << 19;

/// How many one worker remembers at most.
const MOST_REMEMBERED: usize = 1 << 18;

/// The packets of a chunk that are usual, in input order.
#[derive(Debug, Default)]
pub(crate) struct Briefs {
    four: Column<Four>,
    six: Column<Six>,
    /// The dropped conversations that a worker met here for the first time, in
    /// the order of their first packets; perhaps some that it knew.
    pub(crate) fresh: Vec<Fresh>,
}

/// A conversation at one of its packets.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fresh {
    /// Where the packet stands in its batch.
    position: u32,
    pub(crate) conversation: Conversation,
}

/// The packets of one family.
#[derive(Debug, Default)]
struct Column<E> {
    briefs: Vec<Brief<E>>,
    /// Where they stand in the batch.
    positions: Vec<u32>,
    /// The numbers of their verdicts.
    numbers: Vec<u32>,
}

impl Briefs {
    pub(crate) fn clear(&mut self) {
        self.four.clear();
        self.six.clear();
        self.fresh.clear();
    }

    /// Returns how many there are.
    pub(crate) const fn len(&self) -> usize {
        self.four.briefs.len() + self.six.briefs.len()
    }

    /// Takes a packet if it is usual, and tells whether it was.
    #[inline]
    pub(crate) fn take(&mut self, position: u32, packet: &Packet, bytes: &[u8]) -> bool {
        match plain(packet.link_type, bytes, packet.original_len) {
            Some(Plain::Four(brief)) => self.four.push(position, brief),
            Some(Plain::Six(brief)) => self.six.push(position, brief),
            None => return false,
        }
        true
    }
}

impl<E> Column<E> {
    fn clear(&mut self) {
        self.briefs.clear();
        self.positions.clear();
        self.numbers.clear();
    }

    #[inline]
    fn push(&mut self, position: u32, brief: Brief<E>) {
        self.briefs.push(brief);
        self.positions.push(position);
    }
}

/// What a worker knows and counted. It must see chunks in input order, though
/// not all of them, or what is [`Briefs::fresh`] is so too late.
#[derive(Debug)]
pub(crate) struct Judging {
    four: Memory<Four>,
    six: Memory<Six>,
    verdicts: Verdicts,
    waiting: Waiting,
    /// Dropped traffic that is counted in the tally and not ranked yet.
    unranked: Vec<(Conversation, Count)>,
}

/// What is judged together.
#[derive(Debug, Default)]
struct Waiting {
    /// Where they stand in their column.
    places: Vec<u32>,
    flows: Vec<Flow>,
    answers: Vec<Answer>,
}

impl Judging {
    /// Returns what one of some workers needs.
    pub(crate) fn new(workers: usize) -> Self {
        let most = (REMEMBERED / workers.next_power_of_two()).min(MOST_REMEMBERED);
        Self {
            four: Memory::new(most),
            six: Memory::new(most / 4),
            verdicts: Verdicts::default(),
            waiting: Waiting::default(),
            unranked: Vec::new(),
        }
    }

    /// Judges the packets of a batch, the unusual ones as `records`; returns how
    /// many have an address that several networks have, and are not judged.
    pub(crate) fn judge(
        &mut self,
        part: &Part<'_>,
        batch: &PacketBatch,
        briefs: &mut Briefs,
        records: &[Record],
        tally: &mut Tally,
    ) -> u64 {
        if self.verdicts.are_many() {
            self.count_in(tally);
        }
        let Briefs { four, six, fresh } = briefs;
        let (verdicts, waiting) = (&mut self.verdicts, &mut self.waiting);
        find(&mut self.four, part, four, verdicts, waiting, fresh);
        find(&mut self.six, part, six, verdicts, waiting, fresh);

        let packets = batch.packets();
        let mut ambiguous = count(&four.positions, &four.numbers, packets, verdicts);
        ambiguous += count(&six.positions, &six.numbers, packets, verdicts);
        if !records.is_empty() {
            ambiguous += judge_records(part, packets, records, verdicts, waiting, fresh);
        }
        if fresh.len() > 1 {
            fresh.sort_by_key(|one| one.position);
        }
        ambiguous
    }

    /// Adds what was counted to a tally, and begins anew.
    pub(crate) fn count_in(&mut self, tally: &mut Tally) {
        self.verdicts.count_in(tally, &mut self.unranked);
        // Numbers begin anew, so that what is remembered must go.
        self.four.forget();
        self.six.forget();
    }

    /// Takes out dropped traffic that was counted in a tally.
    pub(crate) fn unranked(&mut self) -> impl Iterator<Item = (Conversation, Count)> + '_ {
        self.unranked.drain(..)
    }
}

impl Waiting {
    fn judge(&mut self, part: &Part<'_>) {
        self.answers.clear();
        let none = Answer::Judged(Sides::default());
        self.answers.resize(self.flows.len(), none);
        part.decide(&self.flows, &mut self.answers);
    }
}

/// Finds the number of the verdict of every packet of a family.
fn find<E: Ends>(
    memory: &mut Memory<E>,
    part: &Part<'_>,
    column: &mut Column<E>,
    verdicts: &mut Verdicts,
    waiting: &mut Waiting,
    fresh: &mut Vec<Fresh>,
) {
    column.numbers.resize(column.briefs.len(), UNKNOWN);
    memory.find(&column.briefs, &mut column.numbers);
    waiting.places.resize(column.briefs.len(), 0);
    let mut unknown = 0;
    for (place, number) in (0..).zip(&column.numbers) {
        waiting.places[unknown] = place;
        unknown += usize::from(*number == UNKNOWN);
    }
    if unknown == 0 {
        return;
    }
    waiting.places.truncate(unknown);
    let places = waiting.places.iter();
    waiting.flows.clear();
    waiting
        .flows
        .extend(places.map(|place| column.briefs[*place as usize].flow()));
    waiting.judge(part);
    let judged = waiting.flows.iter().zip(&waiting.answers);
    for (place, (flow, answer)) in waiting.places.iter().zip(judged) {
        let place = *place as usize;
        let (number, new) = verdicts.number(answer, flow);
        column.numbers[place] = number;
        memory.put(&column.briefs[place], number);
        if let Some(conversation) = new {
            let position = column.positions[place];
            fresh.push(Fresh {
                position,
                conversation,
            });
        }
    }
}

/// Judges and counts the unusual packets; returns how many are ambiguous.
fn judge_records(
    part: &Part<'_>,
    packets: &[Packet],
    records: &[Record],
    verdicts: &mut Verdicts,
    waiting: &mut Waiting,
    fresh: &mut Vec<Fresh>,
) -> u64 {
    waiting.flows.clear();
    waiting
        .flows
        .extend(records.iter().map(|record| record.flow));
    waiting.judge(part);
    let mut ambiguous = 0;
    for (record, answer) in records.iter().zip(&waiting.answers) {
        let (number, _) = verdicts.number(answer, &record.flow);
        ambiguous += count(&[record.position], &[number], packets, verdicts);
        // The first of its conversation may come later among usual packets.
        if verdicts::is_dropped(number) {
            fresh.push(Fresh {
                position: record.position,
                conversation: Conversation::from(&record.flow),
            });
        }
    }
    ambiguous
}

/// Counts packets by verdict; returns how many are ambiguous.
fn count(positions: &[u32], numbers: &[u32], packets: &[Packet], verdicts: &mut Verdicts) -> u64 {
    let mut ambiguous = 0;
    for (position, number) in positions.iter().zip(numbers) {
        if *number == AMBIGUOUS {
            ambiguous += 1;
            continue;
        }
        let packet = &packets[*position as usize];
        verdicts.count(
            *number,
            packet.original_len,
            packet.timestamp.unwrap_or(NEVER),
        );
    }
    ambiguous
}
