//! Signatures over the headers: `Authorization: ACS3-HMAC-SHA256 …`.

use std::fmt::Write as _;

use ring::{digest, hmac};
use secgroup_model::Shown;

use super::{Claim, Signed, canonical, does_not_match, incomplete};
use crate::refusal::Refusal;

/// What the scheme calls itself.
pub(super) const NAME: &str = "ACS3-HMAC-SHA256";

/// The header line that a signature is in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Authorization<'a> {
    credential: &'a str,
    /// Names in lower case, with semicolons between them.
    signed_headers: &'a str,
    signature: &'a str,
}

impl<'a> Authorization<'a> {
    /// Takes the header line apart.
    pub(super) fn read(signed: &Signed<'a>) -> Result<Self, Refusal> {
        let line = signed.headers.only("authorization")?.unwrap_or_default();
        let parts = line.strip_prefix(NAME).unwrap_or_default();
        let part = |name: &str| {
            let mut values = parts.split(',').filter_map(|part| {
                let (known, value) = part.trim().split_once('=')?;
                (known == name && !value.is_empty()).then_some(value)
            });
            match (values.next(), values.next()) {
                (Some(value), None) => Ok(value),
                _ => Err(incomplete(format!(
                    "The request signature does not conform to Aliyun standards: Authorization \
                     must name {name} once."
                ))),
            }
        };
        Ok(Self {
            credential: part("Credential")?,
            signed_headers: part("SignedHeaders")?,
            signature: part("Signature")?,
        })
    }

    /// Returns what the headers claim; all that must be signed is.
    pub(super) fn claim(&self, signed: &Signed<'a>) -> Result<Claim<'a>, Refusal> {
        let wanted = |name| {
            let value = signed.headers.only(name)?.filter(|value| !value.is_empty());
            value.ok_or_else(|| Refusal::missing(name))
        };
        let claim = Claim {
            key_id: self.credential,
            time: wanted("x-acs-date")?,
            nonce: wanted("x-acs-signature-nonce")?,
        };
        // A header that is not signed can be changed on the way.
        let names = signed.headers.iter().map(|(name, _)| name);
        let mut must = names.filter(|name| name.starts_with("x-acs-") || *name == "host");
        let is_signed = |name: &str| self.signed_headers.split(';').any(|known| known == name);
        match must.find(|name| !is_signed(name)) {
            None => Ok(claim),
            Some(name) => Err(incomplete(format!(
                "The request signature does not conform to Aliyun standards: the header {} must \
                 be signed.",
                Shown(name)
            ))),
        }
    }

    /// Checks the signature, and that the body is the one that was signed.
    pub(super) fn verify(&self, signed: &Signed<'_>, secret: &str) -> Result<(), Refusal> {
        let body = hex(digest::digest(&digest::SHA256, signed.body).as_ref());
        let canonical = self.canonical_request(signed, &body);
        let hashed = hex(digest::digest(&digest::SHA256, canonical.as_bytes()).as_ref());
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        // What is not hexadecimal is no signature of anything.
        let signature = unhex(self.signature).unwrap_or_default();
        let matches = hmac::verify(&key, format!("{NAME}\n{hashed}").as_bytes(), &signature);
        let stated = signed.headers.only("x-acs-content-sha256")?;
        let same_body = stated.is_none_or(|stated| stated.eq_ignore_ascii_case(&body));
        if matches.is_ok() && same_body {
            Ok(())
        } else {
            Err(does_not_match(&canonical))
        }
    }

    fn canonical_request(&self, signed: &Signed<'_>, body: &str) -> String {
        let query = &signed.sent.query;
        let query = canonical(
            query
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str())),
        );
        // There are no calls under any other path.
        let mut request = format!("{}\n/\n{query}\n", signed.method);
        for name in self.signed_headers.split(';') {
            let values: Vec<&str> = signed.headers.all(name).collect();
            writeln!(request, "{name}:{}", values.join(",")).expect("a string takes everything");
        }
        write!(request, "\n{}\n{body}", self.signed_headers).expect("a string takes everything");
        request
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text
        .chars()
        .map(|digit| u8::try_from(digit.to_digit(16)?).ok())
        .collect();
    let digits = digits.filter(|digits| digits.len().is_multiple_of(2))?;
    let pairs = digits.chunks_exact(2);
    Some(pairs.map(|pair| pair[0] << 4 | pair[1]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Headers;
    use crate::parameters::Sent;

    fn headers(lines: &[(&str, &str)]) -> Headers {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        lines.iter().map(owned).collect()
    }

    #[test]
    fn the_documented_request_has_the_documented_digest() {
        let sent = Sent::read(
            b"ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd&RegionId=cn-shanghai",
            b"",
        )
        .unwrap();
        let headers = headers(&[
            ("host", "ecs.cn-shanghai.aliyuncs.com"),
            ("x-acs-action", "RunInstances"),
            (
                "x-acs-content-sha256",
                "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            ),
            ("x-acs-date", "2023-10-26T10:22:32Z"),
            ("x-acs-signature-nonce", "3156853299f313e23d1673dc12e1703d"),
            ("x-acs-version", "2014-05-26"),
            (
                "authorization",
                "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;\
                 x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,Signature=\
                 06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0",
            ),
        ]);
        let signed = Signed {
            method: "POST",
            headers: &headers,
            sent: &sent,
            body: b"",
        };
        let authorization = Authorization::read(&signed).unwrap();
        let body = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        let canonical = authorization.canonical_request(&signed, body);
        assert_eq!(
            hex(digest::digest(&digest::SHA256, canonical.as_bytes()).as_ref()),
            "7ea06492da5221eba5297e897ce16e55f964061054b7695beedaac1145b1e259"
        );
        assert_eq!(authorization.verify(&signed, "YourAccessKeySecret"), Ok(()));
        let wrong = authorization.verify(&signed, "another").unwrap_err();
        assert!(
            wrong.message.ends_with(&format!("is:{canonical}")),
            "{}",
            wrong.message
        );
    }

    /// What became of a request whose signature is right, with one header
    /// more and some of the names signed.
    fn judged(more: (&str, &str), names: &str) -> Result<(), Refusal> {
        let stated = hex(digest::digest(&digest::SHA256, b"a=b").as_ref());
        let sign = |signature: &str| {
            let line = format!("{NAME} Credential=k,SignedHeaders={names},Signature={signature}");
            let (name, value) = more;
            headers(&[
                ("host", "h"),
                ("x-acs-date", "2023-10-26T10:22:32Z"),
                ("x-acs-signature-nonce", "n"),
                ("authorization", &line),
                (name, &value.replace("{stated}", &stated)),
            ])
        };
        let sent = Sent::default();
        let check = |signature: &str, judge: &dyn Fn(&Signed<'_>) -> Result<String, Refusal>| {
            let headers = sign(signature);
            judge(&Signed {
                method: "POST",
                headers: &headers,
                sent: &sent,
                body: b"a=b",
            })
        };
        let canonical = check("0", &|signed| {
            Ok(Authorization::read(signed)?.canonical_request(signed, &stated))
        })?;
        let hashed = hex(digest::digest(&digest::SHA256, canonical.as_bytes()).as_ref());
        let key = hmac::Key::new(hmac::HMAC_SHA256, b"s");
        let signature = hex(hmac::sign(&key, format!("{NAME}\n{hashed}").as_bytes()).as_ref());
        let judged = check(&signature, &|signed| {
            let authorization = Authorization::read(signed)?;
            authorization.claim(signed)?;
            authorization.verify(signed, "s")?;
            Ok(String::new())
        });
        judged.map(|_| ())
    }

    const NAMES: &str = "host;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce";

    #[test]
    fn the_body_is_the_one_that_was_signed() {
        assert_eq!(judged(("x-acs-content-sha256", "{stated}"), NAMES), Ok(()));
        let other = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        let refused = judged(("x-acs-content-sha256", other), NAMES).unwrap_err();
        assert_eq!(refused.code, "SignatureDoesNotMatch");
    }

    #[test]
    fn headers_of_the_protocol_must_be_signed() {
        let stated = ("x-acs-content-sha256", "{stated}");
        for missing in ["host;", "x-acs-content-sha256;", "x-acs-date;"] {
            let refused = judged(stated, &NAMES.replace(missing, "")).unwrap_err();
            assert_eq!(refused.code, "IncompleteSignature", "{missing}");
            let name = missing.trim_end_matches(';');
            assert!(refused.message.contains(name), "{}", refused.message);
        }
        assert_eq!(
            judged(("accept", "*/*"), "host;x-acs-date;x-acs-signature-nonce"),
            Ok(())
        );
    }

    #[test]
    fn an_authorization_names_everything_once() {
        for line in [
            "ACS3-HMAC-SHA256",
            "ACS3-HMAC-SHA256 Credential=a,SignedHeaders=host",
            "ACS3-HMAC-SHA256 Credential=,SignedHeaders=host,Signature=0",
            "ACS3-HMAC-SHA256 Credential=a,Credential=b,SignedHeaders=host,Signature=0",
        ] {
            let sent = Sent::default();
            let headers = headers(&[("authorization", line)]);
            let refused = Authorization::read(&Signed {
                method: "POST",
                headers: &headers,
                sent: &sent,
                body: b"",
            });
            assert_eq!(refused.unwrap_err().code, "IncompleteSignature", "{line}");
        }
    }

    #[test]
    fn hexadecimal_text_is_read_strictly() {
        assert_eq!(unhex("00fF"), Some(vec![0, 255]));
        assert_eq!(unhex("0"), None);
        assert_eq!(unhex("0g"), None);
        assert_eq!(unhex("+1"), None);
    }
}
