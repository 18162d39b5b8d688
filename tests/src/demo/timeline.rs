//! Frames in the order of time, and the capture file they make.

use super::BEGIN;

/// Bytes of each frame that the capture keeps.
pub(super) const SNAPLEN: usize = 96;

/// The magic number of a little-endian pcap file with microseconds.
const MAGIC: u32 = 0xa1b2_c3d4;

/// LINKTYPE_ETHERNET.
const ETHERNET: u32 = 1;

/// Frames with the microsecond at which each was seen, in any order.
#[derive(Debug, Default)]
pub(super) struct Timeline {
    frames: Vec<(u64, Vec<u8>)>,
}

impl Timeline {
    /// Notes that `frame` was seen `at` microseconds after the beginning.
    pub(super) fn add(&mut self, at: u64, frame: Vec<u8>) {
        self.frames.push((at, frame));
    }

    /// Returns the capture, in the order of time; what happened at once stays
    /// in the order of adding.
    pub(super) fn into_pcap(mut self) -> Vec<u8> {
        self.frames.sort_by_key(|(at, _)| *at);
        let mut file = Vec::new();
        file.extend_from_slice(&MAGIC.to_le_bytes());
        file.extend_from_slice(&2_u16.to_le_bytes());
        file.extend_from_slice(&4_u16.to_le_bytes());
        // Time zone and accuracy, which every writer leaves 0.
        file.extend_from_slice(&[0; 8]);
        file.extend_from_slice(&number(SNAPLEN).to_le_bytes());
        file.extend_from_slice(&ETHERNET.to_le_bytes());
        for (at, frame) in &self.frames {
            let kept = &frame[..frame.len().min(SNAPLEN)];
            let seconds = u32::try_from(at / 1_000_000).expect("the demo lasts minutes");
            let microseconds = u32::try_from(at % 1_000_000).expect("below a million");
            for field in [
                BEGIN + seconds,
                microseconds,
                number(kept.len()),
                number(frame.len()),
            ] {
                file.extend_from_slice(&field.to_le_bytes());
            }
            file.extend_from_slice(kept);
        }
        file
    }
}

fn number(length: usize) -> u32 {
    u32::try_from(length).expect("frames are small")
}
