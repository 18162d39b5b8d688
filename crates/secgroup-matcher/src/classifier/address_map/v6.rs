//! IPv6: a tree of boundaries over the first 64 bits, and small trees over the
//! other 64 for the places where those matter.
//!
//! Level k of the tree has every 8^k-th boundary. A search reads eight of them
//! in each level, one cache line, and goes on at the last that is not behind
//! the address; all headers take the same steps. Where boundaries differ in their
//! last 64 bits only, the number found is the mark of a *group*: eight more
//! boundaries with what each leads to, a number or another group. Headers that
//! go there queue, so that no branch is missed for each.

use super::super::columns::Lanes;
use super::super::compared::Compared;
use super::super::simd::Vectors;
use super::{AddressMap, Size};

/// How many boundaries are compared at once.
const FAN: usize = 8;

/// The mark of an entry that leads to a group; others are numbers.
const DEEPER: u32 = 1 << 31;

/// Eight boundaries, ascending: one cache line.
#[derive(Clone, Debug)]
#[repr(align(64))]
pub struct Bounds(pub(in super::super) [u64; FAN]);

/// A tree, or where boundaries are few, those.
#[derive(Debug)]
pub struct V6Map(Form);

#[derive(Debug)]
enum Form {
    Compared(Compared<(u64, u64)>),
    Tree(BoundaryMap),
}

/// The tree and the groups.
#[derive(Debug)]
struct BoundaryMap {
    /// The highest level first; each is padded to whole groups.
    levels: Vec<Vec<Bounds>>,
    /// What each boundary of the lowest level leads to: behind it within its
    /// 64 bits, and behind all of them.
    entries: Vec<(u32, u32)>,
    /// What boundaries over the last 64 bits lead to.
    groups: Vec<Group>,
}

/// Boundaries over the last 64 bits.
#[derive(Clone, Debug)]
struct Group {
    // INVARIANT: the first is not behind any address that comes here.
    begins: Bounds,
    /// What is behind each: a number or, with the mark, another group.
    entries: [u32; FAN],
}

/// Returns the first and the last 64 bits.
#[inline(always)]
const fn halves(address: u128) -> (u64, u64) {
    let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = address.to_be_bytes();
    let first = u64::from_be_bytes([a, b, c, d, e, f, g, h]);
    let last = u64::from_be_bytes([i, j, k, l, m, n, o, p]);
    (first, last)
}

impl AddressMap<u128> for V6Map {
    fn of(starts: &[u128], numbers: &[u32], size: Size) -> Self {
        let compared = match size {
            Size::Fast => {
                let starts: Vec<(u64, u64)> = starts.iter().map(|start| halves(*start)).collect();
                Compared::of(&starts, numbers)
            }
            Size::Slots | Size::Small => None,
        };
        let tree = || Form::Tree(BoundaryMap::of(starts, numbers));
        Self(compared.map_or_else(tree, Form::Compared))
    }

    #[inline(always)]
    fn find<const N: usize>(
        &self,
        addresses: &[u128; N],
        found: &mut [u32; N],
        vectors: impl Vectors,
    ) {
        match &self.0 {
            Form::Compared(compared) => {
                let (mut high, mut low) = (Lanes::<_, N>::all(0), Lanes::<_, N>::all(0));
                for ((high, low), address) in high.iter_mut().zip(&mut *low).zip(addresses) {
                    (*high, *low) = halves(*address);
                }
                compared.find(found, |at, (first, last)| {
                    // PERF: no branch, as there would be between pairs.
                    (high[at] > first) | (high[at] == first) & (low[at] >= last)
                });
            }
            Form::Tree(tree) => tree.find(addresses, found, vectors),
        }
    }

    fn bytes(&self) -> usize {
        match &self.0 {
            Form::Compared(compared) => compared.bytes(),
            Form::Tree(tree) => tree.bytes(),
        }
    }
}

impl BoundaryMap {
    fn of(starts: &[u128], numbers: &[u32]) -> Self {
        let (mut keys, mut entries) = (Vec::new(), Vec::new());
        let (mut groups, mut before) = (Vec::new(), 0);
        let mut rest = starts.iter().zip(numbers).peekable();
        while let Some((start, _)) = rest.peek() {
            let (high, _) = halves(**start);
            let mut own: Vec<(u64, u32)> = Vec::new();
            while let Some((start, number)) = rest.next_if(|(next, _)| halves(**next).0 == high) {
                own.push((halves(*start).1, *number));
            }
            if own[0].0 != 0 {
                own.insert(0, (0, before));
            }
            before = own.last().map_or(0, |(_, number)| *number);
            keys.push(high);
            entries.push((entry(&own, &mut groups), before));
        }
        let mut levels = vec![in_bounds(&keys)];
        while levels[0].len() > 1 {
            let above: Vec<u64> = levels[0].iter().map(|group| group.0[0]).collect();
            levels.insert(0, in_bounds(&above));
        }
        Self {
            levels,
            entries,
            groups,
        }
    }

    #[inline(always)]
    fn find<const N: usize>(
        &self,
        addresses: &[u128; N],
        found: &mut [u32; N],
        vectors: impl Vectors,
    ) {
        found.fill(0);
        for level in &self.levels {
            for (at, address) in found.iter_mut().zip(addresses) {
                // The greatest address is not before padding either.
                let group = &level[(*at as usize).min(level.len() - 1)];
                // PERF: no check; the first boundary of a level is behind nothing.
                let begun = vectors.begun_wide(halves(*address).0, group);
                *at = at.wrapping_mul(8).wrapping_add(begun).wrapping_sub(1);
            }
        }
        let lowest = self.levels.last().map_or(&[][..], Vec::as_slice);
        let last = self.entries.len() - 1;
        let (mut queue, mut queued) = ([0_usize; N], 0);
        for (lane, (at, address)) in found.iter_mut().zip(addresses).enumerate() {
            // Padding is behind every boundary, so it is met only at the end.
            let position = (*at as usize).min(last);
            let (inside, behind) = self.entries[position];
            let same = lowest[position / FAN].0[position % FAN] == halves(*address).0;
            *at = if same { inside } else { behind };
            queue[queued % N] = lane;
            queued += usize::from(*at & DEEPER != 0);
        }
        while queued > 0 {
            let mut kept = 0;
            for at in 0..queued {
                let lane = queue[at % N] % N;
                let group = &self.groups[(found[lane] & !DEEPER) as usize];
                let begun = vectors.begun_wide(halves(addresses[lane]).1, &group.begins) as usize;
                found[lane] = group.entries[begun.wrapping_sub(1) % FAN];
                queue[kept % N] = lane;
                kept += usize::from(found[lane] & DEEPER != 0);
            }
            queued = kept;
        }
    }

    fn bytes(&self) -> usize {
        let levels: usize = self.levels.iter().map(Vec::len).sum();
        size_of::<Bounds>() * levels
            + size_of::<(u32, u32)>() * self.entries.len()
            + size_of::<Group>() * self.groups.len()
    }
}

/// Lays out what begins where within 64 bits; returns the entry that leads there.
fn entry(own: &[(u64, u32)], groups: &mut Vec<Group>) -> u32 {
    let [.., (_, last)] = own else {
        return 0;
    };
    if own.len() == 1 {
        return *last;
    }
    // Padding is not behind the greatest address, and says the same as the last.
    let mut group = Group {
        begins: Bounds([u64::MAX; FAN]),
        entries: [*last; FAN],
    };
    let place = groups.len();
    groups.push(group.clone());
    for (at, part) in own.chunks(own.len().div_ceil(FAN)).enumerate() {
        group.begins.0[at] = part[0].0;
        group.entries[at..].fill(entry(part, groups));
    }
    groups[place] = group;
    DEEPER | u32::try_from(place).expect("there are fewer than 2^31 groups")
}

/// Cuts boundaries into groups; the last one is padded.
fn in_bounds(keys: &[u64]) -> Vec<Bounds> {
    let groups = keys.chunks(FAN).map(|keys| {
        let mut group = [u64::MAX; FAN];
        group[..keys.len()].copy_from_slice(keys);
        Bounds(group)
    });
    groups.collect()
}
