//! Times of records.

use std::fmt;

/// Nanoseconds since the Unix epoch, as a record carries them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// Reads RFC 3339, or seconds since the Unix epoch with or without
    /// decimals, as in flow lists.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        crate::flow_log::timestamp(text).map(Self)
    }
}

impl fmt::Display for Timestamp {
    /// Writes RFC 3339 in UTC, with as many decimals as are needed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = jiff::Timestamp::from_nanosecond(i128::from(self.0));
        time.expect("the range of 64 bits of nanoseconds lies inside jiff's")
            .fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_rfc_3339_in_utc() {
        assert_eq!(Timestamp(0).to_string(), "1970-01-01T00:00:00Z");
        assert_eq!(Timestamp(-1).to_string(), "1969-12-31T23:59:59.999999999Z");
        assert_eq!(
            Timestamp(1_772_442_000_123_456_000).to_string(),
            "2026-03-02T09:00:00.123456Z"
        );
        assert_eq!(
            Timestamp(i64::MAX).to_string(),
            "2262-04-11T23:47:16.854775807Z"
        );
        assert_eq!(
            Timestamp(i64::MIN).to_string(),
            "1677-09-21T00:12:43.145224192Z"
        );
    }
}
