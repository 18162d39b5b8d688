//! Records whose verdict differs between two configurations.

use foldhash::fast::RandomState;
use indexmap::IndexMap;
use secgroup_matcher::Side;
use secgroup_model::{DecidedBy, Direction, Outcome};

use crate::decider::Decider;
use crate::session::Became;
use crate::tally::Count;
use crate::{Conversation, Record};

/// How many pairs of deciders are told apart, and examples kept.
pub const DIFFERENCE_LIMIT: usize = 65_536;

/// What differs, by the pair of what decided.
#[derive(Clone, Debug, Default)]
pub struct Differences {
    pairs: IndexMap<(Name, Name), Difference, RandomState>,
    beyond: Count,
    compared: u64,
}

/// Traffic that one pair of deciders judges differently.
#[derive(Clone, Copy, Debug)]
pub struct Difference {
    /// What decides about the example under the configuration.
    pub from: Decider,
    /// What decides about it under the one compared with.
    pub to: Decider,
    /// Whether the same decides at other interfaces, too.
    pub elsewhere: bool,
    /// How much.
    pub count: Count,
    /// One of the flows, the least of them; one whose beginning differs, if
    /// there is one, rather than its answers.
    pub example: Conversation,
    is_answer: bool,
}

/// A decider as a key.
type Name = (u16, Option<(bool, usize, DecidedBy, bool)>);

fn name(decider: &Decider) -> Name {
    let side = decider.side.map(
        |(
            direction,
            Side {
                interface,
                action,
                by,
            },
        )| {
            // Rules and groups are the same thing at every interface.
            let interface = match by {
                DecidedBy::Rule(_) | DecidedBy::IntraGroup(_) | DecidedBy::Platform(_) => 0,
                DecidedBy::Default(_) | DecidedBy::OrphanFragment | DecidedBy::Session => {
                    interface.get()
                }
            };
            let egress = direction == Direction::Egress;
            (
                egress,
                interface,
                by,
                action == secgroup_model::Action::Accept,
            )
        },
    );
    (decider.part, side)
}

impl Difference {
    /// Takes over the example of another part, if it is the one to be kept, with
    /// what decides about that.
    fn take_example(&mut self, other: &Self) {
        let sides = |one: &Self| (one.from, one.to);
        self.elsewhere |= other.elsewhere | (sides(self) != sides(other));
        let key = |one: &Self| (one.is_answer, one.example, sides(one));
        if key(other) < key(self) {
            (self.is_answer, self.example) = (other.is_answer, other.example);
            (self.from, self.to) = sides(other);
        }
    }
}

impl Differences {
    /// Compares what became of a record.
    pub(crate) fn add(&mut self, record: &Record, own: &Became, other: &Became) {
        self.compared += 1;
        if own.outcome == other.outcome {
            return;
        }
        let example = Conversation::from(&record.flow);
        // Answers that are dropped begin flows of their own there.
        let passes = if own.outcome == Outcome::Accept {
            own
        } else {
            other
        };
        let found = Difference {
            from: own.decider,
            to: other.decider,
            elsewhere: false,
            count: Count::default(),
            example,
            is_answer: !passes.begins,
        };
        let begins = own.begins || other.begins;
        let full = self.pairs.len() >= DIFFERENCE_LIMIT;
        let key = (name(&own.decider), name(&other.decider));
        let difference = match self.pairs.get_mut(&key) {
            Some(known) => known,
            None if full => return self.beyond.add(record, begins),
            None => self.pairs.entry(key).or_insert(found),
        };
        difference.count.add(record, begins);
        difference.take_example(&found);
    }

    /// Adds what another part of the records gave.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.compared += other.compared;
        self.beyond.merge(&other.beyond);
        for (key, more) in &other.pairs {
            if let Some(known) = self.pairs.get_mut(key) {
                known.count.merge(&more.count);
                known.take_example(more);
            } else {
                self.pairs.insert(*key, *more);
            }
        }
    }

    /// Returns the pairs, those with the most packets first.
    #[must_use]
    pub fn pairs(&self) -> Vec<Difference> {
        let mut pairs: Vec<Difference> = self.pairs.values().copied().collect();
        pairs.sort_by_key(|pair| (std::cmp::Reverse(pair.count.packets), pair.example));
        pairs
    }

    /// Returns the traffic of pairs that were not told apart.
    #[must_use]
    pub const fn beyond(&self) -> &Count {
        &self.beyond
    }

    /// Returns all traffic whose verdict differs.
    #[must_use]
    pub fn total(&self) -> Count {
        let mut total = self.beyond;
        for pair in self.pairs.values() {
            total.merge(&pair.count);
        }
        total
    }

    /// Returns how many records were judged under both configurations.
    #[must_use]
    pub const fn compared(&self) -> u64 {
        self.compared
    }
}
