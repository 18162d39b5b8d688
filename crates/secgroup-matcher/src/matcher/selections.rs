//! Which policies the interfaces of a snapshot need.

use std::collections::HashMap;

use secgroup_model::{Direction, GroupIndex, NetworkInterface, NicType, Snapshot};

use super::{Interface, Policies};
use crate::lower::Selection;

/// The distinct selections of all interfaces.
#[derive(Default)]
pub(super) struct Selections {
    pub(super) list: Vec<Selection>,
    known: HashMap<Selection, usize>,
}

impl Selections {
    /// Selects what an interface needs.
    pub(super) fn interface(
        &mut self,
        snapshot: &Snapshot,
        interface: &NetworkInterface,
    ) -> Interface {
        let groups = interface.groups();
        let interconnecting = groups
            .iter()
            .filter(|group| snapshot.group(**group).interconnects());
        let vpc = snapshot.vpc(interface.network()).is_some();
        Interface {
            kind: snapshot.kind_of(interface),
            has_groups: !groups.is_empty(),
            interconnecting: interconnecting.copied().collect(),
            ingress: self.policies(groups, Direction::Ingress, vpc),
            egress: self.policies(groups, Direction::Egress, vpc),
        }
    }

    fn policies(&mut self, groups: &[GroupIndex], direction: Direction, vpc: bool) -> Policies {
        let mut select = |nic| {
            let selection = Selection {
                groups: groups.to_vec(),
                direction,
                nic,
            };
            *self.known.entry(selection.clone()).or_insert_with(|| {
                self.list.push(selection);
                self.list.len() - 1
            })
        };
        if vpc {
            Policies::Vpc(select(None))
        } else {
            Policies::Classic {
                internet: select(Some(NicType::Internet)),
                intranet: select(Some(NicType::Intranet)),
            }
        }
    }
}
