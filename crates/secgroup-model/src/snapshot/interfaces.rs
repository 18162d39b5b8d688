//! The table of interfaces and networks.

use std::collections::HashMap;
use std::sync::Arc;

use super::InterfaceIndex;
use crate::{NetworkInterface, NetworkInterfaceId, VpcId, Warning};

/// All interfaces, and the networks that they and the groups are in.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Interfaces {
    /// The interfaces in input order.
    pub(crate) all: Vec<NetworkInterface>,
    /// Their positions.
    pub(crate) ids: Arc<HashMap<NetworkInterfaceId, InterfaceIndex>>,
    /// The networks: those of groups, then those that only interfaces name.
    pub(crate) networks: Vec<Option<VpcId>>,
    /// What is odd about the interfaces.
    pub(crate) warnings: Vec<Warning>,
    /// Whether one is in no group, under `eval.no_group=deny` (3.4.5).
    pub(crate) without_group: bool,
    /// Whether one is in groups of both types, under
    /// `eval.mixed_types=strictest` (3.4.4).
    pub(crate) mixed: bool,
}
