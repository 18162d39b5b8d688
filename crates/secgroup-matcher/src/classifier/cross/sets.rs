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
        let mut row = Sparse::default();
        for own in self.each() {
            row.take(own);
            for column in others.each() {
                cells.push(distinct.number(&row, column));
                if distinct.sets.bits.len() > most {
                    return None;
                }
            }
        }
        Some((cells, distinct.sets))
    }
}

/// A set to be put beside many others: the words that are not 0, by position.
///
/// PERF: where filters are many, most words of most sets are 0.
#[derive(Debug, Default)]
pub(super) struct Sparse(Vec<(usize, u64)>);

impl Sparse {
    /// Becomes another set.
    pub(super) fn take(&mut self, bits: &[u64]) {
        self.0.clear();
        let words = bits.iter().copied().enumerate();
        self.0.extend(words.filter(|(_, bits)| *bits != 0));
    }

    /// Returns the words that are not 0 of what it has in common with a set.
    #[inline]
    fn common(&self, other: &[u64]) -> impl Iterator<Item = (usize, u64)> {
        let words = self.0.iter().map(|(at, bits)| (*at, bits & other[*at]));
        words.filter(|(_, bits)| *bits != 0)
    }

    /// Returns the first filter that it has in common with a set.
    #[inline]
    pub(super) fn first(&self, other: &[u64]) -> Option<usize> {
        let (word, bits) = self.common(other).next()?;
        Some(64 * word + bits.trailing_zeros() as usize)
    }
}

/// Distinct sets, by number.
struct Distinct {
    sets: Sets,
    /// How many words of each set are not 0.
    filled: Vec<usize>,
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
            filled: Vec::new(),
            known: HashMap::new(),
        }
    }

    /// Returns the number of the filters that both have.
    fn number(&mut self, row: &Sparse, column: &[u64]) -> u32 {
        let (mut fingerprint, mut filled) = (0_u64, 0);
        for (at, word) in row.common(column) {
            let own = word.wrapping_add(at as u64);
            fingerprint = (fingerprint.rotate_left(5) ^ own).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            filled += 1;
        }
        let Sets { words, bits } = &mut self.sets;
        let same = self.known.entry(fingerprint).or_default();
        let found = same.iter().find(|number| {
            let number = **number as usize;
            let own = &bits[number * *words..][..*words];
            // Other words of it are 0 then, too.
            self.filled[number] == filled && row.common(column).all(|(at, word)| own[at] == word)
        });
        if let Some(number) = found {
            return *number;
        }
        let number = u32::try_from(self.filled.len()).expect("there is room for fewer");
        let from = bits.len();
        bits.resize(from + *words, 0);
        row.common(column)
            .for_each(|(at, word)| bits[from + at] = word);
        self.filled.push(filled);
        same.push(number);
        number
    }
}
