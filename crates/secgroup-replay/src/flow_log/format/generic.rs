//! Flow lists in names of our own or similar ones, as CSV or JSON Lines.

use super::{Dialect, LogFormat};

/// Comma-separated values.
pub(super) const CSV: Dialect = Dialect::PLAIN;

/// One JSON object a line.
pub(super) const JSON_LINES: Dialect = Dialect {
    format: LogFormat::JsonLines,
    ..Dialect::PLAIN
};
