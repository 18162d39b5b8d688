//! ModifyPrefixList: name, description and entries (5.8.2).
//!
//! `MaxEntries`, by which rules are counted, cannot change, so no change of a
//! list exceeds a quota of rules (4.9).

use crate::cloud::Cloud;
use crate::cloud::error::ApiError;
use crate::cloud::lists::{Change, required};
use crate::cloud::objects::{PrefixList, PrefixListEntry};
use crate::cloud::operation::{Call, Effect, Operation};

pub(crate) struct ModifyPrefixList;

impl Operation for ModifyPrefixList {
    const NAME: &'static str = "ModifyPrefixList";
    type Plan = Change<PrefixListEntry>;

    fn required(call: &Call<'_>) -> Result<(), ApiError> {
        required::<PrefixList>(call)
    }

    fn check(cloud: &Cloud, call: &Call<'_>) -> Result<Self::Plan, ApiError> {
        Change::check::<PrefixList>(cloud, call)
    }

    fn apply(cloud: &mut Cloud, _: &Call<'_>, change: Self::Plan) -> Effect {
        change.apply::<PrefixList>(cloud);
        Effect::nothing()
    }
}
