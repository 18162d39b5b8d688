//! HTTP/1.1 as far as clients of the API speak it.
//!
//! Heads are taken apart by `httparse`, the parser of hyper. Not by hyper
//! itself: it keeps targets in a type that ends at 64 KiB, and one call with
//! long descriptions is 493 kB of target. What is left of the protocol is
//! small, and refusing is simpler than repairing: whatever two programs could
//! read in two ways ends the connection.

mod body;
mod head;
mod response;
mod target;
mod wire;

pub(crate) use head::{Head, Headers};
pub(crate) use response::Response;
pub(crate) use target::{Target, host_id};
pub(crate) use wire::{Budget, Ended, Wire};
