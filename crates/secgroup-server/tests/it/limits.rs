//! Sizes, at both sides of every limit.

use std::io::Write;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use secgroup_server::limits::{
    BODY, HEADER_BLOCK, HEADER_LINES, PARAMETERS, REFUSALS, REQUEST_LINE,
};

use crate::client::{connect, get, query, read_reply, send};
use crate::running::start;

fn is(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

/// Sends a request line of `length` bytes.
fn line(address: SocketAddr, length: usize) -> crate::client::Reply {
    let start = format!("GET /?{}&Description=", query("DescribeSecurityGroups", ""));
    let fill = "a".repeat(length - start.len() - " HTTP/1.1".len());
    let request = format!("{start}{fill} HTTP/1.1\r\nHost: h\r\n\r\n");
    send(address, request.as_bytes())
}

#[test]
fn a_request_line_may_have_a_mebibyte_and_no_more() {
    let server = start(|_| {});
    let reply = line(server.address, REQUEST_LINE);
    assert_eq!(reply.status, 200, "{reply:?}");
    let refused = line(server.address, REQUEST_LINE + 1).error();
    assert_eq!(refused, is(414, "RequestLineTooLong"));
    let mut stream = connect(server.address);
    // Never a line end: the server does not wait for one.
    let _ = stream.write_all(&vec![b'a'; REQUEST_LINE + 2]);
    assert_eq!(
        read_reply(&mut stream).unwrap().error(),
        is(414, "RequestLineTooLong")
    );
}

#[test]
fn header_lines_may_have_sixteen_kibibytes_and_no_more() {
    let server = start(|_| {});
    let block = |length: usize| {
        let rest = "Host: h\r\nX: \r\n\r\n";
        let fill = "v".repeat(length - rest.len());
        let request = format!("GET /healthz HTTP/1.1\r\nHost: h\r\nX: {fill}\r\n\r\n");
        send(server.address, request.as_bytes())
    };
    assert_eq!(block(HEADER_BLOCK).status, 200);
    assert_eq!(
        block(HEADER_BLOCK + 1).error(),
        is(431, "RequestHeaderTooLarge")
    );
    assert_eq!(block(64 << 10).error(), is(431, "RequestHeaderTooLarge"));
    let lines = |count: usize| {
        let lines = "X: v\r\n".repeat(count - 1);
        let request = format!("GET /healthz HTTP/1.1\r\nHost: h\r\n{lines}\r\n");
        send(server.address, request.as_bytes())
    };
    assert_eq!(lines(HEADER_LINES).status, 200);
    assert_eq!(
        lines(HEADER_LINES + 1).error(),
        is(431, "RequestHeaderTooLarge")
    );
}

#[test]
fn a_body_may_have_a_mebibyte_and_no_more() {
    let server = start(|_| {});
    let post = |length: usize| {
        let start = format!("{}&Description=", query("DescribeSecurityGroups", ""));
        let body = format!("{start}{}", "a".repeat(length - start.len()));
        let request =
            format!("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: {length}\r\n\r\n{body}");
        send(server.address, request.as_bytes())
    };
    assert_eq!(post(BODY).status, 200);
    assert_eq!(post(BODY + 1).error(), is(413, "RequestBodyTooLarge"));
}

#[test]
fn the_rest_of_a_body_that_is_too_large_is_not_read() {
    let server = start(|_| {});
    let mut stream = connect(server.address);
    let head = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1073741824\r\n\r\n";
    stream.write_all(head.as_bytes()).unwrap();
    assert_eq!(
        read_reply(&mut stream).unwrap().error(),
        is(413, "RequestBodyTooLarge")
    );
    let began = Instant::now();
    let piece = vec![b'a'; 1 << 20];
    let sent = (0..1024)
        .take_while(|_| stream.write_all(&piece).is_ok())
        .count();
    assert!(sent < 64, "{sent} MiB were taken");
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[test]
fn a_full_call_fits_and_there_may_be_20000_parameters() {
    let server = start(|_| {});
    let fields = [
        "Policy",
        "Priority",
        "IpProtocol",
        "SourceCidrIp",
        "Ipv6SourceCidrIp",
        "SourceGroupId",
        "SourcePrefixListId",
        "PortRange",
        "DestCidrIp",
        "Ipv6DestCidrIp",
        "SourcePortRange",
        "SourceGroupOwnerAccount",
        "SourceGroupOwnerId",
        "NicType",
        "Description",
    ];
    let permissions: Vec<String> = (1..=100)
        .flat_map(|number| fields.map(|field| format!("Permissions.{number}.{field}=")))
        .collect();
    let full = query("AuthorizeSecurityGroup", &permissions.join("&"));
    let reply = get(server.address, &format!("/?{full}"));
    assert_eq!(reply.error().0, 400, "the cloud has seen it");
    assert_ne!(reply.error().1, "MalformedParameter");

    let many = |count: usize| {
        let own = query("DescribeSecurityGroups", "");
        let more: Vec<_> = (own.matches('=').count()..count)
            .map(|one| format!("&p{one}=v"))
            .collect();
        get(server.address, &format!("/?{own}{}", more.concat()))
    };
    assert_eq!(many(PARAMETERS).status, 200);
    assert_eq!(many(PARAMETERS + 1).error(), is(400, "MalformedParameter"));
}

#[test]
fn connections_beyond_the_limit_are_told_to_come_again() {
    let server = start(|options| options.bounds.connections = 2);
    let mut served: Vec<_> = (0..2).map(|_| connect(server.address)).collect();
    for stream in &mut served {
        stream
            .write_all(b"GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n")
            .unwrap();
        assert_eq!(read_reply(stream).unwrap().status, 200);
    }
    // More than are told at the same time, and none of them says anything.
    let silent: Vec<_> = (0..REFUSALS + 4).map(|_| connect(server.address)).collect();
    let refused = get(server.address, "/healthz");
    assert_eq!(refused.error(), is(503, "ServiceUnavailable"));
    assert_eq!(refused.header("retry-after"), Some("1"));
    assert_eq!(refused.header("connection"), Some("close"));
    drop(silent);
    drop(served);
    let deadline = Instant::now() + Duration::from_secs(10);
    while get(server.address, "/healthz").status != 200 {
        assert!(Instant::now() < deadline, "there is room again");
    }
}
