//! Worlds: a snapshot, and the interfaces that receive its traffic.

use std::convert::Infallible;

use secgroup_model::{InterfaceIndex, Prefix, Semantics, Snapshot, SnapshotBuilder};

use crate::plan::{Part, Plan};

/// A snapshot with the interfaces that traffic goes to.
///
/// Peer groups have members with addresses of their own; those receive
/// nothing and only stand for what group references become.
#[derive(Clone, Debug)]
pub struct World {
    /// The snapshot.
    pub snapshot: Snapshot,
    /// The flags; the defaults.
    pub semantics: Semantics,
    /// The interfaces that receive and send.
    pub receivers: Vec<InterfaceIndex>,
    /// The addresses of the members of every group, by its index.
    pub(crate) members: Vec<Vec<Prefix>>,
}

impl World {
    /// Returns the world of a plan.
    ///
    /// # Panics
    ///
    /// Panics when the parts do not fit together, a mistake in the generator.
    #[must_use]
    pub fn new(plan: &Plan) -> Self {
        let mut builder = SnapshotBuilder::new();
        let ended = plan.parts(|part| {
            match part {
                Part::PrefixList(list) => drop(builder.prefix_list(list)),
                Part::Group(group) => drop(builder.group(group)),
                Part::Interface(interface) => drop(builder.interface(interface)),
            }
            Ok::<(), Infallible>(())
        });
        match ended {
            Ok(()) => {}
        }
        let semantics = Semantics::default();
        let built = builder.build(&semantics);
        let snapshot = built.expect("generated parts fit together").snapshot;
        let indices = snapshot.interfaces().map(|(index, _)| index);
        let receivers = indices.take(usize::from(plan.interfaces.get())).collect();
        let mut members = vec![Vec::new(); snapshot.groups().len()];
        for (_, interface) in snapshot.interfaces() {
            let own = interface.addresses().iter().map(|own| own.prefix);
            for group in interface.groups() {
                members[group.get()].extend(own.clone());
            }
        }
        Self {
            snapshot,
            semantics,
            receivers,
            members,
        }
    }
}
