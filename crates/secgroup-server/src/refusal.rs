//! Requests that are refused before, or instead of, being an API call.

use std::borrow::Cow;

use secgroup_ecs::{Answer, ApiError};

const MALFORMED_REQUEST: &str = "MalformedRequest";
const MALFORMED_PARAMETER: &str = "MalformedParameter";

/// Why a request is refused, as the client is told.
///
/// Codes of the real gateway are used where they are known; the others are
/// ours, and speak of HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) code: &'static str,
    pub(crate) message: Cow<'static, str>,
}

impl Refusal {
    pub(crate) fn new(
        status: u16,
        code: &'static str,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            status,
            code,
            message: message.into(),
        }
    }

    /// Something that is no proper HTTP.
    pub(crate) fn malformed(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(400, MALFORMED_REQUEST, message)
    }

    /// A parameter that cannot be read.
    pub(crate) fn parameter(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(400, MALFORMED_PARAMETER, message)
    }

    /// A parameter of the protocol is missing.
    pub(crate) fn missing(name: &str) -> Self {
        let message = format!(
            "The input parameter \"{name}\" that is mandatory for processing this request is not \
             supplied."
        );
        Self::new(400, "MissingParameter", message)
    }

    /// There is more to do than the server can take.
    pub(crate) fn overloaded(message: &'static str) -> Self {
        Self::new(503, "ServiceUnavailable", message)
    }

    /// Something went wrong that is not the client's fault.
    pub(crate) fn internal(message: &'static str) -> Self {
        Self::new(500, "InternalError", message)
    }

    /// Tells whether the connection ends with it: a client and a server that read
    /// one request differently might not agree where the next one begins.
    pub(crate) fn ends_connection(&self) -> bool {
        matches!(self.code, MALFORMED_REQUEST | MALFORMED_PARAMETER)
    }

    /// Returns the refusal as the answer to a call.
    pub(crate) fn answer(&self, action: &str, request_id: &str) -> Answer {
        let error = ApiError::new(self.status, self.code, self.message.as_ref());
        error.answer(action, request_id)
    }
}
