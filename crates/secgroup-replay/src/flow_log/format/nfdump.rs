//! What nfdump prints with `-o csv`: 48 columns in older versions, ten or those
//! asked for in newer ones, both by their header.
//!
//! Times carry no zone; they are those of the machine that printed them, and
//! read as UTC (print with `TZ=UTC`). With `-o csv-fast` they are milliseconds
//! since 1970. A time that is not known has no month.

use super::{Dialect, IcmpPlace, LogFormat};

/// What follows the last row.
const TRAILER: &[u8] = b"Summary";

/// How the names of the trailer's numbers begin.
const TRAILER_NAMES: &[u8] = b"flows,bytes,packets,";

/// How many numbers the trailer has.
const TRAILER_WIDTH: usize = 6;

pub(super) const DIALECT: Dialect = Dialect {
    format: LogFormat::Nfdump,
    absent: &["0000-00-00 00:00:00", "0000-00-00 00:00:00.000"],
    icmp: IcmpPlace::DestinationPort,
    zoneless: true,
    recognise: |names, _| {
        names.have(&["ts", "te", "sa", "da", "sp", "dp", "pr"])
            || names.have(&["firstseen", "srcaddr", "dstaddr"])
    },
    is_no_row: |line, header| {
        line == header
            || line == TRAILER
            || line.starts_with(TRAILER_NAMES)
            || is_trailer_numbers(line)
    },
    ..Dialect::PLAIN
};

/// Tells the numbers of the trailer from a row, which has addresses in it.
fn is_trailer_numbers(line: &[u8]) -> bool {
    let mut values = line.split(|byte| *byte == b',');
    let plain = |value: &[u8]| {
        !value.is_empty()
            && value
                .iter()
                .all(|byte| byte.is_ascii_digit() || *byte == b'.')
    };
    values.clone().count() == TRAILER_WIDTH && values.all(plain)
}
