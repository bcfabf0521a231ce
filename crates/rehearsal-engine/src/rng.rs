//! The only random numbers of the engine: ids that must look like those of a server.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use rehearsal_history::SmolStr;

/// Makes ids; the same ids in every run.
#[derive(Debug)]
pub(crate) struct Ids(ChaCha8Rng);

impl Ids {
    pub(crate) fn new() -> Self {
        Self(ChaCha8Rng::seed_from_u64(0))
    }

    /// A UUID of version 4.
    pub(crate) fn uuid(&mut self) -> SmolStr {
        let bits = (u128::from(self.0.next_u64()) << 64) | u128::from(self.0.next_u64());
        let bits = (bits & !(0xf << 76) & !(0x3 << 62)) | (0x4 << 76) | (0x2 << 62);
        let hex = format!("{bits:032x}");
        format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
            .into()
    }
}
