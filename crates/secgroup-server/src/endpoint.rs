//! From a request as it came to the answer as it goes.
//!
//! What belongs to the protocol is dealt with here, in this order: path and
//! method, content type, parameters, format, action and version, signature.
//! What is left is a call, and the cloud answers it.

use std::sync::Arc;
use std::time::Instant;

use secgroup_ecs::{Answer, Product, Request};
use secgroup_model::Shown;
use serde_json::{Value, json};

use crate::clock::Clock;
use crate::http::{Head, Target, host_id};
use crate::parameters::Sent;
use crate::refusal::Refusal;
use crate::render::Format;
use crate::signature::{Gate, Signed};
use crate::store::Store;

/// An answer in the form that the client wants.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) answer: Answer,
    pub(crate) format: Format,
    /// What was called, as far as that is known.
    pub(crate) action: Option<String>,
    /// Whether the connection ends behind it.
    pub(crate) last: bool,
}

/// What stands between the connections and the cloud.
#[derive(Debug)]
pub(crate) struct Endpoint {
    pub(crate) store: Arc<Store>,
    pub(crate) gate: Gate,
    pub(crate) clock: Clock,
    pub(crate) started: Instant,
}

impl Endpoint {
    /// Answers a request.
    pub(crate) async fn reply(&self, head: &Head, body: &[u8], request_id: &str) -> Reply {
        match self.serve(head, body, request_id).await {
            Ok(reply) => Reply {
                answer: named(reply.answer, Some(head)),
                ..reply
            },
            Err(refused) => refused.reply(Some(head), request_id),
        }
    }

    async fn serve(&self, head: &Head, body: &[u8], request_id: &str) -> Result<Reply, Refused> {
        let target = Target::read(&head.target)?;
        check_host(head)?;
        match (target.path, head.method.as_str()) {
            ("/", "GET" | "POST") => (),
            ("/healthz", "GET") => return Ok(self.health()),
            ("/" | "/healthz", _) => return Err(wrong_method().into()),
            _ => {
                let message = "Specified api is not found, please check your url and method.";
                return Err(Refusal::new(404, "InvalidAction.NotFound", message).into());
            }
        }
        let sent = Sent::read(target.query.as_bytes(), form(head, body)?)?;
        let format = choose_format(&sent, head)?;
        let action = parameter(&sent, head, "Action", "x-acs-action").map(str::to_owned);
        match self
            .call(head, body, sent, action.as_deref(), request_id)
            .await
        {
            Ok(answer) => Ok(Reply {
                // The cloud knows how the name is spelt.
                action: Some(answer.action.clone()),
                answer,
                format,
                last: false,
            }),
            Err(refusal) => Err(Refused {
                refusal,
                format,
                action,
            }),
        }
    }

    /// Makes a call of the API.
    async fn call(
        &self,
        head: &Head,
        body: &[u8],
        sent: Sent,
        action: Option<&str>,
        request_id: &str,
    ) -> Result<Answer, Refusal> {
        let action = action.ok_or_else(|| Refusal::missing("Action"))?.to_owned();
        let version = parameter(&sent, head, "Version", "x-acs-version");
        let version = version.ok_or_else(|| Refusal::missing("Version"))?;
        let product = Product::of_version(version).ok_or_else(|| {
            let message = "Specified parameter Version is not valid.";
            Refusal::new(400, "InvalidVersion", message)
        })?;
        let now = self.clock.now();
        let signed = Signed {
            method: &head.method,
            headers: &head.headers,
            sent: &sent,
            body,
        };
        let account = self.gate.caller(&signed, now)?;
        let request = Request {
            product,
            action,
            parameters: sent.into_pairs().into(),
            account,
            now: now.as_second(),
            request_id: request_id.to_owned(),
        };
        self.store.answer(&request).await
    }

    fn health(&self) -> Reply {
        let body = json!({
            "status": "ok",
            "version": env!("CARGO_PKG_VERSION"),
            "revision": self.store.revision(),
            "uptime": self.started.elapsed().as_secs(),
        });
        let answer = Answer {
            status: 200,
            action: String::new(),
            body,
        };
        Reply {
            answer,
            format: Format::Json,
            action: None,
            last: false,
        }
    }
}

/// A refusal, with how the client wants to read it and what it has called, as
/// far as these are known.
#[derive(Clone, Debug)]
pub(crate) struct Refused {
    refusal: Refusal,
    format: Format,
    action: Option<String>,
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self {
            refusal,
            format: Format::Json,
            action: None,
        }
    }
}

impl Refused {
    /// Makes an answer of it, in which the host is the one that was called.
    pub(crate) fn reply(self, head: Option<&Head>, request_id: &str) -> Reply {
        let action = self.action.as_deref().unwrap_or_default();
        Reply {
            answer: named(self.refusal.answer(action, request_id), head),
            format: self.format,
            action: self.action,
            last: self.refusal.ends_connection(),
        }
    }
}

/// Puts the host that the client has called into an error.
fn named(mut answer: Answer, head: Option<&Head>) -> Answer {
    let host = head.and_then(|head| {
        let target = Target::read(&head.target).ok()?;
        host_id(target.host.or_else(|| head.headers.get("host")))
    });
    if let (Some(host), Some(known)) = (host, answer.body.get_mut("HostId")) {
        *known = Value::from(host);
    }
    answer
}

/// Returns a parameter of the protocol, or the header that may stand for it.
fn parameter<'a>(
    sent: &'a Sent,
    head: &'a Head,
    name: &str,
    header: &'static str,
) -> Option<&'a str> {
    let by_header = || head.headers.get(header).filter(|value| !value.is_empty());
    sent.get(name).or_else(by_header)
}

/// Requires what HTTP/1.1 does: one host.
fn check_host(head: &Head) -> Result<(), Refusal> {
    match head.headers.only("host")? {
        None if !head.old => Err(Refusal::malformed("The header line `Host` is missing.")),
        _ => Ok(()),
    }
}

fn wrong_method() -> Refusal {
    let message = "This http method is not supported.";
    Refusal::new(405, "UnsupportedHTTPMethod", message)
}

/// The type of a body that parameters come in.
const FORM: &str = "application/x-www-form-urlencoded";

/// Returns the body if it is a form. Without a body, its type means nothing.
fn form<'a>(head: &Head, body: &'a [u8]) -> Result<&'a [u8], Refusal> {
    if body.is_empty() {
        return Ok(&[]);
    }
    let kind = head.headers.only("content-type")?.unwrap_or(FORM);
    let essence = kind.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case(FORM) {
        return Ok(body);
    }
    let message = format!(
        "A body of type `{}` is not accepted; send parameters in the query, or as {FORM}.",
        Shown(essence)
    );
    Err(Refusal::new(415, "UnsupportedMediaType", message))
}

/// Finds out how a client wants its answer (5.0.1): XML if it does not say, but
/// JSON if it speaks the newer way, with the action in a header.
fn choose_format(sent: &Sent, head: &Head) -> Result<Format, Refusal> {
    match sent.get("Format") {
        Some(name) if name.eq_ignore_ascii_case("JSON") => Ok(Format::Json),
        Some(name) if name.eq_ignore_ascii_case("XML") => Ok(Format::Xml),
        Some(_) => {
            let message = "Specified parameter Format is not valid.";
            Err(Refusal::new(400, "InvalidParameter.Format", message))
        }
        None => {
            let authorization = head.headers.get("authorization").unwrap_or_default();
            let action = head.headers.get("x-acs-action").unwrap_or_default();
            let by_header = sent.get("Action").is_none() && !action.is_empty();
            let newer = by_header || authorization.starts_with("ACS3-");
            Ok(if newer { Format::Json } else { Format::Xml })
        }
    }
}
