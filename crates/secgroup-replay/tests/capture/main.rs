//! The capture side of replay, from a file's first byte to a packet's 5-tuple.
//!
//! Every test reads through the public API. Those that use the shared folder
//! beside the checkout do nothing where it is not there; the same checks then
//! still run over the small captures in `data/captures`.

#[cfg(test)]
mod abuse;
#[cfg(test)]
mod chunks;
#[cfg(test)]
mod corpus;
#[cfg(test)]
mod formats;
#[cfg(test)]
mod headers;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod mutated;
#[cfg(test)]
mod oracle;
#[cfg(test)]
mod outcome;
#[cfg(test)]
mod packed;
#[cfg(test)]
mod round_trip;
#[cfg(test)]
mod written;
