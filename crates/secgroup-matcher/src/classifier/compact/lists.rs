//! Lists of destination ports at which an answer changes.

use foldhash::HashMap;

use super::{CacheLine, Filling, SHORTS};
use crate::classifier::ruleset::RuleSet;

/// A list of so many answers fits in a line, whatever they are; longer ones are
/// cut into pieces.
const PIECE: usize = 15;

/// Added to the number of boundaries, which is what a list begins with, where
/// what stands behind each is the place of another list.
pub(in crate::classifier) const DEEPER: u16 = 1 << 8;

/// From this bit, the number that a list begins with says which bits of the
/// position of an answer count: all, or the lowest where two answers take turns.
pub(in crate::classifier) const COUNTING: u32 = 10;

/// Lists of ports and answers, each once.
#[derive(Default)]
pub(super) struct Lists {
    /// Where answers begin, and what they are.
    pub(super) all: Vec<Vec<(u16, u16)>>,
    known: HashMap<Vec<(u16, u16)>, u32>,
    /// Room for the next one.
    next: Vec<(u16, u16)>,
}

impl Lists {
    /// Returns the number of the list that filters, given in order, lead to.
    pub(super) fn number<A>(
        &mut self,
        all: &RuleSet<A>,
        rules: &[u32],
        otherwise: u16,
        answer: impl Fn(u32) -> u16,
    ) -> u32 {
        let list = &mut self.next;
        list.clear();
        list.push((0, otherwise));
        for rule in rules.iter().rev() {
            let service = &all.services[all.rules[*rule as usize].service as usize];
            paint(list, service.destination_ports, answer(*rule));
        }
        list.dedup_by_key(|(_, answer)| *answer);
        if let Some(number) = self.known.get(&list[..]) {
            return *number;
        }
        let number = u32::try_from(self.all.len()).expect("fewer than filters squared");
        self.all.push(list.clone());
        self.known.insert(list.clone(), number);
        number
    }
}

/// Sets the answer for a range of ports.
fn paint(list: &mut Vec<(u16, u16)>, (first, last): (u16, u16), answer: u16) {
    let from = list.partition_point(|(start, _)| *start < first);
    let behind = list.partition_point(|(start, _)| *start <= last);
    let after = list[behind - 1].1;
    let rest = last.checked_add(1).filter(|next| {
        // Something begins there already.
        list.get(behind).is_none_or(|(start, _)| start != next)
    });
    let own = [(first, answer)].into_iter();
    let rest = rest.map(|next| (next, after));
    list.splice(from..behind, own.chain(rest));
}

/// Returns how many numbers a list takes in one piece, nothing for more than a
/// line has.
pub(super) fn length(list: &[(u16, u16)]) -> Option<u32> {
    let length = u32::try_from(list.len() + answers(list).len()).ok()?;
    (length <= SHORTS).then_some(length)
}

/// Returns the answers of a list as far as they do not repeat: of two in turn
/// these two.
fn answers(list: &[(u16, u16)]) -> &[(u16, u16)] {
    let mut others = list.iter().zip(list.iter().skip(2));
    if others.all(|((_, one), (_, other))| one == other) {
        &list[..list.len().min(2)]
    } else {
        list
    }
}

/// Writes a list in one piece: how many boundaries, the boundaries, the answers.
pub(super) fn write(line: &mut CacheLine, begin: u32, list: &[(u16, u16)], mark: u16) {
    let bounds = u16::try_from(list.len() - 1).expect("less than a line has");
    let answers = answers(list);
    let counting = if answers.len() < list.len() {
        1
    } else {
        u16::MAX
    };
    let first = bounds | mark | counting << COUNTING;
    let starts = list[1..].iter().map(|(start, _)| *start);
    let answers = answers.iter().map(|(_, answer)| *answer);
    let numbers = [first].into_iter().chain(starts).chain(answers);
    for (at, number) in (begin..).zip(numbers) {
        line.put_short(at, number);
    }
}

/// Writes a list in as many pieces as it needs; returns its place.
pub(super) fn lay_out(filling: &mut Filling, list: &[(u16, u16)]) -> Option<u16> {
    let (mut list, mut mark) = (list.to_vec(), 0);
    while length(&list).is_none() {
        let pieces = list.chunks(PIECE);
        let above = pieces.map(|piece| Some((piece[0].0, push(filling, piece, mark)?)));
        list = above.collect::<Option<_>>()?;
        mark = DEEPER;
    }
    push(filling, &list, mark)
}

fn push(filling: &mut Filling, list: &[(u16, u16)], mark: u16) -> Option<u16> {
    let place = filling.room(2 * length(list)?)?;
    write(place.line, place.begin / 2, list, mark);
    Some(place.number)
}
