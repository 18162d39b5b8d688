//! What an account has: the objects that the API's calls make and change.
//!
//! Each object is written as the row that describes it in an answer, so that
//! one form serves the wire and the state file. What it means for traffic is
//! worked out in [`super::model`].

mod group;
mod instance;
mod interface;
mod interface_row;
mod network;
mod port_list;
mod prefix_list;
mod rule;
mod tags;
mod time;

pub(crate) use group::{Group, GroupType, InnerAccessPolicy};
pub(crate) use instance::{Instance, InstanceStatus};
pub(crate) use interface::{Interface, InterfaceStatus, InterfaceType, Timers, TrafficMode};
pub(crate) use interface_row::{InterfaceRow, PublicIp};
pub(crate) use network::{VSwitch, Vpc};
pub(crate) use port_list::{PortList, PortListEntry};
pub(crate) use prefix_list::{Entries, PrefixList, PrefixListEntry};
pub(crate) use rule::{Permission, StoredRule};
pub(crate) use tags::Tags;
pub(crate) use time::Time;
