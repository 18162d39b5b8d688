//! In which order the classes of fields meet.
//!
//! Every order gives the same answers; they differ in how many tables are read
//! and how large those are. Where addresses meet first, the tables of a firewall
//! can take seven megabytes, and one and a half where one side meets the
//! services first. So all orders are tried: every way to put classes together
//! two, three or four at a time.

use super::sets::Sets;
use super::{Order, Room};

/// Fields are numbers below this.
pub(super) const FIELDS: usize = 4;

/// The field of source addresses.
pub(super) const SOURCE: usize = 0;
/// The field of destination addresses.
pub(super) const DESTINATION: usize = 1;
/// The field of protocols and destination ports.
pub(super) const NEAR: usize = 2;
/// The field of source ports.
pub(super) const SOURCE_PORT: usize = 3;

/// Both sides' addresses, as bits.
const ADDRESSES: usize = 1 << SOURCE | 1 << DESTINATION;

/// Fields may meet only to be counted where that takes so many words of bits to
/// be looked at.
const COUNTED: usize = 1 << 23;

/// The distinct sets of one meeting may take so many words.
const KEPT: usize = 1 << 20;

/// What a table is asked by: the class of a field, or what another table says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Node {
    Field(usize),
    Step(Vec<Self>),
}

impl Node {
    const fn is_step(&self) -> bool {
        matches!(self, Self::Step(_))
    }

    /// Returns the fields it depends on, as bits.
    pub(super) fn fields(&self) -> usize {
        match self {
            Self::Field(field) => 1 << field,
            Self::Step(inputs) => inputs.iter().map(Self::fields).sum(),
        }
    }
}

/// Returns the best order to put the classes of fields together: the nodes that
/// the last table is asked by, other tables before fields; nothing where no order
/// is to be tried or known to have the room. `beside` is what other tables take
/// and `width` what an answer takes.
pub(super) fn best(
    fields: &[(usize, Sets)],
    meetings: &Meetings,
    room: Room,
    beside: usize,
    width: usize,
) -> Option<Vec<Node>> {
    let Order::Best(behind) = room.order else {
        return None;
    };
    let all: Vec<usize> = fields.iter().map(|(field, _)| *field).collect();
    let orders = groupings(&all).into_iter().filter_map(|order| {
        let order = meetings.arranged(order)?;
        let cost = meetings.cost(&order, room, beside, width)?;
        Some((cost, order))
    });
    let mut orders: Vec<(u64, Vec<Node>)> = orders.collect();
    orders.sort_by_key(|(cost, _)| *cost);
    let rank = behind.min(orders.len().saturating_sub(1));
    orders.into_iter().nth(rank).map(|(_, order)| order)
}

/// Returns the usual order: addresses meet, services meet, and both meet.
pub(super) fn usual(fields: &[(usize, Sets)]) -> Vec<Node> {
    let half = |of: [usize; 2]| {
        let own = fields.iter().map(|(field, _)| *field);
        let own = own.filter(|field| of.contains(field)).map(Node::Field);
        let own: Vec<Node> = own.collect();
        match &own[..] {
            [] => None,
            [one] => Some(one.clone()),
            _ => Some(Node::Step(own)),
        }
    };
    let halves = [half([SOURCE, DESTINATION]), half([NEAR, SOURCE_PORT])];
    let mut order: Vec<Node> = halves.into_iter().flatten().collect();
    order.sort_by_key(|node| !node.is_step());
    order
}

/// Returns every way to put fields together: what the last table is asked by.
fn groupings(fields: &[usize]) -> Vec<Vec<Node>> {
    let Some((first, rest)) = fields.split_first() else {
        return vec![Vec::new()];
    };
    let mut ways = Vec::new();
    for bits in 0..1_usize << rest.len() {
        let chosen = |is: usize| {
            let own = rest.iter().enumerate();
            let own = own.filter(move |(at, _)| bits >> at & 1 == is);
            own.map(|(_, field)| *field)
        };
        // The first group, and the ways to group the others.
        let group: Vec<usize> = std::iter::once(*first).chain(chosen(1)).collect();
        let others: Vec<usize> = chosen(0).collect();
        if others.is_empty() && fields.len() > 1 {
            continue;
        }
        for node in nodes(&group) {
            for others in groupings_of_others(&others) {
                let mut way = vec![node.clone()];
                way.extend(others);
                ways.push(way);
            }
        }
    }
    ways
}

/// As `groupings`, where all of them can be one group.
fn groupings_of_others(fields: &[usize]) -> Vec<Vec<Node>> {
    let mut ways = groupings(fields);
    if fields.len() > 1 {
        ways.extend(nodes(fields).into_iter().map(|node| vec![node]));
    }
    ways
}

/// Returns every node of some fields.
fn nodes(fields: &[usize]) -> Vec<Node> {
    match fields {
        [field] => vec![Node::Field(*field)],
        _ => groupings(fields).into_iter().map(Node::Step).collect(),
    }
}

/// The classes by some fields together, where they are few enough to be known;
/// by the bits of the fields.
pub(super) struct Meetings {
    sets: Vec<Option<Sets>>,
    /// Of two fields, the class of each pair of classes.
    cells: Vec<Option<Vec<u32>>>,
}

impl Meetings {
    /// Lets fields meet; nothing where addresses have not the room: other orders
    /// hardly have it then.
    pub(super) fn of(fields: &[(usize, Sets)], room: Room) -> Option<Self> {
        let mut all = Self {
            sets: vec![None; 1 << FIELDS],
            cells: vec![None; 1 << FIELDS],
        };
        let mask: usize = fields.iter().map(|(field, _)| 1 << field).sum();
        for (field, sets) in fields {
            all.sets[1 << field] = Some(sets.clone());
        }
        let several = (1..mask).filter(|own| own & !mask == 0 && !own.is_power_of_two());
        for own in several {
            // Addresses come first.
            if own == ADDRESSES || room.order != Order::Usual {
                all.meet(own, fields, room);
            }
            if own == ADDRESSES && all.sets[ADDRESSES].is_none() {
                return None;
            }
        }
        Some(all)
    }

    /// Lets some of the fields meet, if that is little work.
    fn meet(&mut self, own: usize, fields: &[(usize, Sets)], room: Room) {
        let (looked_at, kept) = match own {
            ADDRESSES => {
                // More would be too many with each service.
                let near = fields.iter().find(|(field, _)| *field == NEAR);
                let sets = near.map_or(room.work, |(_, sets)| room.work / sets.len());
                let words = fields.first().map_or(1, |(_, sets)| sets.words);
                let kept = sets.saturating_mul(words).min(room.words);
                (usize::MAX, kept)
            }
            _ => (COUNTED, KEPT.min(room.words)),
        };
        // Each field can meet what all the others have.
        let ways = fields.iter().filter(|(field, _)| own >> field & 1 == 1);
        let mut ways =
            ways.filter_map(|(field, sets)| Some((self.sets[own & !(1 << field)].as_ref()?, sets)));
        let two = own.count_ones() == 2;
        let work = |(one, other): &(&Sets, &Sets)| one.bits.len().saturating_mul(other.len());
        let way = if two {
            ways.next_back()
        } else {
            ways.min_by_key(work)
        };
        let met = way
            .filter(|way| work(way) <= looked_at && way.0.len() * way.1.len() <= room.cells)
            .and_then(|(one, other)| one.meet(other, kept));
        if let Some((cells, sets)) = met {
            self.sets[own] = Some(sets);
            self.cells[own] = two.then_some(cells);
        }
    }

    /// Takes out what was found of two fields, in their order.
    pub(super) fn take(&mut self, fields: usize) -> Option<(Vec<u32>, Sets)> {
        let cells = self.cells[fields].take()?;
        Some((cells, self.sets[fields].take()?))
    }

    /// Puts the inputs of the last table in order: other tables first, as equal
    /// rows of one can be one; then by the number of classes, as what all but the
    /// last have in common is laid out.
    fn arranged(&self, mut order: Vec<Node>) -> Option<Vec<Node>> {
        let count = |node: &Node| self.sets[node.fields()].as_ref().map(Sets::len);
        if !order.iter().all(|node| count(node).is_some()) {
            return None;
        }
        order.sort_by_key(|node| {
            let count = count(node).unwrap_or(0);
            // The greater of two tables first.
            let steps = node.is_step().then_some(std::cmp::Reverse(count));
            (steps.is_none(), steps, count)
        });
        Some(order)
    }

    /// Returns about how long a lookup takes in some order; nothing where a
    /// table has no room, or it is not known.
    fn cost(&self, order: &[Node], room: Room, beside: usize, width: usize) -> Option<u64> {
        let mut sizes = Vec::new();
        let cells = self.cells(order, room, &mut sizes)?;
        sizes.push(cells * width);
        sizes.sort_unstable();
        Some(reads(&sizes, beside))
    }

    /// Returns how many cells a table has, and adds the sizes of those it needs.
    fn cells(&self, inputs: &[Node], room: Room, sizes: &mut Vec<usize>) -> Option<usize> {
        let (mut cells, mut rows) = (1_usize, 1_usize);
        for input in inputs {
            let sets = self.sets[input.fields()].as_ref()?;
            rows = cells.checked_mul(sets.words)?;
            cells = cells.checked_mul(sets.len())?;
            if let Node::Step(inputs) = input {
                let own = self.cells(inputs, room, sizes)?;
                sizes.push(own * bytes_of(sets.len()));
            }
        }
        (cells <= room.cells && rows <= room.words).then_some(cells)
    }
}

/// Returns how many bytes a number below `count` takes in a table.
pub(super) const fn bytes_of(count: usize) -> usize {
    match count {
        0..=0x100 => 1,
        0x101..=0x1_0000 => 2,
        _ => 4,
    }
}

/// Returns about how long it takes to read from each of some tables, the least
/// first, in hundredths of a nanosecond; `beside` is what is read, too.
pub(super) fn reads(sizes: &[usize], beside: usize) -> u64 {
    let mut footprint = beside;
    let each = sizes.iter().map(|size| {
        // The least are read the most for each of their lines, so they stay.
        footprint = footprint.saturating_add(*size);
        read(footprint)
    });
    each.sum()
}

/// Returns about how long it takes to read from a table that, with what is read
/// as often, takes so many bytes. Figures of a server's core, in between by
/// proportion.
fn read(footprint: usize) -> u64 {
    const FIGURES: [(u64, u64); 7] = [
        (0, 40),
        (1 << 15, 40),
        (1 << 18, 55),
        (1 << 20, 65),
        (1 << 21, 85),
        (1 << 23, 185),
        (1 << 25, 515),
    ];
    let footprint = footprint as u64;
    let behind = FIGURES.partition_point(|(bytes, _)| *bytes <= footprint);
    match (FIGURES[behind - 1], FIGURES.get(behind)) {
        ((from, least), Some((to, most))) => {
            least + (most - least) * (footprint - from) / (to - from)
        }
        ((_, most), None) => most,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_as_many_orders_as_trees_with_so_many_leaves() {
        let orders = |count: usize| groupings(&(0..count).collect::<Vec<_>>());
        let counts: Vec<usize> = (0..=4).map(|count| orders(count).len()).collect();
        assert_eq!(counts, [1, 1, 1, 4, 26]);
        for order in orders(4) {
            let fields: usize = order.iter().map(Node::fields).sum();
            assert_eq!(fields, 15, "{order:?} has every field once");
        }
    }

    #[test]
    fn a_small_table_costs_less_than_a_large_one_and_two_more_than_one() {
        assert!(reads(&[1 << 12], 0) < reads(&[1 << 20], 0));
        assert!(reads(&[1 << 20], 0) < reads(&[1 << 22], 0));
        assert!(reads(&[1 << 12], 0) < reads(&[1 << 12, 1 << 12], 0));
        assert_eq!(reads(&[1 << 30], 0), 515, "the worst is bounded");
    }
}
