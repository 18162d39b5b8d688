//! What decides about flows, as numbers that leaves of diagrams can be.

use foldhash::{HashMap, HashMapExt};
use secgroup_model::{Action, DecidedBy, RuleIndex};

/// What decides about some flows at one interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Decider {
    /// What happens to them.
    pub action: Action,
    /// What decides, as the reference says it.
    pub by: DecidedBy,
    /// A rule whose peer or port list is missing and that may match and decide
    /// otherwise (3.6.5). The first one, where there are several.
    pub unless: Option<RuleIndex>,
}

/// Deciders by number. The number 0 stands for flows that do not cross the
/// interface.
#[derive(Debug, Default)]
pub(crate) struct Deciders {
    all: Vec<Decider>,
    numbers: HashMap<Decider, u32>,
}

/// The value of flows that do not cross the interface.
pub(crate) const NOWHERE: u32 = 0;

impl Deciders {
    pub(crate) fn new() -> Self {
        Self {
            all: Vec::new(),
            numbers: HashMap::new(),
        }
    }

    /// Returns the number of a decider.
    pub(crate) fn number(&mut self, decider: Decider) -> u32 {
        let all = &mut self.all;
        *self.numbers.entry(decider).or_insert_with(|| {
            all.push(decider);
            // At most one for each rule, group and pair of them that meet;
            // diagrams end long before 2^31.
            u32::try_from(all.len()).unwrap_or(u32::MAX >> 1)
        })
    }

    /// Returns the decider of a number, none for [`NOWHERE`].
    pub(crate) fn get(&self, number: u32) -> Option<Decider> {
        let at = number.checked_sub(1)?;
        self.all.get(at as usize).copied()
    }
}
