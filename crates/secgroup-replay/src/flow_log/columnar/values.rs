//! Values of one column, written as the text that a list would have.

use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use parquet::basic::{ConvertedType, LogicalType, TimeUnit};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{DataType, Int96};
use parquet::errors::ParquetError;
use parquet::schema::types::ColumnDescriptor;

use crate::Timestamp;
use crate::flow_log::Column;

/// Nanoseconds in a second.
const SECOND: i64 = 1_000_000_000;

/// A column, and what was unpacked of it.
pub(super) struct Values {
    reader: ColumnReader,
    meaning: Meaning,
    /// The level of a value that is there; those below it are not.
    present: i16,
    levels: Vec<i16>,
    /// Which row is next.
    at: usize,
    /// Which value is next: rows without one have none.
    value: usize,
    rows: usize,
    unpacked: Unpacked,
}

/// What numbers mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    Plain,
    Unsigned,
    /// Times, so many nanoseconds each.
    Time(i64),
    /// Numbers with so many decimals.
    Decimal(u32),
    /// Days since 1970.
    Date,
    /// Times of a day, so many nanoseconds each.
    Clock(i64),
    /// Months, days and milliseconds.
    Interval,
    Uuid,
}

/// Values as the file has them.
enum Unpacked {
    Bool(Vec<bool>),
    Int32(Vec<i32>),
    Int64(Vec<i64>),
    Int96(Vec<Int96>),
    Float(Vec<f32>),
    Double(Vec<f64>),
    Bytes(Vec<parquet::data_type::ByteArray>),
    Fixed(Vec<parquet::data_type::FixedLenByteArray>),
}

impl Values {
    pub(super) fn new(reader: ColumnReader, column: &ColumnDescriptor) -> Self {
        let unpacked = match &reader {
            ColumnReader::BoolColumnReader(_) => Unpacked::Bool(Vec::new()),
            ColumnReader::Int32ColumnReader(_) => Unpacked::Int32(Vec::new()),
            ColumnReader::Int64ColumnReader(_) => Unpacked::Int64(Vec::new()),
            ColumnReader::Int96ColumnReader(_) => Unpacked::Int96(Vec::new()),
            ColumnReader::FloatColumnReader(_) => Unpacked::Float(Vec::new()),
            ColumnReader::DoubleColumnReader(_) => Unpacked::Double(Vec::new()),
            ColumnReader::ByteArrayColumnReader(_) => Unpacked::Bytes(Vec::new()),
            ColumnReader::FixedLenByteArrayColumnReader(_) => Unpacked::Fixed(Vec::new()),
        };
        Self {
            reader,
            meaning: Meaning::of(column),
            present: column.max_def_level(),
            levels: Vec::new(),
            at: 0,
            value: 0,
            rows: 0,
            unpacked,
        }
    }

    /// Tells whether every unpacked value has been written.
    pub(super) const fn is_empty(&self) -> bool {
        self.at == self.rows
    }

    /// Replaces what was unpacked by the values of the next rows, and returns
    /// of how many.
    pub(super) fn unpack(&mut self, wanted: usize) -> Result<usize, ParquetError> {
        self.levels.clear();
        (self.at, self.value) = (0, 0);
        let levels = &mut self.levels;
        let rows = match (&mut self.reader, &mut self.unpacked) {
            (ColumnReader::BoolColumnReader(reader), Unpacked::Bool(values)) => {
                unpack(reader, wanted, levels, values)
            }
            (ColumnReader::Int32ColumnReader(reader), Unpacked::Int32(values)) => {
                unpack(reader, wanted, levels, values)
            }
            (ColumnReader::Int64ColumnReader(reader), Unpacked::Int64(values)) => {
                unpack(reader, wanted, levels, values)
            }
            (ColumnReader::Int96ColumnReader(reader), Unpacked::Int96(values)) => {
                unpack(reader, wanted, levels, values)
            }
            (ColumnReader::FloatColumnReader(reader), Unpacked::Float(values)) => {
                unpack(reader, wanted, levels, values)
            }
            (ColumnReader::DoubleColumnReader(reader), Unpacked::Double(values)) => {
                unpack(reader, wanted, levels, values)
            }
            (ColumnReader::ByteArrayColumnReader(reader), Unpacked::Bytes(values)) => {
                unpack(reader, wanted, levels, values)
            }
            (ColumnReader::FixedLenByteArrayColumnReader(reader), Unpacked::Fixed(values)) => {
                unpack(reader, wanted, levels, values)
            }
            _ => unreachable!("`new` made the values for the reader"),
        };
        self.rows = rows?;
        Ok(self.rows)
    }

    /// Appends the value of the next row, nothing where it has none.
    pub(super) fn write_next(&mut self, column: Column, text: &mut Vec<u8>) {
        let level = self.levels.get(self.at).copied().unwrap_or(self.present);
        self.at += 1;
        if level < self.present {
            return;
        }
        let at = self.value;
        self.value += 1;
        let is_address = matches!(
            column,
            Column::SrcIp | Column::DstIp | Column::PacketSrcIp | Column::PacketDstIp
        );
        // Writing to memory cannot fail.
        let _ = match &self.unpacked {
            Unpacked::Bool(values) => values.get(at).map(|value| write!(text, "{value}")),
            Unpacked::Int32(values) => values.get(at).map(|value| {
                let unsigned = is_address || self.meaning == Meaning::Unsigned;
                let value = if unsigned {
                    i64::from(value.cast_unsigned())
                } else {
                    i64::from(*value)
                };
                self.write_integer(value, is_address, text)
            }),
            Unpacked::Int64(values) => values.get(at).map(|value| {
                if self.meaning == Meaning::Unsigned && !is_address {
                    write!(text, "{}", value.cast_unsigned())
                } else {
                    self.write_integer(*value, is_address, text)
                }
            }),
            Unpacked::Int96(values) => values
                .get(at)
                .map(|value| write_time(text, Some(value.to_nanos()))),
            Unpacked::Float(values) => values.get(at).map(|value| write!(text, "{value}")),
            Unpacked::Double(values) => values.get(at).map(|value| write!(text, "{value}")),
            Unpacked::Bytes(values) => values
                .get(at)
                .map(|value| self.write_bytes(text, value.data(), is_address)),
            Unpacked::Fixed(values) => values
                .get(at)
                .map(|value| self.write_bytes(text, value.data(), is_address)),
        };
    }

    fn write_integer(
        &self,
        value: i64,
        is_address: bool,
        text: &mut Vec<u8>,
    ) -> std::io::Result<()> {
        match (self.meaning, u32::try_from(value)) {
            (_, Ok(bits)) if is_address => write!(text, "{}", Ipv4Addr::from_bits(bits)),
            (Meaning::Time(unit), _) => write_time(text, value.checked_mul(unit)),
            (Meaning::Decimal(scale), _) => write_decimal(text, value.into(), scale),
            (Meaning::Date, _) => write_date(text, value),
            (Meaning::Clock(unit), _) => {
                let seconds = value.checked_mul(unit).unwrap_or(0) / SECOND;
                let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
                write!(text, "{hours:02}:{minutes:02}:{:02}", seconds % 60)
            }
            _ => write!(text, "{value}"),
        }
    }

    fn write_bytes(
        &self,
        text: &mut Vec<u8>,
        value: &[u8],
        is_address: bool,
    ) -> std::io::Result<()> {
        match self.meaning {
            Meaning::Decimal(scale) => match signed(value) {
                Some(number) => write_decimal(text, number, scale),
                None => write!(text, "a DECIMAL of {} bytes", value.len()),
            },
            Meaning::Interval => write_interval(text, value),
            Meaning::Uuid => write_uuid(text, value),
            _ => write_bytes(text, value, is_address),
        }
    }
}

/// Unpacks values of one type.
fn unpack<T: DataType>(
    reader: &mut ColumnReaderImpl<T>,
    wanted: usize,
    levels: &mut Vec<i16>,
    values: &mut Vec<T::T>,
) -> Result<usize, ParquetError> {
    values.clear();
    let mut rows = 0;
    // One call does not go beyond a page.
    while rows < wanted {
        let (more, _, _) = reader.read_records(wanted - rows, Some(levels), None, values)?;
        if more == 0 {
            break;
        }
        rows += more;
    }
    Ok(rows)
}

impl Meaning {
    fn of(column: &ColumnDescriptor) -> Self {
        match (column.logical_type_ref(), column.converted_type()) {
            (Some(LogicalType::Timestamp(time)), _) => Self::Time(nanoseconds(time.unit)),
            (_, ConvertedType::TIMESTAMP_MILLIS) => Self::Time(SECOND / 1_000),
            (_, ConvertedType::TIMESTAMP_MICROS) => Self::Time(SECOND / 1_000_000),
            (Some(LogicalType::Decimal(decimal)), _) => Self::Decimal(scale(decimal.scale)),
            (_, ConvertedType::DECIMAL) => Self::Decimal(scale(column.type_scale())),
            (Some(LogicalType::Date), _) | (_, ConvertedType::DATE) => Self::Date,
            (Some(LogicalType::Time(time)), _) => Self::Clock(nanoseconds(time.unit)),
            (_, ConvertedType::TIME_MILLIS) => Self::Clock(SECOND / 1_000),
            (_, ConvertedType::TIME_MICROS) => Self::Clock(SECOND / 1_000_000),
            (_, ConvertedType::INTERVAL) => Self::Interval,
            (Some(LogicalType::Uuid), _) => Self::Uuid,
            (Some(LogicalType::Integer(integer)), _) if !integer.is_signed => Self::Unsigned,
            (
                _,
                ConvertedType::UINT_8
                | ConvertedType::UINT_16
                | ConvertedType::UINT_32
                | ConvertedType::UINT_64,
            ) => Self::Unsigned,
            _ => Self::Plain,
        }
    }
}

/// Returns how many decimals a number has; fewer than none make no sense.
fn scale(scale: i32) -> u32 {
    u32::try_from(scale).unwrap_or(0)
}

const fn nanoseconds(unit: TimeUnit) -> i64 {
    match unit {
        TimeUnit::MILLIS => SECOND / 1_000,
        TimeUnit::MICROS => SECOND / 1_000_000,
        TimeUnit::NANOS => 1,
    }
}

/// Returns a number of at most sixteen bytes, the highest first.
fn signed(bytes: &[u8]) -> Option<i128> {
    let first = bytes.first()?;
    let mut all = if first >> 7 == 1 {
        [u8::MAX; 16]
    } else {
        [0; 16]
    };
    let from = all.len().checked_sub(bytes.len())?;
    all[from..].copy_from_slice(bytes);
    Some(i128::from_be_bytes(all))
}

/// Writes a number with decimals, without those that are 0 at its end.
fn write_decimal(text: &mut Vec<u8>, number: i128, scale: u32) -> std::io::Result<()> {
    let sign = if number < 0 { "-" } else { "" };
    let Some(unit) = 10_u128.checked_pow(scale) else {
        return write!(text, "{number}e-{scale}");
    };
    let (whole, rest) = (number.unsigned_abs() / unit, number.unsigned_abs() % unit);
    if rest == 0 {
        return write!(text, "{sign}{whole}");
    }
    let decimals = format!("{rest:0width$}", width = scale as usize);
    write!(text, "{sign}{whole}.{}", decimals.trim_end_matches('0'))
}

/// Writes a day since 1970, as which no time is meant.
fn write_date(text: &mut Vec<u8>, days: i64) -> std::io::Result<()> {
    let day = i32::try_from(days).ok().and_then(|days| {
        let span = jiff::Span::new().try_days(days).ok()?;
        jiff::civil::date(1970, 1, 1).checked_add(span).ok()
    });
    match day {
        Some(day) => write!(text, "{day}"),
        None => write!(text, "day {days}"),
    }
}

/// Writes a span of time in seconds; months have no length.
fn write_interval(text: &mut Vec<u8>, value: &[u8]) -> std::io::Result<()> {
    let ([months, days, milliseconds], []) = value.as_chunks() else {
        return write!(text, "an INTERVAL of {} bytes", value.len());
    };
    let [months, days, milliseconds] =
        [*months, *days, *milliseconds].map(|bytes| u64::from(u32::from_le_bytes(bytes)));
    if months > 0 {
        return write!(text, "an INTERVAL of months");
    }
    let seconds = days * 86_400 + milliseconds / 1_000;
    write!(text, "{seconds}.{:03}", milliseconds % 1_000)
}

fn write_uuid(text: &mut Vec<u8>, value: &[u8]) -> std::io::Result<()> {
    for (at, byte) in value.iter().enumerate() {
        let hyphen = if [4, 6, 8, 10].contains(&at) { "-" } else { "" };
        write!(text, "{hyphen}{byte:02x}")?;
    }
    Ok(())
}

/// Writes a time; one that does not fit is written so that it is no time.
fn write_time(text: &mut Vec<u8>, nanoseconds: Option<i64>) -> std::io::Result<()> {
    match nanoseconds {
        None => write!(text, "beyond 2262"),
        Some(time) if time < 0 => write!(text, "{}", Timestamp(time)),
        Some(time) => write!(text, "{}.{:09}", time / SECOND, time % SECOND),
    }
}

/// Writes text as it is, and an address of four or sixteen bytes as text.
///
/// Sixteen bytes that map an IPv4 address are that address: a column of them
/// has no other way to say it. Text that has four or sixteen letters and is an
/// address is taken as text.
fn write_bytes(text: &mut Vec<u8>, value: &[u8], is_address: bool) -> std::io::Result<()> {
    if is_address && !is_address_text(value) {
        if let Ok(bytes) = <[u8; 4]>::try_from(value) {
            return write!(text, "{}", Ipv4Addr::from(bytes));
        }
        if let Ok(bytes) = <[u8; 16]>::try_from(value) {
            return write!(text, "{}", Ipv6Addr::from(bytes).to_canonical());
        }
    }
    text.extend_from_slice(value);
    Ok(())
}

fn is_address_text(value: &[u8]) -> bool {
    std::str::from_utf8(value).is_ok_and(|text| text.parse::<IpAddr>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_text_or_bytes() {
        let written = |value: &[u8]| {
            let mut text = Vec::new();
            write_bytes(&mut text, value, true).unwrap();
            String::from_utf8_lossy(&text).into_owned()
        };
        assert_eq!(written(b"10.0.0.1"), "10.0.0.1");
        assert_eq!(written(&[10, 0, 0, 1]), "10.0.0.1");
        assert_eq!(written(b"::12"), "::12");
        assert_eq!(written(b"2001:db8::1:2:34"), "2001:db8::1:2:34");
        let mut mapped = [0; 16];
        mapped[10..].copy_from_slice(&[0xff, 0xff, 10, 0, 0, 1]);
        assert_eq!(written(&mapped), "10.0.0.1");
        let mut six = [0; 16];
        six[..4].copy_from_slice(&[0x20, 0x01, 0x0d, 0xb8]);
        six[15] = 9;
        assert_eq!(written(&six), "2001:db8::9");
        assert_eq!(written(b"12345"), "12345");
    }

    #[test]
    fn numbers_with_decimals_keep_them_and_spans_are_seconds() {
        let written = |write: &dyn Fn(&mut Vec<u8>) -> std::io::Result<()>| {
            let mut text = Vec::new();
            write(&mut text).unwrap();
            String::from_utf8(text).unwrap()
        };
        for (number, scale, wanted) in [
            (4_430, 1, "443"),
            (1_250, 2, "12.5"),
            (-5, 3, "-0.005"),
            (7, 0, "7"),
            (7, 60, "7e-60"),
        ] {
            assert_eq!(written(&|text| write_decimal(text, number, scale)), wanted);
        }
        assert_eq!(signed(&[0x13, 0xb0]), Some(5_040));
        assert_eq!(signed(&[0xff, 0xfe]), Some(-2));
        assert_eq!((signed(&[]), signed(&[1; 17])), (None, None));
        assert_eq!(written(&|text| write_date(text, 20_514)), "2026-03-02");
        assert_eq!(
            written(&|text| write_date(text, i64::MAX)),
            format!("day {}", i64::MAX)
        );
        let interval = |months: u32, days: u32, milliseconds: u32| {
            [months, days, milliseconds].map(u32::to_le_bytes).concat()
        };
        let of = |value: Vec<u8>| written(&|text| write_interval(text, &value));
        assert_eq!(of(interval(0, 1, 5_500)), "86405.500");
        assert_eq!(of(interval(1, 0, 0)), "an INTERVAL of months");
        assert_eq!(of(vec![1]), "an INTERVAL of 1 bytes");
        let uuid: Vec<u8> = (0..16).collect();
        let uuid = written(&|text| write_uuid(text, &uuid));
        assert_eq!(uuid, "00010203-0405-0607-0809-0a0b0c0d0e0f");
    }

    #[test]
    fn times_have_nine_decimals_and_may_be_before_1970() {
        let written = |time| {
            let mut text = Vec::new();
            write_time(&mut text, time).unwrap();
            String::from_utf8(text).unwrap()
        };
        assert_eq!(written(Some(1_500_000_000)), "1.500000000");
        assert_eq!(written(Some(-1)), "1969-12-31T23:59:59.999999999Z");
        assert_eq!(written(None), "beyond 2262");
    }
}
