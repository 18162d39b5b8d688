//! The formats of flow logs: how each is recognised, and what it means by its
//! values where that differs from others.
//!
//! What columns are called is one table for all ([`super::column`]); how lines
//! are cut is the matter of [`super::layout`].

mod alibaba;
mod aws;
mod generic;
mod nfdump;
mod suricata;
mod zeek;

pub(super) use aws::DEFAULT_COLUMNS as AWS_DEFAULT_COLUMNS;
pub(super) use zeek::{Preamble, is_other_log as is_other_zeek_log};

use std::fmt;

/// A format of flow records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LogFormat {
    /// Comma-separated values with a header, in our names or similar ones.
    Csv,
    /// One JSON object a line, in our names or similar ones.
    JsonLines,
    /// VPC flow logs of Alibaba Cloud as Log Service exports them (6.5).
    Alibaba,
    /// VPC flow logs of AWS, versions 2 to 5.
    Aws,
    /// Zeek's `conn.log`, as text or JSON.
    Zeek,
    /// Suricata's `eve.json`: events of type `flow` and `netflow`.
    Suricata,
    /// What nfdump prints with `-o csv`.
    Nfdump,
}

impl LogFormat {
    /// Every format.
    pub const ALL: [Self; 7] = [
        Self::Csv,
        Self::JsonLines,
        Self::Alibaba,
        Self::Aws,
        Self::Zeek,
        Self::Suricata,
        Self::Nfdump,
    ];

    /// Returns the name that results and the command line use; it never changes.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::JsonLines => "jsonl",
            Self::Alibaba => "alibaba",
            Self::Aws => "aws",
            Self::Zeek => "zeek",
            Self::Suricata => "suricata",
            Self::Nfdump => "nfdump",
        }
    }

    /// Returns what is particular about the format.
    pub(super) const fn dialect(self) -> &'static Dialect {
        match self {
            Self::Csv => &generic::CSV,
            Self::JsonLines => &generic::JSON_LINES,
            Self::Alibaba => &alibaba::DIALECT,
            Self::Aws => &aws::DIALECT,
            Self::Zeek => &zeek::DIALECT,
            Self::Suricata => &suricata::DIALECT,
            Self::Nfdump => &nfdump::DIALECT,
        }
    }

    /// Returns the format whose columns have these names, written as the table
    /// of names has them.
    pub(super) fn recognise(names: &Names, shape: Shape) -> Self {
        let special = [
            Self::Suricata,
            Self::Zeek,
            Self::Nfdump,
            Self::Aws,
            Self::Alibaba,
        ];
        let found = special
            .into_iter()
            .find(|format| (format.dialect().recognise)(names, shape));
        found.unwrap_or(match shape {
            Shape::Json => Self::JsonLines,
            Shape::Commas | Shape::Blanks => Self::Csv,
        })
    }
}

impl fmt::Display for LogFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What lines look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Commas,
    Blanks,
    Json,
}

/// What the first line of a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FirstLine {
    /// Names of columns with separators.
    Names,
    /// Words with blanks between them.
    Words,
    /// A comment.
    Comment,
    /// JSON.
    Json,
}

impl FirstLine {
    /// Returns a phrase for it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Names => "of values with separators",
            Self::Words => "of words with blanks between them",
            Self::Comment => "a comment",
            Self::Json => "JSON",
        }
    }
}

impl LogFormat {
    /// Tells whether a file of the format may have such a first line.
    pub(super) const fn begins_with(self, line: FirstLine) -> bool {
        match self {
            Self::Csv | Self::Nfdump => matches!(line, FirstLine::Names),
            Self::JsonLines | Self::Suricata => matches!(line, FirstLine::Json),
            Self::Alibaba => matches!(line, FirstLine::Json | FirstLine::Names),
            Self::Aws => matches!(line, FirstLine::Words | FirstLine::Names),
            Self::Zeek => matches!(line, FirstLine::Json | FirstLine::Comment),
        }
    }

    /// Returns a phrase for what a file of the format begins with.
    pub(super) const fn beginning(self) -> &'static str {
        match self {
            Self::Csv | Self::Nfdump => "a line of column names",
            Self::JsonLines | Self::Suricata => "one JSON object a line",
            Self::Alibaba => "one JSON object a line, or a line of column names",
            Self::Aws => "a line of column names, or a row of the default columns",
            Self::Zeek => "the comments of a Zeek log, or one JSON object a line",
        }
    }
}

/// The names of a file's columns, written as the table of names has them.
#[derive(Debug)]
pub(super) struct Names(pub(super) Vec<String>);

impl Names {
    /// Tells whether all of these are there.
    pub(super) fn have(&self, wanted: &[&str]) -> bool {
        wanted
            .iter()
            .all(|name| self.0.iter().any(|own| own == name))
    }
}

/// Where a format has type and code of ICMP messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum IcmpPlace {
    /// In columns of their own. Flow exporters put them into the port columns,
    /// each in its own way; guessing would be wrong for some of them and
    /// ignoring for all, so only nothing or 0 is taken there.
    Columns,
    /// The type in the source port, the code in the destination port.
    Ports,
    /// In the destination port: `type.code`, or 256 times the type and the code.
    DestinationPort,
}

/// What is particular about a format.
#[derive(Debug)]
pub(super) struct Dialect {
    /// Which format it is.
    pub(super) format: LogFormat,
    /// What stands for no value, besides an empty one.
    pub(super) absent: &'static [&'static str],
    /// Where ICMP types are.
    pub(super) icmp: IcmpPlace,
    /// Whether times may lack their zone, and are read as UTC then, or be
    /// milliseconds since 1970.
    pub(super) zoneless: bool,
    /// Whether TCP flags are hexadecimal without saying so.
    pub(super) hexadecimal_flags: bool,
    /// The kinds of events that are flows, where a file has several kinds.
    pub(super) events: &'static [&'static str],
    /// Tells whether a file whose columns have these names is of the format.
    pub(super) recognise: fn(&Names, Shape) -> bool,
    /// Tells whether a line of text is no row at all, given the header line.
    pub(super) is_no_row: fn(line: &[u8], header: &[u8]) -> bool,
}

impl Dialect {
    /// A format without particularities.
    const PLAIN: Self = Self {
        format: LogFormat::Csv,
        absent: &[],
        icmp: IcmpPlace::Columns,
        zoneless: false,
        hexadecimal_flags: false,
        events: &[],
        recognise: |_, _| false,
        is_no_row: |_, _| false,
    };

    /// Tells whether a value stands for none.
    pub(super) fn is_absent(&self, value: &str) -> bool {
        self.absent.contains(&value)
    }
}
