//! Port lists: what their entries may be (1.7), and that they exist only with
//! the documents of 2026 (8.1).

use secgroup_model::PortRange;

use super::Cloud;
use super::error::ApiError;
use super::flags::Profile;
use super::lists::{Entry, List, Words};
use super::objects::{Permission, PortList, PortListEntry};
use super::store::Store;

/// Refuses the operations on port lists under `profile=seed`, whose documents
/// do not have them (8.1).
///
/// # Errors
///
/// `404 InvalidAction.NotFound`, as for every operation that does not exist.
pub(crate) fn check_offered(cloud: &Cloud) -> Result<(), ApiError> {
    if cloud.flags.profile == Profile::Current {
        return Ok(());
    }
    let message = "Specified api is not found, please check your url and method.";
    Err(ApiError::new(404, "InvalidAction.NotFound", message))
}

impl Entry for PortListEntry {
    fn new(port_range: String, description: String) -> Self {
        Self {
            port_range,
            description,
        }
    }

    fn text(&self) -> &str {
        &self.port_range
    }
}

impl List for PortList {
    type Entry = PortListEntry;

    const WORDS: Words = Words {
        id: "PortRangeListId",
        name: "PortRangeListName",
        entry: "PortRange",
        bad_name: "The specified parameter PortRangeListName is not valid.",
        // Misspelt on the page, too.
        bad_description: "The specifid Description is not valid.",
        too_many_entries: "The number of entries exceeds the MaxEntries of the specified \
                           PortRangeList.",
        most_entries: 2000,
        bad_max_entries: (
            "InvalidOperation.MaxEntriesCountExceed",
            "The specified MaxEntries exceeded the upper limit.",
        ),
        duplicate: "The specified PortRange is duplicated.",
        not_found: (400, "The specified port range list was not found."),
        no_region: "The specified parameter RegionId is not valid.",
    };

    fn store(cloud: &Cloud) -> &Store<Self> {
        &cloud.port_lists
    }

    fn store_mut(cloud: &mut Cloud) -> &mut Store<Self> {
        &mut cloud.port_lists
    }

    fn name(&self) -> &str {
        &self.port_range_list_name
    }

    fn max_entries(&self) -> u32 {
        self.max_entries
    }

    fn entries(&self) -> &[PortListEntry] {
        &self.entries
    }

    fn parts_mut(&mut self) -> (&mut String, &mut String, &mut Vec<PortListEntry>) {
        let name = &mut self.port_range_list_name;
        (name, &mut self.description, &mut self.entries)
    }

    /// A range `first/last` as in a rule (2.6.1); `-1/-1` is none.
    fn canonical(&self, _place: &str, text: &str) -> Result<String, ApiError> {
        let range = PortRange::parse(text).map_err(|_| {
            let message = "The specified parameter PortRange is not valid. It should be two \
                           integers less than 65535 in specified format.";
            ApiError::new(400, "InvalidParameter.PortRange", message)
        })?;
        Ok(range.to_string())
    }

    fn of_rule(rule: &Permission) -> Option<&str> {
        Some(rule.port_range_list_id.as_str()).filter(|id| !id.is_empty())
    }
}
