//! Few boundaries, compared with one after the other.
//!
//! With the boundaries 10 and 20 a value's number is that of 0–9, and what that
//! of 10–19 has more where the value is not before 10, and so on. Up to some
//! boundaries that takes less than the loads of a table, and no space.

/// At most so many boundaries are compared.
const MOST: usize = 16;

/// How many are compared in one go.
pub(super) const STEP: usize = 4;

/// A boundary, and how much greater the number behind it is than the one before.
type Bound<V> = (V, u32);

/// The boundaries.
#[derive(Debug)]
pub(super) struct Compared<V> {
    /// The number before all boundaries.
    first: u32,
    /// Filled up with some that make no difference.
    bounds: Vec<[Bound<V>; STEP]>,
}

/// Returns what is compared in one go each time, the last filled up.
pub(super) fn in_steps<T: Copy>(all: &[T], filling: T) -> Vec<[T; STEP]> {
    let step = |some: &[T]| {
        let mut step = [filling; STEP];
        step[..some.len()].copy_from_slice(some);
        step
    };
    all.chunks(STEP).map(step).collect()
}

impl<V: Copy + Default> Compared<V> {
    /// Takes where each interval begins and its number; nothing where there are
    /// too many to be compared. The first begins at the least value.
    pub(super) fn of(starts: &[V], numbers: &[u32]) -> Option<Self> {
        if starts.len() > MOST + 1 {
            return None;
        }
        let bound = |(start, numbers): (&V, &[u32])| (*start, numbers[1].wrapping_sub(numbers[0]));
        let bounds: Vec<Bound<V>> = starts[1..]
            .iter()
            .zip(numbers.windows(2))
            .map(bound)
            .collect();
        Some(Self {
            first: numbers[0],
            bounds: in_steps(&bounds, (V::default(), 0)),
        })
    }

    /// Finds the number of each value; `reached` says whether the value at a
    /// position is not before a boundary.
    #[inline(always)]
    pub(super) fn find<const N: usize>(
        &self,
        found: &mut [u32; N],
        reached: impl Fn(usize, V) -> bool,
    ) {
        found.fill(self.first);
        for bounds in &self.bounds {
            for (at, found) in found.iter_mut().enumerate() {
                // PERF: neither a branch nor a check, so that sixteen are done
                // at once.
                for (start, further) in bounds {
                    let reached = u32::from(reached(at, *start)).wrapping_neg();
                    *found = found.wrapping_add(further & reached);
                }
            }
        }
    }

    /// Returns how many bytes it takes.
    pub(super) const fn bytes(&self) -> usize {
        size_of::<[Bound<V>; STEP]>() * self.bounds.len()
    }
}
