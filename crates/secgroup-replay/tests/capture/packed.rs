//! Packed inputs: recognised by content, unpacked as a stream, cut anywhere.

use std::io::{self, Read, Write};
use std::sync::atomic::Ordering;

use flate2::write::GzEncoder;
use lz4_flex::frame::{BlockMode, FrameEncoder, FrameInfo};
use secgroup_replay::capture::CaptureFormat;
use secgroup_replay::input::{Compression, Format, Input, ZSTD_WINDOW_LOG_LIMIT};

use crate::outcome::{Outcome, data};
use crate::written::{pcap, tcp_packet};

const PACKINGS: [Compression; 3] = [Compression::Gzip, Compression::Zstd, Compression::Lz4];

fn pack(compression: Compression, bytes: &[u8]) -> Vec<u8> {
    match compression {
        Compression::None => bytes.to_vec(),
        Compression::Gzip => {
            let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap()
        }
        Compression::Zstd => {
            let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
            encoder.include_checksum(true).unwrap();
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap()
        }
        Compression::Lz4 => {
            let info = FrameInfo::new()
                .content_checksum(true)
                .block_mode(BlockMode::Independent);
            let mut encoder = FrameEncoder::with_frame_info(info, Vec::new());
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap()
        }
    }
}

/// Distinct packets, so that packing does not shrink them to nothing.
fn some_packets(count: u8) -> Vec<u8> {
    let packets: Vec<Vec<u8>> = (0..count)
        .map(|last| {
            let mut packet = tcp_packet();
            packet[29] = last;
            packet
        })
        .collect();
    pcap(&packets)
}

#[test]
fn every_packing_gives_what_is_in_it() {
    let file = some_packets(20);
    let plain = Outcome::of_bytes(file.clone());
    assert_eq!(plain.evaluated, 20);
    for compression in PACKINGS {
        assert_eq!(
            Outcome::of_bytes(pack(compression, &file)),
            plain,
            "{compression}"
        );
    }
}

#[test]
fn members_and_frames_one_after_the_other_are_one_stream() {
    let file = some_packets(20);
    let plain = Outcome::of_bytes(file.clone());
    for compression in PACKINGS {
        for cut in [1, 24, 30, 500] {
            let (first, second) = file.split_at(cut);
            let packed = [
                pack(compression, first),
                pack(compression, &[]),
                pack(compression, second),
            ]
            .concat();
            assert_eq!(Outcome::of_bytes(packed), plain, "{compression} {cut}");
        }
    }
    let skippable = [
        &[0x50, 0x2A, 0x4D, 0x18, 2, 0, 0, 0, 9, 9],
        pack(Compression::Zstd, &file).as_slice(),
    ]
    .concat();
    assert_eq!(Outcome::of_bytes(skippable), plain);
}

#[test]
fn a_cut_is_damage_after_the_packets_before_it() {
    let file = some_packets(60);
    let plain = Outcome::of_bytes(file.clone());
    for compression in PACKINGS {
        let packed = pack(compression, &file);
        let mut partial = 0;
        for len in 1..packed.len() {
            let cut = Outcome::of_bytes(&packed[..len]);
            let told = cut
                .error
                .clone()
                .or_else(|| cut.damage.as_ref().map(ToString::to_string));
            assert!(
                told.is_some(),
                "{compression} cut at {len} of {} looks whole",
                packed.len()
            );
            assert_eq!(cut.seen, plain.seen[..cut.seen.len()]);
            if cut.delivered > 0 {
                assert!(
                    told.unwrap().contains("ends early"),
                    "{compression} {len}: {:?}",
                    cut.damage
                );
                partial += 1;
            }
        }
        assert!(
            partial > 0,
            "{compression} never gave anything before the cut"
        );
    }
}

#[test]
fn a_wrong_checksum_is_damage_after_all_packets() {
    for compression in [Compression::Gzip, Compression::Lz4] {
        let mut packed = pack(compression, &some_packets(5));
        // gzip ends with the length, LZ4 with the checksum.
        let at = packed.len()
            - if compression == Compression::Gzip {
                8
            } else {
                1
            };
        packed[at] ^= 0xFF;
        let outcome = Outcome::of_bytes(packed);
        assert_eq!(
            (outcome.class(), outcome.evaluated),
            ("partial", 5),
            "{}",
            outcome.report()
        );
        assert!(
            outcome
                .report()
                .contains(&format!("{compression} checksum")),
            "{}",
            outcome.report()
        );
    }
}

/// The zstd library gives nothing of the block whose frame fails its check.
#[test]
fn a_wrong_zstd_checksum_is_damage_after_the_blocks_before_it() {
    let packets: Vec<Vec<u8>> = (0..200).map(|_| vec![7; 10_000]).collect();
    for (file, class) in [(some_packets(5), "bad"), (pcap(&packets), "partial")] {
        let mut packed = pack(Compression::Zstd, &file);
        let at = packed.len() - 1;
        packed[at] ^= 0xFF;
        let outcome = Outcome::of_bytes(packed);
        assert_eq!(outcome.class(), class);
        assert!(
            outcome.report().contains("zstd checksum"),
            "{}",
            outcome.report()
        );
    }
}

#[test]
fn bytes_after_the_packed_stream_are_damage() {
    for compression in PACKINGS {
        let rest: [&[u8]; 3] = [b"and something else", &[0; 512], b"line\n"];
        for rest in rest {
            let mut packed = pack(compression, &some_packets(5));
            packed.extend(rest);
            let outcome = Outcome::of_bytes(packed);
            let report = outcome.report();
            assert_eq!(
                (outcome.class(), outcome.evaluated),
                ("partial", 5),
                "{compression} {report}"
            );
            let told = format!("{compression} data is whole, but followed by bytes that are not");
            assert!(report.contains(&told), "{report}");
        }
    }
}

#[test]
fn inputs_that_are_no_capture_say_what_they_are() {
    let gzip = |bytes: &[u8]| pack(Compression::Gzip, bytes);
    let rows: Vec<(Vec<u8>, &str)> = vec![
        (vec![], "empty file"),
        (gzip(&[]), "empty file after decompression (gzip)"),
        (
            gzip(&gzip(b"src_ip")),
            "not a capture after decompression (gzip inside gzip)",
        ),
        (
            pack(Compression::Zstd, &pack(Compression::Lz4, b"src_ip")),
            "(lz4 inside zstd)",
        ),
        (b"PAR1....".to_vec(), "text"),
        (
            gzip(b"PAR1...."),
            "parquet that is packed; it is read from its end",
        ),
        (b"\xFF\xFEs\0r\0".to_vec(), "utf-16"),
        (
            b"\x7FELF\x02\x01\x01\0".to_vec(),
            "first bytes 7f 45 4c 46 02 01 01 00",
        ),
        (
            gzip(b"\xDE\xAD\xBE\xEF"),
            "not a capture (first bytes de ad be ef)",
        ),
        (b"\xD4\xC3".to_vec(), "file header: 2 of 24 bytes"),
        (gzip(b"\xD4\xC3\xB2\xA1"), "file header: 4 of 24 bytes"),
        (vec![0; 100], "first bytes 00 00 00 00 00 00 00 00"),
        (
            gzip(b"src_ip,dst_ip\n")[..5].to_vec(),
            "gzip stream ends early",
        ),
    ];
    for (bytes, expected) in rows {
        let outcome = Outcome::of_bytes(bytes.clone());
        assert_eq!(outcome.class(), "bad", "{bytes:x?}");
        assert!(
            outcome.report().contains(expected),
            "{expected}: {}",
            outcome.report()
        );
    }
}

#[test]
fn text_is_told_from_captures_also_when_packed() {
    for compression in [
        Compression::None,
        Compression::Gzip,
        Compression::Zstd,
        Compression::Lz4,
    ] {
        let text = b"src_ip,dst_ip\n10.0.0.1,\xFF\0\n";
        let packed = pack(compression, text);
        let len = packed.len() as u64;
        let mut input = Input::from_reader(io::Cursor::new(packed), None).unwrap();
        assert_eq!(
            (input.format, input.compression),
            (Format::Text, compression)
        );
        let mut unpacked = Vec::new();
        input.stream.read_to_end(&mut unpacked).unwrap();
        assert_eq!(unpacked, text);
        assert_eq!(input.consumed.load(Ordering::Relaxed), len);
    }
}

#[test]
fn a_format_given_is_taken_for_granted() {
    let forced = Input::from_reader(io::Cursor::new(some_packets(1)), Some(Format::Text)).unwrap();
    assert_eq!(forced.format, Format::Text);
    let text = pack(Compression::Gzip, b"a,b\n1,2\n");
    let forced = Input::from_reader(
        io::Cursor::new(text),
        Some(Format::Capture(CaptureFormat::Pcap)),
    );
    let outcome = Outcome::of_input(forced);
    assert_eq!(
        outcome.error.unwrap(),
        "not a capture (looks like text/CSV); expected pcap or pcapng"
    );
}

#[test]
fn a_directory_and_a_missing_file_are_told() {
    let folder = Outcome::of_path(&data("captures"));
    assert!(folder.error.unwrap().contains("is a directory"));
    let missing = Outcome::of_path(&data("captures/no such file"));
    assert!(missing.error.unwrap().starts_with("cannot open: "));
}

#[test]
fn a_zstd_window_of_128_mebibytes_is_unpacked_and_a_larger_one_is_not() {
    assert_eq!(ZSTD_WINDOW_LOG_LIMIT, 27);
    let file = some_packets(1);
    for (window_log, class) in [(27_u8, "ok"), (28, "bad")] {
        // A frame by hand: no content size, this window, one raw last block.
        let mut frame = vec![0x28, 0xB5, 0x2F, 0xFD, 0x00, (window_log - 10) << 3];
        let block = u32::try_from(file.len() << 3 | 1).unwrap().to_le_bytes();
        frame.extend(&block[..3]);
        frame.extend(&file);
        let outcome = Outcome::of_bytes(frame);
        assert_eq!(outcome.class(), class, "{window_log}: {}", outcome.report());
    }
}

/// A disk that fails after its first bytes.
struct Failing(io::Cursor<Vec<u8>>);

impl Read for Failing {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        match self.0.read(room)? {
            0 => Err(io::ErrorKind::TimedOut.into()),
            read => Ok(read),
        }
    }
}

#[test]
fn a_stream_that_fails_is_damage_of_reading_not_of_the_file() {
    let file = some_packets(5);
    for compression in [
        Compression::None,
        Compression::Gzip,
        Compression::Zstd,
        Compression::Lz4,
    ] {
        let packed = pack(compression, &file);
        let half = packed[..packed.len() - 3].to_vec();
        let outcome = Outcome::of_input(Input::from_reader(Failing(io::Cursor::new(half)), None));
        let report = outcome.report();
        assert!(
            report.contains("reading failed: timed out"),
            "{compression}: {report}"
        );
    }
}
