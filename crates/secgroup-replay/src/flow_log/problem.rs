//! Why a row cannot be used.

use std::fmt;

use secgroup_model::{MAX_SHOWN, Shown};

use super::{Column, RowProblemKind};

/// A row that cannot be used, in the operator's words.
///
/// Displays as ``line 2, column dst_port: `65536` is not a port; expected 0 to
/// 65535``.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowProblem {
    /// The line, counted from 1 for the first line of the file; of a file
    /// without lines the row.
    pub line: u64,
    /// What that number counts: `line` or `row`.
    unit: &'static str,
    /// The format of the file.
    pub format: &'static str,
    /// The column, unless it is about the whole row.
    pub column: Option<Column>,
    /// What the file calls the column.
    title: String,
    /// What is wrong.
    pub kind: RowProblemKind,
    /// What was found there, cut if it is long.
    found: String,
}

/// Where a row is.
#[derive(Clone, Copy, Debug)]
pub(super) struct RowPlace {
    /// `line` or `row`.
    pub(super) unit: &'static str,
    /// Its number.
    pub(super) line: u64,
    /// The format of the file.
    pub(super) format: &'static str,
}

impl RowProblem {
    /// Describes `found` in `column`.
    pub(super) fn in_column(
        place: RowPlace,
        (column, title): (Column, &str),
        kind: RowProblemKind,
        found: &[u8],
    ) -> Self {
        Self {
            line: place.line,
            unit: place.unit,
            format: place.format,
            column: Some(column),
            title: cut(title),
            kind,
            found: cut(&String::from_utf8_lossy(found)),
        }
    }

    /// Describes a fault of the whole row; `found` is a phrase of ours.
    pub(super) const fn of_row(place: RowPlace, kind: RowProblemKind, found: String) -> Self {
        Self {
            line: place.line,
            unit: place.unit,
            format: place.format,
            column: None,
            title: String::new(),
            kind,
            found,
        }
    }
}

impl fmt::Display for RowProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            line, unit, found, ..
        } = self;
        let column = Shown(&self.title);
        let explanation = self.kind.explanation();
        match (self.column, self.kind) {
            (Some(_), RowProblemKind::MissingPort) => {
                write!(f, "{unit} {line}, column {column} {explanation}")
            }
            (Some(_), _) => {
                let found = Shown(found);
                write!(f, "{unit} {line}, column {column}: `{found}` {explanation}")
            }
            (None, RowProblemKind::LineTooLong) => write!(f, "{unit} {line} {explanation}"),
            (None, _) if found.is_empty() => write!(f, "{unit} {line}: {explanation}"),
            (None, _) => write!(f, "{unit} {line}: {found}, {explanation}"),
        }
    }
}

impl std::error::Error for RowProblem {}

/// Keeps as much of `text` as is ever shown, and one character that tells
/// [`Shown`] that more was cut.
fn cut(text: &str) -> String {
    text.chars().take(MAX_SHOWN + 1).collect()
}

/// A fault by which a row has no values to look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RowFault {
    LineTooLong,
    UnclosedQuote,
    Ragged { found: usize, expected: usize },
    Json(JsonFault),
}

/// Why a line is no JSON object to read values from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JsonFault {
    /// Not JSON.
    #[error("not JSON at byte {byte} of the line")]
    Syntax {
        /// The byte, counted from 1.
        byte: u32,
    },
    /// JSON that ends too soon.
    #[error("JSON that is cut short")]
    CutShort,
    /// JSON, but no object.
    #[error("JSON, but no object")]
    NoObject,
    /// A key that is read stands there twice.
    #[error("a key twice in one object")]
    KeyTwice,
}

impl RowFault {
    /// Describes the fault in a line or row.
    pub(super) fn at(self, place: RowPlace) -> RowProblem {
        let (kind, found) = match self {
            Self::LineTooLong => (RowProblemKind::LineTooLong, String::new()),
            Self::UnclosedQuote => (RowProblemKind::UnclosedQuote, String::new()),
            Self::Ragged { found, expected } => (
                RowProblemKind::RaggedRow,
                format!("{found} fields, {expected} expected"),
            ),
            Self::Json(fault) => (RowProblemKind::BadJson, fault.to_string()),
        };
        RowProblem::of_row(place, kind, found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_is_cut_before_it_is_kept() {
        let long = "9".repeat(1 << 20);
        let problem = RowProblem::in_column(
            RowPlace {
                unit: "line",
                line: 2,
                format: "csv",
            },
            (Column::DstPort, "dst_port"),
            RowProblemKind::BadPort,
            long.as_bytes(),
        );
        assert_eq!(problem.found.len(), MAX_SHOWN + 1);
        let shown = "9".repeat(MAX_SHOWN);
        assert_eq!(
            problem.to_string(),
            format!("line 2, column dst_port: `{shown}…` is not a port; expected 0 to 65535")
        );
    }
}
