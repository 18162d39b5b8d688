//! Requests as the official clients sent them, signed with `testSecret`.

use std::net::SocketAddr;

use secgroup_server::Clock;

use crate::client::{Reply, send};
use crate::running::{Running, start};
use crate::signatures::key;

/// Clients with what they call, and requests with line feeds for line ends.
const RECORDED: [(&str, &str); 13] = [
    (
        "Tea for Python: CreateSecurityGroup",
        r#"POST /?ClientToken=tok-1&Description=d%2F1%262%3D3&RegionId=cn-hangzhou&SecurityGroupName=%E5%90%8D+a%2Ab~c%2Bd+e&SecurityGroupType=normal&Tag.1.Key=k1&Tag.1.Value=v1&Tag.2.Key=k2&Tag.2.Value=&VpcId=vpc-1 HTTP/1.1
Accept-Encoding: identity
host: 127.0.0.1:34915
x-acs-version: 2014-05-26
x-acs-action: CreateSecurityGroup
user-agent: AlibabaCloud (Linux; x86_64) Python/3.11.7 Core/0.4.3 TeaDSL/2
x-acs-date: 2026-11-22T05:04:22Z
x-acs-signature-nonce: 0069c47779505d7dbb9e5766d2f00f0a
accept: application/json
x-acs-content-sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
x-acs-credentials-provider: static_ak
Authorization: ACS3-HMAC-SHA256 Credential=testId,SignedHeaders=accept;host;user-agent;x-acs-action;x-acs-content-sha256;x-acs-credentials-provider;x-acs-date;x-acs-signature-nonce;x-acs-version,Signature=f4fc8049133f98b313244c32f5b9812e00e8b3aa5e0baf2e647ffabceb1d47c1
Content-Length: 0

"#,
    ),
    (
        "Tea for Python, older signatures: CreateSecurityGroup",
        r#"POST /?Action=CreateSecurityGroup&Format=json&Version=2014-05-26&Timestamp=2026-11-22T05%3A04%3A24Z&SignatureNonce=73874392868bd28711138156475d67eb&ClientToken=tok-1&Description=d%2F1%262%3D3&RegionId=cn-hangzhou&SecurityGroupName=%E5%90%8D+a%2Ab~c%2Bd+e&SecurityGroupType=normal&Tag.1.Key=k1&Tag.1.Value=v1&Tag.2.Key=k2&Tag.2.Value=&VpcId=vpc-1&SignatureMethod=HMAC-SHA1&SignatureVersion=1.0&AccessKeyId=testId&Signature=tXiteSKP1LOObQlCfP6%2FAFjswww%3D HTTP/1.1
Accept-Encoding: identity
host: 127.0.0.1:34915
x-acs-version: 2014-05-26
x-acs-action: CreateSecurityGroup
user-agent: AlibabaCloud (Linux; x86_64) Python/3.11.7 Core/0.4.3 TeaDSL/2
x-acs-credentials-provider: static_ak
Content-Length: 0

"#,
    ),
    (
        "Tea for Python, temporary key: JoinSecurityGroup",
        r#"POST /?InstanceId=i-1&SecurityGroupId=sg-bp67acfmxazb4p0001 HTTP/1.1
Accept-Encoding: identity
host: 127.0.0.1:34915
x-acs-version: 2014-05-26
x-acs-action: JoinSecurityGroup
user-agent: AlibabaCloud (Linux; x86_64) Python/3.11.7 Core/0.4.3 TeaDSL/2
x-acs-date: 2026-11-22T05:04:24Z
x-acs-signature-nonce: 58d2f5ddca4f0adcc21a04f3f89c80bd
accept: application/json
x-acs-content-sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
x-acs-credentials-provider: static_sts
x-acs-accesskey-id: testId
x-acs-security-token: stsTok
Authorization: ACS3-HMAC-SHA256 Credential=testId,SignedHeaders=accept;host;user-agent;x-acs-accesskey-id;x-acs-action;x-acs-content-sha256;x-acs-credentials-provider;x-acs-date;x-acs-security-token;x-acs-signature-nonce;x-acs-version,Signature=76b989ce554b5f1c57c76346d0ce5653f861ab4c2fc68443773ce7d3619a74e3
Content-Length: 0

"#,
    ),
    (
        "Tea for Python, generic call: JoinSecurityGroup",
        r#"POST / HTTP/1.1
Accept-Encoding: identity
host: 127.0.0.1:34915
x-acs-version: 2014-05-26
x-acs-action: JoinSecurityGroup
user-agent: AlibabaCloud (Linux; x86_64) Python/3.11.7 Core/0.4.3 TeaDSL/2
x-acs-date: 2026-11-22T05:04:24Z
x-acs-signature-nonce: 742d183e072611a21da0e4ef6a051617
accept: application/json
content-type: application/x-www-form-urlencoded
x-acs-content-sha256: f8eaf552544b60eeae13cd9f2da7dde96ab61ec2861c4b15d5f20997da3db79f
x-acs-credentials-provider: static_ak
Authorization: ACS3-HMAC-SHA256 Credential=testId,SignedHeaders=accept;content-type;host;user-agent;x-acs-action;x-acs-content-sha256;x-acs-credentials-provider;x-acs-date;x-acs-signature-nonce;x-acs-version,Signature=6e0ef40c8c5a2995ccd1149f653e678a02c10358538cfd3331b0af02e555b714
Content-Length: 66

InstanceId=i-1&L.1=a&L.2=b+c&SecurityGroupId=sg-bp67acfmxazb4p0001"#,
    ),
    (
        "classic Python: CreateSecurityGroup",
        r#"POST /?VpcId=vpc-1&SecurityGroupName=%E5%90%8D%20a%2Ab~c%2Bd%20e&Description=d%2F1%262%3D3&SecurityGroupType=normal&Tag.1.Value=v1&Tag.1.Key=k1&Version=2014-05-26&Action=CreateSecurityGroup&Format=JSON&RegionId=cn-hangzhou&Timestamp=2026-11-22T05%3A05%3A33Z&SignatureMethod=HMAC-SHA1&SignatureType=&SignatureVersion=1.0&SignatureNonce=4355a1e4143e008d010714065e0b5cb5&AccessKeyId=testId&Signature=YKBNSmt0Q5HEueYb9DSsKYsdsuE%3D HTTP/1.1
Host: 127.0.0.1:35049
Accept-Encoding: identity
Accept: */*
Connection: keep-alive
x-acs-action: CreateSecurityGroup
x-acs-version: 2014-05-26
x-sdk-invoke-type: normal
x-sdk-client: python/2.0.0
Content-Length: 0

"#,
    ),
    (
        "classic Python: AuthorizeSecurityGroup(Permissions)",
        r#"POST /?SecurityGroupId=sg-bp67acfmxazb4p0001&Permissions.1.Priority=5&Permissions.1.IpProtocol=TCP&Permissions.1.SourceCidrIp=10.0.0.0%2F8&Permissions.1.PortRange=22%2F22&Permissions.2.IpProtocol=UDP&Permissions.2.SourceCidrIp=10.0.0.0%2F8&Permissions.2.PortRange=53%2F53&Version=2014-05-26&Action=AuthorizeSecurityGroup&Format=JSON&RegionId=cn-hangzhou&Timestamp=2026-11-22T05%3A05%3A33Z&SignatureMethod=HMAC-SHA1&SignatureType=&SignatureVersion=1.0&SignatureNonce=c3fa543d3f8a691053107be702ce7b9f&AccessKeyId=testId&Signature=kNA%2FdU055xjrSUJYVBxZfPKF8Ng%3D HTTP/1.1
Host: 127.0.0.1:35049
Accept: */*
Content-Length: 0

"#,
    ),
    (
        "classic Python: CommonRequest-body",
        r#"POST /?Version=2014-05-26&Action=JoinSecurityGroup&Format=JSON&RegionId=cn-hangzhou&Timestamp=2026-11-22T05%3A05%3A35Z&SignatureMethod=HMAC-SHA1&SignatureType=&SignatureVersion=1.0&SignatureNonce=3131b1e0abbc32cc91d342d25c222d1d&AccessKeyId=testId&Signature=ClW7YW1tBzyVjfClptsGAiEOWBE%3D HTTP/1.1
Host: 127.0.0.1:35049
Accept-Encoding: identity
Accept: */*
Connection: keep-alive
x-sdk-invoke-type: common
x-acs-version: 2014-05-26
x-acs-action: JoinSecurityGroup
Content-Type: application/x-www-form-urlencoded
x-sdk-client: python/2.0.0
Content-MD5: gI9Z6sNyOdTHAOa8JbsXQg==
Content-Length: 57

SecurityGroupId=sg-bp67acfmxazb4p0001&Description=a+b%2A~"#,
    ),
    (
        "classic Python: CommonRequest-GET",
        r#"GET /?Version=2014-05-26&Action=DescribeRegions&Format=JSON&RegionId=cn-hangzhou&Timestamp=2026-11-22T05%3A05%3A35Z&SignatureMethod=HMAC-SHA1&SignatureType=&SignatureVersion=1.0&SignatureNonce=54ff6019a013c2846b14432f18dbbcc7&AccessKeyId=testId&Signature=iMUVo73aKdScl0PTIjzEV7dw1SA%3D HTTP/1.1
Host: 127.0.0.1:35049
Accept-Encoding: identity
Accept: */*
Connection: keep-alive
x-sdk-invoke-type: common
x-acs-version: 2014-05-26
x-acs-action: DescribeRegions
x-sdk-client: python/2.0.0

"#,
    ),
    (
        "classic Python: STS",
        r#"POST /?SecurityGroupId=sg-bp67acfmxazb4p0001&InstanceId=i-1&SecurityToken=stsTok&Version=2014-05-26&Action=JoinSecurityGroup&Format=JSON&RegionId=cn-hangzhou&Timestamp=2026-11-22T05%3A05%3A35Z&SignatureMethod=HMAC-SHA1&SignatureType=&SignatureVersion=1.0&SignatureNonce=fef7d2acba0abc23ff69f3e8a2ed81cc&AccessKeyId=testId&Signature=vWM570FaX2tkiUt7BFjfVPx6l0Q%3D HTTP/1.1
Host: 127.0.0.1:35049
Accept-Encoding: identity
Accept: */*
Connection: keep-alive
x-acs-action: JoinSecurityGroup
x-acs-version: 2014-05-26
x-sdk-invoke-type: normal
x-sdk-client: python/2.0.0
Content-Length: 0

"#,
    ),
    (
        "Tea for Node: CreateSecurityGroup",
        r#"POST /?Description=d%2F1%262%3D3!%27()&RegionId=cn-hangzhou&SecurityGroupName=%E5%90%8D%20a*b~c%2Bd%20e&ServiceManaged=false&Tag.1.Key=k&Tag.1.Value=v&VpcId=vpc-1 HTTP/1.1
host: 127.0.0.1:42499
x-acs-version: 2014-05-26
x-acs-action: CreateSecurityGroup
user-agent: AlibabaCloud (linux; x64) Node.js/v20.20.2 Core/1.0.1 TeaDSL/2
x-acs-date: 2026-11-22T05:06:19Z
x-acs-signature-nonce: 0a80f30d7675fb16d21b8e542b5bcced265c0a4bcbd9d4b476e8fee5fabafa6c
accept: application/json
x-acs-content-sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
x-acs-credentials-provider: static_ak
Authorization: ACS3-HMAC-SHA256 Credential=testId,SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-credentials-provider;x-acs-date;x-acs-signature-nonce;x-acs-version,Signature=b9c9c9e577f8dcefa3bcd09ee19bd7669e36083dc8d6d091cb8d868a6b6f1ce6
Connection: keep-alive
Content-Length: 0

"#,
    ),
    (
        "pop-core for Node: DescribeSecurityGroups",
        r#"GET /?AccessKeyId=testId&Action=DescribeSecurityGroups&Format=JSON&RegionId=cn-hangzhou&SignatureMethod=HMAC-SHA1&SignatureNonce=3571576c2bffd1d3ac6434ade2a47e1c&SignatureVersion=1.0&Tag.1.Key=k&Tag.1.Value=v%21%27%28%29%2A&Timestamp=2026-11-22T05%3A06%3A19Z&Version=2014-05-26&Signature=D8TAF6raxaJpPqygKKjRdS3Om7I%3D HTTP/1.1
x-sdk-client: Node.js(v20.20.2), @alicloud/pop-core: 1.8.0
user-agent: AlibabaCloud (linux; x64) Node.js/v20.20.2 Core/1.8.0
x-acs-action: DescribeSecurityGroups
x-acs-version: 2014-05-26
Host: 127.0.0.1:42499
Connection: keep-alive

"#,
    ),
    (
        "pop-core for Node: AuthorizeSecurityGroup",
        r#"POST / HTTP/1.1
x-sdk-client: Node.js(v20.20.2), @alicloud/pop-core: 1.8.0
user-agent: AlibabaCloud (linux; x64) Node.js/v20.20.2 Core/1.8.0
x-acs-action: AuthorizeSecurityGroup
x-acs-version: 2014-05-26
content-type: application/x-www-form-urlencoded
Host: 127.0.0.1:42499
Connection: keep-alive
Content-Length: 412

AccessKeyId=testId&Action=AuthorizeSecurityGroup&Format=JSON&Permissions.1.IpProtocol=TCP&Permissions.1.PortRange=22%2F22&Permissions.1.SourceCidrIp=10.0.0.0%2F8&RegionId=cn-hangzhou&SecurityGroupId=sg-bp67acfmxazb4p0001&SignatureMethod=HMAC-SHA1&SignatureNonce=e5bcbc684c67750bb3da557118a937e7&SignatureVersion=1.0&Timestamp=2026-11-22T05%3A06%3A19Z&Version=2014-05-26&Signature=hiG9BDWysipaelTe6t7hKo6%2BsqA%3D"#,
    ),
    (
        "pop-core for Node: joinSecurityGroup",
        r#"POST / HTTP/1.1
x-sdk-client: Node.js(v20.20.2), @alicloud/pop-core: 1.8.0
user-agent: AlibabaCloud (linux; x64) Node.js/v20.20.2 Core/1.8.0
x-acs-action: joinSecurityGroup
x-acs-version: 2014-05-26
content-type: application/x-www-form-urlencoded
Host: 127.0.0.1:42499
Connection: keep-alive
Content-Length: 285

AccessKeyId=testId&Action=JoinSecurityGroup&Format=JSON&SecurityGroupId=sg-bp67acfmxazb4p0001&SignatureMethod=HMAC-SHA1&SignatureNonce=50d3d2a2f29f0257be633bc20933fa2b&SignatureVersion=1.0&Timestamp=2026-11-22T05%3A06%3A19Z&Version=2014-05-26&Signature=qPVTvMvSrwPlhmKtZHOhJyrp%2BZ0%3D"#,
    ),
];

/// A server whose time is that of the recording.
fn server() -> Running {
    start(|options| {
        options.keys.push(key());
        options.clock = Clock::new(|| "2026-11-22T05:05:00Z".parse().unwrap());
    })
}

fn replay(address: SocketAddr, request: &str) -> Reply {
    let (head, body) = request.split_once("\n\n").unwrap();
    let head = head.replace('\n', "\r\n");
    send(address, format!("{head}\r\n\r\n{body}").as_bytes())
}

#[test]
fn signatures_of_all_clients_are_understood() {
    let server = server();
    for (name, request) in RECORDED {
        let first = replay(server.address, request);
        // What the cloud says about ids it has never seen is its business.
        assert!(
            !SIGNATURE_ERRORS.contains(&code(&first).as_str()),
            "{name}: {first:?}"
        );
        let again = replay(server.address, request);
        assert_eq!(
            (again.status, code(&again)),
            (400, "SignatureNonceUsed".to_owned()),
            "{name}"
        );
    }
}

#[test]
fn a_recorded_request_that_was_changed_is_refused() {
    let server = server();
    for (name, request) in RECORDED {
        for (from, to) in [
            ("cn-hangzhou", "cn-shanghai"),
            ("InstanceId=i-1", "InstanceId=i-2"),
            ("sg-bp67", "sg-bp68"),
        ] {
            if request.contains(from) {
                let refused = replay(server.address, &request.replace(from, to));
                assert_eq!(
                    (refused.status, code(&refused).as_str()),
                    (400, "SignatureDoesNotMatch"),
                    "{name}"
                );
                assert!(
                    refused.text().contains("server string to sign is:"),
                    "{name}: {refused:?}"
                );
            }
        }
    }
}

const SIGNATURE_ERRORS: [&str; 8] = [
    "SignatureDoesNotMatch",
    "IncompleteSignature",
    "UnsupportedSignatureMethod",
    "InvalidAccessKeyId.NotFound",
    "InvalidTimeStamp.Expired",
    "InvalidTimeStamp.Format",
    "SignatureNonceUsed",
    "MalformedRequest",
];

fn code(reply: &Reply) -> String {
    if reply.status == 200 {
        String::new()
    } else {
        reply.error().1
    }
}
