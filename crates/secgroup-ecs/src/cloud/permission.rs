//! Permissions of a request, checked one by one and made into rows (5.0.9, step 7).
//!
//! The checks go in the order that 5.0.9 gives them; each submodule has those
//! of one kind of field. What a row means is worked out by
//! [`StoredRule`](super::objects::StoredRule).

mod address;
mod peer;
mod service;
mod wording;

use super::Cloud;
use super::error::ApiError;
use super::fields::Fields;
use super::flags::{IdentityCidr, NicTypeReading};
use super::objects::{Group, Permission, StoredRule};

pub(crate) use wording::Page;
use wording::Wording;

use secgroup_model::Direction;

/// The greatest length of a description in characters (2.11).
const MAX_DESCRIPTION: usize = 512;

/// What a permission is read for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Context<'a> {
    pub(crate) cloud: &'a Cloud,
    /// The group that the rule belongs to, or shall.
    pub(crate) group: &'a Group,
    pub(crate) direction: Direction,
    pub(crate) page: Page,
}

/// One permission on its way through the checks.
struct Reading<'a> {
    context: Context<'a>,
    fields: &'a Fields<'a>,
    words: Wording<'a>,
}

/// Reads one permission: one row, or several under `api.cidr_list=split` (2.5.3).
pub(crate) fn read(
    context: &Context<'_>,
    fields: &Fields<'_>,
) -> Result<Vec<Permission>, ApiError> {
    let reading = Reading {
        context: *context,
        fields,
        words: Wording {
            page: context.page,
            direction: context.direction,
            fields,
        },
    };
    let service = reading.service()?;
    let mut row = Permission {
        direction: context.direction.to_string(),
        ip_protocol: service.protocol_text(),
        port_range: service.ports.clone(),
        source_port_range: service.source_ports.clone(),
        policy: reading.policy()?.to_owned(),
        priority: reading.priority()?.to_string(),
        nic_type: reading.nic_type()?.to_owned(),
        ..Permission::default()
    };
    let chosen = reading.choose_peer()?;
    let rows = reading.addresses(&chosen, service.protocol, &row)?;
    reading.lists(&chosen, &service, &mut row, &rows)?;
    reading.group(&chosen, &mut row)?;
    row.description = reading.description()?.to_owned();
    Ok(rows
        .into_iter()
        .map(|sides| sides.place(row.clone()))
        .collect())
}

impl Reading<'_> {
    /// `Policy`, accept by default (2.10).
    fn policy(&self) -> Result<&'static str, ApiError> {
        let Some(text) = self.fields.text("Policy") else {
            return Ok("Accept");
        };
        let alias = self.context.cloud.flags.policy_allow_alias;
        match text.to_ascii_lowercase().as_str() {
            "accept" => Ok("Accept"),
            "allow" if alias => Ok("Accept"),
            "drop" => Ok("Drop"),
            _ => Err(self.words.not_valid("InvalidPolicy.Malformed", "Policy")),
        }
    }

    /// `Priority`, 1 by default: "not an integer: InvalidPriority.Malformed;
    /// integer out of range: InvalidPriority.ValueNotSupported" (2.3.2).
    fn priority(&self) -> Result<u8, ApiError> {
        let Some(text) = self.fields.text("Priority") else {
            return Ok(1);
        };
        let digits = text.strip_prefix('-').unwrap_or(text);
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(self.words.priority_malformed());
        }
        let number = text
            .parse()
            .ok()
            .filter(|number| (1..=100).contains(number));
        number.ok_or_else(|| self.words.priority_out_of_range())
    }

    /// `NicType`: of no choice in a VPC, `internet` by default in the classic
    /// network (2.9).
    fn nic_type(&self) -> Result<&'static str, ApiError> {
        let classic = self.context.group.is_classic();
        let strict = self.context.cloud.flags.nic_type == NicTypeReading::Strict;
        let text = self.fields.text("NicType").map(str::to_ascii_lowercase);
        match text.as_deref() {
            None if classic => Ok("internet"),
            None | Some("intranet") => Ok("intranet"),
            Some("internet") if classic => Ok("internet"),
            Some("internet") if !strict => Ok("intranet"),
            Some(_) => Err(self.words.bad_nic_type()),
        }
    }

    /// "Description: 1..512 characters; an empty string equals absent" (2.11).
    fn description(&self) -> Result<&str, ApiError> {
        let text = self.fields.text("Description").unwrap_or("");
        if text.chars().count() > MAX_DESCRIPTION {
            return Err(self.words.bad_description());
        }
        Ok(text)
    }
}

impl Cloud {
    /// Tells whether two rules of one group are the same rule (2.12).
    pub(crate) fn identical(&self, one: &StoredRule, other: &StoredRule) -> bool {
        let owners = one.row.source_group_owner_account == other.row.source_group_owner_account
            && one.row.dest_group_owner_account == other.row.dest_group_owner_account;
        let addresses = |row: &Permission| {
            [
                row.source_cidr_ip.clone(),
                row.ipv6_source_cidr_ip.clone(),
                row.dest_cidr_ip.clone(),
                row.ipv6_dest_cidr_ip.clone(),
            ]
        };
        let spelt_alike = self.flags.identity_cidr == IdentityCidr::Set
            || addresses(&one.row) == addresses(&other.row);
        one.rule.identity() == other.rule.identity() && owners && spelt_alike
    }
}
