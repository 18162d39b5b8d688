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
    /// The line, counted from 1 for the first line of the file.
    pub line: u64,
    /// The column, unless it is about the whole row.
    pub column: Option<Column>,
    /// What is wrong.
    pub kind: RowProblemKind,
    /// What was found there, cut if it is long.
    found: String,
}

impl RowProblem {
    /// Describes `found` in `column`.
    pub(super) fn in_column(line: u64, column: Column, kind: RowProblemKind, found: &[u8]) -> Self {
        Self {
            line,
            column: Some(column),
            kind,
            found: cut(&String::from_utf8_lossy(found)),
        }
    }

    /// Describes a fault of the whole row; `found` is a phrase of ours.
    pub(super) const fn of_row(line: u64, kind: RowProblemKind, found: String) -> Self {
        Self {
            line,
            column: None,
            kind,
            found,
        }
    }
}

impl fmt::Display for RowProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, found, .. } = self;
        let explanation = self.kind.explanation();
        match (self.column, self.kind) {
            (Some(column), RowProblemKind::MissingPort) => {
                write!(f, "line {line}, column {column} {explanation}")
            }
            (Some(column), _) => {
                let found = Shown(found);
                write!(f, "line {line}, column {column}: `{found}` {explanation}")
            }
            (None, RowProblemKind::LineTooLong) => write!(f, "line {line} {explanation}"),
            (None, _) if found.is_empty() => write!(f, "line {line}: {explanation}"),
            (None, _) => write!(f, "line {line}: {found}, {explanation}"),
        }
    }
}

impl std::error::Error for RowProblem {}

/// Keeps as much of `text` as is ever shown, and one character that tells
/// [`Shown`] that more was cut.
fn cut(text: &str) -> String {
    text.chars().take(MAX_SHOWN + 1).collect()
}

/// A fault by which a row has no fields to look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RowFault {
    LineTooLong,
    UnclosedQuote,
    Ragged { found: usize, expected: usize },
}

impl RowFault {
    /// Describes the fault in `line`.
    pub(super) fn at(self, line: u64) -> RowProblem {
        match self {
            Self::LineTooLong => {
                RowProblem::of_row(line, RowProblemKind::LineTooLong, String::new())
            }
            Self::UnclosedQuote => {
                RowProblem::of_row(line, RowProblemKind::UnclosedQuote, String::new())
            }
            Self::Ragged { found, expected } => RowProblem::of_row(
                line,
                RowProblemKind::RaggedRow,
                format!("{found} fields, {expected} expected"),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_is_cut_before_it_is_kept() {
        let long = "9".repeat(1 << 20);
        let problem =
            RowProblem::in_column(2, Column::DstPort, RowProblemKind::BadPort, long.as_bytes());
        assert_eq!(problem.found.len(), MAX_SHOWN + 1);
        let shown = "9".repeat(MAX_SHOWN);
        assert_eq!(
            problem.to_string(),
            format!("line 2, column dst_port: `{shown}…` is not a port; expected 0 to 65535")
        );
    }
}
