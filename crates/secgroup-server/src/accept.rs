//! Accepting connections, as many as there may be.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use rustix::process::{Resource, getrlimit};
use tokio::net::TcpListener;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::connection::{Admission, Context, serve};
use crate::limits::{REFUSALS, SPARE_FILES};

/// How long to wait when the system has no room for another connection.
const PAUSE: Duration = Duration::from_millis(100);

/// The room for connections of all listeners.
#[derive(Clone, Debug)]
pub(crate) struct Slots {
    served: Arc<Semaphore>,
    turned_away: Arc<Semaphore>,
}

impl Slots {
    /// Makes room for `connections`, or for as many as the process may have
    /// files open: the state has to be written, too.
    pub(crate) fn new(connections: usize) -> Self {
        let files = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
        let connections = connections.min(usable(files)).min(Semaphore::MAX_PERMITS);
        Self {
            served: Arc::new(Semaphore::new(connections)),
            turned_away: Arc::new(Semaphore::new(REFUSALS)),
        }
    }

    /// Waits until there is room to serve a connection, or at least to tell it
    /// that there is none.
    async fn admit(&self) -> (Admission, OwnedSemaphorePermit) {
        let slot = |semaphore: &Arc<Semaphore>| Arc::clone(semaphore).acquire_owned();
        let (kind, slot) = tokio::select! {
            biased;
            slot = slot(&self.served) => (Admission::Served, slot),
            slot = slot(&self.turned_away) => (Admission::TurnedAway, slot),
        };
        (kind, slot.expect("these are never closed"))
    }
}

/// Returns how many of `files` connections may take.
fn usable(files: u64) -> usize {
    let files = usize::try_from(files).unwrap_or(usize::MAX);
    files.saturating_sub(SPARE_FILES).max(1)
}

/// Accepts connections until the server stops, and ends when they have.
pub(crate) async fn accept(listener: TcpListener, slots: Slots, context: Arc<Context>) {
    let mut stopping = context.stopping.clone();
    let mut connections = JoinSet::new();
    let mut full = false;
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            // Those that have ended are forgotten.
            Some(_) = connections.join_next() => continue,
            _ = stopping.wait_for(|stopping| *stopping) => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                full = false;
                let (admission, slot) = tokio::select! {
                    admitted = slots.admit() => admitted,
                    _ = stopping.wait_for(|stopping| *stopping) => break,
                };
                let context = Arc::clone(&context);
                connections.spawn(async move {
                    serve(stream, peer, admission, context).await;
                    drop(slot);
                });
            }
            // Of one connection, which is gone.
            Err(error) if is_of_the_client(&error) => (),
            // Of the system: nothing gets better by asking again at once.
            Err(error) => {
                if !full {
                    full = true;
                    let message = format!("connections have to wait, the system says: {error}");
                    context.log.warning(&message);
                }
                sleep(PAUSE).await;
            }
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

fn is_of_the_client(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::Interrupted
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_left_for_other_things() {
        assert_eq!(usable(1024), 1024 - SPARE_FILES);
        assert_eq!(usable(SPARE_FILES as u64 + 1), 1);
        assert_eq!(usable(0), 1);
    }

    #[test]
    fn some_connections_are_served_some_are_told_and_some_wait() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        runtime.block_on(async {
            let slots = Slots::new(2);
            let mut admitted = Vec::new();
            for number in 0..2 + REFUSALS {
                let (admission, slot) = slots.admit().await;
                assert_eq!(admission == Admission::Served, number < 2, "{number}");
                admitted.push(slot);
            }
            tokio::select! {
                biased;
                _ = slots.admit() => panic!("there is no room"),
                () = std::future::ready(()) => (),
            }
            admitted.pop();
            assert_eq!(slots.admit().await.0, Admission::TurnedAway);
            admitted.clear();
            assert_eq!(slots.admit().await.0, Admission::Served);
        });
    }
}
