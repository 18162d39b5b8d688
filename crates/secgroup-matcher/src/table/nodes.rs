//! Entries gathered by their peers.

use std::collections::BTreeMap;

use crate::lower::Entry;
use crate::peers::PeerSet;

/// Groups entries, sorted by precedence, by their set of peers.
pub(super) fn by_peers<A>(entries: Vec<Entry<A>>) -> BTreeMap<PeerSet, Vec<Entry<A>>> {
    let mut groups: BTreeMap<PeerSet, Vec<Entry<A>>> = BTreeMap::new();
    for entry in entries {
        groups.entry(entry.peers).or_default().push(entry);
    }
    groups
}
