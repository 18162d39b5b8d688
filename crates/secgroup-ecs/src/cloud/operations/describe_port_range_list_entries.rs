//! DescribePortRangeListEntries: the entries of one list, under
//! `profile=current` (5.8.5, 8.1).

use serde_json::json;

use crate::cloud::Cloud;
use crate::cloud::error::ApiError;
use crate::cloud::lists::{find, required};
use crate::cloud::objects::PortList;
use crate::cloud::operation::{Body, Call, Question};
use crate::cloud::port_lists::check_offered;

pub(crate) struct DescribePortRangeListEntries;

impl Question for DescribePortRangeListEntries {
    const NAME: &'static str = "DescribePortRangeListEntries";

    fn answer(cloud: &Cloud, call: &Call<'_>) -> Result<Body, ApiError> {
        check_offered(cloud)?;
        required::<PortList>(call)?;
        let list = find::<PortList>(cloud, call)?;
        let mut body = Body::new();
        body.insert("Entries".to_owned(), json!(list.entries));
        Ok(body)
    }
}
