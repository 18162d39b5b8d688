//! Uneven choices, made with integers so that they are the same everywhere.

use crate::rng::Rng;

/// Returns one of `choices`, as often as its weight says. There must be one
/// whose weight is not 0.
pub(crate) fn weighted<T: Copy>(rng: &mut Rng, choices: &[(usize, T)]) -> T {
    let total = choices.iter().map(|(weight, _)| weight).sum();
    let mut drawn = rng.below(total);
    for (weight, choice) in choices {
        if drawn < *weight {
            return *choice;
        }
        drawn -= weight;
    }
    unreachable!("what is drawn is below the sum of all weights")
}

/// Returns a number below `end`, which must be from 1 to 2³². The first tenth
/// of the numbers gets 1/10 of the draws where `power` is 1, 1/3 where it is 2,
/// 1/2 where it is 3 or 4.
pub(crate) fn skewed(rng: &mut Rng, end: usize, power: u32) -> usize {
    // A fraction of 32 bits, to the power.
    let unit = rng.next() >> 32;
    let mut fraction = unit;
    for _ in 1..power {
        fraction = (fraction * unit) >> 32;
    }
    usize::try_from((fraction * end as u64) >> 32).expect("below `end`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_come_as_often_as_their_weights_say() {
        let mut rng = Rng::new(1);
        let mut counts = [0; 3];
        for _ in 0..10_000 {
            counts[weighted(&mut rng, &[(1, 0), (0, 1), (3, 2)])] += 1;
        }
        assert_eq!(counts[1], 0);
        assert!((2_300..2_700).contains(&counts[0]), "{counts:?}");
    }

    #[test]
    fn the_first_tenth_is_drawn_as_often_as_the_power_says() {
        for (power, share) in [(1, 10), (2, 32), (3, 46), (4, 56)] {
            let mut rng = Rng::new(1);
            let drawn: Vec<usize> = (0..10_000).map(|_| skewed(&mut rng, 50, power)).collect();
            assert!(drawn.iter().all(|number| *number < 50));
            assert!(drawn.contains(&49));
            let first = drawn.iter().filter(|number| **number < 5).count();
            assert!(first.abs_diff(share * 100) < 200, "{power}: {first}");
        }
        assert_eq!(skewed(&mut Rng::new(1), 1, 3), 0);
    }
}
