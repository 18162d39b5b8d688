//! Records that are not judged, counted by reason.

use std::fmt;

use crate::decode::SkipReason;
use crate::flow_log::{RowProblemKind, RowSkip};

/// Why a record is not judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Skip {
    /// A packet that cannot be decoded, or is not IP.
    Packet(SkipReason),
    /// A row that makes no sense, where those are skipped.
    Row(RowProblemKind),
    /// A row about something else than a flow.
    OtherRow(RowSkip),
    /// An address that several networks of the snapshot have.
    AmbiguousAddress,
    /// A TCP packet of a session that began before the input, under
    /// `conntrack.midstream=skip` (3.8.4).
    Midstream,
}

impl Skip {
    /// Returns the name that results use for it; it never changes.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Packet(reason) => reason.name(),
            Self::Row(kind) => kind.name(),
            Self::OtherRow(skip) => skip.name(),
            Self::AmbiguousAddress => "ambiguous-address",
            Self::Midstream => "midstream",
        }
    }
}

/// Writes a sentence that fits behind a count: `3 records: …`.
impl fmt::Display for Skip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Packet(reason) => reason.fmt(f),
            Self::Row(kind) => kind.fmt(f),
            Self::OtherRow(skip) => skip.fmt(f),
            Self::AmbiguousAddress => f.write_str(
                "address in several VPCs of the snapshot; a vpc_id column says which is meant",
            ),
            Self::Midstream => {
                f.write_str("TCP session older than the input (conntrack.midstream=skip)")
            }
        }
    }
}

/// How many records were skipped, by reason, and where the first was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skips {
    counts: [Skipped; Self::REASONS],
}

/// Records that were skipped for one reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Skipped {
    count: u64,
    /// The packet or line of the first, where that is known.
    first: Option<u64>,
}

impl Default for Skips {
    fn default() -> Self {
        Self {
            counts: [Skipped::default(); Self::REASONS],
        }
    }
}

impl Skips {
    const ROWS: usize = SkipReason::COUNT;
    const OTHER_ROWS: usize = Self::ROWS + RowProblemKind::COUNT;
    const AMBIGUOUS: usize = Self::OTHER_ROWS + RowSkip::COUNT;
    const REASONS: usize = Self::AMBIGUOUS + 2;

    /// Counts one record that is wherever it is.
    pub fn add(&mut self, skip: Skip) {
        self.add_many(skip, 1);
    }

    /// Counts one record, the packet or line of this number.
    pub(crate) fn add_at(&mut self, skip: Skip, number: u64) {
        let own = &mut self.counts[Self::place(skip)];
        own.count += 1;
        own.first = Some(own.first.map_or(number, |first| first.min(number)));
    }

    /// Counts some records with the same reason.
    pub(crate) fn add_many(&mut self, skip: Skip, records: u64) {
        self.counts[Self::place(skip)].count += records;
    }

    /// Adds what another part of the input counted.
    pub fn merge(&mut self, other: &Self) {
        for (own, more) in self.counts.iter_mut().zip(&other.counts) {
            own.count += more.count;
            own.first = own.first.into_iter().chain(more.first).min();
        }
    }

    /// Returns the number of all skipped records.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.counts.iter().map(|own| own.count).sum()
    }

    /// Returns the reasons that occurred, in a fixed order.
    pub fn iter(&self) -> impl Iterator<Item = (Skip, u64)> {
        let packets = SkipReason::all().into_iter().map(Skip::Packet);
        let rows = RowProblemKind::ALL.into_iter().map(Skip::Row);
        let other_rows = RowSkip::ALL.into_iter().map(Skip::OtherRow);
        let rest = [Skip::AmbiguousAddress, Skip::Midstream];
        let all = packets.chain(rows).chain(other_rows).chain(rest);
        let counted = all.map(|skip| (skip, self.counts[Self::place(skip)].count));
        counted.filter(|(_, count)| *count > 0)
    }

    /// Returns the packet or line, counted from 1, of the first record that was
    /// skipped for a reason that reading it showed.
    #[must_use]
    pub fn first(&self, skip: Skip) -> Option<u64> {
        self.counts[Self::place(skip)].first
    }

    const fn place(skip: Skip) -> usize {
        match skip {
            Skip::Packet(reason) => reason.index(),
            Skip::Row(kind) => Self::ROWS + kind.index(),
            Skip::OtherRow(skip) => Self::OTHER_ROWS + skip.index(),
            Skip::AmbiguousAddress => Self::AMBIGUOUS,
            Skip::Midstream => Self::AMBIGUOUS + 1,
        }
    }
}
