//! DescribePrefixLists: the lists without their entries (5.8.4).

use serde_json::{Value, json};

use crate::cloud::Cloud;
use crate::cloud::error::ApiError;
use crate::cloud::lists::{creation_time, listing, region};
use crate::cloud::objects::PrefixList;
use crate::cloud::operation::{Body, Call, Question};

pub(crate) struct DescribePrefixLists;

impl Question for DescribePrefixLists {
    const NAME: &'static str = "DescribePrefixLists";

    fn answer(cloud: &Cloud, call: &Call<'_>) -> Result<Body, ApiError> {
        region::<PrefixList>(call)?;
        let family = call.fields.text("AddressFamily");
        if family.is_some_and(|family| !["IPv4", "IPv6"].contains(&family)) {
            return Err(ApiError::invalid("AddressFamily"));
        }
        let wanted = |list: &PrefixList| family.is_none_or(|family| list.address_family == family);
        let listing = listing(cloud, call, Self::NAME, wanted)?;
        let rows = listing.rows.iter().map(|(list, count)| row(list, *count));
        let rows: Vec<Value> = rows.collect();
        let mut body = Body::new();
        body.insert("PrefixLists".to_owned(), json!({"PrefixList": rows}));
        listing.footer.write(&mut body);
        Ok(body)
    }
}

fn row(list: &PrefixList, associations: usize) -> Value {
    json!({
        "AddressFamily": list.address_family,
        "AssociationCount": associations,
        "CreationTime": creation_time(list.creation_time),
        "Description": list.description,
        "MaxEntries": list.max_entries,
        "PrefixListId": list.prefix_list_id,
        "PrefixListName": list.prefix_list_name,
        "ResourceGroupId": list.resource_group_id,
        "Tags": list.tags,
    })
}
