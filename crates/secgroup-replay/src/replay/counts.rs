//! What is counted about one input while its records are judged.

use crate::chunk::Chunk;
use crate::decode::PacketOddity;
use crate::report::InputReport;
use crate::times::{Times, sentence};
use crate::{Skip, Skips};

/// Counts of one input.
#[derive(Debug, Default)]
pub(super) struct InputCounts {
    /// The records, judged and skipped.
    pub(super) records: u64,
    skips: Skips,
    /// Strange packets, by place in [`PacketOddity::all`].
    oddities: [u64; 2],
    elsewhere: u64,
    pub(super) times: Times,
}

impl InputCounts {
    /// Adds what reading the records of a chunk showed: those that cannot be
    /// judged, and what is odd.
    pub(super) fn add_read(&mut self, chunk: &Chunk) {
        self.records += chunk.skips.total();
        self.skips.merge(&chunk.skips);
        for (own, more) in self.oddities.iter_mut().zip(chunk.oddities) {
            *own += more;
        }
        self.elsewhere += chunk.elsewhere;
    }

    /// Adds a record that was read, and could not be judged.
    pub(super) fn add_unjudged(&mut self, skip: Skip) {
        self.skips.add(skip);
    }

    /// Adds what was counted to what the reader of the input knows.
    pub(super) fn complete(self, mut report: InputReport) -> InputReport {
        report.records = self.records;
        report.skips = self.skips;
        let strange = PacketOddity::all()
            .into_iter()
            .zip(self.oddities)
            .filter(|(_, count)| *count > 0);
        let sentences = strange.map(|(oddity, count)| {
            let packets = if count == 1 { "packet" } else { "packets" };
            format!("{count} {packets}: {oddity}")
        });
        report.oddities.extend(sentences);
        let backwards = self.times.backwards;
        // Readers of captures say so themselves, and where.
        if backwards > 0 && report.format == Some("csv") {
            report.oddities.push(sentence(backwards));
        }
        if self.elsewhere > 0 {
            let rows = if self.elsewhere == 1 {
                "row names"
            } else {
                "rows name"
            };
            report.oddities.push(format!(
                "{} {rows} a vpc_id that the snapshot does not have, so both ends are outside",
                self.elsewhere
            ));
        }
        report
    }
}
