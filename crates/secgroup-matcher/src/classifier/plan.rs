//! What a classifier consists of, chosen by trying.
//!
//! Everything in the cross product is best while its tables stay in the caches.
//! Where they do not, filters with a specific side hang there; the fewer copies
//! that takes, the sooner. Only what is broad on both sides stays in the
//! product, or in several of them; what even then does not fit goes to the
//! tail. Every step has a bound, so no set of filters takes more than a multiple
//! of its size.

use std::collections::HashMap;
use std::fmt;

use super::block::Line;
use super::cross::{Cross, Order, Room};
use super::intervals::{Classes, Value};
use super::lists::{Draft, Lists};
use super::representation::Kind;
use super::ruleset::{FilterParts, RuleSet, Side};
use super::tail::Tail;
use super::{AddressSide, Classifier, Piece, Width};
use crate::address::Address;
use crate::classifier::address_map::{AddressMap as _, Size};

/// The cross product of all filters may take so many cells: what the caches of
/// one core hold.
const SMALL: Room = Room {
    cells: 1 << 23,
    work: 1 << 24,
    words: 1 << 23,
    flat: 1 << 22,
    order: Order::Best(0),
};

/// The cross product of broad filters, beside lists.
const LARGE: Room = Room {
    cells: 1 << 21,
    work: 1 << 24,
    words: 1 << 23,
    flat: 1 << 19,
    order: Order::Usual,
};

/// How broad filters are cut into pieces.
#[derive(Clone, Copy, Debug)]
struct Cut {
    /// What each may take.
    room: Room,
    /// At most so many pieces.
    most: usize,
    /// So few filters are not cut any more.
    least: usize,
}

/// Where one cross product is not enough.
const PIECES: Cut = Cut {
    room: Room {
        order: Order::Usual,
        ..SMALL
    },
    most: 64,
    least: 64,
};

/// How many copies of a filter may hang on one side, tried in order.
const COPIES: [u64; 4] = [8, 64, 512, 4096];

/// How many filters that share their addresses on a side hang there, tried in
/// order: the fewer, the shorter are the lists.
const SHARERS: [u64; 3] = [24, 64, 256];

/// Which filters hang on a side: those whose addresses there are these few.
#[derive(Clone, Copy, Debug)]
struct Few {
    /// Each is copied so often at most.
    copies: u64,
    /// So many share their addresses at most.
    sharers: u64,
}

/// As many as can hang on a side.
const MOST: Few = Few {
    copies: COPIES[COPIES.len() - 1],
    sharers: SHARERS[SHARERS.len() - 1],
};

/// What a classifier consists of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// Filters in the cross product.
    pub crossed: usize,
    /// Filters that hang on their source.
    pub at_source: usize,
    /// Filters that hang on their destination.
    pub at_destination: usize,
    /// Filters that are compared one after the other.
    pub scanned: usize,
    /// How many bytes lookups can touch.
    pub bytes: usize,
}

impl fmt::Display for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            ("crossed", self.crossed),
            ("at source", self.at_source),
            ("at destination", self.at_destination),
            ("scanned", self.scanned),
        ];
        let mut parts = parts.into_iter().filter(|(_, count)| *count > 0);
        let Some((name, count)) = parts.next() else {
            return f.write_str("empty");
        };
        write!(f, "{count} {name}")?;
        parts.try_for_each(|(name, count)| write!(f, ", {count} {name}"))
    }
}

/// Where each filter goes, by number, in order.
#[derive(Clone, Debug, Default)]
struct Split {
    crossed: Vec<u32>,
    at_source: Vec<u32>,
    at_destination: Vec<u32>,
}

impl Split {
    /// Puts all filters into the cross product.
    fn crossed<A>(all: &RuleSet<A>) -> Self {
        Self {
            crossed: (0..).take(all.rules.len()).collect(),
            ..Self::default()
        }
    }
}

/// Builds the best classifier that fits.
pub(super) fn build<A: Address>(all: &RuleSet<A>, size: Size) -> Classifier<A> {
    if let Some(whole) = assemble(all, &Split::crossed(all), SMALL, size) {
        return whole;
    }
    if let Some(costs) = Costs::of(all) {
        // PERF: a list is longer where more share their addresses, but one that is
        // long now and then is better than many cross products, all of which are
        // looked at always: three times at 100,000 filters in the style of ipc.
        for sharers in SHARERS {
            for copies in COPIES {
                let split = costs.split(all, Few { copies, sharers });
                if let Some(whole) = assemble(all, &split, LARGE, size) {
                    return whole;
                }
            }
        }
        let split = costs.split(all, MOST);
        if let Some(whole) = in_pieces(all, &split, PIECES, size) {
            return whole;
        }
    }
    scanned(all)
}

/// Builds a classifier whose broad filters are in several cross products, each
/// of some that follow each other; what does not fit is scanned.
fn in_pieces<A: Address>(
    all: &RuleSet<A>,
    split: &Split,
    cut: Cut,
    size: Size,
) -> Option<Classifier<A>> {
    let hanging = Split {
        crossed: Vec::new(),
        ..split.clone()
    };
    let mut whole = assemble(all, &hanging, LARGE, size)?;
    let mut scanned = Vec::new();
    let mut waiting = vec![&split.crossed[..]];
    while let Some(own) = waiting.pop() {
        if whole.pieces.len() < cut.most
            && let Some(piece) = piece(all, own, cut.room, size)
        {
            whole.parts.crossed += own.len();
            whole.parts.bytes += piece.bytes();
            whole.pieces.push(piece);
        } else if own.len() > cut.least && whole.pieces.len() < cut.most {
            // The one with the lesser numbers comes first.
            let (first, second) = own.split_at(own.len() / 2);
            waiting.extend([second, first]);
        } else {
            scanned.extend_from_slice(own);
        }
    }
    whole.tail = tail(all, &scanned);
    whole.parts.scanned = scanned.len();
    whole.parts.bytes += whole.tail.bytes();
    Some(whole)
}

/// Builds the cross product of some filters, in order.
fn piece<A: Address>(all: &RuleSet<A>, own: &[u32], room: Room, size: Size) -> Option<Piece<A>> {
    let source = HalfBuilt::of(all, &all.source, own, &[], Which::SOURCE)?;
    let destination = HalfBuilt::of(all, &all.destination, own, &[], Which::DESTINATION)?;
    Some(Piece {
        cross: Cross::of(all, own, &source.members, &destination.members, room, size)?,
        source: source.finish(size).map,
        destination: destination.finish(size).map,
        least: own.first().copied()?,
    })
}

/// The most that a part of a kind that is asked for may take.
const ASKED: Room = Room {
    cells: 1 << 22,
    work: 1 << 22,
    words: 1 << 22,
    flat: 1 << 22,
    order: Order::Best(0),
};

/// Builds a classifier of a kind; nothing where the filters do not fit.
pub(super) fn of_kind<A: Address>(
    all: &RuleSet<A>,
    kind: Kind,
    size: Size,
) -> Option<Classifier<A>> {
    let crossed = |room| assemble(all, &Split::crossed(all), room, size);
    let split = |copies| {
        let sharers = SHARERS[0];
        Some(Costs::of(all)?.split(all, Few { copies, sharers }))
    };
    match kind {
        Kind::Chosen => Some(build(all, size)),
        Kind::Scanned => Some(scanned(all)),
        Kind::Crossed => crossed(ASKED),
        Kind::Paged => crossed(Room { flat: 0, ..ASKED }),
        Kind::Ordered(behind) => crossed(Room {
            order: Order::Best(behind),
            ..ASKED
        }),
        Kind::Hanging(copies) => assemble(all, &split(copies)?, ASKED, size),
        Kind::Pieces {
            copies,
            cells,
            most,
        } => {
            let cut = Cut {
                room: Room { cells, ..ASKED },
                most,
                least: 2,
            };
            in_pieces(all, &split(copies)?, cut, size)
        }
    }
}

/// Builds a classifier that compares one filter after the other.
pub(super) fn scanned<A: Address>(all: &RuleSet<A>) -> Classifier<A> {
    let numbers: Vec<u32> = (0..).take(all.rules.len()).collect();
    let tail = tail(all, &numbers);
    let parts = Parts {
        scanned: all.rules.len(),
        bytes: tail.bytes(),
        ..Parts::default()
    };
    let nothing = || AddressSide {
        map: None,
        lists: None,
    };
    Classifier {
        source: nothing(),
        destination: nothing(),
        cross: Cross::default(),
        pieces: Vec::new(),
        tail,
        parts,
        width: Width::widest(),
    }
}

/// Builds the parts; nothing where one does not fit.
fn assemble<A: Address>(
    all: &RuleSet<A>,
    split: &Split,
    room: Room,
    size: Size,
) -> Option<Classifier<A>> {
    let own = &split.crossed;
    let (at_source, at_destination) = (&split.at_source, &split.at_destination);
    let source = HalfBuilt::of(all, &all.source, own, at_source, Which::SOURCE)?;
    let destination = HalfBuilt::of(
        all,
        &all.destination,
        own,
        at_destination,
        Which::DESTINATION,
    )?;
    let cross = Cross::of(all, own, &source.members, &destination.members, room, size)?;
    let (source, destination) = (source.finish(size), destination.finish(size));
    let bytes = |side: &AddressSide<A>| {
        side.map.as_ref().map_or(0, |map| map.bytes()) + side.lists.as_ref().map_or(0, Lists::bytes)
    };
    let parts = Parts {
        crossed: own.len(),
        at_source: split.at_source.len(),
        at_destination: split.at_destination.len(),
        scanned: 0,
        bytes: bytes(&source) + bytes(&destination) + cross.bytes(),
    };
    Some(Classifier {
        source,
        destination,
        cross,
        pieces: Vec::new(),
        tail: Tail::default(),
        parts,
        width: Width::widest(),
    })
}

/// A side, and the other one.
#[derive(Clone, Copy)]
struct Which {
    own: fn(&FilterParts) -> u32,
    other: fn(&FilterParts) -> u32,
    is_source: bool,
}

impl Which {
    const SOURCE: Self = Self {
        own: |rule| rule.source,
        other: |rule| rule.destination,
        is_source: true,
    };
    const DESTINATION: Self = Self {
        own: |rule| rule.destination,
        other: |rule| rule.source,
        is_source: false,
    };
}

/// A side before its map is laid out.
struct HalfBuilt<A> {
    /// Where each interval of addresses begins.
    starts: Vec<A>,
    /// What the map says of each.
    numbers: Vec<u32>,
    /// Whether there is a map: more than one class.
    several: bool,
    /// The sets that hold each class of the cross product.
    members: Vec<Vec<u32>>,
    /// The lists of what hangs there; without, the map says classes of the cross
    /// product.
    lists: Option<Lists<A>>,
}

impl<A: Address> HalfBuilt<A> {
    fn of(
        all: &RuleSet<A>,
        side: &Side<A>,
        crossed: &[u32],
        hanging: &[u32],
        which: Which,
    ) -> Option<Self> {
        let rule = |number: &u32| &all.rules[*number as usize];
        let mut in_cross = vec![false; side.sets.len()];
        crossed
            .iter()
            .for_each(|number| in_cross[(which.own)(rule(number)) as usize] = true);
        // The filters that hang on each set, in order.
        let mut own: Vec<Vec<u32>> = vec![Vec::new(); side.sets.len()];
        hanging
            .iter()
            .for_each(|number| own[(which.own)(rule(number)) as usize].push(*number));
        let used = (0..).zip(&side.sets).filter(|(set, _)| {
            let set = *set as usize;
            in_cross[set] || !own[set].is_empty()
        });
        let classes = Classes::of(used.map(|(set, ranges)| (set, &**ranges)))?;
        let several = classes.len() > 1;
        if hanging.is_empty() {
            let Classes {
                starts,
                class: numbers,
                members,
            } = classes;
            return Some(Self {
                starts,
                numbers,
                several,
                members,
                lists: None,
            });
        }
        let (lists, members) = lists(all, which, &classes, &in_cross, &own)?;
        let (lists, numbers) = lists.finish();
        let of_class = |class: &u32| numbers[*class as usize];
        Some(Self {
            numbers: classes.class.iter().map(of_class).collect(),
            starts: classes.starts,
            several,
            members,
            // There is a list even where all addresses are of one class.
            lists: Some(lists),
        })
    }

    fn finish(self, size: Size) -> AddressSide<A> {
        AddressSide {
            map: self
                .several
                .then(|| A::Map::of(&self.starts, &self.numbers, size)),
            lists: self.lists,
        }
    }
}

/// Lists what hangs on each class. Returns the sets of each class of the cross
/// product, too: classes that differ only in what hangs are one there.
fn lists<A: Address>(
    all: &RuleSet<A>,
    which: Which,
    classes: &Classes<A>,
    in_cross: &[bool],
    own: &[Vec<u32>],
) -> Option<(Draft<A>, Vec<Vec<u32>>)> {
    let other = if which.is_source {
        &all.destination
    } else {
        &all.source
    };
    let mut cross_classes: HashMap<Vec<u32>, u32> = HashMap::new();
    let mut cross_members = Vec::new();
    let mut lists = Draft::new();
    let mut lines: Vec<Line<A>> = Vec::new();
    for members in &classes.members {
        let crossed: Vec<u32> = members
            .iter()
            .copied()
            .filter(|set| in_cross[*set as usize])
            .collect();
        let cross = match cross_classes.get(&crossed) {
            Some(class) => *class,
            None => {
                let class = u32::try_from(cross_members.len()).ok()?;
                cross_members.push(crossed.clone());
                cross_classes.insert(crossed, class);
                class
            }
        };
        lines.clear();
        lines.extend(
            members
                .iter()
                .flat_map(|set| &own[*set as usize])
                .map(|number| {
                    let rule = &all.rules[*number as usize];
                    Line {
                        // What hangs has one range on the other side.
                        address: other.sets[(which.other)(rule) as usize][0],
                        service: all.services[rule.service as usize],
                        number: *number,
                    }
                }),
        );
        lines.sort_unstable_by_key(|line| line.number);
        lists.push(&lines, cross)?;
    }
    Some((lists, cross_members))
}

/// Builds the tail of some filters, in order.
fn tail<A: Address>(all: &RuleSet<A>, numbers: &[u32]) -> Tail<A> {
    let mut lines = Vec::with_capacity(numbers.len());
    for number in numbers {
        let rule = &all.rules[*number as usize];
        for source in &*all.source.sets[rule.source as usize] {
            for destination in &*all.destination.sets[rule.destination as usize] {
                let line = Line {
                    address: *destination,
                    service: all.services[rule.service as usize],
                    number: *number,
                };
                lines.push((*source, line));
            }
        }
    }
    Tail::of(&lines)
}

/// What it costs to hang filters on either side.
struct Costs {
    source: SideCosts,
    destination: SideCosts,
}

/// By set of addresses.
struct SideCosts {
    /// How many classes a set has; a filter is copied to each.
    copies: Vec<u64>,
    /// How many filters have the set.
    sharers: Vec<u64>,
    /// Whether the set is one range, so that it can be compared.
    single: Vec<bool>,
}

impl Costs {
    fn of<A: Address>(all: &RuleSet<A>) -> Option<Self> {
        Some(Self {
            source: SideCosts::of(&all.source, all.rules.iter().map(|rule| rule.source))?,
            destination: SideCosts::of(
                &all.destination,
                all.rules.iter().map(|rule| rule.destination),
            )?,
        })
    }

    /// Hangs each filter on its cheaper side, unless both are too broad.
    fn split<A: Address>(&self, all: &RuleSet<A>, few: Few) -> Split {
        let mut split = Split::default();
        for (number, rule) in (0..).zip(&all.rules) {
            let source = self
                .source
                .cost(rule.source, few, &self.destination, rule.destination);
            let destination =
                self.destination
                    .cost(rule.destination, few, &self.source, rule.source);
            let to = match (source, destination) {
                (None, None) => &mut split.crossed,
                (Some(source), Some(destination)) if destination < source => {
                    &mut split.at_destination
                }
                (None, Some(_)) => &mut split.at_destination,
                (Some(_), _) => &mut split.at_source,
            };
            to.push(number);
        }
        split
    }
}

impl SideCosts {
    fn of<A: Address>(side: &Side<A>, used: impl Iterator<Item = u32>) -> Option<Self> {
        let sets = (0..).zip(side.sets.iter().map(|ranges| &**ranges));
        let classes = Classes::of(sets)?;
        let mut costs = Self {
            copies: vec![0; side.sets.len()],
            sharers: vec![0; side.sets.len()],
            single: side.sets.iter().map(|ranges| ranges.len() == 1).collect(),
        };
        for set in classes.members.iter().flatten() {
            costs.copies[*set as usize] += 1;
        }
        used.for_each(|set| costs.sharers[set as usize] += 1);
        Some(costs)
    }

    /// Returns what it costs to hang a filter here; nothing where it cannot be,
    /// or would take too many copies.
    fn cost(&self, own: u32, few: Few, other: &Self, other_set: u32) -> Option<u64> {
        let (copies, sharers) = (self.copies[own as usize], self.sharers[own as usize]);
        let are_few = copies <= few.copies && sharers <= few.sharers;
        let fits = are_few && other.single[other_set as usize];
        fits.then_some(copies * sharers)
    }
}

impl Value for u32 {
    const LEAST: Self = Self::MIN;

    fn successor(self) -> Option<Self> {
        self.checked_add(1)
    }
}

impl Value for u128 {
    const LEAST: Self = Self::MIN;

    fn successor(self) -> Option<Self> {
        self.checked_add(1)
    }
}
