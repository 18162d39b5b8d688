//! ListTagResources of the ECS API: the tags of objects.

use crate::cloud::Cloud;
use crate::cloud::error::ApiError;
use crate::cloud::operation::{Body, Call, Question};
use crate::cloud::paging::{Order, Outside, Paging, Size};
use crate::cloud::tagging::list;

pub(crate) struct ListTagResources;

/// The operation has no `MaxResults`: an answer has the tags of 50 objects, as
/// many as a call can name.
const PAGING: Paging = Paging {
    results: Some(Size {
        least: 50,
        usual: 50,
        most: 50,
        outside: Outside::Moved,
    }),
    pages: None,
    order: Order::OldestFirst,
};

impl Question for ListTagResources {
    const NAME: &'static str = "ListTagResources";

    fn answer(cloud: &Cloud, call: &Call<'_>) -> Result<Body, ApiError> {
        list(cloud, call, &PAGING, Self::NAME)
    }
}
