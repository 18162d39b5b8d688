//! Placing prefix lists and port lists.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Assembly, Part, all_unchanged};
use crate::snapshot::{List, Lists};
use crate::{
    Family, MAX_PORT_LIST_ENTRIES, MAX_PREFIX_LIST_ENTRIES, PortList, PrefixList, ProblemKind,
    WarningKind,
};

/// A list that can be checked by itself.
pub(super) trait Check: List {
    /// Returns the problem that two lists have one id.
    fn duplicate(id: Self::Id) -> ProblemKind;

    /// Finds what is wrong and odd about the list.
    fn check(&self, assembly: &mut Assembly);
}

impl Assembly {
    /// Gives every list a position, and checks the lists themselves (1.6, 1.7).
    pub(super) fn place_lists<T: Check>(
        &mut self,
        parts: Vec<Part<T>>,
        previous: &Arc<Lists<T>>,
    ) -> Arc<Lists<T>> {
        if all_unchanged(&parts, previous.all.len()) {
            let warnings = previous.warnings.iter();
            self.warnings
                .extend(warnings.flat_map(|own| own.iter().cloned()));
            return Arc::clone(previous);
        }
        let mut lists = Lists::default();
        for (at, part) in parts.into_iter().enumerate() {
            let (list, known) = match part {
                Part::New(list) => (list, None),
                Part::Unchanged(was) => {
                    let warnings = Arc::clone(&previous.warnings[was]);
                    (previous.all[was].clone(), Some(warnings))
                }
            };
            if lists.ids.insert(list.id().clone(), at).is_some() {
                self.problem(list.origin(), T::duplicate(list.id().clone()));
            }
            let before = self.warnings.len();
            let warnings = if let Some(known) = known {
                self.warnings.extend(known.iter().cloned());
                known
            } else {
                list.check(self);
                Arc::from(&self.warnings[before..])
            };
            lists.warnings.push(warnings);
            lists.all.push(list);
        }
        Arc::new(lists)
    }
}

impl Check for PortList {
    fn duplicate(id: Self::Id) -> ProblemKind {
        ProblemKind::DuplicatePortList(id)
    }

    fn check(&self, assembly: &mut Assembly) {
        let own = self.max_entries.unwrap_or(MAX_PORT_LIST_ENTRIES);
        let (entries, limit) = (self.entries.len(), own.min(MAX_PORT_LIST_ENTRIES));
        if entries > limit as usize {
            let kind = ProblemKind::TooManyPorts {
                list: self.id.clone(),
                entries,
                limit,
            };
            assembly.problem(self.origin, kind);
        }
    }
}

impl Check for PrefixList {
    fn duplicate(id: Self::Id) -> ProblemKind {
        ProblemKind::DuplicatePrefixList(id)
    }

    /// "Entries are unique as CIDRs", of the list's family, at most `MaxEntries` (1.6).
    fn check(&self, assembly: &mut Assembly) {
        let own = self.max_entries.unwrap_or(MAX_PREFIX_LIST_ENTRIES);
        let limit = own.min(MAX_PREFIX_LIST_ENTRIES);
        if self.entries.len() > limit as usize {
            let kind = ProblemKind::TooManyEntries {
                list: self.id.clone(),
                entries: self.entries.len(),
                limit,
            };
            assembly.problem(self.origin, kind);
        }
        let first = self.entries.first().map(|entry| entry.family());
        let family = self.family.or(first).unwrap_or(Family::V4);
        let mut seen = BTreeSet::new();
        for entry in self.entries.iter().copied() {
            let list = self.id.clone();
            if entry.family() != family {
                let kind = ProblemKind::EntryFamily {
                    list,
                    family,
                    entry,
                };
                assembly.problem(self.origin, kind);
            } else if !seen.insert(entry) {
                assembly.warning(self.origin, WarningKind::RepeatedEntry { list, entry });
            }
        }
    }
}
