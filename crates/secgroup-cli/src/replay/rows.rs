//! Rows of judged records, for programs.

use std::borrow::Cow;
use std::io::{self, Write};
use std::net::IpAddr;

use secgroup_matcher::Side;
use secgroup_model::{DecidedBy, Transport};
use secgroup_replay::{Row, Scratch, Sink, Timestamp};
use secgroup_report::protocol_name;
use secgroup_report::sentence::tier;
use serde::Serialize;

use crate::output::Output;

/// How rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Comma-separated values with a header.
    Csv,
    /// One JSON object a line.
    Lines,
    /// One JSON array.
    Array,
}

/// Writes rows to an output.
#[derive(Debug)]
pub(crate) struct Rows<'a> {
    output: &'a mut Output,
    form: Form,
    started: bool,
}

/// One row; the fields are the columns of the contract, in its order.
#[derive(Debug, Serialize)]
pub(super) struct RowJson<'a> {
    flow_id: FlowId<'a>,
    vpc_id: Option<&'a str>,
    src_ip: IpAddr,
    dst_ip: IpAddr,
    protocol: Cow<'static, str>,
    src_port: Option<u16>,
    dst_port: Option<u16>,
    verdict: &'static str,
    src_eni: Option<&'a str>,
    egress: Option<&'static str>,
    egress_reason: Option<&'static str>,
    egress_group: Option<&'a str>,
    egress_rule: Option<&'a str>,
    dst_eni: Option<&'a str>,
    ingress: Option<&'static str>,
    ingress_reason: Option<&'static str>,
    ingress_group: Option<&'a str>,
    ingress_rule: Option<&'a str>,
    packets: u64,
    bytes: u64,
    first_seen: Option<String>,
    last_seen: Option<String>,
}

/// The names of the columns.
pub(super) const COLUMNS: [&str; 22] = [
    "flow_id",
    "vpc_id",
    "src_ip",
    "dst_ip",
    "protocol",
    "src_port",
    "dst_port",
    "verdict",
    "src_eni",
    "egress",
    "egress_reason",
    "egress_group",
    "egress_rule",
    "dst_eni",
    "ingress",
    "ingress_reason",
    "ingress_group",
    "ingress_rule",
    "packets",
    "bytes",
    "first_seen",
    "last_seen",
];

/// The id the input has for a record, else its number there.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum FlowId<'a> {
    Given(&'a str),
    Number(u64),
}

impl<'a> Rows<'a> {
    /// Returns a writer that has written nothing yet.
    pub(crate) fn new(output: &'a mut Output, form: Form) -> Self {
        Self {
            output,
            form,
            started: false,
        }
    }
}

impl Sink for Rows<'_> {
    fn format(&self, rows: &mut dyn Iterator<Item = Row<'_>>, output: &mut Vec<u8>) {
        if self.form == Form::Csv {
            return format_csv(rows, output);
        }
        for row in rows {
            if self.form == Form::Array {
                output.extend(b",\n ");
            }
            serde_json::to_writer(&mut *output, &row_json(&row)).expect(WHY);
            if self.form == Form::Lines {
                output.push(b'\n');
            }
        }
    }

    fn write(&mut self, rows: &[u8]) -> io::Result<()> {
        let first = !std::mem::replace(&mut self.started, true);
        match self.form {
            // The first row of an array has no comma before it.
            Form::Array if first => {
                self.output.write_all(b"[")?;
                self.output.write_all(&rows[1..])
            }
            Form::Csv if first => {
                self.output.write_all(header().as_bytes())?;
                self.output.write_all(rows)
            }
            Form::Csv | Form::Lines | Form::Array => self.output.write_all(rows),
        }
    }

    fn wait(&mut self) -> io::Result<()> {
        // Whoever reads a stream sees at once what its columns will be.
        if self.form == Form::Csv && !self.started && self.output.is_stream() {
            self.started = true;
            self.output.write_all(header().as_bytes())?;
            self.output.flush()?;
        }
        self.output.still_read()
    }

    fn scratch(&self) -> io::Result<Box<dyn Scratch>> {
        scratch()
    }
}

/// Returns a file without a name, which is gone with the process.
pub(crate) fn scratch() -> io::Result<Box<dyn Scratch>> {
    Ok(Box::new(tempfile::tempfile()?))
}

impl Drop for Rows<'_> {
    fn drop(&mut self) {
        // A list without rows still has a header; a failure shows when the
        // output is finished.
        if !self.started && self.form == Form::Csv {
            drop(self.output.write_all(header().as_bytes()));
        }
    }
}

/// Why formatting rows does not fail.
const WHY: &str = "writing to memory cannot fail";

/// Appends rows as comma-separated values.
pub(super) fn format_csv(rows: &mut dyn Iterator<Item = Row<'_>>, output: &mut Vec<u8>) {
    let mut writer = csv::WriterBuilder::new()
        .has_headers(false)
        .from_writer(output);
    for row in rows {
        writer.serialize(row_json(&row)).expect(WHY);
    }
    writer.flush().expect(WHY);
}

/// Returns the line of column names.
fn header() -> String {
    COLUMNS.join(",") + "\n"
}

/// Ends an array of rows.
pub(crate) fn end_array(output: &mut Output, empty: bool) -> io::Result<()> {
    output.write_all(if empty { b"[]\n" } else { b"\n]\n" })
}

/// Returns a row in the form of the contract.
pub(super) fn row_json<'a>(row: &Row<'a>) -> RowJson<'a> {
    let Row {
        snapshot,
        record,
        sides,
        text,
    } = *row;
    let flow = &record.flow;
    let (src_port, dst_port) = match flow.transport {
        Transport::Ports {
            source,
            destination,
        } => (Some(source), Some(destination)),
        Transport::Icmp(_) | Transport::Opaque | Transport::LaterFragment => (None, None),
    };
    let interface = |side: Option<Side>| side.map(|side| snapshot.interface(side.interface));
    let (source, destination) = (interface(sides.egress), interface(sides.ingress));
    let network = source
        .or(destination)
        .and_then(|one| snapshot.vpc(one.network()));
    let group = |side: Option<Side>| match side?.by {
        DecidedBy::IntraGroup(group) => Some(snapshot.group(group).id().as_str()),
        DecidedBy::Rule(rule) => Some(snapshot.group(snapshot.rule(rule).group()).id().as_str()),
        DecidedBy::Platform(_)
        | DecidedBy::Session
        | DecidedBy::OrphanFragment
        | DecidedBy::Default(_) => None,
    };
    let rule = |side: Option<Side>| match side?.by {
        DecidedBy::Rule(rule) => Some(snapshot.rule(rule).name()),
        DecidedBy::Platform(_)
        | DecidedBy::Session
        | DecidedBy::OrphanFragment
        | DecidedBy::IntraGroup(_)
        | DecidedBy::Default(_) => None,
    };
    let action = |side: Option<Side>| side.map(|side| side.action.name());
    let reason = |side: Option<Side>| side.map(|side| tier(side.by));
    let seen = |time: Option<Timestamp>| time.map(|time| time.to_string());
    RowJson {
        flow_id: text
            .flow_id()
            .map_or(FlowId::Number(record.number), FlowId::Given),
        vpc_id: text
            .vpc_id()
            .or_else(|| network.map(secgroup_model::VpcId::as_str)),
        src_ip: flow.endpoints.source(),
        dst_ip: flow.endpoints.destination(),
        protocol: protocol_name(flow.protocol),
        src_port,
        dst_port,
        verdict: sides.outcome().name(),
        src_eni: source.map(|one| one.id().as_str()),
        egress: action(sides.egress),
        egress_reason: reason(sides.egress),
        egress_group: group(sides.egress),
        egress_rule: rule(sides.egress),
        dst_eni: destination.map(|one| one.id().as_str()),
        ingress: action(sides.ingress),
        ingress_reason: reason(sides.ingress),
        ingress_group: group(sides.ingress),
        ingress_rule: rule(sides.ingress),
        packets: record.packets,
        bytes: record.bytes,
        first_seen: seen(record.timestamp),
        last_seen: seen(record.last.max(record.timestamp)),
    }
}
