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

    /// Tells whether packets are judged in brief.
    pub(super) fn packets_in_brief(self) -> bool {
        self.is_single && !self.has_rows && self.mode == Mode::Packets
    }

    /// Returns what its packets or rows must become to be judged.
    pub(super) fn of(self, data: &ChunkData) -> Need {
        if !self.is_single {
            return Need::Records;
        }
        let has_sessions = self.has_sessions(data);
        match data {
            ChunkData::Packets(_) if has_sessions => Need::Steps {
                other_protocols: self.other_protocols,
            },
            ChunkData::Packets(_) if self.packets_in_brief() => Need::Briefs,
            ChunkData::Rows(rows) if !has_sessions && !self.has_rows && rows.is_list() => {
                Need::Briefs
            }
            ChunkData::Packets(_) | ChunkData::Rows(_) | ChunkData::Merged(_) => Need::Records,
        }
    }
}
