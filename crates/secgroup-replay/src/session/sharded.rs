//! Things cut into parts by the share that each is in.

use super::key::Share;

/// Copies of things, those of one shard together and in their order.
#[derive(Debug)]
pub(crate) struct Sharded<T> {
    sorted: Vec<T>,
    /// Where each shard begins there, and the end.
    begins: Vec<u32>,
}

impl<T> Default for Sharded<T> {
    fn default() -> Self {
        Self {
            sorted: Vec::new(),
            begins: Vec::new(),
        }
    }
}

impl<T: Copy> Sharded<T> {
    /// Sorts things into `count` shards, a power of two; their shares are as many
    /// and in the same order.
    pub(crate) fn sort(&mut self, count: usize, things: &[T], shares: &[Share]) {
        self.begins.clear();
        self.begins.resize(count + 1, 0);
        for share in shares {
            self.begins[share.among(count) + 1] += 1;
        }
        for shard in 0..count {
            self.begins[shard + 1] += self.begins[shard];
        }
        // What is there of the things before is written over.
        self.sorted.truncate(things.len());
        let lacking = &things[self.sorted.len()..];
        self.sorted.extend_from_slice(lacking);
        for (thing, share) in things.iter().zip(shares) {
            let next = &mut self.begins[share.among(count)];
            self.sorted[*next as usize] = *thing;
            *next += 1;
        }
        // Each beginning has become its end, which is the next beginning.
        self.begins.rotate_right(1);
        self.begins[0] = 0;
    }

    /// Returns the things of a shard.
    pub(crate) fn of(&self, shard: usize) -> &[T] {
        let (from, to) = (self.begins[shard], self.begins[shard + 1]);
        &self.sorted[from as usize..to as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn things_of_a_shard_stay_in_their_order_however_many_there_were_before() {
        let mut sharded = Sharded::default();
        for (count, things) in [(4, 100), (1, 300), (64, 7), (2, 0), (8, 200)] {
            let things: Vec<u16> = (0..things).collect();
            let shares: Vec<Share> = things
                .iter()
                .map(|thing| Share::of(u64::from(thing * 7) << 48))
                .collect();
            sharded.sort(count, &things, &shares);
            let mut sum = 0;
            for shard in 0..count {
                let mut own = things.iter().copied();
                let own: Vec<u16> = own
                    .by_ref()
                    .filter(|thing| usize::from(thing * 7) % count == shard)
                    .collect();
                assert_eq!(sharded.of(shard), own, "{shard} of {count}");
                sum += own.len();
            }
            assert_eq!(sum, things.len());
        }
    }
}
