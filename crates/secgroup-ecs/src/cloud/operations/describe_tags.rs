//! DescribeTags: the tags in use, with how many objects of each kind have them.
//!
//! `Category` tells tags of users from those of the platform; here all are of
//! users, so `system` finds none.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::cloud::Cloud;
use crate::cloud::error::ApiError;
use crate::cloud::objects::Time;
use crate::cloud::operation::{Body, Call, Question};
use crate::cloud::paging::{Order, Outside, Paging, Size};
use crate::cloud::resource::Kind;
use crate::cloud::tag_parameters::TagFilter;
use crate::cloud::tagging::kind;

pub(crate) struct DescribeTags;

const PAGING: Paging = Paging {
    results: None,
    pages: Some(Size {
        least: 1,
        usual: 50,
        most: 100,
        outside: Outside::Refused,
    }),
    order: Order::OldestFirst,
};

/// The kinds of objects that are counted, those that exist here first.
const COUNTED: [&str; 12] = [
    "Instance",
    "Eni",
    "Securitygroup",
    "Ddh",
    "Disk",
    "Image",
    "KeyPair",
    "LaunchTemplate",
    "ReservedInstance",
    "Snapshot",
    "SnapshotPolicy",
    "Volume",
];

const KINDS: [Kind; 3] = [Kind::Instance, Kind::Interface, Kind::Group];

/// A key and a value with how many objects of [`KINDS`] have them.
struct Row<'a> {
    key: &'a str,
    value: &'a str,
    counts: [usize; 3],
    /// Both, to order and tell apart the rows by.
    place: String,
}

impl Question for DescribeTags {
    const NAME: &'static str = "DescribeTags";

    fn answer(cloud: &Cloud, call: &Call<'_>) -> Result<Body, ApiError> {
        call.required_region()?;
        let asked = call.fields.text("ResourceType").map(|_| kind(call));
        let asked = asked.transpose()?;
        let custom = match call.fields.text("Category").unwrap_or("all") {
            "all" | "custom" => true,
            "system" => false,
            _ => return Err(ApiError::invalid("Category")),
        };
        let filter = TagFilter::read(&call.fields)?;
        let page = PAGING.read(call, Self::NAME)?;
        let kinds = KINDS.into_iter().enumerate();
        let kinds = kinds.filter(|(_, kind)| custom && asked.is_none_or(|asked| asked == *kind));
        let rows = count(cloud, call, kinds, &filter);
        let cut = page.cut(&PAGING, rows, |row| (Time::default(), &row.place));
        let rows: Vec<Value> = cut.rows.iter().map(Row::write).collect();
        let mut body = Body::new();
        body.insert("Tags".to_owned(), json!({"Tag": rows}));
        cut.footer.write(&mut body);
        Ok(body)
    }
}

/// Counts the tags of the caller's objects; a filter wants tags with one of
/// its keys and, where it has one, the value.
fn count<'a>(
    cloud: &'a Cloud,
    call: &Call<'_>,
    kinds: impl Iterator<Item = (usize, Kind)>,
    filter: &TagFilter<'_>,
) -> Vec<Row<'a>> {
    let id = call.fields.text("ResourceId");
    let mut counts: BTreeMap<(&str, &str), [usize; 3]> = BTreeMap::new();
    for (at, kind) in kinds {
        let objects = cloud.resources(call, kind).into_iter();
        for object in objects.filter(|object| id.is_none_or(|id| object.id() == id)) {
            let tags = object.tags().0.iter();
            for (key, value) in tags.filter(|(key, value)| filter.names(key, value)) {
                counts.entry((key, value)).or_default()[at] += 1;
            }
        }
    }
    let rows = counts.into_iter().map(|((key, value), counts)| Row {
        key,
        value,
        counts,
        // Pages go by number here, so only the order matters.
        place: format!("{key}\0{value}"),
    });
    rows.collect()
}

impl Row<'_> {
    fn write(&self) -> Value {
        let counts = self.counts.iter().copied().chain(std::iter::repeat(0));
        let counts: Map<String, Value> = COUNTED
            .iter()
            .zip(counts)
            .map(|(kind, count)| ((*kind).to_owned(), count.into()))
            .collect();
        json!({"TagKey": self.key, "TagValue": self.value, "ResourceTypeCount": counts})
    }
}
