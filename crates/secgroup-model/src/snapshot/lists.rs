//! The table of prefix lists or port lists.

use std::collections::HashMap;
use std::fmt::Debug;
use std::hash::Hash;
use std::sync::Arc;

use crate::{Origin, PortList, PortListId, PrefixList, PrefixListId, Warning};

/// A kind of list.
pub(crate) trait List: Clone {
    /// What it is called.
    type Id: Clone + Debug + Eq + Hash;

    /// Returns its id.
    fn id(&self) -> &Self::Id;

    /// Returns where it was read.
    fn origin(&self) -> Origin;
}

impl List for PrefixList {
    type Id = PrefixListId;

    fn id(&self) -> &PrefixListId {
        &self.id
    }

    fn origin(&self) -> Origin {
        self.origin
    }
}

impl List for PortList {
    type Id = PortListId;

    fn id(&self) -> &PortListId {
        &self.id
    }

    fn origin(&self) -> Origin {
        self.origin
    }
}

/// All lists of one kind, each of them checked.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Lists<T: List> {
    /// The lists in input order.
    pub(crate) all: Vec<T>,
    /// What is odd about each.
    pub(crate) warnings: Vec<Arc<[Warning]>>,
    /// Their positions.
    pub(crate) ids: HashMap<T::Id, usize>,
}

impl<T: List> Default for Lists<T> {
    fn default() -> Self {
        Self {
            all: Vec::new(),
            warnings: Vec::new(),
            ids: HashMap::new(),
        }
    }
}

impl<T: List> Lists<T> {
    /// Returns the list called `id`.
    pub(crate) fn find(&self, id: &T::Id) -> Option<&T> {
        self.ids.get(id).map(|at| &self.all[*at])
    }

    /// Returns the ids that one of the two has and the other has not.
    pub(crate) fn differences<'a>(&'a self, other: &'a Self) -> Vec<&'a T::Id> {
        let only = |one: &'a Self, other: &'a Self| {
            let ids = one.ids.keys();
            ids.filter(move |id| !other.ids.contains_key(id))
        };
        only(self, other).chain(only(other, self)).collect()
    }
}
