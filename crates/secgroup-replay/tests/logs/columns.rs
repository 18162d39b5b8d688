//! Parquet files: made here, since no one else's are needed to know what a
//! column of a type means.

use std::fs::File;
use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parquet::data_type::{
    ByteArray, ByteArrayType, DoubleType, FixedLenByteArrayType, Int32Type, Int64Type,
};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;
use secgroup_model::Transport;
use secgroup_replay::flow_log::{ColumnNames, Columnar, Options, RowBatch};

use crate::reading::line;

type Group<'a> = SerializedRowGroupWriter<'a, Vec<u8>>;

/// Makes a file of some row groups.
fn file(schema: &str, groups: usize, mut fill: impl FnMut(&mut Group<'_>)) -> Vec<u8> {
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let properties = Arc::new(WriterProperties::builder().build());
    let mut writer = SerializedFileWriter::new(Vec::new(), schema, properties).unwrap();
    for _ in 0..groups {
        let mut group = writer.next_row_group().unwrap();
        fill(&mut group);
        group.close().unwrap();
    }
    writer.into_inner().unwrap()
}

/// Writes a column; `levels` tells which rows have a value, if not all do.
fn column<T: parquet::data_type::DataType>(
    group: &mut Group<'_>,
    values: &[T::T],
    levels: Option<&[i16]>,
) {
    let mut column = group.next_column().unwrap().unwrap();
    column
        .typed::<T>()
        .write_batch(values, levels, None)
        .unwrap();
    column.close().unwrap();
}

fn texts(values: &[&str]) -> Vec<ByteArray> {
    values.iter().map(|text| ByteArray::from(*text)).collect()
}

/// Reads a file: a line per row.
fn read(bytes: &[u8], options: &Options) -> Result<Vec<String>, String> {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    let consumed = Arc::new(AtomicU64::new(0));
    let mut columns =
        Columnar::open(file, Arc::clone(&consumed), options).map_err(|error| error.to_string())?;
    let mut batch = RowBatch::default();
    let mut lines = Vec::new();
    loop {
        match columns.next_batch(&mut batch) {
            Ok(true) => lines.extend(batch.rows().map(line)),
            Ok(false) => break,
            Err(error) => {
                lines.push(error.to_string());
                break;
            }
        }
    }
    assert!(consumed.load(Ordering::Relaxed) <= bytes.len() as u64);
    Ok(lines)
}

const TEXT: &str = "message log { required binary srcaddr (UTF8); required binary dstaddr (UTF8);
    required int32 srcport; optional int32 dstport; required int32 protocol;
    optional binary action (UTF8); optional binary log_status; optional binary note; }";

fn text_file() -> Vec<u8> {
    file(TEXT, 2, |group| {
        column::<ByteArrayType>(
            group,
            &texts(&["203.0.113.9", "2001:db8::9", "-", "x"]),
            None,
        );
        column::<ByteArrayType>(
            group,
            &texts(&["10.0.0.1", "2001:db8::1", "-", "10.0.0.1"]),
            None,
        );
        column::<Int32Type>(group, &[40_000, 1, 0, 1], None);
        column::<Int32Type>(group, &[443, 65_535, 2], Some(&[1, 1, 0, 1]));
        column::<Int32Type>(group, &[6, 17, 0, 6], None);
        column::<ByteArrayType>(group, &texts(&["ACCEPT", "REJECT"]), Some(&[1, 1, 0, 0]));
        column::<ByteArrayType>(group, &texts(&["OK", "NODATA"]), Some(&[1, 0, 1, 0]));
        column::<ByteArrayType>(group, &texts(&[]), Some(&[0, 0, 0, 0]));
    })
}

#[test]
fn columns_of_text_and_numbers_are_read_in_every_row_group() {
    let rows = read(&text_file(), &Options::default()).unwrap();
    assert_eq!(
        rows,
        [
            "1 tcp 203.0.113.9:40000 -> 10.0.0.1:443 1p 0B was Accept",
            "2 udp [2001:db8::9]:1 -> [2001:db8::1]:65535 1p 0B was Reject",
            "3 skipped: no-data",
            "row 4, column srcaddr: `x` is not an address; expected IPv4 or IPv6, such as 10.0.0.1",
            "5 tcp 203.0.113.9:40000 -> 10.0.0.1:443 1p 0B was Accept",
            "6 udp [2001:db8::9]:1 -> [2001:db8::1]:65535 1p 0B was Reject",
            "7 skipped: no-data",
            "row 8, column srcaddr: `x` is not an address; expected IPv4 or IPv6, such as 10.0.0.1",
        ]
    );
}

#[test]
fn addresses_may_be_numbers_or_bytes_and_times_have_units() {
    let schema =
        "message log { required int32 src_ip (UINT_32); required fixed_len_byte_array(16) dst_ip;
        required int32 protocol; required int32 src_port (UINT_16); required int32 dst_port;
        required int64 start (TIMESTAMP_MILLIS); required int64 end (TIMESTAMP_MICROS);
        required int64 packets (UINT_64); required double duration; repeated int32 bytes; }";
    let mapped = [&[0; 10][..], &[0xff, 0xff, 10, 0, 0, 1]].concat();
    let bytes = file(schema, 1, |group| {
        column::<Int32Type>(group, &[i32::from_be_bytes([203, 0, 113, 9])], None);
        column::<FixedLenByteArrayType>(group, &[ByteArray::from(mapped.clone()).into()], None);
        column::<Int32Type>(group, &[6], None);
        column::<Int32Type>(group, &[65_535], None);
        column::<Int32Type>(group, &[443], None);
        column::<Int64Type>(group, &[1_772_445_600_250], None);
        column::<Int64Type>(group, &[1_772_445_601_750_000], None);
        column::<Int64Type>(group, &[-1], None);
        column::<DoubleType>(group, &[9.5], None);
        let mut last = group.next_column().unwrap().unwrap();
        last.typed::<Int32Type>()
            .write_batch(&[1, 2], Some(&[1, 1]), Some(&[0, 1]))
            .unwrap();
        last.close().unwrap();
    });
    assert_eq!(
        read(&bytes, &Options::default()).unwrap(),
        [
            "1 tcp 203.0.113.9:65535 -> 10.0.0.1:443 18446744073709551615p 0B \
             from 2026-03-02T10:00:00.25Z to 2026-03-02T10:00:01.75Z",
        ]
    );
}

#[test]
fn decimals_are_scaled_and_spans_are_seconds_and_a_day_is_no_time() {
    let schema = "message log { required binary src_ip (UTF8); required binary dst_ip (UTF8);
        required int32 protocol; required int32 src_port (DECIMAL(9,2));
        required int64 dst_port (DECIMAL(18,1));
        required fixed_len_byte_array(9) bytes (DECIMAL(20,0));
        required int64 packets (DECIMAL(18,2)); required double start;
        required fixed_len_byte_array(12) duration (INTERVAL); }";
    let bytes = file(schema, 1, |group| {
        column::<ByteArrayType>(group, &texts(&["203.0.113.9", "203.0.113.9"]), None);
        column::<ByteArrayType>(group, &texts(&["10.0.0.1", "10.0.0.1"]), None);
        column::<Int32Type>(group, &[6, 6], None);
        column::<Int32Type>(group, &[4_000_000, 4_000_000], None);
        column::<Int64Type>(group, &[4_430, 4_430], None);
        let number = |number: i128| ByteArray::from(number.to_be_bytes()[7..].to_vec()).into();
        column::<FixedLenByteArrayType>(group, &[number(5_040), number(-1)], None);
        column::<Int64Type>(group, &[1_200, 1_250], None);
        column::<DoubleType>(group, &[1_772_445_600.25, 0.0], None);
        let span = [[0; 4], 0_u32.to_le_bytes(), 5_500_u32.to_le_bytes()].concat();
        let span = || ByteArray::from(span.clone()).into();
        column::<FixedLenByteArrayType>(group, &[span(), span()], None);
    });
    assert_eq!(
        read(&bytes, &Options::default()).unwrap(),
        [
            "1 tcp 203.0.113.9:40000 -> 10.0.0.1:443 12p 5040B \
             from 2026-03-02T10:00:00.25Z to 2026-03-02T10:00:05.75Z",
            "row 2, column packets: `12.5` is not a number of packets or bytes; \
             expected 0 to 2^64-1",
        ]
    );
    let schema = "message log { required binary src_ip (UTF8); required binary dst_ip (UTF8);
        required int32 protocol; required int32 src_port; required int32 dst_port;
        required int32 start (DATE); }";
    let bytes = file(schema, 1, |group| {
        column::<ByteArrayType>(group, &texts(&["203.0.113.9"]), None);
        column::<ByteArrayType>(group, &texts(&["10.0.0.1"]), None);
        for value in [6, 1, 2, 20_514] {
            column::<Int32Type>(group, &[value], None);
        }
    });
    let rows = read(&bytes, &Options::default()).unwrap();
    assert!(
        rows[0].contains("column start: `2026-03-02` is not a time"),
        "{rows:?}"
    );
}

#[test]
fn columns_may_be_called_as_the_user_says() {
    let schema = "message log { required group client { required binary address (UTF8); }
        required binary server (UTF8); required int32 p; required int32 sport; required int32 dport; }";
    let bytes = file(schema, 1, |group| {
        column::<ByteArrayType>(group, &texts(&["203.0.113.9"]), None);
        column::<ByteArrayType>(group, &texts(&["10.0.0.1"]), None);
        for value in [6, 1, 2] {
            column::<Int32Type>(group, &[value], None);
        }
    });
    let error = read(&bytes, &Options::default()).unwrap_err();
    assert_eq!(
        error,
        "Parquet: columns src_ip, dst_ip, protocol are missing; \
         found: client.address, server, p, sport, dport"
    );
    let mut columns = ColumnNames::default();
    for name in ["src_ip=client.address", "dst_ip=server", "protocol=p"] {
        columns.add(name).unwrap();
    }
    let options = Options {
        format: None,
        columns,
    };
    assert_eq!(
        read(&bytes, &options).unwrap(),
        ["1 tcp 203.0.113.9:1 -> 10.0.0.1:2 1p 0B"]
    );
}

#[test]
fn many_rows_come_in_bounded_batches_and_in_order() {
    let schema = "message log { required binary src_ip (UTF8); required binary dst_ip (UTF8);
        required int32 protocol; required int32 src_port; required int32 dst_port; }";
    const ROWS: i32 = 70_000;
    let bytes = file(schema, 2, |group| {
        let rows = usize::try_from(ROWS).unwrap();
        column::<ByteArrayType>(group, &vec![ByteArray::from("10.0.0.9"); rows], None);
        column::<ByteArrayType>(group, &vec![ByteArray::from("10.0.0.1"); rows], None);
        column::<Int32Type>(group, &vec![6; rows], None);
        column::<Int32Type>(
            group,
            &(0..ROWS).map(|row| row % 65_536).collect::<Vec<_>>(),
            None,
        );
        column::<Int32Type>(group, &vec![443; rows], None);
    });
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(&bytes).unwrap();
    let mut columns = Columnar::open(file, Arc::default(), &Options::default()).unwrap();
    let (mut batch, mut next) = (RowBatch::default(), 1);
    while columns.next_batch(&mut batch).unwrap() {
        assert!(batch.len() <= 4096);
        for row in batch.rows() {
            assert_eq!(row.line(), next);
            let port = (next - 1) % u64::try_from(ROWS).unwrap() % 65_536;
            let ports = Transport::Ports {
                source: u16::try_from(port).unwrap(),
                destination: 443,
            };
            assert_eq!(row.parse().unwrap().flow.transport, ports);
            next += 1;
        }
    }
    assert_eq!(next - 1, 2 * u64::try_from(ROWS).unwrap());
}

/// Random damage is told and never panics.
#[test]
fn damage_anywhere_is_survived() {
    let good = text_file();
    let mut state: u64 = 0x9a7e_0000_2026_1129;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % below as u64).unwrap()
    };
    let (mut whole, mut partial, mut refused) = (0, 0, 0);
    for _ in 0..4_000 {
        let mut bytes = good.clone();
        for _ in 0..=random(3) {
            let at = random(bytes.len());
            match random(4) {
                0 => bytes.truncate(at.max(8)),
                1 => bytes[at] ^= 1 << random(8),
                _ => bytes[at] = u8::try_from(random(256)).unwrap(),
            }
        }
        match read(&bytes, &Options::default()) {
            Err(_) => refused += 1,
            Ok(rows) if rows.last().is_some_and(|last| last.contains("Parquet:")) => partial += 1,
            Ok(_) => whole += 1,
        }
    }
    assert!(
        whole > 100 && partial > 100 && refused > 100,
        "{whole} {partial} {refused}"
    );
}

#[test]
fn what_is_no_parquet_file_says_so() {
    for bytes in [
        &b""[..],
        b"PAR1",
        b"PAR1PAR1",
        b"PAR1\0\0\0\0\x04\0\0\0PAR1",
    ] {
        let error = read(bytes, &Options::default()).unwrap_err();
        assert!(error.starts_with("Parquet: "), "{error}");
    }
    let missing = File::open("/").unwrap();
    assert!(Columnar::open(missing, Arc::default(), &Options::default()).is_err());
}
