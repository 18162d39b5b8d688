//! The rules of a security group.

use std::fmt;
use std::hash::Hash;

use crate::{Origin, Prefix, PrefixListId, Priority, RuleId, SecurityGroupId, Service};

/// Which way a packet crosses a network interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Direction {
    /// Into the interface.
    Ingress,
    /// Out of the interface.
    Egress,
}

/// What a rule says about the flows it matches. ECS calls this the policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Action {
    /// The flow passes.
    Accept,
    /// The flow is discarded.
    Drop,
}

/// The network a rule of a classic group is about (2.9.2).
///
/// In a VPC one rule set governs both, and the field plays no part (2.9.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NicType {
    /// The public network.
    Internet,
    /// The internal network.
    Intranet,
}

/// The far end a rule speaks about: source of ingress, destination of egress.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Peer {
    /// Addresses.
    Prefix(Prefix),
    /// The private addresses of the members of a group (3.6.1).
    Group(SecurityGroupId),
    /// The addresses of a prefix list (3.6.5).
    PrefixList(PrefixListId),
}

/// One line of a security group, as it was written.
///
/// Every field may hold any value of its type, so all of them are public.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The id ECS gave it; absent in older data (1.8).
    pub id: Option<RuleId>,
    /// The direction it judges.
    pub direction: Direction,
    /// What happens to a matching flow.
    pub action: Action,
    /// When it is considered.
    pub priority: Priority,
    /// The protocol and ports it speaks about.
    pub service: Service,
    /// The far ends it speaks about.
    pub peer: Peer,
    /// The near addresses it speaks about; every address of the interface
    /// when absent (3.5.6).
    pub local: Option<Prefix>,
    /// The network it is about; only in classic groups.
    pub nic: NicType,
    /// When it was created, in seconds since the Unix epoch. Decides nothing;
    /// orders equals when a decision is reported (3.3.5).
    pub created: Option<i64>,
    /// What its author wrote about it. Decides nothing.
    pub description: Option<String>,
    /// Where it was read.
    pub origin: Origin,
}

impl Rule {
    /// Returns what makes the rule the rule it is (2.12): everything but id,
    /// creation time, description and origin. Two rules of one group with
    /// equal identities are one rule to ECS.
    #[must_use]
    pub fn identity(&self) -> impl Eq + Hash {
        let Self {
            direction,
            action,
            priority,
            service,
            peer,
            local,
            nic,
            ..
        } = self;
        (direction, action, priority, service, peer, local, nic)
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ingress => "ingress",
            Self::Egress => "egress",
        })
    }
}

impl Action {
    /// Returns `accept` or `drop`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Drop => "drop",
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for NicType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Internet => "internet",
            Self::Intranet => "intranet",
        })
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Prefix(prefix) => prefix.fmt(f),
            Self::Group(group) => group.fmt(f),
            Self::PrefixList(list) => list.fmt(f),
        }
    }
}

impl fmt::Display for Rule {
    /// Writes `priority 10 accept tcp 443/443 from 0.0.0.0/0`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let preposition = match self.direction {
            Direction::Ingress => "from",
            Direction::Egress => "to",
        };
        let Self {
            priority,
            action,
            service,
            peer,
            ..
        } = self;
        write!(
            f,
            "priority {priority} {action} {service} {preposition} {peer}"
        )?;
        match self.local {
            Some(local) => write!(f, " at {local}"),
            None => Ok(()),
        }
    }
}
