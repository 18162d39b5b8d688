//! Sets of filters as bits, and the distinct ones where two collections meet.

use foldhash::{HashMap, HashMapExt};

/// Sets of some filters, each as many words of bits.
#[derive(Clone, Debug)]
pub(super) struct Sets {
    pub(super) words: usize,
    pub(super) bits: Vec<u64>,
}

impl Sets {
    /// Returns how many there are.
    pub(super) fn len(&self) -> usize {
        self.bits.len() / self.words
    }

    /// Returns each set.
    pub(super) fn each(&self) -> impl Iterator<Item = &[u64]> {
        self.bits.chunks_exact(self.words)
    }

    /// Returns for each class the filters that its members have; `filters` are
    /// those of each member.
    pub(super) fn of_classes(classes: &[Vec<u32>], filters: &[Vec<u32>], words: usize) -> Self {
        let mut bits = vec![0; classes.len() * words];
        for (row, members) in bits.chunks_exact_mut(words).zip(classes) {
            for filter in members.iter().flat_map(|member| &filters[*member as usize]) {
                row[*filter as usize / 64] |= 1 << (filter % 64);
            }
        }
        Self { words, bits }
    }

    /// Returns what every set has in common with every other one, row by row.
    pub(super) fn times(&self, others: &Self) -> Self {
        let mut bits = Vec::with_capacity(self.bits.len() * others.len());
        for row in self.each() {
            for column in others.each() {
                bits.extend(row.iter().zip(column).map(|(row, column)| row & column));
            }
        }
        let words = self.words;
        Self { words, bits }
    }

    /// Returns the number of what every set has in common with every other one,
    /// row by row, and the distinct sets by number; nothing where those are more
    /// than `most` words.
    pub(super) fn meet(&self, others: &Self, most: usize) -> Option<(Vec<u32>, Self)> {
        let mut distinct = Distinct::new(self.words);
        let mut cells = Vec::with_capacity(self.len() * others.len());
        for row in self.each() {
            for column in others.each() {
                cells.push(distinct.number(row, column));
                if distinct.sets.bits.len() > most {
                    return None;
                }
            }
        }
        Some((cells, distinct.sets))
    }
}

/// Returns the first filter that both have.
pub(super) fn first(one: &[u64], other: &[u64]) -> Option<usize> {
    let both = one.iter().zip(other).map(|(one, other)| one & other);
    let (word, bits) = both.enumerate().find(|(_, bits)| *bits != 0)?;
    Some(64 * word + bits.trailing_zeros() as usize)
}

/// Distinct sets, by number.
struct Distinct {
    sets: Sets,
    /// Numbers by a fingerprint of the bits.
    known: HashMap<u64, Vec<u32>>,
}

impl Distinct {
    fn new(words: usize) -> Self {
        Self {
            sets: Sets {
                words,
                bits: Vec::new(),
            },
            known: HashMap::new(),
        }
    }

    /// Returns the number of the filters that both have.
    fn number(&mut self, row: &[u64], column: &[u64]) -> u32 {
        let both = || row.iter().zip(column).map(|(row, column)| row & column);
        let fingerprint = both().fold(0_u64, |print, word| {
            (print.rotate_left(5) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15)
        });
        let Sets { words, bits } = &mut self.sets;
        let same = self.known.entry(fingerprint).or_default();
        let found = same.iter().find(|number| {
            let own = &bits[**number as usize * *words..][..*words];
            own.iter().copied().eq(both())
        });
        if let Some(number) = found {
            return *number;
        }
        let number = u32::try_from(bits.len() / *words).expect("there is room for fewer");
        bits.extend(both());
        same.push(number);
        number
    }
}
