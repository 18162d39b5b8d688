//! Single addresses, each with two numbers, found by hash.

use crate::address::Address;

/// Stands where no address is.
const FREE: u32 = u32::MAX;

/// What is known about an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Host {
    /// Its interval.
    pub(super) interval: u32,
    /// The one interface that has it, or what stands for several.
    pub(super) end: u32,
}

/// Slots per address at least: most addresses that are asked for are not there,
/// and the first slot should tell.
const SLOTS_PER_HOST: usize = 4;

/// Addresses with numbers, in slots by hash; what has no room in its own is in
/// the next free one.
#[derive(Clone, Debug)]
pub(super) struct Hosts<A> {
    // INVARIANT: a power of two, at least one of them free.
    slots: Vec<(A, Host)>,
    /// How far the upper half of a hash is shifted to be the number of a slot.
    shift: u32,
}

impl<A: Address> Default for Hosts<A> {
    fn default() -> Self {
        Self::of(std::iter::empty())
    }
}

impl<A: Address> Hosts<A> {
    /// Takes addresses, each once, with numbers.
    pub(super) fn of(hosts: impl ExactSizeIterator<Item = (A, Host)>) -> Self {
        let slots = (hosts.len() * SLOTS_PER_HOST).next_power_of_two();
        let free = Host {
            interval: FREE,
            end: FREE,
        };
        let mut own = Self {
            slots: vec![(A::MIN, free); slots],
            shift: u32::BITS.saturating_sub(slots.trailing_zeros()),
        };
        for (address, host) in hosts {
            debug_assert!(host.interval != FREE, "there are fewer intervals");
            let mut at = own.home(address);
            while own.slots[at].1.interval != FREE {
                at = own.behind(at);
            }
            own.slots[at] = (address, host);
        }
        own
    }

    /// Returns the interval of an address, if it is here.
    #[inline]
    pub(super) fn interval(&self, address: A) -> Option<u32> {
        let host = self.find(address);
        (host.interval != FREE).then_some(host.interval)
    }

    /// Returns who has an address: the number of an interface, what stands for
    /// several, or the greatest number if it is not here.
    #[inline(always)]
    pub(super) fn end(&self, address: A) -> u32 {
        self.find(address).end
    }

    // PERF: a slot that is free says the same as one that is not the right one
    // would at the end, so that there is one branch, nearly always the same.
    #[inline(always)]
    fn find(&self, address: A) -> Host {
        let mut at = self.home(address);
        loop {
            let (own, host) = self.slots[at];
            if (own == address) | (host.interval == FREE) {
                return host;
            }
            at = self.behind(at);
        }
    }

    /// Returns how many bytes it has.
    pub(super) fn bytes(&self) -> usize {
        size_of_val(&*self.slots)
    }

    #[inline(always)]
    fn home(&self, address: A) -> usize {
        ((address.spread() >> 32) as usize >> self.shift) & (self.slots.len() - 1)
    }

    #[inline(always)]
    const fn behind(&self, at: usize) -> usize {
        (at + 1) & (self.slots.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(number: u32) -> Host {
        Host {
            interval: number,
            end: number + 7,
        }
    }

    fn of<A: Address>(count: u32, address: impl Fn(u32) -> A) -> Hosts<A> {
        let all: Vec<_> = (0..count)
            .map(|number| (address(number), host(number)))
            .collect();
        Hosts::of(all.into_iter())
    }

    #[test]
    fn every_address_is_found_with_its_numbers_and_no_other() {
        for count in [0, 1, 2, 3, 250, 10_000] {
            // Neighbours, as in a network, and far ones.
            let address = |number: u32| 0x0a00_0000 + number % 200 + (number / 200) * 0x0100_0100;
            let wide = |number| u128::from(address(number)) << 64 | u128::from(number);
            let (hosts, wide_hosts) = (of(count, address), of(count, wide));
            for number in 0..count {
                let both = (Some(number), number + 7);
                let four = address(number);
                assert_eq!((hosts.interval(four), hosts.end(four)), both);
                let six = wide(number);
                assert_eq!((wide_hosts.interval(six), wide_hosts.end(six)), both);
                assert_eq!(wide_hosts.interval(six + (1 << 32)), None);
            }
            for number in count..count + 1_000 {
                assert_eq!(hosts.interval(address(number)), None);
                assert_eq!(wide_hosts.end(wide(number)), FREE);
            }
        }
    }

    #[test]
    fn the_first_and_the_last_address_are_addresses_as_any_other() {
        let hosts = Hosts::<u32>::of([(0, host(5)), (u32::MAX, host(6))].into_iter());
        assert_eq!(
            [0, u32::MAX].map(|address| hosts.interval(address)),
            [Some(5), Some(6)]
        );
        let none = Hosts::<u128>::default();
        assert_eq!([0, u128::MAX].map(|address| none.end(address)), [FREE; 2]);
    }
}
