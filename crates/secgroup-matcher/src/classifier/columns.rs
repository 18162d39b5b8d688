//! Headers field by field: what a batch goes through the stages as.

use super::Header;

/// The fields of a batch of headers.
#[derive(Debug)]
pub struct Columns<A, const N: usize> {
    /// The source addresses.
    pub(crate) sources: [A; N],
    /// The destination addresses.
    pub(crate) destinations: [A; N],
    /// The source port in the low half, the destination port in the high one.
    pub(crate) ports: [u32; N],
    /// The protocol in the lowest byte; the others are not to be looked at.
    pub(crate) protocols: [u32; N],
}

impl<A: Copy, const N: usize> Columns<A, N> {
    /// Takes headers apart, one after the other.
    #[inline(always)]
    pub(crate) fn of(headers: &[Header<A>; N]) -> Self {
        Self {
            sources: std::array::from_fn(|at| headers[at].source),
            destinations: std::array::from_fn(|at| headers[at].destination),
            ports: std::array::from_fn(|at| {
                let header = &headers[at];
                u32::from(header.source_port) | u32::from(header.destination_port) << 16
            }),
            protocols: std::array::from_fn(|at| u32::from(headers[at].protocol)),
        }
    }
}
