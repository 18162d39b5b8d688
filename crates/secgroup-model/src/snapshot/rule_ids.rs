//! The ids of all rules of a snapshot: each is used once.

use std::collections::HashSet;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use crate::RuleId;

/// How many sets the ids are spread over.
const SHARDS: usize = 1024;

/// A set of rule ids of which a changed copy shares nearly everything.
///
/// An id is in the set that its hash names, and a change copies that set
/// alone: of 200,000 ids, some 200.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct RuleIds(
    // INVARIANT: `SHARDS` sets, each id in its own (`shard`).
    Vec<Arc<HashSet<RuleId>>>,
);

impl Default for RuleIds {
    fn default() -> Self {
        Self(vec![Arc::default(); SHARDS])
    }
}

impl RuleIds {
    /// Adds an id, and tells whether it was new.
    pub(crate) fn insert(&mut self, id: &RuleId) -> bool {
        Arc::make_mut(&mut self.0[shard(id)]).insert(id.clone())
    }

    /// Removes an id.
    pub(crate) fn remove(&mut self, id: &RuleId) {
        Arc::make_mut(&mut self.0[shard(id)]).remove(id);
    }
}

impl fmt::Debug for RuleIds {
    /// Writes how many there are; the ids are in the rules.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.0.iter().map(|shard| shard.len()).sum::<usize>();
        f.debug_tuple("RuleIds").field(&count).finish()
    }
}

/// Returns the number of the set that an id belongs to, the same in every
/// snapshot.
fn shard(id: &RuleId) -> usize {
    let mut hasher = DefaultHasher::new();
    id.hash(&mut hasher);
    let number = hasher.finish() % SHARDS as u64;
    usize::try_from(number).expect("less than SHARDS")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_copy_shares_all_other_sets() {
        let id = |number: usize| RuleId::new(&format!("sgr-{number}")).unwrap();
        let mut ids = RuleIds::default();
        assert!((0..5000).all(|number| ids.insert(&id(number))));
        let before = ids.clone();
        assert!(!ids.insert(&id(17)));
        ids.remove(&id(18));
        assert!(ids.insert(&id(5000)));
        let kept = ids.0.iter().zip(&before.0);
        assert!(kept.filter(|(new, old)| !Arc::ptr_eq(new, old)).count() <= 3);
        assert!(ids.insert(&id(18)));
        ids.remove(&id(5000));
        assert_eq!(ids, before);
    }
}
