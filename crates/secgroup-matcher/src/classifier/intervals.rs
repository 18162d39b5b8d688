//! The classes of values: which sets hold them.
//!
//! All bounds of all sets cut the values into intervals; intervals that are in
//! the same sets are one class. With the sets 0–99 and 50–149 there are four
//! intervals (0–49, 50–99, 100–149, the rest) and four classes; with 0–9 and
//! 20–29 in one set there would be four intervals and two classes.

use std::collections::BTreeSet;

use foldhash::{HashMap, HashMapExt};

/// A value that intervals are made of.
pub trait Value: Copy + Ord {
    /// The least value.
    const LEAST: Self;

    /// Returns the next value, none behind the last.
    fn successor(self) -> Option<Self>;
}

impl Value for u16 {
    const LEAST: Self = Self::MIN;

    fn successor(self) -> Option<Self> {
        self.checked_add(1)
    }
}

/// Intervals with their classes.
#[derive(Clone, Debug)]
pub(crate) struct Classes<V> {
    /// Where each interval begins; the first at the least value.
    pub(crate) starts: Vec<V>,
    /// The class of each interval.
    pub(crate) class: Vec<u32>,
    /// The sets that hold each class, ascending.
    pub(crate) members: Vec<Vec<u32>>,
}

/// The memberships of all classes together are at most these.
const MOST_MEMBERS: usize = 1 << 26;

impl<V: Value> Classes<V> {
    /// Cuts values by the ranges of sets, each ascending and disjoint.
    ///
    /// Returns nothing where sets overlap so much that listing who holds what
    /// would take more than [`MOST_MEMBERS`].
    pub(crate) fn of<'s>(sets: impl Iterator<Item = (u32, &'s [(V, V)])>) -> Option<Self>
    where
        V: 's,
    {
        let (mut opens, mut closes) = (Vec::new(), Vec::new());
        for (set, ranges) in sets {
            for (first, last) in ranges {
                opens.push((*first, set));
                closes.extend(last.successor().map(|behind| (behind, set)));
            }
        }
        opens.sort_unstable();
        closes.sort_unstable();
        let mut classes = Self {
            starts: Vec::new(),
            class: Vec::new(),
            members: Vec::new(),
        };
        let mut sweep = Sweep::default();
        let mut known: HashMap<u128, u32> = HashMap::new();
        let (mut opens, mut closes) = (opens.into_iter().peekable(), closes.into_iter().peekable());
        let (mut at, mut total) = (V::LEAST, 0);
        loop {
            // A set whose ranges touch closes and opens at one place.
            while let Some((_, set)) = closes.next_if(|(behind, _)| *behind <= at) {
                sweep.close(set);
            }
            while let Some((_, set)) = opens.next_if(|(first, _)| *first <= at) {
                sweep.open(set);
            }
            let class = *known.entry(sweep.hash).or_insert_with(|| {
                total += sweep.held.len();
                classes.members.push(sweep.held.iter().copied().collect());
                u32::try_from(classes.members.len() - 1).expect("there are fewer than 2^32 bounds")
            });
            if total > MOST_MEMBERS {
                return None;
            }
            if classes.class.last() != Some(&class) {
                classes.starts.push(at);
                classes.class.push(class);
            }
            let next = [opens.peek(), closes.peek()];
            match next.into_iter().flatten().map(|(value, _)| *value).min() {
                Some(next) => at = next,
                None => return Some(classes),
            }
        }
    }

    /// Returns how many classes there are.
    pub(crate) fn len(&self) -> usize {
        self.members.len()
    }
}

/// The sets that hold the current value.
///
/// They are known again by the sum of a number for each, 128 bits wide and
/// well mixed: that two different collections share it is less likely than one
/// in 10²⁵ for as many as fit in memory.
#[derive(Default)]
struct Sweep {
    held: BTreeSet<u32>,
    hash: u128,
}

impl Sweep {
    fn open(&mut self, set: u32) {
        if self.held.insert(set) {
            self.hash ^= mixed(set);
        }
    }

    fn close(&mut self, set: u32) {
        if self.held.remove(&set) {
            self.hash ^= mixed(set);
        }
    }
}

/// Returns the number that stands for a set in a sum.
pub(super) fn mixed(set: u32) -> u128 {
    // Two rounds of a multiplication and a fold, with constants of no meaning.
    let half = |seed: u64| {
        let mut bits = (u64::from(set) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ seed;
        for _ in 0..3 {
            bits ^= bits >> 32;
            bits = bits.wrapping_mul(0xd6e8_feb8_6659_fd93);
        }
        bits ^ bits >> 32
    };
    u128::from(half(0x243f_6a88_85a3_08d3)) << 64 | u128::from(half(0x1319_8a2e_0370_7344))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(sets: &[&[(u16, u16)]]) -> Vec<(u16, Vec<u32>)> {
        let classes = Classes::of((0..).zip(sets.iter().copied())).unwrap();
        let intervals = classes.starts.iter().zip(&classes.class);
        intervals
            .map(|(start, class)| (*start, classes.members[*class as usize].clone()))
            .collect()
    }

    #[test]
    fn values_are_cut_at_every_bound() {
        let found = cut(&[&[(0, 99)], &[(50, 149)]]);
        assert_eq!(
            found,
            [
                (0, vec![0]),
                (50, vec![0, 1]),
                (100, vec![1]),
                (150, vec![])
            ]
        );
        assert_eq!(cut(&[&[(0, u16::MAX)]]), [(0, vec![0])]);
        assert_eq!(cut(&[]), [(0, vec![])]);
        assert_eq!(
            cut(&[&[(u16::MAX, u16::MAX)]]),
            [(0, vec![]), (u16::MAX, vec![0])]
        );
    }

    #[test]
    fn ranges_of_one_set_that_touch_are_one_interval() {
        assert_eq!(
            cut(&[&[(5, 6), (7, 8)]]),
            [(0, vec![]), (5, vec![0]), (9, vec![])]
        );
    }

    #[test]
    fn intervals_in_the_same_sets_are_one_class() {
        let classes = Classes::of([(0, &[(10_u16, 19), (30, 39)][..])].into_iter()).unwrap();
        assert_eq!(classes.class, [0, 1, 0, 1, 0]);
        assert_eq!(classes.len(), 2);
    }
}
