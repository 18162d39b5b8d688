//! IPv6: a tree of boundaries over the first 64 bits, and small trees over the
//! other 64 for the places where those matter.
//!
//! Where boundaries differ in their last 64 bits only, the tree leads to a
//! *group*: eight of them with what each leads to, a number or another group; and
//! it has one more boundary behind them, so that nothing else comes there. The
//! lowest level of the tree has all its boundaries, in lines of eight, each level
//! above has the first of every line, and the few of the highest one are compared
//! with one after the other. All headers take the same steps, so that no branch is
//! missed; only groups within groups within groups have those that go there queue.

use super::super::columns::Lanes;
use super::super::compared::Compared;
use super::super::simd::Vectors;
use super::super::table::Table;
use super::{AddressMap, Size};

/// How many boundaries are compared at once.
const FAN: usize = 8;

/// The highest level has at most so many lines: comparing with the first of each
/// takes less than one more level.
const MOST_TOPS: usize = 32;

/// How many headers go down one level in one go.
const TOGETHER: usize = 8;

/// So many groups all headers go through, or seem to.
const STEPS: usize = 2;

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
    /// Where all lines of the highest level but the first begin.
    // INVARIANT: fewer than `MOST_TOPS`.
    tops: Vec<u64>,
    /// The highest level first.
    // INVARIANT: each has eight lines for each of the one above.
    levels: Vec<Vec<Bounds>>,
    /// What each boundary of the lowest level leads to: a number or, with the
    /// mark, a group.
    entries: Table<u32>,
    groups: Groups,
}

/// Boundaries over the last 64 bits, group by group.
#[derive(Debug)]
struct Groups {
    // INVARIANT: the first is not behind any address that comes here.
    begins: Vec<Bounds>,
    /// What is behind each boundary: a number or, with the mark, another group.
    entries: Table<u32>,
    /// The most groups that an address goes through.
    depth: usize,
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
        let (mut groups, mut before) = (GroupsDraft::default(), 0);
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
            let entry = groups.entry(&own, 1);
            entries.push(entry);
            let next = rest.peek().map(|(next, _)| halves(**next).0);
            if let Some(behind) = high.checked_add(1)
                && entry & DEEPER != 0
                && next != Some(behind)
            {
                keys.push(behind);
                entries.push(before);
            }
        }
        let mut levels = vec![in_bounds(&keys)];
        while levels[0].len() > MOST_TOPS {
            let above: Vec<u64> = levels[0].iter().map(|line| line.0[0]).collect();
            levels.insert(0, in_bounds(&above));
        }
        let tops = levels[0].iter().skip(1).map(|line| line.0[0]).collect();
        let mut lines = levels[0].len();
        for level in &mut levels {
            // Where the greatest address takes padding for a boundary, too.
            level.resize(lines, Bounds([u64::MAX; FAN]));
            lines *= FAN;
        }
        let last = entries.last().copied().unwrap_or(0);
        entries.resize(lines, last);
        Self {
            tops,
            levels,
            entries: Table::of(entries),
            groups: Groups {
                begins: groups.begins,
                entries: Table::of(groups.entries),
                depth: groups.depth,
            },
        }
    }

    #[inline(always)]
    fn find<const N: usize>(
        &self,
        addresses: &[u128; N],
        found: &mut [u32; N],
        vectors: impl Vectors,
    ) {
        let (mut high, mut low) = (Lanes::<_, N>::all(0), Lanes::<_, N>::all(0));
        for ((high, low), address) in high.iter_mut().zip(&mut *low).zip(addresses) {
            (*high, *low) = halves(*address);
        }
        vectors.begun_of(&high, &self.tops, found);
        for level in &self.levels {
            go_down(level, &high, found, vectors);
        }
        vectors.wide(&self.entries, found);
        self.groups.find(&low, found, vectors);
    }

    fn bytes(&self) -> usize {
        let levels: usize = self.levels.iter().map(Vec::len).sum();
        size_of::<u64>() * self.tops.len()
            + size_of::<Bounds>() * levels
            + self.entries.bytes()
            + self.groups.bytes()
    }
}

impl Groups {
    /// Replaces entries that lead to groups by the numbers that are found there.
    #[inline(always)]
    fn find<const N: usize>(&self, low: &[u64; N], found: &mut [u32; N], vectors: impl Vectors) {
        for _ in 0..self.depth.min(STEPS) {
            // PERF: no branch; what goes nowhere looks at the first group.
            let mut places = Lanes::<_, N>::all(0);
            for (place, entry) in places.iter_mut().zip(&*found) {
                *place = *entry & !DEEPER & (entry >> 31).wrapping_neg();
            }
            go_down(&self.begins, low, &mut places, vectors);
            vectors.wide(&self.entries, &mut places);
            for (entry, next) in found.iter_mut().zip(&*places) {
                let goes = (*entry >> 31).wrapping_neg();
                *entry = next & goes | *entry & !goes;
            }
        }
        if self.depth > STEPS {
            self.go_on(low, found, vectors);
        }
    }

    /// Goes on where groups lead to groups still.
    #[inline(always)]
    fn go_on<const N: usize>(&self, low: &[u64; N], found: &mut [u32; N], vectors: impl Vectors) {
        let (mut queue, mut queued) = ([0_usize; N], 0);
        for (lane, entry) in found.iter().enumerate() {
            queue[queued % N] = lane;
            queued += usize::from(entry & DEEPER != 0);
        }
        while queued > 0 {
            let mut kept = 0;
            for at in 0..queued {
                let lane = queue[at % N] % N;
                let group = found[lane] & !DEEPER;
                let place = below(&self.begins, group, low[lane], vectors);
                found[lane] = self.entries.get(place);
                queue[kept % N] = lane;
                kept += usize::from(found[lane] & DEEPER != 0);
            }
            queued = kept;
        }
    }

    fn bytes(&self) -> usize {
        size_of::<Bounds>() * self.begins.len() + self.entries.bytes()
    }
}

/// Replaces positions of lines by those of boundaries, each the last one of its
/// line that is not behind the value.
#[inline(always)]
fn go_down<const N: usize>(
    lines: &[Bounds],
    values: &[u64; N],
    positions: &mut [u32; N],
    vectors: impl Vectors,
) {
    let (positions, other_positions) = positions.as_chunks_mut::<TOGETHER>();
    let (values, other_values) = values.as_chunks::<TOGETHER>();
    for (positions, values) in positions.iter_mut().zip(values) {
        // PERF: some at a time; counting one by one takes a tenth more.
        for (position, value) in positions.iter_mut().zip(values) {
            *position = below(lines, *position, *value, vectors);
        }
    }
    for (position, value) in other_positions.iter_mut().zip(other_values) {
        *position = below(lines, *position, *value, vectors);
    }
}

/// Returns the position of the last boundary of a line that is not behind a value.
#[inline(always)]
fn below(lines: &[Bounds], line: u32, value: u64, vectors: impl Vectors) -> u32 {
    let last = vectors.last_begun(value, &lines[line as usize]);
    line.wrapping_mul(8).wrapping_add(last)
}

/// Groups while they are laid out.
#[derive(Default)]
struct GroupsDraft {
    begins: Vec<Bounds>,
    entries: Vec<u32>,
    depth: usize,
}

impl GroupsDraft {
    /// Lays out what begins where within 64 bits; returns the entry that leads
    /// there. A group of it is one of so many on the way of an address.
    fn entry(&mut self, own: &[(u64, u32)], depth: usize) -> u32 {
        let [.., (_, last)] = own else {
            return 0;
        };
        if own.len() == 1 {
            return *last;
        }
        self.depth = self.depth.max(depth);
        let group = self.begins.len();
        // Padding is not behind the greatest address, and says the same as the last.
        self.begins.push(Bounds([u64::MAX; FAN]));
        self.entries.extend([*last; FAN]);
        for (at, part) in own.chunks(own.len().div_ceil(FAN)).enumerate() {
            let entry = self.entry(part, depth + 1);
            self.begins[group].0[at] = part[0].0;
            self.entries[group * FAN + at..][..FAN - at].fill(entry);
        }
        DEEPER | u32::try_from(group).expect("there are fewer than 2^31 groups")
    }
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
