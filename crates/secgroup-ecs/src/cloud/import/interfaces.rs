//! Network interfaces.

use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use secgroup_model::{
    AddressRole, InstanceId, InterfaceRole, NetworkInterface, NetworkInterfaceId, Prefix, Shown,
};

use super::Context;
use super::notes::Notes;
use super::row::Row;
use super::sources::Known;
use crate::cloud::Cloud;
use crate::cloud::objects::{
    Interface, InterfaceStatus, InterfaceType, PublicIp, Time, Timers, TrafficMode,
};
use crate::cloud::regions::usual_zone;

/// The states that documents name; what is attached is in use unless they say
/// otherwise, and everything else available.
const STATES: [(&str, InterfaceStatus); 6] = [
    ("InUse", InterfaceStatus::InUse),
    ("Available", InterfaceStatus::Available),
    ("Creating", InterfaceStatus::Creating),
    ("Attaching", InterfaceStatus::Attaching),
    ("Detaching", InterfaceStatus::Detaching),
    ("Deleting", InterfaceStatus::Deleting),
];

const TRAFFIC_MODES: [(&str, TrafficMode); 2] = [
    ("Standard", TrafficMode::Standard),
    ("HighPerformance", TrafficMode::HighPerformance),
];

/// Adds the interfaces of the snapshot; there must be all groups.
pub(super) fn add(context: &Context<'_>, cloud: &mut Cloud, notes: &mut Notes) {
    let primary = primary(context);
    for (_, interface) in context.snapshot.interfaces() {
        let id = interface.id();
        let known = context.sources.interfaces.get(id.as_str());
        let is_primary = interface
            .instance()
            .is_some_and(|instance| primary.get(instance) == Some(&id));
        if let Some(interface) = row(context, cloud, interface, known, is_primary, notes) {
            cloud.interfaces.insert(id.as_str(), interface);
        }
    }
}

/// Returns the primary interface of each instance: the one that says so, or
/// else the first that does not say that it is another, of whatever type.
fn primary<'c>(context: &Context<'c>) -> HashMap<&'c InstanceId, &'c NetworkInterfaceId> {
    let mut primary = HashMap::new();
    for wanted in [Some(InterfaceRole::Primary), None] {
        for (_, interface) in context.snapshot.interfaces() {
            let known = context.sources.interfaces.get(interface.id().as_str());
            // Trunks and members are neither.
            let is_other = wanted.is_none() && known.text("Type").is_some();
            if let Some(instance) = interface.instance()
                && interface.role() == wanted
                && !is_other
            {
                primary.entry(instance).or_insert_with(|| interface.id());
            }
        }
    }
    primary
}

fn row(
    context: &Context<'_>,
    cloud: &Cloud,
    interface: &NetworkInterface,
    known: &Known<'_>,
    is_primary: bool,
    notes: &mut Notes,
) -> Option<Interface> {
    let id = interface.id().as_str();
    let Some(addresses) = Addresses::of(interface) else {
        let message = format_args!(
            "network interface `{}` has no private IPv4 address; the API knows no such interface \
             (1.5): add one, or leave the interface out",
            Shown(id)
        );
        notes.problem(&known.place(), message);
        return None;
    };
    let vpc = context.snapshot.vpc(interface.network());
    let vpc = vpc.map(ToString::to_string).unwrap_or_default();
    let region = context.places.region(known, &vpc);
    let zone = known
        .text("ZoneId")
        .map_or_else(|| usual_zone(&region), |zone| zone.into_owned());
    let groups = interface.groups().iter();
    let groups: Vec<String> = groups
        .map(|index| context.snapshot.group(*index).id().to_string())
        .collect();
    let instance = interface
        .instance()
        .map(ToString::to_string)
        .unwrap_or_default();
    let now = Time(context.options.now);
    let created = known.created(notes).unwrap_or(now);
    let attached = usize::from(instance.is_empty());
    let own = Interface::new(
        &owner(context, cloud, known, &groups),
        &region,
        &zone,
        created,
    );
    Some(Interface {
        network_interface_id: id.to_owned(),
        vpc_id: vpc,
        v_switch_id: known.string("VSwitchId"),
        kind: if is_primary {
            InterfaceType::Primary
        } else {
            InterfaceType::Secondary
        },
        status: known.word("Status", &STATES, attached, notes),
        instance_id: instance,
        security_group_ids: in_order(groups, known),
        network_interface_name: known.string("NetworkInterfaceName"),
        description: known.string("Description"),
        mac_address: known.string("MacAddress"),
        primary_ip: addresses.primary,
        public_ips: public_ips(known, addresses.primary),
        secondary_ips: addresses.secondary,
        ipv6_addresses: addresses.v6,
        ipv4_prefixes: addresses.v4_blocks,
        ipv6_prefixes: addresses.v6_blocks,
        resource_group_id: known.string("ResourceGroupId"),
        service_managed: known.flag("ServiceManaged"),
        delete_on_release: known.flag("DeleteOnRelease"),
        source_dest_check: known.flag("SourceDestCheck"),
        traffic_mode: known.word("NetworkInterfaceTrafficMode", &TRAFFIC_MODES, 0, notes),
        queue_number: known.number("QueueNumber").unwrap_or(own.queue_number),
        queue_pair_number: known.number("QueuePairNumber").unwrap_or(0),
        timers: timers(interface),
        tags: known.tags(),
        changing_since: known
            .text("ChangingSince")
            .and_then(|text| text.parse().ok()),
        ..own
    })
}

/// Returns the public addresses by the private ones: beside each, or beside the
/// interface for its primary one (6.1.3).
fn public_ips(known: &Known<'_>, primary: Ipv4Addr) -> BTreeMap<Ipv4Addr, PublicIp> {
    let public = |row: &Row<'_>| {
        let row = row.object("AssociatedPublicIp")?;
        let text = |name| row.text(name).unwrap_or_default().into_owned();
        Some(PublicIp {
            public_ip_address: text("PublicIpAddress"),
            allocation_id: text("AllocationId"),
        })
    };
    let mut all = BTreeMap::new();
    let mut add = |address, row: &Row<'_>| {
        if let Some(public) = public(row).filter(PublicIp::is_some) {
            all.entry(address).or_insert(public);
        }
    };
    for piece in known.pieces() {
        add(primary, &piece.row);
    }
    for item in known.items("PrivateIpSets", "PrivateIpSet") {
        let row = Row::open(item);
        let address = row.as_ref().and_then(|row| row.text("PrivateIpAddress"));
        if let (Some(row), Some(Ok(address))) = (&row, address.map(|text| text.parse())) {
            add(address, row);
        }
    }
    all
}

fn timers(interface: &NetworkInterface) -> Timers {
    Timers {
        tcp_established_timeout: interface.timers().tcp_established(),
        tcp_closed_and_time_wait_timeout: interface.timers().tcp_closed(),
        udp_timeout: interface.timers().udp(),
    }
}

/// Returns the account of an interface: the one it names, or else that of its
/// groups.
fn owner(context: &Context<'_>, cloud: &Cloud, known: &Known<'_>, groups: &[String]) -> String {
    if let Some(named) = known.account() {
        return named;
    }
    let of_group = groups.iter().find_map(|id| cloud.groups.get(id));
    of_group.map_or_else(
        || context.options.account.to_string(),
        |group| group.owner_id.clone(),
    )
}

/// Puts groups into the order in which documents name them.
fn in_order(mut groups: Vec<String>, known: &Known<'_>) -> Vec<String> {
    let named = known.texts("SecurityGroupIds", "SecurityGroupId");
    let places: HashMap<&str, usize> = named
        .iter()
        .enumerate()
        .map(|(at, id)| (id.as_ref(), at))
        .collect();
    groups.sort_by_key(|id| places.get(id.as_str()).copied().unwrap_or(usize::MAX));
    groups
}

/// The addresses of an interface by kind.
struct Addresses {
    primary: Ipv4Addr,
    secondary: Vec<Ipv4Addr>,
    v6: Vec<Ipv6Addr>,
    v4_blocks: Vec<String>,
    v6_blocks: Vec<String>,
}

impl Addresses {
    /// Sorts the addresses; nothing where there is no IPv4 address. Where none
    /// is the primary one, the first is.
    fn of(interface: &NetworkInterface) -> Option<Self> {
        let (mut v4, mut v6) = (Vec::new(), Vec::new());
        let (mut v4_blocks, mut v6_blocks) = (Vec::new(), Vec::new());
        for own in interface.addresses() {
            let primary = own.role == AddressRole::Primary;
            match (own.prefix.bounds().0, own.role) {
                (IpAddr::V4(_), AddressRole::Delegated) => v4_blocks.push(block(own.prefix)),
                (IpAddr::V6(_), AddressRole::Delegated) => v6_blocks.push(block(own.prefix)),
                (IpAddr::V4(address), _) if primary => v4.insert(0, address),
                (IpAddr::V4(address), _) => v4.push(address),
                (IpAddr::V6(address), _) => v6.push(address),
            }
        }
        let (primary, secondary) = v4.split_first()?;
        Some(Self {
            primary: *primary,
            secondary: secondary.to_vec(),
            v6,
            v4_blocks,
            v6_blocks,
        })
    }
}

fn block(prefix: Prefix) -> String {
    prefix.network().to_string()
}
