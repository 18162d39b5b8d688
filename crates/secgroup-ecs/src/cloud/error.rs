//! Errors as the API answers them (5.0.3).

use std::borrow::Cow;

use serde_json::json;

use super::request::Answer;

/// An error of the API: the status, code and message of appendix A.
///
/// The codes and messages stand where the operations check for them, so that a
/// reader sees the rule and its answer together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{status} {code}: {message}")]
pub struct ApiError {
    /// The HTTP status.
    pub status: u16,
    /// The code: `InvalidSecurityGroupId.NotFound`.
    pub code: Cow<'static, str>,
    /// The message; placeholders are filled in.
    pub message: String,
}

impl ApiError {
    /// Makes an error.
    pub fn new(
        status: u16,
        code: impl Into<Cow<'static, str>>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            status,
            code: code.into(),
            message: message.into(),
        }
    }

    /// A parameter that the call cannot do without is missing (5.0.9, step 1).
    #[must_use]
    pub fn missing(parameter: &str) -> Self {
        let message = format!(
            "The input parameter {parameter} that is mandatory for processing this request is not \
             supplied."
        );
        Self::new(400, "MissingParameter", message)
    }

    /// A parameter has a value that the page does not allow and for which it
    /// lists no code of its own (4.2).
    #[must_use]
    pub fn invalid(parameter: &str) -> Self {
        let message = format!("The specified parameter {parameter} is not valid.");
        Self::new(400, "InvalidParameter", message)
    }

    /// `RegionId` is missing (5.0.9, step 1).
    #[must_use]
    pub fn missing_region() -> Self {
        let message = "The specified RegionId should not be null.";
        Self::new(400, "MissingParameter.RegionId", message)
    }

    /// A call with `DryRun` passed every check (5.7.2).
    #[must_use]
    pub fn dry_run() -> Self {
        let message = "Request validation has been passed with DryRun flag set.";
        Self::new(400, "DryRunOperation", message)
    }

    /// A security group belongs to a cloud product (1.3.3).
    #[must_use]
    pub fn managed(group: &str) -> Self {
        let message = format!(
            "The security group {group} is managed by a cloud product; its owner may only query it."
        );
        Self::new(
            403,
            "InvalidOperation.ResourceManagedByCloudProduct",
            message,
        )
    }

    /// A security group does not exist in this account and region (5.0.9, step 4).
    #[must_use]
    pub fn no_group() -> Self {
        let message = "The specified SecurityGroupId does not exist.";
        Self::new(404, "InvalidSecurityGroupId.NotFound", message)
    }

    /// Returns the error as the answer to a call.
    #[must_use]
    pub fn answer(&self, action: &str, request_id: &str) -> Answer {
        let Self {
            status,
            code,
            message,
        } = self;
        Answer {
            status: *status,
            action: action.to_owned(),
            body: json!({
                "RequestId": request_id,
                "HostId": "ecs.aliyuncs.com",
                "Code": code,
                "Message": message,
                "Recommend": "",
            }),
        }
    }
}
