//! VPC flow logs of Alibaba Cloud as Log Service exports them: JSON Lines, all
//! values of which are strings, or CSV (6.5).
//!
//! Columns that older exports spell in other ways, such as `TrafficPath` and
//! `rafficPath`, say nothing about a verdict and are passed over as others are.

use super::{Dialect, LogFormat};

pub(super) const DIALECT: Dialect = Dialect {
    format: LogFormat::Alibaba,
    absent: &["-"],
    recognise: |names, _| names.have(&["srcaddr", "dstaddr"]),
    ..Dialect::PLAIN
};
