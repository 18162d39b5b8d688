//! Rows that are about something else than a flow; they are counted and never
//! guessed at.

use std::fmt;

use super::column::Column;
use super::{LogFormat, Row};

/// Why a row in good order is not judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RowSkip {
    /// The interface had no traffic in the window (6.5.4).
    NoData,
    /// The log lost records of the window (6.5.4).
    SkipData,
    /// An event that is not a flow.
    OtherEvent,
    /// A protocol that the recorder did not know.
    UnknownProtocol,
}

impl RowSkip {
    /// How many reasons there are.
    pub const COUNT: usize = 4;

    /// Every reason, in the order of results.
    pub const ALL: [Self; Self::COUNT] = [
        Self::NoData,
        Self::SkipData,
        Self::OtherEvent,
        Self::UnknownProtocol,
    ];

    /// Returns its place in [`RowSkip::ALL`].
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// Returns the name that results use for it; it never changes.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoData => "no-data",
            Self::SkipData => "skip-data",
            Self::OtherEvent => "other-event",
            Self::UnknownProtocol => "unknown-protocol",
        }
    }

    /// Tells whether `row`, which has all its values, is to be skipped.
    pub(super) fn of(row: Row<'_>) -> Option<Self> {
        let dialect = row.layout().dialect;
        let status = row.value(Column::Status).trim_ascii();
        if status.eq_ignore_ascii_case(b"NODATA") {
            return Some(Self::NoData);
        }
        if status.eq_ignore_ascii_case(b"SKIPDATA") {
            return Some(Self::SkipData);
        }
        if !dialect.events.is_empty() {
            let event = row.value(Column::Event);
            if !dialect.events.iter().any(|flow| flow.as_bytes() == event) {
                return Some(Self::OtherEvent);
            }
        }
        let unknown = dialect.format == LogFormat::Zeek
            && row.value(Column::Protocol) == b"unknown_transport"
            && matches!(row.value(Column::IpProtocol), b"" | b"-");
        unknown.then_some(Self::UnknownProtocol)
    }
}

/// Writes a phrase that fits behind a count: `3 rows skipped: …`.
impl fmt::Display for RowSkip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoData => "no traffic in the window (NODATA)",
            Self::SkipData => "the log itself lost records of the window (SKIPDATA)",
            Self::OtherEvent => "an event that is not a flow",
            Self::UnknownProtocol => "a protocol that the log does not tell",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_have_distinct_names_in_the_order_of_results() {
        for (index, skip) in RowSkip::ALL.into_iter().enumerate() {
            assert_eq!(skip.index(), index);
            let same = RowSkip::ALL
                .iter()
                .filter(|other| other.name() == skip.name());
            assert_eq!(same.count(), 1);
        }
    }
}
