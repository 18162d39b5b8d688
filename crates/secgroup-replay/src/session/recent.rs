//! Flows of usual packets, the next of which most likely change nothing.
//!
//! A packet of an open session passes, and one like those that were dropped is
//! dropped; all that remains of either is when it came and how long it was. So
//! the flows whose packets go that way stand here, in a table that is small and
//! quick to look into, and gather what comes. Before anything else happens to a
//! session or to a flow without one, it is taken out, and told what came.
//!
//! What is here depends on how large the table is, and nothing on what is here
//! but speed: every packet has the same fate without.

use super::key::{Key, Share};
use super::usual::{Step, Steps, Traits, Usual, share_of};
use crate::decode::plain::{Brief, Ends, Four, Six};
use crate::flow_table::{Entry, FlowTable, MARK_BITS};

/// Nanoseconds of a second.
const SECOND: u64 = 1_000_000_000;

const _: () = assert!(
    Traits::BITS + u16::BITS == MARK_BITS,
    "a mark is an idle limit above the traits that a flow takes"
);

/// What packets belong to, by place in its table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    Session(u32),
    Lone(u32),
}

impl Default for Whose {
    fn default() -> Self {
        Self::Session(0)
    }
}

/// How the packets of a flow go on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Usually {
    pub(super) whose: Whose,
    /// When the last one came, in nanoseconds.
    pub(super) last: i64,
    /// How many seconds later the next may come.
    pub(super) limit: u16,
    /// What it may be like; something.
    pub(super) traits: Traits,
}

/// What came of a flow, one packet after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Came {
    pub(super) packets: u64,
    pub(super) bytes: u64,
    /// The time of the last one.
    pub(super) last: i64,
}

/// A flow that is not here any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Gone {
    /// The share of all keys that its own is in.
    pub(super) share: Share,
    pub(super) whose: Whose,
    pub(super) came: Came,
}

/// Where a flow is looked for.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Fetched {
    spread: u64,
    guess: usize,
}

/// The flows of one family.
#[derive(Debug)]
pub(super) struct Recent<E>(FlowTable<E, Whose>);

impl<E: Ends> Recent<E> {
    /// Begins to fetch where a packet's flow is known; returns its hash.
    #[inline]
    fn fetch(&self, packet: &Usual<E>) -> u64 {
        let spread = spread_of(packet.brief());
        self.0.fetch(spread);
        spread
    }

    /// Returns where the flow of a hash is, and begins to fetch it.
    #[inline]
    fn guess(&self, spread: u64) -> Fetched {
        Fetched {
            spread,
            guess: self.0.guess(spread),
        }
    }

    /// Tells whether a packet goes the usual way of its flow.
    #[inline]
    pub(super) fn knows(&mut self, packet: &Usual<E>) -> bool {
        let fetched = self.guess(spread_of(packet.brief()));
        self.find(packet, fetched).is_some()
    }

    /// Counts a packet that goes the usual way of its flow, which was fetched;
    /// tells whether it does.
    #[inline]
    pub(super) fn count(&mut self, packet: &Usual<E>, fetched: Fetched) -> bool {
        let Some(entry) = self.find(packet, fetched) else {
            return false;
        };
        entry.sum.add(packet.bytes());
        entry.last = packet.time();
        true
    }

    /// Returns the flow of a packet that goes the usual way.
    #[inline]
    fn find(&mut self, packet: &Usual<E>, fetched: Fetched) -> Option<&mut Entry<E>> {
        let place = (fetched.spread, fetched.guess);
        let at = self.0.find_guessed(place, packet.brief())?;
        let entry = self.0.at(at);
        let [limit_high, limit_low, traits] = parts(entry.mark());
        let limit = u64::from(u16::from_be_bytes([limit_high, limit_low])) * SECOND;
        let time = packet.time();
        let in_time = time >= entry.last && time.abs_diff(entry.last) <= limit;
        let usual = packet.traits() & !traits == 0;
        (usual & in_time & !entry.sum.is_full()).then_some(entry)
    }

    /// Remembers how a flow goes on that is not here; returns what had to go.
    pub(super) fn put(&mut self, packet: &Usual<E>, usually: &Usually) -> Option<Gone> {
        debug_assert_eq!(
            self.0.find(spread_of(packet.brief()), packet.brief()),
            None,
            "taken out before"
        );
        let mark = u32::from(usually.limit) << Traits::BITS | u32::from(usually.traits);
        let (at, gone) = self.0.insert(packet.brief(), mark, usually.whose);
        self.0.at(at).last = usually.last;
        gone.map(gone_for_good)
    }

    /// Takes out the flow of a key, if it is here and belongs to `whose`, where
    /// that is said.
    #[inline]
    fn take(&mut self, key: &Key, whose: Option<Whose>) -> Option<Gone> {
        if self.0.is_empty() {
            return None;
        }
        let brief = key.brief()?;
        let at = self.0.find(spread_of(&brief), &brief)?;
        let (_, own) = self.0.both_at(at);
        if whose.is_some_and(|whose| whose != *own) {
            return None;
        }
        Some(gone_for_good(self.0.take(at)))
    }
}

#[inline]
fn spread_of<E: Ends>(brief: &Brief<E>) -> u64 {
    FlowTable::<E, Whose>::spread(brief)
}

/// Returns the bytes of a mark.
#[inline]
fn parts(mark: u32) -> [u8; 3] {
    let [_, parts @ ..] = mark.to_be_bytes();
    parts
}

fn gone_for_good<E: Ends>((entry, whose): (Entry<E>, Whose)) -> Gone {
    Gone {
        share: share_of(&entry.brief()),
        whose,
        came: Came {
            packets: entry.sum.packets(),
            bytes: entry.sum.bytes(),
            last: entry.last,
        },
    }
}

/// The flows of both families.
#[derive(Debug)]
pub(super) struct Recents {
    pub(super) four: Recent<Four>,
    pub(super) six: Recent<Six>,
}

/// A family of which there are recent flows.
pub(super) trait Family: Ends {
    /// Returns those.
    fn of(recents: &mut Recents) -> &mut Recent<Self>;
}

impl Family for Four {
    fn of(recents: &mut Recents) -> &mut Recent<Self> {
        &mut recents.four
    }
}

impl Family for Six {
    fn of(recents: &mut Recents) -> &mut Recent<Self> {
        &mut recents.six
    }
}

impl Recents {
    /// Returns room for about so many flows of IPv4, and a quarter of IPv6.
    pub(super) fn new(most: usize) -> Self {
        Self {
            four: Recent(FlowTable::new(most)),
            six: Recent(FlowTable::new(most / 4)),
        }
    }

    /// Takes out the flow of a key, if it is here; returns what came.
    #[inline]
    pub(super) fn take(&mut self, key: &Key) -> Option<Gone> {
        let four = self.four.take(key, None);
        four.or_else(|| self.six.take(key, None))
    }

    /// Takes out the flow of a key, if it is here and belongs to `whose`;
    /// returns what came.
    pub(super) fn take_of(&mut self, key: &Key, whose: Whose) -> Option<Came> {
        let four = self.four.take(key, Some(whose));
        let taken = four.or_else(|| self.six.take(key, Some(whose)));
        taken.map(|gone| gone.came)
    }

    /// Takes out all flows.
    pub(super) fn drain(&mut self) -> impl Iterator<Item = Gone> + '_ {
        let four = self.four.0.drain().map(gone_for_good);
        four.chain(self.six.0.drain().map(gone_for_good))
    }

    /// Begins to fetch where a packet's flow is known.
    #[inline]
    pub(super) fn fetch(&self, steps: &Steps, step: &Step) -> Fetched {
        let spread = match step {
            Step::Four(packet) => self.four.fetch(packet),
            Step::Six(place) => self.six.fetch(steps.six(*place)),
            Step::Record(_) => 0,
        };
        Fetched { spread, guess: 0 }
    }

    /// Begins to fetch the flow itself.
    #[inline]
    pub(super) fn fetch_flow(&self, step: &Step, fetched: &mut Fetched) {
        match step {
            Step::Four(_) => *fetched = self.four.guess(fetched.spread),
            Step::Six(_) => *fetched = self.six.guess(fetched.spread),
            Step::Record(_) => {}
        }
    }

    /// Counts a packet that goes the usual way of its flow, which was fetched;
    /// tells whether it does.
    #[inline]
    pub(super) fn count(&mut self, steps: &Steps, step: &Step, fetched: Fetched) -> bool {
        match step {
            Step::Four(packet) => self.four.count(packet, fetched),
            Step::Six(place) => self.six.count(steps.six(*place), fetched),
            Step::Record(_) => false,
        }
    }
}
