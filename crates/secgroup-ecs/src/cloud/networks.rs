//! VPCs and vSwitches as the operations find, name and refuse them.
//!
//! Their blocks of addresses are reckoned in `network_blocks`, the rows of
//! answers about them are written in `network_rows`.

use std::sync::Arc;

use super::error::ApiError;
use super::objects::{VSwitch, Vpc};
use super::operation::Call;
use super::paging::{Order, Outside, Paging, Size};
use super::{Cloud, in_region};

/// The pages of the VPC API's lists.
pub(crate) const PAGES: Paging = Paging {
    results: None,
    pages: Some(Size {
        least: 1,
        usual: 10,
        most: 50,
        outside: Outside::Refused,
    }),
    order: Order::NewestFirst,
};

/// How many ids one filter of the VPC API names, separated by commas.
const MAX_FILTERED: usize = 20;

impl Cloud {
    /// Finds a VPC of the caller, in the region that the call names, if any.
    ///
    /// # Errors
    ///
    /// `404 InvalidVpcId.NotFound`.
    pub(crate) fn find_vpc(&self, call: &Call<'_>, id: &str) -> Result<&Arc<Vpc>, ApiError> {
        let vpc = self.vpcs.get(id);
        let own = vpc.filter(|vpc| vpc.owner_id == call.account());
        let vpc = own.filter(|vpc| in_region(call, &vpc.region_id));
        vpc.ok_or_else(|| {
            let message = "Specified VPC does not exist.";
            ApiError::new(404, "InvalidVpcId.NotFound", message)
        })
    }

    /// Finds a vSwitch of the caller, in the region that the call names, if any.
    ///
    /// # Errors
    ///
    /// `404 InvalidVswitchID.NotFound`, spelt so.
    pub(crate) fn find_vswitch(
        &self,
        call: &Call<'_>,
        id: &str,
    ) -> Result<&Arc<VSwitch>, ApiError> {
        let vswitch = self.vswitches.get(id);
        let own = vswitch.filter(|vswitch| vswitch.owner_id == call.account());
        let vswitch = own.filter(|vswitch| in_region(call, &vswitch.region_id));
        vswitch.ok_or_else(|| {
            let message = "VSwitch not exist.";
            ApiError::new(404, "InvalidVswitchID.NotFound", message)
        })
    }

    /// Returns the VPCs of the caller in the region that the call names, if any.
    pub(crate) fn own_vpcs(&self, call: &Call<'_>) -> impl Iterator<Item = &Arc<Vpc>> {
        let own =
            |vpc: &&Arc<Vpc>| vpc.owner_id == call.account() && in_region(call, &vpc.region_id);
        self.vpcs.values().filter(own)
    }

    /// Returns the vSwitches of a VPC, the oldest first.
    pub(crate) fn vswitches_of(&self, vpc: &str) -> impl Iterator<Item = &Arc<VSwitch>> {
        let inside = move |vswitch: &&Arc<VSwitch>| vswitch.vpc_id == vpc;
        self.vswitches.values().filter(inside)
    }

    /// Tells whether an interface with an IPv6 address is in a vSwitch, so that
    /// its IPv6 block must stay.
    pub(crate) fn has_ipv6_members(&self, vswitch: &str) -> bool {
        self.interfaces.values().any(|one| {
            let addresses = one.ipv6_addresses.len() + one.ipv6_prefixes.len();
            one.v_switch_id == vswitch && addresses != 0
        })
    }
}

/// Tells whether `text` can be the name of a VPC or vSwitch: 1 to 128
/// characters and no web address.
pub(crate) fn is_name(text: &str) -> bool {
    is_label(text, 128)
}

/// Tells whether `text` can be a description: 1 to 256 characters and no web
/// address.
pub(crate) fn is_description(text: &str) -> bool {
    is_label(text, 256)
}

fn is_label(text: &str, most: usize) -> bool {
    let address = text.starts_with("http://") || text.starts_with("https://");
    (1..=most).contains(&text.chars().count()) && !address
}

/// Reads `VpcName` and `Description`.
///
/// # Errors
///
/// `400 InvalidVpcName.Malformed` and `400 InvalidVpcDiscription.Malformed`,
/// spelt so.
pub(crate) fn vpc_labels<'a>(
    call: &Call<'a>,
) -> Result<(Option<&'a str>, Option<&'a str>), ApiError> {
    let name = call.fields.text("VpcName");
    if name.is_some_and(|name| !is_name(name)) {
        let message = "Specified VPC name is not valid.";
        return Err(ApiError::new(400, "InvalidVpcName.Malformed", message));
    }
    let description = call.fields.text("Description");
    if description.is_some_and(|description| !is_description(description)) {
        let message = "Specified VPC description is not valid.";
        let code = "InvalidVpcDiscription.Malformed";
        return Err(ApiError::new(400, code, message));
    }
    Ok((name, description))
}

/// Reads `VSwitchName` and `Description`.
///
/// # Errors
///
/// `400 InvalidVSwitchName.Malformed` and `400
/// InvalidVSwitchDiscription.Malformed`, spelt so.
pub(crate) fn vswitch_labels<'a>(
    call: &Call<'a>,
) -> Result<(Option<&'a str>, Option<&'a str>), ApiError> {
    let name = call.fields.text("VSwitchName");
    if name.is_some_and(|name| !is_name(name)) {
        let message = "Specified virtual switch name is not valid.";
        return Err(ApiError::new(400, "InvalidVSwitchName.Malformed", message));
    }
    let description = call.fields.text("Description");
    if description.is_some_and(|description| !is_description(description)) {
        let message = "Specified virtual switch description is not valid.";
        let code = "InvalidVSwitchDiscription.Malformed";
        return Err(ApiError::new(400, code, message));
    }
    Ok((name, description))
}

/// Reads a filter of ids that are separated by commas; nothing where the call
/// has none.
///
/// # Errors
///
/// `400 InvalidParameter` for more ids than one filter may name.
pub(crate) fn ids<'a>(call: &Call<'a>, field: &str) -> Result<Option<Vec<&'a str>>, ApiError> {
    let Some(text) = call.fields.text(field) else {
        return Ok(None);
    };
    let ids: Vec<&str> = text
        .split(',')
        .map(str::trim)
        .take(MAX_FILTERED + 1)
        .collect();
    if MAX_FILTERED < ids.len() {
        return Err(ApiError::invalid(field));
    }
    Ok(Some(ids))
}

/// Ends a call with `DryRun=true`, whose checks have all passed.
///
/// # Errors
///
/// `400 DryRunOperation`, which says that the call would have succeeded.
pub(crate) fn end_dry_run(call: &Call<'_>) -> Result<(), ApiError> {
    if call.fields.boolean("DryRun")? == Some(true) {
        return Err(ApiError::dry_run());
    }
    Ok(())
}
