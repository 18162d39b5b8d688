//! Flows of a list, each judged anew.
//!
//! Hundreds are judged together by their headers ([`Found`]), and counted by
//! verdict. What was found stands for the same verdict most often, so its number
//! is remembered. Once as many conversations are told apart as there may be, all
//! that most flows need is the look that tells that theirs is none of them.

use secgroup_matcher::classifier::Header;
use secgroup_matcher::{Answer, Found};
use secgroup_model::Family;

use super::memory::Usual;
use super::verdicts::{is_ambiguous, outcome_of};
use super::{Briefs, Common, Fresh, Judging};
use crate::decode::plain::{Brief, Ends, Four, Six};
use crate::ranking::{Place, Rankings};
use crate::tally::{Count, Tally};
use crate::timeline::Part;
use crate::{Conversation, Record};

/// How many flows are judged together.
pub(super) const TOGETHER: usize = 512;

/// A flow of which nothing else is known.
const ONE: Count = Count {
    flows: 1,
    packets: 1,
    bytes: 0,
    first_seen: None,
    last_seen: None,
};

/// How many findings are remembered, as a power of two.
const KNOWN_BITS: u32 = 11;

/// The numbers of verdicts of what was found lately, in one family.
#[derive(Debug)]
pub(super) struct Known {
    // INVARIANT: 2^KNOWN_BITS, each where its hash says.
    numbers: Vec<(Found, u32)>,
}

impl Default for Known {
    fn default() -> Self {
        // No verdict has the number 0.
        let numbers = vec![(Found::OTHERWISE, 0); 1 << KNOWN_BITS];
        Self { numbers }
    }
}

impl Known {
    /// Returns the number of what was found, or what `number` says it is.
    #[inline]
    fn number(&mut self, found: Found, number: impl FnOnce() -> u32) -> u32 {
        let place = found.spread() >> (u64::BITS - KNOWN_BITS);
        let known = &mut self.numbers[place as usize & ((1 << KNOWN_BITS) - 1)];
        if known.0 != found {
            *known = (found, number());
        }
        known.1
    }
}

/// What there is of one family.
pub(super) trait Headed: Ends {
    /// An address as a number.
    type Address: Copy + Default;

    /// The family.
    const FAMILY: Family;

    /// Returns the header of a flow.
    fn header(brief: &Brief<Self>) -> Header<Self::Address>;

    /// Finds what decides.
    fn find(part: &Part<'_>, headers: &[Header<Self::Address>], found: &mut [Found]);
}

impl Headed for Four {
    type Address = u32;

    const FAMILY: Family = Family::V4;

    #[inline]
    fn header(brief: &Brief<Self>) -> Header<u32> {
        let [a, b, c, d, e, f, g, h] = brief.ends.to_be_bytes();
        let (source, destination) = ([a, b, c, d], [e, f, g, h]);
        header(
            brief,
            u32::from_be_bytes(source),
            u32::from_be_bytes(destination),
        )
    }

    fn find(part: &Part<'_>, headers: &[Header<u32>], found: &mut [Found]) {
        part.judge.find_v4(headers, found);
    }
}

impl Headed for Six {
    type Address = u128;

    const FAMILY: Family = Family::V6;

    #[inline]
    fn header(brief: &Brief<Self>) -> Header<u128> {
        let [source, destination] = brief.ends;
        header(brief, source, destination)
    }

    fn find(part: &Part<'_>, headers: &[Header<u128>], found: &mut [Found]) {
        part.judge.find_v6(headers, found);
    }
}

#[inline]
fn header<E, A>(brief: &Brief<E>, source: A, destination: A) -> Header<A>
where
    E: Ends,
{
    let [source_port, destination_port] = brief.ports();
    Header {
        source,
        destination,
        source_port,
        destination_port,
        protocol: brief.protocol(),
        fill: [0; 3],
    }
}

impl Judging {
    /// Judges the flows of a list, those of lines that are not plain as
    /// `records`; returns how many have an address that several networks have,
    /// and are not judged. `rankings` are of all chunks of rounds before.
    pub(crate) fn judge_rows(
        &mut self,
        part: &Part<'_>,
        briefs: &mut Briefs,
        records: &[Record],
        rankings: &Rankings,
        tally: &mut Tally,
    ) -> u64 {
        self.make_room(tally);
        let Briefs { four, six, fresh } = briefs;
        let mut ambiguous = self.common.judge_flows(part, four, rankings, fresh);
        ambiguous += self.common.judge_flows(part, six, rankings, fresh);
        if !records.is_empty() {
            ambiguous += self.common.judge_records(part, records, fresh);
        }
        fresh.sort_by_key(|one| one.position);
        ambiguous
    }
}

impl Common {
    /// Judges and counts the flows of a family; returns how many are ambiguous.
    fn judge_flows<E: Headed>(
        &mut self,
        part: &Part<'_>,
        rows: &[Usual<E>],
        rankings: &Rankings,
        fresh: &mut Vec<Fresh>,
    ) -> u64 {
        let mut ambiguous = 0;
        let mut numbers = [0; TOGETHER];
        for rows in rows.chunks(TOGETHER) {
            self.number(part, rows, &mut numbers);
            for number in &numbers[..rows.len()] {
                if is_ambiguous(*number) {
                    ambiguous += 1;
                } else {
                    self.verdicts.add_flow(*number);
                }
            }
            self.rank_all(rows, &numbers, rankings, fresh);
        }
        ambiguous
    }

    /// Tells the numbers of the verdicts of at most [`TOGETHER`] flows.
    pub(super) fn number<E: Headed>(
        &mut self,
        part: &Part<'_>,
        flows: &[Usual<E>],
        numbers: &mut [u32; TOGETHER],
    ) {
        let mut headers = [Header::<E::Address>::default(); TOGETHER];
        let mut found = [Found::OTHERWISE; TOGETHER];
        let headers = &mut headers[..flows.len()];
        for (header, flow) in headers.iter_mut().zip(flows) {
            *header = E::header(&flow.brief);
        }
        E::find(part, headers, &mut found[..flows.len()]);
        self.number_all(part, flows, &found, numbers);
    }

    /// Tells the numbers of the verdicts of flows of which was found what
    /// decides.
    fn number_all<E: Headed>(
        &mut self,
        part: &Part<'_>,
        rows: &[Usual<E>],
        found: &[Found; TOGETHER],
        numbers: &mut [u32; TOGETHER],
    ) {
        self.places.clear();
        self.flows.clear();
        let known = &mut self.known[usize::from(E::IS_V6)];
        for (at, (row, found)) in (0..).zip(rows.iter().zip(found)) {
            if *found == Found::OTHERWISE {
                self.places.push(at);
                self.flows.push(row.brief.flow());
                continue;
            }
            numbers[at as usize] = known.number(*found, || {
                let sides = part.judge.sides(*found, E::FAMILY);
                let sides = sides.expect("it was found by its header");
                self.verdicts.number(&Answer::Judged(sides))
            });
        }
        self.decide(part);
        for (at, answer) in self.places.iter().zip(&self.answers) {
            numbers[*at as usize] = self.verdicts.number(answer);
        }
    }

    /// Ranks flows whose verdicts have numbers, or notes that they come too late.
    fn rank_all<E: Headed>(
        &mut self,
        rows: &[Usual<E>],
        numbers: &[u32; TOGETHER],
        rankings: &Rankings,
        fresh: &mut Vec<Fresh>,
    ) {
        // PERF: which are ranked nobody can foresee, so they are picked without
        // branches; then all hashes are there before any is looked for.
        let (mut picked, mut count) = ([0; TOGETHER], 0);
        for (at, number) in numbers[..rows.len()].iter().enumerate() {
            picked[count % TOGETHER] = at;
            count += usize::from(self.is_ranked(*number));
        }
        let mut hashes = [0; TOGETHER];
        for (hash, at) in hashes.iter_mut().zip(&picked[..count]) {
            *hash = rankings.hash(&Conversation::of_brief(&rows[*at].brief));
        }
        for (hash, at) in hashes.into_iter().zip(&picked[..count]) {
            let (row, number) = (&rows[*at], numbers[*at]);
            let outcome = outcome_of(number);
            let place = rankings.place(outcome, hash, || Conversation::of_brief(&row.brief));
            if place == Place::Beyond {
                self.verdicts.add_beyond(number, &ONE);
                continue;
            }
            let conversation = Conversation::of_brief(&row.brief);
            if place == Place::New {
                fresh.push(Fresh {
                    position: row.position,
                    outcome,
                    conversation,
                });
            }
            let decider = self.verdicts.decider(number);
            self.unranked.push((conversation, ONE, decider));
        }
    }
}
