//! DescribePortRangeListAssociations: the groups with a rule on a list, under
//! `profile=current` (5.8.5, 8.1).

use serde_json::json;

use crate::cloud::Cloud;
use crate::cloud::error::ApiError;
use crate::cloud::lists::{associations, required};
use crate::cloud::objects::PortList;
use crate::cloud::operation::{Body, Call, Question};
use crate::cloud::port_lists::check_offered;

pub(crate) struct DescribePortRangeListAssociations;

impl Question for DescribePortRangeListAssociations {
    const NAME: &'static str = "DescribePortRangeListAssociations";

    fn answer(cloud: &Cloud, call: &Call<'_>) -> Result<Body, ApiError> {
        check_offered(cloud)?;
        required::<PortList>(call)?;
        let cut = associations::<PortList>(cloud, call, Self::NAME)?;
        // Prefix lists have `securitygroup` here.
        let row = |id: &String| json!({"ResourceId": id, "ResourceType": "SecurityGroup"});
        let groups = cut.rows.iter();
        let rows = groups.map(|group| row(&group.security_group_id)).collect();
        let mut body = Body::new();
        body.insert("PortRangeListAssociations".to_owned(), rows);
        cut.footer.write(&mut body);
        Ok(body)
    }
}
