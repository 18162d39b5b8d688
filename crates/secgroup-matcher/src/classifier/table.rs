//! Flat tables of small numbers.

/// Numbers by position. It has one more than are asked for, so that two of 16
/// bits can be read at any position.
#[derive(Clone, Debug)]
pub struct Table<T>(Vec<T>);

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
        assert!(numbers.len() < 1 << 31, "positions are numbers of 31 bits");
        numbers.push(T::default());
        numbers.shrink_to_fit();
        Self(numbers)
    }

    /// Returns the last position.
    #[inline(always)]
    pub(super) fn last(&self) -> u32 {
        // Fewer than 2^31, and one more than can be asked for.
        (self.0.len() - 2) as u32
    }

    /// Returns the number at a position, or at the last one.
    #[inline(always)]
    pub(super) fn get(&self, position: u32) -> T {
        self.0[position.min(self.last()) as usize]
    }

    /// Returns all numbers and the one behind them.
    #[inline(always)]
    pub(super) fn padded(&self) -> &[T] {
        &self.0
    }

    /// Returns how many bytes it takes.
    pub(super) fn bytes(&self) -> usize {
        size_of::<T>() * (self.0.len() - 1)
    }
}
