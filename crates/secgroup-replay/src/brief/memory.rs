//! The flows judged lately: the number of the verdict of each, and its traffic.
//!
//! What was forgotten is judged again, and its traffic handed out.

use super::verdicts::{NUMBER_BITS, is_ambiguous, outcome};
use crate::decode::plain::{Brief, Ends};
use crate::flow_table::{Entry, FlowTable, MARK_BITS};
use crate::histogram::Steady;
use crate::session::NEVER;

const _: () = assert!(NUMBER_BITS <= MARK_BITS, "a mark is a number");

/// How many flows are fetched before any of them is looked at.
const TOGETHER: usize = 32;

/// So many flows are remembered in any case.
const FEW: usize = 1 << 16;

/// A usual packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Usual<E> {
    pub(super) brief: Brief<E>,
    /// When it came, in nanoseconds, or [`NEVER`].
    pub(super) time: i64,
    // INVARIANT: below BYTES_LIMIT.
    pub(super) bytes: u32,
    /// Where it stands in its batch.
    pub(super) position: u32,
}

impl<E> Usual<E> {
    /// Returns a flow of a list, of which nothing else is known.
    pub(super) const fn flow(brief: Brief<E>, position: u32) -> Self {
        Self {
            brief,
            time: NEVER,
            bytes: 0,
            position,
        }
    }
}

/// The traffic of a flow that is forgotten, or came to be much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Counted<E> {
    pub(super) brief: Brief<E>,
    pub(super) number: u32,
    pub(super) packets: u64,
    pub(super) bytes: u64,
    /// The earliest time, or [`NEVER`].
    pub(super) first: i64,
    /// The latest time, or [`NEVER`].
    pub(super) last: i64,
}

/// The flows of one family, each marked with the number of its verdict. The
/// earliest times stand aside, because time seldom runs backwards.
#[derive(Debug)]
pub(super) struct Memory<E>(FlowTable<E, Earliest>);

/// The earliest time of a flow, or [`NEVER`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Earliest(i64);

impl Default for Earliest {
    fn default() -> Self {
        Self(NEVER)
    }
}

impl<E: Ends> Memory<E> {
    /// Returns a memory of about `most` flows.
    pub(super) fn new(most: usize) -> Self {
        Self(FlowTable::new(most))
    }

    /// Tells whether all flows shall be remembered that come anew, so many of so
    /// many packets.
    pub(super) const fn is_useful(&self, unknown: usize, packets: usize) -> bool {
        // A scan is of flows that have one packet each: there is no use in it.
        self.0.len() < FEW || unknown < packets / 4 * 3
    }

    /// Counts packets of flows that are remembered, and lists the places of
    /// the others; returns how many are ambiguous. Hands out what comes to be
    /// much.
    pub(super) fn count(
        &mut self,
        packets: &[Usual<E>],
        over_time: &mut Steady,
        unknown: &mut Vec<u32>,
        much: &mut Vec<Counted<E>>,
    ) -> u64 {
        unknown.clear();
        if self.0.is_empty() {
            unknown.extend((0_u32..).take(packets.len()));
            return 0;
        }
        let mut ambiguous = 0;
        let mut places = [(0, 0); TOGETHER];
        let mut next = 0_u32;
        for packets in packets.chunks(TOGETHER) {
            let places = &mut places[..packets.len()];
            // PERF: the waits for the memory of many flows overlap.
            for ((spread, _), packet) in places.iter_mut().zip(packets) {
                *spread = FlowTable::<E, Earliest>::spread(&packet.brief);
                self.0.fetch(*spread);
            }
            for (spread, guess) in &mut *places {
                *guess = self.0.guess(*spread);
            }
            for (place, packet) in places.iter().zip(packets) {
                let (spread, guess) = *place;
                let own = next;
                next = next.wrapping_add(1);
                let counted = self
                    .0
                    .guessed(guess, &packet.brief)
                    .and_then(|entry| add(entry, packet));
                let number = match counted {
                    Some(number) => number,
                    None => match self.0.find(spread, &packet.brief) {
                        Some(at) => self.add(at, packet, much),
                        None => {
                            unknown.push(own);
                            continue;
                        }
                    },
                };
                ambiguous += u64::from(note(packet, number, over_time));
            }
        }
        ambiguous
    }

    /// Counts a packet of a flow whose verdict has a number, and remembers the
    /// flow. Tells whether it is ambiguous, and whether it was not remembered.
    pub(super) fn put(
        &mut self,
        packet: &Usual<E>,
        number: u32,
        over_time: &mut Steady,
        gone: &mut Vec<Counted<E>>,
    ) -> (bool, bool) {
        let spread = FlowTable::<E, Earliest>::spread(&packet.brief);
        let known = self.0.find(spread, &packet.brief);
        let at = known.unwrap_or_else(|| {
            let (at, before) = self.0.insert(&packet.brief, number, Earliest(NEVER));
            gone.extend(before.and_then(|(entry, first)| counted(&entry, first)));
            at
        });
        let number = self.add(at, packet, gone);
        (note(packet, number, over_time), known.is_none())
    }

    /// Forgets everything, and hands out its traffic.
    pub(super) fn forget(&mut self) -> impl Iterator<Item = Counted<E>> + use<E> {
        let all = self.0.drain();
        all.filter_map(|(entry, first)| counted(&entry, first))
    }

    /// Counts a packet of a flow that is remembered; returns the number of its
    /// verdict.
    fn add(&mut self, at: usize, packet: &Usual<E>, much: &mut Vec<Counted<E>>) -> u32 {
        let entry = self.0.at(at);
        if let Some(number) = add(entry, packet) {
            return number;
        }
        let number = entry.mark();
        entry.sum.add(packet.bytes);
        entry.last = entry.last.max(packet.time);
        self.add_slowly(at, packet.time, much);
        number
    }

    /// Completes [`Memory::add`] for a first packet, an earlier one than the
    /// last, or a sum that is full.
    #[cold]
    fn add_slowly(&mut self, at: usize, time: i64, much: &mut Vec<Counted<E>>) {
        let (entry, Earliest(first)) = self.0.both_at(at);
        if time != NEVER && (*first == NEVER || time < *first) {
            *first = time;
        }
        if entry.sum.is_full() {
            much.extend(counted(entry, Earliest(*first)));
            (entry.sum, entry.last, *first) = (Default::default(), NEVER, NEVER);
        }
    }
}

/// Counts a packet of a flow that came before, in order; returns the number of its
/// verdict. Any other packet is not counted.
#[inline]
fn add<E: Ends>(entry: &mut Entry<E>, packet: &Usual<E>) -> Option<u32> {
    let mut sum = entry.sum;
    sum.add(packet.bytes);
    // PERF: one branch; time seldom runs backwards.
    let is_usual = (packet.time >= entry.last) & (entry.last != NEVER) & !sum.is_full();
    if !is_usual {
        return None;
    }
    (entry.sum, entry.last) = (sum, packet.time);
    Some(entry.mark())
}

/// Counts a packet over time; tells whether it is ambiguous, and is not.
#[inline]
fn note<E>(packet: &Usual<E>, number: u32, over_time: &mut Steady) -> bool {
    let ambiguous = is_ambiguous(number);
    if packet.time != NEVER && !ambiguous {
        over_time.add_at(packet.time, outcome(number));
    }
    ambiguous
}

/// Returns the traffic of a flow with its earliest time, where there is any.
fn counted<E: Ends>(entry: &Entry<E>, Earliest(first): Earliest) -> Option<Counted<E>> {
    (!entry.sum.is_empty()).then(|| Counted {
        brief: entry.brief(),
        number: entry.mark(),
        packets: entry.sum.packets(),
        bytes: entry.sum.bytes(),
        first,
        last: entry.last,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::flow_table::BYTES_LIMIT;

    /// The greatest service there is.
    const SERVICE: u64 = (1 << 40) - 1;

    /// Sums of packets, bytes, and the first and last time.
    type Sums = (u64, u64, i64, i64);

    fn usual(ends: u64, service: u64, time: i64, bytes: u32) -> Usual<u64> {
        Usual {
            brief: Brief { ends, service },
            time,
            bytes,
            position: 0,
        }
    }

    /// Counts packets one batch after the other; the number of a flow follows
    /// from itself.
    fn counted_by(
        memory: &mut Memory<u64>,
        batches: &[Vec<Usual<u64>>],
    ) -> (Vec<Counted<u64>>, usize) {
        let (mut over_time, mut gone, mut unknown) = (Steady::default(), Vec::new(), Vec::new());
        let mut missed = 0;
        for batch in batches {
            memory.count(batch, &mut over_time, &mut unknown, &mut gone);
            missed += unknown.len();
            for at in std::mem::take(&mut unknown) {
                let packet = &batch[at as usize];
                memory.put(packet, number_of(packet), &mut over_time, &mut gone);
            }
        }
        gone.extend(memory.forget());
        (gone, missed)
    }

    fn number_of(packet: &Usual<u64>) -> u32 {
        u32::try_from(packet.brief.ends % 1000).unwrap() * 4 + 4
    }

    #[test]
    fn all_traffic_of_every_flow_comes_out_once_however_small_the_memory() {
        let mut state = 0x5EC6_2030_u64;
        let mut random = |below: u64| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state % below
        };
        for (most, flows) in [(1, 20_000), (100_000, 3_000), (100_000, 60_000)] {
            let batches: Vec<Vec<Usual<u64>>> = (0..60)
                .map(|_| {
                    let packets = (0..2_000).map(|_| {
                        let (ends, service) = (random(flows / 2), random(2) << 32 | 443);
                        let time = [NEVER, i64::try_from(random(1_000)).unwrap()];
                        let bytes = u32::try_from(random(BYTES_LIMIT.into())).unwrap();
                        usual(ends, service, time[usize::from(random(9) > 0)], bytes)
                    });
                    packets.collect()
                })
                .collect();
            let mut wanted: HashMap<(u64, u64), Sums> = HashMap::new();
            for packet in batches.iter().flatten() {
                let key = (packet.brief.ends, packet.brief.service);
                let sums = wanted.entry(key).or_insert((0, 0, i64::MAX, NEVER));
                let known = packet.time != NEVER;
                let first = if known {
                    packet.time.min(sums.2)
                } else {
                    sums.2
                };
                let bytes = sums.1 + u64::from(packet.bytes);
                *sums = (sums.0 + 1, bytes, first, sums.3.max(packet.time));
            }
            let (gone, missed) = counted_by(&mut Memory::new(most), &batches);
            let mut sums: HashMap<(u64, u64), Sums> = HashMap::new();
            for one in &gone {
                let ends = one.brief.ends;
                assert_eq!(one.number, u32::try_from(ends % 1000).unwrap() * 4 + 4);
                let sum = sums
                    .entry((ends, one.brief.service))
                    .or_insert((0, 0, i64::MAX, NEVER));
                let first = if one.first == NEVER {
                    sum.2
                } else {
                    one.first.min(sum.2)
                };
                *sum = (
                    sum.0 + one.packets,
                    sum.1 + one.bytes,
                    first,
                    sum.3.max(one.last),
                );
            }
            assert_eq!(sums, wanted, "{most} remembered");
            if most > usize::try_from(flows).unwrap() {
                assert!(
                    missed < 2 * usize::try_from(flows).unwrap(),
                    "{missed} missed"
                );
            }
        }
    }

    #[test]
    fn a_sum_is_handed_out_before_it_is_too_large() {
        let mut memory = Memory::<u64>::new(1);
        let (mut over_time, mut gone) = (Steady::default(), Vec::new());
        let packet = usual(7, SERVICE, 5, BYTES_LIMIT - 1);
        memory.put(&packet, 4, &mut over_time, &mut gone);
        let batch = vec![packet; 1 << 20];
        for _ in 0..9 {
            memory.count(&batch, &mut over_time, &mut Vec::new(), &mut gone);
        }
        assert_eq!(gone.len(), 1, "it was full once");
        gone.extend(memory.forget());
        let packets = 1 + 9 * (1 << 20);
        let sum = |of: fn(&Counted<u64>) -> u64| gone.iter().map(of).sum::<u64>();
        assert_eq!(sum(|one| one.packets), packets);
        assert_eq!(sum(|one| one.bytes), packets * u64::from(BYTES_LIMIT - 1));
        let times = gone.iter().map(|one| (one.first, one.last));
        assert_eq!(times.collect::<Vec<_>>(), [(5, 5); 2]);
        assert!(
            gone.iter()
                .all(|one| one.brief == packet.brief && one.number == 4)
        );
    }

    #[test]
    fn the_greatest_number_is_remembered_and_does_not_touch_the_service() {
        let mut memory = Memory::<u64>::new(1);
        let (mut over_time, mut gone, mut unknown) = (Steady::default(), Vec::new(), Vec::new());
        let packet = usual(7, SERVICE, NEVER, 1);
        let greatest = (1 << NUMBER_BITS) - 1;
        memory.put(&packet, greatest, &mut over_time, &mut gone);
        let other = usual(7, SERVICE ^ 1, NEVER, 1);
        memory.count(&[packet, other], &mut over_time, &mut unknown, &mut gone);
        assert_eq!(unknown, [1]);
        gone.extend(memory.forget());
        assert_eq!((gone[0].number, gone[0].packets), (greatest, 2));
    }
}
