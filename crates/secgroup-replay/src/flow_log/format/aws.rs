//! VPC flow logs of AWS: words between blanks, versions 2 to 5, in any order a
//! header tells. Without a header only the default of version 2 is known.

use super::{Dialect, LogFormat, Shape};

/// The columns of version 2, which lines without a header have.
pub(in crate::flow_log) const DEFAULT_COLUMNS: &str = "version account-id interface-id srcaddr \
     dstaddr srcport dstport protocol packets bytes start end action log-status";

pub(super) const DIALECT: Dialect = Dialect {
    format: LogFormat::Aws,
    absent: &["-"],
    recognise: |names, shape| {
        names.have(&["srcaddr", "dstaddr"]) && (shape == Shape::Blanks || is_parquet(names))
    },
    // Files that were put together repeat it.
    is_no_row: |line, header| line == header,
    ..Dialect::PLAIN
};

/// Tells files of AWS from those of Alibaba Cloud by what interfaces are
/// called there, where the form of the file does not.
fn is_parquet(names: &super::Names) -> bool {
    names.have(&["interface_id"]) && !names.have(&["eni_id"])
}
