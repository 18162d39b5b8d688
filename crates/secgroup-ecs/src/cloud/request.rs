//! One call of the API, and its answer, apart from how they travel.

use std::collections::BTreeMap;
use std::ops::Bound;

use secgroup_model::AccountId;
use serde_json::Value;

/// The decoded parameters of a call: query and form merged, names as sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parameters(BTreeMap<String, String>);

impl Parameters {
    /// Returns no parameters.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a parameter, and returns what it was before.
    pub fn insert(&mut self, name: impl Into<String>, value: impl Into<String>) -> Option<String> {
        self.0.insert(name.into(), value.into())
    }

    /// Returns a parameter as it was sent, also when it is empty.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Returns all parameters by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Returns the parameters whose names begin with `prefix`, by name.
    pub(super) fn under<'a, 'p>(
        &'a self,
        prefix: &'p str,
    ) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a, 'p> {
        let from = (Bound::Included(prefix), Bound::Unbounded);
        self.0
            .range::<str, _>(from)
            .take_while(move |(name, _)| name.starts_with(prefix))
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl FromIterator<(String, String)> for Parameters {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(pairs: I) -> Self {
        Self(pairs.into_iter().collect())
    }
}

impl From<BTreeMap<String, String>> for Parameters {
    fn from(pairs: BTreeMap<String, String>) -> Self {
        Self(pairs)
    }
}

/// The API a call belongs to, as its `Version` tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Product {
    /// ECS 2014-05-26.
    Ecs,
    /// VPC 2016-04-28.
    Vpc,
}

impl Product {
    /// Returns the API of a version.
    #[must_use]
    pub fn of_version(version: &str) -> Option<Self> {
        match version {
            "2014-05-26" => Some(Self::Ecs),
            "2016-04-28" => Some(Self::Vpc),
            _ => None,
        }
    }
}

/// One call.
#[derive(Clone, Debug)]
pub struct Request {
    /// The API.
    pub product: Product,
    /// The action, in any case: `JoinSecurityGroup`.
    pub action: String,
    /// The parameters of the action; those of the protocol (`Signature` and
    /// the like) may be among them and are ignored.
    pub parameters: Parameters,
    /// The account of the caller.
    pub account: AccountId,
    /// The time of the call in seconds since the Unix epoch.
    pub now: i64,
    /// The id that the answer carries: an upper-case UUID (5.0.2).
    pub request_id: String,
}

/// What a call is answered with.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The HTTP status: 200, or that of the error.
    pub status: u16,
    /// The action as the API spells it, for the root of an XML answer.
    pub action: String,
    /// The JSON object: the result with `RequestId`, or `RequestId`, `HostId`,
    /// `Code`, `Message` and `Recommend` (5.0.3).
    pub body: Value,
}

impl Answer {
    /// Tells whether the call did what it was asked to.
    #[must_use]
    pub const fn succeeded(&self) -> bool {
        self.status < 400
    }

    /// Returns the code of an error.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        if self.succeeded() {
            return None;
        }
        self.body.get("Code").and_then(Value::as_str)
    }
}
