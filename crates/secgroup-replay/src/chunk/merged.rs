//! Chunks of records that come from several inputs.
//!
//! The records are copies, and so are the texts that outputs need of them;
//! where they come from is an [`Origin`] for each stretch of one input.

use std::ops::Range;

use super::{Chunk, ChunkData, ChunkText, Texts};
use crate::Skip;
use crate::fragments::FragmentMark;

/// Records of one input, one after the other in a merged chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    /// The input.
    pub(crate) input: usize,
    /// How many records.
    pub(crate) records: usize,
}

/// What a chunk is, beside its records, when these come from several inputs.
#[derive(Debug, Default)]
pub(crate) struct Merged {
    /// Where the records come from, in their order.
    pub(crate) origins: Vec<Origin>,
    /// Whether they are rows of flow lists.
    pub(crate) rows: bool,
    /// The records that could not be judged, by place.
    pub(crate) unjudged: Vec<(u32, Skip)>,
    texts: KeptTexts,
}

/// Ids and VPCs of records, as their inputs have them.
#[derive(Debug, Default)]
pub(crate) struct KeptTexts {
    text: String,
    /// Of each record, where its id and its VPC lie; none where no record has
    /// either.
    places: Vec<[Option<(usize, usize)>; 2]>,
}

impl KeptTexts {
    /// Copies the texts of a chunk's records.
    pub(crate) fn of(chunk: &Chunk) -> Self {
        let mut kept = Self::default();
        if let ChunkData::Rows(_) = chunk.data {
            let mut texts = Texts::of(&chunk.data);
            for record in &chunk.records {
                let text = texts.at(record.position);
                kept.add(text.flow_id(), text.vpc_id());
            }
        }
        kept
    }

    /// Returns the texts of a record.
    pub(crate) fn at(&self, place: usize) -> ChunkText<'_> {
        let [flow_id, vpc_id] = self.places.get(place).copied().unwrap_or_default();
        let text = |place: Option<(usize, usize)>| place.map(|(from, to)| &self.text[from..to]);
        ChunkText::kept(text(flow_id), text(vpc_id))
    }

    fn add(&mut self, flow_id: Option<&str>, vpc_id: Option<&str>) {
        let mut keep = |text: Option<&str>| {
            let text = text?;
            let from = self.text.len();
            self.text.push_str(text);
            Some((from, self.text.len()))
        };
        let places = [keep(flow_id), keep(vpc_id)];
        self.places.push(places);
    }

    fn clear(&mut self) {
        self.text.clear();
        self.places.clear();
    }
}

impl Chunk {
    /// Empties the chunk, to take records of several inputs.
    pub(crate) fn start_merged(&mut self, rows: bool) {
        let mut merged = match std::mem::replace(&mut self.data, ChunkData::empty()) {
            ChunkData::Merged(merged) => merged,
            ChunkData::Packets(_) | ChunkData::Rows(_) => Box::default(),
        };
        merged.origins.clear();
        merged.unjudged.clear();
        merged.texts.clear();
        merged.rows = rows;
        self.data = ChunkData::Merged(merged);
        self.records.clear();
        self.steps.clear();
        self.fragments.clear();
        self.quotes.clear();
        self.skips = crate::Skips::default();
    }

    /// Takes over some records of another chunk, with the texts kept of it.
    pub(crate) fn take(&mut self, other: &Self, texts: &KeptTexts, range: Range<usize>) {
        let start = self.records.len();
        let here = |place: usize| place - range.start + start;
        self.records
            .extend_from_slice(&other.records[range.clone()]);
        for (position, record) in (0_u32..).zip(&mut self.records).skip(start) {
            record.position = position;
        }
        let fragments = within(&other.fragments, &range, |mark| mark.record);
        self.fragments
            .extend(fragments.iter().map(|mark| FragmentMark {
                record: here(mark.record),
                ..*mark
            }));
        let quotes = within(&other.quotes, &range, |(place, _)| *place);
        let quotes = quotes.iter().map(|(place, quoted)| (here(*place), *quoted));
        self.quotes.extend(quotes);
        let ChunkData::Merged(merged) = &mut self.data else {
            unreachable!("`start_merged` comes first");
        };
        if !texts.places.is_empty() {
            // Packets before may have none.
            merged.texts.places.resize(start, [None; 2]);
            for place in range.clone() {
                let text = texts.at(place);
                merged.texts.add(text.flow_id(), text.vpc_id());
            }
        }
        match merged.origins.last_mut() {
            Some(last) if last.input == other.input => last.records += range.len(),
            _ => merged.origins.push(Origin {
                input: other.input,
                records: range.len(),
            }),
        }
    }

    /// Returns what is known of a chunk whose records come from several inputs.
    pub(crate) fn merged(&mut self) -> Option<&mut Merged> {
        match &mut self.data {
            ChunkData::Merged(merged) => Some(merged),
            ChunkData::Packets(_) | ChunkData::Rows(_) => None,
        }
    }
}

impl Merged {
    /// Returns the texts of a record.
    pub(super) fn text(&self, place: u32) -> ChunkText<'_> {
        self.texts.at(place as usize)
    }
}

/// Returns what lies in a range of records, of things that are in the order of
/// their records.
fn within<'a, T>(things: &'a [T], range: &Range<usize>, record: impl Fn(&T) -> usize) -> &'a [T] {
    let from = things.partition_point(|thing| record(thing) < range.start);
    let to = things.partition_point(|thing| record(thing) < range.end);
    &things[from..to]
}
