//! DescribePrefixListAssociations: the groups with a rule on a list (5.8.4).

use serde_json::{Value, json};

use crate::cloud::Cloud;
use crate::cloud::error::ApiError;
use crate::cloud::lists::{associations, required};
use crate::cloud::objects::PrefixList;
use crate::cloud::operation::{Body, Call, Question};

pub(crate) struct DescribePrefixListAssociations;

impl Question for DescribePrefixListAssociations {
    const NAME: &'static str = "DescribePrefixListAssociations";

    fn answer(cloud: &Cloud, call: &Call<'_>) -> Result<Body, ApiError> {
        required::<PrefixList>(call)?;
        let cut = associations::<PrefixList>(cloud, call, Self::NAME)?;
        let row = |id: &String| json!({"ResourceId": id, "ResourceType": "securitygroup"});
        let groups = cut.rows.iter();
        let rows: Vec<Value> = groups.map(|group| row(&group.security_group_id)).collect();
        let mut body = Body::new();
        let rows = json!({"PrefixListAssociation": rows});
        body.insert("PrefixListAssociations".to_owned(), rows);
        cut.footer.write(&mut body);
        Ok(body)
    }
}
