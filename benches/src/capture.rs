//! Captures: packets of a world's flows, written as a stream.
//!
//! The mix is that of a busy server seen by a mirror that keeps 96 bytes of a
//! packet: most packets are longer than that, a third of them goes the other
//! way, and about 110 bytes of file come to one packet. Nothing grows with the
//! number of packets.

use std::io::Write;
use std::time::Duration;

use pcap_file::pcap::{PcapHeader, PcapPacket, PcapTsResolution, PcapWriteError, PcapWriter};
use pcap_file::{DataLink, Endianness};
use secgroup_model::Flow;
use secgroup_tests::rng::Rng;

use crate::World;
use crate::addresses;
use crate::frame::{self, LONGEST};

/// How many bytes of a packet are kept.
pub const SNAPLEN: u32 = 96;

/// The shortest Ethernet frame, without its checksum.
const SHORTEST: usize = 60;

/// How many different flows the packets are of.
const FLOWS: usize = 65_536;

/// How many of a hundred flows are IPv6.
pub const V6_PERCENT: usize = 20;

/// When the first packet was seen: 2026-01-01T00:00:00Z.
const START: Duration = Duration::from_secs(1_767_225_600);

/// Writes a pcap file of `packets` packets to and from the receivers of
/// `world`; the same seed gives the same bytes.
///
/// # Errors
///
/// Returns the error of `output`.
pub fn write(
    world: &World,
    packets: u64,
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
    let mut writer = PcapWriter::with_header(output, header)?;
    let mut rng = Rng::new(seed);
    let flows: Vec<Flow> = (0..FLOWS)
        .map(|_| {
            let family = addresses::family(&mut rng, V6_PERCENT);
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
    }
    writer.flush()
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
    use secgroup_replay::capture::{CaptureReader, PacketBatch};
    use secgroup_replay::decode::decode;

    use super::*;
    use crate::{InterfacePlan, Priorities, SEED};

    fn capture(packets: u64) -> Vec<u8> {
        let world = World::interface(InterfacePlan {
            seed: SEED,
            rules: 100,
            v6_percent: V6_PERCENT,
            priorities: Priorities::Mixed,
        });
        let mut bytes = Vec::new();
        write(&world, packets, SEED, &mut bytes).unwrap();
        bytes
    }

    #[test]
    fn the_same_seed_gives_the_same_bytes_about_110_a_packet() {
        let bytes = capture(10_000);
        assert_eq!(bytes, capture(10_000));
        let each = bytes.len() / 10_000;
        assert!((106..=112).contains(&each), "{each}");
    }

    #[test]
    fn every_packet_decodes_and_lengths_and_protocols_are_mixed() {
        let bytes = capture(10_000);
        let mut reader = CaptureReader::new(&bytes[..]).unwrap();
        let mut batch = PacketBatch::default();
        let (mut v6, mut udp, mut icmp, mut short, mut full, mut total) = (0, 0, 0, 0, 0, 0);
        while reader.read_batch(&mut batch) {
            for packet in batch.packets() {
                let bytes = batch.bytes(packet);
                let decoded = decode(packet.link_type, bytes, packet.original_len).unwrap();
                let length = packet.original_len as usize;
                assert!((SHORTEST..=LONGEST).contains(&length), "{length}");
                total += 1;
                v6 += u32::from(decoded.source.is_ipv6());
                udp += u32::from(decoded.protocol == 17);
                icmp += u32::from(decoded.icmp.is_some());
                short += u32::from(length < 96);
                full += u32::from(length == LONGEST);
            }
        }
        assert!(reader.damage().is_none());
        assert_eq!(total, 10_000);
        assert!(v6 > 1_500 && udp > 1_500 && icmp > 100, "{v6} {udp} {icmp}");
        assert!(short > 400 && full > 2_000, "{short} {full}");
    }
}
