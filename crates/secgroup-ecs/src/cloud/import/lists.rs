//! Prefix lists and port lists.
//!
//! A list whose `MaxEntries` nobody says has room for what is in it and no
//! more, which is how quotas count it (4.9).

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use secgroup_model::{
    DestinationPorts, Family, MAX_PORT_LIST_ENTRIES, MAX_PREFIX_LIST_ENTRIES, Peer, PortRange,
    Prefix, Shown,
};

use super::Context;
use super::notes::Notes;
use super::row::Row;
use super::sources::{Known, Objects};
use crate::cloud::Cloud;
use crate::cloud::objects::{
    Entries, Group, PortList, PortListEntry, PrefixList, PrefixListEntry, Time,
};
use crate::cloud::prefix_lists::family_name;

/// Adds the lists of the snapshot; there must be all groups.
pub(super) fn add(context: &Context<'_>, cloud: &mut Cloud, notes: &mut Notes) {
    let users = users(cloud);
    for list in context.snapshot.prefix_lists() {
        let known = context.sources.prefix_lists.get(list.id.as_str());
        let list = prefix_list(context, list, known, &users, notes);
        cloud
            .prefix_lists
            .insert(&list.prefix_list_id.clone(), list);
    }
    for list in context.snapshot.port_lists() {
        let known = context.sources.port_lists.get(list.id.as_str());
        let list = port_list(context, list, known, &users, notes);
        cloud
            .port_lists
            .insert(&list.port_range_list_id.clone(), list);
    }
    let prefix_lists = &context.sources.prefix_lists;
    let add_it = "add its DescribePrefixListAttributes answer";
    warn_of_lost(
        "prefix list",
        add_it,
        prefix_lists,
        |id| cloud.prefix_lists.contains(id),
        notes,
    );
    let port_lists = &context.sources.port_lists;
    let add_it = "add its DescribePortRangeListEntries answer";
    warn_of_lost(
        "port list",
        add_it,
        port_lists,
        |id| cloud.port_lists.contains(id),
        notes,
    );
}

/// Returns the first group with a rule on each list, by the id of the list.
fn users(cloud: &Cloud) -> HashMap<String, Arc<Group>> {
    let mut users = HashMap::new();
    for group in cloud.groups.values() {
        for stored in &group.permissions {
            if let Peer::PrefixList(id) = &stored.rule.peer {
                users
                    .entry(id.to_string())
                    .or_insert_with(|| Arc::clone(group));
            }
            if let Some((DestinationPorts::List(id), _)) = stored.rule.service.ports() {
                users
                    .entry(id.to_string())
                    .or_insert_with(|| Arc::clone(group));
            }
        }
    }
    users
}

/// What a list is in besides its entries.
struct Frame {
    region_id: String,
    owner_id: String,
    creation_time: Time,
}

/// Returns where a list is and whose: as it says itself, or else as the first
/// group that uses it.
fn frame(
    context: &Context<'_>,
    id: &str,
    known: &Known<'_>,
    users: &HashMap<String, Arc<Group>>,
    notes: &mut Notes,
) -> Frame {
    let user = users.get(id);
    let of_user = || user.map(|group| group.region_id.clone());
    let owner = known
        .account()
        .or_else(|| user.map(|group| group.owner_id.clone()));
    let region = known.region().map(std::borrow::Cow::into_owned);
    Frame {
        region_id: region
            .or_else(of_user)
            .unwrap_or_else(|| context.options.region.clone()),
        owner_id: owner.unwrap_or_else(|| context.options.account.to_string()),
        creation_time: known.created(notes).unwrap_or(Time(context.options.now)),
    }
}

fn prefix_list(
    context: &Context<'_>,
    list: &secgroup_model::PrefixList,
    known: &Known<'_>,
    users: &HashMap<String, Arc<Group>>,
    notes: &mut Notes,
) -> PrefixList {
    let frame = frame(context, list.id.as_str(), known, users, notes);
    let descriptions = descriptions(&known.items("Entries", "Entry"), "Cidr", |text| {
        Prefix::parse(text).ok().map(|parsed| parsed.prefix)
    });
    let family = list
        .family
        .or_else(|| list.entries.first().map(|entry| entry.family()));
    let entries = list.entries.iter().map(|entry| PrefixListEntry {
        cidr: entry.network().to_string(),
        description: descriptions.get(entry).cloned().unwrap_or_default(),
    });
    PrefixList {
        prefix_list_id: list.id.to_string(),
        region_id: frame.region_id,
        owner_id: frame.owner_id,
        prefix_list_name: known.string("PrefixListName"),
        description: known.string("Description"),
        address_family: family_name(family.unwrap_or(Family::V4)).to_owned(),
        max_entries: room(
            list.max_entries,
            list.entries.len(),
            MAX_PREFIX_LIST_ENTRIES,
        ),
        resource_group_id: known.string("ResourceGroupId"),
        creation_time: frame.creation_time,
        tags: known.tags(),
        entries: Entries {
            entry: entries.collect(),
        },
    }
}

fn port_list(
    context: &Context<'_>,
    list: &secgroup_model::PortList,
    known: &Known<'_>,
    users: &HashMap<String, Arc<Group>>,
    notes: &mut Notes,
) -> PortList {
    let frame = frame(context, list.id.as_str(), known, users, notes);
    let descriptions = descriptions(&known.items("Entries", "Entry"), "PortRange", |text| {
        PortRange::parse(text).ok()
    });
    let entries = list.entries.iter().map(|entry| PortListEntry {
        port_range: entry.to_string(),
        description: descriptions.get(entry).cloned().unwrap_or_default(),
    });
    PortList {
        port_range_list_id: list.id.to_string(),
        region_id: frame.region_id,
        owner_id: frame.owner_id,
        port_range_list_name: known.string("PortRangeListName"),
        description: known.string("Description"),
        max_entries: room(list.max_entries, list.entries.len(), MAX_PORT_LIST_ENTRIES),
        resource_group_id: known.string("ResourceGroupId"),
        creation_time: frame.creation_time,
        tags: known.tags(),
        entries: entries.collect(),
    }
}

/// Returns how many entries a list can have.
fn room(said: Option<u32>, entries: usize, most: u32) -> u32 {
    let needed = u32::try_from(entries).unwrap_or(most).clamp(1, most);
    said.unwrap_or(needed)
}

/// Returns what documents say about each entry, by what it means.
fn descriptions<T: Eq + Hash>(
    items: &[&str],
    field: &str,
    parse: impl Fn(&str) -> Option<T>,
) -> HashMap<T, String> {
    let rows = items.iter().filter_map(|json| Row::open(json));
    let described = rows.filter_map(|row| {
        let entry = parse(&row.text(field)?)?;
        Some((entry, row.text("Description")?.into_owned()))
    });
    described.collect()
}

/// Warns of lists that documents mention without their entries, and that no
/// rule uses: they are in no snapshot, so there is nothing to keep.
fn warn_of_lost(
    what: &str,
    advice: &str,
    objects: &Objects<'_>,
    is_there: impl Fn(&str) -> bool,
    notes: &mut Notes,
) {
    for (id, known) in objects.iter().filter(|(id, _)| !is_there(id)) {
        let message = format_args!(
            "{what} `{}` is left out, because its entries are not known; {advice}",
            Shown(id)
        );
        notes.warning(&known.place(), message);
    }
}
