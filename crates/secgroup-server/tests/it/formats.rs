//! Methods, targets, formats and errors of well-formed requests.

use std::io::Write;

use crate::client::{call, connect, create_group, get, query, read_reply, send};
use crate::running::start;

#[test]
fn query_and_form_make_one_call() {
    let server = start(|_| {});
    let address = server.address;
    let post = |query: &str, body: &str, kind: &str| {
        let length = body.len();
        let request = format!(
            "POST /?{query} HTTP/1.1\r\nHost: h\r\n{kind}Content-Length: {length}\r\n\r\n{body}"
        );
        send(address, request.as_bytes())
    };
    let form = "Content-Type: application/x-www-form-urlencoded; charset=UTF-8\r\n";
    let all = query("CreateSecurityGroup", "VpcId=vpc-1");
    let (first, second) = all.split_once('&').unwrap();
    for (query, body, kind) in [
        (all.as_str(), "", ""),
        (&all, "", form),
        (&all, "", "Content-Type: application/json\r\n"),
        ("", &all, form),
        (first, second, form),
        (second, first, ""),
    ] {
        let reply = post(query, body, kind);
        assert_eq!(reply.status, 200, "{reply:?}");
        let id = reply.json()["RequestId"].as_str().unwrap().to_owned();
        assert_eq!(reply.header("x-acs-request-id"), Some(id.as_str()));
    }
    for kind in [
        "application/json",
        "text/plain",
        "multipart/form-data; boundary=a",
    ] {
        let kind = format!("Content-Type: {kind}\r\n");
        let refused = post(&all, "{}", &kind).error();
        assert_eq!(refused, (415, "UnsupportedMediaType".to_owned()));
    }
    let twice = post(&all, "RegionId=a", form).error();
    assert_eq!(twice, (400, "MalformedParameter".to_owned()));
}

#[test]
fn action_and_version_may_stand_in_headers_but_parameters_go_first() {
    let server = start(|_| {});
    let with = |query: &str, action: &str, version: &str| {
        let request = format!(
            "POST /?{query} HTTP/1.1\r\nHost: h\r\nx-acs-action: {action}\r\n\
             x-acs-version: {version}\r\nContent-Length: 0\r\n\r\n"
        );
        send(server.address, request.as_bytes())
    };
    let by_header = with(
        "RegionId=cn-hangzhou",
        "describeSecurityGroups",
        "2014-05-26",
    );
    assert_eq!(by_header.status, 200, "{by_header:?}");
    assert!(
        by_header.json()["SecurityGroups"].is_object(),
        "JSON without Format"
    );
    let both = with(
        &query("DescribeSecurityGroups", ""),
        "Nothing",
        "2000-01-01",
    );
    assert_eq!(both.status, 200, "{both:?}");
    let missing = with("RegionId=cn-hangzhou", "", "2014-05-26");
    assert_eq!(missing.status, 400);
    assert!(
        missing.text().contains("<Code>MissingParameter</Code>"),
        "{missing:?}"
    );
}

#[test]
fn targets_may_be_absolute_and_name_any_host() {
    let server = start(|_| {});
    let query = query("DescribeSecurityGroups", "");
    let target = format!("http://ecs-cn-hangzhou.aliyuncs.com/?{query}");
    assert_eq!(get(server.address, &target).status, 200);
    let wrong = get(
        server.address,
        "http://ecs.aliyuncs.com/?Action=Nothing&Version=2014-05-26&Format=JSON",
    );
    assert_eq!(wrong.json()["HostId"], "ecs.aliyuncs.com");
    let wrong = get(
        server.address,
        "/?Action=Nothing&Version=2014-05-26&Format=json",
    );
    assert_eq!(wrong.error(), (404, "InvalidAction.NotFound".to_owned()));
    assert_eq!(wrong.json()["HostId"], server.address.to_string());
}

#[test]
fn the_protocol_has_errors_of_its_own() {
    let server = start(|_| {});
    let error = |target: &str| get(server.address, target).error();
    let is = |status, code: &str| (status, code.to_owned());
    assert_eq!(error("/v1/?Action=a"), is(404, "InvalidAction.NotFound"));
    assert_eq!(error("/?Format=JSON"), is(400, "MissingParameter"));
    let message = get(server.address, "/?Format=JSON").json()["Message"].clone();
    assert!(
        message.as_str().unwrap().contains("\"Action\""),
        "{message}"
    );
    let message = get(server.address, "/?Format=JSON&Action=A").json()["Message"].clone();
    assert!(
        message.as_str().unwrap().contains("\"Version\""),
        "{message}"
    );
    let version = "/?Format=JSON&Action=DescribeVpcs&Version=2014-05-27";
    assert_eq!(error(version), is(400, "InvalidVersion"));
    assert_eq!(error("/?Format=YAML"), is(400, "InvalidParameter.Format"));
    for method in ["PUT", "DELETE", "OPTIONS", "CONNECT", "get"] {
        let request = format!("{method} / HTTP/1.1\r\nHost: h\r\n\r\n");
        let reply = send(server.address, request.as_bytes());
        assert_eq!(reply.error(), is(405, "UnsupportedHTTPMethod"));
        assert_eq!(reply.header("allow"), Some("GET, POST"));
    }
}

#[test]
fn an_answer_to_head_has_no_body() {
    let server = start(|_| {});
    let mut stream = connect(server.address);
    stream
        .write_all(b"HEAD / HTTP/1.1\r\nHost: h\r\n\r\nGET /healthz HTTP/1.1\r\nHost: h\r\n\r\n")
        .unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        std::io::Read::read_exact(&mut stream, &mut byte).unwrap();
        head.push(byte[0]);
    }
    assert!(head.starts_with(b"HTTP/1.1 405 "));
    assert_eq!(
        read_reply(&mut stream).unwrap().status,
        200,
        "the next answer follows at once"
    );
}

#[test]
fn answers_are_xml_unless_json_is_wanted_5_0_1() {
    let server = start(|_| {});
    let group = create_group(server.address);
    let xml = "text/xml;charset=utf-8";
    let plain = "/?Action=DescribeSecurityGroups&Version=2014-05-26&RegionId=cn-hangzhou";
    for (target, kind) in [
        (plain.to_owned(), xml),
        (format!("{plain}&Format="), xml),
        (format!("{plain}&Format=xml"), xml),
        (
            format!("{plain}&Format=JSON"),
            "application/json;charset=utf-8",
        ),
    ] {
        let reply = get(server.address, &target);
        assert_eq!(
            (reply.status, reply.header("content-type")),
            (200, Some(kind)),
            "{target}"
        );
        let root = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><DescribeSecurityGroupsResponse>";
        assert_eq!(reply.text().starts_with(root), kind == xml, "{reply:?}");
        assert!(reply.text().contains(&group));
    }
    let wanted = format!("<SecurityGroupId>{group}</SecurityGroupId>");
    let reply = get(server.address, plain);
    let (_, inner) = reply
        .text()
        .split_once("<SecurityGroups><SecurityGroup>")
        .unwrap();
    assert!(inner.contains(&wanted), "{inner}");
    let error = get(server.address, "/?Action=Nothing&Version=2014-05-26");
    assert_eq!(error.status, 404);
    assert!(
        error
            .text()
            .contains("<Error><Code>InvalidAction.NotFound</Code>"),
        "{error:?}"
    );
}

#[test]
fn health_is_told_without_a_key() {
    let server = start(|options| options.keys.push(crate::signatures::key()));
    let health = || get(server.address, "/healthz").json();
    let body = health();
    assert_eq!(
        (&body["status"], &body["version"]),
        (&"ok".into(), &env!("CARGO_PKG_VERSION").into())
    );
    assert!(
        body["uptime"].is_u64() && body["revision"].is_u64(),
        "{body}"
    );
    let server = start(|_| {});
    let before = get(server.address, "/healthz").json()["revision"].clone();
    create_group(server.address);
    assert_ne!(get(server.address, "/healthz").json()["revision"], before);
}

#[test]
fn parameters_of_users_come_back_as_they_were_sent() {
    let server = start(|_| {});
    let text = "a%20b%2Bc%26%3C%E5%90%8D";
    let reply = call(
        server.address,
        "CreateSecurityGroup",
        &format!("VpcId=vpc-1&Description={text}"),
    );
    assert_eq!(reply.status, 200, "{reply:?}");
    let groups = call(server.address, "DescribeSecurityGroups", "").json();
    assert_eq!(
        groups["SecurityGroups"]["SecurityGroup"][0]["Description"],
        "a b+c&<名"
    );
    let xml = get(
        server.address,
        "/?Action=DescribeSecurityGroups&Version=2014-05-26&RegionId=cn-hangzhou",
    );
    assert!(
        xml.text()
            .contains("<Description>a b+c&amp;&lt;名</Description>"),
        "{xml:?}"
    );
}
