//! `secgroup replay`: flow logs in, rows out in every form, and back in.

use super::run::{DEMO, Folder, Run, demo};

fn replay(rest: &str) -> Run {
    Run::of(&format!("replay {DEMO} {rest}"))
}

/// Returns the flows of `data/demo/flows.csv`, but not what rows do not tell:
/// that a load balancer forwarded one, and the types of ICMP messages.
fn flows(folder: &Folder) -> String {
    let table = std::fs::read_to_string(demo("flows.csv")).unwrap();
    let plain = table
        .lines()
        .filter(|line| line.split(',').nth(13).is_some_and(|via| via != "slb"))
        .filter(|line| {
            line.split(',')
                .nth(8)
                .is_some_and(|kind| kind.is_empty() || kind == "icmp_type")
        });
    folder.file("flows.csv", plain.collect::<Vec<_>>().join("\n"))
}

#[test]
fn rows_of_every_form_read_back_give_the_same_rows() {
    let folder = Folder::new();
    let input = flows(&folder);
    let wanted = replay(&format!("{input} --format csv")).exits(0).out;
    assert!(wanted.lines().count() > 50);
    for form in ["csv", "jsonl", "parquet"] {
        let rows = folder.name(&format!("rows.{form}"));
        replay(&format!("{input} --flows {rows}")).exits(0);
        let again = replay(&format!("{rows} --format csv")).exits(0).out;
        assert_eq!(again, wanted, "{form}");
        let text = replay(&rows).exits(0).out;
        assert!(text.contains(&format!("  {form}  ")), "{text}");
    }
}

#[test]
fn parquet_rows_are_the_same_bytes_for_any_number_of_threads() {
    let folder = Folder::new();
    let input = flows(&folder);
    let files = ["1", "2", "7"].map(|threads| {
        let rows = folder.name(&format!("{threads}.parquet"));
        replay(&format!("{input} --flows {rows} --threads {threads}")).exits(0);
        std::fs::read(rows).unwrap()
    });
    assert!(files[0].starts_with(b"PAR1") && files[0].ends_with(b"PAR1"));
    assert!(files.iter().all(|file| *file == files[0]));
    let none = folder.file("none.csv", "src_ip,dst_ip,protocol,src_port,dst_port\n");
    let rows = folder.name("none.parquet");
    replay(&format!("{none} --flows {rows}")).exits(0);
    let text = replay(&rows).exits(0).out;
    assert!(text.starts_with("0 records"), "{text}");
}

#[test]
fn logs_are_recognised_and_what_is_no_flow_is_counted() {
    for (log, format, evaluated, skipped) in [
        (
            "alibaba.jsonl",
            "alibaba",
            4,
            "1 no-data (line 4), 1 skip-data (line 5)",
        ),
        ("alibaba.csv", "alibaba", 2, "1 no-data (line 3)"),
        (
            "aws-v2.txt",
            "aws",
            2,
            "1 no-data (line 3), 1 skip-data (line 4)",
        ),
        ("aws-v5.txt", "aws", 2, "1 no-data (line 4)"),
        ("zeek-conn.log", "zeek", 4, "1 unknown-protocol (line 13)"),
        ("zeek-conn.json", "zeek", 2, ""),
        (
            "suricata-eve.json",
            "suricata",
            3,
            "2 other-event (the first: line 1)",
        ),
        ("nfdump-1.7.1.csv", "nfdump", 2, ""),
        ("nfdump-1.7.5.csv", "nfdump", 3, ""),
        ("list.csv", "csv", 2, ""),
        ("list.jsonl", "jsonl", 2, ""),
    ] {
        let run = replay(&format!("data/logs/{log}")).exits(0);
        let mut lines = run.out.lines();
        let first = lines.next().unwrap();
        assert!(
            first.contains(&format!(": {evaluated} evaluated")),
            "{log}: {first}"
        );
        let second = lines.next().unwrap();
        assert!(
            second.contains(&format!("data/logs/{log}  {format}  ")),
            "{second}"
        );
        assert!(second.ends_with(skipped), "{log}: {second}");
        let forced = replay(&format!("data/logs/{log} --input-format {format}")).exits(0);
        assert_eq!(forced.out, run.out);
    }
}

/// Two interfaces of one VPC, the second of which lets nothing in; another VPC has
/// the address of the first one, too.
fn two_networks(folder: &Folder, count: usize) -> String {
    let group = |id: &str, vpc: &str| {
        format!(
            r#"{{"SecurityGroupId":"{id}","SecurityGroupType":"normal","VpcId":"{vpc}","InnerAccessPolicy":"Drop","Permissions":[]}}"#
        )
    };
    let interface = |id: &str, vpc: &str, address: &str, group: &str| {
        format!(
            r#"{{"NetworkInterfaceId":"{id}","VpcId":"{vpc}","PrivateIpSets":[{{"PrivateIpAddress":"{address}"}}],"SecurityGroupIds":["{group}"]}}"#
        )
    };
    let groups = [("sg-1", "vpc-1"), ("sg-2", "vpc-1"), ("sg-3", "vpc-2")];
    let groups = groups.map(|(id, vpc)| group(id, vpc));
    let interfaces = [
        interface("eni-1", "vpc-1", "10.0.0.1", "sg-1"),
        interface("eni-2", "vpc-1", "10.0.1.1", "sg-2"),
        interface("eni-3", "vpc-2", "10.0.0.1", "sg-3"),
    ];
    let text = format!(
        r#"{{"SecurityGroups":[{}],"NetworkInterfaceSets":[{}]}}"#,
        groups[..count].join(","),
        interfaces[..count].join(",")
    );
    folder.file("fleet.json", text)
}

#[test]
fn the_interface_of_a_record_tells_its_network_and_its_side_6_5_2() {
    let folder = Folder::new();
    let fleet = two_networks(&folder, 3);
    // The sender's side accepted, the receiver's rejected; nothing else says which
    // side recorded what, nor in which VPC.
    let log = "2 1 eni-1 10.0.0.1 10.0.1.1 40000 22 6 1 60 1772445600 1772445660 ACCEPT OK\n\
               2 1 eni-2 10.0.0.1 10.0.1.1 40000 22 6 1 60 1772445600 1772445660 REJECT OK\n";
    let judged = |log: String, wanted: &str, code: i32| {
        let log = folder.file("log.txt", log);
        let line = format!("replay -q --config {fleet} {log} --fail-on mismatch");
        let run = Run::of(&line).exits(code);
        assert!(run.out.contains(wanted), "{}", run.out);
    };
    judged(log.to_owned(), "2 evaluated, 0 skipped", 0);
    judged(log.replace("ACCEPT", "REJECT"), "2 evaluated, 0 skipped", 1);
    // Of an interface that is not known both sides count, and none tells the VPC.
    let unknown = log.replace("eni-1", "eni-9").replace("eni-2", "eni-9");
    judged(unknown, "Recorded otherwise, 1 of 2 records", 1);
    let outside = log.replace("10.0.1.1", "203.0.113.5");
    let outside = outside
        .replace("eni-2", "eni-9")
        .replace("REJECT", "ACCEPT");
    judged(outside, "1 evaluated, 1 skipped", 0);
}

#[test]
fn records_with_and_without_the_only_vpc_are_of_one_session_6_5_1() {
    let folder = Folder::new();
    let fleet = two_networks(&folder, 2);
    let list = |second: &str| {
        format!(
            "vpc_id,timestamp,src_ip,dst_ip,protocol,src_port,dst_port\n\
             ,1772445600,10.0.1.1,203.0.113.5,tcp,50000,443\n\
             {second},1772445601,203.0.113.5,10.0.1.1,tcp,443,50000\n"
        )
    };
    for (second, rows) in [("", 1), ("vpc-1", 1), ("vpc-9", 2)] {
        let log = folder.file("list.csv", list(second));
        let line = format!("replay -q --config {fleet} {log} --mode sessions --flows -");
        let run = Run::of(&line).exits(0);
        assert_eq!(run.out.lines().count(), 1 + rows, "{second}: {}", run.out);
    }
}

#[test]
fn a_malformed_log_ends_the_run_or_is_counted() {
    for (log, exit, wanted) in [
        (
            "alibaba.jsonl",
            4,
            "line 2: JSON that is cut short, expected one JSON object a line",
        ),
        (
            "aws-v5.txt",
            4,
            "line 3: 24 fields, 25 expected, as in the header",
        ),
        (
            "zeek-conn.log",
            4,
            "line 10, column id.resp_p: `443.5` is not a port",
        ),
        (
            "suricata-eve.json",
            3,
            "line 2, column tcp_flags: `xx` is not a byte of TCP flags",
        ),
        (
            "nfdump-1.7.5.csv",
            3,
            "line 2, column firstSeen: `yesterday",
        ),
    ] {
        replay(&format!("data/logs/malformed/{log}"))
            .exits(exit)
            .complains(wanted);
        let run = replay(&format!("data/logs/malformed/{log} --skip-bad")).exits(0);
        assert!(!run.out.starts_with("0 records"), "{}", run.out);
    }
}

#[test]
fn columns_are_called_as_the_command_line_says() {
    let folder = Folder::new();
    let table = "client,server,what,sport,dport\n203.0.113.9,10.10.1.11,tcp,40000,443\n";
    let table = folder.file("odd.csv", table);
    replay(&table)
        .exits(3)
        .complains("columns src_ip, dst_ip, protocol are missing");
    let names = "--columns src_ip=client,dst_ip=server,protocol=what";
    let run = replay(&format!("{table} {names}")).exits(0);
    assert!(run.out.starts_with("1 record: 1 evaluated"), "{}", run.out);
    for (names, wanted) in [
        ("src_ip", "--columns: `src_ip`: expected COLUMN=NAME"),
        ("colour=x", "`colour` is no column that is read"),
    ] {
        replay(&format!("{table} --columns {names}"))
            .exits(2)
            .complains(wanted);
    }
}

#[test]
fn parquet_must_be_a_file_and_its_damage_is_told() {
    let folder = Folder::new();
    let rows = folder.name("rows.parquet");
    replay(&format!("data/demo/flows.csv --flows {rows}")).exits(0);
    let whole = std::fs::read(&rows).unwrap();
    let cut = folder.file("cut.parquet", &whole[..whole.len() / 2]);
    replay(&cut).exits(3).complains("Parquet: ");
    // The values of the first column, behind the magic number and a page header.
    let mut damaged = whole;
    damaged[30..80].fill(0xa5);
    let damaged = folder.file("damaged.parquet", damaged);
    let run = replay(&damaged).complains("Parquet: ");
    assert!(!run.err.contains("panicked"), "{}", run.err);
}
