//! Whole files: headers, lines, limits, failures.

mod damage;
mod values;

use std::io::{self, Read, Write as _};

use secgroup_model::{Flow, Scope};

use super::*;

const HEADER: &str = "flow_id,src_ip,dst_ip,protocol,src_port,dst_port";

/// A row as it was read, free of the batch.
#[derive(Clone, Debug, PartialEq)]
struct Parsed {
    line: u64,
    flow: Flow,
    flow_id: Option<String>,
    vpc_id: Option<String>,
    rest: (Option<i64>, u64, u64, Option<u8>, Option<Recorded>),
}

type Rows = Vec<Result<Parsed, RowProblem>>;

fn read(bytes: impl Read) -> Result<Rows, String> {
    let mut csv = FlowLog::new(bytes, &Options::default()).map_err(|error| error.to_string())?;
    let mut batch = RowBatch::default();
    let mut rows = Vec::new();
    while csv
        .next_batch(&mut batch)
        .map_err(|error| error.to_string())?
    {
        batch.cut();
        rows.extend(batch.rows().map(parse));
    }
    assert!(batch.is_empty());
    Ok(rows)
}

fn parse(row: Row<'_>) -> Result<Parsed, RowProblem> {
    let FlowRow {
        flow,
        flow_id,
        vpc_id,
        interface: None,
        timestamp,
        packets,
        bytes,
        tcp_flags,
        recorded,
        end: None,
        direction: None,
        both_ways: false,
    } = row.parse()?
    else {
        panic!("an end or a direction in {row:?}");
    };
    assert_eq!(flow.scope, Scope::Unspecified);
    Ok(Parsed {
        line: row.line(),
        flow,
        flow_id: flow_id.map(str::to_owned),
        vpc_id: vpc_id.map(str::to_owned),
        rest: (timestamp, packets, bytes, tcp_flags, recorded),
    })
}

/// Reads one row below `header` as text: the flow, or the problem.
#[track_caller]
fn parse_one(header: &str, row: &str) -> Result<Parsed, String> {
    let mut rows = read(format!("{header}\n{row}\n").as_bytes()).unwrap();
    assert_eq!(rows.len(), 1, "{row}");
    rows.remove(0).map_err(|problem| {
        assert_eq!(problem.line, 2);
        problem.to_string()
    })
}

#[test]
fn a_faulty_row_costs_itself_and_no_other() {
    let good = "1,10.0.0.9,10.0.0.1,6,1,2";
    let long = "x".repeat(MAX_LINE + 1);
    let text = format!(
        "{HEADER}\r\n{good}\n\n1,10.0.0.9\n{good},\r\n\"{good}\n{good}\r\n\"\n{long}\n{good}\n\
         1,1,1,6,1,2\n{good}"
    );
    let rows = read(text.as_bytes()).unwrap();
    let told: Vec<String> = rows
        .iter()
        .map(|row| match row {
            Ok(row) => format!("line {}", row.line),
            Err(problem) => problem.to_string(),
        })
        .collect();
    assert_eq!(
        told,
        [
            "line 2",
            "line 4: 2 fields, 6 expected, as in the header",
            "line 5: 7 fields, 6 expected, as in the header",
            "line 6: unclosed quote; a quoted field must end on its own line",
            "line 7",
            "line 8: unclosed quote; a quoted field must end on its own line",
            "line 9 longer than the limit of 1 MiB",
            "line 10",
            "line 11, column src_ip: `1` is not an address; expected IPv4 or IPv6, such as 10.0.0.1",
            "line 12",
        ]
    );
    let kinds: Vec<&str> = rows
        .iter()
        .filter_map(|row| row.as_ref().err())
        .map(|problem| problem.kind.name())
        .collect();
    assert_eq!(
        kinds,
        [
            "ragged-row",
            "ragged-row",
            "unclosed-quote",
            "unclosed-quote",
            "line-too-long",
            "bad-address"
        ]
    );
}

#[test]
fn a_line_at_the_limit_is_read() {
    for (excess, reads) in [(0, true), (1, false)] {
        let rest = ",10.0.0.9,10.0.0.1,6,1,2";
        let id = "x".repeat(MAX_LINE + excess - rest.len());
        let rows = read(format!("{HEADER}\n{id}{rest}\n").as_bytes()).unwrap();
        assert_eq!(rows[0].is_ok(), reads);
    }
}

#[test]
fn encoding_matters_where_it_is_read() {
    let text = b"note,src_ip,dst_ip,protocol,src_port,dst_port,flow_id\n\
                 \xff,10.0.0.9,10.0.0.1,6,1,2,a\n\
                 b,10.0.0.9,10.0.0.1,6,1,2,\xff\xfe\n";
    let rows = read(&text[..]).unwrap();
    assert!(rows[0].is_ok());
    let problem = rows[1].as_ref().unwrap_err();
    assert_eq!(problem.kind, RowProblemKind::InvalidUtf8);
    assert!(problem.to_string().starts_with("line 3, column flow_id: `"));
    assert!(problem.to_string().ends_with("` is invalid UTF-8"));
}

#[test]
fn headers_that_cannot_be_used_say_why() {
    let rest = "dst_ip,protocol,src_port,dst_port";
    for (text, wanted) in [
        (String::new(), "no header"),
        ("\n\r\n".into(), "no header"),
        ("\u{feff}".into(), "no header"),
        (
            "a,b".into(),
            "columns src_ip, dst_ip, protocol, src_port, dst_port are missing; found: a, b",
        ),
        (
            "10.0.0.9,10.0.0.1,6,1,2\n".into(),
            "looks like data, it has the address 10.0.0.9",
        ),
        ("a,2001:db8::1\n".into(), "looks like data"),
        (
            format!("source,{rest}\n"),
            "column src_ip is missing; found: source, dst_ip, protocol",
        ),
        (format!("src_ip,SRC_IP ,{rest}\n"), "column src_ip twice"),
        (format!("src_ip,via,{rest},VIA\n"), "column via twice"),
        (
            format!("src_ip;{rest}\n"),
            "columns src_ip, dst_ip are missing; found: src_ip;dst_ip, protocol",
        ),
        (
            format!("src_ip;{}\n", rest.replace(',', ";")),
            "found: src_ip;dst_ip;protocol;src_port;dst_port; they are separated by semicolons",
        ),
        (format!("\"src_ip,{rest}\n"), "unclosed quote"),
        (
            format!("src_ip,{rest}\r10.0.0.9\r"),
            "carriage return alone",
        ),
        ("f\0l\0o\0w\0".into(), "UTF-16"),
        ("\0f\0l".into(), "UTF-16"),
        ("x".repeat(MAX_LINE + 1), "longer than the limit of 1 MiB"),
    ] {
        let error = read(text.as_bytes()).unwrap_err();
        assert!(error.contains(wanted), "{wanted}: {error}");
    }
    for (bytes, wanted) in [
        (&b"\xff\xfes\0"[..], "UTF-16"),
        (b"\xfe\xff\0s", "UTF-16"),
        (b"src_ip,\xff", "invalid UTF-8"),
    ] {
        assert!(read(bytes).unwrap_err().contains(wanted));
    }
}

#[test]
fn names_may_be_quoted_spaced_and_behind_blank_lines_and_a_mark() {
    let text = "\u{feff}\"Src_IP\", dst_ip ,PROTOCOL,src_port,dst_port,note,note\r\n\
                10.0.0.9,10.0.0.1,6,1,2,,\r\n";
    assert_eq!(read(text.as_bytes()).unwrap().len(), 1);
    let text = format!("\u{feff}\r\n\n{HEADER}\n1,10.0.0.9,10.0.0.1,6,1,2");
    assert_eq!(read(text.as_bytes()).unwrap()[0].as_ref().unwrap().line, 4);
    assert_eq!(read(format!("{HEADER}\n").as_bytes()).unwrap(), []);
}

/// A stream that breaks after its text.
#[derive(Debug)]
struct Breaking<'a>(&'a [u8]);

impl Read for Breaking<'_> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        match self.0.read(room)? {
            0 => Err(io::Error::other("the pipe burst")),
            read => Ok(read),
        }
    }
}

#[test]
fn rows_before_a_failure_are_delivered_first() {
    // It happens at the end of a line, and within one.
    for cut in ["", "2,10.0"] {
        let text = format!("{HEADER}\n1,10.0.0.9,10.0.0.1,6,1,2\n{cut}");
        let mut csv = FlowLog::new(Breaking(text.as_bytes()), &Options::default()).unwrap();
        let mut batch = RowBatch::default();
        assert!(csv.next_batch(&mut batch).unwrap());
        batch.cut();
        assert_eq!(batch.len(), 1);
        let failure = csv.next_batch(&mut batch).unwrap_err();
        assert_eq!(failure.to_string(), "line 3: cannot read: the pipe burst");
        assert!(batch.is_empty());
    }
    let error = FlowLog::new(Breaking(b"src_ip"), &Options::default()).unwrap_err();
    assert_eq!(error.to_string(), "cannot read: the pipe burst");
}

#[test]
fn batches_are_bounded_and_need_no_new_room() {
    let row = ",10.0.0.9,10.0.0.1,6,1,2\n";
    let mut text = format!("{HEADER}\n");
    let count = 4 * BLOCK_BYTES / (7 + row.len());
    for id in 0..count {
        text.push_str(&format!("{id:07}{row}"));
    }
    let mut csv = FlowLog::new(text.as_bytes(), &Options::default()).unwrap();
    let mut batch = RowBatch::default();
    let mut sizes = Vec::new();
    let mut room = None;
    while csv.next_batch(&mut batch).unwrap() {
        batch.cut();
        sizes.push(batch.rows().len());
        if sizes.len() > 1 {
            assert_eq!(*room.get_or_insert_with(|| batch.room()), batch.room());
        }
    }
    assert_eq!(sizes.iter().sum::<usize>(), count);
    assert!(
        sizes
            .iter()
            .all(|size| size * (7 + row.len()) <= 2 * BLOCK_BYTES),
        "{sizes:?}"
    );
}

/// A pipe into which somebody writes a line from time to time.
#[derive(Debug)]
struct Slow<'a>(std::str::SplitInclusive<'a, char>);

impl Read for Slow<'_> {
    fn read(&mut self, mut room: &mut [u8]) -> io::Result<usize> {
        room.write(self.0.next().unwrap_or_default().as_bytes())
    }
}

#[test]
fn rows_of_a_slow_pipe_are_not_held_back() {
    let text = format!("{HEADER}\n1,10.0.0.9,10.0.0.1,6,1,2\n\n2,10.0.0.9,10.0.0.1,6,1,2\n");
    let mut csv = FlowLog::new(Slow(text.split_inclusive('\n')), &Options::default()).unwrap();
    let mut batch = RowBatch::default();
    let mut lines = Vec::new();
    while csv.next_batch(&mut batch).unwrap() {
        batch.cut();
        lines.push(batch.rows().map(Row::line).collect::<Vec<_>>());
    }
    assert_eq!(lines, [vec![2], vec![], vec![4]]);
}
