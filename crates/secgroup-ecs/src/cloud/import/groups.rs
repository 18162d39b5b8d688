//! Security groups with their rules.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use secgroup_model::{AccountId, GroupIndex, GroupKind, InnerAccess, SecurityGroup};

use super::Context;
use super::notes::Notes;
use super::row::Row;
use super::rules;
use super::sources::Known;
use crate::cloud::Cloud;
use crate::cloud::objects::{Group, GroupType, InnerAccessPolicy, Permission, StoredRule, Time};

/// A group on its way into the cloud.
struct Draft {
    group: Group,
    /// Its rules, as they are written.
    rows: Vec<Permission>,
}

/// Adds the groups of the snapshot.
pub(super) fn add(context: &Context<'_>, cloud: &mut Cloud, notes: &mut Notes) {
    let groups = context.snapshot.groups();
    let drafts = groups.map(|(index, group)| draft(context, index, group, notes));
    let drafts: Vec<Draft> = drafts.collect();
    let owners = owners(&drafts, context.options.account.as_str());
    for Draft { mut group, rows } in drafts {
        let id = group.security_group_id.clone();
        group.owner_id.clone_from(&owners[&id]);
        for mut row in rows {
            set_account(&mut row, &group.owner_id, &owners);
            match StoredRule::try_from(row) {
                Ok(stored) => group.permissions.push(Arc::new(stored)),
                // A row is written from a rule, and so means one.
                Err(error) => notes.problem(&context.sources.groups.get(&id).place(), error),
            }
        }
        cloud.groups.insert(&id, group);
    }
}

/// Gives every rule without id one, in input order (1.8).
pub(super) fn name_rules(cloud: &mut Cloud) {
    let nameless = |group: &Group| {
        group
            .permissions
            .iter()
            .any(|stored| stored.rule.id.is_none())
    };
    let groups = cloud.groups.values().filter(|group| nameless(group));
    let ids: Vec<String> = groups
        .map(|group| group.security_group_id.clone())
        .collect();
    for id in ids {
        let Some(group) = cloud.groups.get_mut(&id) else {
            continue;
        };
        for stored in group
            .permissions
            .iter_mut()
            .filter(|stored| stored.rule.id.is_none())
        {
            // Numbers begin beyond every id, so none is taken.
            let id = cloud.names.next("sgr", |_| false);
            let created = Time(stored.rule.created.unwrap_or_default());
            Arc::make_mut(stored).enter(&id, created);
        }
    }
}

fn draft(
    context: &Context<'_>,
    index: GroupIndex,
    group: &SecurityGroup,
    notes: &mut Notes,
) -> Draft {
    let id = group.id().as_str();
    let known = context.sources.groups.get(id);
    let vpc = group.vpc().map(ToString::to_string).unwrap_or_default();
    let now = Time(context.options.now);
    let own = Group {
        security_group_id: id.to_owned(),
        region_id: context.places.region(known, &vpc),
        owner_id: group.owner().map(ToString::to_string).unwrap_or_default(),
        vpc_id: vpc,
        security_group_name: group.name().unwrap_or_default().to_owned(),
        description: known.string("Description"),
        security_group_type: match group.kind() {
            GroupKind::Basic => GroupType::Normal,
            GroupKind::Advanced => GroupType::Enterprise,
        },
        inner_access_policy: match group.inner_access() {
            InnerAccess::Accept => InnerAccessPolicy::Accept,
            InnerAccess::Drop => InnerAccessPolicy::Drop,
        },
        resource_group_id: known.string("ResourceGroupId"),
        service_managed: group.managed(),
        deletion_protection: known.flag("DeletionProtection"),
        creation_time: known.created(notes).unwrap_or(now),
        tags: known.tags(),
        permissions: Vec::new(),
    };
    let written = written_once(known);
    let rules = context.snapshot.rules_of(index);
    // Every permission is a rule, or `read` had refused the documents.
    let one_for_one = written.len() == rules.len();
    let rows = rules.enumerate().map(|(at, (_, placed))| {
        let written = written.get(at).filter(|_| one_for_one);
        rules::row(placed.rule(), written.and_then(Option::as_ref), now)
    });
    Draft {
        rows: rows.collect(),
        group: own,
    }
}

/// Returns the permissions of a group as they are written, in input order, each
/// id once: several answers may have the same rule (6.1.6).
fn written_once<'a>(known: &Known<'a>) -> Vec<Option<Row<'a>>> {
    let mut seen = HashSet::new();
    let items = known.items("Permissions", "Permission");
    let rows = items.into_iter().map(Row::open);
    let each_once = rows.filter(|row| {
        let id = row.as_ref().and_then(|row| row.text("SecurityGroupRuleId"));
        id.is_none_or(|id| seen.insert(id.into_owned()))
    });
    each_once.collect()
}

/// Returns the owner of each group: the one that it names, or else the account
/// that a rule names with it (2.8.4), or else `usual`.
fn owners(drafts: &[Draft], usual: &str) -> HashMap<String, String> {
    let mut named = HashMap::new();
    for row in drafts.iter().flat_map(|draft| &draft.rows) {
        let (peer, account) = peer(row);
        if !peer.is_empty() && AccountId::new(account).is_ok() {
            named.entry(peer).or_insert(account);
        }
    }
    let owners = drafts.iter().map(|Draft { group, .. }| {
        let id = &group.security_group_id;
        let own = Some(group.owner_id.as_str()).filter(|owner| !owner.is_empty());
        let owner = own
            .or_else(|| named.get(id.as_str()).copied())
            .unwrap_or(usual);
        (id.clone(), owner.to_owned())
    });
    owners.collect()
}

/// Returns the peer group of a rule and its account, empty where there is none.
fn peer(row: &Permission) -> (&str, &str) {
    if row.source_group_id.is_empty() {
        (&row.dest_group_id, &row.dest_group_owner_account)
    } else {
        (&row.source_group_id, &row.source_group_owner_account)
    }
}

/// Writes the account of a peer group as the API does: only where it is not
/// that of the rule's own group.
fn set_account(row: &mut Permission, own: &str, owners: &HashMap<String, String>) {
    let (peer, written) = peer(row);
    let account = match (written, owners.get(peer)) {
        ("", Some(owner)) => owner,
        (written, _) => written,
    };
    let account = if account == own { "" } else { account }.to_owned();
    let (source, dest) = (
        !row.source_group_id.is_empty(),
        !row.dest_group_id.is_empty(),
    );
    if source {
        row.source_group_owner_account = account;
    } else if dest {
        row.dest_group_owner_account = account;
    }
}
