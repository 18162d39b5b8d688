//! Port ranges.

use std::fmt;

use crate::Shown;

/// The ports from `first` to `last`, both included (2.6.1).
///
/// Port 0 is in no range, also not in `1/65535` (3.5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PortRange {
    // INVARIANT: 1 <= first <= last.
    first: u16,
    last: u16,
}

/// Text or numbers that are not a port range.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidPortRange {
    /// Not of the form `first/last`.
    #[error("`{}` is not a port range; expected first/last, such as 80/80", Shown(.0))]
    Syntax(String),
    /// A single number.
    #[error("`{}` is a single port; write {}/{}", Shown(.0), Shown(.0), Shown(.0))]
    Single(String),
    /// A number outside 1..=65535.
    #[error("`{}` reaches outside the ports 1 to 65535", Shown(.0))]
    OutOfRange(String),
    /// The first port lies behind the last.
    #[error("`{}` has its first port behind its last", Shown(.0))]
    Reversed(String),
}

impl PortRange {
    /// Checks the bounds once, so that no other code has to.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidPortRange`] unless `1 <= first <= last` (2.6.1).
    pub fn new(first: u16, last: u16) -> Result<Self, InvalidPortRange> {
        let text = || format!("{first}/{last}");
        if first == 0 || last == 0 {
            return Err(InvalidPortRange::OutOfRange(text()));
        }
        if first > last {
            return Err(InvalidPortRange::Reversed(text()));
        }
        Ok(Self { first, last })
    }

    /// Reads `first/last` (2.6.1, 2.6.3).
    ///
    /// # Errors
    ///
    /// Returns [`InvalidPortRange`], naming what is wrong, for anything else;
    /// `-1/-1` is not a range but the absence of one, and is an error here.
    pub fn parse(text: &str) -> Result<Self, InvalidPortRange> {
        let number = |part: &str| -> Option<u64> {
            let digits = part.strip_prefix('-').unwrap_or(part);
            let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
            // A negative or enormous number is a number, but no port: 0 and the
            // greatest number are out of range too.
            if part.starts_with('-') {
                plain.then_some(0)
            } else {
                plain.then(|| part.parse().unwrap_or(u64::MAX))
            }
        };
        let Some((first, last)) = text.split_once('/') else {
            return Err(match number(text) {
                Some(_) => InvalidPortRange::Single(text.to_owned()),
                None => InvalidPortRange::Syntax(text.to_owned()),
            });
        };
        let (Some(first), Some(last)) = (number(first), number(last)) else {
            return Err(InvalidPortRange::Syntax(text.to_owned()));
        };
        let (Ok(first), Ok(last)) = (u16::try_from(first), u16::try_from(last)) else {
            return Err(InvalidPortRange::OutOfRange(text.to_owned()));
        };
        Self::new(first, last).map_err(|error| match error {
            InvalidPortRange::Reversed(_) => InvalidPortRange::Reversed(text.to_owned()),
            _ => InvalidPortRange::OutOfRange(text.to_owned()),
        })
    }

    /// Returns the first port.
    #[must_use]
    pub const fn first(self) -> u16 {
        self.first
    }

    /// Returns the last port.
    #[must_use]
    pub const fn last(self) -> u16 {
        self.last
    }

    /// Tells whether `port` lies in the range.
    #[must_use]
    pub const fn contains(self, port: u16) -> bool {
        self.first <= port && port <= self.last
    }

    /// Returns the number of ports in the range: 1 to 65535.
    #[must_use]
    pub const fn width(self) -> u16 {
        self.last - self.first + 1
    }
}

impl fmt::Display for PortRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.first, self.last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The reference and the matcher share containment, so every boundary is
    /// written down here.
    #[test]
    fn containment_at_every_boundary() {
        for (first, last, inside, outside) in [
            (1, 65535, vec![1, 2, 65534, 65535], vec![0]),
            (80, 80, vec![80], vec![0, 79, 81, 65535]),
            (80, 82, vec![80, 81, 82], vec![79, 83]),
            (1, 1, vec![1], vec![0, 2]),
            (65535, 65535, vec![65535], vec![65534, 0]),
        ] {
            let range = PortRange::new(first, last).unwrap();
            for port in inside {
                assert!(range.contains(port), "{range} {port}");
            }
            for port in outside {
                assert!(!range.contains(port), "{range} {port}");
            }
        }
    }

    #[test]
    fn a_range_has_two_ports_in_order_between_1_and_65535_2_6_1() {
        use InvalidPortRange as E;
        assert_eq!(PortRange::parse("22/22"), PortRange::new(22, 22));
        assert_eq!(PortRange::parse("1/65535").unwrap().width(), 65535);
        for (text, error) in [
            ("200/1", E::Reversed as fn(String) -> E),
            ("0/80", E::OutOfRange),
            ("-1/80", E::OutOfRange),
            ("-1/-1", E::OutOfRange),
            ("1/65536", E::OutOfRange),
            ("1/99999999999999999999999", E::OutOfRange),
            ("80", E::Single),
            ("18082", E::Single),
            (" 80 / 80 ", E::Syntax),
            ("80/80/80", E::Syntax),
            ("80-90", E::Syntax),
            ("+80/80", E::Syntax),
            ("/", E::Syntax),
            ("", E::Syntax),
        ] {
            assert_eq!(
                PortRange::parse(text),
                Err(error(text.to_owned())),
                "{text:?}"
            );
        }
    }
}
