//! Everything that reading one capture says, in one value to compare.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use secgroup_replay::capture::{CaptureReader, Damage, LinkType, Oddity, PacketBatch};
use secgroup_replay::decode::{Decoded, PacketOddity, SkipReason, Undecodable, decode};
use secgroup_replay::input::{Format, Input};

/// One packet: what the file says of it, and what decoding says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) link_type: LinkType,
    pub(crate) captured_len: u32,
    pub(crate) original_len: u32,
    pub(crate) timestamp: Option<i64>,
    pub(crate) decoded: Result<Decoded, Undecodable>,
}

/// The result of reading and decoding a whole capture.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) error: Option<String>,
    pub(crate) damage: Option<Damage>,
    pub(crate) oddities: Vec<Oddity>,
    /// The first packets only, so that a bomb of packets stays small.
    pub(crate) seen: Vec<Seen>,
    pub(crate) delivered: u64,
    pub(crate) evaluated: u64,
    pub(crate) skipped: BTreeMap<SkipReason, u64>,
    pub(crate) packet_oddities: BTreeMap<&'static str, u64>,
}

/// How many packets an [`Outcome`] keeps.
const KEPT: usize = 20_000;

impl Outcome {
    pub(crate) fn of_path(path: &Path) -> Self {
        Self::of_input(Input::open(path, None))
    }

    pub(crate) fn of_bytes(bytes: impl Into<Vec<u8>>) -> Self {
        Self::of_input(Input::from_reader(std::io::Cursor::new(bytes.into()), None))
    }

    pub(crate) fn of_input(input: Result<Input, secgroup_replay::input::InputError>) -> Self {
        match input {
            Ok(Input {
                format: Format::Capture(_),
                stream,
                ..
            }) => Self::of_stream(stream),
            Ok(Input {
                format: Format::Text | Format::Log(_) | Format::Parquet,
                ..
            }) => Self {
                error: Some("text".to_owned()),
                ..Self::default()
            },
            Err(error) => Self {
                error: Some(error.to_string()),
                ..Self::default()
            },
        }
    }

    pub(crate) fn of_stream(stream: impl Read) -> Self {
        let mut reader = match CaptureReader::new(stream) {
            Ok(reader) => reader,
            Err(error) => {
                return Self {
                    error: Some(error.to_string()),
                    ..Self::default()
                };
            }
        };
        let mut outcome = Self::default();
        let mut batch = PacketBatch::default();
        while reader.read_batch(&mut batch) {
            assert_eq!(batch.first_number(), outcome.delivered + 1);
            for packet in batch.packets() {
                let bytes = batch.bytes(packet);
                assert_eq!(bytes.len(), packet.captured_len as usize);
                outcome.count(Seen {
                    link_type: packet.link_type,
                    captured_len: packet.captured_len,
                    original_len: packet.original_len,
                    timestamp: packet.timestamp(),
                    decoded: decode(packet.link_type, bytes, packet.original_len),
                });
            }
        }
        assert!(
            !reader.read_batch(&mut batch),
            "a capture that is over stays over"
        );
        assert_eq!(reader.packets(), outcome.delivered);
        outcome.damage = reader.damage().cloned();
        outcome.oddities = reader.oddities().iter().copied().collect();
        outcome.error = reader.nothing_supported().map(|error| error.to_string());
        outcome.check();
        outcome
    }

    fn count(&mut self, seen: Seen) {
        self.delivered += 1;
        match seen.decoded {
            Ok(decoded) => {
                self.evaluated += 1;
                if let Some(oddity) = decoded.oddity {
                    *self.packet_oddities.entry(oddity.name()).or_default() += 1;
                }
            }
            Err(undecodable) => *self.skipped.entry(undecodable.reason).or_default() += 1,
        }
        if self.seen.len() < KEPT {
            self.seen.push(seen);
        }
    }

    /// Holds for every capture: evaluated + skipped = total.
    fn check(&self) {
        assert_eq!(
            self.evaluated + self.skipped.values().sum::<u64>(),
            self.delivered
        );
    }

    /// Returns the outcome class of the abuse table.
    pub(crate) fn class(&self) -> &'static str {
        if self.error.is_some() {
            "bad"
        } else if self.damage.is_some() {
            "partial"
        } else if self.oddities.is_empty()
            && self.skipped.is_empty()
            && self.packet_oddities.is_empty()
        {
            "ok"
        } else {
            "warn"
        }
    }

    /// Returns everything a user could be told, as lower-case text.
    pub(crate) fn report(&self) -> String {
        let mut lines = vec![format!(
            "{} packets, {} evaluated",
            self.delivered, self.evaluated
        )];
        lines.extend(self.error.clone());
        lines.extend(self.damage.iter().map(ToString::to_string));
        lines.extend(self.oddities.iter().map(ToString::to_string));
        let undecodable: u64 = self.skipped.values().sum();
        lines.push(format!("{undecodable} undecodable"));
        lines.extend(
            self.skipped
                .iter()
                .map(|(reason, count)| format!("{count} packets: {reason}")),
        );
        for oddity in PacketOddity::all() {
            if let Some(count) = self.packet_oddities.get(oddity.name()) {
                lines.push(format!("{count} packets: {oddity} counted"));
            }
        }
        for (index, seen) in self.seen.iter().take(4).enumerate() {
            lines.push(format!("packet {}: {}", index + 1, seen.describe()));
        }
        lines.join("\n").to_lowercase()
    }
}

impl Seen {
    fn describe(&self) -> String {
        let time = self.timestamp.map_or_else(
            || "no timestamp".to_owned(),
            |nanoseconds| {
                Timestamp::from_nanosecond(nanoseconds.into())
                    .unwrap()
                    .to_string()
            },
        );
        match &self.decoded {
            Ok(decoded) => {
                let ports = decoded.ports.map_or_else(
                    || "no ports".to_owned(),
                    |(from, to)| format!("ports {from},{to}"),
                );
                let Decoded {
                    source,
                    destination,
                    protocol,
                    fragment,
                    ..
                } = decoded;
                format!(
                    "{time} {source} {destination} protocol {protocol} {ports} {fragment:?} evaluated"
                )
            }
            Err(undecodable) => format!("{time} {undecodable}"),
        }
    }
}

/// Returns a place in the shared folder beside the checkout, if it is there.
pub(crate) fn shared(place: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/data")
        .join(place);
    path.exists().then_some(path)
}

/// Returns a place in the repository's own data.
pub(crate) fn data(place: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../data")
        .join(place)
}
