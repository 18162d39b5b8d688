//! The class of protocol and destination port.
//!
//! Where there is room: one table with a number for every port of the few
//! protocols whose ports are asked for, and a single one for each other. Where
//! the protocol's numbers begin is found by comparing, which is cheaper than a
//! load. Else pages (see `ports`).

use super::address_map::Size;
use super::columns::{Columns, Lanes};
use super::compared::{STEP, in_steps};
use super::intervals::Classes;
use super::ports::PortMap;
use super::simd::Vectors;
use super::table::Numbers;

/// At most so many protocols are compared.
const MOST_SPECIAL: usize = 8;

/// No protocol.
const NONE: u32 = 1 << 8;

/// At most so many protocols have a number for every port.
const MOST_ASKED: usize = 4;

/// Maps protocol and destination port to a number.
#[derive(Debug)]
pub(super) enum Near {
    Flat(Flat),
    Paged {
        /// The class of each protocol.
        protocols: Numbers,
        ports: PortMap,
    },
}

/// A number for every port of some protocols.
#[derive(Debug)]
pub(super) struct Flat {
    /// Where the numbers of protocols begin that are not among `special`.
    usual: Begin,
    /// Protocols, and how much further their numbers begin; filled up with some
    /// that are none.
    special: Vec<[(u32, Begin); STEP]>,
    numbers: Numbers,
}

/// Where the numbers of a protocol begin, twice; and one more where the ports
/// are asked for.
type Begin = u32;

impl Near {
    /// Tabulates the numbers of protocol and port classes: `class` is that of
    /// each protocol, of `kinds`.
    pub(super) fn of(
        class: &[u32],
        kinds: usize,
        ports: &Classes<u16>,
        number: impl Fn(usize, u32) -> u16,
        size: Size,
    ) -> Self {
        let flat = match size {
            Size::Fast | Size::Slots => Flat::of(class, kinds, ports, &number),
            Size::Small => None,
        };
        flat.map_or_else(
            || Self::Paged {
                protocols: Numbers::of(class.to_vec()),
                ports: PortMap::of(ports, kinds, number),
            },
            Self::Flat,
        )
    }

    /// Finds the numbers of headers.
    #[inline(always)]
    pub(super) fn find<A, const N: usize>(
        &self,
        columns: &Columns<A, N>,
        found: &mut [u32; N],
        vectors: impl Vectors,
    ) {
        match self {
            Self::Flat(flat) => flat.find(columns, found, vectors),
            Self::Paged { protocols, ports } => {
                let mut near = Lanes::<_, N>::all(0);
                for ((kind, near), (protocol, ports)) in found
                    .iter_mut()
                    .zip(&mut *near)
                    .zip(columns.protocols.iter().zip(&columns.ports))
                {
                    *kind = protocol & 0xff;
                    *near = ports >> 16;
                }
                protocols.read(found, vectors);
                ports.find(&near, found, vectors);
            }
        }
    }

    /// Returns how many bytes it takes.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Flat(flat) => flat.numbers.bytes(),
            Self::Paged { protocols, ports } => protocols.bytes() + ports.bytes(),
        }
    }
}

impl Flat {
    fn of(
        class: &[u32],
        kinds: usize,
        ports: &Classes<u16>,
        number: impl Fn(usize, u32) -> u16,
    ) -> Option<Self> {
        let (mut begins, mut numbers, mut asked) = (Vec::with_capacity(kinds), Vec::new(), 0);
        for kind in 0..kinds {
            let of = |port_class: &u32| u32::from(number(kind, *port_class));
            let begin = 2 * u32::try_from(numbers.len()).ok()?;
            let first = of(&ports.class[0]);
            if ports.class.iter().all(|port_class| of(port_class) == first) {
                begins.push(begin);
                numbers.push(first);
                continue;
            }
            asked += 1;
            if asked > MOST_ASKED {
                return None;
            }
            begins.push(begin + 1);
            let ends = ports.starts[1..].iter().map(|start| u32::from(*start));
            let mut from = 0;
            for (port_class, end) in ports.class.iter().zip(ends.chain([1 << 16])) {
                numbers.extend(std::iter::repeat_n(of(port_class), (end - from) as usize));
                from = end;
            }
        }
        let usual = usual(class);
        let begin = |class: &u32| begins[*class as usize];
        let special: Vec<(u32, Begin)> = (0..)
            .zip(class)
            .filter(|(_, class)| **class != usual)
            .map(|(protocol, class)| (protocol, begin(class).wrapping_sub(begin(&usual))))
            .collect();
        (special.len() <= MOST_SPECIAL).then(|| Self {
            usual: begin(&usual),
            special: in_steps(&special, (NONE, 0)),
            numbers: Numbers::of(numbers),
        })
    }

    #[inline(always)]
    fn find<A, const N: usize>(
        &self,
        columns: &Columns<A, N>,
        found: &mut [u32; N],
        vectors: impl Vectors,
    ) {
        found.fill(self.usual);
        for some in &self.special {
            for (found, protocol) in found.iter_mut().zip(&columns.protocols) {
                for (special, further) in some {
                    // PERF: without a branch, so that many are done at once.
                    let is = u32::from(protocol & 0xff == *special).wrapping_neg();
                    *found = found.wrapping_add(further & is);
                }
            }
        }
        for (found, ports) in found.iter_mut().zip(&columns.ports) {
            let asked = (*found & 1).wrapping_neg();
            *found = (*found >> 1).wrapping_add((ports >> 16) & asked);
        }
        self.numbers.read(found, vectors);
    }
}

/// Returns the class that most protocols have.
fn usual(class: &[u32]) -> u32 {
    let count = |one: &u32| class.iter().filter(|other| *other == one).count();
    let most = class.iter().max_by_key(|one| (count(one), **one));
    most.copied().unwrap_or(0)
}
