//! Elastic network interfaces (1.5).

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};

use super::interface_row::{InterfaceRow, PublicIp};
use super::{Tags, Time, VSwitch};

/// `Type` of an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum InterfaceType {
    Primary,
    Secondary,
}

/// The states of an interface (1.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum InterfaceStatus {
    /// Being created.
    Creating,
    Available,
    Attaching,
    InUse,
    Detaching,
    Deleting,
}

impl InterfaceType {
    /// Returns the name of answers.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Primary => "Primary",
            Self::Secondary => "Secondary",
        }
    }
}

impl InterfaceStatus {
    /// The names of answers.
    pub(crate) const NAMES: [&'static str; 6] = [
        "Creating",
        "Available",
        "Attaching",
        "InUse",
        "Detaching",
        "Deleting",
    ];

    /// Returns the name of answers.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Creating => "Creating",
            Self::Available => "Available",
            Self::Attaching => "Attaching",
            Self::InUse => "InUse",
            Self::Detaching => "Detaching",
            Self::Deleting => "Deleting",
        }
    }
}

/// `NetworkInterfaceTrafficMode`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum TrafficMode {
    #[default]
    Standard,
    /// Remote direct memory access.
    HighPerformance,
}

/// `ConnectionTrackingConfiguration` in seconds (1.5.4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Timers {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) tcp_established_timeout: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) tcp_closed_and_time_wait_timeout: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) udp_timeout: Option<u16>,
}

/// An interface.
///
/// Addresses are plain lists here; the row of an answer wraps them (6.1.3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "InterfaceRow", into = "InterfaceRow")]
pub(crate) struct Interface {
    pub(crate) network_interface_id: String,
    pub(crate) region_id: String,
    pub(crate) owner_id: String,
    pub(crate) zone_id: String,
    /// Empty in the classic network.
    pub(crate) vpc_id: String,
    pub(crate) v_switch_id: String,
    pub(crate) kind: InterfaceType,
    pub(crate) status: InterfaceStatus,
    /// Empty when it is attached to none.
    pub(crate) instance_id: String,
    /// The groups it belongs to: one or more, in the order of joining (1.5.1).
    pub(crate) security_group_ids: Vec<String>,
    pub(crate) network_interface_name: String,
    pub(crate) description: String,
    pub(crate) mac_address: String,
    pub(crate) primary_ip: Ipv4Addr,
    pub(crate) secondary_ips: Vec<Ipv4Addr>,
    /// The public addresses of some of them.
    pub(crate) public_ips: BTreeMap<Ipv4Addr, PublicIp>,
    pub(crate) ipv6_addresses: Vec<Ipv6Addr>,
    /// Canonical blocks.
    pub(crate) ipv4_prefixes: Vec<String>,
    pub(crate) ipv6_prefixes: Vec<String>,
    pub(crate) resource_group_id: String,
    /// Whether a cloud product owns it.
    pub(crate) service_managed: bool,
    pub(crate) delete_on_release: bool,
    pub(crate) source_dest_check: bool,
    pub(crate) traffic_mode: TrafficMode,
    pub(crate) queue_number: u32,
    /// 0 where it was never set.
    pub(crate) queue_pair_number: u32,
    pub(crate) timers: Timers,
    pub(crate) creation_time: Time,
    pub(crate) tags: Tags,
    /// When a transition began that ends by itself, under `api.async=on`.
    pub(crate) changing_since: Option<Time>,
}

impl Interface {
    /// Returns a secondary interface that is in no network, has no address and
    /// is in no group yet; its ids are not known before it is added.
    pub(crate) fn new(owner: &str, region: &str, zone: &str, created: Time) -> Self {
        Self {
            network_interface_id: String::new(),
            region_id: region.to_owned(),
            owner_id: owner.to_owned(),
            zone_id: zone.to_owned(),
            vpc_id: String::new(),
            v_switch_id: String::new(),
            kind: InterfaceType::Secondary,
            status: InterfaceStatus::Available,
            instance_id: String::new(),
            security_group_ids: Vec::new(),
            network_interface_name: String::new(),
            description: String::new(),
            mac_address: String::new(),
            primary_ip: Ipv4Addr::UNSPECIFIED,
            secondary_ips: Vec::new(),
            public_ips: BTreeMap::new(),
            ipv6_addresses: Vec::new(),
            ipv4_prefixes: Vec::new(),
            ipv6_prefixes: Vec::new(),
            resource_group_id: String::new(),
            service_managed: false,
            delete_on_release: false,
            source_dest_check: false,
            traffic_mode: TrafficMode::Standard,
            queue_number: 1,
            queue_pair_number: 0,
            timers: Timers::default(),
            creation_time: created,
            tags: Tags::default(),
            changing_since: None,
        }
    }

    /// Returns an interface as [`Interface::new`], in a vSwitch.
    pub(crate) fn in_vswitch(vswitch: &VSwitch, owner: &str, created: Time) -> Self {
        Self {
            vpc_id: vswitch.vpc_id.clone(),
            v_switch_id: vswitch.v_switch_id.clone(),
            ..Self::new(owner, &vswitch.region_id, &vswitch.zone_id, created)
        }
    }

    /// Tells whether the interface is a member of the group `id`.
    pub(crate) fn is_in(&self, id: &str) -> bool {
        self.security_group_ids.iter().any(|own| own == id)
    }

    /// Counts the private addresses as the quota of a group does: "each IPv4,
    /// IPv6 and prefix counts 1" (4.7).
    pub(crate) fn address_count(&self) -> usize {
        1 + self.secondary_ips.len()
            + self.ipv6_addresses.len()
            + self.ipv4_prefixes.len()
            + self.ipv6_prefixes.len()
    }

    /// Returns the public address of a private one, which may be none.
    pub(crate) fn public_ip(&self, private: Ipv4Addr) -> PublicIp {
        self.public_ips.get(&private).cloned().unwrap_or_default()
    }

    /// Returns the private IPv4 addresses, the primary one first.
    pub(crate) fn private_ips(&self) -> impl Iterator<Item = Ipv4Addr> {
        let secondary = self.secondary_ips.iter().copied();
        std::iter::once(self.primary_ip).chain(secondary)
    }
}
