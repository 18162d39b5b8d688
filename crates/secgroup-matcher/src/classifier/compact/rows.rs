//! Rows: for each variant a byte that says where in the same line its list is,
//! then the lists. Where that does not fit, the place of a list stands for it.

use std::cmp::Reverse;

use foldhash::{HashMap, HashMapExt};

use super::lists::{self, Lists};
use super::{CacheLine, Filling, SHORTS};

/// Added to the position of a list where only the place of the list is there.
pub(in crate::classifier) const OUTSIDE: u8 = 1 << 7;

/// Writes rows, equal ones once, and the lists that they do not hold. Returns
/// the lines and the place of each row; nothing where that is too much.
pub(super) fn laid_out(rows: &[Vec<u32>], lists: &Lists) -> Option<(Vec<CacheLine>, Vec<u16>)> {
    let mut filling = Filling::default();
    let mut known: HashMap<&[u32], u16> = HashMap::new();
    // Where lists are that some row does not hold.
    let mut outside: HashMap<u32, u16> = HashMap::new();
    let mut places = Vec::with_capacity(rows.len());
    for row in rows {
        let place = match known.get(&row[..]) {
            Some(place) => *place,
            None => {
                let place = lay_out(&mut filling, row, lists, &mut outside)?;
                known.insert(row, place);
                place
            }
        };
        places.push(place);
    }
    Some((filling.lines, places))
}

/// Writes a row; returns its place.
fn lay_out(
    filling: &mut Filling,
    row: &[u32],
    lists: &Lists,
    outside: &mut HashMap<u32, u16>,
) -> Option<u16> {
    let mut own = row.to_vec();
    own.sort_unstable();
    own.dedup();
    let list = |number: u32| &lists.all[number as usize][..];
    // Single answers first, which take no more than another place would, then the
    // longest: they have most filters, which most headers are about.
    own.sort_by_key(|number| {
        let length = list(*number).len();
        (length > 1, Reverse(length))
    });
    let variants = u32::try_from(row.len()).ok()?.div_ceil(2);
    let places = u32::try_from(own.len()).ok()?;
    let mut left = SHORTS.checked_sub(variants + places)?;
    // Whether each list is in the row, and how many numbers that takes.
    let mut held = Vec::with_capacity(own.len());
    for number in &own {
        // Instead of its place.
        let more = lists::length(list(*number)).map(|length| length - 1);
        let more = more.filter(|more| *more <= left);
        left -= more.unwrap_or(0);
        held.push((more.is_some(), 1 + more.unwrap_or(0)));
    }
    for (number, (within, _)) in own.iter().zip(&held) {
        if !within && !outside.contains_key(number) {
            outside.insert(*number, lists::lay_out(filling, list(*number))?);
        }
    }
    let length: u32 = held.iter().map(|(_, length)| length).sum();
    let place = filling.room(2 * (variants + length))?;
    let mut at = place.begin / 2 + variants;
    for (number, (within, length)) in own.iter().zip(held) {
        let position = u8::try_from(at).ok()?;
        if within {
            lists::write(place.line, at, list(*number), 0);
        } else {
            place.line.put_short(at, outside[number]);
        }
        let mark = if within { 0 } else { OUTSIDE };
        for (variant, _) in row.iter().enumerate().filter(|(_, own)| *own == number) {
            place.line.0[place.begin as usize + variant] = position | mark;
        }
        at += length;
    }
    Some(place.number)
}
