//! A client that sends exactly what a test wants.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

/// What a server has answered.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.headers.iter();
        let line = lines.find(|(known, _)| known.eq_ignore_ascii_case(name));
        line.map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        let kind = self.header("content-type");
        assert_eq!(kind, Some("application/json;charset=utf-8"), "{self:?}");
        serde_json::from_slice(&self.body).unwrap()
    }

    /// Returns the status and code of an error, after its form was checked.
    #[track_caller]
    pub(crate) fn error(&self) -> (u16, String) {
        let body = self.json();
        for field in ["RequestId", "HostId", "Code", "Message", "Recommend"] {
            assert!(body[field].is_string(), "{field} in {body}");
        }
        assert!((400..600).contains(&self.status), "{self:?}");
        assert_eq!(self.header("x-acs-request-id"), body["RequestId"].as_str());
        (self.status, body["Code"].as_str().unwrap().to_owned())
    }
}

pub(crate) fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

/// Reads one answer; nothing if the connection ended instead.
pub(crate) fn read_reply(stream: &mut impl Read) -> Option<Reply> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte) {
            Ok(0) if head.is_empty() => return None,
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => return None,
            read => assert_eq!(
                read.unwrap(),
                1,
                "cut: {:?}",
                String::from_utf8_lossy(&head)
            ),
        }
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    let mut lines = head.split("\r\n");
    let status = lines
        .next()
        .unwrap()
        .split(' ')
        .nth(1)
        .unwrap()
        .parse()
        .unwrap();
    let headers: Vec<_> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let mut reply = Reply {
        status,
        headers,
        body: Vec::new(),
    };
    let length = reply.header("content-length").unwrap().parse().unwrap();
    reply.body = vec![0; length];
    stream.read_exact(&mut reply.body).unwrap();
    Some(reply)
}

/// Sends bytes on a connection of their own, and reads the answer.
#[track_caller]
pub(crate) fn send(address: SocketAddr, bytes: &[u8]) -> Reply {
    let mut stream = connect(address);
    // A server that has heard enough answers before the end.
    let _ = stream.write_all(bytes);
    read_reply(&mut stream).expect("an answer")
}

/// Sends bytes and expects one answer, behind which the connection ends.
#[track_caller]
pub(crate) fn send_last(address: SocketAddr, bytes: &[u8]) -> Reply {
    let mut stream = connect(address);
    let _ = stream.write_all(bytes);
    let reply = read_reply(&mut stream).expect("an answer");
    assert_eq!(reply.header("connection"), Some("close"), "{reply:?}");
    assert!(
        read_reply(&mut stream).is_none(),
        "nothing behind {reply:?}"
    );
    reply
}

/// Gets a target.
#[track_caller]
pub(crate) fn get(address: SocketAddr, target: &str) -> Reply {
    let request = format!("GET {target} HTTP/1.1\r\nHost: {address}\r\n\r\n");
    send(address, request.as_bytes())
}

/// The query of a call of ECS that is answered in JSON.
pub(crate) fn query(action: &str, parameters: &str) -> String {
    let and = if parameters.is_empty() { "" } else { "&" };
    format!("Action={action}&Version=2014-05-26&Format=JSON&RegionId=cn-hangzhou{and}{parameters}")
}

/// Makes a call of ECS.
#[track_caller]
pub(crate) fn call(address: SocketAddr, action: &str, parameters: &str) -> Reply {
    get(address, &format!("/?{}", query(action, parameters)))
}

/// Creates a security group, and returns its id.
#[track_caller]
pub(crate) fn create_group(address: SocketAddr) -> String {
    let reply = call(address, "CreateSecurityGroup", "VpcId=vpc-1");
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.json()["SecurityGroupId"].as_str().unwrap().to_owned()
}

/// Returns the ids of all security groups, the latest first or last.
#[track_caller]
pub(crate) fn groups(address: SocketAddr) -> Vec<String> {
    let reply = call(address, "DescribeSecurityGroups", "PageSize=50");
    let body = reply.json();
    let groups = body["SecurityGroups"]["SecurityGroup"].as_array().unwrap();
    let ids = groups
        .iter()
        .map(|group| group["SecurityGroupId"].as_str().unwrap().to_owned());
    ids.collect()
}
