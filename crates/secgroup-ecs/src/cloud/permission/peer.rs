//! The peer: which of several counts, and groups and lists that must exist
//! (2.7, 2.8, 1.6, 1.7).

use secgroup_model::{Direction, Family};

use super::address::{Sides, check_protocol};
use super::service::Service;
use super::{Page, Reading};
use crate::cloud::error::ApiError;
use crate::cloud::objects::{Group, Permission};

/// The peer that counts.
#[derive(Clone, Copy, Debug)]
pub(super) enum Chosen<'a> {
    /// A CIDR block; it is read with those of the other side.
    Cidr,
    /// A group.
    Group(&'a str),
    /// A prefix list.
    List(&'a str),
}

impl Chosen<'_> {
    pub(super) const fn is_cidr(&self) -> bool {
        matches!(self, Self::Cidr)
    }
}

/// Which names the two sides have in a direction (2.2).
pub(super) struct Names {
    /// `Source` or `Dest`: the far end.
    pub(super) peer: &'static str,
    /// The near end.
    pub(super) local: &'static str,
}

impl Reading<'_> {
    pub(super) const fn names(&self) -> Names {
        let (peer, local) = match self.context.direction {
            Direction::Ingress => ("Source", "Dest"),
            Direction::Egress => ("Dest", "Source"),
        };
        Names { peer, local }
    }

    /// Chooses the peer: a CIDR block before a group before a prefix list; "the
    /// losers are not stored", nor are they checked (2.7, 5.0.9).
    pub(super) fn choose_peer(&self) -> Result<Chosen<'_>, ApiError> {
        let side = self.names().peer;
        let field = |name: String| self.fields.text(&name);
        let cidr = field(format!("{side}CidrIp")).or_else(|| field(format!("Ipv6{side}CidrIp")));
        if cidr.is_some() {
            return Ok(Chosen::Cidr);
        }
        let group = field(format!("{side}GroupId")).map(Chosen::Group);
        let list = || field(format!("{side}PrefixListId")).map(Chosen::List);
        group.or_else(list).ok_or_else(|| self.words.missing_peer())
    }

    /// Checks prefix list and port list, in this order (5.0.9, step 7).
    pub(super) fn lists(
        &self,
        chosen: &Chosen<'_>,
        service: &Service,
        row: &mut Permission,
        rows: &[Sides],
    ) -> Result<(), ApiError> {
        if let Chosen::List(id) = chosen {
            self.prefix_list(id, service, row, rows)?;
        }
        if service.ports.is_empty() {
            self.port_list(service, row)?;
        }
        Ok(())
    }

    /// "Prefix list: classic, exists, family" (5.0.9, step 7).
    fn prefix_list(
        &self,
        id: &str,
        service: &Service,
        row: &mut Permission,
        rows: &[Sides],
    ) -> Result<(), ApiError> {
        let context = &self.context;
        if context.group.is_classic() {
            let message = "The prefix list is not supported when the network type of security \
                           group is classic.";
            return Err(ApiError::new(
                400,
                "NotSupported.ClassicNetworkPrefixList",
                message,
            ));
        }
        let own = |list: &&_| belongs_with(context.group, list);
        let list = context.cloud.prefix_lists.get(id).map(AsRef::as_ref);
        let Some(list) = list.filter(own) else {
            let message = "The specified prefix list was not found.";
            return Err(ApiError::new(404, "InvalidPrefixListId.NotFound", message));
        };
        let family = if list.address_family == "IPv6" {
            Family::V6
        } else {
            Family::V4
        };
        let locals = rows.iter().filter_map(|sides| sides.local.as_ref());
        if locals
            .into_iter()
            .any(|local| local.prefix.family() != family)
        {
            return Err(self.words.list_of_other_family());
        }
        check_protocol(service.protocol, [family])?;
        match context.direction {
            Direction::Ingress => id.clone_into(&mut row.source_prefix_list_id),
            Direction::Egress => id.clone_into(&mut row.dest_prefix_list_id),
        }
        Ok(())
    }

    /// Port lists: for TCP and UDP rules of VPC groups only (1.7, 5.2.6).
    fn port_list(&self, service: &Service, row: &mut Permission) -> Result<(), ApiError> {
        let id = self.fields.text("PortRangeListId").unwrap_or("");
        if !service.has_ports() || self.context.group.is_classic() {
            let message = "The specified protocol does not support the port range list.";
            let code = "InvalidParam.ProtocolNotSupportPortRangeList";
            return Err(ApiError::new(400, code, message));
        }
        let group = self.context.group;
        let own =
            self.context.cloud.port_lists.get(id).filter(|list| {
                list.owner_id == group.owner_id && list.region_id == group.region_id
            });
        if own.is_none() {
            let message = "The specified port range list was not found.";
            return Err(ApiError::new(
                400,
                "InvalidPortRangeListId.NotFound",
                message,
            ));
        }
        id.clone_into(&mut row.port_range_list_id);
        Ok(())
    }

    /// "Group: advanced owner, self, exists, advanced target, network type,
    /// VPC, NicType" (5.0.9, step 7; 2.8).
    pub(super) fn group(&self, chosen: &Chosen<'_>, row: &mut Permission) -> Result<(), ApiError> {
        let Chosen::Group(id) = *chosen else {
            return Ok(());
        };
        let own = self.context.group;
        if own.is_advanced() {
            let message = "The attributes Policy, SourceGroupId, DestGroupId of enterprise level \
                           security groups are not allowed to be set or modified.";
            return Err(ApiError::new(
                400,
                "InvalidGroupParameter.OperationDenied",
                message,
            ));
        }
        if id == own.security_group_id {
            return Err(self.self_reference());
        }
        let owner = self.peer_owner();
        let other = self
            .context
            .cloud
            .groups
            .get(id)
            .filter(|other| other.owner_id == owner && other.region_id == own.region_id);
        let other = other.ok_or_else(|| self.no_peer_group())?;
        if other.is_advanced() {
            let message = "The security group can not authorize to enterprise level security \
                           group.";
            return Err(ApiError::new(
                400,
                "InvalidGroupAuthParameter.OperationDenied",
                message,
            ));
        }
        self.check_networks(own, other, row)?;
        let account = if other.owner_id == own.owner_id {
            String::new()
        } else {
            other.owner_id.clone()
        };
        match self.context.direction {
            Direction::Ingress => {
                id.clone_into(&mut row.source_group_id);
                row.source_group_owner_account = account;
            }
            Direction::Egress => {
                id.clone_into(&mut row.dest_group_id);
                row.dest_group_owner_account = account;
            }
        }
        Ok(())
    }

    /// The account in which the peer group is looked up: "without owner fields
    /// in the caller's; with them, in that account" (2.8.4).
    fn peer_owner(&self) -> &str {
        let side = self.names().peer;
        let id = self.fields.text(&format!("{side}GroupOwnerId"));
        let account = || self.fields.text(&format!("{side}GroupOwnerAccount"));
        id.or_else(account).unwrap_or(&self.context.group.owner_id)
    }

    /// "Self reference is refused" (2.8.2).
    fn self_reference(&self) -> ApiError {
        match self.context.direction {
            Direction::Ingress => {
                let message = "The specified SecurityGroupId should be different from the \
                               SourceGroupId.";
                // The page of RevokeSecurityGroup has it with another status.
                let status = if self.context.page == Page::Revoke {
                    400
                } else {
                    403
                };
                ApiError::new(status, "InvalidParamter.Conflict", message)
            }
            Direction::Egress => {
                let message = "The authorized SecurityGroupId should be different from the \
                               DestGroupId.";
                ApiError::new(403, "InvalidSecurityGroup.IsSame", message)
            }
        }
    }

    fn no_peer_group(&self) -> ApiError {
        let side = self.names().peer;
        let message = format!("The {side}GroupId provided does not exist in our records.");
        ApiError::new(404, format!("Invalid{side}GroupId.NotFound"), message)
    }

    /// Network type, VPC and, in the classic network, the NIC (2.8.3).
    fn check_networks(&self, own: &Group, other: &Group, row: &Permission) -> Result<(), ApiError> {
        let side = self.names().peer;
        if own.is_classic() != other.is_classic() {
            let code = match self.context.direction {
                Direction::Ingress => "InvalidNetworkType.Mismatch",
                Direction::Egress => "InvalidNetworkType.Conflict",
            };
            let message = "The specified SecurityGroup network type should be same with \
                           SourceGroup network type (vpc or classic).";
            return Err(ApiError::new(403, code, message));
        }
        let code = format!("Invalid{side}GroupId.Mismatch");
        if own.vpc_id != other.vpc_id {
            let what = match self.context.direction {
                Direction::Ingress => "source",
                Direction::Egress => "destination",
            };
            let message =
                format!("Specified security group and {what} group are not in the same VPC.");
            return Err(ApiError::new(400, code, message));
        }
        if row.nic_type != "intranet" {
            return Err(ApiError::new(403, code, self.words.nic_expected()));
        }
        Ok(())
    }
}

/// Tells whether a list can be used in a rule of a group: same account and
/// region (1.1).
fn belongs_with(group: &Group, list: &crate::cloud::objects::PrefixList) -> bool {
    list.owner_id == group.owner_id && list.region_id == group.region_id
}
