//! Headers field by field: what a batch goes through the stages as.

use std::ops::{Deref, DerefMut};

use super::Header;

/// Something for each header of a batch.
///
/// PERF: a vector that is not in one cache line is in two: reading and writing
/// those took up to a fifth of all the time.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub(crate) struct Lanes<T, const N: usize>(pub(crate) [T; N]);

impl<T: Copy, const N: usize> Lanes<T, N> {
    /// Returns the same for all.
    #[inline(always)]
    pub(crate) const fn all(one: T) -> Self {
        Self([one; N])
    }
}

impl<T, const N: usize> Deref for Lanes<T, N> {
    type Target = [T; N];

    #[inline(always)]
    fn deref(&self) -> &[T; N] {
        &self.0
    }
}

impl<T, const N: usize> DerefMut for Lanes<T, N> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut [T; N] {
        &mut self.0
    }
}

/// The fields of a batch of headers.
// PERF: as for `Lanes`; all fields are whole cache lines.
#[derive(Debug)]
#[repr(align(64))]
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
