//! Captures: packets of a world's flows, written as a stream.
//!
//! The mix is that of a busy server seen by a mirror that keeps 96 bytes of a
//! packet: most packets are longer than that, a third of them goes the other
//! way, and about 110 bytes of file come to one packet. Nothing grows with the
//! number of packets.

use std::io::{self, Write};
use std::time::Duration;

use pcap_file::pcap::{PcapHeader, PcapPacket, PcapTsResolution, PcapWriteError, PcapWriter};
use pcap_file::{DataLink, Endianness};
use secgroup_model::Flow;

use crate::World;
use crate::addresses;
use crate::frame::{self, LONGEST};
use crate::rng::Rng;

/// How many bytes of a packet are kept.
pub const SNAPLEN: u32 = 96;

/// The shortest Ethernet frame, without its checksum.
const SHORTEST: usize = 60;

/// How many different flows the packets are of.
const FLOWS: usize = 65_536;

/// When the first packet was seen: 2026-01-01T00:00:00Z.
const START: Duration = Duration::from_secs(1_767_225_600);

/// Writes a pcap file of `packets` packets to and from the receivers of
/// `world`, `v6_percent` in a hundred flows IPv6; the same seed gives the same
/// bytes. Each packet reaches `output` in one piece.
///
/// # Errors
///
/// Returns the error of `output`.
pub fn write(
    world: &World,
    packets: u64,
    v6_percent: usize,
    seed: u64,
    output: impl Write,
) -> io::Result<()> {
    write_packets(world, packets, v6_percent, seed, output).map_err(|error| match error {
        PcapWriteError::Io(error) | PcapWriteError::FieldWriteFailed(_, error) => error,
        other => io::Error::other(other),
    })
}

fn write_packets(
    world: &World,
    packets: u64,
    v6_percent: usize,
    seed: u64,
    output: impl Write,
) -> Result<(), PcapWriteError> {
    let header = PcapHeader {
        snaplen: SNAPLEN,
        datalink: DataLink::ETHERNET,
        ts_resolution: PcapTsResolution::MicroSecond,
        endianness: Endianness::Little,
        ..PcapHeader::default()
    };
    let pieces = Pieces {
        output,
        piece: Vec::new(),
    };
    let mut writer = PcapWriter::with_header(pieces, header)?;
    let mut rng = Rng::new(seed);
    let flows: Vec<Flow> = (0..FLOWS)
        .map(|_| {
            let family = addresses::family(&mut rng, v6_percent);
            world.mixed(&mut rng, family)
        })
        .collect();
    let mut time = START;
    let mut bytes = Vec::with_capacity(LONGEST);
    for _ in 0..packets {
        let flow = &flows[rng.below(flows.len())];
        let length = length(&mut rng);
        if rng.chance(67) {
            frame::write(flow, length, &mut bytes);
        } else {
            frame::write(&frame::reply(flow), length, &mut bytes);
        }
        time += Duration::from_micros(rng.next() % 20);
        let kept = bytes.len().min(SNAPLEN as usize);
        let wire = u32::try_from(bytes.len()).expect("frames are at most 1,500 bytes");
        writer.write_packet(&PcapPacket::new(time, wire, &bytes[..kept])?)?;
        writer.flush()?;
    }
    writer.flush()?;
    writer
        .into_inner()
        .output
        .flush()
        .map_err(PcapWriteError::Io)
}

/// Gathers what the encoder writes field by field, and hands it on in one piece
/// when flushed.
struct Pieces<W> {
    output: W,
    piece: Vec<u8>,
}

impl<W: Write> Write for Pieces<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.piece.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.output.write_all(&self.piece)?;
        self.piece.clear();
        Ok(())
    }
}

/// Draws the length of a frame.
fn length(rng: &mut Rng) -> usize {
    let (least, end) = match rng.below(100) {
        0..8 => (SHORTEST, 96),
        8..40 => (96, 200),
        40..65 => (200, LONGEST),
        _ => (LONGEST, LONGEST + 1),
    };
    least + rng.below(end - least)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Plan, checksum};

    fn capture(packets: u64, seed: u64, output: &mut dyn Write) -> io::Result<()> {
        let world = World::new(&Plan::interface(1, 100, 20));
        write(&world, packets, 20, seed, output)
    }

    #[test]
    fn the_same_seed_gives_the_same_bytes_about_110_a_packet() {
        let sum = |seed| checksum::of(|output| capture(1_000, seed, output));
        assert_eq!(sum(1), "7b77d6f14995fba1");
        assert_ne!(sum(1), sum(2));
        let mut bytes = Vec::new();
        capture(10_000, 1, &mut bytes).unwrap();
        let each = bytes.len() / 10_000;
        assert!((106..=112).contains(&each), "{each}");
    }
}
