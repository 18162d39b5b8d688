//! Filters that hang on one side: each class of addresses has a short list.
//!
//! The classes with a list come first, and the head of that number begins it;
//! the head behind those matches nothing, and stands for all other classes.

use super::block::Line;
use super::bundle::{Bundle, WIDTH};
use super::columns::Lanes;
use super::head::{Asked, Head};
use super::ruleset::Service;
use super::simd::Vectors;
use super::table::Numbers;
use crate::address::Address;

/// A class has at most so many filters.
pub(super) const MOST_LINES: usize = 2048;

/// The lists of all classes of a side.
#[derive(Debug)]
pub(super) struct Lists<A> {
    heads: Vec<Head<A>>,
    /// The position of the empty head, the last one.
    none: u32,
    /// What lists have behind their heads.
    bundles: Vec<Bundle<A>>,
    /// The class of each class in the cross product.
    cross: Numbers,
}

/// Lists while they are built.
#[derive(Debug)]
pub(super) struct Draft<A> {
    /// Of each class, its lines in order and its class in the cross product.
    classes: Vec<(Vec<Line<A>>, u32)>,
}

impl<A: Address> Draft<A> {
    pub(super) const fn new() -> Self {
        Self {
            classes: Vec::new(),
        }
    }

    /// Adds the next class: its filters in order, and its class in the cross
    /// product. Returns nothing where that is too much.
    pub(super) fn push(&mut self, lines: &[Line<A>], cross: u32) -> Option<()> {
        let fits = lines.len() <= MOST_LINES;
        self.classes.push((lines.to_vec(), cross));
        fits.then_some(())
    }

    /// Lays the lists out. Returns the new number of each class, too.
    pub(super) fn finish(self) -> (Lists<A>, Vec<u32>) {
        let mut order: Vec<usize> = (0..self.classes.len()).collect();
        order.sort_by_key(|class| self.classes[*class].0.is_empty());
        let mut numbers = vec![0; order.len()];
        let mut cross = Vec::with_capacity(order.len());
        let (mut heads, mut bundles) = (Vec::new(), Vec::new());
        for (number, class) in (0..).zip(&order) {
            numbers[*class] = number;
            let (lines, own) = &self.classes[*class];
            cross.push(*own);
            let Some((first, others)) = lines.split_first() else {
                continue;
            };
            let mut head = Head::of(first);
            let others: Vec<Line<A>> = others.iter().flat_map(by_protocols).collect();
            for (at, lines) in others.chunks(WIDTH).enumerate() {
                let bundle = Bundle::of(lines);
                let next = u32::try_from(bundles.len()).expect("there are fewer than filters");
                match bundles.last_mut() {
                    Some(last) if at > 0 => Bundle::go_on(last, next, bundle.least()),
                    _ => (head.next, head.next_least) = (next, bundle.least()),
                }
                bundles.push(bundle);
            }
            heads.push(head);
        }
        let none = u32::try_from(heads.len()).expect("there are fewer classes than bounds");
        heads.push(Head::empty());
        let lists = Lists {
            heads,
            none,
            bundles,
            cross: Numbers::of(cross),
        };
        (lists, numbers)
    }
}

/// Returns the same line, or where the bits that count of its protocol are not
/// the highest ones, a line for each range of protocols.
fn by_protocols<A: Address>(line: &Line<A>) -> Vec<Line<A>> {
    let (protocol, mask) = line.service.protocol;
    // The lowest bits that do not count make a range.
    let free = (!mask).trailing_ones();
    let range = u8::MAX.checked_shl(free).unwrap_or(0);
    let matching = (0..=u8::MAX).filter(|number| number & mask == protocol && number & !range == 0);
    let lines = matching.map(|first| Line {
        service: Service {
            protocol: (first, range),
            ..line.service
        },
        ..*line
    });
    lines.collect()
}

impl<A: Address> Lists<A> {
    /// Returns where the list of each class begins; it becomes its class in the
    /// cross product.
    #[inline(always)]
    pub(super) fn places<const N: usize>(
        &self,
        classes: &mut [u32; N],
        vectors: impl Vectors,
    ) -> Lanes<u32, N> {
        let mut places = Lanes::<_, N>::all(0_u32);
        for (place, class) in places.iter_mut().zip(&*classes) {
            *place = (*class).min(self.none);
        }
        for place in *places {
            vectors.fetch(&self.heads[place as usize]);
        }
        self.cross.read(classes, vectors);
        places
    }

    /// Compares each header with the head of its list; returns which lists can
    /// still hold a lesser number, as bits.
    #[inline(always)]
    pub(super) fn compare_heads<const N: usize>(
        &self,
        asked: Asked<'_, A, N>,
        answers: &mut [u32; N],
        vectors: impl Vectors,
    ) -> u64 {
        A::compare_heads(&self.heads, asked, answers, vectors)
    }

    /// Compares headers with what their lists have behind their heads, where there
    /// is `more` that can be less than the answers.
    ///
    /// PERF: they are few, and queue for the next bundle.
    #[inline(always)]
    pub(super) fn compare_more<const N: usize>(
        &self,
        mut more: u64,
        asked: Asked<'_, A, N>,
        answers: &mut [u32; N],
        vectors: impl Vectors,
    ) {
        let Asked {
            others, columns, ..
        } = asked;
        let mut places = Lanes(*asked.places);
        let (mut queue, mut queued) = ([0_usize; N], 0);
        while more != 0 {
            let lane = more.trailing_zeros() as usize % N;
            more &= more - 1;
            let head = &self.heads[places[lane] as usize];
            places[lane] = head.next;
            // PERF: what all of them go on with is fetched together, of some filter sets
            // from beyond the second cache.
            if let Some(bundle) = self.bundles.get(head.next as usize) {
                vectors.fetch(bundle);
            }
            queue[queued % N] = lane;
            queued += usize::from(head.next_least < answers[lane]);
        }
        while queued > 0 {
            let mut kept = 0;
            for at in 0..queued {
                let lane = queue[at % N] % N;
                let fields =
                    u64::from(columns.ports[lane]) | u64::from(columns.protocols[lane]) << 32;
                let bundle = &self.bundles[places[lane] as usize];
                let found = bundle.compare(others[lane], fields, vectors);
                answers[lane] = answers[lane].min(found);
                queue[kept % N] = lane;
                kept += usize::from(bundle.next_least() < answers[lane]);
                places[lane] = bundle.next();
            }
            queued = kept;
        }
    }

    /// Returns how many bytes it takes.
    pub(super) fn bytes(&self) -> usize {
        let heads = size_of::<Head<A>>() * self.heads.len();
        heads + size_of::<Bundle<A>>() * self.bundles.len() + self.cross.bytes()
    }
}
