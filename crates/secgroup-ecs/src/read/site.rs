//! Where each part was read, as numbers that fit into the model's [`Origin`].

use std::fmt::Write as _;

use secgroup_model::Origin;

use super::findings::Place;
use super::node::{Node, Path};

/// The places of all parts.
///
/// The path of an array is kept once and shared by its items: a million rules
/// cost their numbers, not a million paths.
#[derive(Clone, Debug, Default)]
pub(super) struct Sites {
    sites: Vec<Site>,
    parents: Vec<String>,
    scratch: String,
}

#[derive(Clone, Debug)]
struct Site {
    page: usize,
    offset: usize,
    parent: usize,
    /// The position in the array; none where `parent` is the path itself.
    index: Option<usize>,
}

impl Sites {
    /// Keeps the place of `node` and returns its number.
    pub(super) fn add(&mut self, node: &Node<'_, '_>) -> Origin {
        let (parent, index) = match node.path {
            Path::Item(parent, index) => (parent, Some(index)),
            ref path @ (Path::Root | Path::Field(..)) => (path, None),
        };
        self.scratch.clear();
        write!(self.scratch, "{parent}").expect("writing to a string does not fail");
        if self.parents.last() != Some(&self.scratch) {
            self.parents.push(self.scratch.clone());
        }
        self.sites.push(Site {
            page: node.page_number(),
            offset: node.offset(),
            parent: self.parents.len() - 1,
            index,
        });
        // 0 is the model's "nothing is known", also for sites beyond u32.
        Origin(u32::try_from(self.sites.len()).unwrap_or_default())
    }

    /// Returns the place with that number; the input as a whole for 0.
    pub(super) fn place(&self, Origin(number): Origin) -> Place {
        let Some(site) = (number as usize)
            .checked_sub(1)
            .and_then(|at| self.sites.get(at))
        else {
            return Place::default();
        };
        let mut path = self.parents[site.parent].clone();
        if let Some(index) = site.index {
            write!(path, "[{index}]").expect("writing to a string does not fail");
        }
        Place {
            page: site.page,
            offset: site.offset,
            path,
        }
    }
}
