//! A number that tells apart sets of times by how far away they are, kept up to date as times come and go.
//!
//! A time `t` weighs `g^t` in the integers modulo a prime, and a set what its times weigh together. Seen from `now` that
//! is divided by `g^now`: what each distance weighs. So two sets with the same distances give the same number, whenever
//! they are looked at, and nothing has to be counted again when time passes. Two other sets give the same number in one
//! of 2^61 cases.

use rehearsal_history::Timestamp;

use crate::clock::BEGINNING;

/// The prime 2^61 - 1.
const PRIME: u64 = (1 << 61) - 1;

/// `g`, a number without any meaning.
const BASE: u64 = 0x0b5c_9f1a_63d7_28e5;

/// `1 / g`, by Fermat's little theorem.
const INVERSE: u64 = power(BASE, PRIME - 2);

/// Times, of which only the distances are told apart.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Distances(u64);

/// What a time weighs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Weight(u64);

impl Distances {
    /// Puts a time in. What it weighs is wanted again when it is taken out.
    pub(crate) fn put(&mut self, at: Timestamp) -> Weight {
        let weight = power(BASE, nanos(at));
        self.0 = (self.0 + weight) % PRIME;
        Weight(weight)
    }

    pub(crate) fn take(&mut self, Weight(weight): Weight) {
        self.0 = (self.0 + PRIME - weight) % PRIME;
    }

    /// The number of the distances from `now`.
    pub(crate) fn from(self, now: Timestamp) -> u64 {
        times(self.0, power(INVERSE, nanos(now)))
    }
}

/// Since the beginning of every world, as small exponents are cheap.
fn nanos(at: Timestamp) -> u64 {
    // By Fermat's little theorem: before the beginning exponents are negative.
    let nanos = i128::from(at.as_nanos()) - i128::from(BEGINNING.as_nanos());
    u64::try_from(nanos.rem_euclid(i128::from(PRIME - 1))).unwrap_or_default()
}

const fn power(mut base: u64, mut exponent: u64) -> u64 {
    let mut product = 1;
    while exponent > 0 {
        if exponent & 1 == 1 {
            product = times(product, base);
        }
        base = times(base, base);
        exponent >>= 1;
    }
    product
}

/// The product of two numbers below the prime, by which 2^61 is 1.
#[expect(clippy::cast_possible_truncation, reason = "both parts are below 2^62")]
const fn times(left: u64, right: u64) -> u64 {
    let product = left as u128 * right as u128;
    let low = (product & PRIME as u128) as u64;
    let high = (product >> 61) as u64;
    (low + high) % PRIME
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn at(nanos: u64) -> Timestamp {
        BEGINNING + Duration::from_nanos(nanos)
    }

    fn of(times: &[u64], now: u64) -> u64 {
        let mut distances = Distances::default();
        for &nanos in times {
            distances.put(at(nanos));
        }
        distances.from(at(now))
    }

    #[test]
    fn only_the_distances_count_and_each_of_them() {
        const YEAR: u64 = 365 * 24 * 3600 * 1_000_000_000;
        let there = of(&[5, 9, 9], 2);
        assert_eq!(there, of(&[9, 5, 9], 2));
        assert_eq!(there, of(&[YEAR + 5, YEAR + 9, YEAR + 9], YEAR + 2));
        for other in [&[5, 9][..], &[5, 5, 9], &[5, 9, 10], &[5, 9, 9, 9], &[4, 8, 8]] {
            assert_ne!(there, of(other, 2), "{other:?}");
        }
    }

    #[test]
    fn what_is_taken_out_was_never_there() {
        let mut distances = Distances::default();
        distances.put(at(7));
        let gone = distances.put(at(1 << 50));
        distances.take(gone);
        assert_eq!(distances.from(at(3)), of(&[7], 3));
    }
}
