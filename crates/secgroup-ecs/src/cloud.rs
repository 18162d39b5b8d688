//! A simulated account: the state that the API's calls change, and the calls.
//!
//! [`Cloud::answer`] takes one [`Request`] and gives ECS's [`Answer`] to it:
//! the same checks in the same order, the same codes and messages, quotas and
//! idempotence (section 5). One file under `operations` is one operation; its
//! checks cannot change anything and its effect cannot fail (see `operation`).
//!
//! Nothing here knows sockets, files or clocks: time and request ids come with
//! the request. How requests travel is in `secgroup-server`. What the state
//! means for traffic is a [`secgroup_model::Snapshot`], see [`Cloud::snapshot`].

mod addresses;
mod authorize;
mod deletion;
mod error;
mod fields;
mod flags;
mod import;
mod instance_family;
mod instance_filter;
mod instance_rows;
mod instances;
mod interface_addresses;
mod interface_parameters;
mod launch;
mod lists;
mod membership;
mod model;
mod modify_rule;
mod names;
mod naming;
mod network_blocks;
mod network_rows;
mod networks;
mod objects;
mod operation;
mod operations;
mod paging;
mod permission;
mod permissions;
mod port_lists;
mod prefix_lists;
mod quota;
mod regions;
mod request;
mod resource;
mod revoke;
mod state;
mod store;
mod tag_parameters;
mod tag_patterns;
mod tagging;
mod tokens;
mod transitions;
mod vswitch_blocks;

use std::sync::Arc;

use secgroup_model::Semantics;
use serde_json::Value;

pub use error::ApiError;
pub use flags::{
    ApiFlags, Batch, CidrList, IdentityCidr, NicTypeReading, PortMismatch, Profile, RevokeMissing,
    RevokePriority, WirePriority,
};
pub use import::{Detail, Details, ImportOptions, Imported};
pub use request::{Answer, Parameters, Product, Request};
pub use state::StateError;

use names::Names;
use objects::{Group, Instance, Interface, PortList, PrefixList, VSwitch, Vpc};
use operation::{Call, Entry};
use store::Store;
use tokens::Tokens;
use transitions::Due;

/// How many objects of one kind a cloud has at most; more are refused, so that
/// no client can fill the memory.
pub const MAX_OBJECTS: usize = 100_000;

/// The state of all accounts and regions.
///
/// Copies are cheap: they share what neither has changed since.
#[derive(Clone, Debug, Default)]
pub struct Cloud {
    /// The readings of the API.
    pub(crate) flags: ApiFlags,
    /// The readings of evaluation, for questions about flows.
    pub(crate) semantics: Semantics,
    pub(crate) names: Names,
    pub(crate) groups: Store<Group>,
    pub(crate) interfaces: Store<Interface>,
    pub(crate) instances: Store<Instance>,
    pub(crate) prefix_lists: Store<PrefixList>,
    pub(crate) port_lists: Store<PortList>,
    pub(crate) vpcs: Store<Vpc>,
    pub(crate) vswitches: Store<VSwitch>,
    pub(crate) tokens: Tokens,
    pub(crate) revision: u64,
    /// When the next transition ends (5.6.5).
    pub(crate) due: Due,
    /// The newest snapshot that was asked for.
    current: Option<model::Current>,
}

impl Cloud {
    /// Returns an empty cloud.
    #[must_use]
    pub fn new(flags: ApiFlags, semantics: Semantics) -> Self {
        Self {
            flags,
            semantics,
            ..Self::default()
        }
    }

    /// Returns a number that grows with every change: as long as it is the same,
    /// so is the state. A call may also succeed without changing anything; then
    /// it grows for nothing.
    #[must_use]
    pub const fn revision(&self) -> u64 {
        self.revision
    }

    /// Answers one call, and makes the change it asks for.
    ///
    /// A call that fails changes nothing (but see `api.batch`, 5.0.7).
    pub fn answer(&mut self, request: &Request) -> Answer {
        let call = Call::new(request);
        self.settle(request.now);
        let Some(entry) = find(request) else {
            let message = "Specified api is not found, please check your url and method.";
            let error = ApiError::new(404, "InvalidAction.NotFound", message);
            return error.answer(&request.action, &request.request_id);
        };
        match (entry.run)(self, &call) {
            Ok(mut body) => {
                body.entry("RequestId")
                    .or_insert_with(|| Value::String(request.request_id.clone()));
                Answer {
                    status: 200,
                    action: entry.name.to_owned(),
                    body: Value::Object(body),
                }
            }
            Err(error) => error.answer(entry.name, &request.request_id),
        }
    }

    /// Returns the group called `id` if it is the caller's, and in the region
    /// the call names, if it names one (5.0.9, step 4).
    pub(crate) fn group(&self, call: &Call<'_>, id: &str) -> Option<&Arc<Group>> {
        let group = self.groups.get(id)?;
        let own = group.owner_id == call.account();
        (own && in_region(call, &group.region_id)).then_some(group)
    }

    /// Refuses more objects than a cloud may have ([`MAX_OBJECTS`]).
    pub(crate) fn check_room(existing: usize, wanted: usize) -> Result<(), ApiError> {
        if existing.saturating_add(wanted) <= MAX_OBJECTS {
            return Ok(());
        }
        let message = format!("This simulation keeps at most {MAX_OBJECTS} objects of a kind.");
        Err(ApiError::new(403, "QuotaExceeded", message))
    }
}

/// Tells whether an object of `region` is in the region a call names, if any.
pub(crate) fn in_region(call: &Call<'_>, region: &str) -> bool {
    call.region().is_none_or(|asked| asked == region)
}

/// Finds the operation of a request, its name in any case.
///
/// ECS has older forms of some operations of the VPC API, of the same name; they
/// are answered like these.
fn find(request: &Request) -> Option<&'static Entry> {
    let of = |product| {
        operations::ALL.iter().find(move |entry| {
            entry.product == product && entry.name.eq_ignore_ascii_case(&request.action)
        })
    };
    of(request.product).or_else(|| {
        let older = request.product == Product::Ecs;
        of(Product::Vpc).filter(|entry| older && OLDER.contains(&entry.name))
    })
}

/// The operations of the VPC API that ECS has, too.
const OLDER: [&str; 8] = [
    "CreateVpc",
    "DescribeVpcs",
    "DeleteVpc",
    "ModifyVpcAttribute",
    "CreateVSwitch",
    "DescribeVSwitches",
    "DeleteVSwitch",
    "ModifyVSwitchAttribute",
];
