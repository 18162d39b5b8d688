//! One connection: TLS or not, and then requests until there are no more.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use secgroup_model::Shown;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{self, timeout};
use tokio_rustls::TlsAcceptor;

use crate::endpoint::{Endpoint, Refused};
use crate::http::{Budget, Ended, Head, Response, Wire};
use crate::limits::Bounds;
use crate::log::{Log, Record};
use crate::refusal::Refusal;
use crate::request_id::RequestIds;

/// The first byte of a TLS connection: the type of a handshake record.
const HANDSHAKE: u8 = 0x16;

/// What all connections share.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) endpoint: Endpoint,
    pub(crate) tls: Tls,
    pub(crate) bounds: Bounds,
    pub(crate) budget: Budget,
    pub(crate) ids: RequestIds,
    pub(crate) log: Arc<Log>,
    /// Turns true when the server is told to stop.
    pub(crate) stopping: watch::Receiver<bool>,
}

/// The acceptor of TLS, which cannot be shown.
pub(crate) struct Tls(pub(crate) TlsAcceptor);

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}

/// Whether a connection is served, or told that there are too many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Admission {
    Served,
    TurnedAway,
}

/// How long a client that is turned away may take to say something. It must,
/// before it gets an answer, and others wait for its place.
const PATIENCE: Duration = Duration::from_secs(1);

impl Admission {
    /// Returns the bounds for such a connection.
    fn bounds(self, usual: &Bounds) -> Bounds {
        let mut bounds = usual.clone();
        if self == Self::TurnedAway {
            for bound in [&mut bounds.head, &mut bounds.idle, &mut bounds.answer] {
                *bound = PATIENCE.min(*bound);
            }
        }
        bounds
    }
}

/// Serves a connection to its end.
pub(crate) async fn serve(
    stream: TcpStream,
    peer: SocketAddr,
    admission: Admission,
    context: Arc<Context>,
) {
    // Answers are sent in one piece, so that nothing is gained by waiting.
    let _ = stream.set_nodelay(true);
    let bounds = admission.bounds(&context.bounds);
    let mut stopping = context.stopping.clone();
    let mut first = [0];
    let peek = tokio::select! {
        peek = timeout(bounds.idle, stream.peek(&mut first)) => peek,
        _ = stopping.wait_for(|stopping| *stopping) => return,
    };
    let Ok(Ok(1)) = peek else {
        return;
    };
    let client = Client {
        peer,
        tls: first[0] == HANDSHAKE,
        admission,
        bounds,
        context,
    };
    if client.tls {
        let acceptor = client.context.tls.0.clone();
        // A client that cannot do TLS is told so by TLS.
        if let Ok(Ok(stream)) = timeout(client.bounds.head, acceptor.accept(stream)).await {
            client.serve(stream).await;
        }
    } else {
        client.serve(stream).await;
    }
}

/// The other end of a connection.
struct Client {
    peer: SocketAddr,
    tls: bool,
    admission: Admission,
    bounds: Bounds,
    context: Arc<Context>,
}

impl Client {
    /// Answers requests until there are no more.
    async fn serve<S: AsyncRead + AsyncWrite + Unpin>(&self, stream: S) {
        let mut wire = Wire::new(stream, self.context.budget.clone());
        while self.exchange(&mut wire).await {}
        wire.close().await;
    }

    /// Waits for a request and answers it; tells whether there may be another.
    async fn exchange<S: AsyncRead + AsyncWrite + Unpin>(&self, wire: &mut Wire<S>) -> bool {
        let mut stopping = self.context.stopping.clone();
        let begun = tokio::select! {
            // What has come already is answered, also when the server is to stop.
            biased;
            begun = wire.begin(self.bounds.idle) => begun,
            _ = stopping.wait_for(|stopping| *stopping) => return false,
        };
        if begun.is_err() {
            return false;
        }
        let started = Instant::now();
        let endpoint = &self.context.endpoint;
        let request_id = self.context.ids.next();
        let mut head = None;
        let received = self.receive(wire, &mut head).await;
        let (reply, stays) = match (received, &head) {
            (Ok(body), Some(head)) => {
                let reply = endpoint.reply(head, &body, &request_id).await;
                let stays = head.keeps_alive() && !reply.last && !*stopping.borrow();
                (reply, stays)
            }
            (Err(Ended::Refused(refusal)), head) => (
                Refused::from(refusal).reply(head.as_ref(), &request_id),
                false,
            ),
            (Ok(_), None) | (Err(Ended::Closed), _) => return false,
        };
        let response = Response {
            status: reply.answer.status,
            content_type: reply.format.content_type(),
            body: reply.format.render(&reply.answer),
            request_id: &request_id,
            last: !stays,
            bodyless: head.as_ref().is_some_and(|head| head.method == "HEAD"),
        };
        let bytes = response.to_bytes(endpoint.clock.now());
        // Before it is sent, so that who has an answer finds it in the log.
        self.context.log.request(&Record {
            request_id: &request_id,
            peer: self.peer.to_string(),
            tls: self.tls,
            method: head.map(|head| Shown(&head.method).to_string()),
            action: reply.action.as_deref().filter(|action| is_name(action)),
            status: reply.answer.status,
            code: reply.answer.code(),
            bytes_in: wire.received(),
            bytes_out: bytes.len(),
            duration_us: started.elapsed().as_micros(),
        });
        let sent = wire.send(&bytes, self.bounds.answer).await;
        sent.is_ok() && stays
    }

    /// Receives a request; the head is known even if the body is refused.
    async fn receive<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        wire: &mut Wire<S>,
        head: &mut Option<Head>,
    ) -> Result<Vec<u8>, Ended> {
        let head = head.insert(wire.head(time::Instant::now() + self.bounds.head).await?);
        if self.admission == Admission::TurnedAway {
            let message = "There are too many connections; try again.";
            return Err(Refusal::overloaded(message).into());
        }
        wire.body(head, time::Instant::now() + self.bounds.body)
            .await
    }
}

/// Tells whether a text may be the name of an action; other texts do not get
/// into the log.
fn is_name(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}
