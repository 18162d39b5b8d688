//! Who is calling: signatures of requests, checked against the known keys.
//!
//! Both schemes of the official clients are known: parameters signed with HMAC
//! ([`v1`]) and headers signed with HMAC ([`acs3`]). Without keys nothing is
//! checked and everybody is the same account.

mod acs3;
mod nonces;
mod v1;

use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use secgroup_model::{AccountId, Shown};

use crate::http::Headers;
use crate::key::{Key, Keys};
use crate::limits::CLOCK_SKEW;
use crate::parameters::Sent;
use crate::refusal::Refusal;
use nonces::Nonces;

/// What a signature is made over.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Signed<'a> {
    pub(crate) method: &'a str,
    pub(crate) headers: &'a Headers,
    pub(crate) sent: &'a Sent,
    pub(crate) body: &'a [u8],
}

/// What a client claims, before anything of it is believed.
#[derive(Clone, Copy, Debug)]
struct Claim<'a> {
    key_id: &'a str,
    time: &'a str,
    nonce: &'a str,
}

/// The check of signatures, and what it remembers.
#[derive(Debug)]
pub(crate) struct Gate {
    keys: Keys,
    /// Whose the calls are when there are no keys.
    account: AccountId,
    nonces: Mutex<Nonces>,
}

impl Gate {
    pub(crate) fn new(keys: Keys, account: AccountId) -> Self {
        Self {
            keys,
            account,
            nonces: Mutex::default(),
        }
    }

    /// Returns the account that calls.
    pub(crate) fn caller(&self, signed: &Signed<'_>, now: Timestamp) -> Result<AccountId, Refusal> {
        if self.keys.is_empty() {
            return Ok(self.account.clone());
        }
        let now = now.as_second();
        let (claim, key) = if Scheme::of(signed)? == Scheme::Acs3 {
            let authorization = acs3::Authorization::read(signed)?;
            let claim = authorization.claim(signed)?;
            let key = self.believe(&claim, now)?;
            authorization.verify(signed, &key.secret)?;
            (claim, key)
        } else {
            let claim = v1::claim(signed)?;
            let key = self.believe(&claim, now)?;
            v1::verify(signed, &key.secret)?;
            (claim, key)
        };
        // Last, so that only the owner of a key can use up a nonce.
        let mut nonces = self.nonces.lock().unwrap_or_else(PoisonError::into_inner);
        if !nonces.use_up(&key.id, claim.nonce, now) {
            let message = "Specified signature nonce was used already.";
            return Err(Refusal::new(400, "SignatureNonceUsed", message));
        }
        Ok(key.account.clone())
    }

    /// Finds the key of a claim and checks its time.
    fn believe(&self, claim: &Claim<'_>, now: i64) -> Result<&Key, Refusal> {
        let key = self.keys.get(claim.key_id).ok_or_else(|| {
            let message = "Specified access key is not found.";
            Refusal::new(404, "InvalidAccessKeyId.NotFound", message)
        })?;
        let time = read_time(claim.time).ok_or_else(|| {
            let message = "Specified time stamp or date value is not well formatted.";
            Refusal::new(400, "InvalidTimeStamp.Format", message)
        })?;
        if (now - time).abs() > CLOCK_SKEW {
            let message = "Specified time stamp or date value is expired.";
            return Err(Refusal::new(400, "InvalidTimeStamp.Expired", message));
        }
        Ok(key)
    }
}

/// How a request is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scheme {
    V1,
    Acs3,
}

impl Scheme {
    /// Finds out how a request is signed; ways that are not checked here are
    /// refused by their names.
    fn of(signed: &Signed<'_>) -> Result<Self, Refusal> {
        let kinds = [
            signed.sent.get("SignatureType"),
            signed.headers.get("x-acs-signature-type"),
        ];
        if let Some(kind) = kinds.into_iter().flatten().find(|kind| !kind.is_empty()) {
            return Err(unsupported(kind));
        }
        let Some(authorization) = signed.headers.get("authorization") else {
            return Ok(Self::V1);
        };
        match authorization.split_ascii_whitespace().next() {
            Some(acs3::NAME) => Ok(Self::Acs3),
            Some(name) => Err(unsupported(name)),
            None => Ok(Self::V1),
        }
    }
}

fn unsupported(name: &str) -> Refusal {
    let message = format!(
        "The signature method {} is not supported; HMAC-SHA1, HMAC-SHA256 and {} are.",
        Shown(name),
        acs3::NAME
    );
    Refusal::new(400, "UnsupportedSignatureMethod", message)
}

/// What is wrong with a signature that is not even one.
fn incomplete(message: String) -> Refusal {
    Refusal::new(400, "IncompleteSignature", message)
}

/// Clients compare what stands behind the colon with what they have signed, and
/// tell from it that the secret is wrong; one of them crashes without a colon.
fn does_not_match(signed: &str) -> Refusal {
    let message = format!(
        "Specified signature is not matched with our calculation. server string to sign is:{signed}"
    );
    Refusal::new(400, "SignatureDoesNotMatch", message)
}

/// Tells how Alibaba Cloud spells a name or value in what is signed.
fn encode(text: &str) -> impl std::fmt::Display + '_ {
    const OTHERS: &AsciiSet = &NON_ALPHANUMERIC
        .remove(b'-')
        .remove(b'_')
        .remove(b'.')
        .remove(b'~');
    utf8_percent_encode(text, OTHERS)
}

/// Joins parameters as they are signed.
fn canonical<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let mut joined = String::new();
    for (name, value) in pairs {
        let separator = if joined.is_empty() { "" } else { "&" };
        write!(joined, "{separator}{}={}", encode(name), encode(value))
            .expect("a string takes everything");
    }
    joined
}

/// Reads `2026-01-31T23:59:59Z` and nothing else (5.0.6).
fn read_time(text: &str) -> Option<i64> {
    let like = |(byte, pattern): (u8, u8)| match pattern {
        b'0' => byte.is_ascii_digit(),
        other => byte == other,
    };
    let pattern = b"0000-00-00T00:00:00Z";
    let fits = text.len() == pattern.len() && text.bytes().zip(*pattern).all(like);
    let time: Timestamp = if fits {
        text.parse().ok()?
    } else {
        return None;
    };
    Some(time.as_second())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_one_form_5_0_6() {
        assert_eq!(read_time("1970-01-01T00:01:00Z"), Some(60));
        for wrong in [
            "1970-01-01T00:01Z",
            "1970-01-01 00:01:00Z",
            "1970-01-01T00:01:00+00:00",
            "1970-13-01T00:01:00Z",
            "1970-01-01T00:01:00z",
            "",
        ] {
            assert_eq!(read_time(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn names_and_values_are_encoded_like_alibaba_cloud_does() {
        assert_eq!(encode("aZ0-_.~").to_string(), "aZ0-_.~");
        assert_eq!(
            encode(" *+/!'()ä").to_string(),
            "%20%2A%2B%2F%21%27%28%29%C3%A4"
        );
    }
}
