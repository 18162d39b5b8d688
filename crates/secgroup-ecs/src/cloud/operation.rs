//! What an operation of the API is.

use serde_json::{Map, Value};

use super::Cloud;
use super::error::ApiError;
use super::fields::Fields;
use super::request::{Product, Request};
use super::tokens::TokenUse;

/// A call on its way through an operation.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    /// What was sent.
    pub(crate) request: &'a Request,
    /// Its parameters.
    pub(crate) fields: Fields<'a>,
}

impl<'a> Call<'a> {
    pub(crate) const fn new(request: &'a Request) -> Self {
        let fields = Fields::new(&request.parameters);
        Self { request, fields }
    }

    /// Returns the account of the caller.
    pub(crate) fn account(&self) -> &'a str {
        self.request.account.as_str()
    }

    /// Returns `RegionId`; some operations work without (5.6.1).
    pub(crate) fn region(&self) -> Option<&'a str> {
        self.fields.text("RegionId")
    }

    /// Returns `RegionId`, without which most operations refuse (5.0.9, step 1).
    pub(crate) fn required_region(&self) -> Result<&'a str, ApiError> {
        self.region().ok_or_else(ApiError::missing_region)
    }
}

/// The fields of a successful answer, without `RequestId`.
pub(crate) type Body = Map<String, Value>;

/// What became of a change.
pub(crate) enum Effect {
    /// It was made.
    Done(Body),
    /// The part before the first error was made, under `api.batch=prefix` (5.0.7).
    Partly(ApiError),
}

impl Effect {
    /// The answer of a change that returns nothing (5.0.2).
    pub(crate) fn nothing() -> Self {
        Self::Done(Body::new())
    }

    /// The answer of a change that returns one id.
    pub(crate) fn id(field: &str, id: impl Into<String>) -> Self {
        let mut body = Body::new();
        body.insert(field.to_owned(), Value::String(id.into()));
        Self::Done(body)
    }
}

/// An operation that changes the cloud.
///
/// Checks see the cloud unchanged and cannot change it; what they found goes to
/// the effect as a plan, and the effect cannot fail. So a request that fails
/// changes nothing.
pub(crate) trait Operation {
    /// The action.
    const NAME: &'static str;
    /// The API it belongs to.
    const PRODUCT: Product = Product::Ecs;
    /// What its `ClientToken` stands for, if it has one (5.0.5).
    const TOKEN: TokenUse = TokenUse::None;
    /// What the checks found out.
    type Plan;

    /// Checks that the parameters are there that the operation cannot do
    /// without (5.0.9, step 1); everything else waits for the client token.
    fn required(call: &Call<'_>) -> Result<(), ApiError>;

    /// Checks everything else, in the order of 5.0.9.
    fn check(cloud: &Cloud, call: &Call<'_>) -> Result<Self::Plan, ApiError>;

    /// Makes the change.
    fn apply(cloud: &mut Cloud, call: &Call<'_>, plan: Self::Plan) -> Effect;
}

/// An operation that only looks.
pub(crate) trait Question {
    /// The action.
    const NAME: &'static str;
    /// The API it belongs to.
    const PRODUCT: Product = Product::Ecs;

    /// Answers.
    fn answer(cloud: &Cloud, call: &Call<'_>) -> Result<Body, ApiError>;
}

/// Either kind of operation, by name.
pub(crate) struct Entry {
    pub(crate) name: &'static str,
    pub(crate) product: Product,
    pub(crate) run: fn(&mut Cloud, &Call<'_>) -> Result<Body, ApiError>,
}

impl Entry {
    /// Makes the entry of an operation that changes the cloud.
    pub(crate) const fn change<O: Operation>() -> Self {
        Self {
            name: O::NAME,
            product: O::PRODUCT,
            run: change::<O>,
        }
    }

    /// Makes the entry of an operation that only looks.
    pub(crate) const fn question<Q: Question>() -> Self {
        Self {
            name: Q::NAME,
            product: Q::PRODUCT,
            run: |cloud, call| Q::answer(cloud, call),
        }
    }
}

/// Runs an operation: required parameters, token, checks, effect (5.0.9).
fn change<O: Operation>(cloud: &mut Cloud, call: &Call<'_>) -> Result<Body, ApiError> {
    O::required(call)?;
    let token = cloud.tokens.look_up(O::NAME, O::TOKEN, call)?;
    let token = match token {
        Some(Ok(first_answer)) => return Ok(first_answer),
        Some(Err(token)) => Some(token),
        None => None,
    };
    let plan = O::check(cloud, call)?;
    let effect = O::apply(cloud, call, plan);
    cloud.revision += 1;
    match effect {
        Effect::Done(mut body) => {
            let id = Value::String(call.request.request_id.clone());
            body.insert("RequestId".to_owned(), id);
            if let Some(token) = token {
                cloud.tokens.remember(token, &body);
            }
            Ok(body)
        }
        Effect::Partly(error) => Err(error),
    }
}
