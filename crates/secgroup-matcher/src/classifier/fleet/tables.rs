//! The compact tables of a fleet, side by side as far as possible.

use std::sync::Arc;

use crate::address::Address;
use crate::classifier::compact::{CacheLine, Compact, Descriptor};
use crate::classifier::simd;

/// The compact tables of all lists.
#[derive(Clone, Debug, Default)]
pub(in crate::classifier) struct Tables<A> {
    /// What is read first of each table.
    pub(super) descriptors: Vec<Descriptor<A>>,
    /// Where their lines are. The first vector may have those of many tables,
    /// each of the others belongs to one.
    pub(super) segments: Vec<Arc<Vec<CacheLine>>>,
    /// How many lines each table has.
    lengths: Vec<u32>,
}

impl<A: Address> Tables<A> {
    /// Collects tables, each where it is.
    pub(super) fn of(tables: &[Compact<A>]) -> Self {
        let shared = tables.iter().map(|table| &table.lines);
        let shared = shared.max_by_key(|lines| lines.len());
        let mut segments: Vec<_> = shared.cloned().into_iter().collect();
        let descriptors = tables.iter().map(|table| {
            let mut descriptor = table.descriptor;
            descriptor.segment = 0;
            if !Arc::ptr_eq(&table.lines, &segments[0]) {
                descriptor.segment = number(segments.len());
                segments.push(Arc::clone(&table.lines));
            }
            descriptor
        });
        Self {
            descriptors: descriptors.collect(),
            segments,
            lengths: tables.iter().map(|table| table.length).collect(),
        }
    }

    /// Puts all lines side by side, so that they lie in few pages.
    pub(super) fn settle(&mut self) {
        let length = self.lengths.iter().map(|length| *length as usize).sum();
        let mut lines = Vec::with_capacity(length);
        simd::in_large_pages(lines.spare_capacity_mut());
        for (descriptor, length) in self.descriptors.iter_mut().zip(&self.lengths) {
            let own = &self.segments[descriptor.segment as usize][descriptor.first as usize..];
            descriptor.segment = 0;
            descriptor.first = number(lines.len());
            lines.extend_from_slice(&own[..*length as usize]);
        }
        self.segments = vec![Arc::new(lines)];
    }

    /// Returns the table of a list.
    pub(super) fn table(&self, list: usize) -> Compact<A> {
        let descriptor = self.descriptors[list];
        Compact {
            descriptor,
            length: self.lengths[list],
            lines: Arc::clone(&self.segments[descriptor.segment as usize]),
        }
    }

    /// Puts another table in the place of one.
    pub(super) fn replace(&mut self, list: usize, table: Compact<A>) {
        let descriptor = &mut self.descriptors[list];
        let segment = descriptor.segment;
        *descriptor = table.descriptor;
        self.lengths[list] = table.length;
        if segment > 0 {
            descriptor.segment = segment;
            self.segments[segment as usize] = table.lines;
        } else {
            descriptor.segment = number(self.segments.len());
            self.segments.push(table.lines);
        }
    }

    /// Returns how many bytes lookups can touch.
    pub(super) fn bytes(&self) -> usize {
        let lines = self.lengths.iter().map(|length| *length as usize);
        size_of_val(&self.descriptors[..]) + size_of::<CacheLine>() * lines.sum::<usize>()
    }
}

#[cfg(test)]
impl<A: Address> Tables<A> {
    /// Returns how many trees have more than two levels below the root.
    pub(super) fn deep_trees(&self) -> usize {
        let deep = |own: &&Descriptor<A>| own.levels[2] > 0;
        self.descriptors.iter().filter(deep).count()
    }
}

/// Returns a number of lines or segments as 32 bits.
fn number(count: usize) -> u32 {
    u32::try_from(count).expect("less than 2^32 lines")
}
