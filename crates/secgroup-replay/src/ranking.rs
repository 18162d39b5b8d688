//! The conversations with the most traffic, in bounded memory.

use std::collections::HashMap;
use std::net::IpAddr;

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
    places: HashMap<Conversation, usize>,
    // In the order of their first record, which no thread count changes.
    counts: Vec<(Conversation, Count)>,
    beyond: Count,
}

impl Ranking {
    /// Counts a record.
    pub(crate) fn add(&mut self, record: &Record) {
        let mut count = Count::default();
        count.add(record);
        self.add_count(Conversation::from(&record.flow), &count);
    }

    /// Adds what was counted behind everything counted here so far.
    pub(crate) fn merge(&mut self, later: &Self) {
        for (conversation, count) in &later.counts {
            self.add_count(*conversation, count);
        }
        self.beyond.merge(&later.beyond);
    }

    fn add_count(&mut self, conversation: Conversation, count: &Count) {
        match self.places.get(&conversation) {
            Some(place) => self.counts[*place].1.merge(count),
            None if self.counts.len() < RANKING_LIMIT => {
                self.places.insert(conversation, self.counts.len());
                self.counts.push((conversation, *count));
            }
            None => self.beyond.merge(count),
        }
    }

    /// Returns the `most` conversations with the most packets, the greatest
    /// first, equal ones by address.
    #[must_use]
    pub fn top(&self, most: usize) -> Vec<(Conversation, Count)> {
        let mut all = self.counts.clone();
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
