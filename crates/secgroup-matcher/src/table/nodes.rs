//! Entries gathered by prefix.

use std::collections::BTreeMap;

use secgroup_model::Prefix;

use crate::lower::Entry;

/// Groups entries, sorted by precedence, by their peer; shorter prefixes first.
pub(super) fn by_prefix<A>(entries: Vec<Entry<A>>) -> Vec<(Prefix, Vec<Entry<A>>)> {
    let mut groups: BTreeMap<(u8, Prefix), Vec<Entry<A>>> = BTreeMap::new();
    for entry in entries {
        groups
            .entry((entry.peer.length(), entry.peer))
            .or_default()
            .push(entry);
    }
    groups
        .into_iter()
        .map(|((_, prefix), own)| (prefix, own))
        .collect()
}
