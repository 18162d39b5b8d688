//! Signatures over the parameters: `Signature`, `SignatureMethod` and the like.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;

use super::{Claim, Signed, canonical, does_not_match, encode, unsupported};
use crate::refusal::Refusal;

/// Returns what the parameters claim; all that is signed must be there.
pub(super) fn claim<'a>(signed: &Signed<'a>) -> Result<Claim<'a>, Refusal> {
    let wanted = |name| signed.sent.get(name).ok_or_else(|| Refusal::missing(name));
    let claim = Claim {
        key_id: wanted("AccessKeyId")?,
        time: wanted("Timestamp")?,
        nonce: wanted("SignatureNonce")?,
    };
    wanted("Signature")?;
    match signed.sent.get("SignatureVersion") {
        None | Some("1.0") => Ok(claim),
        Some(_) => {
            let message = "Specified parameter SignatureVersion is not valid.";
            Err(Refusal::new(
                400,
                "InvalidParameter.SignatureVersion",
                message,
            ))
        }
    }
}

/// Checks the signature.
pub(super) fn verify(signed: &Signed<'_>, secret: &str) -> Result<(), Refusal> {
    let algorithm = match signed.sent.get("SignatureMethod") {
        None | Some("HMAC-SHA1") => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        Some("HMAC-SHA256") => hmac::HMAC_SHA256,
        Some(other) => return Err(unsupported(other)),
    };
    let string = string_to_sign(signed);
    let key = hmac::Key::new(algorithm, format!("{secret}&").as_bytes());
    let signature = signed.sent.get("Signature").unwrap_or_default();
    // What is not Base64 is no signature of anything.
    let signature = STANDARD.decode(signature).unwrap_or_default();
    hmac::verify(&key, string.as_bytes(), &signature).map_err(|_| does_not_match(&string))
}

fn string_to_sign(signed: &Signed<'_>) -> String {
    let pairs = signed.sent.iter().filter(|(name, _)| *name != "Signature");
    // The path is always a slash, and not that of the request.
    format!("{}&%2F&{}", signed.method, encode(&canonical(pairs)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Headers;
    use crate::parameters::Sent;

    const DOCUMENTED: &str = "Timestamp=2016-02-23T12:46:24Z&Format=XML&AccessKeyId=testid&\
        Action=DescribeRegions&SignatureMethod=HMAC-SHA1&\
        SignatureNonce=3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf&Version=2014-05-26&\
        SignatureVersion=1.0";

    fn verified(method: &str, query: &str, secret: &str) -> Result<(), Refusal> {
        let sent = Sent::read(query.as_bytes(), b"").unwrap();
        let headers = Headers::default();
        let signed = Signed {
            method,
            headers: &headers,
            sent: &sent,
            body: b"",
        };
        claim(&signed)?;
        verify(&signed, secret)
    }

    #[test]
    fn the_documented_request_has_the_documented_signature() {
        let query = format!("{DOCUMENTED}&Signature=OLeaidS1JvxuMvnyHOwuJ%2BuX5qY%3D");
        assert_eq!(verified("GET", &query, "testsecret"), Ok(()));
        for (method, secret) in [("POST", "testsecret"), ("GET", "testSecret")] {
            let refused = verified(method, &query, secret).unwrap_err();
            assert_eq!(
                (refused.status, refused.code),
                (400, "SignatureDoesNotMatch")
            );
            let wanted = "server string to sign is:";
            let (_, string) = refused.message.split_once(wanted).unwrap();
            assert!(string.starts_with(&format!("{method}&%2F&AccessKeyId%3Dtestid%26Action")));
        }
    }

    #[test]
    fn awkward_characters_are_signed_as_clients_do() {
        let awkward = "Description=a%20b*~%2B/=%26%251!'()%E7%AC%AC%C3%A4&Empty=&\
            Permissions.10.PortRange=1/2&Permissions.2.PortRange=3/4";
        let query = format!("{DOCUMENTED}&{awkward}&Signature=Hj2hEALYoYqeE5WRIW8Y6LkIss0%3D");
        assert_eq!(verified("POST", &query, "testSecret"), Ok(()));
    }

    #[test]
    fn what_is_missing_is_named() {
        for name in ["AccessKeyId", "Timestamp", "SignatureNonce", "Signature"] {
            let query = format!("{DOCUMENTED}&Signature=a");
            let without = query
                .split('&')
                .filter(|pair| !pair.starts_with(&format!("{name}=")));
            let refused = verified("GET", &without.collect::<Vec<_>>().join("&"), "s");
            let refused = refused.unwrap_err();
            assert_eq!(refused.code, "MissingParameter");
            assert!(
                refused.message.contains(&format!("\"{name}\"")),
                "{}",
                refused.message
            );
        }
    }

    #[test]
    fn other_methods_and_versions_are_refused_by_name() {
        let with = |from: &str, to: &str| {
            let query = format!("{DOCUMENTED}&Signature=a").replace(from, to);
            verified("GET", &query, "s").unwrap_err()
        };
        let refused = with("HMAC-SHA1", "HMAC-SM3");
        assert_eq!(refused.code, "UnsupportedSignatureMethod");
        assert!(refused.message.contains("HMAC-SM3"), "{}", refused.message);
        assert_eq!(
            with("=1.0", "=2.0").code,
            "InvalidParameter.SignatureVersion"
        );
        assert_eq!(
            with("Signature=a", "Signature=%21").code,
            "SignatureDoesNotMatch"
        );
    }
}
