//! Reading a log to the end, a line of text for each row.

use std::fmt::Write as _;
use std::io::Read;
use std::path::PathBuf;

use secgroup_model::Query;
use secgroup_replay::Timestamp;
use secgroup_replay::flow_log::{FlowLog, Options, Row, RowBatch};

/// Returns the path of a sample.
pub(crate) fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../data/logs")
        .join(name)
}

/// Reads a sample: its format, and a line per row.
pub(crate) fn sample(name: &str) -> (&'static str, Vec<String>) {
    let file = std::fs::File::open(path(name)).unwrap();
    read(file, &Options::default()).unwrap()
}

/// Reads a log: its format, and a line per row.
pub(crate) fn read(
    log: impl Read,
    options: &Options,
) -> Result<(&'static str, Vec<String>), String> {
    let mut log = FlowLog::new(log, options).map_err(|error| error.to_string())?;
    let mut batch = RowBatch::default();
    let mut lines = Vec::new();
    while log
        .next_batch(&mut batch)
        .map_err(|error| error.to_string())?
    {
        batch.cut();
        lines.extend(batch.rows().map(line));
    }
    Ok((log.format().name(), lines))
}

/// Says everything about a row in one line.
pub(crate) fn line(row: Row<'_>) -> String {
    let number = row.line();
    if let Some(skip) = row.skip() {
        return format!("{number} skipped: {}", skip.name());
    }
    let parsed = match row.parse() {
        Ok(parsed) => parsed,
        Err(problem) => return problem.to_string(),
    };
    let mut text = format!(
        "{number} {} {}p {}B",
        Query::from(parsed.flow),
        parsed.packets,
        parsed.bytes
    );
    for (name, value) in [
        ("id", parsed.flow_id.map(str::to_owned)),
        ("vpc", parsed.vpc_id.map(str::to_owned)),
        (
            "from",
            parsed.timestamp.map(|time| Timestamp(time).to_string()),
        ),
        ("to", parsed.end.map(|time| Timestamp(time).to_string())),
        (
            "flags",
            parsed.tcp_flags.map(|flags| format!("{flags:#04x}")),
        ),
        (
            "seen",
            parsed.direction.map(|direction| direction.to_string()),
        ),
        ("was", parsed.recorded.map(|action| format!("{action:?}"))),
    ] {
        if let Some(value) = value {
            write!(text, " {name} {value}").unwrap();
        }
    }
    text
}
