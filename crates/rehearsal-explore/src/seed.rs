//! Seeds: of a scenario, and of each run of a campaign.

use std::fmt;

/// The seed of a campaign that nobody gave one: the same for a scenario on every machine and in every version.
///
/// The FNV-1a hash of the name, 64 bits.
///
/// # Examples
///
/// ```
/// use rehearsal_explore::seed_of;
///
/// assert_eq!(seed_of("order"), seed_of("order"));
/// assert_ne!(seed_of("order"), seed_of("orders"));
/// ```
#[must_use]
pub fn seed_of(name: &str) -> u64 {
    Fnv::default().with(name).0
}

/// FNV-1a, 64 bits, of texts that are written to it one after another.
pub(crate) struct Fnv(pub(crate) u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Fnv {
    fn with(self, text: &str) -> Self {
        let mixed = |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        Self(text.bytes().fold(self.0, mixed))
    }
}

impl fmt::Write for Fnv {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        *self = Self(self.0).with(text);
        Ok(())
    }
}

/// The seed of run number `nth` of a campaign: one step of `SplitMix64`, so that neighbors have nothing in common.
pub(crate) fn seed_of_run(base: u64, nth: u32) -> u64 {
    let mut mixed = base.wrapping_add((u64::from(nth) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Test vectors of the authors of FNV-1a and of `SplitMix64`: seeds in reports stay good.
    #[test]
    fn seeds_are_the_same_in_every_version() {
        assert_eq!(seed_of(""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(seed_of("foobar"), 0x8594_4171_f739_67e8);
        assert_eq!(seed_of_run(0, 0), 0xe220_a839_7b1d_cdaf);
        assert_eq!(seed_of_run(0, 1), 0x6e78_9e6a_a1b9_65f4);
    }

    #[test]
    fn runs_have_seeds_of_their_own() {
        let seeds: BTreeSet<u64> = (0..1000).map(|nth| seed_of_run(7, nth)).collect();
        assert_eq!(seeds.len(), 1000);
    }
}
