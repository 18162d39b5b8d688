//! What RunInstances and CreateInstance ask for.
//!
//! Ignored knowingly, by both: everything about billing, disks, images, keys,
//! passwords, hosts, deployment sets, CPU options, metadata and the public
//! network; launch templates are not modelled, so what they would set must be
//! named in the call.

use super::labels;
use crate::cloud::addresses::{Share, Shares};
use crate::cloud::error::ApiError;
use crate::cloud::fields::Fields;
use crate::cloud::instances::MAX_INTERFACES;
use crate::cloud::interface_parameters::Attributes;
use crate::cloud::naming::check_description;
use crate::cloud::objects::InstanceStatus;
use crate::cloud::operation::Call;

/// How many instances a call makes at most.
const MAX_AMOUNT: i64 = 100;

/// What a call asks for.
#[derive(Debug)]
pub(crate) struct Order<'a> {
    pub(crate) amount: usize,
    /// The state of the instances once they are made.
    pub(crate) status: InstanceStatus,
    pub(crate) deletion_protection: bool,
    pub(super) zone: Option<&'a str>,
    /// The name of each instance, or none.
    pub(super) names: Vec<String>,
    pub(super) host_names: Vec<String>,
    /// The interfaces that each instance gets, the primary one first.
    pub(super) nics: Vec<Nic<'a>>,
    /// The interfaces that exist and are attached.
    pub(super) existing: Vec<&'a str>,
}

/// An interface that each of the instances gets.
#[derive(Debug, Default)]
pub(super) struct Nic<'a> {
    /// Empty where it has the groups of the primary one.
    pub(super) groups: Vec<&'a str>,
    /// None where it is in the vSwitch of the primary one.
    pub(super) vswitch: Option<&'a str>,
    pub(super) primary_ip: Option<&'a str>,
    pub(super) shares: Shares<'a>,
    pub(super) attributes: Attributes,
}

impl<'a> Order<'a> {
    /// Reads what CreateInstance asks for: one instance, not started.
    ///
    /// # Errors
    ///
    /// `400 InvalidInstanceName.Malformed`, `400 InvalidHostName.Malformed` and
    /// `400 InvalidDescription.Malformed`.
    pub(crate) fn of_one(call: &Call<'a>) -> Result<Self, ApiError> {
        let fields = &call.fields;
        let primary = Nic {
            groups: fields.text("SecurityGroupId").into_iter().collect(),
            vswitch: fields.text("VSwitchId"),
            primary_ip: fields.text("PrivateIpAddress"),
            ..Nic::default()
        };
        Self::of(call, 1, InstanceStatus::Stopped, vec![primary], Vec::new())
    }

    /// Reads what RunInstances asks for.
    ///
    /// # Errors
    ///
    /// Those of [`Order::of_one`], `403 InvalidParam.Amount`, `400
    /// InvalidMinAmount.Malformed`, `400 InvalidParam.NetworkInterface`.
    pub(crate) fn of_many(call: &Call<'a>) -> Result<Self, ApiError> {
        let amount = amount(call)?;
        let (nics, existing) = nics(call)?;
        let order = Self::of(call, amount, InstanceStatus::Running, nics, existing)?;
        if 1 < amount && order.is_for_one() {
            return Err(wrong_amount(
                "Network interfaces and IPv6 addresses can be named for one instance only.",
            ));
        }
        Ok(order)
    }

    fn of(
        call: &Call<'a>,
        amount: usize,
        status: InstanceStatus,
        nics: Vec<Nic<'a>>,
        existing: Vec<&'a str>,
    ) -> Result<Self, ApiError> {
        let fields = &call.fields;
        if fields
            .text("Description")
            .is_some_and(|text| !check_description(text))
        {
            let message = "The specified parameter \"Description\" is not valid.";
            return Err(ApiError::new(400, "InvalidDescription.Malformed", message));
        }
        Ok(Self {
            amount,
            status,
            deletion_protection: fields.boolean("DeletionProtection")? == Some(true),
            zone: fields.text("ZoneId"),
            names: labels::names(call, amount)?,
            host_names: labels::host_names(call, amount)?,
            nics,
            existing,
        })
    }

    /// Tells whether the order names what only one instance can have. The
    /// primary addresses of several follow each other.
    fn is_for_one(&self) -> bool {
        let listed =
            |nic: &Nic<'_>| matches!(&nic.shares.ipv6, Share::Listed(list) if !list.is_empty());
        let named = self.nics.iter().skip(1).any(|nic| nic.primary_ip.is_some());
        let primary_named = self
            .nics
            .first()
            .is_some_and(|nic| nic.primary_ip.is_some());
        let consecutive_with_others = primary_named && 1 < self.nics.len();
        let existing = !self.existing.is_empty();
        existing || named || consecutive_with_others || self.nics.iter().any(listed)
    }
}

/// Checks that a call of RunInstances names a group, without which there is no
/// instance.
///
/// # Errors
///
/// `400 MissingParameter`.
pub(crate) fn required_group(call: &Call<'_>) -> Result<(), ApiError> {
    let listed = nics_of(call);
    let primary = listed.iter().find(|nic| is_primary(nic));
    let fields = primary.unwrap_or(&call.fields);
    if fields.list("SecurityGroupIds").is_empty() {
        fields.required("SecurityGroupId")?;
    }
    Ok(())
}

fn nics_of<'a>(call: &Call<'a>) -> Vec<Fields<'a>> {
    call.fields.numbered("NetworkInterface")
}

fn is_primary(nic: &Fields<'_>) -> bool {
    nic.text("InstanceType") == Some("Primary")
}

/// Reads `Amount` and `MinAmount`. There is always room for all, or the call
/// fails, so that the second number changes nothing.
fn amount(call: &Call<'_>) -> Result<usize, ApiError> {
    let amount = call.fields.integer("Amount")?.unwrap_or(1);
    if !(1..=MAX_AMOUNT).contains(&amount) {
        return Err(wrong_amount("The specified parameter Amount is not valid."));
    }
    let least = call.fields.integer("MinAmount")?.unwrap_or(1);
    if !(1..=amount).contains(&least) {
        let message = "The specified parameter MinAmount is not valid.";
        return Err(ApiError::new(400, "InvalidMinAmount.Malformed", message));
    }
    usize::try_from(amount).map_err(|_| ApiError::invalid("Amount"))
}

fn wrong_amount(message: &str) -> ApiError {
    ApiError::new(403, "InvalidParam.Amount", message)
}

/// Reads `SecurityGroupId` or `SecurityGroupIds.N`.
fn groups<'a>(fields: &Fields<'a>) -> Result<Vec<&'a str>, ApiError> {
    let listed = fields.list("SecurityGroupIds");
    match fields.text("SecurityGroupId") {
        Some(_) if !listed.is_empty() => {
            let (one, many) = (
                fields.name("SecurityGroupId"),
                fields.name("SecurityGroupIds"),
            );
            let message =
                format!("The parameters {one} and {many}.N cannot be set at the same time.");
            Err(ApiError::new(400, "InvalidParameter.Conflict", message))
        }
        Some(one) => Ok(vec![one]),
        None => Ok(listed),
    }
}

fn wrong_nic(message: impl Into<String>) -> ApiError {
    ApiError::new(400, "InvalidParam.NetworkInterface", message)
}

/// Reads `NetworkInterface.N` and what the call says about the primary interface
/// beside them.
fn nics<'a>(call: &Call<'a>) -> Result<(Vec<Nic<'a>>, Vec<&'a str>), ApiError> {
    let beside = Nic {
        groups: groups(&call.fields)?,
        vswitch: call.fields.text("VSwitchId"),
        primary_ip: call.fields.text("PrivateIpAddress"),
        shares: Shares {
            ipv6: Share::ipv6(&call.fields)?,
            ..Shares::default()
        },
        attributes: Attributes::default(),
    };
    let listed = nics_of(call);
    if MAX_INTERFACES < listed.len() {
        return Err(wrong_nic(format!(
            "An instance has at most {MAX_INTERFACES} network interfaces."
        )));
    }
    let (mut primary, mut others, mut existing) = (None, Vec::new(), Vec::new());
    for fields in &listed {
        if let Some(id) = fields.text("NetworkInterfaceId") {
            existing.push(id);
            continue;
        }
        let nic = nic(fields)?;
        if !is_primary(fields) {
            others.push(nic);
        } else if primary.replace(nic).is_some() {
            return Err(wrong_nic("An instance has one primary network interface."));
        }
    }
    let named = beside.vswitch.is_some()
        || beside.primary_ip.is_some()
        || !beside.groups.is_empty()
        || !beside.shares.is_empty();
    if primary.is_some() && named {
        return Err(wrong_nic(
            "SecurityGroupId, SecurityGroupIds.N, VSwitchId, PrivateIpAddress, Ipv6Address.N and \
             Ipv6AddressCount cannot be set beside a primary NetworkInterface.N.",
        ));
    }
    let mut nics = vec![primary.unwrap_or(beside)];
    nics.append(&mut others);
    Ok((nics, existing))
}

/// Reads one `NetworkInterface.N`.
fn nic<'a>(fields: &Fields<'a>) -> Result<Nic<'a>, ApiError> {
    if !matches!(
        fields.text("InstanceType"),
        None | Some("Primary" | "Secondary")
    ) {
        return Err(ApiError::invalid(&fields.name("InstanceType")));
    }
    let ipv6 = Share::ipv6(fields)?;
    if !ipv6.is_empty() && !is_primary(fields) {
        let place = fields.place();
        return Err(wrong_nic(format!(
            "{place} is a secondary network interface, for which IPv6 addresses cannot be set."
        )));
    }
    let mut attributes = Attributes::read(fields)?;
    // "Default value: true", other than for CreateNetworkInterface.
    attributes.delete_on_release = attributes.delete_on_release.or(Some(true));
    Ok(Nic {
        groups: groups(fields)?,
        vswitch: fields.text("VSwitchId"),
        primary_ip: fields.text("PrimaryIpAddress"),
        shares: Shares {
            ipv4: Share::ipv4(fields)?,
            ipv6,
            ..Shares::default()
        },
        attributes,
    })
}
