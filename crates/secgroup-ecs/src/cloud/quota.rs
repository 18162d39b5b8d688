//! How much of a quota is used (section 4).

use super::Cloud;
use super::objects::{Group, Permission};

/// Returns the size of all rules of a group (4.1, 4.9).
pub(crate) fn group_size(cloud: &Cloud, group: &Group) -> usize {
    let rules = group.permissions.iter();
    rules.map(|stored| rule_size(cloud, &stored.row)).sum()
}

/// "CIDR 1, group 1, prefix list = its MaxEntries (not the entries present);
/// port list = its MaxEntries; both lists in one rule: product" (4.9).
pub(crate) fn rule_size(cloud: &Cloud, row: &Permission) -> usize {
    let peer = row.prefix_list().and_then(|id| cloud.prefix_lists.get(id));
    let peer = peer.map(|list| list.max_entries as usize);
    let ports = Some(row.port_range_list_id.as_str()).filter(|id| !id.is_empty());
    let ports = ports.and_then(|id| cloud.port_lists.get(id));
    let ports = ports.map(|list| list.max_entries as usize);
    cloud.flags.two_lists.size(peer, ports)
}

/// Returns how many rules of a group have a group as their peer (4.5).
pub(crate) fn group_references(group: &Group) -> usize {
    let rows = group.permissions.iter().map(|stored| &stored.row);
    rows.filter(|row| row.has_group_peer()).count()
}

impl Permission {
    /// Tells whether the peer is a group.
    pub(crate) fn has_group_peer(&self) -> bool {
        !self.source_group_id.is_empty() || !self.dest_group_id.is_empty()
    }
}
