//! DescribePortRangeLists: the lists without their entries, under
//! `profile=current` (5.8.5, 8.1). Unlike those of prefix lists, arrays have no
//! inner key.

use serde_json::{Value, json};

use crate::cloud::Cloud;
use crate::cloud::error::ApiError;
use crate::cloud::lists::{creation_time, listing, region};
use crate::cloud::objects::PortList;
use crate::cloud::operation::{Body, Call, Question};
use crate::cloud::port_lists::check_offered;

pub(crate) struct DescribePortRangeLists;

impl Question for DescribePortRangeLists {
    const NAME: &'static str = "DescribePortRangeLists";

    fn answer(cloud: &Cloud, call: &Call<'_>) -> Result<Body, ApiError> {
        check_offered(cloud)?;
        region::<PortList>(call)?;
        let listing = listing(cloud, call, Self::NAME, |_: &PortList| true)?;
        let rows = listing.rows.iter().map(|(list, count)| row(list, *count));
        let mut body = Body::new();
        body.insert("PortRangeLists".to_owned(), rows.collect());
        listing.footer.write(&mut body);
        Ok(body)
    }
}

fn row(list: &PortList, associations: usize) -> Value {
    let tags = list.tags.0.iter();
    let tags = tags.map(|(key, value)| json!({"TagKey": key, "TagValue": value}));
    let tags: Vec<Value> = tags.collect();
    json!({
        "AssociationCount": associations,
        "CreationTime": creation_time(list.creation_time),
        "Description": list.description,
        "MaxEntries": list.max_entries,
        "PortRangeListId": list.port_range_list_id,
        "PortRangeListName": list.port_range_list_name,
        "ResourceGroupId": list.resource_group_id,
        "Tags": tags,
    })
}
