//! The server: bound to its addresses, and then running until it is told to stop.

use std::fmt;
use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use secgroup_ecs::Cloud;
use secgroup_model::AccountId;
use socket2::{Domain, Protocol, Socket, Type};
use tokio::runtime;
use tokio::sync::watch;
use tokio::task::{self, JoinSet};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

use crate::accept::{Slots, accept};
use crate::authority::{Authority, AuthorityError};
use crate::clock::Clock;
use crate::connection::{Context, Tls};
use crate::endpoint::Endpoint;
use crate::http::Budget;
use crate::key::{Key, Keys};
use crate::limits::Bounds;
use crate::log::Log;
use crate::request_id::RequestIds;
use crate::signature::Gate;
use crate::state_file::{StateFile, StateFileError};
use crate::store::Store;

/// How many connections may wait to be accepted.
const BACKLOG: i32 = 4096;

/// The most threads that serve connections unless more are asked for. A call takes microseconds and they
/// take turns at the cloud; more threads would only wait. One alone would let
/// the handshakes of TLS and the reading of large requests hold up everybody.
const THREADS: usize = 4;

/// What a server serves, and how.
pub struct Options {
    /// Where to listen; port 0 is any free one.
    pub listen: Vec<SocketAddr>,
    /// What is served.
    pub cloud: Cloud,
    /// The keys that are accepted; without any, every key is, also none.
    pub keys: Vec<Key>,
    /// Whose the calls are when there are no keys.
    pub account: AccountId,
    /// Where the certificate of the local authority is kept, for clients to
    /// trust; its key is kept beside it. Without a file, nobody can know it.
    pub ca_file: Option<PathBuf>,
    /// Where the state is kept; without a file, it is gone when the server is.
    pub state: Option<StateFile>,
    /// How many threads serve connections; 0 for as many as are of use.
    pub threads: usize,
    /// Who gets the log, one line of JSON for each request.
    pub log: Option<Box<dyn Write + Send>>,
    /// What time it is.
    pub clock: Clock,
    /// How long things may take, and how many clients there may be.
    pub bounds: Bounds,
}

impl Options {
    /// Returns options for a cloud on one address: no keys, files or log.
    #[must_use]
    pub fn new(listen: SocketAddr, cloud: Cloud, account: AccountId) -> Self {
        Self {
            listen: vec![listen],
            cloud,
            keys: Vec::new(),
            account,
            ca_file: None,
            state: None,
            threads: 0,
            log: None,
            clock: Clock::default(),
            bounds: Bounds::default(),
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("listen", &self.listen)
            .field("keys", &self.keys)
            .field("ca_file", &self.ca_file)
            .field("state", &self.state)
            .field("bounds", &self.bounds)
            .finish_non_exhaustive()
    }
}

/// Why a server does not start.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// There is no address to listen on.
    #[error("there is no address to listen on")]
    NoAddress,
    /// An address cannot be listened on.
    #[error("cannot listen on {}, port {}: {source}", .address.ip(), .address.port())]
    Address {
        /// The address.
        address: SocketAddr,
        /// Why not.
        source: io::Error,
    },
    /// There is no certificate.
    #[error(transparent)]
    Authority(#[from] AuthorityError),
}

/// Why a server ends badly.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The last state could not be written.
    #[error(transparent)]
    State(#[from] StateFileError),
    /// The system refuses threads or sockets.
    #[error("cannot serve: {0}")]
    System(#[from] io::Error),
}

/// The server before it listens.
#[derive(Clone, Copy, Debug)]
pub struct Server;

impl Server {
    /// Listens on the addresses; clients can connect, and are served by
    /// [`Bound::run`].
    ///
    /// # Errors
    ///
    /// Returns [`BindError`] if an address is taken or does not exist, or if the
    /// files of the authority are somebody else's.
    pub fn bind(options: Options) -> Result<Bound, BindError> {
        let listeners: Result<Vec<_>, _> = options.listen.iter().map(listen).collect();
        let listeners = listeners?;
        if listeners.is_empty() {
            return Err(BindError::NoAddress);
        }
        let addresses: Vec<SocketAddr> = listeners.iter().map(|(_, address)| *address).collect();
        let now = options.clock.now();
        let authority = match &options.ca_file {
            Some(path) => Authority::in_file(path, now)?,
            None => Authority::in_memory()?,
        };
        let hosts: Vec<_> = addresses.iter().map(SocketAddr::ip).collect();
        Ok(Bound {
            tls: Arc::new(authority.server(&hosts, now)?),
            listeners: listeners
                .into_iter()
                .map(|(listener, _)| listener)
                .collect(),
            addresses,
            options,
        })
    }
}

fn listen(address: &SocketAddr) -> Result<(TcpListener, SocketAddr), BindError> {
    let open = || {
        let socket = Socket::new(
            Domain::for_address(*address),
            Type::STREAM,
            Some(Protocol::TCP),
        )?;
        // Connections that have ended do not keep the address.
        socket.set_reuse_address(true)?;
        socket.bind(&(*address).into())?;
        socket.listen(BACKLOG)?;
        socket.set_nonblocking(true)?;
        let listener = TcpListener::from(socket);
        let address = listener.local_addr()?;
        Ok((listener, address))
    };
    open().map_err(|source| BindError::Address {
        address: *address,
        source,
    })
}

/// A server that listens.
#[derive(Debug)]
pub struct Bound {
    listeners: Vec<TcpListener>,
    addresses: Vec<SocketAddr>,
    tls: Arc<ServerConfig>,
    options: Options,
}

impl Bound {
    /// Returns where the server listens, with the ports that were chosen.
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Returns what the operator should know before the server runs. The log
    /// gets it, too.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let others = self
            .addresses
            .iter()
            .filter(|address| !address.ip().is_loopback());
        let open = if self.options.keys.is_empty() {
            " without any key"
        } else {
            ""
        };
        others
            .map(|address| {
                format!(
                    "{address} can be reached from other machines{open}; listen on 127.0.0.1 \
                     unless that is wanted"
                )
            })
            .collect()
    }

    /// Serves until `stop` is ready, with threads of its own; blocks until
    /// everything has ended.
    ///
    /// # Errors
    ///
    /// As [`Bound::run`], and if the system refuses threads.
    pub fn run_blocking(self, stop: impl Future<Output = ()>) -> Result<(), RunError> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let runtime = runtime::Builder::new_multi_thread()
            .worker_threads(match self.options.threads {
                0 => cores.clamp(2, THREADS),
                some => some,
            })
            .enable_all()
            .build()?;
        runtime.block_on(self.run(stop))
    }

    /// Serves until `stop` is ready. Then requests in flight are finished, as
    /// far as [`Bounds::grace`] allows, and the state is written.
    ///
    /// # Errors
    ///
    /// Returns [`RunError`] if the last state could not be written, or the
    /// system refuses to serve at all.
    pub async fn run(self, stop: impl Future<Output = ()>) -> Result<(), RunError> {
        let warnings = self.warnings();
        let options = self.options;
        let log = Arc::new(Log::start(options.log, options.clock.clone())?);
        for warning in warnings {
            log.warning(&warning);
        }
        let store = Arc::new(Store::start(
            options.cloud,
            options.state,
            Arc::clone(&log),
        )?);
        let (stopper, stopping) = watch::channel(false);
        let context = Arc::new(Context {
            endpoint: Endpoint {
                store: Arc::clone(&store),
                gate: Gate::new(options.keys.into_iter().collect::<Keys>(), options.account),
                clock: options.clock,
                started: Instant::now(),
            },
            tls: Tls(TlsAcceptor::from(self.tls)),
            bounds: options.bounds,
            budget: Budget::default(),
            ids: RequestIds::default(),
            log: Arc::clone(&log),
            stopping,
        });
        let slots = Slots::new(context.bounds.connections);
        let mut listeners = JoinSet::new();
        for listener in self.listeners {
            let listener = tokio::net::TcpListener::from_std(listener)?;
            listeners.spawn(accept(listener, slots.clone(), Arc::clone(&context)));
        }
        stop.await;
        stopper.send_replace(true);
        let ended = async { while listeners.join_next().await.is_some() {} };
        if timeout(context.bounds.grace, ended).await.is_err() {
            log.warning("some requests took too long to finish and were given up");
            listeners.shutdown().await;
        }
        let last = task::spawn_blocking(move || store.end()).await;
        log.end();
        Ok(last.unwrap_or(Ok(()))?)
    }
}

/// Makes a signal for [`Bound::run`] that any thread can give.
pub fn stop_signal() -> (Stop, impl Future<Output = ()> + Send + 'static) {
    let (sender, mut receiver) = watch::channel(false);
    let stopped = async move {
        // Without anybody left to give it, the signal never comes.
        if receiver.wait_for(|stop| *stop).await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    (Stop(sender), stopped)
}

/// Tells a server to stop.
#[derive(Debug)]
pub struct Stop(watch::Sender<bool>);

impl Stop {
    /// Tells it. A second time changes nothing.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }
}
