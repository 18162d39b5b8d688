//! Rule priorities.

use std::fmt;

/// The priority of a rule: 1 is considered first, 100 last (2.3.1).
///
/// A *smaller* number is a *higher* priority, so `<` on this type would read
/// both ways. It therefore has no `Ord`.
///
/// Rules that ECS created before May 27 2020 carry 101 to 110 (2.3.4). Such a
/// number can be imported and is evaluated, but never given to a new rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Priority(
    // INVARIANT: 1..=110, above 100 only by `imported`.
    u8,
);

/// A number that is not a priority.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPriority {
    /// Outside what a new rule may have.
    #[error("priority must be between 1 and 100, got {0}")]
    New(i64),
    /// Outside what an existing rule can have.
    #[error("priority {0} is not in 1..100, nor one of the imported legacy priorities 101..110")]
    Imported(i64),
}

impl Priority {
    /// The priority of a rule that does not name one (2.1).
    pub const DEFAULT: Self = Self(1);

    /// Checks the number of a new rule.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidPriority::New`] unless `number` lies in `1..=100`.
    pub fn new(number: i64) -> Result<Self, InvalidPriority> {
        match u8::try_from(number) {
            Ok(number @ 1..=100) => Ok(Self(number)),
            _ => Err(InvalidPriority::New(number)),
        }
    }

    /// Checks the number of a rule that exists already, which may be a legacy one.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidPriority::Imported`] unless `number` lies in `1..=110`.
    pub fn imported(number: i64) -> Result<Self, InvalidPriority> {
        match u8::try_from(number) {
            Ok(number @ 1..=110) => Ok(Self(number)),
            _ => Err(InvalidPriority::Imported(number)),
        }
    }

    /// Returns the number.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }

    /// Tells whether this is one of the imported priorities 101 to 110.
    #[must_use]
    pub const fn is_legacy(self) -> bool {
        self.0 > 100
    }
}

impl fmt::Display for Priority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_rules_have_1_to_100_and_imported_ones_up_to_110_2_3() {
        for (number, new, imported) in [
            (i64::MIN, false, false),
            (-1, false, false),
            (0, false, false),
            (1, true, true),
            (100, true, true),
            (101, false, true),
            (110, false, true),
            (111, false, false),
            (256 + 1, false, false),
            (i64::MAX, false, false),
        ] {
            assert_eq!(Priority::new(number).is_ok(), new, "{number}");
            assert_eq!(Priority::imported(number).is_ok(), imported, "{number}");
        }
        assert!(!Priority::imported(100).unwrap().is_legacy());
        assert!(Priority::imported(101).unwrap().is_legacy());
    }
}
