//! Client tokens: a call that is repeated is answered like the first time (5.0.5).

use std::sync::Arc;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize, Serializer};
use sha2::{Digest, Sha256};

use super::error::ApiError;
use super::fields::number;
use super::operation::{Body, Call};

/// The greatest length of a token (4.14).
const MAX_TOKEN: usize = 64;

/// How many tokens are remembered; the oldest is forgotten first. How long ECS
/// does is not documented (5.0.5).
pub(crate) const MAX_TOKENS: usize = 100_000;

/// Parameters that no operation with a token looks at: those of the protocol,
/// which differ when the same call is sent again, and those of resource owners.
const IGNORED: [&str; 15] = [
    "AccessKeyId",
    "Action",
    "Format",
    "OwnerAccount",
    "OwnerId",
    "ResourceOwnerAccount",
    "ResourceOwnerId",
    "SecurityToken",
    "Signature",
    "SignatureMethod",
    "SignatureNonce",
    "SignatureType",
    "SignatureVersion",
    "Timestamp",
    "Version",
];

/// What an operation does with a `ClientToken`.
#[derive(Clone, Copy, Debug)]
pub(crate) enum TokenUse {
    /// It has none.
    None,
    /// Two calls with one token agree in these parameters; `N` stands for a
    /// number. "Unknown parameters are ignored" (5.0.8), so the others may differ.
    Parameters(&'static [&'static str]),
    /// Likewise, and an empty value is not the same as none (5.4.1, 5.4.3).
    ParametersWithEmpty(&'static [&'static str]),
    /// Two calls agree in all parameters but those that are always ignored: the
    /// operation has more of them than are simulated.
    AllParameters,
}

/// A token of one account and action.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct TokenKey {
    account: String,
    action: String,
    client_token: String,
}

/// What was done under a token.
#[derive(Clone, Debug, PartialEq)]
struct Done {
    /// A fingerprint of the parameters.
    parameters: String,
    answer: Body,
}

/// A token as the state file has it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Token {
    account: String,
    action: String,
    client_token: String,
    parameters: String,
    answer: Body,
}

/// A token that is new, with the fingerprint of its call.
pub(crate) struct NewToken {
    key: TokenKey,
    parameters: String,
}

/// The tokens of successful calls, the oldest first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tokens(Arc<IndexMap<TokenKey, Done>>);

impl Serialize for Tokens {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let tokens = self.0.iter().map(|(key, done)| Token {
            account: key.account.clone(),
            action: key.action.clone(),
            client_token: key.client_token.clone(),
            parameters: done.parameters.clone(),
            answer: done.answer.clone(),
        });
        serializer.collect_seq(tokens)
    }
}

impl Tokens {
    /// Returns the tokens of a state file.
    pub(crate) fn from_list(tokens: Vec<Token>) -> Self {
        let each = tokens.into_iter().map(|token| {
            let key = TokenKey {
                account: token.account,
                action: token.action,
                client_token: token.client_token,
            };
            let done = Done {
                parameters: token.parameters,
                answer: token.answer,
            };
            (key, done)
        });
        Self(Arc::new(each.collect()))
    }

    /// Looks up the token of a call.
    ///
    /// Returns nothing where the call has none, the first answer where it was
    /// seen with the same parameters, and otherwise what to remember it by. "A
    /// failed request does not consume the token" (5.0.5).
    pub(crate) fn look_up(
        &self,
        action: &str,
        token_use: TokenUse,
        call: &Call<'_>,
    ) -> Result<Option<Result<Body, NewToken>>, ApiError> {
        if matches!(token_use, TokenUse::None) {
            return Ok(None);
        }
        let Some(token) = call.fields.text("ClientToken") else {
            return Ok(None);
        };
        if token.len() > MAX_TOKEN || !token.is_ascii() {
            let message = "The ClientToken provided is invalid.";
            return Err(ApiError::new(
                400,
                "InvalidClientToken.ValueNotSupported",
                message,
            ));
        }
        let key = TokenKey {
            account: call.account().to_owned(),
            action: action.to_owned(),
            client_token: token.to_owned(),
        };
        let parameters = fingerprint(token_use, call);
        match self.0.get(&key) {
            None => Ok(Some(Err(NewToken { key, parameters }))),
            Some(done) if done.parameters == parameters => Ok(Some(Ok(done.answer.clone()))),
            Some(_) => {
                let message = "The request is retried with updated parameters.";
                Err(ApiError::new(400, "IdempotentParameterMismatch", message))
            }
        }
    }

    /// Remembers the answer to a call.
    pub(crate) fn remember(&mut self, token: NewToken, answer: &Body) {
        let tokens = Arc::make_mut(&mut self.0);
        if tokens.len() >= MAX_TOKENS {
            // Half at once, so that the cost of moving the rest is shared.
            tokens.drain(..MAX_TOKENS / 2);
        }
        let done = Done {
            parameters: token.parameters,
            answer: answer.clone(),
        };
        tokens.insert(token.key, done);
    }
}

impl TokenUse {
    /// Tells whether two calls with one token must have this in common.
    fn covers(self, name: &str, value: &str) -> bool {
        // The token is part of the digest, as state files have always had it.
        let named = |names: &[&str]| {
            name == "ClientToken" || names.iter().any(|pattern| is_like(name, pattern))
        };
        match self {
            Self::None => false,
            Self::Parameters(names) => !value.is_empty() && named(names),
            Self::ParametersWithEmpty(names) => named(names),
            Self::AllParameters => !value.is_empty() && !IGNORED.contains(&name),
        }
    }
}

/// Tells whether `name` is the parameter `pattern`, in which `N` stands for a
/// number: `Permissions.2.Policy` is `Permissions.N.Policy`.
fn is_like(name: &str, pattern: &str) -> bool {
    let (mut parts, mut patterns) = (name.split('.'), pattern.split('.'));
    loop {
        match (parts.next(), patterns.next()) {
            (None, None) => return true,
            (Some(part), Some("N")) => {
                if number(part).is_none() {
                    return false;
                }
            }
            (Some(part), Some(pattern)) if part == pattern => {}
            _ => return false,
        }
    }
}

/// Returns a text that tells two calls apart: a digest of the parameters that
/// their token stands for. Parameters without a value are mostly the same as none.
fn fingerprint(token_use: TokenUse, call: &Call<'_>) -> String {
    let mut digest = Sha256::new();
    let covered = |(name, value): &(&str, &str)| token_use.covers(name, value);
    for (name, value) in call.request.parameters.iter().filter(covered) {
        for part in [name, value] {
            digest.update(part.len().to_le_bytes());
            digest.update(part);
        }
    }
    let digest = digest.finalize();
    digest[..16]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_has_numbers_in_the_place_of_n() {
        for (name, pattern, like) in [
            ("RegionId", "RegionId", true),
            ("RegionID", "RegionId", false),
            ("RegionId.1", "RegionId", false),
            ("Permissions.12.Policy", "Permissions.N.Policy", true),
            ("Permissions.12.Polcy", "Permissions.N.Policy", false),
            ("Permissions.012.Policy", "Permissions.N.Policy", false),
            ("Permissions.N.Policy", "Permissions.N.Policy", false),
            ("Permissions.1", "Permissions.N.Policy", false),
            ("Ids.1", "Ids.N", true),
            ("Ids.1.A", "Ids.N", false),
        ] {
            assert_eq!(is_like(name, pattern), like, "{name} {pattern}");
        }
    }
}
