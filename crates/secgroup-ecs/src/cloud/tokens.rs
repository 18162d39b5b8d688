//! Client tokens: a call that is repeated is answered like the first time (5.0.5).

use std::sync::Arc;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize, Serializer};
use sha2::{Digest, Sha256};

use super::error::ApiError;
use super::operation::{Body, Call};

/// The greatest length of a token (4.14).
const MAX_TOKEN: usize = 64;

/// How many tokens are remembered; the oldest is forgotten first. How long ECS
/// does is not documented (5.0.5).
pub(crate) const MAX_TOKENS: usize = 100_000;

/// The parameters that differ when the same call is sent again.
const OF_THE_PROTOCOL: [&str; 11] = [
    "AccessKeyId",
    "Action",
    "Format",
    "SecurityToken",
    "Signature",
    "SignatureMethod",
    "SignatureNonce",
    "SignatureType",
    "SignatureVersion",
    "Timestamp",
    "Version",
];

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
        call: &Call<'_>,
    ) -> Result<Option<Result<Body, NewToken>>, ApiError> {
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
        let parameters = fingerprint(call);
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

/// Returns a text that tells two calls apart: a digest of all parameters but
/// those of the protocol. Parameters without a value are the same as none.
fn fingerprint(call: &Call<'_>) -> String {
    let mut digest = Sha256::new();
    let own = |(name, value): &(&str, &str)| !value.is_empty() && !OF_THE_PROTOCOL.contains(name);
    for (name, value) in call.request.parameters.iter().filter(own) {
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
