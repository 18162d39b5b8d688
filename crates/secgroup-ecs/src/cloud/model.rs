//! What the state means for traffic: a snapshot, kept up to date.
//!
//! A group whose rules did not change since the last snapshot is taken over
//! from there; telling is cheap, because unchanged objects are shared.

use std::collections::HashMap;
use std::sync::Arc;

use secgroup_model::{
    AccountId, AddressRole, ConnectionTimers, Family, GroupKind, GroupSpec, InnerAccess,
    InstanceId, InterfaceAddress, InterfaceRole, InterfaceSpec, InvalidId, NetworkInterfaceId,
    Origin, PortListId, PortRange, Prefix, PrefixListId, SecurityGroupId, Snapshot,
    SnapshotBuilder, VpcId,
};

use super::Cloud;
use super::objects::{
    Group, GroupType, InnerAccessPolicy, Interface, InterfaceType, PortList, PrefixList,
};

/// A snapshot with the objects that it was made of, in its order.
#[derive(Clone, Debug)]
pub(crate) struct Current {
    snapshot: Arc<Snapshot>,
    groups: Vec<Arc<Group>>,
    interfaces: Vec<Arc<Interface>>,
    prefix_lists: Vec<Arc<PrefixList>>,
    port_lists: Vec<Arc<PortList>>,
    revision: u64,
}

impl Cloud {
    /// Returns what the state means for traffic now.
    ///
    /// Only what changed since the last call is worked out again.
    pub fn snapshot(&mut self) -> Arc<Snapshot> {
        if let Err(problem) = self.refresh() {
            // Every operation keeps the state whole, and `from_state` checks it.
            debug_assert!(false, "the state makes no snapshot: {problem}");
        }
        match &self.current {
            Some(current) => Arc::clone(&current.snapshot),
            None => Arc::new(empty()),
        }
    }

    /// Brings the snapshot up to date, or says why the state makes none.
    pub(crate) fn refresh(&mut self) -> Result<(), String> {
        let previous = self.current.take().unwrap_or_else(|| Current {
            snapshot: Arc::new(empty()),
            groups: Vec::new(),
            interfaces: Vec::new(),
            prefix_lists: Vec::new(),
            port_lists: Vec::new(),
            // No revision is as great: the cloud itself begins at 0.
            revision: u64::MAX,
        });
        let newest = if previous.revision == self.revision {
            Ok(previous)
        } else {
            self.after(&previous).map_err(|problem| (previous, problem))
        };
        match newest {
            Ok(newest) => {
                self.current = Some(newest);
                Ok(())
            }
            Err((previous, problem)) => {
                self.current = Some(previous);
                Err(problem)
            }
        }
    }

    /// Makes the snapshot of this state, with what is still the same taken from
    /// `previous`.
    fn after(&self, previous: &Current) -> Result<Current, String> {
        let mut builder = SnapshotBuilder::after(&previous.snapshot);
        let text = |error: Meaningless| error.to_string();
        let known = Known::new(
            &previous.groups,
            previous.snapshot.groups().map(|one| one.0),
        );
        for group in self.groups.values() {
            match known.find(group) {
                Some(index) => builder.unchanged_group(index),
                None => builder.group(group_spec(group).map_err(text)?),
            };
        }
        let indices = previous.snapshot.interfaces().map(|one| one.0);
        let known = Known::new(&previous.interfaces, indices);
        for interface in self.interfaces.values() {
            match known.find(interface) {
                Some(index) => builder.unchanged_interface(index),
                None => builder.interface(interface_spec(interface).map_err(text)?),
            };
        }
        let known = Known::new(&previous.prefix_lists, 0..);
        for list in self.prefix_lists.values() {
            match known.find(list) {
                Some(index) => builder.unchanged_prefix_list(index),
                None => builder.prefix_list(prefix_list(list).map_err(text)?),
            };
        }
        let known = Known::new(&previous.port_lists, 0..);
        for list in self.port_lists.values() {
            match known.find(list) {
                Some(index) => builder.unchanged_port_list(index),
                None => builder.port_list(port_list(list).map_err(text)?),
            };
        }
        let built = builder.build(&self.semantics).map_err(|problems| {
            let texts: Vec<String> = problems.iter().map(|one| one.kind.to_string()).collect();
            texts.join("; ")
        })?;
        Ok(Current {
            snapshot: Arc::new(built.snapshot),
            groups: self.groups.values().cloned().collect(),
            interfaces: self.interfaces.values().cloned().collect(),
            prefix_lists: self.prefix_lists.values().cloned().collect(),
            port_lists: self.port_lists.values().cloned().collect(),
            revision: self.revision,
        })
    }
}

/// Where the previous snapshot has its objects. An object that was not changed
/// is the very same one, not only an equal one; no other can have its place in
/// memory as long as the previous snapshot holds it.
struct Known<T, I>(HashMap<*const T, I>);

impl<T, I: Copy> Known<T, I> {
    fn new(objects: &[Arc<T>], indices: impl Iterator<Item = I>) -> Self {
        let places = objects.iter().map(Arc::as_ptr);
        Self(places.zip(indices).collect())
    }

    fn find(&self, object: &Arc<T>) -> Option<I> {
        self.0.get(&Arc::as_ptr(object)).copied()
    }
}

fn empty() -> Snapshot {
    let built = SnapshotBuilder::new().build(&secgroup_model::Semantics::default());
    built.expect("nothing contradicts nothing").snapshot
}

fn group_spec(group: &Group) -> Result<GroupSpec, Meaningless> {
    let vpc = Some(group.vpc_id.as_str()).filter(|id| !id.is_empty());
    Ok(GroupSpec {
        id: SecurityGroupId::new(&group.security_group_id)?,
        name: Some(group.security_group_name.clone()).filter(|name| !name.is_empty()),
        kind: match group.security_group_type {
            GroupType::Normal => GroupKind::Basic,
            GroupType::Enterprise => GroupKind::Advanced,
        },
        inner_access: match group.inner_access_policy {
            InnerAccessPolicy::Accept => InnerAccess::Accept,
            InnerAccessPolicy::Drop => InnerAccess::Drop,
        },
        vpc: vpc.map(VpcId::new).transpose()?,
        managed: group.service_managed,
        owner: Some(AccountId::new(&group.owner_id)?),
        rules: group
            .permissions
            .iter()
            .map(|stored| stored.rule.clone())
            .collect(),
        origin: Origin::default(),
    })
}

/// Why an object means nothing.
#[derive(Debug, thiserror::Error)]
enum Meaningless {
    #[error(transparent)]
    Id(#[from] InvalidId),
    #[error("{id}: {what}")]
    Value { id: String, what: String },
}

fn interface_spec(interface: &Interface) -> Result<InterfaceSpec, Meaningless> {
    let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let timers = interface.timers;
    let timers = ConnectionTimers::new(
        timers.tcp_established_timeout.map(i64::from),
        timers.tcp_closed_and_time_wait_timeout.map(i64::from),
        timers.udp_timeout.map(i64::from),
    );
    let ids = interface.security_group_ids.iter();
    Ok(InterfaceSpec {
        id: NetworkInterfaceId::new(&interface.network_interface_id)?,
        instance: some(&interface.instance_id)
            .map(|id| InstanceId::new(&id))
            .transpose()?,
        role: Some(match interface.kind {
            InterfaceType::Primary => InterfaceRole::Primary,
            InterfaceType::Secondary => InterfaceRole::Secondary,
        }),
        vpc: some(&interface.vpc_id)
            .map(|id| VpcId::new(&id))
            .transpose()?,
        addresses: addresses(interface)?,
        groups: ids
            .map(|id| SecurityGroupId::new(id))
            .collect::<Result<_, _>>()?,
        timers: timers.map_err(|error| Meaningless::Value {
            id: interface.network_interface_id.clone(),
            what: error.to_string(),
        })?,
        origin: Origin::default(),
    })
}

/// All addresses and delegated prefixes of an interface (1.5).
fn addresses(interface: &Interface) -> Result<Vec<InterfaceAddress>, Meaningless> {
    let host = |prefix, role| InterfaceAddress { prefix, role };
    let mut all = vec![host(
        Prefix::host(interface.primary_ip.into()),
        AddressRole::Primary,
    )];
    let secondary = interface.secondary_ips.iter();
    all.extend(secondary.map(|ip| host(Prefix::host((*ip).into()), AddressRole::Additional)));
    let v6 = interface.ipv6_addresses.iter();
    all.extend(v6.map(|ip| host(Prefix::host((*ip).into()), AddressRole::Additional)));
    for text in interface
        .ipv4_prefixes
        .iter()
        .chain(&interface.ipv6_prefixes)
    {
        let parsed = Prefix::parse(text).map_err(|error| Meaningless::Value {
            id: interface.network_interface_id.clone(),
            what: error.to_string(),
        })?;
        all.push(host(parsed.prefix, AddressRole::Delegated));
    }
    Ok(all)
}

fn prefix_list(list: &PrefixList) -> Result<secgroup_model::PrefixList, Meaningless> {
    let entries = list.entries.entry.iter().map(|entry| {
        let parsed = Prefix::parse(&entry.cidr);
        parsed
            .map(|parsed| parsed.prefix)
            .map_err(|error| Meaningless::Value {
                id: list.prefix_list_id.clone(),
                what: error.to_string(),
            })
    });
    Ok(secgroup_model::PrefixList {
        id: PrefixListId::new(&list.prefix_list_id)?,
        family: Some(match list.address_family.as_str() {
            "IPv6" => Family::V6,
            _ => Family::V4,
        }),
        max_entries: Some(list.max_entries),
        entries: entries.collect::<Result<_, _>>()?,
        origin: Origin::default(),
    })
}

fn port_list(list: &PortList) -> Result<secgroup_model::PortList, Meaningless> {
    let entries = list.entries.iter().map(|entry| {
        PortRange::parse(&entry.port_range).map_err(|error| Meaningless::Value {
            id: list.port_range_list_id.clone(),
            what: error.to_string(),
        })
    });
    Ok(secgroup_model::PortList {
        id: PortListId::new(&list.port_range_list_id)?,
        max_entries: Some(list.max_entries),
        entries: entries.collect::<Result<_, _>>()?,
        origin: Origin::default(),
    })
}
