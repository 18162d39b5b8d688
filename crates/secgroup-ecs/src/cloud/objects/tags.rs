//! Tags of an object.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Tags by key, written `{"Tag": [{"TagKey": …, "TagValue": …}]}`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tags(pub(crate) BTreeMap<String, String>);

/// The rows of a list of tags.
#[derive(Serialize, Deserialize)]
struct Rows {
    #[serde(rename = "Tag", default)]
    rows: Vec<Row>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Row {
    tag_key: String,
    #[serde(default)]
    tag_value: String,
}

impl Serialize for Tags {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let rows = self.0.iter().map(|(key, value)| Row {
            tag_key: key.clone(),
            tag_value: value.clone(),
        });
        let rows = rows.collect();
        Rows { rows }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Tags {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Rows { rows } = Rows::deserialize(deserializer)?;
        let tags = rows.into_iter().map(|row| (row.tag_key, row.tag_value));
        Ok(Self(tags.collect()))
    }
}
