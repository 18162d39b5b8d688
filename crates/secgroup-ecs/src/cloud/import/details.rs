//! What documents say about objects that decides nothing: descriptions, tags, times.
//!
//! A snapshot does not have it. Who writes documents wants to lose none of it.

use std::collections::HashMap;

use secgroup_model::{PortRange, Prefix};

use super::row::Row;
use super::sources::{Known, Objects, Sources};
use crate::Document;

/// The fields of groups, by their names in answers.
const OF_GROUPS: [&str; 3] = ["Description", "ResourceGroupId", "CreationTime"];

/// The fields of interfaces.
const OF_INTERFACES: [&str; 7] = [
    "NetworkInterfaceName",
    "Description",
    "VSwitchId",
    "MacAddress",
    "Status",
    "ResourceGroupId",
    "CreationTime",
];

/// The fields of lists.
const OF_LISTS: [&str; 3] = ["Description", "ResourceGroupId", "CreationTime"];

/// What is said about all objects, by id.
#[derive(Clone, Debug, Default)]
pub struct Details {
    groups: HashMap<String, Detail>,
    interfaces: HashMap<String, Detail>,
    prefix_lists: HashMap<String, Detail>,
    port_lists: HashMap<String, Detail>,
}

/// What is said about one object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Detail {
    /// Fields of answers and their texts, in a fixed order.
    pub texts: Vec<(&'static str, String)>,
    /// Whether a cloud product manages it, of an interface.
    pub managed: bool,
    /// Keys and values, in the order of the document.
    pub tags: Vec<(String, String)>,
    /// The descriptions of the entries of a list, by the entry as a snapshot has it.
    entries: HashMap<String, String>,
}

impl Details {
    /// Looks objects up in documents, which were read without a problem.
    #[must_use]
    pub fn of(documents: &[Document<'_>]) -> Self {
        let sources = Sources::open(documents);
        let prefix = |text: &str| Some(Prefix::parse(text).ok()?.prefix.to_string());
        let ports = |text: &str| Some(PortRange::parse(text).ok()?.to_string());
        Self {
            groups: all(&sources.groups, |known| Detail::of(known, &OF_GROUPS)),
            interfaces: all(&sources.interfaces, |known| Detail {
                managed: known.flag("ServiceManaged"),
                ..Detail::of(known, &OF_INTERFACES)
            }),
            prefix_lists: all(&sources.prefix_lists, |known| Detail {
                entries: entries(known, "Cidr", prefix),
                ..Detail::of(known, &OF_LISTS)
            }),
            port_lists: all(&sources.port_lists, |known| Detail {
                entries: entries(known, "PortRange", ports),
                ..Detail::of(known, &OF_LISTS)
            }),
        }
    }

    /// Returns what is said about a group.
    #[must_use]
    pub fn group(&self, id: &str) -> Option<&Detail> {
        self.groups.get(id)
    }

    /// Returns what is said about an interface.
    #[must_use]
    pub fn interface(&self, id: &str) -> Option<&Detail> {
        self.interfaces.get(id)
    }

    /// Returns what is said about a prefix list.
    #[must_use]
    pub fn prefix_list(&self, id: &str) -> Option<&Detail> {
        self.prefix_lists.get(id)
    }

    /// Returns what is said about a port list.
    #[must_use]
    pub fn port_list(&self, id: &str) -> Option<&Detail> {
        self.port_lists.get(id)
    }
}

impl Detail {
    fn of(known: &Known<'_>, fields: &[&'static str]) -> Self {
        let texts = fields.iter().filter_map(|name| {
            let text = known.text(name)?;
            Some((*name, text.into_owned()))
        });
        Self {
            texts: texts.collect(),
            tags: known.tags().0.into_iter().collect(),
            ..Self::default()
        }
    }

    /// Returns the description of an entry of a list.
    #[must_use]
    pub fn entry(&self, entry: &str) -> Option<&str> {
        self.entries.get(entry).map(String::as_str)
    }
}

/// Returns what is said about objects of which anything is.
fn all<'a>(
    objects: &Objects<'a>,
    detail: impl Fn(&Known<'a>) -> Detail,
) -> HashMap<String, Detail> {
    let described = objects
        .iter()
        .map(|(id, known)| (id.to_owned(), detail(known)));
    described
        .filter(|(_, detail)| *detail != Detail::default())
        .collect()
}

/// Returns the descriptions of entries.
fn entries(
    known: &Known<'_>,
    field: &str,
    canonical: impl Fn(&str) -> Option<String>,
) -> HashMap<String, String> {
    let rows = known.items("Entries", "Entry").into_iter();
    let described = rows.filter_map(|item| {
        let row = Row::open(item)?;
        let description = row.text("Description")?.into_owned();
        Some((canonical(&row.text(field)?)?, description))
    });
    described.collect()
}
