//! Flat tables of small numbers.

use super::simd::Vectors;

/// So many numbers stand behind the last one, so that four bytes can be read at
/// any position.
const PADDING: usize = 3;

/// Numbers by position, and some padding behind them.
#[derive(Clone, Debug)]
pub struct Table<T> {
    numbers: Vec<T>,
    /// The last position.
    // INVARIANT: `numbers` has `PADDING` more behind it.
    last: u32,
}

impl<T: Copy + Default> Table<T> {
    /// Takes numbers; there is always one at least.
    ///
    /// # Panics
    ///
    /// Panics for 2³¹ numbers or more.
    pub(super) fn of(mut numbers: Vec<T>) -> Self {
        if numbers.is_empty() {
            numbers.push(T::default());
        }
        let last = u32::try_from(numbers.len() - 1).ok();
        let last = last.filter(|last| *last < 1 << 31);
        let last = last.expect("positions are numbers of 31 bits");
        numbers.reserve_exact(PADDING);
        numbers.extend([T::default(); PADDING]);
        Self { numbers, last }
    }

    /// Returns the last position.
    #[inline(always)]
    pub(super) const fn last(&self) -> u32 {
        self.last
    }

    /// Returns the number at a position, or at the last one.
    #[inline(always)]
    pub(super) fn get(&self, position: u32) -> T {
        self.numbers[position.min(self.last()) as usize]
    }

    /// Returns all numbers and the padding behind them.
    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    pub(super) fn padded(&self) -> &[T] {
        &self.numbers
    }

    /// Returns how many bytes it takes.
    pub(super) fn bytes(&self) -> usize {
        size_of::<T>() * (self.numbers.len() - PADDING)
    }
}

/// Numbers, in as few bytes as they need.
#[derive(Debug)]
pub(super) enum Numbers {
    Bytes(Table<u8>),
    Short(Table<u16>),
    Wide(Table<u32>),
}

impl Numbers {
    /// Takes numbers.
    ///
    /// # Panics
    ///
    /// Panics for 2³¹ numbers or more.
    pub(super) fn of(numbers: Vec<u32>) -> Self {
        let greatest = numbers.iter().copied().max().unwrap_or(0);
        if u8::try_from(greatest).is_ok() {
            return Self::Bytes(Table::of(narrowed(&numbers)));
        }
        if u16::try_from(greatest).is_ok() {
            return Self::Short(Table::of(narrowed(&numbers)));
        }
        Self::Wide(Table::of(numbers))
    }

    /// Replaces positions by the numbers there.
    #[inline(always)]
    pub(super) fn read<const N: usize>(&self, positions: &mut [u32; N], vectors: impl Vectors) {
        match self {
            Self::Bytes(numbers) => vectors.bytes(numbers, positions),
            Self::Short(numbers) => vectors.short(numbers, positions),
            Self::Wide(numbers) => vectors.wide(numbers, positions),
        }
    }

    /// Returns how many bytes they take.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Bytes(numbers) => numbers.bytes(),
            Self::Short(numbers) => numbers.bytes(),
            Self::Wide(numbers) => numbers.bytes(),
        }
    }
}

/// Returns the same numbers in fewer bytes; the greatest fits.
fn narrowed<T: TryFrom<u32> + Default>(numbers: &[u32]) -> Vec<T> {
    let narrow = |number: &u32| T::try_from(*number).unwrap_or_default();
    let mut narrowed = Vec::with_capacity(numbers.len() + PADDING);
    narrowed.extend(numbers.iter().map(narrow));
    narrowed
}
