//! The row of DescribeNetworkInterfaces (6.1.3), which is also how an interface
//! stands in the state file.
//!
//! The state file has fields that the answer has not: the region, the timers
//! (1.5.4) and the beginning of a transition. They come last.

use std::net::{Ipv4Addr, Ipv6Addr};

use secgroup_model::{Family, Prefix, Shown};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Interface, InterfaceStatus, InterfaceType, Tags, Time, Timers, TrafficMode};

/// A list under its singular name.
macro_rules! sets {
    ($($name:ident { $singular:literal: $item:ty })*) => {$(
        #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
        pub(crate) struct $name {
            #[serde(rename = $singular, default)]
            pub(crate) items: Vec<$item>,
        }

        impl FromIterator<$item> for $name {
            fn from_iter<I: IntoIterator<Item = $item>>(items: I) -> Self {
                let items = items.into_iter().collect();
                Self { items }
            }
        }
    )*};
}

sets! {
    GroupIds { "SecurityGroupId": String }
    PrivateIpSets { "PrivateIpSet": PrivateIp }
    Ipv6Sets { "Ipv6Set": Ipv6 }
    Ipv4PrefixSets { "Ipv4PrefixSet": Ipv4Prefix }
    Ipv6PrefixSets { "Ipv6PrefixSet": Ipv6Prefix }
}

/// A private IPv4 address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PrivateIp {
    pub(crate) private_ip_address: String,
    #[serde(default)]
    pub(crate) primary: bool,
    #[serde(default)]
    pub(crate) private_dns_name: String,
    #[serde(default)]
    pub(crate) associated_public_ip: PublicIp,
}

/// The public address of a private one, as a document had it; calls give none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct PublicIp {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) public_ip_address: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) allocation_id: String,
}

impl PublicIp {
    /// Tells whether there is one.
    pub(crate) fn is_some(&self) -> bool {
        *self != Self::default()
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Ipv6 {
    pub(crate) ipv6_address: String,
    /// Which address is the primary one is not modelled: none is.
    #[serde(default)]
    pub(crate) primary: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Ipv4Prefix {
    pub(crate) ipv4_prefix: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Ipv6Prefix {
    pub(crate) ipv6_prefix: String,
}

/// What an interface is attached to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Attachment {
    pub(crate) instance_id: String,
}

/// An interface as an answer or the state file shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct InterfaceRow {
    pub(crate) network_interface_id: String,
    pub(crate) owner_id: String,
    #[serde(rename = "Type")]
    pub(crate) kind: InterfaceType,
    pub(crate) status: InterfaceStatus,
    #[serde(default)]
    pub(crate) instance_id: String,
    #[serde(default)]
    pub(crate) vpc_id: String,
    #[serde(default)]
    pub(crate) v_switch_id: String,
    #[serde(default)]
    pub(crate) zone_id: String,
    #[serde(default)]
    pub(crate) network_interface_name: String,
    #[serde(default)]
    pub(crate) description: String,
    #[serde(default)]
    pub(crate) mac_address: String,
    #[serde(default)]
    pub(crate) private_ip_address: String,
    #[serde(default)]
    pub(crate) security_group_ids: GroupIds,
    #[serde(default)]
    pub(crate) private_ip_sets: PrivateIpSets,
    #[serde(default)]
    pub(crate) ipv6_sets: Ipv6Sets,
    #[serde(default)]
    pub(crate) ipv4_prefix_sets: Ipv4PrefixSets,
    #[serde(default)]
    pub(crate) ipv6_prefix_sets: Ipv6PrefixSets,
    #[serde(default)]
    pub(crate) associated_public_ip: PublicIp,
    /// Says again what `instance_id` says; not read.
    #[serde(default)]
    pub(crate) attachment: Attachment,
    #[serde(default)]
    pub(crate) resource_group_id: String,
    /// The product that manages it: none that has a number here; not read.
    #[serde(rename = "ServiceID", default, skip_deserializing)]
    pub(crate) service_id: u32,
    #[serde(default)]
    pub(crate) service_managed: bool,
    #[serde(default)]
    pub(crate) delete_on_release: bool,
    #[serde(default)]
    pub(crate) source_dest_check: bool,
    #[serde(default)]
    pub(crate) network_interface_traffic_mode: TrafficMode,
    #[serde(default = "one_queue")]
    pub(crate) queue_number: u32,
    #[serde(default)]
    pub(crate) queue_pair_number: u32,
    pub(crate) creation_time: Time,
    #[serde(default)]
    pub(crate) tags: Tags,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) region_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) connection_tracking_configuration: Option<Timers>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) changing_since: Option<Time>,
}

const fn one_queue() -> u32 {
    1
}

impl InterfaceRow {
    /// Returns the row of an answer (6.1.3).
    pub(crate) fn of(interface: &Interface) -> Self {
        let own = interface.clone();
        let primary = own.primary_ip;
        let private_ips = interface.private_ips().map(|address| PrivateIp {
            private_ip_address: address.to_string(),
            primary: address == primary,
            private_dns_name: String::new(),
            associated_public_ip: interface.public_ip(address),
        });
        let ipv6 = own.ipv6_addresses.iter().map(|address| Ipv6 {
            ipv6_address: address.to_string(),
            primary: false,
        });
        let ipv4_prefixes = own.ipv4_prefixes.into_iter();
        let ipv6_prefixes = own.ipv6_prefixes.into_iter();
        Self {
            network_interface_id: own.network_interface_id,
            owner_id: own.owner_id,
            kind: own.kind,
            status: own.status,
            attachment: Attachment {
                instance_id: own.instance_id.clone(),
            },
            instance_id: own.instance_id,
            vpc_id: own.vpc_id,
            v_switch_id: own.v_switch_id,
            zone_id: own.zone_id,
            network_interface_name: own.network_interface_name,
            description: own.description,
            mac_address: own.mac_address,
            private_ip_address: primary.to_string(),
            security_group_ids: own.security_group_ids.into_iter().collect(),
            private_ip_sets: private_ips.collect(),
            ipv6_sets: ipv6.collect(),
            ipv4_prefix_sets: ipv4_prefixes
                .map(|ipv4_prefix| Ipv4Prefix { ipv4_prefix })
                .collect(),
            ipv6_prefix_sets: ipv6_prefixes
                .map(|ipv6_prefix| Ipv6Prefix { ipv6_prefix })
                .collect(),
            associated_public_ip: interface.public_ip(primary),
            resource_group_id: own.resource_group_id,
            service_id: 0,
            service_managed: own.service_managed,
            delete_on_release: own.delete_on_release,
            source_dest_check: own.source_dest_check,
            network_interface_traffic_mode: own.traffic_mode,
            queue_number: own.queue_number,
            queue_pair_number: own.queue_pair_number,
            creation_time: own.creation_time,
            tags: own.tags,
            region_id: None,
            connection_tracking_configuration: None,
            changing_since: None,
        }
    }

    /// Returns the fields of the row by name.
    pub(crate) fn fields(&self) -> Map<String, Value> {
        match serde_json::to_value(self) {
            Ok(Value::Object(fields)) => fields,
            // A structure of texts, numbers and lists is always an object.
            Ok(_) | Err(_) => Map::new(),
        }
    }

    /// Returns the region: as the state file names it, or else the one of the
    /// zone, which is called after it (`cn-shenzhen-c`).
    fn region(&self) -> Option<&str> {
        let of_zone = || self.zone_id.rsplit_once('-').map(|(region, _)| region);
        self.region_id.as_deref().or_else(of_zone)
    }

    /// Returns the private IPv4 addresses, the primary one first: the one that
    /// is flagged, or named beside the list, or else the first.
    fn private_ips(&self) -> Result<Vec<Ipv4Addr>, InvalidInterface> {
        let beside = Some(&self.private_ip_address).filter(|text| !text.is_empty());
        let sets = &self.private_ip_sets.items;
        let flagged = sets.iter().find(|set| set.primary);
        let primary = flagged
            .map(|set| &set.private_ip_address)
            .or(beside)
            .or_else(|| sets.first().map(|set| &set.private_ip_address));
        let primary = primary.ok_or_else(|| self.invalid("PrivateIpAddress", ""))?;
        let others = sets.iter().map(|set| &set.private_ip_address);
        let others = others.filter(|text| *text != primary);
        let all = std::iter::once(primary).chain(others);
        let parsed = all.map(|text| {
            let address = text.parse();
            address.map_err(|_| self.invalid("PrivateIpAddress", text))
        });
        parsed.collect()
    }

    fn invalid(&self, field: &'static str, value: &str) -> InvalidInterface {
        InvalidInterface {
            id: self.network_interface_id.clone(),
            field,
            value: value.to_owned(),
        }
    }

    /// Checks blocks that are delegated to the interface.
    fn prefixes<'a>(
        &self,
        field: &'static str,
        family: Family,
        texts: impl Iterator<Item = &'a String>,
    ) -> Result<Vec<String>, InvalidInterface> {
        let checked = texts.map(|text| {
            let parsed = Prefix::parse(text).ok();
            let parsed = parsed.filter(|one| !one.had_host_bits && one.prefix.family() == family);
            let block = parsed.map(|one| one.prefix.network().to_string());
            block.ok_or_else(|| self.invalid(field, text))
        });
        checked.collect()
    }
}

impl From<Interface> for InterfaceRow {
    fn from(interface: Interface) -> Self {
        let timers = interface.timers;
        Self {
            connection_tracking_configuration: Some(timers).filter(|one| *one != Timers::default()),
            changing_since: interface.changing_since,
            region_id: Some(interface.region_id.clone()),
            ..Self::of(&interface)
        }
    }
}

/// A row that is no interface.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "network interface `{}`: {field} `{}` is not valid",
    Shown(id),
    Shown(value)
)]
pub(crate) struct InvalidInterface {
    id: String,
    field: &'static str,
    value: String,
}

impl TryFrom<InterfaceRow> for Interface {
    type Error = InvalidInterface;

    fn try_from(row: InterfaceRow) -> Result<Self, InvalidInterface> {
        let region_id = row.region().ok_or_else(|| row.invalid("RegionId", ""))?;
        let region_id = region_id.to_owned();
        let mut private_ips = row.private_ips()?;
        let primary_ip = private_ips.remove(0);
        let own = [(&row.private_ip_address, &row.associated_public_ip)];
        let sets = row.private_ip_sets.items.iter();
        let sets = sets.map(|set| (&set.private_ip_address, &set.associated_public_ip));
        let public_ips = own.into_iter().chain(sets).filter_map(|(private, public)| {
            let address = private.parse().ok().filter(|_| public.is_some())?;
            Some((address, public.clone()))
        });
        let public_ips = public_ips.collect();
        let ipv6 = row.ipv6_sets.items.iter().map(|set| {
            let address = set.ipv6_address.parse::<Ipv6Addr>();
            address.map_err(|_| row.invalid("Ipv6Address", &set.ipv6_address))
        });
        let ipv6_addresses = ipv6.collect::<Result<_, _>>()?;
        let blocks = row.ipv4_prefix_sets.items.iter();
        let blocks = blocks.map(|set| &set.ipv4_prefix);
        let ipv4_prefixes = row.prefixes("Ipv4Prefix", Family::V4, blocks)?;
        let blocks = row.ipv6_prefix_sets.items.iter();
        let blocks = blocks.map(|set| &set.ipv6_prefix);
        let ipv6_prefixes = row.prefixes("Ipv6Prefix", Family::V6, blocks)?;
        Ok(Self {
            region_id,
            primary_ip,
            public_ips,
            secondary_ips: private_ips,
            ipv6_addresses,
            ipv4_prefixes,
            ipv6_prefixes,
            network_interface_id: row.network_interface_id,
            owner_id: row.owner_id,
            zone_id: row.zone_id,
            vpc_id: row.vpc_id,
            v_switch_id: row.v_switch_id,
            kind: row.kind,
            status: row.status,
            instance_id: row.instance_id,
            security_group_ids: row.security_group_ids.items,
            network_interface_name: row.network_interface_name,
            description: row.description,
            mac_address: row.mac_address,
            resource_group_id: row.resource_group_id,
            service_managed: row.service_managed,
            delete_on_release: row.delete_on_release,
            source_dest_check: row.source_dest_check,
            traffic_mode: row.network_interface_traffic_mode,
            queue_number: row.queue_number,
            queue_pair_number: row.queue_pair_number,
            timers: row.connection_tracking_configuration.unwrap_or_default(),
            creation_time: row.creation_time,
            tags: row.tags,
            changing_since: row.changing_since,
        })
    }
}
