//! Oddities: things a capture should not contain, and that do not stop it.
//!
//! Each kind is counted, with the place and the facts of the first one, so
//! that memory stays small whatever the file holds. What ends a file is
//! [`super::damage`].

use std::fmt;
use std::time::Duration;

/// What is odd, with the facts of the first occurrence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OddityKind {
    /// A packet is older than the one before it.
    TimeBackwards {
        /// By how many nanoseconds.
        nanoseconds: u64,
    },
    /// The part of a timestamp below one second is a second or more.
    Subsecond {
        /// `microseconds` or `nanoseconds`.
        unit: &'static str,
        /// The number found.
        value: u32,
        /// The number that a second has.
        second: u32,
    },
    /// A minor version of the pcap format that nobody defined.
    Version {
        /// The minor number; the major one is 2.
        minor: u16,
    },
    /// A version of the pcapng format that nobody defined.
    SectionVersion {
        /// The major number.
        major: u16,
        /// The minor number.
        minor: u16,
    },
    /// More bytes were captured than the file's own limit allows.
    CapturedAboveSnaplen {
        /// Bytes captured.
        captured: u32,
        /// The limit the file states.
        snaplen: u32,
    },
    /// More bytes were captured than the packet had.
    CapturedAboveOriginal {
        /// Bytes captured.
        captured: u32,
        /// Length on the wire as the file says.
        original: u32,
    },
    /// All-zero records at the end: space reserved for packets that never came.
    EmptyRecords,
    /// A timestamp resolution too fine for 64 bits to hold one second.
    TimestampResolution {
        /// 2 or 10.
        base: u8,
        /// The negative exponent.
        exponent: u8,
    },
    /// An interface whose timestamp offset lies outside the years 1678 to 2261.
    TimestampOffset {
        /// The offset in seconds.
        seconds: i64,
    },
    /// A timestamp outside the years 1678 to 2261.
    TimestampRange,
}

impl OddityKind {
    /// Returns the name that results use for it; it never changes.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::TimeBackwards { .. } => "time-backwards",
            Self::Subsecond { .. } => "subsecond-overflow",
            Self::Version { .. } => "unknown-minor-version",
            Self::SectionVersion { .. } => "unknown-section-version",
            Self::CapturedAboveSnaplen { .. } => "captured-above-snaplen",
            Self::CapturedAboveOriginal { .. } => "captured-above-original",
            Self::EmptyRecords => "empty-records",
            Self::TimestampResolution { .. } => "timestamp-resolution",
            Self::TimestampOffset { .. } => "timestamp-offset",
            Self::TimestampRange => "timestamp-range",
        }
    }
}

/// One kind of oddity of a capture: how often, and where first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Oddity {
    /// What it is, with the facts of the first one.
    pub kind: OddityKind,
    /// How often it was seen.
    pub count: u64,
    /// The number of the first packet it was seen at; 0 for the file header.
    pub record: u64,
    /// Where the first one begins in the unpacked file, in bytes.
    pub byte: u64,
}

impl fmt::Display for Oddity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (count, record, byte) = (self.count, self.record, self.byte);
        match self.kind {
            OddityKind::TimeBackwards { nanoseconds } => {
                let seconds = Duration::from_nanos(nanoseconds).as_secs_f64();
                write!(f, "time goes back {seconds} s at packet {record}")?;
            }
            OddityKind::Subsecond {
                unit,
                value,
                second,
            } => {
                write!(
                    f,
                    "{unit} {value} >= {second} at packet {record}: carried into the seconds"
                )?;
            }
            OddityKind::Version { minor } => {
                return write!(f, "pcap version 2.{minor} read as 2.4");
            }
            OddityKind::SectionVersion { major, minor } => {
                write!(
                    f,
                    "pcapng version {major}.{minor} read as 1.0, section at byte {byte}"
                )?;
            }
            OddityKind::CapturedAboveSnaplen { captured, snaplen } => {
                write!(
                    f,
                    "capture length {captured} above snaplen {snaplen} at packet {record}"
                )?;
            }
            OddityKind::CapturedAboveOriginal { captured, original } => {
                write!(
                    f,
                    "captured length {captured} > original length {original} at packet {record}"
                )?;
            }
            OddityKind::EmptyRecords => {
                return write!(
                    f,
                    "{count} empty records at the end, from byte {byte}: the file was preallocated"
                );
            }
            OddityKind::TimestampResolution { base, exponent } => {
                write!(
                    f,
                    "timestamp resolution {base}^-{exponent} cannot hold one second, at byte {byte}"
                )?;
            }
            OddityKind::TimestampOffset { seconds } => {
                write!(
                    f,
                    "timestamp offset out of range: {seconds} s, at byte {byte}: no times for that interface"
                )?;
            }
            OddityKind::TimestampRange => {
                write!(
                    f,
                    "timestamp out of range at packet {record}: read as no time"
                )?;
            }
        }
        if count > 1 {
            write!(f, " ({count} times)")?;
        }
        Ok(())
    }
}

/// The oddities of one capture, one entry per kind, in the order first seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Oddities(Vec<Oddity>);

impl Oddities {
    /// Returns them in the order first seen.
    pub fn iter(&self) -> std::slice::Iter<'_, Oddity> {
        self.0.iter()
    }

    /// Tells whether nothing odd was seen.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Counts `count` more of `kind`; `record` and `byte` count only the first time.
    #[cold]
    pub(crate) fn add(&mut self, kind: OddityKind, count: u64, record: u64, byte: u64) {
        match self
            .0
            .iter_mut()
            .find(|known| known.kind.name() == kind.name())
        {
            Some(known) => known.count = known.count.saturating_add(count),
            None => self.0.push(Oddity {
                kind,
                count,
                record,
                byte,
            }),
        }
    }
}

impl<'a> IntoIterator for &'a Oddities {
    type Item = &'a Oddity;
    type IntoIter = std::slice::Iter<'a, Oddity>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
