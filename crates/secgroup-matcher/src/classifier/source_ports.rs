//! The class of the source port.

use super::address_map::Size;
use super::columns::Columns;
use super::intervals::Classes;
use super::ports::PortMap;
use super::simd::Vectors;
use super::table::Numbers;

/// At most so many boundaries are compared.
const MOST_COMPARED: usize = 12;

/// Maps source ports to classes.
#[derive(Debug)]
pub(super) enum SourcePorts {
    /// The ports at which a class begins, but for the first: how many of them
    /// are not behind a port is its class.
    Compared(Vec<u32>),
    /// A class for every port.
    Flat(Numbers),
    Paged(PortMap),
}

impl SourcePorts {
    /// Lays out intervals. Returns the class of the intervals' classes, too:
    /// which of `ports` each class of this map is.
    pub(super) fn of(ports: &Classes<u16>, size: Size) -> (Self, Vec<u32>) {
        if ports.starts.len() <= MOST_COMPARED + 1 {
            let starts = ports.starts[1..].iter().map(|start| u32::from(*start));
            return (Self::Compared(starts.collect()), ports.class.clone());
        }
        let same = (0..).take(ports.members.len()).collect();
        if size == Size::Small {
            let number = |_, class: u32| u16::try_from(class).expect("there are 65536 ports");
            return (Self::Paged(PortMap::of(ports, 1, number)), same);
        }
        let mut classes = Vec::with_capacity(1 << 16);
        let ends = ports.starts[1..].iter().map(|start| usize::from(*start));
        for (class, end) in ports.class.iter().zip(ends.chain([1 << 16])) {
            classes.resize(end, *class);
        }
        (Self::Flat(Numbers::of(classes)), same)
    }

    /// Finds the classes of headers.
    #[inline(always)]
    pub(super) fn find<A, const N: usize>(
        &self,
        columns: &Columns<A, N>,
        found: &mut [u32; N],
        vectors: impl Vectors,
    ) {
        let mut ports = [0; N];
        for (port, both) in ports.iter_mut().zip(&columns.ports) {
            *port = both & 0xffff;
        }
        match self {
            Self::Compared(starts) => {
                found.fill(0);
                for start in starts {
                    // PERF: a sum that is checked is done one by one, not sixteen
                    // at once; a class is at most `MOST_COMPARED`.
                    for (class, port) in found.iter_mut().zip(&ports) {
                        *class = class.wrapping_add(u32::from(start <= port));
                    }
                }
            }
            Self::Flat(classes) => {
                *found = ports;
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
            Self::Compared(starts) => 4 * starts.len(),
            Self::Flat(classes) => classes.bytes(),
            Self::Paged(map) => map.bytes(),
        }
    }
}
