//! The vSwitches, groups and addresses of the interfaces of new instances.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::sync::Arc;

use super::Order;
use super::order::Nic;
use crate::cloud::Cloud;
use crate::cloud::addresses::{Fault, Pool, Speaker};
use crate::cloud::error::ApiError;
use crate::cloud::instances::{MAX_INTERFACES, no_interface};
use crate::cloud::membership::{
    Host, Newcomer, Voice, check_capacity, check_count, check_rules, check_types, named_groups,
    wrong_interface_status,
};
use crate::cloud::objects::{Group, Interface, InterfaceStatus, InterfaceType, Time, VSwitch};
use crate::cloud::operation::Call;
use crate::cloud::regions::usual_zone;

/// Where new instances are.
pub(super) struct Place<'c> {
    pub(super) region: &'c str,
    pub(super) zone: String,
    /// Empty in the classic network.
    pub(super) vpc: &'c str,
    sites: Vec<Site<'c>>,
}

/// Where one interface of each instance is.
struct Site<'c> {
    /// None in the classic network.
    vswitch: Option<&'c Arc<VSwitch>>,
    groups: Vec<&'c Arc<Group>>,
}

impl<'c> Place<'c> {
    /// Finds the vSwitches and groups of an order, and checks that they are of
    /// one network and that the groups take the instances in.
    pub(super) fn find(
        cloud: &'c Cloud,
        call: &Call<'c>,
        order: &Order<'c>,
    ) -> Result<Self, ApiError> {
        let region = call.required_region()?;
        let mut sites: Vec<Site<'c>> = Vec::with_capacity(order.nics.len());
        for nic in &order.nics {
            sites.push(site(cloud, call, sites.first(), nic)?);
        }
        let vswitch = sites.first().and_then(|site| site.vswitch);
        let zone = match (vswitch, order.zone) {
            (Some(vswitch), Some(zone)) if vswitch.zone_id != zone => {
                let message = "Specified virtual switch is not in the specified zone.";
                return Err(ApiError::new(400, "InvalidParameter.Mismatch", message));
            }
            (Some(vswitch), _) => vswitch.zone_id.clone(),
            (None, Some(zone)) => zone.to_owned(),
            (None, None) => usual_zone(region),
        };
        let place = Self {
            region,
            zone,
            vpc: vswitch.map_or("", |vswitch| &vswitch.vpc_id),
            sites,
        };
        place.check_network()?;
        place.check_groups(cloud, call, order)?;
        Ok(place)
    }

    /// Groups and interfaces are of the VPC of the instance, interfaces of its
    /// zone.
    fn check_network(&self) -> Result<(), ApiError> {
        for site in &self.sites {
            let vpc = site.vswitch.map_or("", |vswitch| &vswitch.vpc_id);
            if site.groups.iter().any(|group| group.vpc_id != vpc) {
                let message = "Specified security group and virtual switch are not in the same \
                               VPC.";
                return Err(ApiError::new(400, "InvalidParameter.Mismatch", message));
            }
            if vpc != self.vpc {
                let message = "The network interfaces of an instance must be in the same VPC.";
                return Err(ApiError::new(403, "InvalidOperation.VpcMismatch", message));
            }
            if site
                .vswitch
                .is_some_and(|vswitch| vswitch.zone_id != self.zone)
            {
                let message = "The network interfaces of an instance must be in the same zone.";
                let code = "InvalidOperation.AvailabilityZoneMismatch";
                return Err(ApiError::new(403, code, message));
            }
        }
        Ok(())
    }

    fn check_groups(
        &self,
        cloud: &Cloud,
        call: &Call<'_>,
        order: &Order<'_>,
    ) -> Result<(), ApiError> {
        let error = |refusal: crate::cloud::membership::Refusal| refusal.error(Voice::Instance);
        let instance_type = call.fields.text("InstanceType");
        for site in &self.sites {
            check_types(&site.groups, instance_type).map_err(error)?;
        }
        for site in &self.sites {
            check_count(cloud, &site.groups).map_err(error)?;
        }
        let groups = self.sites.iter().flat_map(|site| &site.groups);
        let groups: BTreeMap<&str, &Arc<Group>> = groups
            .map(|group| (group.security_group_id.as_str(), *group))
            .collect();
        for (id, group) in groups {
            let newcomers = self.newcomers(order, id);
            check_capacity(cloud, group, &newcomers).map_err(error)?;
        }
        for site in &self.sites {
            check_rules(cloud, &site.groups).map_err(error)?;
        }
        Ok(())
    }

    /// Returns the new interfaces that are to be in a group.
    fn newcomers(&self, order: &Order<'_>, group: &str) -> Vec<Newcomer<'static>> {
        let nics = self.sites.iter().zip(&order.nics);
        let inside = nics.filter(|(site, _)| {
            let mut groups = site.groups.iter();
            groups.any(|own| own.security_group_id == group)
        });
        let one = inside.flat_map(|(_, nic)| {
            (0..order.amount).map(|number| Newcomer {
                interface: None,
                host: Host::New(number),
                addresses: 1 + nic.shares.len(),
            })
        });
        one.collect()
    }

    /// Returns the interfaces of each instance, the primary one first.
    pub(super) fn interfaces(
        &self,
        cloud: &Cloud,
        call: &Call<'_>,
        order: &Order<'_>,
    ) -> Result<Vec<Vec<Interface>>, ApiError> {
        let mut pools = BTreeMap::new();
        for site in &self.sites {
            let id = site.vswitch.map_or("", |vswitch| &vswitch.v_switch_id);
            pools.entry(id).or_insert_with(|| match site.vswitch {
                Some(vswitch) => Pool::of(cloud, vswitch),
                None => Pool::classic(cloud),
            });
        }
        let mut all = vec![Vec::new(); order.amount];
        // Those with an address that is named come first, lest another gets it.
        let mut turns: Vec<usize> = (0..order.nics.len()).collect();
        turns.sort_by_key(|nic| order.nics[*nic].primary_ip.is_none());
        for turn in turns {
            let (site, nic) = (&self.sites[turn], &order.nics[turn]);
            let id = site.vswitch.map_or("", |vswitch| &vswitch.v_switch_id);
            let Some(pool) = pools.get_mut(id) else {
                continue;
            };
            for (number, interfaces) in all.iter_mut().enumerate() {
                let error = |fault: Fault| fault.error(Speaker::Launch);
                let address = nic.primary_ip.map(|text| following(text, number));
                let address = address.transpose().map_err(error)?;
                let taken = pool.take_with_primary(address.as_deref(), &nic.shares);
                let mut interface = self.interface(call, site);
                taken.map_err(error)?.give_to(&mut interface);
                nic.attributes.clone().set(&mut interface);
                if turn == 0 {
                    interface.kind = InterfaceType::Primary;
                    // It goes with its instance in any case.
                    interface.delete_on_release = true;
                }
                interfaces.push((turn, interface));
            }
        }
        let sorted = all.into_iter().map(|mut interfaces| {
            interfaces.sort_by_key(|(turn, _)| *turn);
            interfaces
                .into_iter()
                .map(|(_, interface)| interface)
                .collect()
        });
        Ok(sorted.collect())
    }

    fn interface(&self, call: &Call<'_>, site: &Site<'_>) -> Interface {
        let (owner, now) = (call.account(), Time(call.request.now));
        let mut interface = match site.vswitch {
            Some(vswitch) => Interface::in_vswitch(vswitch, owner, now),
            None => Interface::new(owner, self.region, &self.zone, now),
        };
        let groups = site.groups.iter();
        interface.security_group_ids = groups.map(|one| one.security_group_id.clone()).collect();
        let resource_group = call.fields.text("ResourceGroupId").unwrap_or("");
        resource_group.clone_into(&mut interface.resource_group_id);
        interface
    }

    /// Finds the interfaces that exist and are to be attached.
    pub(super) fn attached(
        &self,
        cloud: &Cloud,
        call: &Call<'_>,
        order: &Order<'_>,
    ) -> Result<Vec<String>, ApiError> {
        if MAX_INTERFACES < order.nics.len() + order.existing.len() {
            let message = format!("An instance has at most {MAX_INTERFACES} network interfaces.");
            return Err(ApiError::new(403, "EniPerInstanceLimitExceeded", message));
        }
        let mut seen = BTreeSet::new();
        for id in &order.existing {
            let found = cloud.interface(call, id).ok_or_else(|| no_interface(id))?;
            if found.status != InterfaceStatus::Available || found.service_managed {
                return Err(wrong_interface_status(found));
            }
            if found.vpc_id != self.vpc {
                let message = format!("The network interface {id} is not in the same VPC.");
                return Err(ApiError::new(403, "InvalidOperation.VpcMismatch", message));
            }
            if found.zone_id != self.zone || !seen.insert(*id) {
                let message = format!("The network interface {id} cannot be attached.");
                return Err(ApiError::new(400, "InvalidParam.NetworkInterface", message));
            }
        }
        Ok(order.existing.iter().map(|id| (*id).to_owned()).collect())
    }
}

/// Finds where one interface of each instance is; what its call leaves open is
/// as for the primary one.
fn site<'c>(
    cloud: &'c Cloud,
    call: &Call<'c>,
    primary: Option<&Site<'c>>,
    nic: &Nic<'c>,
) -> Result<Site<'c>, ApiError> {
    let vswitch = match nic.vswitch {
        Some(id) => {
            let vswitch = cloud.vswitch(call, id).ok_or_else(|| {
                let message = "Specified virtual switch does not exist.";
                ApiError::new(404, "InvalidVSwitchId.NotFound", message)
            })?;
            Some(vswitch)
        }
        None => match primary {
            Some(primary) => primary.vswitch,
            None if cloud.flags.classic => None,
            None => return Err(ApiError::missing("VSwitchId")),
        },
    };
    let groups = match primary {
        Some(primary) if nic.groups.is_empty() => primary.groups.clone(),
        Some(_) | None => named_groups(cloud, call, &nic.groups, None)?,
    };
    Ok(Site { vswitch, groups })
}

/// Returns the address that comes so many behind another: "consecutive private
/// IP addresses starting from the specified" one.
fn following(text: &str, number: usize) -> Result<String, Fault> {
    if number == 0 {
        return Ok(text.to_owned());
    }
    let malformed = || Fault::Malformed(text.to_owned());
    let first: Ipv4Addr = text.parse().map_err(|_| malformed())?;
    let number = u32::try_from(number).map_err(|_| malformed())?;
    let address = first.to_bits().checked_add(number);
    let address = address.ok_or_else(|| Fault::Outside(text.to_owned()))?;
    Ok(Ipv4Addr::from_bits(address).to_string())
}
