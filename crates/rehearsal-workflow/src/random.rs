//! Random numbers and ids that are the same in every replay: seeded from the run id.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// The random numbers of one run.
#[derive(Debug, Clone)]
pub(crate) struct Random(ChaCha8Rng);

impl Random {
    /// The numbers that belong to `run_id`.
    pub(crate) fn of_run(run_id: &str) -> Self {
        Self(ChaCha8Rng::from_seed(seed(run_id)))
    }

    /// How far it has come: another number once one more was drawn.
    pub(crate) fn drawn(&self) -> u128 {
        self.0.get_word_pos()
    }

    /// The next number; all are equally likely.
    pub(crate) fn next(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// The next id: the shape of a UUID, version 4.
    pub(crate) fn next_id(&mut self) -> String {
        let high = self.next() & 0xffff_ffff_ffff_0fff | 0x4000;
        let low = self.next() & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000;
        format!(
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            high >> 32,
            high >> 16 & 0xffff,
            high & 0xffff,
            low >> 48,
            low & 0xffff_ffff_ffff,
        )
    }
}

/// Four FNV-1a hashes of the run id, each begun with its index, side by side.
fn seed(run_id: &str) -> [u8; 32] {
    let mut seed = [0; 32];
    for (index, chunk) in (0_u8..).zip(seed.chunks_exact_mut(8)) {
        let hash = std::iter::once(index)
            .chain(run_id.bytes())
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
            });
        chunk.copy_from_slice(&hash.to_le_bytes());
    }
    seed
}
