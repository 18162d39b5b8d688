//! Numbering VPCs and the classic network.

use std::collections::HashMap;

use crate::snapshot::position;
use crate::{NetworkIndex, VpcId};

/// Networks in the order in which they were met.
#[derive(Debug, Default)]
pub(super) struct Networks {
    pub(super) all: Vec<Option<VpcId>>,
    indices: HashMap<Option<VpcId>, NetworkIndex>,
    /// The one that was met last; most parts are in the same as the one before.
    last: Option<NetworkIndex>,
}

impl Networks {
    /// Continues behind networks that have their numbers.
    pub(super) fn behind(all: &[Option<VpcId>]) -> Self {
        let numbered = all.iter().cloned().enumerate();
        Self {
            indices: numbered
                .map(|(at, vpc)| (vpc, NetworkIndex(position(at))))
                .collect(),
            all: all.to_vec(),
            last: None,
        }
    }

    /// Returns the network of a VPC, or the classic network, adding it when new.
    pub(super) fn index(&mut self, vpc: Option<&VpcId>) -> NetworkIndex {
        if let Some(last) = self.last
            && self.all[last.get()].as_ref() == vpc
        {
            return last;
        }
        let all = &mut self.all;
        let index = *self.indices.entry(vpc.cloned()).or_insert_with(|| {
            // Every network has a group or an interface, and `too_large` counted those.
            let index = NetworkIndex(position(all.len()));
            all.push(vpc.cloned());
            index
        });
        self.last = Some(index);
        index
    }
}

/// Names a network in a message.
pub(super) fn network_name(vpc: Option<&VpcId>) -> String {
    vpc.map_or_else(
        || "the classic network".to_owned(),
        |vpc| format!("VPC `{vpc}`"),
    )
}
