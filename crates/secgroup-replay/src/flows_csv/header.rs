//! The header: which columns a file has.

use std::io::{self, Read};
use std::net::IpAddr;

use secgroup_model::Shown;

use super::column::{Column, Places};
use super::line::{Line, LineReader};
use super::split::{FieldSplitter, Split};

/// What some programs write before UTF-8.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// What the header says about every row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Header {
    /// How many fields a row has.
    pub(super) width: usize,
    /// Which of them are which columns.
    pub(super) columns: Places,
}

/// Why a file has no usable header.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HeaderError {
    /// Nothing but blank lines.
    #[error("no header: the file has no text; expected a line of column names with {}", names(&Column::REQUIRED))]
    Empty,
    /// An address where a column name should be.
    #[error("no header: the first line looks like data, it has the address {0}; expected a line of column names with {required}", required = names(&Column::REQUIRED))]
    LooksLikeData(IpAddr),
    /// Text in two-byte units.
    #[error("text in UTF-16; expected UTF-8, convert it with `iconv -f UTF-16 -t UTF-8`")]
    Utf16,
    /// Bytes that are not UTF-8.
    #[error("header: invalid UTF-8; convert the file to UTF-8")]
    InvalidUtf8,
    /// A quote that the line does not close.
    #[error("header: unclosed quote; the header must be one line")]
    UnclosedQuote,
    /// A line above the limit.
    #[error("header longer than the limit of 1 MiB; expected a line of column names")]
    TooLong,
    /// Carriage returns where line feeds should be.
    #[error("header: lines end in a carriage return alone; expected LF or CRLF")]
    CarriageReturns,
    /// A column that is read stands there twice.
    #[error("column {0} twice in the header; remove or rename one")]
    Twice(Column),
    /// Columns that every file must have are not there.
    #[error("{} missing; found: {}", missing_are(missing), Shown(found))]
    Missing {
        /// The columns, in the order of [`Column::REQUIRED`].
        missing: Vec<Column>,
        /// The names in the header, separated by commas.
        found: String,
    },
    /// The input could not be read.
    #[error("cannot read: {0}")]
    Read(#[from] io::Error),
}

impl Header {
    /// Reads the first line that is not blank.
    pub(super) fn read<R: Read>(
        lines: &mut LineReader<R>,
        splitter: &mut FieldSplitter,
    ) -> Result<Self, HeaderError> {
        loop {
            let text = match lines.next_line()? {
                None => return Err(HeaderError::Empty),
                Some(Line::TooLong { .. }) => return Err(HeaderError::TooLong),
                Some(Line::Text { number: 1, text }) => {
                    text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text)
                }
                Some(Line::Text { text, .. }) => text,
            };
            if is_utf16(text) {
                return Err(HeaderError::Utf16);
            }
            if text.contains(&b'\r') {
                return Err(HeaderError::CarriageReturns);
            }
            // A mark may stand on a line that is blank otherwise.
            if text != b"\n" {
                return Self::split(text, splitter);
            }
        }
    }

    fn split(text: &[u8], splitter: &mut FieldSplitter) -> Result<Self, HeaderError> {
        let (mut bytes, mut ends) = (Vec::new(), Vec::new());
        // Every byte could be a field of its own.
        match splitter.split(text, text.len(), &mut bytes, &mut ends) {
            Split::UnclosedQuote => Err(HeaderError::UnclosedQuote),
            Split::Fields(_) => Self::of(&bytes, &ends),
        }
    }

    /// Makes sense of the fields of the header.
    fn of(bytes: &[u8], ends: &[usize]) -> Result<Self, HeaderError> {
        let mut columns = Places::default();
        let mut found = Vec::with_capacity(ends.len());
        let mut start = 0;
        for (field, &end) in ends.iter().enumerate() {
            let name = bytes.get(start..end).unwrap_or_default();
            let name = str::from_utf8(name).map_err(|_| HeaderError::InvalidUtf8)?;
            start = end;
            let name = name.trim();
            if let Some(column) = Column::named(name)
                && !columns.claim(column, field)
            {
                return Err(HeaderError::Twice(column));
            }
            if let Ok(address) = name.parse() {
                return Err(HeaderError::LooksLikeData(address));
            }
            found.push(name);
        }
        let missing: Vec<Column> = Column::REQUIRED
            .into_iter()
            .filter(|column| columns.of(*column).is_none())
            .collect();
        if missing.is_empty() {
            let width = ends.len();
            return Ok(Self { width, columns });
        }
        Err(HeaderError::Missing {
            missing,
            found: found.join(", "),
        })
    }
}

/// Tells whether text begins as UTF-16 does, with or without its mark.
fn is_utf16(text: &[u8]) -> bool {
    match text {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => true,
        [first, second, ..] => (*first == 0) != (*second == 0),
        _ => false,
    }
}

fn names(columns: &[Column]) -> String {
    let names: Vec<&str> = columns.iter().map(|column| column.name()).collect();
    names.join(", ")
}

fn missing_are(missing: &[Column]) -> String {
    match missing {
        [one] => format!("column {one} is"),
        several => format!("columns {} are", names(several)),
    }
}
