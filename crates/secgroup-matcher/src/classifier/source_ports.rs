//! The class of the source port.

use super::address_map::Size;
use super::columns::{Columns, Lanes};
use super::compared::Compared;
use super::intervals::Classes;
use super::ports::PortMap;
use super::simd::Vectors;
use super::table::Numbers;

/// Maps source ports to classes.
#[derive(Debug)]
pub(super) enum SourcePorts {
    Compared(Compared<u32>),
    /// A class for every port.
    Flat(Numbers),
    Paged(PortMap),
}

impl SourcePorts {
    /// Lays out intervals.
    pub(super) fn of(ports: &Classes<u16>, size: Size) -> Self {
        let starts: Vec<u32> = ports.starts.iter().map(|start| u32::from(*start)).collect();
        if let Some(compared) = Compared::of(&starts, &ports.class) {
            return Self::Compared(compared);
        }
        if size == Size::Small {
            let number = |_, class: u32| u16::try_from(class).expect("there are 65536 ports");
            return Self::Paged(PortMap::of(ports, 1, number));
        }
        let mut classes = Vec::with_capacity(1 << 16);
        let ends = ports.starts[1..].iter().map(|start| usize::from(*start));
        for (class, end) in ports.class.iter().zip(ends.chain([1 << 16])) {
            classes.resize(end, *class);
        }
        Self::Flat(Numbers::of(classes))
    }

    /// Finds the classes of headers.
    #[inline(always)]
    pub(super) fn find<A, const N: usize>(
        &self,
        columns: &Columns<A, N>,
        found: &mut [u32; N],
        vectors: impl Vectors,
    ) {
        let mut ports = Lanes::<_, N>::all(0);
        for (port, both) in ports.iter_mut().zip(&columns.ports) {
            *port = both & 0xffff;
        }
        match self {
            Self::Compared(compared) => {
                compared.find(found, |at, start| start <= ports[at]);
            }
            Self::Flat(classes) => {
                *found = *ports;
                classes.read(found, vectors);
            }
            Self::Paged(map) => {
                found.fill(0);
                map.find(&ports, found, vectors);
            }
        }
    }

    /// Returns how many bytes it takes.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Compared(compared) => compared.bytes(),
            Self::Flat(classes) => classes.bytes(),
            Self::Paged(map) => map.bytes(),
        }
    }
}
