//! The log: what it tells, and what it must not.

use serde_json::Value;

use crate::client::{call, get, send};
use crate::running::{Pad, start};

fn lines(log: &Pad) -> Vec<Value> {
    log.text()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn every_request_is_a_line_that_tells_what_happened_and_not_what_was_sent() {
    let log = Pad::default();
    let server = start(|options| {
        options.log = Some(Box::new(log.clone()));
        options.keys.push(crate::signatures::key());
    });
    let secret =
        "AccessKeyId=testId&Signature=c2lnbmF0dXJl&SecurityToken=token1&Description=private";
    call(server.address, "createSecurityGroup", secret);
    let request = "POST / HTTP/1.1\r\nHost: h\r\nx-acs-action: JoinSecurityGroup\r\n\
        x-acs-version: 2014-05-26\r\nx-acs-security-token: token2\r\n\
        Authorization: ACS3-HMAC-SHA256 Credential=testId,SignedHeaders=host,Signature=abcd\r\n\
        Content-Length: 0\r\n\r\n";
    send(server.address, request.as_bytes());
    get(server.address, "/healthz");
    server.stop().unwrap();

    let text = log.text();
    for hidden in [
        "testId",
        "testSecret",
        "c2lnbmF0dXJl",
        "token1",
        "token2",
        "private",
        "abcd",
    ] {
        assert!(!text.contains(hidden), "{hidden} in {text}");
    }
    let lines = lines(&log);
    assert_eq!(lines.len(), 3, "{text}");
    assert_eq!(lines[0]["action"], "createSecurityGroup");
    assert_eq!(lines[0]["code"], "MissingParameter");
    assert_eq!(lines[1]["action"], "JoinSecurityGroup");
    assert_eq!(
        (&lines[2]["action"], &lines[2]["code"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(
        (&lines[2]["status"], &lines[2]["method"]),
        (&200.into(), &"GET".into())
    );
    for line in lines {
        assert_eq!(
            (&line["event"], &line["tls"]),
            (&"request".into(), &false.into())
        );
        assert!(
            line["peer"].as_str().unwrap().starts_with("127.0.0.1:"),
            "{line}"
        );
        assert_eq!(line["request_id"].as_str().unwrap().len(), 36);
        for number in ["bytes_in", "bytes_out", "duration_us"] {
            assert!(line[number].as_u64().unwrap() > 0, "{number} in {line}");
        }
        assert!(line["time"].as_str().unwrap().ends_with('Z'));
    }
}

#[test]
fn nothing_that_is_sent_can_forge_a_line() {
    let log = Pad::default();
    let server = start(|options| options.log = Some(Box::new(log.clone())));
    let forged = "A%0A%7B%22event%22%3A%22request%22%7D%1B%5B2J";
    get(
        server.address,
        &format!("/?Action={forged}&Version=2014-05-26"),
    );
    send(
        server.address,
        b"FORGED / HTTP/1.1\r\nHost: \x1b[2J\"}\r\n\r\n",
    );
    send(
        server.address,
        format!("{} / HTTP/1.1\r\nHost: h\r\n\r\n", "M".repeat(9999)).as_bytes(),
    );
    send(server.address, b"\x1b[2J\n{}\n\r\n\r\n");
    server.stop().unwrap();
    let text = log.text();
    assert_eq!(text.lines().count(), 4, "{text}");
    assert!(
        text.chars().all(|c| c == '\n' || !c.is_control()),
        "{text:?}"
    );
    let lines = lines(&log);
    assert_eq!(lines[0]["action"], Value::Null);
    assert!(lines[2]["method"].as_str().unwrap().chars().count() <= 201);
    assert_eq!(
        (&lines[3]["method"], &lines[3]["status"]),
        (&Value::Null, &400.into())
    );
}

#[test]
fn a_log_that_cannot_be_written_stops_nobody() {
    struct Broken;
    impl std::io::Write for Broken {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let server = start(|options| options.log = Some(Box::new(Broken)));
    for _ in 0..100 {
        assert_eq!(get(server.address, "/healthz").status, 200);
    }
    server.stop().unwrap();
}
