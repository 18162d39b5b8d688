//! VPCs and vSwitches: those that documents describe, and those that objects
//! only name.
//!
//! Of a VPC that is only named no block is known, so vSwitches in it may have
//! any. A vSwitch that is only named gets a block that holds the addresses of
//! its interfaces and overlaps with no other, so that new interfaces find
//! addresses there.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use secgroup_model::{Prefix, Shown};

use super::Context;
use super::notes::Notes;
use crate::cloud::Cloud;
use crate::cloud::network_blocks::ipv4;
use crate::cloud::objects::{Interface, Time, VSwitch, Vpc};
use crate::cloud::regions::usual_zone;

/// How many fixed bits the block of a vSwitch has, where its interfaces do not
/// need more room.
const USUAL_LENGTH: u8 = 24;

/// The least and the greatest number of fixed bits a vSwitch can have.
const LENGTHS: (u8, u8) = (16, 29);

/// Adds the networks; there must be all other objects.
pub(super) fn add(context: &Context<'_>, cloud: &mut Cloud, notes: &mut Notes) {
    described(context, cloud, notes);
    adopt_vpcs(context, cloud);
    adopt_vswitches(context, cloud, notes);
}

/// Adds what state files have, as they have it.
fn described(context: &Context<'_>, cloud: &mut Cloud, notes: &mut Notes) {
    for (id, known) in context.sources.vpcs.iter() {
        let mut pieces = known
            .pieces()
            .iter()
            .map(|piece| serde_json::from_str::<Vpc>(piece.json));
        match pieces.next() {
            Some(Ok(vpc)) => cloud.vpcs.insert(id, vpc),
            Some(Err(error)) => notes.problem(&known.place(), Shown(&error.to_string())),
            None => {}
        }
    }
    for (id, known) in context.sources.vswitches.iter() {
        let pieces = known.pieces().iter();
        let mut pieces = pieces.map(|piece| serde_json::from_str::<VSwitch>(piece.json));
        match pieces.next() {
            Some(Ok(vswitch)) => cloud.vswitches.insert(id, vswitch),
            Some(Err(error)) => notes.problem(&known.place(), Shown(&error.to_string())),
            None => {}
        }
    }
}

/// Adds every VPC that a group, interface or vSwitch is in.
fn adopt_vpcs(context: &Context<'_>, cloud: &mut Cloud) {
    let now = Time(context.options.now);
    let groups = cloud
        .groups
        .values()
        .map(|one| (&one.vpc_id, &one.owner_id));
    let interfaces = cloud
        .interfaces
        .values()
        .map(|one| (&one.vpc_id, &one.owner_id));
    let vswitches = cloud
        .vswitches
        .values()
        .map(|one| (&one.vpc_id, &one.owner_id));
    let named = groups.chain(interfaces).chain(vswitches);
    let missing = named.filter(|(id, _)| !id.is_empty() && !cloud.vpcs.contains(id));
    let missing: Vec<_> = missing
        .map(|(id, owner)| (id.clone(), owner.clone()))
        .collect();
    for (id, owner) in missing {
        if !cloud.vpcs.contains(&id) {
            let vpc = Vpc::adopted(&id, context.places.of_vpc(&id), &owner, now);
            cloud.vpcs.insert(&id, vpc);
        }
    }
}

/// Adds every vSwitch that an interface is in.
fn adopt_vswitches(context: &Context<'_>, cloud: &mut Cloud, notes: &mut Notes) {
    let mut members: BTreeMap<String, Vec<Arc<Interface>>> = BTreeMap::new();
    for interface in cloud.interfaces.values() {
        let id = &interface.v_switch_id;
        if !id.is_empty() && !interface.vpc_id.is_empty() && !cloud.vswitches.contains(id) {
            members
                .entry(id.clone())
                .or_default()
                .push(Arc::clone(interface));
        }
    }
    for (id, members) in members {
        let [first, ..] = &members[..] else {
            continue;
        };
        let taken: Vec<Prefix> = cloud
            .vswitches_of(&first.vpc_id)
            .filter_map(|one| one.block())
            .collect();
        let block = block(&members, &taken);
        if block.is_none() {
            let known = context.sources.interfaces.get(&first.network_interface_id);
            let message = format_args!(
                "no block fits vSwitch `{}` and its network interfaces; none in it gets an address \
                 by itself",
                Shown(&id)
            );
            notes.warning(&known.place(), message);
        }
        let zone = Some(first.zone_id.clone()).filter(|zone| !zone.is_empty());
        let vswitch = VSwitch {
            v_switch_id: id.clone(),
            vpc_id: first.vpc_id.clone(),
            zone_id: zone.unwrap_or_else(|| usual_zone(&first.region_id)),
            region_id: first.region_id.clone(),
            owner_id: first.owner_id.clone(),
            v_switch_name: String::new(),
            description: String::new(),
            cidr_block: block
                .map(|block| block.network().to_string())
                .unwrap_or_default(),
            ipv6_cidr_block: ipv6_block(&members),
            resource_group_id: String::new(),
            creation_time: Time(context.options.now),
            tags: crate::cloud::objects::Tags::default(),
        };
        cloud.vswitches.insert(&id, vswitch);
    }
}

/// Returns the widest block of the usual length or less that holds all
/// addresses and overlaps with none of `taken`.
fn block(members: &[Arc<Interface>], taken: &[Prefix]) -> Option<Prefix> {
    let blocks = members.iter().flat_map(|one| &one.ipv4_prefixes);
    let blocks = blocks.filter_map(|text| Some(Prefix::parse(text).ok()?.prefix.bounds()));
    let delegated = blocks.filter_map(|bounds| match bounds {
        (IpAddr::V4(first), IpAddr::V4(last)) => Some([first, last]),
        _ => None,
    });
    let addresses = members.iter().flat_map(|one| one.private_ips());
    let addresses = addresses.chain(delegated.flatten()).map(Ipv4Addr::to_bits);
    let (least, greatest) = addresses.fold((u32::MAX, u32::MIN), |(least, greatest), address| {
        (least.min(address), greatest.max(address))
    });
    let common = u8::try_from((least ^ greatest).leading_zeros()).unwrap_or(0);
    let (shortest, longest) = LENGTHS;
    let widest = common.min(USUAL_LENGTH).max(shortest);
    let mut lengths = widest..=common.min(longest);
    lengths.find_map(|length| {
        let network = least & !u32::MAX.checked_shr(length.into()).unwrap_or(0);
        let block = ipv4(&format!("{}/{length}", Ipv4Addr::from_bits(network)))?;
        (!taken.iter().any(|other| other.overlaps(block))).then_some(block)
    })
}

/// Returns the /64 in which all IPv6 addresses are, if there is one.
fn ipv6_block(members: &[Arc<Interface>]) -> String {
    let mut addresses = members.iter().flat_map(|one| &one.ipv6_addresses);
    let network = |address: &std::net::Ipv6Addr| address.to_bits() >> 64 << 64;
    let Some(first) = addresses.next().map(network) else {
        return String::new();
    };
    if addresses.any(|address| network(address) != first) {
        return String::new();
    }
    format!("{}/64", std::net::Ipv6Addr::from_bits(first))
}
