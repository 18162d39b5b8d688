//! Requests that are no proper HTTP, or could be read in two ways.

use std::io::Write;

use crate::client::{connect, get, query, read_reply, send, send_last};
use crate::running::start;

/// A body that would be a second request if lengths were misread.
const SMUGGLED: &str = "GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n";

#[test]
fn what_can_be_read_in_two_ways_ends_the_connection() {
    let server = start(|_| {});
    for headers in [
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Content-Length: 5\r\nContent-Length: 5\r\n",
        "Content-Length: -1\r\n",
        "Content-Length: 1e1\r\n",
        "Content-Length: 5,5\r\n",
        "Content-Length : 5\r\n",
        "Content-Length: 5\r\n Transfer-Encoding: chunked\r\n",
        "Transfer-Encoding: identity\r\n",
        "Transfer-Encoding:\x0bchunked\r\n",
        "Content-Encoding: gzip\r\nContent-Length: 5\r\n",
        "Host: other\r\n",
        "X: a\nY: b\r\n",
    ] {
        let request = format!("POST / HTTP/1.1\r\nHost: h\r\n{headers}\r\n{SMUGGLED}");
        let reply = send(server.address, request.as_bytes());
        assert_eq!(
            reply.error(),
            (400, "MalformedRequest".to_owned()),
            "{headers:?}"
        );
    }
    for headers in [
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Content-Length: x\r\n",
    ] {
        let request = format!("POST / HTTP/1.1\r\nHost: h\r\n{headers}\r\n{SMUGGLED}");
        send_last(server.address, request.as_bytes());
    }
}

#[test]
fn heads_that_are_none_are_refused() {
    let server = start(|_| {});
    for head in [
        "GET /\r\n\r\n",
        "GET / HTTP/2.0\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\nHost: h\n\n",
        "GET * HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET ftp://h/ HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nX: \u{0}\r\n\r\n",
        "\u{0}\u{1}\u{2}\r\n\r\n",
        "\r\n\r\n\r\n\r\n",
    ] {
        let reply = send(server.address, head.as_bytes());
        assert_eq!(
            reply.error(),
            (400, "MalformedRequest".to_owned()),
            "{head:?}"
        );
    }
    let mut stream = connect(server.address);
    stream.write_all(b"GET / HTTP/1.1\r\nHos").unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    assert_eq!(
        read_reply(&mut stream).unwrap().error().0,
        400,
        "a head without an end"
    );
    let mut stream = connect(server.address);
    stream
        .write_all(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc")
        .unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    assert_eq!(
        read_reply(&mut stream).unwrap().error().0,
        400,
        "a body without an end"
    );
}

#[test]
fn parameters_that_cannot_be_decoded_are_refused() {
    let server = start(|_| {});
    for parameter in [
        "%zz",
        "a=%",
        "a=%00",
        "a=%c0%af",
        "a=%ff",
        "=a",
        "a=1&a=1",
        "a=1&%61=1",
    ] {
        let target = format!("/?{}&{parameter}", query("DescribeSecurityGroups", ""));
        let refused = get(server.address, &target).error();
        assert_eq!(
            refused,
            (400, "MalformedParameter".to_owned()),
            "{parameter}"
        );
        let body = format!("{}&{parameter}", query("DescribeSecurityGroups", ""));
        let length = body.len();
        let request =
            format!("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: {length}\r\n\r\n{body}");
        assert_eq!(
            send(server.address, request.as_bytes()).error().0,
            400,
            "{parameter}"
        );
    }
}

#[test]
fn behind_what_cannot_be_decoded_the_connection_ends() {
    let server = start(|_| {});
    let good = query("DescribeSecurityGroups", "");
    for request in [
        format!("GET /?{good}&a=%zz HTTP/1.1\r\nHost: h\r\n\r\n"),
        format!("GET /?{good}&a=%00 HTTP/1.1\r\nHost: h\r\n\r\n"),
        format!("GET /?{good}&a=%c0%af HTTP/1.1\r\nHost: h\r\n\r\n"),
        format!("GET /?{good}&a=1&a=2 HTTP/1.1\r\nHost: h\r\n\r\n"),
        format!("GET /?{good} HTTP/1.1\r\n\r\n"),
    ] {
        let reply = send_last(server.address, format!("{request}{SMUGGLED}").as_bytes());
        assert_eq!(reply.error().0, 400, "{request}");
    }
    // An error of the API is no fault of the protocol.
    let mut stream = connect(server.address);
    let missing = query("DeleteSecurityGroup", "SecurityGroupId=sg-none");
    let calls = format!("GET /?{missing} HTTP/1.1\r\nHost: h\r\n\r\n{SMUGGLED}");
    stream.write_all(calls.as_bytes()).unwrap();
    assert_eq!(read_reply(&mut stream).unwrap().status, 404);
    assert_eq!(read_reply(&mut stream).unwrap().json()["status"], "ok");
}

#[test]
fn chunked_bodies_are_read_and_bombs_are_not() {
    let server = start(|_| {});
    let body = query("DescribeSecurityGroups", "");
    let (first, second) = body.split_at(9);
    let chunks = |chunks: &str| {
        let head = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n";
        format!("{head}\r\n{chunks}")
    };
    let good = format!(
        "9;x=y\r\n{first}\r\n{:x}\r\n{second}\r\n0\r\n\r\n",
        second.len()
    );
    let reply = send(server.address, chunks(&good).as_bytes());
    assert_eq!(reply.status, 200, "{reply:?}");
    for bomb in [
        "1\r\na\r\n".repeat(100_000),
        format!("1;{}\r\na\r\n0\r\n\r\n", "x".repeat(100_000)),
        "zz\r\n".to_owned(),
        "5\r\nab\r\n0\r\n\r\n".to_owned(),
        "0\r\nTrailer: a\r\n\r\n".to_owned(),
    ] {
        let refused = send(server.address, chunks(&bomb).as_bytes());
        assert_eq!(
            refused.error(),
            (400, "MalformedRequest".to_owned()),
            "{bomb:.20}"
        );
    }
    let huge = send(server.address, chunks("FFFFFFFFFFFFFFFF\r\n").as_bytes());
    assert_eq!(huge.error(), (413, "RequestBodyTooLarge".to_owned()));
}

#[test]
fn a_connection_carries_many_requests_also_at_once() {
    let server = start(|_| {});
    let mut stream = connect(server.address);
    let body = query("DescribeSecurityGroups", "");
    let post = format!(
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let many = format!("GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n{post}\r\n").repeat(50);
    stream.write_all(many.as_bytes()).unwrap();
    for _ in 0..50 {
        assert!(read_reply(&mut stream).unwrap().json()["status"] == "ok");
        assert!(read_reply(&mut stream).unwrap().json()["SecurityGroups"].is_object());
    }
    stream.write_all(b"GET /healthz HTTP/1.0\r\n\r\n").unwrap();
    let last = read_reply(&mut stream).unwrap();
    assert_eq!(last.header("connection"), Some("close"));
    assert!(read_reply(&mut stream).is_none());
}

#[test]
fn a_client_that_asks_first_is_told_to_go_on() {
    let server = start(|_| {});
    let body = query("DescribeSecurityGroups", "");
    let length = body.len();
    let ask = |wish: &str, length: usize| {
        let head = "POST / HTTP/1.1\r\nHost: h\r\n";
        format!("{head}Expect: {wish}\r\nContent-Length: {length}\r\n\r\n")
    };
    let mut stream = connect(server.address);
    stream
        .write_all(ask("100-continue", length).as_bytes())
        .unwrap();
    let mut word = [0; 25];
    std::io::Read::read_exact(&mut stream, &mut word).unwrap();
    assert_eq!(&word, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(body.as_bytes()).unwrap();
    assert_eq!(read_reply(&mut stream).unwrap().status, 200);
    let refused = send(server.address, ask("100-continue", 2 << 20).as_bytes());
    assert_eq!(refused.status, 413, "before the body is sent");
    assert_eq!(
        send(server.address, ask("miracles", 1).as_bytes()).status,
        417
    );
}
