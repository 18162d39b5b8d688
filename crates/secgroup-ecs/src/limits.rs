//! The quotas of ECS by profile (section 4).

/// Whose quotas are checked (`limits` of 8.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Limits {
    /// Those of the five seed pages.
    #[default]
    Seed,
    /// Those of the documents of 2026.
    Current,
    /// None.
    Off,
}

/// The numbers of a profile.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Quotas {
    /// The name of the profile.
    pub(crate) profile: &'static str,
    /// 4.1, by size; the current documents have no own number.
    pub(crate) rules_per_group: Option<usize>,
    /// 4.3.
    pub(crate) groups_per_interface: usize,
    /// 4.4, by size.
    pub(crate) rules_per_interface: usize,
    /// 4.5.
    pub(crate) group_peers_per_group: usize,
    /// 4.7: members of a basic group.
    pub(crate) members: Members,
    /// 4.8: interfaces in an advanced group.
    pub(crate) interfaces_per_advanced_group: usize,
    /// 4.10: prefix lists of an account in a region.
    pub(crate) prefix_lists: usize,
    /// 4.10: groups with a rule on one prefix list.
    pub(crate) groups_per_prefix_list: usize,
}

/// How the members of a basic group are counted (4.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Members {
    /// By instances, an interface that is attached to none counting as one.
    Instances(usize),
    /// By private addresses; a delegated prefix counts one.
    Addresses(usize),
}

/// Quotas that a configuration can be close to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleQuotas {
    /// The size of the rules of a group (4.1); the current documents have none.
    pub rules_per_group: Option<usize>,
    /// The groups of an interface (4.3).
    pub groups_per_interface: usize,
    /// The size of the rules of an interface (4.4).
    pub rules_per_interface: usize,
    /// The rules of a group whose peer is a group (4.5).
    pub group_peers_per_group: usize,
}

impl Limits {
    /// Returns the quotas of rules and groups, none where nothing is limited.
    #[must_use]
    pub fn rules(self) -> Option<RuleQuotas> {
        self.quotas().map(|quotas| RuleQuotas {
            rules_per_group: quotas.rules_per_group,
            groups_per_interface: quotas.groups_per_interface,
            rules_per_interface: quotas.rules_per_interface,
            group_peers_per_group: quotas.group_peers_per_group,
        })
    }

    /// Returns the numbers, none where nothing is limited.
    pub(crate) const fn quotas(self) -> Option<Quotas> {
        match self {
            Self::Seed => Some(Quotas {
                profile: "seed",
                rules_per_group: Some(200),
                groups_per_interface: 5,
                rules_per_interface: 1000,
                group_peers_per_group: 20,
                members: Members::Instances(2000),
                interfaces_per_advanced_group: 65_536,
                prefix_lists: 100,
                groups_per_prefix_list: 1000,
            }),
            Self::Current => Some(Quotas {
                profile: "current",
                rules_per_group: None,
                groups_per_interface: 10,
                rules_per_interface: 1000,
                group_peers_per_group: 20,
                members: Members::Addresses(6000),
                interfaces_per_advanced_group: 65_536,
                prefix_lists: 100,
                groups_per_prefix_list: 1000,
            }),
            Self::Off => None,
        }
    }
}
