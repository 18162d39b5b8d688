//! The server through its sockets and files, as clients and operators meet it.

#![expect(
    clippy::unwrap_used,
    reason = "what fails in a helper fails the test that called it"
)]

mod client;
mod concurrency;
mod durability;
mod formats;
mod framing;
mod killed;
mod limits;
mod logging;
mod recorded;
mod running;
mod secure;
mod signatures;
mod slow;
mod stopping;
