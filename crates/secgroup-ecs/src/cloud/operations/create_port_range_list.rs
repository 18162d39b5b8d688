//! CreatePortRangeList, under `profile=current` (5.8.5, 8.1).

use crate::cloud::Cloud;
use crate::cloud::error::ApiError;
use crate::cloud::lists::{new_entries, new_list, region};
use crate::cloud::objects::{PortList, Time};
use crate::cloud::operation::{Call, Effect, Operation};
use crate::cloud::port_lists::check_offered;
use crate::cloud::tokens::TokenUse;

pub(crate) struct CreatePortRangeList;

impl Operation for CreatePortRangeList {
    const NAME: &'static str = "CreatePortRangeList";
    const TOKEN: TokenUse = TokenUse::Parameters(&[
        "RegionId",
        "PortRangeListName",
        "MaxEntries",
        "Description",
        "ResourceGroupId",
        "Entry.N.PortRange",
        "Entry.N.Description",
        "Tag.N.Key",
        "Tag.N.Value",
    ]);
    /// The list, which has no id yet.
    type Plan = PortList;

    /// What is missing is told by `check`, behind whether there is such an
    /// operation at all.
    fn required(_: &Call<'_>) -> Result<(), ApiError> {
        Ok(())
    }

    fn check(cloud: &Cloud, call: &Call<'_>) -> Result<PortList, ApiError> {
        check_offered(cloud)?;
        let region = region::<PortList>(call)?;
        for name in ["PortRangeListName", "MaxEntries"] {
            call.fields.required(name)?;
        }
        let new = new_list::<PortList>(call)?;
        let mut list = PortList {
            port_range_list_id: String::new(),
            region_id: region.to_owned(),
            owner_id: call.account().to_owned(),
            port_range_list_name: new.name,
            description: new.description,
            max_entries: new.max_entries,
            resource_group_id: new.resource_group,
            creation_time: Time(call.request.now),
            tags: new.tags,
            entries: Vec::new(),
        };
        list.entries = new_entries(&list, call)?;
        Cloud::check_room(cloud.port_lists.len(), 1)?;
        Ok(list)
    }

    fn apply(cloud: &mut Cloud, _: &Call<'_>, mut list: PortList) -> Effect {
        let mut names = cloud.names;
        let id = names.next("prl", |id| cloud.port_lists.contains(id));
        cloud.names = names;
        list.port_range_list_id.clone_from(&id);
        cloud.port_lists.insert(&id, list);
        Effect::id("PortRangeListId", id)
    }
}
