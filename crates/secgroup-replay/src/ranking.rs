//! The conversations with the most traffic, in bounded memory.

use std::net::IpAddr;

use foldhash::fast::RandomState;
use indexmap::IndexMap;
use secgroup_model::{Flow, Protocol, Transport};

use crate::Record;
use crate::tally::Count;

/// How many distinct conversations are told apart. Those that come later are
/// counted together, so a ranking is exact up to here and says so beyond.
pub const RANKING_LIMIT: usize = 65_536;

/// Who talks to which service: a 5-tuple without the source port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Conversation {
    /// The sender.
    pub source: IpAddr,
    /// The receiver.
    pub destination: IpAddr,
    /// The protocol.
    pub protocol: Protocol,
    /// The destination port, where the protocol has one.
    pub port: Option<u16>,
}

impl From<&Flow> for Conversation {
    fn from(flow: &Flow) -> Self {
        Self {
            source: flow.endpoints.source(),
            destination: flow.endpoints.destination(),
            protocol: flow.protocol,
            port: match flow.transport {
                Transport::Ports { destination, .. } => Some(destination),
                Transport::Icmp(_) | Transport::Opaque | Transport::LaterFragment => None,
            },
        }
    }
}

/// Traffic by conversation.
#[derive(Clone, Debug, Default)]
pub struct Ranking {
    // In the order of their first record, which no thread count changes.
    // PERF: one hash a dropped record, on the thread that merges; foldhash
    // takes a tenth of the default hasher's time there, and its seed cannot
    // show in an ordered map.
    counts: IndexMap<Conversation, Count, RandomState>,
    beyond: Count,
}

impl Ranking {
    /// Counts a record, behind everything counted so far.
    pub(crate) fn add(&mut self, record: &Record) {
        let conversation = Conversation::from(&record.flow);
        let full = self.counts.len() >= RANKING_LIMIT;
        let count = match self.counts.get_mut(&conversation) {
            Some(count) => count,
            None if full => &mut self.beyond,
            None => self.counts.entry(conversation).or_default(),
        };
        count.add(record);
    }

    /// Returns the `most` conversations with the most packets, the greatest
    /// first, equal ones by address.
    #[must_use]
    pub fn top(&self, most: usize) -> Vec<(Conversation, Count)> {
        let mut all: Vec<(Conversation, Count)> = self
            .counts
            .iter()
            .map(|(conversation, count)| (*conversation, *count))
            .collect();
        all.sort_unstable_by_key(|(conversation, count)| {
            (std::cmp::Reverse(count.packets), *conversation)
        });
        all.truncate(most);
        all
    }

    /// Returns the traffic of conversations beyond [`RANKING_LIMIT`].
    #[must_use]
    pub const fn beyond(&self) -> &Count {
        &self.beyond
    }
}
