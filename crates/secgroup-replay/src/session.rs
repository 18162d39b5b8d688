//! Sessions: which records belong together, and which one is judged (3.8).
//!
//! Once a packet opened a session, those of both directions pass without
//! rules. A session is known by its [`Key`], has a half at each interface
//! ([`half`]), and stands in a bounded [`table`]. The table is cut into shards
//! by key, so that workers can follow sessions side by side while each session
//! stays in the order of the input; how it is cut depends on its size alone,
//! and so results do not depend on the number of workers.
//!
//! [`following`] is the heart: what becomes of one record. What is judged
//! without a session, because it is dropped or has none, is gathered in flows
//! as well, so that a hundred refused attempts are one row. Packets of captures
//! that are nothing special do not even become records ([`usual`]), and most
//! are counted without a look at their session ([`recent`]).
//!
//! Not here: reading and writing rows ([`rows`] only keeps them until they are
//! complete), and counting, which is `tally`'s.

mod following;
mod group;
mod half;
mod key;
mod lone;
mod midstream;
mod recent;
pub(crate) mod rows;
mod running;
mod shard;
mod sharded;
mod state;
mod table;
mod usual;

pub(crate) use following::{Became, Job};
pub(crate) use group::{Group, in_order};
pub(crate) use half::{NEVER, nanoseconds};
pub(crate) use key::{Class, Key, Keyed, Share, class};
pub(crate) use running::{Event, Finished};
use shard::Shard;
pub(crate) use sharded::Sharded;
pub(crate) use usual::{Steps, TakingSteps};

use crate::RANKING_LIMIT;

/// How many sessions are followed at once unless `--max-sessions` says
/// otherwise: about 100 MB.
pub const DEFAULT_SESSIONS: usize = 524_288;

/// How many sessions can be followed at once at most.
pub const MOST_SESSIONS: usize = 1 << 30;

/// The greatest number of shards.
const MOST_SHARDS: usize = 64;

/// The least number of sessions for which a shard is worth it.
const SHARD_SESSIONS: usize = 1024;

/// How many sessions there are for each flow without session that is
/// remembered.
const SESSIONS_PER_FLOW: usize = 4;

/// What sessions came to, beside what was counted about their traffic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SessionCounts {
    /// How many were opened.
    pub opened: u64,
    /// How many had to go before their time, because the table was full.
    pub evicted: u64,
    /// How many halves ended because a change denies their opening packet.
    pub ended_by_change: u64,
    /// How many were opened by a packet whose sender seems to be the answering
    /// end (3.8.4).
    pub inferred: u64,
}

impl SessionCounts {
    pub(crate) const fn merge(&mut self, other: Self) {
        self.opened += other.opened;
        self.evicted += other.evicted;
        self.ended_by_change += other.ended_by_change;
        self.inferred += other.inferred;
    }
}

/// Returns the shards of a table for `most` sessions, in groups for some workers.
pub(crate) fn groups(most: usize, compared: bool, workers: usize) -> Vec<Group> {
    group::groups(shards(most, compared), most, workers)
}

/// Returns the shards of a table for `most` sessions.
fn shards(most: usize, compared: bool) -> Vec<Shard> {
    let most = most.clamp(1, MOST_SESSIONS);
    let worth = (most / SHARD_SESSIONS).clamp(1, MOST_SHARDS);
    let count = 1 << worth.ilog2();
    let share = |at: usize| most / count + usize::from(at < most % count);
    let ranked = RANKING_LIMIT / count;
    (0..count)
        .map(|at| Shard::new(share(at), ranked, compared))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shards_of_a_table_hold_as_many_sessions_as_it_may() {
        for most in [1, 2, 1023, 1024, 2047, 2048, 5000, 65_537, DEFAULT_SESSIONS] {
            let shards = shards(most, false);
            assert!(shards.len().is_power_of_two());
            assert_eq!(shards.iter().map(Shard::most).sum::<usize>(), most);
        }
        assert_eq!(shards(2047, false).len(), 1);
        assert_eq!(shards(2048, false).len(), 2);
        assert_eq!(shards(DEFAULT_SESSIONS, false).len(), MOST_SHARDS);
    }
}
