//! Packets and flows judged in brief: without becoming records.
//!
//! Where every packet is judged alone and nothing asks for rows, all that
//! matters of a usual packet is which verdict it gets, when it came and how long
//! it is. So a batch becomes columns of such packets, each is looked for among
//! the flows judged lately ([`memory`]) and counted there, and what is not found
//! there is judged together by headers; where most flows do not come again, as
//! those of a scan, few are remembered. What is forgotten is counted by number of
//! the verdict ([`verdicts`]) and ranked by conversation. Packets out of the
//! ordinary become records as ever, and are judged and counted along with the
//! others.
//!
//! Flows of a list, whose lines say nothing but the flow, have the same way,
//! except that none is looked for: most are not there twice ([`rows`]).
//!
//! Not here: rows of output, sessions, configurations that follow each other or
//! are compared; those need records, and their way is slower. Both ways give the
//! same report.

mod memory;
mod rows;
mod verdicts;

use secgroup_matcher::{Answer, Sides};
use secgroup_model::{Flow, Outcome};

use crate::capture::{Packet, Take};
use crate::decider::Decider;
use crate::decode::plain::{Ends, Four, Plain, Six, behind_ethernet, elsewhere};
use crate::flow_log::BriefRow;
use crate::flow_table::BYTES_LIMIT;
use crate::histogram::Steady;
use crate::ranking::{Place, Rankings, is_ranked};
use crate::session::{NEVER, nanoseconds};
use crate::tally::{Count, Tally};
use crate::timeline::Part;
use crate::{Conversation, Record};
use memory::{Counted, Memory, Usual};
use rows::{Headed, Known, TOGETHER};
use verdicts::{Verdicts, count_of, is_ambiguous, outcome, outcome_of};

/// How many flows of IPv4 all workers together remember; of IPv6 a quarter.
const REMEMBERED: usize = 1 << 20;

/// How many one worker remembers at most.
const MOST_REMEMBERED: usize = 1 << 19;

/// Of flows that most likely do not come again, one of so many is remembered.
const OFTEN: usize = 8;

/// The packets of a chunk that are usual, or the flows of its plain lines, in
/// input order.
#[derive(Debug, Default)]
pub(crate) struct Briefs {
    four: Vec<Usual<Four>>,
    six: Vec<Usual<Six>>,
    /// The conversations to rank that a worker met here for the first time, in
    /// the order of their first packets; perhaps some that it knew.
    pub(crate) fresh: Vec<Fresh>,
}

/// A conversation at one of its packets.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fresh {
    /// Where the packet stands in its batch.
    position: u32,
    /// What became of it.
    pub(crate) outcome: Outcome,
    pub(crate) conversation: Conversation,
}

impl Briefs {
    pub(crate) fn clear(&mut self) {
        self.four.clear();
        self.six.clear();
        self.fresh.clear();
    }

    /// Exchanges the buffers for others, but not what is fresh.
    pub(crate) fn exchange(&mut self, other: &mut Self) {
        std::mem::swap(&mut self.four, &mut other.four);
        std::mem::swap(&mut self.six, &mut other.six);
    }

    /// Returns how many there are.
    pub(crate) const fn len(&self) -> usize {
        self.four.len() + self.six.len()
    }

    /// Takes the flow of a line.
    #[inline]
    pub(crate) fn take_row(&mut self, position: u32, row: BriefRow) {
        match row {
            BriefRow::Four(brief) => self.four.push(Usual::flow(brief, position)),
            BriefRow::Six(brief) => self.six.push(Usual::flow(brief, position)),
        }
    }

    /// Forgets what was taken from behind a position.
    pub(crate) fn forget_behind(&mut self, position: u32) {
        let kept = self.four.partition_point(|one| one.position < position);
        self.four.truncate(kept);
        let kept = self.six.partition_point(|one| one.position < position);
        self.six.truncate(kept);
    }
}

impl Take for Briefs {
    /// Takes a packet if it is usual, and tells whether it was.
    // PERF: a call for every packet costs as much as taking it.
    #[inline(always)]
    fn take(&mut self, packet: &Packet, bytes: &[u8]) -> bool {
        if packet.original_len >= BYTES_LIMIT {
            return false;
        }
        match behind_ethernet(packet.link_type, bytes, packet.original_len) {
            Some(plain) => self.push(packet, plain),
            None => return self.take_elsewhere(packet, bytes),
        }
        true
    }
}

impl Briefs {
    #[inline(never)]
    fn take_elsewhere(&mut self, packet: &Packet, bytes: &[u8]) -> bool {
        let plain = elsewhere(packet.link_type, bytes, packet.original_len);
        plain.is_some_and(|plain| {
            self.push(packet, plain);
            true
        })
    }

    #[inline(always)]
    fn push(&mut self, packet: &Packet, plain: Plain) {
        let position = packet.position;
        let (time, bytes) = (packet.timestamp().unwrap_or(NEVER), packet.original_len);
        match plain {
            Plain::Four(brief, _) => self.four.push(Usual {
                brief,
                time,
                bytes,
                position,
            }),
            Plain::Six(brief, _) => self.six.push(Usual {
                brief,
                time,
                bytes,
                position,
            }),
        }
    }
}

/// What a worker knows and counted. It must see chunks in input order, though
/// not all of them, or what is [`Briefs::fresh`] is so too late.
#[derive(Debug)]
pub(crate) struct Judging {
    four: Memory<Four>,
    six: Memory<Six>,
    common: Common,
}

/// What both families share.
#[derive(Debug)]
struct Common {
    verdicts: Verdicts,
    /// Numbers of verdicts, by what was found.
    known: [Known; 2],
    over_time: Steady,
    /// Whether accepted conversations are ranked, too.
    rank_accepted: bool,
    /// Traffic that is counted by verdict and not ranked yet.
    unranked: Vec<(Conversation, Count, Decider)>,
    /// Traffic that came too late to be told apart by conversation, and what
    /// decided about it.
    beyond: Vec<(Decider, Count)>,
    /// Where packets stand among others that are judged together.
    places: Vec<u32>,
    /// Where packets of a batch stand whose flows are not remembered.
    unknown: Vec<u32>,
    flows: Vec<Flow>,
    answers: Vec<Answer>,
}

impl Judging {
    /// Returns what one of some workers needs.
    pub(crate) fn new(workers: usize, rank_accepted: bool) -> Self {
        let most = (REMEMBERED / workers.next_power_of_two()).min(MOST_REMEMBERED);
        Self {
            four: Memory::new(most),
            six: Memory::new(most / 4),
            common: Common {
                verdicts: Verdicts::default(),
                known: Default::default(),
                over_time: Steady::default(),
                rank_accepted,
                unranked: Vec::new(),
                beyond: Vec::new(),
                places: Vec::new(),
                unknown: Vec::new(),
                flows: Vec::new(),
                answers: Vec::new(),
            },
        }
    }

    /// Judges the packets of a batch, the unusual ones as `records`; returns how
    /// many have an address that several networks have, and are not judged.
    /// `rankings` are of all chunks of rounds before.
    pub(crate) fn judge(
        &mut self,
        part: &Part<'_>,
        briefs: &mut Briefs,
        records: &[Record],
        rankings: &Rankings,
        tally: &mut Tally,
    ) -> u64 {
        self.make_room(tally);
        let Briefs { four, six, fresh } = briefs;
        let common = &mut self.common;
        let mut ambiguous = common.judge(&mut self.four, part, four, rankings, fresh);
        ambiguous += common.judge(&mut self.six, part, six, rankings, fresh);
        if !records.is_empty() {
            ambiguous += self.common.judge_records(part, records, fresh);
        }
        if fresh.len() > 1 {
            fresh.sort_by_key(|one| one.position);
        }
        ambiguous
    }

    /// Judges unusual packets of a batch that were left, as `records`; returns as
    /// [`Judging::judge`].
    pub(crate) fn judge_others(
        &mut self,
        part: &Part<'_>,
        briefs: &mut Briefs,
        records: &[Record],
        tally: &mut Tally,
    ) -> u64 {
        self.make_room(tally);
        let ambiguous = self.common.judge_records(part, records, &mut briefs.fresh);
        briefs.fresh.sort_by_key(|one| one.position);
        ambiguous
    }

    /// Makes room for the verdicts of a batch: where there are many, all that was
    /// counted is added to a tally.
    fn make_room(&mut self, tally: &mut Tally) {
        if self.common.verdicts.are_many() {
            self.count_in(tally);
        }
    }

    /// Adds what was counted to a tally, and begins anew.
    pub(crate) fn count_in(&mut self, tally: &mut Tally) {
        self.forget(&mut |_| {});
        self.settle_sums(tally);
    }

    /// Adds what was counted to a tally at the end, and ranks it; after
    /// [`Rankings::expect`] of all that was judged.
    pub(crate) fn finish(&mut self, tally: &mut Tally, rankings: &mut Rankings) {
        // PERF: a few at a time, which stay in the fastest cache.
        self.forget(&mut |common| {
            if common.unranked.len() >= TOGETHER {
                rankings.add_counted(&common.unranked);
                common.unranked.clear();
            }
        });
        self.settle_sums(tally);
        self.rank(rankings);
    }

    /// Ranks what was counted and is not ranked yet.
    pub(crate) fn rank(&mut self, rankings: &mut Rankings) {
        rankings.add_counted(&self.common.unranked);
        rankings.add_beyond(&self.common.beyond);
        self.common.unranked.clear();
        self.common.beyond.clear();
    }

    /// Forgets all flows and counts their traffic, with something to do after each.
    fn forget(&mut self, then: &mut impl FnMut(&mut Common)) {
        let Self { four, six, common } = self;
        for one in four.forget() {
            common.settle_one(&one);
            then(common);
        }
        for one in six.forget() {
            common.settle_one(&one);
            then(common);
        }
    }

    /// Adds the sums of verdicts to a tally.
    fn settle_sums(&mut self, tally: &mut Tally) {
        let verdicts = &mut self.common.verdicts;
        self.common.beyond.extend(verdicts.beyond());
        verdicts.count_in(tally);
        self.common.known = Default::default();
        let over_time = std::mem::take(&mut self.common.over_time);
        tally.add_over_time(&over_time.finish());
    }
}

impl Common {
    /// Judges and counts the packets of a family; returns how many are
    /// ambiguous.
    fn judge<E: Headed>(
        &mut self,
        memory: &mut Memory<E>,
        part: &Part<'_>,
        packets: &[Usual<E>],
        rankings: &Rankings,
        fresh: &mut Vec<Fresh>,
    ) -> u64 {
        let (mut gone, mut numbers) = (Vec::new(), [0; TOGETHER]);
        let mut unknown = std::mem::take(&mut self.unknown);
        let mut ambiguous = memory.count(packets, &mut self.over_time, &mut unknown, &mut gone);
        let is_useful = memory.is_useful(unknown.len(), packets.len());
        for places in unknown.chunks(TOGETHER) {
            let mut some = [packets[places[0] as usize]; TOGETHER];
            for (own, place) in some.iter_mut().zip(places) {
                *own = packets[*place as usize];
            }
            let some = &some[..places.len()];
            self.number(part, some, &mut numbers);
            for (at, (packet, number)) in some.iter().zip(numbers).enumerate() {
                // What comes often is remembered soon enough.
                if !is_useful && at % OFTEN > 0 {
                    ambiguous += u64::from(self.count_once(packet, number, rankings, fresh));
                    continue;
                }
                let over_time = &mut self.over_time;
                let (is_ambiguous, is_new) = memory.put(packet, number, over_time, &mut gone);
                ambiguous += u64::from(is_ambiguous);
                if is_new && self.is_ranked(number) {
                    expect(packet, outcome_of(number), rankings, fresh);
                }
            }
        }
        self.unknown = unknown;
        self.settle(&mut gone);
        ambiguous
    }

    /// Counts a packet whose flow is not remembered; tells whether it is
    /// ambiguous.
    fn count_once<E: Ends>(
        &mut self,
        packet: &Usual<E>,
        number: u32,
        rankings: &Rankings,
        fresh: &mut Vec<Fresh>,
    ) -> bool {
        if is_ambiguous(number) {
            return true;
        }
        if packet.time != NEVER {
            self.over_time.add_at(packet.time, outcome(number));
        }
        let count = count_of(1, packet.bytes.into(), packet.time, packet.time);
        self.verdicts.add(number, &count);
        if self.is_ranked(number) {
            match expect(packet, outcome_of(number), rankings, fresh) {
                Place::Beyond => self.verdicts.add_beyond(number, &count),
                Place::Known | Place::New => {
                    let conversation = Conversation::of_brief(&packet.brief);
                    let decider = self.verdicts.decider(number);
                    self.unranked.push((conversation, count, decider));
                }
            }
        }
        false
    }

    /// Judges and counts the unusual packets; returns how many are ambiguous.
    fn judge_records(
        &mut self,
        part: &Part<'_>,
        records: &[Record],
        fresh: &mut Vec<Fresh>,
    ) -> u64 {
        self.flows.clear();
        self.flows.extend(records.iter().map(|record| record.flow));
        self.decide(part);
        let mut ambiguous = 0;
        for (at, record) in records.iter().enumerate() {
            let number = self.verdicts.number(&self.answers[at]);
            if is_ambiguous(number) {
                ambiguous += 1;
                continue;
            }
            let time = nanoseconds(record.timestamp);
            if time != NEVER {
                self.over_time.add_at(time, outcome(number));
            }
            let count = count_of(record.packets, record.bytes, time, time);
            self.verdicts.add(number, &count);
            if self.is_ranked(number) {
                let (outcome, conversation) =
                    (outcome_of(number), Conversation::from(&record.flow));
                // The first of its conversation may come later among usual packets.
                fresh.push(Fresh {
                    position: record.position,
                    outcome,
                    conversation,
                });
                let decider = self.verdicts.decider(number);
                self.unranked.push((conversation, count, decider));
            }
        }
        ambiguous
    }

    /// Answers about the flows that wait.
    fn decide(&mut self, part: &Part<'_>) {
        self.answers.clear();
        let none = Answer::Judged(Sides::default());
        self.answers.resize(self.flows.len(), none);
        if !self.flows.is_empty() {
            part.decide(&self.flows, &mut self.answers);
        }
    }

    /// Counts traffic of flows that are forgotten, by verdict and conversation.
    fn settle<E: Ends>(&mut self, gone: &mut Vec<Counted<E>>) {
        gone.drain(..).for_each(|one| self.settle_one(&one));
    }

    /// Counts traffic of a flow that is forgotten.
    fn settle_one<E: Ends>(&mut self, one: &Counted<E>) {
        if is_ambiguous(one.number) {
            return;
        }
        let count = count_of(one.packets, one.bytes, one.first, one.last);
        self.verdicts.add(one.number, &count);
        if self.is_ranked(one.number) {
            let conversation = Conversation::of_brief(&one.brief);
            let decider = self.verdicts.decider(one.number);
            self.unranked.push((conversation, count, decider));
        }
    }

    fn is_ranked(&self, number: u32) -> bool {
        !is_ambiguous(number) && is_ranked(outcome_of(number), self.rank_accepted)
    }
}

/// Tells where the conversation of a packet stands, and notes it if it is to be
/// ranked and may be new.
fn expect<E: Ends>(
    packet: &Usual<E>,
    outcome: Outcome,
    rankings: &Rankings,
    fresh: &mut Vec<Fresh>,
) -> Place {
    let conversation = Conversation::of_brief(&packet.brief);
    let hash = rankings.hash(&conversation);
    let place = rankings.place(outcome, hash, || conversation);
    if place == Place::New {
        fresh.push(Fresh {
            position: packet.position,
            outcome,
            conversation,
        });
    }
    place
}
