//! What an Alibaba Cloud ECS security group is, and what it means for a flow.
//!
//! A [`Snapshot`] is everything that decides about traffic at one moment:
//! security groups with their rules, network interfaces with their addresses
//! and memberships, prefix lists and port lists. A [`SnapshotBuilder`] checks
//! it whole and reports every problem at once; afterwards nothing changes and
//! every reference resolves. [`evaluate`] judges a flow by reading the
//! documentation's sentences in order: it is the reference that every faster
//! engine is compared with.
//!
//! This crate does no IO, reads no clock, starts no thread and knows no JSON.
//! How ECS spells these things is in `secgroup-ecs`; the same questions
//! answered fast are in `secgroup-matcher`. Clause numbers in the
//! documentation are those of `docs/semantics.md`.

mod address;
mod builder;
mod conntrack;
mod evaluate;
mod explain;
mod flow;
mod group;
mod id;
mod interface;
mod platform;
mod port;
mod prefix;
mod prefix_list;
mod priority;
mod problem;
mod protocol;
mod rule;
mod rule_match;
mod semantics;
mod service;
mod shown;
mod snapshot;
mod verdict;

pub use address::{Family, is_internet};
pub use builder::{Built, SnapshotBuilder};
pub use conntrack::{
    Conntrack, IdleLimits, Midstream, OnChange, OtherProtocols, RelatedIcmp, TimerProfile,
};
pub use evaluate::evaluate;
pub use explain::{RuleTrace, explain};
pub use flow::{
    Ambiguous, EPHEMERAL_PORTS, Endpoints, Flow, IcmpMessage, MixedFamilies, PartialTransport,
    PortSpan, Query, Scope, Transport,
};
pub use group::{GroupKind, GroupSpec, InnerAccess, SecurityGroup};
pub use id::{
    AccountId, InstanceId, InvalidId, MAX_ID_LENGTH, NetworkInterfaceId, PortListId, PrefixListId,
    RuleId, SecurityGroupId, VpcId,
};
pub use interface::{
    AddressRole, ConnectionTimers, InterfaceAddress, InterfaceRole, InterfaceSpec, InvalidTimer,
    NetworkInterface,
};
pub use platform::{PlatformException, PlatformSet};
pub use port::{InvalidPortRange, PortRange};
pub use prefix::{InvalidPrefix, ParsedPrefix, Prefix};
pub use prefix_list::{
    MAX_PORT_LIST_ENTRIES, MAX_PREFIX_LIST_ENTRIES, PortList, PrefixList, TwoLists,
};
pub use priority::{InvalidPriority, Priority};
pub use problem::{Origin, Problem, ProblemKind, Warning, WarningKind};
pub use protocol::{Protocol, UnknownProtocol};
pub use rule::{Action, Direction, NicType, Peer, Rule};
pub use rule_match::{Field, RuleMatch, Specificity};
pub use semantics::{
    AllMeans, GroupMembers, IntraGroupEgress, InvalidFlag, MissingReference, MixedTypes, NoGroup,
    OrphanFragments, Semantics, Tcp25,
};
pub use service::{DestinationPorts, OtherProtocol, Service, SourcePorts};
pub use shown::{Escaped, MAX_SHOWN, Shown};
pub use snapshot::{
    GroupIndex, InterfaceIndex, NetworkIndex, PlacedRule, RuleIndex, Snapshot, Target,
};
pub use verdict::{DecidedBy, Decision, Evaluation, Note, Outcome, Verdict};
