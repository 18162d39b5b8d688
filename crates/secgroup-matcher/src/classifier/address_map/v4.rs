//! IPv4: a trie in strides of 16, 8 and 8 bits, leaves pushed down.
//!
//! Every step is one load. A step into nothing reads the first node, which is
//! in the cache, so that all headers take the same way and no branch is missed.
//! Where full nodes would take too much, those of a level are *sparse*: a bit
//! for each of 256 values at which a number begins, and the numbers.

use std::collections::BTreeMap;

use super::super::columns::Lanes;
use super::super::compared::Compared;
use super::super::simd::Vectors;
use super::super::table::Numbers;
use super::slots::SlotMap;
use super::tree::TreeMap;
use super::{AddressMap, Size};

/// While building, the mark of entries that lead to a node; others are numbers.
const DEEPER: u32 = 1 << 31;

/// A trie that takes more is slower than slots.
const MOST_BYTES: usize = 3 << 18;

/// The full nodes of a level have at most so many entries.
const FULL_ENTRIES: usize = 1 << 21;

/// How many numbers a sparse node has in its own cache line.
const INLINE: usize = 5;

/// The trie.
#[derive(Debug)]
struct TrieMap {
    root: Numbers,
    levels: [Level; 2],
    /// The bit that marks entries that lead to a node; others are numbers. It
    /// is as low as it can be, so that entries take few bytes.
    mark: u32,
}

/// The nodes below the root, or below those.
#[derive(Debug)]
enum Level {
    /// There are none.
    None,
    /// 256 entries for each node.
    Full(Numbers),
    Sparse {
        nodes: Vec<Node>,
        /// The numbers that did not fit in their nodes.
        more: Vec<u32>,
    },
}

/// A sparse node.
#[derive(Clone, Debug)]
#[repr(align(64))]
struct Node {
    /// The values at which a number begins.
    begins: [u64; 4],
    /// How many begin before each word.
    before: [u8; 4],
    /// Where the others begin in `more`.
    more: u32,
    first: [u32; INLINE],
}

/// A node while it is built: the values at which entries begin.
type Draft = Vec<(u8, u32)>;

/// A trie, or where many maps must be small, a tree of boundaries.
#[derive(Debug)]
pub struct V4Map(Form);

#[derive(Debug)]
enum Form {
    Compared(Compared<u32>),
    Trie(TrieMap),
    Slots(SlotMap),
    Tree(TreeMap),
}

impl AddressMap<u32> for V4Map {
    fn of(starts: &[u32], numbers: &[u32], size: Size) -> Self {
        let slots = || SlotMap::of(starts, numbers).map(Form::Slots);
        let trie = || TrieMap::of(starts, numbers);
        Self(match size {
            Size::Fast => match Compared::of(starts, numbers) {
                Some(compared) => Form::Compared(compared),
                None => {
                    let trie = trie();
                    let slots = (trie.bytes() > MOST_BYTES).then(slots).flatten();
                    slots.unwrap_or(Form::Trie(trie))
                }
            },
            Size::Slots => slots().unwrap_or_else(|| Form::Trie(trie())),
            Size::Small => Form::Tree(TreeMap::of(starts, numbers)),
        })
    }

    #[inline(always)]
    fn find<const N: usize>(
        &self,
        addresses: &[u32; N],
        found: &mut [u32; N],
        vectors: impl Vectors,
    ) {
        match &self.0 {
            Form::Compared(compared) => {
                compared.find(found, |at, start| start <= addresses[at]);
            }
            Form::Trie(trie) => trie.find(addresses, found, vectors),
            Form::Slots(slots) => slots.find(addresses, found, vectors),
            Form::Tree(tree) => tree.find(addresses, found, vectors),
        }
    }

    fn bytes(&self) -> usize {
        match &self.0 {
            Form::Compared(compared) => compared.bytes(),
            Form::Trie(trie) => trie.bytes(),
            Form::Slots(slots) => slots.bytes(),
            Form::Tree(tree) => tree.bytes(),
        }
    }
}

impl TrieMap {
    fn of(starts: &[u32], numbers: &[u32]) -> Self {
        let mut build = Build {
            starts,
            numbers,
            at: 0,
            drafts: [const { Drafts::new() }; 2],
        };
        let root = (0..1 << 16).map(|slot: u32| build.entry(slot << 16, 16, 0));
        let mut root: Vec<u32> = root.collect();
        let nodes = build.drafts.iter().map(|level| level.list.len());
        let numbers = numbers.iter().map(|number| *number as usize + 1);
        let most = numbers.chain(nodes).max().unwrap_or(0);
        let mark = u32::try_from(most.next_power_of_two()).expect("numbers are below 2^31");
        let marked = |entry: &mut u32| {
            if *entry & DEEPER != 0 {
                *entry = *entry & !DEEPER | mark;
            }
        };
        root.iter_mut().for_each(marked);
        let levels = build.drafts.map(|level| {
            let mut drafts = level.list;
            drafts
                .iter_mut()
                .flatten()
                .for_each(|(_, entry)| marked(entry));
            Level::of(&drafts)
        });
        Self {
            root: Numbers::of(root),
            levels,
            mark,
        }
    }

    #[inline(always)]
    fn find<const N: usize>(
        &self,
        addresses: &[u32; N],
        found: &mut [u32; N],
        vectors: impl Vectors,
    ) {
        for (entry, address) in found.iter_mut().zip(addresses) {
            *entry = address >> 16;
        }
        self.root.read(found, vectors);
        self.levels[0].step(addresses, 8, self.mark, found, vectors);
        self.levels[1].step(addresses, 0, self.mark, found, vectors);
    }

    fn bytes(&self) -> usize {
        let levels = self.levels.iter().map(|level| match level {
            Level::None => 0,
            Level::Full(entries) => entries.bytes(),
            Level::Sparse { nodes, more } => size_of::<Node>() * nodes.len() + 4 * more.len(),
        });
        self.root.bytes() + levels.sum::<usize>()
    }
}

/// Intervals on their way into a trie.
struct Build<'b> {
    starts: &'b [u32],
    numbers: &'b [u32],
    /// The interval that the next address is in.
    at: usize,
    drafts: [Drafts; 2],
}

/// The nodes of a level, equal ones once.
struct Drafts {
    list: Vec<Draft>,
    known: BTreeMap<Draft, u32>,
}

impl Drafts {
    const fn new() -> Self {
        Self {
            list: Vec::new(),
            known: BTreeMap::new(),
        }
    }

    fn number(&mut self, draft: Draft) -> u32 {
        if let Some(number) = self.known.get(&draft) {
            return *number;
        }
        let number = u32::try_from(self.list.len()).expect("there are at most 2^24 nodes");
        self.list.push(draft.clone());
        self.known.insert(draft, number);
        number
    }
}

impl Build<'_> {
    /// Returns the entry for the addresses that begin at `first` and differ in
    /// `bits`; addresses are asked in order.
    fn entry(&mut self, first: u32, bits: u32, level: usize) -> u32 {
        while self
            .starts
            .get(self.at + 1)
            .is_some_and(|next| *next <= first)
        {
            self.at += 1;
        }
        let last = first | ((1 << bits) - 1);
        let whole = self.starts.get(self.at + 1).is_none_or(|next| *next > last);
        if whole {
            return self.numbers[self.at];
        }
        let mut draft = Draft::new();
        for value in 0..=255_u8 {
            let inner = bits - 8;
            let entry = self.entry(first | u32::from(value) << inner, inner, level + 1);
            if draft.last().is_none_or(|(_, before)| *before != entry) {
                draft.push((value, entry));
            }
        }
        DEEPER | self.drafts[level].number(draft)
    }
}

impl Level {
    fn of(drafts: &[Draft]) -> Self {
        if drafts.is_empty() {
            return Self::None;
        }
        if drafts.len() * 256 <= FULL_ENTRIES {
            let mut entries = Vec::with_capacity(drafts.len() * 256);
            for draft in drafts {
                for (at, (value, entry)) in draft.iter().enumerate() {
                    let next = draft.get(at + 1).map_or(256, |next| usize::from(next.0));
                    let count = next - usize::from(*value);
                    entries.extend(std::iter::repeat_n(*entry, count));
                }
            }
            return Self::Full(Numbers::of(entries));
        }
        let (mut nodes, mut more) = (Vec::with_capacity(drafts.len()), Vec::new());
        for draft in drafts {
            nodes.push(Node::of(draft, &mut more));
        }
        Self::Sparse { nodes, more }
    }

    /// Takes one more step where an entry leads deeper.
    #[inline(always)]
    fn step<const N: usize>(
        &self,
        addresses: &[u32; N],
        shift: u32,
        mark: u32,
        entries: &mut [u32; N],
        vectors: impl Vectors,
    ) {
        match self {
            Self::None => {}
            Self::Full(nodes) => {
                let mut positions = Lanes::<_, N>::all(0);
                for ((position, entry), address) in
                    positions.iter_mut().zip(&*entries).zip(addresses)
                {
                    let node = (*entry ^ mark) << 8 | address >> shift & 0xff;
                    *position = if *entry & mark != 0 { node } else { 0 };
                }
                nodes.read(&mut positions, vectors);
                for (entry, next) in entries.iter_mut().zip(*positions) {
                    *entry = if *entry & mark != 0 { next } else { *entry };
                }
            }
            Self::Sparse { nodes, more } => {
                for (entry, address) in entries.iter_mut().zip(addresses) {
                    let deeper = *entry & mark != 0;
                    let node = if deeper { *entry ^ mark } else { 0 };
                    let next = nodes[node as usize].find(address >> shift & 0xff, more);
                    *entry = if deeper { next } else { *entry };
                }
            }
        }
    }
}

impl Node {
    fn of(draft: &Draft, more: &mut Vec<u32>) -> Self {
        let mut node = Self {
            begins: [0; 4],
            before: [0; 4],
            more: u32::try_from(more.len()).expect("there are at most 2^32 addresses"),
            first: [0; INLINE],
        };
        for (at, (value, entry)) in draft.iter().enumerate() {
            node.begins[usize::from(value / 64)] |= 1 << (value % 64);
            match node.first.get_mut(at) {
                Some(own) => *own = *entry,
                None => more.push(*entry),
            }
        }
        let mut total = 0;
        for (before, word) in node.before.iter_mut().zip(node.begins) {
            // Before the last word at most 192 begin.
            *before = u8::try_from(total).unwrap_or(u8::MAX);
            total += word.count_ones();
        }
        node
    }

    #[inline(always)]
    fn find(&self, value: u32, more: &[u32]) -> u32 {
        let word = (value >> 6) as usize & 3;
        let until = u64::MAX >> (63 - (value & 63));
        let begun = u32::from(self.before[word]) + (self.begins[word] & until).count_ones();
        let at = begun as usize - 1;
        match self.first.get(at) {
            Some(entry) => *entry,
            None => more[self.more as usize + at - INLINE],
        }
    }
}
