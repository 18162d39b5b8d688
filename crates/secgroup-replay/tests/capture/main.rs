//! The capture side of replay, from a file's first byte to a packet's 5-tuple.
//!
//! Every test reads through the public API. Those that use the shared folder
//! beside the checkout do nothing where it is not there; the same checks then
//! still run over the small captures in `data/captures`.

mod abuse;
mod chunks;
mod corpus;
mod formats;
mod limits;
mod mutated;
mod oracle;
mod outcome;
mod packed;
mod round_trip;
mod written;
