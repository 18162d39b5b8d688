//! Clients that take their time.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use crate::client::{call, connect, get, read_reply};
use crate::running::{Running, start};

/// A server with little patience.
fn server() -> Running {
    start(|options| {
        options.bounds.head = Duration::from_millis(300);
        options.bounds.body = Duration::from_millis(300);
        options.bounds.answer = Duration::from_millis(300);
        options.bounds.idle = Duration::from_millis(600);
    })
}

/// Sends the bytes one by one until the server has enough; returns the status.
fn drip(mut stream: TcpStream, bytes: &[u8]) -> u16 {
    for byte in bytes {
        if stream.write_all(&[*byte]).is_err() {
            break;
        }
        thread::sleep(Duration::from_millis(20));
    }
    let reply = read_reply(&mut stream).expect("an answer");
    assert_eq!(reply.error(), (reply.status, "RequestTimeout".to_owned()));
    assert_eq!(reply.header("connection"), Some("close"));
    reply.status
}

#[test]
fn heads_and_bodies_that_do_not_come_are_given_up() {
    let server = server();
    let began = Instant::now();
    assert_eq!(
        drip(
            connect(server.address),
            b"GET / HTTP/1.1\r\nHost: h\r\nX: abcdefghijk"
        ),
        408
    );
    let mut stalled = connect(server.address);
    stalled.write_all(b"GET / HT").unwrap();
    assert_eq!(read_reply(&mut stalled).unwrap().status, 408);
    for framing in ["Content-Length: 99", "Transfer-Encoding: chunked"] {
        let mut stream = connect(server.address);
        stream
            .write_all(format!("POST / HTTP/1.1\r\nHost: h\r\n{framing}\r\n\r\n").as_bytes())
            .unwrap();
        assert_eq!(drip(stream, &[b'1'; 40]), 408, "{framing}");
    }
    assert!(
        began.elapsed() < Duration::from_secs(8),
        "{:?}",
        began.elapsed()
    );
}

#[test]
fn a_connection_without_a_request_ends_without_an_answer() {
    let server = server();
    let mut silent = connect(server.address);
    let mut used = connect(server.address);
    used.write_all(b"GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n")
        .unwrap();
    assert_eq!(read_reply(&mut used).unwrap().status, 200);
    thread::sleep(Duration::from_millis(400));
    // Still there: between requests only the idle time counts.
    used.write_all(b"GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n")
        .unwrap();
    assert_eq!(read_reply(&mut used).unwrap().status, 200);
    assert!(read_reply(&mut silent).is_none());
    assert!(read_reply(&mut used).is_none());
}

#[test]
fn a_handshake_that_does_not_come_is_given_up() {
    let server = server();
    let mut stream = connect(server.address);
    stream.write_all(&[0x16, 3, 1]).unwrap();
    let began = Instant::now();
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest);
    assert!(began.elapsed() < Duration::from_secs(2));
}

#[test]
fn a_client_that_does_not_take_its_answers_is_given_up() {
    let server = server();
    let mut stream = connect(server.address);
    stream
        .set_write_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    let requests = "GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n".repeat(1000);
    let began = Instant::now();
    let ended = (0..100_000).find_map(|_| stream.write_all(requests.as_bytes()).err());
    assert!(ended.is_some(), "the server took everything");
    assert!(
        began.elapsed() < Duration::from_secs(9),
        "{:?}",
        began.elapsed()
    );
}

#[test]
fn idle_and_slow_clients_do_not_disturb_others() {
    let server = start(|_| {});
    let worst = || {
        let times = (0..200).map(|_| {
            let began = Instant::now();
            assert_eq!(
                call(server.address, "DescribeSecurityGroups", "").status,
                200
            );
            began.elapsed()
        });
        let mut times: Vec<_> = times.collect();
        times.sort_unstable();
        times[197]
    };
    worst();
    let idle: Vec<_> = (0..150).map(|_| connect(server.address)).collect();
    let mut slow: Vec<_> = (0..100).map(|_| connect(server.address)).collect();
    for stream in &mut slow {
        stream.write_all(b"POST / HTTP/1.1\r\nHo").unwrap();
    }
    let crowded = worst();
    assert!(crowded < Duration::from_millis(100), "{crowded:?}");
    assert_eq!(get(server.address, "/healthz").status, 200);
    drop((idle, slow));
}
