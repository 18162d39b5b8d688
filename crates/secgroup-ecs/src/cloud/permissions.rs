//! The permissions of a call, flat or listed, and the group they are about
//! (5.0.9, steps 1 to 8).

use std::sync::Arc;

use secgroup_model::Direction;

use super::Cloud;
use super::error::ApiError;
use super::fields::Fields;
use super::objects::{Group, Permission, StoredRule};
use super::operation::Call;
use super::permission::{self, Context, Page};

/// The greatest number of a permission, or of the id of a rule, in a call (4.2):
/// "N 1..100" (5.2.1).
pub(crate) const MAX_PERMISSIONS: u32 = 100;

/// The greatest length of a group id (4.13).
const MAX_GROUP_ID: usize = 100;

/// Lists the fields of a permission, and with them the parameters of the calls
/// that have permissions.
macro_rules! permission_fields {
    ($($name:literal)*) => {
        /// The flat parameters that make a permission (2.1, 2.2).
        const FLAT: &[&str] = &[$($name),*];

        /// What two calls with one `ClientToken` that add rules have in common (5.0.5).
        pub(crate) const PARAMETERS: &[&str] = &[
            "RegionId",
            "SecurityGroupId",
            $($name, concat!("Permissions.N.", $name)),*
        ];

        /// Likewise of calls that may name rules by their ids.
        pub(crate) const PARAMETERS_WITH_IDS: &[&str] = &[
            "RegionId",
            "SecurityGroupId",
            "SecurityGroupRuleId",
            "SecurityGroupRuleId.N",
            $($name, concat!("Permissions.N.", $name)),*
        ];
    };
}

permission_fields! {
    "IpProtocol"
    "PortRange"
    "PortRangeListId"
    "SourcePortRange"
    "SourceCidrIp"
    "Ipv6SourceCidrIp"
    "SourceGroupId"
    "SourceGroupOwnerAccount"
    "SourceGroupOwnerId"
    "SourcePrefixListId"
    "DestCidrIp"
    "Ipv6DestCidrIp"
    "DestGroupId"
    "DestGroupOwnerAccount"
    "DestGroupOwnerId"
    "DestPrefixListId"
    "Policy"
    "Priority"
    "NicType"
    "Description"
}

/// Checks `RegionId` and `SecurityGroupId` (5.0.9, step 1).
pub(crate) fn required(call: &Call<'_>) -> Result<(), ApiError> {
    call.required_region()?;
    call.fields.required("SecurityGroupId")?;
    Ok(())
}

/// Finds the group of a call: form, existence, ownership (5.0.9, steps 3 to 5).
pub(crate) fn group<'a>(cloud: &'a Cloud, call: &Call<'_>) -> Result<&'a Arc<Group>, ApiError> {
    let id = call.fields.required("SecurityGroupId")?;
    check_group_id(id, "The specified parameter SecurityGroupId is not valid.")?;
    let group = cloud.existing_group(call, id)?;
    if group.service_managed {
        return Err(ApiError::managed(id));
    }
    Ok(group)
}

/// "At most 100 letters, digits, `-` and `_`" (4.13).
pub(crate) fn check_group_id(id: &str, message: &str) -> Result<(), ApiError> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if id.len() <= MAX_GROUP_ID && id.bytes().all(allowed) {
        return Ok(());
    }
    Err(ApiError::new(
        400,
        "InvalidSecurityGroupId.Malformed",
        message,
    ))
}

impl Cloud {
    /// Returns the group called `id` of the caller, in the region of the call.
    pub(crate) fn existing_group(
        &self,
        call: &Call<'_>,
        id: &str,
    ) -> Result<&Arc<Group>, ApiError> {
        self.group(call, id).ok_or_else(ApiError::no_group)
    }
}

/// The permissions of a call, with the form they came in.
pub(crate) enum Given<'a> {
    Flat(Fields<'a>),
    List(Vec<Fields<'a>>),
}

impl<'a> Given<'a> {
    /// Tells the forms apart; both together are refused (5.0.9, step 6), and so
    /// is a call without any permission (4.2).
    pub(crate) fn of(call: &Call<'a>) -> Result<Self, ApiError> {
        let listed = call.fields.numbered("Permissions");
        let beyond = call.fields.number_beyond("Permissions", MAX_PERMISSIONS);
        if listed.is_empty() && beyond.is_none() {
            if !has_flat(call) {
                return Err(ApiError::missing("Permissions"));
            }
            return Ok(Self::Flat(call.fields.clone()));
        }
        if has_flat(call) {
            return Err(cannot_coexist());
        }
        if let Some(name) = beyond {
            return Err(ApiError::invalid(&name));
        }
        Ok(Self::List(listed))
    }

    /// Returns the fields of each permission.
    pub(crate) fn each(&self) -> &[Fields<'a>] {
        match self {
            Self::Flat(fields) => std::slice::from_ref(fields),
            Self::List(fields) => fields,
        }
    }

    /// Reads every permission, in order (5.0.9, step 7).
    ///
    /// Returns the rows before the first that is wrong, each with the position
    /// of its permission, and what is wrong with that one.
    pub(crate) fn read(
        &self,
        cloud: &Cloud,
        group: &Group,
        direction: Direction,
        page: Page,
    ) -> (Vec<(usize, Permission)>, Option<ApiError>) {
        let each = self.each();
        let context = Context {
            cloud,
            group,
            direction,
            page,
        };
        let mut rows = Vec::with_capacity(each.len());
        for (at, fields) in each.iter().enumerate() {
            match permission::read(&context, fields) {
                Ok(read) => rows.extend(read.into_iter().map(|row| (at, row))),
                Err(error) => return (rows, Some(error)),
            }
        }
        (rows, None)
    }
}

/// Tells whether a call has any flat parameter of a permission.
pub(crate) fn has_flat(call: &Call<'_>) -> bool {
    FLAT.iter().any(|name| call.fields.text(name).is_some())
}

/// Forms of which a call may use only one (5.0.9, step 6).
pub(crate) fn cannot_coexist() -> ApiError {
    let message = "The specified parameter Permissions cannot coexist with other parameters.";
    ApiError::new(400, "InvalidParam.Permissions", message)
}

/// Makes a rule of a row that passed every check.
pub(crate) fn rule(row: Permission) -> Result<StoredRule, ApiError> {
    StoredRule::try_from(row).map_err(|_| {
        let message = "The request processing has failed due to some unknown error.";
        ApiError::new(500, "InternalError", message)
    })
}

/// "Two identical entries in the request" (5.0.9, step 8).
pub(crate) fn check_duplicates(cloud: &Cloud, rules: &[StoredRule]) -> Result<(), ApiError> {
    for (at, rule) in rules.iter().enumerate() {
        if rules[..at]
            .iter()
            .any(|earlier| cloud.identical(earlier, rule))
        {
            let message = "There are duplicate permissions in the specified parameter Permissions.";
            return Err(ApiError::new(
                400,
                "InvalidParam.DuplicatePermissions",
                message,
            ));
        }
    }
    Ok(())
}
