//! What documents call things besides their ids.

use std::collections::HashMap;

use secgroup_model::Origin;

use crate::Details;

/// The names of lists, and the accounts of groups that are peers. They decide
/// nothing, so that a snapshot does not have them; who writes one may want them.
#[derive(Clone, Debug, Default)]
pub struct Labels {
    /// By the id of the prefix list.
    pub(super) prefix_lists: HashMap<String, String>,
    /// By the id of the port list.
    pub(super) port_lists: HashMap<String, String>,
    /// By the place of the rule.
    pub(super) peer_owners: HashMap<Origin, String>,
    /// What else is said, where somebody asked for it.
    details: Details,
}

impl Labels {
    /// Returns the same, with what else documents say about objects.
    #[must_use]
    pub fn with_details(self, details: Details) -> Self {
        Self { details, ..self }
    }

    /// Returns what else is said about objects; nothing unless it was added.
    #[must_use]
    pub const fn details(&self) -> &Details {
        &self.details
    }

    /// Returns the name of a prefix list, where one is given.
    #[must_use]
    pub fn prefix_list(&self, id: &str) -> Option<&str> {
        self.prefix_lists.get(id).map(String::as_str)
    }

    /// Returns the name of a port list, where one is given.
    #[must_use]
    pub fn port_list(&self, id: &str) -> Option<&str> {
        self.port_lists.get(id).map(String::as_str)
    }

    /// Returns the account of the group that is the peer of the rule which was
    /// read there, where one is given (2.8.4).
    #[must_use]
    pub fn peer_owner(&self, rule: Origin) -> Option<&str> {
        self.peer_owners.get(&rule).map(String::as_str)
    }
}
