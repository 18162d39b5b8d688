//! Rows of judged records as Parquet.
//!
//! Workers format rows as comma-separated values, as for a CSV file; here they
//! are cut again and gathered by column until there are enough for a row group.
//! So the columns are those of the other forms, by construction.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use parquet::basic::{Compression, LogicalType, Repetition, TimeUnit, Type as Physical, ZstdLevel};
use parquet::column::writer::ColumnWriter;
use parquet::data_type::ByteArray;
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::{Type, TypePtr};
use secgroup_replay::{Row, Sink};

use super::rows::{COLUMNS, format_csv};
use crate::output::Output;

/// How many rows a row group has. More pack better, fewer take less memory.
const GROUP_ROWS: usize = 65_536;

/// How many bytes of one column a row group has at most; a row may go beyond.
const GROUP_BYTES: usize = 16 << 20;

/// How many values are handed over at a time.
const SLICE: usize = 1024;

/// The level of a value that is there.
const PRESENT: i16 = 1;

/// Writes rows to an output.
pub(super) struct ParquetRows<'a> {
    writer: SerializedFileWriter<&'a mut Output>,
    columns: [Gathered; COLUMNS.len()],
    rows: usize,
}

/// The values of one column that are still to be written.
#[derive(Debug, Default)]
struct Gathered {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

/// What the values of a column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    Port,
    Count,
    Time,
}

impl Kind {
    fn of(column: &str) -> Self {
        match column {
            "src_port" | "dst_port" => Self::Port,
            "packets" | "bytes" => Self::Count,
            "first_seen" | "last_seen" => Self::Time,
            _ => Self::Text,
        }
    }

    /// Returns a column of this kind, values of which may be absent.
    fn column(self, name: &str) -> Type {
        let (physical, logical) = match self {
            Self::Text => (Physical::BYTE_ARRAY, LogicalType::String),
            Self::Port => (Physical::INT32, LogicalType::integer(16, false)),
            Self::Count => (Physical::INT64, LogicalType::integer(64, false)),
            Self::Time => (
                Physical::INT64,
                LogicalType::timestamp(true, TimeUnit::NANOS),
            ),
        };
        let column = Type::primitive_type_builder(name, physical)
            .with_repetition(Repetition::OPTIONAL)
            .with_logical_type(Some(logical));
        column.build().expect("these types go together")
    }
}

fn schema() -> TypePtr {
    let columns = COLUMNS.map(|name| Arc::new(Kind::of(name).column(name)));
    let schema = Type::group_type_builder("flow").with_fields(columns.to_vec());
    Arc::new(schema.build().expect("columns have names of their own"))
}

impl<'a> ParquetRows<'a> {
    /// Begins a file.
    pub(super) fn new(output: &'a mut Output) -> io::Result<Self> {
        let properties = WriterProperties::builder()
            .set_created_by(concat!("secgroup ", env!("CARGO_PKG_VERSION")).to_owned())
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .build();
        let writer = SerializedFileWriter::new(output, schema(), Arc::new(properties));
        Ok(Self {
            writer: writer.map_err(plain)?,
            columns: std::array::from_fn(|_| Gathered::default()),
            rows: 0,
        })
    }

    /// Writes what is left, and the footer.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.write_group()?;
        self.writer.close().map_err(plain)?;
        Ok(())
    }

    fn write_group(&mut self) -> io::Result<()> {
        if self.rows == 0 {
            return Ok(());
        }
        let mut group = self.writer.next_row_group().map_err(plain)?;
        for (values, name) in self.columns.iter_mut().zip(COLUMNS) {
            let mut column = group
                .next_column()
                .map_err(plain)?
                .expect("the schema has a column for every name");
            values
                .write(Kind::of(name), column.untyped())
                .map_err(plain)?;
            column.close().map_err(plain)?;
            values.clear();
        }
        group.close().map_err(plain)?;
        self.rows = 0;
        Ok(())
    }
}

/// Returns the error of the medium, where there is one inside.
fn plain(error: ParquetError) -> io::Error {
    match error {
        ParquetError::External(inner) => match inner.downcast::<io::Error>() {
            Ok(error) => *error,
            Err(other) => io::Error::other(other),
        },
        other => io::Error::other(other),
    }
}

impl Sink for ParquetRows<'_> {
    fn format(&self, rows: &mut dyn Iterator<Item = Row<'_>>, output: &mut Vec<u8>) {
        format_csv(rows, output);
    }

    fn write(&mut self, rows: &[u8]) -> io::Result<()> {
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .from_reader(rows);
        let mut row = csv::ByteRecord::new();
        while reader.read_byte_record(&mut row).map_err(io::Error::from)? {
            for (values, value) in self.columns.iter_mut().zip(&row) {
                values.push(value);
            }
            self.rows += 1;
            let full = self
                .columns
                .iter()
                .any(|values| values.bytes.len() >= GROUP_BYTES);
            if full || self.rows == GROUP_ROWS {
                self.write_group()?;
            }
        }
        Ok(())
    }
}

impl Gathered {
    fn push(&mut self, value: &[u8]) {
        self.bytes.extend_from_slice(value);
        self.ends.push(self.bytes.len());
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
    }

    /// Hands all values over.
    fn write(&self, kind: Kind, column: &mut ColumnWriter<'_>) -> Result<(), ParquetError> {
        let shared = ByteArray::from(self.bytes.clone());
        let mut start = 0;
        for ends in self.ends.chunks(SLICE) {
            let mut levels = Vec::with_capacity(ends.len());
            let mut spans = Vec::with_capacity(ends.len());
            for &end in ends {
                levels.push(if start < end { PRESENT } else { 0 });
                if start < end {
                    spans.push(start..end);
                }
                start = end;
            }
            let text = |span: &Range<usize>| {
                str::from_utf8(self.bytes.get(span.clone()).unwrap_or_default()).unwrap_or_default()
            };
            match column {
                ColumnWriter::ByteArrayColumnWriter(column) => {
                    let slice = |span: &Range<usize>| shared.slice(span.start, span.len());
                    let values: Vec<ByteArray> = spans.iter().map(slice).collect();
                    column.write_batch(&values, Some(&levels), None)?;
                }
                ColumnWriter::Int32ColumnWriter(column) => {
                    let port = |span| i32::from(text(span).parse::<u16>().expect(OURS));
                    let values: Vec<i32> = spans.iter().map(port).collect();
                    column.write_batch(&values, Some(&levels), None)?;
                }
                ColumnWriter::Int64ColumnWriter(column) => {
                    let values: Vec<i64> =
                        spans.iter().map(|span| wide(kind, text(span))).collect();
                    column.write_batch(&values, Some(&levels), None)?;
                }
                _ => unreachable!("the schema has these three types"),
            }
        }
        Ok(())
    }
}

/// Why values are numbers and times.
const OURS: &str = "rows are of our own making";

/// Reads a number of 64 bits, or a time.
fn wide(kind: Kind, text: &str) -> i64 {
    if kind == Kind::Time {
        let time: jiff::Timestamp = text.parse().expect(OURS);
        return i64::try_from(time.as_nanosecond()).expect("it was 64 bits before");
    }
    text.parse::<u64>().expect(OURS).cast_signed()
}
