//! Prefix lists: what their entries may be (1.6).

use secgroup_model::{Family, Prefix, Shown};

use super::Cloud;
use super::error::ApiError;
use super::lists::{Entry, List, Words};
use super::objects::{Permission, PrefixList, PrefixListEntry};
use super::store::Store;

impl Entry for PrefixListEntry {
    fn new(cidr: String, description: String) -> Self {
        Self { cidr, description }
    }

    fn text(&self) -> &str {
        &self.cidr
    }
}

impl List for PrefixList {
    type Entry = PrefixListEntry;

    const WORDS: Words = Words {
        id: "PrefixListId",
        name: "PrefixListName",
        entry: "Cidr",
        bad_name: "The parameter PrefixListName is not valid.",
        bad_description: "The specified Description is wrongly formed.",
        too_many_entries: "The number of entries exceeds the MaxEntries of the specified prefix \
                           list.",
        most_entries: 200,
        bad_max_entries: (
            "InvalidParameter",
            "The specified parameter MaxEntries is not valid. It should be between 1 and 200.",
        ),
        duplicate: "The specified Cidr %s is duplicated.",
        not_found: (404, "The specified prefix list was not found."),
        no_region: "The specified RegionId does not exist.",
    };

    fn store(cloud: &Cloud) -> &Store<Self> {
        &cloud.prefix_lists
    }

    fn store_mut(cloud: &mut Cloud) -> &mut Store<Self> {
        &mut cloud.prefix_lists
    }

    fn name(&self) -> &str {
        &self.prefix_list_name
    }

    fn max_entries(&self) -> u32 {
        self.max_entries
    }

    fn entries(&self) -> &[PrefixListEntry] {
        &self.entries.entry
    }

    fn parts_mut(&mut self) -> (&mut String, &mut String, &mut Vec<PrefixListEntry>) {
        let name = &mut self.prefix_list_name;
        (name, &mut self.description, &mut self.entries.entry)
    }

    /// A block of the list's family without host bits, or a bare address, which
    /// is a block of its own; IPv6 in the shortest form (1.6).
    fn canonical(&self, place: &str, text: &str) -> Result<String, ApiError> {
        let malformed = |why: String| {
            let message = format!("The specified parameter {place} is not valid: {why}.");
            ApiError::new(400, "InvalidParameter.CidrMalformed", message)
        };
        let parsed = Prefix::parse(text).map_err(|error| malformed(error.to_string()))?;
        let prefix = parsed.prefix;
        if parsed.had_host_bits {
            let text = Shown(text);
            return Err(malformed(format!("`{text}` has host bits; write {prefix}")));
        }
        if family_name(prefix.family()) != self.address_family {
            let family = &self.address_family;
            return Err(malformed(format!("`{prefix}` is not an {family} block")));
        }
        Ok(prefix.to_string())
    }

    fn of_rule(rule: &Permission) -> Option<&str> {
        rule.prefix_list()
    }
}

/// Returns the `AddressFamily` of a family.
pub(crate) const fn family_name(family: Family) -> &'static str {
    match family {
        Family::V4 => "IPv4",
        Family::V6 => "IPv6",
    }
}
