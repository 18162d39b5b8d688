//! The end of a server.

use std::io::Write;
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use crate::client::{connect, get, read_reply};
use crate::running::{Pad, start};

const HEALTH: &[u8] = b"GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n";

#[test]
fn requests_in_flight_are_finished_and_idle_connections_closed() {
    let server = start(|_| {});
    let mut idle = connect(server.address);
    idle.write_all(HEALTH).unwrap();
    assert_eq!(read_reply(&mut idle).unwrap().status, 200);
    let mut silent = connect(server.address);
    let mut begun = connect(server.address);
    begun.write_all(&HEALTH[..10]).unwrap();
    thread::sleep(Duration::from_millis(200));

    server.tell();
    assert!(read_reply(&mut idle).is_none());
    assert!(read_reply(&mut silent).is_none());
    begun.write_all(&HEALTH[10..]).unwrap();
    let last = read_reply(&mut begun).unwrap();
    assert_eq!(
        (last.status, last.header("connection")),
        (200, Some("close"))
    );
    let address = server.address;
    drop(begun);
    server.stop().unwrap();
    assert!(
        TcpStream::connect(address).is_err(),
        "nobody listens any more"
    );
}

#[test]
fn requests_that_take_too_long_are_given_up() {
    let log = Pad::default();
    let server = start(|options| {
        options.bounds.grace = Duration::from_millis(300);
        options.log = Some(Box::new(log.clone()));
    });
    let mut begun = connect(server.address);
    begun.write_all(&HEALTH[..10]).unwrap();
    assert_eq!(get(server.address, "/healthz").status, 200);
    thread::sleep(Duration::from_millis(200));
    let began = Instant::now();
    server.stop().unwrap();
    let took = began.elapsed();
    assert!(
        (Duration::from_millis(250)..Duration::from_secs(3)).contains(&took),
        "{took:?}"
    );
    assert!(log.text().contains("given up"), "{}", log.text());
    assert!(read_reply(&mut begun).is_none());
}
