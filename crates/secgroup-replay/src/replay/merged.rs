//! A run over several inputs in the order of their times.

use std::sync::Arc;

use crate::chunk::Chunk;
use crate::report::Report;
use crate::source::Source;

use super::merging::{Decoding, Merging, Step};
use super::run::Run;
use super::turns::Supply;
use super::{Control, Mode, ReplayError};

impl Run<'_, '_> {
    /// Judges everything in the order of its time, `room` chunks at a time.
    pub(super) fn consume_merged(
        mut self,
        supply: Supply,
        sources: &[Source],
        control: &Arc<Control>,
        room: usize,
    ) -> Result<Report, ReplayError> {
        let decoding = Decoding {
            timeline: self.timeline,
            skip_bad: self.replay.skip_bad,
            texts: self.sink.is_some(),
            times: self.replay.mode == Mode::Sessions,
        };
        let mut merging = Merging::start(decoding, supply, control, sources)?;
        if merging.mixed && self.replay.mode == Mode::ByInput {
            return Err(ReplayError::MergedKinds);
        }
        let mut chunks: Vec<Chunk> = (0..room).map(|_| Chunk::new()).collect();
        let ended = loop {
            let mut used = 0;
            let step = loop {
                let step = merging.fill(&mut chunks[used])?;
                used += usize::from(!chunks[used].records.is_empty());
                if used == room || !matches!(step, Step::More) {
                    break step;
                }
            };
            self.judge_decoded(&mut chunks[..used])?;
            for chunk in &mut chunks[..used] {
                merging.count(chunk);
            }
            match step {
                Step::More => {}
                Step::Over => break None,
                Step::Problem(input, problem) => {
                    break Some((input, self.ended_at(&sources[input], &problem)));
                }
            }
        };
        self.inputs = merging.reports(sources, ended);
        self.finish()
    }
}
