//! How a stream hands out its bytes is no property of the file.

use std::io::{self, Read};

use secgroup_replay::capture::{CaptureReader, PacketBatch};

use crate::outcome::{Outcome, data, shared};
use crate::written::{Numbers, Order, tcp_packet};

/// Hands out a few bytes at a time, and is interrupted now and then.
struct Chunks<'a> {
    bytes: &'a [u8],
    size: usize,
    numbers: Numbers,
}

impl Read for Chunks<'_> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        if self.numbers.below(5) == 0 {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let size = if self.size == 0 {
            1 + self.numbers.below(300)
        } else {
            self.size
        };
        let len = size.min(room.len()).min(self.bytes.len());
        room[..len].copy_from_slice(&self.bytes[..len]);
        self.bytes = &self.bytes[len..];
        Ok(len)
    }
}

#[test]
fn any_size_of_chunks_gives_the_same_packets() {
    let index = std::fs::read_to_string(data("captures/index.tsv")).unwrap();
    let mut files: Vec<_> = index
        .lines()
        .skip(1)
        .map(|line| data("captures").join(line.split('\t').next().unwrap()))
        .collect();
    if let Some(folder) = shared("abuse") {
        let hostile = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path());
        files.extend(hostile.filter(|path| {
            path.extension()
                .is_some_and(|ending| ending == "pcap" || ending == "pcapng")
        }));
    }
    for path in files {
        let bytes = std::fs::read(&path).unwrap();
        if bytes.len() > 300_000 {
            continue;
        }
        let whole = Outcome::of_stream(bytes.as_slice());
        for size in [1, 2, 3, 7, 61, 4096, 0] {
            let chunks = Chunks {
                bytes: &bytes,
                size,
                numbers: Numbers(0xC0FF_EE00 + size as u64),
            };
            assert_eq!(
                Outcome::of_stream(chunks),
                whole,
                "{} in chunks of {size}",
                path.display()
            );
        }
    }
}

/// A capture without end.
struct Endless {
    record: Vec<u8>,
    at: usize,
}

impl Read for Endless {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        for byte in room.iter_mut() {
            *byte = self.record[self.at];
            self.at = (self.at + 1) % self.record.len();
        }
        Ok(room.len())
    }
}

#[test]
fn a_stream_without_end_is_read_with_one_buffer() {
    let order = Order::Little;
    let header = order.pcap_header(0xA1B2_C3D4, (2, 4), 65_535, 1);
    let endless = Endless {
        record: order.record(1, 0, &tcp_packet()),
        at: 0,
    };
    let mut reader = CaptureReader::new(header.as_slice().chain(endless)).unwrap();
    let mut batch = PacketBatch::default();
    let mut places = std::collections::BTreeSet::new();
    for _ in 0..300 {
        assert!(reader.read_batch(&mut batch));
        places.insert(batch.bytes(&batch.packets()[0]).as_ptr().addr() / (1 << 20));
    }
    assert!(reader.packets() > 900_000, "{}", reader.packets());
    assert!(places.len() <= 2, "the batch moved: {places:?}");
}

#[test]
fn a_stretch_without_packets_hands_control_back() {
    let order = Order::Little;
    let header = order.pcap_header(0xA1B2_C3D4, (2, 4), 65_535, 1);
    let zeros = Endless {
        record: vec![0; 1],
        at: 0,
    };
    let mut reader = CaptureReader::new(header.as_slice().chain(zeros)).unwrap();
    let mut batch = PacketBatch::default();
    for _ in 0..3 {
        assert!(
            reader.read_batch(&mut batch),
            "a stream without end is never over"
        );
        assert!(batch.is_empty());
    }
}

/// A pipe whose writer waits until its packets were taken.
#[test]
fn packets_at_hand_are_not_held_back() {
    let order = Order::Little;
    let header = order.pcap_header(0xA1B2_C3D4, (2, 4), 65_535, 1);
    let (mut from, mut to) = io::pipe().unwrap();
    let (taken, wait) = std::sync::mpsc::channel();
    let writer = std::thread::spawn(move || {
        io::Write::write_all(&mut to, &header).unwrap();
        for _ in 0..3 {
            io::Write::write_all(&mut to, &order.record(1, 0, &tcp_packet())).unwrap();
            wait.recv().unwrap();
        }
    });
    let mut reader = CaptureReader::new(&mut from).unwrap();
    let mut batch = PacketBatch::default();
    for _ in 0..3 {
        assert!(reader.read_batch(&mut batch));
        assert_eq!(batch.packets().len(), 1);
        taken.send(()).unwrap();
    }
    assert!(!reader.read_batch(&mut batch));
    writer.join().unwrap();
}
