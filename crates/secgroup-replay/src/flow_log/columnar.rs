//! Flow records from Parquet files.
//!
//! Only the columns that are read are unpacked, some thousand values of each
//! at a time, and handed on as the text that a list would have: so values mean
//! the same in every format, and faults are told in the same words, with the
//! row in place of the line. Addresses may be text, numbers or bytes.
//!
//! A Parquet file is read from its end, so it must be a file.

mod guard;
mod values;

use std::fs::File;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::metadata::{ColumnChunkMetaData, RowGroupMetaData};
use parquet::file::reader::{FileReader, SerializedFileReader};

use super::batch::RowBatch;
use super::blocks::BLOCK_BYTES;
use super::column::Column;
use super::layout::{HeaderError, Layout};
use super::{LogFormat, Options};
use guard::guarded;
pub use guard::panic_is_caught;
use values::Values;

/// How many values of each column are unpacked at a time.
const SLICE_ROWS: usize = 4096;

/// The greatest size of one column of one row group, unpacked: 1 GiB.
pub const MAX_COLUMN_BYTES: i64 = 1 << 30;

/// A Parquet file of which the footer has been read.
pub struct Columnar {
    file: SerializedFileReader<File>,
    layout: Arc<Layout>,
    /// The columns that are read, by their place among the leaves of the file.
    leaves: Vec<(usize, Column)>,
    /// How many bytes of the file were read, for those who wait.
    consumed: Arc<AtomicU64>,
    /// How many it has.
    length: u64,
    /// Which row group is next.
    group: usize,
    /// What was unpacked of the columns of the current group.
    columns: Vec<Values>,
    /// Rows of the current group that are still to be unpacked.
    rest: usize,
    /// The number of the next row, from 1.
    row: u64,
}

impl std::fmt::Debug for Columnar {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Columnar")
            .field("layout", &self.layout)
            .field("group", &self.group)
            .field("row", &self.row)
            .finish_non_exhaustive()
    }
}

/// Why a Parquet file cannot be read, or not any further.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ColumnarError {
    /// Damage, or something that is not supported.
    #[error("row {row}: Parquet: {}", plain(.source))]
    Row {
        /// The row at which it happened, counted from 1.
        row: u64,
        /// What happened.
        source: ParquetError,
    },
    /// Damage of the footer.
    #[error("Parquet: {}", plain(.0))]
    Footer(ParquetError),
    /// The columns are not those of flows.
    #[error("Parquet: {0}")]
    Columns(HeaderError),
    /// Packed in a way that is not unpacked.
    #[error(
        "Parquet: column {column} is packed with {packing}, which is not supported; write it with snappy, gzip or zstd"
    )]
    Packing {
        /// The column.
        column: String,
        /// How it is packed.
        packing: &'static str,
    },
    /// More than is unpacked.
    #[error(
        "row {row}: Parquet: column {column} has {bytes} bytes unpacked, more than the limit of 1 GiB; write smaller row groups"
    )]
    TooLarge {
        /// The first row of the group, counted from 1.
        row: u64,
        /// The column.
        column: String,
        /// Its size.
        bytes: i64,
    },
}

/// Returns what the library says, without its own headings.
fn plain(error: &ParquetError) -> String {
    let text = match error {
        ParquetError::General(text) | ParquetError::NYI(text) | ParquetError::EOF(text) => {
            text.clone()
        }
        other => other.to_string(),
    };
    let first = text.lines().next().unwrap_or_default().trim();
    first.trim_end_matches('.').to_owned()
}

/// Refuses columns that are packed in a way that is not unpacked.
fn refuse_packing(
    groups: &[RowGroupMetaData],
    leaves: &[(usize, Column)],
) -> Result<(), ColumnarError> {
    let chunks = groups
        .iter()
        .flat_map(|group| leaves.iter().map(|(leaf, _)| group.column(*leaf)));
    for chunk in chunks {
        let packing = match chunk.compression() {
            Compression::LZO => "lzo",
            Compression::BROTLI(_) => "brotli",
            Compression::LZ4 | Compression::LZ4_RAW => "lz4",
            Compression::UNCOMPRESSED
            | Compression::SNAPPY
            | Compression::GZIP(_)
            | Compression::ZSTD(_) => continue,
        };
        return Err(ColumnarError::Packing {
            column: chunk.column_path().string(),
            packing,
        });
    }
    Ok(())
}

impl Columnar {
    /// Reads the footer.
    ///
    /// # Errors
    ///
    /// Returns [`ColumnarError`] when the file is damaged or has not the
    /// columns that every flow has.
    pub fn open(
        file: File,
        consumed: Arc<AtomicU64>,
        options: &Options,
    ) -> Result<Self, ColumnarError> {
        let length = file.metadata().map_or(0, |metadata| metadata.len());
        let file = guarded(|| SerializedFileReader::new(file)).map_err(ColumnarError::Footer)?;
        let schema = file.metadata().file_metadata().schema_descr();
        // A column that repeats within a row has no one value for it.
        let names: Vec<String> = schema
            .columns()
            .iter()
            .map(|leaf| match leaf.max_rep_level() {
                0 => leaf.path().string(),
                _ => String::new(),
            })
            .collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut layout = Layout::of_columns(&names, options).map_err(ColumnarError::Columns)?;
        let leaves: Vec<(usize, Column)> = Column::ALL
            .into_iter()
            .filter_map(|column| Some((layout.places.of(column)?, column)))
            .collect();
        refuse_packing(file.metadata().row_groups(), &leaves)?;
        for (place, (_, column)) in (0..).zip(&leaves) {
            layout.places.set(*column, place);
        }
        Ok(Self {
            file,
            layout: Arc::new(layout),
            leaves,
            consumed,
            length,
            group: 0,
            columns: Vec::new(),
            rest: 0,
            row: 1,
        })
    }

    /// Returns whose columns they are.
    #[must_use]
    pub fn dialect(&self) -> LogFormat {
        self.layout.dialect.format
    }

    /// Replaces the rows of `batch` by the next ones.
    ///
    /// Returns `false` at the end of the file; then the batch is empty.
    ///
    /// # Errors
    ///
    /// Returns [`ColumnarError`] when the file is damaged; then too the batch
    /// is empty, and every row before has been delivered.
    pub fn next_batch(&mut self, batch: &mut RowBatch) -> Result<bool, ColumnarError> {
        batch.start(&self.layout);
        while self.columns.first().is_none_or(Values::is_empty) {
            if self.rest == 0 && !self.next_group()? {
                return Ok(false);
            }
            self.unpack()?;
        }
        let columns = &mut self.columns;
        while batch.text_mut().len() < BLOCK_BYTES && !columns.iter().all(Values::is_empty) {
            batch.push_row(self.row, |fields| {
                for (values, (_, column)) in columns.iter_mut().zip(&self.leaves) {
                    let from = fields.text().len();
                    values.write_next(*column, fields.text_mut());
                    fields.push(from, fields.text().len());
                }
            });
            self.row += 1;
        }
        Ok(true)
    }

    /// Goes on with the next row group, if there is one.
    fn next_group(&mut self) -> Result<bool, ColumnarError> {
        if self.group == self.file.num_row_groups() {
            self.consumed.store(self.length, Ordering::Relaxed);
            return Ok(false);
        }
        let row = self.row;
        let failed = |source| ColumnarError::Row { row, source };
        let metadata = self.file.metadata().row_group(self.group);
        self.check_sizes(metadata)?;
        let group = guarded(|| self.file.get_row_group(self.group)).map_err(failed)?;
        self.columns.clear();
        for (leaf, _) in &self.leaves {
            let descriptor = metadata.column(*leaf).column_descr_ptr();
            let reader = guarded(|| group.get_column_reader(*leaf)).map_err(failed)?;
            self.columns.push(Values::new(reader, &descriptor));
        }
        self.rest = usize::try_from(metadata.num_rows()).unwrap_or(0);
        // Sizes of a damaged file may be anything.
        let packed = guarded(|| Ok(metadata.compressed_size())).unwrap_or(0);
        let packed = u64::try_from(packed).unwrap_or(0);
        let consumed = self.consumed.load(Ordering::Relaxed);
        let consumed = consumed.saturating_add(packed).min(self.length);
        self.consumed.store(consumed, Ordering::Relaxed);
        self.group += 1;
        Ok(true)
    }

    fn check_sizes(&self, group: &RowGroupMetaData) -> Result<(), ColumnarError> {
        let large = |chunk: &&ColumnChunkMetaData| {
            !(0..=MAX_COLUMN_BYTES).contains(&chunk.uncompressed_size())
        };
        let chunks = self.leaves.iter().map(|(leaf, _)| group.column(*leaf));
        match chunks.into_iter().find(large) {
            None => Ok(()),
            Some(chunk) => Err(ColumnarError::TooLarge {
                row: self.row,
                column: chunk.column_path().string(),
                bytes: chunk.uncompressed_size(),
            }),
        }
    }

    /// Unpacks the next values of every column.
    fn unpack(&mut self) -> Result<(), ColumnarError> {
        let row = self.row;
        let failed = |source| ColumnarError::Row { row, source };
        let wanted = self.rest.min(SLICE_ROWS);
        for values in &mut self.columns {
            let found = guarded(|| values.unpack(wanted)).map_err(failed)?;
            if found != wanted {
                let text = format!("a column has {found} of {wanted} values");
                return Err(failed(ParquetError::General(text)));
            }
        }
        self.rest -= wanted;
        Ok(())
    }
}
