//! Flat tables of small numbers.

/// Numbers by position. It has one more than are asked for, so that two of 16
/// bits can be read at any position.
#[derive(Clone, Debug)]
pub struct Table<T> {
    numbers: Vec<T>,
    /// The last position.
    // INVARIANT: two less than there are numbers.
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
        numbers.push(T::default());
        numbers.shrink_to_fit();
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

    /// Returns all numbers and the one behind them.
    #[inline(always)]
    pub(super) fn padded(&self) -> &[T] {
        &self.numbers
    }

    /// Returns how many bytes it takes.
    pub(super) fn bytes(&self) -> usize {
        size_of::<T>() * (self.numbers.len() - 1)
    }
}
