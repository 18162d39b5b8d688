//! How a file is laid out: its format, how its lines are cut, and which value
//! holds which column.

use std::io::{self, Read};
use std::net::IpAddr;

use secgroup_model::Shown;

use super::blocks::{Blocks, Line};
use super::column::{Column, ColumnNames, Places, Rank, plain_name};
use super::fields::Fields;
use super::format::{
    AWS_DEFAULT_COLUMNS, Dialect, FirstLine, Names, Preamble, Shape, is_other_zeek_log,
};
use super::json;
use super::problem::JsonFault;
use super::separated::{Cutter, Separator};
use super::{LogFormat, Options};

/// What some programs write before UTF-8.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// The greatest number of columns.
pub const MAX_COLUMNS: usize = 254;

/// What holds for every row of a file.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) dialect: &'static Dialect,
    pub(super) cutting: Cutting,
    /// How many values a row has.
    pub(super) width: usize,
    /// Which of them are which columns.
    pub(super) places: Places,
    /// What the user calls columns; objects are asked by name.
    pub(super) names: ColumnNames,
    /// What the file calls columns.
    pub(super) titles: Vec<(Column, String)>,
    /// Names that are not read and may be misspelt, with the columns they may mean.
    pub(super) near: Vec<(String, Column)>,
    /// What rows are called in messages.
    pub(super) unit: &'static str,
    /// The line that names the columns.
    pub(super) header: Vec<u8>,
}

/// How lines become values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cutting {
    /// At separators.
    Separated(Separator),
    /// As JSON objects.
    Json,
    /// Not at all: the file has no lines.
    Whole,
}

impl Default for Layout {
    fn default() -> Self {
        Self {
            dialect: LogFormat::Csv.dialect(),
            cutting: Cutting::Separated(Separator::Quoted(b',')),
            width: 0,
            places: Places::default(),
            names: ColumnNames::default(),
            titles: Vec::new(),
            near: Vec::new(),
            unit: "line",
            header: Vec::new(),
        }
    }
}

/// Why a file has no usable header.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HeaderError {
    /// Nothing but blank lines.
    #[error("no header: the file has no text; expected a line of column names with {}", names(&Column::REQUIRED))]
    Empty,
    /// An address where a column name should be.
    #[error("no header: the first line looks like data, it has the address {0}; expected a line of column names with {required}, or --columns with their numbers, as in src_ip=1,dst_ip=2", required = names(&Column::REQUIRED))]
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
    /// More columns than are told apart.
    #[error(
        "{0} columns in the header, more than the limit of {MAX_COLUMNS}; remove those that are not needed"
    )]
    TooManyColumns(usize),
    /// Carriage returns where line feeds should be.
    #[error("header: lines end in a carriage return alone; expected LF or CRLF")]
    CarriageReturns,
    /// A column that is read stands there twice.
    #[error("column {0} twice in the header; remove or rename one")]
    Twice(Column),
    /// Columns that every file must have are not there.
    #[error(
        "{} missing; found: {}{}",
        missing_are(missing),
        Shown(found),
        separated(found)
    )]
    Missing {
        /// The columns, in the order of [`Column::REQUIRED`].
        missing: Vec<Column>,
        /// The names in the header, separated by commas.
        found: String,
    },
    /// As [`HeaderError::Missing`], of the keys of an object.
    #[error("{} missing; found: {}", missing_are(missing), Shown(found))]
    MissingKeys {
        /// The columns, in the order of [`Column::REQUIRED`].
        missing: Vec<Column>,
        /// The keys of the object, separated by commas.
        found: String,
    },
    /// Text of another shape than the format has that was asked for.
    #[error("the first line is {found}, which {format} does not begin with; expected {}", format.beginning())]
    OtherShape {
        /// The format.
        format: LogFormat,
        /// What the line is.
        found: &'static str,
    },
    /// One document in place of one a line.
    #[error("a JSON array; expected one object a line, as `jq -c '.[]'` prints them")]
    JsonArray,
    /// One document over several lines.
    #[error(
        "JSON over several lines, as a configuration is (--config); expected one object a line"
    )]
    JsonDocument,
    /// A first line that is no object.
    #[error("line {line}: {fault}")]
    Json {
        /// The line, counted from 1.
        line: u64,
        /// What is wrong with it.
        fault: JsonFault,
    },
    /// One of the logs that Zeek writes beside that of connections.
    #[error("a Zeek log of {}; expected conn.log (--input-format zeek reads it as that)", Shown(.0))]
    OtherZeekLog(String),
    /// Zeek's lines of comments, and no names among them.
    #[error("no #fields line before the first row; expected the head of a Zeek log")]
    NoFields,
    /// The input could not be read.
    #[error("cannot read: {0}")]
    Read(#[from] io::Error),
}

impl HeaderError {
    /// Tells whether the text seems to be something else than flow records,
    /// rather than records whose header is not as it should be.
    pub(crate) const fn is_no_log(&self) -> bool {
        matches!(
            self,
            Self::Empty
                | Self::InvalidUtf8
                | Self::UnclosedQuote
                | Self::TooLong
                | Self::Missing { .. }
                | Self::MissingKeys { .. }
                | Self::Json { .. }
                | Self::JsonDocument
                | Self::OtherZeekLog(_)
        )
    }

    /// Tells whether the text is JSON.
    pub(crate) const fn is_json(&self) -> bool {
        matches!(
            self,
            Self::Json { .. } | Self::JsonDocument | Self::JsonArray | Self::MissingKeys { .. }
        )
    }
}

impl Layout {
    /// Looks at the first line that is not blank, and passes over it if it is
    /// a header.
    pub(super) fn read<R: Read>(
        blocks: &mut Blocks<R>,
        options: &Options,
    ) -> Result<Self, HeaderError> {
        blocks.pass_mark(BYTE_ORDER_MARK)?;
        let line = first_line(blocks)?;
        let first = of_first_line(&line, options);
        if let Some(format) = options.format
            && !format.begins_with(first)
        {
            let found = first.name();
            return Err(HeaderError::OtherShape { format, found });
        }
        match line.trim_ascii_start() {
            [b'{', ..] if options.format != Some(LogFormat::Csv) => {
                Self::of_object(&line, blocks.line(), options)
            }
            [b'[', ..] if options.format != Some(LogFormat::Csv) => Err(HeaderError::JsonArray),
            [b'#', ..] if options.format == Some(LogFormat::Zeek) || Preamble::begins(&line) => {
                Self::of_preamble(blocks, line, options)
            }
            _ => {
                let (layout, is_header) = Self::of_header(&line, options)?;
                if is_header {
                    blocks.skip()?;
                }
                Ok(layout)
            }
        }
    }

    /// Makes sense of a line of names; tells whether it was one.
    fn of_header(line: &[u8], options: &Options) -> Result<(Self, bool), HeaderError> {
        let separator = separator(line, options);
        let fields = Cutter::new(separator).header(line);
        let fields = fields.map_err(|_| HeaderError::UnclosedQuote)?;
        let found = texts(&fields)?;
        let shape = match separator {
            Separator::Blanks => Shape::Blanks,
            Separator::Quoted(_) | Separator::Plain(_) => Shape::Commas,
        };
        if shape == Shape::Blanks && looks_like_aws(&found) {
            let names: Vec<&str> = AWS_DEFAULT_COLUMNS.split_whitespace().collect();
            let mut layout = Self::of_names(&names, shape, separator, options)?;
            layout.dialect = LogFormat::Aws.dialect();
            return Ok((layout, false));
        }
        if options.columns.are_numbers() && found.iter().any(|value| is_address(value)) {
            let numbers: Vec<String> = (1..=found.len()).map(|place| place.to_string()).collect();
            let numbers: Vec<&str> = numbers.iter().map(String::as_str).collect();
            return Ok((Self::of_names(&numbers, shape, separator, options)?, false));
        }
        let mut layout = Self::of_names(&found, shape, separator, options)?;
        layout.header = line.to_vec();
        Ok((layout, true))
    }

    /// Reads Zeek's lines of comments up to the first row.
    fn of_preamble<R: Read>(
        blocks: &mut Blocks<R>,
        mut line: Vec<u8>,
        options: &Options,
    ) -> Result<Self, HeaderError> {
        let mut preamble = Preamble::default();
        while line.starts_with(b"#") {
            preamble.add(&line);
            blocks.skip()?;
            line = match first_line(blocks) {
                Err(HeaderError::Empty) => break,
                other => other?,
            };
        }
        if let Some(path) = preamble.other_path()
            && options.format.is_none()
        {
            return Err(HeaderError::OtherZeekLog(path));
        }
        let names = preamble.names().ok_or(HeaderError::NoFields)?;
        let separator = Separator::Plain(preamble.separator);
        let mut layout = Self::of_names(&names, Shape::Commas, separator, options)?;
        layout.header = preamble.fields.unwrap_or_default();
        Ok(layout)
    }

    /// Makes sense of the first object of many.
    fn of_object(line: &[u8], number: u64, options: &Options) -> Result<Self, HeaderError> {
        if line.trim_ascii() == b"{" {
            return Err(HeaderError::JsonDocument);
        }
        let keys = json::keys(line).map_err(|fault| HeaderError::Json {
            line: number,
            fault,
        })?;
        let names = json::names(&keys);
        let format = options
            .format
            .unwrap_or_else(|| LogFormat::recognise(&names, Shape::Json));
        if format == LogFormat::Zeek && options.format.is_none() && is_other_zeek_log(&names) {
            let path = "something else than connections".to_owned();
            return Err(HeaderError::OtherZeekLog(path));
        }
        let known: Vec<(Column, &String)> = keys
            .iter()
            .filter_map(|key| Some((options.columns.ranked(key)?.0, key)))
            .collect();
        // Objects may lack what they have no value for, but these they have;
        // where there are other events too, the first may be one of those.
        let always = [Column::SrcIp, Column::DstIp, Column::Protocol];
        let missing: Vec<Column> = always
            .into_iter()
            .filter(|column| !known.iter().any(|(own, _)| own == column))
            .collect();
        if !missing.is_empty() && format.dialect().events.is_empty() {
            return Err(HeaderError::MissingKeys {
                missing,
                found: keys.join(", "),
            });
        }
        Ok(Self {
            dialect: format.dialect(),
            cutting: Cutting::Json,
            width: Column::COUNT,
            places: Places::all(),
            names: options.columns.clone(),
            titles: known
                .into_iter()
                .map(|(column, key)| (column, key.clone()))
                .collect(),
            ..Self::default()
        }
        .with_near(keys.iter().map(String::as_str), options))
    }

    /// Makes sense of the columns of a Parquet file.
    pub(super) fn of_columns(names: &[&str], options: &Options) -> Result<Self, HeaderError> {
        let layout = Self::of_names(names, Shape::Commas, Separator::Plain(0), options)?;
        Ok(Self {
            cutting: Cutting::Whole,
            unit: "row",
            ..layout
        })
    }

    /// Makes sense of the names of columns.
    fn of_names(
        found: &[&str],
        shape: Shape,
        separator: Separator,
        options: &Options,
    ) -> Result<Self, HeaderError> {
        if found.len() > MAX_COLUMNS {
            return Err(HeaderError::TooManyColumns(found.len()));
        }
        let mut best: [Option<(Rank, usize)>; Column::COUNT] = [None; Column::COUNT];
        for (place, name) in found.iter().enumerate() {
            let Some((column, rank)) = options.columns.ranked(name) else {
                if let Ok(address) = name.parse() {
                    return Err(HeaderError::LooksLikeData(address));
                }
                continue;
            };
            match &mut best[column as usize] {
                Some((known, _)) if *known == rank => return Err(HeaderError::Twice(column)),
                Some((known, _)) if *known < rank => {}
                slot => *slot = Some((rank, place)),
            }
        }
        let missing: Vec<Column> = Column::REQUIRED
            .into_iter()
            .filter(|column| best[*column as usize].is_none())
            .collect();
        if !missing.is_empty() {
            return Err(HeaderError::Missing {
                missing,
                found: found.join(", "),
            });
        }
        let names = Names(found.iter().map(|name| plain_name(name)).collect());
        let format = options
            .format
            .unwrap_or_else(|| LogFormat::recognise(&names, shape));
        let mut layout = Self {
            dialect: format.dialect(),
            cutting: Cutting::Separated(separator),
            width: found.len(),
            ..Self::default()
        };
        for column in Column::ALL {
            if let Some((_, place)) = best[column as usize] {
                let short = u8::try_from(place).expect("columns are few");
                layout.places.set(column, short);
                layout.titles.push((column, found[place].to_owned()));
            }
        }
        Ok(layout.with_near(found.iter().copied(), options))
    }

    /// Notes which of the names of a file may be misspelt. Formats of others have
    /// columns that are not read; who writes a list of his own means each.
    fn with_near<'n>(mut self, names: impl Iterator<Item = &'n str>, options: &Options) -> Self {
        if matches!(self.dialect.format, LogFormat::Csv | LogFormat::JsonLines) {
            let unread = names.filter(|name| options.columns.ranked(name).is_none());
            let near = unread.filter_map(|name| Some((name.to_owned(), Column::near(name)?)));
            let is_missing = |(_, column): &(String, Column)| {
                !self.titles.iter().any(|(known, _)| known == column)
            };
            self.near = near.filter(is_missing).collect();
        }
        self
    }

    /// Tells whether a line is neither a row nor a damaged one.
    pub(super) fn is_no_row(&self, line: &[u8]) -> bool {
        (self.dialect.is_no_row)(line, &self.header)
    }

    /// Returns the name of the format in results.
    pub(super) fn format_name(&self) -> &'static str {
        match self.cutting {
            Cutting::Whole => "parquet",
            Cutting::Separated(_) | Cutting::Json => self.dialect.format.name(),
        }
    }

    /// Returns what the file calls a column.
    pub(super) fn title(&self, column: Column) -> &str {
        let title = self.titles.iter().find(|(known, _)| *known == column);
        title.map_or_else(|| column.name(), |(_, title)| title.as_str())
    }
}

/// Returns the first line that is not blank.
fn first_line<R: Read>(blocks: &mut Blocks<R>) -> Result<Vec<u8>, HeaderError> {
    let text = match blocks.peek()? {
        None => return Err(HeaderError::Empty),
        Some(Line::TooLong) => return Err(HeaderError::TooLong),
        Some(Line::Text(text)) => text,
    };
    if is_utf16(text) {
        return Err(HeaderError::Utf16);
    }
    if text.contains(&b'\r') {
        return Err(HeaderError::CarriageReturns);
    }
    Ok(text.to_vec())
}

/// Tells what a first line is.
fn of_first_line(line: &[u8], options: &Options) -> FirstLine {
    match line.trim_ascii_start() {
        // Names may have any letters.
        _ if options.format == Some(LogFormat::Csv) => FirstLine::Names,
        [b'{' | b'[', ..] => FirstLine::Json,
        [b'#', ..] => FirstLine::Comment,
        _ => match separator(line, options) {
            Separator::Blanks => FirstLine::Words,
            Separator::Quoted(_) | Separator::Plain(_) => FirstLine::Names,
        },
    }
}

/// Tells by what the names in a header are separated.
fn separator(line: &[u8], options: &Options) -> Separator {
    let has = |byte| line.contains(&byte);
    let words = line
        .split(u8::is_ascii_whitespace)
        .filter(|word| !word.is_empty());
    if has(b',') || options.format == Some(LogFormat::Csv) {
        Separator::Quoted(b',')
    } else if has(b'\t') {
        Separator::Quoted(b'\t')
    } else if options.format == Some(LogFormat::Aws) || words.count() >= Column::REQUIRED.len() {
        Separator::Blanks
    } else {
        Separator::Quoted(b',')
    }
}

fn is_address(value: &str) -> bool {
    value.parse::<IpAddr>().is_ok()
}

/// Tells a row of AWS's default columns, which may come without a header.
fn looks_like_aws(values: &[&str]) -> bool {
    let width = AWS_DEFAULT_COLUMNS.split_whitespace().count();
    values.len() == width && values[0] == "2" && values[2].starts_with("eni-")
}

/// Returns the names of a header, without blanks around them.
fn texts(fields: &Fields) -> Result<Vec<&str>, HeaderError> {
    let name = |at| {
        let name = std::str::from_utf8(fields.value(at)).map_err(|_| HeaderError::InvalidUtf8)?;
        Ok(name.trim())
    };
    (0..fields.len()).map(name).collect()
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

/// Says of names that are one, because semicolons are between them, how to go on.
fn separated(found: &str) -> &'static str {
    if found.contains(';') && !found.contains(',') {
        "; they are separated by semicolons: put commas, as `tr ';' ,` does"
    } else {
        ""
    }
}
