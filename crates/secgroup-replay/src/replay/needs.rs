//! What packets and rows must become to be judged.

use crate::chunk::{ChunkData, Need};

use super::Mode;

/// What decides about what packets and rows must become.
#[derive(Clone, Copy)]
pub(super) struct Needs {
    pub(super) mode: Mode,
    /// Whether there is one configuration.
    pub(super) is_single: bool,
    /// Whether rows are wanted.
    pub(super) has_rows: bool,
    /// Whether other protocols than TCP, UDP and ICMP have sessions.
    pub(super) other_protocols: bool,
}

impl Needs {
    /// Tells whether the records of a chunk are judged by session.
    pub(super) fn has_sessions(self, data: &ChunkData) -> bool {
        match self.mode {
            Mode::Sessions => true,
            Mode::Packets => false,
            Mode::ByInput => !data.is_rows(),
        }
    }

    /// Returns what packets must become to be judged.
    pub(super) const fn of_packets(self) -> Need {
        match self.mode {
            _ if !self.is_single => Need::Records,
            Mode::Sessions | Mode::ByInput => Need::Steps {
                other_protocols: self.other_protocols,
            },
            Mode::Packets if self.has_rows => Need::Records,
            Mode::Packets => Need::Briefs,
        }
    }

    /// Returns what its packets or rows must become to be judged.
    pub(super) fn of(self, data: &ChunkData) -> Need {
        match data {
            ChunkData::Packets(_) => self.of_packets(),
            ChunkData::Rows(rows)
                if self.is_single
                    && !self.has_sessions(data)
                    && !self.has_rows
                    && rows.is_list() =>
            {
                Need::Briefs
            }
            ChunkData::Rows(_) | ChunkData::Merged(_) => Need::Records,
        }
    }
}
