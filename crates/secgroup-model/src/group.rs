//! Security groups.

use std::fmt;

use crate::{AccountId, Origin, Rule, SecurityGroupId, VpcId};

/// The kind of a group, fixed when it is created (1.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum GroupKind {
    /// `normal`: egress is allowed unless a rule drops it.
    Basic,
    /// `enterprise`: nothing is allowed unless a rule accepts it.
    Advanced,
}

/// What members of a group may send each other before any rule is asked (3.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum InnerAccess {
    /// Everything, in a basic group.
    Accept,
    /// What the rules allow.
    Drop,
}

/// A security group on its way into a snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupSpec {
    /// Its id.
    pub id: SecurityGroupId,
    /// Its name, for messages.
    pub name: Option<String>,
    /// Its kind.
    pub kind: GroupKind,
    /// The policy between its members.
    pub inner_access: InnerAccess,
    /// The VPC it belongs to; absent in the classic network (1.2).
    pub vpc: Option<VpcId>,
    /// Whether a cloud product manages it (1.3.3).
    pub managed: bool,
    /// The account that owns it.
    pub owner: Option<AccountId>,
    /// Its rules, in input order.
    pub rules: Vec<Rule>,
    /// Where it was read.
    pub origin: Origin,
}

/// A security group of a snapshot; its rules are in [`crate::Snapshot::rules_of`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecurityGroup {
    pub(crate) id: SecurityGroupId,
    pub(crate) name: Option<String>,
    pub(crate) kind: GroupKind,
    pub(crate) inner_access: InnerAccess,
    pub(crate) vpc: Option<VpcId>,
    pub(crate) managed: bool,
    pub(crate) owner: Option<AccountId>,
    pub(crate) origin: Origin,
}

impl SecurityGroup {
    /// Returns the id.
    #[must_use]
    pub const fn id(&self) -> &SecurityGroupId {
        &self.id
    }

    /// Returns the name.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Returns the kind.
    #[must_use]
    pub const fn kind(&self) -> GroupKind {
        self.kind
    }

    /// Returns the policy between the members.
    #[must_use]
    pub const fn inner_access(&self) -> InnerAccess {
        self.inner_access
    }

    /// Returns the VPC, none for a classic group.
    #[must_use]
    pub const fn vpc(&self) -> Option<&VpcId> {
        self.vpc.as_ref()
    }

    /// Tells whether a cloud product manages the group (1.3.3).
    #[must_use]
    pub const fn managed(&self) -> bool {
        self.managed
    }

    /// Returns the account that owns the group.
    #[must_use]
    pub const fn owner(&self) -> Option<&AccountId> {
        self.owner.as_ref()
    }

    /// Returns where the group was read.
    #[must_use]
    pub const fn origin(&self) -> Origin {
        self.origin
    }

    /// Tells whether members reach each other whatever the rules say: a basic
    /// group with policy Accept (3.7.1), never an advanced one (3.7.2).
    #[must_use]
    pub fn interconnects(&self) -> bool {
        self.kind == GroupKind::Basic && self.inner_access == InnerAccess::Accept
    }
}

impl fmt::Display for GroupKind {
    /// Writes the value of ECS's `SecurityGroupType`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Basic => "normal",
            Self::Advanced => "enterprise",
        })
    }
}
