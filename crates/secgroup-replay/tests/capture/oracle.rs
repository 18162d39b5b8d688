//! Our record and block readers against those of `pcap-file`.

use pcap_file::pcap::{PcapParser, PcapTsResolution};
use pcap_file::pcapng::{Block, PcapNgParser};
use secgroup_replay::capture::LinkType;
use secgroup_replay::decode::decode;

use crate::outcome::{Outcome, Seen, data, shared};

/// Reads a pcap file with `pcap-file`; `None` if that refuses it.
fn pcap(bytes: &[u8]) -> Option<Vec<Seen>> {
    let (mut rest, parser) = PcapParser::new(bytes).ok()?;
    let header = parser.header();
    let unit = if header.ts_resolution == PcapTsResolution::MicroSecond {
        1000
    } else {
        1
    };
    let link_type = LinkType(u16::try_from(u32::from(header.datalink) & 0xFFFF).unwrap());
    let mut seen = Vec::new();
    while let Ok((after, packet)) = parser.next_raw_packet(rest) {
        rest = after;
        seen.push(Seen {
            link_type,
            captured_len: packet.incl_len,
            original_len: packet.orig_len,
            timestamp: Some(
                i64::from(packet.ts_sec) * 1_000_000_000 + i64::from(packet.ts_frac) * unit,
            ),
            decoded: decode(link_type, &packet.data, packet.orig_len),
        });
    }
    Some(seen)
}

/// Reads a pcapng file with `pcap-file`; `None` if that refuses it.
fn pcapng(bytes: &[u8]) -> Option<Vec<Seen>> {
    let (mut rest, mut parser) = PcapNgParser::new(bytes).ok()?;
    let mut seen = Vec::new();
    while !rest.is_empty() {
        let (after, block) = parser.next_block(rest).ok()?;
        rest = after;
        let (interface, original_len, data, timestamp) = match &block {
            Block::EnhancedPacket(packet) => (
                packet.interface_id,
                packet.original_len,
                &packet.data,
                i64::try_from(packet.timestamp.as_nanos()).ok(),
            ),
            Block::SimplePacket(packet) => (0, packet.original_len, &packet.data, None),
            _ => continue,
        };
        let link = parser.interfaces()[interface as usize].linktype;
        let link_type = LinkType(u16::try_from(u32::from(link)).unwrap());
        seen.push(Seen {
            link_type,
            captured_len: u32::try_from(data.len()).unwrap(),
            original_len,
            timestamp,
            decoded: decode(link_type, data, original_len),
        });
    }
    Some(seen)
}

#[test]
fn records_and_blocks_are_those_of_pcap_file() {
    let mut folders = vec![data("captures")];
    folders.extend(shared("captures"));
    let (mut pcaps, mut pcapngs) = (0, 0);
    for folder in folders {
        let index = std::fs::read_to_string(folder.join("index.tsv")).unwrap();
        for file in index
            .lines()
            .skip(1)
            .map(|line| line.split('\t').next().unwrap())
        {
            let bytes = std::fs::read(folder.join(file)).unwrap();
            let ours = Outcome::of_stream(bytes.as_slice());
            if ours.error.is_some()
                || !ours
                    .oddities
                    .iter()
                    .all(|oddity| oddity.kind.name() != "empty-records")
            {
                continue;
            }
            let theirs = if file.ends_with("ng") {
                pcapng(&bytes)
            } else {
                pcap(&bytes)
            };
            let Some(theirs) = theirs else { continue };
            assert_eq!(ours.seen, theirs, "{file}");
            if file.ends_with("ng") {
                pcapngs += 1;
            } else {
                pcaps += 1;
            }
        }
    }
    assert!(
        pcaps >= 15 && pcapngs >= 1,
        "{pcaps} pcap and {pcapngs} pcapng files compared"
    );
}
