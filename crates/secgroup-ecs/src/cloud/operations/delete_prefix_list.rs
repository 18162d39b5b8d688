//! DeletePrefixList (5.8.3).

use crate::cloud::Cloud;
use crate::cloud::error::ApiError;
use crate::cloud::lists::{find, is_used, required};
use crate::cloud::objects::PrefixList;
use crate::cloud::operation::{Call, Effect, Operation};

pub(crate) struct DeletePrefixList;

impl Operation for DeletePrefixList {
    const NAME: &'static str = "DeletePrefixList";
    type Plan = String;

    fn required(call: &Call<'_>) -> Result<(), ApiError> {
        required::<PrefixList>(call)
    }

    fn check(cloud: &Cloud, call: &Call<'_>) -> Result<String, ApiError> {
        let list = find::<PrefixList>(cloud, call)?;
        if is_used::<PrefixList>(cloud, &list.prefix_list_id) {
            let message = "The specified prefix list has associated resources.";
            return Err(ApiError::new(400, "NotAllowed.AssociationExist", message));
        }
        Ok(list.prefix_list_id.clone())
    }

    fn apply(cloud: &mut Cloud, _: &Call<'_>, id: String) -> Effect {
        cloud.prefix_lists.remove(&id);
        Effect::nothing()
    }
}
