//! How formats are told apart, and what says otherwise.

use std::io::Write as _;

use secgroup_replay::flow_log::{ColumnNames, FlowLog, LogFormat, MAX_COLUMNS, Options};
use secgroup_replay::input::{Compression, Format, Input};

use crate::reading::{path, read};

fn of(text: &str, options: &Options) -> Result<(&'static str, Vec<String>), String> {
    read(text.as_bytes(), options)
}

/// Says what options a command line would give.
fn options(format: Option<LogFormat>, columns: &[&str]) -> Options {
    let mut names = ColumnNames::default();
    for column in columns {
        names.add(column).unwrap();
    }
    Options {
        format,
        columns: names,
    }
}

#[test]
fn every_packing_of_a_log_is_opened() {
    let text = std::fs::read(path("alibaba.jsonl")).unwrap();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&text).unwrap();
    let mut lz4 = lz4_flex::frame::FrameEncoder::new(Vec::new());
    lz4.write_all(&text).unwrap();
    for (packed, compression) in [
        (text.clone(), Compression::None),
        (gzip.finish().unwrap(), Compression::Gzip),
        (zstd::encode_all(&text[..], 1).unwrap(), Compression::Zstd),
        (lz4.finish().unwrap(), Compression::Lz4),
    ] {
        let input = Input::from_reader(std::io::Cursor::new(packed), None).unwrap();
        assert_eq!(input.format, Format::Text);
        assert_eq!(input.compression, compression);
        let (format, rows) = read(input.stream, &Options::default()).unwrap();
        assert_eq!((format, rows.len()), ("alibaba", 6));
    }
}

#[test]
fn a_format_that_is_asked_for_is_not_looked_for() {
    let text = "srcaddr,dstaddr,protocol,srcport,dstport\n10.0.0.9,10.0.0.1,6,1,-\n";
    let (format, rows) = of(text, &Options::default()).unwrap();
    assert_eq!(format, "alibaba");
    let absent = "line 2, column dstport is empty; TCP and UDP have ports 0 to 65535";
    assert_eq!(rows, [absent]);
    let (format, rows) = of(text, &options(Some(LogFormat::Csv), &[])).unwrap();
    assert_eq!(format, "csv");
    let literal = "line 2, column dstport: `-` is not a port; expected 0 to 65535";
    assert_eq!(rows, [literal]);
    let error = of("{\"a\":1}\n", &options(Some(LogFormat::Csv), &[])).unwrap_err();
    assert!(error.starts_with("columns src_ip"), "{error}");
}

#[test]
fn columns_may_be_called_as_the_user_says() {
    let names = ["src_ip=Client", "dst_ip=the server", "protocol=p"];
    let text = "p,sport,dport,Client,the server,src\n6,1,2,10.0.0.9,10.0.0.1,x\n";
    let (format, rows) = of(text, &options(None, &names)).unwrap();
    assert_eq!(format, "csv");
    assert_eq!(rows, ["2 tcp 10.0.0.9:1 -> 10.0.0.1:2 1p 0B"]);
    let text =
        "{\"p\":6,\"sport\":1,\"dport\":2,\"Client\":\"10.0.0.9\",\"the server\":\"10.0.0.1\"}";
    let (format, rows) = of(text, &options(None, &names)).unwrap();
    assert_eq!(format, "jsonl");
    assert_eq!(rows, ["1 tcp 10.0.0.9:1 -> 10.0.0.1:2 1p 0B"]);
}

#[test]
fn the_better_name_of_a_column_counts() {
    let text = "src,src_ip,dst_ip,proto,protocol,sport,dport\nx,10.0.0.9,10.0.0.1,x,17,1,2\n";
    let (_, rows) = of(text, &Options::default()).unwrap();
    assert_eq!(rows, ["2 udp 10.0.0.9:1 -> 10.0.0.1:2 1p 0B"]);
}

#[test]
fn separators_are_told_by_the_header() {
    for separator in [",", "\t"] {
        let text = format!(
            "{}\n{}\n",
            ["src", "dst", "proto", "sport", "dport", "note"].join(separator),
            ["10.0.0.9", "\"10.0.0.1\"", "6", "1", "2", "a b"].join(separator),
        );
        let (format, rows) = of(&text, &Options::default()).unwrap();
        assert_eq!(format, "csv");
        assert_eq!(
            rows,
            ["2 tcp 10.0.0.9:1 -> 10.0.0.1:2 1p 0B"],
            "{separator:?}"
        );
    }
}

#[test]
fn first_lines_that_cannot_be_used_say_why() {
    let wide = vec!["x"; MAX_COLUMNS + 1].join(",");
    for (text, wanted) in [
        (
            "[{\"src_ip\":\"10.0.0.1\"}]",
            "a JSON array; expected one object a line",
        ),
        ("\n{\"src_ip\":", "line 2: JSON that is cut short"),
        ("{\"src_ip\"=1}", "line 1: not JSON at byte 10 of the line"),
        (
            "{\"src_ip\":1,\"x\":{\"dst_ip\":2}}",
            "columns dst_ip, protocol are missing; found: src_ip, x",
        ),
        (
            "#separator \\x09\n#path conn\n1\t2\n",
            "no #fields line before the first row",
        ),
        (
            "#separator \\x09\n#fields\tts\tid.orig_h\n",
            "columns dst_ip, protocol",
        ),
        (
            wide.as_str(),
            "255 columns in the header, more than the limit of 254",
        ),
    ] {
        let error = of(text, &Options::default()).unwrap_err();
        assert!(error.contains(wanted), "{text}: {error}");
    }
    let widest = format!("src,dst,proto,sport,dport{}", ",x".repeat(MAX_COLUMNS - 5));
    assert!(FlowLog::new(widest.as_bytes(), &Options::default()).is_ok());
}

#[test]
fn objects_have_values_of_every_type_and_in_every_order() {
    let one =
        r#"{"src_ip":"10.0.0.9","dst_ip":"10.0.0.1","protocol":6,"src_port":"1","dst_port":2}"#;
    let two = r#"{ "dst_port" : 2.5 , "src_port":null, "note":{"src_ip":[1,{"x":"}\""}]},
                  "protocol":"tcp","dst_ip":"10.0.0.1","src_ip":"\u0031\u0030.0.0.9"}"#
        .replace('\n', " ");
    let three = r#"{"src_ip":true,"dst_ip":{},"protocol":[],"src_port":"","dst_port":1e3}"#;
    let four = r#"{"src_ip":"10.0.0.9","src_ip":"10.0.0.9"}"#;
    let five = r#"{"SRC-IP":"10.0.0.9","dst.ip":"10.0.0.1","protocol":"icmp","icmp_type":8}"#;
    let deep = format!("{{\"x\":{}", "[".repeat(10_000));
    let text = [one, &two, three, four, five, &deep, one].join("\n");
    let (format, rows) = of(&text, &Options::default()).unwrap();
    assert_eq!(format, "jsonl");
    assert_eq!(
        rows,
        [
            "1 tcp 10.0.0.9:1 -> 10.0.0.1:2 1p 0B",
            "line 2, column src_port is empty; TCP and UDP have ports 0 to 65535",
            "line 3, column src_ip: `true` is not an address; expected IPv4 or IPv6, such as 10.0.0.1",
            "line 4: a key twice in one object, expected one JSON object a line",
            "5 icmp 10.0.0.9 -> 10.0.0.1 type 8 code 0 1p 0B",
            "line 6: JSON that is cut short, expected one JSON object a line",
            "7 tcp 10.0.0.9:1 -> 10.0.0.1:2 1p 0B",
        ]
    );
}
