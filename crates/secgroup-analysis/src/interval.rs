//! Sets of numbers as few disjoint intervals.
//!
//! Addresses, protocols and ports are numbers here. A set of them is a sorted
//! list of intervals with gaps between them, so equal sets are equal values.

/// A set of numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Intervals(
    // INVARIANT: each first <= last; ascending, and at least one number is
    // missing between two neighbours.
    Vec<(u128, u128)>,
);

impl Intervals {
    /// Returns the set of the numbers from `first` to `last`, both included;
    /// empty when they are in the wrong order.
    #[must_use]
    pub fn between(first: u128, last: u128) -> Self {
        if first <= last {
            Self(vec![(first, last)])
        } else {
            Self::default()
        }
    }

    /// Returns the set of one number.
    #[must_use]
    pub fn one(number: u128) -> Self {
        Self(vec![(number, number)])
    }

    /// Tells whether nothing is in the set.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the intervals, ascending.
    #[must_use]
    pub fn as_slice(&self) -> &[(u128, u128)] {
        &self.0
    }

    /// Returns the least number.
    #[must_use]
    pub fn first(&self) -> Option<u128> {
        self.0.first().map(|(first, _)| *first)
    }

    /// Tells whether `number` is in the set.
    #[must_use]
    pub fn contains(&self, number: u128) -> bool {
        let behind = self.0.partition_point(|(_, last)| *last < number);
        self.0
            .get(behind)
            .is_some_and(|(first, _)| *first <= number)
    }

    /// Returns how many numbers are in the set; the greatest number where
    /// there are more.
    #[must_use]
    pub fn size(&self) -> u128 {
        let sizes = self.0.iter();
        sizes.fold(0_u128, |sum, (first, last)| {
            sum.saturating_add((last - first).saturating_add(1))
        })
    }

    /// Returns what is in either set.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        self.0.iter().chain(&other.0).copied().collect()
    }

    /// Returns what is in both sets.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        let (mut left, mut right) = (self.0.as_slice(), other.0.as_slice());
        let mut both = Vec::new();
        while let (Some((a, b)), Some((c, d))) = (left.first(), right.first()) {
            let (first, last) = (*a.max(c), *b.min(d));
            if first <= last {
                both.push((first, last));
            }
            if b < d {
                left = &left[1..];
            } else {
                right = &right[1..];
            }
        }
        Self(both)
    }

    /// Tells whether some number is in both sets.
    #[must_use]
    pub fn meets(&self, other: &Self) -> bool {
        let (mut left, mut right) = (self.0.as_slice(), other.0.as_slice());
        while let (Some((a, b)), Some((c, d))) = (left.first(), right.first()) {
            if a <= d && c <= b {
                return true;
            }
            if b < d {
                left = &left[1..];
            } else {
                right = &right[1..];
            }
        }
        false
    }

    /// Returns what is up to `greatest` and not in the set.
    #[must_use]
    pub fn complement(&self, greatest: u128) -> Self {
        let mut gaps = Vec::new();
        let mut next = Some(0);
        for (first, last) in &self.0 {
            if let Some(start) = next
                && start < *first
                && start <= greatest
            {
                gaps.push((start, (first - 1).min(greatest)));
            }
            next = last.checked_add(1);
        }
        if let Some(start) = next.filter(|start| *start <= greatest) {
            gaps.push((start, greatest));
        }
        Self(gaps)
    }

    /// Returns what is in this set and not in the other.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        self.intersection(&other.complement(u128::MAX))
    }

    /// Tells whether everything in the other set is in this one.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        other.difference(self).is_empty()
    }
}

impl FromIterator<(u128, u128)> for Intervals {
    /// Joins intervals in any order; those in the wrong order are empty.
    fn from_iter<T: IntoIterator<Item = (u128, u128)>>(intervals: T) -> Self {
        let mut all: Vec<(u128, u128)> = intervals.into_iter().collect();
        all.retain(|(first, last)| first <= last);
        all.sort_unstable();
        let mut joined: Vec<(u128, u128)> = Vec::with_capacity(all.len());
        for (first, last) in all {
            match joined.last_mut() {
                Some((_, end)) if first <= end.saturating_add(1) => *end = last.max(*end),
                _ => joined.push((first, last)),
            }
        }
        Self(joined)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(intervals: &[(u128, u128)]) -> Intervals {
        intervals.iter().copied().collect()
    }

    #[test]
    fn neighbours_are_joined_and_empty_intervals_are_none() {
        assert_eq!(set(&[(5, 9), (0, 4)]), Intervals::between(0, 9));
        assert_eq!(set(&[(0, 4), (6, 9)]).as_slice(), [(0, 4), (6, 9)]);
        assert_eq!(set(&[(4, 0)]), Intervals::default());
        assert_eq!(set(&[(0, u128::MAX), (7, 7)]).as_slice(), [(0, u128::MAX)]);
    }

    #[test]
    fn operations_agree_with_sets_of_bits() {
        // Every pair of subsets of six numbers, and what lies beyond.
        let of = |bits: u32| -> Intervals {
            (0..6_u32)
                .filter(|bit| bits >> bit & 1 == 1)
                .map(|bit| (u128::from(bit), u128::from(bit)))
                .collect()
        };
        for a in 0..64 {
            assert_eq!(of(a).complement(5), of(!a & 63));
            assert_eq!(of(a).size(), u128::from(a.count_ones()));
            for b in 0..64 {
                assert_eq!(of(a).union(&of(b)), of(a | b));
                assert_eq!(of(a).intersection(&of(b)), of(a & b));
                assert_eq!(of(a).meets(&of(b)), a & b != 0);
                assert_eq!(of(a).difference(&of(b)), of(a & !b));
                assert_eq!(of(a).covers(&of(b)), b & !a == 0);
            }
            for number in 0..7 {
                assert_eq!(of(a).contains(number), a >> number & 1 == 1);
            }
        }
    }

    #[test]
    fn the_greatest_number_is_no_special_case() {
        let all = Intervals::between(0, u128::MAX);
        assert!(all.complement(u128::MAX).is_empty());
        assert_eq!(all.size(), u128::MAX);
        let last = Intervals::one(u128::MAX);
        assert_eq!(
            last.complement(u128::MAX),
            Intervals::between(0, u128::MAX - 1)
        );
        assert_eq!(Intervals::default().complement(9), Intervals::between(0, 9));
    }
}
