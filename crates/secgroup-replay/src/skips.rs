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

/// How many records were skipped, by reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skips {
    packets: [u64; SkipReason::COUNT],
    rows: [u64; RowProblemKind::COUNT],
    other_rows: [u64; RowSkip::COUNT],
    ambiguous: u64,
    midstream: u64,
}

impl Default for Skips {
    fn default() -> Self {
        Self {
            packets: [0; SkipReason::COUNT],
            rows: [0; RowProblemKind::COUNT],
            other_rows: [0; RowSkip::COUNT],
            ambiguous: 0,
            midstream: 0,
        }
    }
}

impl Skips {
    /// Counts one record.
    pub fn add(&mut self, skip: Skip) {
        self.add_many(skip, 1);
    }

    /// Counts some records with the same reason.
    pub(crate) fn add_many(&mut self, skip: Skip, records: u64) {
        let count = match skip {
            Skip::Packet(reason) => &mut self.packets[reason.index()],
            Skip::Row(kind) => &mut self.rows[kind.index()],
            Skip::OtherRow(skip) => &mut self.other_rows[skip.index()],
            Skip::AmbiguousAddress => &mut self.ambiguous,
            Skip::Midstream => &mut self.midstream,
        };
        *count += records;
    }

    /// Adds what another part of the input counted.
    pub fn merge(&mut self, other: &Self) {
        let add = |own: &mut [u64], more: &[u64]| {
            own.iter_mut()
                .zip(more)
                .for_each(|(own, more)| *own += more);
        };
        add(&mut self.packets, &other.packets);
        add(&mut self.rows, &other.rows);
        add(&mut self.other_rows, &other.other_rows);
        self.ambiguous += other.ambiguous;
        self.midstream += other.midstream;
    }

    /// Returns the number of all skipped records.
    #[must_use]
    pub fn total(&self) -> u64 {
        let rows = self.rows.iter().chain(&self.other_rows);
        let rest = self.ambiguous + self.midstream;
        self.packets.iter().chain(rows).sum::<u64>() + rest
    }

    /// Returns the reasons that occurred, in a fixed order.
    pub fn iter(&self) -> impl Iterator<Item = (Skip, u64)> {
        let packets = SkipReason::all()
            .into_iter()
            .map(|reason| (Skip::Packet(reason), self.packets[reason.index()]));
        let rows = RowProblemKind::ALL
            .into_iter()
            .map(|kind| (Skip::Row(kind), self.rows[kind.index()]));
        let other_rows = RowSkip::ALL
            .into_iter()
            .map(|skip| (Skip::OtherRow(skip), self.other_rows[skip.index()]));
        let rest = [
            (Skip::AmbiguousAddress, self.ambiguous),
            (Skip::Midstream, self.midstream),
        ];
        let all = packets.chain(rows).chain(other_rows).chain(rest);
        all.filter(|(_, count)| *count > 0)
    }
}
