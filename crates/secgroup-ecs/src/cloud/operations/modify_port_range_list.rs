//! ModifyPortRangeList: name, description and entries, under
//! `profile=current` (5.8.5, 8.1).

use crate::cloud::Cloud;
use crate::cloud::error::ApiError;
use crate::cloud::lists::{Change, required};
use crate::cloud::objects::{PortList, PortListEntry};
use crate::cloud::operation::{Call, Effect, Operation};
use crate::cloud::port_lists::check_offered;
use crate::cloud::tokens::TokenUse;

pub(crate) struct ModifyPortRangeList;

impl Operation for ModifyPortRangeList {
    const NAME: &'static str = "ModifyPortRangeList";
    const TOKEN: TokenUse = TokenUse::Parameters(&[
        "RegionId",
        "PortRangeListId",
        "PortRangeListName",
        "Description",
        "AddEntry.N.PortRange",
        "AddEntry.N.Description",
        "RemoveEntry.N.PortRange",
        "RemoveEntry.N.Description",
    ]);
    type Plan = Change<PortListEntry>;

    /// What is missing is told by `check`, behind whether there is such an
    /// operation at all.
    fn required(_: &Call<'_>) -> Result<(), ApiError> {
        Ok(())
    }

    fn check(cloud: &Cloud, call: &Call<'_>) -> Result<Self::Plan, ApiError> {
        check_offered(cloud)?;
        required::<PortList>(call)?;
        Change::check::<PortList>(cloud, call)
    }

    fn apply(cloud: &mut Cloud, _: &Call<'_>, change: Self::Plan) -> Effect {
        change.apply::<PortList>(cloud);
        Effect::nothing()
    }
}
