//! CreatePrefixList (5.8.1).

use crate::cloud::Cloud;
use crate::cloud::error::ApiError;
use crate::cloud::lists::{new_entries, new_list, region};
use crate::cloud::objects::{PrefixList, Time};
use crate::cloud::operation::{Call, Effect, Operation};
use crate::cloud::resource::Resource;
use crate::cloud::tokens::TokenUse;

pub(crate) struct CreatePrefixList;

impl Operation for CreatePrefixList {
    const NAME: &'static str = "CreatePrefixList";
    const TOKEN: TokenUse = TokenUse::Parameters(&[
        "RegionId",
        "PrefixListName",
        "MaxEntries",
        "AddressFamily",
        "Description",
        "ResourceGroupId",
        "Entry.N.Cidr",
        "Entry.N.Description",
        "Tag.N.Key",
        "Tag.N.Value",
    ]);
    /// The list, which has no id yet.
    type Plan = PrefixList;

    fn required(call: &Call<'_>) -> Result<(), ApiError> {
        region::<PrefixList>(call)?;
        for name in ["PrefixListName", "MaxEntries", "AddressFamily"] {
            call.fields.required(name)?;
        }
        Ok(())
    }

    /// The order is that of the page's table of errors.
    fn check(cloud: &Cloud, call: &Call<'_>) -> Result<PrefixList, ApiError> {
        let family = call.fields.required("AddressFamily")?;
        if !["IPv4", "IPv6"].contains(&family) {
            let message = "The parameter AddressFamily should be IPv4 or IPv6.";
            return Err(ApiError::new(
                400,
                "InvalidParameter.AddressFamily",
                message,
            ));
        }
        let new = new_list::<PrefixList>(call)?;
        let mut list = PrefixList {
            prefix_list_id: String::new(),
            region_id: region::<PrefixList>(call)?.to_owned(),
            owner_id: call.account().to_owned(),
            prefix_list_name: new.name,
            description: new.description,
            address_family: family.to_owned(),
            max_entries: new.max_entries,
            resource_group_id: new.resource_group,
            creation_time: Time(call.request.now),
            tags: new.tags,
            entries: Default::default(),
        };
        list.entries.entry = new_entries(&list, call)?;
        check_quota(cloud, call)?;
        Cloud::check_room(cloud.prefix_lists.len(), 1)?;
        Ok(list)
    }

    fn apply(cloud: &mut Cloud, _: &Call<'_>, mut list: PrefixList) -> Effect {
        let mut names = cloud.names;
        let id = names.next("pl", |id| cloud.prefix_lists.contains(id));
        cloud.names = names;
        list.prefix_list_id.clone_from(&id);
        cloud.prefix_lists.insert(&id, list);
        Effect::id("PrefixListId", id)
    }
}

/// Refuses more lists than an account may have in a region (4.10).
fn check_quota(cloud: &Cloud, call: &Call<'_>) -> Result<(), ApiError> {
    let lists = cloud.prefix_lists.values();
    let own = lists.filter(|list| list.is_asked(call)).count();
    let quotas = cloud.flags.limits.quotas();
    if quotas.is_some_and(|quotas| quotas.prefix_lists <= own) {
        let message = "The number of prefix lists in the region exceeds the limit.";
        let code = "LimitExceed.PrefixListPerRegion";
        return Err(ApiError::new(404, code, message));
    }
    Ok(())
}
