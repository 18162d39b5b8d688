//! DeletePortRangeList, under `profile=current` (5.8.5, 8.1).

use crate::cloud::Cloud;
use crate::cloud::error::ApiError;
use crate::cloud::lists::{find, is_used, required};
use crate::cloud::objects::PortList;
use crate::cloud::operation::{Call, Effect, Operation};
use crate::cloud::port_lists::check_offered;

pub(crate) struct DeletePortRangeList;

impl Operation for DeletePortRangeList {
    const NAME: &'static str = "DeletePortRangeList";
    type Plan = String;

    /// What is missing is told by `check`, behind whether there is such an
    /// operation at all.
    fn required(_: &Call<'_>) -> Result<(), ApiError> {
        Ok(())
    }

    fn check(cloud: &Cloud, call: &Call<'_>) -> Result<String, ApiError> {
        check_offered(cloud)?;
        required::<PortList>(call)?;
        let list = find::<PortList>(cloud, call)?;
        if is_used::<PortList>(cloud, &list.port_range_list_id) {
            let message = "The specified port range list has association resources.";
            let code = "InvalidPortRangeListId.AssociationExist";
            return Err(ApiError::new(400, code, message));
        }
        Ok(list.port_range_list_id.clone())
    }

    fn apply(cloud: &mut Cloud, _: &Call<'_>, id: String) -> Effect {
        cloud.port_lists.remove(&id);
        Effect::nothing()
    }
}
