//! Keys and signatures.

use std::net::SocketAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use ring::hmac;
use secgroup_model::AccountId;
use secgroup_server::{Clock, Key};

use crate::client::{Reply, get, send};
use crate::running::{Running, start};

pub(crate) fn key() -> Key {
    Key {
        id: "testId".to_owned(),
        secret: "testSecret".to_owned(),
        account: AccountId::new("1234567890123456").unwrap(),
    }
}

const NOW: &str = "2026-11-22T05:05:00Z";

fn server() -> Running {
    start(|options| {
        let mut other = key();
        other.id = "otherId".to_owned();
        other.account = AccountId::new("6543210987654321").unwrap();
        options.keys = vec![key(), other];
        options.clock = Clock::new(|| NOW.parse().unwrap());
    })
}

fn encode(text: &str) -> String {
    let text = utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    [("%2D", "-"), ("%2E", "."), ("%5F", "_"), ("%7E", "~")]
        .iter()
        .fold(text, |text, (from, to)| text.replace(from, to))
}

/// Parameters of a call with everything that is signed, `changes` made to them.
fn parameters<'a>(nonce: &'a str, changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut all = vec![
        ("Action", "CreateSecurityGroup"),
        ("Version", "2014-05-26"),
        ("Format", "JSON"),
        ("RegionId", "cn-hangzhou"),
        ("VpcId", "vpc-1"),
        ("AccessKeyId", "testId"),
        ("SignatureMethod", "HMAC-SHA1"),
        ("SignatureVersion", "1.0"),
        ("SignatureNonce", nonce),
        ("Timestamp", NOW),
    ];
    for (name, value) in changes {
        all.retain(|(known, _)| known != name);
        all.push((name, value));
    }
    all
}

/// Returns the query of a signed call, and the string that was signed.
fn sign(parameters: &[(&str, &str)], secret: &str) -> (String, String) {
    let mut sorted = parameters.to_vec();
    sorted.sort_unstable();
    let pairs: Vec<_> = sorted
        .iter()
        .map(|(n, v)| format!("{}={}", encode(n), encode(v)))
        .collect();
    let string = format!("GET&%2F&{}", encode(&pairs.join("&")));
    let sha256 = parameters.contains(&("SignatureMethod", "HMAC-SHA256"));
    let algorithm = if sha256 {
        hmac::HMAC_SHA256
    } else {
        hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY
    };
    let key = hmac::Key::new(algorithm, format!("{secret}&").as_bytes());
    let signature = STANDARD.encode(hmac::sign(&key, string.as_bytes()));
    (
        format!("{}&Signature={}", pairs.join("&"), encode(&signature)),
        string,
    )
}

fn signed(address: SocketAddr, nonce: &str, changes: &[(&str, &str)]) -> Reply {
    let (query, _) = sign(&parameters(nonce, changes), "testSecret");
    get(address, &format!("/?{query}"))
}

#[test]
fn both_digests_are_accepted_and_every_nonce_once() {
    let server = server();
    for (nonce, method) in [("1", "HMAC-SHA1"), ("2", "HMAC-SHA256")] {
        let changes = [("SignatureMethod", method)];
        let first = signed(server.address, nonce, &changes);
        assert_eq!(first.status, 200, "{first:?}");
        let again = signed(server.address, nonce, &changes).error();
        assert_eq!(again, (400, "SignatureNonceUsed".to_owned()));
    }
    let changes = [("AccessKeyId", "otherId"), ("VpcId", "vpc-2")];
    let other = signed(server.address, "1", &changes);
    assert_eq!(
        other.status, 200,
        "the nonces of another key are others: {other:?}"
    );
}

#[test]
fn a_wrong_secret_is_told_such_that_clients_recognise_it() {
    let server = server();
    let (query, string) = sign(&parameters("1", &[("Description", "a b*~")]), "wrong");
    let refused = get(server.address, &format!("/?{query}"));
    assert_eq!(refused.error(), (400, "SignatureDoesNotMatch".to_owned()));
    let message = refused.json()["Message"].as_str().unwrap().to_owned();
    let (_, said) = message.split_once(':').unwrap();
    assert_eq!(said, string);
    assert!(!message.contains("testSecret"));
    // A wrong signature uses up no nonce.
    assert_eq!(signed(server.address, "1", &[]).status, 200);
}

#[test]
fn unknown_keys_and_missing_parameters_are_told() {
    let server = server();
    let unknown = signed(server.address, "1", &[("AccessKeyId", "nobody")]);
    assert_eq!(
        unknown.error(),
        (404, "InvalidAccessKeyId.NotFound".to_owned())
    );
    for name in ["AccessKeyId", "Timestamp", "SignatureNonce"] {
        let refused = signed(server.address, "1", &[(name, "")]);
        assert_eq!(refused.error(), (400, "MissingParameter".to_owned()));
        let message = refused.json()["Message"].clone();
        assert!(message.as_str().unwrap().contains(name), "{message}");
    }
    let unsigned = get(server.address, "/?Action=A&Version=2014-05-26&Format=JSON");
    assert_eq!(unsigned.error(), (400, "MissingParameter".to_owned()));
}

#[test]
fn a_signature_is_good_for_a_quarter_of_an_hour_each_way() {
    let server = server();
    let at = |nonce, time| signed(server.address, nonce, &[("Timestamp", time)]);
    for (nonce, time) in [("1", "2026-11-22T04:50:00Z"), ("2", "2026-11-22T05:20:00Z")] {
        assert_eq!(at(nonce, time).status, 200, "{time}");
    }
    for time in [
        "2026-11-22T04:49:59Z",
        "2026-11-22T05:20:01Z",
        "0000-01-01T00:00:00Z",
    ] {
        let refused = at("3", time).error();
        assert_eq!(
            refused,
            (400, "InvalidTimeStamp.Expired".to_owned()),
            "{time}"
        );
    }
    for time in [
        "2026-11-22 05:05:00",
        "2026-11-22T05:05Z",
        "now",
        "2026-99-22T05:05:00Z",
    ] {
        let refused = at("3", time).error();
        assert_eq!(
            refused,
            (400, "InvalidTimeStamp.Format".to_owned()),
            "{time}"
        );
    }
}

#[test]
fn ways_to_sign_that_are_not_checked_are_refused_by_name() {
    let server = server();
    let by_parameter = |name, value| signed(server.address, "1", &[(name, value)]);
    let by_header = |header: &str| {
        let request = format!(
            "POST / HTTP/1.1\r\nHost: h\r\nx-acs-action: DescribeVpcs\r\n\
             x-acs-version: 2014-05-26\r\n{header}\r\nContent-Length: 0\r\n\r\n"
        );
        send(server.address, request.as_bytes())
    };
    for (reply, name) in [
        (by_parameter("SignatureMethod", "HMAC-SM3"), "HMAC-SM3"),
        (by_parameter("SignatureType", "BEARERTOKEN"), "BEARERTOKEN"),
        (by_parameter("SignatureType", "PRIVATEKEY"), "PRIVATEKEY"),
        (
            by_header("Authorization: ACS3-HMAC-SM3 Credential=a"),
            "ACS3-HMAC-SM3",
        ),
        (
            by_header("Authorization: ACS3-RSA-SHA256 Credential=a"),
            "ACS3-RSA-SHA256",
        ),
        (by_header("Authorization: Bearer abc"), "Bearer"),
        (
            by_header("x-acs-signature-type: BEARERTOKEN"),
            "BEARERTOKEN",
        ),
    ] {
        assert_eq!(
            reply.error(),
            (400, "UnsupportedSignatureMethod".to_owned())
        );
        let message = reply.json()["Message"].clone();
        assert!(message.as_str().unwrap().contains(name), "{message}");
    }
}

#[test]
fn an_account_sees_what_is_its_own() {
    let server = server();
    let mine = signed(server.address, "1", &[]).json()["SecurityGroupId"].clone();
    let list = |nonce, id| {
        let changes = [("Action", "DescribeSecurityGroups"), ("AccessKeyId", id)];
        signed(server.address, nonce, &changes).json()["SecurityGroups"]["SecurityGroup"].clone()
    };
    assert_eq!(list("2", "testId")[0]["SecurityGroupId"], mine);
    assert_eq!(list("3", "otherId"), serde_json::json!([]));
}

#[test]
fn without_keys_nothing_about_signatures_is_checked() {
    let server = start(|_| {});
    for changes in [
        [("AccessKeyId", "nobody"), ("Timestamp", "never")],
        [("SignatureMethod", "none"), ("SignatureNonce", "")],
    ] {
        assert_eq!(signed(server.address, "1", &changes).status, 200);
        assert_eq!(
            signed(server.address, "1", &changes).status,
            200,
            "the same nonce again"
        );
    }
}
