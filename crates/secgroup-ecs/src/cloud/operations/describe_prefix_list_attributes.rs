//! DescribePrefixListAttributes: one list with its entries (5.8.4).

use serde_json::{Value, json};

use crate::cloud::Cloud;
use crate::cloud::error::ApiError;
use crate::cloud::lists::{creation_time, find, required};
use crate::cloud::objects::PrefixList;
use crate::cloud::operation::{Body, Call, Question};

pub(crate) struct DescribePrefixListAttributes;

impl Question for DescribePrefixListAttributes {
    const NAME: &'static str = "DescribePrefixListAttributes";

    fn answer(cloud: &Cloud, call: &Call<'_>) -> Result<Body, ApiError> {
        required::<PrefixList>(call)?;
        let list = find::<PrefixList>(cloud, call)?;
        let mut body = Body::new();
        let mut set = |name: &str, value: Value| body.insert(name.to_owned(), value);
        set("AddressFamily", json!(list.address_family));
        set("CreationTime", json!(creation_time(list.creation_time)));
        set("Description", json!(list.description));
        set("Entries", json!(list.entries));
        set("MaxEntries", json!(list.max_entries));
        set("PrefixListId", json!(list.prefix_list_id));
        set("PrefixListName", json!(list.prefix_list_name));
        Ok(body)
    }
}
